package cli

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// finished is everything that a report is assembled from.
type finished struct {
	started    time.Time
	took       time.Duration
	contract   *spec.Contract
	target     *target.Target
	source     string
	provenance string
	allowRetry bool
	level      spec.Level
	seed       uint64
	selection  suites.Selection
	outcome    suites.Outcome
	// stale says that the recorded responses are older than they may be, so that
	// the run fails even where they conform; empty where they are not.
	stale string
	// known describes the known failures of the outcome, by their names.
	known []result.KnownFailure
}

// report assembles the report of a run. Tokens that were sent are redacted
// wherever a server repeated them.
func (f finished) report() result.Report {
	hide := redactorFor(f.target)
	report := f.beginning()
	report.Milliseconds = f.took.Milliseconds()
	f.conclude(&report, hide)
	for _, exchange := range f.target.Journal() {
		shown := reportedExchange(exchange, hide)
		shown.JobState = f.stateOf(exchange.Request.Job)
		shown.OffsetMicroseconds = max(0, exchange.Began.Sub(f.started).Microseconds())
		report.Exchanges = append(report.Exchanges, shown)
	}
	return report
}

// beginning is what is known before the first request.
func (f finished) beginning() result.Report {
	report := result.Report{
		FormatVersion: result.FormatVersion,
		Tool:          result.Tool{Name: "dpconform", Version: version},
		Started:       f.started.UTC().Truncate(time.Millisecond),
		Target:        result.Target{Endpoint: f.target.Endpoint(), Source: f.source, Provenance: f.provenance, Jobs: map[string]int{}},
		Description: result.Description{File: f.contract.File, Digest: f.contract.Digest, Title: f.contract.Title,
			Revision: f.contract.Revision, Scopes: len(f.contract.Scopes), Method: f.contract.Retry.ID},
		Settings: result.Settings{Level: f.level, Seed: f.seed, LimitSeconds: f.target.Limit().Seconds(), AllowRetry: f.allowRetry,
			Focus: f.selection.Focus, LabelFilter: f.selection.LabelFilter},
		Counts:       result.Counts{Checks: map[result.Verdict]int{}, Requirements: map[result.Verdict]int{}},
		Requirements: []result.Requirement{}, Checks: []result.Check{}, Exchanges: []result.Exchange{}, Scopes: []result.Scope{}, States: []result.State{},
	}
	for _, state := range f.contract.States {
		jobs := len(f.target.Jobs(state))
		report.Target.Jobs[state] = jobs
		report.States = append(report.States, result.State{Name: state, Retryable: slices.Contains(f.contract.RetryableStates, state), Jobs: jobs})
	}
	return report
}

// conclude fills in the exit code, the counts, and what came of each
// requirement, check, scope and known failure.
func (f finished) conclude(report *result.Report, hide *redact.Redactor) {
	for _, one := range f.outcome.Requirements {
		report.Counts.Requirements[one.Verdict]++
		report.Requirements = append(report.Requirements, result.Requirement{Requirement: one.Requirement,
			Aspect: one.Requirement.Aspect(), Verdict: one.Verdict, Checks: orEmpty(one.Checks), Reason: one.Reason})
	}
	for _, one := range f.outcome.Results {
		report.Counts.Checks[one.Verdict]++
		report.Checks = append(report.Checks, checkOf(one, hide))
	}
	report.Exit = f.outcome.Exit
	report.Conclusion = result.Conclusion(report.Exit, report.Counts.Requirements[result.ExpectedFail])
	report.Stale = f.stale
	if f.stale != "" && (report.Exit == result.ExitConforms || report.Exit == result.ExitInconclusive) {
		// Stale responses show nothing of the server as it is now.
		report.Exit, report.Conclusion = result.ExitFails, "stale: "+f.stale
	}
	for _, scope := range f.contract.Scopes {
		row := result.Scope{Name: scope.Name, Short: scope.Short(), Family: familyOf(scope.Short()), Description: scope.Description}
		for at, one := range f.outcome.Results {
			if one.Check.Scope == scope.Name {
				row.Check, row.Verdict, row.Reason = one.Check.ID, one.Verdict, report.Checks[at].Reason
			}
		}
		report.Scopes = append(report.Scopes, row)
	}
	for _, one := range f.outcome.Known {
		entry := result.KnownFailure{Name: one.Known.Name, Reason: one.Known.Reason}
		for _, described := range f.known {
			if described.Name == entry.Name {
				entry = described
			}
		}
		entry.Checks, entry.State, entry.NotJudged = orEmpty(one.Checks), one.State, one.Reason
		report.KnownFailures = append(report.KnownFailures, entry)
	}
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func checkOf(from suites.Result, hide *redact.Redactor) result.Check {
	check := result.Check{
		ID: from.Check.ID, Aspect: from.Check.Aspect, Title: from.Check.Title, Sends: from.Check.Sends,
		Requirements: from.Check.Requirements, Verdict: from.Verdict, Reason: hide.Text(from.Reason), Flag: from.Flag,
		Exchanges: []int{}, Microseconds: from.Took.Microseconds(),
	}
	for _, finding := range from.Findings {
		shown := result.Finding{Requirement: finding.Requirement.ID, Verdict: finding.Verdict,
			Want: hide.Text(finding.Want), Got: hide.Text(finding.Got), Count: finding.Count}
		if finding.Exchange != nil {
			shown.Exchange, shown.Curl, shown.Place = finding.Exchange.Number, hide.Text(requestOf(finding.Exchange).Curl()), finding.Place
		}
		if finding.Known != nil {
			shown.KnownFailure = finding.Known.Name
		}
		check.Findings = append(check.Findings, shown)
	}
	for _, exchange := range from.Exchanges {
		check.Exchanges = append(check.Exchanges, exchange.Number)
	}
	return check
}

// familyOf is the product in the short name of a scope:
// "dataportability.myactivity.maps" is of myactivity.
func familyOf(short string) string {
	parts := strings.Split(short, ".")
	if len(parts) < 2 {
		return short
	}
	return parts[1]
}

// stateOf is the state that a job was given as; empty for another job.
func (f finished) stateOf(job string) string {
	for _, state := range f.contract.States {
		if slices.Contains(f.target.Jobs(state), job) {
			return state
		}
	}
	return ""
}

// redactorFor knows the tokens that were sent to a target, each by its scopes.
func redactorFor(sent *target.Target) *redact.Redactor {
	aliases := target.TokenTemplate{Text: redact.Mark + ":{short}", Join: "+"}
	labels := map[string]string{}
	for _, token := range sent.Secrets() {
		label := token // A token that nobody issued is no secret.
		if scopes, _ := sent.ScopesOf(token); len(scopes) > 0 {
			label = aliases.Name(scopes...)
		}
		labels[token] = label
	}
	return redact.NewRedactor(labels)
}

// requestOf is a request as it was sent, but for the token.
func requestOf(exchange *target.Exchange) result.Message {
	request := exchange.Request
	return result.Message{Method: request.Method, URL: exchange.URL, Credential: request.Credential.Label, Header: request.Header,
		Body: string(request.Body), BodyBytes: len(request.Body)}
}

func reportedExchange(exchange *target.Exchange, hide *redact.Redactor) result.Exchange {
	shown := result.Exchange{
		Number: exchange.Number, Check: exchange.Check, Purpose: exchange.Request.Purpose,
		Job: hide.Text(exchange.Request.Job), Retry: exchange.Request.Starts,
		Request: requestOf(exchange), Microseconds: exchange.Took.Microseconds(),
	}
	shown.Request.URL, shown.Request.Header = hide.RequestTarget(exchange.URL), hide.Header(exchange.Request.Header)
	shown.Request.Body, shown.Request.BodyBytes = bodyOf(exchange.Request.Body, hide)
	shown.Response, shown.Fault = responseOf(exchange, hide)
	for _, earlier := range exchange.Earlier {
		response, fault := responseOf(earlier, hide)
		shown.Earlier = append(shown.Earlier, result.Attempt{Response: response, Fault: fault, Microseconds: earlier.Took.Microseconds()})
	}
	return shown
}

// responseOf is what came of sending a request once.
func responseOf(exchange *target.Exchange, hide *redact.Redactor) (*result.Message, *result.FaultOf) {
	var response *result.Message
	if exchange.Status != 0 {
		response = &result.Message{Status: exchange.Status, Header: hide.Header(exchange.Header)}
		response.Body, response.BodyBytes = bodyOf(exchange.Body, hide)
	}
	if exchange.Fault == nil {
		return response, nil
	}
	return response, &result.FaultOf{Kind: string(exchange.Fault.Kind), Detail: hide.Text(exchange.Fault.Detail)}
}

// longestBody is the length in bytes from which a body is cut in a report.
const longestBody = 4 << 10

func bodyOf(body []byte, hide *redact.Redactor) (string, int) {
	// A secret that the cut goes through must be redacted too, so more than what
	// is shown is searched; of a very long body not all.
	const searched = 16 * longestBody
	whole := len(body) <= searched
	text := hide.Body(strings.ToValidUTF8(string(body[:min(len(body), searched)]), "\uFFFD"))
	if !whole {
		// The last secret may be cut, and so not found.
		text = text[:max(0, len(text)-longestBody)]
	}
	if len(text) > longestBody || !whole {
		cut := min(longestBody, len(text))
		for cut > 0 && cut < len(text) && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text, len(body)
}
