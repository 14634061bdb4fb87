// Package target is a server under judgement: its endpoint, the transport to
// it, a credential for each scope, a job for each state, and a journal of all
// that was exchanged.
package target

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DefaultLimit is how long an answer may take. AIP-151 calls 10 seconds a good
// rule of thumb for what a user accepts of a single call:
// https://google.aip.dev/151
const DefaultLimit = 10 * time.Second

// largestAnswer is the size in bytes over which an answer is Endless.
const largestAnswer = 4 << 20

// After so many requests without an answer no more are sent: the rest of the
// run would only wait.
const (
	slowBudget        = 5
	unreachableBudget = 3
)

// Config says everything about a target.
type Config struct {
	// Endpoint is the address before the path of the description:
	// "https://dataportability.googleapis.com".
	Endpoint string
	// Transport carries the requests; nil means the network.
	Transport http.RoundTripper
	// Credentials gives the tokens; nil means that there are none.
	Credentials Credentials
	// Jobs lists job ids by the state that they are in.
	Jobs map[string][]string
	// AllowRetry lets FAILED jobs be retried where the target is not Loopback.
	AllowRetry bool
	// Loopback says that the target runs on this machine (or did, when it was
	// recorded), so that its jobs may be used up.
	Loopback bool
	// Limit is how long an answer may take; 0 means DefaultLimit.
	Limit time.Duration
	// UserAgent names the program in each request.
	UserAgent string
}

// Target is a server under judgement. It is safe for use by many goroutines.
type Target struct {
	config   Config
	endpoint *url.URL
	jobs     jobs

	mutex       sync.Mutex
	journal     []*Exchange
	secrets     map[string][]string
	slow        int
	unreachable int
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
	if config.Transport == nil {
		config.Transport = NewNetwork(endpoint)
	}
	if config.Credentials == nil {
		config.Credentials = GivenTokens{}
	}
	return &Target{
		config:   config,
		endpoint: endpoint,
		jobs:     jobs{byState: config.Jobs, started: map[string]bool{}},
		secrets:  map[string][]string{},
	}, nil
}

// ParseEndpoint reads an endpoint and says what is wrong with it.
func ParseEndpoint(text string) (*url.URL, error) {
	endpoint, err := url.Parse(strings.TrimSuffix(text, "/"))
	if hasUser(text) {
		// What stands before the @ may be a password: it is not shown.
		return nil, fmt.Errorf("an endpoint has no user, query or fragment")
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not an address", text)
	case endpoint.Scheme != "http" && endpoint.Scheme != "https":
		return nil, fmt.Errorf("%q must start with http:// or https://", text)
	case endpoint.Hostname() == "":
		return nil, fmt.Errorf("%q names no host", text)
	case endpoint.RawQuery != "" || endpoint.ForceQuery || endpoint.Fragment != "":
		return nil, fmt.Errorf("an endpoint has no user, query or fragment")
	}
	if port, err := strconv.Atoi(endpoint.Port()); endpoint.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return nil, fmt.Errorf("%q names no port from 1 to 65535", text)
	}
	return endpoint, nil
}

// hasUser reports whether an address has something before an @ in its host.
func hasUser(text string) bool {
	if _, after, found := strings.Cut(text, "://"); found {
		text = after
	}
	host, _, _ := strings.Cut(text, "/")
	return strings.Contains(host, "@")
}

// IsLoopback reports whether an endpoint is on this machine.
func IsLoopback(endpoint *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(endpoint.Hostname()), ".")
	// RFC 6761, 6.3: localhost and the names below it are this machine.
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address := net.ParseIP(host)
	return address != nil && address.IsLoopback()
}

// Endpoint is the address that is judged.
func (t *Target) Endpoint() string { return t.endpoint.String() }

// Limit is how long an answer may take.
func (t *Target) Limit() time.Duration { return t.config.Limit }

// Loopback reports whether the target's jobs may be used up.
func (t *Target) Loopback() bool { return t.config.Loopback }

// MayRetry reports whether a job may be retried in earnest.
func (t *Target) MayRetry() bool { return t.config.Loopback || t.config.AllowRetry }

// Credential gives the credential for exactly these scopes, in this order, or
// false where there is no such token.
func (t *Target) Credential(label string, scopes ...string) (Credential, bool) {
	source, found := t.config.Credentials.Token(scopes...)
	if !found {
		return Credential{}, false
	}
	return Credential{Label: label, Scopes: scopes, source: source.Token}, true
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

// Send sends a request on behalf of a check, waits for the whole answer, and
// keeps the exchange in the journal. It never follows a redirect.
func (t *Target) Send(ctx context.Context, check string, request Request) *Exchange {
	return t.send(ctx, t.reserve(check, request), Place{Check: check})
}

// SendTogether sends several requests at the same time and waits for all
// answers. The exchanges keep the order of the requests.
func (t *Target) SendTogether(ctx context.Context, check string, requests []Request) []*Exchange {
	exchanges := make([]*Exchange, len(requests))
	for i, request := range requests {
		exchanges[i] = t.reserve(check, request)
	}
	var waiting sync.WaitGroup
	for _, exchange := range exchanges {
		waiting.Go(func() { t.send(ctx, exchange, Place{Check: check, Together: true}) })
	}
	waiting.Wait()
	return exchanges
}

// reserve gives an exchange its number.
func (t *Target) reserve(check string, request Request) *Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	exchange := &Exchange{Number: len(t.journal) + 1, Check: check, Request: request, URL: t.endpoint.String() + request.Path}
	t.journal = append(t.journal, exchange)
	return exchange
}

func (t *Target) send(ctx context.Context, exchange *Exchange, place Place) *Exchange {
	if fault := t.withheld(); fault != nil {
		exchange.Fault = fault
		return exchange
	}
	place.Number = exchange.Number
	ctx, cancel := context.WithCancelCause(WithPlace(ctx, place))
	defer cancel(nil)
	watch := &limitWatch{limit: t.config.Limit, cancel: cancel}
	defer watch.stop()
	// The limit is the server's: it runs from the connection on.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { watch.start() }})

	request, err := t.newRequest(ctx, exchange.Request)
	if err != nil {
		exchange.Fault = &Fault{Unreachable, err.Error()}
		return t.settle(exchange)
	}
	// Not by an http.Client: it follows redirects, or at least reads where they
	// lead, and what a server says there is its own affair.
	response, err := t.config.Transport.RoundTrip(request)
	if err != nil {
		exchange.Fault = FaultBeforeAnswer(ctx, err, len(exchange.Request.Body))
		return t.settle(exchange)
	}
	defer response.Body.Close()
	exchange.Status, exchange.Header = response.StatusCode, response.Header
	exchange.Body, err = io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	switch {
	case exchange.Status < 100 || exchange.Status > 599:
		// RFC 9110, 15: all valid status codes are within 100 to 599.
		exchange.Fault = &Fault{Malformed, fmt.Sprintf("the status %d is none of HTTP's", exchange.Status)}
	case err != nil:
		exchange.Fault = FaultInBody(ctx, err, len(exchange.Body))
	case len(exchange.Body) > largestAnswer:
		exchange.Fault = &Fault{Endless, fmt.Sprintf("the body has more than %d MiB", largestAnswer>>20)}
	}
	exchange.Took = watch.elapsed()
	return t.settle(exchange)
}

func (t *Target) newRequest(ctx context.Context, wanted Request) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if len(wanted.Body) > 0 {
		body = strings.NewReader(string(wanted.Body))
	}
	request, err := http.NewRequestWithContext(ctx, wanted.Method, t.endpoint.String()+wanted.Path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range wanted.Header {
		request.Header[name] = slices.Clone(values)
	}
	if t.config.UserAgent != "" {
		request.Header.Set("User-Agent", t.config.UserAgent)
	}
	secret, err := wanted.Credential.authorize(request)
	if err != nil {
		return nil, fmt.Errorf("no %s: the token could not be had", wanted.Credential.Label)
	}
	t.remember(secret, wanted.Credential.Scopes)
	return request, nil
}

func (t *Target) remember(secret string, scopes []string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if secret != "" {
		t.secrets[secret] = scopes
	}
}

// settle counts what an exchange means for the rest of the run.
func (t *Target) settle(exchange *Exchange) *Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	// A retry without an answer may have been started all the same.
	unknown := exchange.Request.Starts && exchange.Fault != nil && exchange.Fault.ServerOwn()
	if (exchange.Started() || unknown) && exchange.Request.Job != "" {
		t.jobs.started[exchange.Request.Job] = true
	}
	if exchange.Fault != nil {
		switch exchange.Fault.Kind {
		case Slow:
			t.slow++
		case Unreachable:
			t.unreachable++
		}
	}
	return exchange
}

func (t *Target) withheld() *Fault {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.slow >= slowBudget:
		return &Fault{Withheld, fmt.Sprintf("not sent: %d earlier requests had no whole answer within %s", t.slow, t.config.Limit)}
	case t.unreachable >= unreachableBudget:
		return &Fault{Unreachable, "not sent: the target can no longer be reached"}
	}
	return nil
}

// limitWatch cancels a request that takes longer than the limit.
type limitWatch struct {
	limit  time.Duration
	cancel context.CancelCauseFunc

	mutex sync.Mutex
	began time.Time
	timer *time.Timer
}

func (w *limitWatch) start() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.timer == nil {
		w.began = time.Now()
		w.timer = time.AfterFunc(w.limit, func() { w.cancel(slowError{w.limit}) })
	}
}

func (w *limitWatch) stop() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *limitWatch) elapsed() time.Duration {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.timer == nil {
		return 0
	}
	return time.Since(w.began)
}
