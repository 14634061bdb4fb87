package suites

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Config describes the server under test, the inputs of the checks, and how strict
// they are. Endpoint, Tokens and Jobs are enough for most servers. A check whose
// input is missing is skipped, and names it.
type Config struct {
	// Endpoint is the base URL of the server, without the path of the description:
	// "http://127.0.0.1:8080".
	Endpoint string
	// Connect returns the endpoint just before the first check, for a server that is
	// not running yet when the Ginkgo tree is built. It is called only if Endpoint is
	// empty.
	Connect func(ctx context.Context) (endpoint string, err error)
	// Tokens supplies access tokens.
	Tokens Tokens
	// ExpiredToken is an access token that has expired; empty for none.
	ExpiredToken string
	// Jobs lists the ids of existing jobs by their state: {"FAILED": {"failed-1",
	// "failed-2"}, "COMPLETE": {"complete-1"}}. If the description has no states, use
	// the key "", and give jobs for which the method can be called any number of
	// times.
	Jobs map[string][]string
	// ConsumeJobs permits using up jobs on a remote server, which is one that is not
	// on this machine. One call of Test or Register uses up each of them at most once;
	// give other calls other jobs.
	ConsumeJobs bool
	// Transport sends the requests; nil means the network.
	Transport http.RoundTripper

	// Method is the description of the method; nil means the default shipped one.
	Method *spec.Method
	// Level is the weakest level at which a broken requirement fails a check:
	// documented, platform or inferred. Below it, the check only warns; so does a broken
	// SHOULD, unless Level is inferred. Empty means platform.
	Level spec.Level
	// KnownFailures is the name of a YAML file that lists accepted failures.
	KnownFailures string
	// Seed determines the unknown job ids and the unknown token, so that the same seed
	// sends the same requests. 0 means 1, as in the command.
	Seed uint64

	// Timeout is the time limit for one response; 0 means 10 seconds.
	Timeout time.Duration
	// Rate limits the requests per second, and MaxRequests the requests in all; 0
	// means no limit.
	Rate        float64
	MaxRequests int
	// MaxPause is the longest Retry-After that is waited for; 0 means one minute.
	MaxPause time.Duration
}

// Tokens supplies access tokens.
type Tokens interface {
	// Token returns a token with exactly these scopes. If it returns an empty token or
	// an error, the checks that need the token are skipped, with the error as the
	// reason.
	Token(ctx context.Context, scopes ...string) (string, error)
}

// TokenTemplate makes tokens for a server that reads the scopes from the text of a
// token, as the reference emulator does. In the template, {short} stands for the
// part of a scope after "/auth/", and {scope} for the whole scope. Several scopes
// are joined with +.
func TokenTemplate(template string) Tokens { return tokenTemplate(template) }

type tokenTemplate string

func (t tokenTemplate) Token(_ context.Context, scopes ...string) (string, error) {
	return target.TokenTemplate{Text: string(t), Join: "+"}.Name(scopes...), nil
}

// credentials are the tokens of a Config as a target asks for them.
type credentials struct {
	tokens  Tokens
	expired string
}

func (c credentials) Token(scopes ...string) (oauth2.TokenSource, bool) {
	if slices.Contains(scopes, platform.Expired) {
		return tokenOrError{c.expired, nil}, c.expired != ""
	}
	if c.tokens == nil {
		return nil, false
	}
	token, err := c.tokens.Token(context.Background(), scopes...)
	return tokenOrError{token, err}, token != "" || err != nil
}

// AnyToken gives none: a Config has a token for each scope.
func (c credentials) AnyToken() ([]string, oauth2.TokenSource, bool) { return nil, nil, false }

type tokenOrError struct {
	token string
	err   error
}

func (t tokenOrError) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: t.token, TokenType: "Bearer"}, t.err
}

// orShipped is the given description, or the shipped one.
func orShipped(method *spec.Method) *spec.Method {
	if method == nil {
		return spec.MustLoadEmbedded()
	}
	return method
}

// isEmpty reports whether a method was not loaded from a description.
func isEmpty(method *spec.Method) bool { return method.Operation.Method == "" }

// completed gives the configuration with its defaults, and its known failures.
// The error is one line for the author of the test.
func (c Config) completed() (Config, result.KnownFailures, error) {
	c.Method = orShipped(c.Method)
	if c.Level == "" {
		c.Level = spec.Platform
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	if err := c.mistake(); err != nil {
		return c, nil, fmt.Errorf("suites.Config: %w", err)
	}
	if c.KnownFailures == "" {
		return c, nil, nil
	}
	var ids []string
	for _, check := range Checks(c.Method) {
		ids = append(ids, check.ID)
	}
	known, err := result.ReadKnownFailures(c.KnownFailures, c.Method.Requirements, ids, time.Now(), notApplicable(c.Method)...)
	return c, known, err
}

// notApplicable groups what does not apply to a method, as a report does.
func notApplicable(method *spec.Method) []result.NotApplicable {
	var all []result.Check
	for _, check := range slices.Concat(Checks(method), NotApplicable(method)) {
		all = append(all, result.Check{ID: check.ID, Requirements: check.Requirements, Reason: check.Reason})
	}
	return result.GroupNotApplicable(method, all)
}

// mistake says what is wrong with the configuration, or nil.
func (c Config) mistake() error {
	if isEmpty(c.Method) {
		return errors.New("Method is empty: load one with spec.Load, or leave it out")
	}
	if c.Endpoint == "" && c.Connect == nil {
		return errors.New(`Endpoint is missing: give the address of the server under test, such as "http://127.0.0.1:8080"`)
	}
	if c.Endpoint != "" {
		if _, err := target.ParseEndpoint(c.Endpoint); err != nil {
			return fmt.Errorf("Endpoint: %w", err)
		}
	}
	if isNilPointer(c.Transport) || isNilPointer(c.Tokens) {
		return errors.New("Transport or Tokens holds a nil pointer: leave it out, or give a value")
	}
	if !slices.Contains(spec.Levels(), c.Level) {
		return fmt.Errorf("Level: unknown level %q: want documented, platform or inferred", c.Level)
	}
	if template, is := c.Tokens.(tokenTemplate); is && !strings.Contains(string(template), "{short}") && !strings.Contains(string(template), "{scope}") {
		return fmt.Errorf("Tokens: the template %q has no placeholder: want {short} or {scope}, as in scope:{short}", string(template))
	}
	given := map[string]bool{}
	for state, ids := range c.Jobs {
		switch stateless := len(c.Method.States) == 0; {
		case stateless && state != "":
			return fmt.Errorf(`Jobs: unknown state %q: jobs of %s have none: give their ids under ""`, state, c.Method.Operation.ID)
		case !stateless && !slices.Contains(c.Method.States, state):
			return fmt.Errorf("Jobs: unknown state %q: %s", state, text.DidYouMean(strings.ToUpper(state), c.Method.States))
		}
		for _, id := range ids {
			if given[id] {
				return fmt.Errorf("Jobs: the id %q is given twice: a job is in one state", id)
			}
			given[id] = true
			if id == "" || strings.Contains(id, "/") {
				return fmt.Errorf("Jobs: invalid id %q%s: want a bare id, without a slash", id, ofState(state))
			}
		}
	}
	if c.Timeout < 0 || c.Rate < 0 || c.MaxRequests < 0 || c.MaxPause < 0 {
		return errors.New("Timeout, Rate, MaxRequests and MaxPause must not be negative")
	}
	return nil
}

func ofState(state string) string {
	if state == "" {
		return ""
	}
	return " of state " + state
}

func isNilPointer(value any) bool {
	of := reflect.ValueOf(value)
	return of.Kind() == reflect.Pointer && of.IsNil()
}

// newTarget makes the target that the configuration describes.
func (c Config) newTarget(ctx context.Context) (*target.Target, error) {
	if c.Endpoint == "" {
		endpoint, err := c.Connect(ctx)
		if err != nil {
			return nil, fmt.Errorf("suites.Config: Connect: %w", err)
		}
		c.Endpoint = endpoint
	}
	endpoint, err := target.ParseEndpoint(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("suites.Config: Connect: %w", err)
	}
	config := target.Config{
		Endpoint: c.Endpoint, Transport: c.Transport, Jobs: c.Jobs, ConsumeJobs: c.ConsumeJobs, Loopback: target.IsLoopback(endpoint),
		Limit: c.Timeout, Rate: c.Rate, MaxRequests: c.MaxRequests, MaxPause: c.MaxPause,
		Members: c.Method.MemberNames(),
	}
	if c.Transport == nil {
		if err := target.Reach(ctx, endpoint, config.Network); err != nil {
			return nil, err
		}
	}
	if c.Tokens != nil || c.ExpiredToken != "" {
		config.Credentials = credentials{c.Tokens, c.ExpiredToken}
	}
	return target.New(config)
}
