package spec

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// silent are elements whose content no browser shows.
var silent = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Head: false}

// inLine are the elements that do not break a line.
var inLine = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true,
	atom.Kbd: true, atom.Mark: true, atom.S: true, atom.Small: true, atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true,
	atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}

// textOfHTML gives the text of a page, one block a line, and the list of JSON
// that the site puts into a script beside it. It reads token by token, so that
// elements may stand in each other as deep as they like.
func textOfHTML(page []byte) (text, attachment string) {
	var lines, script strings.Builder
	tokens := html.NewTokenizer(bytes.NewReader(page))
	tokens.SetMaxBuf(MaximumSource)
	var hidden atom.Atom
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return lines.String(), attachment
		}
		token := tokens.Token()
		switch {
		case hidden != 0 && kind == html.EndTagToken && token.DataAtom == hidden:
			if list := strings.TrimSpace(script.String()); hidden == atom.Script && strings.HasPrefix(list, attachmentStart) {
				attachment = list
			}
			hidden = 0
			script.Reset()
		case hidden != 0 && kind == html.TextToken:
			script.WriteString(token.Data)
		case hidden != 0:
		case kind == html.TextToken:
			lines.WriteString(token.Data)
		case kind == html.StartTagToken && silent[token.DataAtom]:
			hidden = token.DataAtom
		case kind == html.StartTagToken || kind == html.EndTagToken || kind == html.SelfClosingTagToken:
			if !inLine[token.DataAtom] {
				lines.WriteByte('\n')
			}
		}
	}
}

// zeros are the digits 0 of the scripts in which a page may write a day.
var zeros = []rune{'\u0660', '\u06f0', '\u0966', '\u09e6', '\uff10'}

// plainCharacters takes out the marks of writing direction that pages in
// Hebrew or Arabic have around code, and writes spaces and digits as ASCII has
// them.
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
