// Package result is the one model of what a run found, of servers and of
// clients: verdicts, findings, known failures, and the report that every format
// is generated from.
package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// FormatVersion is the version of the JSON form. It grows when a member changes
// its meaning or goes away; members may be added without.
const FormatVersion = 1

// Report is a whole run. Its JSON form is described by report.schema.json.
type Report struct {
	FormatVersion int       `json:"format_version"`
	Tool          Tool      `json:"tool"`
	Started       time.Time `json:"started"`
	Milliseconds  int64     `json:"milliseconds"`
	// WaitedMilliseconds is how long of that the target was left alone: by
	// Retry-After, between two attempts, and for the rate.
	WaitedMilliseconds int64  `json:"waited_milliseconds,omitempty"`
	Target             Target `json:"target"`
	// Client is the client under test; absent for a server.
	Client      *Client     `json:"client,omitempty"`
	Description Description `json:"description"`
	Settings    Settings    `json:"settings"`
	// Exit is the exit code of the run, and Conclusion the same in words.
	Exit       int    `json:"exit"`
	Conclusion string `json:"conclusion"`
	// Ended says why the run ended early where that was a limit of its own or the
	// caller's setup.
	Ended string `json:"ended,omitempty"`
	// Stale says that the recorded responses are older than they may be.
	Stale string `json:"stale,omitempty"`
	// Checks and Requirements are counts by verdict.
	Counts Counts `json:"counts"`
	// Causes are mistakes that many findings come from.
	Causes       []Cause       `json:"causes,omitempty"`
	Requirements []Requirement `json:"requirements"`
	Checks       []Check       `json:"checks"`
	Exchanges    []Exchange    `json:"exchanges"`
	// Scopes is the scope matrix, and States what a job can be in.
	Scopes []Scope `json:"scopes"`
	States []State `json:"states"`
	// KnownFailures are those that the judged checks are about.
	KnownFailures KnownFailures `json:"known_failures,omitempty"`
	// NotApplicable are the checks, of a client its scenarios, that the description
	// has no place for, which is not a skip.
	NotApplicable []NotApplicable `json:"not_applicable,omitempty"`
	// NotSelected are the checks that the profile, --scopes or --no-auth leaves out,
	// which is not a skip, and the requirements that no other check tests.
	NotSelected []NotApplicable `json:"not_selected,omitempty"`
	// Drafts and Untested are the requirements that no check tests: those that are
	// marked as drafts, and others.
	Drafts   []string `json:"drafts,omitempty"`
	Untested []string `json:"untested,omitempty"`
}

// NotApplicable is the checks that do not apply to a method, or are not selected,
// for one reason.
type NotApplicable struct {
	// Reason is what the description does not have, "no security", or why they are
	// not selected.
	Reason string   `json:"reason"`
	Checks []string `json:"checks"`
	// Requirements are those of the description that no other check tests.
	Requirements []string `json:"requirements,omitempty"`
}

// NoRequirement is why a check or a requirement does not apply whose conditions are met.
const NoRequirement = "no requirement in the description"

// LeaveOut adds a check or a requirement to the group of its reason.
func LeaveOut(groups []NotApplicable, reason, check, requirement string) []NotApplicable {
	at := slices.IndexFunc(groups, func(one NotApplicable) bool { return one.Reason == reason })
	if at < 0 {
		at, groups = len(groups), append(groups, NotApplicable{Reason: reason, Checks: []string{}})
	}
	if check != "" {
		groups[at].Checks = append(groups[at].Checks, check)
	}
	if requirement != "" {
		groups[at].Requirements = append(groups[at].Requirements, requirement)
	}
	return groups
}

// GroupNotApplicable groups the checks that do not apply to a method, which have a
// reason, with the requirements that no other one tests.
func GroupNotApplicable(method *spec.Method, checks []Check) []NotApplicable {
	var groups []NotApplicable
	tested, reasons := map[string]bool{}, map[string]string{}
	for _, check := range checks {
		if check.Reason != "" {
			groups = LeaveOut(groups, check.Reason, check.ID, "")
		}
		for _, id := range check.Requirements {
			tested[id] = tested[id] || check.Reason == ""
			reasons[id] = cmp.Or(check.Reason, reasons[id])
		}
	}
	for _, requirement := range method.Requirements {
		reason := cmp.Or(method.Unmet(requirement.ID), reasons[requirement.ID])
		if reason != "" && !requirement.Draft && !tested[requirement.ID] {
			groups = LeaveOut(groups, reason, "", requirement.ID)
		}
	}
	return groups
}

// Tool says which program made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Target says what was tested.
type Target struct {
	Endpoint string `json:"endpoint"`
	// Source is "network" or "cassettes".
	Source string `json:"source"`
	// Provenance says in words where responses from cassettes came from; empty
	// for the network.
	Provenance string `json:"provenance,omitempty"`
	// Proxy is the address of the proxy on the way, without its user; empty where
	// there is none.
	Proxy string `json:"proxy,omitempty"`
	// Jobs is the number of given jobs by state.
	Jobs map[string]int `json:"jobs"`
}

// Client says which client was tested, in the place of a server.
type Client struct {
	// Command is the command line that was run; empty for a client that was
	// started by hand.
	Command []string `json:"command"`
	// WireOnly says that only requests were tested, not what the client reported.
	WireOnly bool `json:"wire_only"`
	// NotChosen are the scenarios that a command which is run once did not choose.
	NotChosen []string `json:"not_chosen,omitempty"`
}

// Description says by what it was tested.
type Description struct {
	File     string `json:"file"`
	Digest   string `json:"digest"`
	Title    string `json:"title"`
	Revision string `json:"revision"`
	Scopes   int    `json:"scopes"`
	// Requirements is the number of those that apply, whatever is selected; 0 in a
	// report of a client, which tests all.
	Requirements int `json:"requirements,omitempty"`
	// Method is the id of the method under test.
	Method string `json:"method"`
	// Overlays are the files of the overlays that were applied to it.
	Overlays []string `json:"overlays,omitempty"`
}

// NewDescription is a description as reports name it.
func NewDescription(method *spec.Method) Description {
	return Description{File: method.File, Digest: method.Digest, Title: method.Title, Revision: method.Revision,
		Scopes: len(method.Scopes), Method: method.Operation.ID, Overlays: method.Overlays}
}

// RevisionText is the revision with the overlays that were applied to it.
func (d Description) RevisionText() string { return d.Revision + d.with() }

// FileText is the file with the overlays that were applied to it.
func (d Description) FileText() string { return d.File + d.with() }

func (d Description) with() string {
	if len(d.Overlays) == 0 {
		return ""
	}
	return " with " + text.Plural(len(d.Overlays), "overlay") + " " + text.List(d.Overlays, "and")
}

// Settings says how it was tested.
type Settings struct {
	Level        spec.Level `json:"level"`
	Seed         uint64     `json:"seed"`
	LimitSeconds float64    `json:"limit_seconds"`
	ConsumeJobs  bool       `json:"allow_retry"`
	Focus        []string   `json:"focus,omitempty"`
	LabelFilter  string     `json:"label_filter,omitempty"`
	// Profile, Scopes and NoAuth are the flags of these names.
	Profile string `json:"profile,omitempty"`
	Scopes  string `json:"scopes,omitempty"`
	NoAuth  bool   `json:"no_auth,omitempty"`
	// JobCommand says that a program made jobs when they were needed.
	JobCommand bool `json:"job_command,omitempty"`
}

// Counts gives the number of checks and of requirements for each verdict.
type Counts struct {
	Checks       map[Verdict]int `json:"checks"`
	Requirements map[Verdict]int `json:"requirements"`
}

// Requirement is what the run says of one requirement.
type Requirement struct {
	spec.Requirement
	Aspect  string   `json:"aspect"`
	Verdict Verdict  `json:"verdict"`
	Checks  []string `json:"checks"`
	Reason  string   `json:"reason,omitempty"`
}

// Check is what came of one check.
type Check struct {
	ID           string   `json:"id"`
	Aspect       string   `json:"aspect"`
	Title        string   `json:"title"`
	Sends        string   `json:"sends"`
	Requirements []string `json:"requirements"`
	Verdict      Verdict  `json:"verdict"`
	// Reason and Flag say why a check was not tested and what would help. Reason
	// is also that of a known failure.
	Reason string `json:"reason,omitempty"`
	Flag   string `json:"flag,omitempty"`
	// MissingJobs is how many jobs the flag has to supply at least; 0 where that is not
	// known, or the flag supplies something else.
	MissingJobs  int       `json:"missing_jobs,omitempty"`
	Findings     []Finding `json:"findings,omitempty"`
	Exchanges    []int     `json:"exchanges"`
	Microseconds int64     `json:"microseconds"`
	// Untested are requirements that nothing it saw says anything of. All others
	// were tested, each on its own evidence.
	Untested []Untested `json:"untested,omitempty"`
	// Partly says what was tried of several things alike, for want of an input for
	// the rest; empty where all were.
	Partly string `json:"partly,omitempty"`
	// Call is nil for a check of a server.
	Call *Call `json:"call,omitempty"`
}

// Finding is one way in which a requirement is not kept.
type Finding struct {
	Requirement string  `json:"requirement"`
	Verdict     Verdict `json:"verdict"`
	Want        string  `json:"want"`
	Got         string  `json:"got"`
	// Exchange is the number of the first exchange that shows it; 0 for none.
	Exchange int `json:"exchange,omitempty"`
	// Count is the number of exchanges that show it.
	Count int `json:"count"`
	// Place is where in that exchange it shows: "status", "fault", "body",
	// "header NAME", or "body" with a JSON pointer: see Place.
	Place Place `json:"place,omitempty"`
	// Curl is a command that sends the same request, with the token as $TOKEN.
	Curl string `json:"curl,omitempty"`
	// KnownFailure is the name of the known failure that expects it.
	KnownFailure string `json:"known_failure,omitempty"`
	// Cause is the id of the cause that explains it; empty for none.
	Cause string `json:"cause,omitempty"`
	// Demanded: the scenario of the call is about the requirement.
	Demanded bool `json:"demanded,omitempty"`
}

// Exchange is one request and what came of it, without secrets.
type Exchange struct {
	Number  int    `json:"number"`
	Check   string `json:"check"`
	Purpose string `json:"purpose"`
	// Job is the job that the request is about, and JobState the state that it was
	// given as; both empty for other requests.
	Job      string `json:"job,omitempty"`
	JobState string `json:"job_state,omitempty"`
	// Retry says that it is a call of the method under test.
	Retry bool `json:"retry,omitempty"`
	// OffsetMicroseconds is how long after the beginning of the run it began.
	OffsetMicroseconds int64    `json:"offset_microseconds"`
	Request            Message  `json:"request"`
	Response           *Message `json:"response,omitempty"`
	Fault              *FaultOf `json:"fault,omitempty"`
	Microseconds       int64    `json:"microseconds"`
	// Earlier are the attempts before this response: the server was busy, or the
	// network broke.
	Earlier []Attempt `json:"earlier,omitempty"`
	// Arrival is nil for a request to a server.
	Arrival *Arrival `json:"arrival,omitempty"`
}

// Attempt is what came of sending a request once, before it was sent again.
type Attempt struct {
	Response     *Message `json:"response,omitempty"`
	Fault        *FaultOf `json:"fault,omitempty"`
	Microseconds int64    `json:"microseconds"`
}

// Message is a request or a response.
type Message struct {
	Method     string `json:"method,omitempty"`
	URL        string `json:"url,omitempty"`
	Credential string `json:"credential,omitempty"`
	// Authorization is the header field of the token, as $TOKEN, where it is not the
	// usual one: "authorization: bearer $TOKEN".
	Authorization string `json:"authorization,omitempty"`
	// Added are fields that the caller adds to every request: the value of a secret
	// one is a variable of a shell, "X-Gateway: $HEADER_X_GATEWAY".
	Added  []string            `json:"added,omitempty"`
	Status int                 `json:"status,omitempty"`
	Header map[string][]string `json:"header"`
	// Body is text, cut where it is long; BodyBytes is its whole length.
	Body      string `json:"body"`
	BodyBytes int    `json:"body_bytes"`
	// BodyCommand is a command that prints the body of a request, where Body is not UTF-8, or is cut and it
	// repeats itself; empty otherwise.
	BodyCommand string `json:"body_command,omitempty"`
	// HeaderCut says how much of a long header is not in Header.
	HeaderCut string `json:"header_cut,omitempty"`
}

// FaultOf says what came instead of a whole response.
type FaultOf struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// Scope is a row of the scope matrix: a documented scope and what a token with
// it alone was worth.
type Scope struct {
	Name string `json:"name"`
	// Short is the name without the part that all scopes share, and Family its
	// product: "youtube".
	Short  string `json:"short"`
	Family string `json:"family"`
	// Description is what a person who grants it reads.
	Description string `json:"description,omitempty"`
	// Check is the id of the check that judges it.
	Check string `json:"check,omitempty"`
	// Verdict is that of the check; empty where the run did not select it. Then
	// Reason says why, where it was not for the focus.
	Verdict Verdict `json:"verdict,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// State is a documented state of a job, for the diagram of states.
type State struct {
	Name string `json:"name"`
	// Retryable says that the method accepts a job in it.
	Retryable bool `json:"retryable"`
	// Jobs is the number of jobs that were given as being in it.
	Jobs int `json:"jobs"`
}

// KnownFailure is an entry of a list of known failures and what came of it.
type KnownFailure struct {
	// Name says where the entry is, and no other has it: "known.yaml:3".
	Name string `json:"name"`
	// Entry is what it names, as the file does: "check: body/empty".
	Entry string `json:"entry"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	// Expect is "skip" where it accepts that what it names cannot be tested, and
	// empty where it expects a failure.
	Expect string `json:"expect,omitempty"`
	// Reason says why that is expected, Expires until when (a day), and Issue where
	// it is followed up.
	Reason  string `json:"reason"`
	Expires string `json:"expires,omitempty"`
	Issue   string `json:"issue,omitempty"`
	// Checks lists the judged checks that it covers.
	Checks []string   `json:"checks"`
	State  KnownState `json:"state"`
	// NotJudged says why the state is not-judged.
	NotJudged string `json:"not_judged,omitempty"`
}

// ReadJSON reads a report back. It returns an error for a text that is no
// report or of a newer format.
func ReadJSON(text []byte) (Report, error) {
	var report Report
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&report); err != nil {
		return Report{}, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Report{}, errors.New("unexpected data after the report")
	}
	if report.FormatVersion != FormatVersion {
		return Report{}, fmt.Errorf("a report of format %d; this version reads format %d", report.FormatVersion, FormatVersion)
	}
	return report, nil
}
