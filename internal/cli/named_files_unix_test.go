//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// No file that a person names takes the memory of the machine, or is waited for
// without end.
func TestWhatIsNamedIsReadWithinBounds(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pipe, large := filepath.Join(folder, "pipe"), filepath.Join(folder, "large")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	// It has no blocks on the disk.
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<30); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(folder, "good.pem")
	if err := os.WriteFile(good, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const server = " --endpoint http://127.0.0.1:1"
	for _, line := range []string{
		"list --spec FILE", "list --overlay FILE", "spec print --spec FILE", "spec new --method jobs.cancel --from FILE",
		"drift --against FILE", "drift --against " + good + " --from FILE", "drift --against " + good + " --from-overlay FILE",
		"run --config FILE", "run --token-file FILE" + server, "run --ca-cert FILE" + server, "run --known-failures FILE",
		"login --scopes * --client-id x --client-secret-file FILE",
		"emulate --tls-cert FILE --tls-key FILE", "client --scenarios FILE -- true",
	} {
		for name, says := range map[string]string{"/dev/zero": "longer than ", pipe: "a pipe that nothing is written to", large: "", folder: ""} {
			got := call(t, strings.Fields(strings.ReplaceAll(line, "FILE", name))...)
			got.wantOneLine(t, says)
		}
	}
	// A report is known by its beginning.
	for _, line := range []string{"diff FILE " + good, "report FILE --report html=" + folder + "/made.html"} {
		for name, says := range map[string]string{"/dev/zero": "it is not text", "/dev/urandom": "", pipe: "a pipe that nothing is written to", large: "longer than ", folder: "a folder"} {
			call(t, strings.Fields(strings.ReplaceAll(line, "FILE", name))...).wantOneLine(t, says)
		}
	}
	// A folder: opening a pipe would wait for its other end.
	link := filepath.Join(folder, "link")
	if err := os.Symlink(filepath.Join(folder, "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"record --cassettes FILE", "record --discard --cassettes FILE" + server, "record --check --cassettes FILE", "run --cassettes FILE"} {
		for _, name := range []string{"/dev/zero", pipe, large, link, filepath.Join(pipe, "below")} {
			call(t, strings.Fields(strings.ReplaceAll(line, "FILE", name))...).wantOneLine(t, name)
		}
	}
	call(t, "record", "--cassettes", pipe).wantOneLine(t, "--cassettes", "it is a pipe, not a folder")
	// A set of requirements that a description names.
	shipped, err := os.ReadFile("../../spec/archivejobs-retry.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	described := filepath.Join(folder, "described.yaml")
	if err := os.WriteFile(described, []byte(strings.Replace(string(shipped), "x-requirement-sets: [", "x-requirement-sets: [set.yaml, ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(folder, "set.yaml")
	for name, says := range map[string]string{"/dev/zero": "longer than ", pipe: "a pipe that nothing is written to", large: "longer than ", folder: "is a directory"} {
		if err := os.Symlink(name, set); err != nil {
			t.Fatal(err)
		}
		call(t, "list", "--spec", described).wantOneLine(t, set, says)
		if err := os.Remove(set); err != nil {
			t.Fatal(err)
		}
	}
	// A recording.
	for name, says := range map[string]string{"/dev/zero": "not a regular file", pipe: "not a regular file", large: "", folder: "not a regular file"} {
		recorded := t.TempDir()
		if err := os.CopyFS(recorded, os.DirFS("../../cassettes/archiveJobs.retry")); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"body.yaml", "provenance.yaml"} {
			if err := os.Rename(filepath.Join(recorded, file), filepath.Join(recorded, file+".kept")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(name, filepath.Join(recorded, file)); err != nil {
				t.Fatal(err)
			}
			call(t, "run", "--cassettes", recorded).wantOneLine(t, file, says)
			if err := os.Rename(filepath.Join(recorded, file+".kept"), filepath.Join(recorded, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAPipeThatNothingReadsHoldsBackNoOtherReport: reports in files of their own are
// there before anybody reads the pipe, in whichever order they were given.
func TestAPipeThatNothingReadsHoldsBackNoOtherReport(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan called, 1)
	go func() {
		ended <- call(t, "run", "--focus", "body.empty", "--report", "json="+pipe, "--report", "junit="+folder+"/a.xml", "--report", "html="+folder+"/a.html")
	}()
	for !exists(folder+"/a.xml") || !exists(folder+"/a.html") {
		select {
		case got := <-ended:
			t.Fatalf("the run ended, and nothing read the pipe: exit %d, %s", got.exit, got.complaints)
		case <-time.After(time.Millisecond):
		}
	}
	if found := readReport(t, pipe); found.Exit != result.ExitConforms && found.Exit != result.ExitInconclusive {
		t.Errorf("exit %d in the pipe", found.Exit)
	}
	if got := <-ended; got.complaints != "" {
		t.Error(got.complaints)
	}
}
