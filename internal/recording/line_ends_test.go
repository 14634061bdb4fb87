package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLineEndsDoNotChangeARecording: git and editors change them, and add a mark.
func TestLineEndsDoNotChangeARecording(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	wantAttributes := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(filepath.Join(folder, attributesFile)); err != nil || string(text) != want {
			t.Errorf("the attributes are %q, %v", text, err)
		}
	}
	wantAttributes(attributes)
	files := filesIn(t, folder)
	want := open(t, folder).Provenance().Cassettes
	for name, change := range map[string]func(string) string{
		"CRLF": func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") },
		"CR":   func(text string) string { return strings.ReplaceAll(text, "\n", "\r") },
		"mixed": func(text string) string {
			return strings.Replace(text, "\n", "\r\n", 3)
		},
		"a mark": func(text string) string { return "\ufeff" + text },
	} {
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(change(text)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := open(t, folder).Provenance().Cassettes; len(got) != 1 || got[0] != want[0] {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, attributesFile), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	wantAttributes("mine")
}
