package broken

import (
	"slices"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/spec"
)

// Catalogue lists what a description demands of clients, with the scenarios that
// are about it, and the broken clients that break it. Scenarios that the
// description does not fit are about nothing of it.
func Catalogue(contract *spec.Contract) []report.ClientEntry {
	scenarios, err := clienttest.Scenarios(contract)
	if err != nil {
		scenarios = nil
	}
	faults := Faults()
	entries := []report.ClientEntry{}
	for _, requirement := range contract.ClientRequirements {
		entry := report.ClientEntry{Requirement: requirement, Aspect: requirement.Aspect(), Scenarios: []string{}, BrokenClients: []report.BrokenClient{}}
		for _, scenario := range scenarios {
			if slices.Contains(scenario.Must, requirement.ID) || slices.Contains(scenario.MustNot, requirement.ID) {
				entry.Scenarios = append(entry.Scenarios, scenario.Name)
			}
		}
		for _, fault := range faults {
			if fault.Breaks == requirement.ID {
				entry.BrokenClients = append(entry.BrokenClients, report.BrokenClient{Name: fault.Name, Text: fault.Text, Scenario: fault.Scenario})
			}
		}
		entries = append(entries, entry)
	}
	return entries
}
