package clienttest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// ParseScenario reads one scenario. Every mistake is a
// *text.UsageError with its line.
func ParseScenario(contract *spec.Contract, file string, value []byte) (*Scenario, error) {
	if !utf8.Valid(value) || strings.ContainsRune(string(value), 0) {
		return nil, &text.UsageError{Place: file, Message: "it is no text in UTF-8", Fix: "a scenario is a file of YAML"}
	}
	root, err := config.ParseYAML(file, value)
	if err != nil {
		return nil, secondDocument(err)
	}
	if root == nil {
		return nil, &text.UsageError{Place: file + ":1", Message: "the file is empty",
			Fix: "dpconform client --print-scenario success shows one to begin with"}
	}
	p := place{file: file}
	scenario := &Scenario{Consume: ConsumeAll, File: file, text: string(value)}
	read, err := readMembers(p, root, scenarioKeys(contract), scenario)
	if err != nil {
		return nil, err
	}
	if err := checkScenario(p, read, scenario); err != nil {
		return nil, err
	}
	return scenario, nil
}

// secondDocument says how to mend a file of two scenarios.
func secondDocument(err error) error {
	var usage *text.UsageError
	if errors.As(err, &usage) && usage.Fix == "" && strings.Contains(usage.Message, "second YAML document") {
		usage.Fix = "put each scenario into a file of its own"
	}
	return err
}

// checkScenario says what is wrong with a scenario whose members are right each
// by itself.
func checkScenario(p place, read members, scenario *Scenario) error {
	for _, needed := range []string{"name", "title", "steps"} {
		if !read.has(needed) {
			return p.mistake(read.node, "add it", "the scenario has no %s", needed)
		}
	}
	if scenario.AtMost > 0 && scenario.AtMost < len(scenario.Steps) {
		return p.below("at-most").mistake(read.at("at-most"), "give at least as many", "%s cannot use up %s",
			countOf(scenario.AtMost, "request"), countOf(len(scenario.Steps), "step"))
	}
	for i, id := range scenario.MustNot {
		if slices.Contains(scenario.Must, id) {
			return p.below("must-not").mistake(aliased(read.at("must-not").Content[i]), "leave it in one of the two",
				"%s stands in must as well", id)
		}
	}
	return nil
}

func stepsOf(p place, node *yaml.Node, contract *spec.Contract) ([]Step, error) {
	if node.Kind != yaml.SequenceNode {
		return nil, p.mistake(node, "begin each step with a hyphen", "it takes a list of steps, and not %s", kindOf(node))
	}
	if len(node.Content) == 0 {
		return nil, p.mistake(node, "add one, such as - reference: true", "the scenario has no steps")
	}
	if len(node.Content) > mostRequests {
		return nil, p.mistake(node, "", "a scenario has at most %d steps", mostRequests)
	}
	var steps []Step
	for i, item := range node.Content {
		var step Step
		at := place{p.file, fmt.Sprintf("step %d", i+1)}
		read, err := readMembers(at, item, stepKeys(contract), &step)
		if err != nil {
			return nil, err
		}
		if err := checkStep(at, read, step, contract); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// checkStep says what is wrong with a step whose members are right each by
// itself.
func checkStep(p place, read members, step Step, contract *spec.Contract) error {
	var answers, given []string
	for _, one := range stepKeys(contract)[:kinds] {
		answers = append(answers, one.name)
		if read.has(one.name) {
			given = append(given, one.name)
		}
	}
	for _, name := range []string{"reference", "reset", "hang-up"} {
		if read.has(name) && !map[string]bool{"reference": step.Reference, "reset": step.Reset, "hang-up": step.HangUp}[name] {
			return p.below(name).mistake(read.at(name), "leave it out", "false says nothing")
		}
	}
	switch {
	case len(given) == 0:
		return p.mistake(read.node, "add one of "+strings.Join(answers, ", "), "it does not say what is answered")
	case len(given) > 1:
		later := read.at(given[1])
		if first := read.at(given[0]); first.Line > later.Line {
			later = first
		}
		return p.mistake(later, "leave one out", "it has %s and %s, and can answer only one of them", given[0], given[1])
	}
	return checkChanges(p, read, step, given[0])
}

// checkChanges refuses changes to an answer that there is not, or that they
// could not be made to.
func checkChanges(p place, read members, step Step, answers string) error {
	for _, change := range []string{"header", "truncate", "add", "without-id"} {
		if read.has(change) && (step.Reset || step.HangUp) {
			return p.below(change).mistake(read.at(change), "leave it out", "with %s there is no answer that anything could be done to", answers)
		}
	}
	for _, change := range []string{"add", "without-id"} {
		if read.has(change) && answers != "reference" && answers != "answer" {
			return p.below(change).mistake(read.at(change), "leave it out", "it changes a success, and %s is none", answers)
		}
	}
	if step.Truncate && (step.Redirect != 0 || step.Answer != nil && len(step.Answer.Body) < 2) {
		return p.below("truncate").mistake(read.at("truncate"), "leave it out", "there is no body to cut")
	}
	return nil
}

func readError(p place, node *yaml.Node, contract *spec.Contract, into *StepError) error {
	read, err := readMembers(p, node, errorKeys(contract), into)
	if err != nil {
		return err
	}
	for _, needed := range []string{"code", "message"} {
		if !read.has(needed) {
			return p.mistake(read.node, "add it", "it has no %s", needed)
		}
	}
	if into.Message == "" {
		return p.below("message").mistake(read.at("message"), "write what the client has to show", "it is empty")
	}
	return nil
}

func readAnswer(p place, node *yaml.Node, into *StepAnswer) error {
	read, err := readMembers(p, node, answerKeys(), into)
	switch {
	case err != nil:
		return err
	case !read.has("status"):
		return p.mistake(read.node, "add it", "it has no status")
	case into.Body != "" && (into.Status == http.StatusNoContent || into.Status == http.StatusNotModified):
		return p.below("body").mistake(read.at("body"), "leave it out", "an answer %d has none", into.Status)
	}
	return nil
}

func codesOf(contract *spec.Contract) []string {
	codes := slices.Sorted(maps.Keys(contract.CodeStatus))
	return slices.DeleteFunc(codes, func(code string) bool { return contract.CodeStatus[code] < 400 })
}
