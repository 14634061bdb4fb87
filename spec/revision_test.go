package spec

import (
	"strings"
	"testing"

	"github.com/pb33f/go-yaml"
)

// The overlay to the revision of 2026-07-19 adds eight scopes and removes one.
func TestTheRevisionHasTheScopesOfTheDiscoveryDocument(t *testing.T) {
	t.Parallel()
	description, err := Default().WithRevision("2026-07-19")
	if err != nil {
		t.Fatal(err)
	}
	revised, err := Load(description)
	if err != nil {
		t.Fatal(err)
	}
	if revised.Revision != "2026-07-19" || !strings.Contains(string(description.Text), `x-revision: "2026-07-19"`) {
		t.Errorf("it is of %s", revised.Revision)
	}
	was := MustLoadEmbedded()
	var added, removed []string
	for _, scope := range revised.Scopes {
		if scope.Description == "" {
			t.Errorf("%s has no description", scope.Name)
		}
		if !was.Documents(scope.Name) {
			added = append(added, scope.Short())
		}
	}
	for _, scope := range was.Scopes {
		if !revised.Documents(scope.Name) {
			removed = append(removed, scope.Short())
		}
	}
	if len(was.Scopes) != 66 || len(revised.Scopes) != 73 || len(added) != 8 || strings.Join(removed, " ") != "dataportability.businessmessaging.conversations" {
		t.Errorf("%d scopes become %d: added %v, removed %v", len(was.Scopes), len(revised.Scopes), added, removed)
	}
	if len(revised.Requirements) != len(was.Requirements) || revised.Digest == was.Digest {
		t.Errorf("%d requirements of %d, digest %s", len(revised.Requirements), len(was.Requirements), revised.Digest)
	}
}

// Every shipped overlay can be applied to the description that it extends.
func TestEveryRevisionIsOfAShippedDescription(t *testing.T) {
	t.Parallel()
	entries, err := shippedFiles.ReadDir(revisionsFolder)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range Shipped() {
		description, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, revision := range description.Revisions() {
			count++
			revised, err := description.WithRevision(revision)
			if err == nil {
				_, err = Load(revised)
			}
			if err != nil {
				t.Errorf("%s: %v", revision, err)
			}
		}
	}
	if count != len(entries) {
		t.Errorf("%d of %d overlays are of a shipped description", count, len(entries))
	}
	if _, err := Default().WithRevision("2026"); err == nil || !strings.Contains(err.Error(), `"2026"`) || !strings.Contains(err.Error(), "2026-07-19") {
		t.Errorf("%v", err)
	}
	if _, err := (Description{Name: "mine.yaml"}).WithRevision("2026-07-19"); err == nil || !strings.Contains(err.Error(), "no revisions of mine.yaml") {
		t.Errorf("%v", err)
	}
}

// TestAnOverlayDatesADescription: by its version, where that is a later day, unless it
// sets a revision itself.
func TestAnOverlayDatesADescription(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ info, version, update, want string }{
		{"x-revision: '2026-01-02'", "20260304", "summary: s", "2026-03-04"},
		{"x-revision: 2026-01-02", "2026-03-04", "summary: s", "2026-03-04"},
		{"summary: t", "2026-03-04", "summary: s", "2026-03-04"},
		{"x-revision: '2026-01-02'", "2025-12-31", "summary: s", "2026-01-02"},
		{"x-revision: '2026-01-02'", "1.0.0", "summary: s", "2026-01-02"},
		{"x-revision: seven", "2026-03-04", "summary: s", "seven"},
		{"x-revision: '2026-01-02'", "2026-03-04", "x-revision: '8'", "8"},
	} {
		description := Description{Name: "a.yaml", Text: []byte("openapi: 3.1.0\ninfo:\n  title: a\n  version: '1'\n  " + test.info + "\npaths: {}\n")}
		overlay := Description{Name: "b.yaml", Text: []byte("overlay: 1.0.0\ninfo: {title: b, version: '" + test.version + "'}\nactions:\n  - target: $.info\n    update: {" + test.update + "}\n")}
		made, err := description.WithOverlay(overlay)
		if err != nil {
			t.Error(err)
			continue
		}
		var read struct {
			Info struct {
				Revision string `yaml:"x-revision"`
			}
		}
		if err := yaml.Unmarshal(made.Text, &read); err != nil || read.Info.Revision != test.want {
			t.Errorf("%+v: %q, %v\n%s", test, read.Info.Revision, err, made.Text)
		}
	}
}
