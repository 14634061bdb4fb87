// Package docs_test keeps the documentation true: the commands shown print what
// the page says, links resolve, and packages import only what they may.
package docs_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/cli"
)

const root = "../.."

var update = flag.Bool("update", false, "write the real output into the pages")

// TestMain lets this binary be dpconform when it is called by that name, so that
// no test has to build the program.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "dpconform" {
		os.Exit(cli.Main())
	}
	os.Exit(m.Run())
}

// TestCommands types every command of every page and compares what it prints
// with what the page shows.
//
// A block of the language "console" has commands after "$ ", their continuation
// lines after "> ", and the output below; a line "…" stands for any lines left
// out. A command that ends with " &" runs until the page is done. A block with a
// name after its language, such as "yaml known-failures.yaml", is a file.
func TestCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a POSIX shell")
	}
	for _, name := range pages(t) {
		text := readPage(t, name)
		if !strings.Contains(text, "```console\n") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := strings.Split(text, "\n")
			changed := tryPage(t, newShell(t), name, lines)
			if *update && !slices.Equal(changed, lines) {
				if err := os.WriteFile(filepath.Join(root, name), []byte(strings.Join(changed, "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var fence = regexp.MustCompile("^```([a-z]+)(?: (\\S+))?$")

// tryPage runs the commands of a page and returns its lines with real output.
func tryPage(t *testing.T, in *shell, page string, lines []string) []string {
	var changed []string
	for i := 0; i < len(lines); i++ {
		changed = append(changed, lines[i])
		opening := fence.FindStringSubmatch(lines[i])
		if opening == nil {
			continue
		}
		from := i + 1
		end := from + slices.Index(lines[from:], "```")
		switch block := lines[from:end]; {
		case opening[2] != "":
			if err := os.WriteFile(filepath.Join(in.folder, opening[2]), []byte(in.real(t, strings.Join(block, "\n"))+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			changed = append(changed, block...)
		case opening[1] == "console":
			for _, one := range commandsIn(block) {
				changed = append(changed, one.shown...)
				got := in.run(t, one)
				if sameOutput(one.output, got) {
					changed = append(changed, one.output...)
					continue
				}
				if !*update {
					t.Errorf("%s:%d: %s\nprints\n%s\nnot\n%s\nIf that is intended: go test ./tools/docs -run Commands -update",
						page, from, one.line, got, strings.Join(one.output, "\n"))
				}
				changed = append(changed, refilled(one.output, got)...)
			}
		default:
			changed = append(changed, block...)
		}
		i = end - 1
	}
	return changed
}

// typed is a command with the output that the page shows.
type typed struct {
	shown  []string
	line   string
	output []string
}

func commandsIn(block []string) []typed {
	var all []typed
	for _, line := range block {
		command, begins := strings.CutPrefix(line, "$ ")
		more, continues := strings.CutPrefix(line, "> ")
		switch last := len(all) - 1; {
		case begins:
			all = append(all, typed{shown: []string{line}, line: command})
		case last >= 0 && continues && len(all[last].output) == 0:
			all[last].shown, all[last].line = append(all[last].shown, line), all[last].line+"\n"+more
		case last >= 0:
			all[last].output = append(all[last].output, line)
		}
	}
	return all
}

// shell runs the commands of one page in a folder of its own.
type shell struct {
	folder      string
	environment []string
	// addresses are those used in place of the ones on the page.
	addresses map[string]string
	exit      int
}

func newShell(t *testing.T) *shell {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "dpconform")); err != nil {
		t.Fatal(err)
	}
	environment := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "NO_COLOR=1", "HOME=" + t.TempDir()}
	for _, name := range []string{"TMPDIR", "LANG"} {
		environment = append(environment, name+"="+os.Getenv(name))
	}
	ofGo, err := goEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	return &shell{folder: t.TempDir(), environment: append(environment, ofGo...), addresses: map[string]string{}}
}

// goEnvironment is for pages that build a Go program. With a cache of its own it
// would compile the standard library.
var goEnvironment = sync.OnceValues(func() ([]string, error) {
	names := []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"}
	output, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	values := strings.Split(string(output), "\n")
	for i := range names {
		names[i] += "=" + values[i]
	}
	return names, err
})

var pageAddress = regexp.MustCompile(`127\.0\.0\.1:8\d{3}`)

// real replaces the addresses of the page by free ones.
func (s *shell) real(t *testing.T, text string) string {
	return pageAddress.ReplaceAllStringFunc(text, func(shown string) string {
		if s.addresses[shown] == "" {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s.addresses[shown] = listener.Addr().String()
			listener.Close()
		}
		return s.addresses[shown]
	})
}

// run returns what a command prints, with the addresses of the page. One in the
// background is waited for until it has printed what it should.
func (s *shell) run(t *testing.T, one typed) string {
	foreground, background := strings.CutSuffix(s.real(t, one.line), " &")
	// The shell of each command knows how the previous one ended.
	script := fmt.Sprintf("(exit %d)\n%s", s.exit, foreground)
	if background {
		script = "exec " + foreground
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Dir, command.Env = s.folder, s.environment
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	output := &sharedBuffer{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	printed := func() string {
		text := output.String()
		for shown, real := range s.addresses {
			text = strings.ReplaceAll(text, real, shown)
		}
		return text
	}
	if !background {
		_ = command.Wait() // The exit code is for the page to ask.
		s.exit = command.ProcessState.ExitCode()
		return printed()
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() { _ = command.Process.Signal(os.Interrupt); <-ended })
	for deadline := time.Now().Add(30 * time.Second); !sameOutput(one.output, printed()) && time.Now().Before(deadline); {
		select {
		case <-ended:
			return printed()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return printed()
}

// sharedBuffer may be written and read at the same time.
type sharedBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *sharedBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(text)
}

func (b *sharedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// changing is what differs from run to run, or from build to build.
var changing = []struct {
	pattern *regexp.Regexp
	same    string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]+`), "sha256:DIGEST"},
	{regexp.MustCompile(`\b\d+\.\d+ s\b`), "TIME"},
	{regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`), "DAY"},
	{regexp.MustCompile(`dpconform \d+\.\d+\.\d+`), "dpconform VERSION"},
}

func normalized(text string) string {
	for _, one := range changing {
		text = one.pattern.ReplaceAllString(text, one.same)
	}
	return text
}

func sameOutput(shown []string, real string) bool {
	pattern := `(?s)\A`
	for _, line := range shown {
		if strings.TrimSpace(line) == "…" {
			pattern += `(?:[^\n]*\n)*?`
			continue
		}
		pattern += regexp.QuoteMeta(strings.TrimRight(normalized(line), " ")) + ` *\n`
	}
	if real != "" && !strings.HasSuffix(real, "\n") {
		real += "\n"
	}
	return regexp.MustCompile(pattern + `\n*\z`).MatchString(normalized(real))
}

var number = regexp.MustCompile(`[0-9a-f]{8,}|\d+`)

// refilled is the real output for a page: with what the page leaves out, if
// nothing but numbers changed.
func refilled(shown []string, real string) []string {
	pattern := `(?s)\A`
	for _, line := range shown {
		switch line {
		case "…":
			pattern += `(?:[^\n]*\n)*?()`
		default:
			pattern += `(` + number.ReplaceAllString(regexp.QuoteMeta(line), `[0-9a-f]+`) + `)[ ]*\n`
		}
	}
	real = strings.TrimRight(real, "\n")
	found := regexp.MustCompile(pattern + `\z`).FindStringSubmatch(real + "\n")
	if found == nil {
		return strings.Split(real, "\n")
	}
	for i, line := range found[1:] {
		found[i+1] = cmp.Or(line, shown[i])
	}
	return found[1:]
}

func TestSameOutput(t *testing.T) {
	for _, one := range []struct {
		shown, real string
		same        bool
	}{
		{"a", "a\n", true}, {"a", "b\n", false}, {"a\n…\nd", "a\nb\nc\nd\n", true}, {"a\n…\nd", "a\nb\n", false},
		{"9 checks; 0.11 s, exit 0", "9 checks; 12.50 s, exit 0\n", true}, {"9 checks", "8 checks\n", false},
	} {
		if got := sameOutput(strings.Split(one.shown, "\n"), one.real); got != one.same {
			t.Errorf("%q and %q: got %t", one.shown, one.real, got)
		}
	}
	if got, want := refilled([]string{"9 checks", "…", "conforms"}, "8 checks\na\nb\nconforms\n"), []string{"8 checks", "…", "conforms"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
