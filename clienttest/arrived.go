package clienttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
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
	// Malformed: what arrived in the place of a request, and is no HTTP.
	Malformed Kind = "malformed"
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
	// Authority is what the target has behind a scheme, before the path; empty for
	// a target as it should be.
	Authority string
	// Host is the field Host, or :authority. ForeignHost: it is not the endpoint's.
	Host        string
	ForeignHost bool
	// Protocol is such as "HTTP/1.1".
	Protocol string
	Header   http.Header
	// Body is as sent, up to bodyLimit. BodyProblem says why it is not whole.
	Body        []byte
	BodyProblem string
	// Framed says that the request has a Content-Length or a Transfer-Encoding,
	// or comes by a protocol that frames it otherwise.
	Framed bool
	// Wire is the head as it was sent; nil where nobody kept it, as with HTTP/2 and
	// TLS.
	Wire *Wire
	// Misspelled is the name of a scenario that it gave, and that there is not.
	Misspelled *misspelling
	Answer     Answer
}

// valuesOf gives the values of a field as they were sent, one for each line.
func (a *Arrived) valuesOf(name string) []string {
	if a.Wire != nil {
		return a.Wire.values(name)
	}
	return a.Header.Values(name)
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

// asReason says a delivery that was not whole behind "since".
func (d Delivery) asReason() string {
	switch d {
	case ConnectionReset:
		return "the connection was reset before the answer"
	case ConnectionClosed:
		return "the connection was closed before the answer"
	case CutShort:
		return "the answer was cut short"
	case NotAwaited:
		return "the client did not await the answer"
	}
	return "there was no answer"
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

// content is the body without its content coding (RFC 9110, 8.4): a server
// upstream may compress.
func (a Answer) content() []byte {
	if coding := a.Header.Get("Content-Encoding"); !strings.EqualFold(coding, "gzip") {
		return a.Body
	}
	reader, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err != nil {
		return a.Body
	}
	content, _ := io.ReadAll(io.LimitReader(reader, bodyLimit))
	return content
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
	target, authority := originForm(r.RequestURI)
	arrived := &Arrived{
		At: at, Method: r.Method, Target: target, Authority: authority, Host: r.Host, Protocol: r.Proto, Header: r.Header.Clone(),
		Framed: r.ProtoMajor > 1 || len(r.TransferEncoding) > 0 || r.Header.Get("Content-Length") != "",
		Wire:   wireOf(r), Answer: Answer{Delivery: Pending},
	}
	if hosts := arrived.Wire.values("Host"); len(hosts) > 0 {
		// net/http puts the host of the target in its place.
		arrived.Host = hosts[0]
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	switch {
	case len(body) > bodyLimit:
		body, arrived.BodyProblem = body[:bodyLimit], "it is longer than 1 MiB"
	case err != nil:
		arrived.BodyProblem = "it broke off"
		if r.ContentLength > int64(len(body)) {
			arrived.BodyProblem = fmt.Sprintf("%d of the %d bytes came that Content-Length says", len(body), r.ContentLength)
		}
	}
	arrived.Body = body
	return arrived
}

// malformed takes down what net/http refused with a status; 0 where it gave no
// answer.
func malformed(wire *Wire, status int, at time.Time) *Arrived {
	arrived := &Arrived{At: at, Kind: Malformed, Header: http.Header{}, Wire: wire, Answer: Answer{Delivery: Whole, At: at, Status: status}}
	if status == 0 {
		arrived.Answer.Delivery = ConnectionClosed
	}
	// A line that is none stands in the target's place.
	arrived.Target = wire.Line
	if method, target, protocol, all := wire.parts(); all {
		arrived.Method, arrived.Protocol = method, protocol
		arrived.Target, arrived.Authority = originForm(target)
	}
	for _, field := range wire.Fields {
		if field.Name != "" {
			arrived.Header.Add(field.Name, field.Value)
		}
	}
	return arrived
}

// originForm takes scheme and host off a target, which a client puts there that
// believes to speak to a proxy (RFC 9112, 3.2.2).
func originForm(target string) (origin, authority string) {
	_, rest, found := strings.Cut(target, "://")
	if strings.HasPrefix(target, "/") || !found {
		return target, ""
	}
	slash := strings.IndexAny(rest, "/?")
	switch {
	case slash < 0:
		return "/", rest
	case rest[slash] == '?':
		return "/" + rest[slash:], rest[:slash]
	}
	return rest[slash:], rest[:slash]
}
