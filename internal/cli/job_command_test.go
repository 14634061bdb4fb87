//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// makeJob writes a script that prints the id of a job that is new each time, and
// gives the command that runs it and the file in which it counts.
func makeJob(t *testing.T, script string) (command, count string) {
	t.Helper()
	folder := t.TempDir()
	count = filepath.Join(folder, "count")
	path := filepath.Join(folder, "make-job")
	if script == "" {
		script = `n=$(($(cat '` + count + `' 2>/dev/null || echo 0) + 1)); echo $n >'` + count + `'; echo "$1-$n"`
	}
	if err := os.WriteFile(path, []byte(script+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "/bin/sh '" + path + "' {state}", count
}

// times is how often a script of makeJob ran.
func times(t *testing.T, count string) int {
	t.Helper()
	content, err := os.ReadFile(count)
	if os.IsNotExist(err) {
		return 0
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// makingEmulator serves an emulator with the jobs that a script of makeJob makes,
// and gives the flags that reach it.
func makingEmulator(t *testing.T) []string {
	t.Helper()
	jobs := map[string][]string{}
	for _, state := range embedded().States {
		for i := range 100 {
			jobs[state] = append(jobs[state], fmt.Sprintf("%s-%d", state, i+1))
		}
	}
	return emulated(t, emulator.Options{Jobs: jobs})[:4]
}

// TestJobsAreMadeWhenACheckNeedsThem: a run without any job tests everything, and
// what only says what a run would do makes none.
func TestJobsAreMadeWhenACheckNeedsThem(t *testing.T) {
	t.Parallel()
	command, count := makeJob(t, "")
	reach := append(makingEmulator(t), "--token", "expired=scope:expired", "--job-command", command)
	for _, line := range []string{"run --dry-run", "doctor"} {
		got := call(t, append(strings.Fields(line), reach...)...)
		if !strings.Contains(got.words(), "--job-command would make 1 IN_PROGRESS, 1 COMPLETE, ") || times(t, count) != 0 {
			t.Errorf("%s: made %d jobs\n%s%s", line, times(t, count), got.output, got.complaints)
		}
	}
	file := filepath.Join(t.TempDir(), "report.json")
	call(t, append([]string{"run", "--report", "json=" + file}, reach...)...).want(t, result.ExitConforms, "conforms")
	report := readReport(t, file)
	if made := report.Target.Jobs; made["FAILED"] < 16 || made["COMPLETE"] != 1 || times(t, count) != made["FAILED"]+3 || report.Counts.Checks[result.Skip] != 0 {
		t.Errorf("made %v, %d times, %v", made, times(t, count), report.Counts.Checks)
	}
	// A job that was given is used first.
	command, count = makeJob(t, "")
	call(t, append(slices.Clone(reach[:6]), "--job-command", command, "--job", "FAILED=FAILED-90", "--focus", "semantics.success", "--focus", "response/new-job-readable")...)
	if times(t, count) != 0 {
		t.Errorf("a job was made although one was given")
	}
}

// TestAJobCommandThatFailsIsTheCallersSetup, in one line and without what was
// printed.
func TestAJobCommandThatFailsIsTheCallersSetup(t *testing.T) {
	t.Parallel()
	reach := append(makingEmulator(t), "--job", "COMPLETE=complete-1")
	for script, says := range map[string]string{
		"echo secret-value >&2; exit 3":            "the job command failed with exit 3 (/bin/sh … {state}); run it by hand to see why",
		"true":                                     "the job command printed nothing (/bin/sh … {state})",
		"echo secret-value for a job":              "the job command printed several words (/bin/sh … {state}); it must print the id of a job alone",
		"echo a/secret-value":                      "the job command printed an id with a slash (/bin/sh … {state}); it must print the bare id, without ",
		"echo complete-1":                          "the job command printed complete-1, the id of a job that was given before; it must make a new job each time",
		`echo '{"id": "secret-value"}'`:            "the job command printed JSON (/bin/sh … {state}); it must print the id alone",
		`echo '"secret-value"'`:                    "the job command printed an id with a quote (/bin/sh … {state}); it must print the id without quotes",
		`printf '\033[32msecret-value\033[0m\n'`:   "the job command printed an id with control characters, such as those of colours (/bin/sh … {state}); it must print the id of a job alone",
		"echo '<secret-value>'":                    "the job command printed an id with a bracket (/bin/sh … {state}); it must print the id of a job alone",
		"echo 'no~such-%41-jöb'":                   "and the server does not know it",
		"echo COMPLETE-7":                          " for IN_PROGRESS, and the server shows COMPLETE",
		"while :; do echo secret-value-xxxx; done": "the job command printed more than 64 KiB",
	} {
		// Each run of the script leaves a line: one that failed is not run again.
		log := filepath.Join(t.TempDir(), "runs")
		command, _ := makeJob(t, "echo run >>'"+log+"'; "+script)
		got := call(t, append([]string{"run", "--focus", "semantics", "--job-command", command}, reach...)...)
		if runs, err := os.ReadFile(log); err != nil || strings.Count(string(runs), "\n") > 2 || strings.HasPrefix(says, "the job command") && !strings.Contains(says, "given before") && strings.Count(string(runs), "\n") != 1 {
			t.Errorf("%s ran %q, %v", script, runs, err)
		}
		if got.exit != result.ExitUnreachable || !strings.Contains(got.words()+got.complaints, says) || strings.Contains(got.all(), "secret-value") {
			t.Errorf("%s: exit %d\n%s%s", script, got.exit, got.output, got.complaints)
		}
	}
	for flag, says := range map[string]string{
		"make":           "it has no {state}",
		"make|sh{state}": "no shell runs it",
		"'{state}":       "a quote or a bracket in it is not closed",
	} {
		refused(t, "run --endpoint http://127.0.0.1:1 --job-command "+flag, "--job-command: ", says)
	}
	refused(t, "run --job-command {state}", "--job-command", "give --endpoint URL")
	refused(t, "run --endpoint http://127.0.0.1:1 --method archiveJobs.retry --job-command no-such-program", "--job-command: it has no {state}")
}

// TestNoJobIsMadeToBeUsedUpWithoutPermission: on a remote target, jobs that the
// method accepts are made with --consume-jobs alone.
func TestNoJobIsMadeToBeUsedUpWithoutPermission(t *testing.T) {
	t.Parallel()
	command, count := makeJob(t, "")
	arguments := []string{"run", "--dry-run", "--endpoint", "https://api.example", "--token-template", "x:{short}", "--job-command", command}
	for _, test := range []struct {
		flags       []string
		says, never string
	}{
		{nil, "checks would be skipped; to run them, add --consume-jobs", "1 FAILED"},
		{[]string{"--consume-jobs"}, "would make 1 IN_PROGRESS, 1 COMPLETE, ", "add --consume-jobs"},
	} {
		got := call(t, append(slices.Clone(arguments), test.flags...)...)
		_, after, _ := strings.Cut(got.words(), "nothing was sent")
		if got.exit != 0 || !strings.Contains(after, test.says) || strings.Contains(after, test.never) {
			t.Errorf("%v: exit %d: %s%s", test.flags, got.exit, after, got.complaints)
		}
	}
	if times(t, count) != 0 {
		t.Errorf("a dry run made jobs")
	}
}
