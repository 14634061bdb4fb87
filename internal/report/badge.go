package report

import (
	"fmt"
	"io"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// WriteBadge writes what an endpoint badge of shields.io is drawn from.
// Source: https://shields.io/badges/endpoint-badge
func WriteBadge(out io.Writer, report result.Report) error {
	message, colour := badgeMessage(report)
	return text.WriteJSON(out, struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
		// IsError keeps a colour in the address of the badge from hiding it.
		IsError bool `json:"isError"`
	}{1, report.Title(), message, colour, report.Exit != result.ExitConforms && report.Exit != result.ExitInconclusive})
}

// badgeMessage says what came of a run, with the name of a colour at shields.io.
func badgeMessage(report result.Report) (message, colour string) {
	counts, total := report.Counts.Requirements, text.Counted(len(report.Requirements), "requirement")
	passed := fmt.Sprintf("%d of %s", counts[result.Pass], total)
	switch report.Exit {
	case result.ExitConforms:
		colour = "brightgreen"
		for _, other := range []struct {
			verdict result.Verdict
			words   string
		}{{result.Warn, "warn"}, {result.ExpectedFail, "known to fail"}, {result.Skip, "not tested"}} {
			if count := counts[other.verdict]; count > 0 {
				passed, colour = fmt.Sprintf("%s, %d %s", passed, count, other.words), "yellowgreen"
			}
		}
		return passed, colour
	case result.ExitInconclusive:
		return "inconclusive: " + passed, "yellow"
	case result.ExitFails:
		failed, unexpected := counts[result.Fail], counts[result.UnexpectedPass]
		switch {
		case failed == 1:
			return fmt.Sprintf("1 of %s fails", total), "red"
		case failed > 0:
			return fmt.Sprintf("%d of %s fail", failed, total), "red"
		case unexpected > 0:
			return "known failures out of date", "red"
		case report.Client != nil && len(report.Unmet()) > 0:
			return fmt.Sprintf("%d of %s failed", report.Failed(), text.Counted(len(report.Checks), "check")), "red"
		}
		return "stale", "red"
	case result.ExitInterrupted:
		return "interrupted", "lightgrey"
	}
	return "not tested", "lightgrey"
}
