package clientrun

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/wire"
)

// The requirements of HTTP itself.
const (
	httpSyntax    = "client.http.syntax"
	httpTarget    = "client.http.target"
	httpHost      = "client.http.host"
	httpFieldOnce = "client.http.field-once"
	bodyFraming   = "client.body.framing"
)

// singleFields are the fields of a request that have one value (RFC 9110, 8.3,
// 8.6, 10.1.3 and 10.1.5). Host and Authorization have requirements of their
// own.
var singleFields = []string{"Content-Type", "Content-Length", "Referer", "User-Agent"}

// checkHTTP checks the head of a request that net/http took.
func (e *evaluation) checkHTTP(one *request) {
	e.test(httpSyntax, httpTarget, httpHost, httpFieldOnce, bodyFraming)
	if one.head != nil {
		// net/http accepts some of what no client may send.
		e.checkSyntax(one)
	}
	if one.authority != "" {
		got := "a target with the host " + printable(one.authority)
		if _, host, named := strings.Cut(one.authority, "@"); named {
			// What is before the @ may be a password.
			got = "a target with a user name and the host " + printable(host)
		}
		e.find(httpTarget, one, "the path and the query alone", got)
	}
	if one.foreignHost {
		e.find(httpHost, one, "the host and port of the endpoint", "Host: "+printable(one.host))
	}
	for _, name := range singleFields {
		if values := one.values(name); len(values) > 1 {
			e.find(httpFieldOnce, one, "one field "+name, fmt.Sprintf("%d: %s", len(values), printable(strings.Join(values, " and "))))
		}
	}
	e.checkFraming(one)
}

// checkMalformed checks malformed HTTP, which net/http refused.
func (e *evaluation) checkMalformed(call *Call, one *request) {
	before := len(e.findings)
	if _, _, _, all := one.head.RequestLine(); all {
		e.checkPath(call, one)
		e.checkQuery(one)
		e.checkAuthorization(call, one)
	}
	if !e.checkSyntax(one) && !e.checkHosts(one) && !e.checkFraming(one) && len(e.findings) == before {
		e.find(httpSyntax, one, "a request that is valid HTTP", fmt.Sprintf("one that had to be refused with %d", one.response.status))
	}
}

// isRefused reports whether something is wrong with what no handler took. A
// request that came behind another one on a connection that ended is right.
func isRefused(rules Rules, one *request) bool {
	e := &evaluation{rules: rules}
	return one.response.status >= 400 || e.checkSyntax(one) || e.checkHosts(one) || e.checkFraming(one)
}

// checkSyntax finds malformed lines.
func (e *evaluation) checkSyntax(one *request) bool {
	head := one.head
	const want = "METHOD TARGET HTTP/1.1, and fields of a name, a colon and a value"
	broken, malformed := head.Malformed()
	switch _, _, protocol, all := head.RequestLine(); {
	case strings.HasPrefix(head.Line, tlsHandshake):
		e.find(httpSyntax, one, "HTTP without TLS, as the endpoint says", "the beginning of a TLS handshake")
	case !all:
		e.find(httpSyntax, one, want, "the line "+`"`+printable(head.Line)+`"`)
	case protocol != "HTTP/1.1" && protocol != "HTTP/1.0":
		e.find(httpSyntax, one, "HTTP/1.1", printable(protocol))
	case malformed:
		name, _, _ := strings.Cut(broken.Line, ":")
		e.find(httpSyntax, one, want, "a malformed field: "+`"`+printable(name)+`"`)
	case head.BareFeeds > 0:
		// A recipient may take a line feed alone for the end of a line; a sender has
		// no such choice (RFC 9112, 2.2).
		e.find(httpSyntax, one, "CRLF at the end of each line", text.Counted(head.BareFeeds, "line")+" that end with LF only")
	case !head.Whole:
		e.find(httpSyntax, one, "an empty line after the fields", "an incomplete head")
	default:
		return false
	}
	return true
}

// tlsHandshake is how a TLS connection begins: a record of the type handshake of
// version 3 (RFC 8446, 5.1).
const tlsHandshake = "\x16\x03"

// checkHosts finds what is wrong with Host (RFC 9112, 3.2).
func (e *evaluation) checkHosts(one *request) bool {
	hosts := one.values("Host")
	_, _, protocol, _ := one.head.RequestLine()
	const want = "one Host field, with the host and port of the endpoint"
	switch {
	case len(hosts) > 1:
		e.find(httpHost, one, want, fmt.Sprintf("%d: %s", len(hosts), printable(strings.Join(hosts, " and "))))
	case len(hosts) == 0 && protocol == "HTTP/1.1":
		e.find(httpHost, one, want, "no Host")
	case len(hosts) == 1 && strings.ContainsAny(hosts[0], " /\\<>\"{}|^`"):
		e.find(httpHost, one, want, "Host: "+printable(hosts[0]))
	default:
		return false
	}
	return true
}

// checkFraming finds a length that is none.
func (e *evaluation) checkFraming(one *request) bool {
	got := wire.BadFraming(one.values("Content-Length"), one.values("Transfer-Encoding"))
	if got != "" {
		e.find(bodyFraming, one, "one Content-Length of digits, or Transfer-Encoding: chunked", printable(got))
	}
	return got != ""
}
