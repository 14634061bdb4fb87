package clienttest

import (
	"encoding/json"
	"io"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
)

// ReportFormat is the version of the JSON form. It grows when a member changes
// its meaning or goes away; members may be added without.
const ReportFormat = 1

// Report is a run in a form that can be kept: it has no token in it. Its JSON
// form is described by report.schema.json.
type Report struct {
	FormatVersion int               `json:"format_version"`
	Tool          ReportTool        `json:"tool"`
	Started       time.Time         `json:"started"`
	Milliseconds  int64             `json:"milliseconds"`
	Command       []string          `json:"command"`
	Description   ReportDescription `json:"description"`
	WireOnly      bool              `json:"wire_only"`
	Exit          int               `json:"exit"`
	Conclusion    string            `json:"conclusion"`
	Counts        map[Verdict]int   `json:"counts"`
	Requirements  []ReportedVerdict `json:"requirements"`
	// NotChosen are the scenarios that a command which is run once did not choose.
	NotChosen []string         `json:"not_chosen,omitempty"`
	Results   []ReportedResult `json:"results"`
}

// ReportTool says which program made the report.
type ReportTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ReportDescription says by what was judged.
type ReportDescription struct {
	File     string `json:"file"`
	Digest   string `json:"digest"`
	Revision string `json:"revision"`
}

// ReportedVerdict is what the run says of one requirement.
type ReportedVerdict struct {
	ID        string  `json:"id"`
	Level     string  `json:"level"`
	Statement string  `json:"statement"`
	Quote     string  `json:"quote,omitempty"`
	Source    string  `json:"source"`
	Verdict   Verdict `json:"verdict"`
}

// ReportedResult is what came of one call.
type ReportedResult struct {
	// Scenario is empty for a call that no scenario is about.
	Scenario     string             `json:"scenario,omitempty"`
	Title        string             `json:"title,omitempty"`
	Name         string             `json:"name"`
	Job          string             `json:"job,omitempty"`
	Verdict      Verdict            `json:"verdict"`
	Steps        int                `json:"steps"`
	Consumed     int                `json:"consumed"`
	Findings     []ReportedFinding  `json:"findings"`
	Unjudged     []ReportedUnjudged `json:"unjudged"`
	Note         string             `json:"note,omitempty"`
	Told         *Outcome           `json:"told,omitempty"`
	Command      *ReportedCommand   `json:"command,omitempty"`
	Requests     []ReportedRequest  `json:"requests"`
	Microseconds int64              `json:"microseconds,omitempty"`
}

// ReportedFinding is one way in which a requirement is not kept.
type ReportedFinding struct {
	ID      string  `json:"id"`
	Verdict Verdict `json:"verdict"`
	// Demanded: the scenario is about the requirement.
	Demanded bool   `json:"demanded,omitempty"`
	Want     string `json:"want"`
	Got      string `json:"got"`
	Request  int    `json:"request,omitempty"`
	Count    int    `json:"count"`
}

// ReportedUnjudged is a requirement that could not be judged.
type ReportedUnjudged struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Help   string `json:"help,omitempty"`
}

// ReportedCommand is how a command ended.
type ReportedCommand struct {
	Exit       int    `json:"exit"`
	Signal     string `json:"signal,omitempty"`
	TimedOut   bool   `json:"timed_out"`
	Complaints string `json:"complaints,omitempty"`
}

// longestComplaints is how much of standard error a report keeps, in bytes.
const longestComplaints = 2000

// Report makes a report of the run by this version of the program.
func (o Outcomes) Report(version string) Report {
	contract := o.Rules.Contract
	hide := o.redactor()
	report := Report{
		FormatVersion: ReportFormat, Tool: ReportTool{"dpconform", version}, Started: o.Started.UTC().Truncate(time.Millisecond),
		Milliseconds: o.Took.Milliseconds(), Command: []string{}, WireOnly: o.WireOnly,
		Description: ReportDescription{contract.File, contract.Digest, contract.Revision},
		Exit:        o.Exit(), Conclusion: o.Conclusion(), Counts: o.Count(), NotChosen: o.NotChosen,
		Requirements: []ReportedVerdict{}, Results: []ReportedResult{},
	}
	for _, word := range o.Command {
		report.Command = append(report.Command, hide.Text(word))
	}
	for _, one := range o.Requirements() {
		requirement, _ := contract.ClientRequirement(one.ID)
		report.Requirements = append(report.Requirements, ReportedVerdict{one.ID, string(requirement.Level), requirement.Statement,
			requirement.Quote, requirement.Source, one.Verdict})
	}
	for _, result := range o.Results {
		report.Results = append(report.Results, reportedResult(result, hide))
	}
	return report
}

func reportedResult(result Result, hide *redact.Redactor) ReportedResult {
	shown := ReportedResult{
		Name: hide.Text(result.Name()), Job: hide.Text(result.Job), Verdict: result.Verdict, Consumed: result.Consumed, Note: result.Note,
		Findings: []ReportedFinding{}, Unjudged: []ReportedUnjudged{}, Requests: []ReportedRequest{},
	}
	if result.Scenario != nil {
		shown.Scenario, shown.Title, shown.Steps = result.Scenario.Name, result.Scenario.Title, len(result.Scenario.Steps)
	}
	for _, f := range result.Findings {
		shown.Findings = append(shown.Findings, ReportedFinding{f.ID, f.Verdict, f.Demanded, hide.Text(f.Want), hide.Text(f.Got), f.Request, f.Count})
	}
	for _, one := range result.Unjudged {
		shown.Unjudged = append(shown.Unjudged, ReportedUnjudged{one.ID, hide.Text(one.Reason), one.Help})
	}
	for _, request := range result.Requests {
		shown.Requests = append(shown.Requests, reportedRequest(request, hide))
	}
	if result.Told != nil {
		shown.Told = harmlessOutcome(*result.Told, hide)
	}
	if command := result.Command; command != nil {
		complaints := command.lastComplaints(longestComplaints)
		shown.Command = &ReportedCommand{command.Exit, command.Signal, command.TimedOut, hide.Text(complaints)}
		shown.Microseconds = command.Took.Microseconds()
	}
	return shown
}

func harmlessOutcome(outcome Outcome, hide *redact.Redactor) *Outcome {
	shown := Outcome{Job: hide.Text(outcome.Job)}
	if outcome.NewID != nil {
		id := hide.Text(*outcome.NewID)
		shown.NewID = &id
	}
	if outcome.Error != nil {
		shown.Error = &ToldError{Code: outcome.Error.Code, Status: hide.Text(outcome.Error.Status), Message: hide.Text(outcome.Error.Message)}
	}
	return &shown
}

// WriteJSON writes the report for other programs.
func WriteJSON(out io.Writer, report Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}
