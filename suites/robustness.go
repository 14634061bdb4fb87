package suites

import (
	"net/http"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

func robustnessChecks(method *spec.Method) []Check {
	return observe(ofEveryExchange, (*judgement).everyExchange,
		expectation{"robustness/in-time", "every response is whole within the limit", "robustness.in-time",
			noFault("a whole response in time", target.Slow)},
		expectation{"robustness/answered", "every request gets a response", "robustness.answered",
			noFault("an HTTP response", target.HangUp, target.Reset, target.Malformed)},
		expectation{"robustness/whole", "every body is whole", "robustness.whole",
			noFault("a body as long as it is announced", target.Truncated, target.BrokenChunks, target.Endless)},
		expectation{"robustness/one-value", "every JSON response is one JSON value", "robustness.one-value", oneValueIfJSON(method)})
}

// noFault matches an exchange that did not end in one of these faults.
func noFault(want string, kinds ...target.FaultKind) types.GomegaMatcher {
	return inStatus(want, func(r *response) bool {
		return r.exchange.Complete() || !slices.Contains(kinds, r.exchange.Fault.Kind)
	})
}

// oneValueIfJSON is BeOneJSONValue for the method's own responses that say that
// they are JSON.
func oneValueIfJSON(method *spec.Method) types.GomegaMatcher {
	return &matcher{"one JSON value in UTF-8", func(r *response) (string, result.Place, bool) {
		kind, _ := r.mediaType()
		if !r.exchange.Complete() || kind != method.Operation.MediaType || r.isFrontEndPage() || r.status == http.StatusNoContent {
			return r.String(), result.InBody, true
		}
		ok, seen := explain(BeOneJSONValue(), r)
		return seen.got, seen.place, ok
	}}
}
