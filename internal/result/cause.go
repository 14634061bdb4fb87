package result

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// Cause is one mistake that many findings come from.
type Cause struct {
	// ID is stable: "error-wrapper".
	ID string `json:"id"`
	// Summary says what is wrong, and Fix what an author usually has to change.
	Summary string `json:"summary"`
	Fix     string `json:"fix"`
	// Exchange is the number of the first exchange that shows it, 0 for none, and Count
	// the number of all that do.
	Exchange int `json:"exchange"`
	Count    int `json:"count"`
	// Requirements and Checks are those with a finding that it explains. Skipped are the
	// checks that it kept from being tested; a cause of those alone has no requirement.
	Requirements []string `json:"requirements"`
	Checks       []string `json:"checks"`
	Skipped      []string `json:"skipped,omitempty"`
}

// ConcludeCauses finds what the findings of a report come from, as far as its exchanges,
// or the scenarios of a client, show it.
func (r *Report) ConcludeCauses() {
	r.Causes = nil
	for _, check := range r.Checks {
		for i := range check.Findings {
			check.Findings[i].Cause = ""
		}
	}
	if !slices.ContainsFunc(r.Checks, func(check Check) bool { return len(check.Findings) > 0 }) {
		return
	}
	if r.Client != nil {
		r.Causes = r.clientCauses()
		return
	}
	e := r.evidence()
	dominant := false
	for _, find := range []func() diagnosis{e.noHTTP, e.callLost, e.brokenMessages, e.errorsAsSuccess, e.oneStatus, e.foreignServer, e.callerRefused, e.unknownJob, e.notRouted, e.noStates,
		e.callRefused, e.jobsChanged, e.nobodyRefused, e.noScopes, e.errorWrapper, e.contentLength, e.otherSuccess, e.serverFails, e.connectionLost, e.frameworkErrors, e.decodedPath, e.bodyUnread,
		e.connection} {
		cause, explained := e.conclude(find())
		// What a shared connection spoils is another mistake in any case.
		if len(cause.Requirements)+len(cause.Skipped) == 0 || dominant && cause.ID != "persistent-connection" || slices.ContainsFunc(r.Causes, cause.within) {
			continue
		}
		r.Causes = append(r.Causes, cause)
		for _, finding := range explained {
			finding.Cause = cmp.Or(finding.Cause, cause.ID)
		}
		dominant = dominant || cause.Count*10 >= len(e.responses)*9 // Whatever else is wrong comes from it.
	}
	slices.SortStableFunc(r.Causes, func(a, b Cause) int {
		switch leads := r.Leads(a); {
		case leads == r.Leads(b):
			return len(b.Checks) - len(a.Checks)
		case leads:
			return -1
		}
		return 1
	})
}

// Leads reports whether a cause is shown before the failures: it explains one that is
// as severe as the first, or most of them. Others stand before the first failure that
// they explain.
func (r Report) Leads(cause Cause) bool {
	failed, explained := r.Broken(Fail), 0
	if r.Client != nil {
		return true // It is about nearly all scenarios.
	}
	for _, broken := range failed {
		if !slices.Contains(cause.Requirements, broken.Requirement.ID) {
			continue
		}
		if explained++; broken.severity() == failed[0].severity() || explained*2 > len(failed) {
			return true
		}
	}
	return len(failed) == 0
}

// CausesBefore takes from causes those that are shown before a failure.
func (b Broken) CausesBefore(causes *[]Cause) (before []Cause) {
	explains := func(cause Cause) bool { return slices.Contains(cause.Requirements, b.Requirement.ID) }
	before = slices.DeleteFunc(slices.Clone(*causes), func(cause Cause) bool { return !explains(cause) })
	*causes = slices.DeleteFunc(slices.Clone(*causes), explains)
	return before
}

// LeadingCauses divides the causes into those that are shown before the failures, and
// the rest.
func (r Report) LeadingCauses() (leading, others []Cause) {
	for _, cause := range r.Causes {
		if r.Leads(cause) {
			leading = append(leading, cause)
		} else {
			others = append(others, cause)
		}
	}
	return leading, others
}

// Unexplained is a broken requirement with the findings that no cause explains.
func (b Broken) Unexplained() Broken {
	b.Found = slices.DeleteFunc(slices.Clone(b.Found), func(one Found) bool { return one.Cause != "" })
	return b
}

// Explained reports whether causes explain all findings of a requirement.
func (b Broken) Explained() bool { return len(b.Unexplained().Found) == 0 }

// FixOf is what an author has to change about a finding: the fix of the cause that
// explains it, or that of its requirement.
func (r Report) FixOf(requirement Requirement, found Found) string {
	if cause, explained := text.Find(r.Causes, func(one Cause) bool { return one.ID == found.Cause }); explained {
		return cause.Fix
	}
	return r.fix(requirement, found)
}

// fix is what an author has to change about a requirement. Where the server did not
// get to it, since it failed or closed the connection, that comes first.
func (r Report) fix(requirement Requirement, shown Found) string {
	if requirement.ID == ConditionSteps && shown.Check.Call != nil && shown.Check.Call.Reported == nil {
		return requirement.Fix + " " + sentence(r.howToReport())
	}
	own := requirement.Aspect == "robustness" || requirement.Aspect == "errors"
	if shown.Exchange < 1 || shown.Exchange > len(r.Exchanges) || r.Client != nil || own {
		return requirement.Fix
	}
	ifServerFails := ""
	if requirement.Expect.AllowsStatus(http.StatusOK) && requirement.Expect.AllowsStatus(http.StatusBadRequest) {
		ifServerFails = requirement.Fix // Only a server that fails breaks it.
	}
	switch exchange := &r.Exchanges[shown.Exchange-1]; {
	case exchange.lost():
		return strings.TrimSpace(sentence(fixLost) + " " + ifServerFails)
	case exchange.failed():
		return strings.TrimSpace(sentence("check the server's log for the cause of the "+fmt.Sprint(exchange.status())) + " " + ifServerFails)
	}
	return cmp.Or(r.fixOfResponses(shown), r.formFix(requirement, shown), requirement.Fix)
}

// fixOfResponses is the fix of a requirement of responses that was broken before in the
// same way; empty for none. What is wrong with other responses too does not come from
// what this request is about.
func (r Report) fixOfResponses(shown Found) string {
	for _, check := range r.Checks {
		for _, finding := range check.Findings {
			alike := finding.Want == shown.Want && finding.Got == shown.Got && finding.Place == shown.Place
			if strings.HasPrefix(finding.Requirement, "response.") && finding.Requirement != shown.Requirement && alike && finding.Exchange < shown.Exchange {
				requirement, _ := r.Requirement(finding.Requirement)
				return r.FixOf(requirement, Found{finding, check})
			}
		}
	}
	return ""
}

// failed reports whether the server says that it failed.
func (e *Exchange) failed() bool {
	return e.status() >= http.StatusInternalServerError && e.status() != http.StatusNotImplemented
}

// sentence is a text with a capital and one full stop.
func sentence(words string) string {
	return strings.TrimSuffix(strings.ToUpper(words[:1])+words[1:], ".") + "."
}

// ExplainedText says that causes explain all findings of a requirement, so that their
// fix is that of the requirement; empty where they do not.
func (r Report) ExplainedText(broken Broken) string {
	switch {
	case !broken.Explained():
		return ""
	case len(r.Causes) == 1:
		return "explained by the cause above"
	}
	return "explained by the causes above"
}

// Explains says in one line what a cause explains: the first few of many
// requirements, and the number of checks, each with how many of them only warn.
func (r Report) Explains(cause Cause) string {
	const few = 6
	ids := cause.Requirements
	if len(ids) > few {
		ids = append(slices.Clone(ids[:few-1]), fmt.Sprintf("%d more", len(ids)-few+1))
	}
	explained, checks := set(cause.Checks), 0
	for _, check := range r.Checks {
		if check.Verdict == Warn && explained[check.ID] {
			checks++
		}
	}
	warned, partly := len(cause.Requirements), 0
	for _, broken := range r.Broken(Fail) {
		if slices.Contains(cause.Requirements, broken.Requirement.ID) {
			warned--
			if !broken.Explained() {
				partly++
			}
		}
	}
	check := "check"
	if r.Client != nil {
		check = "scenario"
	}
	words := fmt.Sprintf("%s%s, in %s%s", text.List(ids, "and"), andWarned(len(cause.Requirements), warned),
		text.Counted(len(cause.Checks), check), andWarned(len(cause.Checks), checks))
	switch skipped := text.Counted(len(cause.Skipped), "skipped check"); {
	case len(ids) == 0:
		words = skipped
	case len(cause.Skipped) > 0:
		words += ", and " + skipped
	}
	if partly > 0 {
		words += fmt.Sprintf("; %d of the failed requirements only in part", partly)
	}
	return words
}

// andWarned divides a number into what failed and what warned; empty if all failed.
func andWarned(total, warned int) string {
	if warned == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d failed, %d warned)", total-warned, warned)
}

// CurlFor is the command that shows a cause: that of the first finding in its
// exchange, which may need an earlier request, or the request alone; empty for an
// exchange that the report does not have, and for one of a client, which has to send it.
func (r Report) CurlFor(cause Cause) string {
	for _, check := range r.Checks {
		for _, finding := range check.Findings {
			if finding.Exchange == cause.Exchange && finding.Curl != "" && slices.Contains(cause.Requirements, finding.Requirement) {
				return finding.Curl
			}
		}
	}
	if exchange, found := text.Find(r.Exchanges, func(one Exchange) bool { return one.Number == cause.Exchange && r.Client == nil }); found {
		return exchange.Request.Curl()
	}
	return ""
}

// within reports whether another cause explains all that a cause does.
func (c Cause) within(other Cause) bool {
	explained := set(other.Checks)
	return len(c.Checks) > 0 && !slices.ContainsFunc(c.Checks, func(id string) bool { return !explained[id] })
}

// diagnosis is a cause that exchanges may show.
type diagnosis struct {
	id string
	// about is the requirement to read about first; empty for that of isAbout.
	about string
	// shows reports whether an exchange shows it. Least is how many have to, at least
	// one; nil and 0 where something else is missing.
	shows func(*Exchange) bool
	least int
	// explains reports whether a finding with its exchange comes from it; nil means
	// those of the exchanges that show it.
	explains func(Finding, *Exchange) bool
	// skips reports whether it kept a skipped check from being tested; nil means none.
	skips func(Check) bool
	// first is the exchange that shows it best; nil means the first.
	first *Exchange
	// say gives summary and fix, where so many exchanges show it.
	say func(first *Exchange, count int) (summary, fix string)
	// most bounds the number of exchanges that show it, where not all that do are
	// mistakes; 0 for all.
	most int
}

// ofServer are the faults that are a server's doing.
var ofServer = []string{"hang-up", "reset", "malformed", "malformed head", "bad framing", "truncated", "broken chunking", "slow", "endless"}

// evidence is a report with the exchanges that say something of the server.
type evidence struct {
	Report
	responses []*Exchange
}

func (r *Report) evidence() evidence {
	e := evidence{Report: *r}
	for i := range r.Exchanges {
		if exchange := &r.Exchanges[i]; exchange.Response != nil || exchange.Fault != nil && slices.Contains(ofServer, exchange.Fault.Kind) {
			e.responses = append(e.responses, exchange)
		}
	}
	return e
}

// NotReached is the cause that keeps requests without checks, which read the states of
// given jobs, from the method; its ID is empty for none. An unknown id may get 404.
func (r *Report) NotReached() Cause {
	e := r.evidence()
	e.responses = slices.DeleteFunc(e.responses, func(exchange *Exchange) bool {
		return exchange.JobState == "" && exchange.status() == http.StatusNotFound
	})
	for _, find := range []func() diagnosis{e.oneStatus, e.foreignServer, e.callerRefused} {
		if cause, _ := e.conclude(find()); cause.Summary != "" {
			return cause
		}
	}
	return Cause{}
}

// found is a finding of a check, with the exchange that shows it.
type found struct {
	*Finding
	check    string
	exchange *Exchange
}

// found lists the findings of all checks that an exchange shows.
func (e evidence) found() []found {
	byNumber := map[int]*Exchange{}
	for _, exchange := range e.responses {
		byNumber[exchange.Number] = exchange
	}
	var list []found
	for _, check := range e.Checks {
		for i := range check.Findings {
			if exchange := byNumber[check.Findings[i].Exchange]; exchange != nil {
				list = append(list, found{&check.Findings[i], check.ID, exchange})
			}
		}
	}
	return list
}

// isAbout has the beginning of the requirements that some causes are about, whatever
// else they explain. Those come first: reports suggest to read about the first one.
var isAbout = map[string]string{"caller-refused": "authorization.", "framework-errors": "errors.", "error-wrapper": "errors.", "server-fails": "errors.no-server-error",
	"wrong-address": documentedCall, "doubled-prefix": documentedCall, "redirected": documentedCall, "one-status": documentedCall,
	"unknown-jobs": documentedCall, "call-refused": documentedCall, "not-routed": documentedCall, "call-lost": documentedCall, "unknown-job": "semantics.given-state", NoStateMethod: "semantics.given-state",
	"success-status": successStatus, "no-scopes": "authorization.required", "unknown-fields": "body.unknown-field"}

// documentedCall is the requirement that the call as it is documented succeeds.
const documentedCall = "path.template"

// conclude makes the cause of a diagnosis, with the findings that it explains; without
// requirements where no finding comes from it.
func (e evidence) conclude(found diagnosis) (cause Cause, explained []*Finding) {
	cause = Cause{ID: found.id, Requirements: []string{}, Checks: []string{}}
	if found.shows == nil {
		return cause, nil
	}
	shown := e.shown(found.shows)
	if cause.Count = len(shown); cause.Count == 0 || cause.Count < found.least {
		return cause, nil
	}
	if found.most > 0 {
		cause.Count = min(cause.Count, found.most)
	}
	about, first := cmp.Or(found.about, isAbout[cause.ID]), found.first
	for _, one := range e.found() {
		if explains := found.explains; explains == nil && !found.shows(one.exchange) || explains != nil && !explains(*one.Finding, one.exchange) {
			continue
		}
		explained = append(explained, one.Finding)
		if !slices.Contains(cause.Requirements, one.Requirement) {
			cause.Requirements = append(cause.Requirements, one.Requirement)
		}
		if one.Requirement == documentedCall && found.shows(one.exchange) {
			first = cmp.Or(first, one.exchange) // It is the plainest request.
		}
		cause.Checks = append(cause.Checks, one.check)
	}
	first = cmp.Or(first, shown[0])
	cause.Exchange = first.Number
	rank := func(id string) int {
		requirement, _ := e.Requirement(id)
		if about != "" && strings.HasPrefix(id, about) {
			return -1
		}
		return Broken{Requirement: requirement}.severity()
	}
	slices.SortStableFunc(cause.Requirements, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	cause.Checks = slices.Compact(cause.Checks)
	for _, check := range e.Checks {
		if found.skips != nil && check.Verdict == Skip && found.skips(check) {
			cause.Skipped = append(cause.Skipped, check.ID)
		}
	}
	cause.Summary, cause.Fix = found.say(first, cause.Count)
	cause.Fix = sentence(cause.Fix)
	return cause, explained
}

// shown lists the exchanges that show something.
func (e evidence) shown(shows func(*Exchange) bool) []*Exchange {
	return slices.DeleteFunc(slices.Clone(e.responses), func(exchange *Exchange) bool { return !shows(exchange) })
}

// nearly is nine tenths of a total, and more than there are where that is too few to
// say so.
func nearly(total int) int {
	if total < 3 {
		return total + 1
	}
	return (total*9 + 9) / 10
}

// nearly of a report without checks is for plain requests, of which few are enough.
func (e evidence) nearly(total int) int {
	if total < 3 && len(e.Checks) == 0 {
		return total
	}
	return nearly(total)
}

// status is that of a whole response; 0 for none.
func (e *Exchange) status() int {
	if e.Response == nil || e.Fault != nil {
		return 0
	}
	return e.Response.Status
}

// succeeded reports whether a response is a success that is no error by its body.
func (e *Exchange) succeeded() bool { return e.status()/100 == 2 && !hasErrorObject(e) }

// line is the request as a person writes it: "POST http://127.0.0.1:8080/v1/jobs".
func (e *Exchange) line() string { return e.Request.Method + " " + e.Request.URL }

// members are those of a JSON object in a response; nil for another body.
func members(exchange *Exchange) map[string]json.RawMessage {
	var object map[string]json.RawMessage
	if exchange.Response == nil || json.Unmarshal([]byte(exchange.Response.Body), &object) != nil {
		return nil
	}
	return object
}
