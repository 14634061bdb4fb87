package cli

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
)

// reported runs the command and reads its report.
func reported(t *testing.T, arguments ...string) (result.Report, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	got := call(t, append(arguments, "--report", "json="+path)...)
	report, err := result.ReadJSON([]byte(readFile(t, path)))
	if err != nil {
		t.Fatal(err, got.output)
	}
	return report, got.output
}

// TestFewChecksShowNoWrongAddress: where the only checks are those of what the server
// wrongly accepts, all its responses are successes, which says nothing of the address.
func TestFewChecksShowNoWrongAddress(t *testing.T) {
	t.Parallel()
	for fault, focus := range map[string]string{
		"any-verb-accepted": "path.verb", "unknown-field-ignored": "body.unknown-field", "malformed-body-ignored": "body.malformed",
		"array-ignored": "body.array", "every-state-accepted": "semantics.refused-state", "scheme-ignored": "authorization.scheme", "no-authorization": "authorization.no-token",
		"given-jobs-shown-as-accepted": "semantics.given-state",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			report, output := reported(t, append([]string{"run", "--focus", focus}, emulated(t, emulator.Options{Fault: fault})...)...)
			if report.Exit != result.ExitFails || slices.ContainsFunc(report.Causes, func(cause result.Cause) bool { return cause.ID == "one-status" }) {
				t.Errorf("exit %d, %+v\n%s", report.Exit, report.Causes, output)
			}
		})
	}
}

// TestACauseWithoutASuccess: with the profile consumer no call succeeds, and none is
// meant to. An id or a token that the server does not know is no mistake of the server.
func TestACauseWithoutASuccess(t *testing.T) {
	t.Parallel()
	const token = "scope:dataportability.maps.reviews"
	call := func(r *http.Request) bool { return r.Method == http.MethodPost }
	conforming := mustEmulate(t, emulator.Options{})
	withoutRoute := mustEmulate(t, emulator.Options{Fault: "method-not-served"})
	for _, one := range []struct {
		job, token string
		server     http.Handler
		id, says   string
	}{
		{"nobody-s", token, conforming, "unknown-job", "does not know the job nobody-s"},
		{"complete-1", "another", conforming, "caller-refused", "tokens are refused with 401"},
		{"complete-1", token, withoutRoute, "not-routed", "/v1/archiveJobs/complete-1:retry: every call is 404, with and without a token, though the state method shows the job"},
		{"complete-1", token, refusedBefore(http.StatusMethodNotAllowed, call)(conforming), "not-routed", "every call is 405, with and without a token"},
		{"complete-1", token, refusedBefore(http.StatusNotImplemented, call)(conforming), "not-routed", "every call is 501, with and without a token"},
		{"complete-1", token, refusedBefore(http.StatusNotFound, call)(conforming), "not-routed", "does not find the jobs that the state method shows: 404 to POST "},
		{"complete-1", token, refusedBefore(http.StatusUnauthorized, func(r *http.Request) bool {
			return call(r) && r.Header.Get("Authorization") != "Bearer "+token
		})(withoutRoute), "not-routed", "every call is 404, though the state method shows the job"},
		{"complete-1", token, refusedBefore(http.StatusUnsupportedMediaType, call)(conforming), "", ""},
		{"complete-1", token, refusing("FAILED_PRECONDITION", http.StatusNotFound, `{"error": {"code": 404, "message": "not failed", "status": "NOT_FOUND"}}`)(conforming), "", ""},
		{"complete-1", token, changing(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })(conforming), "nobody-refused", "the server does not check tokens"},
	} {
		report, output := reported(t, "run", "--profile", "consumer", "--endpoint", listen(t, one.server), "--job", "COMPLETE="+one.job, "--token", "maps.reviews="+one.token)
		if one.id == "" && len(report.Causes) > 0 || one.id != "" && (len(report.Causes) != 1 || report.Causes[0].ID != one.id || !strings.Contains(report.Causes[0].Summary, one.says)) {
			t.Errorf("%s %s: %+v\n%s", one.id, one.says, report.Causes, output)
		}
	}
}

// TestEmptyErrorsHaveOneCause: all that an empty body breaks comes from it, and the
// fix is about what was refused.
func TestEmptyErrorsHaveOneCause(t *testing.T) {
	t.Parallel()
	for fault, fix := range map[string]string{"refusals-without-body": "Write the 404 for an unknown id", "refusals-in-plain-text": "Write every refusal"} {
		report, output := reported(t, append([]string{"run"}, emulated(t, emulator.Options{Fault: fault})...)...)
		if len(report.Causes) != 1 || !strings.HasPrefix(report.Causes[0].Fix, fix) || !strings.Contains(output, "the cause explains all") {
			t.Errorf("%s: %+v\n%s", fault, report.Causes, output)
		}
	}
}

// TestABodyWithoutEndIsTheCause, and not the shared connection: alone, the response
// is no better.
func TestABodyWithoutEndIsTheCause(t *testing.T) {
	t.Parallel()
	report, output := reported(t, append([]string{"run", "--focus", "body.unknown-field"}, emulated(t, emulator.Options{Fault: "endless-body"})...)...)
	if len(report.Causes) != 1 || !strings.Contains(report.Causes[0].Summary, "are too long: a body of more than 4 MiB") {
		t.Errorf("%+v\n%s", report.Causes, output)
	}
}
