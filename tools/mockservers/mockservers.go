// Command mockservers runs the suite against third-party mock servers that
// know nothing but the OpenAPI description, and writes a page with the results.
//
// It starts one server after the other on a free port of 127.0.0.1. The servers
// come from npm, in the versions that package-lock.json pins.
//
//	go run ./tools/mockservers bin/dpconform docs/third-party.md
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

const (
	description = "spec/archivejobs-retry.openapi.yaml"
	folder      = "tools/mockservers"
	startLimit  = time.Minute
	stopLimit   = 5 * time.Second
	runLimit    = 5 * time.Minute
)

// server is a mock server from npm.
type server struct {
	name string
	// npm is the name of its package, and program that of its executable.
	npm, program string
	// arguments make it serve the description on a port of 127.0.0.1.
	arguments   func(port string) []string
	environment string
	// about says in a few sentences what the server can know.
	about string
}

var servers = []server{
	{
		name: "Prism", npm: "@stoplight/prism-cli", program: "prism",
		arguments: func(port string) []string {
			return []string{"mock", "--host", "127.0.0.1", "--port", port, "--seed", "1", description}
		},
		about: `Prism enforces what the description says of a single request: paths and HTTP methods, the media type and the fields of
the body, that there is a token, and the schema of each response. It has no jobs and no state, and does not look at the
scopes of a token: it starts a job whatever the id and the token, with the same new id each time.`,
	},
	{
		name: "Mockoon", npm: "@mockoon/cli", program: "mockoon-cli",
		arguments: func(port string) []string {
			return []string{"start", "--data", description, "--hostname", "127.0.0.1", "--port", port, "--faker-seed", "1",
				"--disable-log-to-file", "--disable-admin-api", "--disable-external-refs"}
		},
		// Otherwise the state that it draws differs from run to run, and so would the page.
		environment: "NODE_OPTIONS=--require ./" + folder + "/seeded-random.cjs",
		about: "Mockoon imports the description but cannot serve the method: it takes the verb of `{archiveJob}:retry` for a second\n" +
			"parameter, finds no such route, and responds to every call with a 404 page. So it refuses everything that must be\n" +
			"refused, and grants nothing.",
	},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: mockservers DPCONFORM PAGE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := writePage(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "mockservers:", err)
		os.Exit(1)
	}
}

func writePage(ctx context.Context, program, path string) error {
	work, err := os.MkdirTemp("", "dpconform-mockservers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	page := bytes.NewBufferString(introduction)
	for _, one := range servers {
		found, err := one.test(ctx, program, filepath.Join(work, one.program))
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		if err := one.section(page, found); err != nil {
			return err
		}
		fmt.Printf("  %-8s %s\n", one.name, counts(found))
	}
	return os.WriteFile(path, page.Bytes(), 0o644)
}

// test starts the server, runs the suite against it, and stops it.
func (s server) test(ctx context.Context, program, work string) (result.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit+runLimit)
	defer cancel()
	if err := os.MkdirAll(work, 0o755); err != nil {
		return result.Report{}, err
	}
	endpoint, output, stop, err := s.start(ctx, work)
	if err != nil {
		return result.Report{}, err
	}
	defer stop()
	if err := ready(ctx, endpoint); err != nil {
		stop()
		return result.Report{}, fmt.Errorf("%w\n%s", err, output)
	}
	return run(ctx, program, endpoint, filepath.Join(work, "report.json"))
}

// start starts the server with a home of its own. The output may be read after
// stop has returned.
func (s server) start(ctx context.Context, work string) (endpoint string, output *bytes.Buffer, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, nil, err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err = errors.Join(err, listener.Close()); err != nil {
		return "", nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	command := exec.CommandContext(ctx, filepath.Join(folder, "node_modules", ".bin", s.program), s.arguments(port)...)
	output = &bytes.Buffer{}
	command.Stdout, command.Stderr = output, output
	command.Env = append(os.Environ(), "HOME="+work, "XDG_CONFIG_HOME="+work, "XDG_DATA_HOME="+work, "XDG_CACHE_HOME="+work,
		"NO_UPDATE_NOTIFIER=1", "DO_NOT_TRACK=1", "NO_COLOR=1", s.environment)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopLimit
	if err := command.Start(); err != nil {
		cancel()
		return "", nil, nil, fmt.Errorf("%w: run npm ci in %s", err, folder)
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); _ = command.Wait() }()
	return "http://127.0.0.1:" + port, output, func() { cancel(); <-stopped }, nil
}

// ready waits until the server responds, whatever it says.
func ready(ctx context.Context, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no response within %s", startLimit)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// run runs the suite as a person would. It is an error if the suite, and not
// the server, fails.
func run(ctx context.Context, program, endpoint, path string) (result.Report, error) {
	arguments := []string{"run", "--endpoint", endpoint, "--token-template", emulator.DefaultTokenTemplate, "--spec", description, "--report", "json=" + path}
	for state, ids := range emulator.DefaultJobs(spec.MustLoadEmbedded()) {
		arguments = append(arguments, "--job", state+"="+strings.Join(ids, ","))
	}
	printed, failure := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
	var exited *exec.ExitError
	if failure != nil && !errors.As(failure, &exited) {
		return result.Report{}, failure
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return result.Report{}, fmt.Errorf("no report: %s", printed)
	}
	found, err := result.ReadJSON(text)
	if err == nil && found.Counts.Checks[result.Error] > 0 {
		err = fmt.Errorf("%d checks ended with an error:\n%s", found.Counts.Checks[result.Error], printed)
	}
	return found, err
}

const introduction = `# Third-party mock servers

Two third-party mock servers serve [the description](../spec/archivejobs-retry.openapi.yaml) as it is, and the whole suite
tests them. They have no jobs, no states and no scopes, so they are expected to fail many requirements. The page shows
that the suite stays clear with servers that it was not written for, and how far a description alone can go.

` + "`make third-party`" + ` installs both from npm, in the versions that [a lock file](../tools/mockservers/package-lock.json) pins,
runs the suite against each, and writes this page.
`

func counts(found result.Report) string {
	by := found.Counts.Requirements
	return fmt.Sprintf("of %d requirements, %d pass, %d fail, %d warn, %d are skipped; exit %d", len(found.Requirements),
		by[result.Pass], by[result.Fail], by[result.Warn], by[result.Skip], found.Exit)
}

// section writes what the server fails, each with the first finding.
func (s server) section(page *bytes.Buffer, found result.Report) error {
	text, err := os.ReadFile(filepath.Join(folder, "node_modules", filepath.FromSlash(s.npm), "package.json"))
	if err != nil {
		return err
	}
	var installed struct{ Version string }
	if err := json.Unmarshal(text, &installed); err != nil {
		return err
	}
	fmt.Fprintf(page, "\n## %s %s\n\n%s\n\nResult: %s.\n\n| failed requirement | level | check | want | got |\n| --- | --- | --- | --- | --- |\n",
		s.name, installed.Version, s.about, counts(found))
	first := map[string]result.Finding{}
	by := map[string]string{}
	for _, check := range found.Checks {
		for _, finding := range check.Findings {
			if _, seen := by[finding.Requirement]; !seen {
				first[finding.Requirement], by[finding.Requirement] = finding, check.ID
			}
		}
	}
	for _, requirement := range found.Requirements {
		if finding := first[requirement.ID]; requirement.Verdict == result.Fail {
			fmt.Fprintf(page, "| `%s` | %s | `%s` | %s | %s |\n", requirement.ID, requirement.Level, by[requirement.ID], cell(finding.Want), cell(finding.Got))
		}
	}
	return nil
}

// cell shows a text as it is in a cell of a Markdown table.
func cell(text string) string {
	const longest = 200
	letters := []rune(strings.Join(strings.Fields(text), " "))
	if len(letters) > longest {
		letters = append(letters[:longest], '…')
	}
	var escaped strings.Builder
	for _, letter := range letters {
		if strings.ContainsRune("\\`*_{}[]<>#|", letter) {
			escaped.WriteByte('\\')
		}
		escaped.WriteRune(letter)
	}
	return escaped.String()
}
