package cli

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/spec"
)

// recordedResponses responds as a server did once: a replay, or a recording with
// pseudonyms.
type recordedResponses interface {
	http.RoundTripper
	Provenance() recorder.Provenance
	TokenNames() []string
}

// newReplayedTarget makes a target of recorded responses, with the jobs and
// tokens that it was recorded with.
func newReplayedTarget(responses recordedResponses, contract *spec.Contract) (*target.Target, error) {
	recorded := responses.Provenance()
	return target.New(target.Config{
		Endpoint: recorded.Endpoint, Transport: responses, Jobs: recorded.Jobs, Loopback: recorded.Loopback,
		AllowRetry: recorded.AllowRetry, Limit: recorded.Limit, Credentials: recordedCredentials{responses, contract}, Pause: noPause, InOrder: true,
	})
}

// noPause is how long recorded responses need between two attempts.
func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// recordedCredentials gives the names of the tokens that a recording
// was made with, and none that it was made without.
type recordedCredentials struct {
	responses recordedResponses
	contract  *spec.Contract
}

// Token finds the name of a token in the recording.
func (c recordedCredentials) Token(scopes ...string) (oauth2.TokenSource, bool) {
	template := c.template()
	if !slices.Contains(c.responses.TokenNames(), template.Name(scopes...)) {
		return nil, false
	}
	return template.Token(scopes...)
}

// AnyToken finds the name of a token that carries several documented scopes.
func (c recordedCredentials) AnyToken() ([]string, oauth2.TokenSource, bool) {
	template := c.template()
	before, behind, _ := strings.Cut(template.Text, "{short}")
	for _, name := range c.responses.TokenNames() {
		middle, isName := strings.CutPrefix(name, before)
		middle, ends := strings.CutSuffix(middle, behind)
		scopes, documented := c.scopesOf(strings.Split(middle, template.Join))
		if isName && ends && documented && len(scopes) > 1 {
			source, found := template.Token(scopes...)
			return scopes, source, found
		}
	}
	return nil, nil, false
}

// scopesOf gives the documented scopes with these short names, or false where
// one of them is none.
func (c recordedCredentials) scopesOf(short []string) ([]string, bool) {
	var scopes []string
	for _, name := range short {
		index := slices.IndexFunc(c.contract.Scopes, func(scope spec.Scope) bool { return scope.Short() == name })
		if index < 0 {
			return nil, false
		}
		scopes = append(scopes, c.contract.Scopes[index].Name)
	}
	return scopes, true
}

func (c recordedCredentials) template() target.TokenTemplate {
	recorded := c.responses.Provenance()
	return target.TokenTemplate{Text: recorded.TokenTemplate, Join: recorded.TokenJoin}
}
