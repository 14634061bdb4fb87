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

// howToWrite tells how to get what is missing.
const howToWrite = "give a file that dpconform run --report json=FILE wrote"

// Read reads two reports by the names of their files; one of them may be
// StandardInput. The error is a *text.UsageError for a file that
// cannot be read, that is no report, or that is given twice.
func Read(oldName, newName string, input io.Reader) (old, new Source, err error) {
	if SameFile(oldName, newName) {
		return old, new, &text.UsageError{Place: newName, Message: "this is the old report too", Fix: "give two reports"}
	}
	if old, err = readOne(oldName, input); err != nil {
		return old, new, err
	}
	new, err = readOne(newName, input)
	return old, new, err
}

// SameFile reports whether two names are those of one file, by another path or a
// link too.
func SameFile(a, b string) bool {
	if a == StandardInput || b == StandardInput {
		return a == b
	}
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// ReadReport reads one report from a file. The error is that of Read.
func ReadReport(name string) (result.Report, error) { return ReadReportFrom(name, nil) }

// ReadReportFrom is ReadReport, which takes StandardInput from a reader.
func ReadReportFrom(name string, input io.Reader) (result.Report, error) {
	source, err := readOne(name, input)
	return source.Report, err
}

func readOne(name string, input io.Reader) (Source, error) {
	text, err := readText(name, input)
	if err != nil {
		return Source{}, err
	}
	found, err := Parse(name, text)
	return Source{name, found}, err
}

func readText(name string, input io.Reader) ([]byte, error) {
	wrong := func(message string) error {
		return &text.UsageError{Place: name, Message: message, Fix: howToWrite}
	}
	if name != StandardInput {
		file, err := os.Open(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, wrong("there is no such file")
		case err != nil:
			return nil, wrong(reasonOf(err))
		}
		defer file.Close()
		if information, err := file.Stat(); err == nil && information.IsDir() {
			return nil, wrong("this is a folder")
		}
		input = file
	}
	value, err := io.ReadAll(io.LimitReader(input, largest+1))
	switch {
	case err != nil:
		return nil, wrong(reasonOf(err))
	case len(value) > largest:
		return nil, wrong(fmt.Sprintf("longer than %d MiB", largest>>20))
	}
	return value, nil
}

// reasonOf leaves out the name of the file, which is said already.
func reasonOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return "it cannot be read: " + path.Err.Error()
	}
	return "it cannot be read: " + err.Error()
}

// Parse reads the text of a report. The error is a *text.UsageError
// that names the file and, where the text is no JSON, the line.
func Parse(name string, value []byte) (result.Report, error) {
	value = bytes.TrimPrefix(value, []byte("\xef\xbb\xbf"))
	var format struct {
		Version json.RawMessage `json:"format_version"`
	}
	err := json.Unmarshal(value, &format)
	var syntax *json.SyntaxError
	switch {
	case len(bytes.TrimSpace(value)) == 0:
		return result.Report{}, &text.UsageError{Place: name, Message: "it is empty", Fix: howToWrite}
	case errors.As(err, &syntax):
		return result.Report{}, &text.UsageError{Place: placeIn(name, value, syntax.Offset),
			Message: "no JSON: " + syntax.Error(), Fix: howToWrite}
	case otherDocument(value) != "":
		return result.Report{}, &text.UsageError{Place: name, Message: "this is " + otherDocument(value) + ", not the report of a run", Fix: howToWrite}
	case err != nil || len(format.Version) == 0:
		return result.Report{}, notAReport(name, "it has no format_version")
	case string(format.Version) != fmt.Sprint(result.FormatVersion):
		return result.Report{}, &text.UsageError{Place: name,
			Message: fmt.Sprintf("a report of format %.20s; this version reads format %d", format.Version, result.FormatVersion),
			Fix:     "use the dpconform that wrote it"}
	}
	found, err := result.ReadJSON(value)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return result.Report{}, notAReport(placeIn(name, value, kind.Offset), fmt.Sprintf("%s is a %s", kind.Field, kind.Value))
	case err != nil:
		return result.Report{}, notAReport(name, strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if lacks := missing(found); lacks != "" {
		return result.Report{}, notAReport(name, "it has no "+lacks)
	}
	return found, nil
}

func notAReport(place, why string) error {
	return &text.UsageError{Place: place, Message: "no report of a run: " + why, Fix: howToWrite}
}

// placeIn names the line of an offset.
func placeIn(name string, text []byte, offset int64) string {
	before := text[:max(0, min(int(offset), len(text)))]
	return fmt.Sprintf("%s:%d", name, 1+bytes.Count(before, []byte("\n")))
}

// missing names what every report has and this one does not; other documents
// have a format version too.
func missing(of result.Report) string {
	switch {
	case of.Target.Endpoint == "":
		return "target.endpoint"
	case of.Description.Digest == "":
		return "description.digest"
	case of.Settings.Level == "":
		return "settings.level"
	case of.Requirements == nil:
		return "requirements"
	case of.Checks == nil:
		return "checks"
	case of.Exchanges == nil:
		return "exchanges"
	}
	return ""
}
