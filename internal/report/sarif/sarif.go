// Package sarif writes what was found as SARIF 2.1.0, in which code scanning
// shows each failure at its line of the OpenAPI description.
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
package sarif

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

const (
	schemaURI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage  = "https://github.com/dpconform/dpconform"
)

// Write writes a report: a rule for each requirement, a sarifResult for each finding,
// a suppressed one where it is a known failure, and a notification for each check
// that was not judged. What passes is in the counts, among the properties of the
// run: who shows SARIF takes every sarifResult for an alert.
func Write(out io.Writer, found report.Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document{schemaURI, "2.1.0", []run{runOf(found)}})
}

func runOf(found report.Report) run {
	rules := rulesOf(found)
	description := placeOfDescription(found.Description)
	made := run{
		Tool:              tool{driver{found.Tool.Name, found.Tool.Version, homepage, rules, notices}},
		AutomationDetails: automationDetails{"dpconform/" + host(found.Target.Endpoint) + "/"},
		Invocations:       []invocation{invocationOf(found)},
		Artifacts: []artifact{{Location: description, Roles: []string{"analysisTarget"},
			Hashes: map[string]string{"sha-256": strings.TrimPrefix(found.Description.Digest, "sha256:")}}},
		Bases: basesOf(found.Description), ColumnKind: "utf16CodeUnits",
		Results: resultsOf(found, rules),
		Properties: map[string]any{
			"endpoint": found.Target.Endpoint, "source": found.Target.Source, "conclusion": found.Conclusion,
			"checks": found.Counts.Checks, "requirements": found.Counts.Requirements,
		},
	}
	if found.Target.Provenance != "" {
		made.Properties["provenance"] = found.Target.Provenance
	}
	return made
}

// host names a target the same in every run. An emulator has another port in
// each, and what has another name is another analysis to who keeps them.
func host(endpoint string) string {
	address, err := url.Parse(endpoint)
	if err != nil || address.Hostname() == "" {
		return "target"
	}
	return address.Hostname()
}

// invocationOf says how the run ended, and what it could not judge.
func invocationOf(found report.Report) invocation {
	const form = "2006-01-02T15:04:05.000Z"
	judged := found.Counts.Checks[result.Error] == 0 &&
		(found.Exit == result.ExitConforms || found.Exit == result.ExitFails || found.Exit == result.ExitInconclusive)
	one := invocation{
		ExecutionSuccessful: judged, ExitCode: found.Exit, ExitCodeDescription: found.Conclusion,
		StartTime: found.Started.UTC().Format(form),
		EndTime:   found.Started.UTC().Add(time.Duration(found.Milliseconds) * time.Millisecond).Format(form),
		Execution: []notification{}, Configuration: []notification{},
	}
	for _, check := range found.Checks {
		switch check.Verdict {
		case result.Error:
			one.Execution = append(one.Execution, noticeOf(notJudged, "error", check))
		case result.Skip:
			one.Execution = append(one.Execution, noticeOf(skipped, "note", check))
		}
	}
	if found.Stale != "" {
		one.Configuration = append(one.Configuration, notification{Descriptor: notices[stale].reference(stale), Level: "error", Message: text{plain(found.Stale)}})
	}
	return one
}

// The places of the notices in their list.
const (
	notJudged = iota
	skipped
	stale
)

var notices = []descriptor{
	noticeRule("dpconform/not-judged", "The engine or the network kept a check from being judged.",
		"Run again where the network broke; dpconform doctor says what of the target can be reached."),
	noticeRule("dpconform/skipped", "A check needs a job, a token or a permission that was not given.",
		"Give what the message names."),
	noticeRule("dpconform/stale", "The recorded answers are older than they may be.",
		"Record them again with dpconform record."),
}

func noticeRule(id, short, mend string) descriptor {
	return descriptor{ID: id, Name: friendlyName(id), ShortDescription: text{short}, FullDescription: text{short + " " + mend}, Help: help{mend, mend}}
}

func (d descriptor) reference(index int) reference { return reference{d.ID, index} }

func noticeOf(which int, level string, check report.Check) notification {
	message := check.ID + ": " + check.Reason
	if check.Flag != "" {
		message += "; give " + check.Flag
	}
	return notification{notices[which].reference(which), level, text{plain(message)},
		map[string]any{"check": check.ID, "requirements": check.Requirements}}
}

// plain keeps what servers say from being shown as a link: SARIF takes
// [text](target) in a message for one (section 3.11.6), and a backslash before
// the bracket for the bracket.
func plain(message string) string {
	if !strings.Contains(message, "](") {
		return message
	}
	return strings.NewReplacer("[", `\[`, "]", `\]`).Replace(message)
}
