package result

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// KnownFailures is a list of failures that somebody accepted. What an entry
// covers is expected to fail: it does not fail a run, and where it passes the
// run says so.
type KnownFailures []KnownFailure

// The keys of what an entry names.
const (
	knownCheck       = "check"
	knownRequirement = "requirement"
)

// Covers reports whether the entry expects that a check finds a requirement not
// kept. Its entry is "check: PATTERN" or "requirement: PATTERN".
func (k KnownFailure) Covers(check, requirement string) bool {
	key, pattern, _ := strings.Cut(k.Entry, ": ")
	switch key {
	case knownCheck:
		return covers(pattern, check)
	case knownRequirement:
		return covers(pattern, requirement)
	}
	return false
}

// covers reports whether a pattern, in which * stands for any text, slashes and
// dots included, covers an id.
func covers(pattern, id string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == id
	}
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if !strings.HasPrefix(id, parts[0]) || !strings.HasSuffix(id[len(parts[0]):], parts[last]) {
		return false
	}
	between := id[len(parts[0]) : len(id)-len(parts[last])]
	for _, part := range parts[1:last] {
		at := strings.Index(between, part)
		if at < 0 {
			return false
		}
		between = between[at+len(part):]
	}
	return true
}

// Came says in a few words what came of the entry, but for one that was not judged.
func (k KnownFailure) Came() string {
	gap, passed := k.Expect == expectSkip, k.State == KnownPassed
	switch {
	case gap && passed:
		return "tested"
	case gap:
		return "not tested, as accepted"
	case passed:
		return "passed"
	}
	return "seen"
}

// Message says of an unexpected pass, or of what is tested after all, what to do.
func (k KnownFailure) Message() string {
	const few = 3
	checks := strings.Join(k.Checks, ", ")
	if len(k.Checks) > few {
		checks = fmt.Sprintf("%s and %d more checks", strings.Join(k.Checks[:few], ", "), len(k.Checks)-few)
	}
	what := "unexpected pass of " + checks
	if k.Expect == expectSkip {
		what = checks + " tested, which was not expected"
	}
	return fmt.Sprintf("%s: remove the entry %s (%s)", what, k.Name, k.Reason)
}

// Expecting is the name of the entry that covers what a check finds; empty where
// none does.
func (k KnownFailures) Expecting(check, requirement string) string {
	for _, one := range k {
		if one.Expect != expectSkip && one.Covers(check, requirement) {
			return one.Name
		}
	}
	return ""
}

// Gaps are the entries that accept that something cannot be tested.
func (k KnownFailures) Gaps() KnownFailures {
	return slices.DeleteFunc(slices.Clone(k), func(one KnownFailure) bool { return one.Expect != expectSkip })
}

// accepting finds the entry that accepts that a check does not test a requirement.
func (k KnownFailures) accepting(check, requirement string) (KnownFailure, bool) {
	return text.Find(k, func(one KnownFailure) bool { return one.Expect == expectSkip && one.Covers(check, requirement) })
}

// accept reports whether an entry accepts that a check does not test a requirement.
func (k KnownFailures) accept(check, requirement string) bool {
	_, accepted := k.accepting(check, requirement)
	return accepted
}

// acceptGaps says of the skipped checks that an entry accepts it, and counts them.
func acceptGaps(checks []Check, known KnownFailures) (accepted int) {
	for i := range checks {
		check := &checks[i]
		if check.Verdict != Skip || len(check.Requirements) == 0 {
			// Of a client that sent nothing no requirement was tested.
			continue
		}
		if one, is := known.accepting(check.ID, check.Requirements[0]); is {
			check.Reason += "; accepted: " + one.Reason + " (" + one.Name + ")"
			accepted++
		}
	}
	return accepted
}

// Cover reports whether any entry covers what a check is about.
func (k KnownFailures) Cover(check Check) bool {
	return slices.ContainsFunc(check.Requirements, func(requirement string) bool { return k.Expecting(check.ID, requirement) != "" })
}

// reason says why findings are expected, each reason once.
func (k KnownFailures) reason(findings []Finding) string {
	var reasons []string
	for _, finding := range findings {
		for _, one := range k {
			if finding.KnownFailure != "" && one.Name == finding.KnownFailure && !slices.Contains(reasons, one.Reason) {
				reasons = append(reasons, one.Reason)
			}
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return "known failure: " + strings.Join(reasons, "; ")
}

// passedUnexpectedly reports whether an entry expected the check to find the
// requirement not kept, and nothing of what the entry covers failed.
func (k KnownFailures) passedUnexpectedly(check, requirement string) bool {
	return slices.ContainsFunc(k, func(one KnownFailure) bool {
		return one.State == KnownPassed && slices.Contains(one.Checks, check) && one.Covers(check, requirement)
	})
}

// knownFailures says of each known failure what came of it. One is left out that
// covers checks of which none was selected.
func (r Run) knownFailures() KnownFailures {
	results := map[string]Check{}
	for _, check := range r.Checks {
		results[check.ID] = check
	}
	described := map[string]bool{}
	for _, requirement := range slices.Concat(r.Requirements, Conditions()) {
		described[requirement.ID] = true
	}
	var all KnownFailures
	for _, known := range r.Known {
		covering := false
		known.State, known.Checks, known.NotJudged = "", []string{}, ""
		for _, check := range r.Catalogue {
			for _, requirement := range check.Requirements {
				if !described[requirement] || !known.Covers(check.ID, requirement) {
					continue
				}
				covering = true
				if tested, selected := results[check.ID]; selected {
					known.take(tested, requirement)
				} else {
					known.miss("check " + check.ID + " was not selected")
				}
			}
		}
		if covering && len(known.Checks) == 0 {
			continue
		}
		known.settle()
		all = append(all, known)
	}
	return all
}

// take adds what came of a check for one requirement that is covered.
func (k *KnownFailure) take(check Check, requirement string) {
	if last := len(k.Checks) - 1; last < 0 || k.Checks[last] != check.ID {
		k.Checks = append(k.Checks, check.ID)
	}
	switch verdict, reason := check.About(requirement); {
	case k.Expect == expectSkip && verdict == Skip:
		k.State = KnownUsed
	case k.Expect == expectSkip && verdict != Error:
	case len(check.FindingsOf(requirement)) > 0:
		k.State = KnownUsed
	case verdict != Pass:
		k.miss(cmp.Or(reason, "a check did not end"))
	}
}

// miss keeps the first reason why not everything was tested.
func (k *KnownFailure) miss(reason string) { k.NotJudged = cmp.Or(k.NotJudged, reason) }

// settle decides what the whole says.
func (k *KnownFailure) settle() {
	switch {
	case k.State == KnownUsed:
		k.NotJudged = ""
	case len(k.Checks) == 0:
		k.State, k.NotJudged = KnownNotJudged, noCheck
	case k.NotJudged != "":
		k.State = KnownNotJudged
	default:
		k.State = KnownPassed
	}
}

// markUnexpectedPasses turns the verdict of each check that passed unexpectedly. A
// failure of something else stands.
func markUnexpectedPasses(checks []Check, known KnownFailures) {
	places := map[string]int{}
	for i, check := range checks {
		places[check.ID] = i
	}
	for _, one := range known {
		if one.State != KnownPassed {
			continue
		}
		for _, id := range one.Checks {
			if check := &checks[places[id]]; check.Verdict != Fail {
				check.Verdict, check.Reason = UnexpectedPass, one.Message()
			}
		}
	}
}

type knownKey struct{}

// NewContext hands known failures that were read already to the checks that run
// with the context.
func NewContext(ctx context.Context, known KnownFailures) context.Context {
	return context.WithValue(ctx, knownKey{}, known)
}

// FromContext gives the known failures of a context, or none.
func FromContext(ctx context.Context) KnownFailures {
	known, _ := ctx.Value(knownKey{}).(KnownFailures)
	return known
}
