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

func inUTF16(order binary.AppendByteOrder, text string) string {
	var written []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		written = order.AppendUint16(written, unit)
	}
	return string(written)
}

func inUTF32(order binary.AppendByteOrder, text string) string {
	var written []byte
	for _, character := range text {
		written = order.AppendUint32(written, uint32(character))
	}
	return string(written)
}

// readForms are the forms of a text that are read as the text itself, and
// refusedForms those that are refused, with what the line says.
var readForms = map[string]func(string) string{
	"CRLF": func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") },
	"CR":   func(text string) string { return strings.ReplaceAll(text, "\n", "\r") },
	"mixed line ends": func(text string) string {
		ends, at := []string{"\n", "\r\n", "\r"}, 0
		var mixed strings.Builder
		for line := range strings.Lines(text) {
			body, ended := strings.CutSuffix(line, "\n")
			mixed.WriteString(body)
			if ended {
				mixed.WriteString(ends[at%len(ends)])
				at++
			}
		}
		return mixed.String()
	},
	"UTF-8 with a mark": func(text string) string { return "\ufeff" + text },
	"UTF-16LE":          func(text string) string { return inUTF16(binary.LittleEndian, "\ufeff"+text) },
	"UTF-16BE, CRLF": func(text string) string {
		return inUTF16(binary.BigEndian, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n"))
	},
}

var refusedForms = map[string]struct {
	form func(string) string
	says string
}{
	"UTF-16LE without a mark": {func(text string) string { return inUTF16(binary.LittleEndian, text) }, "NUL byte, as do UTF-32 and UTF-16 without a byte order mark; save it in UTF-8"},
	"UTF-16BE without a mark": {func(text string) string { return inUTF16(binary.BigEndian, text) }, "UTF-16 without a byte order mark"},
	"half of UTF-16":          {func(text string) string { return inUTF16(binary.LittleEndian, "\ufeff"+text) + "x" }, "the byte order mark of UTF-16 and is not text in UTF-16; save it in UTF-8"},
	"UTF-16BE, another mark":  {func(text string) string { return inUTF16(binary.BigEndian, "\ufffe"+text) }, "is not text in UTF-16"},
	"UTF-16LE, another mark":  {func(text string) string { return inUTF16(binary.LittleEndian, "\ufffe"+text) }, "is not text in UTF-16"},
	"UTF-8, another mark":     {func(text string) string { return "\xfe\xff" + text }, "is not text in UTF-16"},
	"UTF-32LE":                {func(text string) string { return inUTF32(binary.LittleEndian, "\ufeff"+text) }, "UTF-32"},
	"UTF-32BE":                {func(text string) string { return inUTF32(binary.BigEndian, "\ufeff"+text) }, "UTF-32"},
	"Latin-1":                 {func(text string) string { return strings.Replace(text, "\n", "\n\xe4", 1) }, "not text in UTF-8"},
	"a NUL byte":              {func(text string) string { return strings.Replace(text, "\n", "\n\x00", 1) }, "a NUL byte"},
}

// TestEveryInputIsReadInAnyForm gives every kind of file that a person can name in
// the forms that editors, shells and git make of it.
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
			for form, of := range readForms {
				if got := given(of(one.text)); got.exit != want.exit || withoutTimes(got.all()) != withoutTimes(want.all()) {
					t.Errorf("%s: exit %d, want %d\n%.600s", form, got.exit, want.exit, got.complaints)
				}
			}
			for form, refused := range refusedForms {
				got := given(refused.form(one.text))
				if got.exit != result.ExitUsage || strings.Count(got.complaints, "\n") != 1 || !strings.Contains(got.complaints, refused.says) || !strings.Contains(got.complaints, "input.yaml") {
					t.Errorf("%s: exit %d, %q", form, got.exit, got.complaints)
				}
			}
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
