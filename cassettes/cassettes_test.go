package cassettes_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/recorder"
)

func TestTheEmbeddedRecordingIsWhole(t *testing.T) {
	replay, err := recorder.OpenReplay(cassettes.Embedded(), recorder.ReplayOptions{Folder: "cassettes"})
	if err != nil {
		t.Fatal(err)
	}
	if replay.Provenance().IsGoogle {
		t.Error("the recording that is shipped claims to be Google's")
	}
}

// What a redactor would still change has no place in a file that is shipped.
// It knows the names that stand for tokens there.
func TestTheEmbeddedRecordingHoldsNoSecret(t *testing.T) {
	files, err := fs.Glob(cassettes.Embedded(), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	redactor := redact.NewRedactor(labels(t))
	for _, name := range files {
		data, err := fs.ReadFile(cassettes.Embedded(), name)
		if err != nil {
			t.Fatal(err)
		}
		for number, line := range bytes.Split(data, []byte("\n")) {
			if harmless := redactor.Text(string(line)); harmless != string(line) {
				t.Errorf("%s:%d: %s would become %s", name, number+1, line, harmless)
			}
		}
	}
}

// labels gives the names of tokens in the recording, each of which must say of
// itself that it is no token.
func labels(t *testing.T) map[string]string {
	t.Helper()
	replay, err := recorder.OpenReplay(cassettes.Embedded(), recorder.ReplayOptions{Folder: "cassettes"})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, label := range replay.Labels() {
		if !strings.HasPrefix(label, "dpconform-") {
			t.Errorf("%q may be a token", label)
		}
		names[label] = label
	}
	return names
}
