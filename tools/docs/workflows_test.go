package docs_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
)

// TestNightlyWorkflow runs the steps of the example, the action's among them, in
// an empty folder, night by night: they pass with what the header of the file
// names, and fail when a scope is refused or leaves the discovery document.
func TestNightlyWorkflow(t *testing.T) {
	t.Parallel()
	service := newService(t, revised(t))
	repository := newRepository(t, "docs/github/nightly.yml", "https://dataportability.googleapis.com", service.URL)
	repository.secrets = map[string]string{"DPCONFORM_TOKENS": "maps.starred_places: scope:dataportability.maps.starred_places\nmyactivity.search: scope:dataportability.myactivity.search"}
	repository.vars = map[string]string{"DPCONFORM_JOBS": "COMPLETE=complete-1"}

	for night := 1; night <= 2; night++ {
		if failed, log := repository.run(t, "live", night); len(failed) > 0 {
			t.Fatalf("night %d: the steps %q failed:\n%s", night, failed, log)
		}
	}
	for _, name := range []string{"report.json", "report.xml", "report.md", "report.html", "diff.md"} {
		if !slices.Contains(repository.uploaded, name) {
			t.Errorf("%s is not uploaded: %q", name, repository.uploaded)
		}
	}
	if !strings.Contains(repository.summary(t), "no drift") {
		t.Errorf("the summary of the job does not speak of drift:\n%s", repository.summary(t))
	}

	service.removed = "maps.starred_places"
	failed, log := repository.run(t, "live", 3)
	if want := []string{"Test the live server", "Compare the description with the discovery document"}; !slices.Equal(failed, want) {
		t.Errorf("without a scope the steps %q fail, want %q:\n%s", failed, want, log)
	}
	if !strings.Contains(repository.summary(t), service.removed) {
		t.Errorf("the summary does not name the scope:\n%s", repository.summary(t))
	}
}

// TestPullRequestWorkflow runs the other example, with an emulator and without.
func TestPullRequestWorkflow(t *testing.T) {
	t.Parallel()
	service := newService(t, spec.MustLoadEmbedded())
	repository := newRepository(t, "docs/github/pull-request.yml", "http://127.0.0.1:8080", service.URL)
	if failed, log := repository.run(t, "recorded", 1); len(failed) > 0 {
		t.Errorf("recorded: the steps %q failed:\n%s", failed, log)
	}
	if repository.wanted(t, "emulator") {
		t.Error("an emulator is tested that nobody named")
	}
	repository.vars = map[string]string{"DPCONFORM_START": "echo started", "DPCONFORM_JOBS": "FAILED=failed-1,failed-2\nCOMPLETE=complete-1"}
	failed, log := repository.run(t, "emulator", 2)
	if !repository.wanted(t, "emulator") || !slices.Equal(failed, []string{"Test the emulator"}) || !strings.Contains(log, "inconclusive") {
		t.Errorf("with few jobs the steps %q fail, want an inconclusive run:\n%s", failed, log)
	}
}

// TestOtherCI runs the commands for GitLab and Jenkins on the page, except those
// that build dpconform.
func TestOtherCI(t *testing.T) {
	t.Parallel()
	service := newService(t, revised(t))
	page := strings.ReplaceAll(readPage(t, "docs/guide-ci.md"), "https://dataportability.googleapis.com", service.URL)
	var gitlab struct{ Drift, Conformance struct{ Script []string } }
	block := regexp.MustCompile("(?s)```yaml .gitlab-ci.yml\n(.*?)```").FindStringSubmatch(page)
	if err := yaml.Unmarshal([]byte(block[1]), &gitlab); err != nil {
		t.Fatal(err)
	}
	commands := slices.Concat(gitlab.Drift.Script, gitlab.Conformance.Script)
	for _, found := range regexp.MustCompile(`(?m)^ *sh '(.*)'$`).FindAllStringSubmatch(page, -1) {
		commands = append(commands, strings.Replace(found[1], "./dpconform-program", "dpconform", 1))
	}
	commands = slices.DeleteFunc(commands, func(line string) bool { return strings.Contains(line, "cd dpconform && ") })
	if len(commands) != 3 {
		t.Fatalf("want run and drift for GitLab, and run for Jenkins, got %q", commands)
	}
	in := newShell(t)
	tokens := filepath.Join(in.folder, "tokens.yaml")
	if err := os.WriteFile(tokens, []byte("maps.reviews: scope:dataportability.maps.reviews\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.environment = append(in.environment, "DPCONFORM_TOKEN_FILE="+tokens, "DPCONFORM_JOB=COMPLETE=complete-1")
	for _, line := range commands {
		if printed := in.run(t, typed{line: line}); in.exit != 0 {
			t.Errorf("%s: exit %d:\n%s", line, in.exit, printed)
		}
	}
}

// service is the reference emulator, with the description of a revision where the
// discovery document is. One scope may be removed from both.
type service struct {
	*httptest.Server
	removed string
}

func newService(t *testing.T, method *spec.Method) *service {
	conforming, err := emulator.New(method, emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	description := strings.Replace(printed(t, "spec", "print", "--revision", "2026-07-19"), `x-revision: "2026-07-19"`, `x-revision: "2026-10-01"`, 1)
	made := &service{}
	made.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/$discovery/"):
			lines := strings.Split(description, "\n")
			_, _ = io.WriteString(w, strings.Join(slices.DeleteFunc(lines, func(line string) bool { return made.removed != "" && strings.Contains(line, made.removed) }), "\n"))
		case made.removed != "" && strings.HasSuffix(r.Header.Get("Authorization"), made.removed):
			r.Header.Set("Authorization", "Bearer scope:unrelated")
			fallthrough
		default:
			conforming.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(made.Close)
	return made
}

func revised(t *testing.T) *spec.Method {
	t.Helper()
	text := printed(t, "spec", "print", "--revision", "2026-07-19")
	file := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	description, err := spec.ReadDescription(file)
	if err != nil {
		t.Fatal(err)
	}
	method, err := spec.Load(description)
	if err != nil {
		t.Fatal(err)
	}
	return method
}

// printed is what a command of dpconform prints.
func printed(t *testing.T, arguments ...string) string {
	t.Helper()
	in := newShell(t)
	command := exec.CommandContext(t.Context(), filepath.Join(strings.Split(strings.TrimPrefix(in.environment[0], "PATH="), ":")[0], "dpconform"), arguments...)
	command.Env = in.environment
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(output)
}

// step is one of a job or of the action.
type step struct {
	ID, Name, If, Run, Uses string
	Env, With               map[string]string
}

// workflow is as much of a workflow, or of an action, as the examples use.
type workflow struct {
	Jobs map[string]struct {
		If    string
		Steps []step
	}
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct{ Steps []step }
}

// repository is a checkout with a workflow, as a runner sees it.
type repository struct {
	workflow, action workflow
	shell            *shell
	secrets, vars    map[string]string
	temporary        string
	night            int
	uploaded         []string
}

func newRepository(t *testing.T, name, address, instead string) *repository {
	if runtime.GOOS == "windows" {
		t.Skip("the steps are for bash")
	}
	made := &repository{shell: newShell(t), temporary: t.TempDir()}
	for name, into := range map[string]*workflow{name: &made.workflow, "action.yml": &made.action} {
		text := strings.ReplaceAll(readPage(t, name), address, instead)
		if err := yaml.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return made
}

func (r *repository) summary(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.temporary, fmt.Sprint("summary-", r.night)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wanted reports whether the condition of a job holds.
func (r *repository) wanted(t *testing.T, job string) bool {
	condition := r.workflow.Jobs[job].If
	return condition == "" || truth((&scope{repository: r}).value(t, condition))
}

// run runs the steps of a job, and returns the names of those that failed, with
// what they printed.
func (r *repository) run(t *testing.T, job string, night int) (failed []string, log string) {
	t.Helper()
	r.night, r.uploaded = night, nil
	top := &scope{repository: r, steps: map[string]map[string]string{}}
	failed, log = top.run(t, r.workflow.Jobs[job].Steps)
	if log == "" {
		t.Fatalf("no step of the job %q printed anything", job)
	}
	return failed, log
}

// scope is what the expressions of a workflow or of an action may refer to.
type scope struct {
	repository *repository
	inputs     map[string]string
	steps      map[string]map[string]string
	broken     bool
}

// run runs steps one after the other. After one that failed, only those that
// always run do.
func (s *scope) run(t *testing.T, steps []step) (failed []string, log string) {
	t.Helper()
	for _, one := range steps {
		if one.If == "" && s.broken || one.If != "" && !truth(s.value(t, one.If)) {
			continue
		}
		outputs, output, err := s.take(t, one)
		log += output
		if one.ID != "" {
			s.steps[one.ID] = outputs
		}
		if err != nil {
			s.broken = true
			failed = append(failed, one.Name)
			log += fmt.Sprintf("%s: %v\n", one.Name, err)
		}
	}
	return failed, log
}

func (s *scope) take(t *testing.T, one step) (outputs map[string]string, log string, err error) {
	switch {
	case one.Run != "":
		return s.script(t, one)
	case strings.HasPrefix(one.Uses, "actions/upload-artifact@"):
		files, err := os.ReadDir(s.expanded(t, one.With["path"]))
		for _, file := range files {
			s.repository.uploaded = append(s.repository.uploaded, file.Name())
		}
		return nil, "", err
	case !strings.HasPrefix(one.Uses, "dpconform/"):
		return nil, "", nil // The checkout, Go and the caches are there.
	}
	within := &scope{repository: s.repository, inputs: map[string]string{}, steps: map[string]map[string]string{}}
	for name, input := range s.repository.action.Inputs {
		within.inputs[name] = input.Default
	}
	for name, value := range one.With {
		if _, known := within.inputs[name]; !known {
			t.Errorf("the action has no input %s", name)
		}
		within.inputs[name] = s.expanded(t, value)
	}
	failed, log := within.run(t, s.repository.action.Runs.Steps)
	outputs = map[string]string{}
	for name, output := range s.repository.action.Outputs {
		outputs[name] = within.expanded(t, output.Value)
	}
	if len(failed) > 0 {
		err = fmt.Errorf("the steps %q of the action failed", failed)
	}
	return outputs, log, err
}

// script runs a step as a runner does. Nothing is built: dpconform is there.
func (s *scope) script(t *testing.T, one step) (outputs map[string]string, log string, err error) {
	t.Helper()
	r := s.repository
	temporary := func(name string) string { return filepath.Join(r.temporary, name) }
	for _, name := range []string{"output", "path"} {
		if err := os.WriteFile(temporary(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", strings.ReplaceAll(one.Run, "go install", ": go install"))
	command.Dir = r.shell.folder
	command.Env = append(slices.Clone(r.shell.environment), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+temporary("output"), "GITHUB_PATH="+temporary("path"),
		"GITHUB_STEP_SUMMARY="+temporary(fmt.Sprint("summary-", r.night)), "RUNNER_TEMP="+r.temporary, fmt.Sprint("GITHUB_RUN_ID=", 1000+r.night))
	for _, name := range slices.Sorted(maps.Keys(one.Env)) {
		command.Env = append(command.Env, name+"="+s.expanded(t, one.Env[name]))
	}
	printed, err := command.CombinedOutput()
	text, readErr := os.ReadFile(temporary("output"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	return outputsIn(string(text)), string(printed), err
}

// outputsIn reads the outputs of a step: NAME=VALUE, or NAME<<END with the value
// in the lines up to END.
func outputsIn(text string) map[string]string {
	outputs := map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		name, value, _ := strings.Cut(line, "=")
		if several, end, found := strings.Cut(line, "<<"); found {
			name = several
			value, rest, _ = strings.Cut(rest, "\n"+end+"\n")
		}
		outputs[name], text = value, rest
	}
	return outputs
}

var expression = regexp.MustCompile(`\$\{\{ (.*?) \}\}`)

func (s *scope) expanded(t *testing.T, words string) string {
	return expression.ReplaceAllStringFunc(words, func(found string) string { return s.value(t, expression.FindStringSubmatch(found)[1]) })
}

func truth(value string) bool { return value != "" && value != "false" }

var tokens = regexp.MustCompile(`\|\||&&|[!=]=|'[^']*'|[()]|[\w.*-]+`)

// value evaluates as much of an expression as the examples use: contexts, texts,
// ==, !=, && before ||, always() and hashFiles().
func (s *scope) value(t *testing.T, words string) string {
	t.Helper()
	e := &evaluation{scope: s, t: t, rest: tokens.FindAllString(words, -1)}
	value := e.either()
	if len(e.rest) > 0 {
		t.Fatalf("the expression %q is not understood from %q", words, e.rest)
	}
	return value
}

type evaluation struct {
	*scope
	t    *testing.T
	rest []string
}

func (e *evaluation) next(wanted string) bool {
	if len(e.rest) > 0 && e.rest[0] == wanted {
		e.rest = e.rest[1:]
		return true
	}
	return false
}

func (e *evaluation) either() string {
	value := e.both()
	for e.next("||") {
		if other := e.both(); !truth(value) {
			value = other
		}
	}
	return value
}

func (e *evaluation) both() string {
	value := e.compared()
	for e.next("&&") {
		if other := e.compared(); truth(value) {
			value = other
		}
	}
	return value
}

func (e *evaluation) compared() string {
	value := e.term()
	switch {
	case e.next("=="):
		return fmt.Sprint(value == e.term())
	case e.next("!="):
		return fmt.Sprint(value != e.term())
	}
	return value
}

func (e *evaluation) term() string {
	if e.next("(") {
		value := e.either()
		if !e.next(")") {
			e.t.Fatalf("a parenthesis is not closed before %q", e.rest)
		}
		return value
	}
	if len(e.rest) == 0 {
		e.t.Fatal("an expression breaks off")
	}
	name := e.rest[0]
	e.rest = e.rest[1:]
	if text, quoted := strings.CutPrefix(name, "'"); quoted {
		return strings.TrimSuffix(text, "'")
	}
	if e.next("(") {
		argument := ""
		if !e.next(")") {
			argument = e.either()
			e.next(")")
		}
		return e.call(name, argument)
	}
	return e.named(name)
}

func (e *evaluation) call(name, argument string) string {
	switch name {
	case "always":
		return "true"
	case "hashFiles":
		found, err := filepath.Glob(filepath.Join(e.repository.shell.folder, argument))
		if err != nil {
			e.t.Fatal(err)
		}
		return strings.Join(found, " ")
	}
	e.t.Fatalf("the function %s is not known", name)
	return ""
}

func (e *evaluation) named(name string) string {
	context, of, _ := strings.Cut(name, ".")
	switch context {
	case "secrets":
		return e.repository.secrets[of]
	case "vars":
		return e.repository.vars[of]
	case "inputs":
		value, known := e.inputs[of]
		if !known {
			e.t.Fatalf("the action has no input %s", of)
		}
		return value
	case "env":
		return ""
	case "steps":
		id, of, _ := strings.Cut(of, ".outputs.")
		return e.steps[id][of]
	}
	e.t.Fatalf("the context %s is not known", name)
	return ""
}
