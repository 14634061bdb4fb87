package recorder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/target"
)

func TestSaveReplacesTheOldRecordingWhole(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "deep [1]*")
	recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
	writeFile(t, filepath.Join(folder, "README.md"), "mine")
	recordPaths(t, folder, hello, "path/a", "/v1/z", "new/a", "/v1/y")
	want := "README.md new.yaml path.yaml provenance.yaml"
	if got := strings.Join(entriesOf(t, folder), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	openReplay(t, folder)
}

func TestABrokenRecordingIsReplaced(t *testing.T) {
	for name, spoil := range map[string]func(string) string{
		"newer":   func(text string) string { return strings.Replace(text, "format: 1", "format: 9", 1) },
		"no YAML": func(text string) string { return text + "\n]" },
	} {
		folder := t.TempDir()
		recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
		path := filepath.Join(folder, ProvenanceFile)
		writeFile(t, path, spoil(filesIn(t, folder)[ProvenanceFile]))
		recordPaths(t, folder, hello, "path/a", "/v1/x")
		if got := strings.Join(entriesOf(t, folder), " "); got != "path.yaml provenance.yaml" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestFilesOfOthersAreNeverReplaced(t *testing.T) {
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "dpconform.yaml"), "endpoint: x\n")
	_, err := NewRecording(RecordingOptions{Folder: folder, Provenance: testProvenance("http://127.0.0.1:1")})
	var fault *CassetteError
	if !errors.As(err, &fault) {
		t.Fatalf("got %v", err)
	}
	mustContain(t, err.Error(), "dpconform.yaml: is not a cassette of the recording in this folder, so it is not replaced; move it away, or record into another folder")

	// One that comes while the run goes on is safe, too.
	other := t.TempDir()
	server := serve(t, hello)
	recording := newRecording(t, other, server.URL)
	send(t, recording, server.URL, "path/a")
	writeFile(t, filepath.Join(other, "path.yaml"), "mine")
	if err := recording.Save(); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	mustBeSameFiles(t, map[string]string{"path.yaml": "mine"}, filesIn(t, other))
}

func TestDiscardLeavesEverythingAsItWas(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	before := filesIn(t, folder)
	server := serve(t, hello)
	recording := newRecording(t, folder, server.URL)
	send(t, recording, server.URL, "path/a")
	recording.Discard()
	mustBeSameFiles(t, before, filesIn(t, folder))
	if err := recording.Save(); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := recording.RoundTrip(newRequest(t, "path/a", "GET", server.URL)); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}

func TestNothingExchangedIsNotSaved(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "none")
	err := newRecording(t, folder, "http://127.0.0.1:1").Save()
	if err == nil {
		t.Fatal("saved")
	}
	mustContain(t, err.Error(), "nothing was exchanged")
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder was made")
	}
}

// withoutEnd answers with more than a recording keeps.
func withoutEnd(writer http.ResponseWriter, request *http.Request) {
	if request.URL.Path == "/whole" {
		_, _ = io.WriteString(writer, "short")
		return
	}
	_, _ = writer.Write(make([]byte, largestAnswer+10))
}

func TestAnIncompleteRecordingIsNotSavedUnlessAskedFor(t *testing.T) {
	for _, keep := range []bool{false, true} {
		folder := t.TempDir()
		server := serve(t, withoutEnd)
		recording, err := NewRecording(RecordingOptions{Folder: folder, KeepIncomplete: keep, Provenance: testProvenance(server.URL)})
		if err != nil {
			t.Fatal(err)
		}
		judged := newTarget(t, server.URL, recording, "")
		judged.Send(context.Background(), "path/whole", target.Request{Method: "GET", Path: "/whole"})
		exchange := judged.Send(context.Background(), "path/broken", target.Request{Method: "GET", Path: "/broken?key=very-secret-key-1"})
		if exchange.Fault == nil || exchange.Fault.Kind != target.Endless || exchange.Status != 200 {
			t.Errorf("the fault is not what it is without a recording: %v", exchange.Fault)
		}
		want := "GET /broken?key=dpconform-redacted (path/broken)"
		if got := strings.Join(recording.Unanswered(), "|"); got != want {
			t.Errorf("unanswered: %s", got)
		}
		err = recording.Save()
		var incomplete *IncompleteError
		switch {
		case keep && err != nil:
			t.Error(err)
		case keep:
			openReplay(t, folder)
		case !errors.As(err, &incomplete):
			t.Errorf("got %v", err)
		default:
			mustContain(t, err.Error(), "not saved: 1 request had no whole answer, the first "+want)
			mustBeSameFiles(t, nil, filesIn(t, folder))
		}
	}
}

func TestAnswersWithoutEndAreNotKept(t *testing.T) {
	server := serve(t, func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = writer.Write(make([]byte, largestAnswer+10))
	})
	recording := newRecording(t, t.TempDir(), server.URL)
	response, err := recording.RoundTrip(newRequest(t, "path/a", "GET", server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || len(body) != largestAnswer+10 {
		t.Errorf("the caller got %d bytes, %v", len(body), err)
	}
	if len(recording.Unanswered()) != 1 {
		t.Error("the answer was kept")
	}
}

func TestARefusedConnectionStaysOne(t *testing.T) {
	recording := newRecording(t, t.TempDir(), "http://127.0.0.1:1")
	exchange := newTarget(t, "http://127.0.0.1:1", recording, "").Send(context.Background(), "path/a", target.Request{Method: "POST", Path: "/", Body: []byte("x")})
	if exchange.Fault == nil || exchange.Fault.Kind != target.Unreachable {
		t.Errorf("got %+v", exchange.Fault)
	}
}

func TestAFolderThatCannotBeWrittenIsRefusedAtOnce(t *testing.T) {
	parent := t.TempDir()
	writeFile(t, filepath.Join(parent, "file"), "mine")
	for _, folder := range []string{"file", "file/below", ""} {
		path := folder
		if folder != "" {
			path = filepath.Join(parent, folder)
		}
		_, err := NewRecording(RecordingOptions{Folder: path, Provenance: testProvenance("http://127.0.0.1:1")})
		if err == nil {
			t.Errorf("%q was taken", folder)
		}
	}
	mustBeSameFiles(t, map[string]string{"file": "mine"}, filesIn(t, parent))
}

func TestAFailingSaveLeavesTheOldRecording(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, folder string){
		"the folder became a file": func(t *testing.T, folder string) {
			if err := os.Rename(folder, folder+".old"); err != nil {
				t.Fatal(err)
			}
			writeFile(t, folder, "mine")
		},
		"a cassette became a folder": func(t *testing.T, folder string) {
			replaceByFolder(t, filepath.Join(folder, "path.yaml"))
		},
		"an obsolete cassette became a folder": func(t *testing.T, folder string) {
			replaceByFolder(t, filepath.Join(folder, "old.yaml"))
		},
		"a new cassette's place is taken": func(t *testing.T, folder string) {
			if err := os.Mkdir(filepath.Join(folder, "new.yaml"), 0o755); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			folder := filepath.Join(parent, "cassettes")
			recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
			server := serve(t, hello)
			recording := newRecording(t, folder, server.URL)
			send(t, recording, server.URL, "path/a")
			send(t, recording, server.URL, "new/a")
			spoil(t, folder)
			files, entries := filesIn(t, parent), entriesOf(t, parent)
			if err := recording.Save(); err == nil {
				t.Fatal("saved")
			}
			mustBeSameFiles(t, files, filesIn(t, parent))
			if got := entriesOf(t, parent); strings.Join(got, " ") != strings.Join(entries, " ") {
				t.Errorf("left behind: %v instead of %v", got, entries)
			}
		})
	}
}

func replaceByFolder(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestACassetteNeedsAFitName(t *testing.T) {
	server := serve(t, hello)
	for _, name := range []string{"../up", "provenance", "a.b", ""} {
		recording, err := NewRecording(RecordingOptions{
			Folder: t.TempDir(), Provenance: testProvenance(server.URL), CassetteOf: func(string) string { return name },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := recording.RoundTrip(newRequest(t, "path/a", "GET", server.URL)); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func send(t *testing.T, transport http.RoundTripper, endpoint, check string) {
	t.Helper()
	response, err := transport.RoundTrip(newRequest(t, check, "GET", endpoint+"/v1/x"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}
