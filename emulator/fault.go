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

// Fault is one mistake of a server, which breaks one requirement.
type Fault struct {
	// Name is stable: "trailing-slash-accepted".
	Name string
	// Breaks is the id of the broken requirement.
	Breaks string
	// Text is one sentence that describes the mistake.
	Text string

	change func(*behaviour)
}

// Faults lists the faults that a server of the method can have, ordered by aspect. A
// fault is possible if the description has the requirement that it breaks, and what
// it needs, such as states, scopes or the id of a new job.
func Faults(method *spec.Method) []Fault {
	var faults []Fault
	for _, group := range faultGroups() {
		if method == nil || !group.appliesTo(method) {
			continue
		}
		for _, fault := range group.faults {
			if canBreak(method, fault.Breaks) {
				faults = append(faults, fault.wordedFor(method))
			}
		}
	}
	return faults
}

// wordedFor is the fault with the states of a method in its text.
func (f Fault) wordedFor(method *spec.Method) Fault {
	f.Text = strings.NewReplacer(acceptedPlace, strings.Join(method.AcceptedStates, " or "),
		resultingPlace, stateAfterSuccess(method)).Replace(f.Text)
	return f
}

// Where the text of a fault names states.
const (
	acceptedPlace  = "{accepted}"
	resultingPlace = "{resulting}"
)

// faultGroup is a part of the table that needs the same of a method.
type faultGroup struct {
	appliesTo func(*spec.Method) bool
	faults    []Fault
}

// faultGroups is the table of faults, aspect by aspect.
func faultGroups() []faultGroup {
	return slices.Concat(
		pathFaults(), bodyFaults(), responseFaults(), semanticsFaults(),
		authorizationFaults(), errorFaults(), robustnessFaults(),
	)
}

// takeFaults changes the behaviour of every method that can have the named
// faults, in their order.
func (s *Server) takeFaults(names string) error {
	if names == "" {
		return nil
	}
	for name := range strings.SplitSeq(names, ",") {
		taken := false
		for _, served := range s.methods {
			if fault, can := text.Find(Faults(served.method), named(name)); can {
				fault.change(served.behaviour)
				taken = true
			}
		}
		if !taken {
			return s.unknownFault(name)
		}
	}
	return nil
}

func named(name string) func(Fault) bool { return func(f Fault) bool { return f.Name == name } }

// unknownFault says that no method can have a fault.
func (s *Server) unknownFault(name string) error {
	for _, group := range faultGroups() {
		if fault, known := text.Find(group.faults, named(name)); known {
			return text.Mistake("", fmt.Sprintf("no method served here can have the fault %q, which breaks %s", name, fault.Breaks), "--fault list prints those that it can have")
		}
	}
	var known []string
	for _, served := range s.methods {
		for _, fault := range Faults(served.method) {
			known = append(known, fault.Name)
		}
	}
	return text.Mistake("", fmt.Sprintf("unknown fault %q", name), text.DidYouMeanOr(name, known, "dpconform emulate --fault list prints all"))
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
	// firstAccepted is the first of the given jobs that are accepted; empty where
	// there is none.
	firstAccepted string
	// lastAccepted has the last of them in each state.
	lastAccepted []string

	// readLine looks at the request line before the path is matched.
	readLine func(*requestLine)
	// stages are what a request of the method must pass, in order, stateStages
	// what one for the state of a job must.
	stages      []stage
	stateStages []stage
	// overlooks says that a refusal is let pass.
	overlooks func(*call, *refusal) bool
	// tokenOf gives the token in a header field Authorization, whose name is as it
	// was sent, or nothing.
	tokenOf func(name, value string) string
	// countedScopes gives those scopes of a token that are looked at.
	countedScopes func(scopes []string) []string
	// accepts says that a scope is enough.
	accepts func(scope string) bool

	// The following are called with the jobs locked.

	// find gives the job that a request is about, or nil.
	find func(*call) *job
	// mayAccept says that a job is in a state in which the method accepts it.
	mayAccept func(*job) bool
	// newID gives the id of the job that a call starts.
	newID func(*call, *job) string
	// stateAfter is the state of a job that was just started or changed.
	stateAfter string
	// keep takes up a job that was just started.
	keep func(*job)
	// afterSuccess and afterRefusal see the job that was asked for, when the call
	// succeeded or was refused for the job's state.
	afterSuccess func(*call, *job)
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
	documented := method.Documented()
	return &behaviour{
		method: method, jobs: jobs, seed: options.Seed, delay: options.Delay,
		firstAccepted: first(acceptedJobs(method, options.Jobs, first)), lastAccepted: acceptedJobs(method, options.Jobs, last),

		readLine:      func(*requestLine) {},
		stages:        []stage{authorize, checkParameters, readBody, checkMediaType, checkMessage, succeed},
		stateStages:   []stage{authorize, checkParameters, findJob},
		overlooks:     func(*call, *refusal) bool { return false },
		tokenOf:       tokenOf,
		countedScopes: func(scopes []string) []string { return scopes },
		accepts:       func(scope string) bool { return documented[scope] },

		find:         func(c *call) *job { return jobs.byID[c.id] },
		mayAccept:    func(j *job) bool { return accepts(method, j.state) },
		newID:        func(_ *call, from *job) string { return jobs.unusedID(options.Seed, from) },
		stateAfter:   stateAfterSuccess(method),
		keep:         func(started *job) { jobs.byID[started.id] = started },
		afterSuccess: func(*call, *job) {},
		afterRefusal: func(*job) {},

		refusals: conformingRefusals(method),
		compose:  func(*call, *response) {},
		write:    func(*call, *response) {},
		send:     sendResponse,
	}
}

// acceptedJobs lists one of the given jobs in each state in which a method accepts
// them: the first or the last of the state.
func acceptedJobs(method *spec.Method, given map[string][]string, end func([]string) string) (ids []string) {
	for _, state := range statesOf(method) {
		if id := end(given[state]); id != "" && accepts(method, state) {
			ids = append(ids, id)
		}
	}
	return ids
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

func successes(_ *call, r *response) bool        { return r.kind == succeeded }
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

// asking asks one question more right before the method does its work.
func asking(question stage) change {
	return func(b *behaviour) { b.stages = slices.Insert(b.stages, len(b.stages)-1, question) }
}

// refusingCalls refuses some calls right before the method does its work.
func refusingCalls(kind refusalKind, detail string, which func(*call) bool) change {
	return asking(func(c *call) *refusal {
		if !which(c) {
			return nil
		}
		return c.refuse(kind, detail)
	})
}

// askingFirst asks one question more before all others.
func askingFirst(question stage) change {
	return func(b *behaviour) { b.stages = slices.Insert(b.stages, 0, question) }
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
	limitExceeded = refusal{kind: callsLimited, code: codeResourceExhausted, reason: "LIMIT_EXCEEDED",
		message: "Limit of calls exceeded."}
	otherUnderWay = refusal{kind: callOverlapping, code: codeAborted, reason: "OTHER_CALL_UNDER_WAY",
		message: "Another call is under way."}
)

// refusingOwn is refusingCalls with a refusal that only the fault has.
func refusingOwn(own refusal, which func(*call) bool) change {
	return func(b *behaviour) {
		b.refusals[own.kind] = own
		refusingCalls(own.kind, "", which)(b)
	}
}
