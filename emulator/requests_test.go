package emulator

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// part is one way to write one part of a request, and the response that it
// leads to where all parts before it are right.
type part struct {
	text string
	// further are the header lines that go with it, name and value in turn.
	further []string
	// status and code are those of the refusal; 0 where the part is right, and no
	// code where a page is sent.
	status int
	code   string
	// message stands in the refusal.
	message string
}

// step is a part of a request; the steps are in the order in which the server
// looks at them.
type step struct {
	name  string
	parts []part
	write func(*request, part)
}

const invalid = "INVALID_ARGUMENT"

// encodedAll percent-encodes every octet.
func encodedAll(id, format string) string {
	var text strings.Builder
	for _, octet := range []byte(id) {
		fmt.Fprintf(&text, format, octet)
	}
	return text.String()
}

func compressed(text string) string {
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	// Writing into memory cannot fail.
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return buffer.String()
}

func steps() []step {
	large := `{"a":"` + strings.Repeat("x", bodyLimit) + `"}`
	asJSON := []string{"Content-Type", "application/json"}
	coded := func(coding string) []string { return append([]string{"Content-Encoding", coding}, asJSON...) }
	named := func(kind string) []string { return []string{"Content-Type", kind} }
	return []step{{"path", []part{
		// ID stands for the job's id, ENCODED and encoded for the same escaped.
		{text: "/v1/archiveJobs/ID:retry"},
		{text: "/v1/archiveJobs/ENCODED:retry"},
		{text: "/v1/archiveJobs/encoded:retry"},
		{text: "/", status: 404}, {text: "/v1/archiveJobs/:retry", status: 404}, {text: "/v1/archiveJobs:retry", status: 404},
		{text: "/v1/archiveJobs/ID/retry", status: 404}, {text: "/v1/archiveJobs/ID:retry/", status: 404},
		{text: "/v1/archiveJobs/ID/x:retry", status: 404}, {text: "/v1/archiveJobs/%3Cb%3E/ID:retry", status: 404},
		{text: "/v1/archiveJobs/ID%3Aretry", status: 404}, {text: "/v1/archiveJobs%2FID:retry", status: 404},
		{text: "/v1/archiveJobs/ID:RETRY", status: 404}, {text: "/v1/archivejobs/ID:retry", status: 404}, {text: "/v1/archiveJobs/ID", status: 404},
	}, func(r *request, p part) { r.path = p.text }}, {"method", []part{
		{text: "POST"},
		{text: "GET", status: 405}, {text: "HEAD", status: 405}, {text: "PUT", status: 405}, {text: "PATCH", status: 405},
		{text: "DELETE", status: 405}, {text: "OPTIONS", status: 405}, {text: "post", status: 405}, {text: "BREW", status: 405},
	}, func(r *request, p part) { r.method = p.text }}, {"token", []part{
		{text: "Bearer scope:dataportability.maps.reviews"},
		{text: "bearer  scope:dataportability.maps.reviews "},
		{text: "Bearer scope:userinfo.email+dataportability.maps.reviews"},
		{text: "Bearer scope:dataportability.maps.reviews+userinfo.email"},
		{text: "Bearer scope:dataportability.maps.reviews+https://mail.google.com/"},
		{text: "Bearer given"},
		{text: "Bearer empty", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:userinfo.email", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:https://mail.google.com/", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:dataportability.foo.bar", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:dataportability", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:dataportability.maps.review", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:dataportability.maps.reviews.x", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:dataportability.maps.reviewsx", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:DATAPORTABILITY.MAPS.REVIEWS", status: 403, code: "PERMISSION_DENIED"},
		{text: "Bearer scope:", status: 401, code: "UNAUTHENTICATED"},
		{text: "Bearer scope:dataportability.maps.reviews+", status: 401, code: "UNAUTHENTICATED"},
		{text: "Bearer nobody-issued-this", status: 401, code: "UNAUTHENTICATED"},
		{text: "Bearer ", status: 401, code: "UNAUTHENTICATED"},
		{text: "Basic c2NvcGU6ZGF0YXBvcnRhYmlsaXR5Lm1hcHMucmV2aWV3cw==", status: 401, code: "UNAUTHENTICATED"},
		{text: "scope:dataportability.maps.reviews", status: 401, code: "UNAUTHENTICATED"},
		{text: "", status: 401, code: "UNAUTHENTICATED"},
	}, func(r *request, p part) { r.authorization = p.text }}, {"query", []part{
		{text: ""}, {text: "&"}, {text: "alt=json&prettyPrint=false"}, {text: "alt=json&alt=json"}, {text: "key=%zz"},
		{text: "%24.xgafv=1&callback=cb&fields=a&key=k&quotaUser=q&uploadType=u&upload_protocol=raw"},
		{text: "foo=1", status: 400, code: invalid, message: `Unknown name "foo": Cannot bind query parameter.`},
		{text: "alt=json&b%61r", status: 400, code: invalid, message: `Unknown name "bar"`},
		{text: "Alt=json", status: 400, code: invalid, message: `Unknown name "Alt"`},
		{text: "name=archiveJobs/failed-1", status: 400, code: invalid, message: `Unknown name "name"`},
		{text: "=x", status: 400, code: invalid, message: `Unknown name ""`},
		{text: "%zz=1", status: 400, code: invalid, message: `Unknown name "%zz"`},
	}, func(r *request, p part) { r.query = p.text }}, {"body", []part{
		{text: ""}, {text: "", further: asJSON}, {text: "", further: named("text/plain")}, {text: "", further: []string{"Content-Encoding", "gzip"}},
		{text: "{}"}, {text: "{}", further: asJSON}, {text: "{}\n", further: named("application/json; charset=UTF-8")},
		{text: " \r\n\t{ } ", further: named("Application/JSON")}, {text: "{}", further: named("application/json; charset")},
		{text: "null\n", further: asJSON}, {text: compressed("{}"), further: coded("gzip")}, {text: compressed("{}"), further: coded("X-Gzip")},
		{text: compressed(""), further: coded("gzip")}, {text: "{}", further: coded("identity")},
		{text: `{"name":"archiveJobs/failed-1"}`, status: 400, code: invalid, message: `Unknown name "name": Cannot find field.`},
		{text: `{"a":{},"b":1}`, status: 400, code: invalid, message: `Unknown name "a"`},
		{text: `{"a":`, status: 400, code: invalid, message: "Invalid JSON payload received. Unexpected end of string."},
		{text: strings.Repeat("[", 20_000), status: 400, code: invalid},
		{text: "retry", status: 400, code: invalid, message: "Unexpected token.\nretry\n^"},
		{text: "{} {}", status: 400, code: invalid, message: "Unexpected token.\n{} {}\n   ^"},
		{text: "\n", status: 400, code: invalid, message: "Unexpected end of string."},
		{text: "{\x01}", status: 400, code: invalid, message: "Unexpected token.\n{ }\n ^"},
		{text: "\xff", status: 400, code: invalid, message: "Unexpected token.\n?\n^"},
		{text: "\ufeff{}", status: 400, code: invalid},
		{text: "[]", status: 400, code: invalid, message: "Root element must be a message."},
		{text: "[{}]", status: 400, code: invalid, message: "Root element must be a message."},
		{text: `"retry"`, status: 400, code: invalid, message: "Root element must be a message."},
		{text: "1", status: 400, code: invalid, message: "Root element must be a message."},
		{text: "true", status: 400, code: invalid, message: "Root element must be a message."},
		{text: large, status: 413, code: invalid, message: "exceeds the limit"},
		{text: compressed(large), further: coded("gzip"), status: 413, code: invalid, message: "exceeds the limit"},
		{text: "{}", further: coded("gzip"), status: 400, code: invalid, message: "not gzip"},
		{text: compressed("{}")[:20], further: coded("gzip"), status: 400, code: invalid, message: "not gzip"},
		{text: "{}", further: coded("br"), status: 415, code: invalid, message: `"br"`},
		{text: "{}", further: named("text/plain"), status: 415, code: invalid, message: `"text/plain"`},
		{text: "<retry/>", further: named("application/xml"), status: 415, code: invalid, message: `"application/xml"`},
		{text: "{}", further: named(";"), status: 415, code: invalid, message: `";"`},
	}, func(r *request, p part) { r.body, r.header = p.text, p.further }}, {"job", []part{
		{text: "failed-1"}, {text: "failed-2"}, {text: "a:b"}, {text: "ä ö"}, {text: "100%"}, {text: ".."}, {text: "😀"}, {text: "+&=;@"},
		{text: "complete-1", status: 400, code: "FAILED_PRECONDITION", message: "COMPLETE"},
		{text: "in-progress-1", status: 400, code: "FAILED_PRECONDITION", message: "IN_PROGRESS"},
		{text: "cancelled-1", status: 400, code: "FAILED_PRECONDITION", message: "CANCELLED"},
		{text: "nobody", status: 404, code: "NOT_FOUND"}, {text: "failed-1.x", status: 404, code: "NOT_FOUND"},
		{text: "failed%2D1", status: 404, code: "NOT_FOUND"}, {text: "FAILED-1", status: 404, code: "NOT_FOUND"},
	}, func(r *request, p part) {
		r.path = strings.NewReplacer("ID", url.PathEscape(p.text), "ENCODED", encodedAll(p.text, "%%%02X"), "encoded", encodedAll(p.text, "%%%02x")).Replace(r.path)
	}}}
}

// TestRequests tries each way to write each part of a request, and then many
// combinations: the first part that is wrong decides.
func TestRequests(t *testing.T) {
	t.Parallel()
	jobs := map[string][]string{
		"FAILED":   {"failed-1", "failed-2", "a:b", "ä ö", "100%", "..", "😀", "+&=;@"},
		"COMPLETE": {"complete-1"}, "IN_PROGRESS": {"in-progress-1"}, "CANCELLED": {"cancelled-1"},
	}
	server := newServer(t, Options{Jobs: jobs, Tokens: map[string][]string{
		"given": {"https://www.googleapis.com/auth/dataportability.maps.reviews"}, "empty": {},
	}})
	all := steps()
	seen := map[string]bool{}
	try := func(chosen []int) {
		t.Helper()
		var asked request
		var want part
		for i, step := range all {
			part := step.parts[chosen[i]]
			step.write(&asked, part)
			if want.status == 0 {
				want = part
			}
		}
		recorder := asked.send(t, server)
		if problem := problemOf(asked, want, recorder); problem != "" {
			t.Errorf("%s\nto %.300q\n%d %q\n%s", problem, fmt.Sprint(asked), recorder.Code, recorder.Header(), recorder.Body)
		}
		if recorder.Code == http.StatusOK {
			id := startedID(t, recorder)
			if seen[id] || stateOf(t, server, id) != "IN_PROGRESS" {
				t.Errorf("new job %q: given before: %v", id, seen[id])
			}
			seen[id] = true
		}
	}
	for i, step := range all {
		for k := range step.parts {
			chosen := make([]int, len(all))
			chosen[i] = k
			try(chosen)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		chosen := make([]int, len(all))
		for i, step := range all {
			if random.IntN(4) == 0 {
				chosen[i] = random.IntN(len(step.parts))
			}
		}
		try(chosen)
	}
	for state, ids := range jobs {
		for _, id := range ids {
			if now := stateOf(t, server, url.PathEscape(id)); now != state {
				t.Errorf("job %q is %s now, and was %s", id, now, state)
			}
		}
	}
}

// problemOf says what is wrong with a response, or is empty.
func problemOf(asked request, want part, recorder *httptest.ResponseRecorder) string {
	header, body := recorder.Header(), recorder.Body.Bytes()
	switch length, err := strconv.Atoi(header.Get("Content-Length")); {
	case recorder.Code != max(want.status, http.StatusOK) && (want.status != 0 || recorder.Code != http.StatusOK):
		return fmt.Sprintf("want status %d", max(want.status, http.StatusOK))
	case err != nil || asked.method != http.MethodHead && length != len(body):
		return "the length is not that of the body"
	case header.Get("Date") != noon().Format(http.TimeFormat):
		return "the date is not the clock's"
	case !utf8.Valid(body):
		return "the body is no UTF-8"
	case want.status != 0 && want.code == "":
		return pageProblem(recorder)
	case want.status != 0:
		return refusalProblem(want, recorder)
	}
	return jsonHeaderProblem(recorder)
}

// pageProblem says what is wrong with a page of the front end.
func pageProblem(recorder *httptest.ResponseRecorder) string {
	header, page := recorder.Header(), recorder.Body.String()
	notAllowed := recorder.Code == http.StatusMethodNotAllowed
	switch {
	case header.Get("Content-Type") != "text/html; charset=UTF-8", header.Get("Referrer-Policy") != "no-referrer":
		return "it is no page of the front end"
	case notAllowed != (header.Get("Allow") == "POST"):
		return "the allowed method is not named"
	case page != "" && !strings.Contains(page, strconv.Itoa(recorder.Code)), strings.Contains(page, "<b>"):
		return "the page does not show the status, or shows a path unescaped"
	}
	return ""
}

// brokenReader fails as a connection does that breaks within the body.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }

func TestABodyThatBreaksOff(t *testing.T) {
	sent := httptest.NewRequest(http.MethodPost, "/v1/archiveJobs/failed-1:retry", brokenReader{})
	sent.Header.Set("Authorization", usualToken)
	recorder := httptest.NewRecorder()
	newServer(t, Options{}).ServeHTTP(recorder, sent)
	wantError(t, recorder, http.StatusBadRequest, invalid)
}

// TestAClientSeesTheRefusalOfALargeBody: it gets a response, and no broken
// connection.
func TestAClientSeesTheRefusalOfALargeBody(t *testing.T) {
	web := httptest.NewServer(newServer(t, Options{}))
	defer web.Close()
	sent, err := http.NewRequest(http.MethodPost, web.URL+"/v1/archiveJobs/failed-1:retry", bytes.NewReader(make([]byte, 4*bodyLimit)))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header.Set("Authorization", usualToken)
	response, err := web.Client().Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
}

// FuzzServer sends whatever comes: the server never fails, and what its method
// sends is JSON.
func FuzzServer(f *testing.F) {
	f.Add("POST", "/v1/archiveJobs/failed-1:retry", "alt=json", "{}\n", "application/json", "", usualToken)
	f.Add("POST", "/v1/archiveJobs/failed%2D1:retry", "", "{\"a\":", "application/json", "gzip", usualToken)
	f.Add("GET", "/v1/archiveJobs/x/portabilityArchiveState", "%zz=%", "", "", "identity", "Basic eDp5")
	f.Add("HEAD", "/v1/archiveJobs/%:retry", "&&=&", "\ufeff{}", "text/;;", "br", "Bearer scope:")
	f.Add("", "", "", "nul", "", "", "Bearer")
	f.Add("OPTIONS", "*", "access_token=scope:a.b", "\xff", "application/json; charset=\"", "x-gzip", "")
	server := newServer(f, Options{})
	f.Fuzz(func(t *testing.T, method, path, query, body, kind, coding, authorization string) {
		decoded, err := url.PathUnescape(path)
		if err != nil {
			decoded = path
		}
		sent := &http.Request{
			Method: method, URL: &url.URL{Path: decoded, RawPath: path, RawQuery: query},
			Header: http.Header{"Content-Type": {kind}, "Content-Encoding": {coding}, "Authorization": {authorization}},
			Body:   io.NopCloser(strings.NewReader(body)),
		}
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, sent)
		switch code := recorder.Code; {
		case code < 200 || code >= 500:
			t.Errorf("status %d", code)
		case strings.HasPrefix(recorder.Header().Get("Content-Type"), "text/html"):
			if !slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed}, code) {
				t.Errorf("a page with %d", code)
			}
		case code != http.StatusOK:
			if got := readError(t, recorder); got.Error.Code != code {
				t.Errorf("error.code %d with status %d", got.Error.Code, code)
			}
		}
	})
}
