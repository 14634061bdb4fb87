package clienttest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/redact"
)

// ReportedRequest is a request as it arrived, and its answer.
type ReportedRequest struct {
	Number   int                 `json:"number"`
	At       time.Time           `json:"at"`
	Kind     Kind                `json:"kind"`
	Method   string              `json:"method"`
	Target   string              `json:"target"`
	Protocol string              `json:"protocol"`
	Header   map[string][]string `json:"header"`
	// Body is the body as a text, cut where it is long. BodyBase64 is the body as it
	// was sent where the text is not: where it is no UTF-8 or is cut, up to
	// longestBinary bytes. It is left out where a secret stands in it.
	Body       string `json:"body"`
	BodyBase64 string `json:"body_base64,omitempty"`
	// BodyBytes is the number of bytes that arrived, up to 1 MiB.
	BodyBytes int              `json:"body_bytes"`
	Framing   *ReportedFraming `json:"framing,omitempty"`
	Status    int              `json:"status,omitempty"`
	Delivery  Delivery         `json:"delivery"`
}

// ReportedFraming is what a request says of where it goes and how long it is, as
// it was sent: each field once for each of its lines.
type ReportedFraming struct {
	// Line is the request line. It and the fields are known of HTTP/1.1 without TLS
	// alone.
	Line             string   `json:"line,omitempty"`
	Host             []string `json:"host,omitempty"`
	ContentLength    []string `json:"content_length,omitempty"`
	TransferEncoding []string `json:"transfer_encoding,omitempty"`
}

func reportedRequest(request *Arrived, hide *redact.Redactor) ReportedRequest {
	return ReportedRequest{
		Number: request.Number, At: request.At.UTC(), Kind: request.Kind, Method: request.Method,
		Target: hide.RequestTarget(request.Target), Protocol: request.Protocol, Header: hide.Header(request.Header),
		Body: hide.Body(printableBody(request.Body)), BodyBase64: binaryBody(request, hide), BodyBytes: len(request.Body),
		Framing: reportedFraming(request, hide), Status: request.Answer.Status, Delivery: request.Answer.Delivery,
	}
}

func reportedFraming(request *Arrived, hide *redact.Redactor) *ReportedFraming {
	harmless := func(values []string) []string {
		var shown []string
		for _, value := range values {
			shown = append(shown, hide.Text(value))
		}
		return shown
	}
	framing := &ReportedFraming{ContentLength: harmless(request.valuesOf("Content-Length")), TransferEncoding: harmless(request.valuesOf("Transfer-Encoding"))}
	if request.Wire != nil {
		framing.Line, framing.Host = harmlessLine(request, hide), harmless(request.Wire.values("Host"))
	} else if request.Host != "" {
		framing.Host = harmless([]string{request.Host})
	}
	return framing
}

// harmlessLine is the request line without the secrets of its query, and without
// a user name before a host.
func harmlessLine(request *Arrived, hide *redact.Redactor) string {
	method, target, protocol, all := request.Wire.parts()
	if !all {
		return hide.Text(request.Wire.Line)
	}
	scheme, rest, _ := strings.Cut(target, "://")
	if _, host, named := strings.Cut(request.Authority, "@"); named {
		target = scheme + "://" + redact.Mark + "@" + host + strings.TrimPrefix(rest, request.Authority)
	}
	return method + " " + hide.RequestTarget(target) + " " + protocol
}

// longestBinary is the length in bytes from which a body is cut that is told as
// base64.
const longestBinary = 64 << 10

// binaryBody is the body in base64 where a text does not tell it, and where no
// secret stands in it.
func binaryBody(request *Arrived, hide *redact.Redactor) string {
	if utf8.Valid(request.Body) && len(request.Body) <= longestBody {
		return ""
	}
	content, _ := decoded(request)
	for _, text := range []string{string(request.Body), string(content)} {
		if hide.Body(text) != text || hide.Text(text) != text {
			return ""
		}
	}
	return base64.StdEncoding.EncodeToString(request.Body[:min(len(request.Body), longestBinary)])
}

// longestBody is the length in bytes from which a body is cut in a report.
const longestBody = 2000

func printableBody(body []byte) string {
	if len(body) > longestBody {
		return fmt.Sprintf("%q… (%d bytes)", body[:longestBody], len(body))
	}
	return string(body)
}
