package tokens

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/platform"
)

// GoogleTokenInformationURL is where Google says what a token of its own is.
const GoogleTokenInformationURL = "https://oauth2.googleapis.com/tokeninfo"

// Checker refuses tokens that carry other scopes than they are wanted for: with
// them the server under test would look wrong.
type Checker struct {
	// Documented reports whether the description has a scope. Others, such as
	// openid, open nothing and do no harm beside it.
	Documented func(scope string) bool
	// Inspector knows what a token carries, where it has an address. Where it
	// fails, a token is used as it is, and nobody is asked again.
	Inspector Inspector

	mutex  sync.Mutex
	silent error
}

// Checked is what the inspector said of a token.
type Checked struct {
	// Verified says that it said something; Unverified is why it did not.
	Verified   bool
	Unverified error
	Information
}

// check refuses a token that does not carry the scopes, or documented ones
// beside them.
func (c *Checker) check(ctx context.Context, token *oauth2.Token, scopes []string, issuer Issuer) (Checked, error) {
	if c == nil || slices.Contains(scopes, platform.Expired) {
		return Checked{}, nil
	}
	// A response that names no scopes grants those that were asked for (RFC 6749,
	// 5.1). The failure does not name them: then the same failure of many scopes
	// reads the same.
	if named, _ := token.Extra("scope").(string); strings.TrimSpace(named) != "" {
		missing, others := c.compare(scopes, strings.Fields(named))
		switch {
		case len(others) > 0:
			return Checked{}, &Failure{Message: "the token of " + issuer.Origin + " also carries " + otherNames(others), Fix: issuer.Narrow}
		case len(missing) > 0:
			return Checked{}, &Failure{Message: "the token of " + issuer.Origin + " does not have the requested scopes"}
		}
	}
	if !c.Inspector.Known() {
		return Checked{}, nil
	}
	c.mutex.Lock()
	silent := c.silent
	c.mutex.Unlock()
	if silent != nil {
		return Checked{Unverified: silent}, nil
	}
	information, err := c.Inspector.Inspect(ctx, token.AccessToken)
	if err != nil {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.silent = err
		return Checked{Unverified: err}, nil
	}
	if failure := c.complaint(information, scopes); failure != nil {
		return Checked{}, failure
	}
	return Checked{Verified: true, Information: information}, nil
}

// compare compares the scopes that a token carries with those that it is wanted
// for.
func (c *Checker) compare(wanted, carried []string) (missing, others []string) {
	for _, scope := range wanted {
		if !slices.Contains(carried, scope) {
			missing = append(missing, scope)
		}
	}
	for _, scope := range carried {
		if !slices.Contains(wanted, scope) && c.Documented != nil && c.Documented(scope) {
			others = append(others, scope)
		}
	}
	return missing, others
}

// complaint says what is wrong with a token, or is nil.
func (c *Checker) complaint(information Information, wanted []string) *Failure {
	missing, others := c.compare(wanted, information.Scopes)
	says := ", according to " + c.Inspector.name()
	switch {
	case !information.Active:
		return &Failure{Message: "the token is not valid" + says, Fix: "it expired or was revoked: obtain another one"}
	case len(missing) > 0 && len(information.Scopes) == 0:
		return &Failure{Message: "the token has no scope" + says, Fix: narrowFix}
	case len(missing) > 0:
		return &Failure{Message: "the token has " + otherNames(information.Scopes) + " instead" + says, Fix: narrowFix}
	case len(others) > 0:
		return &Failure{Message: "the token also has " + otherNames(others) + says, Fix: narrowFix}
	}
	return nil
}

// narrowFix says what to do where no token carries one scope alone.
const narrowFix = "obtain one for this scope alone"

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
	// that responds like it.
	TokenInformationURL string
	// IntrospectionURL is an introspection endpoint (RFC 7662); it wins.
	IntrospectionURL string
	// Client names this program at the introspection endpoint. Its HTTP client
	// asks either.
	Client Client
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

// Inspect asks what a token is. An error is a *Failure: the server does not say.
func (i Inspector) Inspect(ctx context.Context, token string) (Information, error) {
	address, form, client := i.TokenInformationURL, url.Values{"access_token": {token}}, Client{HTTP: i.Client.HTTP}
	if i.IntrospectionURL != "" {
		address, form, client = i.IntrospectionURL, url.Values{"token": {token}, "token_type_hint": {"access_token"}}, i.Client
	}
	response, err := client.post(ctx, address, form) //nolint:bodyclose // read closes it
	if err != nil {
		return Information{}, &Failure{Message: i.name() + " " + noResponse(err), Whole: true}
	}
	return i.read(response, token)
}

// tokenInformation has the members of both formats: RFC 7662, 2.2, and
// https://cloud.google.com/docs/authentication/token-types#access-contents
type tokenInformation struct {
	errorResponse
	Active    *bool           `json:"active"`
	Scope     string          `json:"scope"`
	Exp       json.RawMessage `json:"exp"`
	ExpiresIn json.RawMessage `json:"expires_in"`
}

func (i Inspector) read(response *http.Response, token string) (Information, error) {
	var received tokenInformation
	err := readJSON(response, &received)
	switch introspected := i.IntrospectionURL != ""; {
	case response.StatusCode == http.StatusBadRequest && !introspected && strings.HasPrefix(received.Code, "invalid_"):
		// tokeninfo says 400 invalid_token, or invalid_request with "Invalid
		// Value", of a token that it does not know.
		return Information{}, nil
	case response.StatusCode != http.StatusOK:
		failure := &Failure{Message: newRefusal(i.name(), response, received.errorResponse, Secret(token), i.Client.Secret).String(), Whole: true}
		if response.StatusCode == http.StatusUnauthorized {
			failure.Fix = "it requires the client's --client-id and secret"
		}
		return Information{}, failure
	case err != nil || introspected && received.Active == nil:
		return Information{}, &Failure{Message: i.name() + " sent a response that does not describe a token", Whole: true}
	}
	information := Information{Active: received.Active == nil || *received.Active, Scopes: strings.Fields(received.Scope)}
	if seconds, known := wholeNumber(received.Exp); known {
		information.Expiry = time.Unix(seconds, 0)
	} else if seconds, known := wholeNumber(received.ExpiresIn); known {
		information.Expiry = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return information, nil
}

// wholeNumber reads a number that may stand in quotes, as Google writes it.
func wholeNumber(number json.RawMessage) (int64, bool) {
	value, err := strconv.ParseInt(strings.Trim(string(number), `"`), 10, 64)
	return value, err == nil
}
