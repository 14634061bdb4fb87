package suites

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// connectionChecks find out whether requests can share a connection, before any
// other check relies on it.
func connectionChecks() []Check {
	return []Check{{
		ID: "robustness/persistent-connection", Title: "many requests over one connection",
		Requirements: []string{result.PersistentConnection},
		Sends:        "refused calls, with a body and without, and state reads over one connection, then each of them over a connection of its own",
		phase:        connecting, run: shareConnection,
	}, {
		ID: "robustness/shared-connection", Title: "a response is the same over a shared connection",
		Requirements: []string{result.PersistentConnection},
		Sends:        "no request of its own: if a response over a shared connection is not the expected one, its check sends the request again over a new connection",
		phase:        concluding, run: reportSpoiled,
	}}
}

// shareConnection compares the responses to requests over one connection with those
// that each gets over its own. Until it passes, no requests share a connection over
// plain HTTP.
func shareConnection(j *judgement) {
	requests := j.requestsWithoutEffect()
	if j.broken != "" {
		return
	}
	shared, closed := j.overOne(requests)
	if j.reusesNone(shared) || closed > 0 && j.hangsUp(requests[:closed], requests[closed]) {
		return
	}
	for i, exchange := range shared {
		alone := j.alone(requests[i])
		if j.lost(exchange) || j.lost(alone) {
			return
		}
		if j.likeOver(exchange, alone) {
			continue
		}
		// What changes by itself, such as the state of a job, changes once.
		again, _ := j.overOne(requests[:i+1])
		if last := again[len(again)-1]; len(again) == i+1 && !j.likeOver(last, alone) && j.likeOver(j.alone(requests[i]), alone) {
			j.FailAt(differsIn(last, alone), result.PersistentConnection, last, "the same response as over a separate connection: "+j.shows(alone), j.shows(last)+", over a connection that other requests had used")
			j.endSharing()
		}
		return
	}
	j.Target.ReuseConnections(true)
}

// requestsWithoutEffect have no effect on any server: calls for an id that no job has or
// without a token, requests for what is no method, and state reads. Neighbours get
// different responses, and some leave a body that a server has no reason to read.
func (j *judgement) requestsWithoutEffect() []target.Request {
	credential, found := j.credential()
	j.missing = nil
	operation := j.Method.Operation
	unknown := j.session.unknownID()
	page := target.Request{Purpose: "a path that no method has", Method: http.MethodGet, Path: "/dpconform-unknown", FrontEnd: true}
	read := func() target.Request {
		if job, given := j.freeJob(); given && found && hasStateMethod(j.Method) {
			return j.stateRequest(job.id, credential)
		}
		return page
	}
	var requests []target.Request
	call := func(purpose string, credential target.Credential, body string, chunked bool) {
		request := j.callOf(unknown, credential)
		if request.Purpose = purpose; body != "" {
			request.Header, request.Body, request.Chunked = contentType(operation.RequestMediaType), []byte(body), chunked
		}
		requests = append(requests, request)
		requests = append(requests, read())
	}
	bodies := []string{""}
	if slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, operation.Method) {
		// The longer one does not fit into what a server reads with the head.
		bodies = append(bodies, withUnknownField(j.Method), `{"dpconformUnknown":"`+strings.Repeat("x", 16<<10)+`"}`)
	}
	for _, body := range bodies {
		purpose := "a call for an unknown id"
		if body != "" {
			purpose += ", with " + shown(body)
		}
		if found && j.Method.Unmet("semantics.unknown-job") == "" {
			call(purpose, credential, body, false)
		}
		if len(j.Method.Scopes) > 0 {
			call(purpose+", without a token", target.NoCredential, body, false)
		}
	}
	if found && len(bodies) > 1 && j.Method.Unmet("semantics.unknown-job") == "" {
		// A server that keeps the media type of an earlier body reads this as JSON.
		call("a call for an unknown id, with an XML element", credential, "<dpconform/>", false)
		requests[len(requests)-2].Header = contentType("application/xml")
	}
	if last := bodies[len(bodies)-1]; last != "" && len(j.Method.Scopes) > 0 {
		call("a call for an unknown id, with "+shown(last)+" in chunks, without a token", target.NoCredential, last, true)
	}
	head, withBody := page, page
	head.Purpose, head.Method = "HEAD of "+page.Purpose, http.MethodHead
	withBody.Purpose, withBody.Method, withBody.Body = page.Purpose+", with a body", http.MethodPost, []byte(`{"dpconformUnknown":1}`)
	return append(requests, head, page, withBody, read())
}

// overOne sends requests over one connection. Where the server has closed that, the
// request is sent over a new one, which the next ones share: closing is no fault.
// closed is the place of the first such request, 0 for none.
func (j *judgement) overOne(requests []target.Request) (exchanges []*target.Exchange, closed int) {
	for i, request := range requests {
		request.Connection = target.KeptConnection
		exchange := j.send(request)
		if exchange.After > 0 && wasClosed(exchange) {
			j.session.excuse([]*target.Exchange{exchange})
			exchange, closed = j.send(request), cmp.Or(closed, i)
		}
		exchanges = append(exchanges, exchange)
		if !exchange.Complete() && (exchange.Fault.Kind == target.Slow || !exchange.Fault.ServerOwn()) {
			break
		}
	}
	return exchanges, closed
}

// idle is how long a connection is left alone before it is used again: a server that
// has closed it after a response has done so by then.
const idle = 200 * time.Millisecond

// hangsUp reports whether a server closes a connection when a certain request comes
// over it, instead of responding.
func (j *judgement) hangsUp(before []target.Request, last target.Request) bool {
	j.alone(last) // What comes next begins a connection.
	shared, _ := j.overOne(before)
	last.Connection = target.KeptConnection
	if j.Target.Wait(j.ctx, idle) != nil {
		return false
	}
	exchange := j.send(last)
	j.session.excuse([]*target.Exchange{exchange})
	if exchange.After == 0 || exchange.Complete() || !wasClosed(exchange) {
		return false
	}
	j.Fail(result.PersistentConnection, exchange, "a response, or the end of the connection before the request",
		fmt.Sprintf("the connection is closed when the request comes, twice, after %s: %s", text.Counted(len(shared), "response"), exchange.Fault.Detail))
	j.endSharing()
	return true
}

// endSharing gives each further request a connection of its own, and excuses what
// shared one.
func (j *judgement) endSharing() {
	j.Target.ReuseConnections(false)
	for _, exchange := range j.exchanges {
		if exchange.Shared {
			j.session.excuse([]*target.Exchange{exchange})
		}
	}
}

// alone sends a request over a connection of its own.
func (j *judgement) alone(request target.Request) *target.Exchange {
	request.Connection = target.OwnConnection
	return j.send(request)
}

// wasClosed reports whether a server closed the connection instead of responding.
func wasClosed(exchange *target.Exchange) bool {
	if exchange.Complete() {
		// RFC 9110, 15.5.9: the server closes a connection that was idle.
		return exchange.Status == http.StatusRequestTimeout
	}
	return slices.Contains([]target.FaultKind{target.HangUp, target.Reset, target.Lost, target.ClosedWhileSending}, exchange.Fault.Kind)
}

// reusesNone reports that each connection was closed after one response that did
// not announce it.
func (j *judgement) reusesNone(shared []*target.Exchange) bool {
	const enough = 3
	open := 0
	for i, exchange := range shared[1:] {
		if exchange.Reused {
			return false
		}
		if before := shared[i]; before.Complete() && before.Connected && !before.Closing {
			open++
		}
	}
	if open < enough {
		return false
	}
	shown := shared[1]
	if closed := slices.IndexFunc(j.exchanges, func(exchange *target.Exchange) bool { return exchange.Reused }); closed >= 0 {
		shown = j.exchanges[closed]
	}
	j.Fail(result.PersistentConnection, shown, "a response to a second request over a connection, or Connection: close in the first response",
		"each connection was closed after one response without Connection: close")
	j.endSharing()
	return true
}

// lost reports whether the network or this program kept a response from coming.
func (j *judgement) lost(exchange *target.Exchange) bool {
	return !exchange.Complete() && !exchange.Fault.ServerOwn() && !j.responded(result.PersistentConnection, exchange, "")
}

// likeOver reports whether a response over a shared connection means the same as
// over one of its own.
func (j *judgement) likeOver(shared, alone *target.Exchange) bool {
	if !alone.Complete() {
		return true
	}
	over, apart := j.responseTo(shared), j.responseTo(alone)
	kind, _ := over.mediaType()
	wanted, _ := apart.mediaType()
	challenged := (shared.Header.Get("WWW-Authenticate") != "") == (alone.Header.Get("WWW-Authenticate") != "")
	return shared.Complete() && over.like(apart) && kind == wanted && challenged && j.stateIn(shared) == j.stateIn(alone)
}

// differsIn is the place that tells a response over a shared connection from that
// over one of its own.
func differsIn(shared, alone *target.Exchange) result.Place {
	for _, name := range []string{"Content-Type", "WWW-Authenticate"} {
		if shared.Complete() && shared.Status == alone.Status && shared.Header.Get(name) != alone.Header.Get(name) {
			return result.InHeader(name)
		}
	}
	return placeOf(shared)
}

// shows is a response for a reader, with the state in it.
func (j *judgement) shows(exchange *target.Exchange) string {
	shown := describe(exchange)
	if state := j.stateIn(exchange); state != "" {
		shown += ", state " + state
	}
	if exchange.Complete() {
		kind, _ := j.responseTo(exchange).mediaType()
		shown += ", " + cmp.Or(kind, "no media type")
		if exchange.Header.Get("WWW-Authenticate") != "" {
			shown += ", with a challenge"
		}
	}
	return shown
}
