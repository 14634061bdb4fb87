package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestSpecPrint(t *testing.T) {
	t.Parallel()
	if got := call(t, "spec", "print"); got.exit != result.ExitConforms || got.raw != string(spec.Default().Text) {
		t.Errorf("exit %d, %d bytes", got.exit, len(got.raw))
	}
	got := call(t, "spec", "print", "--plain", "--json", "--openapi", "3.0")
	got.want(t, result.ExitConforms)
	if !json.Valid([]byte(got.raw)) || strings.Contains(got.raw, `"x-`) || !strings.HasPrefix(got.raw, "{\n  \"openapi\": \"3.0.3\"") {
		t.Errorf("printed %.80s", got.raw)
	}
}

func TestSpecPrintOfAFile(t *testing.T) {
	t.Parallel()
	// A CRLF and an odd space show that the bytes are those of the file.
	text := "openapi: 3.1.0\r\ninfo: {title:  Mine, version: '1'}\ncomponents: {schemas: {S: {contains: {}}}}\n"
	file := writeFile(t, "my.yaml", text)
	if got := call(t, "spec", "print", "--spec", file); got.exit != result.ExitConforms || got.raw != text {
		t.Errorf("exit %d: %q", got.exit, got.raw)
	}
	got := call(t, "spec", "print", "--spec", file, "--openapi", "3.0")
	if got.exit != result.ExitConforms || strings.Contains(got.raw, "contains") ||
		!strings.Contains(got.complaints, "my.yaml:3: OpenAPI 3.0 has no contains: it is left out\n") {
		t.Errorf("exit %d: %q, %q", got.exit, got.complaints, got.raw)
	}
	call(t, "spec", "print", "--openapi", "2.0").wantOneLine(t, "--openapi", `invalid value "2.0"; give 3.0`)
	call(t, "spec", "print", "--spec", file+".not").wantOneLine(t, "my.yaml.not", "no such file")
	call(t, "spec", "print", "--json", "--spec", writeFile(t, "broken.yaml", "openapi: 3.1.0\ninfo: []\npaths: {}\n")).wantOneLine(t, "broken.yaml:2")
}
