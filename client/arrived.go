package client

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// bodyLimit is the largest body in bytes that is kept. The message of the method
// is empty, so that any limit will do.
const bodyLimit = 1 << 20

// Kind says what a request was for.
type Kind string

// The kinds of request.
const (
	// Attempt: a call of the method, right or wrong.
	Attempt Kind = "retry"
	// StateRead: a call of the method that reads a job's state.
	StateRead Kind = "state"
	// Elsewhere: a request at the other host, to which a redirect leads.
	Elsewhere Kind = "elsewhere"
	// Other: a request that has nothing to do with the method.
	Other Kind = "other"
)

// Arrived is one request as it came, and what it was answered.
type Arrived struct {
	// Number counts the requests of a call, from 1.
	Number int
	At     time.Time
	Kind   Kind
	Method string
	// Target is the path and query as they were sent, without the prefix that
	// chooses a scenario.
	Target string
	// Protocol is such as "HTTP/1.1".
	Protocol string
	Header   http.Header
	// Body is as sent, up to bodyLimit. BodyProblem says why it is not whole.
	Body        []byte
	BodyProblem string
	// Framed says that the request has a Content-Length or a Transfer-Encoding,
	// or comes by a protocol that frames it otherwise.
	Framed bool
	Answer Answer
}

// Delivery says how much of an answer was sent.
type Delivery string

// The deliveries.
const (
	// Pending: nothing yet.
	Pending Delivery = "pending"
	// Whole: all of it.
	Whole Delivery = "whole"
	// CutShort: the beginning of it.
	CutShort Delivery = "cut short"
	// ConnectionReset: the connection was reset in its place.
	ConnectionReset Delivery = "reset"
	// ConnectionClosed: the connection was closed in its place.
	ConnectionClosed Delivery = "hang-up"
	// NotAwaited: the client had gone before.
	NotAwaited Delivery = "not awaited"
)

// inWords says a delivery that was not whole behind "after".
func (d Delivery) inWords() string {
	switch d {
	case ConnectionReset:
		return "a reset of the connection"
	case ConnectionClosed:
		return "the connection was closed"
	}
	return "an answer that was " + string(d)
}

// Answer is what a request was answered.
type Answer struct {
	Delivery Delivery
	// At is when the answer was sent.
	At     time.Time
	Status int
	Header http.Header
	// Body is the whole of it, whatever was delivered.
	Body []byte
}

// path is the part of the target before the query.
func (a *Arrived) path() string {
	path, _, _ := strings.Cut(a.Target, "?")
	return path
}

// query is the part of the target behind the path.
func (a *Arrived) query() string {
	_, query, _ := strings.Cut(a.Target, "?")
	return query
}

// readArrived takes down a request and reads its body.
func readArrived(r *http.Request, at time.Time) *Arrived {
	arrived := &Arrived{
		At: at, Method: r.Method, Target: originForm(r.RequestURI), Protocol: r.Proto, Header: r.Header.Clone(),
		Framed: r.ProtoMajor > 1 || len(r.TransferEncoding) > 0 || r.Header.Get("Content-Length") != "",
		Answer: Answer{Delivery: Pending},
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	switch {
	case len(body) > bodyLimit:
		body, arrived.BodyProblem = body[:bodyLimit], "it is longer than 1 MiB"
	case err != nil:
		arrived.BodyProblem = "it broke off"
	}
	arrived.Body = body
	return arrived
}

// originForm takes scheme and host off a target, which a client puts there that
// believes to speak to a proxy (RFC 9112, 3.2.2).
func originForm(target string) string {
	_, rest, found := strings.Cut(target, "://")
	if strings.HasPrefix(target, "/") || !found {
		return target
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return "/"
	}
	return rest[slash:]
}
