package diff

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/text"
)

const (
	// shownChecks is how many checks of one kind and requirement, and shownResponses
	// how many groups of changed responses, are shown with their evidence; the rest
	// is named or counted, and the JSON form has all.
	shownChecks, shownResponses = 3, 8
	// shownNames is how many names of a list, and shownWords how many words that
	// went out of one or came, are shown.
	shownNames, shownWords = 12, 3
	// shownDifferences is how many differences of two responses are shown beside the
	// evidence of a check.
	shownDifferences = 5
	// longestText is the length from which what a server said is cut for a person,
	// and longestHeader the same for one header among others.
	longestText, longestHeader = 400, 100
	// longestSide is the length in bytes from which one side of a difference is cut
	// around what differs, and lead how much of that stands before it.
	longestSide, lead = 150, 40
)

// words name each kind of change.
var words = map[Kind]string{
	NewlyFailing: "newly failing", NewlyErroring: "newly not judged for an error", NewlySkipped: "no longer judged", Gone: "gone",
	StillFailing: "still failing", ChangedVerdict: "with another verdict", NewlyPassing: "newly passing", Appeared: "new",
}

// Summary gives a comparison in one line: "regression: 1 check newly failing".
func Summary(comparison Comparison) string {
	beginning := "no change"
	switch {
	case comparison.Regresses():
		beginning = "regression"
	case comparison.Changes():
		beginning = "changed, no regression"
	}
	counts := comparison.Counts()
	count := func(kinds map[Kind]int, thing string) []string {
		var parts []string
		for _, kind := range Kinds() {
			if kinds[kind] > 0 {
				parts = append(parts, text.Counted(kinds[kind], thing)+" "+words[kind])
			}
		}
		return parts
	}
	parts := count(counts.Checks, "check")
	if len(parts) == 0 {
		// A requirement can change where no check does.
		parts = count(counts.Requirements, "requirement")
	}
	if counts.Responses > 0 {
		parts = append(parts, text.Counted(counts.Responses, "changed response"))
	}
	if len(parts) == 0 {
		return beginning
	}
	return beginning + ": " + strings.Join(parts, ", ")
}

// section is a part of a comparison, as text and Markdown show it: the changes
// of one kind that concern one requirement, or responses that changed alike.
type section struct {
	kind                                Kind
	title, requirement, level, sentence string
	// differs says what all entries have in common.
	differs []string
	entries []entry
	// more names what is not shown.
	more string
}

// entry is a check, or the response to one of its requests.
type entry struct {
	name     string
	rows     []row
	commands [2]string
}

// row is both sides of one requirement, a line for the verdict and one for the
// response.
type row struct {
	label    string
	was, now []string
	differs  []string
}

// sections lists everything that changed, worst first.
func (c Comparison) sections() []section {
	var all []section
	type group struct {
		kind        Kind
		requirement string
	}
	at, hidden := map[group]int{}, map[group][]string{}
	for _, change := range c.Checks {
		first := Evidence{}
		if len(change.Evidence) > 0 {
			first = change.Evidence[0]
		}
		key := group{change.Kind, first.Requirement}
		if _, known := at[key]; !known {
			at[key] = len(all)
			all = append(all, section{kind: change.Kind, title: words[change.Kind], requirement: first.Requirement,
				level: cmp.Or(string(first.Level), "unknown"), sentence: first.Statement})
			if !c.regression(change.Kind, first.Requirement) && (change.Kind == NewlySkipped || change.Kind == Gone) {
				all[at[key]].title += " (no regression)"
			}
		}
		one, shown := &all[at[key]], shownChecks
		if change.Kind == Gone || change.Kind == Appeared || change.Kind == StillFailing {
			shown = 1
		}
		if len(one.entries) < shown {
			one.entries = append(one.entries, entryOf(change))
		} else {
			hidden[key] = append(hidden[key], change.ID)
			one.more = fmt.Sprintf("and %d more: %s", len(hidden[key]), firstOf(hidden[key]))
		}
	}
	for _, change := range c.Requirements {
		// Otherwise a changed check of the same kind has it.
		if !slices.ContainsFunc(c.Checks, func(check CheckChange) bool {
			return check.Kind == change.Kind && slices.Contains(change.Checks, check.ID)
		}) {
			all = append(all, section{kind: change.Kind, title: words[change.Kind], requirement: change.ID, level: string(change.Level), sentence: change.Statement,
				entries: []entry{{rows: []row{{was: []string{verdictText(string(change.Old), change.OldReason)}, now: []string{verdictText(string(change.New), change.NewReason)}}}}}})
		}
	}
	return append(all, c.responseSections()...)
}

func (c Comparison) regression(kind Kind, requirement string) bool {
	return slices.ContainsFunc(c.Checks, func(change CheckChange) bool {
		return change.Kind == kind && change.Regression && (len(change.Evidence) == 0 || change.Evidence[0].Requirement == requirement)
	})
}

// responseSections puts the responses together that changed in the same way.
func (c Comparison) responseSections() []section {
	at, groups := map[string]int{}, [][]ResponseChange{}
	for _, change := range c.Responses {
		var key strings.Builder
		for _, difference := range change.Differences {
			key.WriteString(difference.String() + "\n")
		}
		if _, known := at[key.String()]; !known {
			at[key.String()] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[key.String()]] = append(groups[at[key.String()]], change)
	}
	var all []section
	for _, group := range groups[:min(len(groups), shownResponses)] {
		first := group[0]
		one := section{kind: ChangedVerdict, title: "changed response in " + text.Counted(len(group), "exchange"), entries: []entry{{
			name: first.Check + ": " + first.New.Purpose, commands: [2]string{first.Old.Curl, first.New.Curl},
			rows: []row{{was: []string{responseText(first.Old, &first.New)}, now: []string{responseText(first.New, &first.Old)}}}}}}
		for _, difference := range first.Differences {
			one.differs = append(one.differs, text.Cut(difference.Shown(), longestText))
		}
		var others []string
		for _, change := range group {
			if change.Check != first.Check && !slices.Contains(others, change.Check) {
				others = append(others, change.Check)
			}
		}
		if len(others) > 0 {
			one.more = fmt.Sprintf("and in %d more: %s", len(others), firstOf(others))
		}
		all = append(all, one)
	}
	if rest := len(groups) - shownResponses; rest > 0 {
		all[len(all)-1].more += fmt.Sprintf("\nand responses that changed in %s, which --report json=FILE has", text.Counted(rest, "other way"))
	}
	return all
}

func entryOf(change CheckChange) entry {
	made := entry{name: change.ID + ": " + change.Title}
	for i, one := range change.Evidence {
		old, new := responseIn(one.Old), responseIn(one.New)
		row := row{was: pieceText(one.Old, new), now: pieceText(one.New, old)}
		if i > 0 {
			row.label = one.Requirement
		}
		if old != nil && new != nil {
			for _, difference := range differences(*old, *new) {
				if difference.What != "status" { // Both sides show it.
					row.differs = append(row.differs, text.Cut(difference.Shown(), longestText))
				}
			}
		}
		if rest := len(row.differs) - shownDifferences; rest > 0 {
			row.differs = append(row.differs[:shownDifferences], fmt.Sprintf("and %d more", rest))
		}
		made.rows = append(made.rows, row)
		if old != nil {
			made.commands[0] = old.Curl
		}
		if new != nil {
			made.commands[1] = new.Curl
		}
	}
	return made
}

func responseIn(piece *Piece) *Response {
	if piece == nil {
		return nil
	}
	return piece.Response
}

// firstOf names the first of many.
func firstOf(names []string) string {
	if len(names) <= shownNames {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:shownNames], ", ") + ", …"
}

// pieceText gives a verdict with want and got, or with the reason, and the
// response that shows it; other is the response in the other report.
func pieceText(piece *Piece, other *Response) []string {
	if piece == nil {
		return []string{"not in this report"}
	}
	words := string(piece.Verdict)
	if piece.Want != "" || piece.Got != "" {
		words += ": want " + piece.Want + ", got " + piece.Got
	}
	if piece.Count > 1 {
		words += fmt.Sprintf(" (in %d exchanges)", piece.Count)
	}
	if piece.Reason != "" {
		words += ": " + piece.Reason
	}
	if piece.Flag != "" {
		words += "; give " + piece.Flag
	}
	lines := []string{text.Cut(words, longestText)}
	if piece.Response != nil {
		lines = append(lines, responseText(*piece.Response, other))
	}
	return lines
}

// responseText gives a response in one line: status, headers that matter, shape,
// number. Where other has another value of a header, a long one is cut around
// what differs.
func responseText(response Response, other *Response) string {
	parts, others := []string{response.status()}, map[string]string{}
	if other != nil {
		others = other.Header
	}
	for _, name := range comparedHeaders {
		if value, has := response.Header[name]; has {
			parts = append(parts, name+": "+around(value, others[name], longestHeader))
		}
	}
	if response.Status != 0 {
		parts = append(parts, "body "+response.Shape)
	}
	return text.Cut(strings.Join(parts, "; "), longestText) + fmt.Sprintf(" (exchange %d)", response.Exchange)
}

func verdictText(verdict, reason string) string {
	words := cmp.Or(verdict, "not in this report")
	if reason != "" {
		words += ": " + reason
	}
	return text.Cut(words, longestText)
}

// remarks say what the two runs differ in beside the target, and which scopes
// came or went.
func (c Comparison) remarks() (labels []string, values [][]string) {
	add := func(label string, words ...string) { labels, values = append(labels, label), append(values, words) }
	for _, caveat := range c.Caveats {
		add(caveat.beginning(), caveat.Old, caveat.New)
	}
	if scopes := c.Scopes.Appeared; len(scopes) > 0 {
		add(text.Counted(len(scopes), "new scope")+": ", strings.Join(scopes, ", "))
	}
	if scopes := c.Scopes.Gone; len(scopes) > 0 {
		add(text.Counted(len(scopes), "scope")+" gone: ", strings.Join(scopes, ", "))
	}
	if c.NotCompared > 0 {
		add(text.Counted(c.NotCompared, "exchange") + " without a counterpart in the other report")
	}
	return labels, values
}

// scopePrefix begins the scopes of Google's OAuth 2.0; for a person the rest is
// enough.
const scopePrefix = "https://www.googleapis.com/auth/"

// Shown gives a difference in one line for a person: of a header that lists words
// those that went and came, of another long value what stands around the first
// byte that differs.
func (d Difference) Shown() string {
	if d.Old != "" && d.New != "" && slices.Contains(comparedHeaders, d.What) {
		if change := headerChange(d.What, d.Old, d.New); change != "" {
			return d.What + ": " + change
		}
	}
	short := d
	short.Old, short.New = around(d.Old, d.New, longestSide), around(d.New, d.Old, longestSide)
	return short.String()
}

// parameter is one of a header, such as scope="a b" of a challenge.
// Source: RFC 9110, section 11.2
var parameter = regexp.MustCompile(`([A-Za-z0-9_.-]+)="((?:[^"\\]|\\.)*)"`)

// headerChange says what went and came in the lists of a header; nothing where
// something else differs too.
func headerChange(name, old, new string) string {
	if name == "Allow" {
		return listChange(strings.Split(old, ", "), strings.Split(new, ", "))
	}
	was, now := parameter.FindAllStringSubmatch(old, -1), parameter.FindAllStringSubmatch(new, -1)
	if parameter.ReplaceAllString(old, `$1=""`) != parameter.ReplaceAllString(new, `$1=""`) || len(was) != len(now) {
		return ""
	}
	var changes []string
	for i := range was {
		if was[i][2] == now[i][2] {
			continue
		}
		change := ""
		if strings.ContainsRune(was[i][2]+now[i][2], ' ') {
			change = listChange(strings.Fields(was[i][2]), strings.Fields(now[i][2]))
		}
		changes = append(changes, was[i][1]+" "+cmp.Or(change, around(was[i][2], now[i][2], longestSide)+" → "+around(now[i][2], was[i][2], longestSide)))
	}
	return strings.Join(changes, "; ")
}

// listChange says which words of a list went and which came; nothing where they
// are the same.
func listChange(old, new []string) string {
	var parts []string
	for _, one := range []struct {
		word  string
		words []string
	}{{"without ", without(old, new)}, {"with ", without(new, old)}} {
		var shown []string
		for _, word := range one.words[:min(len(one.words), shownWords)] {
			shown = append(shown, text.Cut(strings.TrimPrefix(word, scopePrefix), longestHeader))
		}
		if len(shown) == 0 {
			continue
		}
		part := one.word + strings.Join(shown, ", ")
		if rest := len(one.words) - shownWords; rest > 0 {
			part += fmt.Sprintf(" …and %d more", rest)
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 && len(old) == len(new) {
		return "in another order"
	}
	return strings.Join(parts, ", ")
}

// around cuts a long text so that what differs from the other one is seen.
func around(words, other string, longest int) string {
	if len(words) <= longest {
		return words
	}
	at := 0
	for at < min(len(words), len(other)) && words[at] == other[at] {
		at++
	}
	if at == len(words) {
		at = 0
	}
	start := max(0, min(at-lead, len(words)-longest))
	for start > 0 && !utf8.RuneStart(words[start]) {
		start--
	}
	cut := text.Cut(words[start:], longest)
	if start > 0 {
		cut = "…" + cut
	}
	return cut
}
