// Package target is a server under judgement: its endpoint, the transport to
// it, a credential for each scope, a job for each state, and a journal of all
// that was exchanged.
package target

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dpconform/dpconform/internal/redact"
)

// DefaultLimit is how long an answer may take. AIP-151 calls 10 seconds a good
// rule of thumb for what a user accepts of a single call:
// https://google.aip.dev/151
const DefaultLimit = 10 * time.Second

// Config says everything about a target.
type Config struct {
	// Endpoint is the address before the path of the description:
	// "https://dataportability.googleapis.com".
	Endpoint string
	// Transport carries the requests; nil means the network, as Network says.
	Transport http.RoundTripper
	Network   NetworkOptions
	// Credentials gives the tokens; nil means that there are none.
	Credentials Credentials
	// Jobs lists job ids by the state that they are in.
	Jobs map[string][]string
	// OthersJobs lists jobs that were given as well and are left to other runs at
	// the same time: nothing is asked about them.
	OthersJobs []string
	// AllowRetry lets FAILED jobs be retried where the target is not Loopback.
	AllowRetry bool
	// Loopback says that the target runs on this machine (or did, when it was
	// recorded), so that its jobs may be used up.
	Loopback bool
	// Limit is how long an answer may take; 0 means DefaultLimit.
	Limit time.Duration
	// MaxRequests is how many requests may be sent; 0 means any number.
	MaxRequests int
	// Rate is how many requests may be sent in a second; 0 means any number.
	Rate float64
	// MaxPause is the longest that a server may ask for between two attempts, by
	// Retry-After; 0 means DefaultMaxPause.
	MaxPause time.Duration
	// Pause waits between two attempts; nil means in earnest. It returns the
	// context's error where that ends first.
	Pause func(context.Context, time.Duration) error
	// InOrder says that the transport has recorded responses, which come in the
	// order of a whole run.
	InOrder bool
	// UserAgent names the program in each request.
	UserAgent string
}

// Target is a server under judgement. It is safe for use by many goroutines.
type Target struct {
	config   Config
	endpoint *url.URL
	jobs     jobs

	pace    *rate.Limiter
	watcher Watcher

	mutex   sync.Mutex
	journal []*Exchange
	secrets map[string][]string
	sent    int
	slow    int
	// slowAttempts counts the attempts that were slow, those sent again too.
	slowAttempts int
	unreachable  int
	// persistent counts the requests that were in trouble to their last
	// attempt.
	persistent int

	// redactor knows so many secrets.
	redactor *redact.Redactor
	redacted int
}

// New makes a target. It returns an error where the endpoint is not an
// absolute http or https address without query and fragment.
func New(config Config) (*Target, error) {
	endpoint, err := ParseEndpoint(config.Endpoint)
	if err != nil {
		return nil, err
	}
	if config.Limit == 0 {
		config.Limit = DefaultLimit
	}
	if config.MaxPause == 0 {
		config.MaxPause = DefaultMaxPause
	}
	if config.Pause == nil {
		config.Pause = pause
	}
	if config.Transport == nil {
		config.Transport = NewNetwork(endpoint, config.Network)
	}
	if config.Credentials == nil {
		config.Credentials = GivenTokens{}
	}
	return &Target{
		pace:     pacer(config.Rate),
		watcher:  nobody{},
		config:   config,
		endpoint: endpoint,
		jobs:     jobs{byState: config.Jobs, others: config.OthersJobs, started: map[string]bool{}},
		secrets:  map[string][]string{},
	}, nil
}

// Endpoint is the address that is judged.
func (t *Target) Endpoint() string { return t.endpoint.String() }

// Limit is how long an answer may take.
func (t *Target) Limit() time.Duration { return t.config.Limit }

// Loopback reports whether the target's jobs may be used up.
func (t *Target) Loopback() bool { return t.config.Loopback }

// MayRetry reports whether a job may be retried in earnest.
func (t *Target) MayRetry() bool { return t.config.Loopback || t.config.AllowRetry }

// Credential gives the credential for exactly these scopes, in this order. The
// error is a *NoTokenError where there is no such token, or none can be had.
func (t *Target) Credential(label string, scopes ...string) (Credential, error) {
	source, found := t.config.Credentials.Token(scopes...)
	if !found {
		return Credential{}, &NoTokenError{}
	}
	// Asked for now, so that a token that cannot be had is no request that
	// failed.
	if _, err := source.Token(); err != nil {
		return Credential{}, &NoTokenError{err.Error()}
	}
	return Credential{Label: label, Scopes: scopes, source: source.Token}, nil
}

// GroupCredential gives a credential whose token carries several documented
// scopes, for a request that any of them would do for, or false where there is
// none. The label is made of its scopes.
func (t *Target) GroupCredential(label func(scopes []string) string) (Credential, bool) {
	grouped, can := t.config.Credentials.(Grouped)
	if !can {
		return Credential{}, false
	}
	scopes, source, found := grouped.AnyToken()
	if !found {
		return Credential{}, false
	}
	if _, err := source.Token(); err != nil {
		return Credential{}, false
	}
	return Credential{Label: label(scopes), Scopes: scopes, source: source.Token}, true
}

// Jobs lists the jobs that were given as being in a state.
func (t *Target) Jobs(state string) []string { return t.jobs.inState(state) }

// Unstarted lists the given jobs of a state from which no retry has started.
func (t *Target) Unstarted(state string) []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.jobs.unstarted(state)
}

// Given reports whether a job id is one of those that the user named.
func (t *Target) Given(id string) bool { return t.jobs.given(id) }

// Journal gives a copy of all exchanges so far, in the order of their numbers.
func (t *Target) Journal() []*Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	journal := slices.Clone(t.journal)
	slices.SortFunc(journal, func(a, b *Exchange) int { return a.Number - b.Number })
	return journal
}

// Secrets lists the tokens that were sent, for those who must hide them.
func (t *Target) Secrets() []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.Sorted(maps.Keys(t.secrets))
}

// ScopesOf gives the scopes of a token that was sent, none for one that nobody
// issued, or false where no such token was sent.
func (t *Target) ScopesOf(token string) ([]string, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	scopes, sent := t.secrets[token]
	return scopes, sent
}
