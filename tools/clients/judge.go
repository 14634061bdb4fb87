package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/result"
)

const (
	// scenarioLimit is how long a program may take for one scenario: a slow
	// machine is not the library's fault.
	scenarioLimit = 2 * time.Minute
	// judgingLimit is how long a whole run may take.
	judgingLimit = 15 * time.Minute
	// plainScenario is that in which a program is asked for one request.
	plainScenario = "success"
)

// judged is what came of one program.
type judged struct {
	program
	version, runtimeVersion string
	// report is that of all scenarios.
	report result.Report
	// sent are the requests of a success, one for each of the program's runs.
	sent []sent
}

// sent is the request that a program sends when it is given something.
type sent struct {
	given   given
	request result.Message
	// findings are what the judge says of it.
	findings []result.Finding
}

// judge runs a program through all scenarios, and once for each other thing that
// it can be given.
func judge(ctx context.Context, dpconform, root string, one program) (judged, error) {
	version, runtime, err := one.versions(root)
	if err != nil {
		return judged{}, err
	}
	found := judged{program: one, version: version, runtimeVersion: runtime}
	for i, what := range one.runs {
		var options []string
		if i > 0 {
			options = []string{"--scenario", plainScenario, "--wire-only"}
		}
		report, err := run(ctx, dpconform, append(options, "--"), one.command(root, what))
		if err != nil {
			return judged{}, err
		}
		if i == 0 {
			found.report = report
			if err := cameToAnEnd(report); err != nil {
				return judged{}, err
			}
		}
		request, err := requestOf(report, what)
		if err != nil {
			return judged{}, err
		}
		found.sent = append(found.sent, request)
	}
	return found, nil
}

// command is the command line of the program.
func (p program) command(root string, what given) []string {
	var words []string
	for _, word := range p.words {
		words = append(words, strings.ReplaceAll(word, "{folder}", filepath.Join(root, p.folder)))
	}
	return append(words, string(what))
}

// run lets dpconform judge a command, as a person would. It returns an error
// where the run came to no end.
func run(ctx context.Context, dpconform string, options, command []string) (result.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, judgingLimit)
	defer cancel()
	work, err := os.MkdirTemp("", "dpconform-clients-")
	if err != nil {
		return result.Report{}, err
	}
	defer os.RemoveAll(work)
	output := filepath.Join(work, "report.json")
	arguments := append([]string{"client", "--report", "json=" + output, "--timeout", scenarioLimit.String()}, options...)
	process := exec.CommandContext(ctx, dpconform, append(arguments, command...)...)
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	process.WaitDelay = 5 * time.Second
	printed, err := process.CombinedOutput()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return result.Report{}, err
	}
	text, err := os.ReadFile(output)
	if err != nil {
		return result.Report{}, fmt.Errorf("the run came to no end:\n%s", printed)
	}
	var found result.Report
	if err := json.Unmarshal(text, &found); err != nil {
		return result.Report{}, fmt.Errorf("its report: %w", err)
	}
	switch code := process.ProcessState.ExitCode(); {
	case found.FormatVersion != result.FormatVersion:
		return result.Report{}, fmt.Errorf("its report has the format %d, and not %d", found.FormatVersion, result.FormatVersion)
	case found.Exit != code:
		return result.Report{}, fmt.Errorf("exit %d, and %d in the report:\n%s", code, found.Exit, printed)
	}
	return found, nil
}

// cameToAnEnd returns an error where a program crashed, hung or told nothing:
// what is found then says nothing of its library.
func cameToAnEnd(report result.Report) error {
	for _, check := range report.Checks {
		complaints := ""
		if check.Call.Command != nil {
			complaints = check.Call.Command.Complaints
		}
		for _, finding := range check.Findings {
			if finding.Requirement == clientrun.ConditionExit || finding.Requirement == clientrun.ConditionTime {
				return fmt.Errorf("in the scenario %s: %s\n%s", check.ID, finding.Got, complaints)
			}
		}
		if check.Call.Reported == nil {
			return fmt.Errorf("in the scenario %s the program told nothing\n%s", check.ID, complaints)
		}
	}
	return nil
}

// requestOf is the first request of the scenario in which all goes well.
func requestOf(report result.Report, what given) (sent, error) {
	for _, check := range report.Checks {
		if check.ID == plainScenario && len(check.Exchanges) > 0 {
			return sent{what, report.Exchanges[check.Exchanges[0]-1].Request, check.Findings}, nil
		}
	}
	return sent{}, fmt.Errorf("given %s, the program sent nothing", what)
}
