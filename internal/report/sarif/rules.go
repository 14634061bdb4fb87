package sarif

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/suites"
)

// unexpectedPass is the rule that a list of known failures holds nothing that
// passes.
const unexpectedPass = "known-failure.unexpected-pass"

var unexpectedPassRule = descriptor{
	ID: unexpectedPass, Name: friendlyName(unexpectedPass),
	ShortDescription: text{"An entry of the known failures passes."},
	FullDescription:  text{"What a list of known failures names has to fail; an entry of which nothing fails is to be removed."},
	Help:             help{"Remove the entry from the list of known failures.", "Remove the entry from the list of known failures."},
	Configuration:    &configuration{"error"},
	Properties:       &properties{[]string{"known-failures"}, "error"},
}

// friendlyName is an id as one word with capitals, as SARIF wants the name of a
// rule: RetryBodyEmpty.
func friendlyName(id string) string {
	var name strings.Builder
	for part := range strings.FieldsFuncSeq(id, func(r rune) bool { return strings.ContainsRune(".-/", r) }) {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

// rulesOf makes a rule of each requirement, and one of the known failures that
// pass where there is such one.
func rulesOf(found report.Report) []descriptor {
	rules := []descriptor{}
	for _, requirement := range found.Requirements {
		rules = append(rules, ruleOf(found, requirement))
	}
	for _, known := range found.KnownFailures {
		if known.State == result.KnownPassed {
			return append(rules, unexpectedPassRule)
		}
	}
	return rules
}

func ruleOf(found report.Report, requirement report.Requirement) descriptor {
	level := levelOf(suites.VerdictOf(requirement.Requirement, found.Settings.Level))
	full := requirement.Statement
	if requirement.Note != "" {
		full += " " + requirement.Note
	}
	return descriptor{
		ID: requirement.ID, Name: friendlyName(requirement.ID), ShortDescription: text{requirement.Statement}, FullDescription: text{full},
		Help:    help{helpText(requirement), helpMarkdown(requirement)},
		HelpURI: webAddress(requirement.Source), Configuration: &configuration{level},
		Properties: &properties{[]string{requirement.Aspect, string(requirement.Level)}, level},
	}
}

// levelOf is SARIF's word for a verdict on a finding.
func levelOf(verdict result.Verdict) string {
	if verdict == result.Warn {
		return "warning"
	}
	return "error"
}

func helpText(requirement report.Requirement) string {
	lines := []string{requirement.Statement}
	if requirement.Quote != "" {
		lines = append(lines, fmt.Sprintf("%q", requirement.Quote))
	}
	return strings.Join(append(lines, requirement.Source, "Checks: "+strings.Join(requirement.Checks, ", ")), "\n")
}

func helpMarkdown(requirement report.Requirement) string {
	var page strings.Builder
	fmt.Fprintf(&page, "Requirement: %s\n\n", markdown.Words(requirement.Statement))
	if requirement.Quote != "" {
		fmt.Fprintf(&page, "> “%s”\n>\n", markdown.Words(requirement.Quote))
	}
	if address := webAddress(requirement.Source); address != "" {
		fmt.Fprintf(&page, "> Source: <%s>\n\n", address)
	} else {
		fmt.Fprintf(&page, "> Source: %s\n\n", markdown.Code(requirement.Source))
	}
	if requirement.Note != "" {
		fmt.Fprintf(&page, "Note: %s\n\n", markdown.Words(requirement.Note))
	}
	fmt.Fprintf(&page, "`dpconform explain %s` says how it is judged.\n", strings.ReplaceAll(requirement.ID, "`", ""))
	return page.String()
}

// webAddress is the address that a source begins with, or empty where it is none
// of the web.
func webAddress(source string) string {
	words := strings.Fields(source)
	if len(words) == 0 {
		return ""
	}
	address, err := url.Parse(words[0])
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" || strings.ContainsAny(words[0], "<>`\"\\|") {
		return ""
	}
	return address.String()
}
