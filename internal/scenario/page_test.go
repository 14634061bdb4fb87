package scenario

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"
)

const scenariosPage = "../../docs/scenarios.md"

var updatePage = flag.Bool("update", false, "write "+scenariosPage)

var scenariosTemplate = template.Must(template.New("scenarios.md.tmpl").
	Funcs(template.FuncMap{"demands": demands, "reports": reports}).ParseFiles("testdata/scenarios.md.tmpl"))

// documented is what the page says of a key.
type documented struct{ Name, Takes, About string }

// TestThePageOfScenarios: the page in docs has every shipped scenario that applies
// and every key, and its example is one. -update writes the page.
func TestThePageOfScenarios(t *testing.T) {
	applicable, _ := Applicable(method, shipped(t))
	var out strings.Builder
	err := scenariosTemplate.Execute(&out, map[string]any{
		"Scenarios": applicable, "Codes": strings.Join(codes(method), ", "),
		"ScenarioKeys": document(t, scenarioKeys(method)), "StepKeys": document(t, stepKeys(method)),
		"ErrorKeys": document(t, errorKeys(method)), "ResponseKeys": document(t, responseMembers()),
	})
	if err != nil {
		t.Fatal(err)
	}
	if *updatePage {
		if err := os.WriteFile(scenariosPage, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(scenariosPage)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(page), "\r\n", "\n") != out.String() {
		t.Error("docs/scenarios.md is not what the scenarios and their keys say: run make docs")
	}
	_, example, _ := strings.Cut(out.String(), "```yaml\n")
	example, _, _ = strings.Cut(example, "```\n")
	if scenario, err := Parse(method, "example.yaml", []byte(example)); err != nil || len(scenario.Steps) != 2 || len(scenario.Must) != 2 {
		t.Errorf("the example: %+v, %v", scenario, err)
	}
}

func document[T any](t *testing.T, keys []key[T]) []documented {
	t.Helper()
	var all []documented
	for _, one := range keys {
		if one.name == "" || one.takes == "" || one.about == "" || strings.ContainsAny(one.takes+one.about, "|\n") {
			t.Errorf("%q takes %q: %q", one.name, one.takes, one.about)
		}
		all = append(all, documented{one.name, one.takes, one.about})
	}
	return all
}

// demands says what a scenario asks of a client.
func demands(s *Scenario) string {
	var demands []string
	for _, id := range slices.Concat(s.Must, s.MustNot) {
		// What is reported has a column of its own.
		if requirement, known := method.ClientRequirement(id); known && !slices.Contains(reportedBy, id) {
			demands = append(demands, requirement.Statement)
		}
	}
	if len(demands) == 0 {
		return "Makes the call once."
	}
	return strings.Join(demands, "<br>")
}

// reportedBy are the requirements of what is reported.
var reportedBy = []string{"client.outcome.new-id", "client.outcome.success", "client.outcome.error", "client.outcome.incomplete",
	"client.outcome.code", "client.outcome.status", "client.outcome.message"}

// reports says what a client reports that does all that the scenario asks for.
func reports(s *Scenario) string {
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
		text = errorOf(last)
	case last.Redirect > 0:
		text = "an error"
	case last.Response != nil && last.Response.Status >= 300:
		text = fmt.Sprintf("the error %d", last.Response.Status)
	case last.Delay > 0:
		text = success + ", or an error if it gives up"
	default:
		text = success
	}
	if first := s.Steps[0]; s.Consume == ConsumeOrReport && len(s.Steps) > 1 && first.Error != nil && last.Error == nil {
		text += ", or " + errorOf(first) + " if it does not retry"
	}
	return text
}

func errorOf(step Step) string {
	return fmt.Sprintf("the error %d %s with its message", method.CodeStatus[step.Error.Code], step.Error.Code)
}
