// Command thirdparty runs the suite against servers of others, and writes a page
// with the results: mock servers that know nothing but the OpenAPI description,
// and a server with a method of its own.
//
// It starts one after the other, for a bounded time. It installs them from npm, in
// the versions that package-lock.json pins, and with go install; what it cannot
// install it names and skips, and the page is left as it is.
//
//	go run ./tools/thirdparty bin/dpconform docs/third-party.md
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

const (
	installLimit = 10 * time.Minute
	startLimit   = time.Minute
	stopLimit    = 5 * time.Second
	runLimit     = 5 * time.Minute
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: thirdparty DPCONFORM PAGE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := writePage(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "thirdparty:", err)
		os.Exit(1)
	}
}

func writePage(ctx context.Context, dpconform, path string) error {
	work, err := os.MkdirTemp("", "dpconform-thirdparty-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	page := bytes.NewBufferString(introduction)
	whole := true
	for _, one := range servers {
		version, found, err := one.test(ctx, dpconform, filepath.Join(work, one.name))
		if errors.Is(err, errUnavailable) {
			fmt.Printf("  %-12s skipped, %s\n", one.name, err)
			whole = false
			continue
		}
		if err == nil {
			err = one.section(page, version, found)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		fmt.Printf("  %-12s %s\n", one.name, counts(found))
	}
	if !whole {
		fmt.Printf("%s is left as it is\n", path)
		return nil
	}
	return os.WriteFile(path, page.Bytes(), 0o644)
}

// test installs and starts the server, runs the suite against it, and stops it.
func (s server) test(ctx context.Context, dpconform, work string) (version string, found result.Report, err error) {
	ctx, cancel := context.WithTimeout(ctx, installLimit+startLimit+runLimit)
	defer cancel()
	if err := os.MkdirAll(work, 0o755); err != nil {
		return "", found, err
	}
	if version, err = s.install(ctx, work); err != nil {
		return "", found, err
	}
	endpoint, programs, err := s.start(work)
	if err != nil {
		return "", found, err
	}
	for _, one := range programs {
		output, stop, failure := one.start(ctx, work)
		if failure != nil {
			return "", found, failure
		}
		defer func() {
			if stop(); err != nil {
				err = fmt.Errorf("%w\n%s", err, output)
			}
		}()
	}
	if err := s.waitUntilReady(ctx, endpoint); err != nil {
		return "", found, err
	}
	arguments, err := s.arguments(ctx, endpoint)
	if err != nil {
		return "", found, err
	}
	endpoint, closeFront, err := front(ctx, endpoint)
	if err != nil {
		return "", found, err
	}
	defer closeFront()
	found, err = run(ctx, dpconform, filepath.Join(work, "report.json"), append(arguments, "--endpoint", endpoint, "--spec", s.description))
	return version, found, err
}

// start starts a program with a home of its own. The output may be read after
// stop has returned.
func (p program) start(ctx context.Context, work string) (output *bytes.Buffer, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	output = &bytes.Buffer{}
	begin := func() (*exec.Cmd, error) {
		command := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
		command.Stdout, command.Stderr = output, output
		command.Env = append(os.Environ(), "HOME="+work, "XDG_CONFIG_HOME="+work, "XDG_DATA_HOME="+work, "XDG_CACHE_HOME="+work,
			"NO_UPDATE_NOTIFIER=1", "DO_NOT_TRACK=1", "NO_COLOR=1", p.environment)
		command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
		command.WaitDelay = stopLimit
		return command, command.Start()
	}
	command, err := begin()
	if err != nil {
		cancel()
		return nil, nil, err
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		// A request may end the program. It starts again, as it would anywhere.
		for err == nil {
			if _ = command.Wait(); ctx.Err() != nil {
				return
			}
			command, err = begin()
		}
	}()
	return output, func() { cancel(); <-stopped }, nil
}

// front listens in the place of a server and brings connections to it. While the
// server is not up, it waits.
func front(ctx context.Context, endpoint string) (string, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	_, address, _ := strings.Cut(endpoint, "://")
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go bring(ctx, client, address)
		}
	}()
	return "http://" + listener.Addr().String(), func() { _ = listener.Close() }, nil
}

func bring(ctx context.Context, client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	for until := time.Now().Add(startLimit); err != nil && ctx.Err() == nil && time.Now().Before(until); server, err = net.Dial("tcp", address) {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client) }()
	_, _ = io.Copy(client, server)
}

// waitUntilReady waits until the server responds.
func (s server) waitUntilReady(ctx context.Context, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+s.ready, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if s.ready == "" || response.StatusCode == http.StatusOK {
				return nil
			}
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
func run(ctx context.Context, dpconform, path string, arguments []string) (result.Report, error) {
	arguments = append([]string{"run", "--report", "json=" + path}, arguments...)
	printed, failure := exec.CommandContext(ctx, dpconform, arguments...).CombinedOutput()
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

const introduction = `# Third-party servers

The suite also runs against third-party servers. Two are mock servers that serve [the description](../spec/archivejobs-retry.openapi.yaml)
of archiveJobs.retry unchanged. They have no jobs, no states and no scopes, so many requirements are expected to fail: those
that a description alone cannot enforce. The third server has a method and a description of its own.

` + "`make third-party`" + ` installs them (from npm, in the versions that [a lock file](../tools/thirdparty/package-lock.json) pins, or
with go install), runs the suite against each, and writes this page.
`

func counts(found result.Report) string {
	by := found.Counts.Requirements
	return fmt.Sprintf("of %d requirements, %d pass, %d fail, %d warn, %d skipped; exit %d", len(found.Requirements),
		by[result.Pass], by[result.Fail], by[result.Warn], by[result.Skip], found.Exit)
}

// section writes what the server fails, each with the first finding. Either no
// failure is explained or all are.
func (s server) section(page *bytes.Buffer, version string, found result.Report) error {
	fmt.Fprintf(page, "\n## %s %s\n\n%s\n\nResult: %s.\n\n| failed requirement | level | check | want | got |\n| --- | --- | --- | --- | --- |\n",
		s.name, version, s.about, counts(found))
	first := map[string]result.Finding{}
	by := map[string]string{}
	for _, check := range found.Checks {
		for _, finding := range check.Findings {
			if _, seen := by[finding.Requirement]; !seen {
				first[finding.Requirement], by[finding.Requirement] = finding, check.ID
			}
		}
	}
	var failed []string
	for _, requirement := range found.Requirements {
		if finding := first[requirement.ID]; requirement.Verdict == result.Fail {
			failed = append(failed, requirement.ID)
			fmt.Fprintf(page, "| `%s` | %s | `%s` | %s | %s |\n", requirement.ID, requirement.Level, by[requirement.ID], cell(finding.Want), cell(finding.Got))
		}
	}
	if s.explained == nil {
		return nil
	}
	fmt.Fprint(page, "\nAll these findings are right:\n\n")
	for _, id := range failed {
		fmt.Fprintf(page, "- `%s`: %s\n", id, s.explained[id])
	}
	if explained := slices.Sorted(maps.Keys(s.explained)); !slices.Equal(explained, slices.Sorted(slices.Values(failed))) {
		return fmt.Errorf("explained are %q, failed %q", explained, failed)
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
