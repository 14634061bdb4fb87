package tokens

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// GoogleTokenInformationURL is where Google says what a token of its own is.
const GoogleTokenInformationURL = "https://oauth2.googleapis.com/tokeninfo"

// Information is what a server says of a token.
type Information struct {
	// Active says that the token is valid.
	Active bool
	// Scopes are those that it carries, in full.
	Scopes []string
	// Expiry is when it ends; zero where the server does not say.
	Expiry time.Time
}

// Inspector asks a server what a token is. The token goes in the body of a
// request, never in an address.
type Inspector struct {
	// TokenInformationURL is the address of Google's tokeninfo, or of a server
	// that answers like it.
	TokenInformationURL string
	// IntrospectionURL is an introspection endpoint (RFC 7662); it wins.
	IntrospectionURL string
	// ClientID and ClientSecret name this program at the introspection endpoint.
	ClientID     string
	ClientSecret Secret
	// HTTP asks; nil means NewHTTPClient(nil).
	HTTP *http.Client
}

// Known reports whether there is anybody to ask.
func (i Inspector) Known() bool { return i.TokenInformationURL != "" || i.IntrospectionURL != "" }

// name is how a message calls the server.
func (i Inspector) name() string {
	if i.IntrospectionURL != "" {
		return "the introspection of " + hostOf(i.IntrospectionURL)
	}
	return "the tokeninfo of " + hostOf(i.TokenInformationURL)
}

// Inspect asks what a token is. An error is a *Failure: there is no answer to
// that question.
func (i Inspector) Inspect(ctx context.Context, token string) (Information, error) {
	address, form, who := i.TokenInformationURL, url.Values{"access_token": {token}}, client{http: i.HTTP}
	if i.IntrospectionURL != "" {
		address, form = i.IntrospectionURL, url.Values{"token": {token}, "token_type_hint": {"access_token"}}
		who.id, who.secret = i.ClientID, i.ClientSecret
	}
	response, err := who.post(ctx, address, form)
	if err != nil {
		return Information{}, &Failure{Message: i.name() + " " + unansweredText(err), Whole: true}
	}
	return i.read(response, token)
}

// tokenAnswer has the members of both kinds of answer: RFC 7662, 2.2, and
// https://cloud.google.com/docs/authentication/token-types#access-contents
type tokenAnswer struct {
	errorAnswer
	Active    *bool           `json:"active"`
	Scope     string          `json:"scope"`
	Exp       json.RawMessage `json:"exp"`
	ExpiresIn json.RawMessage `json:"expires_in"`
}

func (i Inspector) read(response *http.Response, token string) (Information, error) {
	var answer tokenAnswer
	err := readJSON(response, &answer)
	switch introspected := i.IntrospectionURL != ""; {
	case response.StatusCode == http.StatusBadRequest && !introspected && strings.HasPrefix(answer.Code, "invalid_"):
		// tokeninfo says 400 invalid_token, or invalid_request with "Invalid
		// Value", of a token that it does not know.
		return Information{}, nil
	case response.StatusCode != http.StatusOK:
		refused := answeredRefusal(i.name(), response, answer.Code, answer.Description, Secret(token), i.ClientSecret)
		mend := ""
		if response.StatusCode == http.StatusUnauthorized {
			mend = "it wants the client's --client-id and secret"
		}
		return Information{}, refused.failure(mend, true)
	case err != nil || introspected && answer.Active == nil:
		return Information{}, &Failure{Message: i.name() + " gave an answer that says nothing of a token", Whole: true}
	}
	information := Information{Active: answer.Active == nil || *answer.Active, Scopes: strings.Fields(answer.Scope)}
	if seconds, known := numberOf(answer.Exp); known {
		information.Expiry = time.Unix(seconds, 0)
	} else if seconds, known := numberOf(answer.ExpiresIn); known {
		information.Expiry = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return information, nil
}

// numberOf reads a whole number that may stand in quotes, as Google writes it.
func numberOf(text json.RawMessage) (int64, bool) {
	number, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	return number, err == nil
}

// complaint says what is wrong with a token that should carry scopes, or gives
// nil.
func (i Inspector) complaint(information Information, wanted []string, documented Documented) *Failure {
	missing, others := documented.carries(wanted, information.Scopes)
	switch {
	case !information.Active:
		return &Failure{Message: "the token is not valid, says " + i.name(), Mend: "it expired or was revoked: obtain another one"}
	case len(missing) > 0 && len(information.Scopes) == 0:
		return &Failure{Message: "the token carries no scope, says " + i.name(), Mend: narrowMend}
	case len(missing) > 0:
		return &Failure{Message: "the token carries " + otherNames(information.Scopes) + " instead, says " + i.name(), Mend: narrowMend}
	case len(others) > 0:
		return &Failure{Message: "the token carries also " + otherNames(others) + ", says " + i.name(), Mend: narrowMend}
	}
	return nil
}
