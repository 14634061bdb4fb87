package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// echo is a server that numbers its answers and repeats the token.
type echo struct {
	mutex sync.Mutex
	paths []string
	fail  map[string]error
}

func (e *echo) RoundTrip(request *http.Request) (*http.Response, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.paths = append(e.paths, request.URL.Path)
	if err := e.fail[request.URL.Path]; err != nil {
		return nil, err
	}
	body := fmt.Sprintf("%d %s \xff %s", len(e.paths), request.URL.Path, request.Header.Get("Authorization"))
	return &http.Response{
		StatusCode: 200, Status: "200 OK", Request: request, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Length": {fmt.Sprint(len(body))}, "X-Odd": {"caf\xe9 " + request.Header.Get("Authorization")}},
	}, nil
}

const echoEndpoint = "http://127.0.0.1:8080"

func echoOptions(folder string, server http.RoundTripper, unfinished Unfinished) RecordingOptions {
	provenance := testProvenance(echoEndpoint)
	provenance.RecordedFrom.Kind = FromServer
	return RecordingOptions{Folder: folder, Label: labelOf, Provenance: provenance, Transport: server, Unfinished: unfinished}
}

func beginEcho(t *testing.T, folder string, server http.RoundTripper, unfinished Unfinished) *Recording {
	t.Helper()
	recording, err := NewRecording(echoOptions(folder, server, unfinished))
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

// ask sends what a check would, one request after the other, and gives the
// bodies or faults.
func ask(recording http.RoundTripper, paths ...string) []string {
	return askFrom(recording, 1, paths...)
}

func askFrom(recording http.RoundTripper, number int, paths ...string) []string {
	var got []string
	for i, path := range paths {
		place := target.Place{Check: "path/a", Number: number + i, Once: strings.HasPrefix(path, "/once")}
		request, err := http.NewRequestWithContext(target.WithPlace(context.Background(), place), "POST", echoEndpoint+path, nil)
		if err != nil {
			panic(err)
		}
		request.Header.Set("Authorization", "Bearer "+sentToken)
		response, err := recording.RoundTrip(request)
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			body = append(body, err.Error()...)
		}
		got = append(got, string(body)+"|"+response.Header.Get("X-Odd")+"|"+response.Header.Get("Content-Length"))
	}
	return got
}

func mustSay(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestWhatWasAnsweredIsNotSentAgain(t *testing.T) {
	whole, folder := t.TempDir(), t.TempDir()
	paths := []string{"/a", "/once/b", "/a", "/c", "/once/d"}
	uninterrupted := beginEcho(t, whole, &echo{}, Refuse)
	want := ask(uninterrupted, paths...)
	if err := uninterrupted.Save(); err != nil {
		t.Fatal(err)
	}
	for interrupted := 1; interrupted < len(paths); interrupted++ {
		server := &echo{}
		first := beginEcho(t, folder, server, Discard)
		mustSay(t, ask(first, paths[:interrupted]...), want[:interrupted])
		if kept := first.Suspend(); kept != interrupted {
			t.Errorf("%d exchanges are kept, want %d", kept, interrupted)
		}
		for name, text := range filesIn(t, folder) {
			if strings.Contains(text, sentToken) {
				t.Errorf("%s holds the token", name)
			}
		}
		second := beginEcho(t, folder, server, Resume)
		if !second.Answering() {
			t.Error("nothing is answered from what was kept")
		}
		mustSay(t, ask(second, paths...), want)
		mustSay(t, server.paths, paths)
		if second.Answering() {
			t.Error("something is left of what was kept")
		}
		if err := second.Save(); err != nil {
			t.Fatal(err)
		}
		mustBeSameFiles(t, filesIn(t, whole), filesIn(t, folder))
	}
}

func TestARequestThatMayHaveStartedAJobIsNotSentAgain(t *testing.T) {
	folder := t.TempDir()
	server := &echo{fail: map[string]error{"/once/b": context.Canceled, "/c": context.Canceled}}
	first := beginEcho(t, folder, server, Refuse)
	// An interruption leaves both of them without an answer.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i, path := range []string{"/once/b", "/c"} {
		place := target.Place{Check: "path/a", Number: 1 + i, Once: i == 0}
		request, err := http.NewRequestWithContext(target.WithPlace(ctx, place), "POST", echoEndpoint+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+sentToken)
		if _, err := first.RoundTrip(request); err == nil {
			t.Fatal("answered")
		}
	}
	first.Suspend()
	server.fail, server.paths = nil, nil
	second := beginEcho(t, folder, server, Resume)
	got := ask(second, "/once/b", "/c")
	if got[0] != UnknownOutcome || !strings.Contains(got[1], "1 /c") {
		t.Errorf("got %q", got)
	}
	mustSay(t, server.paths, []string{"/c"})
	if err := second.Save(); err != nil {
		t.Fatal(err)
	}
	replayed := ask(openReplayAs(t, folder), "/once/b")
	mustSay(t, replayed, []string{UnknownOutcome})
}

// openReplayAs opens a recording whose tokens are asked for by their own value.
func openReplayAs(t *testing.T, folder string) http.RoundTripper {
	t.Helper()
	replay := openReplay(t, folder)
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		request.Header.Set("Authorization", "Bearer "+redact.Mark+":dataportability.maps.reviews")
		return replay.RoundTrip(request)
	})
}

func TestARequestThatReachedNobodyIsSentAgain(t *testing.T) {
	folder := t.TempDir()
	server := &echo{fail: map[string]error{"/once/a": &target.Fault{Kind: target.Unreachable, Detail: "nobody"}}}
	first := beginEcho(t, folder, server, Refuse)
	ask(first, "/b", "/once/a")
	var incomplete *IncompleteError
	if err := first.Save(); !errors.As(err, &incomplete) {
		t.Fatalf("got %v", err)
	}
	server.fail = nil
	second := beginEcho(t, folder, server, Resume)
	ask(second, "/b", "/once/a")
	mustSay(t, server.paths, []string{"/b", "/once/a", "/once/a"})
	if err := second.Save(); err != nil {
		t.Error(err)
	}
}

// An attempt that reached nobody is no loss where the next one was answered.
func TestALaterAttemptMakesUpForOneThatFailed(t *testing.T) {
	folder := t.TempDir()
	server := &echo{fail: map[string]error{"/a": &target.Fault{Kind: target.Unreachable, Detail: "nobody"}}}
	recording := beginEcho(t, folder, server, Refuse)
	ask(recording, "/a")
	server.fail = nil
	ask(recording, "/a")
	if lines := recording.Unanswered(); len(lines) != 0 {
		t.Errorf("unanswered: %v", lines)
	}
	if err := recording.Save(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsForgottenIsSentAgain(t *testing.T) {
	folder := t.TempDir()
	server := &echo{}
	first := beginEcho(t, folder, server, Refuse)
	ask(first, "/a", "/b")
	if err := first.Forget(2); err != nil {
		t.Fatal(err)
	}
	first.Suspend()
	second := beginEcho(t, folder, server, Resume)
	ask(second, "/a", "/b")
	second.Discard()
	mustSay(t, server.paths, []string{"/a", "/b", "/b"})
	if entries := entriesOf(t, folder); len(entries) != 0 {
		t.Errorf("there is %v", entries)
	}
}

func TestAnInterruptedRecordingIsNotOverlooked(t *testing.T) {
	folder := t.TempDir()
	first := beginEcho(t, folder, &echo{}, Refuse)
	ask(first, "/a", "/b")
	first.Suspend()
	_, err := NewRecording(echoOptions(folder, &echo{}, Refuse))
	var unfinished *UnfinishedError
	if !errors.As(err, &unfinished) {
		t.Fatalf("got %v", err)
	}
	mustContain(t, err.Error(), folder+": a recording was interrupted here after 2 exchanges; go on with --resume, or begin anew with --discard")

	// So it is where the emulator is recorded there.
	_, err = NewRecording(RecordingOptions{Folder: folder, Provenance: testProvenance(echoEndpoint)})
	if !errors.As(err, &unfinished) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyTheSameRecordingGoesOn(t *testing.T) {
	folder := t.TempDir()
	first := beginEcho(t, folder, &echo{}, Refuse)
	ask(first, "/a", "/b")
	first.Suspend()
	before := filesIn(t, folder)
	for name, change := range map[string]func(*Provenance){
		"with --endpoint " + echoEndpoint + ", not http://127.0.0.1:8081": func(p *Provenance) { p.RecordedFrom.Endpoint = "http://127.0.0.1:8081" },
		"with --seed 7, not 8":               func(p *Provenance) { p.Seed = 8 },
		"with --timeout 10s, not 20s":        func(p *Provenance) { p.Limit *= 2 },
		"with --allow-retry false, not true": func(p *Provenance) { p.AllowRetry = true },
		"by dpconform 0.1.0, not 0.2.0":      func(p *Provenance) { p.Version = "0.2.0" },
		"for the description sha256:":        func(p *Provenance) { p.Description.Digest = "sha256:2" },
		"with other jobs by --job":           func(p *Provenance) { p.Jobs = map[string][]string{"FAILED": {"another"}} },
	} {
		options := echoOptions(folder, &echo{}, Resume)
		change(&options.Provenance)
		_, err := NewRecording(options)
		var fault *CassetteError
		if !errors.As(err, &fault) {
			t.Fatalf("%s: got %v", name, err)
		}
		mustContain(t, err.Error(), partialName+": was begun "+name, "begin anew with --discard")
	}
	mustBeSameFiles(t, before, filesIn(t, folder))
	_, err := NewRecording(echoOptions(t.TempDir(), &echo{}, Resume))
	if err == nil {
		t.Fatal("resumed what is not there")
	}
	mustContain(t, err.Error(), "no recording was interrupted here, so none can be resumed; leave --resume away")
}

// A run that sends something else than the one that was interrupted would mix
// two recordings.
func TestAnotherRunDoesNotGoOn(t *testing.T) {
	for name, paths := range map[string][]string{"another request": {"/a", "/x", "/c"}, "one is left out": {"/a", "/b"}} {
		folder := t.TempDir()
		first := beginEcho(t, folder, &echo{}, Refuse)
		ask(first, "/a", "/b", "/c")
		first.Suspend()
		server := &echo{}
		second := beginEcho(t, folder, server, Resume)
		ask(second, paths...)
		err := second.Save()
		if err == nil || len(server.paths) > 1 {
			t.Fatalf("%s: saved, %v was sent", name, server.paths)
		}
		mustContain(t, err.Error(), partialName+": the interrupted recording has POST /", "(path/a), which this run does not send; give the tokens and flags of the first time, or begin anew with --discard")
		third := beginEcho(t, folder, &echo{}, Resume)
		ask(third, "/a", "/b", "/c")
		if err := third.Save(); err != nil {
			t.Errorf("%s: what was kept is lost: %v", name, err)
		}
	}
}
