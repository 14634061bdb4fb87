package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes for which a client fails many scenarios.

// fewest is the number of scenarios, and of requirements, from which something alike in
// them is one cause.
const fewest = 3

// clientCauses are the mistakes that a client makes in most scenarios, or after
// nearly every response.
func (r Report) clientCauses() []Cause {
	var causes []Cause
	add := func(cause Cause, summary, fix string, explains func(Broken) bool) {
		for _, broken := range slices.Concat(r.Broken(Fail), r.Broken(Warn)) {
			if !explains(broken) {
				continue
			}
			if !slices.Contains(cause.Requirements, broken.Requirement.ID) {
				cause.Requirements = append(cause.Requirements, broken.Requirement.ID)
			}
			cause.Exchange = cmp.Or(cause.Exchange, broken.Found[0].Exchange)
			count := 0
			for _, one := range broken.Found {
				count += one.Count
			}
			cause.Count = max(cause.Count, count) // A request may show several.
			cause.Checks = append(cause.Checks, broken.Checks()...)
		}
		slices.Sort(cause.Checks)
		cause.Checks = slices.Compact(cause.Checks)
		for _, check := range r.Checks {
			for i := range check.Findings {
				if finding := &check.Findings[i]; slices.Contains(cause.Requirements, finding.Requirement) {
					finding.Cause = cmp.Or(finding.Cause, cause.ID)
				}
			}
		}
		cause.Summary, cause.Fix = summary, sentence(fix)
		causes = append(causes, cause)
	}
	seen, repeats, errors := map[string]bool{}, []Broken{}, []Broken{}
	for _, broken := range r.Broken(Fail) {
		requirement := broken.Requirement
		scenarios, first := len(broken.Checks()), broken.Found[0]
		isThis := func(other Broken) bool { return other.Requirement.ID == requirement.ID }
		switch {
		case strings.HasPrefix(requirement.ID, "client.repeat."):
			repeats = append(repeats, broken)
		case slices.Contains(membersOfError, requirement.ID):
			errors = append(errors, broken)
		case requirement.ID == ConditionSteps && r.silent():
			add(Cause{ID: "no-outcome"}, "the client reports no outcome: neither a line of JSON nor an exit code says what came of its calls", r.howToReport(), isThis)
		case scenarios < fewest || requirement.Aspect == "outcome" || !r.inMost(broken):
		case requirement.ID == ConditionCalled:
			fix := "let the command call {endpoint}, or the address in DPCONFORM_ENDPOINT"
			if command := first.Check.Call.Command; command != nil && (command.Exit != 0 || command.Signal != "") {
				fix = "correct what ends the command before its first call; --show-output prints all that it writes"
			}
			add(Cause{ID: "not-called"}, "no request arrived in "+strings.Replace(r.share(scenarios), "all", "any of", 1)+strings.TrimPrefix(first.Got, "none"), fix, isThis)
		case !requirement.Condition() && !seen[requirement.Aspect]:
			seen[requirement.Aspect] = true
			refusal := ""
			if len(causes) == 0 {
				refusal = r.refusal()
			}
			summary, fix := fmt.Sprintf("the same mistake in %s: want %s, got %s", r.share(scenarios), first.Want, first.Got), requirement.Fix
			if verb := escapedVerb(first); verb != "" {
				summary = "the colon before the verb is escaped, as %3A, in " + r.share(scenarios)
				fix = fmt.Sprintf("escape only the id, and append `:%s` to the result, such as quote(job, safe='') + ':%s' in Python", verb, verb)
			}
			add(Cause{ID: "every-request"}, summary+refusal, fix,
				func(other Broken) bool {
					return other.Requirement.Aspect == requirement.Aspect && r.inMost(other)
				})
		}
	}
	isOf := func(group []Broken) func(Broken) bool {
		return func(other Broken) bool {
			return slices.ContainsFunc(group, func(one Broken) bool { return one.Requirement.ID == other.Requirement.ID })
		}
	}
	if len(repeats) > fewest {
		add(Cause{ID: "every-repeat"}, "the client repeats a call after nearly every failure, whatever it is",
			"retry after 429 and 503, with a wait, and after 401 with a new token. Report every other error at once", isOf(repeats))
	}
	if len(errors) == len(membersOfError) {
		add(Cause{ID: "bare-error"}, "the errors that the client reports do not have the code, status and message of the server's error",
			"parse the JSON of a refusal, and return its error.code, error.status and error.message: "+ErrorLine, isOf(errors))
	}
	return causes
}

// escapedVerb is the verb behind an escaped colon at the end of a path; empty for none.
func escapedVerb(found Found) string {
	const colon = "%3A"
	at := strings.LastIndex(strings.ToUpper(found.Got), colon)
	if found.Requirement != "client.path.verb" || at < 0 || !strings.HasSuffix(found.Want, ":"+found.Got[at+len(colon):]) {
		return ""
	}
	return found.Got[at+len(colon):]
}

// membersOfError are the requirements on the error that a client reports.
var membersOfError = []string{"client.outcome.code", "client.outcome.status", "client.outcome.message"}

// ErrorLine is how a client reports an error.
const ErrorLine = `{"job":"ID","error":{"code":N,"status":"NAME","message":"TEXT"}}`

// inMost reports whether a client breaks something in most of the scenarios in which
// a request arrived: those with another protocol may not show it.
func (r Report) inMost(broken Broken) bool {
	tested := len(r.Checks)
	if !broken.Requirement.Condition() {
		tested = len(slices.DeleteFunc(slices.Clone(r.Checks), func(check Check) bool { return len(check.Exchanges) == 0 }))
	}
	return len(broken.Checks())*4 >= tested*3
}

// share says in how many scenarios something is so.
func (r Report) share(scenarios int) string {
	if scenarios == len(r.Checks) {
		return fmt.Sprintf("all %d scenarios", scenarios)
	}
	return fmt.Sprintf("%d of %d scenarios", scenarios, len(r.Checks))
}

// refusal says with which status the server refuses most requests for a mistake in
// them; empty where it refuses none.
func (r Report) refusal() string {
	refused := slices.DeleteFunc(slices.Clone(r.Exchanges), func(one Exchange) bool {
		return one.Arrival == nil || !one.Arrival.Refused || one.Response == nil
	})
	groups := text.Grouped(refused, func(one Exchange) int { return one.Response.Status })
	if len(groups) == 0 {
		return ""
	}
	most := slices.MaxFunc(groups, func(a, b []Exchange) int { return len(a) - len(b) })
	return fmt.Sprintf("; a real server refuses it with %d", most[0].Response.Status)
}

// silent reports whether a client reported no outcome, in whatever scenario.
func (r Report) silent() bool {
	return !slices.ContainsFunc(r.Checks, func(check Check) bool {
		return check.Call != nil && (check.Call.Reported != nil || check.Call.Command != nil && check.Call.Command.Exit != 0)
	})
}

// howToReport says how a client reports an error.
func (r Report) howToReport() string {
	if r.ByHand() {
		return "report what came of each call, such as " + ErrorLine + ", with POST /outcomes, or /control/calls/ID/outcome for a call that was started there"
	}
	return "print what came of each call, an error as a line " + ErrorLine + ", or end with an exit code other than 0; --wire-only tests only the requests"
}
