package cli

import (
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// doctorFindings are what the doctor found.
type doctorFindings struct {
	Endpoint doctorEndpoint `json:"endpoint"`
	Scopes   []doctorScope  `json:"scopes"`
	Jobs     []doctorJob    `json:"jobs"`
	// Cause is what keeps requests from the method, as a run reports it; nil for none.
	// What a run would skip is not foreseen then, unless only the states are missing.
	Cause *result.Cause `json:"cause,omitempty"`
	// Skipped are the checks that a run would skip, and NotSelected those that it
	// would leave out.
	Skipped     []doctorSkip           `json:"skipped"`
	NotSelected []result.NotApplicable `json:"not_selected,omitempty"`
	// Known says of the entries that accept a skip which of them to remove.
	Known []string `json:"known_failures,omitempty"`
	// Checks is the number of all that are selected.
	Checks int `json:"checks"`
	// Pace says how long the requests of a run take at least; empty without a limit.
	Pace string `json:"pace,omitempty"`
	// Made says which jobs a run would make with --job-command; empty for none.
	Made string `json:"made,omitempty"`
	Exit int    `json:"exit"`
	// Unavailable says which token a run cannot do without.
	Unavailable string `json:"unavailable,omitempty"`

	// jobFlag is the flag that names a job, accepted are the states in which the method
	// accepts one, and unrelated is the number of all unrelated scopes, of which Scopes
	// names those that have a token, or all.
	jobFlag   string
	accepted  []string
	unrelated int
}

// stateless reports whether the server shows no state of any job: its method that
// returns them is missing, which says nothing about the method under test.
func (f doctorFindings) stateless() bool {
	return f.Cause != nil && f.Cause.ID == result.NoStateMethod
}

// doctorEndpoint is how a server is reached.
type doctorEndpoint struct {
	URL     string `json:"url"`
	Reached bool   `json:"reached"`
	// Reason says why it is not reached, or what is wrong with its response.
	Reason string `json:"reason,omitempty"`
	// Protocol is "HTTP/2.0"; TLS is "TLS 1.3", empty where there is none.
	Protocol string `json:"protocol,omitempty"`
	TLS      string `json:"tls,omitempty"`
	// Proxy is the address of the proxy between, without its user.
	Proxy string `json:"proxy,omitempty"`
	// Added are the fields that every request carries beside its own; a secret value
	// is a variable.
	Added []string `json:"added,omitempty"`
	// ClockAhead is nil where the response has no date; ClockText is empty where
	// the clock is about right.
	ClockAhead *float64 `json:"clockAheadSeconds,omitempty"`
	ClockText  string   `json:"clock,omitempty"`
}

// The states of a token: there; no source has one; or a source that should have
// one has none, or another.
const (
	tokenThere    = "there"
	tokenMissing  = "missing"
	tokenUnusable = "unusable"
)

// doctorScope is what there is for one scope.
type doctorScope struct {
	Name string `json:"scope"`
	// Unrelated says that it is none of the description's: a run shows with it
	// that the server refuses other scopes.
	Unrelated bool   `json:"unrelated,omitempty"`
	State     string `json:"state"`
	From      string `json:"from,omitempty"`
	// Until is when the token expires; nil where nobody says.
	Until *time.Time `json:"until,omitempty"`
	// Carries are the scopes that the token carries, where a server says so.
	Carries  []string `json:"carries,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Verified bool     `json:"verified"`

	family string
	// shared says that only a token with several scopes has this one.
	shared bool
}

// doctorJob is the state of a job that was given.
type doctorJob struct {
	ID string `json:"id"`
	// Given is the state that it was given as, State the one that it is in; empty
	// where that could not be read.
	Given  string `json:"given"`
	State  string `json:"state,omitempty"`
	Agrees bool   `json:"agrees"`
	Reason string `json:"reason,omitempty"`

	// unknown says that there is no such job, and unread that a success shows no state.
	unknown, unread bool
}

// doctorSkip is a check that a run would skip.
type doctorSkip struct {
	Check  string `json:"check"`
	Reason string `json:"reason"`
	// Flag is what would supply the missing input, or empty.
	Flag string `json:"flag,omitempty"`
	// Jobs is how many jobs the flag has to supply at least; 0 where that is not known.
	Jobs int `json:"missing_jobs,omitempty"`
}
