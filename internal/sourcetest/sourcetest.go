// Package sourcetest gives the sources of a method to tests: Google's reference
// page in several forms and languages, and the discovery documents of several
// dates.
package sourcetest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Page is the reference page of 2025-07-25 as a browser shows it in Hebrew. See
// page/ATTRIBUTION.md.
var Page = func() string {
	text, err := files.ReadFile("page/reference.he.txt")
	if err != nil {
		panic(err)
	}
	return string(text)
}()

// Markdown returns the page in the English Markdown that follows its text.
func Markdown(t testing.TB) string {
	t.Helper()
	_, list, found := strings.Cut(Page, "\n[null,null,")
	var parts []any
	if err := json.Unmarshal([]byte("["+list), &parts); !found || err != nil {
		t.Fatalf("the page has no list with its Markdown: %v", err)
	}
	text, _ := parts[len(parts)-1].([]any)
	markdown, _ := text[len(text)-1].(string)
	if !strings.Contains(markdown, "POST ") {
		t.Fatalf("the Markdown of the page is not where it was: %.80q", markdown)
	}
	return markdown
}

// moduleCache is where the go command keeps modules.
var moduleCache = sync.OnceValues(func() (string, error) {
	output, err := exec.Command("go", "env", "GOMODCACHE").Output()
	return strings.TrimSpace(string(output)), err
})

// Discovery returns the discovery document of the API's version ("v1", "v1beta")
// in a release of the module google.golang.org/api, which has those of each
// release's day. It downloads nothing: the test is skipped where the module cache
// does not have the release, which `make drift-sources` downloads.
func Discovery(t testing.TB, release, version string) string {
	t.Helper()
	return OtherDiscovery(t, release, "dataportability", version)
}

// OtherDiscovery returns the discovery document of another API.
func OtherDiscovery(t testing.TB, release, api, version string) string {
	t.Helper()
	cache, err := moduleCache()
	if err != nil {
		t.Skip("there is no go command: ", err)
	}
	folder := filepath.Join(cache, "google.golang.org", "api@"+release)
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("google.golang.org/api@%s is not in the module cache; make drift-sources downloads it", release)
	}
	text, err := os.ReadFile(filepath.Join(folder, api, version, api+"-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
