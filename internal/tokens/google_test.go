package tokens

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/internal/target"
)

// privateKey makes one key for all tests: it takes time.
var privateKey = sync.OnceValue(func() string {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
})

// accountKey makes the key of a service account.
func accountKey(tokenURI string, members map[string]string) string {
	key := map[string]string{"type": "service_account", "client_email": "robot@example", "private_key_id": "k", "private_key": privateKey(), "token_uri": tokenURI}
	maps.Copy(key, members)
	text, _ := json.Marshal(key)
	return string(text)
}

// defaults issues a token by the application default credentials of a file.
func defaults(t *testing.T, text string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "defaults.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(defaultsVariable, file)
	return issued(t, ApplicationDefault(nil), reviews)
}

// TestTheQuotaProjectOfApplicationDefaultCredentials is that of the variable, or of
// their file, and belongs to the token.
func TestTheQuotaProjectOfApplicationDefaultCredentials(t *testing.T) {
	server := newTokenServer(t, granting(nil))
	t.Setenv(defaultsVariable, filepath.Join(t.TempDir(), "defaults.json"))
	for _, test := range []struct{ file, variable, want string }{{"of-file", "", "of-file"}, {"of-file", "of-variable", "of-variable"}, {"", "", ""}} {
		if err := os.WriteFile(os.Getenv(defaultsVariable), []byte(accountKey(server.URL, map[string]string{"quota_project_id": test.file})), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(quotaVariable, test.variable)
		token, err := ApplicationDefault(nil).Issue(t.Context(), []string{reviews})
		if err != nil {
			t.Fatal(err)
		}
		if project, _ := token.Extra(target.QuotaProject).(string); project != test.want {
			t.Errorf("%+v: %q", test, project)
		}
	}
}

func TestCredentialsOfGoogle(t *testing.T) {
	server := newTokenServer(t, granting(nil))
	account, err := ServiceAccount([]byte(accountKey(server.URL, nil)), "key.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{issued(t, account, reviews), defaults(t, accountKey(server.URL, nil))} {
		claims, invalid := base64.RawURLEncoding.DecodeString(strings.Split(server.last().form["assertion"], ".")[1])
		if err != nil || invalid != nil || !strings.Contains(string(claims), `"scope":"`+reviews+`"`) {
			t.Errorf("%v: %s, %v", err, claims, invalid)
		}
	}
	if server.count() != 2 {
		t.Errorf("asked %d times", server.count())
	}
}

func TestWrongCredentialsOfGoogleAreOneLine(t *testing.T) {
	const begin, plain = "the application default credentials cannot be used: ", `{"type":"service_account","token_uri":"http://evil.example/"}`
	for text, want := range map[string]string{
		"x":                          "it is not JSON",
		`{"type":"authorized_user"}`: "it is not the key of a service account: its type is not service_account",
		plain:                        "its token_uri: secrets would be sent unencrypted to evil.example",
	} {
		if _, err := ServiceAccount([]byte(text), "key.json", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	refuses := newTokenServer(t, func(w http.ResponseWriter, one sent) {
		saying(400, `{"error":"invalid_grant","error_description":"not `+one.form["assertion"]+one.form["refresh_token"]+`"}`)(w, one)
	})
	others := newTokenServer(t, granting(map[string]any{"scope": reviews + " " + devices}))
	closed := closedServer()
	const also = " also carries dataportability.play.devices"
	for want, key := range map[string]string{
		"the service account of key.json cannot be used: its private key is not in PEM or PKCS8":                                                accountKey(refuses.URL, map[string]string{"private_key": secret}),
		"the service account of key.json: the token server " + hostOf(refuses.URL) + " returned HTTP 400 invalid_grant: not dpconform-redacted": accountKey(refuses.URL, nil),
		"the token server " + hostOf(closed) + " cannot be reached: connection refused":                                                         accountKey(closed, nil),
		"the token of the service account of key.json" + also:                                                                                   accountKey(others.URL, nil),
	} {
		account, err := ServiceAccount([]byte(key), "key.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		wantFailure(t, issued(t, account, reviews), want)
	}
	user := func(server *tokenServer) string {
		return `{"type":"authorized_user","client_id":"an-id","client_secret":"` + secret + `","refresh_token":"` + secret + `","token_uri":"` + server.URL + `"}`
	}
	for text, want := range map[string]string{
		accountKey(refuses.URL, map[string]string{"quota_project_id": "a project"}):       begin + "quota_project_id in their file is not the id or the number of a project; give it as in my-project-1",
		accountKey(refuses.URL, map[string]string{"quota_project_id": secret + "\u200b"}): begin + "quota_project_id in their file is not",
		secret: begin + "their file is not JSON",
		`{"installed":{"client_id":"x","client_secret":"` + secret + `","redirect_uris":["http://localhost"]}}`: begin + "their file describes a client and holds no credentials; log in with that client",
		plain:                     begin + "their token server: secrets would be sent unencrypted to evil.example",
		`{"type":"no such type"}`: begin + "the file that GOOGLE_APPLICATION_CREDENTIALS names has no credentials of Google's",
		user(others):              "the token of application default credentials" + also + "; use dpconform login",
		user(refuses):             "application default credentials: the token server " + hostOf(refuses.URL) + " returned HTTP 400 invalid_grant: not dpconform-redacted",
	} {
		wantFailure(t, defaults(t, text), want)
	}
	t.Setenv(defaultsVariable, filepath.Join(t.TempDir(), "no-such-file"))
	wantFailure(t, issued(t, ApplicationDefault(nil), reviews), "the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read: no such file or directory")
}
