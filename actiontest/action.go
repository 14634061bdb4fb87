// Package actiontest runs the composite action of this repository as the runner
// of GitHub Actions does, for the tests of its shell steps. Steps with "uses"
// are not run: they are other people's.
package actiontest

import (
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// Action is an action.yml of a composite action.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax
type Action struct {
	Name        string            `yaml:"name"`
	Description string            `yaml:"description"`
	Inputs      map[string]Input  `yaml:"inputs"`
	Outputs     map[string]Output `yaml:"outputs"`
	Runs        struct {
		Using string `yaml:"using"`
		Steps []Step `yaml:"steps"`
	} `yaml:"runs"`
}

// Input is what a caller may give.
type Input struct {
	Description string  `yaml:"description"`
	Default     *string `yaml:"default"`
	Required    bool    `yaml:"required"`
}

// Output is what a caller gets.
type Output struct {
	Description string `yaml:"description"`
	Value       string `yaml:"value"`
}

// Step is a step of an action or of a job.
type Step struct {
	Name  string            `yaml:"name"`
	ID    string            `yaml:"id"`
	If    string            `yaml:"if"`
	Uses  string            `yaml:"uses"`
	With  map[string]string `yaml:"with"`
	Shell string            `yaml:"shell"`
	Env   map[string]string `yaml:"env"`
	Run   string            `yaml:"run"`
}

// Workflow is a workflow file, as far as its steps go.
type Workflow struct {
	Name        string            `yaml:"name"`
	On          yaml.Node         `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]Job    `yaml:"jobs"`
}

// Job is a job of a workflow.
type Job struct {
	RunsOn string            `yaml:"runs-on"`
	Env    map[string]string `yaml:"env"`
	Steps  []Step            `yaml:"steps"`
}

// ReadAction reads an action.yml. The error names the file.
func ReadAction(path string) (Action, error) { return read[Action](path) }

// ReadWorkflow reads a workflow. The error names the file.
func ReadWorkflow(path string) (Workflow, error) { return read[Workflow](path) }

func read[T any](path string) (T, error) {
	var document T
	text, err := os.ReadFile(path)
	if err != nil {
		return document, err
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		return document, fmt.Errorf("%s: %w", path, err)
	}
	return document, nil
}

// Pinned reports whether what a step uses is pinned to one commit, which nobody
// can move, or to a whole version.
func (s Step) Pinned() bool {
	_, reference, found := strings.Cut(s.Uses, "@")
	return found && (commit.MatchString(reference) || wholeVersion.MatchString(reference))
}
