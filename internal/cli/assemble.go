package cli

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// finished is everything that a report is assembled from.
type finished struct {
	*testedServer
	started time.Time
	took    time.Duration
	method  *spec.Method
	level   spec.Level
	// settings say which checks were selected.
	settings config.Settings
	// requirements is the number of those that apply.
	requirements int
	outcome      result.Run
	// inFull says that somebody sees all exchanges: in a report, or compared.
	inFull bool
}

// report assembles the report of a run. Tokens that were sent are redacted
// wherever a server repeated them.
func (f finished) report() result.Report {
	hide := f.target.Redactor()
	report := f.beginning()
	report.Milliseconds = f.took.Milliseconds()
	report.WaitedMilliseconds = f.target.Waited().Milliseconds()
	// Otherwise causes alone look at headers and bodies, where there are findings. To
	// take the secrets out of all of them takes longer than the checks.
	show := outlineOf
	if f.inFull || slices.ContainsFunc(f.outcome.Checks, func(check result.Check) bool { return len(check.Findings) > 0 }) {
		show = reportedExchange
	}
	for _, exchange := range f.target.Journal() {
		shown := show(exchange, hide)
		shown.JobState = f.stateOf(exchange.Request.Job)
		shown.OffsetMicroseconds = max(0, exchange.Began.Sub(f.started).Microseconds())
		report.Exchanges = append(report.Exchanges, shown)
	}
	f.conclude(&report, hide)
	report.ConcludeCauses()
	return report
}

// beginning is what is known before the first request.
func (f finished) beginning() result.Report {
	report := result.Report{
		FormatVersion: result.FormatVersion,
		Tool:          result.Tool{Name: "dpconform", Version: version},
		Started:       f.started.UTC().Truncate(time.Millisecond),
		Target:        result.Target{Endpoint: f.target.Endpoint(), Source: f.source, Provenance: f.provenance, Proxy: f.target.Proxy(), Jobs: map[string]int{}},
		Description:   result.NewDescription(f.method),
		Settings: result.Settings{Level: f.level, Seed: f.seed, LimitSeconds: f.target.Limit().Seconds(), ConsumeJobs: f.consumeJobs,
			Focus: f.settings.Focus, LabelFilter: f.settings.LabelFilter, Profile: f.settings.Profile, Scopes: f.settings.Scopes, NoAuth: f.settings.NoAuth, JobCommand: f.target.MakesJobs()},
		Counts:       result.Counts{Checks: map[result.Verdict]int{}, Requirements: map[result.Verdict]int{}},
		Requirements: []result.Requirement{}, Checks: []result.Check{}, Exchanges: []result.Exchange{}, Scopes: []result.Scope{}, States: []result.State{},
	}
	report.Description.Requirements = f.requirements
	if given := len(f.target.Jobs("")); given > 0 {
		report.Target.Jobs[""] = given
	}
	for _, state := range f.method.States {
		jobs := len(f.target.Jobs(state))
		report.Target.Jobs[state] = jobs
		report.States = append(report.States, result.State{Name: state, Retryable: slices.Contains(f.method.AcceptedStates, state), Jobs: jobs})
	}
	return report
}

// conclude fills in what follows from the checks, and what makes a finding easy
// to follow up.
func (f finished) conclude(report *result.Report, hide *redact.Redactor) {
	report.Conclude(f.outcome)
	journal := f.target.Journal()
	verdicts := map[string]result.Check{}
	used, known := report.UsedUp()
	for _, check := range report.Checks {
		for i := range check.Findings {
			if finding := &check.Findings[i]; finding.Exchange > 0 {
				finding.Curl = f.curl(journal, *finding)
				if shown := journal[finding.Exchange-1]; shown.Request.Call && shown.Succeeded() && slices.Contains(used, shown.Request.Job) {
					finding.Curl = result.WithNewJob(finding.Curl, shown.Request.Job, text.List(f.method.AcceptedStates, "or"), known)
				}
				finding.Curl = hide.Text(finding.Curl)
			}
		}
		verdicts[check.ID] = check
	}
	byScope := map[string]string{}
	for _, check := range suites.Checks(f.method) {
		byScope[check.Scope] = check.ID
	}
	for _, scope := range f.method.Scopes {
		row := result.Scope{Name: scope.Name, Short: scope.Short(), Family: scope.Family(), Description: scope.Description}
		if check, tested := verdicts[byScope[scope.Name]]; tested {
			row.Check, row.Verdict, row.Reason = check.ID, check.Verdict, check.Reason
		} else {
			row.Reason = f.outcome.WhyNotSelected(byScope[scope.Name])
		}
		report.Scopes = append(report.Scopes, row)
	}
}

// curl is the command that shows a finding, with the request before that it comes from:
// that over the same connection, or the one that the state of the job is read for.
func (f finished) curl(journal []*target.Exchange, finding result.Finding) string {
	shown := journal[finding.Exchange-1]
	if finding.Requirement == result.PersistentConnection {
		if shown.After == 0 {
			return requestOf(shown).Curl()
		}
		return result.Watched(requestOf(shown).CurlAfter(requestOf(journal[shown.After-1])))
	}
	read := f.method.ReadState.Method
	if shown.Request.Job == "" || shown.Request.Call || shown.Request.Method != read {
		return requestOf(shown).Curl()
	}
	for _, before := range slices.Backward(journal[:finding.Exchange-1]) {
		if before.Check != shown.Check {
			break
		}
		if before.Request.Job == shown.Request.Job && before.URL != shown.URL {
			return requestOf(shown).CurlAfter(requestOf(before))
		}
	}
	return requestOf(shown).Curl()
}

// stateOf is the state that a job was given as; empty for another job.
func (f finished) stateOf(job string) string {
	for _, state := range f.method.States {
		if slices.Contains(f.target.Jobs(state), job) {
			return state
		}
	}
	return ""
}

// requestOf is a request as it was sent, but for the token.
func requestOf(exchange *target.Exchange) result.Message {
	message := outlineOfRequest(exchange)
	message.Header, message.Body = headerOf(exchange.Request), string(exchange.Request.Body)
	return message
}

func headerOf(request target.Request) http.Header {
	if request.Chunked {
		return http.Header{"Transfer-Encoding": {"chunked"}}
	}
	return request.Header
}

// outlineOfRequest is a request without its header and body.
func outlineOfRequest(exchange *target.Exchange) result.Message {
	request := exchange.Request
	return result.Message{Method: request.Method, URL: exchange.URL, Credential: request.Credential.Label, Authorization: request.Credential.Spelling(),
		Added: exchange.Added, BodyBytes: len(request.Body)}
}

// outlineOf is an exchange without headers and bodies.
func outlineOf(exchange *target.Exchange, hide *redact.Redactor) result.Exchange {
	shown := result.Exchange{
		Number: exchange.Number, Check: exchange.Check, Purpose: hide.Text(exchange.Request.Purpose),
		Job: hide.Text(exchange.Request.Job), Retry: exchange.Request.Call,
		Request: outlineOfRequest(exchange), Microseconds: exchange.Took.Microseconds(),
	}
	shown.Request.URL = hide.Text(exchange.URL)
	shown.Response, shown.Fault = outlineOfResponse(exchange, hide)
	for _, earlier := range exchange.Earlier {
		response, fault := outlineOfResponse(earlier, hide)
		shown.Earlier = append(shown.Earlier, result.Attempt{Response: response, Fault: fault, Microseconds: earlier.Took.Microseconds()})
	}
	return shown
}

// outlineOfResponse is what came of sending a request once.
func outlineOfResponse(exchange *target.Exchange, hide *redact.Redactor) (response *result.Message, fault *result.FaultOf) {
	if exchange.Status != 0 {
		response = &result.Message{Status: exchange.Status, HeaderCut: exchange.HeaderCut, BodyBytes: exchange.BodyBytes}
	}
	if exchange.Fault != nil {
		fault = &result.FaultOf{Kind: string(exchange.Fault.Kind), Detail: hide.Text(exchange.Fault.Detail)}
	}
	return response, fault
}

// reportedExchange is an exchange as a report shows it.
func reportedExchange(exchange *target.Exchange, hide *redact.Redactor) result.Exchange {
	shown := outlineOf(exchange, hide)
	// What a check sends is dpconform's own but for the tokens.
	shown.Request.Header = hide.Header(headerOf(exchange.Request))
	shown.Request.Body = bodyOf(exchange.Request.Body, len(exchange.Request.Body), hide.Text)
	shown.Request.BodyCommand = hide.Text(result.BodyCommand(string(exchange.Request.Body)))
	fill := func(response *result.Message, exchange *target.Exchange) {
		if response != nil {
			response.Header, response.Body = hide.Header(exchange.Header), bodyOf(exchange.Body, exchange.BodyBytes, hide.Body)
		}
	}
	fill(shown.Response, exchange)
	for i, earlier := range exchange.Earlier {
		fill(shown.Earlier[i].Response, earlier)
	}
	return shown
}

const (
	// longestBody is the length in bytes from which a body is cut in a report, and
	// searchedBody how much of one is read for that at most.
	longestBody  = 4 << 10
	searchedBody = 16 * longestBody
)

// bodyOf is the text of a body of so many bytes, of which this is the beginning.
// It redacts as much as it takes to fill what is shown: the rest costs time, and
// there may be megabytes of it in each of hundreds of responses.
func bodyOf(body []byte, length int, redacted func(string) string) string {
	for searched := 2 * longestBody; ; {
		whole := length <= searched && length == len(body)
		text := strings.ToValidUTF8(redacted(string(body[:min(len(body), searched)])), "\uFFFD")
		if !whole && len(text) < 2*longestBody && searched < min(len(body), searchedBody) {
			// As much as it takes if the rest becomes shorter as the beginning did.
			searched = min(searchedBody, max(2*searched, searched*2*longestBody/max(1, len(text))))
			continue
		}
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
		return text
	}
}
