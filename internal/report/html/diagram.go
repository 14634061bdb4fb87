package html

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
)

// diagram is the documented states of a job, and what came of retries from each.
type diagram struct {
	Rows   []stateRow
	Height int
	// NewAt is the middle of the box of the new job, NewTop its upper edge, and
	// NewText where its text stands.
	NewAt, NewTop, NewText int
	// Starts says that a retry started a job at all, or that one should.
	Starts bool
}

// stateRow is one state.
type stateRow struct {
	verdict
	Name, Short string
	Jobs        string
	Retryable   bool
	// Tried is the number of retries, Outcome what came of them: "3 refused (400)".
	Tried   int
	Outcome string
	Started string
	Refused string
	Checks  []reference
	// The rest are heights in the drawing: of the box and its two lines of text, of
	// the lines to the right of it and their texts.
	Top, NameAt, JobsAt                 int
	Middle, Upper, Lower                int
	StartedAt, RefusedAt, NotAt, StopAt int
}

// rowHeight is the height of a state in units of the drawing.
const rowHeight = 74

// diagram draws the states one below the other. It is about retries of the
// checks of the aspect "semantics": others send a wrong path, body or token on
// purpose.
func (m *maker) diagram() diagram {
	made := diagram{Height: max(1, len(m.States)) * rowHeight, NewAt: -1}
	retryable := false
	for i, state := range m.Report.States {
		row := m.stateRow(state)
		row.draw(i)
		if row.Started != "" || state.Retryable {
			made.Starts = true
			if made.NewAt < 0 || state.Retryable && !retryable {
				made.NewAt, retryable = row.Middle, state.Retryable
			}
		}
		made.Rows = append(made.Rows, row)
	}
	made.NewTop, made.NewText = made.NewAt-24, made.NewAt+5
	return made
}

// draw places a row in the drawing. The line to the new job is above the one
// that ends at a refusal, where there are both.
func (r *stateRow) draw(number int) {
	r.Middle = number*rowHeight + rowHeight/2
	r.Top, r.NameAt, r.JobsAt = r.Middle-28, r.Middle-3, r.Middle+16
	r.Upper, r.Lower = r.Middle, r.Middle
	r.RefusedAt = r.Lower - 7
	if r.Started != "" && r.Refused != "" {
		r.Upper, r.Lower = r.Middle-8, r.Middle+8
		r.RefusedAt = r.Lower + 16
	}
	r.StartedAt, r.NotAt, r.StopAt = r.Upper-7, r.Middle-7, r.Lower-7
}

func (m *maker) stateRow(state result.State) stateRow {
	row := stateRow{Name: clean(state.Name), Short: shortState(clean(state.Name)), Jobs: counted(state.Jobs, "job"), Retryable: state.Retryable}
	retries := map[int]*result.Exchange{}
	var judged, unjudged result.Verdict
	for _, check := range m.Checks {
		tried := m.retriesFrom(state.Name, check)
		if len(tried) == 0 {
			continue
		}
		for _, exchange := range tried {
			retries[exchange.Number] = exchange
		}
		row.Checks = append(row.Checks, reference{m.checkLink(check.ID), clean(check.ID)})
		if check.Verdict == result.Skip || check.Verdict == result.Error {
			unjudged = heavier(unjudged, check.Verdict)
		} else {
			judged = heavier(judged, check.Verdict)
		}
	}
	if judged == "" {
		judged = unjudged
	}
	row.verdict, row.Tried = shown(judged), len(retries)
	row.tell(retries)
	return row
}

// retriesFrom are the retries of a check of the aspect "semantics" from a state.
func (m *maker) retriesFrom(state string, check result.Check) []*result.Exchange {
	var retries []*result.Exchange
	if check.Aspect != "semantics" {
		return nil
	}
	for _, number := range check.Exchanges {
		exchange := m.byNumber[number]
		if exchange != nil && exchange.Retry && exchange.JobState == state {
			retries = append(retries, exchange)
		}
	}
	return retries
}

// tell says what came of retries.
func (r *stateRow) tell(retries map[int]*result.Exchange) {
	started, refused, other := map[string]int{}, map[string]int{}, map[string]int{}
	for _, exchange := range retries {
		switch outcome := outcomeOf(exchange.Response, exchange.Fault); statusClass(exchange.Response, exchange.Fault) {
		case "good":
			started[outcome]++
		case "refused":
			refused[outcome]++
		default:
			other[outcome]++
		}
	}
	r.Started, r.Refused = outcomes(started, "granted"), listed(outcomes(refused, "refused"), outcomes(other, "broken off"))
	r.Outcome = listed(r.Started, r.Refused)
	if r.Tried == 0 {
		r.Word, r.Outcome = "not tried", "not tried"
	}
}

// outcomes counts outcomes: "3 refused (2 × 400, 1 × reset)".
func outcomes(counts map[string]int, word string) string {
	if len(counts) == 0 {
		return ""
	}
	total, names := 0, make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		total += counts[name]
		if len(counts) > 1 {
			names[i] = fmt.Sprintf("%d × %s", counts[name], name)
		}
	}
	return fmt.Sprintf("%d %s (%s)", total, word, strings.Join(names, ", "))
}

// listed puts the parts together that there are.
func listed(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}

// shortState is a name that fits into its box.
func shortState(name string) string {
	const fits = 14
	letters := []rune(name)
	if len(letters) <= fits {
		return name
	}
	return string(letters[:fits-1]) + "…"
}
