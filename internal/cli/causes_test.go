package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// answer sends what a handler recorded.
func answer(w http.ResponseWriter, recorded *httptest.ResponseRecorder, body []byte) {
	maps.Copy(w.Header(), recorded.Header())
	w.WriteHeader(recorded.Code)
	_, _ = w.Write(body)
}

// around makes a server that changes the responses of the emulator.
func around(change func(w http.ResponseWriter, recorded *httptest.ResponseRecorder)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			change(w, recorded)
		})
	}
}

// changing makes a server that takes each request for another one.
func changing(change func(*http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// A copy: net/http reads what is left of a body by the request that it made.
			changed := r.Clone(r.Context())
			change(changed)
			next.ServeHTTP(w, changed)
		})
	}
}

// byMethod responds with a page and a status, one to POST and one to all else.
func byMethod(post, other int) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(map[bool]int{true: post, false: other}[r.Method == http.MethodPost])
			_, _ = w.Write([]byte("<html><title>page</title></html>"))
		})
	}
}

// refusing makes a server whose refusals of a code, or of any, have another body,
// and another status unless that is 0.
func refusing(code string, status int, body string) func(http.Handler) http.Handler {
	return around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
		if recorded.Code < 400 || !strings.Contains(recorded.Body.String(), code) {
			answer(w, recorded, recorded.Body.Bytes())
			return
		}
		if status > 0 {
			recorded.Code = status
		}
		recorded.Header().Del("Content-Length")
		recorded.Header().Set("Grpc-Status", "3")
		if body != "" {
			recorded.Header().Del("Grpc-Status")
		}
		answer(w, recorded, []byte(body))
	})
}

// rawly makes a server that writes the responses of the emulator itself, with a
// head and a body of its own.
func rawly(head func(length int) string, body func(string) string) func(http.Handler) http.Handler {
	return around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		sent := recorded.Body.String()
		_, _ = fmt.Fprintf(connection, head(len(sent))+"Connection: close\r\nContent-Type: application/json\r\n\r\n%s", recorded.Code, body(sent))
		_ = connection.Close()
	})
}

// withHead makes a server with this head before a length, and after the status.
func withHead(version, length string) func(http.Handler) http.Handler {
	return rawly(func(size int) string {
		return version + " %d X\r\n" + strings.ReplaceAll(length, "SIZE", strconv.Itoa(size)) + "\r\n"
	}, func(body string) string { return body })
}

// refusedBefore makes a server that refuses some requests before all else.
func refusedBefore(status int, refuses func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !refuses(r) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"error": {"code": %d, "message": "not like this", "status": "INVALID_ARGUMENT"}}`, status)
		})
	}
}

// checkCauses checks what holds for the causes of any server: they are about exchanges
// of the run, explain findings that name them, and begin with one that explains the most
// severe failure where one does.
func checkCauses(t *testing.T, report result.Report) {
	t.Helper()
	for _, cause := range report.Causes {
		if cause.Exchange < 1 || cause.Exchange > len(report.Exchanges) || cause.Count < 1 || cause.Count > len(report.Exchanges) || len(cause.Requirements)+len(cause.Skipped) == 0 {
			t.Errorf("%+v", cause)
		}
	}
	for _, check := range report.Checks {
		for _, finding := range check.Findings {
			explains := func(cause result.Cause) bool {
				return cause.ID == finding.Cause && slices.Contains(cause.Requirements, finding.Requirement) && slices.Contains(cause.Checks, check.ID)
			}
			if finding.Cause != "" && !slices.ContainsFunc(report.Causes, explains) {
				t.Errorf("%s: no cause %s explains %s", check.ID, finding.Cause, finding.Requirement)
			}
		}
	}
	if failed := report.Broken(result.Fail); failed[0].Explained() && !slices.Contains(report.Causes[0].Requirements, failed[0].Requirement.ID) && !report.Leads(report.Causes[0]) {
		t.Errorf("%s does not explain %s", report.Causes[0].ID, failed[0].Requirement.ID)
	}
}

// TestACauseComesFirst: of a server with one mistake every format names it, before
// what it explains.
func TestACauseComesFirst(t *testing.T) {
	t.Parallel()
	const aToken = "Bearer scope:dataportability.maps.reviews"
	always := func(status int, body string) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, status) })
		}
	}
	unwrapped := around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
		var body struct{ Error json.RawMessage }
		if json.Unmarshal(recorded.Body.Bytes(), &body) == nil && body.Error != nil {
			recorded.Body = bytes.NewBuffer(body.Error)
			recorded.Header().Del("Content-Length")
		}
		answer(w, recorded, recorded.Body.Bytes())
	})
	decoding := changing(func(r *http.Request) {
		r.URL.RawPath = ""
		r.RequestURI = (&url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}).RequestURI()
	})
	for _, one := range []struct {
		name, prefix, id, says string
		change                 func(http.Handler) http.Handler
	}{
		{"the error wrapper", "", "error-wrapper", `not wrapped in an "error" object`, unwrapped},
		{"another address", "/api", "wrong-address", "every response is 404", nil},
		{"the version twice", "/v1", "doubled-prefix", "/v1 is in the path twice", nil},
		{"a redirect", "", "redirected", "every response is 308, to https://example.com", func(http.Handler) http.Handler {
			return http.RedirectHandler("https://example.com/", http.StatusPermanentRedirect)
		}},
		{"a server that is down", "", "one-status", "every response is 502", always(502, "bad gateway")},
		{"no HTTP", "", "no-http", "no request got an HTTP response", func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				connection, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					return
				}
				_, _ = connection.Write([]byte("HTP 200 OK\r\n\r\n"))
				_ = connection.Close()
			})
		}},
		{"two lengths", "", "broken-messages", "are not valid HTTP: the length of the body is open: Content-Length: ", withHead("HTTP/1.1", "Content-Length: SIZE\r\nContent-Length: 9SIZE")},
		{"a version in lower case", "", "broken-messages", "are not valid HTTP: the status line does not begin with HTTP/1.1", withHead("http/1.1", "Content-Length: SIZE")},
		{"chunks that are too short", "", "broken-messages", "are not valid HTTP: the chunked body is broken", rawly(func(int) string { return "HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n" },
			func(body string) string { return "1\r\n" + body + "\r\n0\r\n\r\n" })},
		{"errors with the status 200", "", "errors-as-success", "errors are sent with a success status, 200", around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
			recorded.Code = http.StatusOK
			answer(w, recorded, recorded.Body.Bytes())
		})},
		{"successes with the status 201", "", "success-status", "calls succeed with the status 201 instead of 200", around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
			if recorded.Code == http.StatusOK && !strings.Contains(recorded.Body.String(), `"state"`) {
				recorded.Code = http.StatusCreated
			}
			answer(w, recorded, recorded.Body.Bytes())
		})},
		{"a rate", "", "rate-limited", "every response is 429: the server limits the rate of requests", refusedBefore(http.StatusTooManyRequests, func(*http.Request) bool { return true })},
		{"errors in a list", "", "framework-errors", "are JSON arrays instead of an error object", around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
			if recorded.Code >= 400 && recorded.Body.Len() > 0 {
				recorded.Body = bytes.NewBufferString("[" + recorded.Body.String() + "]")
				recorded.Header().Del("Content-Length")
			}
			answer(w, recorded, recorded.Body.Bytes())
		})},
		{"a media type of nothing", "", "call-refused", "every call without a Content-Type is refused with 415", refusedBefore(http.StatusUnsupportedMediaType, func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.Header.Get("Content-Type") == ""
		})},
		{"a body is needed", "", "call-refused", "every call without a body is refused with 400", refusedBefore(http.StatusBadRequest, func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.ContentLength == 0
		})},
		{"a header is needed", "", "call-refused", "every call is refused with 409", refusedBefore(http.StatusConflict, func(r *http.Request) bool { return r.Method == http.MethodPost })},
		{"other jobs", "", "unknown-job", "of the given jobs, such as failed-1: ", changing(func(r *http.Request) {
			if segments := strings.Split(r.URL.EscapedPath(), "/"); len(segments) > 3 {
				segments[3] = "none-" + segments[3]
				r.URL.RawPath = strings.Join(segments, "/")
				r.URL.Path, _ = url.PathUnescape(r.URL.RawPath)
				r.RequestURI = r.URL.RequestURI()
			}
		})},
		{"no token is accepted", "", "caller-refused", `tokens are refused with 401 in `, always(401, `{"error": {"code": 401, "message": "the issuer is unknown", "status": "UNAUTHENTICATED"}}`)},
		{"no call is accepted, and no state read", "", "caller-refused", `tokens are refused in calls of the method with 401 in `, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost {
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte("<html>not found</html>"))
					return
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}`))
			})
		}},
		{"a length that is too large", "", "content-length", "does not match the body", around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
			recorded.Header().Set("Content-Length", strconv.Itoa(recorded.Body.Len()+2))
			answer(w, recorded, recorded.Body.Bytes())
		})},
		{"a length that is too small", "", "content-length", "does not match the body", around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
			body := recorded.Body.Bytes()
			body = body[:max(0, len(bytes.TrimSpace(body))-2)]
			recorded.Header().Set("Content-Length", strconv.Itoa(len(body)))
			answer(w, recorded, body)
		})},
		{"a length that is too small in errors", "", "content-length", "the body ends in the middle of its JSON value", around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
			body := bytes.TrimSpace(recorded.Body.Bytes())
			if recorded.Code >= 400 {
				body = body[:max(0, len(body)-2)]
			}
			recorded.Header().Set("Content-Length", strconv.Itoa(len(body)))
			answer(w, recorded, body)
		})},
		{"no method for states", "", "no-state-method", "the state of no job can be read: all ", refusedBefore(http.StatusMethodNotAllowed, func(r *http.Request) bool { return r.Method == http.MethodGet })},
		{"a decoded path", "", "decoded-path", "decodes the path before it routes it", decoding},
		{"a decoded path and no error wrapper", "", "error-wrapper decoded-path", "decodes the path before it routes it",
			func(next http.Handler) http.Handler { return unwrapped(decoding(next)) }},
		{"a file server", "", "wrong-address", "no response comes from the method: GET gets 404, POST gets 501", byMethod(501, 404)},
		{"a server of pages", "", "wrong-address", "no response comes from the method: GET gets 200, POST gets 405", byMethod(405, 200)},
		{"a server that serves nothing", "", "wrong-address", "every response is 501: the server does not serve the method at this path", always(501, "no")},
		{"the verb taken for the end of the id", "", "not-routed", "does not find the jobs that the state method shows: 404 to POST", changing(func(r *http.Request) {
			before, verb, _ := strings.Cut(r.URL.Path, ":")
			if verb != "" {
				r.URL.Path, r.URL.RawPath = before+":"+verb+":"+verb, ""
			}
		})},
		{"a method that is not served", "", "not-routed", "every call is 404, with and without a token, though the state method shows the job", func(http.Handler) http.Handler {
			return mustEmulate(t, emulator.Options{Fault: "method-not-served"})
		}},
		{"errors of the framework", "", "framework-errors", "have the format of FastAPI or Django REST framework instead of an error object", refusing("INVALID_ARGUMENT", 0, `{"detail":"no"}`)},
		{"errors without a body", "", "framework-errors", "have an empty body, with the gRPC status in a header, instead of an error object", refusing("", 0, "")},
		{"a handler that panics", "", "call-lost", "calls for a job in the state FAILED got no response: ", func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/failed-") {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(w, r)
			})
		}},
		{"the same response to all", "", "one-status", "every response is 200, whatever was sent", always(200, `{"archiveJobId":"a"}`)},
		{"bad input is too much", "", "server-fails", "requests get 5xx. The first: 500 to ", refusing("INVALID_ARGUMENT", 500, `{"message":"no"}`)},
		{"no body is read", "", "body-unread", "the body is not checked: ", changing(func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 })},
		{"unknown fields are ignored", "", "unknown-fields", "the body is parsed, but unknown fields are ignored: ", changing(func(r *http.Request) {
			if body, err := io.ReadAll(r.Body); err == nil {
				var fields map[string]any
				if json.Unmarshal(body, &fields) == nil {
					body = []byte("{}")
				}
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			}
		})},
		{"the value of a body is ignored", "", "body-unread", "the body is parsed, but its value is not looked at: ", changing(func(r *http.Request) {
			if body, err := io.ReadAll(r.Body); err == nil {
				if json.Valid(body) {
					body = []byte("{}")
				}
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			}
		})},
		{"no body but JSON is read", "", "body-unread", "the body is checked only if its media type is JSON: ", changing(func(r *http.Request) {
			if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
				r.Body, r.ContentLength = http.NoBody, 0
			}
		})},
		{"no scopes", "", "no-scopes", "the server does not check scopes: it accepted all ", func(http.Handler) http.Handler {
			return mustEmulate(t, emulator.Options{Fault: "any-scope-accepted"})
		}},
		{"any token", "", "no-scopes", "the server accepts any token: an unknown one, and all ", changing(func(r *http.Request) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
				r.Header.Set("Authorization", aToken)
			}
		})},
		{"no tokens, and an unknown id crashes", "", "server-fails nobody-refused", "the server does not check tokens: it refused none of the ", func(http.Handler) http.Handler {
			return changing(func(r *http.Request) { r.Header.Set("Authorization", aToken) })(mustEmulate(t, emulator.Options{Fault: "unknown-job-crashes"}))
		}},
		{"an unknown id crashes", "", "server-fails", "the server fails with 500 for an unknown id, in ", func(http.Handler) http.Handler {
			return mustEmulate(t, emulator.Options{Fault: "unknown-job-crashes"})
		}},
		{"successes are lost", "", "call-lost", "no call succeeds, and ", func(http.Handler) http.Handler {
			return mustEmulate(t, emulator.Options{Fault: "hang-up-on-success"})
		}},
		{"a connection that is not kept in order", "", "persistent-connection", "The rest of the run uses a new connection for each request", func(next http.Handler) http.Handler {
			var used sync.Map
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, again := used.LoadOrStore(r.Context().Value(http.LocalAddrContextKey), true); again {
					http.Error(w, "once", http.StatusBadRequest)
					return
				}
				next.ServeHTTP(w, r)
			})
		}},
		{"refusals of another mistake", "", "", "", func(http.Handler) http.Handler {
			return mustEmulate(t, emulator.Options{Fault: "query-read-as-path"})
		}},
		{"none", "", "", "", func(next http.Handler) http.Handler { return next }},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			handler := mustEmulate(t, emulator.Options{})
			if one.change != nil {
				handler = one.change(handler)
			}
			arguments := append([]string{"run"}, flagsFor(t, handler, nil)...)
			arguments[2] += one.prefix
			// Errors in general are seen in a run of all checks alone, and several causes fill a screen.
			if !strings.Contains(one.id, "errors") && !strings.Contains(one.id, " ") {
				for _, focus := range enoughForACause {
					arguments = append(arguments, "--focus", focus)
				}
			}
			_, paths := everyFormat(t.TempDir(), "report")
			pages := map[bool][]string{true: {"markdown", "html"}}[one.id == "error-wrapper" || one.id == "persistent-connection"]
			for _, format := range append(pages, "json") {
				arguments = append(arguments, "--report", format+"="+paths[format])
			}
			got := call(t, arguments...)
			report, err := result.ReadJSON([]byte(readFile(t, paths["json"])))
			if err != nil {
				t.Fatal(err)
			}
			if one.id == "" {
				if len(report.Causes) > 0 {
					t.Errorf("%+v", report.Causes)
				}
				return
			}
			var ids []string
			for _, cause := range report.Causes {
				ids = append(ids, cause.ID)
			}
			if strings.Join(ids, " ") != one.id {
				t.Fatalf("%+v\n%s", report.Causes, got.output)
			}
			checkCauses(t, report)
			got.want(t, result.ExitFails, one.says, "fix  ", "explains  ")
			_, screen, _ := strings.Cut(got.output, "\ntarget "+arguments[2]+"\nCAUSE ")
			if rows := strings.Count(ansi.Hardwrap(screen, widthWithoutTerminal, true), "\n"); rows > 22 || !strings.Contains(screen, "\n  fix   ") || !strings.Contains(screen, "\n  explain  ") {
				t.Errorf("the last screen of %d rows:\n%s", rows, screen)
			}
			if before, _, passed := strings.Cut(got.words(), " pass"); passed && !strings.Contains(before, one.says) {
				t.Error(got.output)
			}
			for _, format := range pages {
				page := readFile(t, paths[format])
				if !strings.Contains(strings.ReplaceAll(page, "&#34;", `"`), one.says) {
					t.Errorf("%s does not say %q", format, one.says)
				}
				if format == "html" && one.id == "persistent-connection" && strings.Count(page, "--next") < 2 {
					t.Error("the command of the cause, or of its finding, has no earlier request")
				}
			}
		})
	}
}

// enoughForACause are checks that between them show each cause.
var enoughForACause = []string{"path.template", "path.transcoding", "path.encoded-colon", "path.encoded-slash", "body.unknown-field", "body.malformed", "body.array", "body.scalar", "body.not-empty",
	"body.empty", "body.empty-message", "semantics", "authorization/no-token", "authorization/unknown-token", "authorization.unrelated-scope", "robustness/persistent-connection"}
