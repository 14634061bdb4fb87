package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	case report.ByHand() && len(report.Checks) > 0:
		c.Paragraph("  rerun    ", "start dpconform again with the same flags, and report the outcome of each call as listed above")
	case report.Exit == result.ExitUnreachable:
		c.afterError(report)
	case report.Client != nil && len(report.Checks) == 0:
		c.Paragraph("  rerun    ", "the same command, and call the printed address with one of the printed jobs and the token")
	case report.Exit == result.ExitInconclusive && report.Target.Source == "cassettes":
		c.Paragraph("  rerun    ", "the same command, once "+cmp.Or(c.Program, "dpconform")+" record has made the cassettes again with what is listed above")
	case report.Exit == result.ExitInconclusive && report.Client != nil:
		c.Paragraph("  rerun    ", "the same command, when the client or the flags do what is listed above")
	case report.Exit == result.ExitInconclusive:
		c.Paragraph("  rerun    ", "the same command, with what is listed above"+newJobs(report))
	}
	c.writtenReports(true)
	c.summary(report)
}

// tested says how much was tested before the run ended early.
func (c Console) tested(report result.Report) {
	if report.Exit == result.ExitInterrupted || report.Ended != "" {
		tested := len(report.Checks) - report.Counts.Checks[result.Skip] - report.Counts.Checks[result.Error]
		c.Paragraph("  tested   ", fmt.Sprintf("%d of %s until then", tested, text.Counted(len(report.Checks), "check")))
	}
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
	inputs := missingInputs(report)
	if len(inputs) == 0 {
		return
	}
	c.Printf("%s\n", Bold("to test more, "+adding(report)+" (most useful first)"))
	for _, input := range inputs[:min(len(inputs), listedFailures)] {
		check := "check"
		if report.Client != nil {
			check = "scenario"
		}
		c.Paragraph(fmt.Sprintf("  %3d %-*s  ", input.checks, len(check)+1, text.Plural(input.checks, check)), input.text())
	}
	if rest := len(inputs) - listedFailures; rest > 0 {
		c.Printf("  %s\n", Faint(fmt.Sprintf("and %d more: see above", rest)))
	}
	c.Printf("\n")
}

// skippedRow says of a failing run how much was skipped, and what would help; empty
// where nothing was.
func (c Console) skippedRow(report result.Report) string {
	skipped, failing := 0, 0
	for _, group := range report.Unjudged(result.Skip) {
		skipped += len(group.Checks)
		if strings.HasSuffix(group.Reason, result.FixFirst) {
			failing += len(group.Checks)
		}
	}
	if skipped == 0 || report.Client != nil {
		return ""
	}
	var parts []string
	part := func(help string, checks int) {
		if checks < skipped {
			help += fmt.Sprintf(" (%s)", text.Counted(checks, "check"))
		}
		if checks > 0 {
			parts = append(parts, help)
		}
	}
	part(strings.TrimPrefix(result.FixFirst, ": "), failing)
	for _, input := range missingInputs(report) {
		part(adding(report)+" "+input.text(), input.checks)
	}
	words := text.Counted(skipped, "check")
	if len(parts) > 0 {
		words += ": " + strings.Join(parts, ", ")
	}
	return c.clamped("  skipped  ", words, 2)
}

// adding says where an input helps: a recording has only what it was made with.
func adding(report result.Report) string {
	switch {
	case report.Target.Source == "cassettes":
		return "record again with"
	case report.Client != nil:
		return "give or report"
	}
	return "add"
}

// missingInput is a flag that would let skipped checks be tested, with the number of
// its jobs and of the checks.
type missingInput struct {
	flag         string
	jobs, checks int
}

// text is the flag, or what else a client gives.
func (m missingInput) text() string {
	if strings.HasPrefix(m.flag, "-") {
		return result.Give(m.flag, m.jobs)
	}
	return m.flag
}

// missingInputs lists what would let skipped checks be tested, that of most checks
// first.
func missingInputs(report result.Report) []missingInput {
	var inputs []missingInput
	for _, group := range report.Unjudged(result.Skip) {
		if group.Flag == "" {
			continue
		}
		choices := strings.Split(group.Flag, " or ")
		if !slices.ContainsFunc(choices, func(choice string) bool { return !strings.HasPrefix(choice, "-") }) {
			slices.Sort(choices) // The same choice may come in another order.
		}
		flag := strings.Join(choices, " or ")
		at := slices.IndexFunc(inputs, func(known missingInput) bool { return known.flag == flag })
		if at < 0 {
			at, inputs = len(inputs), append(inputs, missingInput{flag: flag})
		}
		inputs[at].jobs += group.Jobs
		inputs[at].checks += len(group.Checks)
	}
	slices.SortStableFunc(inputs, func(a, b missingInput) int { return b.checks - a.checks })
	return inputs
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
		c.Printf("  report   to see every exchange, add --report html=report.html\n")
	default:
		return
	}
	c.Printf("\n")
}

// quietResult prints a line for each requirement that is not kept, for each
// reason why something was not tested, and for the conclusion; of a target that
// conforms the last one alone.
func (c Console) quietResult(report result.Report) {
	quietCauses := func(causes []result.Cause) {
		for _, cause := range causes {
			c.Printf("%s %s; fix: %s\n", Coloured(result.Fail, "CAUSE"), text.Line(cause.Summary), text.Line(cause.Fix))
		}
	}
	leading, others := report.LeadingCauses()
	quietCauses(leading)
	for _, group := range report.Broken(result.Fail) {
		quietCauses(group.CausesBefore(&others))
		c.Printf("%s\n", Coloured(result.Fail, "FAIL")+" "+failedWords(group, 0)+moreChecks(group))
	}
	quietCauses(others)
	for _, known := range report.Known(result.KnownPassed) {
		c.Printf("%s %s: remove the entry at %s\n", Coloured(result.UnexpectedPass, "UNEXPECTED-PASS"), text.Line(known.Entry), text.Line(known.Name))
	}
	for _, group := range report.Unjudged(result.Error) {
		c.Printf("%s %s: %s\n", Coloured(result.Error, "ERROR"), text.Line(result.ChecksText(group.Checks)), text.Line(group.Reason))
	}
	if report.Exit == result.ExitInconclusive {
		for _, input := range missingInputs(report) {
			c.Printf("%s %s: give %s\n", Coloured(result.Skip, "SKIP"), text.Counted(input.checks, "check"), text.Line(result.Give(input.flag, input.jobs)))
		}
	}
	c.Printf("%s: %s: %s; %s, exit %d\n", Coloured(html.VerdictOf(report.Exit), Bold(text.Line(report.Conclusion))), text.Line(targetLines(report)[0]),
		countsText(report.Counts.Checks), tookText(report), report.Exit)
}

// summary prints the verdict, the counts and the time.
func (c Console) summary(report result.Report) {
	if repeats := repeatsText(report.Exchanges); repeats != "" {
		c.Paragraph("", repeats)
		c.Printf("\n")
	}
	for _, line := range text.Wrap(text.Printable(report.Conclusion), c.Width) {
		c.Printf("%s\n", Coloured(html.VerdictOf(report.Exit), Bold(line)))
	}
	const space = "\u00a0" // So that a time, and "exit 1", which scripts look for, stay in one line.
	took := strings.ReplaceAll(tookText(report), " s", space+"s")
	counts := fmt.Sprintf("%s of %s: %s; %s, exit%s%d", text.Counted(len(report.Checks), "check"),
		text.Counted(len(report.Requirements), "requirement"), countsText(report.Counts.Checks), took, space, report.Exit)
	if report.Client != nil {
		// A call tests many requirements, and its verdict is not theirs.
		counts = ""
		if len(report.Checks) > 0 {
			counts = fmt.Sprintf("%s: %s; ", text.Counted(len(report.Checks), "scenario"), countsText(report.Counts.Checks))
		}
		counts += fmt.Sprintf("%s: %s; %s, exit%s%d",
			text.Counted(len(report.Requirements), "requirement"), cmp.Or(countsText(report.Counts.Requirements), "none"), took, space, report.Exit)
	}
	c.Printf("%s\n", strings.ReplaceAll(strings.Join(text.Wrap(counts, c.Width), "\n"), space, " "))
}

func tookText(report result.Report) string {
	seconds := func(milliseconds int64) string {
		return fmt.Sprintf("%.2f s", (time.Duration(milliseconds) * time.Millisecond).Seconds())
	}
	const shown = 5 // What is less would be shown as 0.00 s.
	if report.WaitedMilliseconds < shown {
		return seconds(report.Milliseconds)
	}
	return seconds(report.Milliseconds) + ", with pauses of " + seconds(report.WaitedMilliseconds)
}

// VerdictOrder is the order in which counts are shown.
var VerdictOrder = []result.Verdict{result.Pass, result.Fail, result.UnexpectedPass, result.Warn, result.ExpectedFail, result.Skip, result.Error}

func countsText(counts map[result.Verdict]int) string {
	var parts []string
	for _, verdict := range VerdictOrder {
		if counts[verdict] > 0 {
			parts = append(parts, Coloured(verdict, fmt.Sprintf("%d %s", counts[verdict], verdict)))
		}
	}
	return strings.Join(parts, ", ")
}

// repeatsText says how often requests were retried, and after what; empty
// where none was.
func repeatsText(exchanges []result.Exchange) string {
	total, after := 0, map[string]int{}
	for _, exchange := range exchanges {
		for _, attempt := range exchange.Earlier {
			total++
			after[attempt.Outcome()]++
		}
	}
	if total == 0 {
		return ""
	}
	var parts []string
	retried := text.Counted(total, "request") + " retried"
	for _, outcome := range slices.Sorted(maps.Keys(after)) {
		shown := map[string]string{"hang-up": "a closed connection", "reset": "a connection reset", "slow": "a timeout"}[outcome]
		shown = "after " + cmp.Or(shown, outcome)
		if len(after) == 1 {
			return text.Line(retried + " " + shown)
		}
		parts = append(parts, fmt.Sprintf("%d %s", after[outcome], shown))
	}
	return text.Line(retried + ": " + strings.Join(parts, ", "))
}
