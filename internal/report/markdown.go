package report

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/suites"
)

// longestShown is the length in bytes from which a text of a server is cut in
// Markdown: the summary of a job on GitHub may have 1 MiB in all.
const longestShown = 600

// shownNames is the number of checks that Markdown names in one list.
const shownNames = 12

// WriteMarkdown writes the report for the summary page of a CI job: the verdict
// on top, the target, counts, and what failed, warns, is known, or was not
// judged. What servers say stands as code, so that nothing in it is taken for
// Markdown or HTML.
func WriteMarkdown(out io.Writer, report Report) error {
	page := markdownPage{report: report}
	page.print("## archiveJobs.retry: %s\n\n", markdown.Words(report.Conclusion))
	page.facts()
	page.aspects()
	page.requirements(result.Fail, "Failures")
	page.unexpected()
	page.unjudged(result.Error, "Errors")
	page.requirements(result.Warn, "Warnings")
	page.known()
	page.unjudged(result.Skip, "Skipped")
	_, err := io.WriteString(out, page.String())
	return err
}

// markdownPage is a page in the making.
type markdownPage struct {
	strings.Builder
	report Report
}

func (p *markdownPage) print(format string, arguments ...any) { fmt.Fprintf(p, format, arguments...) }

// facts says what was judged, by what, and how.
func (p *markdownPage) facts() {
	report := p.report
	p.print("| | |\n| --- | --- |\n")
	if report.Target.Provenance != "" {
		p.print("| target | cassettes of %s: %s |\n", code(report.Target.Endpoint), markdown.Words(report.Target.Provenance))
	} else {
		p.print("| target | %s |\n", code(report.Target.Endpoint))
	}
	p.print("| description | %s, revision %s, %s, %s |\n", code(report.Description.File), markdown.Words(report.Description.Revision),
		counted(report.Description.Scopes, "scope"), markdown.Code(shortDigest(report.Description.Digest)))
	took := time.Duration(report.Milliseconds) * time.Millisecond
	p.print("| run | %s, dpconform %s, %.2f s, exit %d |\n", report.Started.UTC().Format("2006-01-02 15:04:05 UTC"),
		markdown.Words(report.Tool.Version), took.Seconds(), report.Exit)
	if text := repeatsText(report.Exchanges); text != "" {
		p.print("| network | %s |\n", markdown.Words(text))
	}
	p.print("\n")
}

// aspects counts the checks of each aspect by their verdicts, with a column for
// each verdict that there is.
func (p *markdownPage) aspects() {
	var verdicts []result.Verdict
	for _, verdict := range verdictOrder {
		if p.report.Counts.Checks[verdict] > 0 {
			verdicts = append(verdicts, verdict)
		}
	}
	head, rule := "| aspect |", "| --- |"
	for _, verdict := range verdicts {
		head, rule = head+" "+string(verdict)+" |", rule+" ---: |"
	}
	p.print("%s\n%s\n", head, rule)
	for _, aspect := range suites.Aspects() {
		counts := map[result.Verdict]int{}
		for _, check := range p.report.Checks {
			if check.Aspect == aspect {
				counts[check.Verdict]++
			}
		}
		if len(counts) > 0 {
			p.countsRow(aspect, verdicts, counts)
		}
	}
	p.countsRow("all", verdicts, p.report.Counts.Checks)
}

func (p *markdownPage) countsRow(name string, verdicts []result.Verdict, counts map[result.Verdict]int) {
	p.print("| %s |", name)
	for _, verdict := range verdicts {
		p.print(" %d |", counts[verdict])
	}
	p.print("\n")
}

// requirements shows each requirement with findings of a verdict.
func (p *markdownPage) requirements(verdict result.Verdict, title string) {
	titled := false
	for _, requirement := range p.report.Requirements {
		found := findingsOf(p.report, requirement.ID, verdict)
		if len(found) == 0 {
			continue
		}
		if !titled {
			titled = true
			p.print("\n### %s\n", title)
		}
		p.requirement(requirement, found)
	}
}

func (p *markdownPage) requirement(requirement Requirement, found []shownFinding) {
	p.print("\n#### %s (%s)\n\n", markdown.Code(requirement.ID), requirement.Level)
	p.print("Requirement: %s\n\n", markdown.Words(requirement.Statement))
	if requirement.Quote != "" {
		p.print("> “%s”\n>\n", markdown.Words(requirement.Quote))
	}
	p.print("> Source: %s\n\n", linkOrCode(requirement.Source))
	for _, one := range found[:min(len(found), shownFindings)] {
		p.print("| %s | |\n| --- | --- |\n| want | %s |\n| got | %s%s |\n\n", code(one.check.ID), code(one.finding.Want), code(one.finding.Got),
			times(one.finding.Count))
		if one.finding.Curl != "" {
			p.print("%s\n", markdown.Block("sh", one.finding.Curl))
		}
	}
	if rest := found[min(len(found), shownFindings):]; len(rest) > 0 {
		p.print("and %d more: %s\n", len(rest), codes(idsOf(rest)))
	}
}

// unexpected lists the known failures that are none any more.
func (p *markdownPage) unexpected() {
	var rows []string
	for _, known := range p.report.KnownFailures {
		if known.State == result.KnownPassed {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", code(known.Name), code(known.Entry), code(because(known))))
		}
	}
	if len(rows) > 0 {
		p.print("\n### Unexpected passes\n\nRemove these entries:\n\n| entry | of | reason |\n| --- | --- | --- |\n%s", strings.Join(rows, ""))
	}
}

// known lists the known failures that were seen, or could not be.
func (p *markdownPage) known() {
	var rows []string
	for _, known := range p.report.KnownFailures {
		if known.State == result.KnownPassed {
			continue
		}
		seen := "seen"
		if known.State == result.KnownNotJudged {
			seen = "not judged: " + code(known.NotJudged)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |\n", code(known.Entry), code(because(known)), codes(known.Checks), seen))
	}
	if len(rows) > 0 {
		p.print("\n### Known failures\n\n| entry | reason | checks | |\n| --- | --- | --- | --- |\n%s", strings.Join(rows, ""))
	}
}

// unjudged lists the checks that were not judged, with what would help.
func (p *markdownPage) unjudged(verdict result.Verdict, title string) {
	groups := unjudgedGroups(p.report, verdict)
	if len(groups) == 0 {
		return
	}
	p.print("\n### %s\n\n| checks | | reason | give |\n| ---: | --- | --- | --- |\n", title)
	for _, group := range groups {
		give := ""
		if group.flag != "" {
			give = code(group.flag)
		}
		p.print("| %d | %s | %s | %s |\n", len(group.checks), codes(group.checks), code(group.reason), give)
	}
}

// linkOrCode makes a link of an address of the web, and code of anything else.
func linkOrCode(source string) string {
	address, err := url.Parse(source)
	web := err == nil && slices.Contains([]string{"http", "https"}, address.Scheme) && address.Host != ""
	if web && !strings.ContainsAny(source, " <>\\`|\"") && markdown.Printable(source) == source && !strings.Contains(source, "\n") {
		return "<" + source + ">"
	}
	return code(source)
}

// code shows a text of others, cut where it is long.
func code(text string) string { return markdown.Code(markdown.Cut(text, longestShown)) }

// codes names the first of many checks.
func codes(ids []string) string {
	var shown []string
	for _, id := range ids[:min(len(ids), shownNames)] {
		shown = append(shown, markdown.Code(id))
	}
	if len(ids) > shownNames {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}
