package tokens

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// accountKey makes the key of a service account.
func accountKey(t *testing.T, members map[string]string) []byte {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := map[string]string{"type": "service_account", "client_email": "robot@example", "private_key_id": "k",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))}
	for name, value := range members {
		key[name] = value
	}
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAServiceAccountAsksForItsScopes(t *testing.T) {
	t.Parallel()
	server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { grant(w, nil) })
	account, err := ServiceAccount(accountKey(t, map[string]string{"token_uri": server.URL + "/token"}), "key.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := account.Issue(t.Context(), []string{reviews})
	if err != nil || token.AccessToken != "granted" {
		t.Fatalf("%v", err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(server.last().form["assertion"], ".")[1])
	if err != nil || !strings.Contains(string(claims), `"scope":"`+reviews+`"`) {
		t.Errorf("%s, %v", claims, err)
	}
}

func TestWrongServiceAccountsAreOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x":                          "it is not JSON",
		`{"type":"authorized_user"}`: "it is not the key of a service account: its type is not service_account",
		`{"type":"service_account","token_uri":"http://evil.example/"}`: "its token_uri: evil.example is not encrypted",
	} {
		if _, err := ServiceAccount([]byte(text), "key.json", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	refusing := newTokenServer(t, func(w http.ResponseWriter, one asked) {
		write(400, `{"error":"invalid_grant","error_description":"not `+one.form["assertion"]+`"}`)(w)
	})
	others := newTokenServer(t, func(w http.ResponseWriter, _ asked) { grant(w, map[string]any{"scope": reviews + " " + devices}) })
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for want, members := range map[string]map[string]string{
		"the service account of key.json cannot be used: its private key is not in PEM or PKCS8":                                                 {"private_key": secret, "token_uri": refusing.URL},
		"the service account of key.json: the token server " + hostOf(refusing.URL) + " returned HTTP 400 invalid_grant: not dpconform-redacted": {"token_uri": refusing.URL},
		"the token server " + hostOf(closed.URL) + " cannot be reached: connection refused":                                                      {"token_uri": closed.URL},
		"the token of the service account of key.json also carries dataportability.play.devices":                                                 {"token_uri": others.URL},
	} {
		account, err := ServiceAccount(accountKey(t, members), "key.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		err = issued(t, account, reviews)
		wantFailure(t, err, want)
	}
}

// defaults makes the application default credentials of a test.
func defaults(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "defaults.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(defaultsVariable, file)
}

func TestApplicationDefaultCredentials(t *testing.T) {
	server := newTokenServer(t, func(w http.ResponseWriter, _ asked) { grant(w, nil) })
	defaults(t, string(accountKey(t, map[string]string{"token_uri": server.URL})))
	token, err := ApplicationDefault(nil).Issue(t.Context(), []string{reviews})
	if err != nil || token.AccessToken != "granted" || server.count() != 1 {
		t.Errorf("%v", err)
	}
}

func TestWrongApplicationDefaultCredentialsAreOneLine(t *testing.T) {
	const begin = "the application default credentials cannot be used: "
	others := newTokenServer(t, func(w http.ResponseWriter, _ asked) { grant(w, map[string]any{"scope": devices}) })
	refusing := newTokenServer(t, func(w http.ResponseWriter, _ asked) { refuse(w, 400, "invalid_grant") })
	user := func(server string) string {
		return `{"type":"authorized_user","client_id":"an-id","client_secret":"` + secret + `","refresh_token":"` + secret + `","token_uri":"` + server + `"}`
	}
	for _, one := range []struct{ text, says string }{
		{secret, begin + "their file is not JSON"},
		{`{"installed":{"client_id":"x","client_secret":"` + secret + `","redirect_uris":["http://localhost"]}}`, begin + "their file describes a client and holds no credentials; log in with that client"},
		{`{"type":"service_account","token_uri":"http://evil.example/"}`, begin + "their token server: evil.example is not encrypted"},
		{`{"type":"no such type"}`, begin + "the file that GOOGLE_APPLICATION_CREDENTIALS names has no credentials of Google's"},
	} {
		defaults(t, one.text)
		err := issued(t, ApplicationDefault(nil), reviews)
		wantFailure(t, err, one.says)
	}
	for server, says := range map[*tokenServer]string{
		others:   "the token of application default credentials also carries dataportability.play.devices; use dpconform login",
		refusing: "application default credentials: the token server " + hostOf(refusing.URL) + " returned HTTP 400 invalid_grant: you sent dpconform-redacted and more",
	} {
		defaults(t, user(server.URL))
		err := issued(t, ApplicationDefault(nil), reviews)
		wantFailure(t, err, says)
	}
	t.Setenv(defaultsVariable, filepath.Join(t.TempDir(), "no-such-file"))
	err := issued(t, ApplicationDefault(nil), reviews)
	wantFailure(t, err, "the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read: no such file or directory")
}
