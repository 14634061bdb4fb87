// Package html shows a report as one page for a browser. The page is a single
// file that needs no network and no script to be read, and it is made from the
// report alone, so that it can be made from its JSON form at any time.
//
// Whatever stands in a report is taken for the text of somebody else: it is
// escaped by html/template, control characters are shown and not obeyed, and
// only addresses of the web become links.
package html

import (
	"bytes"
	"embed"
	"github.com/dpconform/dpconform/internal/result"
	"html/template"
	"io"
	"sync"
)

//go:embed page.css page.js templates/*.gohtml
var files embed.FS

// templates are parsed at the first page: most commands make none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(files, "templates/*.gohtml"))
})

// Write writes the report as a page of HTML. It returns the errors of out, and
// writes nothing before the whole page is made.
func Write(out io.Writer, report result.Report) error {
	var page bytes.Buffer
	page.Grow(expectedBytes(report))
	if err := templates().ExecuteTemplate(&page, "page", pageOf(report)); err != nil {
		return err
	}
	_, err := out.Write(page.Bytes())
	return err
}

// expectedBytes is about how long the page becomes, in bytes.
func expectedBytes(report result.Report) int {
	const style, requirement, check, exchange = 64 << 10, 3 << 10, 1 << 10, 3 << 9
	return style + requirement*len(report.Requirements) + check*len(report.Checks) + exchange*len(report.Exchanges)
}
