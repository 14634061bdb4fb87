package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// The names of what relative addresses begin at. %SRCROOT% is the root of the
// repository, as who shows SARIF knows it; the other is only described.
const (
	repositoryRoot = "%SRCROOT%"
	elsewhere      = "OUTSIDE"
)

// placeOfDescription is the address of the description. It is relative in any
// case: code scanning refuses results without a place, and takes no address of
// another machine for one.
func placeOfDescription(description report.Description) artifactLocation {
	if path := report.DescriptionInRepository(description); path != "" {
		return artifactLocation{URI: escapedPath(path), Base: repositoryRoot}
	}
	if report.BuiltIn(description) {
		return artifactLocation{URI: escapedPath(description.File), Base: elsewhere}
	}
	return artifactLocation{URI: escapedPath(filepath.Base(description.File)), Base: elsewhere}
}

func placeOfKnownFailure(known report.KnownFailure) artifactLocation {
	if path := report.KnownFailureInRepository(known); path != "" {
		return artifactLocation{URI: escapedPath(path), Base: repositoryRoot}
	}
	return artifactLocation{URI: escapedPath(filepath.Base(known.File)), Base: elsewhere}
}

// escapedPath makes a relative address of a path.
func escapedPath(path string) string {
	address := url.URL{Path: filepath.ToSlash(path)}
	return strings.TrimPrefix(address.String(), "./")
}

// basesOf says what relative addresses begin at.
func basesOf(description report.Description) map[string]artifactLocation {
	outside := "a folder outside of the repository"
	if report.BuiltIn(description) {
		outside = "what dpconform ships: dpconform spec print prints the description"
	}
	return map[string]artifactLocation{
		repositoryRoot: {Description: &text{"the root of the repository"}}, elsewhere: {Description: &text{outside}},
	}
}

// resultsOf makes a sarifResult of each finding and of each known failure that passes.
func resultsOf(found report.Report, rules []descriptor) []sarifResult {
	indices, requirements := map[string]int{}, map[string]report.Requirement{}
	for i, rule := range rules {
		indices[rule.ID] = i
	}
	for _, requirement := range found.Requirements {
		requirements[requirement.ID] = requirement
	}
	made, seen := []sarifResult{}, map[string]int{}
	for _, check := range found.Checks {
		for _, finding := range check.Findings {
			index, known := indices[finding.Requirement]
			if !known {
				continue // No report of dpconform has a finding about nothing.
			}
			one := resultOf(found, check, finding, requirements[finding.Requirement])
			one.RuleIndex, one.Level = index, levelOf(finding.Verdict)
			if finding.Verdict == result.ExpectedFail {
				one.Level = rules[index].Configuration.Level
			}
			one.Fingerprints = fingerprints(seen, finding.Requirement, check.ID)
			made = append(made, one)
		}
	}
	for _, known := range found.KnownFailures {
		if known.State == result.KnownPassed {
			made = append(made, unexpected(known, indices[unexpectedPass], fingerprints(seen, unexpectedPass, known.Entry)))
		}
	}
	return made
}

func resultOf(found report.Report, check report.Check, finding report.Finding, requirement report.Requirement) sarifResult {
	message := fmt.Sprintf("%s: want %s, got %s", check.ID, finding.Want, finding.Got)
	one := sarifResult{
		RuleID: finding.Requirement, Kind: "fail", Message: text{plain(message)}, Occurrences: finding.Count,
		Locations: []location{{physicalLocation{placeOfDescription(found.Description), region{max(1, requirement.Line)}}}},
		Properties: map[string]any{
			"check": check.ID, "verdict": finding.Verdict, "want": finding.Want, "got": finding.Got,
		},
	}
	for name, value := range map[string]string{"place": string(finding.Place), "curl": finding.Curl} {
		if value != "" {
			one.Properties[name] = value
		}
	}
	if finding.Exchange > 0 {
		one.Properties["exchange"] = finding.Exchange
	}
	if finding.Verdict == result.ExpectedFail {
		one.Suppressions = []suppression{{"external", "accepted", because(found, check, finding)}}
	}
	return one
}

// because says why a finding is expected.
func because(found report.Report, check report.Check, finding report.Finding) string {
	for _, known := range found.KnownFailures {
		if known.Name == finding.KnownFailure {
			return fmt.Sprintf("%s (%s)", report.Because(known), known.Name)
		}
	}
	return check.Reason
}

func unexpected(known report.KnownFailure, index int, prints map[string]string) sarifResult {
	return sarifResult{
		RuleID: unexpectedPass, RuleIndex: index, Kind: "fail", Level: "error", Fingerprints: prints,
		Message:   text{plain(fmt.Sprintf("%s passes: remove the entry %s (%s)", known.Entry, known.Name, report.Because(known)))},
		Locations: []location{{physicalLocation{placeOfKnownFailure(known), region{max(1, known.Line)}}}},
		Properties: map[string]any{
			"verdict": result.UnexpectedPass, "checks": known.Checks,
		},
	}
}

// fingerprints tell a sarifResult from all others, and are the same in each run: they
// are of the requirement and the check, not of the line. GitHub knows a sarifResult
// again by primaryLocationLineHash alone.
// Source: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
func fingerprints(seen map[string]int, rule, subject string) map[string]string {
	sum := sha256.Sum256([]byte(rule + "\n" + subject))
	short := hex.EncodeToString(sum[:8])
	seen[short]++
	value := fmt.Sprintf("%s:%d", short, seen[short])
	return map[string]string{"requirementAndCheck/v1": value, "primaryLocationLineHash": value}
}
