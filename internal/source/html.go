package source

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hiddenElements are elements whose content no browser shows.
var hiddenElements = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true}

// inLine are the elements that do not break a line.
var inLine = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true,
	atom.Kbd: true, atom.Mark: true, atom.S: true, atom.Small: true, atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true,
	atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}

// lists are the elements that hold a list, and endOfList is what stands where one
// ends in the text of a page: whatever follows is no entry of it.
var lists = map[atom.Atom]bool{atom.Ul: true, atom.Ol: true, atom.Dl: true, atom.Table: true}

const endOfList = "\f"

// pageContent is what is read of a page in HTML.
type pageContent struct {
	// shown is the text, one block a line.
	shown string
	// list is the list of JSON that the site puts into a script.
	list string
	// links are the addresses that links lead to.
	links []string
}

// contentOfHTML reads a page token by token, so that elements may be nested as
// deep as they like.
func contentOfHTML(page []byte) (content pageContent) {
	var lines, script strings.Builder
	tokens := html.NewTokenizer(bytes.NewReader(page))
	tokens.SetMaxBuf(MaximumLength)
	var hidden atom.Atom
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			content.shown = lines.String()
			return content
		}
		token := tokens.Token()
		switch {
		case hidden != 0 && kind == html.EndTagToken && token.DataAtom == hidden:
			if text := strings.TrimSpace(script.String()); hidden == atom.Script && strings.HasPrefix(text, attachmentStart) {
				content.list = text
			}
			hidden = 0
			script.Reset()
		case hidden != 0 && kind == html.TextToken:
			script.WriteString(token.Data)
		case hidden != 0:
		case kind == html.TextToken:
			lines.WriteString(token.Data)
		case kind == html.StartTagToken && hiddenElements[token.DataAtom]:
			hidden = token.DataAtom
		case kind == html.StartTagToken || kind == html.EndTagToken || kind == html.SelfClosingTagToken:
			switch {
			case token.DataAtom == atom.Td || token.DataAtom == atom.Th:
				lines.WriteString(" | ")
			case !inLine[token.DataAtom]:
				lines.WriteByte('\n')
			}
			if kind == html.EndTagToken && lists[token.DataAtom] {
				lines.WriteString(endOfList + "\n")
			}
			for _, attribute := range token.Attr {
				if attribute.Key == "href" {
					content.links = append(content.links, attribute.Val)
				}
			}
		}
	}
}

// zeros are the digits 0 of the scripts in which a page may write a day.
var zeros = []rune{'\u0660', '\u06f0', '\u0966', '\u09e6', '\uff10'}

// plainCharacters removes the marks of writing direction that pages in Hebrew or
// Arabic have around code, and writes spaces and digits in ASCII.
func plainCharacters(text string) string {
	return strings.Map(func(character rune) rune {
		switch {
		case character < 0x80:
			return character
		case unicode.Is(unicode.Cf, character):
			return -1
		case unicode.Is(unicode.Zs, character):
			return ' '
		}
		for _, zero := range zeros {
			if character >= zero && character <= zero+9 {
				return '0' + character - zero
			}
		}
		return character
	}, text)
}

// attachmentStart begins the list of JSON that a page of the site carries after
// its text.
const attachmentStart = "[null,null,["

// attachment is what is read of that list: the line with the day of the last
// change, the page's summary of itself, and the whole page as Markdown, in
// English.
type attachment struct {
	line     string
	summary  []string
	markdown string
}

// readAttachment finds out what the texts of the list are.
func readAttachment(texts []string) attachment {
	var found attachment
	for _, text := range texts {
		switch {
		case pageRequest().MatchString(text):
			found.markdown = text
		case strings.HasPrefix(text, "<"):
			found.summary = append(found.summary, oneLine(contentOfHTML([]byte(text)).shown))
		case found.line == "":
			found.line = text
		}
	}
	return found
}

// textsIn collects the texts of a list of JSON and of the lists in it. A list that
// is cut short gives nothing: it repeats the page before it.
func textsIn(list string) (texts []string) {
	var value any
	if json.Unmarshal([]byte(strings.TrimSpace(list)), &value) != nil {
		return nil
	}
	// The reader of JSON has bounded how deep they are.
	var collect func(any)
	collect = func(value any) {
		switch value := value.(type) {
		case string:
			texts = append(texts, plainCharacters(value))
		case []any:
			for _, element := range value {
				collect(element)
			}
		}
	}
	collect(value)
	return texts
}
