// Command browser opens the HTML reports of passing, failing and partly skipped
// runs in the machine's Chromium and checks them: accessibility with axe-core,
// script errors, requests, and anything wider than the window.
package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/spec"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: browser DPCONFORM FOLDER")
		os.Exit(2)
	}
	if err := look(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

// browsers are the names under which Chromium may be installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

func look(program, folder string) error {
	browser := ""
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil && browser == "" {
			browser = path
		}
	}
	if browser == "" {
		fmt.Println("skipped chromium and axe-core: there is no", strings.Join(browsers, ", no "))
		return nil
	}
	pages, err := os.MkdirTemp("", "dpconform-pages-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(pages)
	command := []string{filepath.Join(folder, "look.mjs"), browser}
	for _, run := range runs {
		page := filepath.Join(pages, run.name+".html")
		if err := run.write(program, page); err != nil {
			return fmt.Errorf("%s: %w", run.name, err)
		}
		command = append(command, page)
	}
	looking := exec.Command("node", command...)
	looking.Stdout, looking.Stderr = os.Stdout, os.Stderr
	return looking.Run()
}

// run is a run of the reference emulator, with a fault or without, and with some
// of its jobs.
type run struct {
	name, fault string
	states      []string
	exit        int
}

var runs = []run{
	{name: "passing", states: []string{"FAILED", "COMPLETE", "IN_PROGRESS", "CANCELLED"}, exit: 0},
	{name: "failing", fault: "every-state-accepted", states: []string{"FAILED", "COMPLETE", "IN_PROGRESS", "CANCELLED"}, exit: 1},
	{name: "failing-for-one-cause", fault: "unknown-field-ignored", states: []string{"FAILED", "COMPLETE", "IN_PROGRESS", "CANCELLED"}, exit: 1},
	{name: "failing-scopes", fault: "last-family-refused", states: []string{"COMPLETE"}, exit: 1},
	{name: "partly-skipped", states: []string{"COMPLETE"}, exit: 3},
}

// write runs the suite against the emulator and writes the page.
func (r run) write(program, page string) error {
	method, err := spec.Load(spec.Default())
	if err != nil {
		return err
	}
	handler, err := emulator.New(method, emulator.Options{Fault: r.fault})
	if err != nil {
		return err
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	arguments := []string{"run", "--endpoint", server.URL, "--token-template", platform.TokenTemplate, "--report", "html=" + page}
	for _, state := range r.states {
		arguments = append(arguments, "--job", state+"="+strings.Join(emulator.DefaultJobs(method)[state], ","))
	}
	testing := exec.Command(program, arguments...)
	output, err := testing.CombinedOutput()
	if testing.ProcessState == nil {
		return err
	}
	if code := testing.ProcessState.ExitCode(); code != r.exit {
		return fmt.Errorf("exit code is %d, not %d:\n%s", code, r.exit, output)
	}
	return nil
}
