package html

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"strings"
	"sync"
)

// head is what stands in every page alike: its style, its script, and the rule
// by which a browser runs and loads nothing else.
type head struct {
	Style, Script template.HTML
	// Policy is a Content-Security-Policy. Style and script are named by their
	// digests, so that one that came in with a report would not be obeyed.
	// Source: https://www.w3.org/TR/CSP3/#framework-directives
	Policy string
}

var headOfPages = sync.OnceValue(func() head {
	style, script := textOf("page.css"), textOf("page.js")
	return head{
		Style:  template.HTML("<style>" + style + "</style>"),
		Script: template.HTML("<script>" + script + "</script>"),
		Policy: strings.Join([]string{"default-src 'none'", "style-src " + digestOf(style), "script-src " + digestOf(script),
			"img-src data:", "base-uri 'none'", "form-action 'none'"}, "; "),
	}
})

// textOf is the text of an embedded file.
func textOf(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// digestOf names a style or a script as a policy does.
func digestOf(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
}
