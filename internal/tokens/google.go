package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// keyFile is what is looked at in a file of Google's credentials.
type keyFile struct {
	Type      string          `json:"type"`
	TokenURI  string          `json:"token_uri"`
	TokenURL  string          `json:"token_url"`
	Installed json.RawMessage `json:"installed"`
	Web       json.RawMessage `json:"web"`
	// What a person's credentials send.
	ClientSecret Secret `json:"client_secret"`
	RefreshToken Secret `json:"refresh_token"`
}

// address is the token server of the file, or Google's.
func (k keyFile) address() string {
	for _, address := range []string{k.TokenURI, k.TokenURL} {
		if address != "" {
			return address
		}
	}
	return google.Endpoint.TokenURL
}

// ServiceAccount is a service account of Google's, by its key: RFC 7523.
type ServiceAccount struct {
	key  []byte
	from string
	file keyFile
	// Documented knows the scopes of the description.
	Documented Documented
	// HTTP asks; nil means NewHTTPClient(nil).
	HTTP *http.Client
}

// NewServiceAccount reads the JSON key of a service account. The name of its
// file is for messages. An error says what is wrong with the key.
func NewServiceAccount(key []byte, from string) (*ServiceAccount, error) {
	account := &ServiceAccount{key: key, from: from}
	if err := json.Unmarshal(key, &account.file); err != nil {
		return nil, errors.New("it is no JSON")
	}
	if account.file.Type != string(google.ServiceAccount) {
		return nil, errors.New("it is no key of a service account: its type is not service_account")
	}
	if err := CheckAddress(account.file.address()); err != nil {
		return nil, errors.New("its token_uri: " + err.Error())
	}
	return account, nil
}

// Origin names the file.
func (s *ServiceAccount) Origin() string { return "the service account of " + s.from }

// Issue asks the token server of the key for these scopes.
func (s *ServiceAccount) Issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	config, err := google.JWTConfigFromJSON(s.key, scopes...)
	if err != nil {
		return nil, &Failure{Message: s.Origin() + " cannot be used: its key is not complete", Whole: true}
	}
	ctx, watch := watched(ctx, s.HTTP)
	token, err := config.TokenSource(ctx).Token()
	if err != nil {
		return nil, watch.failure(err, s.Origin(), s.file, "its private key is no PEM or PKCS8 key")
	}
	return checked(token, scopes, s.Documented, hostOf(s.file.address()), "")
}

// ApplicationDefault are the application default credentials of this machine:
// https://cloud.google.com/docs/authentication/application-default-credentials
type ApplicationDefault struct {
	// Documented knows the scopes of the description.
	Documented Documented
	// HTTP asks; nil means NewHTTPClient(nil).
	HTTP *http.Client
}

const (
	defaultsVariable = "GOOGLE_APPLICATION_CREDENTIALS"
	defaultsPage     = "https://cloud.google.com/docs/authentication/external/set-up-adc"
)

// Origin says what they are.
func (a ApplicationDefault) Origin() string { return "application default credentials" }

// Issue asks for a token of these scopes. Credentials of a person carry the
// scopes of their login whatever is asked: where they are others, that is a
// failure.
func (a ApplicationDefault) Issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	if failure := a.checkFile(); failure != nil {
		return nil, failure
	}
	ctx, watch := watched(ctx, a.HTTP)
	found, err := google.FindDefaultCredentials(ctx, scopes...)
	if err != nil {
		if os.Getenv(defaultsVariable) != "" {
			return nil, &Failure{Message: "the application default credentials of " + defaultsVariable + " cannot be used: they are no credentials of Google's", Whole: true}
		}
		return nil, &Failure{Message: "there are no application default credentials on this machine", Mend: "see " + defaultsPage, Whole: true}
	}
	var file keyFile
	if len(found.JSON) > 0 {
		if failure := a.readFile(found.JSON, &file); failure != nil {
			return nil, failure
		}
	}
	token, err := found.TokenSource.Token()
	if err != nil {
		return nil, watch.failure(err, a.Origin(), file, "they are not complete")
	}
	return checked(token, scopes, a.Documented, hostOf(file.address()), "use dpconform login, or a service account")
}

// checkFile looks at the file that the variable names, where it names one. The
// library's own error for it would show parts of the file.
func (a ApplicationDefault) checkFile() *Failure {
	name := os.Getenv(defaultsVariable)
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return &Failure{Message: "the file that " + defaultsVariable + " names cannot be read: " + innermost(err), Whole: true}
	}
	return a.readFile(text, &keyFile{})
}

// readFile reads credentials and says what is wrong with them.
func (a ApplicationDefault) readFile(text []byte, file *keyFile) *Failure {
	const begin = "the application default credentials cannot be used: "
	if err := json.Unmarshal(text, file); err != nil {
		return &Failure{Message: begin + "their file is no JSON", Whole: true}
	}
	if file.Installed != nil || file.Web != nil {
		return &Failure{Message: begin + "their file describes a client and holds no credentials", Mend: "log in with that client: dpconform login --client-id", Whole: true}
	}
	if err := CheckAddress(file.address()); err != nil {
		return &Failure{Message: begin + "their token server: " + err.Error(), Whole: true}
	}
	return nil
}

// watchedTransport remembers why no answer came: the library makes a text of
// it.
type watchedTransport struct {
	next  http.RoundTripper
	mutex sync.Mutex
	asked bool
	err   error
}

// watched gives a context in which the library asks by the client, and what
// will be known of its asking.
func watched(ctx context.Context, client *http.Client) (context.Context, *watchedTransport) {
	if client == nil {
		client = NewHTTPClient(nil)
	}
	watch := &watchedTransport{next: client.Transport}
	if watch.next == nil {
		watch.next = http.DefaultTransport
	}
	copied := *client
	copied.Transport = watch
	return context.WithValue(ctx, oauth2.HTTPClient, &copied), watch
}

// RoundTrip asks and remembers.
func (w *watchedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(request)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.asked, w.err = true, err
	return response, err
}

// failure says what went wrong, with or without an answer. The complaint is for
// the case that nobody was asked.
func (w *watchedTransport) failure(err error, origin string, file keyFile, complaint string) *Failure {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	server := "the token server " + hostOf(file.address())
	switch {
	case !w.asked:
		return &Failure{Message: origin + " cannot be used: " + complaint, Whole: true}
	case w.err != nil:
		return &Failure{Message: server + " " + unansweredText(w.err), Whole: true}
	}
	refused := readRefusal(server, err, file.ClientSecret, file.RefreshToken)
	if refused.code == "invalid_grant" {
		return &Failure{Message: origin + ": " + refused.text() + refused.clock, Whole: true}
	}
	return clientRefusal(&refused)
}
