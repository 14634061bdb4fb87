package result

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes that lie in what the server makes of tokens.

// callerRefused: no token gets past the authorization, or none was sent.
func (e evidence) callerRefused() diagnosis {
	withToken := func(exchange *Exchange) bool { return strings.HasPrefix(exchange.Request.Credential, "token ") }
	call := func(exchange *Exchange) bool { return exchange.Retry && withToken(exchange) }
	every := e.refused("tokens are refused", withToken)
	// What reads a state may need no token, or not be served at all.
	for _, found := range []diagnosis{every, e.refused("tokens are refused in calls of the method", call)} {
		if len(e.shown(found.shows)) >= found.least {
			return found
		}
	}
	// Paths that no method has may be refused before any token is read.
	routed := func(exchange *Exchange) bool {
		return withToken(exchange) && exchange.status() != http.StatusNotFound && exchange.status() != http.StatusMethodNotAllowed
	}
	if found := e.refused("tokens are refused", routed); len(e.shown(found.shows)) >= max(found.least, (len(e.shown(withToken))+1)/2) {
		return found
	}
	// The other checks use the token of one scope, which may be the only bad one.
	tokens := text.Grouped(e.shown(withToken), func(exchange *Exchange) string { return exchange.Request.Credential })
	if len(tokens) == 0 {
		return every
	}
	most := slices.MaxFunc(tokens, func(a, b []*Exchange) int { return len(a) - len(b) })[0].Request.Credential
	return e.refused("the "+most+", which most checks use, is refused", func(exchange *Exchange) bool { return exchange.Request.Credential == most })
}

// callerRefusedFirst is why a check is skipped that got nothing but the refusal of its
// caller.
const callerRefusedFirst = "the caller was refused before the request was looked at" + FixFirst

// skipRefusedCallers skips the checks that pass since a request has to be refused, where
// the server refuses all callers: it may accept the request of a caller whom it accepts.
func (r *Report) skipRefusedCallers() {
	e := r.evidence()
	found := e.callerRefused()
	if found.shows == nil || len(e.shown(found.shows)) < max(found.least, 1) {
		return
	}
	tested := map[int]bool{}
	for _, exchange := range e.responses {
		tested[exchange.Number] = !found.shows(exchange) && e.shownState(exchange) == ""
	}
	for i := range r.Checks {
		check := &r.Checks[i]
		ofRequests := slices.Contains([]string{"path", "body", "semantics"}, check.Aspect)
		if ofRequests && check.Verdict == Pass && len(check.Exchanges) > 0 && !slices.ContainsFunc(check.Exchanges, func(number int) bool { return tested[number] }) {
			check.Verdict, check.Reason = Skip, callerRefusedFirst
		}
	}
}

// refused: nearly all requests with some token, or without one if none has any, are
// refused because of it.
func (e evidence) refused(refused string, withToken func(*Exchange) bool) diagnosis {
	noToken := !slices.ContainsFunc(e.responses, withToken)
	if noToken {
		withToken = func(exchange *Exchange) bool {
			return exchange.status() != http.StatusNotFound && exchange.status() != http.StatusMethodNotAllowed // Other paths need no token.
		}
	}
	total := len(e.shown(withToken))
	status := http.StatusUnauthorized
	shows := func(exchange *Exchange) bool { return exchange.status() == status && withToken(exchange) }
	if len(e.shown(shows)) < e.nearly(total) {
		status = http.StatusForbidden
	}
	skips := func(check Check) bool { return check.Reason == callerRefusedFirst }
	return diagnosis{id: "caller-refused", least: e.nearly(total), shows: shows, skips: skips, say: func(_ *Exchange, count int) (summary, fix string) {
		summary = refused
		switch {
		case noToken && e.Settings.NoAuth:
			summary = "the server requires a token, but --no-auth sends none: requests are refused"
			fix = "Remove --no-auth, and give tokens with --token or --token-template."
		case noToken:
			summary = "the server requires a token, but no request has one: requests are refused"
			fix = "Give tokens with --token or --token-template. If the description has no scopes, add those that the method requires."
		case status == http.StatusForbidden && slices.ContainsFunc(e.responses, func(one *Exchange) bool {
			return one.Retry && strings.HasSuffix(one.Request.Credential, " scopes") && (one.succeeded() || one.status() == http.StatusBadRequest)
		}):
			fix = "Accept a token with any one of the documented scopes; do not demand all of them, as the server does."
		case status == http.StatusForbidden:
			fix = "Give tokens with the documented scopes, from a user who owns the jobs. The server must accept any one of the scopes."
		default:
			fix = "Give tokens that the server accepts, with --token or --token-template. A proxy in front of the server may remove the Authorization header."
		}
		summary += fmt.Sprintf(" with %d in %d of %d responses", status, count, total)
		same := text.Grouped(e.shown(shows), (*Exchange).reason)
		most := slices.MaxFunc(same, func(a, b []*Exchange) int { return len(a) - len(b) })
		if reason := most[0].reason(); len(most) >= e.nearly(count) && reason != "" {
			summary += fmt.Sprintf("; the server says %q", text.Line(text.Cut(reason, 200)))
		}
		return summary, fix
	}}
}

// nobodyRefused: every call without a token, or with one that nobody issued, gets
// past the authorization.
func (e evidence) nobodyRefused() diagnosis {
	const few = 3
	// What is refused but for its job may be so whatever its token.
	passes := func(exchange *Exchange) bool {
		status := exchange.status()
		refusesJob := status == http.StatusBadRequest || status == http.StatusConflict || status == http.StatusNotFound && exchange.JobState == ""
		return exchange.Retry && (status/100 == 2 || refusesJob)
	}
	// A failure of the server, such as one to look up an unknown id, refuses nobody.
	answered := e.shown(func(exchange *Exchange) bool { return exchange.unauthorized() && exchange.status()/100 != 5 })
	return diagnosis{id: "nobody-refused", least: max(few, len(answered)),
		shows: func(exchange *Exchange) bool { return exchange.unauthorized() && passes(exchange) },
		explains: func(finding Finding, exchange *Exchange) bool {
			return strings.HasPrefix(finding.Requirement, "authorization.") && passes(exchange)
		},
		say: func(_ *Exchange, count int) (summary, fix string) {
			return fmt.Sprintf("the server does not check tokens: it refused none of the %d calls without a token or with an unknown one", count),
				"refuse them with 401 before anything else; if the server is meant to have no authorization, run with --no-auth, which needs no token and tests no authorization"
		}}
}

// noScopes: every call with a token that has none of the documented scopes gets past
// the authorization.
func (e evidence) noScopes() diagnosis {
	documented := map[string]bool{}
	for _, scope := range e.Scopes {
		documented["token for "+scope.Short] = true
	}
	without := func(exchange *Exchange) bool {
		named := exchange.Request.Credential
		return exchange.Retry && strings.HasPrefix(named, "token for ") && !strings.Contains(named, " and ") && !strings.HasSuffix(named, " scopes") && !documented[named]
	}
	passes := func(exchange *Exchange) bool {
		return exchange.status() != http.StatusUnauthorized && exchange.status() != http.StatusForbidden
	}
	if len(documented) == 0 || slices.ContainsFunc(e.responses, func(one *Exchange) bool { return without(one) && !passes(one) }) {
		return diagnosis{}
	}
	unknown := func(exchange *Exchange) bool {
		return exchange.Request.Credential == "unknown token" && exchange.succeeded()
	}
	anyToken := slices.ContainsFunc(e.responses, unknown)
	return diagnosis{id: "no-scopes", least: 3, shows: func(exchange *Exchange) bool { return without(exchange) && exchange.succeeded() },
		explains: func(finding Finding, exchange *Exchange) bool {
			return (without(exchange) || unknown(exchange)) && strings.HasPrefix(finding.Requirement, "authorization.")
		},
		say: func(first *Exchange, count int) (summary, fix string) {
			if anyToken {
				return fmt.Sprintf("the server accepts any token: an unknown one, and all %d whose scopes are none of the documented ones, such as a %s", count, first.Request.Credential),
					"refuse an unknown or expired token with 401 UNAUTHENTICATED, and a valid one without a documented scope with 403 PERMISSION_DENIED, before you look up the job"
			}
			return fmt.Sprintf("the server does not check scopes: it accepted all %d calls whose token has none of the documented scopes, the first with a %s", count, first.Request.Credential),
				"refuse a valid token without a documented scope with 403 PERMISSION_DENIED, before you look up the job"
		}}
}
