package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// longestText is the length in bytes from which a note is cut.
const longestText = 200

// notes are what was found, each once, in the order of the table.
type notes struct {
	texts []string
	// reasons are those of the programs, by the number of the note.
	reasons map[int][]string
}

// of gives the numbers of the notes for a check.
func (n *notes) of(one judged, check result.Check) []int {
	var numbers []int
	for _, finding := range check.Findings {
		numbers = append(numbers, n.number(fmt.Sprintf("%s: want %s, got %s.", markdown.Code(finding.Requirement),
			markdown.Words(text.Cut(finding.Want, longestText)), markdown.Words(text.Cut(finding.Got, longestText)))))
	}
	if check.Verdict == result.Skip {
		numbers = append(numbers, n.number(whySkipped(check)))
	}
	if reason := one.reasons[check.ID]; reason != "" && len(check.Findings) > 0 {
		n.explain(numbers[0], one.name+": "+reason)
	}
	slices.Sort(numbers)
	return numbers
}

// whySkipped says what could not be judged.
func whySkipped(check result.Check) string {
	if check.Reason != "" || len(check.Call.Untested) == 0 {
		return "Not judged: " + markdown.Words(check.Reason) + "."
	}
	first := check.Call.Untested[0]
	return fmt.Sprintf("%s was not judged: %s.", markdown.Code(first.Requirement), markdown.Words(first.Reason))
}

// number is that of a note, new or not, from 1.
func (n *notes) number(text string) int {
	for i, known := range n.texts {
		if known == text {
			return i + 1
		}
	}
	n.texts = append(n.texts, text)
	return len(n.texts)
}

func (n *notes) explain(number int, reason string) {
	if n.reasons == nil {
		n.reasons = map[int][]string{}
	}
	n.reasons[number] = append(n.reasons[number], markdown.Words(reason))
}

func (n *notes) write(page *strings.Builder) {
	if len(n.texts) == 0 {
		return
	}
	page.WriteString("\n### Notes\n\n")
	for i, text := range n.texts {
		line := append([]string{text}, n.reasons[i+1]...)
		fmt.Fprintf(page, "%d. %s\n", i+1, strings.Join(line, " "))
	}
}
