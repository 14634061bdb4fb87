package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pb33f/jsonschema/v6"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// embedded is the built-in description, loaded once for all tests.
var embedded = sync.OnceValue(spec.MustLoadEmbedded)

// called is what a command line printed and its exit code.
type called struct {
	exit       int
	output     string
	raw        string
	complaints string
}

// words is what was printed for a person, wherever it is wrapped.
func (c called) words() string { return strings.Join(strings.Fields(c.output), " ") }

// all is everything that was printed.
func (c called) all() string { return c.output + c.raw + c.complaints }

// want checks the exit code and that parts of the text were printed for a person.
func (c called) want(t testing.TB, exit int, says ...string) {
	t.Helper()
	if c.exit != exit {
		t.Errorf("exit %d, want %d\n%s%s", c.exit, exit, c.output, c.complaints)
	}
	for _, part := range says {
		if !strings.Contains(c.output, part) && !strings.Contains(c.words(), part) {
			t.Errorf("the output does not say %q:\n%s%s", part, c.output, c.complaints)
		}
	}
}

// wantOneLine checks that a command was refused: exit 2, one line on standard
// error with these parts and how to fix it, and nothing else printed.
func (c called) wantOneLine(t testing.TB, says ...string) {
	t.Helper()
	if c.exit != result.ExitUsage || strings.Count(c.complaints, "\n") != 1 || !strings.HasPrefix(c.complaints, "dpconform: ") || c.output+c.raw != "" {
		t.Errorf("exit %d, and not one line alone: %q, %q", c.exit, c.complaints, c.output+c.raw)
	}
	if !strings.Contains(c.complaints, "; ") && !strings.Contains(c.complaints, "want ") {
		t.Errorf("%q does not say how to fix it", c.complaints)
	}
	for _, part := range says {
		if !strings.Contains(c.complaints, part) {
			t.Errorf("%q does not say %q", c.complaints, part)
		}
	}
}

// refused runs a command line of words without spaces, which is refused.
func refused(t testing.TB, line string, says ...string) {
	t.Helper()
	got := call(t, strings.Fields(line)...)
	got.wantOneLine(t, says...)
	if strings.Contains(got.complaints, "secret-") {
		t.Errorf("%s: a secret is shown: %s", line, got.complaints)
	}
}

// call runs a command line as a person would, on no terminal.
func call(t testing.TB, arguments ...string) called {
	t.Helper()
	return callUntil(t, t.Context(), arguments...)
}

// callUntil is call with an end that somebody may bring about before its time.
func callUntil(t testing.TB, ctx context.Context, arguments ...string) called {
	t.Helper()
	var raw bytes.Buffer
	return callOn(t, ctx, 0, &raw, arguments...)
}

// buffer is where a command line prints what is not for a person.
type buffer interface {
	io.Writer
	String() string
}

// callOn runs a command line on a terminal of so many columns.
func callOn(t testing.TB, ctx context.Context, columns int, raw buffer, arguments ...string) called {
	t.Helper()
	var out, complaints bytes.Buffer
	on := quiet()
	on.out, on.raw, on.err, on.screen = plainWriter{&text.Log{Out: &out}}, raw, &text.Log{Out: &complaints}, &complaints
	on.columns = func() int { return columns }
	exit := execute(ctx, on, arguments)
	return called{exit: exit, output: out.String(), raw: raw.String(), complaints: complaints.String()}
}

// quiet is a terminal that nobody looks at, on which no target is given time between
// two attempts. Those of a process of its own get it.
func quiet() *terminal {
	color, none := config.ColorAuto, func() int { return 0 }
	return &terminal{out: io.Discard, raw: io.Discard, err: io.Discard, screen: io.Discard, columns: none, errColumns: none, lost: func() error { return nil }, pause: noPause,
		environment: func(string) string { return "" }, color: &color, shown: new(atomic.Pointer[progress])}
}

// plainWriter takes escape sequences out, as the real terminal's writer does
// where nobody sees colours.
type plainWriter struct{ out io.Writer }

var escapeSequence = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

func (p plainWriter) Write(text []byte) (int, error) {
	_, err := p.out.Write(escapeSequence.ReplaceAll(text, nil))
	return len(text), err
}

// mustEmulate is the reference emulator.
func mustEmulate(t testing.TB, options emulator.Options) http.Handler {
	t.Helper()
	server, err := emulator.New(embedded(), options)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// emulated serves the reference emulator and gives the flags that test it.
func emulated(t testing.TB, options emulator.Options) []string {
	t.Helper()
	return flagsFor(t, mustEmulate(t, options), options.Jobs)
}

// flagsFor serves a handler and gives the flags that test it with these jobs, or
// with the emulator's own.
func flagsFor(t testing.TB, handler http.Handler, jobs map[string][]string) []string {
	t.Helper()
	if jobs == nil {
		jobs = emulator.DefaultJobs(embedded())
	}
	arguments := []string{"--endpoint", listen(t, handler), "--token-template", platform.TokenTemplate}
	for _, state := range embedded().States {
		arguments = append(arguments, "--job", state+"="+strings.Join(jobs[state], ","))
	}
	return arguments
}

// listen serves a handler until the test ends and gives its address.
func listen(t testing.TB, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// nobody is an address at which nobody listens.
const nobody = "http://127.0.0.1:1"

// writeFile writes a file into a folder of the test.
func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func rewrite(t testing.TB, path string, change func(string) string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(change(readFile(t, path))), 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// filesOf gives the files of a folder by their paths in it.
func filesOf(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[path] = readFile(t, filepath.Join(folder, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// reportOf tests an emulator with a fault, or none, and gives the file of the
// report.
func reportOf(t testing.TB, fault string, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	arguments := append([]string{"run", "--report", "json=" + path}, emulated(t, emulator.Options{Fault: fault})...)
	if got := call(t, append(arguments, more...)...); got.complaints != "" {
		t.Fatal(got.complaints)
	}
	return path
}

// readReport reads a report that is right by its JSON Schema.
func readReport(t testing.TB, path string) result.Report {
	t.Helper()
	text := readFile(t, path)
	read, err := result.ReadJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = reportSchema().Validate(document)
	}
	if err != nil {
		t.Error(err)
	}
	return read
}

// reportSchema is the JSON Schema of reports.
var reportSchema = sync.OnceValue(func() *jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(result.Schema()))
	if err == nil {
		err = compiler.AddResource("report.schema.json", document)
	}
	if err != nil {
		panic(err)
	}
	return compiler.MustCompile("report.schema.json")
})

// unmarshal reads JSON that a command printed.
func unmarshal(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
}

// everyFormat gives the flags for a report of each format, and the paths by
// format.
func everyFormat(folder, name string) (flags []string, paths map[string]string) {
	paths = map[string]string{}
	for _, format := range report.Names() {
		paths[format] = filepath.Join(folder, name+"."+format)
		if format == "badge" {
			paths[format] += ".json"
		}
		flags = append(flags, "--report", format+"="+paths[format])
	}
	return flags, paths
}
