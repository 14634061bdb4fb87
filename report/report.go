// Package report shows what a run found: on a console, as JSON, as JUnit, as
// Markdown, as annotations for GitHub Actions. It decides no verdict.
package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/dpconform/dpconform/redaction"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
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
	// Shards are the parts that the report was put together from; empty for that
	// of one run.
	Shards      []ShardOf   `json:"shards,omitempty"`
	Target      Target      `json:"target"`
	Description Description `json:"description"`
	Settings    Settings    `json:"settings"`
	// Exit is the exit code of the run, and Conclusion the same in words.
	Exit       int    `json:"exit"`
	Conclusion string `json:"conclusion"`
	// Stale says that the recorded answers are older than they may be.
	Stale string `json:"stale,omitempty"`
	// Checks and Requirements are counts by verdict.
	Counts       Counts        `json:"counts"`
	Requirements []Requirement `json:"requirements"`
	Checks       []Check       `json:"checks"`
	Exchanges    []Exchange    `json:"exchanges"`
	// Scopes is the scope matrix, and States what a job can be in.
	Scopes []Scope `json:"scopes"`
	States []State `json:"states"`
	// KnownFailures are those that the judged checks are about.
	KnownFailures []KnownFailure `json:"known_failures,omitempty"`
}

// Tool says which program made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Target says what was judged.
type Target struct {
	Endpoint string `json:"endpoint"`
	// Source is "network" or "cassettes".
	Source string `json:"source"`
	// Provenance says in words where answers from cassettes came from; empty
	// for the network.
	Provenance string `json:"provenance,omitempty"`
	// Jobs is the number of given jobs by state.
	Jobs map[string]int `json:"jobs"`
}

// Description says by what it was judged.
type Description struct {
	File     string `json:"file"`
	Digest   string `json:"digest"`
	Title    string `json:"title"`
	Revision string `json:"revision"`
	Scopes   int    `json:"scopes"`
}

// Settings says how it was judged.
type Settings struct {
	Level        spec.Level `json:"level"`
	Seed         uint64     `json:"seed"`
	LimitSeconds float64    `json:"limit_seconds"`
	AllowRetry   bool       `json:"allow_retry"`
	Focus        []string   `json:"focus,omitempty"`
	LabelFilter  string     `json:"label_filter,omitempty"`
	// Shard is the part of the run that the report is of; nil for a whole one.
	Shard *suites.Shard `json:"shard,omitempty"`
}

// Counts gives the number of checks and of requirements for each verdict.
type Counts struct {
	Checks       map[suites.Verdict]int `json:"checks"`
	Requirements map[suites.Verdict]int `json:"requirements"`
}

// Requirement is what the run says of one requirement.
type Requirement struct {
	spec.Requirement
	Aspect  string         `json:"aspect"`
	Verdict suites.Verdict `json:"verdict"`
	Checks  []string       `json:"checks"`
	Reason  string         `json:"reason,omitempty"`
}

// Check is what came of one check.
type Check struct {
	ID           string         `json:"id"`
	Aspect       string         `json:"aspect"`
	Title        string         `json:"title"`
	Sends        string         `json:"sends"`
	Requirements []string       `json:"requirements"`
	Verdict      suites.Verdict `json:"verdict"`
	// Reason and Flag say why a check was not judged and what would help. Reason
	// is also that of a known failure.
	Reason       string    `json:"reason,omitempty"`
	Flag         string    `json:"flag,omitempty"`
	Findings     []Finding `json:"findings,omitempty"`
	Exchanges    []int     `json:"exchanges"`
	Microseconds int64     `json:"microseconds"`
}

// Finding is one way in which a requirement is not kept.
type Finding struct {
	Requirement string         `json:"requirement"`
	Verdict     suites.Verdict `json:"verdict"`
	Want        string         `json:"want"`
	Got         string         `json:"got"`
	// Exchange is the number of the first exchange that shows it; 0 for none.
	Exchange int `json:"exchange,omitempty"`
	// Count is the number of exchanges that show it.
	Count int `json:"count"`
	// Place is where in that exchange it shows: "status", "fault", "body",
	// "header NAME", or "body" with a JSON pointer: see suites.Place.
	Place suites.Place `json:"place,omitempty"`
	// Curl is a command that sends the same request, with the token as $TOKEN.
	Curl string `json:"curl,omitempty"`
	// KnownFailure is the name of the known failure that expects it.
	KnownFailure string `json:"known_failure,omitempty"`
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
	// Retry says that a good answer means that the job is retried.
	Retry bool `json:"retry,omitempty"`
	// Shard is the number of the shard that sent it; 0 where there are none.
	Shard int `json:"shard,omitempty"`
	// OffsetMicroseconds is how long after the beginning of the run it began.
	OffsetMicroseconds int64    `json:"offset_microseconds"`
	Request            Message  `json:"request"`
	Response           *Message `json:"response,omitempty"`
	Fault              *FaultOf `json:"fault,omitempty"`
	Microseconds       int64    `json:"microseconds"`
	// Earlier are the attempts before this answer: the server was busy, or the
	// network broke.
	Earlier []Attempt `json:"earlier,omitempty"`
}

// Attempt is what came of sending a request once, before it was sent again.
type Attempt struct {
	Response     *Message `json:"response,omitempty"`
	Fault        *FaultOf `json:"fault,omitempty"`
	Microseconds int64    `json:"microseconds"`
}

// Message is a request or an answer.
type Message struct {
	Method     string              `json:"method,omitempty"`
	URL        string              `json:"url,omitempty"`
	Credential string              `json:"credential,omitempty"`
	Status     int                 `json:"status,omitempty"`
	Header     map[string][]string `json:"header"`
	// Body is text, cut where it is long; BodyBytes is its whole length.
	Body      string `json:"body"`
	BodyBytes int    `json:"body_bytes"`
}

// FaultOf says what came instead of a whole answer.
type FaultOf struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// Run is everything that a report is made of.
type Run struct {
	Version    string
	Started    time.Time
	Took       time.Duration
	Contract   *spec.Contract
	Target     *target.Target
	Source     string
	Provenance string
	AllowRetry bool
	Level      spec.Level
	Seed       uint64
	Selection  suites.Selection
	Outcome    suites.Outcome
	// Stale says that the recorded answers are older than they may be, so that
	// the run fails even where they conform; empty where they are not.
	Stale string
	// KnownFailures describes the known failures of the outcome, by their names.
	KnownFailures []KnownFailure
}

// New makes a report. Tokens that were sent are hidden wherever a server
// repeated them.
func New(run Run) Report {
	report := Report{
		FormatVersion: FormatVersion,
		Tool:          Tool{"dpconform", run.Version},
		Started:       run.Started.UTC().Truncate(time.Millisecond),
		Milliseconds:  run.Took.Milliseconds(),
		Target: Target{Endpoint: run.Target.Endpoint(), Source: run.Source, Provenance: run.Provenance,
			Jobs: map[string]int{}},
		Description: Description{run.Contract.File, run.Contract.Digest, run.Contract.Title, run.Contract.Revision,
			len(run.Contract.Scopes)},
		Settings: Settings{run.Level, run.Seed, run.Target.Limit().Seconds(), run.AllowRetry,
			run.Selection.Focus, run.Selection.LabelFilter, shardOf(run.Selection.Shard)},
	}
	for _, state := range run.Contract.States {
		report.Target.Jobs[state] = len(run.Target.Jobs(state))
		report.States = append(report.States, State{state, slices.Contains(run.Contract.RetryableStates, state), len(run.Target.Jobs(state))})
	}
	report.States = orEmpty(report.States)
	hide := redactorFor(run.Target)
	report.Conclude(Conclusion{
		Contract: run.Contract, Outcome: run.Outcome, KnownFailures: run.KnownFailures, Stale: run.Stale,
		Show: func(result suites.Result) Check { return checkOf(result, hide) },
	})
	report.Exchanges = []Exchange{}
	for _, exchange := range run.Target.Journal() {
		shown := exchangeOf(exchange, hide)
		shown.JobState = stateOf(run, exchange.Request.Job)
		shown.OffsetMicroseconds = max(0, exchange.Began.Sub(run.Started).Microseconds())
		report.Exchanges = append(report.Exchanges, shown)
	}
	return report
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func checkOf(result suites.Result, hide *redaction.Redactor) Check {
	check := Check{
		ID: result.Check.ID, Aspect: result.Check.Aspect, Title: result.Check.Title, Sends: result.Check.Sends,
		Requirements: result.Check.Requirements, Verdict: result.Verdict, Reason: hide.Text(result.Reason), Flag: result.Flag,
		Exchanges: []int{}, Microseconds: result.Took.Microseconds(),
	}
	for _, finding := range result.Findings {
		shown := Finding{Requirement: finding.Requirement.ID, Verdict: finding.Verdict,
			Want: hide.Text(finding.Want), Got: hide.Text(finding.Got), Count: finding.Count}
		if finding.Exchange != nil {
			shown.Exchange, shown.Curl, shown.Place = finding.Exchange.Number, hide.Text(Curl(finding.Exchange)), finding.Place
		}
		if finding.Known != nil {
			shown.KnownFailure = finding.Known.Name
		}
		check.Findings = append(check.Findings, shown)
	}
	for _, exchange := range result.Exchanges {
		check.Exchanges = append(check.Exchanges, exchange.Number)
	}
	return check
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
		return Report{}, errors.New("something stands behind the report")
	}
	if report.FormatVersion != FormatVersion {
		return Report{}, &FormatError{report.FormatVersion}
	}
	return report, nil
}
