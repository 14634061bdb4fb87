package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dpconform/dpconform/internal/text"
)

// wantOnlyUsage fails for an error that is no *text.UsageError with a place.
func wantOnlyUsage(t *testing.T, err error) {
	t.Helper()
	var usage *text.UsageError
	if err == nil {
		return
	}
	if !errors.As(err, &usage) || usage.Place == "" || usage.Message == "" {
		t.Errorf("an error of type %T: %v", err, err)
	}
}

func FuzzConfigFile(f *testing.F) {
	for _, text := range []string{
		"", "\n", "---\n", "seed: 1", "endpoint: http://127.0.0.1:1\ntimeout: 2s\n", "job: {FAILED: [a, b], COMPLETE: c}\n", "job:\n- FAILED=a\n",
		"token: {unrelated: x}\n", "report: {json: x}\n", "seed: [1]\n", "seed: &a 1\nfocus: *a\n", "<<: {a: b}\n",
		"? [a]\n: b\n", "a: b: c\n", "\t", "%YAML 1.2\n---\nseed: 1\n", "!!binary seed: aGk=\n", "seed: !!float 1\n", `{"seed": 1, "job": ["FAILED=a"]}`,
		"job: |\n  FAILED=a\n", "timeout: 1s\ntimeout: 2s\n", "null: null\n", "a: &a [*a]\n", "- a\n", "\xff\xfe", "endpoint: \"\\n\"\n",
	} {
		f.Add([]byte(text))
	}
	name := filepath.Join(f.TempDir(), "dpconform.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		settings, flags := newFlags()
		settings.Config = name
		sources := &Sources{Known: knownFlags(flags), Environment: func(string) (string, bool) { return "", false }}
		if err := sources.Fill(flags); err != nil {
			wantOnlyUsage(t, err)
			return
		}
		settings.TokenFile = "" // whatever file that is, it is not read here
		_, err := settings.TargetConfig(sources, contract)
		wantOnlyUsage(t, err)
		_, err = settings.StrictLevel(sources)
		wantOnlyUsage(t, err)
	})
}

func FuzzTokenFile(f *testing.F) {
	for _, text := range []string{
		"", "{}", "[]", "x", "unrelated: x\n", "dataportability.maps.reviews: 'a b'\n", "dataportability.maps.reviews+unrelated: x\n", "+: x\n",
		"unrelated: &a x\nother: *a\n", "unrelated: [x]\n", "unrelated:\n", "? {a: b}\n: c\n", `{"unrelated": "x"}`, "unrelated: !!binary aGk=\n",
		"unrelated: |\n  x\n", "\"a\\nb\": ''\n", "unrelated: x\nunrelated: y\n", "a: b: c\n", "\x00",
	} {
		f.Add([]byte(text))
	}
	name := filepath.Join(f.TempDir(), "tokens.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		scopes, err := (&Settings{TokenFile: name}).ScopesByToken(&Sources{}, contract)
		if err == nil && len(scopes) == 0 {
			t.Error("a file without tokens is no mistake")
		}
		wantOnlyUsage(t, err)
	})
}
