package emulator

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dpconform/dpconform/spec"
)

func TestEveryFaultIsSound(t *testing.T) {
	contract := shipped()
	seen := map[string]bool{}
	for _, fault := range Faults() {
		if seen[fault.Name] {
			t.Errorf("%s stands twice", fault.Name)
		}
		seen[fault.Name] = true
		if fault.Name == "" || strings.Trim(fault.Name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%q is no name", fault.Name)
		}
		if !strings.HasSuffix(fault.Text, ".") {
			t.Errorf("%s: the text is no sentence: %q", fault.Name, fault.Text)
		}
		if _, found := contract.Requirement(fault.Breaks); !found {
			t.Errorf("%s: unknown requirement %q", fault.Name, fault.Breaks)
		}
		if _, err := New(contract, Options{Fault: fault.Name}); err != nil {
			t.Errorf("%s: %v", fault.Name, err)
		}
	}
}

// probes are requests that together reach every stage.
func probes() []request {
	return []request{
		{path: "/v1/archiveJobs/failed-1:retry"},
		{path: "/v1/archiveJobs/failed-1:retry", body: "{}\n", header: map[string]string{"Content-Type": "application/json; charset=UTF-8"}},
		{path: "/v1/archiveJobs/failed-1:retry", body: `{"a":1}`},
		{path: "/v1/archiveJobs/failed-1:retry", body: `[{}]`},
		{path: "/v1/archiveJobs/failed-1:retry", body: `{`},
		{path: "/v1/archiveJobs/failed-1:retry", body: `<a/>`, header: map[string]string{"Content-Type": "application/xml"}},
		{path: "/v1/archiveJobs/failed-1:retry?alt=json&foo=1"},
		{path: "/v1/archiveJobs/complete-1:retry?alt=json&prettyPrint=false"},
		{path: "/v1/archiveJobs/complete-1:retry"},
		{path: "/v1/archiveJobs/nobody:retry"},
		{path: "/v1/archiveJobs/failed-1.x~y:z%2Fw%25:retry"},
		{path: "/v1/archiveJobs/:retry"},
		{path: "/v1/archiveJobs:retry"},
		{path: "/v1"},
		{path: "/v1/archiveJobs/failed-1:retry", anonymous: true},
		{path: "/v1/archiveJobs/failed-1:retry", header: map[string]string{"Authorization": "Bearer x"}},
		{path: "/v1/archiveJobs/nobody:retry", header: map[string]string{"Authorization": "Bearer scope:userinfo.email"}},
		{method: "GET", path: "/v1/archiveJobs/failed-1:retry"},
		{method: "GET", path: "/v1/archiveJobs/failed-1/portabilityArchiveState"},
		{method: "GET", path: "/v1/archiveJobs/cancelled-1/portabilityArchiveState"},
	}
}

// sendHanging sends a request to a server that may hang up.
func sendHanging(t *testing.T, server http.Handler, asked request) {
	defer func() {
		if broken := recover(); broken != nil && broken != http.ErrAbortHandler {
			t.Errorf("%s %s panics: %v", asked.method, asked.path, broken)
		}
	}()
	asked.send(t, server)
}

// TestNoFaultPanics also takes descriptions at the edge: one without a
// retryable state, one without any other, with one scope and no parameters.
func TestNoFaultPanics(t *testing.T) {
	oversize := strings.Repeat("x", bodyLimit+1)
	text := string(spec.Embedded().Text)
	scopes := strings.Index(text, "        - oauth2: [https://www.googleapis.com/auth/dataportability.businessmessaging")
	end := strings.Index(text, "      x-reference-page:")
	contracts := map[string]*spec.Contract{
		"shipped":        shipped(),
		"none retryable": edited(t, "[FAILED]", "[]"),
		"all retryable": edited(t, "[FAILED]", "[FAILED, COMPLETE, IN_PROGRESS, CANCELLED]",
			text[scopes:end], "",
			"        - {name: alt, example: json}\n", "", "        - {name: prettyPrint, example: \"false\"}\n", "",
			"x-system-parameters:", "x-system-parameters: []"),
	}
	for name, contract := range contracts {
		for _, fault := range Faults() {
			if fault.Breaks == "retry.robustness.in-time" {
				continue
			}
			t.Run(name+"/"+fault.Name, func(t *testing.T) {
				t.Parallel()
				server, err := New(contract, Options{Fault: fault.Name})
				if err != nil {
					t.Fatal(err)
				}
				for _, asked := range probes() {
					sendHanging(t, server, asked)
				}
				if contract == shipped() {
					sendHanging(t, server, request{path: "/v1/archiveJobs/failed-1:retry", body: oversize})
				}
			})
		}
	}
}

func TestTwoFaultsAtOnce(t *testing.T) {
	server := newServer(t, Options{Fault: "created,further-field"})
	recorder := request{path: "/v1/archiveJobs/failed-1:retry"}.send(t, server)
	if recorder.Code != http.StatusCreated || !strings.Contains(recorder.Body.String(), "retriedFrom") {
		t.Errorf("answer %d %s", recorder.Code, recorder.Body)
	}
}

func TestFaultsThatHangOnTime(t *testing.T) {
	for fault, asked := range map[string]request{
		"slow-retry":   {path: "/v1/archiveJobs/failed-1:retry"},
		"slow-refusal": {path: "/v1/archiveJobs/failed-1:retry?foo=1"},
		"slow-body":    {path: "/v1/archiveJobs/failed-1:retry", body: `{"a":1}`},
	} {
		const delay = 20 * time.Millisecond
		server := newServer(t, Options{Fault: fault, Delay: delay})
		began := time.Now()
		asked.send(t, server)
		if took := time.Since(began); took < delay {
			t.Errorf("%s: answered in %s", fault, took)
		}
	}
}

// ask sends one request over the network and gives what came of the whole
// answer.
func ask(t *testing.T, fault, path, body string) (status int, text string, err error) {
	t.Helper()
	web := httptest.NewUnstartedServer(newServer(t, Options{Fault: fault}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.Start()
	defer web.Close()
	sent, err := http.NewRequest(http.MethodPost, web.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header.Set("Authorization", usualToken)
	answer, err := web.Client().Do(sent)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(read), err
}

func TestFaultsOfTheTransport(t *testing.T) {
	const failed, unknown, complete = "/v1/archiveJobs/failed-1:retry", "/v1/archiveJobs/x:retry", "/v1/archiveJobs/complete-1:retry"
	for _, test := range []struct {
		fault, path, body string
		// is tells the error; empty says what stands in its text.
		is       error
		contains string
	}{
		{"hang-up-on-retry", failed, "", io.EOF, ""},
		{"hang-up-on-refusal", failed, "[]", io.EOF, ""},
		{"reset-on-retry", failed, "", syscall.ECONNRESET, ""},
		{"reset-on-refusal", complete, "", syscall.ECONNRESET, ""},
		{"answer-is-no-http", failed, `{"a":1}`, nil, "malformed HTTP"},
		{"answer-ends-in-head", unknown, "", io.ErrUnexpectedEOF, ""},
		{"half-body", failed, "", io.ErrUnexpectedEOF, ""},
		{"half-refusal", failed, `{"a":1}`, io.ErrUnexpectedEOF, ""},
		{"length-too-large", failed, "{", io.ErrUnexpectedEOF, ""},
		{"chunk-size-broken", failed, "", nil, "chunk"},
		{"last-chunk-missing", complete, "", io.ErrUnexpectedEOF, ""},
	} {
		_, _, err := ask(t, test.fault, test.path, test.body)
		if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(fmt.Sprint(err), test.contains) {
			t.Errorf("%s: error %v", test.fault, err)
		}
	}
	for fault, want := range map[string]string{
		"trailing-bytes": "}\nOK\n", "second-value": "}\n{}\n",
	} {
		if _, text, err := ask(t, fault, failed, ""); err != nil || !strings.HasSuffix(text, want) {
			t.Errorf("%s: %q, error %v", fault, text, err)
		}
	}
}
