package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEveryProgramIsThere: what make does not bring is in the repository, and the
// file that pins a library names its version.
func TestEveryProgramIsThere(t *testing.T) {
	for _, one := range programs {
		if one.pinned.file == "" {
			continue
		}
		found := regexp.MustCompile(one.pinned.pattern).FindStringSubmatch(read(t, one.folder, one.pinned.file))
		if found == nil || !regexp.MustCompile(`^v?\d+\.\d+\.\d+$`).MatchString(found[1]) {
			t.Errorf("%s pins no version of %s: %q", one.folder, one.library, found)
		}
	}
}

// TestTheNodeLockNamesNoRegistry: exact versions, a digest of each, no address.
func TestTheNodeLockNamesNoRegistry(t *testing.T) {
	var wanted struct{ Dependencies map[string]string }
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	for path, into := range map[string]any{"package.json": &wanted, "package-lock.json": &lock} {
		if err := json.Unmarshal([]byte(read(t, "node", path)), into); err != nil {
			t.Fatal(err)
		}
	}
	for name, version := range wanted.Dependencies {
		if locked := lock.Packages["node_modules/"+name].Version; locked != version {
			t.Errorf("%s is wanted as %q and locked as %q", name, version, locked)
		}
	}
	for name, one := range lock.Packages {
		if one.Resolved != "" || name != "" && one.Integrity == "" {
			t.Errorf("%s is locked with the address %q and the integrity %q", name, one.Resolved, one.Integrity)
		}
	}
}

// TestThePythonRequirementsHaveDigests: each is one version with digests.
func TestThePythonRequirementsHaveDigests(t *testing.T) {
	text := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(read(t, "python", "requirements.txt"), "")
	one := regexp.MustCompile(`^[a-z0-9-]+==\S+( --hash=sha256:[0-9a-f]{64})+$`)
	requirements := 0
	for line := range strings.Lines(regexp.MustCompile(`\\\n\s+`).ReplaceAllString(text, "")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if requirements++; !one.MatchString(line) {
			t.Errorf("not pinned: %.80s", line)
		}
	}
	if requirements == 0 {
		t.Error("there are no requirements")
	}
}

// TestTheJavaVersionsAreFixed: each dependency and plugin has one version, and
// comes from wherever a machine's Maven gets it.
func TestTheJavaVersionsAreFixed(t *testing.T) {
	text := read(t, "java", "pom.xml")
	for _, kind := range []string{"dependency", "plugin"} {
		found := regexp.MustCompile(`(?s)<`+kind+`>.*?</`+kind+`>`).FindAllString(text, -1)
		if len(found) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for _, one := range found {
			if !regexp.MustCompile(`<version>\d+(\.\d+)+</version>`).MatchString(one) {
				t.Errorf("no fixed version: %s", one)
			}
		}
	}
	if strings.Contains(text, "epositories>") {
		t.Error("pom.xml names a repository")
	}
}

// TestTheShellProgramIsClean: bash can read it.
func TestTheShellProgramIsClean(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("skipped clients/curl/retry: there is no bash")
	}
	if printed, err := exec.Command("bash", "-n", filepath.Join("curl", "retry")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
}
