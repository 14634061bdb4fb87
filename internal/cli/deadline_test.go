package cli

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// TestMaxDurationEndsARun in order, whatever it waits for: reports are written, the exit
// code is that of a target that could not be tested, and one line says why.
func TestMaxDurationEndsARun(t *testing.T) {
	t.Parallel()
	server := mustEmulate(t, emulator.Options{})
	mute := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	throttling := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for name, test := range map[string]struct {
		handler http.Handler
		limit   string
		more    []string
	}{
		"no response":      {mute, "1s", []string{"--timeout", "1h"}},
		"a pause too long": {throttling, "30s", nil},
		"a rate too low":   {server, "20s", []string{"--rate", "1/m"}},
		"a slow token":     {server, "1s", []string{"--token-command", "sh -c 'exec sleep 100' {scope}"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := append(flagsFor(t, test.handler, nil), append(test.more, "--max-duration", test.limit)...)
			folder := t.TempDir()
			why := "the run was ended by --max-duration " + test.limit
			got := call(t, append([]string{"run", "--report", "json=" + folder + "/a.json", "--report", "html=" + folder + "/a.html",
				"--write-known-failures", folder + "/known.yaml"}, flags...)...)
			got.want(t, result.ExitUnreachable, "not tested to the end: "+why, "a longer --max-duration", "exit 4")
			found := readReport(t, folder+"/a.json")
			if found.Exit != result.ExitUnreachable || found.Ended != why || found.Counts.Checks[result.Skip] < 100 || found.Counts.Checks[result.Fail] > 0 {
				t.Errorf("exit %d, %q, %v", found.Exit, found.Ended, found.Counts.Checks)
			}
			for _, check := range found.Checks {
				if check.Verdict == result.Skip && strings.Contains(check.Reason, result.Interrupted) {
					t.Errorf("%s: %s", check.ID, check.Reason)
				}
			}
			if !strings.Contains(readFile(t, folder+"/a.html"), "ended by --max-duration "+test.limit) || exists(folder+"/known.yaml") {
				t.Error("the page does not say why, or known failures were written")
			}
			call(t, append([]string{"record", "--cassettes", filepath.Join(folder, "cassettes")}, flags...)...).wantUnreachable(t, why+"; ")
		})
	}
}

// TestALimitThatIsOverBeforeTheFirstRequest is named, too, in one line or in a report:
// whether the timer fires before the first check is chance.
func TestALimitThatIsOverBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	got := call(t, "run", "--endpoint", listen(t, http.NotFoundHandler()), "--max-duration", "1ns")
	if !strings.Contains(got.output+got.complaints, "the run was ended by --max-duration 1ns") || got.exit != result.ExitUnreachable {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
}

// TestWaitingIsReported, as part of how long a run took.
func TestWaitingIsReported(t *testing.T) {
	t.Parallel()
	server, arguments := observedEmulator(t)
	server.before = func(number int) bool { return number == 5 }
	path := filepath.Join(t.TempDir(), "a.json")
	got := inProcess(t, nil, append([]string{"run", "--focus", "body", "--report", "json=" + path}, arguments...)...)
	got.want(t, result.ExitConforms, " s, with pauses of ")
	if found := readReport(t, path); found.WaitedMilliseconds <= 0 || found.WaitedMilliseconds > found.Milliseconds || found.Ended != "" {
		t.Errorf("%d of %d ms", found.WaitedMilliseconds, found.Milliseconds)
	}
	refused(t, "run --endpoint http://127.0.0.1:1 --max-duration 0", "--max-duration: it must be more than 0")
	refused(t, "run --endpoint http://127.0.0.1:1 --max-duration soon", "--max-duration: ", "want a duration such as 2s or 500ms")
}
