package recording

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// oddBodies trouble YAML, JSON or HTTP.
var oddBodies = map[string]string{
	"a": "{\n  \"message\": \"x\"\n}\n", "b": "", "c": "\n  indented\n", "d": "\x00\xff\xfe", "e": "\u2028\n", "f": "---\na: b\n",
	"g": "no newline", "h": "\n", "i": "\r\n\r\n", "j": "\ttab\n", "k": "null", "l": "\ufeff{}", "m": strings.Repeat("x", 100_000),
	"n": "\t\nx", "o": " \n x", "p": "a\r\nb", "q": "\n\n\ta: [", "r": "x \n y\t\n", "s": strings.Repeat("long words ", 40) + "\n", "t": "...\n", "u": "\u0085",
}

func oddServer(writer http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
	letter := request.URL.Path[len(request.URL.Path)-1:]
	writer.Header().Set("Content-Type", "application/json; charset=UTF-8")
	writer.Header().Add("Vary", "Origin")
	writer.Header().Add("Vary", "X-Origin")
	writer.Header().Set("WWW-Authenticate", `Bearer realm="https://accounts.google.com/", error="invalid_token"`)
	writer.Header().Set("Warning", "caf\xe9: # 'x' \"y\"")
	writer.WriteHeader(400 + int(letter[0]-'a'))
	_, _ = io.WriteString(writer, oddBodies[letter])
}

func oddRequests(server *target.Target, t *testing.T) []target.Request {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	requests := []target.Request{
		{Method: "POST", Path: "/v1/archiveJobs/a%2Fb%20c:retry?alt=json&prettyPrint=false&x=%zz;y#a", Credential: credential(t, server, scope), Body: []byte("{}\n"), Header: http.Header{"Content-Type": {"application/json"}}},
		{Method: "POST", Path: "/form/g", Body: []byte("%zz=;&a"), Header: form},
		{Method: "POST", Path: "/g", Body: bytes.Repeat([]byte("long "), 10_000)},
		{Method: "HEAD", Path: "/g"},
		{Method: "POST", Path: "/g", Credential: credential(t, server, scope, scope+"x")},
		{Method: "POST", Path: "/g", Credential: target.UnknownCredential("dpconform-unknown-token-0001")},
		{Method: "PATCH", Path: "/g?key=0123456789abcdef0123&access_token=example"},
		{Method: "POST", Path: "/g", Body: []byte("\t\n\xff"), Header: form},
	}
	for _, path := range []string{"/v1//g", "/%2Fg", "/%FF/g", "/./g", "/../g", "/[x]/g", "/a;b=%3A/g", "/g?"} {
		requests = append(requests, target.Request{Method: "GET", Path: path})
	}
	for letter := range oddBodies {
		requests = append(requests, target.Request{Method: "GET", Path: "/" + letter})
	}
	return requests
}

// What a server sent comes back from the replay byte for byte, and go-vcr loads
// the same from the files.
func TestReplayGivesBackWhatWasRecorded(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, oddServer)
	recording := begin(t, folder, server.URL)
	live := newTarget(t, server.URL, recording, "minted-for-{short}")
	requests := oddRequests(live, t)
	for i, request := range requests {
		if exchange := live.Send(context.Background(), fmt.Sprintf("aspect%d/check", i%3), request); exchange.Fault != nil {
			t.Fatalf("%s: %s", request.Path, exchange.Fault)
		}
	}
	early, err := recording.Replay()
	if err != nil {
		t.Fatal(err)
	}
	save(t, recording)
	server.Close()

	replay := open(t, folder)
	for _, replay := range []*Replay{early, replay} {
		replayed := newTarget(t, server.URL, replay, replay.Provenance().TokenTemplate)
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
			want := []byte(redact.NewRedactor(nil).Body(string(recorded.WholeBody())))
			if _, has := recorded.Header["Content-Length"]; has && request.Method != http.MethodHead {
				recorded.Header.Set("Content-Length", strconv.Itoa(len(want)))
			}
			if got.Status != recorded.Status || !bytes.Equal(got.WholeBody(), want) || !reflect.DeepEqual(got.Header, recorded.Header) {
				t.Errorf("%s: got %d %v %q\nwant %d %v %q", request.Path, got.Status, got.Header, got.Body, recorded.Status, recorded.Header, want)
			}
		}
		if unused := replay.Unused(); len(unused) > 0 {
			t.Errorf("unused: %v", unused)
		}
	}
	for name, tape := range replay.tapes {
		loaded, err := cassette.Load(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		for i, interaction := range loaded.Interactions {
			if !sameInteraction(interaction, tape.whole.Interactions[i]) {
				t.Errorf("go-vcr reads %+v", interaction)
			}
			if !strings.HasPrefix(interaction.Request.URL, server.URL+"/") {
				t.Errorf("%s is not absolute", interaction.Request.URL)
			}
		}
	}
}

// The caller of a recording sees no redaction, and that of a replay a proper
// response of its own.
func TestTheCallerGetsAProperResponse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("Set-Cookie", "sid=secret-of-the-session")
		fmt.Fprint(writer, request.Header.Get("Authorization"))
	})
	recording := begin(t, folder, server.URL)
	get := func(transport http.RoundTripper, token string) (*http.Response, string) {
		request := newRequest("path/a", "GET", server.URL)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		if request.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("the caller's header changed: %v", request.Header)
		}
		return response, string(body)
	}
	for range 2 {
		response, body := get(recording, sentToken)
		if body != "Bearer "+sentToken || response.Header.Get("Set-Cookie") != "sid=secret-of-the-session" {
			t.Errorf("the caller saw the redaction: %q %v", body, response.Header)
		}
	}
	save(t, recording)
	replay, name := open(t, folder), tokenName(sentToken)
	first, body := get(replay, name)
	if first.Proto != "HTTP/1.1" || !first.ProtoAtLeast(1, 1) || first.Close || first.ContentLength != int64(len(body)) || body != "Bearer "+name || first.Status != "200 OK" || first.Request == nil {
		t.Errorf("not a proper response: %+v, %s", first, body)
	}
	first.Header.Set("Set-Cookie", "changed")
	if second, _ := get(replay, name); second.Header.Get("Set-Cookie") != "sid="+redact.Mark {
		t.Errorf("the header of another response changed to %v", second.Header)
	}
}

func TestLongBodiesAreStoredAsDigests(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, hello)
	recording := begin(t, folder, server.URL)
	limit := bytes.Repeat([]byte("a"), longestBody)
	over := append(bytes.Clone(limit), 'a')
	ask := func(transport http.RoundTripper, body []byte) *target.Fault {
		return newTarget(t, server.URL, transport, "").Send(context.Background(), "body/long", target.Request{Method: "POST", Path: "/", Body: body}).Fault
	}
	ask(recording, limit)
	ask(recording, over)
	save(t, recording)
	stored := filesIn(t, folder)["body.yaml"]
	if !strings.Contains(stored, "dpconform: 4097 bytes, sha256:") || strings.Contains(stored, string(over)) || !strings.Contains(stored, string(limit)) {
		t.Error("the bodies are not stored as they should be")
	}
	other := bytes.Clone(over)
	other[0] = 'b'
	replay := open(t, folder)
	if ask(replay, other) == nil {
		t.Error("another long body had a response")
	}
	if fault := ask(replay, over); fault != nil {
		t.Error(fault)
	}
}

// A server that gives no whole response is recorded so, and a replay meets the
// same.
func TestFaultsAreReplayedAsTheyWere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, func(writer http.ResponseWriter, request *http.Request) {
		connection, _, err := writer.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer connection.Close()
		_, _ = io.WriteString(connection, map[string]string{
			"/truncated": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nAge: yes\r\n\r\nshort", "/malformed": "what?\r\n\r\n",
		}[request.URL.Path])
	})
	recording := begin(t, folder, server.URL)
	ask := func(transport http.RoundTripper, path string) *target.Exchange {
		return newTarget(t, server.URL, transport, "").Send(context.Background(), "path/fault", target.Request{Method: "GET", Path: path})
	}
	recorded := map[string]*target.Exchange{}
	for _, path := range []string{"/hang-up", "/truncated", "/malformed"} {
		recorded[path] = ask(recording, path)
	}
	save(t, recording)
	replay := open(t, folder)
	for path, was := range recorded {
		is := ask(replay, path)
		if was.Fault == nil || is.Fault == nil || *was.Fault != *is.Fault || was.Status != is.Status || string(was.Body) != string(is.Body) ||
			was.Header.Get("Age") != is.Header.Get("Age") || is.Header.Get(faultHeader) != "" {
			t.Errorf("%s: recorded %v, %d %q, replayed %v, %d %q, %v", path, was.Fault, was.Status, was.Body, is.Fault, is.Status, is.Body, is.Header)
		}
	}
	if recorded["/truncated"].Header.Get("Age") != "yes" {
		t.Error("a truncated response has no header")
	}
}

// recordTogether makes a recording with requests at the same time, some of them
// equal, by a server that numbers its responses.
func recordTogether(t *testing.T) (string, map[string]string) {
	t.Helper()
	folder := t.TempDir()
	var number atomic.Int64
	transport := roundTripper(func(request *http.Request) (*http.Response, error) {
		code, body := 200, request.URL.Path
		if strings.HasSuffix(request.URL.Path, "/same") {
			current := number.Add(1)
			if current%3 == 0 {
				code = http.StatusConflict
			}
			body = fmt.Sprint("new-", current)
		}
		return &http.Response{StatusCode: code, Header: http.Header{"Date": {fmt.Sprint("now ", number.Load())}}, Request: request, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	recording := begin(t, folder, "http://server.localhost", func(options *Options) { options.Transport = transport })
	sender := newTarget(t, "http://server.localhost", recording, "minted-for-{short}")
	token := credential(t, sender, scope)
	var requests []target.Request
	for i := range 16 {
		path := "/jobs/same"
		if i%2 == 0 {
			path = fmt.Sprintf("/jobs/%d", i)
		}
		requests = append(requests, target.Request{Method: "POST", Path: path, Credential: token})
	}
	sender.Send(context.Background(), "path/first", requests[0])
	sender.SendTogether(context.Background(), "semantics/together", requests)
	sender.Send(context.Background(), "semantics/last", requests[1])
	sender.SendTogether(context.Background(), "semantics/again", requests)
	save(t, recording)
	return folder, filesIn(t, folder)
}

func TestTwoRecordingsOfADeterministicServerAreEqual(t *testing.T) {
	t.Parallel()
	folder, first := recordTogether(t)
	if len(first) != 3 {
		t.Fatalf("not three files: %d", len(first))
	}
	for range 4 {
		_, again := recordTogether(t)
		mustBeSameFiles(t, first, again)
	}
	// What differs each time is not stored.
	for _, unwanted := range []string{"Date:", "User-Agent"} {
		if strings.Contains(first["semantics.yaml"], unwanted) {
			t.Errorf("the cassette has %q", unwanted)
		}
	}
	replay := open(t, folder)
	replayed := newTarget(t, "http://server.localhost", replay, replay.Provenance().TokenTemplate)
	requests := make([]target.Request, 8)
	for i := range requests {
		requests[i] = target.Request{Method: "POST", Path: "/jobs/same", Credential: credential(t, replayed, scope)}
	}
	bodies := map[string]bool{}
	for _, exchange := range replayed.SendTogether(context.Background(), "semantics/together", requests) {
		if exchange.Fault != nil {
			t.Fatal(exchange.Fault)
		}
		bodies[string(exchange.Body)] = true
	}
	if len(bodies) != len(requests) {
		t.Errorf("responses: %v", bodies)
	}
}

// The last interactions cost no more than the first: a replay is not quadratic.
func BenchmarkReplay(b *testing.B) {
	for _, number := range []int{100, 5_000} {
		folder := b.TempDir()
		recording := begin(b, folder, "http://server.localhost", func(options *Options) {
			options.Transport = roundTripper(func(request *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Request: request, Body: http.NoBody, Header: http.Header{}}, nil
			})
		})
		address := func(i int) string { return fmt.Sprintf("http://server.localhost/v1/archiveJobs/%d:retry", i) }
		for i := range number {
			send(b, recording, "path/a", address(i))
		}
		save(b, recording)
		b.Run(fmt.Sprint(number), func(b *testing.B) {
			for b.Loop() {
				replay := open(b, folder)
				for i := range number {
					send(b, replay, "path/a", address(number-1-i))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*number), "ns/interaction")
		})
	}
}
