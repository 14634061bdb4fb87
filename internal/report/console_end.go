package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// The last screen has to fit into a terminal of 24 lines, the prompt included.
const (
	listedFailures = 6
	// longestCommand is the number of lines that a command may take there; a
	// longer one is printed with its failure only.
	longestCommand = 4
	namedFocus     = 3
	// mostFlags is the number of flags that run what failed alone; the command as it
	// was is shorter than more of them.
	mostFlags = 5
	// listedCauses is the number of causes that are named again there, and
	// causeLines that of the lines for them and for the fix of the first.
	listedCauses = 3
	causeLines   = 5
)

// lastScreen says what failed or was not tested in a few lines, and what to do
// next.
func (c Console) lastScreen(report result.Report) {
	if report.Exit == result.ExitConforms {
		c.writtenReports(false)
		return
	}
	failed := report.Broken(result.Fail)
	c.lastCauses(report)
	c.failedList(report, failed)
	if report.Exit == result.ExitInconclusive {
		c.missingInputs(report)
	}
	early := report.Exit == result.ExitInterrupted || report.Ended != ""
	if early {
		tested := len(report.Checks) - report.Counts.Checks[result.Skip] - report.Counts.Checks[result.Error]
		c.Paragraph("  tested   ", fmt.Sprintf("%d of %s until then", tested, text.Counted(len(report.Checks), "check")))
	}
	switch {
	case len(failed) > 0:
		c.afterFailure(report, failed)
	case slices.ContainsFunc(report.Unjudged(result.Error), func(group result.Unjudged) bool { return group.Reason == report.Ended }):
		c.afterError(report)
	case report.Ended != "":
		c.Paragraph("  rerun    ", "the same command, with a longer --max-duration, or --focus for a part")
	case early:
		c.Paragraph("  rerun    ", "the same command")
	case report.Exit == result.ExitUnreachable:
		c.afterError(report)
	case report.Client != nil && len(report.Checks) == 0:
		c.Paragraph("  rerun    ", "the same command, and call the printed address with one of the printed jobs and the token")
	case report.Exit == result.ExitInconclusive:
		c.Paragraph("  rerun    ", "the same command, with what is listed above")
	}
	c.writtenReports(true)
}

// lastCauses names the causes again: a single one in two lines, of several each in
// one, and how to fix the first, as far as there is room.
func (c Console) lastCauses(report result.Report) {
	if len(report.Causes) == 0 {
		return
	}
	lines := func(beginning, words string, most int) {
		wrapped := strings.Split(text.Paragraph(beginning, text.Line(words), c.Width), "\n")
		if len(wrapped) > most {
			wrapped = wrapped[:most]
			wrapped[most-1] = ansi.Truncate(wrapped[most-1]+" …", c.Width, "…")
		}
		c.Printf("%s\n", strings.Join(wrapped, "\n"))
	}
	listed := report.Causes[:min(len(report.Causes), listedCauses)]
	for i, cause := range listed {
		lines(Coloured(result.Fail, "CAUSE")+" ", cause.Summary, max(1, 3-len(listed)))
		if i == 0 {
			lines("  fix   ", cause.Fix, causeLines-max(2, len(listed)))
		}
	}
	if rest := len(report.Causes) - len(listed); rest > 0 {
		c.Printf("  %s\n", Faint(fmt.Sprintf("and %s more: see above", text.Counted(rest, "cause"))))
	}
	c.Printf("\n")
}

// failedList names the most severe requirements that failed, a line each.
func (c Console) failedList(report result.Report, failed []result.Broken) {
	if len(failed) == 0 {
		return
	}
	order, total := ", most severe first", len(failed)
	if total == 1 {
		order = ""
	}
	words, most := result.FailedText(failed), listedFailures
	failed = slices.DeleteFunc(slices.Clone(failed), report.Explained)
	if len(report.Causes) > 0 {
		most = listedFailures / 2 // The causes take their place.
	}
	explain := "explained by the cause"
	if len(report.Causes) > 1 {
		explain = "explained by the causes"
	}
	switch explained := total - len(failed); {
	case explained == total:
		c.Printf("%s\n\n", Bold(words+", "+explain))
		return
	case explained > 0:
		words += fmt.Sprintf(", %d %s; the others", explained, explain)
	}
	c.Printf("%s\n", Bold(words+order))
	listed := min(len(failed), most)
	if len(failed) > most {
		listed-- // The line that counts the rest takes its place.
	}
	for _, group := range failed[:listed] {
		line := failedLine("  ", group, 0)
		if over := ansi.StringWidth(line) - c.Width; over > 0 {
			line = failedLine("  ", group, over)
		}
		c.Printf("%s\n", ansi.Truncate(line, c.Width, "…"))
	}
	if rest := len(failed) - listed; rest > 0 {
		c.Printf("  %s\n", Faint(fmt.Sprintf("and %d more: --verbose, or a report, has all", rest)))
	}
	c.Printf("\n")
}

// failedLine says a failed requirement in one line: its first finding, of which
// what was wanted is cut by a number of columns, but not to less than a few.
func failedLine(beginning string, group result.Broken, cut int) string {
	const few = 16
	first := group.Found[0]
	want := first.Want
	if cut > 0 {
		want = text.Cut(want, max(few, len([]rune(want))-cut-1))
	}
	words := fmt.Sprintf("want %s, got %s", want, first.Got)
	if more := len(group.Checks()) - 1; more > 0 {
		words = fmt.Sprintf("%s; and %s", words, text.Counted(more, "more check"))
	}
	id := text.Line(group.Requirement.ID) + levelText(group.Requirement)
	return beginning + Coloured(result.Fail, id) + "  " + text.Line(words)
}

// afterFailure says how to understand the first failure, to send its request
// again, and to test what failed once more.
func (c Console) afterFailure(report result.Report, failed []result.Broken) {
	first := failed[0]
	if len(report.Causes) > 0 {
		about := func(group result.Broken) bool { return group.Requirement.ID == report.Causes[0].Requirements[0] }
		first = failed[max(0, slices.IndexFunc(failed, about))]
	}
	c.Printf("  explain  dpconform explain %s\n", text.Line(first.Requirement.ID))
	if fix := first.Requirement.Fix; fix != "" && len(report.Causes) == 0 {
		if len(failed) <= listedFailures/2 {
			c.Paragraph("  fix      ", fix)
		} else {
			c.Printf("%s\n", ansi.Truncate("  fix      "+text.Line(fix), c.Width, "…"))
		}
	}
	var commands []string
	if len(report.Causes) > 0 {
		commands = append(commands, report.CurlFor(report.Causes[0]))
	}
	for _, one := range first.Found {
		commands = append(commands, one.Curl)
	}
	for _, curl := range commands {
		line := "  resend   " + text.Line(curl)
		if curl != "" && ansi.StringWidth(line) <= longestCommand*c.Width {
			c.Printf("%s\n", line)
			break
		}
	}
	name := func(group result.Broken) string { return group.Requirement.ID }
	if len(failed) > namedFocus {
		name = func(group result.Broken) string { return group.Requirement.Aspect }
	}
	var flags []string
	for _, group := range failed {
		if flag := "--focus " + name(group); !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	if report.Client != nil {
		flags = failedScenarios(report)
	}
	switch {
	case report.Client != nil && report.Most(report.Counts.Checks[result.Fail]), len(flags) > mostFlags:
		c.Paragraph("  rerun    ", "the same command")
	case len(flags) > 0:
		c.Paragraph("  rerun    ", "the same command with "+strings.Join(flags, " "))
	}
}

// failedScenarios are the flags that run the failed scenarios alone.
func failedScenarios(report result.Report) []string {
	var flags []string
	for _, check := range report.Checks {
		flag := "--scenario " + check.ID
		if check.Verdict == result.Fail && check.Call != nil && check.Call.Steps > 0 && !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	return flags
}

// afterError says what to look at where the target could not be reached.
func (c Console) afterError(report result.Report) {
	if report.Target.Source == "network" {
		c.Paragraph("  check    ", "dpconform doctor, with the same flags, shows what can be reached")
	}
	var flags []string
	for _, group := range report.Unjudged(result.Error) {
		flags = append(flags, "--focus "+group.Checks[0])
	}
	again := "the same command"
	if errors := report.Counts.Checks[result.Error]; errors < len(report.Checks) && len(flags) == errors && errors <= namedFocus {
		again += " with " + strings.Join(flags, " ")
	}
	c.Paragraph("  rerun    ", again)
}

// missingInputs lists the inputs that would let more be tested, what helps most
// first.
func (c Console) missingInputs(report result.Report) {
	flags, checks := missingFlags(report)
	if len(flags) == 0 {
		return
	}
	c.Printf("%s\n", Bold("to test more, add (most useful first)"))
	for _, flag := range flags[:min(len(flags), listedFailures)] {
		c.Paragraph(fmt.Sprintf("  %3d more  ", checks[flag]), withFlag(flag))
	}
	if rest := len(flags) - listedFailures; rest > 0 {
		c.Printf("  %s\n", Faint(fmt.Sprintf("and %d more: see above", rest)))
	}
	c.Printf("\n")
}

// withFlag shows to test more, add: a flag, or what else a client
// gives.
func withFlag(flag string) string {
	if strings.HasPrefix(flag, "-") {
		return flag
	}
	return "with " + flag
}

// missingFlags lists the flags that would let skipped checks be tested, that of
// most checks first, with the number of checks.
func missingFlags(report result.Report) ([]string, map[string]int) {
	var flags []string
	checks := map[string]int{}
	for _, group := range report.Unjudged(result.Skip) {
		if group.Flag == "" {
			continue
		}
		if checks[group.Flag] == 0 {
			flags = append(flags, group.Flag)
		}
		checks[group.Flag] += len(group.Checks)
	}
	slices.SortStableFunc(flags, func(a, b string) int { return checks[b] - checks[a] })
	return flags, checks
}

// writtenReports says where the reports are, or how to get one.
func (c Console) writtenReports(suggest bool) {
	var written []string
	for _, file := range c.Written {
		if file.Path != StandardOutput {
			written = append(written, file.Format+" → "+file.Path)
		}
	}
	switch {
	case len(written) > 0:
		c.Paragraph("  report   ", strings.Join(written, ", "))
	case suggest && len(c.Written) == 0:
		c.Printf("  report   give --report html=report.html for every exchange\n")
	default:
		return
	}
	c.Printf("\n")
}

// quietResult prints a line for each requirement that is not kept, for each
// reason why something was not tested, and for the conclusion; of a target that
// conforms the last one alone.
func (c Console) quietResult(report result.Report) {
	for _, cause := range report.Causes {
		c.Printf("%s %s; fix: %s\n", Coloured(result.Fail, "CAUSE"), text.Line(cause.Summary), text.Line(cause.Fix))
	}
	for _, group := range report.Broken(result.Fail) {
		c.Printf("%s\n", failedLine(Coloured(result.Fail, "FAIL")+" ", group, 0))
	}
	for _, known := range report.Known(result.KnownPassed) {
		c.Printf("%s %s: remove the entry at %s\n", Coloured(result.UnexpectedPass, "UNEXPECTED-PASS"), text.Line(known.Entry), text.Line(known.Name))
	}
	for _, group := range report.Unjudged(result.Error) {
		c.Printf("%s %s: %s\n", Coloured(result.Error, "ERROR"), text.Line(result.ChecksText(group.Checks)), text.Line(group.Reason))
	}
	if report.Exit == result.ExitInconclusive {
		flags, checks := missingFlags(report)
		for _, flag := range flags {
			c.Printf("%s %s: give %s\n", Coloured(result.Skip, "SKIP"), text.Counted(checks[flag], "check"), text.Line(flag))
		}
	}
	c.Printf("%s: %s: %s; %s, exit %d\n", Coloured(html.VerdictOf(report.Exit), Bold(text.Line(report.Conclusion))), text.Line(targetLines(report)[0]),
		countsText(report.Counts.Checks), tookText(report), report.Exit)
}
