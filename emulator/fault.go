package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Fault is one way in which a server may break one requirement.
type Fault struct {
	// Name is stable: "trailing-slash-taken".
	Name string
	// Breaks is the id of the requirement that it breaks.
	Breaks string
	// Text is one sentence for a person.
	Text string

	change func(*behaviour)
}

// Faults lists the table of faults, aspect by aspect.
func Faults() []Fault {
	return slices.Concat(
		pathFaults(), bodyFaults(), responseFaults(), semanticsFaults(),
		authorizationFaults(), errorFaults(), robustnessFaults(),
	)
}

// takeFaults changes the behaviour as the named faults say, in their order.
func (b *behaviour) takeFaults(names string) error {
	if names == "" {
		return nil
	}
	table := Faults()
	for name := range strings.SplitSeq(names, ",") {
		index := slices.IndexFunc(table, func(f Fault) bool { return f.Name == name })
		if index < 0 {
			known := make([]string, len(table))
			for i, fault := range table {
				known[i] = fault.Name
			}
			return fmt.Errorf("unknown fault %q: %s", name, text.DidYouMean(name, known))
		}
		table[index].change(b)
	}
	return nil
}

// behaviour is everything in which a fault may differ from a server that
// conforms: the stages of each method, and the decisions that they leave open.
// A fault changes it once, before the first request; what it puts in place of a
// function must be safe for use by many goroutines.
type behaviour struct {
	method *spec.Method
	jobs   *jobStore
	seed   uint64
	// delay is how long a slow fault holds a response back.
	delay time.Duration
	// firstRetryable is the first of the given jobs that may be retried; empty
	// where there is none.
	firstRetryable string

	// readLine looks at the request line before the path is matched.
	readLine func(*requestLine)
	// retryStages and stateStages are what a request must pass, in order.
	retryStages []stage
	stateStages []stage
	// overlooks says that a refusal is let pass.
	overlooks func(*call, *refusal) bool
	// countedScopes gives those scopes of a token that are looked at.
	countedScopes func(scopes []string) []string
	// accepts says that a scope is enough.
	accepts func(scope string) bool

	// The following are called with the jobs locked.

	// find gives the job that a request is about, or nil.
	find func(*call) *job
	// mayRetry says that a job is in a state to be retried.
	mayRetry func(*job) bool
	// newID gives the id of the job that a retry starts.
	newID func(*call, *job) string
	// newState is the state of a job that was just started.
	newState string
	// keep takes up a job that was just started.
	keep func(*job)
	// afterRetry and afterRefusal see the job that was asked for, when its
	// retry was granted or refused.
	afterRetry   func(*job)
	afterRefusal func(*job)

	// refusals has the response for each reason.
	refusals refusalTable
	// compose sees a response before its content is written down as JSON, write
	// sees it after.
	compose func(*call, *response)
	write   func(*call, *response)
	// send brings a response to the client.
	send sender
}

// conforming is the behaviour of a server without a fault.
func conforming(method *spec.Method, options Options, jobs *jobStore) *behaviour {
	return &behaviour{
		method: method, jobs: jobs, seed: options.Seed, delay: options.Delay,
		firstRetryable: firstRetryable(method, options.Jobs),

		readLine:      func(*requestLine) {},
		retryStages:   []stage{authorize, checkParameters, readBody, checkMediaType, checkMessage, startRetry},
		stateStages:   []stage{authorize, checkParameters, findJob},
		overlooks:     func(*call, *refusal) bool { return false },
		countedScopes: func(scopes []string) []string { return scopes },
		accepts:       method.Documents,

		find:         func(c *call) *job { return jobs.byID[c.id] },
		mayRetry:     func(j *job) bool { return slices.Contains(method.AcceptedStates, j.state) },
		newID:        func(_ *call, retried *job) string { return jobs.unusedID(options.Seed, retried) },
		newState:     initialState(method),
		keep:         func(started *job) { jobs.byID[started.id] = started },
		afterRetry:   func(*job) {},
		afterRefusal: func(*job) {},

		refusals: conformingRefusals(),
		compose:  func(*call, *response) {},
		write:    func(*call, *response) {},
		send:     sendResponse,
	}
}

func firstRetryable(method *spec.Method, given map[string][]string) string {
	for _, state := range method.AcceptedStates {
		if ids := given[state]; len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}

// The changes that faults are made of. Each adds to what is there, so that two
// faults can be in force at the same time.

// change is what a fault does to the behaviour.
type change = func(*behaviour)

// also lets a decision be true in further cases.
func also[T any](decide *func(T) bool, more func(T) bool) {
	before := *decide
	*decide = func(about T) bool { return before(about) || more(about) }
}

// except lets a decision be false in some cases.
func except[T any](decide *func(T) bool, which func(T) bool) {
	before := *decide
	*decide = func(about T) bool { return before(about) && !which(about) }
}

// selector says which responses a fault is about.
type selector func(*call, *response) bool

func granted(_ *call, r *response) bool          { return r.kind == retryStarted }
func states(_ *call, r *response) bool           { return r.kind == stateShown }
func refusals(_ *call, r *response) bool         { return r.kind == refused }
func otherMethodPages(_ *call, r *response) bool { return r.status == http.StatusMethodNotAllowed }
func methodResponses(_ *call, r *response) bool  { return r.kind != frontEndPage }
func newJobStates(c *call, r *response) bool     { return r.kind == stateShown && c.found.from != "" }
func givenJobStates(c *call, r *response) bool   { return r.kind == stateShown && c.found.from == "" }

// refusalsFor selects the refusals that have one of the reasons.
func refusalsFor(reasons ...refusalKind) selector {
	return func(_ *call, r *response) bool { return r.kind == refused && slices.Contains(reasons, r.reason) }
}

// refusingWith gives a reason another code.
func refusingWith(kind refusalKind, code string) change {
	return refusing(kind, func(r *refusal) { r.code = code })
}

// refusingAs gives a reason another code, and a status that need not be the
// code's.
func refusingAs(kind refusalKind, status int, code string) change {
	return refusing(kind, func(r *refusal) { r.code, r.status = code, status })
}

// refusing changes the response for a reason.
func refusing(kind refusalKind, alter func(*refusal)) change {
	return func(b *behaviour) {
		refusal := b.refusals[kind]
		alter(&refusal)
		b.refusals[kind] = refusal
	}
}

// asking asks one question more right before the retry is started.
func asking(question stage) change {
	return func(b *behaviour) { b.retryStages = slices.Insert(b.retryStages, len(b.retryStages)-1, question) }
}

// askingFirst asks one question more before all others.
func askingFirst(question stage) change {
	return func(b *behaviour) { b.retryStages = slices.Insert(b.retryStages, 0, question) }
}

// changing changes a response before its content is written down.
func changing(which selector, alter func(*call, *response)) change {
	return func(b *behaviour) {
		before := b.compose
		b.compose = func(c *call, r *response) {
			before(c, r)
			if which(c, r) {
				alter(c, r)
			}
		}
	}
}

// withStatus gives responses another HTTP status.
func withStatus(which selector, status int) change {
	return changing(which, func(_ *call, r *response) { r.status = status })
}

// withContent gives responses another JSON content.
func withContent(which selector, content func(*call, *response) any) change {
	return changing(which, func(c *call, r *response) { r.content = content(c, r) })
}

// withHeader gives a header of responses another value; an empty one takes the
// header away.
func withHeader(which selector, name, value string) change {
	return changing(which, func(_ *call, r *response) {
		if value == "" {
			// net/http makes a Content-Type up unless the header is nil.
			r.header[http.CanonicalHeaderKey(name)] = nil
			return
		}
		r.header.Set(name, value)
	})
}

// The names of google.rpc.Code that only a fault refuses with.
const (
	codeInternal          = "INTERNAL"
	codeAborted           = "ABORTED"
	codeResourceExhausted = "RESOURCE_EXHAUSTED"
)

// first and last give the ends of a list; empty where the list is.
func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func last(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// The refusals that only a fault has.
var (
	internalError = refusal{kind: serverFailed, code: codeInternal, reason: "INTERNAL_ERROR",
		message: "Internal error encountered."}
	retriesExhausted = refusal{kind: retriesLimited, code: codeResourceExhausted, reason: "RETRY_LIMIT_EXCEEDED",
		message: "Retry limit exceeded."}
	retryUnderWay = refusal{kind: retryOverlapping, code: codeAborted, reason: "RETRY_UNDER_WAY",
		message: "Another retry is under way."}
)

// askingWith is asking with a refusal that only the fault has.
func askingWith(own refusal, question stage) change {
	return func(b *behaviour) {
		b.refusals[own.kind] = own
		asking(question)(b)
	}
}
