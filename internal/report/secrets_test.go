package report

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// forms gives everything that can be made of a run.
func forms(t *testing.T, run Run) map[string]string {
	t.Helper()
	report := New(run)
	var console strings.Builder
	Console{Out: &console, Width: 80}.Header(run)
	Console{Out: &console, Width: 80}.Result(report)
	return map[string]string{"JSON": written(t, report, WriteJSON), "JUnit": written(t, report, WriteJUnit), "console": console.String()}
}

func TestNoReportShowsATokenThatAServerRepeats(t *testing.T) {
	for name, run := range everyRun(t) {
		sent := false
		for _, exchange := range run.Target.Journal() {
			sent = sent || strings.Contains(string(exchange.Body), secret) && strings.Contains(exchange.Header.Get("X-Echo"), secret)
		}
		if !sent {
			t.Fatalf("%s: the server repeated nothing", name)
		}
		for form, text := range forms(t, run) {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s, %s: …%s", name, form, text[max(0, at-80):min(len(text), at+80)])
			}
		}
	}
}

func TestAHiddenTokenLeavesTheRestReadable(t *testing.T) {
	report := New(failing(t))
	refused := report.Exchanges[0].Response
	if !strings.Contains(refused.Body, `"message": "no such token: `) || !strings.Contains(refused.Body, `"status": "UNAUTHENTICATED"`) {
		t.Errorf("body %s", refused.Body)
	}
	if got := report.Checks[0].Findings[0].Got; !strings.HasPrefix(got, "401, and the token ") || len(got) <= len("401, and the token ") {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"X-Echo", "Www-Authenticate", "Set-Cookie", "Content-Type"} {
		if len(refused.Header[name]) != 1 || refused.Header[name][0] == "" {
			t.Errorf("%s: %q", name, refused.Header[name])
		}
	}
}

func TestABodyIsCutWithoutCuttingATokenOrARune(t *testing.T) {
	s := newScenario(t)
	s.send("POST", "/big", strings.Repeat("y", 3*longestBody))
	s.add("path/example", result.Pass, "", "")
	run := s.run(result.ExitConforms)
	exchange := New(run).Exchanges[0]
	if exchange.Request.BodyBytes != 3*longestBody || exchange.Request.Body != strings.Repeat("y", longestBody)+"…" {
		t.Errorf("a body of %d bytes is shown as %d", exchange.Request.BodyBytes, len(exchange.Request.Body))
	}
	whole := run.Target.Journal()[0].Body
	answer := exchange.Response
	if answer.BodyBytes != len(whole) || len(answer.Body) > longestBody+len("…") || !strings.HasSuffix(answer.Body, "…") {
		t.Errorf("a body of %d bytes is shown as %d, said to be %d", len(whole), len(answer.Body), answer.BodyBytes)
	}
	if strings.Contains(answer.Body, secret[:8]) || strings.Contains(answer.Body, "\ufffd") {
		t.Errorf("the cut shows …%s", answer.Body[longestBody-40:])
	}
}
