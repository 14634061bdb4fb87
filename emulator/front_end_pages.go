package emulator

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// unknownPathPage is the front end's answer to a path that no method has. It is
// a page and no error object: the request has not reached a method.
func unknownPathPage(c *call) *answer {
	return newPage(http.StatusNotFound, fmt.Sprintf("The requested URL %s was not found on this server.", c.line.path))
}

// otherMethodPage is the front end's answer to another HTTP method than those
// that a path has: 405 with the allowed ones (RFC 9110, 15.5.6).
func otherMethodPage(c *call, allowed []string) *answer {
	page := newPage(http.StatusMethodNotAllowed,
		fmt.Sprintf("The request method %s is inappropriate for the URL %s.", c.line.method, c.line.path))
	page.header.Set("Allow", strings.Join(allowed, ", "))
	return page
}

func newPage(status int, text string) *answer {
	title := fmt.Sprintf("Error %d (%s)", status, http.StatusText(status))
	return &answer{
		kind: frontEndPage, status: status,
		header: http.Header{
			"Content-Type":    {"text/html; charset=UTF-8"},
			"Referrer-Policy": {"no-referrer"},
		},
		body: fmt.Appendf(nil, "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>%s</title>\n<p>%s\n</html>\n",
			title, html.EscapeString(strings.ToValidUTF8(text, "?"))),
	}
}
