package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// failedScreen shows as much of what failed as fits: in any case the first cause
// with its fix, the most severe requirement that no cause explains, and the commands
// that follow; then the request to send again, and more of the rest. Causes that do
// not lead the report stand behind that list.
func (c Console) failedScreen(report result.Report, failed []result.Broken) {
	left := screenRows
	leading, _ := report.LeadingCauses()
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
	first := firstToExplain(leading, failed)
	after := take(c.rendered(func(c Console) {
		c.tested(report)
		c.Printf("%s", c.skippedRow(report))
		c.rerun(report, failed)
		c.writtenReports(true)
		c.summary(report)
	}))
	target, causes := take(c.targetRow(report)), take(c.firstCause(leading))
	left -= 2 // For the empty rows behind the causes and the list.
	words, listed := failedHeadline(report, failed)
	rows := take(Bold(strings.Join(text.Wrap(words, c.Width), "\n")) + "\n")
	if len(listed) > 0 {
		rows += take(c.failedRow(listed[0]))
	}
	if len(listed) > 1 {
		left-- // For the row that counts the rest.
	}
	behind := len(leading) == 0 && len(report.Causes) > 0
	if behind {
		left-- // For the first of them.
	}
	next := take("  explain  " + cmp.Or(c.Program, "dpconform") + " explain " + text.Line(first.Requirement.ID) + "\n")
	if fix := first.Requirement.Fix; fix != "" && len(leading) == 0 {
		next += take(c.clamped("  fix      ", fix, 4))
	}
	for _, curl := range resent(report, leading, first) {
		if line := fitting("  resend   " + text.Line(curl) + "\n"); line != "" {
			next += line
			break
		}
	}
	if len(leading) > 0 {
		causes += c.otherCauses(report, 1, fitting)
	}
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
		rows += "  " + Faint(fmt.Sprintf("and %d more (--verbose or a report lists them all)", rest)) + "\n"
	}
	if len(leading) > 0 {
		rows = causes + "\n" + rows
	} else if behind {
		left++
		rows += c.otherCauses(report, 0, fitting)
	}
	c.Printf("%s", target+rows+"\n"+next+after)
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
		wrapped[most-1] = cutAtWord(wrapped[most-1], c.Width, true)
	}
	return strings.Join(wrapped, "\n") + "\n"
}

// cutAtWord shortens a line to a number of columns, behind a word if there is one, and
// marks the cut; with more, something follows that is not shown.
func cutAtWord(line string, columns int, more bool) string {
	if !more && ansi.StringWidth(line) <= columns {
		return line
	}
	const mark = 2 // Columns, with its space.
	cut := ansi.Truncate(line+" ", columns-mark+1, "")
	if behind := strings.LastIndexByte(cut, ' '); behind > len(cut)/2 {
		cut = strings.TrimRight(cut[:behind], " ,;:")
	}
	return ansi.Truncate(cut, columns-mark, "") + " …"
}

// targetRow names what was tested in one row.
func (c Console) targetRow(report result.Report) string {
	return c.clamped("target ", targetLines(report)[0], 1)
}

// firstCause is the first cause with its fix; empty for none.
func (c Console) firstCause(causes []result.Cause) string {
	if len(causes) == 0 {
		return ""
	}
	return c.clamped(Coloured(result.Fail, "CAUSE")+" ", causes[0].Summary, 2) + c.clamped("  fix   ", causes[0].Fix, 4)
}

// otherCauses names as many of the other causes as fit, a row each; their fixes stand
// above.
func (c Console) otherCauses(report result.Report, shown int, fitting func(string) string) string {
	const above = " (fix: above)"
	rows := ""
	for ; shown < min(len(report.Causes), listedCauses); shown++ {
		row := Coloured(result.Fail, "CAUSE") + " " + text.Line(report.Causes[shown].Summary)
		row = fitting(cutAtWord(row, c.Width-len(above), false) + Faint(above) + "\n")
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

// failedHeadline counts what failed, and gives what no cause explains, each with the
// findings that none explains.
func failedHeadline(report result.Report, failed []result.Broken) (words string, others []result.Broken) {
	partly := 0
	for _, group := range failed {
		switch open := group.Unexplained(); {
		case len(open.Found) == 0:
			continue
		case len(open.Found) < len(group.Found):
			partly++
			fallthrough
		default:
			others = append(others, group)
		}
	}
	words = result.FailedText(failed)
	explain := "the cause explains"
	if len(report.Causes) > 1 {
		explain = fmt.Sprintf("the %d causes explain", len(report.Causes))
	}
	also := ""
	if partly > 0 {
		also = fmt.Sprintf(" (%d explained in part)", partly)
	}
	most := ", most severe first"
	if len(others) == 1 {
		most = ":"
	}
	switch explained := len(failed) - len(others); {
	case len(others) == 0:
		return words + "; " + explain + " all", nil
	case explained > 0:
		return fmt.Sprintf("%s; %s %d in full; the other %d%s%s", words, explain, explained, len(others), also, most), others
	case len(failed) > 1:
		return words + also + most, others
	}
	return words + also, others
}

// failedWords says what was found first of a requirement. What was wanted is cut by
// a number of columns, but not to less than a few.
func failedWords(group result.Broken, cut int) string {
	const few = 16
	open := group.Unexplained()
	if len(open.Found) == 0 {
		open = group
	}
	first := open.Found[0]
	want := first.Want
	if cut > 0 {
		want = cutAtWord(want, max(few, ansi.StringWidth(want)-cut), false)
	}
	id := text.Line(group.Requirement.ID) + levelText(group.Requirement)
	words := fmt.Sprintf("want %s, got %s", want, first.Got)
	if some, all := len(open.Checks()), len(group.Checks()); some < all {
		words = fmt.Sprintf("%d of its %d checks: %s", some, all, words)
	}
	return Coloured(result.Fail, id) + "  " + text.Line(words)
}

// moreChecks counts the checks of a requirement behind the first; empty for one, and
// where the words have the number.
func moreChecks(group result.Broken) string {
	if more := len(group.Checks()) - 1; more > 0 && (len(group.Unexplained().Found) == len(group.Found) || group.Explained()) {
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
		lines = []string{lines[0], cutAtWord(lines[1], c.Width-indent, true)}
	}
	return "  " + strings.Join(lines, "\n    ") + "\n"
}

// firstToExplain is the requirement to read about first: that of the first of the
// causes that lead the report, or the most severe.
func firstToExplain(leading []result.Cause, failed []result.Broken) result.Broken {
	for _, cause := range leading[:min(1, len(leading))] {
		for _, group := range failed {
			if slices.Index(cause.Requirements, group.Requirement.ID) == 0 {
				return group
			}
		}
	}
	return failed[0]
}

// resent lists the requests to send again, the best first.
func resent(report result.Report, leading []result.Cause, first result.Broken) []string {
	var commands []string
	if len(leading) > 0 {
		commands = append(commands, report.CurlFor(leading[0]))
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
	case report.ByHand():
		c.Paragraph("  rerun    ", "start dpconform again with the same flags, and make the failed calls again")
	case report.Client != nil && len(flags) > mostFlags && len(report.Causes) > 0:
		c.Paragraph("  rerun    ", "the same command, with "+flags[0]+" until that passes")
	case report.Client != nil && report.Most(report.Counts.Checks[result.Fail]), len(flags) > mostFlags:
		c.Paragraph("  rerun    ", "the same command"+newJobs(report))
	case len(flags) > 0:
		const space = "\u00a0" // So that a flag and its value stay in one line.
		words := "the same command with"
		for _, flag := range flags {
			words += " " + strings.ReplaceAll(flag, " ", space)
		}
		ofJob := func(number int) bool {
			return slices.Contains(report.AcceptedStates(), report.Exchanges[number-1].JobState)
		}
		if slices.ContainsFunc(failed, func(group result.Broken) bool {
			return slices.ContainsFunc(group.Found, func(one result.Found) bool { return slices.ContainsFunc(one.Check.Exchanges, ofJob) })
		}) {
			words += newJobs(report)
		}
		c.Printf("%s\n", strings.ReplaceAll(text.Paragraph("  rerun    ", words, c.Width), space, " "))
	}
}

// newJobs says that another run needs other jobs, where this one has used up given ones, or
// they were not in the right state; empty where they will do.
func newJobs(report result.Report) string {
	accepted := text.List(report.AcceptedStates(), "or")
	switch used, known := report.UsedUp(); {
	case known:
		return fmt.Sprintf("; it needs new %s jobs, since this run used up %d", accepted, len(used))
	case len(used) > 0:
		return fmt.Sprintf("; it needs new %s jobs if the server accepts each only once: this run used up %d", accepted, len(used))
	case slices.ContainsFunc(report.Causes, func(cause result.Cause) bool { return cause.ID == result.JobsChanged }):
		return "; it needs jobs that are " + accepted
	}
	return ""
}

// failedScenarios are the flags that run the failed scenarios alone, where each is run by
// a command of its own.
func failedScenarios(report result.Report) []string {
	var flags []string
	for _, check := range report.Checks {
		flag := "--scenario " + check.ID
		if check.Verdict == result.Fail && check.Call != nil && check.Call.Command != nil && check.Call.Steps > 0 && !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	return flags
}
