package main

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

const introduction = `# Third-party servers

Two mock servers of other people serve [the description](../spec/archivejobs-retry.openapi.yaml) as it is, and the whole
suite judges them. They know nothing but the description: no jobs, no states, no scopes. So they are expected to fail
many requirements. What they show is that the suite stays clear with servers that it was not written for, and how much a
description alone can say.

This page is written by ` + "`make third-party`" + `, which brings both from npm in the versions that
[a lock](../third-party/package-lock.json) pins, serves the description on this machine by one after the other, and
runs ` + "`dpconform run`" + ` with a token template and jobs of every state.

`

// text says a score in one line.
func (s score) text() string {
	requirements, checks := s.report.Counts.Requirements, s.report.Counts.Checks
	return fmt.Sprintf("%d of %d requirements kept, %d not kept, %d not judged; checks: %s; exit %d",
		requirements[result.Pass], len(s.report.Requirements), requirements[result.Fail]+requirements[result.Warn],
		requirements[result.Skip], countsText(checks), s.report.Exit)
}

// countsText says how many checks came to each verdict.
func countsText(counts map[result.Verdict]int) string {
	var parts []string
	for _, verdict := range []result.Verdict{result.Pass, result.Fail, result.Warn, result.Skip, result.Error} {
		parts = append(parts, fmt.Sprintf("%d %s", counts[verdict], verdict))
	}
	return strings.Join(parts, ", ")
}

// pageOf writes the page.
func pageOf(scores []score) string {
	var page strings.Builder
	page.WriteString(introduction)
	page.WriteString("| server | requirements kept | not kept | SHOULD not kept | not judged | checks | exit |\n")
	page.WriteString("| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, one := range scores {
		counts := one.report.Counts.Requirements
		fmt.Fprintf(&page, "| [%s %s](#%s) | %d of %d | %d | %d | %d | %s | %d |\n", one.name, one.version, strings.ToLower(one.name),
			counts[result.Pass], len(one.report.Requirements), counts[result.Fail], counts[result.Warn], counts[result.Skip],
			countsText(one.report.Counts.Checks), one.report.Exit)
	}
	for _, one := range scores {
		one.section(&page)
	}
	return page.String()
}

// section tells of one server what it fails and what could not be judged.
func (s score) section(page *strings.Builder) {
	fmt.Fprintf(page, "\n## %s\n\nnpm `%s` %s, %s: exit %d.\n\n%s\n", s.name, s.npm, s.version, s.report.Conclusion, s.report.Exit, s.does)
	page.WriteString("\nDocumented and platform requirements that it does not keep, each with the first answer that shows it:\n\n")
	page.WriteString("| requirement | level | check | want | got |\n| --- | --- | --- | --- | --- |\n")
	for _, requirement := range s.report.Requirements {
		if requirement.Verdict == result.Fail && requirement.Level.AtLeast(spec.Platform) {
			page.WriteString(s.row(requirement))
		}
	}
	var unjudged []string
	for _, requirement := range s.report.Requirements {
		if requirement.Verdict == result.Skip {
			unjudged = append(unjudged, fmt.Sprintf("- `%s`: %s\n", requirement.ID, inCell(requirement.Reason)))
		}
	}
	if len(unjudged) > 0 {
		fmt.Fprintf(page, "\nRequirements that could not be judged:\n\n%s", strings.Join(unjudged, ""))
	}
}

// row is the row of a requirement with its first finding.
func (s score) row(requirement report.Requirement) string {
	var first *report.Finding
	var by string
	findings := 0
	for i := range s.report.Checks {
		for j := range s.report.Checks[i].Findings {
			finding := &s.report.Checks[i].Findings[j]
			if finding.Requirement != requirement.ID {
				continue
			}
			if findings++; first == nil {
				first, by = finding, s.report.Checks[i].ID
			}
		}
	}
	if first == nil {
		return fmt.Sprintf("| `%s` | %s | | | |\n", requirement.ID, requirement.Level)
	}
	if findings > 1 {
		by += fmt.Sprintf(", first of %d", findings)
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", requirement.ID, requirement.Level, inCell(by), inCell(first.Want), inCell(first.Got))
}

// longestCell is the number of characters from which a cell is cut.
const longestCell = 200

// inCell makes a text one cell of a Markdown table that shows it as it is.
func inCell(text string) string {
	characters := []rune(strings.Join(strings.Fields(text), " "))
	if len(characters) > longestCell {
		characters = append(characters[:longestCell], '…')
	}
	var cell strings.Builder
	for _, character := range characters {
		if strings.ContainsRune("\\`*_{}[]<>#|", character) {
			cell.WriteByte('\\')
		}
		cell.WriteRune(character)
	}
	return cell.String()
}
