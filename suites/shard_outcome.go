package suites

import (
	"cmp"
	"slices"
	"time"

	"github.com/dpconform/dpconform/target"
)

// leaveOut drops the observing checks that had nothing to look at in this shard:
// others have. The first shard keeps them, so that somebody says what no shard
// could judge.
func (p Plan) leaveOut(results []Result) ([]Check, []Result) {
	drops := func(result Result) bool {
		return p.CanBeLeftOut(result.Check) && result.Verdict == Skip && result.Reason != interrupted
	}
	selected := slices.DeleteFunc(slices.Clone(p.Selected), func(check Check) bool {
		return slices.ContainsFunc(results, func(result Result) bool { return result.Check.ID == check.ID && drops(result) })
	})
	return selected, slices.DeleteFunc(slices.Clone(results), drops)
}

// conclude adds up the results of the plan's checks.
func (p Plan) conclude(session *Session, results []Result, ended bool) Outcome {
	contract, known := session.Contract(), session.config.Known
	selected, results := p.leaveOut(results)
	if ended {
		results = withInterrupted(selected, results)
	}
	ofWhole := results
	if p.partial {
		ofWhole = withoutHalfSeen(results)
	}
	outcome := conclude(contract, selected, results, ofWhole, known)
	if ended {
		outcome.Exit = ExitInterrupted
	}
	return outcome
}

// otherShards is the reason of what a shard alone does not judge.
const otherShards = "what the other shards exchange belongs to it"

// withoutHalfSeen lets the observing checks that found nothing in their shard be
// not judged: whether a known failure passes, only all shards together say.
func withoutHalfSeen(results []Result) []Result {
	seen := slices.Clone(results)
	for i, result := range seen {
		if result.Check.phase == observing && len(result.Findings) == 0 {
			seen[i] = Result{Check: result.Check, Verdict: Skip, Reason: otherShards}
		}
	}
	return seen
}

// Combine adds up what several shards say of one check that looks at what each
// of them exchanged. Their exchanges are to have the numbers of the whole run.
func Combine(results []Result) Result {
	judgement := &Judgement{check: results[0].Check}
	skipped, took := 0, time.Duration(0)
	for _, result := range results {
		took += result.Took
		judgement.findings = append(judgement.findings, result.Findings...)
		switch {
		case result.Verdict == Error:
			judgement.broken = cmp.Or(judgement.broken, result.Reason)
		case result.Verdict == Skip && result.Reason == interrupted:
			judgement.lacking = &lack{reason: interrupted}
		case result.Verdict == Skip:
			skipped++
		}
	}
	if skipped == len(results) {
		judgement.Skip(results[0].Reason, results[0].Flag)
	}
	judgement.findings = countedTogether(judgement.findings)
	judgement.exchanges = evidence(results, judgement.findings)
	whole := judgement.result()
	whole.Took = took
	return whole
}

// evidence lists the exchanges of several results by their numbers, but those
// that only show what an earlier one shows already.
func evidence(results []Result, findings []Finding) []*target.Exchange {
	shows := func(findings []Finding, exchange *target.Exchange) bool {
		return slices.ContainsFunc(findings, func(finding Finding) bool { return finding.Exchange == exchange })
	}
	var kept []*target.Exchange
	for _, result := range results {
		for _, exchange := range result.Exchanges {
			repeats := shows(result.Findings, exchange) && !shows(findings, exchange) && exchange.Check != result.Check.ID
			if !repeats && !slices.Contains(kept, exchange) {
				kept = append(kept, exchange)
			}
		}
	}
	slices.SortFunc(kept, func(a, b *target.Exchange) int { return cmp.Compare(a.Number, b.Number) })
	return kept
}

// countedTogether joins findings that say the same, as one run does, in the
// order of the exchanges that show them.
func countedTogether(findings []Finding) []Finding {
	ordered := slices.Clone(findings)
	slices.SortStableFunc(ordered, func(a, b Finding) int { return cmp.Compare(a.firstExchange(), b.firstExchange()) })
	var joined []Finding
	for _, finding := range ordered {
		at := slices.IndexFunc(joined, finding.saysTheSame)
		if at < 0 {
			joined = append(joined, finding)
			continue
		}
		joined[at].Count += finding.Count
	}
	return joined
}

// saysTheSame reports whether two findings are one, seen in several exchanges.
func (f Finding) saysTheSame(other Finding) bool {
	return f.Requirement.ID == other.Requirement.ID && f.Want == other.Want && f.Got == other.Got
}

func (f Finding) firstExchange() int {
	if f.Exchange == nil {
		return 0
	}
	return f.Exchange.Number
}
