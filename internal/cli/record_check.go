package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// check runs the suite against the server and over the cassettes that are kept
// of it, and shows which responses differ. It writes nothing.
func (r *recordingRun) check(ctx context.Context, sources *config.Sources) error {
	replay, folder, err := openReplay(sources, r.settings, r.contract)
	if err != nil {
		return err
	}
	kept := replay.Provenance()
	if !kept.Emulator && r.settings.Endpoint == "" {
		return &text.UsageError{Place: "--check", Message: "the cassettes are recorded from " + kept.Endpoint,
			Fix: "give it as --endpoint, with its tokens and jobs"}
	}
	// The same seed sends the same requests.
	if !sources.Given("seed") {
		r.settings.Seed = kept.Seed
	}
	if r.config, err = recordedTarget(ctx, sources, r.settings, r.contract); err != nil {
		return err
	}
	if r.server, err = target.New(r.config); err != nil {
		return err
	}
	r.terminal.hide(r.server.Secrets)
	outcome, err := runShown(ctx, r.terminal, suiteRun{contract: r.contract, target: r.server, seed: r.settings.Seed})
	if err != nil {
		return err
	}
	if outcome.Interrupted {
		return exitCode(result.ExitInterrupted)
	}
	for _, check := range outcome.Checks {
		if check.Verdict == result.Error {
			return &unreachableError{fmt.Errorf("not compared: %s: %s", check.ID, check.Reason)}
		}
	}
	recorded, recordedOutcome, err := r.over(ctx, replay)
	if err != nil {
		return err
	}
	compared := diff.Compare(diff.Source{File: folder, Report: r.report(recorded, recordedOutcome)},
		diff.Source{File: r.config.Endpoint, Report: r.report(r.server, outcome)})
	if !compared.Changed {
		fmt.Fprintf(r.terminal.out, "nothing has changed in shape since it was %s\n", kept.Describe(time.Now()))
		return nil
	}
	diff.WriteText(r.terminal.out, r.terminal.width(), compared, diff.OnChanged)
	return exitCode(result.ExitFails)
}

// newJobs lists the ids that a server gave to the jobs that it started.
func newJobs(server *target.Target, contract *spec.Contract) []string {
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
