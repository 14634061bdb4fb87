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

	"github.com/dpconform/dpconform/suites"
)

// Console prints a report for a person. Colours are written as escape
// sequences; the writer behind it takes them out where nobody sees them.
type Console struct {
	Out io.Writer
	// Width is the number of columns; text is wrapped to it.
	Width int
}

// shownFindings is the number of findings of one requirement that are printed;
// the rest is counted.
const shownFindings = 3

// Header says what is about to be judged, by what, and where answers come from.
func (c Console) Header(run Run) {
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

// Result prints the aspects, every break of a requirement, what was skipped,
// and one last line with the verdict.
func (c Console) Result(report Report) {
	c.aspects(report)
	c.expectedFailures(report)
	for _, verdict := range []suites.Verdict{suites.Warn, suites.Error, suites.Skip, suites.Fail} {
		switch verdict {
		case suites.Skip, suites.Error:
			c.unjudged(report, verdict)
		default:
			c.broken(report, verdict)
		}
	}
	c.unexpectedPasses(report)
	c.summary(report)
}

func (c Console) aspects(report Report) {
	for _, aspect := range suites.Aspects() {
		counts := map[suites.Verdict]int{}
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
var verdictOrder = []suites.Verdict{suites.Pass, suites.Fail, suites.UnexpectedPass, suites.Warn, suites.ExpectedFail,
	suites.Skip, suites.Error}

func countsText(counts map[suites.Verdict]int) string {
	var parts []string
	for _, verdict := range verdictOrder {
		if counts[verdict] > 0 {
			parts = append(parts, coloured(verdict, fmt.Sprintf("%d %s", counts[verdict], verdict)))
		}
	}
	return strings.Join(parts, ", ")
}

// shownFinding is a finding with the check that made it.
type shownFinding struct {
	check   Check
	finding Finding
}

// broken prints each requirement with a verdict once, with its first findings.
func (c Console) broken(report Report, verdict suites.Verdict) {
	for _, requirement := range report.Requirements {
		var found []shownFinding
		for _, check := range report.Checks {
			for _, finding := range check.Findings {
				if finding.Requirement == requirement.ID && finding.Verdict == verdict {
					found = append(found, shownFinding{check, finding})
				}
			}
		}
		if len(found) > 0 {
			c.brokenRequirement(requirement, verdict, found)
		}
	}
}

func (c Console) brokenRequirement(requirement Requirement, verdict suites.Verdict, found []shownFinding) {
	c.print("%s %s %s\n", coloured(verdict, strings.ToUpper(string(verdict))), bold(requirement.ID), faint("("+string(requirement.Level)+")"))
	c.paragraph("  ", requirement.Statement)
	if requirement.Quote != "" {
		c.paragraph("  ", `"`+requirement.Quote+`"`)
	}
	c.print("  %s\n", faint(requirement.Source))
	for _, one := range found[:min(len(found), shownFindings)] {
		c.print("\n  %s\n", one.check.ID)
		c.paragraph("    want  ", one.finding.Want)
		c.paragraph("    got   ", one.finding.Got+times(one.finding.Count))
		if one.finding.Curl != "" {
			c.print("    %s\n", faint(printable(one.finding.Curl)))
		}
	}
	if rest := found[min(len(found), shownFindings):]; len(rest) > 0 {
		names := make([]string, len(rest))
		for i, one := range rest {
			names[i] = one.check.ID
		}
		c.print("\n")
		c.paragraph("  ", fmt.Sprintf("and %d more: %s", len(rest), strings.Join(slices.Compact(names), ", ")))
	}
	c.print("\n")
}

// unjudged prints the checks that were not judged, those with the same reason
// together.
func (c Console) unjudged(report Report, verdict suites.Verdict) {
	type group struct{ reason, flag string }
	var order []group
	checks := map[group][]string{}
	for _, check := range report.Checks {
		if check.Verdict != verdict {
			continue
		}
		key := group{check.Reason, check.Flag}
		if len(checks[key]) == 0 {
			order = append(order, key)
		}
		checks[key] = append(checks[key], check.ID)
	}
	for _, key := range order {
		ids := checks[key]
		c.headline(verdict, checksText(ids))
		c.paragraph("  ", key.reason)
		if key.flag != "" {
			c.paragraph("  give  ", key.flag)
		}
	}
	if len(order) > 0 {
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
	c.print("%s\n", c.wrapped(fmt.Sprintf("%s of %s: %s; %.2f s, exit %d", counted(total, "check"),
		counted(len(report.Requirements), "requirement"), countsText(report.Counts.Checks), took.Seconds(), report.Exit), 0))
}

// repeatsText says how often requests were sent again, and after what; empty
// where none was.
func repeatsText(exchanges []Exchange) string {
	total, after := 0, map[string]int{}
	for _, exchange := range exchanges {
		for _, attempt := range exchange.Earlier {
			total++
			after[attempt.outcome()]++
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
func (a Attempt) outcome() string {
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

func overall(exit int) suites.Verdict {
	switch exit {
	case suites.ExitConforms:
		return suites.Pass
	case suites.ExitInconclusive:
		return suites.Skip
	case suites.ExitUnreachable, suites.ExitInterrupted:
		return suites.Error
	}
	return suites.Fail
}

// headline prints a verdict and wraps what it is about behind it.
func (c Console) headline(verdict suites.Verdict, text string) {
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

var verdictColours = map[suites.Verdict]lipgloss.Style{
	suites.Pass:  lipgloss.NewStyle().Foreground(lipgloss.Green),
	suites.Fail:  lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	suites.Warn:  lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	suites.Skip:  lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	suites.Error: lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true),

	suites.ExpectedFail:   lipgloss.NewStyle().Foreground(lipgloss.Blue),
	suites.UnexpectedPass: lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

func coloured(verdict suites.Verdict, text string) string {
	return verdictColours[verdict].Render(text)
}
func bold(text string) string  { return lipgloss.NewStyle().Bold(true).Render(text) }
func faint(text string) string { return lipgloss.NewStyle().Faint(true).Render(text) }
