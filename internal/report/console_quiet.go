package report

import (
	"fmt"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// quietResult prints a line for each requirement that is not kept, for each
// reason why something was not judged, and for the conclusion; of a server that
// conforms the last one alone.
func (c Console) quietResult(report Report) {
	for _, group := range brokenGroups(report, result.Fail) {
		c.print("%s\n", failedLine(coloured(result.Fail, "FAIL")+" ", group))
	}
	for _, known := range report.KnownFailures {
		if known.State == result.KnownPassed {
			c.print("%s %s: remove the entry at %s\n", coloured(result.UnexpectedPass, "UNEXPECTED-PASS"), known.Entry, known.Name)
		}
	}
	for _, group := range unjudgedGroups(report, result.Error) {
		c.print("%s %s: %s\n", coloured(result.Error, "ERROR"), checksText(group.checks), inOneLine(group.reason))
	}
	if report.Exit == result.ExitInconclusive {
		flags, checks := wantedFlags(report)
		for _, flag := range flags {
			c.print("%s %s for want of %s\n", coloured(result.Skip, "SKIP"), counted(checks[flag], "check"), flag)
		}
	}
	took := time.Duration(report.Milliseconds) * time.Millisecond
	c.print("%s: %s: %s; %.2f s, exit %d\n", coloured(overall(report.Exit), bold(report.Conclusion)), whatWasJudged(report),
		countsText(report.Counts.Checks), took.Seconds(), report.Exit)
}

// whatWasJudged says whose answers they were.
func whatWasJudged(report Report) string {
	if report.Target.Provenance != "" {
		return fmt.Sprintf("cassettes of %s", report.Target.Endpoint)
	}
	return report.Target.Endpoint
}
