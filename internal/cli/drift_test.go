package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/drift"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// laterPage is the page with one scope in the place of another.
func laterPage() string {
	return strings.ReplaceAll(sourcetest.Page, "dataportability.youtube.clips", "dataportability.youtube.cuts")
}

func TestDriftExitCodes(t *testing.T) {
	same, later := writeFile(t, "page.txt", sourcetest.Page), writeFile(t, "later.txt", laterPage())
	reworded := writeFile(t, "reworded.txt", strings.ReplaceAll(sourcetest.Page, "The request body must be empty.", "The request body is to be empty."))
	for _, one := range []struct {
		name      string
		arguments []string
		exit      int
	}{
		{"no drift", []string{"--against", same}, result.ExitConforms},
		{"drift", []string{"--against", later}, result.ExitFails},
		{"a breaking one", []string{"--against", later, "--fail-on", "breaking"}, result.ExitFails},
		{"of words", []string{"--against", reworded}, result.ExitConforms},
		{"of words that count", []string{"--against", reworded, "--fail-on", "documentation"}, result.ExitFails},
		{"from another source", []string{"--from", later, "--against", later}, result.ExitConforms},
	} {
		got := call(t, append([]string{"drift"}, one.arguments...)...)
		if got.exit != one.exit || got.complaints != "" {
			t.Errorf("%s: exit %d, want %d\n%s%s", one.name, got.exit, one.exit, got.output, got.complaints)
		}
	}
}

func TestDriftReportsWhatChanged(t *testing.T) {
	later := writeFile(t, "later.txt", laterPage())
	got := callOn(t, 80, "drift", "--against", later)
	for _, want := range []string{"revision 2025-07-25", "- breaking", "youtube.clips", "+ compatible", "youtube.cuts", "touches retry.authorization.scope",
		"not compared: ", "drift: 1 breaking, 1 compatible", "next: dpconform spec print"} {
		if !strings.Contains(got.output, want) {
			t.Errorf("the output has no %q:\n%s", want, got.output)
		}
	}
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	call(t, "drift", "--against", later, "--report", "json="+file("a.json"), "--report", "markdown="+file("a.md"), "--report", "text="+file("a.txt"))
	for name, want := range map[string]string{"a.json": `"drifts": true`, "a.md": "### breaking", "a.txt": "drift: 1 breaking"} {
		text, err := os.ReadFile(file(name))
		if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), "\x1b") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	var read drift.Comparison
	if got := call(t, "drift", "--against", later, "--report", "json=-"); json.Unmarshal([]byte(got.raw), &read) != nil || len(read.Changes) != 2 || got.output != "" {
		t.Errorf("%s", got.raw)
	}
}

func TestDriftOfAnAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/page" {
			fmt.Fprint(writer, sourcetest.Page)
			return
		}
		http.NotFound(writer, request)
	}))
	defer server.Close()
	if got := call(t, "drift", "--against", server.URL+"/page"); got.exit != result.ExitConforms || !strings.Contains(got.output, server.URL) {
		t.Errorf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
	got := call(t, "drift", "--against", server.URL+"/gone?key=secret-key")
	if got.exit != result.ExitUnreachable || strings.Count(got.complaints, "\n") != 1 || !strings.Contains(got.complaints, "404") || strings.Contains(got.complaints, "secret") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}

// TestBadSourcesAreOneClearLine: exit 2, and no report of an empty source.
func TestBadSourcesAreOneClearLine(t *testing.T) {
	page := writeFile(t, "page.txt", sourcetest.Page)
	cut := writeFile(t, "cut.txt", sourcetest.Page[:4000])
	broken := writeFile(t, "broken.yaml", "openapi: 3.1.0\n")
	login := writeFile(t, "login.html", "<html><body>Sign in</body></html>")
	huge := filepath.Join(t.TempDir(), "huge")
	if file, err := os.Create(huge); err != nil || file.Truncate(100<<20) != nil || file.Close() != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		name      string
		arguments []string
		says      string
	}{
		{"nothing to compare", []string{"drift"}, "--against SOURCE"},
		{"no file", []string{"drift", "--against", "no-such-file"}, "no-such-file: no such file"},
		{"a cut page", []string{"drift", "--against", cut}, "cut short"},
		{"a page to sign in", []string{"drift", "--against", login}, "looked for"},
		{"100 MiB", []string{"drift", "--against", huge}, "8 MiB"},
		{"both from standard input", []string{"drift", "--against", "-", "--from", "-"}, "standard input"},
		{"another class", []string{"drift", "--against", page, "--fail-on", "braking"}, "did you mean breaking?"},
		{"another format", []string{"drift", "--against", page, "--report", "html=x"}, "text, json or markdown"},
		{"a report over a source", []string{"drift", "--against", page, "--report", "text=" + page}, "one of the sources"},
		{"another scheme", []string{"drift", "--against", "ftp://x/y"}, "http or https"},
		{"a credential", []string{"drift", "--against", "https://user:secret-word@127.0.0.1/"}, "credential"},
		{"a description that is none", []string{"drift", "--from", broken, "--against", page}, broken + ":1"},
		{"no such command of spec", []string{"spec", "upgrade"}, "it must be one of print"},
	} {
		got := call(t, one.arguments...)
		if got.exit != result.ExitUsage || strings.Count(got.complaints, "\n") != 1 || !strings.Contains(got.complaints, one.says) || got.output+got.raw != "" ||
			strings.Contains(got.complaints, "secret") {
			t.Errorf("%s: exit %d: %q\n%s", one.name, got.exit, got.complaints, got.output)
		}
	}
}

func TestSpecPrintGivesTheBuiltInDescription(t *testing.T) {
	if got := call(t, "spec", "print"); got.exit != result.ExitConforms || got.raw != string(spec.Embedded().Text) {
		t.Errorf("exit %d, %d bytes", got.exit, len(got.raw))
	}
}
