package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"

	"github.com/dpconform/dpconform/client"
	"github.com/dpconform/dpconform/client/broken"
	"github.com/dpconform/dpconform/documentation/rooms"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
)

// facts are what the pages are made of.
type facts struct {
	contract  *spec.Contract
	catalogue report.Catalogue
	// run is the report of the shipped cassettes, judged by the whole suite.
	run       report.Report
	scenarios []*client.Scenario
	rooms     rooms.Map
}

// gather collects the facts. The program is dpconform, built from the same
// source.
func gather(ctx context.Context, root, program string) (facts, error) {
	contract := spec.MustLoadEmbedded()
	run, err := judgeCassettes(ctx, program)
	if err != nil {
		return facts{}, err
	}
	if run.Description.Digest != contract.Digest {
		return facts{}, fmt.Errorf("%s was built with another description: run make build", program)
	}
	scenarios, err := client.Scenarios(contract)
	if err != nil {
		return facts{}, err
	}
	all, err := rooms.Read(root)
	if err != nil {
		return facts{}, err
	}
	return facts{contract, report.NewCatalogue(contract), run, scenarios, all}, nil
}

// judgeCassettes has the program judge the answers that it carries.
func judgeCassettes(ctx context.Context, program string) (report.Report, error) {
	var output, complaints bytes.Buffer
	command := exec.CommandContext(ctx, program, "run", "--report", "json=-")
	command.Stdout, command.Stderr = &output, &complaints
	if err := command.Run(); err != nil {
		return report.Report{}, fmt.Errorf("%s: %w\n%s", command, err, complaints.String())
	}
	return report.ReadJSON(output.Bytes())
}

// serverFaults are the emulator's faults that break a requirement.
func serverFaults(id string) []emulator.Fault {
	return slices.DeleteFunc(emulator.Faults(), func(fault emulator.Fault) bool { return fault.Breaks != id })
}

// clientFaults are the broken clients that break a requirement.
func clientFaults(id string) []broken.Fault {
	return slices.DeleteFunc(broken.Faults(), func(fault broken.Fault) bool { return fault.Breaks != id })
}

// demanding are the scenarios that are about a requirement.
func (f facts) demanding(id string) []*client.Scenario {
	var demanding []*client.Scenario
	for _, scenario := range f.scenarios {
		if slices.Contains(scenario.Must, id) || slices.Contains(scenario.MustNot, id) {
			demanding = append(demanding, scenario)
		}
	}
	return demanding
}

// checksOf are the checks that judge a requirement, in the order in which they
// are listed.
func (f facts) checksOf(id string) []report.CatalogueCheck {
	var checks []report.CatalogueCheck
	for _, check := range f.catalogue.Checks {
		if slices.Contains(check.Requirements, id) {
			checks = append(checks, check)
		}
	}
	return checks
}
