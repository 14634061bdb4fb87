package suites

import (
	"fmt"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// Finding is one way in which a requirement is not kept.
type Finding struct {
	Requirement spec.Requirement
	// Verdict is Fail, Warn or ExpectedFail.
	Verdict Verdict
	// Known is the known failure that expects it; nil where none does.
	Known *Known
	Want  string
	Got   string
	// Exchange is the first exchange that shows it; nil where none does.
	Exchange *target.Exchange
	// Place is where in that exchange it shows.
	Place Place
	// Count is the number of exchanges that show it.
	Count int
}

// Result is what came of one check.
type Result struct {
	Check    Check
	Verdict  Verdict
	Findings []Finding
	// Reason says why a check was skipped or could not be judged, why its
	// failure is expected, or what to do about a pass that is not.
	Reason string
	// Flag is what would supply what a skipped check lacked: "--job COMPLETE=ID".
	Flag string
	// Exchanges are those that the check sent or looked at first.
	Exchanges []*target.Exchange
	Took      time.Duration

	// unexpected lists the known failures that should have been seen.
	unexpected []Known
}

// VerdictOf says what breaking a requirement means for a run: it fails the run
// where the requirement is a MUST and as strong as the run asks for. With the
// weakest level, everything fails the run.
func VerdictOf(requirement spec.Requirement, strictness spec.Level) Verdict {
	if strictness == spec.Inferred {
		return Fail
	}
	if requirement.Must() && requirement.Level.AtLeast(strictness) {
		return Fail
	}
	return Warn
}

// Text says a finding in a few lines: the requirement, its quote and source,
// want beside got.
func (f Finding) Text() string {
	text := fmt.Sprintf("%s (%s): %s\n  want: %s\n  got:  %s", f.Requirement.ID, f.Requirement.Level, f.Requirement.Statement, f.Want, f.Got)
	if f.Count > 1 {
		text += fmt.Sprintf(" (in %d exchanges)", f.Count)
	}
	text += fmt.Sprintf("\n  %q\n  %s", f.Requirement.Quote, f.Requirement.Source)
	if f.Known != nil {
		text += "\n  " + knownPrefix + f.Known.Reason + " (" + f.Known.Name + ")"
	}
	return text
}

// SkipText says why a check was skipped and, where something would help, what.
func (r Result) SkipText() string {
	if r.Flag == "" {
		return r.Reason
	}
	return r.Reason + "; give " + r.Flag
}

// Message says all findings of a check.
func (r Result) Message() string {
	texts := make([]string, len(r.Findings))
	for i, finding := range r.Findings {
		texts[i] = finding.Text()
	}
	return strings.Join(texts, "\n")
}
