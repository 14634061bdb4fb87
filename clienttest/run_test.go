package clienttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func runOf(t *testing.T, program string, names ...string) RunOptions {
	t.Helper()
	options := RunOptions{Rules: Rules{Contract: contract}, Command: commandOf(t, program), Limit: time.Minute}
	for _, name := range names {
		options.Scenarios = append(options.Scenarios, scenario(t, name))
	}
	return options
}

func runAll(t *testing.T, options RunOptions) Outcomes {
	t.Helper()
	found, err := Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// results says what was found in one line a result.
func resultsOf(found Outcomes) []string {
	var lines []string
	for _, result := range found.Results {
		lines = append(lines, strings.TrimSpace(result.Name()+" "+string(result.Verdict)+" "+strings.Join(idsOf(result.Findings), " ")))
	}
	return lines
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, program string
		scenarios     []string
		change        func(*RunOptions)
		want          []string
		exit          int
	}{
		{"all scenarios", "right", nil, func(o *RunOptions) { o.Scenarios = shippedScenarios(t) }, nil, ExitConforms},
		{"outcome in the file", "writes-outcome", []string{"success", "forbidden"}, nil, []string{"success pass", "forbidden pass"}, ExitConforms},
		{"a fresh token", "refreshing", []string{"token-expired"}, nil, []string{"token-expired pass"}, ExitConforms},
		{"nothing told", "quiet", []string{"success", "not-found"}, nil, []string{"success skip", "not-found skip"}, ExitInconclusive},
		{"nothing told, and not asked", "quiet", []string{"success", "not-found", "unavailable"}, func(o *RunOptions) { o.WireOnly = true },
			[]string{"success pass", "not-found pass", "unavailable pass"}, ExitConforms},
		{"gives up in silence", "quiet", []string{"unavailable"}, nil, []string{"unavailable fail " + ConditionSteps}, ExitFails},
		{"exit code tells", "quiet", []string{"not-found"}, func(o *RunOptions) { o.ExitTells = true },
			[]string{"not-found fail " + outcomeError}, ExitFails},
		{"exit code tells of an error", "one-shot", []string{"token-expired", "rate-limited", "unavailable"}, func(o *RunOptions) { o.ExitTells = true },
			[]string{"token-expired skip", "rate-limited skip", "unavailable skip"}, ExitInconclusive},
		{"exit code that tells nothing", "one-shot", []string{"token-expired"}, nil, []string{"token-expired fail " + ConditionSteps}, ExitFails},
		{"crash after the call", "crashes-after", []string{"success"}, nil, []string{"success fail " + ConditionExit + " " + outcomeNewID}, ExitFails},
		{"exit of a failure", "failing", []string{"not-found"}, nil, []string{"not-found pass"}, ExitConforms},
		{"crash", "failing", []string{"success"}, nil, []string{"success fail " + ConditionExit}, ExitFails},
		{"never calls", "idle", []string{"success"}, nil, []string{"success fail " + ConditionCalled}, ExitFails},
		{"hangs", "hanging", []string{"success"}, func(o *RunOptions) { o.Limit = 200 * time.Millisecond },
			[]string{"success fail " + ConditionTime + " " + ConditionCalled}, ExitFails},
		{"an id that the client brings along", "right", []string{"success"}, func(o *RunOptions) { o.Job = "mine-1" }, []string{"success pass"}, ExitConforms},
		{"together", "chooses", []string{"success", "not-found"}, func(o *RunOptions) { o.Together = true },
			[]string{"success pass", "not-found pass", "the command pass"}, ExitConforms},
		{"together, and not all", "chooses", []string{"success", "not-found", "reset"}, func(o *RunOptions) { o.Together, o.All = true, true },
			[]string{"success pass", "not-found pass", "reset fail " + ConditionCalled, "the command pass"}, ExitFails},
		{"together, and none", "idle", []string{"success"}, func(o *RunOptions) { o.Together = true }, []string{"the command fail " + ConditionCalled}, ExitFails},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			options := runOf(t, row.program, row.scenarios...)
			if row.change != nil {
				row.change(&options)
			}
			found := runAll(t, options)
			if got := resultsOf(found); row.want != nil && !slices.Equal(got, row.want) || found.Exit() != row.exit {
				t.Errorf("got  %v, exit %d\nwant %v, exit %d", got, found.Exit(), row.want, row.exit)
			}
		})
	}
}

func TestACommandThatCannotBeStarted(t *testing.T) {
	for _, command := range []string{"./there-is-none", "there-is-none-in-the-path", t.TempDir()} {
		options := RunOptions{Rules: Rules{Contract: contract}, Scenarios: shippedScenarios(t), Command: []string{command}, Limit: time.Minute}
		_, err := Run(t.Context(), options)
		var start *StartError
		if !errors.As(err, &start) || !strings.HasPrefix(err.Error(), command+" cannot be started: ") {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestAnInterruptedRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	options := runOf(t, "hanging", "success", "reset")
	if found := (Outcomes{Rules: options.Rules, Interrupted: true}); found.Exit() != ExitInterrupted {
		t.Errorf("exit %d", found.Exit())
	}
	time.AfterFunc(200*time.Millisecond, cancel)
	found, err := Run(ctx, options)
	if !errors.Is(err, context.Canceled) || len(found.Results) != 0 {
		t.Errorf("%v, %d results", err, len(found.Results))
	}
}

func TestTwoClientsAtOnce(t *testing.T) {
	t.Parallel()
	options := runOf(t, "right", "success", "unavailable", "rate-limited", "not-found")
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Go(func() {
			found, err := Run(t.Context(), options)
			if err != nil || found.Exit() != ExitConforms {
				t.Errorf("%v, %v", err, resultsOf(found))
			}
		})
	}
	waiting.Wait()
}

func TestNoTokenIsReported(t *testing.T) {
	t.Parallel()
	options := runOf(t, "loud", "success", "forbidden")
	found := runAll(t, options)
	for name, write := range map[string]func(*strings.Builder) error{
		"json":    func(out *strings.Builder) error { return WriteJSON(out, found.Report("1")) },
		"junit":   func(out *strings.Builder) error { return WriteJUnit(out, found.Report("1")) },
		"console": func(out *strings.Builder) error { Console{out, 80}.Result(found.Report("1")); return nil },
	} {
		var out strings.Builder
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{found.secrets.token, found.secrets.fresh, found.secrets.refresh} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%s has a token", name)
			}
		}
	}
	if complaints := found.Results[0].Command.Complaints; !strings.Contains(complaints, found.secrets.token) {
		t.Errorf("the client was not loud: %q", complaints)
	}
}
