package suites

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// wrongScope is a scope that is not enough for the method, or several, each for a
// token of its own.
type wrongScope struct {
	name        string
	title       string
	requirement string
	// scopes are those that the description does not happen to document.
	scopes []string
}

func wrongScopes(method *spec.Method, first, last spec.Scope) []wrongScope {
	prefix := strings.TrimSuffix(first.Name, first.Short())
	service, _, _ := strings.Cut(first.Short(), ".")
	wrong := []wrongScope{
		{"unrelated-scope", "a token with only an unrelated scope", "authorization.unrelated-scope", method.UnrelatedScopes},
		{"sibling-scope", "a token with a scope that has a similar name", "authorization.sibling-scope", []string{prefix + service + ".foo.bar"}},
		{"scope-prefix", "a token with a prefix of the first scope", "authorization.scope-prefix", []string{withoutLastPart(first.Name)}},
		{"scope-prefix-letter", "a token with the last scope without its last letter", "authorization.scope-prefix", []string{withoutLastLetter(last.Name)}},
		{"scope-suffix", "a token with the first scope plus another part", "authorization.scope-suffix", []string{first.Name + ".readonly"}},
		{"scope-suffix-letter", "a token with the last scope plus a letter", "authorization.scope-suffix", []string{last.Name + "x"}},
		{"scope-case", "a token with the first scope in upper case", "authorization.scope-case", []string{prefix + strings.ToUpper(first.Short())}},
	}
	for i := range wrong {
		wrong[i].scopes = slices.DeleteFunc(slices.Clone(wrong[i].scopes), method.Documents)
	}
	return wrong
}

func withoutLastPart(scope string) string {
	if cut := strings.LastIndex(scope, "."); cut > 0 {
		return scope[:cut]
	}
	return withoutLastLetter(scope)
}

func withoutLastLetter(scope string) string { return scope[:max(0, len(scope)-1)] }

func authorizationChecks(method *spec.Method) []Check {
	var checks []Check
	sufficient := func(name, title, requirement, sends string, scopes ...string) {
		checks = append(checks, Check{
			ID: "authorization/" + name, Title: title, Requirements: []string{requirement},
			Sends: "a call for " + freeJob(method) + ", with a token of " + sends,
			phase: refusing, run: func(j *judgement) { acceptScopes(j, requirement, scopes) },
		})
	}
	for _, scope := range method.Scopes {
		sufficient("scope/"+scope.Short(), "the scope "+scope.Short()+" alone", "authorization.scope", scope.Name+" alone", scope.Name)
		checks[len(checks)-1].Scope = scope.Name
	}
	const among = "authorization.scope-among-others"
	var first, last spec.Scope
	if scopes := method.Scopes; len(scopes) > 0 {
		first, last = scopes[0], scopes[len(scopes)-1]
	}
	sufficient("scope-then-unrelated", "a documented scope followed by an unrelated one", among, "both scopes", first.Name, method.UnrelatedScope())
	const several = "authorization.several-scopes"
	sufficient("two-scopes", "two documented scopes in one token", several, "both scopes", first.Name, last.Name)
	sufficient("all-scopes", "all documented scopes in one token", several, "all documented scopes", names(method.Scopes)...)
	sufficient("unrelated-then-scope", "an unrelated scope followed by a documented one", among, "both scopes", method.UnrelatedScope(), first.Name)
	for _, spelt := range spellings {
		check := Check{
			ID: "authorization/" + spelt.name, Title: spelt.title, Requirements: []string{spelt.requirement},
			Sends: "a call for " + freeJob(method) + ", with " + spelt.sends(),
			phase: refusing, run: func(j *judgement) { acceptSpelling(j, spelt) },
		}
		if spelt.requirement == otherScheme || spelt.requirement == oneToken {
			check.Requirements = append(check.Requirements, "authorization.required")
			check.Sends = "a call for a given job, with " + spelt.sends()
			check.run = func(j *judgement) { refuseSpelling(j, spelt) }
		}
		checks = append(checks, check)
	}
	checks = append(checks, Check{
		ID: "authorization/no-token", Title: "no token",
		Requirements: []string{"authorization.no-token", "authorization.required",
			"authorization.challenge", "authorization.bearer-challenge"},
		Sends: "a call for a given job, without an Authorization header",
		phase: refusing, run: noToken,
	}, Check{
		ID: "authorization/unknown-token", Title: "a token that was never issued",
		Requirements: []string{"authorization.unknown-token", "authorization.required",
			"authorization.challenge", "authorization.bearer-challenge", "authorization.challenge-error"},
		Sends: "a call for a given job, with a random token, and with an expired one if --token expired=VALUE gives it",
		phase: refusing, run: unknownToken,
	}, Check{
		ID: "authorization/before-job", Title: "the refusal reveals nothing about the job",
		Requirements: []string{"authorization.before-job"},
		Sends:        "calls for " + eachState(method) + " and for an unknown id, once without a token and once with an unrelated scope",
		phase:        refusing, run: refusedBeforeJob,
	})
	for _, wrong := range wrongScopes(method, first, last) {
		lacks := method.Unmet(wrong.requirement)
		if lacks == "" && len(wrong.scopes) == 0 {
			lacks = "the scope that this check sends is one of the method's"
		}
		checks = append(checks, Check{
			ID: "authorization/" + wrong.name, Title: wrong.title,
			Requirements: []string{wrong.requirement, "authorization.required"},
			Sends:        "a call for a given job, with a token of " + text.List(wrong.scopes, "or") + " alone",
			phase:        refusing, run: func(j *judgement) { insufficientScope(j, wrong) },
			lacks: lacks,
		})
	}
	return checks
}

// spelling is one way to write the header field of a token: with a scheme before
// the token, and perhaps something behind it.
type spelling struct{ name, title, requirement, field, scheme, behind string }

const (
	otherScheme = "authorization.scheme"
	oneToken    = "authorization.one-token"
)

var spellings = []spelling{
	{"header-case", "the header field in lower case", "authorization.header-case", "authorization", "Bearer ", ""},
	{"scheme-lower-case", "the scheme in lower case", "authorization.scheme-case", "Authorization", "bearer ", ""},
	{"scheme-upper-case", "the scheme in upper case", "authorization.scheme-case", "Authorization", "BEARER ", ""},
	{"scheme-spaces", "two spaces after the scheme", "authorization.scheme-spaces", "Authorization", "Bearer  ", ""},
	{"scheme-token", "a token with the scheme Token", otherScheme, "Authorization", "Token ", ""},
	{"scheme-basic", "a token with the scheme Basic", otherScheme, "Authorization", "Basic ", ""},
	{"scheme-dpop", "a token with the scheme DPoP", otherScheme, "Authorization", "DPoP ", ""},
	{"scheme-mac", "a token with the scheme MAC", otherScheme, "Authorization", "MAC ", ""},
	{"no-scheme", "a token without a scheme", otherScheme, "Authorization", "", ""},
	{"text-behind-token", "a token followed by another word", oneToken, "Authorization", "Bearer ", " dpconform"},
}

// sends shows the header field.
func (s spelling) sends() string { return s.field + ": " + s.scheme + "TOKEN" + s.behind }

// acceptSpelling sends a token that is enough in another spelling.
func acceptSpelling(j *judgement, spelt spelling) {
	if credential, found := j.credential(); found {
		j.passes(spelt.requirement, credential.As(spelt.field, spelt.scheme, spelt.behind))
	}
}

// refuseSpelling sends a token that is enough in a way that makes it none.
func refuseSpelling(j *judgement, spelt spelling) {
	if credential, found := j.credential(); found {
		j.refuseCaller(spelt.requirement, credential.As(spelt.field, spelt.scheme, spelt.behind))
	}
}

func names(scopes []spec.Scope) []string {
	var names []string
	for _, scope := range scopes {
		names = append(names, scope.Name)
	}
	return names
}

func eachState(method *spec.Method) string {
	if !hasStates(method) {
		return "a given job"
	}
	return "a job of each state"
}

// acceptScopes checks that a token gets past the authorization.
func acceptScopes(j *judgement, id string, scopes []string) {
	credential, err := j.Target.Credential(scopes...)
	if err != nil && id == "authorization.several-scopes" {
		// Any several scopes show it.
		if group, found := j.Target.GroupCredential(); found && len(group.Scopes) > 1 {
			credential, err = group, nil
		}
	}
	if err != nil {
		wanted := "this scope alone"
		if len(scopes) > 1 {
			wanted = "these scopes together"
		}
		j.skipForToken(err, "no token was given for "+wanted, "--token SCOPE=VALUE (SCOPE+SCOPE=VALUE for a token with several scopes) or --token-template TEXT")
		return
	}
	j.passes(id, credential)
}

// passes expects that a token gets past the authorization. A job that is refused
// for its state shows it without being used up: its refusal comes after that of
// the authorization.
func (j *judgement) passes(id string, credential target.Credential) {
	job, known := j.freeJob()
	if !known {
		if !j.Target.MayConsume() && !hasStates(j.Method) && j.Method.Unmet("semantics.unknown-job") != "" {
			j.Skip("without a 404 response, a call for any id may have an effect", j.consumeFlag())
			return
		}
		job.id = j.session.unknownID()
	}
	exchange := j.send(j.callOf(job.id, credential))
	if exchange.Complete() && exchange.Status == http.StatusForbidden && !known && !refusesScope(exchange) {
		// AIP-211 lets a server hide with 403 that there is no such job.
		j.Skip("403 to an id that no job has may be about the job", result.JobFlag(j.Method.RefusedStates()))
		return
	}
	j.expect(id, exchange, passAuthorization(known))
}

// passAuthorization matches every response that comes after the authorization.
func passAuthorization(toKnownJob bool) types.GomegaMatcher {
	return inStatus("a response that accepts the token", func(r *response) bool {
		switch r.status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
			return false
		case http.StatusNotFound:
			return !toKnownJob
		}
		return r.status/100 != 3 && r.status < http.StatusInternalServerError
	})
}

// refusesScope reports whether a 403 says itself that a scope is missing (RFC
// 6750, 3.1).
func refusesScope(exchange *target.Exchange) bool {
	return strings.Contains(exchange.Header.Get("WWW-Authenticate"), "insufficient_scope") ||
		bytes.Contains(exchange.WholeBody(), []byte("SCOPE_INSUFFICIENT"))
}

// refuseCaller expects the refusal of a caller without permission, for a job that
// would be used up, where that is allowed.
func (j *judgement) refuseCaller(id string, credential target.Credential) *target.Exchange {
	job, reader := jobUnderTest{id: ""}, target.NoCredential
	if found, ok := j.credential(); ok {
		if job, ok = j.jobForRefusal(found); ok {
			reader = found
		}
	}
	j.missing = nil
	if !reader.Present() {
		job.id = j.session.unknownID()
	}
	exchange := j.send(j.callOf(job.id, credential))
	// A token that is only sent in another way has the scopes.
	sufficient := slices.Contains([]string{otherScheme, oneToken}, id) && j.responseTo(exchange).succeeded()
	refused := false
	if j.refusesJob(job, exchange) {
		// It is not known what such a call does to a job that the method accepts.
		j.doubt("authorization.required", j.provesNothing(job, exchange))
	} else {
		refused = !sufficient && j.hasNoEffect("authorization.required", exchange)
	}
	j.meets(id, exchange)
	exchange = j.responseTo(exchange).exchange
	if refused && reader.Present() {
		j.keepsState("authorization.required", job, reader)
	}
	return exchange
}

func noToken(j *judgement) {
	j.challenges(j.refuseCaller("authorization.no-token", target.NoCredential))
}

// unknownToken sends a token that was never issued, and one that has expired, where
// there is one: to a server the two are the same (RFC 6750, 3.1).
func unknownToken(j *judgement) {
	if expired, err := j.Target.Credential(platform.Expired); err == nil {
		j.refuseCaller("authorization.unknown-token", expired)
	}
	exchange := j.refuseCaller("authorization.unknown-token", target.UnknownCredential(j.session.unknownToken()))
	j.challenges(exchange)
	if exchange.Header.Get("WWW-Authenticate") != "" {
		j.compare("authorization.challenge-error", j.responseTo(exchange), haveChallengeError("invalid_token"))
	}
}

// challenges expects a challenge in a response 401.
func (j *judgement) challenges(exchange *target.Exchange) {
	if exchange.Status == http.StatusUnauthorized && j.compare("authorization.challenge", j.responseTo(exchange), haveChallenge()) {
		j.compare("authorization.bearer-challenge", j.responseTo(exchange), HaveBearerChallenge())
	}
}

// insufficientScope tries each scope for which there is a token.
func insufficientScope(j *judgement, wrong wrongScope) {
	var credentials []target.Credential
	var missing error
	for _, scope := range wrong.scopes {
		credential, err := j.Target.Credential(scope)
		if err == nil {
			credentials = append(credentials, credential)
		} else if missing == nil || reasonOf(missing) == "" {
			missing = err
		}
	}
	if len(credentials) == 0 {
		flag := "--token-template TEXT, for a server that accepts a scope's name as its token"
		if wrong.requirement == "authorization.unrelated-scope" {
			flag = "--token unrelated=VALUE or --token-template TEXT"
		}
		j.skipForToken(missing, "no token was given for this scope alone", flag)
		return
	}
	if len(credentials) < len(wrong.scopes) {
		j.partly = fmt.Sprintf("%d of %s, because tokens are missing", len(credentials), text.Counted(len(wrong.scopes), "scope"))
	}
	for _, credential := range credentials {
		j.refuseCaller(wrong.requirement, credential)
	}
}

// refusedBeforeJob compares the refusals of callers without permission over jobs
// in every state and an unknown id.
func refusedBeforeJob(j *judgement) {
	states := j.Method.States
	if !hasStates(j.Method) {
		states = []string{""}
	}
	var ids []string
	for _, state := range states {
		if given := j.jobsIn(state); len(given) > 0 && (j.Target.MayConsume() || !slices.Contains(j.Method.AcceptedStates, state)) {
			ids = append(ids, given[len(given)-1])
		}
	}
	if len(ids) == 0 {
		j.Skip(j.noJobReason()+j.staleText(), result.JobFlag(j.Method.States))
		return
	}
	callers := []target.Credential{target.NoCredential}
	if j.Method.UnrelatedScope() != "" {
		if unrelated, err := j.Target.Credential(j.Method.UnrelatedScope()); err == nil {
			callers = append(callers, unrelated)
		}
	}
	const id = "authorization.before-job"
	for _, caller := range callers {
		sender := "with this token"
		if caller.Label == target.NoCredential.Label {
			sender = "without a token"
		}
		// What shares no connection can be compared.
		unknown := j.alone(j.callOf(j.session.unknownID(), caller))
		again := j.alone(j.callOf(j.session.unknownID(), caller))
		// A server may put something into each response that never comes twice.
		steady := sameWords(unknown, again)
		for _, job := range ids {
			known := j.alone(j.callOf(job, caller))
			first, second, about := unknown, known, "for an unknown id"
			if known.Complete() && refusesCaller(known) && !refusesCaller(unknown) {
				// The odd one is the response about the unknown id.
				first, second, about = known, unknown, "for a job that exists"
			}
			if !j.comparable(id, first, second) {
				continue
			}
			same := j.expect(id, second, beLike(first, "as this server responded "+about+" "+sender))
			if same && steady {
				j.expect(id, known, haveWordsOf(unknown))
			}
		}
	}
}

// refusesCaller reports whether a response refuses the caller, whatever the job.
func refusesCaller(exchange *target.Exchange) bool {
	return exchange.Status == http.StatusUnauthorized || exchange.Status == http.StatusForbidden
}

// haveWordsOf matches a body that differs from another in the job's id alone.
func haveWordsOf(other *target.Exchange) types.GomegaMatcher {
	return &matcher{"the same body as for an unknown id", func(r *response) (string, result.Place, bool) {
		if sameWords(other, r.exchange) {
			return "the same body", result.InBody, true
		}
		return "a different body for a job that exists", result.InBody, false
	}}
}

// sameWords reports whether two bodies are the same, but for the id of the job
// that each is about. An id may be as short as a letter, and stand in a body for
// other reasons, so it is masked in more than one way.
func sameWords(a, b *target.Exchange) bool {
	return slices.ContainsFunc([]string{"", "%s", "/%s", "'%s'", `"%s"`, `\"%s\"`}, func(around string) bool {
		return bytes.Equal(masked(a, around), masked(b, around))
	})
}

// masked returns a body without the id of its job, wherever it stands in a form
// such as "/%s".
func masked(exchange *target.Exchange, around string) []byte {
	if around == "" {
		return exchange.WholeBody()
	}
	return bytes.ReplaceAll(exchange.WholeBody(), fmt.Appendf(nil, around, exchange.Request.Job), fmt.Appendf(nil, around, "ID"))
}
