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
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/recording"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// recordInto records a server that the arguments name.
func recordInto(t *testing.T, folder string, arguments []string, more ...string) map[string]string {
	t.Helper()
	if got := call(t, slices.Concat([]string{"record", "--cassettes", folder}, arguments, more)...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	return filesOf(t, folder)
}

// recordedOnce keeps the one recording of recorded.
var recordedOnce sync.Once

// recorded is the folder of a recording of the reference emulator as a server on the
// network with telltaleJobs and the description of slimmed, which all tests share.
func recorded(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(sharedFolder, "recorded")
	recordedOnce.Do(func() {
		recordInto(t, folder, emulated(t, emulator.Options{Seed: 1, Jobs: telltaleJobs()}), "--seed", "5", "--spec", slimmed())
	})
	return folder
}

// slimmed is a file of the built-in description without most sets of requirements: a
// recording of it takes half the requests.
var slimmed = sync.OnceValue(func() string {
	const kept = "[new-job, job-states, resource, bearer, error-model, http]"
	text := regexp.MustCompile(`x-requirement-sets: .*`).ReplaceAllString(string(spec.Default().Text), "x-requirement-sets: "+kept)
	entries := strings.SplitAfter(text, "\n        - id: ")
	for i, entry := range entries {
		if _, set, found := strings.Cut(entry, "\n          set: "); found && i > 0 && !strings.Contains(kept, strings.Fields(set)[0]) {
			entries[i] = ""
		}
	}
	path := filepath.Join(sharedFolder, "slim.openapi.yaml")
	if err := os.WriteFile(path, []byte(strings.Join(entries, "")), 0o600); err != nil {
		panic(err)
	}
	return path
})

// datedBefore is a copy of a recording that says it is of the first day of 2026.
func datedBefore(t *testing.T, recording string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(recording)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, filepath.Join(folder, "provenance.yaml"), func(text string) string {
		return regexp.MustCompile(`(?m)^date: .*$`).ReplaceAllString(text, "date: 2026-01-01T00:00:00Z")
	})
	return folder
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
	if err := os.CopyFS(folder, os.DirFS(recorded(t))); err != nil {
		t.Fatal(err)
	}
	provenance := filepath.Join(folder, recording.ProvenanceFile)
	earlier := regexp.MustCompile(`date: .*`).ReplaceAllString(readFile(t, provenance), "date: 2026-01-02T03:04:05Z")
	if err := os.WriteFile(provenance, []byte(earlier), 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, folder)
	for _, one := range []struct {
		fault string
		exit  int
		says  []string
	}{
		{"", result.ExitConforms, []string{"unchanged: the responses of http://127.0.0.1:", " have the same structure as those in the cassettes in ", ", recorded "}},
		{"id-is-number,last-scope-refused", result.ExitFails,
			[]string{"2026-01-02 03:04:05 UTC: conforms new:", "archiveJobId: string → number", "authorization/scope/dataportability.youtube.unlisted_videos", "403", "exit 1"}},
	} {
		arguments := append([]string{"record", "--check", "--spec", slimmed(), "--cassettes", folder}, emulated(t, emulator.Options{Seed: 2, Fault: one.fault})...)
		call(t, arguments...).want(t, one.exit, one.says...)
		assertSameFiles(t, before, filesOf(t, folder))
	}
	call(t, "record", "--cassettes", shippedCassettes, "--check").want(t, result.ExitConforms, "unchanged: the responses of the built-in emulator have the same structure")
	refused(t, "record --check --spec "+slimmed()+" --cassettes "+folder, "--check: the cassettes are recorded from http://127.0.0.1:", "give it as --endpoint")
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
	recordInto(t, shipped, nil, "--force", "--spec", slimmed())
}

// TestAServerThatRespondsToNothingIsNotRecorded: nothing could be replayed.
func TestAServerThatRespondsToNothingIsNotRecorded(t *testing.T) {
	t.Parallel()
	silent := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	call(t, "record", "--cassettes", filepath.Join(t.TempDir(), "cassettes"), "--endpoint", silent, "--token-template", "t:{short}", "--job", "FAILED=a").
		wantUnreachable(t, "not recorded: "+silent+" sent no complete response; once it does, start over with --discard")
}

// TestOldCassettes of a server warn unless --max-age is given, which fails the run of
// those that are older; those of the reference emulator, and new ones, do not.
func TestOldCassettes(t *testing.T) {
	of, emulated := datedBefore(t, recorded(t)), t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	recordInto(t, emulated, nil, "--spec", slimmed())
	const warns, stale = "dpconform: warning: the cassettes are ", "stale: the cassettes are "
	for _, test := range []struct {
		line string
		says string
		exit int
	}{
		{"run --cassettes " + of, warns, 0}, {"run --quiet --cassettes " + of, warns, 0}, {"run --max-age 90000d --cassettes " + of, "", 0},
		{"run --cassettes " + emulated, "", 0}, {"run --cassettes " + recorded(t), "", 0},
		{"run --max-age 36h --cassettes " + emulated, stale, result.ExitFails},
	} {
		got := call(t, strings.Fields(test.line+" --spec "+slimmed())...)
		warned := strings.HasPrefix(got.complaints, warns) && strings.Contains(got.complaints, "record again: dpconform record --spec "+slimmed()+" --cassettes "+of)
		if got.exit != test.exit || warned != (test.says == warns) || !warned && got.complaints != "" || strings.Contains(got.words(), stale) != (test.says == stale) {
			t.Errorf("%s: exit %d, %s%s", test.line, got.exit, got.output, got.complaints)
		}
		dated := regexp.MustCompile(`recorded 2026-01-01, \d+ days ago,`).MatchString(got.words())
		if shown := got.words() != "" && strings.Contains(test.line, " "+emulated); shown && !dated {
			t.Errorf("%s: no age in %s", test.line, got.output)
		}
		if test.says == stale && !regexp.MustCompile(stale+`\d+ days old, and --max-age is `).MatchString(got.words()) {
			t.Error(got.output)
		}
	}
}

// TestADateToComeWarns: cassettes of the future have no age.
func TestADateToComeWarns(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]string{48 * time.Hour: ", which is in the future, so their age is unknown; record again: ", time.Hour: ""} {
		date := time.Now().Add(ahead)
		if _, got := ageOf(recording.Provenance{Date: date}, &config.Settings{}); want == "" && got != "" || !strings.Contains(got, want) {
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
	for fault, exit := range map[string]int{"": result.ExitConforms, "id-is-resource-name": result.ExitFails, "id-is-url,decoded-twice,id-case-ignored": result.ExitFails} {
		folder, description := recorded(t), []string{"--spec", slimmed()}
		if fault != "" {
			folder = t.TempDir()
			if strings.Contains(fault, "decoded") {
				description = nil
			}
			recordInto(t, folder, emulated(t, emulator.Options{Fault: fault, Jobs: telltaleJobs()}), description...)
		}
		files := filesOf(t, folder)
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
		call(t, append([]string{"run", "--cassettes", folder}, description...)...).want(t, exit)
	}
	kept := recordInto(t, t.TempDir(), emulated(t, emulator.Options{Jobs: telltaleJobs()}), "--keep-job-ids", "--spec", slimmed())
	if !strings.Contains(kept["semantics.yaml"], "f3a9-0-77c0e5d2") {
		t.Error("the id is gone with --keep-job-ids")
	}
}

// TestAServerWithoutStatesIsRecorded: which of the new jobs is read first, and again over
// a connection of its own, does not depend on its id.
func TestAServerWithoutStatesIsRecorded(t *testing.T) {
	t.Parallel()
	without := changing(func(r *http.Request) {
		if r.Method == http.MethodGet {
			r.URL.Path = "/"
		}
	})
	recordInto(t, t.TempDir(), flagsFor(t, without(mustEmulate(t, emulator.Options{Seed: 1})), nil), "--spec", slimmed())
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
	provenance := recordInto(t, folder, emulated(t, emulator.Options{Jobs: jobs}), "--spec", slimmed())["provenance.yaml"]
	call(t, "run", "--spec", slimmed(), "--cassettes", folder).want(t, result.ExitConforms)
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
	arguments := append(flagsFor(t, books, nil), "--spec", slimmed())
	// One that starts over is as if it had never been interrupted.
	folder := t.TempDir()
	books.renew(t, 0, nil)
	stop(t, books, 1, append([]string{"record", "--cassettes", folder}, arguments...))
	books.renew(t, 0, nil)
	want := recordInto(t, folder, arguments, "--discard")
	started, requests := books.started, books.came
	for _, one := range []struct {
		interrupt func(*testing.T, *bookkeeper, int, []string)
		moment    int
		unknown   bool
	}{{kill, requests - 38, true}, {stop, 150, false}} {
		t.Run(fmt.Sprint(one.moment), func(t *testing.T) {
			folder := t.TempDir()
			again := append([]string{"record", "--cassettes", folder}, arguments...)
			books.renew(t, 0, nil)
			one.interrupt(t, books, one.moment, again)
			// Twice more, the first time before anything new has come.
			for _, moment := range []int{1, 15} {
				stop(t, books, moment, append(slices.Clone(again), "--resume"))
			}
			if exists(filepath.Join(folder, "provenance.yaml")) {
				t.Fatal("it was saved")
			}
			call(t, again...).wantOneLine(t, folder, "a recording was interrupted here after", "--resume", "--discard")
			files := recordInto(t, folder, arguments, "--resume")
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
			if got := call(t, "run", "--spec", slimmed(), "--cassettes", folder, "--max-age", "90000d"); got.complaints != "" {
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
