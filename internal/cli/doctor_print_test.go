package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// printedFindings are findings as they look on a terminal of so many columns.
func printedFindings(findings doctorFindings, width int) string {
	var out strings.Builder
	doctorPrinter{text.Printer{Out: &out, Width: width}}.print(findings)
	return ansi.Strip(out.String())
}

func TestDoctorSaysHowAnEndpointIsReached(t *testing.T) {
	t.Parallel()
	for want, endpoint := range map[string]doctorEndpoint{
		"reached over HTTP/2.0 with TLS 1.3":                                      {URL: "https://api.example", Reached: true, Protocol: "HTTP/2.0", TLS: "TLS 1.3"},
		"reached over HTTP/1.1 without TLS":                                       {URL: "http://api.example", Reached: true, Protocol: "HTTP/1.1"},
		"reached over HTTP/1.1 with TLS 1.2 through the proxy http://proxy.local": {URL: "https://api.example", Reached: true, Protocol: "HTTP/1.1", TLS: "TLS 1.2", Proxy: "http://proxy.local"},
	} {
		if got := endpoint.text(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAPlanSaysHowLongItTakesAtLeast(t *testing.T) {
	t.Parallel()
	plan := "run --dry-run --focus body/unknown-field --token maps.reviews=x --job COMPLETE=complete-1 "
	for flags, want := range map[string]string{
		"--endpoint https://api.example --rate 1/m": "s at least, since --rate allows 0.0167 a second",
		"--endpoint https://api.example":            " at least, since --rate allows 10 a second",
		"--endpoint http://127.0.0.1:1":             "nothing was sent",
	} {
		got := call(t, strings.Fields(plan+flags)...)
		if said := strings.Contains(got.words(), " at least"); !strings.Contains(got.words(), want) || said != strings.Contains(want, " at least") {
			t.Errorf("%s: exit %d, %s%s", flags, got.exit, got.output, got.complaints)
		}
	}
}

// scopesLike makes scopes of a family like one.
func scopesLike(family string, count int, like func(name string) doctorScope) []doctorScope {
	var scopes []doctorScope
	for i := range count {
		scope := like(fmt.Sprintf("https://www.googleapis.com/auth/dataportability.%s.s%d", family, i))
		scope.family = family
		scopes = append(scopes, scope)
	}
	return scopes
}

func TestDoctorPrintsWhatIsEqualOnce(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)
	there := func(name string) doctorScope {
		until = until.Add(time.Minute)
		at := until
		return doctorScope{Name: name, State: tokenThere, From: "login 1 of 2026-11-24", Until: &at, Verified: true}
	}
	missing := func(name string) doctorScope {
		return doctorScope{Name: name, State: tokenMissing, Reason: "no source has a token for " + name}
	}
	scopes := append(scopesLike("maps", 10, there), scopesLike("play", 5, there)...)
	scopes = append(scopes, scopesLike("play", 4, missing)...)
	scopes = append(scopes, scopesLike("chrome", 1, missing)...)
	scopes = append(scopes, doctorScope{Name: "https://www.googleapis.com/auth/userinfo.email", Unrelated: true, State: tokenThere, From: "--token"})
	got := printedFindings(doctorFindings{
		jobFlag: "--job STATE=ID", unrelated: 7,
		Endpoint: doctorEndpoint{URL: "https://api.example", Reached: true, Protocol: "HTTP/2.0", TLS: "TLS 1.3"}, Scopes: scopes, Exit: 3, Checks: 20,
		Skipped: []doctorSkip{{Check: "body/empty", Reason: "no job", Flag: "--job FAILED=ID"}, {Check: "authorization/scope/a.b", Reason: "no token for a.b", Flag: ""},
			{Check: "body/other", Reason: "no job left", Flag: "--job FAILED=ID"}, {Check: "authorization/scope/a.c", Reason: "no token for a.c", Flag: ""}, {Check: "body/third", Reason: "no job", Flag: "--job FAILED=ID"}},
	}, 80)
	want := `endpoint  https://api.example, reached over HTTP/2.0 with TLS 1.3
clock     not compared: the response has no date
tokens    for 15 of 20 scopes, and 1 of 7 unrelated scopes

  15 from login 1 of 2026-11-24, verified, until 2026-11-25 15:01 UTC
    maps 10, play 5 of 9

  1 from --token
    userinfo.email (unrelated)

  5 scopes: no source has a token for SCOPE
    play 4 of 9, chrome 1

jobs      none given; --job STATE=ID names one

checks    a run can test 15 of 20
  3 skipped: give --job FAILED=ID
    body/empty, body/other and 1 more
  2 skipped: no token for SCOPE
    authorization/scope/a.b, authorization/scope/a.c

not ready: see above
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDoctorNamesUsedUpJobsTogether, and says what helps.
func TestDoctorNamesUsedUpJobsTogether(t *testing.T) {
	t.Parallel()
	findings := doctorFindings{Endpoint: doctorEndpoint{URL: "https://api.example", Reached: true}, accepted: []string{"FAILED"}, Exit: 3, Checks: 20,
		NotSelected: []result.NotApplicable{{Reason: "needs another token", Requirements: []string{"authorization.one"}}}}
	for i := range 5 {
		findings.Jobs = append(findings.Jobs, doctorJob{ID: fmt.Sprint("failed-", i+1), Given: "FAILED", State: "IN_PROGRESS"})
	}
	findings.Jobs = append(findings.Jobs, doctorJob{ID: "complete-1", Given: "COMPLETE", State: "FAILED"})
	got := strings.Join(strings.Fields(printedFindings(findings, 80)), " ")
	for _, want := range []string{"5 not FAILED: failed-1, failed-2, failed-3, failed-4 and 1 more are IN_PROGRESS give jobs that are FAILED. If an earlier run used these up,", "needed not COMPLETE: complete-1 is FAILED",
		"1 requirement not selected: needs another token"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q: %s", want, got)
		}
	}
}

// TestDoctorFitsTheTerminal, however narrow it is, unless a single word does
// not.
func TestDoctorFitsTheTerminal(t *testing.T) {
	t.Parallel()
	long := func(name string) doctorScope {
		return doctorScope{Name: name, State: tokenUnusable, From: "the command ./mint", Reason: strings.Repeat("some words of a reason ", 20)}
	}
	findings := doctorFindings{Endpoint: doctorEndpoint{URL: "https://api.example", Reached: true, ClockAhead: new(float64), ClockText: "this machine's clock is 1 h ahead of the server's"}, Scopes: scopesLike("maps", 10, long)}
	for _, width := range []int{40, 110} {
		for line := range strings.Lines(printedFindings(findings, width)) {
			if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > width || strings.HasSuffix(line, " ") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}
