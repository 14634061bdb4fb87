package oauthserver

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// TestTheServerIsPinned: package.json names an exact version, the lock the same
// one, and no registry.
func TestTheServerIsPinned(t *testing.T) {
	var wanted struct{ Dependencies map[string]string }
	readJSON(t, "package.json", &wanted)
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	readJSON(t, "package-lock.json", &lock)
	version := wanted.Dependencies["oidc-provider"]
	if locked := lock.Packages["node_modules/oidc-provider"].Version; !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) || locked != version {
		t.Errorf("wanted as %q and locked as %q", version, locked)
	}
	for name, one := range lock.Packages {
		if one.Resolved != "" || name != "" && one.Integrity == "" {
			t.Errorf("%s is locked with the address %q and the integrity %q", name, one.Resolved, one.Integrity)
		}
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}
