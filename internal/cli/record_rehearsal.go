package cli

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/recorder"
)

// pseudonyms says how the ids of jobs are replaced.
func (r *recordingRun) pseudonyms(ctx context.Context) *recorder.Pseudonyms {
	return &recorder.Pseudonyms{
		NewJobs: func() []string { return newJobsOf(r.server, r.contract) },
		Rehearse: func(rehearsal *recorder.Rehearsal) error {
			_, _, err := r.judgeRecorded(ctx, rehearsal)
			return err
		},
	}
}

// judgeRecorded runs the suite over recorded answers.
func (r *recordingRun) judgeRecorded(ctx context.Context, answers recordedAnswers) (result.Run, *target.Target, error) {
	server, err := newReplayedTarget(answers, r.contract)
	if err != nil {
		return result.Run{}, nil, err
	}
	outcome, err := suiteRun{contract: r.contract, target: server, seed: answers.Provenance().Seed}.run(ctx)
	if err == nil {
		err = ctx.Err()
	}
	return outcome, server, err
}

// verifier replays a recording before it takes the place of the old one, and
// compares what the suite says with what it said of the server.
func (r *recordingRun) verifier(ctx context.Context) func(fs.FS) error {
	return func(draft fs.FS) error {
		replay, err := recorder.OpenReplay(draft, recorder.ReplayOptions{Folder: r.settings.Cassettes, ContractDigest: r.contract.Digest, ContractName: r.contract.File})
		if err != nil {
			return err
		}
		outcome, server, err := r.judgeRecorded(ctx, replay)
		if err != nil {
			return err
		}
		difference := differenceOf(r.outcome.Checks, outcome.Checks)
		if complaint := (&subject{target: server, replay: replay, folder: r.settings.Cassettes}).complaint(true); complaint != nil && difference == "" {
			difference = complaint.Error()
		}
		switch {
		case difference == "":
			return nil
		case replay.Provenance().RecordedFrom.Kind == recorder.FromServer && !r.own.keepJobIDs:
			return &recorder.PseudonymError{Reason: difference}
		}
		r.terminal.complain("the recording does not judge as the server did: " + difference)
		return nil
	}
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
			return fmt.Sprintf("%s is %s, and %s of the recording", check.ID, check.Verdict, other.Verdict)
		}
		if !slices.Equal(brokenBy(check), brokenBy(other)) {
			return fmt.Sprintf("%s finds %v, and %v in the recording", check.ID, brokenBy(check), brokenBy(other))
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
