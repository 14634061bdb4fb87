package merging

import (
	"fmt"
	"slices"
	"time"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// Merge puts the reports of all shards of a run together, by the description
// that they were judged by. The version is that of this program. What it warns
// of does no harm. The error is a *configuration.UsageError where a shard is
// missing or is there twice, or where the parts are not of one run.
func Merge(contract *spec.Contract, version string, parts []Part) (whole report.Report, warned []string, err error) {
	parts = slices.Clone(parts)
	if len(parts) == 0 {
		return whole, nil, &configuration.UsageError{Message: "no report is given", Mend: howToMerge}
	}
	if err := fit(contract, parts); err != nil {
		return whole, nil, err
	}
	plan, err := planned(contract, parts)
	if err != nil {
		return whole, nil, err
	}
	list, known, err := knownOf(parts)
	if err != nil {
		return whole, nil, err
	}
	numbers := renumber(contract, parts)
	judged := judgedChecks{contract: contract, numbers: numbers, known: known}
	results, err := judged.results(plan.Selected, parts)
	if err != nil {
		return whole, nil, err
	}
	if err := uncontradicted(parts); err != nil {
		return whole, nil, err
	}
	conclude := suites.Conclude
	if interrupted(parts) {
		conclude = suites.ConcludeInterrupted
	}
	whole = heading(version, contract, parts)
	whole.Exchanges = numbers.exchanges
	whole.Conclude(report.Conclusion{
		Contract: contract, Outcome: conclude(contract, plan.Selected, results, known...), KnownFailures: list, Stale: staleOf(parts),
		Show: judged.show,
	})
	return whole, warnings(version, parts), nil
}

// planned is the plan of the whole run. The checks of each shard are held against
// those that this version deals to it.
func planned(contract *spec.Contract, parts []Part) (suites.Plan, error) {
	settings := parts[0].Report.Settings
	selection := suites.Selection{Focus: settings.Focus, LabelFilter: settings.LabelFilter,
		Replayed: parts[0].Report.Target.Source == fromCassettes}
	for _, part := range parts {
		selection.Shard = *part.Report.Settings.Shard
		plan, err := suites.NewPlan(contract, selection)
		if err != nil {
			return plan, &configuration.UsageError{Place: part.Name, Message: err.Error(), Mend: useItsVersion(part)}
		}
		if odd := oddCheck(plan, part); odd != "" {
			return plan, &configuration.UsageError{Place: part.Name, Message: "it " + odd + " of shard " + selection.Shard.String(), Mend: useItsVersion(part)}
		}
	}
	selection.Shard = suites.Shard{}
	return suites.NewPlan(contract, selection)
}

func useItsVersion(part Part) string {
	return "merge with the dpconform that judged: " + part.Report.Tool.Version
}

// oddCheck says which check a part lacks or has too many; empty for none.
func oddCheck(plan suites.Plan, part Part) string {
	expected := map[string]bool{}
	for _, check := range plan.Selected {
		expected[check.ID] = true
		if !plan.CanBeLeftOut(check) && !slices.ContainsFunc(part.Report.Checks, func(other report.Check) bool { return other.ID == check.ID }) {
			return "lacks the check " + check.ID
		}
	}
	seen := map[string]bool{}
	for _, check := range part.Report.Checks {
		if !expected[check.ID] || seen[check.ID] {
			return "has a check " + check.ID + ", which is none"
		}
		seen[check.ID] = true
	}
	return ""
}

func interrupted(parts []Part) bool {
	return slices.ContainsFunc(parts, func(part Part) bool { return part.Report.Exit == suites.ExitInterrupted })
}

func staleOf(parts []Part) string {
	for _, part := range parts {
		if part.Report.Stale != "" {
			return part.Report.Stale
		}
	}
	return ""
}

// heading is what the whole report says before anything was judged.
func heading(version string, contract *spec.Contract, parts []Part) report.Report {
	whole := parts[0].Report
	whole.Tool.Version = version
	whole.Settings.Shard = nil
	whole.Started = began(parts)
	var ended time.Time
	for _, part := range parts {
		if end := ends(part); end.After(ended) {
			ended = end
		}
		whole.Shards = append(whole.Shards, shardOf(part))
	}
	whole.Milliseconds = ended.Sub(whole.Started).Milliseconds()
	whole.Target.Jobs, whole.States = map[string]int{}, nil
	for _, state := range contract.States {
		one := report.State{Name: state, Retryable: slices.Contains(contract.RetryableStates, state)}
		for i, part := range parts {
			// Those that can be retried were dealt out, the others given to all; a
			// recording has its own.
			if i == 0 || (one.Retryable && part.Report.Target.Source != fromCassettes) {
				one.Jobs += part.Report.Target.Jobs[state]
			}
		}
		whole.Target.Jobs[state] = one.Jobs
		whole.States = append(whole.States, one)
	}
	return whole
}

// began is when the first shard began.
func began(parts []Part) time.Time {
	first := parts[0].Report.Started
	for _, part := range parts[1:] {
		if part.Report.Started.Before(first) {
			first = part.Report.Started
		}
	}
	return first
}

func shardOf(part Part) report.ShardOf {
	of := report.ShardOf{Number: part.number(), Version: part.Report.Tool.Version, Started: part.Report.Started,
		Milliseconds: part.Report.Milliseconds, Exit: part.Report.Exit, Conclusion: part.Report.Conclusion,
		Checks: []string{}, Jobs: part.Report.Target.Jobs}
	for _, check := range part.Report.Checks {
		of.Checks = append(of.Checks, check.ID)
	}
	return of
}

// knownOf gathers the known failures that the shards were judged with, in the
// order of their files. Each shard names those alone that its checks are about.
func knownOf(parts []Part) ([]report.KnownFailure, []suites.Known, error) {
	var list []report.KnownFailure
	for _, part := range parts {
		for _, one := range part.Report.KnownFailures {
			at := slices.IndexFunc(list, func(other report.KnownFailure) bool { return other.Name == one.Name })
			switch {
			case at < 0:
				list = append(list, one)
			case list[at].Entry != one.Entry || list[at].Reason != one.Reason || list[at].Expires != one.Expires:
				return nil, nil, otherKnown(part, fmt.Sprintf("its known failure %s is not that of the other shards", one.Name))
			}
		}
	}
	slices.SortStableFunc(list, byPlace)
	var known []suites.Known
	for _, one := range list {
		made, err := knownFrom(one)
		if err != nil {
			return nil, nil, otherKnown(parts[0], err.Error())
		}
		known = append(known, made)
	}
	return list, known, sameKnown(parts, known)
}

// uncontradicted refuses a part that was edited: a verdict that somebody changed
// would be that of the whole.
func uncontradicted(parts []Part) error {
	for _, part := range parts {
		if contradiction := part.Report.Contradiction(); contradiction != "" {
			return &configuration.UsageError{Place: part.Name,
				Message: "this report was changed after it was written: " + contradiction, Mend: "judge this shard again"}
		}
	}
	return nil
}
