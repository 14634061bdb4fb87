package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// StandardInput is the name that stands for standard input.
const StandardInput = "-"

// largest is the length in bytes of the largest report that is read: some
// hundred times that of a whole run.
const largest = 256 << 20

// howToWrite is the fix for what is no report.
const howToWrite = "give a file that dpconform run --report json=FILE wrote"

// Read reads two reports by the names of their files; one of them may be
// StandardInput. The error is a *text.UsageError for a file that cannot be read,
// that is no report, or that is given twice.
func Read(oldName, newName string, input io.Reader) (old, new Source, err error) {
	if SameFile(oldName, newName) {
		return old, new, text.Mistake(newName, "this is the old report too", "give two reports")
	}
	old.File, new.File = oldName, newName
	if old.Report, err = ReadReport(oldName, input); err == nil {
		new.Report, err = ReadReport(newName, input)
	}
	return old, new, err
}

// SameFile reports whether two names are those of one file, by another path or a
// link too.
func SameFile(a, b string) bool {
	if a == StandardInput || b == StandardInput {
		return a == b
	}
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	return filepath.Clean(a) == filepath.Clean(b) || err == nil && otherErr == nil && os.SameFile(one, other)
}

// ReadReport reads one report, from a reader where it is StandardInput. The
// error is that of Read.
func ReadReport(name string, input io.Reader) (result.Report, error) {
	if name != StandardInput {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return result.Report{}, text.Mistake(name, "there is no such file", howToWrite)
		}
		if err != nil {
			return result.Report{}, text.Mistake(name, "it cannot be read: "+text.Reason(err), howToWrite)
		}
		defer file.Close()
		if information, err := file.Stat(); err == nil && information.IsDir() {
			return result.Report{}, text.Mistake(name, "this is a folder", howToWrite)
		}
		input = file
	}
	value, err := io.ReadAll(io.LimitReader(input, largest+1))
	switch {
	case err != nil:
		return result.Report{}, text.Mistake(name, "it cannot be read: "+text.Reason(err), howToWrite)
	case len(value) > largest:
		return result.Report{}, text.Mistake(name, fmt.Sprintf("longer than %d MiB", largest>>20), howToWrite)
	}
	return Parse(name, value)
}

// Parse reads the text of a report. The error is a *text.UsageError that names
// the file and, where the text is no JSON, the line.
func Parse(name string, value []byte) (result.Report, error) {
	value = bytes.TrimPrefix(value, []byte("\xef\xbb\xbf"))
	at := func(offset int64) string {
		before := value[:max(0, min(int(offset), len(value)))]
		return fmt.Sprintf("%s:%d", name, 1+bytes.Count(before, []byte("\n")))
	}
	var members map[string]json.RawMessage
	err := json.Unmarshal(value, &members)
	version := string(members["format_version"])
	var syntax *json.SyntaxError
	switch {
	case len(bytes.TrimSpace(value)) == 0:
		return result.Report{}, text.Mistake(name, "it is empty", howToWrite)
	case errors.As(err, &syntax):
		return result.Report{}, text.Mistake(at(syntax.Offset), "no JSON: "+syntax.Error(), howToWrite)
	case otherDocument(members) != "":
		return result.Report{}, text.Mistake(name, "this is "+otherDocument(members)+", not the report of a run", howToWrite)
	case err != nil || version == "":
		return result.Report{}, text.Mistake(name, "no report of a run: it has no format_version", howToWrite)
	case version != fmt.Sprint(result.FormatVersion):
		return result.Report{}, text.Mistake(name, fmt.Sprintf("a report of format %.20s; this version reads format %d", version, result.FormatVersion),
			"use the dpconform that wrote it")
	}
	found, err := result.ReadJSON(value)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return result.Report{}, text.Mistake(at(kind.Offset), fmt.Sprintf("no report of a run: %s is a %s", kind.Field, kind.Value), howToWrite)
	case err != nil:
		return result.Report{}, text.Mistake(name, "no report of a run: "+strings.ReplaceAll(err.Error(), "\n", " "), howToWrite)
	}
	for _, one := range []struct {
		member  string
		missing bool
	}{
		{"target.endpoint", found.Target.Endpoint == "" && found.Client == nil}, {"description.digest", found.Description.Digest == ""},
		{"settings.level", found.Settings.Level == ""}, {"requirements", found.Requirements == nil}, {"checks", found.Checks == nil}, {"exchanges", found.Exchanges == nil},
	} {
		if one.missing {
			return result.Report{}, text.Mistake(name, "no report of a run: it has no "+one.member, howToWrite)
		}
	}
	return found, nil
}

// otherDocument names a JSON document that is no report, by members that it has
// and no other does; empty for an unknown one.
func otherDocument(members map[string]json.RawMessage) string {
	for _, other := range []struct {
		name    string
		members []string
	}{
		{"a client report of version 0.1", []string{"wire_only", "results"}},
		{"a report of dpconform diff", []string{"regression", "fails"}},
		{"a report of dpconform drift", []string{"drifts", "changes"}},
		{"a report of dpconform doctor", []string{"endpoint", "scopes", "jobs"}},
		{"the catalogue of dpconform list", []string{"requirements", "checks", "reference_page"}},
		{"the numbers of a badge", []string{"schemaVersion", "message"}},
		{"an HTTP archive", []string{"log"}},
		{"a SARIF log", []string{"runs", "version"}},
	} {
		all := true
		for _, member := range other.members {
			all = all && members[member] != nil
		}
		if all {
			return other.name
		}
	}
	return ""
}
