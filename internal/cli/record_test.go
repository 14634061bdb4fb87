package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func recordArguments(folder string, arguments []string, more ...string) []string {
	return append(append([]string{"record", "--cassettes", folder}, arguments...), more...)
}

// recordInto records a server that the arguments name.
func recordInto(t *testing.T, folder string, arguments []string, more ...string) map[string]string {
	t.Helper()
	if got := call(t, recordArguments(folder, arguments, more...)...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	return filesOf(t, folder)
}

// filesOf gives the files of a folder, those for what is interrupted too.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	addFiles(t, folder, files)
	relative := map[string]string{}
	for path, text := range files {
		name, err := filepath.Rel(folder, path)
		if err != nil {
			t.Fatal(err)
		}
		relative[name] = text
	}
	return relative
}

func assertSameFiles(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name := range got {
		if _, known := want[name]; !known {
			t.Errorf("there is %s", name)
		}
	}
	for name, text := range want {
		if difference := firstDifference(text, got[name]); difference != "" {
			t.Errorf("%s differs: %s", name, difference)
		}
	}
}

// TestCheckShowsWhatHasChangedInShape: other ids, seeds of the server and days
// are no change; another type or status is one.
func TestCheckShowsWhatHasChangedInShape(t *testing.T) {
	folder := t.TempDir()
	before := recordInto(t, folder, emulated(t, emulator.Options{Seed: 1, Jobs: telltaleJobs()}), "--seed", "5")
	for _, one := range sample([]struct {
		fault string
		exit  int
		says  []string
	}{
		{"", result.ExitConforms, []string{"nothing has changed in shape since it was recorded "}},
		{"id-is-number", result.ExitFails, []string{"archiveJobId: string → number", "exit 1"}},
		{"last-scope-refused", result.ExitFails, []string{"authorization/scope/dataportability.youtube.unlisted_videos", "403"}},
	}) {
		got := call(t, recordArguments(folder, emulated(t, emulator.Options{Seed: 2, Fault: one.fault}), "--check")...)
		if got.exit != one.exit || got.complaints != "" {
			t.Errorf("%s: exit %d, want %d: %s", one.fault, got.exit, one.exit, got.complaints)
		}
		for _, want := range one.says {
			if !strings.Contains(got.output, want) {
				t.Errorf("%s: the output has no %q:\n%s", one.fault, want, got.output)
			}
		}
		assertSameFiles(t, before, filesOf(t, folder))
	}
	got := call(t, "record", "--cassettes", folder, "--check")
	if got.exit != result.ExitUsage {
		t.Errorf("exit %d without an endpoint", got.exit)
	}
	assertOneLine(t, got, []string{"--check: the cassettes are recorded from http://127.0.0.1:", "give it as --endpoint"})
	got = call(t, "record", "--cassettes", "../../cassettes", "--check")
	if got.exit != result.ExitConforms || !strings.Contains(got.output, "nothing has changed in shape") {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
}

func TestCassettesThatAreTooOldFailTheRun(t *testing.T) {
	noRace(t)
	folder := t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	recordInto(t, folder, nil)
	days := text.Counted(int(time.Since(time.Unix(1767225600, 0))/(24*time.Hour)), "day")
	for _, one := range []struct {
		age  string
		exit int
	}{{"30d", result.ExitFails}, {"36h", result.ExitFails}, {"90000d", result.ExitConforms}} {
		got := call(t, "run", "--cassettes", folder, "--max-age", one.age)
		output := strings.Join(strings.Fields(got.output), " ")
		if got.exit != one.exit || got.complaints != "" || !strings.Contains(output, " pass; ") {
			t.Errorf("%s: exit %d, want %d\n%s%s", one.age, got.exit, one.exit, got.output, got.complaints)
		}
		if said := strings.Contains(output, "stale: the cassettes are "+days+" old, and --max-age is "); said != (one.exit != 0) {
			t.Errorf("%s: it says %q", one.age, got.output)
		}
		if !strings.Contains(got.output, "recorded 2026-01-01, "+days+" ago,") {
			t.Errorf("the header does not say the age:\n%s", got.output)
		}
	}
	for _, arguments := range [][]string{{"run", "--max-age", "30"}, {"run", "--max-age", "30d", "--endpoint", "http://127.0.0.1:1"}} {
		got := call(t, arguments...)
		if got.exit != result.ExitUsage {
			t.Errorf("%v: exit %d", arguments, got.exit)
		}
		assertOneLine(t, got, []string{"max-age"})
	}
}

// telltaleJobs have ids that are found by chance nowhere.
func telltaleJobs() map[string][]string {
	jobs := map[string][]string{
		"COMPLETE":    {"b7e1f4a0-0d3c-4c5e-9a53-52f7b1c9d001", "b7e1f4a0-0d3c-4c5e-9a53-52f7b1c9d0"},
		"IN_PROGRESS": {"Zq_84-xK", "Zq_84-xK_2"},
		"CANCELLED":   {"QQ.77~t"},
	}
	for number := range 20 {
		jobs["FAILED"] = append(jobs["FAILED"], fmt.Sprintf("f3a9-%d-77c0e5d2", number))
	}
	return jobs
}

// TestNoIDOfAJobIsRecorded records servers that repeat ids wherever they can,
// and looks for each id in everything that is written.
func TestNoIDOfAJobIsRecorded(t *testing.T) {
	for _, fault := range sample([]string{"", "old-id-given", "id-is-resource-name", "id-is-address", "id-empty", "decoded-twice", "id-case-ignored"}) {
		folder := t.TempDir()
		options := emulator.Options{Fault: fault, Jobs: telltaleJobs()}
		files := recordInto(t, folder, emulated(t, options))
		for name, text := range files {
			for _, ids := range telltaleJobs() {
				for _, id := range ids {
					if strings.Contains(strings.ToLower(text), strings.ToLower(id)) {
						t.Errorf("%s: %s has %s", fault, name, id)
					}
				}
			}
		}
		if fault == "" && !strings.Contains(files["response.yaml"]+files["path.yaml"], "new-job-1") {
			t.Error("no new job has a pseudonym")
		}
		direct := call(t, append([]string{"run"}, emulated(t, options)...)...)
		replayed := call(t, "run", "--cassettes", folder)
		if direct.exit != replayed.exit || replayed.complaints != "" {
			t.Errorf("%s: exit %d of the server, %d of its recording: %s", fault, direct.exit, replayed.exit, replayed.complaints)
		}
	}
}

// TestIDsThatAreWordsHavePseudonyms: an id may be a letter, a number, or a word
// that stands in responses for other reasons.
func TestIDsThatAreWordsHavePseudonyms(t *testing.T) {
	noRace(t)
	jobs := map[string][]string{"COMPLETE": {"job", "a"}, "IN_PROGRESS": {"archiveJobs", "x"}, "CANCELLED": {"retry", "error", "v1"}}
	for number := range 20 {
		jobs["FAILED"] = append(jobs["FAILED"], fmt.Sprint(number+1))
	}
	folder := t.TempDir()
	provenance := recordInto(t, folder, emulated(t, emulator.Options{Jobs: jobs}))["provenance.yaml"]
	if got := call(t, "run", "--cassettes", folder); got.exit != result.ExitConforms {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	for _, want := range []string{"    - complete-1\n", "    - in-progress-2\n", "    - cancelled-3\n", "    - \"1000006\"\n"} {
		if !strings.Contains(provenance, want) {
			t.Errorf("the provenance has no %q:\n%s", want, provenance)
		}
	}
	kept := recordInto(t, t.TempDir(), emulated(t, emulator.Options{Jobs: telltaleJobs()}), "--keep-job-ids")
	if !strings.Contains(kept["path.yaml"], "f3a9-0-77c0e5d2") {
		t.Error("the id is gone with --keep-job-ids")
	}
}

func TestFlagsOfRecordThatContradict(t *testing.T) {
	for _, flags := range [][]string{{"--resume", "--discard"}, {"--check", "--force"}, {"--check", "--resume"}} {
		got := call(t, recordArguments(t.TempDir(), flags)...)
		if got.exit != result.ExitUsage {
			t.Errorf("%v: exit %d", flags, got.exit)
		}
		assertOneLine(t, got, flags)
	}
}

func TestTheShippedCassettesAreNotRecordedByChance(t *testing.T) {
	noRace(t)
	shipped := t.TempDir()
	recordInto(t, shipped, nil)
	source := filepath.Join(shipped, "cassettes.go")
	if err := os.WriteFile(source, []byte("// Package cassettes is one.\npackage cassettes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, shipped)
	for _, folder := range []string{shipped, "../../cassettes"} {
		got := call(t, "record", "--cassettes", folder)
		if got.exit != result.ExitUsage {
			t.Errorf("exit %d, want %d", got.exit, result.ExitUsage)
		}
		assertOneLine(t, got, []string{folder + " holds the cassettes that come with dpconform", "--force", "another folder"})
	}
	assertSameFiles(t, before, filesOf(t, shipped))
	recordInto(t, shipped, nil, "--force")
}

// asProgram is the variable that makes of the test program dpconform itself, to
// be killed.
const asProgram = "DPCONFORM_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main())
	}
}

// bookkeeper is a server that counts the jobs that it starts, and can do
// something when a request comes.
type bookkeeper struct {
	mutex   sync.Mutex
	server  http.Handler
	came    int
	started map[string]int
	at      func(number int)
}

// renew lets the server begin anew, and do something as soon as so many requests
// have come.
func (b *bookkeeper) renew(t *testing.T, number int, do func()) {
	t.Helper()
	server, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.server, b.came, b.started = server, 0, map[string]int{}
	b.at = func(came int) {
		if came == number {
			do()
		}
	}
}

func (b *bookkeeper) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	b.mutex.Lock()
	b.came++
	number, at, server := b.came, b.at, b.server
	b.mutex.Unlock()
	response := httptest.NewRecorder()
	server.ServeHTTP(response, request)
	if response.Code == http.StatusOK && request.Method == http.MethodPost {
		b.mutex.Lock()
		b.started[request.URL.Path]++
		b.mutex.Unlock()
	}
	// What it does, it has done before anybody knows of it.
	at(number)
	for name, values := range response.Header() {
		writer.Header()[name] = values
	}
	writer.WriteHeader(response.Code)
	_, _ = writer.Write(response.Body.Bytes())
}

// A recording is interrupted as by Ctrl-C, or killed when a request has done its
// work and nobody knows of it, and then goes on. It is the same as without, and a
// request that may have started a job is never sent again: where nobody knows
// what came of it, the recording says so.
func TestAnInterruptedRecordingGoesOn(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	books := &bookkeeper{}
	arguments := emulated(t, emulator.Options{})
	arguments[1] = listen(t, books)
	books.renew(t, 0, nil)
	want := recordInto(t, t.TempDir(), arguments)
	started, requests := books.started, books.came
	for _, one := range sample([]struct {
		kill   bool
		moment int
	}{{true, requests - 45}, {true, 100}, {true, requests - 38}, {false, requests - 45}, {false, 150}, {false, 1}}) {
		t.Run(fmt.Sprint(one), func(t *testing.T) {
			folder := t.TempDir()
			interrupt := stop
			if one.kill {
				interrupt = kill
			}
			interrupt(t, books, one.moment, recordArguments(folder, arguments))
			if _, err := os.Stat(filepath.Join(folder, "provenance.yaml")); err == nil {
				t.Fatal("it was saved")
			}
			goOn := "--discard"
			if _, err := os.Stat(filepath.Join(folder, ".recording-partial")); err == nil {
				goOn = "--resume"
				refused := call(t, recordArguments(folder, arguments)...)
				if refused.exit != result.ExitUsage {
					t.Errorf("exit %d without --resume: %s%s", refused.exit, refused.output, refused.complaints)
				}
				assertOneLine(t, refused, []string{folder, "a recording was interrupted here after", "--resume", "--discard"})
			}
			files := recordInto(t, folder, arguments, goOn)
			for path, count := range books.started {
				if count > started[path] {
					t.Errorf("%s was started %d times, and %d times without an interruption", path, count, started[path])
				}
			}
			unknown := false
			for _, text := range files {
				unknown = unknown || strings.Contains(text, target.UnknownOutcome)
			}
			switch {
			case !unknown:
				assertSameFiles(t, want, files)
			case !one.kill || one.moment < 200:
				t.Error("a request that starts nothing was not sent again")
			}
			if got := call(t, "run", "--cassettes", folder); got.complaints != "" {
				t.Errorf("its replay: %s", got.complaints)
			}
		})
	}
}

// stop interrupts dpconform as soon as so many requests have come.
func stop(t *testing.T, books *bookkeeper, moment int, arguments []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	books.renew(t, moment, cancel)
	got := callUntil(t, ctx, arguments...)
	if got.exit != result.ExitInterrupted || strings.Count(got.complaints, "\n") != 1 || !strings.Contains(got.complaints, "interrupted; ") {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
}

// kill runs dpconform and kills it as soon as so many requests have come.
func kill(t *testing.T, books *bookkeeper, moment int, arguments []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, arguments...)
	command.Env = append(os.Environ(), asProgram+"=1")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	started := make(chan struct{})
	books.renew(t, moment, func() {
		<-started
		if err := command.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if command.Wait() == nil {
		t.Errorf("it ended by itself: %s", output.String())
	}
}
