package kinds

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
)

func TestEveryKindIsWritten(t *testing.T) {
	beginnings := map[string]string{"json": "{\n", "junit": "<?xml", "markdown": "## archiveJobs.retry: ", "annotations": "", "html": "<!doctype html>",
		"har": "{\n  \"log\": {\n", "sarif": "{\n  \"$schema\": ", "badge": "<svg "}
	if len(beginnings) != len(Names()) {
		t.Errorf("the kinds are %v", Names())
	}
	for _, kind := range Names() {
		var out strings.Builder
		err := Write(report.File{Kind: kind, Path: report.StandardOutput}, report.Report{Conclusion: "conforms"}, &out)
		beginning, known := beginnings[kind]
		if err != nil || !known || !strings.HasPrefix(strings.ToLower(out.String()), strings.ToLower(beginning)) {
			t.Errorf("%s: %v, %.80q", kind, err, out.String())
		}
	}
	var unknown *report.UnknownKindError
	if err := Write(report.File{Kind: "pdf", Path: report.StandardOutput}, report.Report{}, nil); !errors.As(err, &unknown) {
		t.Errorf("an unknown kind: %v", err)
	}
}

func TestAPathSaysTheKind(t *testing.T) {
	for text, want := range map[string]string{
		"report.json": "json", "report.xml": "junit", "report.md": "markdown", "report.html": "html", "REPORT.HTM": "html", "x.har": "har", "x.sarif": "sarif",
		"x.sarif.json": "sarif", "x.svg": "badge", "badge=x.svg": "badge", "badge=x.JSON": "badge", "badge=-": "badge", "html=x": "html",
	} {
		if file, err := Parse(text); err != nil || file.Kind != want {
			t.Errorf("%s is %v, %v; want %s", text, file, err, want)
		}
	}
	for _, text := range []string{"report.txt", "report", "-", "badge=x.png", "badge=x", "pdf=x.html", "x.json.gz"} {
		if file, err := Parse(text); err == nil {
			t.Errorf("%s is %v", text, file)
		}
	}
}

func TestABadgeIsWhatItsPathEndsLike(t *testing.T) {
	folder := t.TempDir()
	for name, beginning := range map[string]string{"a.svg": "<svg ", "a.json": "{\n", "a.JSON": "{\n"} {
		path := filepath.Join(folder, name)
		if err := Write(report.File{Kind: "badge", Path: path}, report.Report{}, nil); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), beginning) {
			t.Errorf("%s: %v, %.80s", name, err, text)
		}
	}
}
