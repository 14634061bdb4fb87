package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	// screenRows is the number of rows of the last screen: it has to fit into a
	// terminal of 24, above the prompt.
	screenRows     = 23
	listedFailures = 6
	listedCauses   = 3
	// mostFlags is the number of flags that run what failed alone: beyond it, the
	// aspects are named, or the command as it was, which is shorter.
	mostFlags = 3
)

// lastScreen says what was tested, what failed or was not tested in a few lines,
// what to do next, and the verdict.
func (c Console) lastScreen(report result.Report) {
	failed := report.Broken(result.Fail)
	switch {
	case report.Exit == result.ExitConforms:
		c.writtenReports(false)
		c.summary(report)
		return
	case len(failed) > 0:
		c.failedScreen(report, failed)
		return
	}
	c.Printf("%s", c.targetRow(report))
	if report.Exit == result.ExitInconclusive {
		c.missingInputs(report)
	}
	c.tested(report)
	early := report.Exit == result.ExitInterrupted || report.Ended != ""
	switch {
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
	c.summary(report)
}

// failedScreen shows as much of what failed as fits: in any case the first cause
// with its fix, the most severe requirement that no cause explains, and the commands
// that follow; then the request to send again, and more of the rest.
func (c Console) failedScreen(report result.Report, failed []result.Broken) {
	left := screenRows
	if len(failed) > 1 {
		// What has no other consequence is listed like any failure.
		report.Causes = slices.DeleteFunc(slices.Clone(report.Causes), func(cause result.Cause) bool { return len(cause.Checks) == 1 })
	}
	take := func(words string) string {
		left -= c.rows(words)
		return words
	}
	fitting := func(words string) string {
		if c.rows(words) > left {
			return ""
		}
		return take(words)
	}
	first := firstToExplain(report, failed)
	after := take(c.rendered(func(c Console) {
		c.tested(report)
		c.rerun(report, failed)
		c.writtenReports(true)
		c.summary(report)
	}))
	top := take(c.targetRow(report)) + take(c.firstCause(report))
	left -= 2 // For the empty rows behind the causes and the list.
	words, listed := failedHeadline(report, failed)
	rows := take(Bold(strings.Join(text.Wrap(words, c.Width), "\n")) + "\n")
	if len(listed) > 0 {
		rows += take(c.failedRow(listed[0]))
	}
	if len(listed) > 1 {
		left-- // For the row that counts the rest.
	}
	next := take("  explain  " + cmp.Or(c.Program, "dpconform") + " explain " + text.Line(first.Requirement.ID) + "\n")
	if fix := first.Requirement.Fix; fix != "" && len(report.Causes) == 0 {
		next += take(c.clamped("  fix      ", fix, 4))
	}
	for _, curl := range resent(report, first) {
		if line := fitting("  resend   " + text.Line(curl) + "\n"); line != "" {
			next += line
			break
		}
	}
	top += c.otherCauses(report, fitting)
	shown := min(len(listed), 1)
	for shown < min(len(listed), listedFailures) {
		row := fitting(c.failedRow(listed[shown]))
		if row == "" {
			break
		}
		rows += row
		shown++
	}
	if rest := len(listed) - shown; rest > 0 {
		rows += "  " + Faint(fmt.Sprintf("and %d more: --verbose, or a report, has all", rest)) + "\n"
	}
	if len(report.Causes) > 0 {
		top += "\n"
	}
	c.Printf("%s", top+rows+"\n"+next+after)
}

// rendered is what a function prints.
func (c Console) rendered(print func(Console)) string {
	var out strings.Builder
	c.Out = &out
	print(c)
	return out.String()
}

// rows is the number of rows of a terminal that a text takes.
func (c Console) rows(words string) int {
	rows := 0
	for line := range strings.Lines(words) {
		rows += max(1, (ansi.StringWidth(strings.TrimSuffix(line, "\n"))+c.Width-1)/c.Width)
	}
	return rows
}

// clamped is a paragraph of at most some lines.
func (c Console) clamped(beginning, words string, most int) string {
	wrapped := strings.Split(text.Paragraph(beginning, text.Line(words), c.Width), "\n")
	if len(wrapped) > most {
		wrapped = wrapped[:most]
		wrapped[most-1] = ansi.Truncate(wrapped[most-1]+" …", c.Width, "…")
	}
	return strings.Join(wrapped, "\n") + "\n"
}

// targetRow names what was tested in one row.
func (c Console) targetRow(report result.Report) string {
	return c.clamped("target ", targetLines(report)[0], 1)
}

// tested says how much was tested before the run ended early.
func (c Console) tested(report result.Report) {
	if report.Exit == result.ExitInterrupted || report.Ended != "" {
		tested := len(report.Checks) - report.Counts.Checks[result.Skip] - report.Counts.Checks[result.Error]
		c.Paragraph("  tested   ", fmt.Sprintf("%d of %s until then", tested, text.Counted(len(report.Checks), "check")))
	}
}

// firstCause is the first cause with its fix; empty for none.
func (c Console) firstCause(report result.Report) string {
	if len(report.Causes) == 0 {
		return ""
	}
	cause := report.Causes[0]
	return c.clamped(Coloured(result.Fail, "CAUSE")+" ", cause.Summary, 2) + c.clamped("  fix   ", cause.Fix, 4)
}

// otherCauses names as many of the other causes as fit, a row each; their fixes stand
// above.
func (c Console) otherCauses(report result.Report, fitting func(string) string) string {
	const above = " (fix: above)"
	rows, shown := "", 1
	for ; shown < min(len(report.Causes), listedCauses); shown++ {
		row := Coloured(result.Fail, "CAUSE") + " " + text.Line(report.Causes[shown].Summary)
		row = fitting(ansi.Truncate(row, c.Width-len(above), "…") + Faint(above) + "\n")
		if row == "" {
			break
		}
		rows += row
	}
	if rest := len(report.Causes) - shown; rest > 0 {
		rows += fitting("  " + Faint(fmt.Sprintf("and %s: see above", text.Counted(rest, "more cause"))) + "\n")
	}
	return rows
}

// failedHeadline counts what failed, and gives what no cause explains.
func failedHeadline(report result.Report, failed []result.Broken) (words string, others []result.Broken) {
	words, others = result.FailedText(failed), slices.DeleteFunc(slices.Clone(failed), report.Explained)
	explain := "the cause explains"
	if len(report.Causes) > 1 {
		explain = "the causes explain"
	}
	switch explained := len(failed) - len(others); {
	case len(others) == 0:
		return words + "; " + explain + " all", nil
	case explained > 0 && len(others) == 1:
		return fmt.Sprintf("%s; %s %d; the other one:", words, explain, explained), others
	case explained > 0:
		return fmt.Sprintf("%s; %s %d; the other %d, most severe first", words, explain, explained, len(others)), others
	case len(failed) > 1:
		words += ", most severe first"
	}
	return words, others
}

// failedWords says what was found first of a requirement. What was wanted is cut by
// a number of columns, but not to less than a few.
func failedWords(group result.Broken, cut int) string {
	const few = 16
	first := group.Found[0]
	want := first.Want
	if cut > 0 {
		want = text.Cut(want, max(few, len([]rune(want))-cut-1))
	}
	id := text.Line(group.Requirement.ID) + levelText(group.Requirement)
	words := fmt.Sprintf("want %s, got %s", want, first.Got)
	if group.Requirement.Condition() {
		words = first.Got // It is a sentence: no request arrived.
	}
	return Coloured(result.Fail, id) + "  " + text.Line(words)
}

// moreChecks counts the checks of a requirement behind the first; empty for one.
func moreChecks(group result.Broken) string {
	if more := len(group.Checks()) - 1; more > 0 {
		return "; and " + text.Counted(more, "more check")
	}
	return ""
}

// failedRow says a failed requirement in one row, or in two if one cannot show what
// was found.
func (c Console) failedRow(group result.Broken) string {
	words := failedWords(group, 0)
	over := func(words string, rows int) int { return 2 + ansi.StringWidth(words) - rows*c.Width }
	switch {
	case over(words+moreChecks(group), 1) <= 0:
		return "  " + words + moreChecks(group) + "\n"
	case over(words, 1) <= 0:
		return "  " + words + "\n"
	}
	const indent = 4
	lines := text.Wrap(words, c.Width-indent)
	for cut := 1; len(lines) > 2 && cut < len(group.Found[0].Want); cut++ {
		lines = text.Wrap(failedWords(group, cut), c.Width-indent)
	}
	if len(lines) > 2 {
		lines = []string{lines[0], ansi.Truncate(lines[1]+" …", c.Width-indent, "…")}
	}
	return "  " + strings.Join(lines, "\n    ") + "\n"
}

// firstToExplain is the requirement to read about first: that of the first cause, or
// the most severe.
func firstToExplain(report result.Report, failed []result.Broken) result.Broken {
	if len(report.Causes) == 0 {
		return failed[0]
	}
	about := func(group result.Broken) bool { return group.Requirement.ID == report.Causes[0].Requirements[0] }
	return failed[max(0, slices.IndexFunc(failed, about))]
}

// resent lists the requests to send again, the best first.
func resent(report result.Report, first result.Broken) []string {
	var commands []string
	if len(report.Causes) > 0 {
		commands = append(commands, report.CurlFor(report.Causes[0]))
	}
	for _, one := range first.Found {
		commands = append(commands, one.Curl)
	}
	return slices.DeleteFunc(commands, func(command string) bool { return command == "" })
}

// rerun says how to test what failed once more.
func (c Console) rerun(report result.Report, failed []result.Broken) {
	name := func(group result.Broken) string { return group.Requirement.ID }
	if len(failed) > mostFlags {
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
		const space = "\u00a0" // So that a flag and its value stay in one line.
		words := "the same command with"
		for _, flag := range flags {
			words += " " + strings.ReplaceAll(flag, " ", space)
		}
		c.Printf("%s\n", strings.ReplaceAll(text.Paragraph("  rerun    ", words, c.Width), space, " "))
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
		c.Paragraph("  check    ", cmp.Or(c.Program, "dpconform")+" doctor, with the same flags, shows what can be reached")
	}
	var flags []string
	for _, group := range report.Unjudged(result.Error) {
		flags = append(flags, "--focus "+group.Checks[0])
	}
	again := "the same command"
	if errors := report.Counts.Checks[result.Error]; errors < len(report.Checks) && len(flags) == errors && errors <= mostFlags {
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
		c.Printf("%s\n", Coloured(result.Fail, "FAIL")+" "+failedWords(group, 0)+moreChecks(group))
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
