package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/recording"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// recordingRun is one run of the suite with a recording in between.
type recordingRun struct {
	terminal   *terminal
	began      time.Time
	settings   *config.Settings
	method     *spec.Method
	config     target.Config
	keepJobIDs bool

	server    *target.Target
	recording *recording.Recording
	outcome   result.Run
}

// record runs the suite, looks whether the recording replays to the same
// verdicts, and saves it.
func (r *recordingRun) record(ctx context.Context, options recording.Options) error {
	options.TokenName = func(token string) string {
		scopes, sent := r.server.ScopesOf(token)
		switch {
		case !sent:
			return ""
		case len(scopes) == 0:
			// A token that nobody issued is no secret.
			return token
		}
		return recordedTokens.Name(scopes...)
	}
	var err error
	if r.recording, err = recording.Record(r.settings.Cassettes, options); err != nil {
		return err
	}
	defer r.recording.Close()
	r.config.Transport = r.recording
	if r.server, err = target.New(r.config); err != nil {
		return err
	}
	r.terminal.hide(r.server.Secrets)
	if err := r.run(ctx); err != nil {
		return err
	}
	if err := r.save(ctx); err != nil {
		return r.unsaved(ctx, err)
	}
	found := r.report(r.server, r.outcome, false)
	fmt.Fprintf(r.terminal.out, "recorded %d exchanges with %s into %s\nresult: %s\n", len(found.Exchanges), r.config.Endpoint,
		r.settings.Cassettes, found.Conclusion)
	return nil
}

// report is what a run found, whose responses are recorded or to be recorded; in full
// with the headers and bodies of all exchanges.
func (r *recordingRun) report(server *target.Target, outcome result.Run, inFull bool) result.Report {
	return finished{testedServer: &testedServer{target: server, source: fromNetwork, seed: r.settings.Seed},
		started: r.began, took: time.Since(r.began), method: r.method, level: spec.Platform, settings: *r.settings, outcome: outcome, inFull: inFull}.report()
}

// run runs the suite. It ends early, with an error, where something that is not
// the server's own doing keeps it from its responses: the recording can go on
// later.
func (r *recordingRun) run(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	var trouble error
	observe := func(check result.Check) {
		if trouble == nil {
			trouble = r.troubleIn(check)
		}
		if trouble != nil {
			stop()
		}
	}
	var err error
	r.outcome, err = runShown(running, r.terminal, suiteRun{method: r.method, target: r.server, seed: r.settings.Seed, observe: observe}, func() {})
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return r.interrupted(ctx)
	case trouble != nil:
		return r.unsaved(ctx, fmt.Errorf("not recorded: %w", trouble))
	case !slices.ContainsFunc(r.server.Journal(), (*target.Exchange).Complete):
		return &unreachableError{errors.New("not recorded: " + r.config.Endpoint + " sent no complete response; once it does, start over with --discard")}
	}
	return nil
}

// troubleIn says what keeps a check from its verdict that is not the server's
// own doing, or why nothing is sent any more, or is nil.
func (r *recordingRun) troubleIn(check result.Check) error {
	if stopped := r.recording.Stopped(); stopped != nil {
		return stopped
	}
	journal := r.server.Journal()
	for _, number := range check.Exchanges {
		fault := journal[number-1].Fault
		if fault == nil || fault.Detail == target.UnknownOutcome {
			continue
		}
		if fault.Flag == maxRequestsFlag || check.Verdict == result.Error && !fault.ServerOwn() && fault.Kind != target.Withheld {
			return fault
		}
	}
	// That nobody knows what came of a call never changes.
	unknown := slices.ContainsFunc(journal, func(exchange *target.Exchange) bool {
		return exchange.Fault != nil && exchange.Fault.Detail == target.UnknownOutcome
	})
	if check.Verdict == result.Error && !unknown {
		return errors.New(check.Reason)
	}
	return nil
}

// maxRequestsFlag is what a fault of a used-up budget names.
const maxRequestsFlag = "--max-requests"

// save gives the jobs pseudonyms and saves the recording, if its replay gives
// the same verdicts.
func (r *recordingRun) save(ctx context.Context) error {
	pseudonyms := !r.recording.Provenance().Emulator && !r.keepJobIDs
	final := r.recording
	if pseudonyms {
		renamed, err := r.recording.WithPseudonyms(newJobs(r.server, r.method))
		if err != nil {
			return err
		}
		if _, _, err := r.over(ctx, renamed); err != nil {
			return err
		}
		final = renamed
	}
	replay, err := final.Replay()
	if err != nil {
		return err
	}
	server, outcome, err := r.over(ctx, replay)
	if err != nil {
		return err
	}
	difference := differenceOf(r.outcome.Checks, outcome.Checks)
	if complaint := (&testedServer{target: server, replay: replay, folder: r.settings.Cassettes}).complaint(true); complaint != nil && difference == "" {
		difference = complaint.Error()
	}
	switch {
	case difference != "" && pseudonyms:
		return recording.NotRepeated(r.settings.Cassettes, difference)
	case difference != "":
		r.terminal.complain("the replay has other verdicts than the server: " + difference)
	}
	return final.Save()
}

// over runs the suite over recorded responses.
func (r *recordingRun) over(ctx context.Context, responses recordedResponses) (*target.Target, result.Run, error) {
	server, err := newReplayedTarget(responses, r.method)
	if err != nil {
		return nil, result.Run{}, err
	}
	outcome, err := suiteRun{method: r.method, target: server, seed: responses.Provenance().Seed}.run(ctx)
	if err == nil {
		err = ctx.Err()
	}
	return server, outcome, err
}

// differenceOf names the first check of which two runs say something else, or is
// empty.
func differenceOf(live, replayed []result.Check) string {
	again := map[string]result.Check{}
	for _, check := range replayed {
		again[check.ID] = check
	}
	for _, check := range live {
		other := again[check.ID]
		if check.Verdict != other.Verdict {
			return fmt.Sprintf("%s is %s, and %s in the replay", check.ID, check.Verdict, other.Verdict)
		}
		if was, is := brokenBy(check), brokenBy(other); !slices.Equal(was, is) {
			return fmt.Sprintf("%s finds %v, and %v in the replay", check.ID, was, is)
		}
	}
	return ""
}

// brokenBy lists the requirements that a check found broken, sorted.
func brokenBy(check result.Check) []string {
	var ids []string
	for _, finding := range check.Findings {
		ids = append(ids, finding.Requirement)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// interrupted says how an interrupted recording goes on.
func (r *recordingRun) interrupted(ctx context.Context) error {
	where := "; nothing was recorded"
	if kept := r.recording.Close(); kept > 0 {
		where = r.whereKept(kept)
	}
	if overtime := overtimeOf(ctx); overtime != nil {
		return &unreachableError{fmt.Errorf("%w%s", overtime, where)}
	}
	r.terminal.complain("interrupted" + where)
	return exitCode(result.ExitInterrupted)
}

// unsaved says what to do about a recording that was begun and not saved.
func (r *recordingRun) unsaved(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return r.interrupted(ctx)
	}
	kept := r.recording.Close()
	if _, ok := errors.AsType[*recording.Error](err); ok {
		return err
	}
	if kept > 0 {
		err = fmt.Errorf("%w%s", err, r.whereKept(kept))
	}
	return &unreachableError{err}
}

func (r *recordingRun) whereKept(exchanges int) string {
	verb := "are"
	if exchanges == 1 {
		verb = "is"
	}
	return fmt.Sprintf("; %s %s kept in %s; --resume continues from there", text.Counted(exchanges, "exchange"), verb, r.settings.Cassettes)
}

// check runs the suite against the server and over the cassettes that are kept
// of it, and shows which responses differ. It writes nothing.
func (r *recordingRun) check(ctx context.Context, sources *config.Sources) error {
	replay, folder, err := openReplay(sources, r.settings, r.method, nil)
	if err != nil {
		return err
	}
	kept := replay.Provenance()
	if !kept.Emulator && r.settings.Endpoint == "" {
		return text.Mistake("--check", "the cassettes are recorded from "+kept.Endpoint, "give it as --endpoint, with its tokens and jobs")
	}
	// The same seed sends the same requests.
	if !sources.Given("seed") {
		r.settings.Seed = kept.Seed
	}
	if r.config, err = recordedTarget(ctx, sources, r.settings, r.method); err != nil {
		return err
	}
	if r.server, err = target.New(r.config); err != nil {
		return err
	}
	r.terminal.hide(r.server.Secrets)
	outcome, err := runShown(ctx, r.terminal, suiteRun{method: r.method, target: r.server, seed: r.settings.Seed}, func() {})
	if err != nil {
		return err
	}
	if outcome.Interrupted {
		if overtime := overtimeOf(ctx); overtime != nil {
			return &unreachableError{fmt.Errorf("not compared: %w", overtime)}
		}
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
	old := r.report(recorded, recordedOutcome, true)
	old.Started = kept.Date
	compared := diff.Compare(diff.Source{File: folder, Report: old},
		diff.Source{File: r.config.Endpoint, Report: r.report(r.server, outcome, true)})
	if !compared.Changed {
		server, cassettes := cmp.Or(r.settings.Endpoint, "the built-in emulator"), "the built-in cassettes"
		if r.settings.Cassettes != "" {
			cassettes = "the cassettes in " + folder
		}
		fmt.Fprintf(r.terminal.out, "unchanged: the responses of %s have the same structure as those in %s, %s\n",
			server, cassettes, kept.Describe(time.Now()))
		return nil
	}
	diff.WriteText(r.terminal.out, r.terminal.width(), compared, diff.OnChanged)
	return exitCode(result.ExitFails)
}

// newJobs lists the ids that a server gave to the jobs that it started.
func newJobs(server *target.Target, method *spec.Method) []string {
	var ids []string
	for _, exchange := range server.Journal() {
		var members map[string]json.RawMessage
		var id string
		if exchange.Succeeded() && json.NewDecoder(bytes.NewReader(exchange.WholeBody())).Decode(&members) == nil &&
			json.Unmarshal(members[method.IDField], &id) == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
