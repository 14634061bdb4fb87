package clientrun

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// exchange is one request that gets its response.
type exchange struct {
	server  *Server
	call    *Call
	request *request
	// original is the target as it was sent.
	original string
	w        http.ResponseWriter
	r        *http.Request
}

// perform responds as a step says.
func (e *exchange) perform(step scenario.Step) {
	method := e.server.options.Rules.Method
	var made response
	switch {
	case step.LengthRequired && !e.request.framed && slices.Contains(withContent, e.request.method):
		made = lengthRequired()
	case step.Reset, step.HangUp:
		if e.wait(step.Delay) {
			e.disconnect(step.Reset)
		}
		return
	case step.Error != nil:
		made = refusal(method, *step.Error)
	case step.Response != nil:
		made = response{status: step.Response.Status, header: http.Header{"Content-Type": {method.Operation.MediaType}}, body: []byte(step.Response.Body)}
	case step.Redirect != 0:
		made = response{status: step.Redirect, header: http.Header{"Location": {e.server.otherHost + e.request.target}}}
	case step.RedirectHere != 0:
		scheme := "http://"
		if e.request.secure {
			scheme = "https://"
		}
		made = response{status: step.RedirectHere, header: http.Header{"Location": {scheme + e.r.Host + redirectedPath + e.original}}}
	default:
		made = e.handled()
	}
	if made.success() {
		made.tests = e.tests(step)
	}
	if step.RetryAfterDate > 0 {
		at := e.server.options.Now().Add(step.Delay + step.RetryAfterDate + time.Second - 1).Truncate(time.Second)
		made.header.Set("Retry-After", at.UTC().Format(http.TimeFormat))
	}
	for name, value := range step.Header {
		made.header.Set(name, value)
	}
	var members map[string]any
	if (step.Add != nil || step.WithoutID) && made.success() && json.Unmarshal(made.body, &members) == nil {
		for name, value := range step.Add {
			members[name] = value
		}
		if step.WithoutID {
			delete(members, method.IDField)
		}
		made.body = encode(members)
	}
	e.send(made, step)
}

// redirectedPath begins the path that a redirect to the same host leads to.
const redirectedPath = "/redirected"

// tests is the requirement that breaks who makes an error of what a step makes of a
// success.
func (e *exchange) tests(step scenario.Step) string {
	switch {
	case step.Interim != 0:
		return outcomeInterim
	case step.ChunkExtension != "" && e.r.ProtoMajor == 1:
		return outcomeChunkExtensions
	}
	return ""
}

// lengthRequired is how Google's front end refuses a request without a length.
func lengthRequired() response {
	return response{status: http.StatusLengthRequired, header: http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Referrer-Policy": {"no-referrer"}},
		body: []byte("<!DOCTYPE html>\n<html lang=en><title>Error 411 (Length Required)!!1</title>\n<p>POST requests require a Content-length header.\n")}
}

// handled lets the reference server, or the one upstream, respond.
func (e *exchange) handled() (made response) {
	handler, forwarded := http.Handler(e.call.reference), e.r.Clone(e.r.Context())
	// Without the prefix that chose a scenario, and with the body that was read.
	forwarded.Body, forwarded.RequestURI = io.NopCloser(bytes.NewReader(e.request.body)), e.request.target
	forwarded.Header.Del(scenarioHeader)
	if parsed, err := url.ParseRequestURI(e.request.target); err == nil {
		forwarded.URL = parsed
	}
	if e.request.purpose == followed {
		// A GET behind a 303 reads what came of the call.
		forwarded.Method = e.server.options.Rules.Method.Operation.Method
	}
	switch {
	case e.server.forward == nil:
	case e.call.scenario == nil:
		handler = e.server.forward
		if e.request.bodyProblem != "" {
			return response{status: http.StatusRequestEntityTooLarge, header: http.Header{}}
		}
	default:
		if bearerToken(forwarded.Header.Values("Authorization")) != "" {
			forwarded.Header.Set("Authorization", "Bearer "+upstreamToken)
		}
	}
	kept := &keptResponse{header: http.Header{}}
	defer func() {
		broken := recover()
		if kept.tooLong {
			made = response{status: http.StatusBadGateway, noUpstream: "the response of the server upstream is longer than 1 MiB", header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
				body: []byte("dpconform: the response of the server upstream is longer than 1 MiB\n")}
			return
		}
		// What broke off upstream breaks off here.
		if broken != nil {
			e.call.responded(e.request, response{delivery: hungUp, at: e.server.options.Now()})
			panic(broken)
		}
	}()
	handler.ServeHTTP(kept, forwarded)
	kept.WriteHeader(http.StatusOK)
	made = response{status: kept.status, header: kept.header, body: kept.body, noUpstream: kept.noUpstream, ofReference: e.call.scenario != nil}
	e.server.remember(e.call, made)
	return made
}

// splitPause is long enough that two parts arrive one after the other.
const splitPause = 50 * time.Millisecond

// send sends a response, or what a step leaves of it.
func (e *exchange) send(made response, step scenario.Step) {
	made.delivery = whole
	if !e.wait(step.Delay) {
		made.delivery, made.at = notAwaited, e.server.options.Now()
		e.call.responded(e.request, made)
		panic(http.ErrAbortHandler)
	}
	if step.Interim != 0 && e.r.ProtoAtLeast(1, 1) {
		e.w.WriteHeader(step.Interim)
	}
	header := e.w.Header()
	for name, values := range made.header {
		header[name] = values
	}
	header.Set("Content-Length", strconv.Itoa(len(made.body)))
	body := made.body
	if step.Close && e.r.ProtoMajor == 1 {
		header.Set("Connection", "close")
	}
	if step.Truncate {
		made.delivery, body = truncated, body[:len(body)/2]
	}
	made.at = e.server.options.Now()
	e.call.responded(e.request, made)
	if (step.Close || step.ChunkExtension != "") && e.sendByHand(made, step) {
		return
	}
	e.w.WriteHeader(made.status)
	if step.Close && e.r.ProtoMajor == 2 {
		// Behind the head, and before the end of the response: however fast the next call
		// is, the client knows by then. Once the head is written, so are the settings.
		_ = http.NewResponseController(e.w).Flush()
		goAway(e.r)
	}
	if e.request.method == http.MethodHead || made.status == http.StatusNoContent || made.status == http.StatusNotModified {
		return
	}
	if step.Split {
		_, _ = e.w.Write(body[:len(body)/2])
		_ = http.NewResponseController(e.w).Flush()
		// A client that is gone gets the rest as little as the beginning.
		_ = e.wait(splitPause)
		body = body[len(body)/2:]
	}
	_, _ = e.w.Write(body)
	if step.Truncate {
		_ = http.NewResponseController(e.w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// wait lets a delay pass; false where the client has gone before.
func (e *exchange) wait(delay time.Duration) bool {
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
// the stream that is reset, or a used connection that ends behind a GOAWAY.
func (e *exchange) disconnect(byReset bool) {
	delivery := hungUp
	if byReset {
		delivery = reset
	}
	e.call.responded(e.request, response{delivery: delivery, at: e.server.options.Now()})
	if !byReset && e.request.before > 0 {
		if secure := goAway(e.r); secure != nil {
			_ = secure.CloseWrite()
			if tcp, is := secure.NetConn().(*net.TCPConn); is {
				_ = tcp.CloseWrite()
			}
			// What the client still sends is read, so that no reset overtakes GOAWAY.
			<-e.r.Context().Done()
		}
	}
	connection, _, err := http.NewResponseController(e.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	inner := connection
	if kept, is := connection.(*recordedConnection); is {
		inner = kept.Conn
	}
	if secure, is := connection.(*tls.Conn); is {
		inner = secure.NetConn()
	}
	if tcp, is := inner.(*net.TCPConn); is && byReset {
		// With no time to linger, close sends a reset, and TLS does not say goodbye.
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
	_ = connection.Close()
}

// refusal makes a refusal in the form of AIP-193:
// https://google.aip.dev/193#http11json-representation
func refusal(method *spec.Method, failure scenario.Error) response {
	status := method.CodeStatus[failure.Code]
	object := map[string]any{"code": status, "status": failure.Code, "message": strings.TrimSpace(failure.Message)}
	if failure.Reason != "" {
		object["details"] = []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": failure.Reason, "domain": "googleapis.com",
		}}
	}
	return response{status: status, header: http.Header{"Content-Type": {method.Operation.MediaType + "; charset=UTF-8"}},
		body: encode(map[string]any{"error": object})}
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

// keptResponse is a ResponseWriter that keeps what is written, up to bodyLimit.
type keptResponse struct {
	header http.Header
	status int
	body   []byte
	// tooLong: the body is longer.
	tooLong bool
	// noUpstream says why it is not the response of the server upstream; empty where
	// it is.
	noUpstream string
}

var errTooLong = errors.New("the response is longer than 1 MiB")

func (k *keptResponse) Header() http.Header { return k.header }

// WriteHeader takes the status. Another follows one that is interim (RFC 9110, 15.2).
func (k *keptResponse) WriteHeader(status int) {
	if k.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		k.status = status
	}
}

func (k *keptResponse) Write(body []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	if k.tooLong = k.tooLong || len(k.body)+len(body) > bodyLimit; k.tooLong {
		return 0, errTooLong
	}
	k.body = append(k.body, body...)
	return len(body), nil
}

// forwardTo forwards requests to another server with their path and query as they
// were sent, and returns its responses. It follows no redirect, so that a token
// goes to that server alone.
func forwardTo(upstream, proxy *url.URL) http.Handler {
	address := upstream.EscapedPath()
	if proxy != nil && upstream.Scheme == "http" {
		// A proxy is sent the whole address (RFC 9112, 3.2.2).
		address = "//" + upstream.Host + address
	}
	return &httputil.ReverseProxy{
		Rewrite: func(proxied *httputil.ProxyRequest) {
			path, query, _ := strings.Cut(proxied.In.RequestURI, "?")
			proxied.Out.URL = &url.URL{Scheme: upstream.Scheme, Host: upstream.Host, Opaque: address + path, RawQuery: query}
			proxied.Out.Host = upstream.Host
			// What comes back has to be read here, too.
			if strings.Contains(proxied.In.Header.Get("Accept-Encoding"), "gzip") {
				proxied.Out.Header.Set("Accept-Encoding", "gzip")
			} else {
				proxied.Out.Header.Del("Accept-Encoding")
			}
		},
		Transport: &http.Transport{
			Proxy:               http.ProxyURL(proxy),
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, DisableCompression: true,
			MaxResponseHeaderBytes: 1 << 20, ResponseHeaderTimeout: time.Minute,
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			reason := "the server upstream gave no valid response"
			var dialled *net.OpError
			switch {
			case errors.As(err, &dialled) && (dialled.Op == "dial" || dialled.Op == "proxyconnect"):
				reason = "the server upstream could not be reached"
			case errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF):
				reason = "the server upstream sent no complete response"
			}
			if kept, is := w.(*keptResponse); is {
				kept.noUpstream = reason
			}
			http.Error(w, "dpconform: "+reason, http.StatusBadGateway)
		},
	}
}

// ParseUpstream reads the address of a server upstream. It returns an error for
// one that is no http or https address, or that has more than a path.
func ParseUpstream(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, fmt.Errorf("%q does not begin with http:// or https://; give one such as http://127.0.0.1:8080", redact.Address(text))
	case parsed.User != nil:
		return nil, errors.New("it has a user name, which would be sent to nobody; remove the name")
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, errors.New("it has a query or a fragment; give it without")
	}
	parsed.Path, parsed.RawPath = strings.TrimSuffix(parsed.Path, "/"), strings.TrimSuffix(parsed.RawPath, "/")
	return parsed, nil
}
