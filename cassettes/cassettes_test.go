package cassettes_test

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnaeon/go-vcr/v2/cassette"
	vcr "github.com/dnaeon/go-vcr/v2/recorder"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/internal/recording"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/spec"
)

// each tests the recording of each method.
func each(t *testing.T, test func(t *testing.T, method string, files fs.FS, replay *recording.Replay)) {
	for _, method := range spec.Shipped() {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			files, folder := cassettes.Embedded(method)
			replay, err := recording.Open(files, folder)
			if err != nil {
				t.Fatal(err)
			}
			test(t, method, files, replay)
		})
	}
}

// Every method whose description is shipped has cassettes, and no other.
func TestTheMethodsAreThoseOfTheShippedDescriptions(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("*/provenance.yaml")
	if err != nil || len(folders) != len(spec.Shipped()) {
		t.Errorf("%v, %v, and %v", folders, err, spec.Shipped())
	}
	for _, shipped := range spec.Shipped() {
		for method, want := range map[string]bool{shipped: true, "dataportability." + shipped: true, "x" + shipped: false, "": false} {
			if files, folder := cassettes.Embedded(method); (files != nil) != want {
				t.Errorf("%q: %s", method, folder)
			}
		}
	}
}

// go-vcr's own recorder replays each shipped cassette, with its default matcher,
// to a client that has the recorded endpoint as its base URL.
func TestGoVCRReplaysTheCassettes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, _ fs.FS, replay *recording.Replay) {
		provenance := replay.Provenance()
		for _, file := range provenance.Cassettes {
			name := method + "/" + strings.TrimSuffix(file.File, ".yaml")
			player, err := vcr.NewAsMode(name, vcr.ModeReplaying, nil)
			if err != nil {
				t.Fatal(err)
			}
			recorded, err := cassette.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			client := &http.Client{Transport: player, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			for i, interaction := range recorded.Interactions {
				path, isBelow := strings.CutPrefix(interaction.Request.URL, provenance.Endpoint)
				if !isBelow {
					t.Fatalf("%s is not below %s", interaction.Request.URL, provenance.Endpoint)
				}
				request, err := http.NewRequest(interaction.Request.Method, provenance.Endpoint+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				response, err := client.Do(request)
				if err != nil {
					t.Fatalf("%s, interaction %d: %v", name, i+1, err)
				}
				response.Body.Close()
				if response.StatusCode != interaction.Response.Code {
					t.Errorf("%s, interaction %d: %d instead of %d", name, i+1, response.StatusCode, interaction.Response.Code)
				}
			}
			if err := player.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestTheCassettesAreNotGoogles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, _ fs.FS, replay *recording.Replay) {
		if provenance := replay.Provenance(); provenance.Google || !provenance.Emulator {
			t.Errorf("%+v", provenance)
		}
	})
}

// What a redactor would still change has no place in a file that is shipped. It
// knows the names that replace tokens there.
func TestTheCassettesHoldNoSecret(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, recorded fs.FS, replay *recording.Replay) {
		names := map[string]string{}
		for _, name := range replay.TokenNames() {
			if !strings.HasPrefix(name, "dpconform-") {
				t.Errorf("%q may be a token", name)
			}
			names[name] = name
		}
		redactor := redact.NewRedactor(names)
		files, err := fs.Glob(recorded, "*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := fs.ReadFile(recorded, file)
			if err != nil {
				t.Fatal(err)
			}
			for number, line := range strings.Split(string(data), "\n") {
				if redacted := redactor.Text(line); redacted != line {
					t.Errorf("%s:%d: %s would become %s", file, number+1, line, redacted)
				}
			}
		}
	})
}
