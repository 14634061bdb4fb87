package suites

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// wrongScope is a scope that must not be enough.
type wrongScope struct {
	name        string
	title       string
	requirement string
	// scope makes it from the description.
	scope func(*spec.Contract) string
}

func wrongScopes() []wrongScope {
	first := func(c *spec.Contract) string { return c.Scopes[0].Name }
	last := func(c *spec.Contract) string { return c.Scopes[len(c.Scopes)-1].Name }
	return []wrongScope{
		{"unrelated-scope", "a token with only an unrelated scope", "retry.authorization.unrelated-scope",
			func(c *spec.Contract) string { return c.UnrelatedScope }},
		{"sibling-scope", "a token with a scope that is only named alike", "retry.authorization.sibling-scope", siblingScope},
		{"scope-prefix", "a token with the beginning of the first scope", "retry.authorization.scope-prefix",
			func(c *spec.Contract) string { return undocumented(c, withoutLastPart(first(c))) }},
		{"scope-prefix-letter", "a token with the last scope less a letter", "retry.authorization.scope-prefix",
			func(c *spec.Contract) string { return undocumented(c, last(c)[:len(last(c))-1]) }},
		{"scope-suffix", "a token with the first scope and a part more", "retry.authorization.scope-suffix",
			func(c *spec.Contract) string { return undocumented(c, first(c)+".readonly") }},
		{"scope-suffix-letter", "a token with the last scope and a letter more", "retry.authorization.scope-suffix",
			func(c *spec.Contract) string { return undocumented(c, last(c)+"x") }},
		{"scope-case", "a token with the first scope in capitals", "retry.authorization.scope-case",
			func(c *spec.Contract) string { return undocumented(c, shortInCapitals(first(c))) }},
	}
}

// siblingScope is named as the first scope is, in a family that nobody has.
func siblingScope(c *spec.Contract) string {
	first := c.Scopes[0]
	service, _, _ := strings.Cut(first.Short(), ".")
	return undocumented(c, strings.TrimSuffix(first.Name, first.Short())+service+".foo.bar")
}

func withoutLastPart(scope string) string {
	if cut := strings.LastIndex(scope, "."); cut > 0 {
		return scope[:cut]
	}
	return scope[:len(scope)-1]
}

func shortInCapitals(scope string) string {
	short := spec.ShortScope(scope)
	return strings.TrimSuffix(scope, short) + strings.ToUpper(short)
}

// undocumented gives the scope, or nothing where the description happens to
// have it.
func undocumented(c *spec.Contract, scope string) string {
	if c.Documents(scope) {
		return ""
	}
	return scope
}

func authorizationChecks(contract *spec.Contract) []Check {
	var checks []Check
	for _, scope := range contract.Scopes {
		checks = append(checks, Check{
			ID: "authorization/scope/" + scope.Short(), Aspect: "authorization", Title: "the scope " + scope.Short() + " alone",
			Requirements: []string{"retry.authorization.scope"},
			Sends:        "a retry of a job that cannot be retried, with a token of " + scope.Name + " alone",
			Scope:        scope.Name,
			phase:        refusing, judge: func(j *judgement) {
				judgeEnough(j, "retry.authorization.scope", scope.Name)
			},
		})
	}
	checks = append(checks,
		Check{
			ID: "authorization/scope-then-unrelated", Aspect: "authorization", Title: "a documented scope and an unrelated one behind it",
			Requirements: []string{"retry.authorization.scope-among-others"},
			Sends:        "a retry of a job that cannot be retried, with a token of both scopes",
			phase:        refusing, judge: func(j *judgement) {
				judgeEnough(j, "retry.authorization.scope-among-others", j.Contract.Scopes[0].Name, j.Contract.UnrelatedScope)
			},
		},
		Check{
			ID: "authorization/unrelated-then-scope", Aspect: "authorization", Title: "a documented scope and an unrelated one before it",
			Requirements: []string{"retry.authorization.scope-among-others"},
			Sends:        "a retry of a job that cannot be retried, with a token of both scopes",
			phase:        refusing, judge: func(j *judgement) {
				judgeEnough(j, "retry.authorization.scope-among-others", j.Contract.UnrelatedScope, j.Contract.Scopes[0].Name)
			},
		},
		Check{
			ID: "authorization/no-token", Aspect: "authorization", Title: "no token",
			Requirements: []string{"retry.authorization.no-token", "retry.authorization.required",
				"retry.authorization.challenge", "retry.authorization.bearer-challenge"},
			Sends: "a retry of a job that failed, without an Authorization header",
			phase: refusing, judge: noToken,
		},
		Check{
			ID: "authorization/unknown-token", Aspect: "authorization", Title: "a token that nobody issued",
			Requirements: []string{"retry.authorization.unknown-token", "retry.authorization.required",
				"retry.authorization.challenge", "retry.authorization.bearer-challenge", "retry.authorization.challenge-error"},
			Sends: "a retry of a job that failed, with a token made by the seed",
			phase: refusing, judge: unknownToken,
		},
		Check{
			ID: "authorization/before-job", Aspect: "authorization", Title: "the refusal tells nothing about the job",
			Requirements: []string{"retry.authorization.before-job"},
			Sends:        "retries of a job of each state and of an unknown id, once without a token and once with an unrelated scope",
			phase:        refusing, judge: beforeJob,
		})
	for _, wrong := range wrongScopes() {
		checks = append(checks, Check{
			ID: "authorization/" + wrong.name, Aspect: "authorization", Title: wrong.title,
			Requirements: []string{wrong.requirement, "retry.authorization.required"},
			Sends:        "a retry of a job that failed, with a token of " + wrong.scope(contract) + " alone",
			phase:        refusing, judge: func(j *judgement) { judgeWrongScope(j, wrong) },
		})
	}
	return checks
}

// judgeEnough judges that a token gets past the authorization. A job that
// cannot be retried shows it at no cost: its refusal comes after the
// authorization's.
func judgeEnough(j *judgement, id string, scopes ...string) {
	credential, err := j.Target.Credential(tokenLabel(scopes...), scopes...)
	if err != nil {
		wanted := "this scope alone"
		if len(scopes) > 1 {
			wanted = "these scopes together"
		}
		j.lackToken(err, "no token was given for "+wanted, "--token SCOPE=VALUE, several joined by +, or --token-template TEXT")
		return
	}
	about, known := j.standIn()
	if !known {
		about = subject{id: j.session.unknownID()}
	}
	exchange := j.send(j.retryOf(about.id, credential))
	want := "an answer about the job, past the authorization"
	if !j.answered(id, exchange, want) {
		return
	}
	switch status := exchange.Status; {
	case status == http.StatusForbidden && !known && !isScopeRefusal(exchange):
		// AIP-211 lets a server hide with 403 that there is no such job.
		j.Skip("403 to an id that no job has may be about the job", flagFor(j.Contract.RefusedStates()))
	case status == http.StatusUnauthorized, status == http.StatusForbidden,
		status == http.StatusTooManyRequests, status >= http.StatusInternalServerError,
		status >= http.StatusMultipleChoices && status < http.StatusBadRequest,
		known && status == http.StatusNotFound:
		j.Fail(id, exchange, want, describe(exchange))
	}
}

// isScopeRefusal reports whether a 403 says itself that a scope is missing
// (RFC 6750, 3.1).
func isScopeRefusal(exchange *target.Exchange) bool {
	return strings.Contains(exchange.Header.Get("Www-Authenticate"), "insufficient_scope") ||
		strings.Contains(string(exchange.Body), "SCOPE_INSUFFICIENT")
}

// forbiddenSubject gives the job for a request that must not get past the
// authorization: one that would be started, where that is allowed.
func (j *judgement) forbiddenSubject() (subject, target.Credential) {
	if credential, found := j.credential(); found {
		if about, found := j.untouched(credential); found {
			j.missing = nil
			return about, credential
		}
	}
	j.missing = nil
	return subject{id: j.session.unknownID()}, target.NoCredential
}

// refusesCaller judges the refusal of a caller who may not retry.
func (j *judgement) refusesCaller(id string, credential target.Credential) *target.Exchange {
	about, reader := j.forbiddenSubject()
	exchange := j.send(j.retryOf(about.id, credential))
	if exchange.Started() {
		j.Fail("retry.authorization.required", exchange, "no job started", describe(exchange))
	}
	j.expect(id, exchange)
	if reader.Present() && !exchange.Started() {
		j.keepsState("retry.authorization.required", about, reader)
	}
	return exchange
}

func noToken(j *judgement) {
	exchange := j.refusesCaller("retry.authorization.no-token", target.NoCredential)
	j.challenged(exchange)
}

func unknownToken(j *judgement) {
	exchange := j.refusesCaller("retry.authorization.unknown-token", target.UnknownCredential(j.session.unknownToken()))
	j.challenged(exchange)
	if challenge := exchange.Header.Get("Www-Authenticate"); challenge != "" && !strings.Contains(challenge, "invalid_token") {
		j.FailAt(result.InHeader("Www-Authenticate"), "retry.authorization.challenge-error", exchange, `error="invalid_token" in the challenge`, challenge)
	}
}

// challenged judges the challenge of an answer 401.
func (j *judgement) challenged(exchange *target.Exchange) {
	if exchange.Status != http.StatusUnauthorized {
		return
	}
	challenges := exchange.Header.Values("Www-Authenticate")
	if len(challenges) == 0 || strings.TrimSpace(strings.Join(challenges, "")) == "" {
		j.FailAt(result.InHeader("Www-Authenticate"), "retry.authorization.challenge", exchange, "a header WWW-Authenticate", "none")
		return
	}
	if !slices.ContainsFunc(challenges, bearerScheme.MatchString) {
		j.FailAt(result.InHeader("Www-Authenticate"), "retry.authorization.bearer-challenge", exchange, "a challenge of the scheme Bearer", strings.Join(challenges, ", "))
	}
}

// bearerScheme finds the scheme at the beginning of a challenge, or behind a
// comma where several share a line. Its case means nothing: RFC 9110, 11.1.
var bearerScheme = regexp.MustCompile(`(?i)(^|,)\s*bearer(\s|,|$)`)

func judgeWrongScope(j *judgement, wrong wrongScope) {
	scope := wrong.scope(j.Contract)
	if scope == "" {
		j.Skip("the description has the very scope that this would send", "--spec FILE")
		return
	}
	credential, err := j.Target.Credential(tokenLabel(scope), scope)
	if err != nil {
		flag := "--token-template TEXT, for a server that mints tokens by name"
		if scope == j.Contract.UnrelatedScope {
			flag = "--token unrelated=VALUE or --token-template TEXT"
		}
		j.lackToken(err, "no token was given for this scope alone", flag)
		return
	}
	j.refusesCaller(wrong.requirement, credential)
}

// beforeJob compares the refusals of callers without permission over jobs in
// every state and an unknown id.
func beforeJob(j *judgement) {
	var ids []string
	for _, state := range j.Contract.States {
		if given := j.Target.Jobs(state); len(given) > 0 && (j.Target.MayRetry() || !slices.Contains(j.Contract.RetryableStates, state)) {
			ids = append(ids, given[len(given)-1])
		}
	}
	if len(ids) == 0 {
		j.Skip("it needs a job that the server knows", flagFor(j.Contract.States))
		return
	}
	callers := []target.Credential{target.NoCredential}
	if unrelated, err := j.Target.Credential(tokenLabel(j.Contract.UnrelatedScope), j.Contract.UnrelatedScope); err == nil {
		callers = append(callers, unrelated)
	}
	for _, caller := range callers {
		reference := j.send(j.retryOf(j.session.unknownID(), caller))
		again := j.send(j.retryOf(j.session.unknownID(), caller))
		// A server may put something into each answer that never comes twice.
		steady := sameWords(reference, again)
		for _, id := range ids {
			j.sameRefusal(reference, j.send(j.retryOf(id, caller)), caller, steady)
		}
	}
}

// sameWords reports whether two answers say the same, but for the id of the job
// that each is about. An id may be as short as a letter, and stand in an answer
// for other reasons, so it is masked in more than one way.
func sameWords(a, b *target.Exchange) bool {
	if bytes.Equal(a.Body, b.Body) {
		return true
	}
	for _, around := range []string{"%s", "/%s", "'%s'", `"%s"`, `\"%s\"`} {
		if bytes.Equal(masked(a, around), masked(b, around)) {
			return true
		}
	}
	return false
}

// masked gives the body of an answer without the id of its job, wherever it
// stands in a form such as "/%s".
func masked(exchange *target.Exchange, around string) []byte {
	return bytes.ReplaceAll(exchange.Body, fmt.Appendf(nil, around, exchange.Request.Job), fmt.Appendf(nil, around, "ID"))
}

func (j *judgement) sameRefusal(unknown, known *target.Exchange, caller target.Credential, steady bool) {
	const id = "retry.authorization.before-job"
	want := fmt.Sprintf("%s with %s, as for an unknown id", describe(unknown), caller.Label)
	if !j.answered(id, unknown, "an answer") || !j.answered(id, known, want) {
		return
	}
	switch {
	case describe(known) != describe(unknown):
		j.Fail(id, known, want, describe(known)+" for a job that exists")
	case steady && !sameWords(known, unknown):
		j.look(unknown)
		j.FailAt(result.InBody, id, known, "the same words for every id", "other words for a job that exists")
	}
}
