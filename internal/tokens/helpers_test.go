package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

const (
	reviews  = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	vehicles = "https://www.googleapis.com/auth/dataportability.maps.vehicles"
	devices  = "https://www.googleapis.com/auth/dataportability.play.devices"
	email    = "https://www.googleapis.com/auth/userinfo.email"
)

// documented are the scopes of a small description.
func documented(scope string) bool { return scope == reviews || scope == vehicles || scope == devices }

// secret stands in requests, and must stand in no message.
const secret = "s3cr3t-val/ue+that=nobody-may-see"

// asked is a request to a token server.
type asked struct {
	path string
	form map[string]string
	user string
	pass string
}

// tokenServer answers requests for tokens and remembers them.
type tokenServer struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []asked
}

// newTokenServer serves an answer to each request.
func newTokenServer(t *testing.T, answer func(http.ResponseWriter, asked)) *tokenServer {
	t.Helper()
	server := &tokenServer{}
	server.Server = httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_ = request.ParseForm()
		one := asked{path: request.URL.Path, form: map[string]string{}}
		for name := range request.PostForm {
			one.form[name] = request.PostForm.Get(name)
		}
		one.user, one.pass, _ = request.BasicAuth()
		if request.URL.RawQuery != "" {
			t.Errorf("something stands in the query: %s", request.URL.RawQuery)
		}
		server.mutex.Lock()
		server.requests = append(server.requests, one)
		server.mutex.Unlock()
		answer(writer, one)
	}))
	t.Cleanup(server.Close)
	return server
}

func (s *tokenServer) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.requests)
}

func (s *tokenServer) last() asked {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.requests[len(s.requests)-1]
}

// server is a client of the token server.
func (s *tokenServer) server() *TokenServer {
	return &TokenServer{Address: s.URL + "/token", Client: Client{ID: "an-id", Secret: secret}}
}

// grant answers with a token.
func grant(writer http.ResponseWriter, members map[string]any) {
	answer := map[string]any{"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}
	for name, value := range members {
		answer[name] = value
	}
	writer.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(writer).Encode(answer)
}

// refuse answers with an error of RFC 6749, 5.2, that repeats a secret.
func refuse(writer http.ResponseWriter, status int, code string) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	_ = json.NewEncoder(writer).Encode(map[string]string{"error": code, "error_description": "you sent " + secret + "\n and more", "refresh_token": secret})
}

// wantFailure checks that an error is a *Failure of one line that begins so, and
// shows no secret.
func wantFailure(t *testing.T, err error, begins string) *Failure {
	t.Helper()
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Fatalf("%v, of type %T; want %s", err, err, begins)
	}
	text := failure.Error()
	if !strings.HasPrefix(text, begins) || strings.Contains(text, "\n") || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
		t.Errorf("got  %s\nwant %s", text, begins)
	}
	return failure
}

// tokenOf asks sources in turn for a token.
func tokenOf(t *testing.T, list List, scopes ...string) (string, error) {
	t.Helper()
	source, found := list.Token(scopes...)
	if !found {
		t.Fatalf("nothing for %q", scopes)
	}
	token, err := source.Token()
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// counted issues tokens that are numbered, until it fails.
type counted struct {
	mutex  sync.Mutex
	issued int
	life   time.Duration
	err    error
}

func (c *counted) Issue(_ context.Context, scopes []string) (*oauth2.Token, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.issued++
	if c.err != nil {
		return nil, c.err
	}
	token := bearer(fmt.Sprintf("token %d for %s", c.issued, Names(scopes)))
	if c.life != 0 {
		token.Expiry = time.Now().Add(c.life)
	}
	return token, nil
}

// issuer gives these tokens.
func (c *counted) issuer() Issuer { return Issuer{Origin: "a counter", Issue: c.Issue} }

// source makes a source of an issuer, checked against the small description.
func source(t testing.TB, issuer Issuer, covers Coverage, group ...string) *Source {
	return &Source{Context: t.Context(), Issuer: issuer, Covers: covers, Group: group, Checker: &Checker{Documented: documented}}
}

// issued obtains one token of an issuer, as a source would.
func issued(t testing.TB, issuer Issuer, scopes ...string) error {
	t.Helper()
	source, _ := List{source(t, issuer, Everything)}.Token(scopes...)
	_, err := source.Token()
	return err
}

func wantNoSecret(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, secret) {
		t.Errorf("a secret is shown: %s", text)
	}
}
