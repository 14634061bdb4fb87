package diff

import (
	"fmt"
	"strings"
)

// words say each kind of change to a person.
var words = map[Kind]string{
	NewlyFailing: "newly failing", NewlyErroring: "newly not judged for an error", NewlySkipped: "no longer judged", Gone: "gone",
	StillFailing: "still failing", ChangedVerdict: "with another verdict", NewlyPassing: "newly passing", Appeared: "new",
}

// Summary says a comparison in one line: "regression: 1 check newly failing".
func Summary(comparison Comparison) string {
	beginning := "no change"
	switch {
	case comparison.Regresses():
		beginning = "regression"
	case comparison.Changes():
		beginning = "changed, no regression"
	}
	counts := comparison.Counts()
	var parts []string
	for _, kind := range Kinds() {
		if count := counts.Checks[kind]; count > 0 {
			parts = append(parts, counted(count, "check")+" "+words[kind])
		}
	}
	if len(parts) == 0 {
		// A requirement can change where no check does.
		for _, kind := range Kinds() {
			if count := counts.Requirements[kind]; count > 0 {
				parts = append(parts, counted(count, "requirement")+" "+words[kind])
			}
		}
	}
	if counts.Answers > 0 {
		parts = append(parts, counted(counts.Answers, "changed answer"))
	}
	if len(parts) == 0 {
		return beginning
	}
	return beginning + ": " + strings.Join(parts, ", ")
}

func counted(count int, thing string) string {
	if count == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", count, thing)
}
