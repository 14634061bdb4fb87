package cli

import (
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

// TestAMistypedInputIsTheCause: an id or a token that the server does not know is no
// mistake of the server.
func TestAMistypedInputIsTheCause(t *testing.T) {
	t.Parallel()
	endpoint := emulated(t, emulator.Options{})[1]
	for _, one := range []struct{ id, job, token, says string }{
		{"unknown-job", "nobody-s", "scope:dataportability.maps.reviews", "does not know the job nobody-s"},
		{"caller-refused", "complete-1", "another", "tokens are refused with 401"},
	} {
		report, output := reported(t, "run", "--profile", "consumer", "--endpoint", endpoint, "--job", "COMPLETE="+one.job, "--token", "maps.reviews="+one.token)
		if len(report.Causes) == 0 || report.Causes[0].ID != one.id || !strings.Contains(report.Causes[0].Summary, one.says) {
			t.Errorf("%+v\n%s", report.Causes, output)
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
