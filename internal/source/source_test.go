package source

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"
	"testing"

	encoding "golang.org/x/text/encoding/unicode"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// shipped is the method that most sources here are read for.
var shipped = sync.OnceValue(spec.MustLoadEmbedded)

// mustParse reads a source that must be understood.
func mustParse(t testing.TB, name, text string) *Source {
	t.Helper()
	read, err := Parse(spec.Description{Name: name, Text: []byte(text)}, shipped())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func scopeNames(read *Source) []string {
	var names []string
	for _, scope := range read.Scopes {
		names = append(names, scope.Name)
	}
	return names
}

// checkError checks that an error is one clear line.
func checkError(t testing.TB, what string, err error, says string) {
	t.Helper()
	var located *spec.Error
	if !errors.As(err, &located) || !strings.Contains(err.Error(), says) || strings.ContainsAny(err.Error(), "\n\r\x1b") {
		t.Errorf("%s: %T %q, want one line with %q", what, err, err, says)
	}
}

// pages returns every form of the page in every language, with all scopes of the
// description.
func pages(t testing.TB) map[string]string {
	var scopes []string
	for _, scope := range shipped().Scopes {
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
	t.Parallel()
	method := shipped()
	var scopes []string
	for _, scope := range method.Scopes {
		scopes = append(scopes, scope.Name)
	}
	sentences := mustParse(t, spec.Default().Name, string(spec.Default().Text)).Prose.Sentences
	for name, page := range pages(t) {
		read := mustParse(t, name, page)
		if date := map[bool]string{false: "2025-07-25"}[name == "en, Markdown"]; !slices.Equal(scopeNames(read), scopes) || read.Provenance.Date != date {
			t.Errorf("%s: of %q, %d scopes, want %d in the order of the description", name, read.Provenance.Date, len(read.Scopes), len(scopes))
		}
		_, response := read.Method.Success()
		got := fmt.Sprintln(read.Endpoint, read.Method.Method, read.Method.Path.Prefix, read.Method.Path.Suffix, read.Method.IDPattern,
			response["properties"], read.Method.Request["properties"])
		if want := fmt.Sprintln(method.Endpoint, method.Operation.Method, method.Operation.Path.Prefix, method.Operation.Path.Suffix, method.IDPattern,
			"map[archiveJobId:map[type:string]]", "map[]"); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if read.Speaks(StatesTopic) || !read.Speaks(ScopesTopic) || read.Provenance.Kind != Page {
			t.Errorf("%s: %+v", name, read.Provenance)
		}
		if strings.HasPrefix(name, "en") || name == "he, text" || name == "de, HTML with Markdown" {
			want := sentences
			if !read.Prose.Summary {
				want = want[:len(want)-4]
			}
			if got := read.Prose.Sentences; !slices.Equal(got, want) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// TestAPageMayBeSavedInOtherWays: in UTF-16, and with what Markdown or HTML
// escapes.
func TestAPageMayBeSavedInOtherWays(t *testing.T) {
	t.Parallel()
	for name, page := range pages(t) {
		want := scopeNames(mustParse(t, name, page))
		for _, order := range []encoding.Endianness{encoding.BigEndian, encoding.LittleEndian} {
			wide, err := encoding.UTF16(order, encoding.UseBOM).NewEncoder().String(page)
			if err != nil || !slices.Equal(scopeNames(mustParse(t, name, wide)), want) {
				t.Errorf("%s in UTF-16: %v", name, err)
			}
		}
	}
	page := pages(t)["en, Markdown"]
	escaped := strings.NewReplacer("`", "", "_", `\_`, "*}", `\*}`).Replace(page)
	for _, changed := range []string{escaped, strings.ReplaceAll(copyOf(page, 1, translated), "&", "&amp;")} {
		if got := mustParse(t, "escaped", changed); !slices.Equal(scopeNames(got), scopeNames(mustParse(t, "page", page))) {
			t.Errorf("%d scopes of\n%.2000s", len(got.Scopes), changed)
		}
	}
}

// TestACutSourceIsNeverAShorterList: wherever a source ends early, it is an error,
// or it says what the whole says.
func TestACutSourceIsNeverAShorterList(t *testing.T) {
	t.Parallel()
	// A cut description is validated against the schema of OpenAPI, which takes longest.
	cuts := map[string]int{"he, text": 300, "description": 12}
	sources := pages(t)
	sources["description"] = string(spec.Default().Text)
	for name, whole := range sources {
		want := mustParse(t, name, whole)
		for cut := 0; cut < len(whole); cut += max(1, len(whole)/cmp.Or(cuts[name], 100)) {
			read, err := Parse(spec.Description{Name: name, Text: []byte(whole[:cut])}, shipped())
			if err != nil {
				checkError(t, name, err, name)
			} else if !slices.Equal(scopeNames(read), scopeNames(want)) || read.Method.Path != want.Method.Path {
				t.Errorf("%s, cut at %d of %d: %d scopes of %d", name, cut, len(whole), len(read.Scopes), len(want.Scopes))
			}
		}
	}
}

// TestAScopeIsNotCut: what is not a scope is named whole.
func TestAScopeIsNotCut(t *testing.T) {
	t.Parallel()
	const scope = "https://www.googleapis.com/auth/dataportability.youtube.clips"
	parse := func(behind string) error {
		_, err := Parse(spec.Description{Name: "page", Text: []byte(strings.ReplaceAll(sourcetest.Page, scope, scope+behind))}, shipped())
		return err
	}
	for _, behind := range []string{"\u2026", "...", "\uff0e\uff0e", "\u3002", "\u00e9", "/more", "\uff0fmore", "%20", "#x"} {
		checkError(t, behind, parse(behind), "youtube.clips"+behind)
	}
	for _, behind := range []string{".", ",", ";", "`", "\u3001", " \u2026", ")"} {
		if err := parse(behind); err != nil {
			t.Errorf("%q: %v", behind, err)
		}
	}
}

// TestADayWithSlashesIsRead: as in French, where it alone says that the page is
// whole.
func TestADayWithSlashesIsRead(t *testing.T) {
	t.Parallel()
	page := "Retries a job.\n\nHTTP request\n\nPOST https://dataportability.googleapis.com/v1/{name=archiveJobs/*}:retry\n\n" +
		"{\n  \"archiveJobId\": string\n}\n\nhttps://www.googleapis.com/auth/dataportability.a.b\n\n"
	for written, want := range map[string]string{"Derni\u00e8re mise \u00e0 jour le 2026/06/01 (UTC).": "2026-06-01", "2026-06-02": "2026-06-02",
		"OAuth 2.0 2026/06/03": "2026-06-03", "OAuth 2.0 2026/13/03": ""} {
		if read := mustParse(t, "page", page+written+"\n"); read.Provenance.Date != want {
			t.Errorf("%q: %+v", written, read)
		}
	}
	_, err := Parse(spec.Description{Name: "page", Text: []byte(page)}, shipped())
	checkError(t, "a page without an end", err, "cut short")
}

func TestWhatIsNotUnderstoodSaysWhatWasLookedFor(t *testing.T) {
	t.Parallel()
	english := sourcetest.Languages[0]
	const scope = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	page := sourcetest.Text(english, scope)
	many := strings.Repeat("x", MaximumLength)
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
		{"a page without the response", strings.Replace(page, `"archiveJobId": string`, "", 1), "no response such as"},
		{"a response of no type", strings.Replace(page, `"archiveJobId": string`, `"archiveJobId": foo`, 1), "no response such as"},
		{"two requests", strings.Replace(page, english.More, english.More+"\nGET https://a.example/v1/{name=b/*}\n"+scope+"\nOAuth 2.0", 1), "two requests"},
		{"another method", strings.ReplaceAll(strings.ReplaceAll(page, ":retry", ":cancel"), "archiveJobs.retry", "archiveJobs.cancel"), "another method"},
		{"a method without a job", strings.ReplaceAll(page, "/{name=archiveJobs/*}:retry", "/portabilityArchive:initiate"), "another method"},
		{"the source of a page in text", "<pre>" + html.EscapeString("<p>"+sourcetest.Request+"</p>"+scope) + "</pre>", "give the page itself"},
		{"MHTML", "From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n--a\r\n" + page, "save the page as HTML"},
		{"a page that contradicts itself", strings.Replace(sourcetest.Page, "\n"+scope, "", 1), "contradicts itself"},
		{"a request that a terminal would obey", strings.ReplaceAll(page, ":retry", ":\x1b[2Jretry") + "\nGET https://a.example/v1/{b}\n" + scope + "\nOAuth 2.0", `\x1b[2J`},
		{"a number", "5", "POST https"},
		{"JSON", `{"a": 1}`, "discoveryVersion"},
		{"half of JSON", `{"discoveryVersion": "v1", "resources": {`, "cut short"},
		{"JSON of another type", `{"discoveryVersion": "v1", "resources": 5}`, "resources"},
		{"no method", `{"discoveryVersion": "v1", "resources": {}}`, "archiveJobs.retry"},
		{"Swagger", `{"swagger": "2.0"}`, "OpenAPI 3"},
		{"YAML", "openapi: [", "YAML"},
		{"no operation", "openapi: 3.1.0\ninfo: {title: a, version: \"1\"}\npaths: {}\n", "archiveJobs.retry"},
	} {
		_, err := Parse(spec.Description{Name: "some-source", Text: []byte(one.text)}, shipped())
		checkError(t, one.name, err, one.says)
		checkError(t, one.name, err, "some-source")
	}
}

// TestHostileSources: what is made to exhaust a reader is refused, soon enough
// that the test ends.
func TestHostileSources(t *testing.T) {
	t.Parallel()
	var aliases, references strings.Builder
	aliases.WriteString("openapi: 3.1.0\na0: &a0 [x]\n")
	references.WriteString(`{"discoveryVersion": "v1", "rootUrl": "https://x/", "resources": {"archiveJobs": {"methods": {"retry": {"id": "a.archiveJobs.retry", ` +
		`"httpMethod": "POST", "path": "v1/{+name}:retry", "parameters": {"name": {"location": "path", "pattern": "^archiveJobs/[^/]+$"}}, ` +
		`"response": {"$ref": "M0"}, "scopes": ["s"]}}}}, "auth": {"oauth2": {"scopes": {"s": {}}}}, "schemas": {`)
	schemas := "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /v1/a/{x}:retry:\n    post:\n      responses: {'200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/M0'}}}}}\ncomponents:\n  schemas:\n"
	const levels, width = 12, 12
	for level := range levels {
		fmt.Fprintf(&aliases, "a%d: &a%d [%s]\n", level+1, level+1, strings.Repeat(fmt.Sprintf("*a%d,", level), width))
		members := make([]string, width)
		for i := range members {
			members[i] = fmt.Sprintf(`"m%d": {"$ref": "M%d"}`, i, level+1)
		}
		fmt.Fprintf(&references, `"M%d": {"type": "object", "properties": {%s}}, `, level, strings.Join(members, ", "))
		schemas += fmt.Sprintf("    M%d: {type: object, properties: {%s}}\n", level, strings.ReplaceAll(strings.Join(members, ", "), `"M`, `"#/components/schemas/M`))
	}
	fmt.Fprintf(&references, `"M%d": {}}}`, levels)
	schemas += fmt.Sprintf("    M%d: {type: string}\n", levels)
	for name, text := range map[string]string{
		"aliases of aliases":            aliases.String(),
		"references of references":      references.String(),
		"references of OpenAPI":         schemas,
		"deep JSON":                     `{"discoveryVersion": ` + strings.Repeat("[", 200_000) + "}",
		"deep YAML":                     "openapi: " + strings.Repeat("[", 100_000),
		"deep YAML that is closed":      "openapi: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000),
		"deep HTML":                     strings.Repeat("<div>", 200_000),
		"deep HTML around a page":       strings.Repeat("<b><div>", 60_000) + sourcetest.Request + " https://www.googleapis.com/auth/",
		"an unclosed script":            "<script>" + strings.Repeat("[null,null,[", 100_000),
		"a deep message":                sourcetest.Request + strings.Repeat(`{"a":`, 100_000) + "https://www.googleapis.com/auth/a OAuth 2.0",
		"braces":                        sourcetest.Request + strings.Repeat(`{`, 400_000) + "https://www.googleapis.com/auth/a OAuth 2.0",
		"addresses in addresses":        sourcetest.Request + strings.Repeat("/https://a.example", 200_000) + " https://www.googleapis.com/auth/",
		"addresses side by side":        sourcetest.Request + strings.Repeat(" https://a.example/?u=https://www.googleapis.com/auth/", 20_000),
		"lines":                         sourcetest.Request + strings.Repeat("\n|---|\n", 100_000) + "https://www.googleapis.com/auth/a OAuth 2.0",
		"a deep list beside":            sourcetest.Request + " https://www.googleapis.com/auth/a\n[null,null,[" + strings.Repeat("[", 200_000),
		"a hundred thousand scopes":     `{"discoveryVersion": "v1"}` + strings.Repeat(" ", 7<<20) + "{",
		"an entity without an end":      "<p>&" + strings.Repeat("a", 1<<20),
		"an attribute without an end":   "<p a='" + strings.Repeat("a", 1<<20),
		"a reference that leads itself": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {$ref: '#/paths'}\n",
		"an alias that leads itself":    "openapi: 3.1.0\na: &a [*a]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(spec.Description{Name: "hostile", Text: []byte(text)}, shipped())
			checkError(t, name, err, "hostile")
		})
	}
}

// FuzzParse: every text is understood, with all that a method needs, or refused in
// one clear line.
func FuzzParse(f *testing.F) {
	for _, words := range sourcetest.Languages {
		f.Add([]byte(sourcetest.Text(words, "https://www.googleapis.com/auth/a.b", "https://www.googleapis.com/auth/c")))
		f.Add([]byte(sourcetest.HTML(words, "https://www.googleapis.com/auth/a.b", "https://www.googleapis.com/auth/c")))
	}
	for _, text := range []string{sourcetest.Page, sourcetest.Markdown(f), smallDiscovery, strings.ReplaceAll(smallDiscovery, "{+name}", "{name=archiveJobs/*}"),
		`{"discoveryVersion": null}`, foreignDescription} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := Parse(spec.Description{Name: "fuzzed", Text: text}, shipped())
		if err != nil {
			checkError(t, "fuzzed", err, "fuzzed")
		} else if len(read.Scopes) == 0 || !read.Method.Known() || len(read.Method.Responses) == 0 || read.Endpoint == "" || read.Provenance.Digest == "" {
			t.Errorf("understood without what a method needs: %+v", read)
		}
	})
}
