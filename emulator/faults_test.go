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
	"testing/synctest"
	"time"

	"github.com/dpconform/dpconform/spec"
)

func TestEveryFaultIsSound(t *testing.T) {
	method := shipped()
	seen := map[string]bool{}
	for _, fault := range Faults(method) {
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
		if _, found := method.Requirement(fault.Breaks); !found {
			t.Errorf("%s: unknown requirement %q", fault.Name, fault.Breaks)
		}
		if _, err := New(method, Options{Fault: fault.Name}); err != nil {
			t.Errorf("%s: %v", fault.Name, err)
		}
	}
}

// probes are requests that together reach every stage.
func probes() []request {
	probes := []request{
		retry("failed-1"), retry("failed-1").withBody(`{"a":1}`), retry("failed-1").withBody(`[{}]`), retry("failed-1").withBody(`{`),
		retry("complete-1"), retry("nobody"), retry("failed-1.x~y:z%2Fw%25"), retry(""), state("failed-1"), state("cancelled-1"),
		retry("failed-1").as(""), retry("failed-1").as("Bearer x"), retry("nobody").as("Bearer scope:userinfo.email"),
	}
	for _, change := range []func(*request){
		func(r *request) {
			r.body, r.header = "{}\n", []string{"Content-Type", "application/json; charset=UTF-8"}
		},
		func(r *request) { r.body, r.header = "<a/>", []string{"Content-Type", "application/xml"} },
		func(r *request) { r.query = "alt=json&foo=1" },
		func(r *request) { r.query = "alt=json&prettyPrint=false" },
		func(r *request) { r.path = "/v1/archiveJobs:retry" },
		func(r *request) { r.path = "/v1" },
		func(r *request) { r.method = http.MethodGet },
	} {
		probes = append(probes, retry("failed-1").with(change))
	}
	return probes
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

// TestNoFaultPanics also takes descriptions at the edge: one that accepts every
// state, with one scope and no parameters, a method that changes its job, and one
// without states, security and a method that reads states.
func TestNoFaultPanics(t *testing.T) {
	text := string(spec.Default().Text)
	scopes := strings.Index(text, "        - oauth2: [https://www.googleapis.com/auth/dataportability.businessmessaging")
	end := strings.Index(text, "      x-reference-page:")
	parameters, behind := strings.Index(text, "      x-system-parameters:"), strings.Index(text, "      # google.rpc.Code")
	for name, method := range map[string]*spec.Method{
		"shipped": shipped(),
		"all retryable": edited(t, "[FAILED]", "[FAILED, COMPLETE, IN_PROGRESS, CANCELLED]",
			text[scopes:end], "",
			text[parameters:behind], ""),
		"changing": changingMethod(),
		"simple":   plainMethod(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, fault := range Faults(method) {
				if testing.Short() && i%12 > 0 {
					continue
				}
				server, err := New(method, Options{Fault: fault.Name, Delay: time.Nanosecond})
				if err != nil {
					t.Fatal(err)
				}
				for _, asked := range probes() {
					sendHanging(t, server, asked)
					sendHanging(t, server, asked.with(func(r *request) { r.path = strings.Replace(r.path, ":retry", ":stop", 1) }))
				}
				if method == shipped() {
					sendHanging(t, server, retry("failed-1").withBody(strings.Repeat("x", bodyLimit+1)))
				}
			}
		})
	}
}

func TestTwoFaultsAtOnce(t *testing.T) {
	recorder := retry("failed-1").send(t, newServer(t, Options{Fault: "created,extra-field"}))
	if recorder.Code != http.StatusCreated || !strings.Contains(recorder.Body.String(), "calledFor") {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
}

// TestSlowFaults: the response comes after the delay, on the clock of a bubble.
func TestSlowFaults(t *testing.T) {
	for fault, asked := range map[string]request{
		"slow-success": retry("failed-1"),
		"slow-refusal": retry("failed-1").with(func(r *request) { r.query = "foo=1" }),
		"slow-body":    retry("failed-1").withBody(`{"a":1}`),
	} {
		synctest.Test(t, func(t *testing.T) {
			server, began := newServer(t, Options{Fault: fault}), time.Now()
			asked.send(t, server)
			if took := time.Since(began); took != defaultDelay {
				t.Errorf("%s: the response took %s", fault, took)
			}
		})
	}
}

// ask sends one request over the network and gives the body that came.
func ask(t *testing.T, fault, path, body string) (text string, err error) {
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
	response, err := web.Client().Do(sent)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return string(read), err
}

func TestFaultsOfTheTransport(t *testing.T) {
	const failed, unknown, complete = "/v1/archiveJobs/failed-1:retry", "/v1/archiveJobs/x:retry", "/v1/archiveJobs/complete-1:retry"
	for _, test := range []struct {
		fault, path, body string
		// is the error, or contains a part of its text.
		is       error
		contains string
	}{
		{"hang-up-on-success", failed, "", io.EOF, ""},
		{"hang-up-on-refusal", failed, "[]", io.EOF, ""},
		{"reset-on-success", failed, "", syscall.ECONNRESET, ""},
		{"reset-on-refusal", complete, "", syscall.ECONNRESET, ""},
		{"response-not-http", failed, `{"a":1}`, nil, "malformed HTTP"},
		{"response-ends-in-headers", unknown, "", io.ErrUnexpectedEOF, ""},
		{"half-body", failed, "", io.ErrUnexpectedEOF, ""},
		{"half-refusal", failed, `{"a":1}`, io.ErrUnexpectedEOF, ""},
		{"length-too-large", failed, "{", io.ErrUnexpectedEOF, ""},
		{"chunk-size-broken", failed, "", nil, "chunk"},
		{"last-chunk-missing", complete, "", io.ErrUnexpectedEOF, ""},
	} {
		_, err := ask(t, test.fault, test.path, test.body)
		if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(fmt.Sprint(err), test.contains) {
			t.Errorf("%s: error %v", test.fault, err)
		}
	}
	for fault, want := range map[string]string{
		"trailing-bytes": "}\nOK\n", "second-value": "}\n{}\n",
	} {
		if text, err := ask(t, fault, failed, ""); err != nil || !strings.HasSuffix(text, want) {
			t.Errorf("%s: %q, error %v", fault, text, err)
		}
	}
}
