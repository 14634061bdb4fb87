package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/client"
	"github.com/dpconform/dpconform/client/broken"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// requirement is what its page shows.
type requirement struct {
	spec.Requirement
	// Client says that it is one of clients.
	Client bool
	// Description is the file that it stands in.
	Description string
	// Checks are those that judge it; where there are many alike, Scopes is their
	// number, and Checks has the first.
	Checks []report.CatalogueCheck
	Scopes int
	// Faults are the emulator's that break it, Broken the clients that do.
	Faults []emulator.Fault
	Broken []broken.Fault
	// Scenarios are about it.
	Scenarios []*client.Scenario
	// Example is nil where the run has none.
	Example *example
	// Before and Behind are the ids of its neighbours; empty at the ends.
	Before, Behind string
}

// requirements lists the requirements of both sides with what is known of each.
func (f facts) requirements() []requirement {
	var all []requirement
	for _, one := range f.contract.Requirements {
		made := requirement{Requirement: one, Description: f.contract.File, Faults: serverFaults(one.ID)}
		made.Checks, made.Scopes = f.groupedChecks(one.ID)
		if shown, found := f.exampleOf(one.ID); found {
			made.Example = &shown
		}
		all = append(all, made)
	}
	for _, one := range f.contract.ClientRequirements {
		all = append(all, requirement{Requirement: one, Client: true, Description: f.contract.File,
			Broken: clientFaults(one.ID), Scenarios: f.demanding(one.ID)})
	}
	for i := range all {
		if i > 0 && all[i-1].Client == all[i].Client {
			all[i].Before, all[i-1].Behind = all[i-1].ID, all[i].ID
		}
	}
	return all
}

// groupedChecks are the checks of a requirement. Of those that judge one scope
// each the first stands for all, and their number is given.
func (f facts) groupedChecks(id string) (checks []report.CatalogueCheck, scopes int) {
	oneScope := map[string]bool{}
	for _, check := range suites.Checks(f.contract) {
		oneScope[check.ID] = check.Scope != ""
	}
	for _, check := range f.checksOf(id) {
		if oneScope[check.ID] {
			if scopes++; scopes > 1 {
				continue
			}
		}
		checks = append(checks, check)
	}
	return checks, scopes
}

// LevelText says the level, and what it means.
func (r requirement) LevelText() string { return levelText(r.Level) }

func levelText(level spec.Level) string { return string(level) + ": " + report.LevelMeaning(level) }

// Consequence says what a run does where it is not kept.
func (r requirement) Consequence() string {
	switch {
	case (!r.Must() || r.Level == spec.Inferred) && len(r.Scenarios) > 0:
		return "What does not keep it fails in the scenarios that are about it, and gets a warning in others."
	case !r.Must() || r.Level == spec.Inferred:
		return "What does not keep it gets a warning. `--level inferred` makes it a failure."
	case r.Level == spec.Platform:
		return "What does not keep it fails the run, unless `--level documented` asks for less."
	}
	return "What does not keep it fails the run, whatever `--level` says."
}

// ScopeGroup is the part that the checks of single scopes have in common.
func (r requirement) ScopeGroup() string {
	for _, check := range r.Checks {
		if strings.HasPrefix(check.ID, "authorization/scope/") {
			return check.ID[:strings.LastIndex(check.ID, "/")]
		}
	}
	return ""
}

// IsScope reports whether a check stands for those of all scopes.
func (r requirement) IsScope(check report.CatalogueCheck) bool {
	return r.Scopes > 1 && strings.HasPrefix(check.ID, "authorization/scope/")
}

// HasClass reports whether the expected statuses name a whole class.
func (r requirement) HasClass() bool {
	return slices.ContainsFunc(r.Expect.Status, func(status string) bool { return strings.HasSuffix(status, "xx") })
}

// Statuses and Codes are the expected answers as code.
func (r requirement) Statuses() string { return alternatives(r.Expect.Status) }

// Codes are the expected google.rpc.Codes as code.
func (r requirement) Codes() string { return alternatives(r.Expect.Code) }

func alternatives(values []string) string {
	var shown []string
	for _, value := range values {
		shown = append(shown, "`"+value+"`")
	}
	return strings.Join(shown, " or ")
}

// aspect is a group of requirements.
type aspect struct {
	Name         string
	Client       bool
	Requirements []spec.Requirement
	Checks       int
	Faults       int
}

// aboutAspects say what the requirements of an aspect are about; those of clients
// stand behind "client.".
var aboutAspects = map[string]string{
	"path":                 "where the method is found: HTTP method, collection, id, verb, escapes, the query",
	"body":                 "the empty request body, and what is no empty body",
	"response":             "the answer to a retry that succeeds",
	"semantics":            "failed jobs alone are retried, and a refusal changes nothing",
	"authorization":        "which tokens may retry, scope by scope",
	"errors":               "the form of a refusal",
	"robustness":           "every request is answered, whole and in time",
	"client.http":          "the HTTP that carries the call",
	"client.path":          "the address that a client calls",
	"client.query":         "what it puts into the query",
	"client.authorization": "how it sends its token, and where to",
	"client.body":          "the empty body, its type and its length",
	"client.repeat":        "when it may call again, and when it may not",
	"client.outcome":       "what it tells its caller",
}

// About says what the requirements are about; empty for an aspect that is new.
func (a aspect) About() string {
	if a.Client {
		return aboutAspects["client."+a.Name]
	}
	return aboutAspects[a.Name]
}

// index is what the lists are made of.
type index struct {
	Server, Client []aspect
	Checks         int
	Scopes         int
	Faults, Broken int
	Scenarios      int
	Description    string
	Page           *spec.ReferencePage
	Levels         []string
}

func (f facts) index() index {
	made := index{
		Checks: len(f.catalogue.Checks), Scopes: len(f.contract.Scopes), Faults: len(emulator.Faults()), Broken: len(broken.Faults()),
		Scenarios: len(f.scenarios), Description: f.contract.File, Page: &f.contract.Page,
	}
	for _, level := range spec.Levels() {
		made.Levels = append(made.Levels, levelText(level))
	}
	made.Server, made.Client = grouped(f.contract.Requirements), grouped(f.contract.ClientRequirements)
	for i := range made.Server {
		one := &made.Server[i]
		for _, check := range f.catalogue.Checks {
			if check.Aspect == one.Name {
				one.Checks++
			}
		}
		for _, requirement := range one.Requirements {
			one.Faults += len(serverFaults(requirement.ID))
		}
	}
	for i := range made.Client {
		made.Client[i].Client = true
		for _, requirement := range made.Client[i].Requirements {
			made.Client[i].Faults += len(clientFaults(requirement.ID))
		}
	}
	return made
}

// Count is the number of requirements of some aspects.
func (i index) Count(aspects []aspect) int {
	count := 0
	for _, one := range aspects {
		count += len(one.Requirements)
	}
	return count
}

// grouped groups requirements by their aspects, in the order of the first of
// each.
func grouped(requirements []spec.Requirement) []aspect {
	var aspects []aspect
	for _, one := range requirements {
		at := slices.IndexFunc(aspects, func(a aspect) bool { return a.Name == one.Aspect() })
		if at < 0 {
			at = len(aspects)
			aspects = append(aspects, aspect{Name: one.Aspect()})
		}
		aspects[at].Requirements = append(aspects[at].Requirements, one)
	}
	return aspects
}

func numberText(number int) string { return fmt.Sprint(number) }
