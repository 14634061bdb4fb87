package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// longestMessage is the length in bytes from which the message of an annotation
// is cut.
const longestMessage = 4000

// WriteAnnotations writes workflow commands that GitHub Actions shows beside the
// lines of files: an error for each requirement that fails, at its line of the
// description where that is a file of the repository, else without a file; an error for each known failure that passes, at its line of the
// list; a warning for each requirement that warns; and one notice about all that
// was skipped, one about all that is known. Nothing is written of what passes.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
func WriteAnnotations(out io.Writer, report Report) error {
	var text strings.Builder
	for _, verdict := range []result.Verdict{result.Fail, result.Warn} {
		for _, requirement := range report.Requirements {
			if found := findingsOf(report, requirement.ID, verdict); len(found) > 0 {
				text.WriteString(annotationOf(report, requirement, verdict, found))
			}
		}
		if verdict == result.Fail {
			text.WriteString(unexpectedAnnotations(report))
			text.WriteString(errorAnnotations(report))
			text.WriteString(staleAnnotation(report))
		}
	}
	text.WriteString(noticeAnnotations(report))
	_, err := io.WriteString(out, text.String())
	return err
}

// annotation is one workflow command.
type annotation struct {
	command string
	file    string
	line    int
	title   string
	message string
}

// String is the command in one line with its end. The runner takes the rest of
// the line for the message, so that only a percent sign and line breaks mean
// something in it; in a property a colon and a comma do too.
func (a annotation) String() string {
	var properties []string
	for _, property := range []struct{ name, value string }{{"file", a.file}, {"line", lineText(a.line)}, {"title", a.title}} {
		if property.value != "" {
			properties = append(properties, property.name+"="+propertyEscapes.Replace(unobeyed(property.value)))
		}
	}
	return "::" + a.command + " " + strings.Join(properties, ",") + "::" + messageEscapes.Replace(unobeyed(markdown.Cut(a.message, longestMessage))) + "\n"
}

func lineText(line int) string {
	if line <= 0 {
		return ""
	}
	return strconv.Itoa(line)
}

// The escapes of workflow commands, as the runner undoes them. A property ends
// at a comma, and the command at the second "::".
var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// unobeyed takes out what a terminal would obey; line breaks stay.
func unobeyed(text string) string {
	return markdown.Printable(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(text))
}

// annotationOf tells of one requirement with its first findings.
func annotationOf(report Report, requirement Requirement, verdict result.Verdict, found []shownFinding) string {
	command := "error"
	if verdict == result.Warn {
		command = "warning"
	}
	lines := []string{requirement.Statement}
	for _, one := range found[:min(len(found), shownFindings)] {
		lines = append(lines, fmt.Sprintf("%s: want %s, got %s%s", one.check.ID, one.finding.Want,
			markdown.Cut(one.finding.Got, longestShown), times(one.finding.Count)))
	}
	if rest := found[min(len(found), shownFindings):]; len(rest) > 0 {
		lines = append(lines, fmt.Sprintf("and %d more: %s", len(rest), checksText(idsOf(rest))))
	}
	lines = append(lines, requirement.Source)
	file, line := descriptionInRepository(report.Description), requirement.Line
	if file == "" {
		lines = append(lines, placeIn(report.Description, requirement))
		line = 0
	}
	return annotation{command, file, line, fmt.Sprintf("%s (%s)", requirement.ID, requirement.Level), strings.Join(lines, "\n")}.String()
}

// builtIn reports whether a description is the one that the product ships.
func builtIn(d Description) bool {
	return d.File == spec.EmbeddedName && d.Digest == spec.Embedded().Digest()
}

// inRepository is the description's file in the repository of the caller, or
// nothing where it is not in there.
func descriptionInRepository(d Description) string {
	if builtIn(d) {
		return ""
	}
	return inRepository(d.File)
}

// place says where a requirement stands in a description that no annotation can
// point into.
func placeIn(d Description, requirement Requirement) string {
	which := "the description "
	if builtIn(d) {
		which = "the built-in description "
	}
	return fmt.Sprintf("%s is at line %d of %s%s", requirement.ID, requirement.Line, which, d.File)
}

func unexpectedAnnotations(report Report) string {
	var text strings.Builder
	for _, known := range report.KnownFailures {
		if known.State == result.KnownPassed {
			text.WriteString(annotation{"error", inRepository(known.File), lineIn(known), "unexpected pass",
				fmt.Sprintf("%s passes: remove the entry %s (%s)", known.Entry, known.Name, because(known))}.String())
		}
	}
	return text.String()
}

// lineIn is the line of a known failure, where its file is in the repository.
func lineIn(known KnownFailure) int {
	if inRepository(known.File) == "" {
		return 0
	}
	return known.Line
}

// errorAnnotations tell what the engine or the network kept from being judged.
func errorAnnotations(report Report) string {
	var text strings.Builder
	for _, group := range unjudgedGroups(report, result.Error) {
		text.WriteString(annotation{command: "error", title: counted(len(group.checks), "check") + " not judged",
			message: group.reason + "\n" + checksText(group.checks)}.String())
	}
	return text.String()
}

// staleAnnotation tells that the recorded answers are older than they may be.
func staleAnnotation(report Report) string {
	if report.Stale == "" {
		return ""
	}
	return annotation{command: "error", title: "stale", message: report.Stale}.String()
}

// noticeAnnotations sum up what was skipped and what is known.
func noticeAnnotations(report Report) string {
	var text strings.Builder
	var lines []string
	for _, group := range unjudgedGroups(report, result.Skip) {
		line := counted(len(group.checks), "check") + ": " + group.reason
		if group.flag != "" {
			line += "; give " + group.flag
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		text.WriteString(annotation{command: "notice", title: counted(report.Counts.Checks[result.Skip], "check") + " skipped",
			message: strings.Join(lines, "\n")}.String())
	}
	lines = nil
	for _, known := range report.KnownFailures {
		if known.State == result.KnownUsed {
			lines = append(lines, known.Entry+": "+because(known))
		}
	}
	if len(lines) > 0 {
		text.WriteString(annotation{command: "notice", title: counted(len(lines), "known failure"), message: strings.Join(lines, "\n")}.String())
	}
	return text.String()
}
