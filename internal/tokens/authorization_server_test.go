package tokens

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// metadataServer serves what an issuer says of itself at some paths.
func metadataServer(t *testing.T, answer func(issuer string) map[string]string) string {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, found := answer(server.URL)[r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const (
	oauthPath  = "/.well-known/oauth-authorization-server"
	openIDPath = "/.well-known/openid-configuration"
)

// about is what an issuer says of itself, with more members.
func about(issuer, more string) string {
	return fmt.Sprintf(`{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q%s}`, issuer, issuer+"/auth", issuer+"/token", more)
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		suffix string
		path   string
		more   string
		want   AuthorizationServer
	}{
		{"by RFC 8414", "", oauthPath, `,"revocation_endpoint":"http://127.0.0.1/r","scopes_supported":["openid","offline_access"],"token_endpoint_auth_methods_supported":["client_secret_post"]`,
			AuthorizationServer{RevocationURL: "http://127.0.0.1/r", OfflineScope: true, Style: oauth2.AuthStyleInParams}},
		{"by OpenID Connect", "", openIDPath, `,"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]`, AuthorizationServer{}},
		{"an issuer with a path, by RFC 8414", "/tenant", oauthPath + "/tenant", "", AuthorizationServer{Style: oauth2.AuthStyleInHeader}},
		{"an issuer with a path, by OpenID Connect", "/tenant", "/tenant" + openIDPath, `,"code_challenge_methods_supported":["plain","S256"],"authorization_response_iss_parameter_supported":true`,
			AuthorizationServer{Style: oauth2.AuthStyleInHeader, NamesItself: true}},
	} {
		t.Run(one.name, func(t *testing.T) {
			issuer := metadataServer(t, func(url string) map[string]string {
				return map[string]string{one.path: about(url+one.suffix, one.more)}
			}) + one.suffix
			one.want.Issuer, one.want.AuthURL, one.want.TokenURL = issuer, issuer+"/auth", issuer+"/token"
			if got, err := Discover(t.Context(), NewHTTPClient(nil), issuer); got != one.want || err != nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestDiscoverRefuses(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct{ answer, says string }{
		"nothing":               {"", "it does not say where its endpoints are (RFC 8414): HTTP 404"},
		"no JSON":               {"<html>", "it does not say where its endpoints are (RFC 8414): a response that is not JSON, then HTTP 404"},
		"another issuer":        {`{"issuer":"https://evil.example\n"}`, "it calls itself https://evil.example"},
		"no PKCE":               {`{"issuer":"ISSUER","code_challenge_methods_supported":["plain"]}`, "it does not support PKCE with S256 (RFC 7636)"},
		"no endpoints":          {`{"issuer":"ISSUER"}`, "the authorization endpoint: it is not an address that starts with https://"},
		"a plain token server":  {`{"issuer":"ISSUER","authorization_endpoint":"https://a.example","token_endpoint":"http://a.example"}`, "the token endpoint: a.example is not encrypted"},
		"a plain revocation":    {`{"issuer":"ISSUER","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","revocation_endpoint":"http://a.example"}`, "the revocation endpoint: a.example is not encrypted"},
		"a password in address": {`{"issuer":"ISSUER","authorization_endpoint":"https://a:b@a.example"}`, "the authorization endpoint: an address here has no user in it"},
	} {
		issuer := metadataServer(t, func(url string) map[string]string {
			if one.answer == "" {
				return nil
			}
			return map[string]string{oauthPath: strings.Replace(one.answer, "ISSUER", url, 1)}
		})
		if _, err := Discover(t.Context(), NewHTTPClient(nil), issuer); err == nil || !strings.HasPrefix(err.Error(), one.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Discover(t.Context(), NewHTTPClient(nil), "http://auth.example"); err == nil || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("%v", err)
	}
}
