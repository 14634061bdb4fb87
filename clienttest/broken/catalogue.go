package broken

import (
	"slices"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/spec"
)

// Catalogue lists what a description demands of clients, with the scenarios that
// are about it, and the broken clients that break it. Scenarios that the
// description does not fit are about nothing of it.
func Catalogue(contract *spec.Contract) []ClientEntry {
	scenarios, err := clienttest.Scenarios(contract)
	if err != nil {
		scenarios = nil
	}
	faults := Faults()
	entries := []ClientEntry{}
	for _, requirement := range contract.ClientRequirements {
		entry := ClientEntry{Requirement: requirement, Aspect: requirement.Aspect(), Scenarios: []string{}, BrokenClients: []BrokenClient{}}
		for _, scenario := range scenarios {
			if slices.Contains(scenario.Must, requirement.ID) || slices.Contains(scenario.MustNot, requirement.ID) {
				entry.Scenarios = append(entry.Scenarios, scenario.Name)
			}
		}
		for _, fault := range faults {
			if fault.Breaks == requirement.ID {
				entry.BrokenClients = append(entry.BrokenClients, BrokenClient{Name: fault.Name, Text: fault.Text, Scenario: fault.Scenario})
			}
		}
		entries = append(entries, entry)
	}
	return entries
}

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
