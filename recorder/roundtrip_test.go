package recorder

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/target"
)

// odd answers by the last letter of the path, each time differently enough to
// trouble YAML, JSON or HTTP.
var oddBodies = map[string]string{
	"a": "{\n  \"id\": \"x\"\n}\n", "b": "", "c": "\n  indented\n", "d": "\x00\xff\xfe", "e": "\u2028\n", "f": "---\na: b\n",
	"g": "no newline", "h": "dpconform: base64 AAAA", "i": "\r\n\r\n", "j": "\ttab\n", "k": "null", "l": "\ufeff{}", "m": strings.Repeat("x", 100_000),
}

func oddServer(writer http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
	letter := request.URL.Path[len(request.URL.Path)-1:]
	writer.Header().Set("Content-Type", "application/json; charset=UTF-8")
	writer.Header().Add("Vary", "Origin")
	writer.Header().Add("Vary", "X-Origin")
	writer.Header().Set("WWW-Authenticate", `Bearer realm="https://accounts.google.com/", error="invalid_token"`)
	writer.Header().Set("X-Odd", "caf\xe9: # 'x' \"y\"")
	writer.WriteHeader(400 + int(letter[0]-'a'))
	_, _ = io.WriteString(writer, oddBodies[letter])
}

func oddRequests(judged *target.Target, t *testing.T) []target.Request {
	requests := []target.Request{
		{Method: "POST", Path: "/v1/archiveJobs/a%2Fb%20c:retry?alt=json&prettyPrint=false&x=%zz;y#a", Credential: credential(t, judged, scope), Body: []byte("{}\n"), Header: http.Header{"Content-Type": {"application/json"}}},
		{Method: "POST", Path: "/form/g", Body: []byte("%zz=;&a"), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
		{Method: "POST", Path: "/g", Body: bytes.Repeat([]byte("long "), 10_000)},
		{Method: "HEAD", Path: "/g"},
		{Method: "POST", Path: "/g", Credential: credential(t, judged, scope, scope+"x")},
		{Method: "POST", Path: "/g", Credential: target.UnknownCredential("dpconform-unknown-token-0001")},
		{Method: "PATCH", Path: "/g?key=0123456789abcdef0123&access_token=example"},
	}
	for letter := range oddBodies {
		requests = append(requests, target.Request{Method: "GET", Path: "/" + letter})
	}
	return requests
}

func TestReplayGivesBackWhatWasRecorded(t *testing.T) {
	folder := t.TempDir()
	server := serve(t, oddServer)
	recording := newRecording(t, folder, server.URL)
	live := newTarget(t, server.URL, recording, "minted-for-{short}")
	requests := oddRequests(live, t)
	for i, request := range requests {
		if exchange := live.Send(context.Background(), fmt.Sprintf("aspect%d/check", i%3), request); exchange.Fault != nil {
			t.Fatalf("%s: %s", request.Path, exchange.Fault)
		}
	}
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	server.Close()

	replay := openReplay(t, folder)
	names := replay.Provenance().Tokens
	replayed := newTarget(t, server.URL, replay, names.Template)
	for i, recorded := range live.Journal() {
		request := requests[i]
		switch {
		case i == 0:
			request.Credential = credential(t, replayed, scope)
		case i == 4:
			request.Credential = credential(t, replayed, scope, scope+"x")
		}
		got := replayed.Send(context.Background(), recorded.Check, request)
		if got.Fault != nil {
			t.Fatalf("%s: %s", request.Path, got.Fault)
		}
		recorded.Header.Del("Date")
		if got.Status != recorded.Status || !bytes.Equal(got.Body, recorded.Body) || !reflect.DeepEqual(got.Header, recorded.Header) {
			t.Errorf("%s: got %d %v %q\nwant %d %v %q", request.Path, got.Status, got.Header, got.Body, recorded.Status, recorded.Header, recorded.Body)
		}
	}
	if unused := replay.Unused(); len(unused) > 0 {
		t.Errorf("unused: %v", unused)
	}
}

func TestReplayAnswersInHTTP11(t *testing.T) {
	folder := t.TempDir()
	server := recordPaths(t, folder, hello, "path/a", "/v1/x", "path/a", "/v1/x")
	replay := openReplay(t, folder)
	request := func() *http.Response {
		response, err := replay.RoundTrip(newRequest(t, "path/a", "GET", server.URL+"/v1/x"))
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	first := request()
	if first.Proto != "HTTP/1.1" || !first.ProtoAtLeast(1, 1) || first.Close || first.ContentLength != 22 || first.Status != "200 OK" || first.Request == nil {
		t.Errorf("not a proper answer: %+v", first)
	}
	first.Header.Set("Content-Type", "changed")
	if got := request().Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("the header of another answer changed to %q", got)
	}
}

func TestRecordingLeavesTheExchangeAlone(t *testing.T) {
	folder := t.TempDir()
	server := serve(t, func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("Set-Cookie", "sid=secret-of-the-session")
		fmt.Fprint(writer, request.Header.Get("Authorization"))
	})
	recording := newRecording(t, folder, server.URL)
	request := newRequest(t, "path/a", "GET", server.URL)
	request.Header.Set("Authorization", "Bearer "+sentToken)
	response, err := recording.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	if string(body) != "Bearer "+sentToken || response.Header.Get("Set-Cookie") != "sid=secret-of-the-session" {
		t.Errorf("the caller saw the redaction: %q %v", body, response.Header)
	}
	if request.Header.Get("Authorization") != "Bearer "+sentToken {
		t.Errorf("the caller's header changed: %v", request.Header)
	}
}

func TestLongBodiesAreKeptAsDigests(t *testing.T) {
	folder := t.TempDir()
	server := serve(t, hello)
	recording := newRecording(t, folder, server.URL)
	live := newTarget(t, server.URL, recording, "")
	limit := bytes.Repeat([]byte("a"), longestBody)
	over := append(bytes.Clone(limit), 'a')
	for _, body := range [][]byte{limit, over} {
		live.Send(context.Background(), "body/long", target.Request{Method: "POST", Path: "/", Body: body})
	}
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	stored := filesIn(t, folder)["body.yaml"]
	if !strings.Contains(stored, "dpconform: 4097 bytes, sha256:") || strings.Contains(stored, string(over)) || !strings.Contains(stored, string(limit)) {
		t.Error("the bodies are not kept as they should be")
	}
	replayed := newTarget(t, server.URL, openReplay(t, folder), "")
	other := bytes.Clone(over)
	other[0] = 'b'
	if got := replayed.Send(context.Background(), "body/long", target.Request{Method: "POST", Path: "/", Body: other}); got.Fault == nil {
		t.Error("another long body was answered")
	}
	if got := replayed.Send(context.Background(), "body/long", target.Request{Method: "POST", Path: "/", Body: over}); got.Fault != nil {
		t.Error(got.Fault)
	}
}

func newRequest(t testing.TB, check, method, address string) *http.Request {
	t.Helper()
	request, err := requestOf(check, method, address)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// requestOf is a request as a check sends it.
func requestOf(check, method, address string) (*http.Request, error) {
	return http.NewRequestWithContext(target.WithPlace(context.Background(), target.Place{Check: check, Number: 1}), method, address, nil)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
