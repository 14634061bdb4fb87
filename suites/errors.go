package suites

import (
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// expectation is what a requirement says of each of many exchanges of the run.
type expectation struct {
	id, title, requirement string
	matcher                types.GomegaMatcher
}

// observe makes the checks that send nothing that they check, but look at
// exchanges of the whole run.
func observe(sends string, exchanges func(*judgement) []*target.Exchange, expectations ...expectation) []Check {
	checks := make([]Check, len(expectations))
	for i, each := range expectations {
		checks[i] = Check{
			ID: each.id, Title: each.title, Requirements: []string{each.requirement}, Sends: sends,
			phase: observing, run: func(j *judgement) {
				for exchange := range j.untilEnd(exchanges(j)) {
					j.compare(each.requirement, j.responseTo(exchange), each.matcher)
				}
			},
		}
	}
	return checks
}

const ofEveryExchange = "no request of its own: it examines every exchange of the run"

func errorChecks(method *spec.Method) []Check {
	return slices.Concat(
		observe("no request of its own: it examines every refusal of the method in the run", (*judgement).refusals,
			expectation{"errors/json", "refusals are JSON with an error object", "errors.json", beJSONError(method)}),
		observe("no request of its own: it examines every refusal of the method in the run", (*judgement).refusalsWithError,
			expectation{"errors/code", "error.code is the HTTP status", "errors.code", haveErrorCode()},
			expectation{"errors/status", "error.status is a code that fits the HTTP status", "errors.status", haveErrorStatus(method)},
			expectation{"errors/message", "error.message is a string", "errors.message", haveErrorMessage()},
			expectation{"errors/details", "error.details are typed", "errors.details", haveTypedDetails()},
			expectation{"errors/error-info", "error.details have one ErrorInfo", "errors.error-info", haveOneErrorInfo()}),
		observe(ofEveryExchange, (*judgement).everyExchange,
			expectation{"errors/no-internals", "no stack trace is shown", "errors.no-internals", showNoStackTrace()}),
		[]Check{{
			ID: "errors/no-token-echo", Title: "no token is repeated",
			Requirements: []string{"errors.no-token-echo"},
			Sends:        ofEveryExchange,
			phase:        observing, run: noTokenEcho,
		}},
		observe(ofEveryExchange, (*judgement).everyExchange,
			expectation{"errors/no-server-error", "nothing makes the server fail", "errors.no-server-error", beNoServerError()}),
	)
}

// refusals lists the refusals of the run that are the method's.
func (j *judgement) refusals() []*target.Exchange {
	refused := slices.DeleteFunc(j.journal(), func(exchange *target.Exchange) bool {
		return !exchange.Complete() || exchange.Status < http.StatusBadRequest || j.responseTo(exchange).isFrontEndPage()
	})
	if len(refused) == 0 {
		reason, missing := "the server refused nothing", j.missingInputs()
		if missing == "" {
			reason += result.FixFirst
		}
		j.Skip(reason, missing)
	}
	return refused
}

// refusalsWithError lists the refusals whose body has an error object.
func (j *judgement) refusalsWithError() []*target.Exchange {
	return j.having(j.refusals(), "no refusal has an error object", "errors.json", func(r *response) bool { return r.error().present })
}

// having keeps of the exchanges those whose response has something, and skips the check
// where none has: what every response breaks is the finding of another requirement.
func (j *judgement) having(exchanges []*target.Exchange, none, see string, has func(*response) bool) []*target.Exchange {
	with := slices.DeleteFunc(slices.Clone(exchanges), func(exchange *target.Exchange) bool { return !has(j.responseTo(exchange)) })
	if len(with) == 0 {
		j.Skip(none+seeFirst(see), "")
	}
	return with
}

// seeFirst follows the reason of a skip that comes from the failure of a requirement.
func seeFirst(requirement string) string { return " (see " + requirement + ")" + result.FixFirst }

// everyExchange lists the exchanges of the run that say something of the server.
func (j *judgement) everyExchange() []*target.Exchange {
	journal := j.journal()
	if len(journal) == 0 {
		j.Skip("nothing was sent in this run", j.missingInputs())
	}
	return journal
}

// untilEnd goes through exchanges until the run is ended: to look at hundreds of
// large bodies takes seconds.
func (j *judgement) untilEnd(exchanges []*target.Exchange) iter.Seq[*target.Exchange] {
	return func(yield func(*target.Exchange) bool) {
		for _, exchange := range exchanges {
			if j.ctx.Err() != nil {
				j.Skip(result.Interrupted, "")
				return
			}
			if !yield(exchange) {
				return
			}
		}
	}
}

func (j *judgement) journal() []*target.Exchange {
	return slices.DeleteFunc(j.Target.Journal(), func(exchange *target.Exchange) bool { return j.session.excused[exchange] })
}

// beNoServerError matches a 501 to a path or an HTTP method that selects no method
// too: it is the status of UNIMPLEMENTED, and RFC 9110, 9.1, asks for it.
func beNoServerError() types.GomegaMatcher {
	return &matcher{"no 5xx", func(r *response) (string, result.Place, bool) {
		sent := r.exchange.Request
		foreign := r.status == http.StatusNotImplemented && sent.FrontEnd
		failed := r.exchange.Complete() && r.status >= http.StatusInternalServerError && !foreign
		return r.String() + ", in response to " + sent.Purpose, result.InStatus, !failed
	}}
}

// noTokenEcho looks at every attempt, also at those that say nothing else of the
// server.
func noTokenEcho(j *judgement) {
	var secrets redact.Index
	for _, secret := range j.Target.Secrets() {
		// What else is secret, such as a header for a gateway, is no token.
		if _, isToken := j.Target.ScopesOf(secret); isToken && len(secret) >= shortestSecret {
			secrets.Add(secret, secret)
			secrets.Add(url.QueryEscape(secret), secret)
		}
	}
	for exchange := range j.untilEnd(j.Target.Journal()) {
		for _, attempt := range append(slices.Clone(exchange.Earlier), exchange) {
			if place, found := placeIn(&secrets, attempt); found {
				j.FailAt(place, "errors.no-token-echo", exchange, "no token in the response", "the token that the request sent")
				break
			}
		}
	}
}

// placeIn finds a token in a body, or in a field.
func placeIn(secrets *redact.Index, exchange *target.Exchange) (result.Place, bool) {
	if secrets.Contains(string(exchange.WholeBody())) {
		return result.InBody, true
	}
	for _, name := range slices.Sorted(maps.Keys(exchange.Header)) {
		if slices.ContainsFunc(exchange.Header[name], secrets.Contains) {
			return result.InHeader(name), true
		}
	}
	return "", false
}

// shortestSecret is the length under which a token may be part of a body by
// chance.
const shortestSecret = 8
