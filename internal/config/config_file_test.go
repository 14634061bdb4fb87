package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/text"
)

func TestWrongFilesAreRefusedByNameAndLine(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"an unknown key", "seed: 1\nendpont: x\n", `FILE:2: unknown key "endpont"; did you mean endpoint?`},
		{"a key far from all", "colour-of-the-sky: blue\n", `FILE:1: unknown key "colour-of-the-sky"; the nearest is allow-retry`},
		{"a key twice", "seed: 1\n# and\nseed: 2\n", "FILE:3: the key seed is already in line 1; remove one of them"},
		{"a key twice, unknown", "a: 1\na: 2\n", "FILE:2: the key a is already in line 1; remove one of them"},
		{"no duration", "timeout: soon\n", `FILE:1: timeout: invalid value "soon": want a duration such as 2s or 500ms`},
		{"a duration without unit", "\n\ntimeout: 2\n", `FILE:3: timeout: invalid value "2": want a duration such as 2s or 500ms`},
		{"no number", "seed: one\n", `FILE:1: seed: invalid value "one": want a non-negative integer`},
		{"a number below 0", "seed: -1\n", `FILE:1: seed: invalid value "-1": want a non-negative integer`},
		{"no truth", "allow-retry: 2\n", `FILE:1: allow-retry: invalid value "2": want true or false`},
		{"two of one", "endpoint: [http://a, http://b]\n", "FILE:1: endpoint: it takes one value, and not a list"},
		{"none of one", "endpoint: []\n", "FILE:1: endpoint: it takes one value, and not a list"},
		{"two members of one", "seed: {a: 1, b: 2}\n", "FILE:1: seed: it takes one value, and not a mapping"},
		{"a mapping too deep", "job:\n  FAILED:\n    a: b\n", "FILE:3: job: it takes a text or a list, and not a mapping"},
		{"a list too deep", "job:\n- [a]\n", "FILE:2: job: it takes a text, and not a list"},
		{"a list in a mapping too deep", "job: {FAILED: [[a]]}\n", "FILE:1: job: it takes a text, and not a list"},
		{"a list", "- seed: 1\n", "FILE:1: it must be a mapping of keys to values, and not a list"},
		{"a text", "\nseed\n", "FILE:2: it must be a mapping of keys to values, and not \"seed\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := given{file: test.file}.fill(t)
			wantUsage(t, err, test.want)
		})
	}
}

func TestBrokenYAMLIsRefusedWithItsLine(t *testing.T) {
	for name, test := range map[string]struct{ file, place string }{
		"two colons":          {"seed: 1\ntimeout: 2s: 3\n", "FILE:2: "},
		"a tab":               {"seed: 1\nseed2:\n\t- a\n", "FILE:3: "},
		"an unknown anchor":   {"seed: *gone\n", "FILE: "},
		"a control character": {"seed: 1\x01\n", "FILE: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := given{file: test.file}.fill(t)
			var usage *text.UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("got %v", err)
			}
			value := folderOfFile.ReplaceAllString(usage.Error(), "FILE")
			if !strings.HasPrefix(value, test.place+"not readable as YAML: ") || strings.Contains(value, "\n") || strings.Contains(value, "yaml:") {
				t.Errorf("got %q", value)
			}
		})
	}
}

func TestAFileThatIsNotThereIsNamedOnce(t *testing.T) {
	folder := t.TempDir()
	for name, reason := range map[string]string{filepath.Join(folder, "gone.yaml"): "no such file or directory", folder: "is a directory"} {
		_, _, err := given{flags: []string{"--config", name}}.fill(t)
		wantUsage(t, err, name+": "+reason)
	}
}

func TestAFileMayBeEmpty(t *testing.T) {
	for _, text := range []string{"\n", "# nothing yet\n", "{}\n", "\ufeff\n"} {
		if _, _, err := (given{file: text}).fill(t); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKeysOfOtherCommandsArePassedOver(t *testing.T) {
	settings, sources := given{file: "of-another-command: [1, 2]\nseed: 3\n"}.mustFill(t)
	if settings.Seed != 3 || sources.Given("of-another-command") {
		t.Errorf("seed %d", settings.Seed)
	}
}

func TestListsAndMappingsBecomeWhatAFlagTakes(t *testing.T) {
	for _, test := range []struct {
		file string
		of   func(*Settings) []string
		want string
	}{
		{"job: FAILED=a,b\n", jobsOf, "FAILED=a,b"},
		{"job: [FAILED=a, COMPLETE=b]\n", jobsOf, "FAILED=a COMPLETE=b"},
		{"job: {FAILED: [a, b], COMPLETE: c}\n", jobsOf, "FAILED=a,b COMPLETE=c"},
		{"job:\n  FAILED:\n  - a\n  - b\n", jobsOf, "FAILED=a,b"},
		{"job: {FAILED: [1, 2.50, true, 0x1F]}\n", jobsOf, "FAILED=1,2.50,true,0x1F"},
		{"token: {dataportability.maps.reviews: secret-1, unrelated: secret-2}\n", tokensOf, "dataportability.maps.reviews=secret-1 unrelated=secret-2"},
		{"token: {'a+b': 'c=d='}\n", tokensOf, "a+b=c=d="},
		{"token: 'a=b,c'\n", tokensOf, "a=b,c"},
		{"report: {json: out.json, junit: out.xml}\n", reportsOf, "json=out.json junit=out.xml"},
		{"report: ['json=a,b.json']\n", reportsOf, "json=a,b.json"},
		{"report: []\n", reportsOf, ""},
	} {
		settings, _ := given{file: test.file}.mustFill(t)
		if got := strings.Join(test.of(settings), " "); got != test.want {
			t.Errorf("%q: %s, want %s", test.file, got, test.want)
		}
	}
}

func jobsOf(settings *Settings) []string    { return settings.Jobs }
func tokensOf(settings *Settings) []string  { return settings.Tokens }
func reportsOf(settings *Settings) []string { return settings.Reports }
