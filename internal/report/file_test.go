package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// someKinds are kinds to choose from.
var someKinds = []string{"json", "junit", "markdown", "annotations"}

func TestParseFile(t *testing.T) {
	folder := t.TempDir()
	existing := filepath.Join(folder, "old.json")
	if err := os.WriteFile(existing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]File{
		"json=-":                       {"json", "-"},
		"junit=-":                      {"junit", "-"},
		"json=" + existing:             {"json", existing},
		"junit=" + folder + "/new.xml": {"junit", folder + "/new.xml"},
		"json=" + folder + "/a=b":      {"json", folder + "/a=b"},
		"json=here.json":               {"json", "here.json"},
		"here.json":                    {"json", "here.json"},
		folder + "/Report.XML":         {"junit", folder + "/Report.XML"},
		"a.b.md":                       {"markdown", "a.b.md"},
		"annotations=a.md":             {"annotations", "a.md"},
	} {
		if file, err := ParseFile(text, someKinds...); err != nil || file != want {
			t.Errorf("%s: %+v, %v", text, file, err)
		}
	}
	for text, want := range map[string]string{
		"":                                `"" says no kind of report`,
		"-":                               `"-" says no kind of report`,
		"report":                          `"report" says no kind of report`,
		"report.html":                     `"report.html" says no kind of report`,
		"=x.json":                         `unknown kind of report ""`,
		folder + "/gone/x.json":           "there is no folder " + folder + "/gone",
		"jsn=x":                           `unknown kind of report "jsn"`,
		"JSON=x":                          `unknown kind of report "JSON"`,
		"x.jsn":                           `"x.jsn" says no kind of report`,
		"json":                            `"json" names no file`,
		"json=":                           `"json=" names no file`,
		"json=" + folder:                  folder + " is a folder",
		"json=" + folder + "/gone/x.json": "there is no folder " + folder + "/gone",
		"json=" + existing + "/x.json":    "there is no folder " + existing,
	} {
		file, err := ParseFile(text, someKinds...)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v; want %s", text, file, err, want)
		}
		var unknown *UnknownKindError
		if isUnknown := strings.HasPrefix(want, "unknown kind"); errors.As(err, &unknown) != isUnknown {
			t.Errorf("%q: an error of type %T", text, err)
		}
	}
}

// with lets a function write a report.
func with(report Report, write func(io.Writer, Report) error) func(io.Writer) error {
	return func(out io.Writer) error { return write(out, report) }
}

func TestAReportIsWrittenWhole(t *testing.T) {
	report := New(failing(t))
	for kind, write := range map[string]func(io.Writer, Report) error{"json": WriteJSON, "junit": WriteJUnit} {
		want := written(t, report, write)
		folder := t.TempDir()
		path := filepath.Join(folder, "report")
		for _, before := range []string{"", "something longer that was there before" + want} {
			if before != "" {
				if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := (File{kind, path}).WriteWith(with(report, write), io.Discard); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != want {
				t.Errorf("%s: %d bytes, %v", kind, len(got), err)
			}
			wantOnly(t, folder, "report")
		}
		var out strings.Builder
		if err := (File{kind, StandardOutput}).WriteWith(with(report, write), &out); err != nil || out.String() != want {
			t.Errorf("%s: %d bytes on standard output, %v", kind, out.Len(), err)
		}
	}
}

// wantOnly checks the names in a folder.
func wantOnly(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	if strings.Join(found, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", found, names)
	}
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	report := New(conforming(t))
	parent := t.TempDir()
	folder := filepath.Join(parent, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := ParseFile("json="+folder+"/report.json", someKinds...)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := file.WriteWith(with(report, WriteJSON), io.Discard); err == nil {
		t.Error("written into a folder that is gone")
	}
	wantOnly(t, parent)

	// The place is taken by a folder in the meantime.
	if err := os.MkdirAll(filepath.Join(folder, "report.json", "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := file.WriteWith(with(report, WriteJSON), io.Discard); err == nil {
		t.Error("written over a folder")
	}
	wantOnly(t, folder, "report.json")
	if err := (File{"junit", StandardOutput}).WriteWith(with(report, WriteJUnit), brokenPipe{}); err == nil {
		t.Error("a broken pipe is no error")
	}
}

// brokenPipe takes nothing.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestALinkStaysAndWhatItLeadsToIsWritten(t *testing.T) {
	report := New(conforming(t))
	folder := t.TempDir()
	for _, target := range []string{"real.json", "new.json", filepath.Join(folder, "far.json")} {
		link := filepath.Join(folder, "link-to-"+filepath.Base(target))
		if err := os.Symlink(target, link); err != nil {
			t.Skip("links cannot be made here: ", err)
		}
		if target == "real.json" {
			if err := os.WriteFile(filepath.Join(folder, target), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := (File{"json", link}).WriteWith(with(report, WriteJSON), io.Discard); err != nil {
			t.Fatal(err)
		}
		if information, err := os.Lstat(link); err != nil || information.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is a link no more: %v", link, err)
		}
		text, err := os.ReadFile(filepath.Join(folder, filepath.Base(target)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := result.ReadJSON(text); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// A shell gives a pipe as a path: --report json=>(jq .counts).
func TestAPipeIsWrittenInto(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/dev/fd/%d", writer.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("pipes have no paths here")
	}
	text := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(reader)
		text <- all
	}()
	if err := (File{"json", path}).WriteWith(with(New(conforming(t)), WriteJSON), io.Discard); err != nil {
		t.Error(err)
	}
	writer.Close()
	if _, err := result.ReadJSON(<-text); err != nil {
		t.Error(err)
	}
}

func TestAReportKeepsWhoMayReadIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (File{"json", path}).WriteWith(with(New(conforming(t)), WriteJSON), io.Discard); err != nil {
		t.Fatal(err)
	}
	if information, err := os.Stat(path); err != nil || information.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", information.Mode(), err)
	}
}
