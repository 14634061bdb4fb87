package diff

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/dpconform/dpconform/internal/result"
)

// challenge is a WWW-Authenticate with many scopes.
func challenge(words ...string) string {
	return `Bearer realm="https://accounts.example/", error="insufficient_scope", scope="` + scopePrefix + strings.Join(words, " "+scopePrefix) + `"`
}

// manyScopes are 40 scopes and some more.
func manyScopes(more ...string) []string {
	var all []string
	for i := range 40 {
		all = append(all, fmt.Sprintf("dataportability.kind%d.item", i))
	}
	return append(all, more...)
}

func TestADifferenceShowsWhatDiffers(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, one := range []struct{ what, old, new, want string }{
		{"WWW-Authenticate", challenge(manyScopes("dataportability.x")...), challenge(manyScopes("dataportability.y")...), "WWW-Authenticate: scope without dataportability.x, with dataportability.y"},
		{"WWW-Authenticate", challenge(manyScopes()...), challenge("a"), "WWW-Authenticate: scope without dataportability.kind0.item, dataportability.kind1.item, " +
			"dataportability.kind2.item …and 37 more, with a"},
		{"WWW-Authenticate", challenge("a", "b"), challenge("b", "a"), "WWW-Authenticate: scope in another order"},
		{"WWW-Authenticate", challenge("a"), strings.ReplaceAll(challenge("a", "b"), "insufficient", "no"), "WWW-Authenticate: error insufficient_scope → no_scope; scope with b"},
		{"WWW-Authenticate", `Bearer scope="a b"`, `Basic scope="a c"`, `WWW-Authenticate: Bearer scope="a b" → Basic scope="a c"`},
		{"Allow", "GET, POST", "GET, PUT", "Allow: without POST, with PUT"},
		{"Location", "http://x/" + long + "/old", "http://x/" + long + "/new", "Location: …" + long[:146] + "/old → …" + long[:146] + "/new"},
		{"Location", "old/" + long, "new/" + long, "Location: old/" + long[:146] + "… → new/" + long[:146] + "…"},
		{"Location", "", "x", "Location: new, x"},
		{"status", "400", "404", "status: 400 → 404"},
	} {
		if got := (Difference{What: one.what, Old: one.old, New: one.new}).Shown(); got != one.want {
			t.Errorf("%s\nwant %s", got, one.want)
		}
	}
}

// TestBothSidesOfALongHeaderDiffer: in text and Markdown, as evidence of a check
// and as a changed response.
func TestBothSidesOfALongHeaderDiffer(t *testing.T) {
	says := func(words []string) response {
		return response{403, map[string]string{"WWW-Authenticate": challenge(words...)}, `{"error":{"code":403}}`}
	}
	old, new := says(manyScopes("dataportability.went")), says(manyScopes("dataportability.came"))
	for name, comparison := range map[string]Comparison{
		"evidence": compare(judgedOnce(result.Pass, old), judgedOnce(result.Fail, new)),
		"response": compare(judgedOnce(result.Pass, old), judgedOnce(result.Pass, new)),
	} {
		var out strings.Builder
		Text{&out, 80}.Write(comparison, OnRegression)
		text := strings.Join(strings.Fields(ansi.Strip(out.String())), " ")
		var page bytes.Buffer
		if err := WriteMarkdown(&page, comparison); err != nil {
			t.Fatal(err)
		}
		for form, shown := range map[string]string{"text": text, "Markdown": page.String()} {
			if !strings.Contains(shown, "WWW-Authenticate: scope without dataportability.went, with dataportability.came") ||
				!strings.Contains(shown, `dataportability.went";`) || !strings.Contains(shown, `dataportability.came";`) {
				t.Errorf("%s in %s:\n%s", name, form, shown)
			}
		}
	}
}

func FuzzAround(f *testing.F) {
	f.Add("Bearer a=\"b c\"", "Bearer a=\"c\"", 5)
	f.Fuzz(func(t *testing.T, text, other string, longest int) {
		longest = max(4, longest%200)
		got := around(text, other, longest)
		if len(got) > longest+2*len("…") && len(text) > longest {
			t.Errorf("%q is %d bytes", got, len(got))
		}
		headerChange("WWW-Authenticate", text, other)
		headerChange("Allow", text, other)
	})
}
