// Command third-party judges mock servers of other people that know nothing but
// the OpenAPI description, and writes a page with their scores.
//
// It starts one server after the other on a free port of 127.0.0.1, lets the
// program dpconform judge it, and stops it again. The servers come from npm: the
// versions are pinned in package.json, and `npm ci` in this folder brings them.
//
//	go run ./third-party bin/dpconform docs/third-party.md
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

const (
	// description is what the servers serve.
	description = "spec/archivejobs-retry.openapi.yaml"
	// folder is where npm puts them.
	folder = "third-party"
	// judgingLimit is how long a whole run may take.
	judgingLimit = 5 * time.Minute
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: third-party PATH-OF-DPCONFORM PAGE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := judgeAll(ctx, os.Args[1], os.Args[2])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "third-party:", err)
		os.Exit(1)
	}
}

// judgeAll judges every server and writes the page. Each server has stopped when
// it returns, whatever went wrong.
func judgeAll(ctx context.Context, program, page string) error {
	work, err := os.MkdirTemp("", "dpconform-third-party-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var scores []score
	for _, one := range servers {
		judged, err := judge(ctx, one, program, filepath.Join(work, one.program))
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		fmt.Printf("  %-24s %s\n", one.name+" "+judged.version, judged.text())
		scores = append(scores, judged)
	}
	text := pageOf(scores)
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		return err
	}
	fmt.Printf("wrote %s\n", page)
	return nil
}

// score is what came of one server.
type score struct {
	server
	version string
	report  report.Report
}

// judge starts a server, judges it and stops it.
func judge(ctx context.Context, one server, program, work string) (score, error) {
	version, err := one.version()
	if err != nil {
		return score{}, err
	}
	running, err := one.start(ctx, work)
	if err != nil {
		return score{}, err
	}
	defer running.stop()
	found, err := run(ctx, program, running.endpoint, filepath.Join(work, "report.json"))
	if err != nil {
		return score{}, fmt.Errorf("%w\n%s", err, running.lastLines())
	}
	return score{one, version, found}, nil
}

// run judges an endpoint by the program, as a person would. It returns an error
// where the run came to no end or the program, and not the server, was at a loss.
func run(ctx context.Context, program, endpoint, output string) (report.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, judgingLimit)
	defer cancel()
	contract := spec.MustLoadEmbedded()
	arguments := []string{"run", "--endpoint", endpoint, "--token-template", emulator.DefaultTokenTemplate,
		"--spec", description, "--report", "json=" + output}
	jobs := emulator.DefaultJobs(contract)
	for _, state := range contract.States {
		arguments = append(arguments, "--job", state+"="+strings.Join(jobs[state], ","))
	}
	printed, err := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return report.Report{}, err
	}
	text, err := os.ReadFile(output)
	if err != nil {
		return report.Report{}, fmt.Errorf("the run came to no end:\n%s", printed)
	}
	found, err := result.ReadJSON(text)
	if err != nil {
		return report.Report{}, err
	}
	code := 0
	if exited != nil {
		code = exited.ExitCode()
	}
	if found.Exit != code || found.Counts.Checks[result.Error] > 0 {
		return report.Report{}, fmt.Errorf("exit %d, %d in the report, and %d checks at a loss:\n%s",
			code, found.Exit, found.Counts.Checks[result.Error], printed)
	}
	return found, nil
}
