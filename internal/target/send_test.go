package target

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

const (
	mapsReviews = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	playDevices = "https://www.googleapis.com/auth/dataportability.play.devices"
)

// heads serves 200 and gives the head of each request, as it came.
func heads(t *testing.T) (endpoint string, next func() (line string, header http.Header)) {
	t.Helper()
	came := make(chan string, 1)
	endpoint = serveRaw(t, func(connection *net.TCPConn) {
		came <- readHead(connection)
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		_ = connection.Close()
	})
	return endpoint, func() (string, http.Header) {
		head := <-came
		line, _, _ := strings.Cut(head, "\r\n")
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			t.Fatalf("%v in\n%s", err, head)
		}
		return line, request.Header
	}
}

func TestThePathIsSentByteForByte(t *testing.T) {
	t.Parallel()
	endpoint, next := heads(t)
	for base, paths := range map[string][]string{
		"": {"/v1/archiveJobs/failed-1:retry", "/v1/archiveJobs/a%3aretry", "/v1/archiveJobs/a%3Aretry", "/v1/archiveJobs/a%2Fb:retry",
			"/v1/archiveJobs/a%2fb:retry", "/v1/archiveJobs/%66%61:retry", "/v1/archiveJobs/%2561:retry", "/v1/archiveJobs/a%20b:retry",
			"/v1/archiveJobs/a:b:retry", "/v1/archiveJobs/a:retry/", "/v1/archiveJobs/:retry", "/v1/archiveJobs//retry", "//v1/a", "/v1/../a/./b",
			"/v1/%2e%2e/a", "/v1/archiveJobs/a-b_c.d~e:retry", "/v1/a;b=c,d@e!$&'()*+", "/v1/a:retry?alt=json&prettyPrint=false", "/v1/a:retry?",
			"/v1/a:retry?x=%zz&y=a+b&z=%2F", "/v1/%C3%A4:retry", "/", "/v1//archiveJobs/a:retry", "/v1/archiveJobs//a:retry", "//v1/a:retry", "/v1/a:retry;x=1",
			"/v1/a%00:retry", "/v1/a%0A:retry", "/v1/a%1Fb:retry", "/v1/a%FF:retry", "/v1/" + strings.Repeat("a", 7000) + ":retry",
			"/v1/a:retry?name=archiveJobs/b"},
		"/base%2Fone": {"/v1/a%2Fb"},
	} {
		for _, path := range paths {
			exchange := send(t, Config{Endpoint: endpoint + base + "/"}, Request{Path: path})
			if line, _ := next(); line != "POST "+base+path+" HTTP/1.1" || exchange.URL != endpoint+base+path {
				t.Errorf("%s was sent as %s, URL %s, %v", path, line, exchange.URL, exchange.Fault)
			}
		}
	}
}

func TestTheMethodIsSentAsItIsWritten(t *testing.T) {
	t.Parallel()
	endpoint, next := heads(t)
	for _, method := range []string{"POST", "post", "get", "put", "Patch"} {
		exchange := send(t, Config{Endpoint: endpoint}, Request{Method: method, Path: "/v1/a"})
		if line, _ := next(); line != method+" /v1/a HTTP/1.1" {
			t.Errorf("%s was sent as %s, %v", method, line, exchange.Fault)
		}
	}
}

func TestNoBodyIsALengthOfZero(t *testing.T) {
	t.Parallel()
	endpoint, next := heads(t)
	for _, test := range []struct {
		method, body string
		length       []string
	}{{"POST", "", []string{"0"}}, {"POST", "{}", []string{"2"}}, {"GET", "", nil}} {
		send(t, Config{Endpoint: endpoint}, Request{Method: test.method, Body: []byte(test.body)})
		line, header := next()
		if !strings.HasPrefix(line, test.method+" ") || !slices.Equal(header["Content-Length"], test.length) || header["Content-Type"] != nil || header["Transfer-Encoding"] != nil {
			t.Errorf("%s with %q: %s, %v", test.method, test.body, line, header)
		}
	}
}

// TestTheWireIsAsAsked: net/http writes the names of fields in its own case, and
// sends the length of an empty body, unless the request says otherwise.
func TestTheWireIsAsAsked(t *testing.T) {
	t.Parallel()
	came := make(chan string, 1)
	endpoint := serveRaw(t, func(connection *net.TCPConn) {
		came <- readHead(connection)
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		_ = connection.Close()
	})
	server := newTarget(t, Config{Endpoint: endpoint, Credentials: TokenTemplate{Text: "scope:{short}"}})
	credential, _ := server.Credential("https://www.googleapis.com/auth/maps")
	for _, test := range []struct {
		request       Request
		line, without string
	}{
		{Request{Credential: credential}, "Authorization: Bearer scope:maps", "authorization"},
		{Request{Credential: credential.As("authorization", "Bearer ", "")}, "authorization: Bearer scope:maps", "Authorization"},
		{Request{Credential: credential.As("Authorization", "bearer ", "")}, "Authorization: bearer scope:maps", "Bearer"},
		{Request{Credential: credential.As("Authorization", "Bearer ", " x")}, "Authorization: Bearer scope:maps x", "scope:maps\n"},
		{Request{Credential: credential.As("Authorization", "", "")}, "Authorization: scope:maps", "Bearer"},
		{Request{}, "Content-Length: 0", "Transfer-Encoding"},
		{Request{Chunked: true}, "Transfer-Encoding: chunked", "Content-Length"},
		{Request{Chunked: true, Body: []byte("{}")}, "Transfer-Encoding: chunked", "Content-Length"},
	} {
		sendTo(server, test.request)
		if head := <-came; !strings.Contains(head, "\r\n"+test.line+"\r\n") || strings.Contains(head, test.without) {
			t.Errorf("want %s without %s, got\n%s", test.line, test.without, head)
		}
	}
	if got := credential.As("authorization", "bearer ", "").Spelling(); got != "authorization: bearer $TOKEN" || credential.Spelling() != "" {
		t.Errorf("spelt %q", got)
	}
}

func TestHeadersAreTheRequestsOwn(t *testing.T) {
	t.Parallel()
	endpoint, next := heads(t)
	server := newTarget(t, Config{Endpoint: endpoint, UserAgent: "dpconform/test", Credentials: TokenTemplate{Text: "scope:{short}"}})
	credential, _ := server.Credential("https://www.googleapis.com/auth/maps")
	own := http.Header{"Content-Type": {"text/plain"}, "X-Two": {"a", "b"}}
	for _, test := range []struct {
		credential    Credential
		authorization []string
	}{
		{NoCredential, nil},
		{Credential{}, nil},
		{credential, []string{"Bearer scope:maps"}},
		{UnknownCredential("nobody-gave-this"), []string{"Bearer nobody-gave-this"}},
	} {
		sendTo(server, Request{Header: own, Credential: test.credential})
		_, header := next()
		if !slices.Equal(header["Authorization"], test.authorization) || header.Get("User-Agent") != "dpconform/test" ||
			header.Get("Content-Type") != "text/plain" || !slices.Equal(header["X-Two"], []string{"a", "b"}) || len(own) != 2 {
			t.Errorf("%s: %v, own %v", test.credential, header, own)
		}
	}
	for token, want := range map[string]struct {
		scopes []string
		sent   bool
	}{"scope:maps": {credential.Scopes, true}, "nobody-gave-this": {nil, true}, "never": {nil, false}} {
		if scopes, sent := server.ScopesOf(token); sent != want.sent || !slices.Equal(scopes, want.scopes) {
			t.Errorf("%s: scopes %q, sent %v", token, scopes, sent)
		}
	}
	if secrets := server.Secrets(); !slices.Equal(secrets, []string{"nobody-gave-this", "scope:maps"}) {
		t.Errorf("secrets %q", secrets)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	came := make(chan string, 100)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		came <- r.URL.Path
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(int(r.ContentLength) + 300)
		_, _ = io.WriteString(w, "moved")
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"PUT", "POST"} {
			exchange := send(t, Config{Endpoint: server.URL}, Request{Method: method, Path: "/a", Body: make([]byte, status-300)})
			if exchange.Status != status || string(exchange.Body) != "moved" || exchange.Header.Get("Location") != "/elsewhere" || <-came != "/a" || len(came) > 0 {
				t.Errorf("%s, %d: %d %q, %v", method, status, exchange.Status, exchange.Body, exchange.Fault)
			}
		}
	}
}

func TestNoFormOfACredentialShowsItsToken(t *testing.T) {
	t.Parallel()
	const token = "s3cr3t-token"
	given, _ := newTarget(t, Config{Credentials: TokenTemplate{Text: token + "{short}"}}).Credential(mapsReviews)
	for _, credential := range []Credential{given, UnknownCredential(token)} {
		request := Request{Method: "POST", Path: "/", Credential: credential}
		exchange := &Exchange{Request: request}
		for _, value := range []any{credential, &credential, request, &request, exchange, []Credential{credential},
			map[string]Credential{"a": credential}, struct{ C Credential }{credential}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				if text := fmt.Sprintf(verb, value); strings.Contains(text, token) || strings.Contains(text, fmt.Sprintf("%x", token)) {
					t.Errorf("%s of %T shows the token: %s", verb, value, text)
				}
			}
			text, err := json.Marshal(value)
			if err != nil || strings.Contains(string(text), token) {
				t.Errorf("JSON of %T: %s, %v", value, text, err)
			}
		}
	}
	if text, _ := json.Marshal(given); string(text) != `"token for dataportability.maps.reviews"` || fmt.Sprintf("%v %s %+v %#v", given, given, given, given) != strings.TrimSpace(strings.Repeat("token for dataportability.maps.reviews ", 4)) {
		t.Errorf("JSON %s, shown as %s", text, given)
	}
}

// noToken gives a source that fails.
type noToken struct{}

func (noToken) Token(...string) (oauth2.TokenSource, bool)     { return failingSource{}, true }
func (noToken) AnyToken() ([]string, oauth2.TokenSource, bool) { return nil, nil, false }

type failingSource struct{}

func (failingSource) Token() (*oauth2.Token, error) {
	return nil, errors.New("the command printed nothing")
}

func TestACredentialNeedsItsToken(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		credential Credential
		present    bool
	}{"no token": {NoCredential, false}, "": {Credential{}, false}, "unknown token": {UnknownCredential("x"), true}} {
		if test.credential.Present() != test.present || test.credential.String() != label || len(test.credential.Scopes) != 0 {
			t.Errorf("%q: present %v, scopes %q", test.credential, test.credential.Present(), test.credential.Scopes)
		}
	}
	if credential, err := newTarget(t, Config{}).Credential(mapsReviews); err == nil || credential.Present() {
		t.Errorf("found %v", credential)
	}
	credential, err := newTarget(t, Config{Credentials: TokenTemplate{Text: "{short}"}}).Credential(mapsReviews, playDevices)
	if err != nil || !credential.Present() || !slices.Equal(credential.Scopes, []string{mapsReviews, playDevices}) {
		t.Errorf("found %v: %v with %q", err, credential, credential.Scopes)
	}
	var none *NoTokenError
	failing := newTarget(t, Config{Credentials: noToken{}})
	if _, err := failing.Credential("a"); !errors.As(err, &none) || none.Reason != "the command printed nothing" {
		t.Errorf("%v", err)
	}
	if _, found := failing.GroupCredential(); found {
		t.Error("a group of scopes was found")
	}
}

func TestTokenTemplate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		template TokenTemplate
		scopes   []string
		want     string
	}{
		{TokenTemplate{"scope:{short}", "+"}, []string{mapsReviews}, "scope:dataportability.maps.reviews"},
		{TokenTemplate{"{scope}", " "}, []string{mapsReviews, playDevices}, mapsReviews + " " + playDevices},
		{TokenTemplate{"{short}!", "+"}, []string{playDevices, "openid", mapsReviews}, "dataportability.play.devices+openid+dataportability.maps.reviews!"},
		{TokenTemplate{"{short}-{scope}", ","}, []string{"a/auth/b", "c"}, "b,c-a/auth/b,c"},
		{TokenTemplate{"{short}{short}", "+"}, []string{"a"}, "aa"},
		{TokenTemplate{"{short}", "+"}, []string{"{scope}"}, "{scope}"},
		{TokenTemplate{"{short}", "+"}, nil, ""},
		{TokenTemplate{"{Scope}", "+"}, []string{"a"}, "{Scope}"},
	} {
		source, found := test.template.Token(test.scopes...)
		token, err := source.Token()
		if !found || err != nil || token.Type() != "Bearer" || token.AccessToken != test.want || test.template.Name(test.scopes...) != test.want {
			t.Errorf("%+v with %q: %q, want %q", test.template, test.scopes, test.template.Name(test.scopes...), test.want)
		}
	}
}
