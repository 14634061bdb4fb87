package clienttest_test

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// task is one call that a client is to make.
type task struct {
	method   *spec.Method
	endpoint string
	job      string
	// warm is the job of the first call; empty for none.
	warm      string
	token     string
	fresh     string
	authority []byte
	clock     *clock
}

// client is a client as a set of habits. Those of right are right; a fault
// changes one.
type client struct {
	// method is the HTTP method; empty for that of the description.
	method string
	// job is the one of a call that belongs to no scenario.
	job string
	// refused: that job is one that the method refuses.
	refused bool
	// target makes the path and query.
	target func(task) string
	// authorization makes the header; empty for none.
	authorization func(token string) string
	body          []byte
	header        map[string]string
	// fields are further ones, made for a task.
	fields map[string]func(task) string
	// raw writes the request without a library; nil for none. readRaw reads the
	// response to it; nil for a reader that is right.
	raw     func(task) string
	readRaw func(io.Reader) reply
	// whole makes all requests of the call by itself; nil for none.
	whole func(task) reply
	// trusts changes which certificates are trusted; nil for those that are right.
	trusts func(*tls.Config)
	// token chooses the token of an attempt, from 0.
	token func(task task, attempt int) string
	// patience is how long a response is awaited.
	patience time.Duration
	// followWithToken: a redirect is followed with the token.
	followWithToken bool
	// followWith is the HTTP method that every redirect is followed with; empty for
	// that of the standards.
	followWith string
	// again says whether to ask again after an attempt, and after which wait.
	again func(attempt int, got reply) (wait time.Duration, again bool)
	// report makes the outcome of the last reply.
	report func(task task, got reply) result.Outcome
	// silent: nothing is reported.
	silent bool
	// idle: nothing is sent.
	idle bool
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
	// err is why there is no whole response.
	err error
	// reused: the connection was used before.
	reused bool
}

// right is a client that asks once and reports all.
func right() client {
	return client{
		target: func(task task) string { return task.method.Operation.Path.Expand(task.job) },
		authorization: func(token string) string {
			return "Bearer " + token
		},
		token:    func(task task, _ int) string { return task.token },
		patience: 30 * time.Second,
		again:    func(int, reply) (time.Duration, bool) { return 0, false },
		report:   reportAll,
	}
}

// firstWait is how long patient clients wait for the first time.
const firstWait = 50 * time.Millisecond

// patient is a client that asks again where the standards let it, with a fresh
// token and after a wait.
func patient() client {
	made := right()
	made.token = func(task task, attempt int) string {
		if attempt > 0 {
			return task.fresh
		}
		return task.token
	}
	made.again = func(attempt int, got reply) (time.Duration, bool) {
		switch {
		case got.err != nil || attempt >= 3:
			return 0, false
		case got.status == http.StatusUnauthorized:
			return 0, attempt == 0
		case got.status == http.StatusTooManyRequests:
			seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
			return time.Duration(seconds) * time.Second, err == nil
		case got.status == http.StatusServiceUnavailable:
			return firstWait << attempt, true
		}
		return 0, false
	}
	return made
}

// call does what the client does, and returns what it reports; nil for nothing.
func (p client) call(task task) *result.Outcome {
	if p.idle {
		return nil
	}
	library := p.library(task)
	defer library.CloseIdleConnections()
	var got reply
	if task.warm != "" && p.raw == nil && p.whole == nil {
		first := task
		first.job = task.warm
		p.attempt(library, first, 0)
	}
	for attempt := 0; p.whole == nil; attempt++ {
		got = p.attempt(library, task, attempt)
		wait, again := p.again(attempt, got)
		if !again {
			break
		}
		task.clock.advance(wait)
	}
	if p.whole != nil {
		got = p.whole(task)
	}
	if p.silent {
		return nil
	}
	outcome := p.report(task, got)
	return &outcome
}

func (p client) library(task task) *http.Client {
	transport := &http.Transport{ForceAttemptHTTP2: true}
	if task.authority != nil {
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM(task.authority)
		transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
		if p.trusts != nil {
			p.trusts(transport.TLSClientConfig)
		}
	}
	library := &http.Client{Transport: transport, Timeout: p.patience}
	library.CheckRedirect = func(request *http.Request, via []*http.Request) error {
		if p.followWithToken {
			request.Header.Set("Authorization", via[0].Header.Get("Authorization"))
		}
		request.Method = cmp.Or(p.followWith, request.Method)
		return nil
	}
	return library
}

// attempt sends one request.
func (p client) attempt(library *http.Client, task task, attempt int) reply {
	if p.raw != nil {
		return p.attemptRaw(task)
	}
	target := p.target(task)
	request, err := http.NewRequest(cmp.Or(p.method, task.method.Operation.Method), task.endpoint, bytes.NewReader(p.body))
	if err != nil {
		return reply{err: err}
	}
	// The target goes out as it is, right or wrong.
	path, query, _ := strings.Cut(target, "?")
	request.URL.Opaque, request.URL.RawQuery = path, query
	if authorization := p.authorization(p.token(task, attempt)); authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	for name, value := range p.header {
		request.Header.Set(name, value)
	}
	for name, value := range p.fields {
		request.Header.Set(name, value(task))
	}
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(connection httptrace.GotConnInfo) { reused = connection.Reused }}
	got := read(library.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace))))
	got.reused = reused
	return got
}

func read(response *http.Response, err error) reply {
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, header: response.Header, body: body, err: err}
}

// reportAll reports all that came back, as a right client does.
func reportAll(task task, got reply) result.Outcome {
	if got.err != nil {
		return task.failed(result.ClientError{Message: got.err.Error()})
	}
	if got.status >= http.StatusMultipleChoices {
		return task.failed(readError(got))
	}
	return task.read(got.body, false)
}

func readError(got reply) result.ClientError {
	var body struct {
		Error struct {
			Code            int
			Status, Message string
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		return result.ClientError{Code: got.status, Message: "no error object"}
	}
	return result.ClientError{Code: got.status, Status: body.Error.Status, Message: body.Error.Message}
}

// read reads a success. A strict reader takes no member that it does not know.
func (t task) read(body []byte, strict bool) result.Outcome {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return t.failed(result.ClientError{Message: err.Error()})
	}
	if unknown := t.method.Operation.Response.Undocumented(body); strict && len(unknown) > 0 {
		return t.failed(result.ClientError{Message: "the response has " + unknown[0]})
	}
	if t.method.IDField == "" {
		return t.succeeded("")
	}
	id, _ := members[t.method.IDField].(string)
	if id == "" {
		return t.failed(result.ClientError{Message: "the response names no job"})
	}
	return t.succeeded(id)
}

// attemptRaw writes a request without a library, for what no library would send.
func (p client) attemptRaw(task task) reply {
	connection, err := net.Dial("tcp", strings.TrimPrefix(task.endpoint, "http://"))
	if err != nil {
		return reply{err: err}
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, p.raw(task)); err != nil {
		return reply{err: err}
	}
	if p.readRaw != nil {
		return p.readRaw(connection)
	}
	return read(http.ReadResponse(bufio.NewReader(connection), nil))
}

// readOnce takes what comes first for the whole response.
func readOnce(from io.Reader) reply {
	var part [4096]byte
	n, err := from.Read(part[:])
	_, body, found := strings.Cut(string(part[:n]), "\r\n\r\n")
	if err != nil || !found {
		return reply{err: cmp.Or(err, io.ErrUnexpectedEOF)}
	}
	return reply{status: http.StatusOK, body: []byte(body)}
}

// readPlainChunks reads chunks whose size is a number and no more.
func readPlainChunks(from io.Reader) reply {
	text, err := io.ReadAll(from)
	_, rest, _ := strings.Cut(string(text), "\r\n\r\n")
	var body []byte
	for err == nil {
		line, behind, _ := strings.Cut(rest, "\r\n")
		var size int64
		if size, err = strconv.ParseInt(line, 16, 32); err != nil || size == 0 || int(size) > len(behind) {
			break
		}
		body, rest = append(body, behind[:size]...), strings.TrimPrefix(behind[size:], "\r\n")
	}
	return reply{status: http.StatusOK, body: body, err: err}
}

// written makes a client that writes a request line and fields as they stand
// here; in them {method}, {target}, {host} and {token} are replaced.
func written(line string, fields ...string) func() client {
	return writtenInLines("\r\n", line, fields...)
}

// writtenInLines is written with lines that end in their own way.
func writtenInLines(end, line string, fields ...string) func() client {
	return changed(func(p *client) {
		p.raw = func(task task) string {
			replacer := strings.NewReplacer("{method}", task.method.Operation.Method, "{target}", right().target(task), "{host}", strings.TrimPrefix(task.endpoint, "http://"), "{token}", task.token)
			head := append([]string{line}, fields...)
			return replacer.Replace(strings.Join(head, end) + end + end)
		}
	})
}

// What a right client writes.
const (
	goodLine          = "{method} {target} HTTP/1.1"
	goodHost          = "Host: {host}"
	goodAuthorization = "Authorization: Bearer {token}"
	noBody            = "Content-Length: 0"
)

// on is the client with the job of another one, where no scenario says which.
func (p client) on(other client) client {
	p.job, p.refused = other.job, other.refused
	return p
}

// succeeded is a success with an id, which no method has that names no new job.
func (t task) succeeded(newID string) result.Outcome {
	if t.method.IDField == "" {
		return result.Outcome{Job: t.job, OK: true}
	}
	return result.Outcome{Job: t.job, NewID: &newID}
}

func (t task) failed(e result.ClientError) result.Outcome {
	return result.Outcome{Job: t.job, Error: &e}
}
