package emulator

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

func authorizationFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"one-scope-refused", "authorization.scope", "One scope of the description is not sufficient.",
			refusingScope(func(c *spec.Method, scope string) bool { return scope == c.Scopes[len(c.Scopes)/2].Name })},
		{"last-scope-refused", "authorization.scope", "The last scope of the description is not sufficient.",
			refusingScope(func(c *spec.Method, scope string) bool { return scope == lastScope(c) })},
		{"last-family-refused", "authorization.scope", "The scopes of one product are not sufficient.",
			refusingScope(func(c *spec.Method, scope string) bool {
				last := c.Scopes[len(c.Scopes)-1]
				return spec.Scope{Name: scope}.Family() == last.Family()
			})},
		{"scopes-after-first-ignored", "authorization.scope-among-others", "The server reads only the first scope of a token.",
			counting(func(scopes []string) []string { return scopes[:min(1, len(scopes))] })},
		{"scopes-before-last-ignored", "authorization.scope-among-others", "The server reads only the last scope of a token.",
			counting(func(scopes []string) []string { return scopes[max(0, len(scopes)-1):] })},
		{"single-scope-required", "authorization.scope-among-others", "The server refuses a token with several scopes.",
			countingAtMost(1)},
		{"header-name-compared-exactly", "authorization.header-case", "The server finds the token only if the header is written Authorization.",
			overlookingHeader(func(name, _ string) bool { return name != authorizationHeader })},
		{"scheme-compared-exactly", "authorization.scheme-case", "The server recognizes the scheme only if it is written Bearer.",
			overlookingHeader(func(_, value string) bool { return !strings.HasPrefix(value, "Bearer ") })},
		{"uppercase-scheme-refused", "authorization.scheme-case", "The server recognizes the scheme only if it is written Bearer or bearer.",
			overlookingHeader(func(_, value string) bool { return strings.HasPrefix(value, "BEARER ") })},
		{"scheme-ignored", "authorization.scheme", "The server ignores the scheme, and uses the text after the first space as the token.",
			findingToken(func(_, value string) string {
				_, token, _ := strings.Cut(value, " ")
				return token
			})},
		{"basic-scheme-accepted", "authorization.scheme", "The server accepts a token with the scheme Basic.",
			takingScheme("Basic ")},
		{"scheme-not-required", "authorization.scheme", "The server accepts a token without a scheme.",
			findingToken(func(name, value string) string {
				if !strings.Contains(value, " ") {
					return value
				}
				return tokenOf(name, value)
			})},
		{"text-after-token-ignored", "authorization.one-token", "The server drops the text after a space that follows the token.",
			findingToken(func(name, value string) string {
				if words := strings.Fields(value); len(words) > 2 {
					value = words[0] + " " + words[1]
				}
				return tokenOf(name, value)
			})},
		{"dpop-scheme-accepted", "authorization.scheme", "The server accepts a token with the scheme DPoP.", takingScheme("DPoP ")},
		{"mac-scheme-accepted", "authorization.scheme", "The server accepts a token with the scheme MAC.", takingScheme("MAC ")},
		{"second-space-refused", "authorization.scheme-spaces", "The server finds a token only after exactly one space.",
			overlookingHeader(func(_, value string) bool { return strings.Contains(value, "  ") })},
		{"no-authorization", "authorization.required", "The server requires no token.", overlookingAll(credentialMissing, credentialUnknown, scopeMissing)},
		{"no-token-accepted", "authorization.no-token", "The server accepts a request without a token.", overlookingAll(credentialMissing)},
		{"no-token-forbidden", "authorization.no-token", "The server refuses a request without a token with 403.", refusingWith(credentialMissing, codePermissionDenied)},
		{"no-token-is-bad-request", "authorization.no-token", "The server refuses a request without a token with 400.", refusingWith(credentialMissing, codeInvalidArgument)},
		{"unknown-token-accepted", "authorization.unknown-token", "The server accepts an unknown token.", overlookingAll(credentialUnknown)},
		{"expired-token-accepted", "authorization.unknown-token", "The server accepts an expired token.", overlookingAll(credentialExpired)},
		{"unknown-token-forbidden", "authorization.unknown-token", "The server refuses an unknown token with 403.",
			refusingWith(credentialUnknown, codePermissionDenied)},
		{"no-challenge", "authorization.challenge", "A 401 response has no challenge.",
			withHeader(refusalsFor(credentialMissing, credentialUnknown), challengeHeader, "")},
		{"challenge-misspelled", "authorization.challenge", "The header of the challenge is misspelled as WWW-Authentication.",
			changing(refusalsFor(credentialMissing, credentialUnknown), func(_ *call, r *response) {
				r.header["WWW-Authentication"] = r.header.Values(challengeHeader)
				r.header.Del(challengeHeader)
			})},
		{"basic-challenge", "authorization.bearer-challenge", "The challenge for a request without a token asks for a password.",
			withHeader(refusalsFor(credentialMissing), challengeHeader, `Basic realm="jobs"`)},
		{"basic-challenge-for-bearers", "authorization.bearer-challenge", "The challenge asks for a password, in a realm called bearer.",
			withHeader(refusalsFor(credentialMissing), challengeHeader, `Basic realm="bearer token"`)},
		{"challenge-without-error", "authorization.challenge-error", "The challenge for an unknown token has no error.",
			withHeader(refusalsFor(credentialUnknown), challengeHeader, bearerChallenge)},
		{"challenge-with-other-error", "authorization.challenge-error", "The challenge for an unknown token has another error.",
			withHeader(refusalsFor(credentialUnknown), challengeHeader, bearerChallenge+`, error="invalid_request"`)},
		{"wrong-scope-unauthorized", "authorization.unrelated-scope", "The server refuses a token without any of the scopes with 401.",
			refusingWith(scopeMissing, codeUnauthenticated)},
		{"wrong-scope-hidden", "authorization.unrelated-scope", "The server refuses a token without any of the scopes as if the job did not exist.",
			refusingWith(scopeMissing, codeNotFound)},
		{"any-scope-accepted", "authorization.unrelated-scope", "The server accepts any scope.", overlookingAll(scopeMissing)},
		{"sibling-scope-accepted", "authorization.sibling-scope", "The server accepts one scope that does not exist and starts with the name of the service, such as dataportability.foo.bar.",
			takingScope(func(c *spec.Method, scope string) bool {
				return hasFirstPart(c, scope) && strings.HasSuffix(scope, ".foo.bar")
			})},
		{"any-scope-of-service-accepted", "authorization.sibling-scope", "The server accepts every scope that starts with the name of the service, whatever follows.", takingScope(hasFirstPart)},
		{"scope-prefix-accepted", "authorization.scope-prefix", "The server accepts a prefix of a scope.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.HasPrefix(s.Name, scope) })
			})},
		{"scope-suffix-accepted", "authorization.scope-suffix", "The server accepts a scope with a suffix.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.HasPrefix(scope, s.Name) })
			})},
		{"extra-scope-part-accepted", "authorization.scope-suffix", "The server accepts a scope with an additional part.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.HasPrefix(scope, s.Name+".") })
			})},
		{"scope-case-ignored", "authorization.scope-case", "The server compares scopes case-insensitively.",
			takingScope(func(c *spec.Method, scope string) bool {
				return slices.ContainsFunc(c.Scopes, func(s spec.Scope) bool { return strings.EqualFold(scope, s.Name) })
			})},
		{"job-before-authorization", "authorization.before-job", "The server looks up the job before it checks the authorization.", askingFirst(findJob)},
		{"unrelated-scope-accepted", "authorization.unrelated-scope", "The server accepts an unrelated scope.",
			takingScope(func(c *spec.Method, scope string) bool { return slices.Contains(c.UnrelatedScopes, scope) })},
	}}, {hasSeveralScopes, []Fault{
		{"only-first-scope-accepted", "authorization.scope", "Only the first scope of the description is sufficient.",
			refusingScope(func(c *spec.Method, scope string) bool { return scope != c.Scopes[0].Name })},
		{"documented-scopes-together-refused", "authorization.several-scopes", "The server refuses a token with two documented scopes.",
			func(b *behaviour) {
				documented := b.method.Documented()
				counting(func(scopes []string) []string {
					if len(scopes) > 1 && !slices.ContainsFunc(scopes, func(scope string) bool { return !documented[scope] }) {
						return nil
					}
					return scopes
				})(b)
			}},
		{"many-scopes-refused", "authorization.several-scopes", "The server refuses a token with more than ten scopes.",
			countingAtMost(10)},
	}}, {hasUnrelatedScope, []Fault{
		{"last-unrelated-scope-accepted", "authorization.unrelated-scope", "The server accepts one of several unrelated scopes.",
			takingScope(func(c *spec.Method, scope string) bool { return scope == c.UnrelatedScopes[len(c.UnrelatedScopes)-1] })},
		{"existing-job-hidden-differently", "authorization.before-job", "The server refuses a token without any of the scopes with 403 if the job exists, and with 404 if not.",
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
		{"named-scope-accepted", "authorization.unrelated-scope", "The server accepts an unrelated scope that is a plain name, not a URL.",
			takingScope(func(_ *spec.Method, scope string) bool { return !strings.Contains(scope, ":") })},
	}}, {hasRefusedStates, []Fault{
		{"state-before-authorization", "authorization.before-job", "The server checks the state of the job before the authorization.", askingFirst(refuseWrongState)},
	}}, {hasStates, []Fault{
		{"refused-caller-changes-job", "authorization.required", "The server refuses a request without a token, but changes the job anyway.",
			changingRefused(refusalsFor(credentialMissing))},
	}}}
}

const challengeHeader = "WWW-Authenticate"

// hasFirstPart reports whether a scope begins with the same part as the first
// scope of the description.
func hasFirstPart(method *spec.Method, scope string) bool {
	right, _, _ := strings.Cut(method.Scopes[0].Short(), ".")
	given, _, hasMore := strings.Cut(spec.Scope{Name: scope}.Short(), ".")
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

// overlookingHeader finds no token in some header fields.
func overlookingHeader(which func(name, value string) bool) change {
	return findingToken(func(name, value string) string {
		if which(name, value) {
			return ""
		}
		return tokenOf(name, value)
	})
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

// countingAtMost takes a token with more scopes than so many for one without any.
func countingAtMost(most int) change {
	return counting(func(scopes []string) []string {
		if len(scopes) > most {
			return nil
		}
		return scopes
	})
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
