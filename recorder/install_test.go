package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordingFiles gives the files of the recording that a replay finds in a
// folder, wherever they are.
func recordingFiles(t testing.TB, folder string) map[string]string {
	t.Helper()
	replay := openReplay(t, folder)
	files := map[string]string{}
	for _, name := range replay.Provenance().files() {
		data, err := overlay{os.DirFS(folder)}.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	return files
}

// endAfter makes every installation end after so many steps, as a kill would.
func endAfter(t *testing.T, steps int) {
	afterStep = func() {
		if steps--; steps < 0 {
			panic(errKilled)
		}
	}
	t.Cleanup(func() { afterStep = func() {} })
}

var errKilled = errors.New("killed")

// untilKilled reports whether the work was ended by endAfter.
func untilKilled(t *testing.T, work func()) (killed bool) {
	defer func() {
		if recovered := recover(); recovered != nil {
			if recovered != errKilled {
				panic(recovered)
			}
			killed = true
		}
		afterStep = func() {}
	}()
	work()
	return false
}

// The first rename decides: what is killed before it leaves the old recording,
// after it the new one, and never a mixture. Whoever comes next finishes it.
func TestAnInstallationThatIsKilledLeavesOldOrNew(t *testing.T) {
	const decisive = 1
	for steps := 0; ; steps++ {
		folder := t.TempDir()
		recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y", "body/a", "/v1/x")
		old := recordingFiles(t, folder)
		fresh := t.TempDir()
		recordPaths(t, fresh, hello, "path/a", "/v1/z", "new/a", "/v1/y", "body/a", "/v1/z")
		endAfter(t, steps)
		killed := untilKilled(t, func() { recordPaths(t, folder, hello, "path/a", "/v1/z", "new/a", "/v1/y", "body/a", "/v1/z") })
		got := recordingFiles(t, folder)
		want := old
		if steps >= decisive || !killed {
			want = recordingFiles(t, fresh)
		}
		mustBeSameFiles(t, withoutEndpoint(want), withoutEndpoint(got))

		before := len(entriesOf(t, folder))
		if err := Recover(folder); err != nil {
			t.Fatal(err)
		}
		mustBeSameFiles(t, withoutEndpoint(got), withoutEndpoint(filesIn(t, folder)))
		if !killed {
			if before != len(got) {
				t.Errorf("an installation that was not killed leaves something: %v", entriesOf(t, folder))
			}
			return
		}
		recordPaths(t, folder, hello, "path/a", "/v1/w")
		if entries := strings.Join(entriesOf(t, folder), " "); entries != "path.yaml provenance.yaml" {
			t.Errorf("after %d steps the next recording leaves %s", steps, entries)
		}
	}
}

// withoutEndpoint takes out of a provenance what is another in each test.
func withoutEndpoint(files map[string]string) map[string]string {
	for name, text := range files {
		var lines []string
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "endpoint: ") {
				lines = append(lines, line)
			}
		}
		files[name] = strings.Join(lines, "")
	}
	return files
}

func TestTheNextRecordingFinishesTheLastOne(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
	endAfter(t, 2)
	if !untilKilled(t, func() { recordPaths(t, folder, hello, "path/a", "/v1/z") }) {
		t.Fatal("not killed")
	}
	server := serve(t, hello)
	recording := newRecording(t, folder, server.URL)
	if entries := strings.Join(entriesOf(t, folder), " "); entries != "path.yaml provenance.yaml" {
		t.Errorf("there is %s", entries)
	}
	recording.Discard()
	openReplay(t, folder)
}

func TestWhatCannotBeMovedIsInForceAllTheSame(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	server := serve(t, hello)
	recording := newRecording(t, folder, server.URL)
	send(t, recording, server.URL, "path/b")
	steps := 0
	afterStep = func() {
		// Behind the rename that decides, the place of a cassette is taken.
		if steps++; steps == 2 {
			replaceByFolder(t, filepath.Join(folder, "path.yaml"))
		}
	}
	t.Cleanup(func() { afterStep = func() {} })
	err := recording.Save()
	if err == nil {
		t.Fatal("saved")
	}
	mustContain(t, err.Error(), "the new recording is whole in "+filepath.Join(folder, committedName)+", from where it is replayed, but could not be moved into place")
	if got := openReplay(t, folder).Provenance().Interactions(); got != 1 {
		t.Errorf("%d interactions", got)
	}
}

func TestTwoRecordingsAtOnceAreRefused(t *testing.T) {
	folder := t.TempDir()
	first := newRecording(t, folder, "http://127.0.0.1:1")
	_, err := NewRecording(RecordingOptions{Folder: folder, Provenance: testProvenance("http://127.0.0.1:1")})
	var fault *CassetteError
	if !errors.As(err, &fault) {
		t.Fatalf("got %v", err)
	}
	mustContain(t, err.Error(), folder+": another recording into this folder is under way; wait for its end, or record into another folder")
	if err := Recover(folder); err != nil {
		t.Error(err)
	}
	first.Discard()
	newRecording(t, folder, "http://127.0.0.1:1").Discard()
}

// A replay that is opened while a recording takes the place of another one
// finds one of the two.
func TestAReplayFindsOneRecordingAtAnyTime(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
	afterStep = func() { openReplay(t, folder) }
	t.Cleanup(func() { afterStep = func() {} })
	for range 3 {
		recordPaths(t, folder, hello, "path/a", "/v1/z", "new/a", "/v1/y")
		recordPaths(t, folder, hello, "path/a", "/v1/x", "old/a", "/v1/y")
	}
}
