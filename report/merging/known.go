package merging

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/knownfailures"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/suites"
)

func byPlace(a, b report.KnownFailure) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

func knownFrom(described report.KnownFailure) (suites.Known, error) {
	return knownfailures.FromReport(described)
}

// sameKnown sees that every shard expected what the others did: a failure that
// one calls known and another does not comes of two lists.
func sameKnown(parts []Part, known []suites.Known) error {
	for _, part := range parts {
		for _, check := range part.Report.Checks {
			for _, finding := range check.Findings {
				expected := firstCovering(known, check.ID, finding.Requirement)
				if expected != finding.KnownFailure {
					return otherKnown(part, fmt.Sprintf("%s fails %s as %s there, and as %s by the other shards",
						check.ID, finding.Requirement, named(finding.KnownFailure), named(expected)))
				}
			}
		}
	}
	return nil
}

// firstCovering is the name of the known failure that a run holds a finding for.
func firstCovering(known []suites.Known, check, requirement string) string {
	for _, one := range known {
		if one.Covers(check, requirement) {
			return one.Name
		}
	}
	return ""
}

func named(known string) string {
	if known == "" {
		return "not known"
	}
	return "known by " + known
}

func otherKnown(part Part, message string) error {
	return &configuration.UsageError{Place: part.Name, Message: message, Mend: "run all shards with the same --known-failures"}
}
