package result

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// began is a moment late on a day where it is not yet, or no longer, that day
// in UTC.
var began = time.Date(2027, 1, 31, 23, 30, 0, 0, time.FixedZone("west", -8*60*60))

func TestParseTakesEveryForm(t *testing.T) {
	list, err := parseKnown("known.yaml", `# a comment
known-failures:
  - requirement: body.unknown-field
    reason: |
      the gateway drops
      unknown fields
    expires: 2027-01-31
    issue: https://issues.example/12
  - {check: authorization/scope/*, reason: scopes come in May}
  - {check: path/no-id, reason: a router}
`, began)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 {
		t.Fatalf("%d entries, want 3", len(list))
	}
	first := list[0]
	if first.Entry != "requirement: body.unknown-field" || first.Reason != "the gateway drops unknown fields" ||
		first.Issue != "https://issues.example/12" || first.Name != "known.yaml:3" || first.Line != 3 {
		t.Errorf("the first entry is %+v", first)
	}
	if described := list[0]; described.Expires != "2027-01-31" || described.File != "known.yaml" {
		t.Errorf("it is described as %+v", described)
	}
	if second := list[1]; second.Entry != "check: authorization/scope/*" || second.Line != 9 {
		t.Errorf("the second entry is %+v", second)
	}
}

// TestListWithoutEntries: the last entry may be removed and the file stay.
func TestListWithoutEntries(t *testing.T) {
	for _, text := range []string{"known-failures:\n", "known-failures: []\n", "known-failures: # none\n"} {
		list, err := parseKnown("known.yaml", text, began)
		if err != nil || len(list) != 0 {
			t.Errorf("%q: %v, %d entries", text, err, len(list))
		}
	}
}

// TestEntriesOfOneLineHaveNamesOfTheirOwn: a report tells them apart.
func TestEntriesOfOneLineHaveNamesOfTheirOwn(t *testing.T) {
	text := "known-failures: [{check: path/no-id, reason: a router}, {check: path/empty-id, reason: a router}]\n"
	list, err := parseKnown("known.yaml", text, began)
	if err != nil {
		t.Fatal(err)
	}
	if got := list[0].Name + " " + list[1].Name; got != "known.yaml:1 known.yaml:1:57" {
		t.Errorf("the names are %s", got)
	}
}

func TestMistakesAreOneLineWithThePlace(t *testing.T) {
	const head = "known-failures:\n"
	const good = "  - requirement: body.empty\n    reason: a proxy\n"
	for _, one := range []struct {
		name    string
		content string
		says    []string
	}{
		{"empty file", "", []string{"known.yaml: it is empty", "known-failures"}},
		{"no YAML", head + "  - [\n", []string{"known.yaml:", "invalid YAML"}},
		{"second document", head + good + "---\n" + head, []string{"known.yaml:4:", "second"}},
		{"a bare list", "- requirement: body.empty\n  reason: a proxy\n", []string{"known.yaml:1:", "mapping"}},
		{"another key", "known-failure:\n" + good, []string{"known.yaml:1:", "did you mean known-failures?"}},
		{"no list", head + "  requirement: body.empty\n", []string{"known.yaml:2:", "a list"}},
		{"no key at all", "{}\n", []string{"known.yaml:1:", "no key known-failures"}},
		{"key twice", head + good + head + good, []string{"known.yaml:4:", "is already in line 1"}},
		{"an entry that is a text", head + "  - body.empty\n", []string{"known.yaml:2:", "mapping"}},
		{"unknown key", head + good + "    isue: https://x.example\n", []string{"known.yaml:4:", `"isue"`, "did you mean issue?"}},
		{"neither", head + "  - reason: a proxy\n", []string{"known.yaml:2:", "neither"}},
		{"both", head + good + "    check: body/empty\n", []string{"known.yaml:2:", "both"}},
		{"empty id", head + "  - requirement:\n    reason: a proxy\n", []string{"known.yaml:2:", "requirement: want a string"}},
		{"id that is a list", head + "  - check: [body/empty]\n    reason: a proxy\n", []string{"known.yaml:2:", "check: want a string, got a list"}},
		{"unknown requirement", head + good + "  - requirement: body.emty-message\n    reason: a proxy\n",
			[]string{"known.yaml:4:", `"body.emty-message"`, "did you mean body.empty-message?"}},
		{"unknown check", head + "  - check: body/unknown-feld\n    reason: a proxy\n", []string{"known.yaml:2:", "did you mean body/unknown-field?"}},
		{"check under requirement", head + "  - requirement: body/empty\n    reason: a proxy\n", []string{"known.yaml:2:", "`check: body/empty`"}},
		{"requirement under check", head + "  - check: body.empty\n    reason: a proxy\n", []string{"known.yaml:2:", "`requirement: body.empty`"}},
		{"beginning without a star", head + "  - check: authorization/scope\n    reason: a proxy\n", []string{"known.yaml:2:", "authorization/scope/*"}},
		{"pattern without a match", head + "  - check: authorisation/*\n    reason: a proxy\n", []string{"known.yaml:2:", `"authorisation/*"`, "no check"}},
		{"is not a reason", head + "  - check: body/empty\n", []string{"known.yaml:2:", "has no reason"}},
		{"reason that is a list", head + "  - check: body/empty\n    reason: [a proxy]\n", []string{"known.yaml:3:", "reason: want a string, got a list"}},
		{"bad day", head + good + "    expires: 2027-02-30\n", []string{"known.yaml:4:", `"2027-02-30"`, "2027-01-31"}},
		{"day in another form", head + good + "    expires: 31.01.2027\n", []string{"known.yaml:4:", `"31.01.2027"`}},
		{"expired", head + good + "    expires: 2027-01-30\n", []string{"known.yaml:4:", "body.empty", "expired on 2027-01-30"}},
		{"issue that is no link", head + good + "    issue: '#12'\n", []string{"known.yaml:4:", "https://"}},
		{"issue by another scheme", head + good + "    issue: javascript:alert(1)\n", []string{"known.yaml:4:", "https://"}},
		{"issue without a host", head + good + "    issue: https:///12\n", []string{"known.yaml:4:", "https://"}},
		{"entry twice", head + good + good, []string{"known.yaml:4:", "already in line 2"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			_, err := parseKnown("known.yaml", one.content, began)
			assertUsageError(t, err, one.says...)
		})
	}
}

func assertUsageError(t *testing.T, err error, says ...string) {
	t.Helper()
	var usage *text.UsageError
	if !errors.As(err, &usage) {
		t.Fatalf("%v is no UsageError", err)
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("not one line: %q", err)
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestPlaceholdersAreNoReasons(t *testing.T) {
	reason := func(text string) error {
		_, err := parseKnown("known.yaml", "known-failures:\n  - check: body/empty\n    reason: "+text+"\n", began)
		return err
	}
	for _, text := range []string{"", "''", "' '", "~", "TODO", "todo", "Todo.", "'TODO: say why'", "FIXME", "fixme later", "tbd", "T.B.D.", "to do", "TBA", "xxx", "'?'", "'???'",
		"'...'", "'-'", "…", "reason", "'<reason>'", "'the reason'", "'[reason]'", "to be filled", "To be filled in.", "to be done", "fill me in",
		"placeholder", "n/a", "none", "insert reason here", "x", "known failure", "'\"TODO\"'"} {
		if err := reason(text); err == nil {
			t.Errorf("%q is taken for a reason", text)
		} else {
			assertUsageError(t, err, "known.yaml:3:", "is not a reason")
		}
	}
	for _, text := range []string{"not implemented", "the gateway answers 404", "see #12", "won't fix", "in TODO list of the gateway", "サーバーが未対応"} {
		if err := reason(text); err != nil {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
}

// TestEntryHoldsOnItsLastDay: the day is that of the caller's clock.
func TestEntryHoldsOnItsLastDay(t *testing.T) {
	text := "known-failures:\n  - check: body/empty\n    reason: a proxy\n    expires: 2027-01-31\n"
	for _, one := range []struct {
		began time.Time
		holds bool
	}{
		{time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), true},
		{began, true},
		{time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), false},
		{time.Date(2027, 2, 1, 0, 30, 0, 0, time.FixedZone("east", 9*60*60)), false},
	} {
		if _, err := parseKnown("known.yaml", text, one.began); (err == nil) != one.holds {
			t.Errorf("%s: %v", one.began, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, one := range []struct {
		pattern, id string
		want        bool
	}{
		{"body/empty", "body/empty", true},
		{"body/empty", "body/empty-message", false},
		{"body/*", "body/empty", true},
		{"body/*", "body", false},
		{"*", "body/empty", true},
		{"*/scope/*.youtube.*", "authorization/scope/dataportability.youtube.music", true},
		{"*.youtube.*.youtube.*", "authorization/scope/dataportability.youtube.music", false},
		{"*y", "body/empty", true},
		{"body*y", "body", false},
		{"b*empty*", "body/empty", true},
		{"**", "", true},
	} {
		if got := (KnownFailure{Entry: "check: " + one.pattern}).Covers(one.id, ""); got != one.want {
			t.Errorf("%q and %q: %t", one.pattern, one.id, got)
		}
	}
	if entry := (KnownFailure{Entry: "requirement: body.*"}); !entry.Covers("path/case", "body.empty") || entry.Covers("body.empty", "path.case") {
		t.Error("an entry for requirements looks at the check")
	}
}

func TestReadSaysWhichFileIsMissing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	_, err := ReadKnownFailures(missing, method.Requirements, checks, began)
	assertUsageError(t, err, missing+": no such file")
	if err := os.WriteFile(missing, []byte("known-failures: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKnownFailures(missing, method.Requirements, checks, began); err != nil {
		t.Error(err)
	}
}

// FuzzParse: whatever the file holds, it is a list or one line that says why
// not.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "known-failures:\n", "known-failures: [{check: body/*, reason: a proxy}]", "known-failures: &a [*a]", "known-failures: {<<: *x}",
		"known-failures:\n  - requirement: body.empty\n    reason: a proxy\n    expires: 2027-01-31\n    issue: http://x\n",
		"? [known-failures]\n: 1\n", "known-failures: [&a {check: '*', reason: a proxy}, *a]", "known-failures: [{check: \"\\n\", reason: \"\\e\"}]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		list, err := parseKnown("known.yaml", content, began)
		if err != nil {
			assertUsageError(t, err, "known.yaml")
			return
		}
		for _, entry := range list {
			if entry.Reason == "" || strings.ContainsAny(entry.Reason+entry.Issue, "\n\r") {
				t.Errorf("a bad entry: %+v", entry)
			}
		}
	})
}

// method is the description that the product ships, checks some checks for it.
var (
	method = spec.MustLoadEmbedded()
	checks = func() []string {
		ids := []string{"body/empty", "body/empty-message", "body/unknown-field", "path/no-id", "path/empty-id", "path/case"}
		for _, scope := range method.Scopes {
			ids = append(ids, "authorization/scope/"+scope.Short())
		}
		return ids
	}()
)

// parseKnown reads the text of a file of known failures.
func parseKnown(file, content string, began time.Time) (KnownFailures, error) {
	root, err := text.ParseYAML(file, []byte(content))
	if err != nil {
		return nil, err
	}
	return readKnown(file, root, method.Requirements, checks, began)
}
