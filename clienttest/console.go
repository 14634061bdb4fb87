package clienttest

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
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
	c.styled("", fmt.Sprintf("dpconform %s judges %s", report.Tool.Version, printable(strings.Join(report.Command, " "))), bold)
	c.print("\n")
	for _, result := range report.Results {
		c.line(result)
	}
	c.print("\n")
	for _, result := range report.Results {
		c.findings(report, result)
	}
	c.unjudged(report)
	if len(report.NotChosen) > 0 {
		c.paragraph("not chosen: ", strings.Join(report.NotChosen, ", "))
		c.paragraph("  give  ", "--scenario NAME for each that the command is to choose, and for no other")
		c.print("\n")
	}
	c.styled("", report.Conclusion, func(line string) string { return coloured(overall(report.Exit), bold(line)) })
	c.paragraph("", fmt.Sprintf("%s: %s; %s; %.1f s, exit %d", countOf(callsOf(report), "call"), countsText(report.Counts),
		requirementsText(report), float64(report.Milliseconds)/1000, report.Exit))
}

// nameColumn is the width of the names of calls in the list of results; the title
// of a longer one stands below it, as it does where less than leastText is left
// for it.
const (
	nameColumn = 18
	leastText  = 25
)

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
	verdict := fmt.Sprintf("  %s  ", coloured(result.Verdict, fmt.Sprintf("%-4s", result.Verdict)))
	name := printable(result.Name)
	if ansi.StringWidth(name) > nameColumn || c.Width < ansi.StringWidth(verdict)+nameColumn+leastText {
		c.paragraph(verdict, name)
		c.paragraph(strings.Repeat(" ", ansi.StringWidth(verdict)+2), title)
		return
	}
	c.paragraph(verdict+name+strings.Repeat(" ", nameColumn+1-ansi.StringWidth(name)), title)
}

func (c Console) findings(report Report, result ReportedResult) {
	if len(result.Findings) == 0 {
		return
	}
	c.styled(coloured(result.Verdict, strings.ToUpper(string(result.Verdict)))+" ", printable(result.Name), bold)
	for _, finding := range result.Findings {
		c.finding(report, result, finding)
	}
	for _, request := range result.Requests[:min(len(result.Requests), shownRequests)] {
		c.request(result, request)
	}
	if rest := len(result.Requests) - shownRequests; rest > 0 {
		c.print("  and %s more\n", countOf(rest, "request"))
	}
	c.print("\n")
}

func (c Console) finding(report Report, result ReportedResult, finding ReportedFinding) {
	index := slices.IndexFunc(report.Requirements, func(r ReportedVerdict) bool { return r.ID == finding.ID })
	c.print("  %s", coloured(finding.Verdict, finding.ID))
	if index >= 0 {
		requirement := report.Requirements[index]
		c.print(" %s\n", faint("("+requirement.Level+")"))
		if finding.Demanded {
			c.styled("    ", "demanded by the scenario "+printable(result.Scenario), faint)
		}
		c.paragraph("    ", requirement.Statement)
		if requirement.Quote != "" {
			c.paragraph("    ", `"`+requirement.Quote+`"`)
		}
		c.styled("    ", requirement.Source, faint)
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
	answer := request.Answered()
	if since > 0 {
		answer += fmt.Sprintf("; %.3f s after the first", since.Seconds())
	}
	c.styled("     ", answer, faint)
}

// Answered says in words what a request was answered.
func (r ReportedRequest) Answered() string {
	switch {
	case r.Delivery == ConnectionReset:
		return "not answered: the connection was reset"
	case r.Delivery == ConnectionClosed && r.Status == 0:
		return "not answered: the connection was closed"
	case r.Delivery == NotAwaited:
		return "not answered: the client did not wait for it"
	case r.Delivery == Pending:
		return "not answered yet"
	case r.Delivery == Whole:
		return fmt.Sprintf("answered %d", r.Status)
	}
	return fmt.Sprintf("answered %d, %s", r.Status, r.Delivery)
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

// callsOf counts the calls. The end of a command that was run once is none.
func callsOf(report Report) int {
	count := 0
	for _, number := range report.Counts {
		count += number
	}
	return count
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
