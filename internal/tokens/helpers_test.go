package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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

// sent is a request to a token server.
type sent struct {
	path, user, pass string
	form             map[string]string
}

// tokenServer responds to requests for tokens and remembers them.
type tokenServer struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []sent
}

type responder func(http.ResponseWriter, sent)

func newTokenServer(t testing.TB, respond responder) *tokenServer {
	t.Helper()
	server := &tokenServer{}
	server.Server = httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_ = request.ParseForm()
		one := sent{path: request.URL.Path, form: map[string]string{}}
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
		respond(writer, one)
	}))
	t.Cleanup(server.Close)
	return server
}

func (s *tokenServer) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.requests)
}

func (s *tokenServer) last() sent {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.requests[len(s.requests)-1]
}

// server is a client of the token server.
func (s *tokenServer) server() *TokenServer {
	return &TokenServer{Address: s.URL + "/token", Client: Client{ID: "an-id", Secret: secret}}
}

// saying responds with a text.
func saying(status int, text string) responder {
	return func(w http.ResponseWriter, _ sent) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// refusing responds with an error of RFC 6749, 5.2, that repeats a secret.
func refusing(status int, code string) responder {
	text, _ := json.Marshal(map[string]string{"error": code, "error_description": "you sent " + secret + "\n and more", "refresh_token": secret})
	return saying(status, string(text))
}

// granting responds with a token.
func granting(members map[string]any) responder {
	response := map[string]any{"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}
	maps.Copy(response, members)
	text, _ := json.Marshal(response)
	return saying(200, string(text))
}

// rotating takes each refresh token once, as a real server does, and grants what
// was asked for.
func rotating(first string) responder {
	var mutex sync.Mutex
	next := first
	return func(w http.ResponseWriter, one sent) {
		mutex.Lock()
		defer mutex.Unlock()
		if one.form["refresh_token"] != next {
			refusing(400, "invalid_grant")(w, one)
			return
		}
		next += "+"
		granting(map[string]any{"scope": one.form["scope"], "refresh_token": next})(w, one)
	}
}

// closedServer gives the address of a server that is not there.
func closedServer() string {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	return closed.URL
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

func wantNoSecret(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, secret) {
		t.Errorf("a secret is shown: %s", text)
	}
}

// tokenOf asks sources in turn for a token.
func tokenOf(t testing.TB, list List, scopes ...string) (string, error) {
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

func (c *counted) issuer() Issuer {
	return Issuer{Origin: "a counter", Issue: func(_ context.Context, scopes []string) (*oauth2.Token, error) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.issued++
		if c.err != nil {
			return nil, c.err
		}
		token := bearer(fmt.Sprintf("token-%d-for-%d-scopes", c.issued, len(scopes)))
		if c.life != 0 {
			token.Expiry = time.Now().Add(c.life)
		}
		return token, nil
	}}
}

// source makes a source of an issuer, checked against the small description.
func source(t testing.TB, issuer Issuer, covers Coverage, group ...string) *Source {
	return &Source{Context: t.Context(), Issuer: issuer, Covers: covers, Group: group, Checker: &Checker{Documented: documented}}
}

// issued obtains one token of an issuer, as a source would.
func issued(t testing.TB, issuer Issuer, scopes ...string) error {
	t.Helper()
	_, err := tokenOf(t, List{source(t, issuer, Everything)}, scopes...)
	return err
}
