package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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
		_, err := settings.TargetConfig(sources, method)
		wantOnlyUsage(t, err)
		_, err = settings.StrictLevel(sources)
		wantOnlyUsage(t, err)
	})
}

// FuzzTokenSources: whatever stands in a token file, sources included, becomes
// credentials or one line that names its place.
func FuzzTokenSources(f *testing.F) {
	for _, text := range []string{
		"", "{}", "[]", "x", "unrelated: x\n", "dataportability.maps.reviews: 'a b'\n", "dataportability.maps.reviews+unrelated: x\n", "+: x\n",
		"unrelated: &a x\nother: *a\n", "unrelated: [x]\n", "unrelated:\n", "? {a: b}\n: c\n", `{"unrelated": "x"}`, "unrelated: !!binary aGk=\n",
		"unrelated: |\n  x\n", "\"a\\nb\": ''\n", "unrelated: x\nunrelated: y\n", "a: b: c\n", "\x00",
		"maps.*: {command: 'mint {scope}'}\n", "'*': {environment: X}\n", "unrelated: {application-default: true}\n", "maps.*: {}\n", "'*': *a\n",
		"maps.*: {refresh-token: a, client-id: b, token-url: 'https:..a'}\n", "maps.*: {client-id: b, client-secret: c, token-url: 'https:..a'}\n",
		"maps.*: {service-account: x}\n", "dataportability.maps.reviews+unrelated: {command: mint}\n", "'**': {command: \"'\"}\n", "maps.*: &a {command: mint}\nplay.*: *a\n",
		"maps.*: {? [a] : b}\n", "maps.*: {command: !!binary aGk=}\n", "maps.*: {client-secret-env: X, refresh-token-env: Y}\n",
	} {
		f.Add([]byte(text))
	}
	home := f.TempDir()
	f.Setenv("XDG_CONFIG_HOME", home)
	f.Setenv("HOME", home)
	name := filepath.Join(home, "tokens.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "/") {
			t.Skip() // It may name a file of the machine.
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if scopes, err := (&Settings{TokenFile: name}).ScopesByToken(&Sources{}, method); err != nil {
			wantOnlyUsage(t, err)
		} else if len(scopes) == 0 {
			t.Error("a file without tokens is no mistake")
		}
		settings, sources := given{flags: []string{"--endpoint", "https://api.example", "--token-file", name}}.mustFill(t)
		config, err := settings.TargetConfig(sources, method)
		wantOnlyUsage(t, err)
		if err == nil && config.Credentials == nil {
			t.Error("a file without tokens is no mistake")
		}
	})
}
