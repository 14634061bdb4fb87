package report

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// ClientEntry is a requirement of clients, with what judges it and what shows
// that it is judged.
type ClientEntry struct {
	spec.Requirement
	Aspect string `json:"aspect"`
	// Scenarios are those that are about it; empty where it is judged in all of
	// them, of every request.
	Scenarios []string `json:"scenarios"`
	// BrokenClients are those that break it.
	BrokenClients []BrokenClient `json:"broken_clients"`
}

// BrokenClient is a client with one fault, that `dpconform prove` has judged.
type BrokenClient struct {
	Name string `json:"name"`
	Text string `json:"text"`
	// Scenario is the one in which the fault shows.
	Scenario string `json:"scenario"`
}

// scenariosText names the scenarios of a requirement.
func (e ClientEntry) scenariosText() string {
	if len(e.Scenarios) == 0 {
		return "every scenario, in each request"
	}
	return strings.Join(e.Scenarios, ", ")
}

// brokenClientsOf counts all broken clients of a catalogue.
func brokenClientsOf(entries []ClientEntry) int {
	count := 0
	for _, entry := range entries {
		count += len(entry.BrokenClients)
	}
	return count
}

// ListClients prints every requirement of clients with the scenarios that judge
// it; with all, the broken clients that break it too.
func (c Console) ListClients(catalogue Catalogue, all bool) {
	c.paragraph("", fmt.Sprintf("of clients: %d requirements, judged by dpconform client; %d broken clients break one each",
		len(catalogue.Clients), brokenClientsOf(catalogue.Clients)))
	aspect := ""
	for _, entry := range catalogue.Clients {
		if entry.Aspect != aspect {
			aspect = entry.Aspect
			c.print("\n%s\n", bold("client "+aspect))
		}
		c.print("  %s %s\n", entry.ID, faint(string(entry.Level)))
		c.paragraph("      ", entry.Statement)
		c.paragraph("      judged in ", entry.scenariosText())
		if all {
			names := make([]string, len(entry.BrokenClients))
			for i, client := range entry.BrokenClients {
				names[i] = client.Name
			}
			c.paragraph("      broken by ", strings.Join(names, ", "))
		}
	}
}

func (c Console) explainClients(catalogue Catalogue, entry ClientEntry) {
	c.print("%s\n", bold(entry.ID))
	c.field("of", "clients")
	c.field("level", string(entry.Level)+": "+levelMeanings[entry.Level])
	c.field("statement", entry.Statement)
	if entry.Quote != "" {
		c.field("quote", `"`+entry.Quote+`"`)
	}
	c.field("source", entry.Source)
	if entry.Note != "" {
		c.field("note", entry.Note)
	}
	c.field("described", fmt.Sprintf("%s:%d", catalogue.Description.File, entry.Line))
	c.print("\n")
	c.paragraph("  judged in ", entry.scenariosText())
	if len(entry.Scenarios) > 0 {
		c.paragraph("  ", "see them with: dpconform client --list; try one with: dpconform client --scenario "+entry.Scenarios[0]+" -- COMMAND")
	}
	for _, client := range entry.BrokenClients {
		c.print("\n")
		c.paragraph("  broken by the client ", client.Name)
		c.paragraph("    which    ", client.Text)
		c.paragraph("    seen in  ", client.Scenario)
	}
}

// writeClientTrace writes the part of the traceability page that is about
// clients.
func writeClientTrace(page *strings.Builder, catalogue Catalogue) {
	if len(catalogue.Clients) == 0 {
		return
	}
	fmt.Fprintf(page, "\n## Clients\n\nWhat `dpconform client` demands of a client: %d requirements; %d broken clients, each with one fault, break one each.\n\n",
		len(catalogue.Clients), brokenClientsOf(catalogue.Clients))
	page.WriteString("| Sentence | Requirement | Level | Scenarios | Broken clients |\n| --- | --- | --- | --- | --- |\n")
	for _, entry := range catalogue.Clients {
		sentence := fmt.Sprintf("%s ([source](%s))", entry.Quote, strings.Fields(entry.Source)[0])
		scenarios := "every one"
		if len(entry.Scenarios) > 0 {
			scenarios = "`" + strings.Join(entry.Scenarios, "` `") + "`"
		}
		names := make([]string, len(entry.BrokenClients))
		for i, client := range entry.BrokenClients {
			names[i] = "`" + client.Name + "`"
		}
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s |\n", cell(strings.TrimSpace(sentence)), pageOf(entry.ID), entry.Level, scenarios, strings.Join(names, " "))
	}
	page.WriteString("\n")
	for _, entry := range catalogue.Clients {
		note := ""
		if entry.Note != "" {
			note = " *" + strings.ReplaceAll(entry.Note, "*", "\\*") + "*"
		}
		fmt.Fprintf(page, "- %s: %s%s\n", pageOf(entry.ID), entry.Statement, note)
	}
}
