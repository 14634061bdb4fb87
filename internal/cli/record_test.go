package cli

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/recorder"
)

// recordInto records a server that the arguments name.
func recordInto(t *testing.T, folder string, arguments []string, more ...string) map[string]string {
	t.Helper()
	if got := call(t, slices.Concat([]string{"record", "--cassettes", folder}, arguments, more)...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	return filesOf(t, folder)
}

func assertSameFiles(t *testing.T, want, got map[string]string) {
	t.Helper()
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
		t.Errorf("there are %q", names)
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
	t.Parallel()
	folder := t.TempDir()
	before := recordInto(t, folder, emulated(t, emulator.Options{Seed: 1, Jobs: telltaleJobs()}), "--seed", "5")
	for _, one := range []struct {
		fault string
		exit  int
		says  []string
	}{
		{"", result.ExitConforms, []string{"no response has changed in structure since it was recorded "}},
		{"id-is-number,last-scope-refused", result.ExitFails,
			[]string{"archiveJobId: string → number", "authorization/scope/dataportability.youtube.unlisted_videos", "403", "exit 1"}},
	} {
		arguments := append([]string{"record", "--check", "--cassettes", folder}, emulated(t, emulator.Options{Seed: 2, Fault: one.fault})...)
		call(t, arguments...).want(t, one.exit, one.says...)
		assertSameFiles(t, before, filesOf(t, folder))
	}
	call(t, "record", "--cassettes", shippedCassettes, "--check").want(t, result.ExitConforms, "no response has changed in structure")
	refused(t, "record --check --cassettes "+folder, "--check: the cassettes are recorded from http://127.0.0.1:", "give it as --endpoint")
}

// shippedCassettes is the folder of the default method's.
const shippedCassettes = "../../cassettes/archiveJobs.retry"

func TestWhatRecordRefuses(t *testing.T) {
	t.Parallel()
	folder, shipped := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(shipped, "cassettes.go"), []byte("// Package cassettes is one.\npackage cassettes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "record", "--cassettes DIR")
	for _, flags := range []string{"--resume --discard", "--check --force", "--check --resume"} {
		refused(t, "record --cassettes "+folder+" "+flags, strings.Fields(flags)...)
	}
	for _, folder := range []string{shipped, "../../cassettes", shippedCassettes} {
		refused(t, "record --cassettes "+folder, folder+" holds the cassettes that come with dpconform", "--force", "another folder")
	}
	if files := filesOf(t, shipped); len(files) != 1 {
		t.Errorf("there are %d files", len(files))
	}
	recordInto(t, shipped, nil, "--force")
}

// TestAServerThatRespondsToNothingIsNotRecorded: nothing could be replayed.
func TestAServerThatRespondsToNothingIsNotRecorded(t *testing.T) {
	t.Parallel()
	silent := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	call(t, "record", "--cassettes", filepath.Join(t.TempDir(), "cassettes"), "--endpoint", silent, "--token-template", "t:{short}", "--job", "FAILED=a").
		wantUnreachable(t, "not recorded: "+silent+" sent no complete response; once it does, start over with --discard")
}

func TestCassettesThatAreTooOldFailTheRun(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	recordInto(t, folder, nil)
	days := text.Counted(int(time.Since(time.Unix(1767225600, 0))/(24*time.Hour)), "day")
	for age, exit := range map[string]int{"36h": result.ExitFails, "90000d": result.ExitConforms} {
		got := call(t, "run", "--cassettes", folder, "--max-age", age)
		got.want(t, exit, " pass; ", "recorded 2026-01-01, "+days+" ago,")
		if said := strings.Contains(got.words(), "stale: the cassettes are "+days+" old, and --max-age is "); said != (exit != 0) {
			t.Errorf("%s: it says %q", age, got.output)
		}
	}
}

// TestOldCassettesOfAServerWarn unless --max-age is given; those of the reference
// emulator, and new ones, do not.
func TestOldCassettesOfAServerWarn(t *testing.T) {
	of, emulated, recent := t.TempDir(), t.TempDir(), t.TempDir()
	arguments := flagsFor(t, mustEmulate(t, emulator.Options{}), nil)
	recordInto(t, recent, arguments)
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	recordInto(t, of, arguments)
	recordInto(t, emulated, nil)
	for _, test := range []struct {
		line string
		warn bool
	}{
		{"run --cassettes " + of, true}, {"run --quiet --cassettes " + of, true}, {"run --max-age 90000d --cassettes " + of, false},
		{"run --cassettes " + emulated, false}, {"run --cassettes " + recent, false}, {"run", false},
	} {
		got := call(t, strings.Fields(test.line)...)
		warned := strings.HasPrefix(got.complaints, "dpconform: warning: the cassettes are ") && strings.Contains(got.complaints, "record again: dpconform record --cassettes "+of)
		if got.exit != result.ExitConforms || warned != test.warn || !test.warn && strings.Contains(got.complaints, "warning") {
			t.Errorf("%s: exit %d, %s", test.line, got.exit, got.complaints)
		}
	}
}

// TestADateToComeWarns: cassettes of the future have no age.
func TestADateToComeWarns(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]string{48 * time.Hour: ", which is in the future, so their age is unknown; record again: ", time.Hour: ""} {
		date := time.Now().Add(ahead)
		if _, got := ageOf(recorder.Provenance{Date: date}, &config.Settings{}); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s ahead: %q", ahead, got)
		}
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
// looks for each id in everything that is written, and replays it.
func TestNoIDOfAJobIsRecorded(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"", "id-is-resource-name", "id-is-url", "decoded-twice,id-case-ignored"} {
		folder := t.TempDir()
		arguments := emulated(t, emulator.Options{Fault: fault, Jobs: telltaleJobs()})
		files := recordInto(t, folder, arguments)
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
		want := result.ExitConforms
		if fault != "" {
			want = result.ExitFails
		}
		call(t, "run", "--cassettes", folder).want(t, want)
	}
	kept := recordInto(t, t.TempDir(), emulated(t, emulator.Options{Jobs: telltaleJobs()}), "--keep-job-ids")
	if !strings.Contains(kept["path.yaml"], "f3a9-0-77c0e5d2") {
		t.Error("the id is gone with --keep-job-ids")
	}
}

// TestIDsThatAreWordsHavePseudonyms: an id may be a letter, a number, or a word
// that stands in responses for other reasons.
func TestIDsThatAreWordsHavePseudonyms(t *testing.T) {
	t.Parallel()
	jobs := map[string][]string{"COMPLETE": {"job", "a"}, "IN_PROGRESS": {"archiveJobs", "x"}, "CANCELLED": {"retry", "error", "v1"}}
	for number := range 20 {
		jobs["FAILED"] = append(jobs["FAILED"], fmt.Sprint(number+1))
	}
	folder := t.TempDir()
	provenance := recordInto(t, folder, emulated(t, emulator.Options{Jobs: jobs}))["provenance.yaml"]
	call(t, "run", "--cassettes", folder).want(t, result.ExitConforms)
	for _, want := range []string{"    - complete-1\n", "    - in-progress-2\n", "    - cancelled-3\n", "    - \"1000006\"\n"} {
		if !strings.Contains(provenance, want) {
			t.Errorf("the provenance has no %q:\n%s", want, provenance)
		}
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
	b.mutex.Lock()
	b.server, b.started = mustEmulate(t, emulator.Options{Seed: 7}), map[string]int{}
	b.mutex.Unlock()
	b.expect(number, do)
}

// expect does something as soon as so many more requests have come.
func (b *bookkeeper) expect(number int, do func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.came = 0
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
	maps.Copy(writer.Header(), response.Header())
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
	arguments := flagsFor(t, books, nil)
	books.renew(t, 0, nil)
	want := recordInto(t, t.TempDir(), arguments)
	started, requests := books.started, books.came
	for _, one := range []struct {
		interrupt func(*testing.T, *bookkeeper, int, []string)
		moment    int
		goOn      string
		unknown   bool
	}{{kill, requests - 38, "--resume", true}, {stop, 150, "--resume", false}, {stop, 1, "--discard", false}} {
		t.Run(fmt.Sprint(one.moment), func(t *testing.T) {
			folder := t.TempDir()
			again := append([]string{"record", "--cassettes", folder}, arguments...)
			books.renew(t, 0, nil)
			one.interrupt(t, books, one.moment, again)
			if one.goOn == "--resume" {
				// Twice more, the first time before anything new has come.
				for _, moment := range []int{1, 15} {
					stop(t, books, moment, append(slices.Clone(again), "--resume"))
				}
			}
			if exists(filepath.Join(folder, "provenance.yaml")) {
				t.Fatal("it was saved")
			}
			if one.goOn == "--resume" {
				call(t, again...).wantOneLine(t, folder, "a recording was interrupted here after", "--resume", "--discard")
			}
			files := recordInto(t, folder, arguments, one.goOn)
			for path, count := range books.started {
				if count > started[path] {
					t.Errorf("%s was started %d times, and %d times without an interruption", path, count, started[path])
				}
			}
			unknown := slices.ContainsFunc(slices.Collect(maps.Values(files)), func(text string) bool { return strings.Contains(text, target.UnknownOutcome) })
			if unknown != one.unknown {
				t.Errorf("an outcome is unknown: %v", unknown)
			}
			if !unknown {
				assertSameFiles(t, want, files)
			}
			if got := call(t, "run", "--cassettes", folder, "--max-age", "90000d"); got.complaints != "" {
				t.Errorf("its replay: %s", got.complaints)
			}
		})
	}
}

// stop interrupts dpconform as soon as so many requests have come.
func stop(t *testing.T, books *bookkeeper, moment int, arguments []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	books.expect(moment, cancel)
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
	command.Env = append(os.Environ(), commandVariable+"=1")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	started := make(chan struct{})
	books.expect(moment, func() {
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
