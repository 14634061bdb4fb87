package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/spec"
)

// recordingRun is one run of the suite with a recording in between.
type recordingRun struct {
	terminal *terminal
	began    time.Time
	settings *config.Settings
	own      recordFlags
	contract *spec.Contract
	config   target.Config

	server    *target.Target
	recording *recorder.Recording
	outcome   result.Run
}

// record runs the suite and saves what was exchanged.
func (r *recordingRun) record(ctx context.Context, provenance recorder.Provenance) error {
	if err := r.open(ctx, provenance); err != nil {
		return err
	}
	if err := r.run(ctx); err != nil {
		return err
	}
	if err := r.recording.Save(); err != nil {
		return r.unsaved(ctx, err)
	}
	found := finished{started: r.began, took: time.Since(r.began), contract: r.contract, target: r.server,
		source: fromNetwork, level: spec.Platform, seed: r.settings.Seed, outcome: r.outcome}.report()
	fmt.Fprintf(r.terminal.out, "recorded %d exchanges with %s into %s\nwhat they say: %s\n", len(found.Exchanges), r.config.Endpoint,
		r.settings.Cassettes, found.Conclusion)
	return nil
}

// open begins the recording and puts it between the suite and the server.
func (r *recordingRun) open(ctx context.Context, provenance recorder.Provenance) error {
	options := recorder.RecordingOptions{
		Folder: r.settings.Cassettes, Transport: r.config.Transport, Provenance: provenance,
		Label:  func(token string) (string, bool) { return labelOf(r.server, token) },
		Verify: r.verifier(ctx),
	}
	switch {
	case r.own.resume:
		options.Unfinished = recorder.Resume
	case r.own.discard:
		options.Unfinished = recorder.Discard
	}
	if provenance.RecordedFrom.Kind == recorder.FromServer && !r.own.keepJobIDs {
		options.Pseudonyms = r.pseudonyms(ctx)
	}
	recording, err := recorder.NewRecording(options)
	if err != nil {
		return err
	}
	r.recording = recording
	r.config.Transport = recording
	r.config.Pause = r.pause
	r.server, err = target.New(r.config)
	if err != nil {
		recording.Discard()
		return err
	}
	r.terminal.hide(r.server.Secrets)
	return nil
}

// pause waits between two attempts, unless the next answer is there already.
func (r *recordingRun) pause(ctx context.Context, wait time.Duration) error {
	if r.recording.Answering() {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// run runs the suite. It ends early, with an error, where something that is not
// the server's own doing keeps it from its answers: the recording can go on
// later.
func (r *recordingRun) run(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	var trouble *target.Fault
	suite := suiteRun{contract: r.contract, target: r.server, seed: r.settings.Seed}
	line := r.terminal.progress(ctx, suite.total())
	defer line.end()
	line.watch(r.server)
	suite.observe = func(check result.Check) {
		line.tested(check)
		if fault := r.troubleIn(check); fault != nil && trouble == nil {
			trouble = fault
		}
		if trouble != nil || r.recording.Stopped() != nil {
			stop()
		}
	}
	outcome, err := suite.run(running)
	line.end()
	r.outcome = outcome
	switch stopped := r.recording.Stopped(); {
	case err != nil:
		r.recording.Suspend()
		return err
	case ctx.Err() != nil:
		return r.interrupted()
	case stopped != nil:
		return r.suspended(stopped)
	case trouble != nil:
		return r.suspended(trouble)
	}
	return nil
}

// troubleIn gives the first fault of a check that says nothing of the server, or
// nil, and lets the recording forget the answers that led to it.
func (r *recordingRun) troubleIn(check result.Check) *target.Fault {
	var first *target.Fault
	journal := r.server.Journal()
	for _, number := range check.Exchanges {
		exchange := journal[number-1]
		if !isTrouble(exchange) {
			continue
		}
		if first == nil {
			first = exchange.Fault
		}
		// Of a retry without an answer nobody knows whether it started a job, and
		// that stays so.
		if !exchange.Request.Once || !exchange.Unsettled() {
			if err := r.recording.Forget(exchange.Number); err != nil {
				return &target.Fault{Kind: target.Withheld, Detail: err.Error()}
			}
		}
	}
	switch {
	case check.Verdict != result.Error && (first == nil || first.Flag != maxRequestsFlag):
		return nil
	case first == nil && slices.ContainsFunc(journal, ofUnknownOutcome):
		return nil
	case first == nil:
		first = &target.Fault{Kind: target.Withheld, Detail: check.Reason}
	}
	return first
}

// maxRequestsFlag is what a fault of a used-up budget names.
const maxRequestsFlag = "--max-requests"

// isTrouble reports whether a request may get an answer another time. That
// nobody knows what came of one never changes.
func isTrouble(exchange *target.Exchange) bool {
	if exchange.Fault == nil || ofUnknownOutcome(exchange) {
		return false
	}
	kinds := []target.FaultKind{target.Unreachable, target.Intercepted, target.Throttled, target.Lost}
	return slices.Contains(kinds, exchange.Fault.Kind) || exchange.Fault.Flag == maxRequestsFlag
}

func ofUnknownOutcome(exchange *target.Exchange) bool {
	return exchange.Fault != nil && exchange.Fault.Detail == recorder.UnknownOutcome
}

// interrupted says how an interrupted recording goes on.
func (r *recordingRun) interrupted() error {
	r.terminal.complain("interrupted" + r.kept())
	return exitCode(result.ExitInterrupted)
}

// suspended says why a recording was not finished, and how it goes on.
func (r *recordingRun) suspended(reason error) error {
	var misfit *recorder.CassetteError
	if errors.As(reason, &misfit) {
		r.recording.Suspend()
		return misfit
	}
	return &unreachableError{fmt.Errorf("not recorded: %w%s", reason, r.kept())}
}

// kept ends the recording and says what is kept of it.
func (r *recordingRun) kept() string {
	if kept := r.recording.Suspend(); kept > 0 {
		return whereKept(kept, r.settings.Cassettes)
	}
	return "; nothing was recorded"
}

// unsaved says what to do about a recording that was made and not saved.
func (r *recordingRun) unsaved(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return r.interrupted()
	}
	if kept := r.recording.Suspend(); kept > 0 {
		err = fmt.Errorf("%w%s", err, whereKept(kept, r.settings.Cassettes))
	}
	var mistake *recorder.CassetteError
	var pseudonyms *recorder.PseudonymError
	if errors.As(err, &mistake) || errors.As(err, &pseudonyms) {
		return err
	}
	return &unreachableError{err}
}

func whereKept(exchanges int, folder string) string {
	return fmt.Sprintf("; %s kept in %s, --resume goes on from there", countOf(exchanges, "exchange is", "exchanges are"), folder)
}
