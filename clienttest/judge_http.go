package clienttest

import (
	"fmt"
	"slices"
	"strings"
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

// judgeHTTP judges the head of a request that is HTTP.
func judgeHTTP(j *judgement, request *Arrived) {
	for _, id := range []string{httpSyntax, httpTarget, httpHost, httpFieldOnce, bodyFraming} {
		j.judge(id)
	}
	if request.Wire != nil {
		// net/http takes some of what no client may send.
		judgeSyntax(j, request)
	}
	if request.Authority != "" {
		j.find(httpTarget, request.Number, "the path and the query alone", "a target with "+partsOfAuthority(request.Authority))
	}
	if request.ForeignHost {
		j.find(httpHost, request.Number, "the host and port of the endpoint", "Host: "+printable(request.Host))
	}
	for _, name := range singleFields {
		if values := request.valuesOf(name); len(values) > 1 {
			j.find(httpFieldOnce, request.Number, "one field "+name, fmt.Sprintf("%d: %s", len(values), printable(strings.Join(values, " and "))))
		}
	}
	if lengths, codings := request.valuesOf("Content-Length"), request.valuesOf("Transfer-Encoding"); len(lengths) > 0 && len(codings) > 0 {
		j.find(bodyFraming, request.Number, "Content-Length or Transfer-Encoding", "Transfer-Encoding: "+printable(codings[0])+" and Content-Length: "+printable(lengths[0]))
	}
}

func partsOfAuthority(authority string) string {
	user, host, named := strings.Cut(authority, "@")
	if !named {
		return "the host " + printable(user)
	}
	// What stands before the @ may be a password.
	return "a user name and the host " + printable(host)
}

// judgeRefused judges what is no HTTP: net/http refused it, so that nothing else
// was done with it.
func judgeRefused(j *judgement, call *Call, request *Arrived) {
	before := len(j.findings)
	if _, _, _, all := request.Wire.parts(); all {
		judgePath(j, call, request)
		judgeQuery(j, call, request)
		judgeAuthorization(j, call, request)
	}
	found := false
	for _, judge := range []func(*judgement, *Arrived) bool{judgeSyntax, judgeHosts, judgeFraming} {
		if judge(j, request) {
			found = true
			break
		}
	}
	if !found && len(j.findings) == before {
		j.find(httpSyntax, request.Number, "a request that is HTTP", fmt.Sprintf("one that had to be refused with %d", request.Answer.Status))
	}
}

// isRefused reports whether something is wrong with what no handler took. A
// request that came behind another one on a connection that ended is right.
func isRefused(rules Rules, request *Arrived) bool {
	j := &judgement{rules: rules}
	return request.Answer.Status >= 400 || judgeSyntax(j, request) || judgeHosts(j, request) || judgeFraming(j, request)
}

// judgeSyntax finds what is no line of HTTP.
func judgeSyntax(j *judgement, request *Arrived) bool {
	wire := request.Wire
	const want = "METHOD TARGET HTTP/1.1, and fields of a name, a colon and a value"
	switch _, _, protocol, all := wire.parts(); {
	case strings.HasPrefix(wire.Line, tlsHandshake):
		j.find(httpSyntax, request.Number, "HTTP without TLS, as the endpoint says", "the beginning of a TLS handshake")
	case !all:
		j.find(httpSyntax, request.Number, want, "the line "+quoted(wire.Line))
	case protocol != "HTTP/1.1" && protocol != "HTTP/1.0":
		j.find(httpSyntax, request.Number, "HTTP/1.1", printable(protocol))
	case slices.ContainsFunc(wire.Fields, isMalformed):
		broken := wire.Fields[slices.IndexFunc(wire.Fields, isMalformed)]
		name, _, _ := strings.Cut(broken.Line, ":")
		j.find(httpSyntax, request.Number, want, "a field that is none: "+quoted(name))
	case wire.BareFeeds > 0:
		// A recipient may take a line feed alone for the end of a line; a sender has
		// no such choice (RFC 9112, 2.2).
		j.find(httpSyntax, request.Number, "a carriage return and a line feed at the end of each line", countOf(wire.BareFeeds, "line")+" with a line feed alone")
	case !wire.Whole:
		j.find(httpSyntax, request.Number, "an empty line behind the fields", "a head that broke off")
	default:
		return false
	}
	return true
}

// tlsHandshake is how a TLS connection begins: a record of the type handshake of
// version 3 (RFC 8446, 5.1).
const tlsHandshake = "\x16\x03"

// isMalformed reports whether a line is no field (RFC 9110, 5.5: a value has no
// control characters).
func isMalformed(field WireField) bool {
	return field.Name == "" || strings.ContainsFunc(field.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// quoted shows the beginning of a line.
func quoted(line string) string {
	const few = 60
	if len(line) > few {
		line = line[:few] + "…"
	}
	return `"` + printable(line) + `"`
}

// judgeHosts finds what is wrong with Host (RFC 9112, 3.2).
func judgeHosts(j *judgement, request *Arrived) bool {
	hosts := request.valuesOf("Host")
	_, _, protocol, _ := request.Wire.parts()
	const want = "one field Host, with the host and port of the endpoint"
	switch {
	case len(hosts) > 1:
		j.find(httpHost, request.Number, want, fmt.Sprintf("%d: %s", len(hosts), printable(strings.Join(hosts, " and "))))
	case len(hosts) == 0 && protocol == "HTTP/1.1":
		j.find(httpHost, request.Number, want, "no Host")
	case len(hosts) == 1 && strings.ContainsAny(hosts[0], " /\\<>\"{}|^`"):
		j.find(httpHost, request.Number, want, "Host: "+printable(hosts[0]))
	default:
		return false
	}
	return true
}

// judgeFraming finds a length that is none (RFC 9110, 8.6: Content-Length =
// 1*DIGIT; RFC 9112, 6.1 and 6.3).
func judgeFraming(j *judgement, request *Arrived) bool {
	lengths, codings := request.valuesOf("Content-Length"), request.valuesOf("Transfer-Encoding")
	const want = "one Content-Length of digits, or Transfer-Encoding: chunked"
	different := slices.Compact(slices.Sorted(slices.Values(lengths)))
	switch {
	case len(different) > 1:
		j.find(bodyFraming, request.Number, want, "Content-Length: "+printable(strings.Join(lengths, " and ")))
	case len(different) == 1 && (different[0] == "" || strings.Trim(different[0], "0123456789") != ""):
		j.find(bodyFraming, request.Number, want, "Content-Length: "+printable(lengths[0]))
	case len(codings) > 1, len(codings) == 1 && !strings.EqualFold(codings[0], "chunked"):
		j.find(bodyFraming, request.Number, want, "Transfer-Encoding: "+printable(strings.Join(codings, " and ")))
	default:
		return false
	}
	return true
}
