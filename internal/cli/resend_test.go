package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
)

// TestACommandRepeatsWhatItShows: the command of a state that should not have changed
// sends the request before it, and a long body is printed wherever its request stands.
func TestACommandRepeatsWhatItShows(t *testing.T) {
	t.Parallel()
	report, _ := reported(t, append([]string{"run", "--focus", "body"}, emulated(t, emulator.Options{Fault: "refused-body-changes-job"})...)...)
	both := regexp.MustCompile(`-X POST '[^']*:retry' .*--data-raw .* --next -i --path-as-is -X GET '[^']*/portabilityArchiveState'`)
	shown := false
	for _, check := range report.Checks {
		for _, finding := range check.Findings {
			shown = shown || both.MatchString(finding.Curl)
		}
	}
	if !shown {
		t.Error("no command sends the request before the state is read")
	}
	printed := false
	for _, exchange := range report.Exchanges {
		if exchange.Request.BodyBytes > 2*longestBody {
			curl := exchange.Request.Curl()
			printed = printed || strings.HasPrefix(curl, "yes ") || strings.HasPrefix(curl, "{ printf ")
			if strings.Contains(curl, "body-of-") {
				t.Errorf("%s: %s", exchange.Check, curl)
			}
		}
	}
	if !printed {
		t.Error("no command prints a long body")
	}
}
