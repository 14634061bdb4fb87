package report

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// Console prints a result for a person. Colours are escape sequences; the writer
// behind it removes them where nobody sees them.
type Console struct {
	text.Printer
	// Quiet prints a line for each failure, and the conclusion. Verbose prints
	// every failure in full, not only the most severe.
	Quiet, Verbose bool
	// Program is the name of the program as the user typed it, for commands to paste;
	// empty means dpconform.
	Program string
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

// Header names the target and the description, with the numbers of its requirements
// and of those that are selected. A saved report is one of an earlier run.
func (c Console) Header(report result.Report, selected int, saved bool) {
	if c.Quiet {
		return
	}
	tool := Bold(text.Line(report.Tool.Name + " " + report.Tool.Version))
	method := Bold(text.Line(report.Description.Method))
	if report.Client != nil {
		method = "a client of " + method
	}
	if saved {
		c.Printf("%s tested %s on %s\n\n", tool, method, report.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	} else {
		c.Printf("%s tests %s\n\n", tool, method)
	}
	for i, line := range targetLines(report) {
		c.Field([]string{"target", ""}[min(i, 1)], line)
	}
	c.Field("description", fmt.Sprintf("%s, revision %s, %s, %s", report.Description.File, report.Description.RevisionText(),
		text.Counted(report.Description.Scopes, "scope"), text.Counted(max(selected, report.Description.Requirements), "requirement")))
	c.Field("", shortDigest(report.Description.Digest))
	words := report.Settings.Text()
	if selected < report.Description.Requirements {
		words = strings.TrimPrefix(words+": "+text.Counted(selected, "requirement"), ": ")
	}
	if words != "" {
		c.Field("selected", words)
	}
	c.Printf("\n")
}

// targetLines name the server, the recordings, or the client under test.
func targetLines(report result.Report) []string {
	switch {
	case report.Client != nil && len(report.Client.Command) > 0:
		return []string{"client: " + strings.Join(report.Client.Command, " ")}
	case report.Client != nil:
		return []string{"a client that was started by hand"}
	case report.Target.Provenance != "":
		return []string{"cassettes of " + report.Target.Endpoint, report.Target.Provenance}
	}
	if report.Target.Proxy != "" {
		return []string{report.Target.Endpoint, "through the proxy " + report.Target.Proxy}
	}
	return []string{report.Target.Endpoint}
}

// shortDigest is the beginning of a digest, enough to tell two apart. The whole
// one is in the JSON report and in `dpconform version`.
func shortDigest(digest string) string { return digest[:min(len(digest), len("sha256:")+24)] }

// Result prints the aspects, what failed, what else was found or skipped, and at
// the end one screen that is enough by itself: what failed, most severe first,
// what to do next, the verdict.
func (c Console) Result(report result.Report) {
	if c.Quiet {
		c.quietResult(report)
		return
	}
	leading, _ := report.LeadingCauses()
	c.causes(report, leading)
	for _, aspect := range report.Aspects() {
		if counts := report.CountsOf(aspect).Checks; len(counts) > 0 && report.Client == nil {
			c.Printf("  %-14s %s\n", text.Line(aspect), countsText(counts))
		}
	}
	c.calls(report)
	if len(report.Checks) > 0 {
		c.Printf("\n")
	}
	c.broken(report, result.Fail)
	for _, known := range report.Known(result.KnownPassed) {
		c.headline(result.UnexpectedPass, known.Entry)
		c.Paragraph("  known   ", known.Because())
		c.Paragraph(fmt.Sprintf("  %-7s ", known.Came()), result.ChecksText(known.Checks))
		c.Paragraph("  fix     ", "remove the entry at "+known.Name)
		c.Printf("\n")
	}
	c.unjudged(report, result.Error)
	c.broken(report, result.Warn)
	c.expectedFailures(report)
	c.unjudged(report, result.Skip)
	c.unjudgedRequirements(report)
	c.notTested(report)
	c.lastScreen(report)
}

// causes prints what many findings come from, and what that explains.
func (c Console) causes(report result.Report, causes []result.Cause) {
	for _, cause := range causes {
		c.Paragraph(Coloured(result.Fail, "CAUSE")+" ", cause.Summary)
		c.Paragraph("  fix       ", cause.Fix)
		c.Paragraph("  explains  ", report.Explains(cause))
		if curl := report.CurlFor(cause); curl != "" {
			c.Printf("  %s\n", Faint(text.Printable(curl)))
		} else if report.Client != nil && cause.Exchange > 0 {
			c.Paragraph("  sent      ", sentText(report.Exchanges[cause.Exchange-1]))
		}
	}
	if len(causes) > 0 {
		c.Printf("\n")
	}
}

// notTested prints a line for the checks that do not apply, one for those that were
// left out, and one for the requirements without a check.
func (c Console) notTested(report result.Report) {
	printed := false
	for _, line := range [][2]string{{"not applicable  ", report.NotApplicableText()}, {"not selected    ", report.NotSelectedText()}, {"not tested      ", report.UntestedText()}} {
		if line[1] != "" {
			c.Paragraph(line[0], text.Line(line[1]))
			printed = true
		}
	}
	if printed {
		c.Printf("\n")
	}
}

// calls prints each call of a client, and the scenarios that it did not choose.
func (c Console) calls(report result.Report) {
	if report.Client == nil {
		return
	}
	const longest = 20
	widest := 0
	for _, check := range report.Checks {
		widest = max(widest, len(check.Verdict))
	}
	for _, check := range report.Checks {
		verdict := fmt.Sprintf("  %s  ", Coloured(check.Verdict, fmt.Sprintf("%-*s", widest, check.Verdict)))
		name := text.Line(check.ID)
		if ansi.StringWidth(name) > longest {
			c.Paragraph(verdict, name)
			verdict, name = strings.Repeat(" ", widest+4), ""
		}
		c.Paragraph(verdict+name+strings.Repeat(" ", longest+1-ansi.StringWidth(name)), check.Title)
	}
	if len(report.Client.NotChosen) > 0 {
		c.Printf("\n")
		c.Paragraph("not chosen: ", strings.Join(report.Client.NotChosen, ", "))
		c.Paragraph("  give  ", "--scenario NAME for each that the command is to choose, and for no other")
	}
}

// sentText shows a request of a client as it arrived, and what came of it.
func sentText(exchange result.Exchange) string {
	words := []string{exchange.Request.Method + " " + exchange.Request.URL}
	for _, name := range []string{"Authorization", "Content-Type", "Content-Encoding", "Content-Length", "User-Agent"} {
		for _, value := range exchange.Request.Header[name] {
			words = append(words, name+": "+value)
		}
	}
	if exchange.Request.Body != "" {
		words = append(words, "body "+text.Cut(exchange.Request.Body, shownBody))
	}
	switch {
	case exchange.Fault != nil:
		words = append(words, exchange.Fault.Detail)
	case exchange.Response != nil:
		words = append(words, fmt.Sprintf("got %d", exchange.Response.Status))
	}
	return text.Line(strings.Join(words, " · "))
}

// shownBody is the length in characters from which a body is cut on a console.
const shownBody = 200

// headline prints a verdict and wraps what it is about behind it.
func (c Console) headline(verdict result.Verdict, about string) {
	word := strings.ToUpper(string(verdict))
	indent := strings.Repeat(" ", len(word)+1)
	lines := text.Wrap(text.Printable(about), c.Width-len(indent))
	c.Printf("%s %s\n", Coloured(verdict, word), strings.Join(lines, "\n"+indent))
}

// broken prints each requirement with a verdict once, with its first findings.
func (c Console) broken(report result.Report, verdict result.Verdict) {
	groups, failed := report.Broken(verdict), report.Broken(result.Fail)
	printed := len(groups)
	if !c.Verbose {
		printed, failed = min(printed, shownRequirements), failed[:min(len(failed), shownRequirements)]
	}
	var causes []result.Cause
	if verdict == result.Fail {
		_, causes = report.LeadingCauses()
	}
	for _, group := range groups[:printed] {
		c.causes(report, group.CausesBefore(&causes))
		failedToo := func(other result.Broken) bool { return other.Requirement.ID == group.Requirement.ID }
		c.brokenRequirement(report, group, verdict, verdict == result.Warn && slices.ContainsFunc(failed, failedToo))
	}
	c.causes(report, causes)
	if rest := len(groups) - printed; rest > 0 {
		c.headline(verdict, fmt.Sprintf("%d of %s not shown (--verbose prints them)", rest, text.Counted(len(groups), "failure")))
		c.Printf("\n")
	}
}

// brokenRequirement prints a requirement with its first findings. What a client
// breaks again, in scenarios that are not about it, needs no second explanation.
func (c Console) brokenRequirement(report result.Report, group result.Broken, verdict result.Verdict, again bool) {
	requirement := group.Requirement
	c.Printf("%s %s%s\n", Coloured(verdict, strings.ToUpper(string(verdict))), Bold(text.Line(requirement.ID)), Faint(levelText(requirement)))
	if again {
		requirement.Statement, requirement.Quote, requirement.Source, requirement.Fix = "See above. Here it is only a warning: these scenarios test something else.", "", "", ""
	}
	c.Paragraph("  ", requirement.Statement)
	if requirement.Quote != "" {
		c.Paragraph("  ", `"`+requirement.Quote+`"`)
	}
	if requirement.Source != "" {
		c.Printf("  %s\n", Faint(text.Line(requirement.Source)))
	}
	findings, names := group.Alike(), report.Names
	printed := min(len(findings), shownFindings)
	if c.Verbose {
		printed, names = len(findings), func(ids []string) string { return strings.Join(ids, ", ") }
	}
	for i, one := range findings[:printed] {
		c.Printf("\n")
		c.Paragraph("  ", names(one.Checks))
		c.Paragraph("    want  ", one.Want)
		c.Paragraph("    got   ", one.Got+times(one))
		if one.Curl != "" {
			c.Printf("    %s\n", Faint(text.Printable(one.Curl)))
		}
		if report.Client != nil && one.Exchange > 0 && i == 0 {
			c.Paragraph("    sent  ", sentText(report.Exchanges[one.Exchange-1]))
		}
	}
	if rest := findings[printed:]; len(rest) > 0 {
		c.Printf("\n")
		c.Paragraph("  ", moreText(rest, names))
	}
	if explained := report.ExplainedText(group); explained != "" {
		c.Paragraph("  ", explained)
	} else if requirement.Fix != "" {
		c.Paragraph("  fix     ", requirement.Fix)
	}
	c.Printf("\n")
}

// levelText shows the level of a requirement behind its id; a condition of the
// test has none.
func levelText(requirement result.Requirement) string {
	if requirement.Condition() {
		return " (test condition)"
	}
	return " (" + text.Line(string(requirement.Level)) + ")"
}

// unjudged prints the checks that were not tested, those with the same reason
// together, the largest group first.
func (c Console) unjudged(report result.Report, verdict result.Verdict) {
	groups := report.Unjudged(verdict)
	for _, group := range groups {
		c.headline(verdict, report.Names(group.Checks))
		c.Paragraph("  ", group.Reason)
		if group.Flag != "" {
			c.Paragraph("  give  ", group.Give())
		}
	}
	if len(groups) > 0 {
		c.Printf("\n")
	}
}

// unjudgedRequirements prints the requirements that nothing was seen of although
// their checks ran.
func (c Console) unjudgedRequirements(report result.Report) {
	groups := report.UnjudgedRequirements()
	for _, group := range groups {
		named := group.Requirements
		if !c.Verbose && len(named) > shownRequirements {
			named = append(slices.Clone(named[:shownFindings]), fmt.Sprintf("%d more", len(named)-shownFindings))
		}
		c.headline(result.Skip, "the "+text.Plural(len(group.Requirements), "requirement")+" "+text.List(named, "and"))
		c.Paragraph("  ", group.Reason)
		if group.Flag != "" {
			c.Paragraph("  give  ", group.Give())
		}
	}
	if len(groups) > 0 {
		c.Printf("\n")
	}
}

// expectedFailures prints one line for each requirement and reason why it is
// expected not to be kept, and one for each known failure that was not tested.
func (c Console) expectedFailures(report result.Report) {
	printed := false
	for _, requirement := range slices.Concat(report.Requirements, report.Unmet()) {
		for _, group := range expectedGroups(report, requirement.ID) {
			printed = true
			names := group.names[0]
			if more := len(group.names) - 1; more > 0 {
				names += fmt.Sprintf(" and %d more", more)
			}
			c.Printf("%s %s in %s: %s (%s)\n", Coloured(result.ExpectedFail, "EXPECTED-FAIL"), Bold(text.Line(requirement.ID)),
				text.Line(result.ChecksText(group.checks)), text.Line(group.because), text.Line(names))
		}
	}
	for _, known := range report.Known(result.KnownNotJudged) {
		printed = true
		c.Printf("%s %s at %s: %s\n", Coloured(result.Skip, "KNOWN FAILURE NOT TESTED"), text.Line(known.Entry), text.Line(known.Name),
			text.Line(known.NotJudged))
	}
	if printed {
		c.Printf("\n")
	}
}

// expectedGroup is what failed for one requirement and is expected for one
// reason.
type expectedGroup struct {
	because       string
	names, checks []string
}

// expectedGroups puts the checks together that fail a requirement for the same
// reason: a list may have one entry for each of many scopes.
func expectedGroups(report result.Report, requirement string) []expectedGroup {
	failing := map[string][]string{}
	for _, check := range report.Checks {
		for _, finding := range check.FindingsOf(requirement) {
			failing[finding.KnownFailure] = append(failing[finding.KnownFailure], check.ID)
		}
	}
	expected := slices.DeleteFunc(slices.Clone(report.KnownFailures), func(known result.KnownFailure) bool { return len(failing[known.Name]) == 0 })
	var groups []expectedGroup
	for _, same := range text.Grouped(expected, result.KnownFailure.Because) {
		group := expectedGroup{because: same[0].Because()}
		for _, known := range same {
			group.names = append(group.names, known.Name)
			group.checks = append(group.checks, slices.Compact(failing[known.Name])...)
		}
		groups = append(groups, group)
	}
	return groups
}

// times says in how many exchanges something was found, if each of its checks does
// not stand for one, and whether only the value of the first is shown.
func times(one result.Alike) string {
	words := ""
	if one.Count > len(one.Checks) {
		words = fmt.Sprintf("in %d exchanges", one.Count)
	}
	if one.Varied {
		words = strings.TrimPrefix(words+", with different values", ", ")
	}
	if words == "" {
		return ""
	}
	return " (" + words + ")"
}

// moreText names the checks of the findings that are not shown.
func moreText(rest []result.Alike, names func(ids []string) string) string {
	ids := checksOf(rest)
	if len(ids) == 1 {
		return "and " + text.Counted(len(rest), "more finding") + " in " + names(ids)
	}
	return fmt.Sprintf("and %d more: %s", len(ids), names(ids))
}

// checksOf names the checks of findings, each once.
func checksOf(findings []result.Alike) []string {
	var ids []string
	for _, one := range findings {
		ids = append(ids, one.Checks...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

var verdictColours = map[result.Verdict]lipgloss.Style{
	result.Pass:  lipgloss.NewStyle().Foreground(lipgloss.Green),
	result.Fail:  lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	result.Warn:  lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	result.Skip:  lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	result.Error: lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true),

	result.ExpectedFail:   lipgloss.NewStyle().Foreground(lipgloss.Blue),
	result.UnexpectedPass: lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

// Coloured is a text in the colour of a verdict.
func Coloured(verdict result.Verdict, text string) string {
	return verdictColours[verdict].Render(text)
}

// Bold is a text in bold letters.
func Bold(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = lipgloss.NewStyle().Bold(true).Render(line) // Together they would be padded.
	}
	return strings.Join(lines, "\n")
}

// Faint is a text that stands back.
func Faint(text string) string { return lipgloss.NewStyle().Faint(true).Render(text) }
