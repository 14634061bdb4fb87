package emulator

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func compressed(t *testing.T, body string) string {
	t.Helper()
	var text bytes.Buffer
	writer := gzip.NewWriter(&text)
	if _, err := writer.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestEmptyMessages(t *testing.T) {
	server := newServer(t, Options{})
	for _, test := range []struct{ body, kind, coding string }{
		{"", "", ""},
		{"", "application/json", ""},
		{"", "text/plain", ""},
		{"", "", "gzip"},
		{"{}", "application/json", ""},
		{"{}\n", "application/json; charset=UTF-8", ""},
		{" \r\n\t{ } ", "Application/JSON", ""},
		{"{}", "", ""},
		{"{}", "application/json; charset", ""},
		{"null\n", "application/json", ""},
		{compressed(t, "{}"), "application/json", "gzip"},
		{compressed(t, "{}"), "application/json", "X-Gzip"},
		{"{}", "application/json", "identity"},
	} {
		recorder := request{path: "/v1/archiveJobs/failed-1:retry", body: test.body,
			header: map[string]string{"Content-Type": test.kind, "Content-Encoding": test.coding}}.send(t, server)
		startedID(t, recorder)
	}
}

func TestOtherBodies(t *testing.T) {
	large := `{"a":"` + strings.Repeat("x", bodyLimit) + `"}`
	for _, test := range []struct {
		name, body, kind, coding string
		status                   int
		message                  string
	}{
		{"unknown field", `{"name":"archiveJobs/failed-1"}`, "application/json", "", 400, `Unknown name "name": Cannot find field.`},
		{"first of two fields", `{"a":{},"b":1}`, "", "", 400, `Unknown name "a"`},
		{"open object", `{"a":`, "application/json", "", 400, "Invalid JSON payload received. Unexpected end of string."},
		{"no JSON", `retry`, "application/json", "", 400, "Unexpected token.\nretry\n^"},
		{"two values", `{} {}`, "application/json", "", 400, "Unexpected token.\n{} {}\n   ^"},
		{"white space alone", "\n", "application/json", "", 400, "Unexpected end of string."},
		{"control character", "{\x01}", "application/json", "", 400, "Unexpected token.\n{ }\n ^"},
		{"no UTF-8", "\xff", "application/json", "", 400, "Unexpected token.\n?\n^"},
		{"array", `[]`, "application/json", "", 400, "Root element must be a message."},
		{"array of a message", `[{}]`, "application/json", "", 400, "Root element must be a message."},
		{"string", `"retry"`, "application/json", "", 400, "Root element must be a message."},
		{"number", `1`, "application/json", "", 400, "Root element must be a message."},
		{"true", `true`, "application/json", "", 400, "Root element must be a message."},
		{"oversize", large, "application/json", "", 413, "exceeds the limit"},
		{"oversize when decompressed", compressed(t, large), "application/json", "gzip", 413, "exceeds the limit"},
		{"no gzip", `{}`, "application/json", "gzip", 400, "not gzip"},
		{"broken gzip", compressed(t, "{}")[:20], "application/json", "gzip", 400, "not gzip"},
		{"other coding", `{}`, "application/json", "br", 415, `"br"`},
		{"text", `{}`, "text/plain", "", 415, `"text/plain"`},
		{"XML", `<retry/>`, "application/xml", "", 415, `"application/xml"`},
		{"no media type at all", `{}`, ";", "", 415, `";"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newServer(t, Options{})
			recorder := request{path: "/v1/archiveJobs/failed-1:retry", body: test.body,
				header: map[string]string{"Content-Type": test.kind, "Content-Encoding": test.coding}}.send(t, server)
			body := wantError(t, recorder, test.status, "INVALID_ARGUMENT")
			if !strings.Contains(body.Error.Message, test.message) {
				t.Errorf("message %q, want %q in it", body.Error.Message, test.message)
			}
			if got := stateOf(t, server, "failed-1"); got != "FAILED" {
				t.Errorf("the job is %s", got)
			}
			if server.jobs.started != 0 {
				t.Error("a job was started")
			}
		})
	}
}

// brokenReader fails as a connection does that breaks within the body.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }

func TestABodyThatBreaksOff(t *testing.T) {
	server := newServer(t, Options{})
	sent := httptest.NewRequest(http.MethodPost, "/v1/archiveJobs/failed-1:retry", brokenReader{})
	sent.Header.Set("Authorization", usualToken)
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, sent)
	wantError(t, recorder, http.StatusBadRequest, "INVALID_ARGUMENT")
}

func TestAClientSeesTheRefusalOfALargeBody(t *testing.T) {
	web := httptest.NewServer(newServer(t, Options{}))
	defer web.Close()
	sent, err := http.NewRequest(http.MethodPost, web.URL+"/v1/archiveJobs/failed-1:retry", bytes.NewReader(make([]byte, 4*bodyLimit)))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header.Set("Authorization", usualToken)
	answer, err := web.Client().Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", answer.StatusCode)
	}
}
