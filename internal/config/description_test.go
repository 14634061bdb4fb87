package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

// titled is an overlay that gives the description a title.
func titled(t *testing.T, title string) string {
	return writeFile(t, "overlay: 1.0.0\ninfo: {title: a, version: 1.0.0}\nactions:\n  - target: $.info\n    update: {title: "+title+"}\n")
}

// Method, revision and overlays come from flags, the environment and the file,
// and overlays keep their order.
func TestTheDescriptionIsNamedByEverySource(t *testing.T) {
	t.Parallel()
	first, second := titled(t, "first"), titled(t, "second")
	for name, given := range map[string]given{
		"flags": {flags: []string{"--method", spec.Shipped()[0], "--revision", "2026-07-19", "--overlay", first, "--overlay", second}},
		"environment": {environment: map[string]string{"DPCONFORM_METHOD": spec.Shipped()[0], "DPCONFORM_REVISION": "2026-07-19",
			"DPCONFORM_OVERLAY": first + ";" + second}},
		"file": {file: "method: " + spec.Shipped()[0] + "\nrevision: 2026-07-19\noverlay:\n  - " + first + "\n  - " + second + "\n"},
	} {
		settings, sources, err := given.fill(t)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		method, err := settings.Method(sources)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []string{"spec/revisions/2026-07-19.overlay.yaml", first, second}
		if method.Title != "second" || len(method.Scopes) != 73 || !slices.Equal(method.Overlays, want) {
			t.Errorf("%s: %q, %d scopes, %v", name, method.Title, len(method.Scopes), method.Overlays)
		}
		if got := settings.DescriptionFlags(); got != " --method "+spec.Shipped()[0]+" --revision 2026-07-19 --overlay "+first+" --overlay "+second {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestTheOwnRevision: the name of the default selects it, as a flag that overrides a
// file does.
func TestTheOwnRevision(t *testing.T) {
	t.Parallel()
	for _, name := range spec.Shipped() {
		want, err := (&Settings{MethodName: name}).Method(&Sources{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&Settings{MethodName: name, Revision: want.Revision}).Method(&Sources{})
		if err != nil || got.Digest != want.Digest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongDescriptions(t *testing.T) {
	t.Parallel()
	file := writeFile(t, string(spec.Default().Text))
	for _, test := range []struct {
		settings Settings
		want     string
	}{
		{Settings{MethodName: "archiveJobs.retri"}, `--method: unknown built-in method "archiveJobs.retri"; did you mean archiveJobs.retry?`},
		{Settings{Spec: file, MethodName: "archiveJobs.retry"}, "--method: it cannot be combined with --spec; use only one of the two"},
		{Settings{Spec: file, Revision: "2026-07-19"}, "--revision: it selects a revision of a built-in description, and cannot be combined with --spec; give the overlay to it: --overlay FILE"},
		{Settings{Revision: "2026-07-91"}, `--revision: no revision "2026-07-91" of spec/archivejobs-retry.openapi.yaml is built in; did you mean 2026-07-19?`},
	} {
		_, err := test.settings.Method(&Sources{})
		wantUsage(t, err, test.want)
	}
	nothing := writeFile(t, strings.ReplaceAll("overlay: 1.0.0\ninfo: {title: a, version: 1.0.0}\nactions:\n  - target: $.nothing\n    remove: true\n", "\n", "\r\n"))
	for file, want := range map[string]string{"no.yaml": "no.yaml: no such file", nothing: nothing + ":4: the target $.nothing matches nothing in "} {
		_, err := (&Settings{Overlays: []string{titled(t, "a"), file}}).Method(&Sources{})
		var mistake *spec.Error
		if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
