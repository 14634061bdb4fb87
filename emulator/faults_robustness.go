package emulator

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

func robustnessFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"slow-success", "robustness.in-time", "A successful response is late.", sending(successes, sendLate)},
		{"slow-refusal", "robustness.in-time", "The refusal of an unknown query parameter is late.", sending(refusalsFor(parameterUnknown), sendLate)},
		{"slow-body", "robustness.in-time", "The second half of the refusal of an unknown field is late.", sending(refusalsFor(fieldUnknown), sendSlowly)},
		{"hang-up-on-success", "robustness.answered", "The server closes the connection instead of sending a successful response.", sending(successes, hangUp)},
		{"hang-up-on-refusal", "robustness.answered", "The server closes the connection if a body is not an object.", sending(refusalsFor(bodyNoMessage), hangUp)},
		{"reset-on-success", "robustness.answered", "The server resets the connection instead of sending a successful response.", sending(successes, reset)},
		{"response-not-http", "robustness.answered", "The response to an unknown field is not HTTP.",
			sending(refusalsFor(fieldUnknown), sendingText("{\"error\":{}}\n"))},
		{"half-body", "robustness.whole", "A successful response is truncated.", sending(successes, sendHalf)},
		{"half-refusal", "robustness.whole", "The refusal of an unknown field is truncated.", sending(refusalsFor(fieldUnknown), sendHalf)},
		{"length-too-large", "robustness.whole", "The Content-Length is larger than the body.",
			sending(refusalsFor(bodyMalformed), sendingRaw(
				func(body []byte) string { return lengthLine(len(body) + 10) },
				asItIs))},
		{"chunk-size-broken", "robustness.whole", "The size of a chunk is not a number.",
			sending(successes, sendingRaw(
				func([]byte) string { return chunkedLine },
				func(body []byte) []byte { return fmt.Appendf(nil, "zz\r\n%s\r\n0\r\n\r\n", body) }))},
		{"endless-body", "robustness.whole", "Megabytes of spaces follow the refusal of an unknown field.",
			withBody(refusalsFor(fieldUnknown), func(body []byte) []byte {
				return append(body, bytes.Repeat([]byte(" "), 5<<20)...)
			})},
		{"later-request-fails", "robustness.persistent-connection", "The server refuses the second and each later request over a connection as malformed.",
			overUsedConnections(everyRequest, func(*call, *response, *response) *response { return malformedPage() })},
		{"later-request-hangs-up", "robustness.persistent-connection", "The second request over a connection gets no response.",
			overUsedConnections(everyRequest, func(*call, *response, *response) *response { panic(http.ErrAbortHandler) })},
		{"first-response-repeated", "robustness.persistent-connection", "Later requests over a connection get the response to the first one.",
			overUsedConnections(everyRequest, func(_ *call, first, _ *response) *response { return first })},
		{"refused-body-left-unread", "robustness.persistent-connection", "The server does not read the body of a refused request, and treats it as the next request.",
			overUsedConnections(refusedWithBody, func(*call, *response, *response) *response {
				page := malformedPage()
				page.header.Set("Connection", "close")
				return page
			})},
		{"later-success-fails", "robustness.persistent-connection", "A second success over a connection becomes a failure.",
			overUsedConnections(successes, func(c *call, _, r *response) *response {
				if successes(c, r) {
					return newPage(http.StatusInternalServerError, "Internal error.")
				}
				return r
			})},
		{"later-response-is-html", "robustness.persistent-connection", "A later response over a connection has the media type text/html.",
			overUsedConnections(everyRequest, func(_ *call, _, r *response) *response {
				r.header.Set("Content-Type", "text/html")
				return r
			})},
		{"two-lengths", "robustness.framing", "A successful response has two different lengths.",
			sending(successes, sendingRaw(func(body []byte) string { return lengthLine(len(body)) + lengthLine(len(body)+1) }, asItIs))},
		{"bare-line-feeds", "robustness.syntax", "A header line of a successful response ends with LF only.",
			sending(successes, sendingRaw(func(body []byte) string { return "X-Powered-By: emulator\n" + lengthLine(len(body)) }, asItIs))},
		{"control-character", "robustness.syntax", "A header field of a successful response has a control character.",
			sending(successes, sendingRaw(func(body []byte) string { return "X-Powered-By: emu\x01lator\r\n" + lengthLine(len(body)) }, asItIs))},
		{"folded-header", "robustness.syntax", "A header field of the refusal of an unknown field is folded over two lines.",
			sending(refusalsFor(fieldUnknown), sendingRaw(
				func(body []byte) string { return "X-Powered-By: an\r\n emulator\r\n" + lengthLine(len(body)) }, asItIs))},
		{"media-type-twice", "robustness.field-once", "A success has two different Content-Types.",
			changing(successes, func(_ *call, r *response) {
				r.header["Content-Type"] = append(r.header["Content-Type"], "text/html; charset=UTF-8")
			})},
		{"length-twice", "robustness.field-once", "The refusal of an unknown field has two Content-Length headers.",
			sending(refusalsFor(fieldUnknown), sendingRaw(
				func(body []byte) string { return lengthLine(len(body)) + lengthLine(len(body)) }, asItIs))},
		{"length-and-chunks", "robustness.framing", "A successful response is chunked and has a Content-Length.",
			sending(successes, sendingRaw(
				func(body []byte) string { return chunkedLine + lengthLine(len(body)) },
				func(body []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(body), body) }))},
		{"length-too-small", "robustness.one-value", "The Content-Length is smaller than the body.",
			sending(refusalsFor(bodyMalformed), sendingRaw(
				func(body []byte) string { return lengthLine(len(body) / 2) },
				asItIs))},
		{"trailing-bytes", "robustness.one-value", "Text follows the JSON of a successful response.",
			withBody(successes, func(body []byte) []byte { return append(body, "OK\n"...) })},
		{"second-value", "robustness.one-value", "A second JSON value follows the JSON of each response.",
			withBody(methodResponses, func(body []byte) []byte { return append(body, "{}\n"...) })},
		{"script-guard-before-json", "robustness.one-value", "A prefix against script inclusion precedes the JSON of a successful response.",
			withBody(successes, func(body []byte) []byte { return append([]byte(")]}'\n"), body...) })},
	}}, {hasScopes, []Fault{
		{"token-remembered", "robustness.persistent-connection", "After an authorized call, the server accepts an unknown token over the same connection.",
			overUsedConnections(pastAuthorization, func(c *call, first, r *response) *response {
				if c.token != "" && r.status == http.StatusUnauthorized {
					return first
				}
				return r
			})},
		{"challenge-remembered", "robustness.persistent-connection", "Later responses over a connection repeat the challenge of an earlier refusal.",
			overUsedConnections(challenging, func(_ *call, first, r *response) *response {
				r.header.Set("WWW-Authenticate", first.header.Get("WWW-Authenticate"))
				return r
			})},
	}}, {hasNewJobs, []Fault{
		{"later-success-repeated", "robustness.persistent-connection", "A second successful call over a connection gets the response to the first.",
			overUsedConnections(successes, func(c *call, first, r *response) *response {
				if successes(c, r) {
					return first
				}
				return r
			})},
	}}, {hasUnknownIDs, []Fault{
		{"response-ends-in-headers", "robustness.answered", "The response to an unknown id is truncated in its headers.",
			sending(refusalsFor(jobUnknown), sendingText("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n"))},
	}}, {hasRefusedStates, []Fault{
		{"reset-on-refusal", "robustness.answered", "The server resets the connection if it refuses a job.", sending(refusalsFor(stateRefused), reset)},
		{"last-chunk-missing", "robustness.whole", "The last, empty chunk is missing.",
			sending(refusalsFor(stateRefused), sendingRaw(
				func([]byte) string { return chunkedLine },
				func(body []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body) }))},
		{"latin-letter", "robustness.one-value", "A message has a character encoded as ISO-8859-1.",
			withBody(refusalsFor(stateRefused), func(body []byte) []byte {
				return bytes.Replace(body, []byte("check"), []byte("ch\xe9ck"), 1)
			})},
	}}, {hasStates, []Fault{
		{"byte-order-mark", "robustness.one-value", "The response of the state method starts with a byte order mark.",
			withBody(states, func(body []byte) []byte { return append([]byte("\ufeff"), body...) })},
	}}, {hasNewStates, []Fault{
		{"half-state", "robustness.whole", "The response with the state of a new job is truncated.", sending(newJobStates, sendHalf)},
	}}}
}

// withBody changes the bytes of responses.
func withBody(which selector, alter func(body []byte) []byte) change {
	return func(b *behaviour) {
		before := b.write
		b.write = func(c *call, r *response) {
			before(c, r)
			if which(c, r) {
				r.body = alter(slices.Clone(r.body))
			}
		}
	}
}

// sender brings a response to the client.
type sender = func(http.ResponseWriter, *call, *response)

// sending brings some responses to the client in another way.
func sending(which selector, send sender) change {
	return func(b *behaviour) {
		before := b.send
		b.send = func(w http.ResponseWriter, c *call, r *response) {
			if which(c, r) {
				send(w, c, r)
				return
			}
			before(w, c, r)
		}
	}
}

// overUsedConnections puts another response in the place of each, once a request
// with a certain response has come over the same connection: a request over a
// connection of its own never is the second.
func overUsedConnections(since selector, alter func(c *call, first, r *response) *response) change {
	return func(b *behaviour) {
		before := b.send
		var used sync.Map // The first response, by connection.
		b.send = func(w http.ResponseWriter, c *call, r *response) {
			// net/http makes this address once for each connection, so that the pointer
			// stands for it. Without a network there is none.
			connection := c.request.Context().Value(http.LocalAddrContextKey)
			if connection == nil || c.request.Close {
				before(w, c, r)
				return
			}
			if first, found := used.Load(connection); found {
				sendResponse(w, c, alter(c, first.(*response), r))
				return
			}
			if since(c, r) {
				used.Store(connection, r)
			}
			before(w, c, r)
		}
	}
}

// malformedPage is how a front end refuses what it cannot read.
func malformedPage() *response {
	return newPage(http.StatusBadRequest, "Your client has issued a malformed or illegal request.")
}

func everyRequest(*call, *response) bool { return true }

func pastAuthorization(c *call, r *response) bool {
	return c.token != "" && r.status == http.StatusBadRequest
}

func challenging(_ *call, r *response) bool { return r.header.Get("WWW-Authenticate") != "" }

func refusedWithBody(c *call, r *response) bool {
	return r.status >= http.StatusBadRequest && c.request.ContentLength != 0
}

// hangUp closes the connection without a response. Where the server is asked
// without a network, its caller gets the panic.
func hangUp(http.ResponseWriter, *call, *response) { panic(http.ErrAbortHandler) }

// reset closes the connection so that the client gets a reset instead of an end.
func reset(w http.ResponseWriter, _ *call, _ *response) {
	connection := takeConnection(w)
	defer connection.Close()
	if secure, isSecure := connection.(*tls.Conn); isSecure {
		connection = secure.NetConn()
	}
	if tcp, isTCP := connection.(interface{ SetLinger(seconds int) error }); isTCP {
		// With no time to linger, close sends a reset.
		_ = tcp.SetLinger(0)
		_ = connection.Close()
	}
}

// takeConnection takes the connection out of net/http's hands, which would not
// send anything wrong. Where there is none to be had, it hangs up.
func takeConnection(w http.ResponseWriter) net.Conn {
	hijacker, can := w.(http.Hijacker)
	if !can {
		panic(http.ErrAbortHandler)
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return connection
}

// sendingRaw writes the head of a response with further lines in it, then bytes
// in place of the body, and closes the connection.
func sendingRaw(lines func(body []byte) string, bytesOf func(body []byte) []byte) sender {
	return func(w http.ResponseWriter, _ *call, r *response) {
		connection := takeConnection(w)
		defer connection.Close()
		var text bytes.Buffer
		fmt.Fprintf(&text, "HTTP/1.1 %d %s\r\n", r.status, http.StatusText(r.status))
		_ = r.header.Write(&text)
		text.WriteString(lines(r.body) + "Connection: close\r\n\r\n")
		text.Write(bytesOf(r.body))
		_, _ = connection.Write(text.Bytes())
	}
}

// sendingText writes a text in place of an HTTP response.
func sendingText(text string) sender {
	return func(w http.ResponseWriter, _ *call, _ *response) {
		connection := takeConnection(w)
		defer connection.Close()
		_, _ = connection.Write([]byte(text))
	}
}

func asItIs(body []byte) []byte { return body }

func lengthLine(length int) string { return "Content-Length: " + strconv.Itoa(length) + "\r\n" }

const chunkedLine = "Transfer-Encoding: chunked\r\n"

// sendHalf announces the whole body and sends the first half of it.
func sendHalf(w http.ResponseWriter, _ *call, r *response) {
	sendHeader(w, r, len(r.body))
	_, _ = w.Write(r.body[:len(r.body)/2])
}

// sendLate waits before the response.
func sendLate(w http.ResponseWriter, c *call, r *response) {
	c.wait()
	sendResponse(w, c, r)
}

// sendSlowly waits between the two halves of the body.
func sendSlowly(w http.ResponseWriter, c *call, r *response) {
	sendHeader(w, r, len(r.body))
	_, _ = w.Write(r.body[:len(r.body)/2])
	_ = http.NewResponseController(w).Flush()
	c.wait()
	_, _ = w.Write(r.body[len(r.body)/2:])
}

// wait lets the delay pass, or ends when the client has gone.
func (c *call) wait() {
	timer := time.NewTimer(c.behaviour.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.request.Context().Done():
	}
}
