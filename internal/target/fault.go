package target

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// FaultKind says in which way a response failed to come whole.
type FaultKind string

// The kinds of fault. Those up to Unrecorded say nothing about the server's
// conformance; all others are the server's.
const (
	// Unreachable: no connection could be made.
	Unreachable FaultKind = "unreachable"
	// Intercepted: somebody on the way responded, such as a captive portal.
	Intercepted FaultKind = "intercepted"
	// Lost: the network broke the connection before a response.
	Lost FaultKind = "lost"
	// Throttled: the server takes no more requests for now.
	Throttled FaultKind = "throttled"
	// Unavailable: the server, or what stands in front of it, cannot respond for
	// now.
	Unavailable FaultKind = "unavailable"
	// NotSetUp: the server does not let the caller's project in.
	NotSetUp FaultKind = "not set up"
	// WrongProtocol: the endpoint speaks another protocol than its address says,
	// or wants a client certificate.
	WrongProtocol FaultKind = "wrong protocol"
	// Withheld: the request was not sent, or given up, for a reason that the
	// detail says.
	Withheld FaultKind = "withheld"
	// Unrecorded: the cassettes have no such interaction.
	Unrecorded FaultKind = "unrecorded"
	// HangUp: the connection was closed before a response.
	HangUp FaultKind = "hang-up"
	// Reset: the connection was reset before a response.
	Reset FaultKind = "reset"
	// Slow: the response was not whole within the limit.
	Slow FaultKind = "slow"
	// Truncated: the body ended before its announced end.
	Truncated FaultKind = "truncated"
	// BrokenChunks: the chunked framing of the body is not HTTP.
	BrokenChunks FaultKind = "broken chunking"
	// Malformed: what came is not HTTP.
	Malformed FaultKind = "malformed"
	// MalformedHead: the status line or a header field is none of HTTP's.
	MalformedHead FaultKind = "malformed head"
	// BadFraming: the header leaves the length of the body open.
	BadFraming FaultKind = "bad framing"
	// Endless: the body is larger than any response of this method can be.
	Endless FaultKind = "endless"
	// ClosedWhileSending: the server closed before it had read the body.
	ClosedWhileSending FaultKind = "closed while sending"
)

// Fault is what came instead of a whole response.
type Fault struct {
	Kind FaultKind
	// Detail is one line for a person. It carries no token.
	Detail string
	// Flag is what would help, such as "--max-requests"; empty where nothing
	// would.
	Flag string
}

// Error gives the detail.
func (f *Fault) Error() string { return f.Detail }

// ServerOwn reports whether the fault tells something about the server, as
// opposed to the network or to this program.
func (f *Fault) ServerOwn() bool {
	switch f.Kind {
	case Unreachable, Intercepted, Lost, Throttled, Unavailable, NotSetUp, WrongProtocol, Withheld, Unrecorded:
		return false
	}
	return true
}

// slowError is the cause with which a request over the limit is cancelled.
type slowError struct{ limit time.Duration }

func (e slowError) Error() string { return fmt.Sprintf("no complete response within %s", e.limit) }

// asFault lets a RoundTripper bring its own fault, such as a replay without the
// interaction.
func asFault(err error) *Fault {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	return nil
}

// FaultBeforeResponse says what an error of a RoundTripper tells of the server.
// The context is the request's; sentBody is the length of its body in bytes.
func FaultBeforeResponse(ctx context.Context, err error, sentBody int) *Fault {
	var slow slowError
	var head *headError
	switch {
	case asFault(err) != nil:
		return asFault(err)
	case errors.As(context.Cause(ctx), &slow):
		return &Fault{Kind: Slow, Detail: slow.Error()}
	case ctx.Err() != nil:
		return interrupted(ctx)
	case isUnreachable(err):
		return &Fault{Kind: Unreachable, Detail: unreachableReason(err)}
	case isHeaderTimeout(err):
		return &Fault{Kind: Slow, Detail: "the head of the response did not come in time", Flag: "--header-timeout"}
	case sentBody > largeBody && isCutOff(err):
		return &Fault{Kind: ClosedWhileSending, Detail: "the server closed the connection before it had read the whole body"}
	case errors.Is(err, syscall.ECONNRESET):
		return &Fault{Kind: Reset, Detail: "the connection was reset before a response"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE), isClosedIdle(err):
		return &Fault{Kind: HangUp, Detail: "the connection was closed before the response was complete"}
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return &Fault{Kind: Malformed, Detail: "the head of the response is too long"}
	case strings.Contains(err.Error(), "readLoopPeekFailLocked"):
		// net/http says in its own words that bytes came before it had asked.
		return &Fault{Kind: Malformed, Detail: "not an HTTP response: the server sent data before the request"}
	case errors.As(err, &head):
		return &Fault{Kind: head.kind, Detail: head.detail}
	default:
		return &Fault{Kind: Malformed, Detail: "not an HTTP response: " + withoutQuotes(innermost(err))}
	}
}

// withoutQuotes leaves out what net/http quotes of a server's own bytes: a part
// of a token that it repeats would be recognised by nobody.
func withoutQuotes(reason string) string {
	const line = "malformed MIME header line"
	if strings.HasPrefix(reason, line) {
		return line
	}
	before, _, _ := strings.Cut(reason, `"`)
	return strings.TrimRight(before, ` :`)
}

// largeBody is the size in bytes from which a server may close before it has
// read everything (RFC 9110, 15.5.14).
const largeBody = 64 << 10

// interrupted is the fault of what a context ended that is done.
func interrupted(ctx context.Context) *Fault {
	var ended *OvertimeError
	if errors.As(context.Cause(ctx), &ended) {
		return overtime(ended)
	}
	return &Fault{Kind: Withheld, Detail: "the run was interrupted"}
}

func overtime(ended *OvertimeError) *Fault { return &Fault{Kind: Withheld, Detail: ended.Error()} }

// FaultInBody says what an error tells that came while the body of a response was
// read, of which so many bytes had come, and so many were announced: fewer than 0 where
// that is not known.
func FaultInBody(ctx context.Context, err error, read int, announced int64) *Fault {
	var slow slowError
	switch {
	case errors.As(context.Cause(ctx), &slow):
		return &Fault{Kind: Slow, Detail: fmt.Sprintf("%s; %d bytes of the body came", slow, read)}
	case asFault(err) != nil:
		return asFault(err)
	case ctx.Err() != nil:
		return interrupted(ctx)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		if announced >= 0 {
			return &Fault{Kind: Truncated, Detail: fmt.Sprintf("the body ended after %d of %d bytes", read, announced)}
		}
		return &Fault{Kind: Truncated, Detail: fmt.Sprintf("the body ended after %d bytes, before its last chunk", read)}
	case strings.Contains(err.Error(), "chunk"):
		return &Fault{Kind: BrokenChunks, Detail: fmt.Sprintf("the chunked body is broken after %d bytes: %s", read, innermost(err))}
	default:
		return &Fault{Kind: Malformed, Detail: fmt.Sprintf("the body could not be read after %d bytes: %s", read, innermost(err))}
	}
}

// isCutOff reports whether an error says that the other side did not take what
// was being sent. One that took it all and then closed without a response ends
// in io.EOF.
func isCutOff(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "write error")
}

func isUnreachable(err error) bool {
	var operation *net.OpError
	if errors.As(err, &operation) && (operation.Op == "dial" || operation.Op == "proxyconnect") {
		return true
	}
	var lookup *net.DNSError
	var refused *proxyError
	return errors.As(err, &lookup) || errors.As(err, &refused) || isTLSFailure(err)
}

// isTLSFailure reports whether the two sides came to no terms about TLS.
func isTLSFailure(err error) bool {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	// net/http keeps the type of this one to itself.
	inTime := strings.Contains(err.Error(), "TLS handshake timeout")
	return inTime || errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &certificate) || errors.As(err, &authority)
}

// isClosedIdle knows net/http's error of a connection that was closed before it was
// used again, whose value it keeps to itself.
func isClosedIdle(err error) bool {
	return strings.Contains(err.Error(), "server closed idle connection")
}

// isHeaderTimeout knows net/http's own limit for the head of a response, whose
// type it keeps to itself.
func isHeaderTimeout(err error) bool {
	return strings.Contains(err.Error(), "timeout awaiting response headers")
}

// innermost gives the last error of a chain: the outer ones repeat the URL.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return string(bytes.ToValidUTF8([]byte(err.Error()), []byte("?")))
		}
		err = inner
	}
}
