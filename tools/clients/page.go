package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// tested is what came of one program, as it is kept: without what differs from
// machine to machine.
type tested struct {
	Version string
	// Passed is the number of the requirements that passed, Of that of all.
	Passed int
	Of     int
	// NotTested are the requirements that no scenario tested.
	NotTested []string `json:",omitempty"`
	Scenarios map[string]outcome
	Sends     []sent
}

// outcome is what came of a scenario.
type outcome struct {
	Title    string
	Verdict  result.Verdict
	Findings []string `json:",omitempty"`
}

// sent is the request of a success, for one argument of the program.
type sent struct {
	Given, Request, ContentType, Length, Body string
	Findings                                  []string `json:",omitempty"`
}

const resultsFile = root + "/results.json"

func readResults() (map[string]tested, error) {
	kept := map[string]tested{}
	text, err := os.ReadFile(resultsFile)
	if os.IsNotExist(err) {
		return kept, nil
	}
	if err != nil {
		return nil, err
	}
	return kept, json.Unmarshal(text, &kept)
}

func write(found map[string]tested, page string) error {
	var kept bytes.Buffer
	if err := text.WriteJSON(&kept, found); err != nil {
		return err
	}
	if err := os.WriteFile(resultsFile, kept.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(pageOf(found)), 0o644)
}

// take keeps the verdict of each scenario. A program that crashed, hung or
// reported nothing says nothing about its library, and is an error.
func (t *tested) take(report result.Report) error {
	for _, check := range report.Checks {
		one := outcome{Title: check.Title, Verdict: check.Verdict}
		for _, finding := range check.Findings {
			if strings.HasPrefix(finding.Requirement, "scenario.") {
				return fmt.Errorf("in the scenario %s: %s: %s", check.ID, finding.Requirement, finding.Got)
			}
			one.Findings = append(one.Findings, finding.Requirement+": want "+finding.Want+", got "+finding.Got)
		}
		if check.Verdict == result.Skip {
			one.Findings = []string{"not tested: " + check.SkipText()}
		}
		t.Scenarios[check.ID] = one
	}
	t.Of = len(report.Requirements)
	t.Passed = report.Counts.Requirements[result.Pass]
	for _, requirement := range report.Requirements {
		if requirement.Verdict == result.Skip {
			t.NotTested = append(t.NotTested, requirement.ID)
		}
	}
	return nil
}

func (t *tested) takeRequest(report result.Report, argument string) error {
	at := slices.IndexFunc(report.Checks, func(check result.Check) bool { return check.ID == "success" && len(check.Exchanges) > 0 })
	if at < 0 {
		return fmt.Errorf("given %s, the program sent nothing", argument)
	}
	check := report.Checks[at]
	request := report.Exchanges[check.Exchanges[0]-1].Request
	header := func(name string) string {
		if values := request.Header[name]; len(values) > 0 {
			return values[0]
		}
		return "none"
	}
	row := sent{Given: argument, Request: request.Method + " " + request.URL, ContentType: header("Content-Type"), Length: header("Content-Length"), Body: "none"}
	if coding := header("Content-Encoding"); coding != "none" {
		row.Body = "in " + coding
	} else if request.Body != "" {
		row.Body = "`" + strings.Trim(strconv.Quote(request.Body), `"`) + "`"
	}
	for _, finding := range check.Findings {
		row.Findings = append(row.Findings, string(finding.Verdict)+" "+finding.Requirement)
	}
	t.Sends = append(t.Sends, row)
	return nil
}

func (t tested) summary() string {
	counts := map[result.Verdict]int{}
	for _, one := range t.Scenarios {
		counts[one.Verdict]++
	}
	return fmt.Sprintf("%d pass, %d fail, %d warn, %d skip", counts[result.Pass], counts[result.Fail], counts[result.Warn], counts[result.Skip])
}

// The prose of the page: what a table cannot say.
var (
	//go:embed introduction.md
	introduction string
	//go:embed differences.md
	differences string
)

// pageOf writes the page from the kept results.
func pageOf(found map[string]tested) string {
	var page strings.Builder
	page.WriteString(introduction)
	page.WriteString("\n| client | library | version |\n| --- | --- | --- |\n")
	present := slices.DeleteFunc(slices.Clone(programs), func(one program) bool { _, there := found[one.name]; return !there })
	for _, one := range present {
		fmt.Fprintf(&page, "| [%s](../%s) | `%s` | %s |\n", one.name, filepath.ToSlash(filepath.Join(root, one.folder)), one.library, found[one.name].Version)
	}
	notes := scenarioTable(&page, present, found)
	page.WriteString("\n### Notes\n\n")
	for i, note := range notes {
		fmt.Fprintf(&page, "%d. %s\n", i+1, note)
	}
	page.WriteString("\n## What they send\n\nThe request of a successful call. *Given* is what the program passes to the library as the request message: an empty message, nothing, or, for curl, `-X POST` alone (*bare*).\nIn the scenarios above, each program passes what its first row says.\n\n" +
		"| client | given | sends | Content-Type | Content-Length | body | findings |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, one := range present {
		for _, row := range found[one.name].Sends {
			fmt.Fprintf(&page, "| %s | %s | `%s` | %s | %s | %s | %s |\n", one.name, row.Given, row.Request, cell(row.ContentType), cell(row.Length), row.Body, cell(strings.Join(row.Findings, ", ")))
		}
	}
	page.WriteString("\n" + differences)
	return page.String()
}

// scenarioTable writes a row for each scenario, and returns the notes that its
// numbers lead to.
func scenarioTable(page *strings.Builder, present []program, found map[string]tested) (notes []string) {
	page.WriteString("\n## Scenarios\n\n| scenario |")
	var scenarios []string
	for _, one := range present {
		page.WriteString(" " + one.name + " |")
		for id := range found[one.name].Scenarios {
			if !slices.Contains(scenarios, id) {
				scenarios = append(scenarios, id)
			}
		}
	}
	page.WriteString("\n| --- |" + strings.Repeat(" --- |", len(present)) + "\n")
	slices.Sort(scenarios)
	for _, id := range scenarios {
		title, row := "", ""
		for _, one := range present {
			came, there := found[one.name].Scenarios[id]
			if !there {
				row += " not run |"
				continue
			}
			title = came.Title
			row += " " + string(came.Verdict)
			for _, finding := range came.Findings {
				note := cell(finding)
				if !slices.Contains(notes, note) {
					notes = append(notes, note)
				}
				row += fmt.Sprintf(" [%d](#notes)", slices.Index(notes, note)+1)
			}
			row += " |"
		}
		fmt.Fprintf(page, "| `%s`: %s |%s\n", id, cell(title), row)
	}
	page.WriteString("\n## Requirements\n\n| client | pass | fail or warn | not tested |\n| --- | --- | --- | --- |\n")
	for _, one := range present {
		ids := func(list []string) string {
			return strings.TrimSuffix(fmt.Sprintf("%d: `%s`", len(list), strings.Join(list, "`, `")), ": ``")
		}
		came := found[one.name]
		fmt.Fprintf(page, "| %s | %d of %d | %s | %s |\n", one.name, came.Passed, came.Of, ids(came.broken()), ids(came.NotTested))
	}
	return notes
}

// broken are the requirements that failed or warned in a scenario.
func (t tested) broken() (ids []string) {
	for _, one := range t.Scenarios {
		for _, finding := range one.Findings {
			if id, _, found := strings.Cut(finding, ": want "); found {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// cell escapes what Markdown would take for markup.
func cell(text string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", "*", "\\*", "_", "\\_", "\n", " ").Replace(text)
}
