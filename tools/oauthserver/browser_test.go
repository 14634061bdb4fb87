//go:build external

package oauthserver

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser is a person with a browser: it follows redirects, keeps cookies, and
// fills the forms of the server in.
type browser struct {
	t      *testing.T
	client *http.Client
	// declines says that the person does not consent.
	declines bool
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar}}
}

var (
	formAction  = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// mostForms is how many forms a login has at the most.
const mostForms = 5

// logIn opens the address and gives the page that the person sees in the end,
// with its address.
func (b *browser) logIn(address string) (page, end string) {
	b.t.Helper()
	page, end = b.read(b.client.Get(address))
	for range mostForms {
		form := formAction.FindStringSubmatch(page)
		if form == nil {
			return page, end
		}
		action, values := html.UnescapeString(form[1]), url.Values{"login": {"somebody"}, "password": {"of no use"}}
		for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
			values.Set(field[1], html.UnescapeString(field[2]))
		}
		if b.declines {
			page, end = b.read(b.client.Get(action + "/abort"))
			continue
		}
		page, end = b.read(b.client.PostForm(action, values))
	}
	b.t.Fatalf("there is no end of forms: %s", page)
	return "", ""
}

func (b *browser) read(response *http.Response, err error) (page, end string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if response.StatusCode >= http.StatusInternalServerError || strings.Contains(string(text), "SessionNotFound") {
		b.t.Fatalf("%s", fmt.Sprintf("%s: %s\n%s", response.Request.URL.Path, response.Status, text))
	}
	return string(text), response.Request.URL.String()
}
