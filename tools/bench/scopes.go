package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/spec"
)

const (
	fewScopes  = 500
	manyScopes = 2000
	// scopeRounds are few, since each takes seconds.
	scopeRounds = 3
)

// scopes shows how the time of a run, with the emulator and with JSON and HTML
// reports, grows with the scopes of a description.
func scopes(program string) error {
	folder, err := os.MkdirTemp("", "dpconform-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var tasks []*task
	for _, count := range []int{fewScopes, manyScopes} {
		run, err := runOfScopes(program, folder, count)
		if err != nil {
			return err
		}
		tasks = append(tasks, &task{name: fmt.Sprintf("run of %d scopes, 2 reports", count), do: run})
	}
	if err := takeTurns(tasks, scopeRounds); err != nil {
		return err
	}
	fmt.Printf("\nscopes, medians of %d rounds\n\n", scopeRounds)
	printTimes(tasks)
	fmt.Println()
	printRatio(fmt.Sprintf("%d scopes to %d", manyScopes, fewScopes), tasks[1].median(), tasks[0].median(), mostOfScopes)
	return nil
}

// runOfScopes prepares a run over the default description with so many scopes.
func runOfScopes(program, folder string, count int) (func() error, error) {
	file := filepath.Join(folder, fmt.Sprintf("scopes%d.yaml", count))
	if err := os.WriteFile(file, withScopes(spec.Default(), count), 0o600); err != nil {
		return nil, err
	}
	description, err := spec.ReadDescription(file)
	if err != nil {
		return nil, err
	}
	method, err := spec.Load(description)
	if err != nil {
		return nil, err
	}
	if len(method.Scopes) != count {
		return nil, fmt.Errorf("%s has %d scopes, not %d", file, len(method.Scopes), count)
	}
	arguments := []string{"run", "--spec", file, "--token-template", platform.TokenTemplate,
		"--report", "json=" + file + ".json", "--report", "html=" + file + ".html"}
	for state, ids := range emulator.DefaultJobs(method) {
		arguments = append(arguments, "--job", state+"="+strings.Join(ids, ","))
	}
	return func() error {
		fresh, err := emulator.New(method, emulator.Options{})
		if err != nil {
			return err
		}
		server := httptest.NewServer(http.Handler(fresh))
		defer server.Close()
		output, err := exec.Command(program, append(arguments, "--endpoint", server.URL)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, output)
		}
		return nil
	}, nil
}

// withScopes puts so many scopes into each list of scopes of a description.
func withScopes(description spec.Description, count int) []byte {
	documented := spec.MustLoadEmbedded().Documented()
	var text strings.Builder
	listed := false
	for line := range strings.Lines(string(description.Text)) {
		scope := ""
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" []\r\n", r) }) {
			if word = strings.TrimSuffix(word, ":"); documented[word] {
				scope = word
			}
		}
		for i := range count {
			if scope != "" && !listed {
				text.WriteString(strings.Replace(line, scope, fmt.Sprintf("%s.bench%d", scope, i), 1))
			}
		}
		if scope == "" {
			text.WriteString(line)
		}
		listed = scope != ""
	}
	return []byte(text.String())
}
