package suites

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/wire"
)

func robustnessChecks() []Check {
	return append(observe(ofEveryExchange, (*judgement).everyExchange,
		expectation{"robustness/in-time", "every response is complete within the time limit", "robustness.in-time",
			noFault("a complete response within the time limit", target.Slow)},
		expectation{"robustness/answered", "every request gets a response", "robustness.answered",
			noFault("an HTTP response", target.HangUp, target.Reset, target.Malformed)},
		expectation{"robustness/whole", "every body is complete", "robustness.whole",
			noFault("a body as long as its head announces", target.Truncated, target.BrokenChunks, target.Endless)},
		expectation{"robustness/syntax", "every head is valid HTTP", "robustness.syntax", haveValidHead()},
		expectation{"robustness/field-once", "no single-value header field is sent twice", "robustness.field-once", haveSingleFields()},
		expectation{"robustness/framing", "no body has two lengths", "robustness.framing", haveOneLength()}),
		observe(ofEveryExchange, (*judgement).jsonResponses,
			expectation{"robustness/one-value", "every JSON response is one JSON value", "robustness.one-value", BeOneJSONValue()})...)
}

// jsonResponses lists the exchanges with the method's own responses that say that they
// are JSON.
func (j *judgement) jsonResponses() []*target.Exchange {
	return j.having(j.everyExchange(), "no response says that it is JSON", "errors.json", func(r *response) bool {
		kind, _ := r.mediaType()
		return r.exchange.Complete() && kind == j.Method.Operation.MediaType && !r.isFrontEndPage() && r.status != http.StatusNoContent
	})
}

// perConnection are the requirements of what a proxy makes itself: the connection,
// the line and the framing of each message (RFC 9110, 7.6.1; RFC 9112, 6). What it
// does with a method that it does not know is its own affair too.
var perConnection = []string{
	result.PersistentConnection, "path.method-case", "robustness.answered", "robustness.whole", "robustness.syntax", "robustness.field-once", "robustness.framing",
}

// hiddenByProxy says why a check tests nothing of the server behind a proxy; empty
// where it does, or where there is none.
func (s *session) hiddenByProxy(check Check) string {
	seen := func(id string) bool { return !slices.Contains(perConnection, id) }
	if !s.target.BehindProxy() || slices.ContainsFunc(check.Requirements, seen) {
		return ""
	}
	return "a proxy is in between, and opens its own connections; list the host in NO_PROXY to bypass it"
}

// noFault matches an exchange that did not end in one of these faults.
func noFault(want string, kinds ...target.FaultKind) types.GomegaMatcher {
	return inStatus(want, func(r *response) bool {
		return r.exchange.Complete() || !slices.Contains(kinds, r.exchange.Fault.Kind)
	})
}

// faultOf is the detail of a fault of one kind; empty where there is none.
func (r *response) faultOf(kind target.FaultKind) string {
	if r.exchange.Fault == nil || r.exchange.Fault.Kind != kind {
		return ""
	}
	return r.exchange.Fault.Detail
}

// haveValidHead looks at the head as it arrived: net/http repairs it.
func haveValidHead() types.GomegaMatcher {
	return &matcher{"lines that end with CRLF, each with one field", func(r *response) (string, result.Place, bool) {
		problem := cmp.Or(r.exchange.HeadProblem, r.faultOf(target.MalformedHead))
		return cmp.Or(problem, r.String()), result.InStatus, problem == ""
	}}
}

// singleFields are the fields of a response that have one value and a meaning for
// a client (RFC 9110, 8.3, 8.6, 10.2.2 and 10.2.3).
var singleFields = []string{"Content-Type", "Content-Length", "Location", "Retry-After"}

func haveSingleFields() types.GomegaMatcher {
	return &matcher{"each of " + text.List(singleFields, "and") + " once", func(r *response) (string, result.Place, bool) {
		for _, name := range singleFields {
			if len(r.header.Values(name)) > 1 {
				values := r.shownValues(name)
				return fmt.Sprintf("%s %d times: %s", name, len(values), strings.Join(values, " and ")), result.InHeader(name), false
			}
		}
		return r.String(), result.InStatus, true
	}}
}

func haveOneLength() types.GomegaMatcher {
	return &matcher{"at most one Content-Length of digits, or Transfer-Encoding: chunked", func(r *response) (string, result.Place, bool) {
		codings, place := r.header.Values("Transfer-Encoding"), result.InHeader("Content-Length")
		if len(codings) > 0 {
			place = result.InHeader("Transfer-Encoding")
		}
		problem := cmp.Or(r.faultOf(target.BadFraming), wire.BadFraming(r.header.Values("Content-Length"), codings))
		return cmp.Or(problem, r.String()), place, problem == ""
	}}
}
