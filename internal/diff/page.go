package diff

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	// shownChecks is how many checks of one section, and shownResponses how many
	// groups of changed responses, are shown with their evidence; the rest is named
	// or counted, and the JSON form has all.
	shownChecks, shownResponses = 3, 8
	// shownNames is how many names of a list are shown, shownWords how many words
	// of a header, and shownDifferences how many differences of two responses.
	shownNames, shownWords, shownDifferences = 12, 3, 5
	// longestText is the length in characters to which what a server said is cut,
	// longestHeader that of one header among others, and longestSide the length in
	// bytes to which a header is shown whole where it differs.
	longestText, longestHeader, longestSide = 400, 100, 150
)

// kindWords name each kind of change, and its colour is of the 16 that every
// terminal has.
var kindWords = map[kind]struct {
	words  string
	colour lipgloss.Style
}{
	newlyFailing:   {"newly failing", lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true)},
	newlyErroring:  {"newly in error", lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true)},
	newlySkipped:   {"newly skipped", lipgloss.NewStyle().Foreground(lipgloss.Cyan)},
	gone:           {"gone", lipgloss.NewStyle().Foreground(lipgloss.Cyan)},
	stillFailing:   {"still failing", lipgloss.NewStyle().Foreground(lipgloss.Red)},
	changedVerdict: {"with a different verdict", lipgloss.NewStyle().Foreground(lipgloss.Yellow)},
	newlyPassing:   {"newly passing", lipgloss.NewStyle().Foreground(lipgloss.Green)},
	appeared:       {"new", lipgloss.NewStyle().Foreground(lipgloss.Blue)},
}

// summary gives a comparison in one line.
func summary(c Comparison) string {
	beginning := "no change"
	if c.Regression {
		beginning = "regression"
	} else if c.Changed {
		beginning = "changed, no regression"
	}
	rest := c.parts(false)
	if c.Counts.Responses > 0 {
		rest = append(rest, text.Counted(c.Counts.Responses, "changed response"))
	}
	if c.Regression {
		beginning += ": " + strings.Join(c.parts(true), ", ")
		if len(rest) > 0 {
			beginning += "; no regression"
		}
	}
	return strings.TrimSuffix(beginning+": "+strings.Join(rest, ", "), ": ")
}

// line is one line of a comparison as text and Markdown show it.
type line struct {
	// label says what the words are: one of the labels below, which have a form of
	// their own, or what stands before them.
	label, words string
	// kind and about, a requirement, are those of a heading.
	kind  kind
	about string
}

const (
	heading   = "heading" // Of changes of one kind that concern one requirement, or of responses that changed alike.
	plain     = ""        // Our words, or those of the description.
	name      = "name"    // Of a check, or of one of its exchanges.
	was, now  = "was", "now"
	with      = "response" // That shows the line before it.
	differsIn = "differs in"
	command   = "command"
	rerun     = "rerun"
)

// lines give the two runs, why they may differ, and everything that changed, worst
// first.
func (c Comparison) lines() []line {
	var all []line
	add := func(label, words string) { all = append(all, line{label: label, words: words}) }
	again := func(scenario string) []line {
		if c.New.Client == nil {
			return nil
		}
		return []line{{label: rerun, words: "the same client command with --scenario " + scenario}}
	}
	add("old", c.Old.text())
	add("new", c.New.text())
	for _, one := range c.Caveats {
		add(one.label(), one.Old+" → "+one.New)
	}
	if scopes := c.Scopes.Appeared; len(scopes) > 0 {
		add(text.Counted(len(scopes), "new scope"), strings.Join(scopes, ", "))
	}
	if scopes := c.Scopes.Gone; len(scopes) > 0 {
		add(text.Counted(len(scopes), "scope")+" gone", strings.Join(scopes, ", "))
	}
	if c.NotCompared > 0 {
		add(plain, text.Counted(c.NotCompared, "request")+" sent in only one of the two runs, and not compared")
	}
	for _, group := range c.grouped() {
		all = append(all, group.lines(again)...)
	}
	groups := text.Grouped(c.Responses, func(change responseChange) string {
		return fmt.Sprintf("%q %t", change.Differences, len(jobDifference(change.Old, change.New)) > 0)
	})
	for _, group := range groups[:min(len(groups), shownResponses)] {
		first, others := group[0], []string{}
		all = append(all, line{heading, "changed response in " + text.Counted(len(group), "exchange"), changedVerdict, ""})
		for _, difference := range first.Differences {
			add(differsIn, difference.text())
		}
		add(name, first.Check+": "+first.New.Purpose)
		add(was, first.Old.text())
		add(now, first.New.text())
		for _, difference := range jobDifference(first.Old, first.New) {
			add(differsIn, difference.text())
		}
		if first.New.Curl != "" {
			add(command, first.New.Curl)
		}
		all = append(all, again(first.Check)...)
		for _, change := range group {
			if change.Check != first.Check {
				others = append(others, change.Check)
			}
		}
		where := "check"
		if c.New.Client != nil {
			where = "scenario"
		}
		names := without(others, nil)
		all = append(all, more("and in "+text.Counted(len(group)-1, "more exchange")+", also of "+text.Counted(len(names), "other "+where), names)...)
	}
	if rest := len(groups) - shownResponses; rest > 0 {
		add(name, text.Counted(rest, "other difference")+" between responses: see --report json=FILE")
	}
	return all
}

// words name the kind of a change.
func (c change) words() string {
	switch {
	case c.Kind == newlySkipped && tested(c.New):
		return kindWords[c.Kind].words + " in part"
	case c.Kind == changedVerdict && c.New == result.UnexpectedPass:
		return "passing unexpectedly"
	}
	return kindWords[c.Kind].words
}

// title names the kind of a change, and that it is no regression where one might
// think so.
func (c change) title() string {
	if !c.Regression && (c.Kind == newlySkipped || c.Kind == gone) {
		return c.words() + " (no regression)"
	}
	return c.words()
}

// why says what a title does not: that something is skipped only in part, and why it
// is a regression or not.
func (c change) why() []line {
	var words []string
	if c.Kind == newlySkipped && tested(c.New) {
		words = append(words, "It is still tested, but in fewer places than before.")
	}
	switch {
	case c.Kind == newlySkipped && !c.Regression:
		words = append(words, "A skip is a regression only if what it would test is documented.")
	case c.Kind == gone && c.Regression:
		words = append(words, "The old run tested something documented here that the new run does not.")
	case c.Kind == gone:
		words = append(words, "What is gone is a regression only if it is documented and was tested, and the description is the same.")
	}
	if len(words) == 0 {
		return nil
	}
	return []line{{label: plain, words: strings.Join(words, " ")}}
}

// more names what is not shown.
func more(what string, names []string) []line {
	if len(names) == 0 {
		return nil
	}
	words := what + ": " + strings.Join(names[:min(len(names), shownNames)], ", ")
	if len(names) > shownNames {
		words += ", …"
	}
	return []line{{label: name, words: words}}
}

// lines give a changed check with the evidence of both reports.
func (c checkChange) lines() []line {
	all, curl := []line{{label: name, words: c.ID + ": " + c.Title}}, ""
	add := func(label, words string) { all = append(all, line{label: label, words: words}) }
	var before, shown [2]*response
	for i, one := range c.Evidence {
		if i > 0 {
			add("requirement", one.Requirement)
		}
		before, shown = shown, [2]*response{}
		for i, side := range []*observed{one.Old, one.New} {
			label := []string{was, now}[i]
			if side == nil {
				add(label, verdictText("", c.absent))
				continue
			}
			add(label, side.text())
			if shown[i] = side.Response; shown[i] != nil && shown[i] != before[i] {
				add(with, shown[i].text())
				curl = shown[i].Curl
			}
		}
		if shown[0] == nil || shown[1] == nil || shown == before {
			continue
		}
		found := differences(shown[0], shown[1])
		if len(found) > 0 {
			found = append(jobDifference(shown[0], shown[1]), found...)
		}
		for _, difference := range found[:min(len(found), shownDifferences)] {
			add(differsIn, difference.text())
		}
		if rest := len(found) - shownDifferences; rest > 0 {
			add(differsIn, fmt.Sprintf("%d more", rest))
		}
	}
	if curl != "" {
		add(command, curl)
	}
	return all
}

// text says which run a report is of.
func (s side) text() string {
	return fmt.Sprintf("%s: %s, %s: %s", s.File, s.where(), day(s.Started), s.Conclusion)
}

// text gives a verdict with want and got, or with the reason and what would help.
func (o *observed) text() string {
	said, reason := string(o.Verdict), o.Reason
	if o.Want != "" || o.Got != "" {
		said += ": want " + o.Want + ", got " + o.Got
	}
	if o.Count > 1 {
		said += fmt.Sprintf(" (in %d exchanges)", o.Count)
	}
	if o.Flag != "" {
		reason += "; give " + o.Flag
	}
	return verdictText(said, reason)
}

func verdictText(verdict, reason string) string {
	said := cmp.Or(verdict, "not in this report")
	if reason != "" {
		said += ": " + reason
	}
	return said
}

// text gives a response in one line: status, headers that matter, shape, number.
func (r *response) text() string {
	parts := []string{r.status()}
	for _, name := range comparedHeaders {
		if value, has := r.Header[name]; has {
			parts = append(parts, name+": "+text.Cut(value, longestHeader))
		}
	}
	if r.Status != 0 {
		parts = append(parts, "body "+r.Shape)
	}
	return text.Cut(strings.Join(parts, "; "), longestText-len(" (exchange 1234)")) + fmt.Sprintf(" (exchange %d)", r.Exchange)
}

// text gives a difference in one line. Of long headers it names the words that
// only one of them has.
func (d difference) text() string {
	words := func(value string) []string {
		return strings.FieldsFunc(value, func(character rune) bool { return strings.ContainsRune(` ,;"/?&=`, character) })
	}
	what, change := d.What, d.Old+" → "+d.New
	if d.Place != "" {
		what += " at " + d.Place
	}
	switch {
	case d.Old == "":
		change = "added, " + text.Cut(d.New, longestSide)
	case d.New == "":
		change = "removed, was " + text.Cut(d.Old, longestSide)
	case what != "body" && max(len(d.Old), len(d.New)) > longestSide:
		change = strings.TrimPrefix(wordList(", without", without(words(d.Old), words(d.New)))+wordList(", with", without(words(d.New), words(d.Old))), ", ")
		change = cmp.Or(change, "in a different order")
	}
	return what + ": " + change
}

func wordList(beginning string, words []string) string {
	var shown []string
	for _, word := range words[:min(len(words), shownWords)] {
		shown = append(shown, text.Cut(word, longestHeader))
	}
	switch rest := len(words) - shownWords; {
	case len(shown) == 0:
		return ""
	case rest > 0:
		return fmt.Sprintf("%s %s …and %d more", beginning, strings.Join(shown, ", "), rest)
	}
	return beginning + " " + strings.Join(shown, ", ")
}

// WriteText prints a comparison for a person, wrapped to a number of columns,
// between its summary and its summary with the exit code.
func WriteText(out io.Writer, columns int, c Comparison, failOn FailOn) {
	bold, faint := lipgloss.NewStyle().Bold(true), lipgloss.NewStyle().Faint(true)
	printer := text.Printer{Out: out, Width: columns}
	strong := func(words string) {
		for _, line := range text.Wrap(words, columns) {
			printer.Printf("%s\n", bold.Render(line))
		}
	}
	strong(c.Summary)
	printer.Printf("\n")
	for _, one := range c.lines() {
		words := text.Line(text.Cut(one.words, longestText))
		switch one.label {
		case heading:
			headline := "\n" + kindWords[one.kind].colour.Render(strings.ToUpper(words))
			if one.about != "" {
				headline += " " + bold.Render(text.Line(one.about))
			}
			printer.Printf("%s\n", headline)
		case plain:
			printer.Paragraph("  ", words)
		case name:
			printer.Printf("\n")
			printer.Paragraph("  ", words)
		case was, now:
			printer.Paragraph("    "+one.label+"   ", words)
		case with:
			printer.Paragraph("          ", words)
		case command:
			printer.Printf("    %s\n", faint.Render(strings.TrimRight(text.Line(one.words), " ")))
		case differsIn, rerun, "requirement":
			printer.Paragraph("    "+one.label+" ", words)
		default:
			printer.Paragraph("  "+one.label+": ", words)
		}
	}
	exit := 0
	if c.Fails(failOn) {
		exit = 1
	}
	printer.Printf("\n")
	strong(fmt.Sprintf("%s; exit %d", c.Summary, exit))
}

// WriteMarkdown writes a comparison for the summary page of a CI job. What
// servers said stands as code, so that nothing in it is taken for Markdown.
func WriteMarkdown(out io.Writer, c Comparison) error {
	var page strings.Builder
	print := func(format string, arguments ...any) { fmt.Fprintf(&page, format, arguments...) }
	code := func(words string) string { return text.MarkdownCode(text.Cut(words, longestText)) }
	print("## %s: %s\n\n", text.MarkdownWords(c.New.title), text.MarkdownWords(c.Summary))
	for _, one := range c.lines() {
		switch one.label {
		case heading:
			print("\n### %s", text.MarkdownWords(one.words))
			if one.about != "" {
				print(": %s", code(one.about))
			}
			print("\n\n")
		case plain:
			print("- %s\n", text.MarkdownWords(one.words))
		case name:
			print("\n%s\n\n", code(one.words))
		case command:
			print("\n%s", text.MarkdownBlock("sh", one.words))
		default:
			print("- %s: %s\n", text.MarkdownWords(one.label), code(one.words))
		}
	}
	_, err := io.WriteString(out, page.String())
	return err
}
