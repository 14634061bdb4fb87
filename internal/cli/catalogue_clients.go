package cli

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// ClientEntry is a requirement of clients, with the scenarios that are about it.
type ClientEntry struct {
	spec.Requirement
	Aspect string `json:"aspect"`
	// Scenarios is empty where it is tested in all of them, in every request.
	Scenarios []string `json:"scenarios"`
}

// clientEntries lists what a description demands of clients. Scenarios that the
// description does not fit are about nothing of it.
func clientEntries(contract *spec.Contract) []ClientEntry {
	scenarios, err := scenario.Shipped(contract)
	if err != nil {
		scenarios = nil
	}
	entries := []ClientEntry{}
	for _, requirement := range contract.ClientRequirements {
		entry := ClientEntry{Requirement: requirement, Aspect: requirement.Aspect(), Scenarios: []string{}}
		for _, one := range scenarios {
			if one.Demands(requirement.ID) {
				entry.Scenarios = append(entry.Scenarios, one.Name)
			}
		}
		entries = append(entries, entry)
	}
	return entries
}

// scenariosText names the scenarios of a requirement.
func scenariosText(entry ClientEntry) string {
	if len(entry.Scenarios) == 0 {
		return "every scenario, in each request"
	}
	return strings.Join(entry.Scenarios, ", ")
}

// ListClients prints every requirement of clients with the scenarios that test it.
func (c catalogueConsole) ListClients(catalogue Catalogue) {
	c.Paragraph("", fmt.Sprintf("of clients: %d requirements, tested by dpconform client", len(catalogue.Clients)))
	aspect := ""
	for _, entry := range catalogue.Clients {
		if entry.Aspect != aspect {
			aspect = entry.Aspect
			c.Printf("\n%s\n", report.Bold("client "+aspect))
		}
		c.Printf("  %s %s\n", entry.ID, report.Faint(string(entry.Level)))
		c.Paragraph("      ", entry.Statement)
		c.Paragraph("      tested in ", scenariosText(entry))
	}
}

func (c catalogueConsole) explainClients(catalogue Catalogue, entry ClientEntry) {
	c.Printf("%s\n", report.Bold(entry.ID))
	c.Field("of", "clients")
	c.Field("level", string(entry.Level)+": "+levelMeanings[entry.Level])
	c.Field("statement", entry.Statement)
	if entry.Quote != "" {
		c.Field("quote", `"`+entry.Quote+`"`)
	}
	c.Field("source", entry.Source)
	if entry.Note != "" {
		c.Field("note", entry.Note)
	}
	c.Field("described", fmt.Sprintf("%s:%d", catalogue.Description.File, entry.Line))
	c.Printf("\n")
	c.Paragraph("  tested in ", scenariosText(entry))
	if len(entry.Scenarios) > 0 {
		c.Paragraph("  ", "see them with: dpconform client --list; try one with: dpconform client --scenario "+entry.Scenarios[0]+" -- COMMAND")
	}
}
