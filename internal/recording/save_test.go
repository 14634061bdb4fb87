package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/target"
)

func TestSaveReplacesTheOldRecordingWhole(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(string) string{
		"as it was": func(text string) string { return text },
		"newer":     func(text string) string { return strings.Replace(text, "format: 2", "format: 9", 1) },
		"no YAML":   func(text string) string { return text + "\n]" },
	} {
		folder := filepath.Join(t.TempDir(), "new", "deep [1]*")
		recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
		writeFile(t, filepath.Join(folder, "README.md"), "mine")
		writeFile(t, filepath.Join(folder, ProvenanceFile), spoil(filesIn(t, folder)[ProvenanceFile]))
		recordPaths(t, folder, hello, "path/a", "/v1/z", "new/a", "/v1/y")
		got := filesIn(t, folder)
		if len(got) != 4 || got["README.md"] != "mine" || got["new.yaml"] == "" {
			t.Errorf("%s: %v", name, got)
		}
		open(t, folder)
	}
}

func TestFilesOfOthersAreNeverReplaced(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "dpconform.yaml"), "endpoint: x\n")
	_, err := record(folder, "http://127.0.0.1:1")
	mustBeError(t, err, "dpconform.yaml: is not a cassette of the recording in this folder, so it is not replaced; move it away, or record into another folder")

	// One that comes while the run goes on is safe, too.
	other := t.TempDir()
	server := serve(t, hello)
	recording := begin(t, other, server.URL)
	send(t, recording, "path/a", server.URL)
	writeFile(t, filepath.Join(other, "path.yaml"), "mine")
	mustBeError(t, recording.Save())
	mustBeSameFiles(t, map[string]string{"path.yaml": "mine"}, filesIn(t, other))
}

func TestCloseLeavesEverythingAsItWas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	before := filesIn(t, folder)
	server := serve(t, hello)
	recording := begin(t, folder, server.URL)
	send(t, recording, "path/a", server.URL)
	if _, err := record(folder, server.URL); err == nil {
		t.Error("two recordings into a folder at once")
	} else {
		mustBeError(t, err, "another recording into this folder is under way")
	}
	if kept := recording.Close(); kept != 0 {
		t.Errorf("%d exchanges with the emulator are kept", kept)
	}
	mustBeSameFiles(t, before, filesIn(t, folder))
	if err := recording.Save(); !errors.Is(err, errEnded) {
		t.Errorf("got %v", err)
	}
	if _, err := recording.RoundTrip(newRequest("path/a", "GET", server.URL)); !errors.Is(err, errEnded) {
		t.Errorf("got %v", err)
	}
}

func TestAnIncompleteRecordingIsNotSaved(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = writer.Write(make([]byte, largestResponse+10))
	})
	recording := begin(t, folder, server.URL)
	response, err := recording.RoundTrip(newRequest("path/broken", "GET", server.URL+"/broken?key=very-secret-key-1"))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || len(body) != largestResponse+10 {
		t.Errorf("the caller got %d bytes, %v", len(body), err)
	}
	response.Body.Close()
	exchange := newTarget(t, server.URL, recording, "").Send(context.Background(), "path/broken", target.Request{Method: "GET", Path: "/"})
	if exchange.Fault == nil || exchange.Fault.Kind != target.Endless || exchange.Status != 200 {
		t.Errorf("the fault is not what it is without a recording: %v", exchange.Fault)
	}
	mustSay(t, recording.Save(), "not saved: 2 requests got no complete response, the first GET "+server.URL+"/broken?key=dpconform-redacted (path/broken)")
	mustBeSameFiles(t, nil, filesIn(t, folder))

	refused := begin(t, t.TempDir(), "http://127.0.0.1:1")
	defer refused.Close()
	exchange = newTarget(t, "http://127.0.0.1:1", refused, "").Send(context.Background(), "path/a", target.Request{Method: "POST", Path: "/", Body: []byte("x")})
	if exchange.Fault == nil || exchange.Fault.Kind != target.Unreachable {
		t.Errorf("got %+v", exchange.Fault)
	}
}

// TestWhatCannotBeRecordedIsRefused: a folder that cannot be written at once, an
// unfit name with its request, and nothing at the end.
func TestWhatCannotBeRecordedIsRefused(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	writeFile(t, filepath.Join(parent, "file"), "mine")
	for _, folder := range []string{filepath.Join(parent, "file"), filepath.Join(parent, "file", "below"), ""} {
		if _, err := record(folder, "http://127.0.0.1:1"); err == nil {
			t.Errorf("%q was taken", folder)
		}
	}
	recording := begin(t, filepath.Join(parent, "none"), "http://127.0.0.1:1")
	for _, check := range []string{"../up", "provenance/a", "Provenance", "a.b"} {
		_, err := recording.RoundTrip(newRequest(check, "GET", "http://127.0.0.1:1"))
		mustSay(t, err, "name of a cassette")
	}
	mustSay(t, recording.Save(), "nothing was exchanged")
	mustBeSameFiles(t, map[string]string{"file": "mine"}, filesIn(t, parent))
}

func TestAFailingSaveLeavesTheOldRecording(t *testing.T) {
	t.Parallel()
	becomesFolder := func(name string) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			path := filepath.Join(folder, name)
			if err := errors.Join(os.RemoveAll(path), os.Mkdir(path, 0o755)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, spoil := range map[string]func(t *testing.T, folder string){
		"the folder became a file": func(t *testing.T, folder string) {
			if err := os.Rename(folder, folder+".old"); err != nil {
				t.Fatal(err)
			}
			writeFile(t, folder, "mine")
		},
		"a cassette became a folder":           becomesFolder("path.yaml"),
		"an obsolete cassette became a folder": becomesFolder("old.yaml"),
		"a new cassette's place is taken":      becomesFolder("new.yaml"),
	} {
		parent := t.TempDir()
		folder := filepath.Join(parent, "cassettes")
		recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
		server := serve(t, hello)
		recording := begin(t, folder, server.URL)
		send(t, recording, "path/a", server.URL)
		send(t, recording, "new/a", server.URL)
		spoil(t, folder)
		before := filesIn(t, parent)
		if err := recording.Save(); err == nil {
			t.Errorf("%s: saved", name)
		}
		mustBeSameFiles(t, before, filesIn(t, parent))
	}
}

// What cannot be moved into place is in force all the same.
func TestARecordingThatIsNotInPlaceIsReplayed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	server := serve(t, hello)
	recording := begin(t, folder, server.URL)
	send(t, recording, "body/b", server.URL)
	blocked := filepath.Join(folder, journalName)
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	mustSay(t, recording.Save(), "the new recording is complete in "+filepath.Join(folder, committedName)+" and is replayed from there, but could not be moved into place")
	if files := open(t, folder).Provenance().files(); files[0] != "body.yaml" {
		t.Errorf("in force is %v", files)
	}
	// The next recording finishes it.
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	begin(t, folder, server.URL).Close()
	if files := filesIn(t, folder); len(files) != 2 || files["body.yaml"] == "" {
		t.Errorf("there is %v", files)
	}
}

// Variables that make of the test program another one, which records into a
// folder, and copies it after each step or has a disk that becomes full.
const (
	childFolder = "DPCONFORM_TEST_RECORD_INTO"
	childSteps  = "DPCONFORM_TEST_COPY_STEPS_INTO"
)

// fillDisk makes the disk full at some step, on systems where a test can do that.
var fillDisk = func() {}

func TestMain(m *testing.M) {
	folder, copies := os.Getenv(childFolder), os.Getenv(childSteps)
	if folder == "" {
		os.Exit(m.Run())
	}
	if fillDisk(); copies != "" {
		step := 0
		afterStep = func() {
			step++
			if err := os.CopyFS(filepath.Join(copies, fmt.Sprint(step)), os.DirFS(folder)); err != nil {
				panic(err)
			}
			if _, err := os.Stat(filepath.Join(folder, committedName)); err == nil {
				mustBeClosed(folder)
			}
		}
	}
	if err := recordOneOfTwo(folder, 1); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// mustBeClosed ends the process if it has a file of a folder open: Windows neither
// moves nor removes that. Where there is no /proc it finds none.
func mustBeClosed(folder string) {
	open, _ := filepath.Glob("/proc/self/fd/*")
	for _, descriptor := range open {
		if file, err := os.Readlink(descriptor); err == nil && filepath.Dir(file) == folder {
			fmt.Println("open while the recording is moved into place:", file)
			os.Exit(1)
		}
	}
}

// recordOneOfTwo makes a recording that is the same each time, of a server that
// is not the emulator, so that each exchange is written down at once.
func recordOneOfTwo(folder string, which int) error {
	transport := roundTripper(func(request *http.Request) (*http.Response, error) {
		afterStep()
		return &http.Response{StatusCode: 200, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(request.URL.Path))}, nil
	})
	recording, err := record(folder, "http://127.0.0.1:8080", func(options *Options) {
		options.Provenance.Emulator, options.Discard, options.Transport = false, true, transport
	})
	if err != nil {
		return err
	}
	checks := [][]string{{"path/a", "body/a", "errors/a"}, {"path/a", "semantics/a", "errors/a", "response/a"}}[which]
	for _, check := range checks {
		request := newRequest(check, "GET", fmt.Sprintf("http://127.0.0.1:8080/v1/%d", which))
		if _, err := recording.RoundTrip(request); err != nil {
			return err
		}
	}
	return recording.Save()
}

// child runs the test program as a recording into a folder.
func child(t *testing.T, folder string, variables ...string) (string, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(append(os.Environ(), childFolder+"="+folder), variables...)
	output, err := command.CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

// Whenever a recording process is killed, what is left is the old recording or
// the new one, whole, and the next recording cleans up.
func TestAfterEachStepOldOrNewIsWhole(t *testing.T) {
	t.Parallel()
	folder, copies := t.TempDir(), t.TempDir()
	var whole []map[string]string
	for which := range 2 {
		into := folder
		if which == 1 {
			into = t.TempDir()
		}
		if err := recordOneOfTwo(into, which); err != nil {
			t.Fatal(err)
		}
		whole = append(whole, filesIn(t, into))
	}
	if output, err := child(t, folder, childSteps+"="+copies); err != nil {
		t.Fatal(output, err)
	}
	mustBeSameFiles(t, whole[1], filesIn(t, folder))
	steps, err := os.ReadDir(copies)
	if err != nil {
		t.Fatal(err)
	}
	seen := [2]int{}
	for _, step := range steps {
		left := filepath.Join(copies, step.Name())
		which := 0
		if _, isNew := open(t, left).tapes["semantics"]; isNew {
			which = 1
		}
		seen[which]++
		for file, text := range whole[which] {
			if got, _, err := readInForce(os.DirFS(left), file); err != nil || string(got) != text {
				t.Fatalf("step %s: %s is neither old nor new, %v", step.Name(), file, err)
			}
		}
		if err := recordOneOfTwo(left, 1); err != nil {
			t.Fatal(err)
		}
		mustBeSameFiles(t, whole[1], filesIn(t, left))
	}
	if seen[0] < 5 || seen[1] < 5 {
		t.Errorf("so many steps left the old and the new recording: %v", seen)
	}
}
