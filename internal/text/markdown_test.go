package text

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// rendered is a page as a reader of Markdown sees it: its text, and how often
// each element is in it. HTML that stands in the Markdown is obeyed, so it
// would be among the elements.
type rendered struct {
	text     string
	elements map[string]int
}

func render(t *testing.T, page string) rendered {
	t.Helper()
	var out bytes.Buffer
	reader := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough), goldmark.WithRendererOptions(html.WithUnsafe(), html.WithXHTML()))
	if err := reader.Convert([]byte(page), &out); err != nil {
		t.Fatal(err)
	}
	seen := rendered{elements: map[string]int{}}
	decoder := xml.NewDecoder(&out)
	decoder.Strict, decoder.Entity = false, xml.HTMLEntity
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			seen.text = text.String()
			return seen
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, page)
		}
		switch one := token.(type) {
		case xml.StartElement:
			seen.elements[one.Name.Local]++
		case xml.CharData:
			text.Write(one)
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Fatalf("%T in\n%s", one, page)
		}
	}
}

// hostile are texts that would be something else in Markdown.
var hostile = []string{
	"plain words", "a | b", "`x`", "``", "`", "a `` b ` c", "\\", "\\|", "a\\", "**bold** _it_ ~~gone~~", "<b>bold</b>", "<!-- x -->", "<script>alert(1)</script>",
	"&lt;", "&amp;", "a & b", "[link](http://evil.example)", "![image](http://evil.example/x.png)", "<http://evil.example>", "# heading", "- item", "1. item",
	"> quote", "| - |\n| - |", "line\nbreak", "line\r\nbreak", "a\n\n# b", "```\nfence\n```", "~~~\nfence", "@everybody", "#12", "$x$", "a\u2028b",
	"\x00\x1b[31mred", "\u202eright to left", "\xff\xfe", " leading and trailing ", "", " ", "|", "||", "`|`", "\\`", "|`", "`a", "a`", "---", "===", "\t", "]]>",
}

// seen is a text as it has to be seen in one line.
func seen(words string) string { return strings.Join(strings.Fields(Line(words)), " ") }

func FuzzTexts(f *testing.F) {
	for _, words := range hostile {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, text string) {
		row := "before\n\n| a | b |\n| --- | --- |\n| x" + MarkdownWords(text) + "x | " + MarkdownCode(text) + " |\n\nafter " + MarkdownWords(text) + " end\n"
		page := render(t, row)
		fields := func(text string) string { return strings.Join(strings.Fields(text), "") }
		want := "before" + "ab" + "x" + seen(text) + "x" + seen(text) + "after" + seen(text) + "end"
		if fields(page.text) != fields(want) {
			t.Errorf("%q is seen as\n%q, want\n%q", text, fields(page.text), fields(want))
		}
		for element, count := range map[string]int{"p": 2, "table": 1, "thead": 1, "tbody": 1, "tr": 2, "th": 2, "td": 2, "code": 1} {
			if page.elements[element] != count {
				t.Errorf("%q makes %d %s, want %d:\n%s", text, page.elements[element], element, count, row)
			}
		}
		if len(page.elements) != 8 {
			t.Errorf("%q makes %v", text, page.elements)
		}
		block := render(t, "before\n\n"+MarkdownBlock("sh", text)+"\nafter\n")
		if len(block.elements) != 3 || block.elements["pre"] != 1 || block.elements["p"] != 2 {
			t.Errorf("%q in a block makes %v", text, block.elements)
		}
	})
}

func TestABlockShowsItsLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"curl 'a'":        "```sh\ncurl 'a'\n```\n",
		"a\n```\nb":       "````sh\na\n```\nb\n````\n",
		"a\r\nb\n":        "```sh\na\nb\n```\n",
		"a\x1b[31m":       "```sh\na\\x1b[31m\n```\n",
		"a\n`````\n\n\nb": "``````sh\na\n`````\n\n\nb\n``````\n",
	} {
		if got := MarkdownBlock("sh", text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
