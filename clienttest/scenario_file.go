package clienttest

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

//go:embed scenarios/*.yaml
var shipped embed.FS

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
		scenario.shipped = true
		scenarios = append(scenarios, scenario)
	}
	return scenarios, nil
}

// ReadScenarios adds those of a file, or of all *.yaml and *.yml of a folder, to
// scenarios; one that has the name of a shipped one takes its place. Mistakes
// are *config.UsageErrors with file and line.
func ReadScenarios(contract *spec.Contract, path string, scenarios []*Scenario) ([]*Scenario, error) {
	files, err := filesOfScenarios(path)
	if err != nil {
		return nil, err
	}
	scenarios = slices.Clone(scenarios)
	for _, file := range files {
		value, err := readBounded(file)
		if err != nil {
			return nil, err
		}
		scenario, err := ParseScenario(contract, file, value)
		if err != nil {
			return nil, err
		}
		index := slices.IndexFunc(scenarios, func(other *Scenario) bool { return other.Name == scenario.Name })
		switch {
		case index < 0:
			scenarios = append(scenarios, scenario)
		case scenarios[index].shipped:
			scenarios[index] = scenario
		default:
			return nil, &text.UsageError{Place: fmt.Sprintf("%s:%d", file, scenario.line),
				Message: fmt.Sprintf("name: there is a scenario %s in %s:%d already", scenario.Name, scenarios[index].File, scenarios[index].line),
				Fix:     "give one of them another name"}
		}
	}
	return scenarios, nil
}

func filesOfScenarios(path string) ([]string, error) {
	information, err := os.Stat(path)
	if err != nil {
		return nil, fileMistake(path, err)
	}
	if !information.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fileMistake(path, err)
	}
	var files []string
	for _, entry := range entries {
		if end := filepath.Ext(entry.Name()); !entry.IsDir() && (end == ".yaml" || end == ".yml") {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, &text.UsageError{Place: path, Message: "the folder has no *.yaml", Fix: "dpconform client --print-scenario success > " + filepath.Join(path, "mine.yaml") + " is one to begin with"}
	}
	return files, nil
}

// largestFile is the largest file of a scenario in bytes.
const largestFile = 1 << 20

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fileMistake(path, err)
	}
	defer file.Close()
	value, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, fileMistake(path, err)
	}
	if len(value) > largestFile {
		return nil, &text.UsageError{Place: path, Message: "it is longer than 1 MiB, and no scenario", Fix: "give a file of YAML"}
	}
	return value, nil
}

// fileMistake says why a file cannot be read, and its name once.
func fileMistake(path string, err error) error {
	message := err.Error()
	var reason *fs.PathError
	if errors.As(err, &reason) {
		message = reason.Err.Error()
	}
	return &text.UsageError{Place: path, Message: message, Fix: "give a file of YAML, or a folder of them"}
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
