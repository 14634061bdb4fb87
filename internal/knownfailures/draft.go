package knownfailures

import (
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
)

// draft is an entry whose reason is still to be written.
type draft struct {
	key, id string
	// comment says in one line what was wanted and what came.
	comment string
}

// failure is one finding that fails a run, with its check.
type failure struct {
	check   string
	finding result.Finding
}

// draftsOf makes an entry for each requirement that is not kept, in the order
// of the description.
func draftsOf(found result.Report) []draft {
	var drafts []draft
	for _, requirement := range found.Requirements {
		failures, judged := failuresOf(found, requirement.ID)
		if len(failures) == 0 {
			continue
		}
		if 2*len(checksOf(failures)) < judged {
			drafts = append(drafts, draftsByCheck(failures)...)
			continue
		}
		drafts = append(drafts, draft{requirementKey, requirement.ID, commentOn(failures)})
	}
	return withoutRepetition(drafts)
}

// draftsByCheck makes an entry for each check, for a requirement that most of
// its checks find kept: an entry for the whole would hide when they no longer
// do.
func draftsByCheck(failures []failure) []draft {
	var drafts []draft
	for _, id := range checksOf(failures) {
		own := slices.DeleteFunc(slices.Clone(failures), func(one failure) bool { return one.check != id })
		drafts = append(drafts, draft{checkKey, id, own[0].finding.Requirement + ": " + commentOn(own)})
	}
	return drafts
}

// failuresOf finds what fails the run for a requirement, and the number of the
// checks that judged it.
func failuresOf(found result.Report, requirement string) (failures []failure, judged int) {
	for _, check := range found.Checks {
		if !slices.Contains(check.Requirements, requirement) {
			continue
		}
		if check.Verdict != result.Skip && check.Verdict != result.Error {
			judged++
		}
		for _, finding := range check.Findings {
			if finding.Requirement == requirement && finding.Verdict == result.Fail {
				failures = append(failures, failure{check.ID, finding})
			}
		}
	}
	return failures, judged
}

func checksOf(failures []failure) []string {
	var ids []string
	for _, one := range failures {
		if !slices.Contains(ids, one.check) {
			ids = append(ids, one.check)
		}
	}
	return ids
}

// commentOn says the first of several failures.
func commentOn(failures []failure) string {
	first := failures[0].finding
	text := fmt.Sprintf("want %s; got %s", shortened(first.Want), shortened(first.Got))
	if more := len(failures) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// withoutRepetition keeps one entry for a check that fails several
// requirements.
func withoutRepetition(drafts []draft) []draft {
	var kept []draft
	for _, one := range drafts {
		if !slices.ContainsFunc(kept, func(other draft) bool { return other.key == one.key && other.id == one.id }) {
			kept = append(kept, one)
		}
	}
	return kept
}
