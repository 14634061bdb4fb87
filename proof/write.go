package proof

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/suites"
)

// WriteJSON writes the proof for other programs.
func WriteJSON(out io.Writer, found Proof) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(found)
}

//go:embed proof.html.tmpl
var pageText string

var page = template.Must(template.New("proof").Funcs(template.FuncMap{
	"seconds": func(milliseconds int64) string { return fmt.Sprintf("%.1f", float64(milliseconds)/1000) },
	"class":   func(outcome Outcome) string { return strings.ReplaceAll(string(outcome), " ", "-") },
	"rest":    func(ids []string) []string { return ids[min(1, len(ids)):] },
}).Parse(pageText))

// WriteHTML writes the proof as one page that needs nothing else.
func WriteHTML(out io.Writer, found Proof) error {
	return page.Execute(out, struct {
		Proof
		Holds   bool
		Aspects []aspectRows
		Caught  int
	}{found, found.Holds(), found.byAspect(), found.count(Caught)})
}

// aspectRows is the part of the kill matrix that is about one aspect.
type aspectRows struct {
	Aspect string
	Caught int
	Rows   []FaultResult
}

// byAspect sorts the rows by the aspect of the requirement that is broken.
func (p Proof) byAspect() []aspectRows {
	var all []aspectRows
	for _, aspect := range suites.Aspects() {
		rows := aspectRows{Aspect: aspect}
		for _, fault := range p.Faults {
			if aspectOf(fault.Breaks) != aspect {
				continue
			}
			rows.Rows = append(rows.Rows, fault)
			if fault.Outcome == Caught {
				rows.Caught++
			}
		}
		if len(rows.Rows) > 0 {
			all = append(all, rows)
		}
	}
	return all
}

func aspectOf(requirement string) string {
	parts := strings.SplitN(requirement, ".", 3)
	if len(parts) < 3 {
		return requirement
	}
	return parts[1]
}

// WriteText prints the kill matrix for a person: a line for each fault, then
// what is not as it should be, then one line that says whether the proof holds.
func WriteText(out io.Writer, found Proof) {
	for _, rows := range found.byAspect() {
		fmt.Fprintf(out, "%s: %d of %d faults caught\n", rows.Aspect, rows.Caught, len(rows.Rows))
		for _, fault := range rows.Rows {
			fmt.Fprintf(out, "  %-8s %-34s %s%s\n", mark(fault.Outcome), fault.Name, fault.Breaks, others(fault))
		}
		fmt.Fprintln(out)
	}
	writeWrong(out, found)
	if found.Clients != nil {
		writeClients(out, *found.Clients)
	}
	fmt.Fprintf(out, "%d faults: %d caught, %d survived, %d for the wrong reason, %d without a result\n", len(found.Faults),
		found.count(Caught), found.count(Survived), found.count(WrongReason), found.count(Broken))
	if len(found.Pairs) > 0 {
		writePairs(out, found.Pairs)
	}
	fmt.Fprintf(out, "%d false alarms, %d idle checks of %d; %.1f s\n", len(found.FalseAlarms), len(found.IdleChecks), found.Checks,
		(time.Duration(found.Milliseconds) * time.Millisecond).Seconds())
	if found.Holds() {
		fmt.Fprintln(out, "the proof holds")
	} else {
		fmt.Fprintln(out, "the proof does not hold")
	}
}

func mark(outcome Outcome) string {
	return map[Outcome]string{Caught: "caught", Survived: "SURVIVED", WrongReason: "WRONG", Broken: "BROKEN"}[outcome]
}

// others counts the requirements that failed beside the broken one.
func others(fault FaultResult) string {
	count := len(fault.CaughtBy)
	if slices.Contains(fault.CaughtBy, fault.Breaks) {
		count--
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(" +%d", count)
}

func writeWrong(out io.Writer, found Proof) {
	for _, fault := range found.Faults {
		switch fault.Outcome {
		case Survived:
			fmt.Fprintf(out, "SURVIVED %s\n  %s\n  nothing failed; it breaks %s\n\n", fault.Name, fault.Text, fault.Breaks)
		case WrongReason:
			fmt.Fprintf(out, "WRONG REASON %s\n  %s\n  it breaks %s, and failed: %s\n\n", fault.Name, fault.Text, fault.Breaks, strings.Join(fault.CaughtBy, ", "))
		case Broken:
			fmt.Fprintf(out, "NO RESULT %s\n  %s\n\n", fault.Name, fault.Reason)
		}
	}
	for _, alarm := range found.FalseAlarms {
		fmt.Fprintf(out, "FALSE ALARM %s: %s on the conforming emulator\n  %s\n\n", alarm.Check, alarm.Verdict, alarm.Reason)
	}
	for _, check := range found.IdleChecks {
		fmt.Fprintf(out, "IDLE %s catches no fault\n\n", check)
	}
}

func writePairs(out io.Writer, pairs []PairResult) {
	both, masked, lost := 0, 0, 0
	for _, pair := range pairs {
		switch {
		case len(pair.Lost) > 0 || pair.Reason != "":
			lost++
			fmt.Fprintf(out, "LOST %s with %s: %s\n", pair.Faults[0], pair.Faults[1], strings.Join(append(pair.Lost, pair.Reason), " "))
		case len(pair.Masked) > 0:
			masked++
		default:
			both++
		}
	}
	fmt.Fprintf(out, "%d pairs: both named in %d, one hides the other in %d, one lost in %d\n", len(pairs), both, masked, lost)
}
