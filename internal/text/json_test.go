package text

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestJSONHidesNothingAndKeepsTheText: what Printable escapes is escaped, and read
// again as it was.
func TestJSONHidesNothingAndKeepsTheText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain <b>&", "ä\u2028\u202e\x1b\x7f\u0085", "##[error]a ##vso[b]##c[\r\n::error::d", "section_start:1:a\ntravis_fold:b", "\U000e0041\U0001f600\u00a0"} {
		var written strings.Builder
		if err := WriteJSON(&written, map[string]string{text: text}); err != nil {
			t.Fatal(err)
		}
		if shown := Printable(written.String()); shown != written.String() {
			t.Errorf("%q is written as %s", text, written.String())
		}
		var read map[string]string
		if err := json.Unmarshal([]byte(written.String()), &read); err != nil || read[text] != text {
			t.Errorf("%q is read as %q, %v", text, read, err)
		}
	}
}
