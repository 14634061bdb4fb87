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

// recordedAnswers answers as a server did once: a replay, or the rehearsal of
// one.
type recordedAnswers interface {
	http.RoundTripper
	Provenance() recorder.Provenance
	Labels() []string
}

// newReplayedTarget makes a target of recorded answers, with the jobs and tokens
// that it was recorded with.
func newReplayedTarget(answers recordedAnswers, contract *spec.Contract) (*target.Target, error) {
	recorded := answers.Provenance()
	return target.New(target.Config{
		Endpoint: recorded.RecordedFrom.Endpoint, Transport: answers, Jobs: recorded.Jobs, Loopback: recorded.Loopback,
		AllowRetry: recorded.AllowRetry, Limit: recorded.Limit, Credentials: recordedCredentials{answers, contract}, Pause: noPause, InOrder: true,
	})
}

// noPause is how long recorded answers need between two attempts.
func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// recordedCredentials gives the harmless names of the tokens that a recording
// was made with, and none that it was made without.
type recordedCredentials struct {
	answers  recordedAnswers
	contract *spec.Contract
}

// Token finds the name of a token in the recording.
func (c recordedCredentials) Token(scopes ...string) (oauth2.TokenSource, bool) {
	template := c.template()
	if !slices.Contains(c.answers.Labels(), template.Name(scopes...)) {
		return nil, false
	}
	return template.Token(scopes...)
}

// AnyToken finds the name of a token that carries several documented scopes.
func (c recordedCredentials) AnyToken() ([]string, oauth2.TokenSource, bool) {
	template := c.template()
	before, behind, _ := strings.Cut(template.Text, "{short}")
	for _, label := range c.answers.Labels() {
		middle, isName := strings.CutPrefix(label, before)
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
	names := c.answers.Provenance().Tokens
	return target.TokenTemplate{Text: names.Template, Join: names.Join}
}
