package diff

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// standardInput is the name that stands for standard input.
const standardInput = "-"

// largest is the length in bytes of the largest report that is read: some
// hundred times that of a whole run.
const largest = 256 << 20

// howToWrite is the fix for what is no report.
const howToWrite = "give a file that dpconform run --report json=FILE wrote"

// Read reads two reports by the names of their files; one of them may be "-",
// standard input. The error is a *text.UsageError for a file that cannot be read,
// that is no report, or that is given twice.
func Read(oldName, newName string, input io.Reader) (old, new Source, err error) {
	if oldName == newName && oldName == "-" {
		return old, new, text.Mistake("", "only one of OLD and NEW can be -, standard input", "give a file for the other")
	}
	if SameFile(oldName, newName) {
		return old, new, text.Mistake(newName, "OLD and NEW are the same file", "give two different reports")
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
	if a == standardInput || b == standardInput {
		return a == b
	}
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	return filepath.Clean(a) == filepath.Clean(b) || err == nil && otherErr == nil && os.SameFile(one, other)
}

// ReadReport reads one report, from a reader where its name is "-". The error is
// that of Read.
func ReadReport(name string, input io.Reader) (result.Report, error) {
	var value []byte
	var err error
	if name == standardInput {
		value, err = readText(input)
	} else if value, err = text.ReadNamed(name, largest, readText); err == nil {
		value, err = text.Decode(value)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return result.Report{}, text.Mistake(name, text.Reason(err), howToWrite)
	case errors.Is(err, syscall.EISDIR):
		return result.Report{}, text.Mistake(name, "this is a folder", howToWrite)
	case err != nil:
		return result.Report{}, text.Mistake(name, "it cannot be read: "+text.Reason(err), howToWrite)
	}
	return parse(name, value)
}

// readText reads what may be a report. Of what does not begin like JSON it reads the
// beginning, which says so: a device has no end.
func readText(in io.Reader) ([]byte, error) {
	const enough = 4 << 10
	buffered := bufio.NewReaderSize(in, enough)
	// The next read has the error.
	beginning, _ := buffered.Peek(enough)
	if plain := bytes.TrimLeft(beginning, " \t\r\n\xef\xbb\xbf"); len(plain) > 0 && !bytes.ContainsAny(plain[:1], "{[\xff\xfe") {
		return bytes.Clone(beginning), nil
	}
	return text.ReadAll(buffered, largest)
}

// parse reads the text of a report. The error is a *text.UsageError that names
// the file and, where the text is no JSON, the line.
func parse(name string, value []byte) (found result.Report, err error) {
	value = bytes.TrimPrefix(value, []byte("\xef\xbb\xbf"))
	var members map[string]json.RawMessage
	if err = json.Unmarshal(value, &members); err == nil {
		found, err = result.ReadJSON(value)
	}
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	version, place, wrong, fix := string(members["format_version"]), name, "", howToWrite
	at := func(offset int64) string {
		return fmt.Sprintf("%s:%d", name, 1+bytes.Count(value[:max(0, min(int(offset), len(value)))], []byte("\n")))
	}
	switch {
	case len(bytes.TrimSpace(value)) == 0:
		wrong = "it is empty"
	case errors.As(err, &syntax):
		place, wrong = at(syntax.Offset), "not JSON: "+text.SyntaxReason(syntax.Error())
	case otherDocument(members) != "":
		wrong = "this is " + otherDocument(members) + ", not the report of a run"
	case version == "":
		wrong = "not the report of a run: it has no format_version"
	case version != fmt.Sprint(result.FormatVersion):
		wrong, fix = fmt.Sprintf("a report of format %.20s; this version reads format %d", version, result.FormatVersion), "use the dpconform that wrote it"
	case errors.As(err, &wrongType):
		place, wrong = at(wrongType.Offset), fmt.Sprintf("not the report of a run: %s is a %s", wrongType.Field, wrongType.Value)
	case err != nil:
		wrong = "not the report of a run: " + text.Line(err.Error())
	}
	for _, one := range []struct {
		member  string
		missing bool
	}{
		{"target.endpoint", found.Target.Endpoint == "" && found.Client == nil}, {"description.digest", found.Description.Digest == ""},
		{"settings.level", found.Settings.Level == ""}, {"requirements", found.Requirements == nil}, {"checks", found.Checks == nil}, {"exchanges", found.Exchanges == nil},
	} {
		if one.missing && wrong == "" {
			wrong = "not the report of a run: it has no " + one.member
		}
	}
	if wrong != "" {
		return result.Report{}, text.Mistake(place, wrong, fix)
	}
	hide := redact.NewRedactor(nil)
	withoutSecrets(reflect.ValueOf(&found).Elem(), hide)
	if found.Client == nil { // Else it is the command of the client.
		found.Target.Endpoint, found.Target.Proxy = redact.Address(found.Target.Endpoint), redact.Address(found.Target.Proxy)
	}
	return found, nil
}

var tokenName = text.Pattern(redact.Mark + `:[\w.+-]+`)

// withoutSecrets takes out of each text of a report what has the name or the form of a
// secret. Somebody may have edited it, or put it together; what dpconform wrote stays
// as it is.
func withoutSecrets(value reflect.Value, hide *redact.Redactor) {
	switch value.Kind() {
	case reflect.String:
		text := value.String()
		// Where a name says the same twice, a token may lose its own.
		unnamed := func(text string) string {
			return tokenName().ReplaceAllStringFunc(text, func(name string) string {
				if hide.Text(name) != name {
					return name
				}
				return redact.Mark
			})
		}
		if shown := hide.Text(text); shown != text && unnamed(shown) != unnamed(text) {
			value.SetString(shown)
		}
	case reflect.Pointer:
		if !value.IsNil() {
			withoutSecrets(value.Elem(), hide)
		}
	case reflect.Slice:
		for i := range value.Len() {
			withoutSecrets(value.Index(i), hide)
		}
	case reflect.Map:
		if header, is := reflect.TypeAssert[map[string][]string](value); is && header != nil {
			value.Set(reflect.ValueOf(map[string][]string(hide.Header(header))))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				withoutSecrets(value.Field(i), hide)
			}
		}
	}
}

// otherDocument names a JSON document that is no report, by members that it has
// and no other does; empty for an unknown one.
func otherDocument(members map[string]json.RawMessage) string {
	for _, other := range [][]string{
		{"a report of dpconform diff", "regression", "fails"},
		{"a report of dpconform drift", "drifts", "changes"},
		{"a report of dpconform doctor", "endpoint", "scopes", "jobs"},
		{"the catalogue of dpconform list", "requirements", "checks", "reference_page"},
		{"the numbers of a badge", "schemaVersion", "message"},
		{"an HTTP archive", "log"},
		{"a SARIF log", "runs", "version"},
	} {
		if !slices.ContainsFunc(other[1:], func(member string) bool { return members[member] == nil }) {
			return other[0]
		}
	}
	return ""
}

// Source is a report and where it is from.
type Source struct {
	// File is its name as the caller gave it.
	File   string
	Report result.Report
}

// side says which run one of the two reports is of.
type side struct {
	File        string             `json:"file"`
	Tool        result.Tool        `json:"tool"`
	Started     time.Time          `json:"started"`
	Target      result.Target      `json:"target"`
	Client      *result.Client     `json:"client,omitempty"`
	Description result.Description `json:"description"`
	Exit        int                `json:"exit"`
	Conclusion  string             `json:"conclusion"`

	title string
}

func (s Source) side() side {
	of := s.Report
	return side{s.File, of.Tool, of.Started, of.Target, of.Client, of.Description, of.Exit, of.Conclusion, of.Title()}
}

// where names the server or the client.
func (s side) where() string {
	if s.Client != nil {
		return cmp.Or(strings.Join(s.Client.Command, " "), "a client")
	}
	return s.Target.Endpoint
}

func day(time time.Time) string { return time.UTC().Format("2006-01-02 15:04:05 UTC") }

// caveat is one thing in which two runs differed that changed verdicts may come
// from.
type caveat struct {
	Topic string `json:"topic"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// label says what differs.
func (c caveat) label() string {
	switch c.Topic {
	case "end":
		return "one of the runs did not end"
	case "order":
		return "the new run began before the old one"
	}
	return c.Topic + " changed"
}

// caveats lists why two reports cannot be compared fairly.
func caveats(old, new Source) []caveat {
	all := []caveat{}
	after := new.conditions()
	for i, before := range old.conditions() {
		if before.Old != after[i].Old {
			all = append(all, caveat{before.Topic, before.Old, after[i].Old})
		}
	}
	if old.Report.Started.After(new.Report.Started) {
		all = append(all, caveat{"order", day(old.Report.Started), day(new.Report.Started)})
	}
	return all
}

// conditions are the circumstances of a run, as the old side of caveats.
func (s Source) conditions() []caveat {
	of := s.Report
	target, permission, end := s.side().where(), "accepted jobs may not be consumed", "complete"
	if of.Target.Source == "cassettes" {
		target = "cassettes of " + of.Target.Endpoint
	}
	flags := of.Settings
	flags.Focus = nil // All of it counts.
	selection := []string{strings.Join(of.Settings.Focus, ", "), flags.Text()}
	if of.Client != nil && len(of.Client.NotChosen) > 0 {
		selection = append(selection, "without "+strings.Join(of.Client.NotChosen, ", "))
	}
	selection = slices.DeleteFunc(selection, func(part string) bool { return part == "" })
	var jobs, known []string
	for _, state := range slices.Sorted(maps.Keys(of.Target.Jobs)) {
		if count := of.Target.Jobs[state]; count > 0 {
			jobs = append(jobs, fmt.Sprintf("%d %s", count, state))
		}
	}
	if of.Settings.ConsumeJobs {
		permission = "accepted jobs may be consumed"
	}
	for _, failure := range of.KnownFailures {
		known = append(known, failure.Entry)
	}
	slices.Sort(known)
	if of.Exit == result.ExitUnreachable || of.Exit == result.ExitInterrupted {
		end = of.Conclusion
	}
	return []caveat{
		{Topic: "target", Old: target},
		// What is in descriptions distinguishes them, not their file.
		{Topic: "description", Old: fmt.Sprintf("revision %s, %.19s", of.Description.RevisionText(), of.Description.Digest)},
		{Topic: "level", Old: string(of.Settings.Level)},
		{Topic: "selection", Old: cmp.Or(strings.Join(selection, " and "), "everything")},
		{Topic: "jobs", Old: cmp.Or(strings.Join(jobs, ", "), "none")},
		{Topic: "permission", Old: permission},
		{Topic: "known failures", Old: cmp.Or(strings.Join(known, ", "), "none")},
		{Topic: "version", Old: of.Tool.Version},
		{Topic: "end", Old: end},
	}
}

// scopes are the scopes that one of two reports has.
type scopes struct {
	Appeared []string `json:"appeared"`
	Gone     []string `json:"gone"`
}

// scopeRow begins the id of the check of one scope.
const scopeRow = "authorization/scope/"

// scopesOf says which scopes only one report tests. Where a run selected checks,
// that says nothing of the scopes.
func scopesOf(old, new result.Report) scopes {
	made, tested := scopes{[]string{}, []string{}}, [2][]string{}
	for i, of := range []result.Report{old, new} {
		for _, check := range of.Checks {
			if scope, found := strings.CutPrefix(check.ID, scopeRow); found {
				tested[i] = append(tested[i], scope)
			}
		}
		if len(tested[i]) != of.Description.Scopes {
			return made
		}
	}
	return scopes{without(tested[1], tested[0]), without(tested[0], tested[1])}
}
