package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// longestShown is the length in bytes from which a text of a server is cut in
// Markdown: the summary of a job on GitHub may have 1 MiB in all.
const longestShown = 600

// shownNames is the number of checks that Markdown names in one list.
const shownNames = 12

// WriteMarkdown writes a result for the summary page of a CI job: the verdict on
// top, the target, counts, and what failed, warns, is known, or was not tested.
// What servers say stands as code, so that nothing in it is taken for Markdown
// or HTML.
func WriteMarkdown(out io.Writer, report result.Report) error {
	page := markdownPage{report: report}
	page.print("## %s: %s\n\n", text.MarkdownWords(report.Title()), text.MarkdownWords(report.Conclusion))
	leading, _ := report.LeadingCauses()
	page.causes(leading)
	page.facts()
	page.aspects()
	page.requirements(result.Fail, "Failures")
	page.unexpected()
	page.unjudged(result.Error, "Errors")
	page.requirements(result.Warn, "Warnings")
	page.known()
	page.unjudged(result.Skip, "Skipped")
	page.unjudgedRequirements()
	_, err := io.WriteString(out, strings.ReplaceAll(page.String(), "\n\n\n", "\n\n"))
	return err
}

// markdownPage is a page in the making.
type markdownPage struct {
	strings.Builder
	report result.Report
}

func (p *markdownPage) print(format string, arguments ...any) { fmt.Fprintf(p, format, arguments...) }

// causes says what many findings come from.
func (p *markdownPage) causes(causes []result.Cause) {
	for _, cause := range causes {
		p.print("\n**Cause:** %s\n\nFix: %s\n\nIt explains %s.\n\n", text.MarkdownWords(cause.Summary), text.MarkdownWords(cause.Fix), text.MarkdownWords(p.report.Explains(cause)))
		var commands []string
		for _, id := range cause.Requirements[:min(1, len(cause.Requirements))] {
			commands = append(commands, "dpconform explain "+id)
		}
		if curl := p.report.CurlFor(cause); curl != "" {
			commands = append(commands, text.Line(curl))
		}
		p.print("%s\n", text.MarkdownBlock("sh", strings.Join(commands, "\n")))
	}
}

// facts says what was tested, by what, and how.
func (p *markdownPage) facts() {
	report := p.report
	p.print("| | |\n| --- | --- |\n")
	switch {
	case report.Client != nil:
		p.print("| client | %s |\n", code(strings.TrimPrefix(targetLines(report)[0], "client: ")))
	case report.Target.Provenance != "":
		p.print("| target | cassettes of %s: %s |\n", code(report.Target.Endpoint), text.MarkdownWords(report.Target.Provenance))
	default:
		p.print("| target | %s |\n", code(report.Target.Endpoint))
	}
	if report.Target.Proxy != "" {
		p.print("| proxy | %s |\n", code(report.Target.Proxy))
	}
	p.print("| description | %s, revision %s, %s, %s |\n", code(report.Description.File), text.MarkdownWords(report.Description.RevisionText()),
		text.Counted(report.Description.Scopes, "scope"), text.MarkdownCode(shortDigest(report.Description.Digest)))
	p.print("| run | %s, dpconform %s, %s, exit %d |\n", report.Started.UTC().Format("2006-01-02 15:04:05 UTC"),
		text.MarkdownWords(report.Tool.Version), tookText(report), report.Exit)
	for _, fact := range [][2]string{{"selected", report.Settings.Text()}, {"not applicable", report.NotApplicableText()}, {"not selected", report.NotSelectedText()}, {"not tested", report.UntestedText()},
		{"network", repeatsText(report.Exchanges)}} {
		if fact[1] != "" {
			p.print("| %s | %s |\n", fact[0], text.MarkdownWords(fact[1]))
		}
	}
	p.print("\n")
}

// aspects counts the checks of each aspect by their verdicts, with a column for
// each verdict that occurs. A call of a client tests many aspects, so there the
// requirements are counted.
func (p *markdownPage) aspects() {
	total, counted := p.report.Counts.Checks, func(counts result.Counts) map[result.Verdict]int { return counts.Checks }
	if p.report.Client != nil {
		total, counted = maps.Clone(p.report.Counts.Requirements), func(counts result.Counts) map[result.Verdict]int { return counts.Requirements }
		for verdict, count := range p.report.Counts.Checks {
			total[verdict] += count
		}
	}
	var verdicts []result.Verdict
	head, rule := "| aspect |", "| --- |"
	for _, verdict := range VerdictOrder {
		if total[verdict] > 0 {
			verdicts = append(verdicts, verdict)
			head, rule = head+" "+string(verdict)+" |", rule+" ---: |"
		}
	}
	row := func(name string, counts map[result.Verdict]int) {
		p.print("| %s |", text.MarkdownWords(name))
		for _, verdict := range verdicts {
			p.print(" %d |", counts[verdict])
		}
		p.print("\n")
	}
	p.print("%s\n%s\n", head, rule)
	for _, aspect := range p.report.Aspects() {
		if counts := counted(p.report.CountsOf(aspect)); len(counts) > 0 {
			row(result.AspectTitle(aspect), counts)
		}
	}
	if p.report.Client != nil {
		row("all requirements", p.report.Counts.Requirements)
		row("all scenarios", p.report.Counts.Checks)
	} else {
		row("all", p.report.Counts.Checks)
	}
}

// requirements shows each requirement with findings of a verdict.
func (p *markdownPage) requirements(verdict result.Verdict, title string) {
	var causes []result.Cause
	if verdict == result.Fail {
		_, causes = p.report.LeadingCauses()
	}
	for i, group := range p.report.Broken(verdict) {
		if i == 0 {
			p.print("\n### %s\n\n", title)
		}
		p.causes(group.CausesBefore(&causes))
		requirement := group.Requirement
		p.print("\n#### %s%s\n\n", text.MarkdownCode(requirement.ID), text.MarkdownWords(levelText(requirement)))
		if requirement.Condition() {
			p.print("Test condition: %s\n\n", text.MarkdownWords(requirement.Statement))
		} else {
			p.print("Requirement: %s\n\n", text.MarkdownWords(requirement.Statement))
		}
		if requirement.Quote != "" {
			p.print("> “%s”\n>\n", text.MarkdownWords(requirement.Quote))
		}
		if requirement.Source != "" {
			p.print("> Source: %s\n\n", linkOrCode(requirement.Source))
		}
		findings := group.Alike()
		shown := min(len(findings), shownFindings)
		for _, one := range findings[:shown] {
			p.print("%s| want | %s |\n| --- | --- |\n| got | %s%s |\n\n", p.foundIn(one.Checks), code(one.Want), code(one.Got), times(one))
			if one.Curl != "" {
				p.print("%s\n", text.MarkdownBlock("sh", one.Curl))
			}
		}
		if rest := findings[shown:]; len(rest) > 0 {
			p.print("%s\n\n", moreText(rest, codes))
		}
		if explained := p.report.ExplainedText(group); explained != "" {
			p.print("This is %s.\n", explained)
		} else if requirement.Fix != "" {
			p.print("Fix: %s\n", text.MarkdownWords(requirement.Fix))
		}
	}
	p.causes(causes)
}

// foundIn is a line that names the checks of a finding, the first of many.
func (p *markdownPage) foundIn(checks []string) string {
	const few = 3
	if len(checks) == 0 {
		return ""
	}
	var names []string
	for _, id := range checks[:min(len(checks), few)] {
		names = append(names, text.MarkdownCode(id))
	}
	switch rest := len(checks) - len(names); {
	case rest > 0 && p.report.Client != nil:
		names = append(names, text.Counted(rest, "more scenario"))
	case rest > 0:
		names = append(names, text.Counted(rest, "more check"))
	}
	return "In " + text.List(names, "and") + ":\n\n"
}

// unexpected lists the known failures that passed.
func (p *markdownPage) unexpected() {
	for i, known := range p.report.Known(result.KnownPassed) {
		if i == 0 {
			p.print("\n### Unexpected passes\n\nRemove these entries:\n\n| entry | of | reason |\n| --- | --- | --- |\n")
		}
		p.print("| %s | %s | %s |\n", code(known.Name), code(known.Entry), code(known.Because()))
	}
}

// known lists the known failures that were seen, or could not be.
func (p *markdownPage) known() {
	titled := false
	for _, known := range p.report.KnownFailures {
		seen := known.Came()
		switch known.State {
		case result.KnownPassed:
			continue
		case result.KnownNotJudged:
			seen = "not tested: " + code(known.NotJudged)
		}
		if !titled {
			p.print("\n### Known failures\n\n| entry | reason | checks | result |\n| --- | --- | --- | --- |\n")
			titled = true
		}
		checks := known.Checks
		if failing := p.failing(known.Name); len(failing) > 0 {
			checks = failing
		}
		p.print("| %s | %s | %s | %s |\n", code(known.Entry), code(known.Because()), codes(checks), seen)
	}
}

// failing names the checks that fail as a known failure expects: it may cover more.
func (p *markdownPage) failing(known string) (ids []string) {
	for _, check := range p.report.Checks {
		if slices.ContainsFunc(check.Findings, func(finding result.Finding) bool { return finding.KnownFailure == known }) {
			ids = append(ids, check.ID)
		}
	}
	return ids
}

// unjudged lists the checks that were not tested, with what would help.
func (p *markdownPage) unjudged(verdict result.Verdict, title string) {
	for i, group := range p.report.Unjudged(verdict) {
		if i == 0 {
			p.print("\n### %s\n\n| checks | | reason | give |\n| ---: | --- | --- | --- |\n", title)
		}
		give := ""
		if group.Flag != "" {
			give = code(group.Give())
		}
		p.print("| %d | %s | %s | %s |\n", len(group.Checks), codes(group.Checks), code(group.Reason), give)
	}
}

// unjudgedRequirements lists the requirements that nothing was seen of although
// their checks ran.
func (p *markdownPage) unjudgedRequirements() {
	for i, group := range p.report.UnjudgedRequirements() {
		if i == 0 {
			p.print("\n### Requirements not tested\n\n| requirements | reason | give |\n| --- | --- | --- |\n")
		}
		give := ""
		if group.Flag != "" {
			give = code(group.Give())
		}
		p.print("| %s | %s | %s |\n", codes(group.Requirements), code(group.Reason), give)
	}
}

// linkOrCode makes a link of a web address, and code of anything else.
func linkOrCode(source string) string {
	if text.WebAddress(source) != "" {
		return "<" + source + ">"
	}
	return code(source)
}

// code shows a text of others, cut where it is long.
func code(words string) string { return text.MarkdownCode(text.Cut(words, longestShown)) }

// codes names the first of many checks.
func codes(ids []string) string {
	var shown []string
	for _, id := range ids[:min(len(ids), shownNames)] {
		shown = append(shown, text.MarkdownCode(id))
	}
	if len(ids) > shownNames {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}
