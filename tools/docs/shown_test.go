package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shownCommand is a command of this repository, where somebody reads it: on a page,
// in an example of the help, in a message, a comment or a workflow.
var (
	shownCommand = regexp.MustCompile("\\bdpconform ([a-z]+)((?:\\\\\n|[^\n`\";|])*)")
	shownFlag    = regexp.MustCompile(`(?:^|[\s(\[])--([a-z][a-z-]+)`)
	shownTarget  = regexp.MustCompile("(?m)(?:`|^)make ((?: ?[a-z-]+)+)")
	shownPackage = regexp.MustCompile(`\bgo (?:run|test|install|doc)[^\n` + "`" + `]* (\./[a-z/]+)`)
	madeTarget   = regexp.MustCompile(`(?m)^([a-z-]+):`)
	codeCommand  = regexp.MustCompile("`dpconform ([a-z]+)")
	flagAlone    = regexp.MustCompile("`--([a-z][a-z-]+)")
)

// TestShownCommandsExist covers what TestCommands cannot run, because it has
// placeholders such as ID, needs the live service, or is the caller's: commands,
// their flags, targets of make and packages exist.
func TestShownCommandsExist(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, found := range madeTarget.FindAllStringSubmatch(readPage(t, "Makefile"), -1) {
		targets[found[1]] = true
	}
	helped := newHelp(t)
	for _, name := range tracked(t, "*.md", "*.go", "*.yml", "*.tmpl", "docs/fixtures", "Makefile") {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		text := readPage(t, name)
		for _, found := range shownCommand.FindAllStringSubmatch(text, -1) {
			helped.check(t, name, found[1], found[2])
		}
		for _, found := range shownPackage.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, found[1])); err != nil {
				t.Errorf("%s: %s: %v", name, found[0], err)
			}
		}
		if filepath.Ext(name) != ".md" {
			continue
		}
		for _, found := range codeCommand.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(helped.commands, found[1]) {
				t.Errorf("%s: there is no command %s", name, found[1])
			}
		}
		for _, found := range shownTarget.FindAllStringSubmatch(text, -1) {
			for target := range strings.FieldsSeq(found[1]) {
				if !targets[target] {
					t.Errorf("%s: the Makefile has no target %s", name, target)
				}
			}
		}
		for _, found := range flagAlone.FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(helped.commands, func(command string) bool { return helped.has(t, command, found[1]) }) {
				t.Errorf("%s: no command has a flag --%s", name, found[1])
			}
		}
	}
}

// help is what the commands print about their flags.
type help struct {
	program  string
	commands []string
	flags    map[string]string
}

func newHelp(t *testing.T) *help {
	t.Helper()
	made := &help{flags: map[string]string{}}
	path := strings.TrimPrefix(newShell(t).environment[0], "PATH=")
	made.program = filepath.Join(filepath.SplitList(path)[0], "dpconform")
	_, listed, _ := strings.Cut(made.of(t, ""), "Commands:\n")
	for line := range strings.Lines(listed) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		made.commands = append(made.commands, strings.Fields(line)[0])
	}
	made.commands = append(made.commands, "spec new", "spec print")
	return made
}

// of is the help of a command, in full.
func (h *help) of(t *testing.T, command string) string {
	t.Helper()
	if h.flags[command] == "" {
		text, err := exec.CommandContext(t.Context(), h.program, append(strings.Fields(command), "--help-all")...).Output()
		if err != nil {
			t.Fatalf("dpconform %s --help-all: %v", command, err)
		}
		h.flags[command] = string(text)
	}
	return h.flags[command]
}

func (h *help) has(t *testing.T, command, flag string) bool {
	return regexp.MustCompile(`(?m)^  (?:-\w, )?--` + flag + `\b`).MatchString(h.of(t, command))
}

func (h *help) check(t *testing.T, name, command, rest string) {
	t.Helper()
	if !slices.Contains(h.commands, command) {
		return // prose, such as: dpconform tests servers
	}
	if second, _, _ := strings.Cut(strings.TrimSpace(rest), " "); slices.Contains(h.commands, command+" "+second) {
		command += " " + second
	}
	rest, _, _ = strings.Cut(rest, " -- ")
	for _, flag := range shownFlag.FindAllStringSubmatch(rest, -1) {
		if !h.has(t, command, flag[1]) {
			t.Errorf("%s: dpconform %s has no flag --%s", name, command, flag[1])
		}
	}
}
