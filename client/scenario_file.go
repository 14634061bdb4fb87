package client

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/spec"
)

//go:embed scenarios/*.yaml
var shipped embed.FS

// ScenarioError is a mistake in a file of scenarios.
type ScenarioError struct {
	File string
	// Line is 1-based; 0 where it is not known.
	Line    int
	Message string
}

// Error is one line.
func (e *ScenarioError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// Scenarios gives the shipped scenarios in the order of their file names, which
// begin with a number. It returns an error where the description lacks what
// they name.
func Scenarios(contract *spec.Contract) ([]*Scenario, error) {
	names, err := fs.Glob(shipped, "scenarios/*.yaml")
	if err != nil {
		return nil, err
	}
	var scenarios []*Scenario
	for _, name := range names {
		text, err := shipped.ReadFile(name)
		if err != nil {
			return nil, err
		}
		scenario, err := ParseScenario(contract, name, text)
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, scenario)
	}
	return scenarios, nil
}

// ReadScenarios adds those of a file, or of all *.yaml of a folder, to
// scenarios; one of the same name replaces the one that is there. Mistakes are
// *ScenarioErrors.
func ReadScenarios(contract *spec.Contract, path string, scenarios []*Scenario) ([]*Scenario, error) {
	files := []string{path}
	information, err := os.Stat(path)
	if err != nil {
		return nil, &ScenarioError{path, 0, "there is no such file or folder"}
	}
	if information.IsDir() {
		if files, _ = filepath.Glob(filepath.Join(path, "*.yaml")); len(files) == 0 {
			return nil, &ScenarioError{path, 0, "the folder has no *.yaml"}
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, &ScenarioError{file, 0, "it cannot be read"}
		}
		scenario, err := ParseScenario(contract, file, text)
		if err != nil {
			return nil, err
		}
		scenarios = replaceScenario(scenarios, scenario)
	}
	return scenarios, nil
}

func replaceScenario(scenarios []*Scenario, scenario *Scenario) []*Scenario {
	for i, other := range scenarios {
		if other.Name == scenario.Name {
			scenarios[i] = scenario
			return scenarios
		}
	}
	return append(scenarios, scenario)
}

// ParseScenario reads one scenario. Every mistake is a *ScenarioError.
func ParseScenario(contract *spec.Contract, file string, text []byte) (*Scenario, error) {
	scenario := &Scenario{Consume: ConsumeAll, File: file}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(scenario); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &ScenarioError{file, 1, "the file is empty"}
		}
		return nil, scenarioError(file, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &ScenarioError{file, 1, "a file has one scenario"}
	}
	if err := scenario.check(contract); err != nil {
		return nil, &ScenarioError{file, 0, err.Error()}
	}
	return scenario, nil
}

var (
	yamlLine    = regexp.MustCompile(`line (\d+): `)
	unknownName = regexp.MustCompile(`field (.*) not found in type client\.\w+`)
)

// scenarioError takes the first mistake out of what the YAML reader says.
func scenarioError(file string, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	message = strings.TrimSpace(strings.TrimPrefix(message, "unmarshal errors:"))
	message, _, _ = strings.Cut(message, "\n")
	line := 0
	if found := yamlLine.FindStringSubmatchIndex(message); found != nil {
		line, _ = strconv.Atoi(message[found[2]:found[3]])
		message = message[:found[0]] + message[found[1]:]
	}
	message = unknownName.ReplaceAllString(message, `there is no member "$1"`)
	return &ScenarioError{file, line, message}
}

// FindScenario finds a scenario by its name.
func FindScenario(scenarios []*Scenario, name string) (*Scenario, bool) {
	for _, scenario := range scenarios {
		if scenario.Name == name {
			return scenario, true
		}
	}
	return nil, false
}
