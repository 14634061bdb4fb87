package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
)

// surface reads a source that must be understood.
func surface(t testing.TB, name, text string) *Surface {
	t.Helper()
	read, err := ReadSurface(Description{Name: name, Text: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func namesOfScopes(read *Surface) []string {
	var names []string
	for _, scope := range read.Scopes {
		names = append(names, scope.Name)
	}
	return names
}

// samePage says what a page lacks of what the description has from it, or
// nothing.
func samePage(read *Surface) string {
	contract := MustLoadEmbedded()
	var scopes []string
	for _, scope := range contract.Scopes {
		scopes = append(scopes, scope.Name)
	}
	_, answer := read.Retry.Success()
	switch {
	case !slices.Equal(namesOfScopes(read), scopes):
		return fmt.Sprintf("%d scopes, want %d in the order of the description", len(read.Scopes), len(scopes))
	case read.Endpoint != contract.Endpoint:
		return "the address " + read.Endpoint
	case read.Retry.Method != contract.Retry.Method || read.Retry.Path.Prefix != contract.Retry.Path.Prefix || read.Retry.Path.Suffix != contract.Retry.Path.Suffix:
		return fmt.Sprintf("%s %s", read.Retry.Method, read.Retry.Path)
	case read.Retry.IDPattern != contract.IDPattern.String():
		return "the pattern " + read.Retry.IDPattern
	case textOf(mappingOf(mappingOf(answer["properties"])[contract.IDField])["type"]) != "string":
		return fmt.Sprintf("the answer %v", answer)
	case len(mappingOf(read.Retry.Request["properties"])) > 0:
		return fmt.Sprintf("the request %v", read.Retry.Request)
	}
	return ""
}

// pages gives every form of the page in every language, with all scopes of the
// description.
func pages(t testing.TB) map[string]string {
	var scopes []string
	for _, scope := range MustLoadEmbedded().Scopes {
		scopes = append(scopes, scope.Name)
	}
	forms := map[string]string{"he, text": sourcetest.Page, "en, Markdown": sourcetest.Markdown(t)}
	for _, words := range sourcetest.Languages {
		forms[words.Language+", text"] = sourcetest.Text(words, scopes...)
		forms[words.Language+", HTML"] = sourcetest.HTML(words, scopes...)
	}
	_, list, _ := strings.Cut(sourcetest.Page, "\n[null,null,")
	script := "<script type=\"application/json\">[null,null," + strings.ReplaceAll(list, "</", `<\/`) + "</script></body>"
	forms["de, HTML with Markdown"] = strings.Replace(forms["de, HTML"], "</body>", script, 1)
	return forms
}

func TestThePageIsReadInEveryFormAndLanguage(t *testing.T) {
	for name, text := range pages(t) {
		read := surface(t, name, text)
		if lack := samePage(read); lack != "" {
			t.Errorf("%s: %s", name, lack)
		}
		if want := map[bool]string{false: "2025-07-25"}[name == "en, Markdown"]; read.Provenance.Date != want {
			t.Errorf("%s: of %q, want %q", name, read.Provenance.Date, want)
		}
		if read.Speaks(StatesTopic) || !read.Speaks(ScopesTopic) || read.Provenance.Kind != PageSource {
			t.Errorf("%s: %+v", name, read.Provenance)
		}
	}
}

func TestThePageHasTheSentencesOfTheDescription(t *testing.T) {
	want := surface(t, EmbeddedName, embeddedText()).Prose.Sentences
	for _, name := range []string{"he, text", "de, HTML with Markdown", "en, Markdown", "en, text", "en, HTML"} {
		got := surface(t, name, pages(t)[name]).Prose
		expected := want
		if !got.Summary {
			expected = want[:len(want)-4]
		}
		if !slices.Equal(got.Sentences, expected) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got.Sentences, "\n"), strings.Join(expected, "\n"))
		}
	}
}

// TestACutSourceIsNeverAShorterList: wherever a source ends early, it is an error,
// or it says what the whole says.
func TestACutSourceIsNeverAShorterList(t *testing.T) {
	sources := pages(t)
	sources["description"] = embeddedText()
	for name, text := range sources {
		whole := surface(t, name, text)
		step := max(1, len(text)/100)
		switch {
		case name == "description":
			step = len(text) / 25
		case name == "he, text":
			step = len(text) / 300
		}
		if testing.Short() {
			step *= 20 // as sample does
		}
		understood := 0
		for cut := 0; cut < len(text); cut += step {
			read, err := ReadSurface(Description{Name: name, Text: []byte(text[:cut])})
			if err != nil {
				checkSourceError(t, err)
				continue
			}
			understood++
			if !slices.Equal(namesOfScopes(read), namesOfScopes(whole)) || read.Retry.Path != whole.Retry.Path {
				t.Errorf("%s, cut at %d of %d: %d scopes of %d", name, cut, len(text), len(read.Scopes), len(whole.Scopes))
			}
		}
		t.Logf("%s: understood at %d cuts", name, understood)
	}
}

// checkSourceError holds an error against what every one must be.
func checkSourceError(t testing.TB, err error) {
	t.Helper()
	var source *SourceError
	var description *DescriptionError
	if !errors.As(err, &source) && !errors.As(err, &description) {
		t.Errorf("an error of type %T: %v", err, err)
	}
	if strings.ContainsAny(err.Error(), "\n\r\x1b") || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("not one line: %q", err)
	}
}

func TestWhatIsNotUnderstoodSaysWhatWasLookedFor(t *testing.T) {
	english := sourcetest.Languages[0]
	const scope = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	page := sourcetest.Text(english, scope)
	many := strings.Repeat("x", MaximumSource)
	for _, one := range []struct{ name, text, says string }{
		{"nothing", "", "empty"},
		{"spaces", " \n\t ", "empty"},
		{"a NUL byte", page + "\x00", "NUL"},
		{"not UTF-8", page + "\xff", "UTF-8"},
		{"too long", many + "xx", "8 MiB"},
		{"prose", "Hello.", "POST https"},
		{"another page", "<html><title>Sign in</title><p>Sign in to continue", "POST https"},
		{"a page without scopes", sourcetest.Text(english), "OAuth scopes"},
		{"HTML without scopes", sourcetest.HTML(english), "OAuth scopes"},
		{"a page without the answer", strings.Replace(page, `"archiveJobId": string`, "", 1), "the answer"},
		{"an answer of no type", strings.Replace(page, `"archiveJobId": string`, `"archiveJobId": foo`, 1), "the answer"},
		{"two requests", strings.Replace(page, english.More, english.More+"\nGET https://a.example/v1/{name=b/*}\n"+scope+"\nOAuth 2.0", 1), "two requests"},
		{"another method", strings.ReplaceAll(strings.ReplaceAll(page, ":retry", ":cancel"), "archiveJobs.retry", "archiveJobs.cancel"), "another method"},
		{"a page that contradicts itself", strings.Replace(sourcetest.Page, "\n"+scope, "", 1), "contradicts itself"},
		{"a request that a terminal would obey", strings.ReplaceAll(page, ":retry", ":\x1b[2Jretry") + "\nGET https://a.example/v1/{b}\n" + scope + "\nOAuth 2.0", "\ufffd[2J"},
		{"a number", "5", "POST https"},
		{"JSON", `{"a": 1}`, "discoveryVersion"},
		{"half of JSON", `{"discoveryVersion": "v1", "resources": {`, "cut short"},
		{"JSON of another type", `{"discoveryVersion": "v1", "resources": 5}`, "resources"},
		{"no method", `{"discoveryVersion": "v1", "resources": {}}`, "archiveJobs.retry"},
		{"Swagger", `{"swagger": "2.0"}`, "OpenAPI 3"},
		{"YAML", "openapi: [", "YAML"},
		{"no operation", "openapi: 3.1.0\ninfo: {title: a, version: \"1\"}\npaths: {}\n", "archiveJobs.retry"},
	} {
		read, err := ReadSurface(Description{Name: "some-source", Text: []byte(one.text)})
		if err == nil {
			t.Errorf("%s: understood as %+v", one.name, read.Provenance)
			continue
		}
		checkSourceError(t, err)
		if !strings.Contains(err.Error(), one.says) || !strings.Contains(err.Error(), "some-source") {
			t.Errorf("%s: %s", one.name, err)
		}
	}
}
