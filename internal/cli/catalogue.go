package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// catalogue is what a description demands and which checks test it.
type catalogue struct {
	Description  result.Description  `json:"description"`
	Sets         []spec.Set          `json:"sets"`
	Requirements []serverRequirement `json:"requirements"`
	Checks       []catalogueCheck    `json:"checks"`
	// NotApplicable are the checks that the description has no place for.
	NotApplicable []result.NotApplicable `json:"not_applicable,omitempty"`
	Page          *spec.ReferencePage    `json:"reference_page"`
	Clients       []clientRequirement    `json:"client_requirements,omitempty"`
	// outcome shows how a client reports the outcome of a call.
	outcome string
}

// serverRequirement is a requirement with the ids of its checks.
type serverRequirement struct {
	spec.Requirement
	Aspect string   `json:"aspect"`
	Checks []string `json:"checks"`
}

// clientRequirement is a requirement of clients, with the scenarios that are
// about it.
type clientRequirement struct {
	spec.Requirement
	Aspect string `json:"aspect"`
	// Scenarios is empty where it is tested in all of them, in every request.
	Scenarios []string `json:"scenarios"`
	// NotApplicable says why it cannot be tested of the method; empty where it can.
	NotApplicable string `json:"not_applicable,omitempty"`
}

// catalogueCheck is a check as it is before it runs.
type catalogueCheck struct {
	ID           string   `json:"id"`
	Aspect       string   `json:"aspect"`
	Title        string   `json:"title"`
	Sends        string   `json:"sends"`
	Requirements []string `json:"requirements"`
}

// newCatalogue lists what a description demands of servers and of clients.
// Scenarios that the description does not fit are about nothing of it.
func newCatalogue(method *spec.Method) catalogue {
	made := catalogue{Description: result.NewDescription(method), Sets: method.Sets, Page: &method.Page, NotApplicable: notApplicable(method), outcome: clientrun.OutcomeForms(method)}
	checks := suites.Checks(method)
	for _, aspect := range result.Aspects() {
		for _, check := range checks {
			if check.Aspect == aspect {
				made.Checks = append(made.Checks, catalogueCheck{check.ID, check.Aspect, check.Title, check.Sends, check.Requirements})
			}
		}
	}
	for _, requirement := range method.Requirements {
		entry := serverRequirement{requirement, requirement.Aspect(), []string{}}
		for _, check := range made.Checks {
			if slices.Contains(check.Requirements, requirement.ID) {
				entry.Checks = append(entry.Checks, check.ID)
			}
		}
		made.Requirements = append(made.Requirements, entry)
	}
	scenarios, err := scenario.Shipped(method)
	if err != nil {
		scenarios = nil
	}
	for _, requirement := range method.ClientRequirements {
		entry := clientRequirement{requirement, requirement.Aspect(), []string{}, method.Unmet(requirement.ID)}
		for _, one := range scenarios {
			if entry.NotApplicable == "" && one.Inapplicable == "" && one.Demands(requirement.ID) {
				entry.Scenarios = append(entry.Scenarios, one.Name)
			}
		}
		made.Clients = append(made.Clients, entry)
	}
	return made
}

// catalogueConsole prints a catalogue for a person.
type catalogueConsole struct {
	text.Printer
	catalogue
}

// list prints every requirement of servers with its checks; with all, every check
// of many.
func (c catalogueConsole) list(all bool) {
	c.Paragraph("", fmt.Sprintf("%s, revision %s: %d requirements, %d checks", c.Description.File, c.Description.RevisionText(),
		len(c.Requirements), len(c.Checks)))
	c.Paragraph("", c.Description.Digest)
	aspect := ""
	for _, entry := range c.Requirements {
		c.heading(&aspect, entry.Aspect, entry.Aspect)
		c.listOne(entry, all)
	}
	for i, group := range c.NotApplicable {
		if i == 0 {
			c.Printf("\n%s\n", report.Bold("checks that do not apply"))
		}
		ids := result.ChecksText(group.Checks)
		if all {
			ids = strings.Join(group.Checks, ", ")
		}
		c.Paragraph("  ", group.Reason+": "+ids)
	}
}

func (c catalogueConsole) listOne(entry serverRequirement, all bool) {
	c.summary(entry.Requirement)
	ids := result.ChecksText(entry.Checks)
	if all {
		ids = strings.Join(entry.Checks, ", ")
	}
	if ids == "" {
		c.Paragraph("      not tested: ", c.whyUntested(entry.Requirement))
		return
	}
	c.Paragraph("      tested by ", ids)
}

// whyUntested says why no check tests a requirement.
func (c catalogueConsole) whyUntested(requirement spec.Requirement) string {
	for _, group := range c.NotApplicable {
		if slices.Contains(group.Requirements, requirement.ID) {
			return group.Reason
		}
	}
	if requirement.Draft {
		return "it is a draft"
	}
	return "no check of this version tests it"
}

// listClients prints every requirement of clients with the scenarios that test it.
func (c catalogueConsole) listClients() {
	other := 0
	for _, entry := range c.Clients {
		if entry.NotApplicable != "" {
			other++
		}
	}
	words := fmt.Sprintf("%d requirements for clients, tested by dpconform client", len(c.Clients)-other)
	if other > 0 {
		words += fmt.Sprintf("; not applicable: %d", other)
	}
	c.Paragraph("", words)
	aspect := ""
	for _, entry := range c.Clients {
		c.heading(&aspect, entry.Aspect, "client "+entry.Aspect)
		c.summary(entry.Requirement)
		c.Paragraph("      ", entry.tested())
	}
}

// heading prints a text where another aspect begins.
func (c catalogueConsole) heading(last *string, aspect, text string) {
	if aspect != *last {
		*last = aspect
		c.Printf("\n%s\n", report.Bold(text))
	}
}

func (c catalogueConsole) summary(requirement spec.Requirement) {
	c.Printf("  %s %s\n", requirement.ID, report.Faint(string(requirement.Level)))
	c.Paragraph("      ", requirement.Statement)
}

// tested names the scenarios of a requirement.
func (r clientRequirement) tested() string {
	switch {
	case r.NotApplicable != "":
		return "not applicable: " + r.NotApplicable
	case r.Draft:
		return "not tested: it is a draft"
	case len(r.Scenarios) == 0:
		return "tested in every scenario"
	}
	return "scenarios about it: " + strings.Join(r.Scenarios, ", ")
}

// explain prints all that is known of a requirement, a check, a test condition or
// an aspect. It reports whether there is one with this id.
func (c catalogueConsole) explain(id string) bool {
	for _, condition := range result.Conditions() {
		if condition.ID == id {
			c.Printf("%s\n", report.Bold(id))
			c.Field("level", "none: a test condition of dpconform client, without which a scenario tests little")
			c.Field("statement", condition.Statement)
			c.Field("fix", condition.Fix)
			return true
		}
	}
	aspect := ""
	for _, entry := range c.Requirements {
		if entry.Aspect == id {
			c.heading(&aspect, id, id)
			c.listOne(entry, false)
		}
	}
	if aspect != "" {
		return true
	}
	for _, entry := range c.Requirements {
		if entry.ID == id {
			c.explainRequirement(entry.Requirement, "")
			if len(entry.Checks) == 0 {
				c.Printf("\n")
				c.Paragraph("  not tested: ", c.whyUntested(entry.Requirement))
			}
			c.explainChecks(id)
			return true
		}
	}
	for _, entry := range c.Clients {
		if entry.ID == id {
			c.explainRequirement(entry.Requirement, "clients")
			c.Printf("\n")
			c.Paragraph("  ", entry.tested())
			if entry.Aspect == "outcome" {
				c.Paragraph("  ", "the client reports its outcome in a line of JSON: "+c.outcome)
			}
			if len(entry.Scenarios) > 0 {
				c.Paragraph("  ", "list:  dpconform client --list")
				c.Paragraph("  ", "run:   dpconform client --scenario "+entry.Scenarios[0]+" -- COMMAND")
			}
			return true
		}
	}
	for _, check := range c.Checks {
		if check.ID == id {
			c.explainCheck(check)
			return true
		}
	}
	for _, group := range c.NotApplicable {
		if slices.Contains(group.Checks, id) {
			c.notApplicable(id, group.Reason)
			return true
		}
	}
	return false
}

func (c catalogueConsole) notApplicable(id, reason string) {
	c.Printf("%s\n", report.Bold(id))
	c.Paragraph("  ", fmt.Sprintf("does not apply to %s: %s", c.Description.Method, reason))
}

func (c catalogueConsole) explainRequirement(requirement spec.Requirement, of string) {
	c.Printf("%s\n", report.Bold(requirement.ID))
	quote := requirement.Quote
	if quote != "" {
		quote = `"` + quote + `"`
	}
	for _, field := range [][2]string{{"applies to", of}, {"level", string(requirement.Level) + ": " + levelMeanings[requirement.Level]},
		{"statement", requirement.Statement}, {"quote", quote}, {"source", requirement.Source}, {"note", requirement.Note}, {"fix", requirement.Fix},
		{"set", c.setTitle(requirement.Set)}, {"defined in", fmt.Sprintf("%s:%d", requirement.File, requirement.Line)}, {"expected", requirement.Expect.String()}} {
		if field[1] != "" {
			c.Field(field[0], field[1])
		}
	}
}

// setTitle names a set of requirements with its title; empty for none.
func (c catalogueConsole) setTitle(name string) string {
	for _, set := range c.Sets {
		if set.Name == name {
			return name + ": " + set.Title
		}
	}
	return name
}

// explainChecks prints the checks of a requirement, the first few of many.
func (c catalogueConsole) explainChecks(requirement string) {
	const few = 6
	shown := 0
	for _, check := range c.Checks {
		if !slices.Contains(check.Requirements, requirement) {
			continue
		}
		if shown++; shown > few {
			continue
		}
		c.Printf("\n  tested by %s\n", check.ID)
		c.Paragraph("    sends   ", check.Sends)
		c.Paragraph("    tests   ", check.Title)
	}
	if shown > few {
		c.Printf("\n  and by %d more checks like these: dpconform list --all\n", shown-few)
	}
}

var levelMeanings = map[spec.Level]string{
	spec.Documented: "required by the reference page or the discovery document",
	spec.Platform:   "required by a public standard, such as an RFC or Google's API design guide",
	spec.Inferred:   "not required by its source, but what users expect",
}

func (c catalogueConsole) explainCheck(check catalogueCheck) {
	c.Printf("%s\n", report.Bold(check.ID))
	c.Field("tests", check.Title)
	c.Field("sends", check.Sends)
	for _, entry := range c.Requirements {
		if !slices.Contains(check.Requirements, entry.ID) {
			continue
		}
		c.Printf("\n  %s %s\n", entry.ID, report.Faint(string(entry.Level)))
		c.Paragraph("    ", entry.Statement)
		if expected := entry.Expect.String(); expected != "" {
			c.Paragraph("    expected  ", expected)
		}
		c.Paragraph("    ", `"`+entry.Quote+`"`)
		c.Printf("    %s\n", report.Faint(entry.Source))
	}
}
