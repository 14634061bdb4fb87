package diff

import (
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// Kind is what became of a verdict.
type Kind string

// The kinds of change, worst first.
const (
	// NewlyFailing: it fails now, and did not, or was not there.
	NewlyFailing Kind = "newly-failing"
	// NewlyErroring: the engine or the network kept it from being judged now.
	NewlyErroring Kind = "newly-erroring"
	// NewlySkipped: it is no longer judged.
	NewlySkipped Kind = "newly-skipped"
	// Gone: only the old report has it.
	Gone Kind = "gone"
	// StillFailing: it failed, and fails.
	StillFailing Kind = "still-failing"
	// ChangedVerdict: it has another verdict, and none of the other kinds fits.
	ChangedVerdict Kind = "changed-verdict"
	// NewlyPassing: it passes now, and did not.
	NewlyPassing Kind = "newly-passing"
	// Appeared: only the new report has it, and it does not fail there.
	Appeared Kind = "appeared"
)

// Kinds lists every kind, worst first.
func Kinds() []Kind {
	return []Kind{NewlyFailing, NewlyErroring, NewlySkipped, Gone, StillFailing, ChangedVerdict, NewlyPassing, Appeared}
}

func (k Kind) rank() int { return slices.Index(Kinds(), k) }

// fails reports whether a verdict fails a run.
func fails(verdict result.Verdict) bool {
	return verdict == result.Fail || verdict == result.UnexpectedPass
}

// judged reports whether a verdict says something of the server.
func judged(verdict result.Verdict) bool {
	return verdict != "" && verdict != result.Skip && verdict != result.Error
}

// kindOf says what became of a verdict; an empty one is that of what is not
// there. It reports false for what needs no word: the same verdict, no failure.
func kindOf(old, new result.Verdict) (Kind, bool) {
	switch {
	case new == "":
		return Gone, true
	case fails(new) && old == new:
		return StillFailing, true
	case old == new:
		return "", false
	case fails(new) && !fails(old):
		return NewlyFailing, true
	case new == result.Error:
		return NewlyErroring, true
	case old == "":
		return Appeared, true
	case new == result.Skip && judged(old):
		return NewlySkipped, true
	case new == result.Pass:
		return NewlyPassing, true
	}
	return ChangedVerdict, true
}

// regresses reports whether a change is one for the worse. What is gone with
// another description is not demanded any more; with the same description it
// was judged and is not.
func regresses(kind Kind, old result.Verdict, documented, sameDescription bool) bool {
	switch kind {
	case NewlyFailing, NewlyErroring:
		return true
	case NewlySkipped:
		return documented
	case Gone:
		return documented && judged(old) && sameDescription
	}
	return false
}

// checkChange compares a check.
func checkChange(id string, old, new index, pairs pairs, sameDescription bool) (CheckChange, bool) {
	before, after := old.checks[id], new.checks[id]
	kind, changed := kindOf(before.Verdict, after.Verdict)
	if !changed {
		return CheckChange{}, false
	}
	shown := after
	if shown.ID == "" {
		shown = before
	}
	documented := old.documented(before) || new.documented(after)
	return CheckChange{
		ID: id, Aspect: shown.Aspect, Title: shown.Title, Kind: kind, Regression: regresses(kind, before.Verdict, documented, sameDescription),
		Old: before.Verdict, New: after.Verdict, Evidence: evidence(before, after, old, new, pairs),
	}, true
}

// documented reports whether a check is in the first place about something
// documented, as suites decides it for an inconclusive run.
func (i index) documented(check result.Check) bool {
	return len(check.Requirements) > 0 && i.requirements[check.Requirements[0]].Level == spec.Documented
}

// requirementChange compares a requirement.
func requirementChange(id string, old, new index, sameDescription bool) (RequirementChange, bool) {
	before, after := old.requirements[id], new.requirements[id]
	kind, changed := kindOf(before.Verdict, after.Verdict)
	if !changed {
		return RequirementChange{}, false
	}
	shown := after
	if shown.ID == "" {
		shown = before
	}
	documented := before.Level == spec.Documented || after.Level == spec.Documented
	return RequirementChange{
		ID: id, Level: shown.Level, Statement: shown.Statement, Source: shown.Source,
		Kind: kind, Regression: regresses(kind, before.Verdict, documented, sameDescription),
		Old: before.Verdict, New: after.Verdict, OldReason: before.Reason, NewReason: after.Reason,
	}, true
}
