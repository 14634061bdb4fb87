package cli

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// TestEveryInputIsReadInAnyForm gives every kind of file that a person can name in
// UTF-16 with CRLF, and in Latin-1. That text.Decode, which reads them all, knows each
// other form is tested there.
func TestEveryInputIsReadInAnyForm(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "report.json")
	call(t, "run", "--focus", "body.empty", "--report", "json="+report)
	overlay := "overlay: 1.0.0\ninfo: {title: a, version: '1'}\nactions:\n- target: $.info\n  update:\n    title: Änderung\n"
	for name, one := range map[string]struct {
		text string
		line string
	}{
		"description":       {string(spec.Default().Text), "list --spec FILE"},
		"printed":           {string(spec.Default().Text), "spec print --json --spec FILE"},
		"overlaid":          {string(spec.Default().Text), "spec print --spec FILE --overlay " + writeFile(t, "an.overlay.yaml", overlay)},
		"overlay":           {overlay, "spec print --overlay FILE"},
		"configuration":     {"focus:\n- body.empty\nlevel: documented\n", "run --dry-run --endpoint http://127.0.0.1:1 --config FILE"},
		"known failures":    {"known-failures:\n- requirement: body.empty-message\n  reason: Später\n", "run --focus body.empty-message --level documented --known-failures FILE"},
		"tokens":            {"unrelated: a-token\ndataportability.maps.reviews: another\n", "run --dry-run --focus body.empty --endpoint http://127.0.0.1:1 --token-file FILE"},
		"scenario":          {"name: mine\ntitle: Über\nsteps:\n- reset: true\n", "client --print-scenario mine --scenarios FILE"},
		"report":            {readFile(t, report), "report FILE"},
		"report of before":  {readFile(t, report), "diff FILE " + report},
		"page":              {sourcetest.Page, "drift --against FILE"},
		"description of it": {string(spec.Default().Text), "drift --from FILE --against FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "input.yaml")
			given := func(text string) called {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return call(t, strings.Fields(strings.ReplaceAll(one.line, "FILE", file))...)
			}
			want := given(one.text)
			if want.exit == result.ExitUsage {
				t.Fatalf("%s", want.complaints)
			}
			encoded := []byte{0xff, 0xfe}
			for _, unit := range utf16.Encode([]rune(strings.ReplaceAll(one.text, "\n", "\r\n"))) {
				encoded = binary.LittleEndian.AppendUint16(encoded, unit)
			}
			if got := given(string(encoded)); got.exit != want.exit || withoutTimes(got.all()) != withoutTimes(want.all()) {
				t.Errorf("UTF-16: exit %d, want %d\n%.600s", got.exit, want.exit, got.complaints)
			}
			given(strings.Replace(one.text, "\n", "\n\xe4", 1)).wantOneLine(t, "not text in UTF-8", "input.yaml")
		})
	}
}

// withoutTimes leaves out how long a run took.
func withoutTimes(text string) string {
	var kept bytes.Buffer
	for word := range strings.FieldsSeq(text) {
		if !strings.Contains(word, ".") || strings.Trim(word, "0123456789.") != "" {
			kept.WriteString(word + " ")
		}
	}
	return kept.String()
}
