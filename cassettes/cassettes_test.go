package cassettes_test

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/dnaeon/go-vcr/v2/cassette"
	vcr "github.com/dnaeon/go-vcr/v2/recorder"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/recorder"
)

func open(t *testing.T) *recorder.Replay {
	t.Helper()
	replay, err := recorder.Open(cassettes.Embedded(), "cassettes")
	if err != nil {
		t.Fatal(err)
	}
	return replay
}

// go-vcr's own recorder replays each shipped cassette, with its default matcher,
// to a client that has the recorded endpoint as its base URL.
func TestGoVCRReplaysTheCassettes(t *testing.T) {
	t.Parallel()
	provenance := open(t).Provenance()
	for _, file := range provenance.Cassettes {
		name := strings.TrimSuffix(file.File, ".yaml")
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
}

func TestTheCassettesAreNotGoogles(t *testing.T) {
	t.Parallel()
	if provenance := open(t).Provenance(); provenance.Google || !provenance.Emulator {
		t.Errorf("%+v", provenance)
	}
}

// What a redactor would still change has no place in a file that is shipped. It
// knows the names that replace tokens there.
func TestTheCassettesHoldNoSecret(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, name := range open(t).TokenNames() {
		if !strings.HasPrefix(name, "dpconform-") {
			t.Errorf("%q may be a token", name)
		}
		names[name] = name
	}
	redactor := redact.NewRedactor(names)
	files, err := fs.Glob(cassettes.Embedded(), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(cassettes.Embedded(), file)
		if err != nil {
			t.Fatal(err)
		}
		for number, line := range strings.Split(string(data), "\n") {
			if redacted := redactor.Text(line); redacted != line {
				t.Errorf("%s:%d: %s would become %s", file, number+1, line, redacted)
			}
		}
	}
}
