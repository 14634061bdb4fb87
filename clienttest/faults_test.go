package clienttest_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// fault is a client that does one thing wrong.
type fault struct {
	name string
	// text is one sentence.
	text string
	// breaks is the requirement, or the condition, that the fault breaks.
	breaks string
	// scenario is the one in which it shows; noScenario where none is about the
	// call.
	scenario string

	client func() client
}

// noScenario marks a call that belongs to no scenario.
const noScenario = "no scenario"

// changed makes a right client with one change.
func changed(change func(*client)) func() client {
	return func() client {
		made := right()
		change(&made)
		return made
	}
}

func withTarget(target func(task) string) func() client {
	return changed(func(p *client) { p.target = target })
}

// atPath makes a client that calls a path; in it {id} is the job's id, and {base},
// {collection}, {suffix} and {verb} are parts of the method's path.
func atPath(path string) func() client {
	return withTarget(func(t task) string {
		template := t.method.Operation.Path
		return strings.NewReplacer("{id}", url.PathEscape(t.job), "{base}", template.Base(), "{collection}", template.Collection(),
			"{suffix}", template.Suffix, "{verb}", template.Verb()).Replace(path)
	})
}

// withEscapes makes a client that writes a part of the escaped id in another way.
func withEscapes(part, other string) func() client {
	return withTarget(func(t task) string { return strings.Replace(right().target(t), part, other, 1) })
}

func withBody(body string, header map[string]string) func() client {
	return changed(func(p *client) { p.body, p.header = []byte(body), header })
}

func withAuthorization(authorization func(token string) string) func() client {
	return changed(func(p *client) { p.authorization = authorization })
}

// asking makes a client that asks again after every reply that a function
// picks, so many times.
func asking(times int, wait time.Duration, after func(reply) bool) func() client {
	return changed(func(p *client) {
		p.again = func(attempt int, got reply) (time.Duration, bool) { return wait, attempt < times && after(got) }
	})
}

func afterStatus(status int) func(reply) bool {
	return func(got reply) bool { return got.err == nil && got.status == status }
}

func reporting(report func(task, reply) result.Outcome) func() client {
	return changed(func(p *client) { p.report = report })
}

// reportingError makes a client that shows errors in its own way.
func reportingError(change func(*result.ClientError)) func() client {
	return reporting(func(task task, got reply) result.Outcome {
		outcome := reportAll(task, got)
		if outcome.Error != nil {
			change(outcome.Error)
		}
		return outcome
	})
}

func formOf(text string) map[string]string { return map[string]string{"Content-Type": text} }

const jsonType = "application/json"

// allFaults lists all broken clients.
func allFaults() []fault {
	return slices.Concat(httpFaults(), pathFaults(), queryFaults(), authorizationFaults(), bodyFaults(), repeatFaults(), outcomeFaults(), connectionFaults(), certificateFaults(), plainFaults())
}

func pathFaults() []fault {
	const special = "special-characters"
	return []fault{
		{"get-in-place-of-post", "The method is called with GET.", "client.path.method", "success", changed(func(p *client) { p.method = http.MethodGet })},
		{"put-in-place-of-post", "The method is called with PUT.", "client.path.method", "success", changed(func(p *client) { p.method = http.MethodPut })},
		{"other-method-in-a-field", "A field puts another method in the place of the one that is sent.", "client.path.method", "success",
			withHeader("X-HTTP-Method-Override", func(task) string { return http.MethodDelete })},
		{"other-collection", "The path names another collection.", "client.path.collection", "success", atPath("{base}others/{id}{suffix}")},
		{"other-version", "The path names another version.", "client.path.collection", "success", atPath("/v1beta/{collection}/{id}{suffix}")},
		{"doubled-slash", "The path begins with two slashes.", "client.path.collection", "success",
			written("{method} /{target} HTTP/1.1", goodHost, goodAuthorization, noBody)},
		{"doubled-slash-before-id", "Two slashes stand before the id.", "client.path.one-segment", "success", atPath("{base}{collection}//{id}{suffix}")},
		{"name-as-id", "The whole name is taken for the id.", "client.path.one-segment", "success", atPath("{base}{collection}/{collection}/{id}{suffix}")},
		{"empty-id", "The id is lost.", "client.path.one-segment", "success", atPath("{base}{collection}/{suffix}")},
		{"no-id", "The id is lost with its slash.", "client.path.one-segment", "success", atPath("{base}{collection}{suffix}")},
		{"escaped-colon", "The colon of the verb is percent-encoded.", "client.path.verb", "success", atPath("{base}{collection}/{id}%3A{verb}")},
		{"verb-as-segment", "The verb is behind a slash.", "client.path.verb", "success", atPath("{base}{collection}/{id}/{verb}")},
		{"other-verb", "The verb is another one.", "client.path.verb", "success", atPath("{base}{collection}/{id}:restart")},
		{"trailing-slash", "A slash is at the end.", "client.path.verb", "success", atPath("{base}{collection}/{id}{suffix}/")},
		{"other-case-of-id", "The id is changed to capitals.", "client.path.id", "success",
			withTarget(func(t task) string { return t.method.Operation.Path.Expand(strings.ToUpper(t.job)) })},
		{"id-escaped-twice", "The id is percent-encoded twice.", "client.path.id", special,
			withTarget(func(t task) string { return t.method.Operation.Path.Expand(url.PathEscape(t.job)) })},
		{"percent-unescaped", "A percent sign in the id is left as it is.", "client.path.id", special, withEscapes("%2525", "%25")},
		{"question-mark-unescaped", "A question mark in the id is left as it is.", "client.path.id", special, withEscapes("%3F", "?")},
		{"letter-unescaped", "A letter beyond ASCII is left as it is.", "client.path.escaping", special, withEscapes("%C3%BC", "ü")},
	}
}

func authorizationFaults() []fault {
	return []fault{
		{"token-in-query", "The token is sent in the query.", "client.query.no-token", "success",
			changed(func(p *client) {
				p.authorization = func(string) string { return "" }
				p.target = func(t task) string { return right().target(t) + "?access_token=" + t.token }
			})},
		{"token-in-both", "The token is sent in the header and in the query.", "client.authorization.one-method", "success",
			withTarget(func(t task) string { return right().target(t) + "?access_token=" + t.token })},
		{"no-token", "No token is sent.", "client.authorization.token", "success", withAuthorization(func(string) string { return "" })},
		{"token-in-cookie-too", "The token is sent in a cookie as well.", "client.authorization.one-method", "success",
			withHeader("Cookie", func(t task) string { return "session=" + t.token })},
		{"token-in-referer-too", "The token is sent in Referer as well.", "client.authorization.one-method", "success",
			withHeader("Referer", func(t task) string { return "https://app.example/?t=" + t.token })},
		{"token-in-own-field", "The token is sent in a field of the client's own.", "client.authorization.bearer", "success",
			changed(func(p *client) {
				p.authorization = func(string) string { return "" }
				p.fields = map[string]func(task) string{"X-Api-Token": func(t task) string { return t.token }}
			})},
		{"other-scheme", "The token is sent with the scheme Token.", "client.authorization.bearer", "success",
			withAuthorization(func(token string) string { return "Token " + token })},
		{"no-scheme", "The token is sent without a scheme.", "client.authorization.bearer", "success",
			withAuthorization(func(token string) string { return token })},
		{"quoted-token", "The token is sent in quotes.", "client.authorization.bearer", "success",
			withAuthorization(func(token string) string { return `Bearer "` + token + `"` })},
		{"other-token", "A token is sent that nobody gave.", "client.authorization.scope", "success",
			withAuthorization(func(string) string { return "Bearer a-token-of-yesterday" })},
		{"token-to-other-host", "A redirect takes the token to another host.", "client.authorization.other-host", "redirect",
			changed(func(p *client) { p.followWithToken = true })},
	}
}

func bodyFaults() []fault {
	return []fault{
		{"body-with-name", "The body repeats the name.", "client.body.empty", "success", withBody(`{"name":"x"}`, formOf(jsonType))},
		{"body-array", "The body is an array.", "client.body.empty", "success", withBody(`[]`, formOf(jsonType))},
		{"body-malformed", "The body is no JSON.", "client.body.empty", "success", withBody(`{`, formOf(jsonType))},
		{"body-called-gzip", "The body is called gzip and is not.", "client.body.empty", "success",
			withBody(`{}`, map[string]string{"Content-Type": jsonType, "Content-Encoding": "gzip"})},
		{"body-null", "The body is null.", "client.body.no-null", "success", withBody("null\n", formOf(jsonType))},
		{"body-called-text", "The body is called plain text.", "client.body.media-type", "success", withBody(`{}`, formOf("text/plain"))},
		{"body-called-form", "The body is called a form.", "client.body.media-type", "success", withBody(`{}`, formOf("application/x-www-form-urlencoded"))},
		{"body-unnamed", "The body has no Content-Type.", "client.body.media-type-named", "success", withBody(`{}`, nil)},
		{"no-length", "A POST without a body has no Content-Length.", "client.body.length", "success", written(goodLine, goodHost, goodAuthorization)},
		{"no-length-where-it-is-required", "A POST without a body has no Content-Length, and is refused.", "client.body.length", "length-required",
			written(goodLine, goodHost, goodAuthorization)},
	}
}

func repeatFaults() []fault {
	broke := func(got reply) bool { return got.err != nil }
	usedBefore := func(got reply) bool { return got.err != nil && got.reused }
	return []fault{
		{"again-after-success", "A call that succeeded is made again.", "client.repeat.after-success", "success", asking(1, 0, afterStatus(http.StatusOK))},
		{"again-after-reset", "A call whose connection was reset is made again.", "client.repeat.unknown-effect", "reset", asking(2, 0, broke)},
		{"again-after-hang-up", "A call whose connection was closed is made again.", "client.repeat.unknown-effect", "hang-up", asking(1, 0, broke)},
		{"again-after-truncation", "A call whose response was cut short is made again.", "client.repeat.unknown-effect", "truncated", asking(1, 0, broke)},
		{"again-after-timeout", "A call whose response was not awaited is made again.", "client.repeat.unknown-effect", "slow", changed(func(p *client) {
			p.patience = 20 * time.Millisecond
			p.again = func(attempt int, got reply) (time.Duration, bool) { return 0, attempt < 1 && got.err != nil }
		})},
		{"again-on-a-used-connection", "A call is made again where a connection ends that was used before.", "client.repeat.unknown-effect", "reset-warm", asking(1, 0, usedBefore)},
		{"again-on-a-used-connection-that-was-closed", "A call is made again where a connection is closed that was used before.", "client.repeat.unknown-effect", "hang-up-warm", asking(1, 0, usedBefore)},
		{"again-on-a-used-connection-that-was-cut", "A call is made again where the response on a connection that was used before is cut short.", "client.repeat.unknown-effect", "truncated-warm", asking(1, 0, usedBefore)},
		{"again-after-stream-reset", "A call whose stream was reset is made again.", "client.repeat.unknown-effect", "stream-reset", asking(1, 0, broke)},
		{"again-after-stream-reset-of-a-used-connection", "A call is made again where the stream of a connection that was used before is reset.", "client.repeat.unknown-effect", "stream-reset-warm",
			asking(1, 0, usedBefore)},
		{"again-after-500", "A call is made again after 500.", "client.repeat.unknown-effect", "internal-error", asking(1, firstWait, afterStatus(http.StatusInternalServerError))},
		{"again-after-502", "A call is made again after 502, with waits.", "client.repeat.unknown-effect", "bad-gateway", asking(4, firstWait, afterStatus(http.StatusBadGateway))},
		{"again-after-504", "A call is made again after 504.", "client.repeat.unknown-effect", "gateway-timeout", asking(1, firstWait, afterStatus(http.StatusGatewayTimeout))},
		{"same-token-again-later", "A token that was right in the call before is tried again when it is refused.", "client.repeat.unauthenticated", "token-expired-warm",
			asking(1, 0, afterStatus(http.StatusUnauthorized))},
		{"date-ignored", "A date in Retry-After is not looked at.", "client.repeat.retry-after", "rate-limited-date",
			asking(1, 0, afterStatus(http.StatusTooManyRequests))},
		{"again-after-failed-precondition", "A job that the method refuses is tried until it is accepted.", "client.repeat.failed-precondition", "refused-state", asking(3, 0, afterStatus(http.StatusBadRequest))},
		{"again-after-not-found", "A job that is not there is tried until it is.", "client.repeat.not-found", "not-found", asking(3, 0, afterStatus(http.StatusNotFound))},
		{"again-after-forbidden", "A token without a scope is tried until it has one.", "client.repeat.permission-denied", "forbidden", asking(1, 0, afterStatus(http.StatusForbidden))},
		{"same-token-again", "A refused token is tried again.", "client.repeat.unauthenticated", "token-expired",
			asking(1, 0, afterStatus(http.StatusUnauthorized))},
		{"retry-after-ignored", "Retry-After is not looked at.", "client.repeat.retry-after", "rate-limited",
			asking(1, 0, afterStatus(http.StatusTooManyRequests))},
		{"retry-storm", "A busy server is asked again at once.", "client.repeat.backoff", "overloaded",
			asking(20, 0, afterStatus(http.StatusServiceUnavailable))},
		{"short-waits", "A busy server is asked again every 10 ms.", "client.repeat.backoff", "overloaded",
			asking(20, 10*time.Millisecond, afterStatus(http.StatusServiceUnavailable))},
		{"endless", "A busy server is asked without an end.", "client.repeat.bounded", "overloaded",
			asking(8, firstWait, afterStatus(http.StatusServiceUnavailable))},
		{"gives-up-in-silence", "A busy server is not asked again, and nothing is reported.", result.ConditionSteps, "unavailable",
			changed(func(p *client) { p.silent = true })},
		{"never-calls", "Nothing is sent.", result.ConditionCalled, "success", changed(func(p *client) { p.idle = true })},
	}
}

func outcomeFaults() []fault {
	return []fault{
		{"old-id-for-new", "The caller is given the id of the old job.", "client.outcome.new-id", "success",
			reporting(func(t task, got reply) result.Outcome {
				if got.err == nil && got.status == http.StatusOK {
					return t.succeeded(t.job)
				}
				return reportAll(t, got)
			})},
		{"id-lost", "The caller is given no id.", "client.outcome.new-id", "success",
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded("") })},
		{"strict-reader", "A member that the client does not know is an error.", "client.outcome.unknown-fields", "unknown-fields",
			reporting(func(t task, got reply) result.Outcome { return t.read(got.body, true) })},
		{"success-as-error", "A success is reported as an error.", "client.outcome.success", "success",
			reporting(func(t task, _ reply) result.Outcome {
				return t.failed(result.ClientError{Message: "the response is empty"})
			})},
		{"id-invented", "The caller is given the old id where the response has none.", "client.outcome.no-invented-id", "missing-id",
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded(t.job) })},
		{"error-swallowed", "A refusal is reported as a success.", "client.outcome.error", "refused-state",
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded("") })},
		{"truncation-swallowed", "A response that was cut short is reported as a success.", "client.outcome.incomplete", "truncated",
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded("job") })},
		{"reset-swallowed", "A connection that was reset is reported as a success.", "client.outcome.incomplete", "reset",
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded("") })},
		{"code-hidden", "The error does not show the HTTP status.", "client.outcome.code", "forbidden",
			reportingError(func(e *result.ClientError) { e.Code = 0 })},
		{"code-changed", "Every error is reported as 500.", "client.outcome.code", "rate-limited",
			reportingError(func(e *result.ClientError) { e.Code = http.StatusInternalServerError })},
		{"status-hidden", "The error does not show the google.rpc.Code.", "client.outcome.status", "not-found",
			reportingError(func(e *result.ClientError) { e.Status = "" })},
		{"message-hidden", "The error has a message of the client's own.", "client.outcome.message", "refused-state",
			reportingError(func(e *result.ClientError) { e.Message = "something went wrong" })},
	}
}

// withHeader makes a client that sends one field more.
func withHeader(name string, value func(task) string) func() client {
	return changed(func(p *client) { p.fields = map[string]func(task) string{name: value} })
}

// httpFaults are of the head of a request. What a server cannot read it refuses
// before any scenario begins.
func httpFaults() []fault {
	return []fault{
		{"no-http", "A line is sent that is none of HTTP.", "client.http.syntax", "success", written("call {target}", goodHost)},
		{"space-before-colon", "A space is between the name of a field and its colon.", "client.http.syntax", "success",
			written(goodLine, goodHost, "Authorization : Bearer {token}", noBody)},
		{"bare-line-feeds", "Lines end in a line feed without a carriage return.", "client.http.syntax", "success",
			writtenInLines("\n", goodLine, goodHost, goodAuthorization, noBody)},
		{"whole-address", "The whole address is sent, as to a proxy.", "client.http.target", "success",
			written("{method} http://{host}{target} HTTP/1.1", goodHost, goodAuthorization, noBody)},
		{"user-in-target", "A user name and a password are sent in the target.", "client.http.target", "success",
			written("{method} http://me:secret@{host}{target} HTTP/1.1", goodHost, goodAuthorization, noBody)},
		{"no-host", "No Host is sent.", "client.http.host", "success", written(goodLine, goodAuthorization, noBody)},
		{"other-host", "The Host of another server is sent.", "client.http.host", "success",
			written(goodLine, "Host: api.example.com", goodAuthorization, noBody)},
		{"two-hosts", "Two Hosts are sent.", "client.http.host", "success", written(goodLine, goodHost, "Host: other.example", goodAuthorization, noBody)},
		{"two-content-types", "Two Content-Types are sent.", "client.http.field-once", "success",
			written(goodLine, goodHost, goodAuthorization, noBody, "Content-Type: application/json", "Content-Type: text/plain")},
		{"two-lengths", "Two lengths are sent.", "client.body.framing", "success", written(goodLine, goodHost, goodAuthorization, noBody, "Content-Length: 2")},
		{"negative-length", "A length below 0 is sent.", "client.body.framing", "success", written(goodLine, goodHost, goodAuthorization, "Content-Length: -1")},
		{"length-and-chunks", "A length is sent with a body in chunks.", "client.body.framing", "success",
			written(goodLine, goodHost, goodAuthorization, "Content-Length: 2", "Content-Type: application/json", "Transfer-Encoding: chunked", "",
				"2", "{}", "0")},
		{"other-transfer-coding", "The transfer coding is one that there is not.", "client.body.framing", "success",
			written(goodLine, goodHost, goodAuthorization, "Transfer-Encoding: identity")},
	}
}

// connectionFaults are of redirects to the same host, and of what a response may
// look like on the wire.
func connectionFaults() []fault {
	following := func(method string) func() client { return changed(func(p *client) { p.followWith = method }) }
	reading := func(readRaw func(io.Reader) reply) func() client {
		return func() client {
			made := written(goodLine, goodHost, goodAuthorization, noBody)()
			made.readRaw = readRaw
			return made
		}
	}
	return []fault{
		{"303-followed-with-post", "A redirect 303 is followed with the method that the call had.", "client.path.see-other", "see-other", following(http.MethodPost)},
		{"307-followed-with-get", "A redirect 307 is followed with GET.", "client.path.redirect", "temporary-redirect", following(http.MethodGet)},
		{"308-followed-with-get", "A redirect 308 is followed with GET.", "client.path.redirect", "permanent-redirect", following(http.MethodGet)},
		{"closed-connection-used", "A connection is used again that a response had said to be closed.", "client.http.closed-connection", "connection-close", secondOnOneConnection()},
		{"goaway-treated-as-the-end", "A client whose one connection got GOAWAY gives up.", result.ConditionCalled, "goaway", oneConnectionOfHTTP2(false)},
		{"goaway-ignored", "A connection is used again after GOAWAY.", "client.http.closed-connection", "goaway", streamsBehindGoAway()},
		{"goaway-treated-as-refused", "A call is made again on another connection when GOAWAY came, whatever its last stream.", "client.repeat.unknown-effect", "goaway-hang-up", oneConnectionOfHTTP2(true)},
		{"interim-taken-for-final", "An interim response is taken for the one to the call.", "client.outcome.interim", "interim-response", reading(nil)},
		{"interim-taken-for-success", "An interim response is taken for a success.", "client.outcome.new-id", "interim-response",
			func() client {
				made := reading(nil)()
				made.report = func(t task, _ reply) result.Outcome { return t.succeeded("") }
				return made
			}},
		{"read-once", "The first part is treated as the whole response.", "client.outcome.new-id", "split-response", reading(readOnce)},
		{"read-once-without-id", "The first part is treated as the whole response.", "client.outcome.success", "split-response", reading(readOnce)},
		{"chunk-extension-unread", "A chunk with an extension is an error.", "client.outcome.chunk-extensions", "chunk-extensions", reading(readPlainChunks)},
	}
}

// secondOnOneConnection makes a client that sends both calls on one connection.
func secondOnOneConnection() func() client {
	return func() client {
		made := right()
		made.whole = func(task task) reply {
			connection, err := net.Dial("tcp", strings.TrimPrefix(task.endpoint, "http://"))
			if err != nil {
				return reply{err: err}
			}
			defer connection.Close()
			responses := bufio.NewReader(connection)
			var got reply
			for _, job := range []string{task.warm, task.job} {
				one := task
				one.job = job
				if _, err := io.WriteString(connection, written(goodLine, goodHost, goodAuthorization, noBody)().raw(one)); err != nil {
					return reply{err: err}
				}
				got = read(http.ReadResponse(responses, nil))
			}
			return got
		}
		return made
	}
}

// certificateFaults are of clients that trust too much.
func certificateFaults() []fault {
	trusting := func(trusts func(*tls.Config)) func() client { return changed(func(p *client) { p.trusts = trusts }) }
	all := func(config *tls.Config) { config.InsecureSkipVerify = true }
	chain := func(config *tls.Config) { config.ServerName = "other.example" }
	dates := func(config *tls.Config) { config.Time = func() time.Time { return time.Now().Add(-24 * time.Hour) } }
	const certificate = "client.authorization.certificate"
	return []fault{
		{"any-certificate", "Any certificate is trusted.", certificate, "untrusted-authority", trusting(all)},
		{"any-host", "The name of the host is not looked at.", certificate, "wrong-host", trusting(chain)},
		{"any-date", "The dates of a certificate are not looked at.", certificate, "expired-certificate", trusting(dates)},
		{"rejection-swallowed", "A certificate is rejected, and a success reported.", "client.outcome.incomplete", "expired-certificate",
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded("job") })},
	}
}

// queryFaults are of the query.
func queryFaults() []fault {
	asking := func(query string) func() client { return atPath("{base}{collection}/{id}{suffix}?" + query) }
	return []fault{
		{"field-in-query", "The name is sent in the query as well.", "client.query.parameters", "success", asking("name=archiveJobs/{id}")},
		{"own-parameter", "A parameter of the client's own is sent.", "client.query.parameters", "success", asking("client=mine")},
		{"other-value", "A system parameter has a value that there is not.", "client.query.values", "success", asking("$alt=foo")},
		{"no-boolean", "A system parameter that is true or false is neither.", "client.query.values", "success", asking("prettyPrint=maybe")},
		{"parameter-twice", "A system parameter is sent twice.", "client.query.once", "success", asking("alt=json&$alt=json")},
	}
}

// plainFaults are of calls that no scenario is about, as in front of a server
// upstream.
func plainFaults() []fault {
	unknown := func() client {
		made := right()
		made.job = "scenario-sucess-1"
		return made
	}
	refusedJob := func(change func() client) func() client {
		return func() client {
			made := change()
			made.refused = true
			return made
		}
	}
	refused := func(got reply) bool { return got.err == nil && got.status != http.StatusOK }
	return []fault{
		{"misspelled-scenario", "The client chooses a scenario that there is not.", result.ConditionKnown, noScenario, unknown},
		{"plain-invented-id", "The caller is given an id that the server never gave.", "client.outcome.new-id", noScenario,
			reporting(func(t task, _ reply) result.Outcome { return t.succeeded("invented") })},
		{"plain-error-swallowed", "A refusal is reported as a success.", "client.outcome.error", noScenario,
			refusedJob(reporting(func(t task, _ reply) result.Outcome { return t.succeeded("invented") }))},
		{"plain-code-changed", "Every error is reported as 500.", "client.outcome.code", noScenario,
			refusedJob(reportingError(func(e *result.ClientError) { e.Code = http.StatusInternalServerError }))},
		{"plain-again-after-refusal", "A job that the method refuses is tried until it is accepted.", "client.repeat.failed-precondition", noScenario,
			refusedJob(asking(3, time.Second/10, refused))},
		{"plain-again-after-success", "A call that succeeded is made again.", "client.repeat.after-success", noScenario,
			asking(1, 0, afterStatus(http.StatusOK))},
	}
}
