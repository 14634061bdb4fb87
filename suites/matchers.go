package suites

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// matcher is the one shape of this package's matchers. It sends nothing, and
// the same response always gives the same text: reports take want, got and place
// from it, after Match has said that something is wrong.
type matcher struct {
	want string
	// examine returns what the response has instead of want, or has when it
	// matches, and the place that shows it.
	examine func(*response) (got string, place result.Place, ok bool)
}

// Match accepts an *http.Response, whose body can still be read afterwards, or
// an *httptest.ResponseRecorder.
func (m *matcher) Match(actual any) (bool, error) {
	read, err := responseOf(actual)
	if err != nil {
		return false, err
	}
	_, _, ok := m.examine(read)
	return ok, nil
}

func (m *matcher) FailureMessage(actual any) string { return m.message(actual, m.want) }

func (m *matcher) NegatedFailureMessage(actual any) string {
	return m.message(actual, negated(m.want))
}

func (m *matcher) message(actual any, want string) string {
	read, err := responseOf(actual)
	if err != nil {
		return err.Error()
	}
	got, _, _ := m.examine(read)
	return fmt.Sprintf("Unexpected response\n    want: %s\n    got:  %s", printable(want), printable(got))
}

// String returns what is wanted, for Gomega's Or, which prints its matchers.
func (m *matcher) String() string { return m.want }

func negated(want string) string { return "anything but " + want }

// inStatus makes a matcher of the response as a whole.
func inStatus(want string, ok func(*response) bool) *matcher {
	return &matcher{want, func(r *response) (string, result.Place, bool) { return r.String(), result.InStatus, ok(r) }}
}

// notTheCaller says of a 4xx status that is not among the "4xx" that a matcher
// wants, such as 401, why it is not.
func (m *matcher) notTheCaller(wanted spec.Responses) *matcher {
	examine := m.examine
	m.examine = func(r *response) (string, result.Place, bool) {
		got, place, ok := examine(r)
		if !ok && r.status/100 == 4 && slices.Contains(wanted.Status, "4xx") && !wanted.AllowsStatus(r.status) {
			got += ", which refuses the caller and not the request"
		}
		return got, place, ok
	}
	return m
}

// Meet matches the responses that a requirement allows: the HTTP statuses and error
// codes of its Expect. For a requirement without Expect, it would match anything, so
// Match returns an error.
func Meet(requirement spec.Requirement) types.GomegaMatcher {
	allowed := meet(requirement)
	if requirement.Expect.String() == "" {
		return unusable{allowed, fmt.Errorf("requirement %q does not say which responses it allows", requirement.ID)}
	}
	return allowed
}

// unusable is a matcher that says nothing about a response.
type unusable struct {
	*matcher
	reason error
}

func (u unusable) Match(any) (bool, error) { return false, u.reason }

var errEmptyMethod = errors.New("the method is empty: load one with spec.Load")

// following is a matcher that needs a loaded method.
func following(method *spec.Method, m *matcher) types.GomegaMatcher {
	if isEmpty(method) {
		return unusable{m, errEmptyMethod}
	}
	return m
}

// meet is Meet for the checks, of which a description may have no requirement.
func meet(requirement spec.Requirement) *matcher {
	allowed := requirement.Expect
	matches := inStatus(cmp.Or(allowed.String(), "any response"), func(r *response) bool {
		return allowed.AllowsStatus(r.status) && allowed.AllowsCode(r.error().status)
	})
	return matches.notTheCaller(allowed)
}

// BeRefused matches a response with a 4xx status whose error.status is one of the
// codes, such as "NOT_FOUND". Without codes, any error.status matches, but the
// statuses 401, 407, 408 and 429 do not: those are about the caller and not about
// the request.
func BeRefused(codes ...string) types.GomegaMatcher {
	refusal := spec.Responses{Status: []string{"4xx"}, Code: codes}
	want := refusal.String()
	if len(codes) == 0 {
		want = "a refusal of the request (4xx, not 401, 407, 408 or 429)"
	}
	return inStatus(want, func(r *response) bool {
		if len(codes) == 0 {
			return refusal.AllowsStatus(r.status)
		}
		return r.status/100 == 4 && refusal.AllowsCode(r.error().status)
	})
}

// HaveNoEffect matches a response without a 2xx status, to a request that must have
// no effect.
func HaveNoEffect() types.GomegaMatcher {
	return inStatus("4xx", func(r *response) bool { return !r.succeeded() })
}

// HaveMediaType matches a response whose Content-Type has this media type, and no
// charset other than UTF-8.
func HaveMediaType(mediaType string) types.GomegaMatcher {
	return &matcher{"Content-Type " + mediaType + " in UTF-8", func(r *response) (string, result.Place, bool) {
		got, charset := r.mediaType()
		return r.headerText("Content-Type"), result.InHeader("Content-Type"), got == mediaType && (charset == "" || charset == "utf-8")
	}}
}

// HaveBearerChallenge matches a response with a WWW-Authenticate challenge of the
// scheme Bearer (RFC 6750). With codes, the error of the challenge must be one of
// them, such as "invalid_token".
func HaveBearerChallenge(codes ...string) types.GomegaMatcher {
	want := "a challenge with the scheme Bearer"
	if len(codes) > 0 {
		want += " with " + challengeErrors(codes)
	}
	return inChallenge(want, func(challenges []string) bool {
		return slices.ContainsFunc(challenges, bearerScheme().MatchString) && (len(codes) == 0 || namesError(challenges, codes))
	})
}

// bearerScheme finds the scheme at the beginning of a challenge, or after a
// comma where several share a line. It is not case-sensitive: RFC 9110, 11.1.
var bearerScheme = text.Pattern(`(?i)(^|,)\s*bearer(\s|,|$)`)

// haveChallengeError is the part of HaveBearerChallenge about the error alone.
func haveChallengeError(codes ...string) types.GomegaMatcher {
	return inChallenge(challengeErrors(codes)+" in the challenge", func(challenges []string) bool { return namesError(challenges, codes) })
}

// haveChallenge matches a challenge of any scheme.
func haveChallenge() types.GomegaMatcher {
	return inChallenge("a WWW-Authenticate header", func(challenges []string) bool {
		return strings.TrimSpace(strings.Join(challenges, "")) != ""
	})
}

func challengeErrors(codes []string) string { return `error="` + strings.Join(codes, `" or "`) + `"` }

func namesError(challenges, codes []string) bool {
	text := strings.Join(challenges, ",")
	return slices.ContainsFunc(codes, func(code string) bool { return strings.Contains(text, code) })
}

func inChallenge(want string, ok func(challenges []string) bool) types.GomegaMatcher {
	const name = "WWW-Authenticate"
	return &matcher{want, func(r *response) (string, result.Place, bool) {
		return r.headerText(name), result.InHeader(name), ok(r.header.Values(name))
	}}
}

// MatchResponseSchema matches a body that is valid against the schema of a
// successful response of the method under test.
func MatchResponseSchema(method *spec.Method) types.GomegaMatcher {
	method = orShipped(method)
	return following(method, &matcher{"a body that matches the schema", func(r *response) (string, result.Place, bool) {
		violations := method.Operation.Response.Violations(firstValue(r.body()))
		if len(violations) == 0 {
			return "a valid body", result.InBody, true
		}
		return strings.Join(violations, "; "), result.InBody, false
	}})
}

// HaveJobID matches a response that contains a job id that fits the paths of the
// description.
func HaveJobID(method *spec.Method) types.GomegaMatcher {
	method = orShipped(method)
	want := "a job id in " + method.IDField
	if method.IDPattern != nil {
		want += " that matches " + method.IDPattern.String()
	}
	return following(method, inMember(method.IDField, want, func(id string) bool {
		return strings.TrimSpace(id) != "" && fitsPath(method, id)
	}))
}

// inMember makes a matcher of a text in the JSON body.
func inMember(name, want string, ok func(text string) bool) *matcher {
	return &matcher{want, func(r *response) (string, result.Place, bool) {
		return r.memberText(name), result.InMember(name), ok(r.textMember(name))
	}}
}

// HaveState matches a successful response of the operation that reads a job's state,
// if it contains one of these states. Without states, any state matches.
func HaveState(method *spec.Method, states ...string) types.GomegaMatcher {
	method = orShipped(method)
	want := "the name of a state in " + method.StateField
	if len(states) > 0 {
		want = "the state " + text.List(states, "or")
	}
	return following(method, &matcher{want, func(r *response) (string, result.Place, bool) {
		if r.status != method.ReadState.Success {
			return r.String(), result.InStatus, false
		}
		state := r.stateBy(method)
		ok := state != "" && (len(states) == 0 || slices.Contains(states, state))
		return r.memberText(method.StateField), result.InMember(method.StateField), ok
	}})
}

// BeOneJSONValue matches a body that is exactly one JSON value in UTF-8 (RFC 8259,
// sections 2 and 8.1).
func BeOneJSONValue() types.GomegaMatcher {
	return &matcher{"one JSON value in UTF-8", func(r *response) (string, result.Place, bool) {
		got := oneValueProblem(r.body())
		if got == "" {
			return "one JSON value", result.InBody, true
		}
		return got, result.InBody, false
	}}
}
