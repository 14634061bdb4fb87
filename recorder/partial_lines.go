package recorder

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

// partialHead is its first line: the settings of the recording. One that goes
// on must have the same.
type partialHead struct {
	Format      int                 `json:"format"`
	Version     string              `json:"dpconform"`
	Endpoint    string              `json:"endpoint"`
	Description string              `json:"description"`
	Seed        uint64              `json:"seed"`
	Limit       time.Duration       `json:"limit"`
	Loopback    bool                `json:"loopback"`
	AllowRetry  bool                `json:"allow_retry"`
	Jobs        map[string][]string `json:"jobs"`
}

func headOf(p Provenance) partialHead {
	return partialHead{
		Format: partialFormat, Version: p.Version, Endpoint: p.RecordedFrom.Endpoint, Description: p.Description.Digest, Seed: p.Seed,
		Limit: p.Limit, Loopback: p.Loopback, AllowRetry: p.AllowRetry, Jobs: p.Jobs,
	}
}

// difference names the first setting in which a recording that goes on is not
// the one that was interrupted, or is empty.
func (h partialHead) difference(now partialHead) string {
	for _, setting := range []struct {
		name     string
		was, now any
	}{
		{"by dpconform", h.Version, now.Version}, {"with --endpoint", h.Endpoint, now.Endpoint},
		{"for the description", h.Description, now.Description}, {"with --seed", h.Seed, now.Seed},
		{"with --timeout", h.Limit, now.Limit}, {"with --allow-retry", h.AllowRetry, now.AllowRetry},
	} {
		if setting.was != setting.now {
			return fmt.Sprintf("%s %v, not %v", setting.name, setting.was, setting.now)
		}
	}
	if !maps.EqualFunc(h.Jobs, now.Jobs, slices.Equal) {
		return "with other jobs by --job"
	}
	return ""
}

// partialLine is one line of the file; one of its members is there.
type partialLine struct {
	Head     *partialHead  `json:"head,omitempty"`
	Begun    *begunLine    `json:"begun,omitempty"`
	Answered *answeredLine `json:"answered,omitempty"`
	Undone   *undoneLine   `json:"undone,omitempty"`
}

// begunLine stands before a request is sent.
type begunLine struct {
	ID       int           `json:"id"`
	Check    string        `json:"check"`
	Number   int           `json:"number"`
	Together bool          `json:"together,omitempty"`
	Once     bool          `json:"once,omitempty"`
	Job      string        `json:"job,omitempty"`
	Request  storedRequest `json:"request"`
}

// answeredLine stands where the answer is whole, or known to be none.
type answeredLine struct {
	ID       int            `json:"id"`
	Response storedResponse `json:"response"`
}

// undoneLine takes back a request that never reached the server.
type undoneLine struct {
	ID int `json:"id"`
}

type storedRequest struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
}

type storedResponse struct {
	Code   int         `json:"code"`
	Status string      `json:"status"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
}

// storedText is a text in a form that survives JSON, which knows only UTF-8.
func storedText(text string) string {
	if utf8.ValidString(text) && !strings.HasPrefix(text, inBase64) {
		return text
	}
	return inBase64 + base64.StdEncoding.EncodeToString([]byte(text))
}

// mapHeader makes a header with each value changed.
func mapHeader(header http.Header, change func(string) string) http.Header {
	changed := make(http.Header, len(header))
	for name, values := range header {
		for _, value := range values {
			changed[name] = append(changed[name], change(value))
		}
	}
	return changed
}

func storeRequest(request cassette.Request) storedRequest {
	return storedRequest{Method: request.Method, URL: storedText(request.URL), Header: mapHeader(request.Headers, storedText), Body: storedText(request.Body)}
}

func (s storedRequest) original() cassette.Request {
	return cassette.Request{Method: s.Method, URL: originalBody(s.URL), Headers: mapHeader(s.Header, originalBody), Body: originalBody(s.Body)}
}

func storeResponse(response cassette.Response) storedResponse {
	return storedResponse{Code: response.Code, Status: storedText(response.Status), Header: mapHeader(response.Headers, storedText), Body: storedText(response.Body)}
}

func (s storedResponse) original() cassette.Response {
	return cassette.Response{Code: s.Code, Status: originalBody(s.Status), Headers: mapHeader(s.Header, originalBody), Body: originalBody(s.Body)}
}
