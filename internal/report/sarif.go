package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage    = "https://github.com/dpconform/dpconform"

	// What relative addresses begin at. %SRCROOT% is the root of the repository, as
	// viewers of SARIF know it; the other is only described.
	repositoryRoot = "%SRCROOT%"
	elsewhere      = "OUTSIDE"

	// unexpectedPass is the rule that a list of known failures has no entry that
	// passes.
	unexpectedPass = "known-failure.unexpected-pass"
)

// WriteSARIF writes a result as SARIF 2.1.0, in which code scanning shows each
// failure at its line of the description: a rule for each requirement, a result
// for each finding, a suppressed one where it is a known failure, and a
// notification for each check that was not tested. What passes is only counted,
// among the properties of the run: viewers take every result for an alert.
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
func WriteSARIF(out io.Writer, report result.Report) error {
	rules := []object{}
	indices := map[string]int{}
	addRule := func(rule object) {
		indices[rule["id"].(string)] = len(rules)
		rules = append(rules, rule)
	}
	for _, requirement := range report.Requirements {
		addRule(sarifRule(report, requirement))
	}
	for _, condition := range report.Unmet() {
		addRule(object{
			"id": condition.ID, "name": friendlyName(condition.ID), "shortDescription": message(condition.Statement),
			"fullDescription":      message(condition.Statement + " It is a condition of the client test, not a requirement of the description."),
			"help":                 object{"text": condition.Statement, "markdown": condition.Statement},
			"defaultConfiguration": object{"level": "error"},
			"properties":           object{"tags": []string{"condition"}, "problem.severity": "error"},
		})
	}
	if len(report.Known(result.KnownPassed)) > 0 {
		const fix = "Remove the entry from the list of known failures."
		addRule(object{
			"id": unexpectedPass, "name": friendlyName(unexpectedPass), "shortDescription": message("An entry of the known failures passes."),
			"fullDescription":      message("Everything that a list of known failures names must fail. Remove an entry if nothing that it names fails."),
			"help":                 object{"text": fix, "markdown": fix},
			"defaultConfiguration": object{"level": "error"},
			"properties":           object{"tags": []string{"known-failures"}, "problem.severity": "error"},
		})
	}
	properties := object{
		"endpoint": report.Target.Endpoint, "source": report.Target.Source, "conclusion": report.Conclusion,
		"checks": report.Counts.Checks, "requirements": report.Counts.Requirements,
	}
	if report.Target.Provenance != "" {
		properties["provenance"] = report.Target.Provenance
	}
	if report.Target.Proxy != "" {
		properties["proxy"] = report.Target.Proxy
	}
	outside := "a folder outside of the repository"
	if builtIn(report.Description, report.Description.File) {
		outside = "what dpconform ships: dpconform spec print prints the description"
	}
	return text.WriteJSON(out, object{"$schema": sarifSchema, "version": "2.1.0", "runs": []object{{
		"tool": object{"driver": object{"name": report.Tool.Name, "version": report.Tool.Version, "informationUri": homepage,
			"rules": rules, "notifications": sarifNotices}},
		"automationDetails": object{"id": "dpconform/" + sarifHost(report) + "/"},
		"invocations":       []object{sarifInvocation(report)},
		"artifacts": []object{{"location": descriptionPlace(report.Description, report.Description.File), "roles": []string{"analysisTarget"},
			"properties": object{"digest": report.Description.Digest}}},
		"originalUriBaseIds": object{repositoryRoot: object{"description": message("the root of the repository")},
			elsewhere: object{"description": message(outside)}},
		"columnKind": "utf16CodeUnits",
		"results":    sarifResults(report, rules, indices),
		"properties": properties,
	}}})
}

// message is a text without links: SARIF takes [text](target) for one (section
// 3.11.6), and a backslash before the bracket for the bracket.
func message(words string) object {
	if strings.Contains(words, "](") {
		words = strings.NewReplacer("[", `\[`, "]", `\]`).Replace(words)
	}
	return object{"text": words}
}

// sarifHost names a target the same in every run: an emulator has another port in
// each, and another name would be another analysis.
func sarifHost(report result.Report) string {
	if report.Client != nil {
		return "client"
	}
	address, err := url.Parse(report.Target.Endpoint)
	if err != nil || address.Hostname() == "" {
		return "target"
	}
	return address.Hostname()
}

// friendlyName is an id as one word with capitals, as SARIF wants the name of a
// rule: BodyEmpty.
func friendlyName(id string) string {
	var name strings.Builder
	for part := range strings.FieldsFuncSeq(id, func(r rune) bool { return strings.ContainsRune(".-/", r) }) {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

func sarifRule(report result.Report, requirement result.Requirement) object {
	level := "error"
	if result.VerdictOf(requirement.Requirement, report.Settings.Level) == result.Warn {
		level = "warning"
	}
	full, help := requirement.Statement, []string{requirement.Statement}
	var page strings.Builder
	fmt.Fprintf(&page, "Requirement: %s\n\n", text.MarkdownWords(requirement.Statement))
	if requirement.Quote != "" {
		help = append(help, fmt.Sprintf("%q", requirement.Quote))
		fmt.Fprintf(&page, "> “%s”\n>\n", text.MarkdownWords(requirement.Quote))
	}
	first, _, _ := strings.Cut(requirement.Source, " ")
	address := text.WebAddress(first)
	if address != "" {
		fmt.Fprintf(&page, "> Source: <%s>\n\n", address)
	} else {
		fmt.Fprintf(&page, "> Source: %s\n\n", text.MarkdownCode(requirement.Source))
	}
	if requirement.Fix != "" {
		full += " " + requirement.Fix
		fmt.Fprintf(&page, "Fix: %s\n\n", text.MarkdownWords(requirement.Fix))
	}
	if requirement.Note != "" {
		full += " " + requirement.Note
		fmt.Fprintf(&page, "Note: %s\n\n", text.MarkdownWords(requirement.Note))
	}
	fmt.Fprintf(&page, "`dpconform explain %s` says how it is tested.\n", strings.ReplaceAll(requirement.ID, "`", ""))
	help = append(help, requirement.Source, "Checks: "+strings.Join(requirement.Checks, ", "))
	rule := object{
		"id": requirement.ID, "name": friendlyName(requirement.ID), "shortDescription": object{"text": requirement.Statement},
		"fullDescription": object{"text": full}, "help": object{"text": strings.Join(help, "\n"), "markdown": page.String()},
		"defaultConfiguration": object{"level": level},
		"properties":           object{"tags": []string{requirement.Aspect, string(requirement.Level)}, "problem.severity": level},
	}
	if address != "" {
		rule["helpUri"] = address
	}
	return rule
}

// sarifResults makes a result of each finding and of each known failure that
// passes.
func sarifResults(report result.Report, rules []object, indices map[string]int) []object {
	made, seen := []object{}, map[string]int{}
	add := func(rule, level, words, fingerprinted string, place object, line int, properties object) object {
		where := object{"artifactLocation": place}
		if line > 0 {
			where["region"] = object{"startLine": line}
		}
		one := object{
			"ruleId": rule, "ruleIndex": indices[rule], "kind": "fail", "level": level, "message": message(words),
			"locations":           []object{{"physicalLocation": where}},
			"partialFingerprints": fingerprints(seen, rule, fingerprinted), "properties": properties,
		}
		made = append(made, one)
		return one
	}
	for _, check := range report.Checks {
		for _, finding := range check.Findings {
			requirement, known := report.Named(finding.Requirement)
			if !known {
				continue // No report of dpconform has a finding about nothing.
			}
			level := "error"
			switch finding.Verdict {
			case result.Warn:
				level = "warning"
			case result.ExpectedFail:
				level = rules[indices[requirement.ID]]["defaultConfiguration"].(object)["level"].(string)
			}
			properties := object{"check": check.ID, "verdict": finding.Verdict, "want": finding.Want, "got": finding.Got}
			for name, value := range map[string]string{"place": string(finding.Place), "curl": finding.Curl} {
				if value != "" {
					properties[name] = value
				}
			}
			if finding.Exchange > 0 {
				properties["exchange"] = finding.Exchange
			}
			line := 0
			if !requirement.Condition() {
				line = max(1, requirement.Line)
			}
			one := add(requirement.ID, level, fmt.Sprintf("%s: want %s, got %s", check.ID, finding.Want, finding.Got), check.ID,
				descriptionPlace(report.Description, requirementFile(report.Description, requirement)), line, properties)
			if finding.Count > 0 {
				one["occurrenceCount"] = finding.Count
			}
			if finding.Verdict == result.ExpectedFail {
				why := check.Reason
				for _, known := range report.KnownFailures {
					if known.Name == finding.KnownFailure {
						why = fmt.Sprintf("%s (%s)", known.Because(), known.Name)
					}
				}
				one["suppressions"] = []object{{"kind": "external", "status": "accepted", "justification": why}}
			}
		}
	}
	for _, known := range report.Known(result.KnownPassed) {
		add(unexpectedPass, "error", fmt.Sprintf("%s passes: remove the entry %s (%s)", known.Entry, known.Name, known.Because()), known.Entry,
			place(known.File, inRepository(known.File)), known.Line, object{"verdict": result.UnexpectedPass, "checks": known.Checks})
	}
	return made
}

// fingerprints tell a result from all others and are the same in each run: they
// are of the requirement and the check, not of the line. GitHub recognizes a
// result by primaryLocationLineHash only.
// Source: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
func fingerprints(seen map[string]int, rule, about string) object {
	sum := sha256.Sum256([]byte(rule + "\n" + about))
	short := hex.EncodeToString(sum[:8])
	seen[short]++
	value := fmt.Sprintf("%s:%d", short, seen[short])
	return object{"requirementAndCheck/v1": value, "primaryLocationLineHash": value}
}

// descriptionPlace is the address of the description, or of one of its sets.
func descriptionPlace(description result.Description, file string) object {
	if builtIn(description, file) {
		return object{"uri": escapedPath(file), "uriBaseId": elsewhere}
	}
	return place(file, inRepository(file))
}

// place is the address of a file. It is relative in any case: code scanning
// refuses results without a place, and addresses of another machine.
func place(file, inRepository string) object {
	if inRepository != "" {
		return object{"uri": escapedPath(inRepository), "uriBaseId": repositoryRoot}
	}
	return object{"uri": escapedPath(filepath.Base(file)), "uriBaseId": elsewhere}
}

func escapedPath(path string) string {
	address := url.URL{Path: filepath.ToSlash(path)}
	return strings.TrimPrefix(address.String(), "./")
}

// The places of the notices in their list.
const (
	noticeNotJudged = iota
	noticeSkipped
	noticeStale
)

var sarifNotices = []object{
	sarifNotice("dpconform/not-judged", "The engine or the network kept a check from being tested.",
		"Run again if the network failed. dpconform doctor shows whether the target can be reached."),
	sarifNotice("dpconform/skipped", "A check needs a job, a token or a permission that was not given.", "Give what the message names."),
	sarifNotice("dpconform/stale", "The recorded responses are older than --max-age.", "Record them again with dpconform record."),
}

func sarifNotice(id, short, fix string) object {
	return object{"id": id, "name": friendlyName(id), "shortDescription": object{"text": short}, "fullDescription": object{"text": short + " " + fix},
		"help": object{"text": fix, "markdown": fix}}
}

// sarifInvocation says how the run ended, and what it could not test.
func sarifInvocation(report result.Report) object {
	const form = "2006-01-02T15:04:05.000Z"
	execution, configuration := []object{}, []object{}
	notice := func(which int, level, words string) object {
		return object{"descriptor": object{"id": sarifNotices[which]["id"], "index": which}, "level": level, "message": message(words)}
	}
	for _, check := range report.Checks {
		which, level := noticeSkipped, "note"
		switch check.Verdict {
		case result.Error:
			which, level = noticeNotJudged, "error"
		case result.Skip:
		default:
			continue
		}
		one := notice(which, level, check.ID+": "+check.SkipText())
		one["properties"] = object{"check": check.ID, "requirements": check.Requirements}
		execution = append(execution, one)
	}
	if report.Stale != "" {
		configuration = append(configuration, notice(noticeStale, "error", report.Stale))
	}
	tested := report.Counts.Checks[result.Error] == 0 &&
		(report.Exit == result.ExitConforms || report.Exit == result.ExitFails || report.Exit == result.ExitInconclusive)
	return object{
		"executionSuccessful": tested, "exitCode": report.Exit, "exitCodeDescription": report.Conclusion,
		"startTimeUtc":               report.Started.UTC().Format(form),
		"endTimeUtc":                 report.Started.UTC().Add(time.Duration(report.Milliseconds) * time.Millisecond).Format(form),
		"toolExecutionNotifications": execution, "toolConfigurationNotifications": configuration,
	}
}
