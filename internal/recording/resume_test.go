package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// echo is a server that numbers its responses and repeats the token. Paths that
// begin with /once start a job.
type echo struct {
	mutex sync.Mutex
	paths []string
	fail  map[string]error
	codes map[string]int
}

func (e *echo) RoundTrip(request *http.Request) (*http.Response, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.paths = append(e.paths, request.URL.Path)
	if err := e.fail[request.URL.Path]; err != nil {
		return nil, err
	}
	code := 200
	if other := e.codes[request.URL.Path]; other != 0 {
		code = other
	}
	body := fmt.Sprintf("%d %s \xff %s", len(e.paths), request.URL.Path, request.Header.Get("Authorization"))
	return &http.Response{
		StatusCode: code, Request: request, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Length": {fmt.Sprint(len(body))}, "Warning": {"caf\xe9 " + request.Header.Get("Authorization")}},
	}, nil
}

const echoEndpoint = "http://127.0.0.1:8080"

func echoOptions(server http.RoundTripper, unfinished string) func(*Options) {
	return func(options *Options) {
		options.Provenance.Emulator, options.Transport = false, server
		options.Resume, options.Discard = unfinished == "resume", unfinished == "discard"
	}
}

func beginEcho(t *testing.T, folder string, server http.RoundTripper, unfinished string) *Recording {
	t.Helper()
	return begin(t, folder, echoEndpoint, echoOptions(server, unfinished))
}

// ask sends what a check would, one request after the other, and gives the
// bodies or faults.
func ask(transport http.RoundTripper, paths ...string) []string {
	var got []string
	for i, path := range paths {
		place := target.Place{Check: "path/a", Number: 1 + i, Once: strings.HasPrefix(path, "/once")}
		got = append(got, askAt(context.Background(), transport, place, path))
	}
	return got
}

func askAt(ctx context.Context, transport http.RoundTripper, place target.Place, path string) string {
	request, err := http.NewRequestWithContext(target.WithPlace(ctx, place), "POST", echoEndpoint+path, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+sentToken)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		body = append(body, err.Error()...)
	}
	return string(body) + "|" + response.Header.Get("Warning") + "|" + response.Header.Get("Content-Length")
}

func mustBe(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestWhatHadAResponseIsNotSentAgain(t *testing.T) {
	t.Parallel()
	whole, folder := t.TempDir(), t.TempDir()
	paths := []string{"/a", "/once/b", "/a", "/c", "/once/d"}
	uninterrupted := beginEcho(t, whole, &echo{}, "")
	want := ask(uninterrupted, paths...)
	save(t, uninterrupted)
	for interrupted := 1; interrupted < len(paths); interrupted++ {
		server := &echo{}
		first := beginEcho(t, folder, server, "discard")
		mustBe(t, ask(first, paths[:interrupted]...), want[:interrupted])
		if information, err := os.Stat(filepath.Join(folder, journalName)); err != nil || information.Mode().Perm() != 0o600 {
			t.Errorf("others may read the journal: %v, %v", information, err)
		}
		if kept := first.Close(); kept != interrupted {
			t.Errorf("%d exchanges are kept, want %d", kept, interrupted)
		}
		for name, text := range filesIn(t, folder) {
			if strings.Contains(text, sentToken) {
				t.Errorf("%s has the token", name)
			}
		}
		second := beginEcho(t, folder, server, "resume")
		mustBe(t, ask(second, paths...), want)
		mustBe(t, server.paths, paths)
		save(t, second)
		mustBeSameFiles(t, filesIn(t, whole), filesIn(t, folder))
	}
}

// A request that may have started a job is sent again only where it certainly
// did not; all others are, unless they had a proper response.
func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	unreachable := &target.Fault{Kind: target.Unreachable, Detail: "nobody"}
	const isKept, isSentAgain, isUnknown = "kept", "sent again", "unknown"
	for _, one := range []struct {
		path string
		fail error
		code int
		want string
	}{
		{"/a", nil, 200, isKept}, {"/a", nil, 404, isKept}, {"/a", nil, 429, isSentAgain}, {"/a", nil, 503, isSentAgain}, {"/a", nil, 302, isSentAgain},
		{"/a", context.Canceled, 0, isSentAgain}, {"/a", io.ErrUnexpectedEOF, 0, isSentAgain}, {"/a", unreachable, 0, isSentAgain},
		{"/once", nil, 200, isKept}, {"/once", nil, 404, isKept}, {"/once", nil, 429, isSentAgain}, {"/once", nil, 503, isKept},
		{"/once", context.Canceled, 0, isUnknown}, {"/once", io.ErrUnexpectedEOF, 0, isUnknown}, {"/once", unreachable, 0, isSentAgain},
	} {
		folder := t.TempDir()
		server := &echo{fail: map[string]error{one.path: one.fail}, codes: map[string]int{one.path: one.code}}
		remote := func(options *Options) { options.Provenance.Loopback = false }
		first := begin(t, folder, echoEndpoint, echoOptions(server, ""), remote)
		ctx, cancel := context.WithCancel(context.Background())
		if errors.Is(one.fail, context.Canceled) {
			cancel()
		}
		ask(first, "/first")
		askAt(ctx, first, target.Place{Check: "path/a", Number: 2, Once: one.path == "/once"}, one.path)
		cancel()
		first.Close()
		server.fail, server.codes = nil, nil
		second := begin(t, folder, echoEndpoint, echoOptions(server, "resume"), remote)
		got := isKept
		if body := ask(second, "/first", one.path)[1]; body == target.UnknownOutcome {
			got = isUnknown
		} else if len(server.paths) == 3 {
			got = isSentAgain
		}
		if got != one.want || len(server.paths) > 3 {
			t.Errorf("%s, %v, %d: %s; sent were %v", one.path, one.fail, one.code, got, server.paths)
		}
		save(t, second)
		if one.want != isUnknown {
			continue
		}
		replay := open(t, folder)
		mustBe(t, ask(roundTripper(func(request *http.Request) (*http.Response, error) {
			request.Header.Set("Authorization", "Bearer "+redact.Mark+":dataportability.maps.reviews")
			return replay.RoundTrip(request)
		}), one.path), []string{target.UnknownOutcome})
	}
}

// Several attempts at an exchange are replayed in their order, and one that
// reached nobody is no loss where the next one had a response.
func TestLaterAttempts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := &echo{fail: map[string]error{"/a": &target.Fault{Kind: target.Unreachable, Detail: "nobody"}}}
	first := beginEcho(t, folder, server, "")
	ask(first, "/a")
	mustSay(t, first.Save(), "not saved: 1 request got no complete response")
	server.fail, server.codes = nil, map[string]int{"/a": 503}
	second := beginEcho(t, folder, server, "discard")
	want := ask(second, "/a")
	server.codes = nil
	want = append(want, ask(second, "/a")...)
	second.Close()
	third := beginEcho(t, folder, server, "resume")
	mustBe(t, append(ask(third, "/a"), ask(third, "/a")...), want)
	mustBe(t, server.paths, []string{"/a", "/a", "/a"})
	save(t, third)
}

func TestAnInterruptedRecordingIsNotOverlooked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := beginEcho(t, folder, &echo{}, "")
	ask(first, "/a", "/b")
	first.Close()
	before := filesIn(t, folder)
	const says = ": a recording was interrupted here after 2 exchanges; continue with --resume, or start over with --discard"
	_, err := record(folder, echoEndpoint, echoOptions(&echo{}, ""))
	mustBeError(t, err, folder+says)
	// So it is where the emulator is recorded there.
	_, err = record(folder, echoEndpoint)
	mustBeError(t, err, folder+says)

	_, err = Open(os.DirFS(folder), folder)
	mustBeError(t, err, folder+": has only a recording that was not finished; finish it with the command that began it and --resume")

	// Only the same recording goes on.
	for says, change := range map[string]func(*Provenance){
		"endpoint " + echoEndpoint + ", not http://127.0.0.1:8081": func(p *Provenance) { p.Endpoint = "http://127.0.0.1:8081" },
		"seed 7, not 8":                func(p *Provenance) { p.Seed = 8 },
		"limit 10s, not 20s":           func(p *Provenance) { p.Limit *= 2 },
		"allow_retry false, not true":  func(p *Provenance) { p.ConsumeJobs = true },
		"dpconform 0.1.0, not 0.2.0":   func(p *Provenance) { p.Version = "0.2.0" },
		"description_digest sha256:11": func(p *Provenance) { p.Digest = "sha256:2" },
		"jobs map[":                    func(p *Provenance) { p.Jobs = map[string][]string{"FAILED": {"another"}} },
	} {
		_, err := record(folder, echoEndpoint, echoOptions(&echo{}, "resume"), func(options *Options) { change(&options.Provenance) })
		mustBeError(t, err, journalName+": was begun with "+says, "start over with --discard")
	}
	mustBeSameFiles(t, before, filesIn(t, folder))
	_, err = record(t.TempDir(), echoEndpoint, echoOptions(&echo{}, "resume"))
	mustBeError(t, err, "there is no interrupted recording to resume here; remove --resume")
}

// Where the run with aliases is another one, what was recorded is kept, and saved with
// the ids as they are.
func TestWhatAliasesChangeIsKept(t *testing.T) {
	t.Parallel()
	folder, server := filepath.Join(t.TempDir(), "new"), &echo{}
	first := beginEcho(t, folder, server, "")
	ask(first, "/once")
	renamed, err := first.WithPseudonyms(nil)
	if err != nil {
		t.Fatal(err)
	}
	ask(renamed, "/once", "/b")
	_, err = renamed.Replay()
	mustBeError(t, err, folder+": the recording was not saved: with aliases in place of the job ids, it does not repeat the run: path/a sends POST "+echoEndpoint+
		"/b, which the run did not send; give the same command with --resume --keep-job-ids")
	first.Close()
	again := beginEcho(t, folder, server, "resume")
	ask(again, "/once")
	save(t, again)
	mustBe(t, server.paths, []string{"/once"})
}

// A run that sends something else than the one that was interrupted would mix
// two recordings.
func TestAnotherRunDoesNotGoOn(t *testing.T) {
	t.Parallel()
	for name, paths := range map[string][]string{"another request": {"/a", "/x", "/c"}, "one is left out": {"/a", "/b"}} {
		folder := t.TempDir()
		first := beginEcho(t, folder, &echo{}, "")
		ask(first, "/a", "/b", "/c")
		first.Close()
		server := &echo{}
		second := beginEcho(t, folder, server, "resume")
		ask(second, paths...)
		err := second.Save()
		if len(server.paths) > 1 {
			t.Fatalf("%s: %v was sent", name, server.paths)
		}
		mustSay(t, err, journalName+": the interrupted recording has POST http", "(path/a), which this run does not send; give the tokens and flags of the first time, or start over with --discard")
		third := beginEcho(t, folder, &echo{}, "resume")
		ask(third, "/a", "/b", "/c")
		save(t, third)
	}
}

func TestALineThatIsTornOffIsDropped(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := beginEcho(t, folder, &echo{}, "")
	ask(first, "/a", "/b")
	first.Close()
	path := filepath.Join(folder, journalName)
	text := filesIn(t, folder)[journalName]
	for cut := range len(text) {
		content, _, err := decodeJournal([]byte(text[:cut]))
		if err != nil {
			t.Fatalf("cut after %d bytes: %v", cut, err)
		}
		if whole := strings.LastIndex(text[:cut], "\n") + 1; content == nil && whole > 0 || content != nil && content.end != int64(whole) {
			t.Fatalf("cut after %d bytes: %+v", cut, content)
		}
	}
	// What goes on behind it can be read again.
	writeFile(t, path, text[:len(text)-10])
	server := &echo{paths: []string{"/a"}}
	for range 2 {
		again := beginEcho(t, folder, server, "resume")
		ask(again, "/a", "/b")
		again.Close()
	}
	mustBe(t, server.paths, []string{"/a", "/b"})

	lines := strings.SplitAfter(text, "\n")
	lines[2] = "{\n"
	writeFile(t, path, strings.Join(lines, ""))
	_, err := record(folder, echoEndpoint, echoOptions(server, "resume"))
	mustBeError(t, err, journalName+":3: is not part of an interrupted recording: the line is broken; start over with --discard")
}

// fullDisk takes no byte beyond a size.
type fullDisk struct {
	journalStorage
	left int
}

func (f *fullDisk) Write(data []byte) (int, error) {
	fits := min(len(data), f.left)
	f.left -= fits
	written, err := f.journalStorage.Write(data[:fits])
	if err == nil && written < len(data) {
		err = &os.PathError{Op: "write", Path: "DIR/" + journalName, Err: syscall.ENOSPC}
	}
	return written, err
}

// Wherever the disk becomes full: nothing that may start a job is sent twice, and
// nothing is sent that could not be written down.
func TestAFullDiskStartsNoJobTwice(t *testing.T) {
	t.Parallel()
	paths := []string{"/a", "/once/b", "/c", "/once/d", "/e"}
	stops := 0
	for size := 100; ; size += 150 {
		folder := t.TempDir()
		server := &echo{}
		first := beginEcho(t, folder, server, "")
		first.journal.storage = &fullDisk{first.journal.storage, size}
		ask(first, paths...)
		stopped := first.Stopped()
		if stopped == nil {
			first.Close()
			break
		}
		stops++
		if !errors.Is(stopped, syscall.ENOSPC) {
			t.Fatalf("size %d: stopped by %v", size, stopped)
		}
		mustSay(t, first.Save(), "no space left on device")
		unfinished := "resume"
		if _, err := os.Stat(filepath.Join(folder, journalName)); err != nil {
			unfinished = ""
		}
		second := beginEcho(t, folder, server, unfinished)
		ask(second, paths...)
		save(t, second)
		sent := map[string]int{}
		for _, path := range server.paths {
			sent[path]++
		}
		if sent["/once/b"] != 1 || sent["/once/d"] != 1 {
			t.Fatalf("size %d: sent were %v", size, server.paths)
		}
	}
	if stops < 10 {
		t.Errorf("the disk was full only %d times", stops)
	}
}

// FuzzDecodeJournal: whatever stands in the file, reading it gives an error or
// something to go on with, and no panic.
func FuzzDecodeJournal(f *testing.F) {
	folder := f.TempDir()
	recording := begin(f, folder, echoEndpoint, echoOptions(&echo{}, ""))
	ask(recording, "/a", "/once")
	text := filesIn(f, folder)[journalName]
	recording.Close()
	f.Add([]byte(text))
	f.Add([]byte(text + `"id: 1\nundone: true\n"` + "\n"))
	f.Add([]byte(text + `"id: 9\nresponse: {}\n"` + "\n"))
	f.Add([]byte(`"provenance: {format: 3}"` + "\n"))
	f.Add([]byte(`""` + "\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		content, _, err := decodeJournal(data)
		if err != nil || content == nil {
			return
		}
		known, _ := content.earlier(true)
		for _, kept := range content.exchanges {
			_, _ = known.take(*kept.Place, *kept.Request)
		}
		_ = known.rest()
	})
}

// TestAJournalIsAFileOfItsOwn: a link of its name is not followed, and the mode of
// a file that was there is not taken over.
func TestAJournalIsAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	elsewhere, journal := filepath.Join(t.TempDir(), "elsewhere"), filepath.Join(folder, journalName)
	if err := os.WriteFile(elsewhere, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	put := func(make func() error) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(journal), make()); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name string) {
		t.Helper()
		theirs, err := os.ReadFile(elsewhere)
		information, missing := os.Lstat(journal)
		if err != nil || string(theirs) != "theirs" || missing != nil || information.Mode() != 0o600 {
			t.Errorf("%s: %q, %v, %v", name, theirs, err, information)
		}
	}
	put(func() error { return os.Symlink(elsewhere, journal) })
	if _, err := record(folder, echoEndpoint, echoOptions(&echo{}, "")); err == nil || !strings.Contains(err.Error(), journalName) {
		t.Errorf("a link was followed: %v", err)
	}
	beginEcho(t, folder, &echo{}, "discard").Close()
	if _, err := os.Lstat(journal); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	put(func() error { return os.WriteFile(journal, nil, 0o644) })
	recording := beginEcho(t, folder, &echo{}, "")
	check("new")
	ask(recording, "/once")
	recording.Close()
	if err := os.Chmod(journal, 0o644); err != nil {
		t.Fatal(err)
	}
	recording = beginEcho(t, folder, &echo{}, "resume")
	check("resumed")
	recording.Close()
}

// TestARecordingThatIsTooLargeStops: nobody could read it again.
func TestARecordingThatIsTooLargeStops(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	large := bytes.Repeat([]byte("large "), 1<<20/6)
	server := serve(t, func(writer http.ResponseWriter, _ *http.Request) { _, _ = writer.Write(large) })
	recording := begin(t, folder, server.URL)
	defer recording.Close()
	var refused error
	for range 2 * largestRecording / len(large) {
		request, err := http.NewRequest(http.MethodGet, server.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := recording.RoundTrip(request)
		if err != nil {
			refused = err
			break
		}
		_ = response.Body.Close()
	}
	if refused == nil || !strings.Contains(refused.Error(), "more than 16 MiB together") || recording.Stopped() == nil || recording.kept > largestRecording+len(large)+4096 {
		t.Errorf("%v, %d bytes are kept", refused, recording.kept)
	}
	err := recording.Save()
	if kept := recording.Close(); kept > 0 || err == nil || !strings.Contains(err.Error(), "start over with --discard") {
		t.Errorf("%v, %d exchanges can be resumed", err, kept)
	}
}
