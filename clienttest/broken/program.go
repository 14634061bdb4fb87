// Package broken has clients that are right, and clients with one fault each,
// and proves that the judge tells them apart.
package broken

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/clienttest"
)

// task is one call that a client is to make.
type task struct {
	endpoint  string
	job       string
	token     string
	fresh     string
	authority []byte
}

// program is a client as a set of habits. Those of right are right; a fault
// changes one.
type program struct {
	method string
	// job is the one that a client retries that no scenario is about.
	job string
	// target makes the path and query.
	target func(task) string
	// authorization makes the header; empty for none.
	authorization func(token string) string
	body          []byte
	header        map[string]string
	// fields are further ones, made for a task.
	fields map[string]func(task) string
	// raw writes the request without a library; nil for none.
	raw func(task) (string, error)
	// token chooses the token of an attempt, from 0.
	token func(task task, attempt int) string
	// patience is how long an answer is awaited.
	patience time.Duration
	// followWithToken: a redirect is followed with the token.
	followWithToken bool
	// again says whether to ask again after an attempt, and after which wait.
	again func(attempt int, got reply) (wait time.Duration, again bool)
	// tell makes the outcome of the last reply.
	tell func(task task, got reply) clienttest.Outcome
	// silent: nothing is told.
	silent bool
	// idle: nothing is sent.
	idle bool
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
	// err is why there is no whole answer.
	err error
}

// right is a client that asks once and tells all.
func right() program {
	return program{
		method: http.MethodPost,
		target: func(task task) string { return "/v1/archiveJobs/" + url.PathEscape(task.job) + ":retry" },
		authorization: func(token string) string {
			return "Bearer " + token
		},
		token:    func(task task, _ int) string { return task.token },
		patience: 30 * time.Second,
		again:    func(int, reply) (time.Duration, bool) { return 0, false },
		tell:     tellAll,
	}
}

// firstWait is how long patient clients wait for the first time.
const firstWait = 50 * time.Millisecond

// patient is a client that asks again where the standards let it, with a fresh
// token and after a wait.
func patient() program {
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

// call does what the program does, and gives what it tells; nil for nothing.
func (p program) call(ctx context.Context, task task) *clienttest.Outcome {
	if p.idle {
		return nil
	}
	library := p.library(task)
	defer library.CloseIdleConnections()
	var got reply
	for attempt := 0; ; attempt++ {
		got = p.attempt(ctx, library, task, attempt)
		wait, again := p.again(attempt, got)
		if !again {
			break
		}
		time.Sleep(wait)
	}
	if p.silent {
		return nil
	}
	outcome := p.tell(task, got)
	return &outcome
}

func (p program) library(task task) *http.Client {
	transport := &http.Transport{ForceAttemptHTTP2: true}
	if task.authority != nil {
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM(task.authority)
		transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
	}
	library := &http.Client{Transport: transport, Timeout: p.patience}
	library.CheckRedirect = func(request *http.Request, via []*http.Request) error {
		if p.followWithToken {
			request.Header.Set("Authorization", via[0].Header.Get("Authorization"))
		}
		return nil
	}
	return library
}

// attempt sends one request.
func (p program) attempt(ctx context.Context, library *http.Client, task task, attempt int) reply {
	if p.raw != nil {
		return p.attemptRaw(task)
	}
	target := p.target(task)
	request, err := http.NewRequestWithContext(ctx, p.method, task.endpoint, bytes.NewReader(p.body))
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
	answer, err := library.Do(request)
	if err != nil {
		return reply{err: err}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return reply{status: answer.StatusCode, header: answer.Header, body: body, err: err}
}

// tellAll tells all that came back, as a right client does.
func tellAll(task task, got reply) clienttest.Outcome {
	if got.err != nil {
		return clienttest.Failed(task.job, clienttest.ToldError{Message: got.err.Error()})
	}
	if got.status >= http.StatusMultipleChoices {
		return clienttest.Failed(task.job, readError(got))
	}
	id, err := readID(got.body, false)
	if err != nil {
		return clienttest.Failed(task.job, clienttest.ToldError{Message: err.Error()})
	}
	return clienttest.Succeeded(task.job, id)
}

func readError(got reply) clienttest.ToldError {
	var body struct {
		Error struct {
			Code            int
			Status, Message string
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		return clienttest.ToldError{Code: got.status, Message: "no error object"}
	}
	return clienttest.ToldError{Code: got.status, Status: body.Error.Status, Message: body.Error.Message}
}

// readID reads the new id. A strict reader takes no member that it does not
// know.
func readID(body []byte, strict bool) (string, error) {
	var answer struct {
		ID string `json:"archiveJobId"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if strict {
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(&answer); err != nil {
		return "", err
	}
	if answer.ID == "" {
		return "", errors.New("the answer names no job")
	}
	return answer.ID, nil
}
