// Package report shows what a run found: on a console, as JSON, as JUnit, as
// Markdown, as annotations for GitHub Actions. It decides no verdict.
package report

import (
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// The model of a report is that of package result.
const FormatVersion = result.FormatVersion

type (
	Report       = result.Report
	Tool         = result.Tool
	Target       = result.Target
	Description  = result.Description
	Settings     = result.Settings
	Counts       = result.Counts
	Requirement  = result.Requirement
	Check        = result.Check
	Finding      = result.Finding
	Exchange     = result.Exchange
	Attempt      = result.Attempt
	Message      = result.Message
	FaultOf      = result.FaultOf
	Scope        = result.Scope
	State        = result.State
	KnownFailure = result.KnownFailure
	FormatError  = result.FormatError
)

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
			run.Selection.Focus, run.Selection.LabelFilter},
	}
	for _, state := range run.Contract.States {
		report.Target.Jobs[state] = len(run.Target.Jobs(state))
		report.States = append(report.States, State{state, slices.Contains(run.Contract.RetryableStates, state), len(run.Target.Jobs(state))})
	}
	report.States = orEmpty(report.States)
	hide := redactorFor(run.Target)
	Conclude(&report, Conclusion{
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

func checkOf(result suites.Result, hide *redact.Redactor) Check {
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
