package source

import (
	"slices"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
)

var (
	markdownLink  = text.Pattern(`\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*\)`)
	contentsEntry = text.Pattern(`^\s*[-*]\s+\[([^\[\]]+)\]\(#[^()\s]*\)\s*$`)
	tableRule     = text.Pattern(`^\s*\|?(?:\s*:?-{3,}:?\s*\|)+`)
	codeSpan      = text.Pattern("`+([^`]*)`+")
	blockOnLine   = text.Pattern("(?:```)?\\s*\\{[^{}]*\"[^{}]*\\}\\s*(?:```)?")
	// sentenceEnd is the end of a sentence in any script.
	sentenceEnd = text.Pattern(`[.!?:]["')]?(?:\s+|$)|[。！？।]["')]?\s*`)
)

// add takes paragraphs apart. What has no end of a sentence is a heading or a
// name, and left out.
func (p *Prose) add(paragraphs ...string) {
	for _, paragraph := range paragraphs {
		sentences, _ := splitSentences(paragraph)
		p.Sentences = append(p.Sentences, sentences...)
	}
}

// splitSentences returns the sentences of a paragraph, and the rest, which has no
// end of a sentence.
func splitSentences(paragraph string) (sentences []string, rest string) {
	start := 0
	for _, end := range sentenceEnd().FindAllStringSubmatchIndex(paragraph, -1) {
		next := strings.TrimSpace(paragraph[end[1]:])
		if next != "" && unicode.IsLower([]rune(next)[0]) {
			continue
		}
		if sentence := oneLine(paragraph[start:end[1]]); sentence != "" {
			sentences = append(sentences, sentence)
		}
		start = end[1]
	}
	return sentences, oneLine(paragraph[start:])
}

// openAPIProse takes the sentences of the reference page that a description lists,
// else what it says itself.
func openAPIProse(tested operation, read *Source) Prose {
	var prose Prose
	for _, sentence := range list(at(tested.members, extension.Page, "sentences")) {
		prose.add(oneLine(sentence))
	}
	if len(prose.Sentences) > 0 {
		prose.Whole, prose.Summary = true, true
		return prose
	}
	prose.add(proseOf(tested, read)...)
	return prose
}

// proseOf returns the descriptions of a method, of its parameters and of its
// response.
func proseOf(tested operation, read *Source) []string {
	texts := []string{oneLine(tested.members["description"])}
	for _, parameter := range tested.parameters() {
		texts = append(texts, oneLine(parameter["description"]))
	}
	_, response := read.Method.Success()
	return append(texts, describedTexts(response)...)
}

// describedTexts returns the description of a message and of its members, in the
// order of their names.
func describedTexts(schema map[string]any) []string {
	texts := []string{oneLine(schema["description"])}
	properties := mapping(schema["properties"])
	for _, name := range sortedKeys(properties) {
		texts = append(texts, oneLine(at(properties[name], "description")))
	}
	return texts
}

// paragraphs returns the text of the page between the description of the method
// and the end of the list of scopes, without what is in code.
func paragraphs(page rendering) []string {
	end := len(page.text)
	if newline := strings.IndexByte(page.text[page.end:], '\n'); newline >= 0 {
		end = page.end + newline
	}
	lines := strings.Split(page.text[:end], "\n")
	start := startOfProse(lines, strings.Count(page.text[:page.requestEnd], "\n"))
	var contents, found []string
	for index, line := range lines {
		if entry := contentsEntry().FindStringSubmatch(line); entry != nil {
			contents = append(contents, entry[1])
		}
		if index < start || contentsEntry().MatchString(line) || tableRule().MatchString(line) ||
			index+1 < len(lines) && tableRule().MatchString(lines[index+1]) || pageScope().MatchString(line) || pageRequest().MatchString(line) {
			continue
		}
		for cell := range strings.SplitSeq(line, "|") {
			found = append(found, proseOfCell(cell, contents))
		}
	}
	return slices.DeleteFunc(found, func(text string) bool { return text == "" })
}

// startOfProse returns the line with the description of the method, which is
// before the heading over the request.
func startOfProse(lines []string, request int) int {
	before := 0
	for index := min(request, len(lines)-1) - 1; index >= 0; index-- {
		if strings.TrimSpace(lines[index]) == "" {
			continue
		}
		if before++; before == 2 {
			return index
		}
	}
	return 0
}

// typesOnPage are the types that are in code before the description of a
// member.
var typesOnPage = text.Pattern("^`(?:string|boolean|integer|number|object|enum)[^`]*`\\s*")

// proseOfCell returns the words of one cell or paragraph.
func proseOfCell(text string, contents []string) string {
	text = typesOnPage().ReplaceAllString(strings.TrimSpace(text), "")
	text = blockOnLine().ReplaceAllString(text, "")
	text = markdownLink().ReplaceAllString(text, "$1")
	text = codeSpan().ReplaceAllString(text, "$1")
	text = oneLine(strings.TrimLeft(text, "#-* "))
	for _, heading := range contents {
		// In Markdown a heading may be in the line of its paragraph.
		if rest, found := strings.CutPrefix(text, heading); found && (rest == "" || rest[0] == ' ') {
			text = strings.TrimSpace(rest)
			break
		}
	}
	return text
}
