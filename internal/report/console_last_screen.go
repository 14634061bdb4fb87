package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/dpconform/dpconform/internal/result"
)

// The last screen has to fit into a terminal of 24 lines, the prompt included.
const (
	listedFailures = 6
	// longestCommand is the number of lines that a command may take there; a
	// longer one stands with its failure.
	longestCommand = 4
	namedFocus     = 3
)

// lastScreen says what failed or was not judged in a few lines, and what to do
// about it.
func (c Console) lastScreen(report Report) {
	failed := brokenGroups(report, result.Fail)
	if report.Exit == result.ExitConforms {
		c.writtenReports(report, false)
		return
	}
	c.failedList(failed)
	c.wanted(report)
	if report.Exit == result.ExitInterrupted {
		c.paragraph("  judged   ", fmt.Sprintf("%d of %s until it was interrupted", judgedChecks(report), counted(len(report.Checks), "check")))
	}
	switch {
	case len(failed) > 0:
		c.afterFailure(failed, "the same command")
	case report.Exit == result.ExitUnreachable:
		c.afterError(report)
	case report.Exit == result.ExitInterrupted:
		c.paragraph("  again    ", "the same command")
	case report.Exit == result.ExitInconclusive:
		c.paragraph("  again    ", "the same command, with what is listed above")
	}
	c.writtenReports(report, true)
}

// failedList names the weightiest requirements that failed, a line each.
func (c Console) failedList(failed []brokenGroup) {
	if len(failed) == 0 {
		return
	}
	c.print("%s\n", bold(counted(len(failed), "requirement")+" failed, the weightiest first"))
	listed := min(len(failed), listedFailures)
	if len(failed) > listedFailures {
		listed-- // The line that counts the rest takes its place.
	}
	for _, group := range failed[:listed] {
		c.print("%s\n", ansi.Truncate(failedLine("  ", group), c.Width, "…"))
	}
	if rest := len(failed) - listed; rest > 0 {
		c.print("  %s\n", faint(fmt.Sprintf("and %d more: --verbose, or a report, has all", rest)))
	}
	c.print("\n")
}

// failedLine says a failed requirement in one line: its first finding.
func failedLine(beginning string, group brokenGroup) string {
	first := group.found[0].finding
	text := fmt.Sprintf("want %s, got %s", first.Want, first.Got)
	if more := len(idsOf(group.found)) - 1; more > 0 {
		text = fmt.Sprintf("%s; and %s", text, counted(more, "more check"))
	}
	id := group.requirement.ID + " (" + string(group.requirement.Level) + ")"
	return beginning + coloured(result.Fail, id) + "  " + inOneLine(text)
}

// inOneLine is a text without what would break a line.
func inOneLine(text string) string { return strings.ReplaceAll(printable(text), "\n", " ") }

// afterFailure says how to understand the first failure, send its request again,
// and judge what failed once more.
func (c Console) afterFailure(failed []brokenGroup, command string) {
	first := failed[0]
	c.print("  explain  dpconform explain %s\n", first.requirement.ID)
	for _, one := range first.found {
		line := "  send it  " + inOneLine(one.finding.Curl)
		if one.finding.Curl != "" && ansi.StringWidth(line) <= longestCommand*c.Width {
			c.print("%s\n", line)
			break
		}
	}
	c.paragraph("  again    ", command+" with "+focusOn(failed))
}

// focusOn is the flags that select what failed: the requirements, or, where they
// are many, their aspects.
func focusOn(failed []brokenGroup) string {
	name := func(group brokenGroup) string { return group.requirement.ID }
	if len(failed) > namedFocus {
		name = func(group brokenGroup) string { return group.requirement.Aspect }
	}
	var flags []string
	for _, group := range failed {
		if flag := "--focus " + name(group); !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	return strings.Join(flags, " ")
}

// afterError says what to look at where the target could not be reached.
func (c Console) afterError(report Report) {
	if report.Target.Source == "network" {
		c.paragraph("  look     ", "dpconform doctor, with the same flags, says what of the target can be reached")
	}
	var flags []string
	for _, group := range unjudgedGroups(report, result.Error) {
		flags = append(flags, "--focus "+group.checks[0])
	}
	again := "the same command"
	if errors := report.Counts.Checks[result.Error]; errors < len(report.Checks) && len(flags) == errors && errors <= namedFocus {
		again += " with " + strings.Join(flags, " ")
	}
	c.paragraph("  again    ", again)
}

// wanted lists what would let more be judged, what helps most first.
func (c Console) wanted(report Report) {
	if report.Exit != result.ExitInconclusive {
		return
	}
	flags, checks := wantedFlags(report)
	if len(flags) == 0 {
		return
	}
	c.print("%s\n", bold("what would let more be judged, the most first"))
	for _, flag := range flags[:min(len(flags), listedFailures)] {
		c.paragraph(fmt.Sprintf("  %3d more  ", checks[flag]), flag)
	}
	if rest := len(flags) - listedFailures; rest > 0 {
		c.print("  %s\n", faint(fmt.Sprintf("and %d more: see above", rest)))
	}
	c.print("\n")
}

// wantedFlags lists the flags that skipped checks lack, that of most checks
// first, with the number of checks.
func wantedFlags(r Report) ([]string, map[string]int) {
	var flags []string
	checks := map[string]int{}
	for _, group := range unjudgedGroups(r, result.Skip) {
		if group.flag == "" {
			continue
		}
		if checks[group.flag] == 0 {
			flags = append(flags, group.flag)
		}
		checks[group.flag] += len(group.checks)
	}
	slices.SortStableFunc(flags, func(a, b string) int { return checks[b] - checks[a] })
	return flags, checks
}

// judgedChecks is the number of checks that were judged.
func judgedChecks(report Report) int {
	return len(report.Checks) - report.Counts.Checks[result.Skip] - report.Counts.Checks[result.Error]
}

// writtenReports says where the reports are, or how to get one.
func (c Console) writtenReports(report Report, suggest bool) {
	var written []string
	for _, file := range c.Written {
		if file.Path != StandardOutput {
			written = append(written, file.Kind+" → "+file.Path)
		}
	}
	switch {
	case len(written) > 0:
		c.paragraph("  report   ", strings.Join(written, ", "))
	case suggest && len(c.Written) == 0:
		c.print("  report   give --report html=report.html for every exchange\n")
	default:
		return
	}
	c.print("\n")
}
