// Package target is the server under test: its endpoint, the transport to it, a
// credential for each scope, a job for each state, and a journal of everything
// that was exchanged.
package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	// DefaultLimit is how long a response may take. AIP-151 calls 10 seconds a
	// good rule of thumb for what a user accepts of a single call:
	// https://google.aip.dev/151
	DefaultLimit = 10 * time.Second
	// DefaultMaxPause is the longest that a server may ask for between two
	// attempts.
	DefaultMaxPause = time.Minute
)

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
	// MakeJob makes a job in a state and gives its id, where a check needs one and
	// none that was given is left; nil where nobody can.
	MakeJob func(ctx context.Context, state string) (id string, err error)
	// ConsumeJobs lets jobs be used up where the target is not Loopback.
	ConsumeJobs bool
	// ReadOnly keeps jobs from being used up on any target, and Spared lists jobs
	// that no request is about.
	ReadOnly bool
	Spared   []string
	// Loopback says that the target runs on this machine (or did, when it was
	// recorded), so that its jobs may be used up.
	Loopback bool
	// Limit is how long a response may take; 0 means DefaultLimit.
	Limit time.Duration
	// MaxRequests is how many requests may be sent in all, and Rate in a second; 0
	// means any number.
	MaxRequests int
	Rate        float64
	// MaxPause is the longest that a server may ask for between two attempts, by
	// Retry-After; 0 means DefaultMaxPause.
	MaxPause time.Duration
	// Pause waits between two attempts; nil means a real pause. It returns the
	// context's error where that ends first.
	Pause func(context.Context, time.Duration) error
	// Deadline ends the run where it would wait for longer; nil never does.
	Deadline *Deadline
	// InOrder says that the transport has recorded responses, which come in the
	// order of a whole run.
	InOrder bool
	// BehindProxy says that recorded responses came through a proxy that passes on
	// HTTP without TLS.
	BehindProxy bool
	// UserAgent names the program in each request.
	UserAgent string
	// Members are names of members of bodies and of parameters whose values are no
	// secrets, beside those of errors: see [spec.Method.MemberNames].
	Members []string
}

// Target is the server under test. It is safe for use by many goroutines.
type Target struct {
	config   Config
	endpoint *url.URL
	pace     *rate.Limiter
	watcher  Watcher
	// reuse says that requests may share connections.
	reuse atomic.Bool
	// shared is the number of the last exchange whose connection others may use.
	shared atomic.Int64

	mutex   sync.Mutex
	journal []*Exchange
	// used holds the jobs of which a call has succeeded, or may have, and those set
	// aside.
	used map[string]bool
	// secrets are the tokens that were sent, each with its scopes.
	secrets map[string][]string
	// redactor knows the secrets.
	redactor *redact.Redactor

	budget budget
	waits  waits
	// kept is how many bytes of bodies are kept that need not be.
	kept int
	// control is a request that had a whole response, and has no effect.
	control *Request
	// added are the fields that every request carries beside its own.
	added []string
	// proxy is the address of the proxy on the way, or empty.
	proxy string
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
	if config.Jobs = maps.Clone(config.Jobs); config.Jobs == nil {
		config.Jobs = map[string][]string{}
	}
	if config.Pause == nil {
		config.Pause = pause
	}
	if config.Transport == nil {
		config.Transport = NewNetwork(endpoint, config.Network)
	}
	perSecond := rate.Limit(config.Rate)
	if config.Rate <= 0 {
		perSecond = rate.Inf
	}
	proxy := ""
	if !config.InOrder {
		proxy = config.Network.ProxyOf(endpoint)
	}
	made := &Target{
		config: config, endpoint: endpoint, added: config.Network.AddedFields(), proxy: proxy, pace: rate.NewLimiter(perSecond, 1), watcher: nobody{},
		used: map[string]bool{}, secrets: map[string][]string{}, redactor: redact.NewRedactor(nil, config.Members...),
	}
	made.ReuseConnections(endpoint.Scheme == "https")
	for _, secret := range config.Network.Secrets() {
		made.redactor.Learn(secret, redact.Mark)
	}
	return made, nil
}

// Secrets lists what is secret in the values of the header: all of each, and
// what in it has the form of a secret; and how proxies know the user.
func (o NetworkOptions) Secrets() []string {
	secrets := proxySecrets()
	for name, values := range o.Header {
		for _, value := range values {
			if name == QuotaProjectHeader {
				continue
			}
			secrets = append(secrets, value)
			for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" ;,=", r) }) {
				if redact.IsOpaque(word) {
					secrets = append(secrets, word)
				}
			}
		}
	}
	return secrets
}

// AddedFields lists the fields of the header as a shell line takes them: a value
// that is a secret is a variable. They are sorted.
func (o NetworkOptions) AddedFields() []string {
	var fields []string
	for name, values := range o.Header {
		variable := "$HEADER_" + strings.ToUpper(strings.Map(wordCharacter, name))
		for i, value := range values {
			switch {
			case name == QuotaProjectHeader:
				fields = append(fields, name+": "+value)
			case i == 0:
				fields = append(fields, name+": "+variable)
			default:
				fields = append(fields, fmt.Sprintf("%s: %s_%d", name, variable, i+1))
			}
		}
	}
	slices.Sort(fields)
	return fields
}

// wordCharacter makes a character fit for the name of a variable.
func wordCharacter(character rune) rune {
	if character >= '0' && character <= '9' || character >= 'A' && character <= 'Z' || character >= 'a' && character <= 'z' {
		return character
	}
	return '_'
}

// addedBy lists what a request carries beside its own header, with what its
// credential adds.
func (t *Target) addedBy(credential Credential) []string {
	if credential.quotaProject == "" || t.config.Network.Header.Get(QuotaProjectHeader) != "" {
		return t.added
	}
	return append(slices.Clone(t.added), QuotaProjectHeader+": "+credential.quotaProject)
}

type contextKey struct{}

// NewContext hands a target to the checks that run with the context. The
// command makes its own target, whose journal it reads, and watches it.
func NewContext(ctx context.Context, target *Target) context.Context {
	return context.WithValue(ctx, contextKey{}, target)
}

// FromContext gives the target of a context, or nil.
func FromContext(ctx context.Context) *Target {
	target, _ := ctx.Value(contextKey{}).(*Target)
	return target
}

// Endpoint is the address under test.
func (t *Target) Endpoint() string { return t.endpoint.String() }

// Proxy is the address of the proxy on the way to the target, without its user;
// empty where there is none.
func (t *Target) Proxy() string { return t.proxy }

// BehindProxy reports whether a proxy takes every request and makes its own of it.
// What belongs to one connection, such as framing, is
// the proxy's then (RFC 9110, 7.6.1).
func (t *Target) BehindProxy() bool {
	return t.config.BehindProxy || !t.config.InOrder && t.config.Network.BehindProxy(t.endpoint)
}

// Limit is how long a response may take.
func (t *Target) Limit() time.Duration { return t.config.Limit }

// Loopback reports whether the target's jobs may be used up.
func (t *Target) Loopback() bool { return t.config.Loopback }

// InOrder reports whether responses come in the order of a whole run.
func (t *Target) InOrder() bool { return t.config.InOrder }

// MayConsume reports whether a job may really be used up.
func (t *Target) MayConsume() bool {
	return !t.config.ReadOnly && (t.config.Loopback || t.config.ConsumeJobs)
}

// ReadOnly reports whether no job may be used up, whatever the target is.
func (t *Target) ReadOnly() bool { return t.config.ReadOnly }

// Jobs lists the jobs that were given as being in a state, and those that were made.
func (t *Target) Jobs(state string) []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.Clone(t.config.Jobs[state])
}

// MakesJobs reports whether jobs are made where none is left.
func (t *Target) MakesJobs() bool { return t.config.MakeJob != nil }

// MakeJobs makes jobs in a state until so many are unused. Where that fails, or
// check says in one line what is wrong with a job that was made, the caller's setup
// is wrong, and no more is made or sent.
func (t *Target) MakeJobs(ctx context.Context, state string, unused int, check func(id string) (complaint string)) {
	for t.config.MakeJob != nil && t.NotSetUp() == nil && len(t.Unused(state)) < unused {
		id, err := t.config.MakeJob(ctx, state)
		if err == nil && t.Given(id) {
			err = fmt.Errorf("the job command printed %s, the id of a job that was given before; it must make a new job each time", text.Line(id))
		}
		if err == nil {
			t.mutex.Lock()
			t.config.Jobs[state] = append(slices.Clone(t.config.Jobs[state]), id)
			t.mutex.Unlock()
			if complaint := check(id); complaint != "" {
				err = errors.New(complaint)
			}
		}
		if err == nil {
			continue
		}
		if ctx.Err() == nil {
			t.endForSetup(err.Error(), "--job-command")
		}
		return
	}
}

// endForSetup ends the run: something of the caller's has to be set up first.
func (t *Target) endForSetup(detail, flag string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.budget.ended = &Fault{Kind: NotSetUp, Detail: t.redactor.Text(detail), Flag: flag}
}

// Unused lists the given jobs of a state of which no call has succeeded, and that
// are not set aside.
func (t *Target) Unused(state string) []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.DeleteFunc(slices.Clone(t.config.Jobs[state]), func(id string) bool { return t.used[id] })
}

// SetAside says that a given job is not in a state that the method accepts, so
// that it is not taken for one.
func (t *Target) SetAside(id string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.used[id] = true
}

// Given reports whether a job id is one of those that the user named.
func (t *Target) Given(id string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, ids := range t.config.Jobs {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return slices.Contains(t.config.Spared, id)
}

// idOfDigits is an id such as a UUID, whose form a server may check first.
var idOfDigits = text.Pattern(`^[0-9a-f-]{16,}$`)

// OtherEnds gives ids that differ from one in the last character alone and have
// its form. Ids are often numbered, so that with another digit one would be that
// of another job.
func OtherEnds(id string) []string { return unlikeAt(len([]rune(id))-1, id) }

// OtherStarts is OtherEnds for the first character.
func OtherStarts(id string) []string { return unlikeAt(0, id) }

func unlikeAt(at int, id string) []string {
	letters := "xyz"
	if idOfDigits().MatchString(id) {
		letters = "fedc"
	}
	var unlike []string
	for _, letter := range letters {
		other := []rune(id)
		other[at] = letter
		if string(other) != id {
			unlike = append(unlike, string(other))
		}
	}
	return unlike
}

// Journal gives a copy of all exchanges so far, in the order of their numbers.
func (t *Target) Journal() []*Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.Clone(t.journal)
}

// Secrets lists the tokens that were sent, and what else is secret in requests,
// for those who must hide them.
func (t *Target) Secrets() []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return append(slices.Sorted(maps.Keys(t.secrets)), t.config.Network.Secrets()...)
}

// ScopesOf gives the scopes of a token that was sent, none for one that nobody
// issued, or false where no such token was sent.
func (t *Target) ScopesOf(token string) ([]string, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	scopes, sent := t.secrets[token]
	return scopes, sent
}

// Redactor replaces the tokens that were sent, each by an alias that names its
// scopes.
func (t *Target) Redactor() *redact.Redactor { return t.redactor }

// aliases name the tokens that were sent.
var aliases = TokenTemplate{Text: redact.Mark + ":{short}", Join: "+"}

// keepSecret keeps a token that is sent, and lets the redactor know it.
func (t *Target) keepSecret(token string, scopes []string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if _, sent := t.secrets[token]; !sent {
		alias := token // A token that nobody issued is no secret.
		if len(scopes) > 0 {
			alias = aliases.Name(scopes...)
		}
		t.redactor.Learn(token, alias)
	}
	t.secrets[token] = scopes
}
