package spec

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
)

// understoodOrRefused is what every text must be: a surface with all that a
// method needs, or one clear line.
func understoodOrRefused(t *testing.T, text []byte) {
	t.Helper()
	read, err := ReadSurface(Description{Name: "fuzzed", Text: text})
	if err != nil {
		checkSourceError(t, err)
		return
	}
	if len(read.Scopes) == 0 || !read.Retry.There() || len(read.Retry.Answers) == 0 || read.Endpoint == "" || read.Provenance.Digest == "" {
		t.Errorf("understood without what a method needs: %+v", read)
	}
}

func FuzzReadDiscovery(f *testing.F) {
	f.Add([]byte(smallDiscovery))
	f.Add([]byte(strings.ReplaceAll(smallDiscovery, "{+name}", "{name=archiveJobs/*}")))
	f.Add([]byte(`{"discoveryVersion": null}`))
	f.Fuzz(func(t *testing.T, text []byte) { understoodOrRefused(t, text) })
}

func FuzzReadPage(f *testing.F) {
	for _, words := range sourcetest.Languages {
		f.Add([]byte(sourcetest.Text(words, "https://www.googleapis.com/auth/a.b", newScope)))
		f.Add([]byte(sourcetest.HTML(words, "https://www.googleapis.com/auth/a.b", newScope)))
	}
	f.Add([]byte(sourcetest.Page))
	f.Add([]byte(sourcetest.Markdown(f)))
	f.Fuzz(func(t *testing.T, text []byte) { understoodOrRefused(t, text) })
}

func FuzzReadOpenAPI(f *testing.F) {
	f.Add([]byte(smallDescription))
	f.Add([]byte(foreignDescription))
	f.Fuzz(func(t *testing.T, text []byte) { understoodOrRefused(t, text) })
}

// FuzzEdit: an edit of any description changes nothing where it fails, and where
// it does not, the text is still YAML.
func FuzzEdit(f *testing.F) {
	f.Add([]byte(smallDescription), newScope, "Copy")
	f.Add([]byte(strings.ReplaceAll(smallDescription, "security: [{oauth2: [some.scope]}]", "security:\n        - oauth2: [some.scope]")), "z", "Z # z")
	f.Add([]byte(embeddedText()), "https://www.googleapis.com/auth/x", "a: b")
	f.Fuzz(func(t *testing.T, text []byte, name, description string) {
		for _, edit := range []func(*Editor) error{
			func(e *Editor) error { return e.AddScope(Scope{name, description}) },
			func(e *Editor) error { return e.RemoveScope(name) },
			func(e *Editor) error { return e.AddState(name) },
			func(e *Editor) error { return e.SetIDPattern(name) },
			func(e *Editor) error { return e.SetEndpoint(description) },
			func(e *Editor) error { return e.SetRevision(name, true) },
			func(e *Editor) error {
				return e.MoveRetry(Call{Method: "PUT", Path: PathTemplate{"/" + name + "/", "id", ":" + description}})
			},
			func(e *Editor) error { return e.AddMember(false, name, map[string]any{"description": description}) },
		} {
			editor := NewEditor(Description{Name: "fuzzed", Text: text})
			if err := edit(editor); err != nil {
				checkSourceError(t, err)
				if string(editor.Description().Text) != string(text) {
					t.Errorf("changed in spite of %s", err)
				}
				continue
			}
			if _, err := editor.open(); err != nil {
				t.Errorf("no longer a description: %s\n%s", err, editor.Description().Text)
			}
		}
	})
}
