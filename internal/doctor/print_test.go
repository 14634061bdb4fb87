package doctor

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// printed prints findings as they look on a terminal of so many columns.
func printed(findings Findings, width int) string {
	var out strings.Builder
	Printer{Out: &out, Width: width}.Print(findings)
	return ansi.Strip(out.String())
}

// scopesOf makes scopes of a family, each of which one says.
func scopesOf(family string, count int, say func(name string) Scope) []Scope {
	var scopes []Scope
	for i := range count {
		scope := say(fmt.Sprintf("https://www.googleapis.com/auth/dataportability.%s.s%d", family, i))
		scope.family = family
		scopes = append(scopes, scope)
	}
	return scopes
}

func TestEqualScopesAreSaidOnce(t *testing.T) {
	until := time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)
	there := func(name string) Scope {
		until = until.Add(time.Minute)
		at := until
		return Scope{Name: name, State: There, From: "login 1 of 2026-11-24", Until: &at, Verified: true}
	}
	missing := func(name string) Scope {
		return Scope{Name: name, State: Missing, Reason: "no source has a token for " + name}
	}
	scopes := append(scopesOf("maps", 10, there), scopesOf("play", 5, there)...)
	scopes = append(scopes, scopesOf("play", 4, missing)...)
	scopes = append(scopes, scopesOf("chrome", 1, missing)...)
	scopes = append(scopes, Scope{Name: "https://www.googleapis.com/auth/userinfo.email", Unrelated: true, State: There, From: "--token"})
	got := printed(Findings{Endpoint: Endpoint{URL: "https://api.example", Reached: true, Protocol: "HTTP/2.0", TLS: "TLS 1.3"}, Scopes: scopes, Exit: 3}, 80)
	want := `endpoint  https://api.example, reached by HTTP/2.0 over TLS 1.3
clock     not compared: the answer has no date
tokens    16 of 21 scopes have one

  15 there: login 1 of 2026-11-24, verified, until 2026-11-25 15:01 UTC
    maps 10, play 5 of 9

  1 there: --token
    userinfo.email (unrelated)

  5 missing: no source has a token for SCOPE
    play 4 of 9, chrome 1

jobs      none given; --job STATE=ID names one

something is missing or wrong
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJobsAreCountedAndWrongOnesNamed(t *testing.T) {
	var jobs []Job
	for i := range 30 {
		jobs = append(jobs, Job{ID: fmt.Sprintf("job-%d", i), Given: "FAILED", State: "FAILED", Agrees: true})
	}
	jobs = append(jobs, Job{ID: "done", Given: "FAILED", State: "COMPLETE"}, Job{ID: "gone", Given: "COMPLETE", Reason: "no such job (404)"})
	got := printed(Findings{Endpoint: Endpoint{URL: "http://127.0.0.1:1", Reason: "http://127.0.0.1:1 cannot be reached: connection refused", Proxy: "http://proxy"}, Jobs: jobs, Exit: 4}, 80)
	for _, want := range []string{
		"endpoint  http://127.0.0.1:1, not reached: connection refused\n", "jobs      30 of 32 are in the state that they were given as\n",
		"  30 FAILED: job-0, job-1, job-2, job-3 and 26 more\n", "  not FAILED: done is COMPLETE\n",
		"  not known: gone, given as COMPLETE: no such job (404)\n", "\nthe endpoint cannot be reached\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

// TestNothingIsWiderThanTheTerminal, however narrow it is, unless a single word
// is.
func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	long := func(name string) Scope {
		return Scope{Name: name, State: Unusable, From: "the command ./mint", Reason: strings.Repeat("some words of a reason ", 20)}
	}
	findings := Findings{Endpoint: Endpoint{URL: "https://api.example", Reached: true, ClockAhead: new(float64), ClockText: "this machine's clock is 1 h ahead of the server's"}, Scopes: scopesOf("maps", 10, long)}
	for _, width := range []int{40, 60, 80, 110} {
		for line := range strings.Lines(printed(findings, width)) {
			if columns := len([]rune(strings.TrimRight(line, "\n"))); columns > width {
				t.Errorf("%d columns of %d: %s", columns, width, line)
			}
		}
	}
	if trailing := regexp.MustCompile(`(?m)[ \x{a0}]$|\x{a0}`).FindString(printed(findings, 80)); trailing != "" {
		t.Error("spaces are left that nobody sees")
	}
}
