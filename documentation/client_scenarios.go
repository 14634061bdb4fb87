package main

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/client"
	"github.com/dpconform/dpconform/client/broken"
)

// scenarioPage is a scenario with the clients that fail in it.
type scenarioPage struct {
	*client.Scenario
	Broken []broken.Fault
}

// scenarioList lists the shipped scenarios.
func (f facts) scenarioList() []scenarioPage {
	var all []scenarioPage
	for _, scenario := range f.scenarios {
		all = append(all, scenarioPage{scenario,
			slices.DeleteFunc(broken.Faults(), func(fault broken.Fault) bool { return fault.Scenario != scenario.Name })})
	}
	return all
}

// Known reports whether a fault breaks a requirement, and no condition of a
// scenario.
func (scenarioPage) Known(id string) bool { return strings.HasPrefix(id, "client.") }

// scenarioLink leads from the page of a requirement to a scenario. Where a call
// is one that no scenario is about, it says so.
func scenarioLink(name string) string {
	if name == broken.NoScenario {
		return "in front of a server, without a scenario"
	}
	return "[`" + name + "`](../client-scenarios.md#" + name + ")"
}

// FirstScenario is one in which a requirement of clients is judged: the first
// that is about it, or the first in which a broken client shows.
func (r requirement) FirstScenario() string {
	if len(r.Scenarios) > 0 {
		return r.Scenarios[0].Name
	}
	for _, fault := range r.Broken {
		if fault.Scenario != broken.NoScenario {
			return fault.Scenario
		}
	}
	return "success"
}
