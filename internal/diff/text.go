package diff

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// shownChecks is how many checks of one kind and requirement, and how many
// groups of changed answers, are printed with their evidence; the rest is named
// or counted, and the JSON form has all.
const shownChecks, shownAnswers = 3, 8

// shownNames is how many names of a list are printed.
const shownNames = 12

// longestText is the length in bytes from which what a server said is cut for a
// person.
const longestText = 400

// longestHeader is the same for the value of one header among others.
const longestHeader = 100

var (
	bold  = lipgloss.NewStyle().Bold(true)
	faint = lipgloss.NewStyle().Faint(true)
	// colours of the kinds, of the 16 that every terminal has.
	colours = map[Kind]lipgloss.Style{
		NewlyFailing:   lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
		NewlyErroring:  lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true),
		NewlySkipped:   lipgloss.NewStyle().Foreground(lipgloss.Cyan),
		Gone:           lipgloss.NewStyle().Foreground(lipgloss.Cyan),
		StillFailing:   lipgloss.NewStyle().Foreground(lipgloss.Red),
		ChangedVerdict: lipgloss.NewStyle().Foreground(lipgloss.Yellow),
		NewlyPassing:   lipgloss.NewStyle().Foreground(lipgloss.Green),
		Appeared:       lipgloss.NewStyle().Foreground(lipgloss.Blue),
	}
)

// Text prints comparisons for a person.
type Text struct {
	Out io.Writer
	// Width is the number of columns; text is wrapped to it.
	Width int
}

// Write says the summary, the two runs and why they may differ, every change
// with the evidence of both, and the summary again with the exit code.
func (t Text) Write(comparison Comparison, failOn FailOn) {
	t.paragraph("", bold, Summary(comparison))
	t.line("")
	t.side("old", comparison.Old)
	t.side("new", comparison.New)
	t.line("")
	t.remarks(comparison)
	for _, one := range comparison.groups() {
		t.group(one)
	}
	for _, change := range comparison.requirementsAlone() {
		t.requirement(change)
	}
	t.answers(comparison.answerGroups())
	exit := 0
	if comparison.Fails(failOn) {
		exit = 1
	}
	t.paragraph("", bold, fmt.Sprintf("%s; exit %d", Summary(comparison), exit))
}

func (t Text) side(label string, side Side) {
	t.paragraph("  "+label+"  ", lipgloss.NewStyle(), side.File)
	when := side.Started.UTC().Format("2006-01-02 15:04:05 UTC")
	t.paragraph("       ", lipgloss.NewStyle(), fmt.Sprintf("%s, %s: %s", side.Target.Endpoint, when, side.Conclusion))
}

// remarks say what the two runs differ in beside the server, and which scopes
// came or went.
func (t Text) remarks(comparison Comparison) {
	printed := false
	note := func(text string) {
		printed = true
		t.paragraph("  ", lipgloss.NewStyle(), text)
	}
	for _, caveat := range comparison.Caveats {
		note(caveat.String())
	}
	if scopes := comparison.Scopes.Appeared; len(scopes) > 0 {
		note(counted(len(scopes), "new scope") + ": " + strings.Join(scopes, ", "))
	}
	if scopes := comparison.Scopes.Gone; len(scopes) > 0 {
		note(counted(len(scopes), "scope") + " gone: " + strings.Join(scopes, ", "))
	}
	if count := comparison.NotCompared; count > 0 {
		note(fmt.Sprintf("%s without a counterpart in the other report", counted(count, "exchange")))
	}
	if printed {
		t.line("")
	}
}

func (t Text) group(one group) {
	first := one.checks[0]
	title := strings.ToUpper(words[one.kind])
	if !one.regression() && (one.kind == NewlySkipped || one.kind == Gone) {
		title += " (no regression)"
	}
	evidence := Evidence{Requirement: one.requirement}
	if len(first.Evidence) > 0 {
		evidence = first.Evidence[0]
	}
	t.headline(one.kind, title, evidence)
	shown := one.checks[:min(len(one.checks), shownChecks)]
	if one.kind == Gone || one.kind == Appeared || one.kind == StillFailing {
		shown = shown[:min(len(shown), 1)]
	}
	for _, change := range shown {
		t.line("")
		t.paragraph("  ", lipgloss.NewStyle(), change.ID+": "+change.Title)
		for index, piece := range change.Evidence {
			t.evidence(piece, index > 0)
		}
	}
	if rest := one.checks[len(shown):]; len(rest) > 0 {
		names := make([]string, len(rest))
		for i, change := range rest {
			names[i] = change.ID
		}
		t.line("")
		t.paragraph("  ", lipgloss.NewStyle(), fmt.Sprintf("and %d more: %s", len(rest), firstOf(names)))
	}
	t.line("")
}

// firstOf names the first of many.
func firstOf(names []string) string {
	text := strings.Join(names[:min(len(names), shownNames)], ", ")
	if len(names) > shownNames {
		text += ", …"
	}
	return text
}

func (t Text) headline(kind Kind, title string, evidence Evidence) {
	t.line("%s %s %s", colours[kind].Render(title), bold.Render(printable(evidence.Requirement)), faint.Render("("+printable(cmp.Or(string(evidence.Level), "unknown"))+")"))
	if evidence.Statement != "" {
		t.paragraph("  ", lipgloss.NewStyle(), evidence.Statement)
	}
}

// evidence prints what both reports show. A requirement that is not in the
// headline is named.
func (t Text) evidence(one Evidence, named bool) {
	if named {
		t.paragraph("    ", lipgloss.NewStyle(), one.Requirement)
	}
	t.piece("    was   ", one.Old, answerIn(one.New))
	t.piece("    now   ", one.New, answerIn(one.Old))
	for _, difference := range one.differing() {
		t.paragraph("    differs in ", lipgloss.NewStyle(), difference)
	}
	for _, piece := range []*Piece{one.New, one.Old} {
		if piece != nil && piece.Answer != nil {
			t.line("    %s", faint.Render(printable(piece.Answer.Curl)))
			return
		}
	}
}

// piece prints what one report shows; other is the answer in the other one.
func (t Text) piece(label string, piece *Piece, other *Answer) {
	if piece == nil {
		t.paragraph(label, lipgloss.NewStyle(), "not in this report")
		return
	}
	t.paragraph(label, lipgloss.NewStyle(), PieceText(*piece))
	if piece.Answer != nil {
		t.paragraph(strings.Repeat(" ", len(label)), lipgloss.NewStyle(), AnswerText(*piece.Answer, other))
	}
}

// PieceText says a verdict with want and got, or with the reason.
func PieceText(piece Piece) string {
	text := string(piece.Verdict)
	if piece.Want != "" || piece.Got != "" {
		text += ": want " + piece.Want + ", got " + piece.Got
	}
	if piece.Count > 1 {
		text += fmt.Sprintf(" (in %d exchanges)", piece.Count)
	}
	if piece.Reason != "" {
		text += ": " + piece.Reason
	}
	if piece.Flag != "" {
		text += "; give " + piece.Flag
	}
	return cut(text, longestText)
}

// AnswerText says an answer in one line: status, headers that matter, shape,
// number. Where other has another value of a header, a long one is cut around
// what differs; other may be nil.
func AnswerText(answer Answer, other *Answer) string {
	parts, others := []string{answer.status()}, map[string]string{}
	if other != nil {
		others = other.Header
	}
	for _, name := range ComparedHeaders() {
		if value, has := answer.Header[name]; has {
			parts = append(parts, name+": "+around(value, others[name], longestHeader))
		}
	}
	if answer.Status != 0 {
		parts = append(parts, "body "+answer.Shape)
	}
	return cut(strings.Join(parts, "; "), longestText) + fmt.Sprintf(" (exchange %d)", answer.Exchange)
}

func (t Text) requirement(change RequirementChange) {
	t.headline(change.Kind, strings.ToUpper(words[change.Kind]), Evidence{Requirement: change.ID, Level: change.Level, Statement: change.Statement})
	t.paragraph("    was   ", lipgloss.NewStyle(), VerdictText(string(change.Old), change.OldReason))
	t.paragraph("    now   ", lipgloss.NewStyle(), VerdictText(string(change.New), change.NewReason))
	t.line("")
}

// VerdictText says a verdict and why.
func VerdictText(verdict, reason string) string {
	text := cmp.Or(verdict, "not in this report")
	if reason != "" {
		text += ": " + reason
	}
	return cut(text, longestText)
}

func (t Text) answers(groups []answerGroup) {
	for _, one := range groups[:min(len(groups), shownAnswers)] {
		t.line("%s in %s", colours[ChangedVerdict].Render("CHANGED ANSWER"), counted(len(one.answers), "exchange"))
		for _, difference := range one.differences {
			t.paragraph("  ", lipgloss.NewStyle(), cut(difference.Shown(), longestText))
		}
		first := one.answers[0]
		t.line("")
		t.paragraph("  ", lipgloss.NewStyle(), first.Check+": "+first.New.Purpose)
		t.paragraph("    was   ", lipgloss.NewStyle(), AnswerText(first.Old, &first.New))
		t.paragraph("    now   ", lipgloss.NewStyle(), AnswerText(first.New, &first.Old))
		t.line("    %s", faint.Render(printable(first.New.Curl)))
		if others := one.checks()[1:]; len(others) > 0 {
			t.line("")
			t.paragraph("  ", lipgloss.NewStyle(), fmt.Sprintf("and in %d more: %s", len(others), firstOf(others)))
		}
		t.line("")
	}
	if rest := len(groups) - shownAnswers; rest > 0 {
		t.paragraph("", lipgloss.NewStyle(), fmt.Sprintf("and answers that changed in %s, which --report json=FILE has", counted(rest, "other way")))
		t.line("")
	}
}

func (t Text) line(format string, arguments ...any) {
	fmt.Fprintln(t.Out, strings.TrimRight(fmt.Sprintf(format, arguments...), " "))
}

// paragraph prints a text in a style, wrapped under its label.
func (t Text) paragraph(label string, style lipgloss.Style, text string) {
	// Ids are broken where the text would not fit, and not at their hyphens.
	const unbreakable = "\u2011"
	whole := strings.ReplaceAll(printable(text), "-", unbreakable)
	wrapped := ansi.Wrap(whole, max(20, t.Width-len(label)), "")
	for index, line := range strings.Split(strings.ReplaceAll(wrapped, unbreakable, "-"), "\n") {
		prefix := label
		if index > 0 {
			prefix = strings.Repeat(" ", len(label))
		}
		t.line("%s%s", prefix, style.Render(line))
	}
}

// printable shows control characters instead of obeying them, in one line.
func printable(text string) string {
	return safe(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(text))
}
