// Package badge draws what came of a run in a few words, for the top of a
// README: as an SVG, or as the JSON from which shields.io draws one.
package badge

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// label is what the badge is about.
const label = "archiveJobs.retry"

// tone is the colour behind a message: that of an SVG, dark enough for white
// letters (4.5 to 1 and more, WCAG 2.2 criterion 1.4.3), and its name at
// shields.io.
type tone struct{ drawn, named string }

var (
	good    = tone{"#1a7f37", "brightgreen"}
	fair    = tone{"#4d6b00", "yellowgreen"}
	bad     = tone{"#cf222e", "red"}
	unclear = tone{"#8a5a00", "yellow"}
	nothing = tone{"#656d76", "lightgrey"}
)

// message says what came of a run.
func message(found report.Report) (string, tone) {
	return verdict(found)
}

func verdict(found report.Report) (string, tone) {
	counts, total := found.Counts.Requirements, len(found.Requirements)
	passed := fmt.Sprintf("%d of %s", counts[result.Pass], counted(total, "requirement"))
	switch found.Exit {
	case result.ExitConforms:
		return conforms(passed, counts)
	case result.ExitInconclusive:
		return "inconclusive: " + passed, unclear
	case result.ExitFails:
		return fails(counts, total), bad
	case result.ExitInterrupted:
		return "interrupted", nothing
	}
	return "not judged", nothing
}

// conforms counts what passes, and what does not and fails nothing.
func conforms(passed string, counts map[result.Verdict]int) (string, tone) {
	colour := good
	for _, other := range []struct {
		verdict result.Verdict
		words   string
	}{{result.Warn, "%d warn"}, {result.ExpectedFail, "%d known to fail"}, {result.Skip, "%d not judged"}} {
		if count := counts[other.verdict]; count > 0 {
			passed += ", " + fmt.Sprintf(other.words, count)
			colour = fair
		}
	}
	return passed, colour
}

// fails says why a run fails: what does not conform, or what no longer fails,
// or the age of the answers.
func fails(counts map[result.Verdict]int, total int) string {
	failed, unexpected := counts[result.Fail], counts[result.UnexpectedPass]
	switch {
	case failed == 1:
		return fmt.Sprintf("1 of %s fails", counted(total, "requirement"))
	case failed > 0:
		return fmt.Sprintf("%d of %s fail", failed, counted(total, "requirement"))
	case unexpected > 0:
		return "unexpected pass of " + counted(unexpected, "requirement")
	}
	return "stale"
}

func counted(count int, thing string) string {
	if count == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", count, thing)
}

// WriteJSON writes what an endpoint badge of shields.io is drawn from.
// Source: https://shields.io/badges/endpoint-badge
func WriteJSON(out io.Writer, found report.Report) error {
	text, colour := message(found)
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
		// IsError keeps a colour in the address of the badge from hiding it.
		IsError bool `json:"isError"`
	}{1, label, text, colour.named, found.Exit != result.ExitConforms && found.Exit != result.ExitInconclusive})
}

// description says in a sentence what the numbers are, for who cannot see them.
func description(found report.Report) string {
	return fmt.Sprintf("%s: %s of %s; exit %d", found.Conclusion, countsText(found.Counts.Checks, "check"),
		countsText(found.Counts.Requirements, "requirement"), found.Exit)
}

// countsText counts by verdict: "168 checks pass, 1 check fail".
func countsText(counts map[result.Verdict]int, thing string) string {
	total, parts := 0, []string{}
	for _, verdict := range []result.Verdict{result.Pass, result.Fail, result.UnexpectedPass, result.Warn, result.ExpectedFail, result.Skip, result.Error} {
		if count := counts[verdict]; count > 0 {
			total += count
			parts = append(parts, fmt.Sprintf("%d %s", count, verdict))
		}
	}
	return fmt.Sprintf("%s (%s)", counted(total, thing), strings.Join(parts, ", "))
}
