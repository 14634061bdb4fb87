package client

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/spec"
)

// Console prints a report for a person. Colours are written as escape sequences;
// the writer behind it takes them out where nobody sees them.
type Console struct {
	Out io.Writer
	// Width is the number of columns; text is wrapped to it.
	Width int
}

// shownRequests is the number of requests of one call that are printed.
const shownRequests = 6

// Result prints each scenario in a line, everything that is wrong below, what
// was not judged, and one last line with the verdict.
func (c Console) Result(report Report) {
	c.print("%s judges %s\n\n", bold("dpconform "+report.Tool.Version), bold(printable(strings.Join(report.Command, " "))))
	for _, result := range report.Results {
		c.line(result)
	}
	c.print("\n")
	for _, result := range report.Results {
		c.findings(report, result)
	}
	c.unjudged(report)
	c.print("%s\n", coloured(overall(report.Exit), bold(report.Conclusion)))
	c.paragraph("", fmt.Sprintf("%s: %s; %s; %.1f s, exit %d", countOf(len(report.Results), "call"), countsText(report.Counts),
		requirementsText(report), float64(report.Milliseconds)/1000, report.Exit))
}

func (c Console) line(result ReportedResult) {
	title := result.Title
	switch {
	case title == "" && result.Command != nil:
		title = fmt.Sprintf("exit %d", result.Command.Exit)
	case title == "":
		title = countOf(len(result.Requests), "request")
	case result.Command == nil && result.Job != "":
		title += ", job " + printable(result.Job)
	}
	name := fmt.Sprintf("  %s  %-18s ", coloured(result.Verdict, fmt.Sprintf("%-4s", result.Verdict)), printable(result.Name))
	c.print("%s%s\n", name, strings.ReplaceAll(c.wrapped(title, ansi.StringWidth(name)), "\n", "\n"+strings.Repeat(" ", ansi.StringWidth(name))))
}

func (c Console) findings(report Report, result ReportedResult) {
	if len(result.Findings) == 0 {
		return
	}
	c.print("%s %s\n", coloured(result.Verdict, strings.ToUpper(string(result.Verdict))), bold(printable(result.Name)))
	for _, finding := range result.Findings {
		c.finding(report, finding)
	}
	for _, request := range result.Requests[:min(len(result.Requests), shownRequests)] {
		c.request(result, request)
	}
	if rest := len(result.Requests) - shownRequests; rest > 0 {
		c.print("  and %s more\n", countOf(rest, "request"))
	}
	c.print("\n")
}

func (c Console) finding(report Report, finding ReportedFinding) {
	index := slices.IndexFunc(report.Requirements, func(r ReportedVerdict) bool { return r.ID == finding.ID })
	c.print("  %s", coloured(finding.Verdict, finding.ID))
	if index >= 0 {
		requirement := report.Requirements[index]
		c.print(" %s\n", faint("("+requirement.Level+")"))
		c.paragraph("    ", requirement.Statement)
		if requirement.Quote != "" {
			c.paragraph("    ", `"`+requirement.Quote+`"`)
		}
		c.print("    %s\n", faint(requirement.Source))
	} else {
		c.print("\n")
	}
	got := finding.Got
	if finding.Count > 1 {
		got += fmt.Sprintf(" (%d times)", finding.Count)
	}
	c.paragraph("    want  ", finding.Want)
	c.paragraph("    got   ", got)
}

// request prints a request as it arrived, in a few lines.
func (c Console) request(result ReportedResult, request ReportedRequest) {
	since := request.At.Sub(result.Requests[0].At)
	c.paragraph(fmt.Sprintf("  %d. ", request.Number), fmt.Sprintf("%s %s %s", printable(request.Method), printable(request.Target), request.Protocol))
	var words []string
	for _, name := range []string{"Authorization", "Content-Type", "Content-Encoding", "Content-Length", "User-Agent"} {
		for _, value := range request.Header[name] {
			words = append(words, name+": "+printable(value))
		}
	}
	if request.Body != "" {
		words = append(words, "body "+printable(request.Body))
	}
	if len(words) > 0 {
		c.paragraph("     ", strings.Join(words, " · "))
	}
	answer := string(request.Delivery)
	if request.Status != 0 {
		answer = fmt.Sprintf("%d, %s", request.Status, request.Delivery)
	}
	if since > 0 {
		answer += fmt.Sprintf("; %.3f s after the first", since.Seconds())
	}
	c.print("     %s\n", faint("answered "+answer))
}

// unjudged prints what could not be judged, those with the same reason together.
func (c Console) unjudged(report Report) {
	type group struct{ reason, help string }
	var order []group
	where := map[group][]string{}
	note := func(key group, what string) {
		if where[key] == nil {
			order = append(order, key)
		}
		where[key] = append(where[key], what)
	}
	for _, result := range report.Results {
		if result.Note != "" {
			note(group{result.Note, ""}, result.Name)
		}
		for _, one := range result.Unjudged {
			note(group{one.Reason, one.Help}, one.ID+" in "+result.Name)
		}
	}
	for _, key := range order {
		c.paragraph(coloured(Skip, "SKIP")+" ", printable(strings.Join(where[key], ", ")))
		c.paragraph("  ", key.reason)
		if key.help != "" {
			c.paragraph("  give  ", key.help)
		}
		c.print("\n")
	}
}

func requirementsText(report Report) string {
	counts := map[Verdict]int{}
	for _, requirement := range report.Requirements {
		counts[requirement.Verdict]++
	}
	return fmt.Sprintf("%s: %s", countOf(len(report.Requirements), "requirement"), countsText(counts))
}

func countsText(counts map[Verdict]int) string {
	var parts []string
	for _, verdict := range []Verdict{Pass, Fail, Warn, Skip} {
		if counts[verdict] > 0 {
			parts = append(parts, coloured(verdict, fmt.Sprintf("%d %s", counts[verdict], verdict)))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func overall(exit int) Verdict {
	switch exit {
	case ExitConforms:
		return Pass
	case ExitInconclusive:
		return Skip
	}
	return Fail
}

// paragraph wraps text behind a first line's beginning and indents the lines
// after it alike.
func (c Console) paragraph(beginning, text string) {
	indent := ansi.StringWidth(beginning)
	c.print("%s%s\n", beginning, strings.ReplaceAll(c.wrapped(text, indent), "\n", "\n"+strings.Repeat(" ", indent)))
}

// wrapped breaks text between words, not at the hyphens inside an id, and a word
// that is longer than a line where it must.
func (c Console) wrapped(text string, indent int) string {
	const unbreakable = "\u2011"
	width := max(20, c.Width-indent)
	whole := ansi.Wordwrap(strings.ReplaceAll(text, "-", unbreakable), width, "")
	return strings.ReplaceAll(ansi.Hardwrap(whole, width, true), unbreakable, "-")
}

func (c Console) print(format string, arguments ...any) { fmt.Fprintf(c.Out, format, arguments...) }

var verdictColours = map[Verdict]lipgloss.Style{
	Pass: lipgloss.NewStyle().Foreground(lipgloss.Green),
	Fail: lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	Warn: lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	Skip: lipgloss.NewStyle().Foreground(lipgloss.Cyan),
}

func coloured(verdict Verdict, text string) string { return verdictColours[verdict].Render(text) }
func bold(text string) string                      { return lipgloss.NewStyle().Bold(true).Render(text) }
func faint(text string) string                     { return lipgloss.NewStyle().Faint(true).Render(text) }

// Explain prints a requirement in full, and the scenarios that are about it.
func (c Console) Explain(requirement spec.Requirement, scenarios []*Scenario) {
	c.print("%s %s\n", bold(requirement.ID), faint("("+string(requirement.Level)+", of clients)"))
	c.paragraph("  ", requirement.Statement)
	if requirement.Quote != "" {
		c.paragraph("  ", `"`+requirement.Quote+`"`)
	}
	c.print("  %s\n", faint(requirement.Source))
	if requirement.Note != "" {
		c.paragraph("  ", requirement.Note)
	}
	var about []string
	for _, scenario := range scenarios {
		if scenario.demands(requirement.ID) {
			about = append(about, scenario.Name)
		}
	}
	if len(about) > 0 {
		c.print("\n")
		c.paragraph("  fails these scenarios of dpconform client: ", strings.Join(about, ", "))
	}
}

// List prints each scenario with what a client must and must not do.
func (c Console) List(rules Rules, scenarios []*Scenario) {
	for _, scenario := range scenarios {
		c.print("%s\n", bold(scenario.Name))
		c.paragraph("  ", scenario.Title)
		if scenario.About != "" {
			c.paragraph("  ", scenario.About)
		}
		for _, id := range slices.Concat(scenario.Must, scenario.MustNot) {
			requirement, _ := rules.Contract.ClientRequirement(id)
			c.print("  %s\n", id)
			c.paragraph("    ", requirement.Statement)
		}
		c.print("\n")
	}
}
