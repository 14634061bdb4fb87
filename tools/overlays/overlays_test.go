//go:build external

// Package overlays applies overlays with a third-party tool, and compares what
// comes of them with what dpconform makes.
package overlays

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/spec"
)

// tool is Speakeasy's openapi-overlay.
const tool = "github.com/speakeasy-api/openapi-overlay@v0.10.2"

// overlays are the shipped ones and one that does what else an overlay can do.
func overlays(t *testing.T) []string {
	files, err := filepath.Glob("../../spec/revisions/*.overlay.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: there is no shipped overlay", err)
	}
	return append(files, "testdata/every-action.overlay.yaml")
}

func TestAThirdPartyToolAppliesOverlaysAlike(t *testing.T) {
	if printed, err := exec.Command("go", "run", tool, "--help").CombinedOutput(); err != nil {
		t.Skipf("skipped openapi-overlay: go run %s: %v: %.300s", tool, err, printed)
	}
	description := spec.Default()
	folder := t.TempDir()
	input := filepath.Join(folder, "description.yaml")
	if err := os.WriteFile(input, description.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range overlays(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			overlay, err := spec.ReadDescription(file)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := description.WithOverlay(overlay)
			if err != nil {
				t.Fatal(err)
			}
			var complaints bytes.Buffer
			command := exec.Command("go", "run", tool, "apply", file, input)
			command.Stderr = &complaints
			printed, err := command.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, &complaints)
			}
			// Beside the shipped one, so that its sets of requirements are found.
			theirs := spec.Description{Name: description.Name, Text: printed}
			if !reflect.DeepEqual(values(t, printed), values(t, ours.Text)) {
				t.Error("the values differ")
			}
			if digest(t, theirs) != digest(t, ours) || digest(t, ours) == digest(t, description) {
				t.Errorf("the digest is %s, and %s by openapi-overlay", digest(t, ours), digest(t, theirs))
			}
		})
	}
}

func values(t *testing.T, text []byte) any {
	t.Helper()
	var read any
	if err := yaml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func digest(t *testing.T, description spec.Description) string {
	t.Helper()
	method, err := spec.Load(description)
	if err != nil {
		t.Fatal(err)
	}
	return method.Digest
}
