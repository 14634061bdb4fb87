package clientrun

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// noScenario is the reason of a requirement that no call of a run tested, and
// noCall that of all where nothing called.
const (
	noScenario = "the client sent no request to which this applies"
	noCall     = "no client called"
)

// Report makes the report of the run by a version of the program, without a
// token: the calls are its checks, and the requests that arrived its exchanges.
// Known are the failures that somebody accepted.
func (o Outcomes) Report(version string, known result.KnownFailures) result.Report {
	method, hide := o.rules.Method, o.redactor()
	report := result.Report{
		FormatVersion: result.FormatVersion, Tool: result.Tool{Name: "dpconform", Version: version},
		Started: o.started.UTC().Truncate(time.Millisecond), Milliseconds: o.took.Milliseconds(),
		Target:      result.Target{Endpoint: o.target, Source: "client", Jobs: map[string]int{}},
		Client:      &result.Client{Command: []string{}, WireOnly: o.wireOnly, NotChosen: o.notChosen},
		Description: result.NewDescription(method),
		Settings:    result.Settings{Level: cmp.Or(o.rules.Level, spec.Platform), LimitSeconds: o.limit.Seconds()}, Exchanges: []result.Exchange{}, Scopes: []result.Scope{}, States: []result.State{},
		NotApplicable: o.notApplicable,
	}
	if len(o.command) > 0 {
		report.Client.Command = hide.Command(o.command)
		report.Target.Endpoint = strings.Join(report.Client.Command, " ")
	}
	checks := []result.Check{}
	for _, one := range o.results {
		check := one.redacted(hide, len(report.Exchanges), known)
		if check.ID == commandID && check.Verdict == result.Pass && !known.Cover(check) {
			continue // The end of a command is no call, and nothing is wrong with it.
		}
		for _, arrived := range one.requests {
			number := len(report.Exchanges) + 1
			check.Exchanges = append(check.Exchanges, number)
			report.Exchanges = append(report.Exchanges, o.exchange(number, check.ID, one.job, arrived, hide))
		}
		checks = append(checks, check)
	}
	report.Conclude(result.Run{Requirements: method.ClientRequirements, Catalogue: checks, Checks: checks, Known: known, Interrupted: o.Interrupted})
	for i, requirement := range report.Requirements {
		if len(requirement.Checks) == 0 {
			report.Requirements[i].Reason = o.whyUntested(report, requirement.ID)
		}
	}
	report.ConcludeCauses()
	return report
}

// whyUntested is why no call of a run tested a requirement. A mistake for which each
// call is refused hides what the scenarios of the run are about, and nothing else.
func (o Outcomes) whyUntested(report result.Report, id string) string {
	demands := func(one Result) bool {
		if one.scenario == nil {
			return len(one.requests) > 0 && (id == outcomeSuccess || id == outcomeNewID)
		}
		return one.scenario.Demands(id)
	}
	succeeded := func(one result.Exchange) bool { return one.Response != nil && one.Response.Status/100 == 2 }
	broken := report.Broken(result.Fail)
	switch {
	case len(report.Checks) == 0:
		return noCall
	case len(broken) > 0 && !broken[0].Requirement.Condition() && !slices.ContainsFunc(report.Exchanges, succeeded) && slices.ContainsFunc(o.results, demands):
		return "no request can test this before " + broken[0].Requirement.ID + " is fixed"
	}
	return noScenario
}

// Requirements are those of clients, and the conditions.
func Requirements(method *spec.Method) []spec.Requirement {
	return slices.Concat(method.ClientRequirements, result.Conditions())
}

// CheckIDs are the ids that checks of a run may have: those of scenarios, that of
// a command that is run once, and that of a job where one is given.
func CheckIDs(scenarios []string, job string) []string {
	ids := append(slices.Clone(scenarios), commandID)
	if job != "" {
		ids = append(ids, jobID(job))
	}
	return ids
}

// redactor hides the tokens of the run, those that arrived, what else arrived as a
// secret, such as a cookie, which may stand on the command line, and whatever else
// looks like one.
func (o Outcomes) redactor() *redact.Redactor {
	labels := map[string]string{o.secrets.Token: "the-token", o.secrets.Fresh: "the-fresh-token", o.secrets.refresh: "the-refresh-token"}
	for _, secret := range o.hidden {
		labels[secret] = redact.Mark
	}
	delete(labels, "")
	add := func(tokens ...string) {
		for _, token := range tokens {
			if _, known := labels[token]; !known && token != "" {
				labels[token] = redact.Unlabelled
			}
		}
	}
	for _, one := range o.results {
		add(one.tokens...)
		for _, arrived := range one.requests {
			add(redact.TokensOf(arrived.header)...)
			add(tokenInQuery(arrived))
			for _, secret := range redact.OtherSecrets(arrived.target, string(arrived.body), arrived.header) {
				if _, known := labels[secret]; !known {
					labels[secret] = redact.Mark
				}
			}
		}
	}
	var members []string
	if o.rules.Method != nil {
		members = o.rules.Method.MemberNames()
	}
	return redact.NewRedactor(labels, members...)
}

// redacted is the check without secrets, its exchanges counted on from others.
func (r Result) redacted(hide *redact.Redactor, before int, known result.KnownFailures) result.Check {
	check := r.Check
	check.ID, check.Reason = hide.Text(check.ID), hide.Text(check.Reason)
	check.Exchanges, check.Requirements = []int{}, slices.Clone(r.tested)
	call := *check.Call
	check.Call = &call
	call.Job, call.Inconclusive = hide.Text(call.Job), r.needed
	short := func(found string) string { return text.Cut(hide.Text(found), longestShown) }
	about := func(requirement string) {
		if !slices.Contains(check.Requirements, requirement) {
			check.Requirements = append(check.Requirements, requirement)
		}
	}
	check.Findings = slices.Clone(check.Findings)
	for i := range check.Findings {
		finding := &check.Findings[i]
		finding.Want, finding.Got = short(finding.Want), short(finding.Got)
		if finding.Exchange > 0 {
			finding.Exchange += before
		}
		about(finding.Requirement)
		if name := known.Expecting(check.ID, finding.Requirement); name != "" {
			finding.Verdict, finding.KnownFailure = result.ExpectedFail, name
		}
	}
	call.Untested = slices.Clone(call.Untested)
	for i, one := range call.Untested {
		call.Untested[i].Reason = short(one.Reason)
		about(one.Requirement)
	}
	if reported := call.Reported; reported != nil {
		shown := result.Outcome{Job: hide.Text(reported.Job), OK: reported.OK}
		if reported.NewID != nil {
			id := hide.Text(*reported.NewID)
			shown.NewID, shown.IDField = &id, reported.IDField
		}
		if e := reported.Error; e != nil {
			shown.Error = &result.ClientError{Code: e.Code, Status: hide.Text(e.Status), Message: hide.Text(e.Message)}
		}
		call.Reported = &shown
	}
	if command := r.command; command != nil {
		check.Microseconds = command.took.Microseconds()
		call.Command = &result.Command{Exit: command.exit, Signal: command.signal, TimedOut: command.timedOut,
			Complaints: command.lastComplaints(hide, longestComplaints)}
	}
	var missing *result.Missing
	if check.Verdict == result.Skip {
		missing = &result.Missing{Reason: check.Reason}
		if check.Reason == "" && len(call.Untested) > 0 {
			missing.Reason, missing.Flag = call.Untested[0].Reason, call.Untested[0].Flag
		}
	}
	check.Settle("", missing, known)
	return check
}

// exchange shows a request and its response.
func (o Outcomes) exchange(number int, check, job string, from *request, hide *redact.Redactor) result.Exchange {
	shown := result.Exchange{
		Number: number, Check: check, Purpose: string(from.purpose), Job: hide.Text(job), Retry: from.purpose == attempt,
		OffsetMicroseconds: max(0, from.at.Sub(o.started).Microseconds()),
		Request: result.Message{Method: from.method, URL: hide.RequestTarget(from.target), Header: hide.Header(from.header),
			Body: shownBody(from.body, hide), BodyBytes: len(from.body)},
		Arrival: &result.Arrival{Protocol: from.protocol, BodyBase64: binaryBody(from, hide),
			ContentLength: hidden(from.values("Content-Length"), hide), TransferEncoding: hidden(from.values("Transfer-Encoding"), hide), Refused: from.refused},
	}
	switch {
	case from.head != nil:
		shown.Arrival.Line, shown.Arrival.Host = shownLine(from, hide), hidden(from.head.Values("Host"), hide)
	case from.host != "":
		shown.Arrival.Host = hidden([]string{from.host}, hide)
	}
	made := from.response
	if !made.at.IsZero() {
		shown.Microseconds = max(0, made.at.Sub(from.at).Microseconds())
	}
	if made.status != 0 {
		shown.Response = &result.Message{Status: made.status, Header: hide.Header(made.header), Body: shownBody(made.body, hide), BodyBytes: len(made.body)}
	}
	if made.delivery != whole {
		shown.Fault = &result.FaultOf{Kind: string(made.delivery), Detail: from.reason()}
	}
	return shown
}

func hidden(values []string, hide *redact.Redactor) []string {
	var shown []string
	for _, value := range values {
		shown = append(shown, hide.Text(value))
	}
	return shown
}

// shownLine is the request line without the secrets of its query, and without a
// user name before a host.
func shownLine(from *request, hide *redact.Redactor) string {
	method, target, protocol, all := from.head.RequestLine()
	if !all {
		return hide.Text(from.head.Line)
	}
	scheme, rest, _ := strings.Cut(target, "://")
	if _, host, named := strings.Cut(from.authority, "@"); named {
		target = scheme + "://" + redact.Mark + "@" + host + strings.TrimPrefix(rest, from.authority)
	}
	return method + " " + hide.RequestTarget(target) + " " + protocol
}

// The lengths from which a body is cut in a report: as a text in characters, and
// as base64 in bytes.
const (
	longestBody   = 2000
	longestBinary = 64 << 10
)

// shownBody hides secrets before the body is cut: a secret that the cut goes
// through would not be found.
func shownBody(body []byte, hide *redact.Redactor) string {
	return text.Cut(strings.ToValidUTF8(hide.Body(string(body)), "\uFFFD"), longestBody)
}

// fewBytes show an encoding or a compression by its first letters.
const fewBytes = 4

// binaryBody is the body in base64 where a text does not show it, and where
// nothing in it is hidden. Of one that is no text at all the beginning is shown.
func binaryBody(from *request, hide *redact.Redactor) string {
	if utf8.Valid(from.body) && len(from.body) <= longestBody {
		return ""
	}
	content, _ := from.decodedBody()
	for _, text := range []string{string(from.body), string(content)} {
		if hide.Text(text) != text || !redact.IsBinary(text) && hide.Body(text) != text {
			return ""
		}
	}
	most := longestBinary
	if redact.IsBinary(string(from.body)) {
		most = fewBytes
	}
	return base64.StdEncoding.EncodeToString(from.body[:min(len(from.body), most)])
}

// Exchanges are the requests of the call with their responses, without secrets.
func (r Result) Exchanges() []result.Exchange {
	outcomes := Outcomes{results: []Result{r}}
	hide := outcomes.redactor()
	var shown []result.Exchange
	for i, arrived := range r.requests {
		shown = append(shown, outcomes.exchange(i+1, r.Check.ID, r.job, arrived, hide))
	}
	return shown
}
