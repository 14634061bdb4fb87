package emulator

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

func authorizationFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"one-scope-refused", "authorization.scope", "One scope of the description is not enough.",
			refusingScope(func(c *spec.Method, scope string) bool { return scope == c.Scopes[len(c.Scopes)/2].Name })},
		{"last-scope-refused", "authorization.scope", "The last scope of the description is not enough.",
			refusingScope(func(c *spec.Method, scope string) bool { return scope == lastScope(c) })},
		{"last-family-refused", "authorization.scope", "The scopes of one product are not enough.",
			refusingScope(func(c *spec.Method, scope string) bool {
				last := c.Scopes[len(c.Scopes)-1]
				return spec.Scope{Name: scope}.Family() == last.Family()
			})},
		{"scopes-behind-first-ignored", "authorization.scope-among-others", "Only the first scope of a token counts.",
			counting(func(scopes []string) []string { return scopes[:min(1, len(scopes))] })},
		{"scopes-before-last-ignored", "authorization.scope-among-others", "Only the last scope of a token counts.",
			counting(func(scopes []string) []string { return scopes[max(0, len(scopes)-1):] })},
		{"single-scope-demanded", "authorization.scope-among-others", "A token with several scopes counts for none.",
			counting(func(scopes []string) []string {
				if len(scopes) > 1 {
					return nil
				}
				return scopes
			})},
		{"header-name-compared-exactly", "authorization.header-case", "The token is found only where its header field is written Authorization.",
			findingToken(func(name, value string) string {
				if name != authorizationHeader {
					return ""
				}
				return tokenOf(name, value)
			})},
		{"scheme-compared-exactly", "authorization.scheme-case", "The scheme is recognized only where it is written Bearer.",
			findingToken(func(name, value string) string {
				if !strings.HasPrefix(value, "Bearer ") {
					return ""
				}
				return tokenOf(name, value)
			})},
		{"scheme-in-capitals-refused", "authorization.scheme-case", "The scheme is recognized only where it is written Bearer or bearer.",
			findingToken(func(name, value string) string {
				if strings.HasPrefix(value, "BEARER ") {
					return ""
				}
				return tokenOf(name, value)
			})},
		{"scheme-ignored", "authorization.scheme", "The token is whatever stands behind the first space.",
			findingToken(func(_, value string) string {
				_, token, _ := strings.Cut(value, " ")
				return token
			})},
		{"basic-scheme-taken", "authorization.scheme", "A token of the scheme Basic is taken.",
			takingScheme("Basic ")},
		{"scheme-not-needed", "authorization.scheme", "A token is taken without a scheme.",
			findingToken(func(name, value string) string {
				if !strings.Contains(value, " ") {
					return value
				}
				return tokenOf(name, value)
			})},
		{"text-behind-token-ignored", "authorization.one-token", "What follows a space behind the token is dropped.",
			findingToken(func(name, value string) string {
				if words := strings.Fields(value); len(words) > 2 {
					value = words[0] + " " + words[1]
				}
				return tokenOf(name, value)
			})},
		{"dpop-scheme-taken", "authorization.scheme", "A token of the scheme DPoP is taken.", takingScheme("DPoP ")},
		{"mac-scheme-taken", "authorization.scheme", "A token of the scheme MAC is taken.", takingScheme("MAC ")},
		{"second-space-refused", "authorization.scheme-spaces", "A token is found only where one space stands before it.",
			findingToken(func(name, value string) string {
				if strings.Contains(value, "  ") {
					return ""
				}
				return tokenOf(name, value)
			})},
		{"no-authorization", "authorization.required", "Nobody is asked for a token.", overlookingAll(credentialMissing, credentialUnknown, scopeMissing)},
		{"no-token-taken", "authorization.no-token", "A request without a token is let pass.", overlookingAll(credentialMissing)},
		{"no-token-forbidden", "authorization.no-token", "A request without a token is refused as 403.", refusingWith(credentialMissing, codePermissionDenied)},
		{"no-token-is-bad-request", "authorization.no-token", "A request without a token is refused as 400.", refusingWith(credentialMissing, codeInvalidArgument)},
		{"unknown-token-taken", "authorization.unknown-token", "Any token will do that nobody issued.", overlookingAll(credentialUnknown)},
		{"expired-token-taken", "authorization.unknown-token", "A token that has expired is let pass.", overlookingAll(credentialExpired)},
		{"unknown-token-forbidden", "authorization.unknown-token", "A token that nobody issued is refused as 403.",
			refusingWith(credentialUnknown, codePermissionDenied)},
		{"no-challenge", "authorization.challenge", "A response 401 has no challenge.",
			withHeader(refusalsFor(credentialMissing, credentialUnknown), challengeHeader, "")},
		{"challenge-misspelt", "authorization.challenge", "The header of the challenge is written WWW-Authentication.",
			changing(refusalsFor(credentialMissing, credentialUnknown), func(_ *call, r *response) {
				r.header["WWW-Authentication"] = r.header.Values(challengeHeader)
				r.header.Del(challengeHeader)
			})},
		{"basic-challenge", "authorization.bearer-challenge", "The challenge to a request without a token asks for a password.",
			withHeader(refusalsFor(credentialMissing), challengeHeader, `Basic realm="jobs"`)},
		{"basic-challenge-for-bearers", "authorization.bearer-challenge", "The challenge asks for a password, in a realm called bearer.",
			withHeader(refusalsFor(credentialMissing), challengeHeader, `Basic realm="bearer token"`)},
		{"challenge-without-error", "authorization.challenge-error", "The challenge to an unknown token names no error.",
			withHeader(refusalsFor(credentialUnknown), challengeHeader, bearerChallenge)},
		{"challenge-with-other-error", "authorization.challenge-error", "The challenge to an unknown token names another error.",
			withHeader(refusalsFor(credentialUnknown), challengeHeader, bearerChallenge+`, error="invalid_request"`)},
		{"wrong-scope-unauthorized", "authorization.unrelated-scope", "A token without one of the scopes is refused as 401.",
			refusingWith(scopeMissing, codeUnauthenticated)},
		{"wrong-scope-hidden", "authorization.unrelated-scope", "A token without one of the scopes is refused as if there were no such job.",
			refusingWith(scopeMissing, codeNotFound)},
		{"any-scope-taken", "authorization.unrelated-scope", "Any scope is enough.", overlookingAll(scopeMissing)},
		{"sibling-scope-taken", "authorization.sibling-scope", "A scope is enough that only begins with the name of the service.",
			takingScope(func(c *spec.Method, scope string) bool {
				return hasFirstPart(c, scope) && strings.HasSuffix(scope, ".foo.bar")
			})},
		{"any-scope-of-service-taken", "authorization.sibling-scope", "Every scope is enough that begins with the name of the service.", takingScope(hasFirstPart)},
		{"scope-prefix-taken", "authorization.scope-prefix", "The beginning of a scope of the description is enough.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.HasPrefix(s.Name, scope) })
			})},
		{"scope-suffix-taken", "authorization.scope-suffix", "A scope of the description with something behind it is enough.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.HasPrefix(scope, s.Name) })
			})},
		{"scope-part-more-taken", "authorization.scope-suffix", "A scope of the description with a part more is enough.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.HasPrefix(scope, s.Name+".") })
			})},
		{"scope-case-ignored", "authorization.scope-case", "A scope is compared without regard to case.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.EqualFold(scope, s.Name) })
			})},
		{"job-before-authorization", "authorization.before-job", "The job is looked up before the authorization is checked.", askingFirst(findJob)},
		{"unrelated-scope-taken", "authorization.unrelated-scope", "An unrelated scope is enough.",
			takingScope(func(c *spec.Method, scope string) bool { return slices.Contains(c.UnrelatedScopes, scope) })},
	}}, {hasSeveralScopes, []Fault{
		{"only-first-scope-accepted", "authorization.scope", "Only the first scope of the description is enough.",
			refusingScope(func(c *spec.Method, scope string) bool { return scope != c.Scopes[0].Name })},
		{"documented-scopes-together-refused", "authorization.several-scopes", "Two documented scopes in one token count for none.",
			func(b *behaviour) {
				documented := b.method.Documented()
				counting(func(scopes []string) []string {
					if len(scopes) > 1 && !slices.ContainsFunc(scopes, func(scope string) bool { return !documented[scope] }) {
						return nil
					}
					return scopes
				})(b)
			}},
		{"many-scopes-refused", "authorization.several-scopes", "More than ten scopes in one token count for none.",
			counting(func(scopes []string) []string {
				if len(scopes) > 10 {
					return nil
				}
				return scopes
			})},
	}}, {hasUnrelatedScope, []Fault{
		{"last-unrelated-scope-taken", "authorization.unrelated-scope", "One unrelated scope of several is enough.",
			takingScope(func(c *spec.Method, scope string) bool { return scope == c.UnrelatedScopes[len(c.UnrelatedScopes)-1] })},
		{"existing-job-hidden-otherwise", "authorization.before-job", "A token without one of the scopes is refused as 403 for a job that exists, as 404 for others.",
			changing(refusalsFor(scopeMissing), func(c *call, r *response) {
				c.jobs.mutex.Lock()
				defer c.jobs.mutex.Unlock()
				if c.jobs.byID[c.id] == nil {
					r.status = http.StatusNotFound
					r.failure.set(codeField, r.status)
					r.failure.set(statusField, codeNotFound)
				}
			})},
	}}, {hasNamedScope, []Fault{
		{"named-scope-taken", "authorization.unrelated-scope", "A scope is enough that is a name and no address.",
			takingScope(func(_ *spec.Method, scope string) bool { return !strings.Contains(scope, ":") })},
	}}, {hasRefusedStates, []Fault{
		{"state-before-authorization", "authorization.before-job", "The state of the job is checked before the authorization is.", askingFirst(refuseWrongState)},
	}}, {hasStates, []Fault{
		{"refused-caller-changes-job", "authorization.required", "A request without a token is refused, and the job changes all the same.",
			changingRefused(refusalsFor(credentialMissing))},
	}}}
}

const challengeHeader = "WWW-Authenticate"

// hasFirstPart reports whether a scope begins with the same part as the first
// scope of the description.
func hasFirstPart(method *spec.Method, scope string) bool {
	right, _, _ := strings.Cut(method.Scopes[0].Short(), ".")
	given, _, hasMore := strings.Cut(spec.ShortScope(scope), ".")
	return given == right && hasMore
}

// refuseWrongState refuses a job that exists and is not accepted.
func refuseWrongState(c *call) *refusal {
	c.jobs.mutex.Lock()
	defer c.jobs.mutex.Unlock()
	if job := c.jobs.byID[c.id]; job != nil && !c.isAccepted(job) {
		return c.refuse(stateRefused, job.state)
	}
	return nil
}

// takingScope takes further scopes for enough.
func takingScope(which func(method *spec.Method, scope string) bool) change {
	return func(b *behaviour) { also(&b.accepts, func(scope string) bool { return which(b.method, scope) }) }
}

// refusingScope takes a scope of the description for not enough.
func refusingScope(which func(method *spec.Method, scope string) bool) change {
	return func(b *behaviour) { except(&b.accepts, func(scope string) bool { return which(b.method, scope) }) }
}

// findingToken finds the token of a request in another way.
func findingToken(find func(name, value string) string) change {
	return func(b *behaviour) { b.tokenOf = find }
}

// takingScheme takes another scheme for Bearer.
func takingScheme(scheme string) change {
	return findingToken(func(name, value string) string { return tokenOf(name, strings.Replace(value, scheme, "Bearer ", 1)) })
}

// counting looks at some scopes of a token only.
func counting(which func(scopes []string) []string) change {
	return func(b *behaviour) {
		before := b.countedScopes
		b.countedScopes = func(scopes []string) []string { return which(before(scopes)) }
	}
}

// changingRefused puts the job of a refused request into the state that a success
// leads to.
func changingRefused(which selector) change {
	return changing(which, func(c *call, _ *response) {
		c.jobs.mutex.Lock()
		defer c.jobs.mutex.Unlock()
		if job := c.jobs.byID[c.id]; job != nil {
			job.state = c.behaviour.stateAfter
		}
	})
}

func lastScope(method *spec.Method) string { return method.Scopes[len(method.Scopes)-1].Name }
