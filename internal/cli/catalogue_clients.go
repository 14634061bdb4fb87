package cli

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/clienttest/broken"
	"github.com/dpconform/dpconform/internal/report"
)

// scenariosText names the scenarios of a requirement.
func scenariosText(entry broken.ClientEntry) string {
	if len(entry.Scenarios) == 0 {
		return "every scenario, in each request"
	}
	return strings.Join(entry.Scenarios, ", ")
}

// brokenClientsOf counts all broken clients of a catalogue.
func brokenClientsOf(entries []broken.ClientEntry) int {
	count := 0
	for _, entry := range entries {
		count += len(entry.BrokenClients)
	}
	return count
}

// ListClients prints every requirement of clients with the scenarios that judge
// it; with all, the broken clients that break it too.
func (c catalogueConsole) ListClients(catalogue Catalogue, all bool) {
	c.Paragraph("", fmt.Sprintf("of clients: %d requirements, judged by dpconform client; %d broken clients break one each",
		len(catalogue.Clients), brokenClientsOf(catalogue.Clients)))
	aspect := ""
	for _, entry := range catalogue.Clients {
		if entry.Aspect != aspect {
			aspect = entry.Aspect
			c.Printf("\n%s\n", report.Bold("client "+aspect))
		}
		c.Printf("  %s %s\n", entry.ID, report.Faint(string(entry.Level)))
		c.Paragraph("      ", entry.Statement)
		c.Paragraph("      judged in ", scenariosText(entry))
		if all {
			names := make([]string, len(entry.BrokenClients))
			for i, client := range entry.BrokenClients {
				names[i] = client.Name
			}
			c.Paragraph("      broken by ", strings.Join(names, ", "))
		}
	}
}

func (c catalogueConsole) explainClients(catalogue Catalogue, entry broken.ClientEntry) {
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
	c.Paragraph("  judged in ", scenariosText(entry))
	if len(entry.Scenarios) > 0 {
		c.Paragraph("  ", "see them with: dpconform client --list; try one with: dpconform client --scenario "+entry.Scenarios[0]+" -- COMMAND")
	}
	for _, client := range entry.BrokenClients {
		c.Printf("\n")
		c.Paragraph("  broken by the client ", client.Name)
		c.Paragraph("    which    ", client.Text)
		c.Paragraph("    seen in  ", client.Scenario)
	}
}
