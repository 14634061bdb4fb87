package spec

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withSets is smallDescription with a list of sets instead of its requirements.
func withSets(t testing.TB, list, requirements string) string {
	before, _, _ := strings.Cut(smallDescription, "      x-requirements:")
	_, after, found := strings.Cut(smallDescription, "      security: ")
	if !found {
		t.Fatal("the small description has no security")
	}
	return before + "      x-requirement-sets: " + list + "\n" + requirements + "      security: " + after
}

// TestShippedSets: each set can be named alone or with all others, has the name of
// its file, and demands nothing in the name of one method.
func TestShippedSets(t *testing.T) {
	t.Parallel()
	all := mustLoad(t, withSets(t, "["+strings.Join(shippedSets(), ", ")+"]", ""))
	for i, set := range all.Sets {
		if set.Name != shippedSets()[i] || set.Title == "" || set.File != "spec/sets/"+set.Name+".yaml" {
			t.Errorf("set %d is %+v", i, set)
		}
	}
	for _, requirement := range slices.Concat(all.Requirements, all.ClientRequirements) {
		if requirement.Level == Documented || requirement.File != "spec/sets/"+requirement.Set+".yaml" || requirement.Draft {
			t.Errorf("%s: %+v", requirement.Set, requirement)
		}
	}
	for _, method := range shippedMethods(t) {
		for _, requirement := range slices.Concat(method.Requirements, method.ClientRequirements) {
			if requirement.Set == "" {
				t.Errorf("%s: %s is in no set, so another description does not have it", method.File, requirement.ID)
			}
		}
	}
}

func TestRequirementsAreInTheOrderOfTheirAspects(t *testing.T) {
	t.Parallel()
	method := mustLoad(t, withSets(t, "[error-model, empty-message, transcoding]", `      x-requirements:
        - {id: weather.fine, level: inferred, statement: It SHOULD be., source: "https://example.com/"}
        - {id: path.own, level: inferred, statement: It SHOULD be., source: "https://example.com/"}
`))
	var order []string
	for _, requirement := range method.Requirements {
		if !slices.Contains(order, requirement.Aspect()) {
			order = append(order, requirement.Aspect())
		}
	}
	if got := strings.Join(order, " "); got != "path body errors weather" {
		t.Errorf("aspects in the order %s", got)
	}
	if index := slices.IndexFunc(method.Requirements, func(r Requirement) bool { return r.ID == "path.own" }); method.Requirements[index+1].Aspect() != "body" {
		t.Error("a requirement of the description is not behind those of the sets")
	}
}

// TestRefinedRequirements: what an entry does not give is the set's.
func TestRefinedRequirements(t *testing.T) {
	t.Parallel()
	plain, _ := mustLoad(t, withSets(t, "[resource]", "")).Requirement("semantics.unknown-job")
	refined := mustLoad(t, withSets(t, "[resource]", `      x-requirements:
        - id: semantics.unknown-job
          set: resource
          level: documented
          quote: There is no such job.
          source: https://example.com/page
          note: ""
          expect: {status: ["410"]}
`))
	got, _ := refined.Requirement("semantics.unknown-job")
	if got.Level != Documented || got.Quote != "There is no such job." || got.Source != "https://example.com/page" || got.Set != "resource" ||
		got.File != "edited.openapi.yaml" || plain.File != "spec/sets/resource.yaml" || got.Line == plain.Line {
		t.Errorf("%+v", got)
	}
	if got.Statement != plain.Statement || got.Note != "" || plain.Note == "" || got.Expect.String() != "410" || len(plain.Expect.Code) == 0 {
		t.Errorf("%+v and in the set %+v", got, plain)
	}
	if again, _ := mustLoad(t, withSets(t, "[resource]", "")).Requirement(plain.ID); again.Quote != plain.Quote {
		t.Error("a description changed the set of another")
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	method := mustLoad(t, withSets(t, "[http]", `      x-requirements:
        - {id: semantics.slow, draft: true, level: documented, quote: It may take days., source: "https://example.com/"}
`))
	if draft, _ := method.Requirement("semantics.slow"); !draft.Draft || draft.Must() || draft.Statement != "It may take days." {
		t.Errorf("%+v", draft)
	}
}

// TestFilesOfSets: a set that is no part of the product is named by its file,
// relative to the description, and a mistake in it has the set's location.
func TestFilesOfSets(t *testing.T) {
	t.Parallel()
	const entry = "  - {id: path.own, level: inferred, statement: It SHOULD be., source: 'https://example.com/'}\n"
	const sound = "set: ours\ntitle: What we expect\nrequirements:\n" + entry
	for name, test := range map[string]struct {
		set string
		// says is part of the message, in line; empty for a sound set.
		says string
		line int
	}{
		"sound":             {sound, "", 0},
		"for clients only":  {strings.Replace(strings.Replace(sound, "requirements:", "client-requirements:", 1), "path.own", "client.path.own", 1), "", 0},
		"not YAML":          {"set: ours\n\ttitle: x\n", "invalid YAML", 2},
		"empty":             {"", "must be a mapping with set, title, requirements, client-requirements", 1},
		"a list":            {"- a\n", "must be a mapping with set, title", 1},
		"an unknown key":    {"set: ours\nrequirement: []\n", `unknown key "requirement": want one of set, title, requirements, client-requirements`, 2},
		"no name":           {"title: What we expect\nrequirements:\n" + entry, `must have its name in "set"`, 1},
		"nothing in it":     {"set: ours\ntitle: What we expect\n", "neither requirements nor client-requirements", 1},
		"no list":           {"set: ours\nrequirements: all\n", "requirements must be a list of requirements", 2},
		"an id twice":       {sound + entry, "requirement path.own is already in FOLDER/ours.yaml:4", 5},
		"an id of another":  {strings.Replace(sound, "path.own", "path.verb", 1), "requirement path.verb is already in spec/sets/transcoding.yaml:", 4},
		"the name of one":   {strings.Replace(sound, "set: ours", "set: transcoding", 1), "the set transcoding is already in spec/sets/transcoding.yaml", 1},
		"a set within":      {strings.Replace(sound, "level", "set: http, level", 1), "a requirement of a set cannot refine another set", 4},
		"without a source":  {strings.Replace(sound, ", source: 'https://example.com/'", "", 1), "requirement path.own has no source", 4},
		"a level of a list": {strings.Replace(sound, "inferred", "[inferred]", 1), "requirement: ", 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			for file, text := range map[string]string{"mine.openapi.yaml": withSets(t, "[transcoding, ours.yaml]", ""), "ours.yaml": test.set} {
				if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			description, err := ReadDescription(filepath.Join(folder, "mine.openapi.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			method, err := Load(description)
			if test.says == "" {
				if err != nil || method.Sets[1] != (Set{"ours", "What we expect", filepath.Join(folder, "ours.yaml")}) {
					t.Errorf("%v, %v", method, err)
				}
				return
			}
			var mistake *Error
			if !errors.As(err, &mistake) || mistake.File != filepath.Join(folder, "ours.yaml") || mistake.Line != test.line ||
				!strings.Contains(mistake.Message, strings.ReplaceAll(test.says, "FOLDER", folder)) || strings.Contains(mistake.Message, "\n") {
				t.Errorf("%v, want line %d and %q", err, test.line, test.says)
			}
		})
	}
}
