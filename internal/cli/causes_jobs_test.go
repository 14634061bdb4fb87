package cli

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dpconform/dpconform/emulator"
)

// TestJobsThatChangeByThemselvesAreNamed: no request is blamed for it, and no other job
// is asked for, which would change too.
func TestJobsThatChangeByThemselvesAreNamed(t *testing.T) {
	t.Parallel()
	const before = 60 // Requests: the given states were read by then.
	jobs := emulator.DefaultJobs(embedded())
	later := maps.Clone(jobs)
	delete(later, "FAILED")
	later["IN_PROGRESS"] = slices.Concat(jobs["IN_PROGRESS"], jobs["FAILED"])
	// Without a failure nothing has a cause.
	first, changed := mustEmulate(t, emulator.Options{}), mustEmulate(t, emulator.Options{Jobs: later, Fault: "unknown-job-invalid"})
	var served atomic.Int64
	report, output := reported(t, append([]string{"run", "--focus", "path", "--focus", "semantics", "--focus", "body"}, flagsFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) > before {
			changed.ServeHTTP(w, r)
			return
		}
		first.ServeHTTP(w, r)
	}), nil)...)...)
	if len(report.Causes) != 1 || report.Causes[0].ID != "jobs-changed" || len(report.Causes[0].Skipped) < 5 || report.Leads(report.Causes[0]) {
		t.Fatalf("%+v\n%s", report.Causes, output)
	}
	checkCauses(t, report)
	output = strings.Join(strings.Fields(output), " ")
	for _, part := range []string{"given jobs that were FAILED became IN_PROGRESS during the run, without a successful call", "fix Find out what else changes jobs", "more are IN_PROGRESS give --job-command COMMAND",
		"1 requirement failed semantics.unknown-job (platform) want "} {
		if !strings.Contains(output, part) {
			t.Errorf("it does not say %q:\n%s", part, output)
		}
	}
	for _, never := range []string{"FAIL path.", "used up by requests", "give --job FAILED=ID"} {
		if strings.Contains(output, never) {
			t.Errorf("it says %q:\n%s", never, output)
		}
	}
}

// TestJobsUsedUpByAnEarlierRunAreNamed: a call of this server changes its job, so that
// the next run has fewer, and then none.
func TestJobsUsedUpByAnEarlierRunAreNamed(t *testing.T) {
	t.Parallel()
	// Another mistake, so that the first run fails too, and says how to run again.
	server := mustEmulate(t, emulator.Options{Fault: "success-changes-old-job,no-media-type"})
	arguments := append([]string{"run", "--focus", "semantics", "--focus", "response"}, flagsFor(t, server, nil)...)
	first, output := reported(t, arguments...)
	output = strings.Join(strings.Fields(output), " ")
	if len(first.Causes) != 0 || !strings.Contains(output, "; it needs new FAILED jobs, since this run used up 17 ") ||
		!regexp.MustCompile(`/(failed-\d+):retry' .* # set TOKEN to a token for \S+; failed-\d+ is used up: put a new FAILED job in its place `).MatchString(output) {
		t.Fatalf("%+v\n%s", first.Causes, output)
	}
	// Nothing shows what became of the job.
	unread := mustEmulate(t, emulator.Options{Fault: "any-scope-accepted"})
	_, unknown := reported(t, append([]string{"run", "--focus", "authorization.unrelated-scope"}, flagsFor(t, unread, nil)...)...)
	for _, part := range []string{"; it needs new FAILED jobs if the server accepts each only once: this run used up ", " is refused now, put a new FAILED job in its place "} {
		if unknown = strings.Join(strings.Fields(unknown), " "); !strings.Contains(unknown, part) {
			t.Errorf("it does not say %q:\n%s", part, unknown)
		}
	}
	for _, which := range []string{" of the ", "all "} {
		report, output := reported(t, arguments...)
		for len(report.Causes) == 1 && which == "all " && strings.Contains(report.Causes[0].Summary, " of the ") {
			report, output = reported(t, arguments...) // Each run uses up some more.
		}
		if len(report.Causes) != 1 || report.Causes[0].ID != "jobs-changed" || len(report.Causes[0].Skipped) == 0 {
			t.Fatalf("%+v\n%s", report.Causes, output)
		}
		checkCauses(t, report)
		rerun := "; it needs new FAILED jobs, since this run used up "
		if which == "all " {
			rerun = "; it needs jobs that are FAILED "
		}
		output = strings.Join(strings.Fields(output), " ")
		for _, part := range []string{rerun, "CAUSE ", which, " given jobs were already IN_PROGRESS, not FAILED, when the run began fix Give jobs that are FAILED.", "give --job FAILED=ID"} {
			if !strings.Contains(output, part) {
				t.Errorf("it does not say %q:\n%s", part, output)
			}
		}
	}
}

// TestJobsThatMayBeUsedUpComeFirst: where no state can be read, an earlier run is as good
// a reason for the refusal of every call as a requirement of the server's own.
func TestJobsThatMayBeUsedUpComeFirst(t *testing.T) {
	t.Parallel()
	for says, readable := range map[string]bool{"fix If an earlier run used up the given jobs, give new ones that are FAILED, or": false, "fix Find out what the server requires besides the path": true} {
		calls := func(r *http.Request) bool { return r.Method == http.MethodPost }
		server := refusedBefore(http.StatusConflict, calls)(mustEmulate(t, emulator.Options{}))
		if !readable {
			server = refusedBefore(http.StatusMethodNotAllowed, func(r *http.Request) bool { return !calls(r) })(server)
		}
		report, output := reported(t, append([]string{"run", "--focus", "semantics"}, flagsFor(t, server, nil)...)...)
		output = strings.Join(strings.Fields(output), " ")
		if !strings.Contains(output, says) || strings.Contains(output, "refusal-keeps-state the state of cancelled-1 could not be read") == readable {
			t.Errorf("%+v\n%s", report.Causes, output)
		}
	}
}
