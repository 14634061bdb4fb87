package spec

import (
	"strings"
	"testing"
)

const newScope = "https://www.googleapis.com/auth/dataportability.nest.user"

// differingLines gives the lines that two texts do not share, as a set
// difference in both directions.
func differingLines(before, after string) (gone, added []string) {
	count := map[string]int{}
	for _, line := range strings.Split(before, "\n") {
		count[line]++
	}
	for _, line := range strings.Split(after, "\n") {
		if count[line]--; count[line] < 0 {
			added = append(added, line)
		}
	}
	for _, line := range strings.Split(before, "\n") {
		if count[line] > 0 {
			count[line]--
			gone = append(gone, line)
		}
	}
	return gone, added
}

// TestEditsTouchTheirLinesAlone: after each edit the description loads, and only
// the lines of the edit differ.
func TestEditsTouchTheirLinesAlone(t *testing.T) {
	state := Call{Method: "POST", Path: PathTemplate{"/v2/archiveJobs/", "id", "/state"}}
	for _, one := range sample([]struct {
		name        string
		edit        func(*Editor) error
		gone, added int
		holds       func(*Contract) bool
	}{
		{"a scope", func(e *Editor) error { return e.AddScope(Scope{newScope, "Copy: yours"}) }, 0, 3,
			func(c *Contract) bool { return len(c.Scopes) == 67 && c.Scopes[29].Description == "Copy: yours" }},
		{"a scope before all", func(e *Editor) error { return e.AddScope(Scope{"https://a.example/auth/a", ""}) }, 0, 3,
			func(c *Contract) bool { return c.Scopes[0].Name == "https://a.example/auth/a" }},
		{"a scope after all", func(e *Editor) error { return e.AddScope(Scope{"https://z.example/auth/z", "Z"}) }, 0, 3,
			func(c *Contract) bool { return c.Scopes[66].Name == "https://z.example/auth/z" }},
		{"a scope that is there", func(e *Editor) error { return e.AddScope(MustLoadEmbedded().Scopes[3]) }, 0, 0,
			func(c *Contract) bool { return len(c.Scopes) == 66 }},
		{"no scope", func(e *Editor) error { return e.RemoveScope(MustLoadEmbedded().Scopes[65].Name) }, 3, 0,
			func(c *Contract) bool { return len(c.Scopes) == 65 }},
		{"a description", func(e *Editor) error {
			return e.DescribeScope(Scope{MustLoadEmbedded().Scopes[0].Name, `Move "it": # all`})
		}, 1, 1,
			func(c *Contract) bool { return c.Scopes[0].Description == `Move "it": # all` }},
		{"a state", func(e *Editor) error { return e.AddState("EXPIRED") }, 1, 1,
			func(c *Contract) bool { return len(c.States) == 5 && c.States[4] == "EXPIRED" }},
		{"no last state", func(e *Editor) error { return e.RemoveState("CANCELLED") }, 1, 1,
			func(c *Contract) bool { return len(c.States) == 3 }},
		{"no state between", func(e *Editor) error { return e.RemoveState("COMPLETE") }, 1, 1,
			func(c *Contract) bool { return len(c.States) == 3 }},
		{"an address", func(e *Editor) error { return e.SetEndpoint("https://other.example") }, 1, 1,
			func(c *Contract) bool { return c.Endpoint == "https://other.example" }},
		{"a pattern", func(e *Editor) error { return e.SetIDPattern(`^[a-z"0-9]+$`) }, 1, 1,
			func(c *Contract) bool { return c.IDPattern.String() == `^[a-z"0-9]+$` }},
		{"a path", func(e *Editor) error {
			return e.MoveRetry(Call{Method: "PUT", Path: PathTemplate{"/v2/jobs/", "id", ":again"}})
		}, 3, 3,
			func(c *Contract) bool {
				return c.Retry.Method == "PUT" && c.Retry.Path.String() == "/v2/jobs/{archiveJob}:again"
			}},
		{"a path of the state", func(e *Editor) error { return e.MoveReadState(state) }, 3, 3,
			func(c *Contract) bool { return c.ReadState.Path.String() == "/v2/archiveJobs/{archiveJob}/state" }},
		{"a day", func(e *Editor) error { return e.SetRevision("2026-07-19", true) }, 2, 2,
			func(c *Contract) bool { return c.Revision == "2026-07-19" && c.Page.Updated == "2026-07-19" }},
		{"a day of no page", func(e *Editor) error { return e.SetRevision("2026-07-19", false) }, 1, 1,
			func(c *Contract) bool { return c.Page.Updated == "2025-07-25" }},
		{"a member", func(e *Editor) error {
			return e.AddMember(false, "why", map[string]any{"type": "string", "description": "Why."})
		}, 0, 3,
			func(c *Contract) bool { return len(c.Retry.Answer.Undocumented([]byte(`{"why": 1}`))) == 0 }},
		{"a member of the state", func(e *Editor) error {
			return e.AddMember(true, "sizes", map[string]any{"type": "array", "items": map[string]any{"type": "integer"}})
		}, 0, 4,
			func(c *Contract) bool {
				return len(c.ReadState.Answer.Undocumented([]byte(`{"sizes": 1, "exportTime": 2}`))) == 0
			}},
	}) {
		for _, ending := range []string{"\n", "\r\n"} {
			before := strings.ReplaceAll(embeddedText(), "\n", ending)
			name := "edited.openapi.yaml"
			if ending != "\n" {
				// By this name it is not held against the schema of OpenAPI once more.
				name = EmbeddedName
			}
			editor := NewEditor(Description{Name: name, Text: []byte(before)})
			if err := one.edit(editor); err != nil {
				t.Errorf("%s: %s", one.name, err)
				continue
			}
			after := editor.Description()
			contract, err := Load(after)
			if err != nil || !one.holds(contract) {
				t.Errorf("%s: %v, or it says something else", one.name, err)
			}
			if gone, added := differingLines(before, string(after.Text)); len(gone) != one.gone || len(added) != one.added {
				t.Errorf("%s: gone\n%s\nadded\n%s", one.name, strings.Join(gone, "\n"), strings.Join(added, "\n"))
			}
		}
	}
}

// TestEditsKeepTheWayOfWriting: comments stay, and a neighbour's way of writing
// is followed.
func TestEditsKeepTheWayOfWriting(t *testing.T) {
	const first, second = "https://www.googleapis.com/auth/dataportability.alerts.subscriptions", "https://www.googleapis.com/auth/dataportability.businessmessaging.conversations"
	for _, one := range []struct{ old, written, want string }{
		{"        - oauth2: [" + first + "]\n", "        # the first\n        - oauth2: [" + first + "] # one\n",
			"        # the first\n        - oauth2: [" + first + "] # one\n        - oauth2: [https://www.googleapis.com/auth/dataportability.b.b]\n"},
		{"        - oauth2: [" + first + "]\n", "        - oauth2:\n            - \"" + first + "\"\n",
			"        - oauth2:\n            - \"" + first + "\"\n        - oauth2:\n            - \"https://www.googleapis.com/auth/dataportability.b.b\"\n"},
		{"            " + second + ":", "            # about the next\n            " + second + ":",
			"            https://www.googleapis.com/auth/dataportability.b.b: B\n            # about the next\n            " + second + ":"},
		{first + ": Move a copy of", first + ": >-\n              Move a\n              copy of",
			"you created\n            https://www.googleapis.com/auth/dataportability.b.b: B\n"},
	} {
		text := strings.Replace(embeddedText(), one.old, one.written, 1)
		editor := NewEditor(Description{Name: "edited.openapi.yaml", Text: []byte(text)})
		if err := editor.AddScope(Scope{"https://www.googleapis.com/auth/dataportability.b.b", "B"}); err != nil {
			t.Errorf("%q: %s", one.written, err)
			continue
		}
		after := editor.Description()
		if _, err := Load(after); err != nil || !strings.Contains(string(after.Text), one.want) {
			gone, added := differingLines(text, string(after.Text))
			t.Errorf("%q: %v, gone\n%s\nadded\n%s", one.written, err, strings.Join(gone, "\n"), strings.Join(added, "\n"))
		}
	}
}

func TestWhatCannotBeEditedIsLeftAsItIs(t *testing.T) {
	for _, one := range []struct {
		name, text string
		edit       func(*Editor) error
	}{
		{"in brackets", smallDescription, func(e *Editor) error { return e.AddScope(Scope{"a", "A"}) }},
		{"no flows", smallDescription, func(e *Editor) error { return e.RemoveScope("some.scope") }},
		{"no state method", smallDescription, func(e *Editor) error { return e.AddState("NEW") }},
		{"JSON", foreignDescription, func(e *Editor) error { return e.SetEndpoint("https://x") }},
		{"no YAML", "a: [", func(e *Editor) error { return e.SetEndpoint("https://x") }},
		{"nothing", "", func(e *Editor) error { return e.SetRevision("2026-01-01", true) }},
		{"a folded pattern", strings.Replace(embeddedText(), "pattern: ^[^/]+$", "pattern: >-\n          ^[^/]+$", 1),
			func(e *Editor) error { return e.SetIDPattern("^a$") }},
		{"two lines", embeddedText(), func(e *Editor) error { return e.SetEndpoint("https://x\ny: z") }},
		{"a path with a space", embeddedText(), func(e *Editor) error {
			return e.MoveRetry(Call{Method: "POST", Path: PathTemplate{"/v 1/a/", "id", ":retry"}})
		}},
	} {
		editor := NewEditor(Description{Name: "edited.openapi.yaml", Text: []byte(one.text)})
		err := one.edit(editor)
		if err == nil {
			t.Errorf("%s: edited", one.name)
			continue
		}
		checkSourceError(t, err)
		if string(editor.Description().Text) != one.text {
			t.Errorf("%s: changed, in spite of %s", one.name, err)
		}
	}
}

// sample is the list, or the first of it with -short. So the race detector looks
// on, which has nothing to find where one thing happens after the other, and
// under which that takes many times as long. Without it `make test` runs all.
func sample[T any](list []T) []T {
	if testing.Short() {
		return list[:min(1, len(list))]
	}
	return list
}
