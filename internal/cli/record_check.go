package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/spec"
)

// checkRecording runs the suite against the server and over the cassettes that
// are kept of it, and shows what has changed in shape. It writes nothing.
func checkRecording(ctx context.Context, terminal *terminal, sources *config.Sources, settings *config.Settings, contract *spec.Contract) error {
	replay, _, err := openReplay(sources, settings, contract)
	if err != nil {
		return err
	}
	kept := replay.Provenance()
	if kept.RecordedFrom.Kind == recorder.FromServer && settings.Endpoint == "" {
		return &text.UsageError{Place: "--check", Message: "the cassettes are recorded from " + kept.RecordedFrom.Endpoint,
			Fix: "give it as --endpoint, with its tokens and jobs"}
	}
	// The same seed sends the same requests.
	if !sources.Given("seed") {
		settings.Seed = kept.Seed
	}
	fresh, err := exchangeAnew(ctx, terminal, sources, settings, contract)
	if err != nil {
		return err
	}
	recorded, err := newReplayedTarget(replay, contract)
	if err != nil {
		return err
	}
	if _, err := (suiteRun{contract: contract, target: recorded, seed: kept.Seed}).run(ctx); err != nil {
		return err
	}
	changes := recorder.CompareShapes(exchangedWith(recorded, contract, kept.Jobs), fresh)
	writeChanges(terminal.out, changes, kept.DescribeAt(time.Now()))
	if len(changes) > 0 {
		return exitCode(result.ExitFails)
	}
	return nil
}

// exchangeAnew runs the suite against the server that the settings name.
func exchangeAnew(ctx context.Context, terminal *terminal, sources *config.Sources, settings *config.Settings,
	contract *spec.Contract) (recorder.Exchanged, error) {
	config, _, err := recordedTarget(ctx, sources, settings, contract)
	if err != nil {
		return recorder.Exchanged{}, err
	}
	server, err := target.New(config)
	if err != nil {
		return recorder.Exchanged{}, err
	}
	terminal.hide(server.Secrets)
	outcome, err := runShown(ctx, terminal, suiteRun{contract: contract, target: server, seed: settings.Seed})
	if err == nil {
		err = incomparable(outcome)
	}
	return exchangedWith(server, contract, config.Jobs), err
}

// incomparable says why a run shows nothing of the server's shape, or nil.
func incomparable(outcome result.Run) error {
	if outcome.Interrupted {
		return exitCode(result.ExitInterrupted)
	}
	for _, check := range outcome.Checks {
		if check.Verdict == result.Error {
			return &unreachableError{fmt.Errorf("not compared: %s: %s", check.ID, check.Reason)}
		}
	}
	return nil
}

// exchangedWith is all that was exchanged with a target.
func exchangedWith(server *target.Target, contract *spec.Contract, jobs map[string][]string) recorder.Exchanged {
	return recorder.Exchanged{Journal: server.Journal(), Jobs: jobs, NewJobs: newJobsOf(server, contract)}
}

// newJobsOf lists the ids that a server gave to the jobs that it started.
func newJobsOf(server *target.Target, contract *spec.Contract) []string {
	var ids []string
	for _, exchange := range server.Journal() {
		var members map[string]json.RawMessage
		var id string
		if exchange.Started() && json.NewDecoder(bytes.NewReader(exchange.Body)).Decode(&members) == nil &&
			json.Unmarshal(members[contract.IDField], &id) == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// writeChanges shows what has changed, check by check and request by request.
func writeChanges(out io.Writer, changes []recorder.ShapeChange, compared string) {
	if len(changes) == 0 {
		fmt.Fprintf(out, "nothing has changed in shape since it was %s\n", compared)
		return
	}
	times := map[recorder.ShapeChange]int{}
	checks := map[string]bool{}
	for _, change := range changes {
		times[change]++
		checks[change.Check] = true
	}
	var last recorder.ShapeChange
	for _, change := range changes {
		count := times[change]
		if count == 0 {
			continue
		}
		times[change] = 0
		if change.Check != last.Check {
			fmt.Fprintln(out, change.Check)
		}
		if change.Check != last.Check || change.Request != last.Request {
			fmt.Fprintf(out, "  %s\n", change.Request)
		}
		text := change.Text()
		if count > 1 {
			text += fmt.Sprintf(" (%d times)", count)
		}
		fmt.Fprintf(out, "    %s\n", text)
		last = change
	}
	fmt.Fprintf(out, "\n%s in %s since it was %s\n", countOf(len(changes), "change in shape", "changes in shape"), countOf(len(checks), "check", "checks"), compared)
}
