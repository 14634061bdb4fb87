package sourcetest

import (
	"embed"
	"regexp"
	"strings"
	"text/template"

	"github.com/pb33f/go-yaml"
)

// Words are the words of a page that a reader of it must not need: its headings
// and sentences in one language.
type Words struct {
	Language, Title, Description, Request, Transcoding, Path, Parameters, Name, Body, Empty, Response, ResponseText, Form, Fields, Field,
	Scopes, One, More, Updated string
}

//go:embed page
var files embed.FS

// Languages are the words of pages in several scripts, with other digits and
// from right to left, too.
var Languages = languages()

// Request is what the pages give as HTTP method and path.
var Request = regexp.MustCompile(`POST .*`).FindString(Text(Languages[0]))

func languages() (all []Words) {
	text, err := files.ReadFile("page/words.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &all)
	}
	if err != nil {
		panic(err)
	}
	return all
}

var templates = template.Must(template.ParseFS(files, "page/*.tmpl"))

func written(name string, words Words, scopes []string) string {
	var page strings.Builder
	err := templates.ExecuteTemplate(&page, name, struct {
		Words
		List []string
	}{words, scopes})
	if err != nil {
		panic(err)
	}
	return page.String()
}

// Text gives a page as a browser shows it.
func Text(words Words, scopes ...string) string { return written("page.txt.tmpl", words, scopes) }

// HTML gives a page with the elements that the site puts around its content:
// menus before it, a footer after it, scripts and styles in between.
func HTML(words Words, scopes ...string) string { return written("page.html.tmpl", words, scopes) }
