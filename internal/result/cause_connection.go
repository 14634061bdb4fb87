package result

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes for which a connection ends, or mixes up responses.

// lost reports whether the connection ended before a response.
func (e *Exchange) lost() bool {
	return e.Response == nil && e.Fault != nil && (e.Fault.Kind == "hang-up" || e.Fault.Kind == "reset")
}

// callLost: the calls for jobs in some states get no response, as of a handler that
// panics; or those that have to succeed, as through a proxy.
func (e evidence) callLost() diagnosis {
	const few = 3
	fails := slices.ContainsFunc(e.found(), func(one found) bool { return one.Requirement == documentedCall && one.exchange.lost() }) &&
		!slices.ContainsFunc(e.responses, func(one *Exchange) bool { return one.Retry && one.succeeded() })
	lost, all, names := map[string]bool{}, 0, []string{}
	for _, calls := range text.Grouped(e.shown(func(one *Exchange) bool { return one.Retry && one.JobState != "" }), func(one *Exchange) string { return one.JobState }) {
		without := len(slices.DeleteFunc(slices.Clone(calls), func(one *Exchange) bool { return !one.lost() }))
		if state := calls[0].JobState; without >= few && (fails || without*2 >= len(calls)) {
			lost[state], all, names = true, all+len(calls), append(names, state)
		}
	}
	return diagnosis{id: "call-lost", least: few, shows: func(exchange *Exchange) bool { return exchange.Retry && lost[exchange.JobState] && exchange.lost() },
		say: func(first *Exchange, count int) (summary, fix string) {
			calls := "calls for a job in the state " + text.List(names, "or")
			if count*2 < all {
				return fmt.Sprintf("no call succeeds, and %d %s got no response: %s", count, calls, first.Fault.Detail),
					fixLost + ". If its log shows success, check the proxy or load balancer in front of it"
			}
			return fmt.Sprintf("%d of %d %s got no response: %s", count, all, calls, first.Fault.Detail), fixLost
		}}
}

// losses counts the attempts at a request whose connection ended before a response.
func (e *Exchange) losses() (count int) {
	for _, attempt := range append(slices.Clone(e.Earlier), e.Last()) {
		if once := (&Exchange{Response: attempt.Response, Fault: attempt.Fault}); once.lost() {
			count++
		}
	}
	return count
}

// connectionLost: connections end at random, whatever is sent, as behind a proxy.
func (e evidence) connectionLost() diagnosis {
	const few = 3
	losses, recovered, checks, kinds := 0, 0, map[string]bool{}, map[string]bool{}
	for _, one := range e.responses {
		count := one.losses()
		if losses += count; count == 0 {
			continue
		}
		checks[one.Check] = true
		for _, attempt := range append(slices.Clone(one.Earlier), one.Last()) {
			kinds[attempt.Outcome()] = true
		}
		if !one.lost() {
			recovered++
		}
	}
	if recovered < few || len(checks) < few {
		return diagnosis{}
	}
	ended := "was reset or closed"
	switch {
	case !kinds["reset"]:
		ended = "was closed"
	case !kinds["hang-up"]:
		ended = "was reset"
	}
	return diagnosis{id: "connection-lost", least: few, shows: func(exchange *Exchange) bool { return exchange.losses() > 0 },
		explains: func(_ Finding, exchange *Exchange) bool { return exchange.lost() },
		say: func(_ *Exchange, count int) (summary, fix string) {
			return fmt.Sprintf("the connection %s before a response %d times, for requests of all kinds: %d of %d requests, of which %d got a response when they were sent again",
					ended, losses, count, len(e.responses), recovered),
				"check the proxy or load balancer in front of the server, such as its idle timeout and its limits, and the server's log; then run again"
		}}
}

// fixLost is the fix where the server ended the connection.
const fixLost = "find out why the server closed the connection: see its log. A handler that panics closes it, too"

// PersistentConnection is the requirement that requests can share a connection.
const PersistentConnection = "robustness.persistent-connection"

// connection: requests that share a connection spoil each other. The run sends each
// over its own then, so that no other finding comes from it.
func (e evidence) connection() diagnosis {
	shown := map[int]Finding{}
	for _, check := range e.Checks {
		for _, finding := range check.FindingsOf(PersistentConnection) {
			if _, known := shown[finding.Exchange]; !known {
				shown[finding.Exchange] = finding
			}
		}
	}
	shows := func(exchange *Exchange) bool { return shown[exchange.Number].Requirement != "" }
	return diagnosis{id: "persistent-connection", shows: shows, explains: func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) && finding.Requirement == PersistentConnection
	}, say: func(first *Exchange, count int) (summary, fix string) {
		found, once := shown[first.Number], ""
		if count == 1 {
			once = ", once in this run,"
		}
		got := strings.TrimPrefix(strings.TrimSuffix(found.Got, ", over a connection that other requests had used"), "not an HTTP response: ")
		return fmt.Sprintf("responses over a shared connection differ%s from those over separate ones: %s. The rest of the run uses a new connection for each request", once, got),
			e.connectionFix(found)
	}}
}

// exchange finds an exchange by its number; nil for one that says nothing of the
// server.
func (e evidence) exchange(number int) *Exchange {
	found, _ := text.Find(e.responses, func(one *Exchange) bool { return one.Number == number })
	return found
}

// connectionFix says what usually leads to what was found over a shared connection.
func (e evidence) connectionFix(found Finding) string {
	exchange, before := e.exchange(found.Exchange), cmp.Or(e.exchange(found.Exchange-1), &Exchange{})
	surplus := strings.Contains(found.Got, "extra bytes after") || exchange.fault() == "malformed"
	bodiless := before.Request.Method == http.MethodHead || before.status() == http.StatusNoContent || before.status() == http.StatusNotModified
	switch {
	case strings.Contains(found.Got, "closed after one response"):
		return "send Connection: close in a response before you close the connection, or keep it open"
	case strings.Contains(found.Got, "closed when the request comes"):
		return "respond to every request; to close a connection, send Connection: close with the last response"
	case before.status() == http.StatusRequestURITooLong || before.status() == http.StatusRequestHeaderFieldsTooLarge:
		return "close the connection with Connection: close after a request line or header that is too long: the rest of it is read as the next request"
	case surplus && bodiless:
		return "write no body in a response to HEAD, nor with 204 and 304, not even in a filter that changes bodies"
	case surplus && before.Request.BodyBytes > 0:
		return "read the whole request body, chunked or not, before the next request, or close the connection. " +
			"Otherwise check that Content-Length counts bytes, and that nothing is written after the body"
	case surplus:
		return "set Content-Length in bytes, not in characters, and write nothing after the body, such as a second response"
	case strings.Contains(found.Got, "bytes of the body came"), endsInside(exchange):
		return "set Content-Length in bytes, not in characters, after compression and all other changes of the body"
	case exchange.status() >= http.StatusInternalServerError:
		return "check the log of the server for what fails on a reused connection. Do not store anything about a request with its connection"
	}
	return "read the whole body even of a refused request, and the rest of a request line or header that is too long, or close the connection with Connection: close. Do not store anything about a request with its connection, such as its token, id or media type. Write no body in a response to HEAD"
}
