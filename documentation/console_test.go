package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A guide is a page whose blocks of code are tried. A block of the language
// "console" has commands behind "$ ", lines that go on with one behind "> ", and
// what it prints below; "…" stands there for any number of lines. A command that
// ends with " &" runs until the page is done. A block with a name behind its
// language, as in "yaml known-failures.yaml", is a file for the commands.

// block is a block of code on a page.
type block struct {
	language string
	name     string
	lines    []string
	// from and to are the numbers of the first line of code and of that behind the
	// last, from 0.
	from, to int
}

var openings = regexp.MustCompile("^```([a-z]+)(?: (\\S+))?$")

func blocksOf(lines []string) []block {
	var blocks []block
	for i := 0; i < len(lines); i++ {
		opening := openings.FindStringSubmatch(lines[i])
		if opening == nil {
			continue
		}
		one := block{language: opening[1], name: opening[2], from: i + 1}
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			one.lines = append(one.lines, lines[i])
		}
		one.to = i
		blocks = append(blocks, one)
	}
	return blocks
}

// typed is a command with what it is said to print.
type typed struct {
	shown  []string
	line   string
	output []string
}

// typedIn takes a console apart.
func typedIn(lines []string) []typed {
	var all []typed
	for _, line := range lines {
		command, begins := strings.CutPrefix(line, "$ ")
		more, goesOn := strings.CutPrefix(line, "> ")
		switch {
		case begins:
			all = append(all, typed{shown: []string{line}, line: command})
		case len(all) == 0:
			continue
		case goesOn && len(all[len(all)-1].output) == 0:
			last := &all[len(all)-1]
			last.shown, last.line = append(last.shown, line), last.line+"\n"+more
		default:
			last := &all[len(all)-1]
			last.output = append(last.output, line)
		}
	}
	return all
}

// shell runs the commands of one page in a folder of its own.
type shell struct {
	folder      string
	environment []string
	// real are the addresses that are used in the place of those on the page.
	real map[string]string
	exit int
}

// addresses are those on a page that a free one takes the place of.
var addresses = regexp.MustCompile(`127\.0\.0\.1:8\d{3}`)

// used gives a text with the addresses that are used.
func (s *shell) used(t *testing.T, text string) string {
	t.Helper()
	return addresses.ReplaceAllStringFunc(text, func(shown string) string {
		if s.real[shown] == "" {
			s.real[shown] = freeAddress(t)
		}
		return s.real[shown]
	})
}

// shown gives a text with the addresses of the page.
func (s *shell) shown(text string) string {
	for shown, real := range s.real {
		text = strings.ReplaceAll(text, real, shown)
	}
	return text
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func newShell(t *testing.T, program string) *shell {
	t.Helper()
	environment := []string{"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH")}
	for _, variable := range os.Environ() {
		// What the person who runs the tests has set is no part of a guide.
		if !strings.HasPrefix(variable, "PATH=") && !strings.HasPrefix(variable, "DPCONFORM_") && !strings.HasPrefix(variable, "GITHUB_") {
			environment = append(environment, variable)
		}
	}
	return &shell{folder: t.TempDir(), environment: append(environment, "NO_COLOR=1"), real: map[string]string{}}
}

// run gives what a command prints, in the words of the page. One in the
// background has printed what it should, or has had time enough.
func (s *shell) run(t *testing.T, one typed) string {
	t.Helper()
	line := s.used(t, one.line)
	foreground, inBackground := strings.CutSuffix(line, " &")
	// The shell of each command knows how the one before ended.
	script := fmt.Sprintf("(exit %d)\n%s", s.exit, foreground)
	if inBackground {
		script = "exec " + foreground
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Dir, command.Env = s.folder, s.environment
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	var output safeBuffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said := func() string { return s.shown(output.String()) }
	if !inBackground {
		// The error is that of the exit code, which the page may ask for.
		_ = command.Wait()
		s.exit = command.ProcessState.ExitCode()
		return said()
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		<-ended
	})
	patience, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !sameOutput(one.output, said()) {
		select {
		case <-ended:
			return said()
		case <-patience.Done():
			return said()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return said()
}

// safeBuffer may be written and read at the same time.
type safeBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *safeBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(text)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// unsteady is what differs from run to run or from build to build.
var unsteady = []struct {
	pattern *regexp.Regexp
	steady  string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]+`), "sha256:DIGEST"},
	{regexp.MustCompile(`\b\d+\.\d+ s\b`), "TIME s"},
	{regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`), "DAY"},
	{regexp.MustCompile(`dpconform \d+\.\d+\.\d+`), "dpconform VERSION"},
}

func steady(text string) string {
	for _, one := range unsteady {
		text = one.pattern.ReplaceAllString(text, one.steady)
	}
	return text
}

// anyLines stands on a page for what is left out there.
const anyLines = "…"

// sameOutput holds the output on a page against a real one.
func sameOutput(shown []string, real string) bool {
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	for _, line := range shown {
		if strings.TrimSpace(line) == anyLines {
			pattern.WriteString(`(?:[^\n]*\n)*?`)
			continue
		}
		pattern.WriteString(regexp.QuoteMeta(strings.TrimRight(steady(line), " ")) + ` *\n`)
	}
	pattern.WriteString(`\n*\z`)
	if real != "" && !strings.HasSuffix(real, "\n") {
		real += "\n"
	}
	return regexp.MustCompile(pattern.String()).MatchString(steady(real))
}

func TestSameOutput(t *testing.T) {
	for _, one := range []struct {
		shown, real string
		same        bool
	}{
		{"", "", true},
		{"a", "a\n", true},
		{"a", "b\n", false},
		{"a\n…\nd", "a\nb\nc\nd\n", true},
		{"a\n…\nd", "a\nd\n", true},
		{"a\n…\nd", "a\nb\n", false},
		{"a\n…", "a\nb\nc", true},
		{"169 pass; 0.11 s, exit 0", "169 pass; 12.50 s, exit 0\n", true},
		{"169 pass; 0.11 s, exit 0", "168 pass; 0.11 s, exit 0\n", false},
		{"recorded 2026-01-01", "recorded 2027-12-31\n", true},
	} {
		var shown []string
		if one.shown != "" {
			shown = strings.Split(one.shown, "\n")
		}
		if got := sameOutput(shown, one.real); got != one.same {
			t.Errorf("%q and %q: got %t", one.shown, one.real, got)
		}
	}
}
