package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// writeTable writes what each shipped scenario asks of a client.
func writeTable(page *strings.Builder, method *spec.Method) {
	all, err := Shipped(method)
	if err != nil {
		// A description that the scenarios do not fit has no table.
		return
	}
	applicable, _ := Applicable(method, all)
	page.WriteString("\n## Shipped scenarios\n\n| scenario | the server | your library | it reports |\n| --- | --- | --- | --- |\n")
	for _, one := range applicable {
		var demands []string
		for _, id := range slices.Concat(one.Must, one.MustNot) {
			// What is reported has a column of its own.
			if requirement, known := method.ClientRequirement(id); known && !slices.Contains(reportedBy, id) {
				demands = append(demands, requirement.Statement)
			}
		}
		if len(demands) == 0 {
			demands = []string{"Makes the call once."}
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", one.Name, one.Title, strings.Join(demands, "<br>"), one.reports(method))
	}
}

// reportedBy are the requirements of what is reported.
var reportedBy = []string{"client.outcome.new-id", "client.outcome.success", "client.outcome.error", "client.outcome.incomplete",
	"client.outcome.code", "client.outcome.status", "client.outcome.message"}

// reports says what a client reports that does all that the scenario asks for.
func (s *Scenario) reports(method *spec.Method) string {
	success := "the id of the new job"
	if method.IDField == "" {
		success = "a success"
	}
	last := s.Steps[len(s.Steps)-1]
	var text string
	switch {
	case s.Certificate != "":
		text = "an error, and sends nothing"
	case last.RedirectHere > 0:
		text = success + ", or an error"
	case last.WithoutID:
		text = "an error, or a success without an id"
	case last.Truncate || last.Reset || last.HangUp:
		text = "an error, since the call may have taken effect"
	case last.Error != nil:
		text = errorOf(method, last)
	case last.Redirect > 0:
		text = "an error"
	case last.Answer != nil && last.Answer.Status >= 300:
		text = fmt.Sprintf("the error %d", last.Answer.Status)
	default:
		text = success
	}
	if first := s.Steps[0]; s.Consume == ConsumeOrReport && len(s.Steps) > 1 && first.Error != nil && last.Error == nil {
		text += ", or " + errorOf(method, first) + " if it does not retry"
	}
	return text
}

func errorOf(method *spec.Method, step Step) string {
	return fmt.Sprintf("the error %d %s with its message", method.CodeStatus[step.Error.Code], step.Error.Code)
}
