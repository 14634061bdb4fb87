package clienttest

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// exchange is one request that is being answered.
type exchange struct {
	server  *Server
	call    *Call
	arrived *Arrived
	w       http.ResponseWriter
	r       *http.Request
}

// perform answers as a step says.
func (e *exchange) perform(step Step) {
	contract := e.server.options.Rules.Contract
	var answer Answer
	switch {
	case step.Reset, step.HangUp:
		if e.await(step.Delay) {
			e.disconnect(step.Reset)
		}
		return
	case step.Error != nil:
		answer = errorAnswer(contract, *step.Error)
	case step.Answer != nil:
		answer = Answer{Status: step.Answer.Status, Header: http.Header{"Content-Type": {contract.Retry.MediaType}}, Body: []byte(step.Answer.Body)}
	case step.Redirect != 0:
		answer = Answer{Status: step.Redirect, Header: http.Header{"Location": {e.server.otherHost + e.arrived.Target}}}
	default:
		answer = e.handled()
	}
	e.send(changed(contract, answer, step), step)
}

// handled lets the reference server, or the one upstream, answer.
func (e *exchange) handled() Answer {
	handler, request := http.Handler(e.call.reference), again(e.r, e.arrived)
	switch {
	case e.server.forward == nil:
	case e.call.Scenario == nil:
		handler = e.server.forward
		if e.arrived.BodyProblem != "" {
			return Answer{Status: http.StatusRequestEntityTooLarge, Header: http.Header{}}
		}
	default:
		// Only the server upstream knows which tokens are right.
		if _, isBearer := bearerToken(request.Header.Values("Authorization")); isBearer {
			request.Header.Set("Authorization", "Bearer "+standInToken)
		}
	}
	kept := &keptAnswer{header: http.Header{}}
	defer func() {
		// What broke off upstream breaks off here.
		if broken := recover(); broken != nil {
			e.call.answered(e.arrived, Answer{Delivery: ConnectionClosed, At: time.Now()})
			panic(broken)
		}
	}()
	handler.ServeHTTP(kept, request)
	answer := Answer{Status: kept.status, Header: kept.header, Body: kept.body.Bytes()}
	if answer.Status == 0 {
		answer.Status = http.StatusOK
	}
	e.server.remember(e.call, answer)
	return answer
}

// changed does to an answer what a step says.
func changed(contract *spec.Contract, answer Answer, step Step) Answer {
	for name, value := range step.Header {
		answer.Header.Set(name, value)
	}
	if step.Add == nil && !step.WithoutID {
		return answer
	}
	var members map[string]any
	if json.Unmarshal(answer.Body, &members) != nil || !isSuccess(answer.Status) {
		return answer
	}
	for name, value := range step.Add {
		members[name] = value
	}
	if step.WithoutID {
		delete(members, contract.IDField)
	}
	answer.Body = encode(members)
	return answer
}

// send sends an answer, or what a step leaves of it.
func (e *exchange) send(answer Answer, step Step) {
	answer.Delivery = Whole
	if !e.await(step.Delay) {
		answer.Delivery, answer.At = NotAwaited, time.Now()
		e.call.answered(e.arrived, answer)
		panic(http.ErrAbortHandler)
	}
	header := e.w.Header()
	for name, values := range answer.Header {
		header[name] = values
	}
	header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	body := answer.Body
	if step.Truncate {
		answer.Delivery, body = CutShort, body[:len(body)/2]
	}
	answer.At = time.Now()
	e.call.answered(e.arrived, answer)
	e.w.WriteHeader(answer.Status)
	if e.arrived.Method == http.MethodHead || answer.Status == http.StatusNoContent || answer.Status == http.StatusNotModified {
		return
	}
	_, _ = e.w.Write(body)
	if step.Truncate {
		_ = http.NewResponseController(e.w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// await lets a delay pass; false where the client has gone before.
func (e *exchange) await(delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return e.r.Context().Err() == nil
	case <-e.r.Context().Done():
		return false
	}
}

// disconnect ends the connection, by a reset or in good order. By HTTP/2 it is
// the stream that is reset.
func (e *exchange) disconnect(reset bool) {
	delivery := ConnectionClosed
	if reset {
		delivery = ConnectionReset
	}
	e.call.answered(e.arrived, Answer{Delivery: delivery, At: time.Now()})
	hijacker, can := e.w.(http.Hijacker)
	if !can {
		panic(http.ErrAbortHandler)
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if kept, is := connection.(*recordedConnection); is {
		connection = kept.Conn
	}
	if tcp, plain := connection.(*net.TCPConn); plain && reset {
		// With no time to linger, close sends a reset.
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// errorAnswer makes a refusal of the form of AIP-193:
// https://google.aip.dev/193#http11json-representation
func errorAnswer(contract *spec.Contract, failure StepError) Answer {
	status := contract.CodeStatus[failure.Code]
	object := map[string]any{"code": status, "status": failure.Code, "message": strings.TrimSpace(failure.Message)}
	if failure.Reason != "" {
		object["details"] = []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": failure.Reason, "domain": "googleapis.com",
		}}
	}
	return Answer{Status: status, Header: http.Header{"Content-Type": {contract.Retry.MediaType + "; charset=UTF-8"}},
		Body: encode(map[string]any{"error": object})}
}

// encode writes JSON as Google does: two spaces for each level, a newline at the
// end.
func encode(content any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	// What was read from YAML or JSON has a JSON form.
	_ = encoder.Encode(content)
	return text.Bytes()
}

// keptAnswer is a ResponseWriter that keeps what is written.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header { return k.header }

func (k *keptAnswer) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *keptAnswer) Write(body []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(body)
}
