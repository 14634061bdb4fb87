//go:build external

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// here is the platform of this machine.
func here(t *testing.T) platform {
	t.Helper()
	index := slices.IndexFunc(platforms, func(one platform) bool { return one.os == runtime.GOOS && one.arch == runtime.GOARCH })
	if index < 0 {
		t.Skip("no release is built for " + runtime.GOOS + "/" + runtime.GOARCH)
	}
	return platforms[index]
}

// built builds the release of this machine's platform, from a folder of source.
func built(t *testing.T, source string) (release, string) {
	t.Helper()
	made, err := newRelease(source)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "dist")
	if err := made.build(t.Context(), []platform{here(t)}, folder); err != nil {
		t.Fatal(err)
	}
	return made, folder
}

// run runs a command in a folder.
func run(t *testing.T, folder string, words ...string) string {
	t.Helper()
	printed, err := command(t, folder, words...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", words, err, printed)
	}
	return string(printed)
}

func command(t *testing.T, folder string, words ...string) *exec.Cmd {
	made := exec.CommandContext(context.WithoutCancel(t.Context()), words[0], words[1:]...)
	made.Dir, made.Env = folder, slices.DeleteFunc(os.Environ(), func(one string) bool { return strings.HasPrefix(one, "DPCONFORM_") })
	return made
}

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip("there is no " + tool)
	}
}

// TestRelease builds the release once, and installs what it consists of.
func TestRelease(t *testing.T) {
	made, folder := built(t, root)
	t.Run("twice the same", func(t *testing.T) { sameFromACopy(t, folder) })
	t.Run("sums", func(t *testing.T) { checkSums(t, folder) })
	t.Run("archive", func(t *testing.T) { runArchive(t, made, folder) })
	t.Run("bill", func(t *testing.T) { readBill(t, made, folder) })
	t.Run("wheel", func(t *testing.T) { installWheel(t, made, folder) })
	t.Run("npm", func(t *testing.T) { installPackages(t, made, folder) })
}

// sameFromACopy builds again, from the same source in another folder.
func sameFromACopy(t *testing.T, folder string) {
	source := t.TempDir()
	list := command(t, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	names, err := list.Output()
	if err != nil {
		t.Skip("not a git checkout, so its files are not known")
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(source, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, again := built(t, source)
	entries, _ := os.ReadDir(folder)
	for _, one := range entries {
		first, _ := os.ReadFile(filepath.Join(folder, one.Name()))
		second, err := os.ReadFile(filepath.Join(again, one.Name()))
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s differs: %v", one.Name(), err)
		}
	}
}

func checkSums(t *testing.T, folder string) {
	sums, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	if entries, _ := os.ReadDir(folder); len(lines) != len(entries)-1 || len(lines) != 5 {
		t.Errorf("%d sums of %d files", len(lines), len(entries))
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(content)) != sum {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// one finds the file that a pattern matches.
func one(t *testing.T, folder, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(folder, pattern))
	if len(found) != 1 {
		t.Fatalf("%d files match %s", len(found), pattern)
	}
	return found[0]
}

func runArchive(t *testing.T, made release, folder string) {
	need(t, "tar")
	into := t.TempDir()
	pattern := "dpconform_*.tar.gz"
	if runtime.GOOS == "windows" {
		pattern = "dpconform_*.zip" // bsdtar reads it
	}
	run(t, into, "tar", "-xf", one(t, folder, pattern))
	if printed := run(t, into, one(t, into, "*/"+here(t).program()), "--version"); !strings.Contains(printed, made.version) {
		t.Error(printed)
	}
}

func readBill(t *testing.T, made release, folder string) {
	content, err := os.ReadFile(one(t, folder, "*.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		BOMFormat, SpecVersion string
		Metadata               struct{ Component component }
		Components             []component
	}
	if err := json.Unmarshal(content, &bill); err != nil {
		t.Fatal(err)
	}
	named := func(name string) bool {
		return slices.ContainsFunc(bill.Components, func(one component) bool { return one.Name == name && one.Version != "" })
	}
	if bill.BOMFormat != "CycloneDX" || bill.Metadata.Component.Version != "v"+made.version || !named("std") || !named("github.com/pb33f/libopenapi") {
		t.Errorf("%.400s", content)
	}
}

// runFixture runs a fixture's tests over a client that is right and a broken one.
func runFixture(t *testing.T, project string, words ...string) {
	t.Helper()
	if printed := run(t, project, words...); !strings.Contains(printed, "pass") {
		t.Errorf("no test ran: %s", printed)
	}
	broken := command(t, project, words...)
	broken.Env = append(broken.Env, "BROKEN=1")
	if printed, err := broken.CombinedOutput(); err == nil || !strings.Contains(string(printed), "client.repeat.unknown-effect") {
		t.Errorf("the broken client: %v\n%s", err, printed)
	}
}

// installWheel installs the wheel into an empty environment, and uses the command and
// the plugin.
func installWheel(t *testing.T, made release, folder string) {
	need(t, "python3")
	project := t.TempDir()
	run(t, project, "python3", "-m", "venv", ".venv")
	scripts := filepath.Join(project, ".venv/bin")
	if runtime.GOOS == "windows" {
		scripts = filepath.Join(project, ".venv/Scripts")
	}
	python := filepath.Join(scripts, "python")
	run(t, project, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-index", "--no-deps", one(t, folder, "*.whl"))
	if printed := run(t, project, filepath.Join(scripts, "dpconform"), "--version"); !strings.Contains(printed, made.version) {
		t.Error(printed)
	}
	if printed, err := command(t, project, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "pytest==8.4.2").CombinedOutput(); err != nil {
		t.Skipf("pytest cannot be installed: %s", printed)
	}
	content, err := os.ReadFile(filepath.Join(root, "tools/fixtures/pytest/test_client.py"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "test_client.py"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	runFixture(t, project, python, "-m", "pytest", "-q")
	// A conftest.py that names the plugin, as one without the wheel has to, does no harm.
	if err := os.WriteFile(filepath.Join(project, "conftest.py"), []byte("pytest_plugins = [\"dpconform_pytest\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, project, python, "-m", "pytest", "-q", "--collect-only")
}

// installPackages installs the npm packages into an empty project without a
// registry, and uses the command and the fixture.
func installPackages(t *testing.T, made release, folder string) {
	need(t, "npm")
	project := t.TempDir()
	if err := os.WriteFile(filepath.Join(project, "package.json"), []byte(`{"private":true,"type":"module"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	node := here(t).node
	run(t, project, "npm", "install", "--offline", "--no-audit", "--no-fund", "--no-save", "--no-package-lock",
		filepath.Join(folder, "dpconform-"+made.version+".tgz"), filepath.Join(folder, "dpconform-"+node[0]+"-"+node[1]+"-"+made.version+".tgz"))
	if printed := run(t, project, "npx", "--offline", "dpconform", "--version"); !strings.Contains(printed, made.version) {
		t.Error(printed)
	}
	if err := command(t, project, "npx", "--offline", "dpconform", "run", "--no-such-flag").Run(); err == nil || !strings.Contains(err.Error(), "2") {
		t.Errorf("exit of a wrong flag: %v", err)
	}
	content, err := os.ReadFile(filepath.Join(root, "tools/fixtures/node/client.test.js"))
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ReplaceAll(content, []byte("'./dpconform.mjs'"), []byte("'dpconform'"))
	if err := os.WriteFile(filepath.Join(project, "client.test.js"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	runFixture(t, project, "node", "--test")
}
