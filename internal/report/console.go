package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/suites"
)

// Console prints a report for a person. Colours are written as escape
// sequences; the writer behind it takes them out where nobody sees them.
type Console struct {
	Out io.Writer
	// Width is the number of columns; text is wrapped to it.
	Width int
	// Quiet prints what failed, a line each, and the conclusion alone. Verbose
	// prints every failure in full, where otherwise the weightiest are.
	Quiet, Verbose bool
	// Written are the reports that were written, to be named at the end.
	Written []File
}

// shownFindings is the number of findings of one requirement that are printed,
// and shownRequirements that of requirements with one verdict; the rest is
// counted.
const (
	shownFindings     = 3
	shownRequirements = 10
)

// Header says what is about to be judged, by what, and where answers come from.
func (c Console) Header(run Run) {
	if c.Quiet {
		return
	}
	c.print("%s judges %s\n\n", bold("dpconform "+run.Version), bold(run.Contract.Retry.ID))
	if run.Provenance != "" {
		c.field("target", "cassettes of "+run.Target.Endpoint())
		c.field("", run.Provenance)
	} else {
		c.field("target", run.Target.Endpoint())
	}
	c.field("description", fmt.Sprintf("%s, revision %s, %d scopes, %d requirements", run.Contract.File, run.Contract.Revision,
		len(run.Contract.Scopes), len(run.Contract.Requirements)))
	c.field("", shortDigest(run.Contract.Digest))
	c.print("\n")
}

// Result prints the aspects, what is not kept, what was skipped, and at the end
// one screen that is enough by itself: what failed, the weightiest first, what to
// do next, the verdict.
func (c Console) Result(report Report) {
	if c.Quiet {
		c.quietResult(report)
		return
	}
	c.aspects(report)
	c.expectedFailures(report)
	for _, verdict := range []result.Verdict{result.Warn, result.Error, result.Skip, result.Fail} {
		switch verdict {
		case result.Skip, result.Error:
			c.unjudged(report, verdict)
		default:
			c.broken(report, verdict)
		}
	}
	c.unexpectedPasses(report)
	c.lastScreen(report)
	c.summary(report)
}

func (c Console) aspects(report Report) {
	for _, aspect := range suites.Aspects() {
		counts := map[result.Verdict]int{}
		for _, check := range report.Checks {
			if check.Aspect == aspect {
				counts[check.Verdict]++
			}
		}
		if len(counts) > 0 {
			c.print("  %-14s %s\n", aspect, countsText(counts))
		}
	}
	c.print("\n")
}

// verdictOrder is the order in which counts are shown.
var verdictOrder = []result.Verdict{result.Pass, result.Fail, result.UnexpectedPass, result.Warn, result.ExpectedFail,
	result.Skip, result.Error}

func countsText(counts map[result.Verdict]int) string {
	var parts []string
	for _, verdict := range verdictOrder {
		if counts[verdict] > 0 {
			parts = append(parts, coloured(verdict, fmt.Sprintf("%d %s", counts[verdict], verdict)))
		}
	}
	return strings.Join(parts, ", ")
}

// unjudged prints the checks that were not judged, those with the same reason
// together, the largest group first.
func (c Console) unjudged(report Report, verdict result.Verdict) {
	groups := unjudgedGroups(report, verdict)
	for _, group := range groups {
		c.headline(verdict, checksText(group.checks))
		c.paragraph("  ", group.reason)
		if group.flag != "" {
			c.paragraph("  give  ", group.flag)
		}
	}
	if len(groups) > 0 {
		c.print("\n")
	}
}

// checksText names checks, the first few of many.
func checksText(ids []string) string {
	const few = 4
	if len(ids) <= few {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more checks", strings.Join(ids[:few-1], ", "), len(ids)-few+1)
}

func (c Console) summary(report Report) {
	total := 0
	for _, count := range report.Counts.Checks {
		total += count
	}
	if text := repeatsText(report.Exchanges); text != "" {
		c.print("%s\n\n", c.wrapped(text, 0))
	}
	took := time.Duration(report.Milliseconds) * time.Millisecond
	for line := range strings.SplitSeq(c.wrapped(report.Conclusion, 0), "\n") {
		c.print("%s\n", coloured(overall(report.Exit), bold(line)))
	}
	// What is looked for stays in one line.
	const space = "\u00a0"
	counts := fmt.Sprintf("%s of %s: %s; %.2f s, exit%s%d", counted(total, "check"),
		counted(len(report.Requirements), "requirement"), countsText(report.Counts.Checks), took.Seconds(), space, report.Exit)
	c.print("%s\n", strings.ReplaceAll(c.wrapped(counts, 0), space, " "))
}

// repeatsText says how often requests were sent again, and after what; empty
// where none was.
func repeatsText(exchanges []Exchange) string {
	total, after := 0, map[string]int{}
	for _, exchange := range exchanges {
		for _, attempt := range exchange.Earlier {
			total++
			after[attemptOutcome(attempt)]++
		}
	}
	if total == 0 {
		return ""
	}
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(after)) {
		parts = append(parts, fmt.Sprintf("%d after %s", after[outcome], outcome))
	}
	return fmt.Sprintf("%s sent again: %s", counted(total, "request"), strings.Join(parts, ", "))
}

// outcome is the status of an attempt, or its fault.
func attemptOutcome(a Attempt) string {
	if a.Fault != nil {
		return a.Fault.Kind
	}
	return strconv.Itoa(a.Response.Status)
}

func counted(count int, thing string) string {
	if count == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", count, thing)
}

func overall(exit int) result.Verdict {
	switch exit {
	case result.ExitConforms:
		return result.Pass
	case result.ExitInconclusive:
		return result.Skip
	case result.ExitUnreachable, result.ExitInterrupted:
		return result.Error
	}
	return result.Fail
}

// headline prints a verdict and wraps what it is about behind it.
func (c Console) headline(verdict result.Verdict, text string) {
	word := strings.ToUpper(string(verdict))
	wrapped := c.wrapped(text, len(word)+1)
	c.print("%s %s\n", coloured(verdict, word), strings.ReplaceAll(wrapped, "\n", "\n"+strings.Repeat(" ", len(word)+1)))
}

// shortDigest is the beginning of a digest, enough to tell two apart. The whole
// one is in the JSON report and in `dpconform version`.
func shortDigest(digest string) string {
	const shown = len("sha256:") + 24
	return digest[:min(len(digest), shown)]
}

func (c Console) field(name, text string) { c.paragraph(fmt.Sprintf("  %-12s ", name), text) }

// paragraph wraps text behind a first line's beginning and indents the lines
// after it alike.
func (c Console) paragraph(beginning, text string) {
	indent := len(beginning)
	c.print("%s%s\n", beginning, strings.ReplaceAll(c.wrapped(printable(text), indent), "\n", "\n"+strings.Repeat(" ", indent)))
}

// wrapped breaks text between words, not at the hyphens inside an id.
func (c Console) wrapped(text string, indent int) string {
	const unbreakable = "\u2011"
	whole := ansi.Wordwrap(strings.ReplaceAll(text, "-", unbreakable), max(20, c.Width-indent), "")
	return strings.ReplaceAll(whole, unbreakable, "-")
}

// printable shows control characters instead of obeying them: what a server
// answers must not move the cursor of who reads it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

func (c Console) print(format string, arguments ...any) { fmt.Fprintf(c.Out, format, arguments...) }

var verdictColours = map[result.Verdict]lipgloss.Style{
	result.Pass:  lipgloss.NewStyle().Foreground(lipgloss.Green),
	result.Fail:  lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	result.Warn:  lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	result.Skip:  lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	result.Error: lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true),

	result.ExpectedFail:   lipgloss.NewStyle().Foreground(lipgloss.Blue),
	result.UnexpectedPass: lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

func coloured(verdict result.Verdict, text string) string {
	return verdictColours[verdict].Render(text)
}
func bold(text string) string  { return lipgloss.NewStyle().Bold(true).Render(text) }
func faint(text string) string { return lipgloss.NewStyle().Faint(true).Render(text) }
