package clienttest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The elements of JUnit XML, as the schemas of Apache Ant, of JUnit's legacy
// reports and of Jenkins agree on them: see package report.
type (
	junitSuite struct {
		XMLName    xml.Name        `xml:"testsuite"`
		Name       string          `xml:"name,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		SystemOut  string          `xml:"system-out"`
		SystemErr  string          `xml:"system-err"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Skipped   *junitSkipped `xml:"skipped,omitempty"`
		Failure   *junitMessage `xml:"failure,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Text string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML, one case for each call. A warning
// stands in <system-out>, since JUnit has no word for it.
func WriteJUnit(out io.Writer, report Report) error {
	suite := junitSuite{Name: "dpconform client", Hostname: "localhost", Time: fmt.Sprintf("%.3f", float64(report.Milliseconds)/1000),
		Timestamp:  report.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: junitProperties(report)}
	for _, result := range report.Results {
		one := junitCase{Name: result.Name, ClassName: "dpconform.client", Time: fmt.Sprintf("%.3f", float64(result.Microseconds)/1e6)}
		suite.Tests++
		switch text := reportedText(report, result); {
		case result.Verdict == Fail:
			suite.Failures++
			one.Failure = &junitMessage{headline(result), failureType(result), text}
		case result.Verdict == Skip:
			suite.Skipped++
			one.Skipped = &junitSkipped{headline(result) + "\n" + text}
		case text != "":
			suite.SystemOut += result.Name + "\n" + text
		}
		suite.Cases = append(suite.Cases, one)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// junitProperties say what was judged, by what, and what came of the whole.
func junitProperties(report Report) []junitProperty {
	return []junitProperty{
		{"tool", report.Tool.Name + " " + report.Tool.Version}, {"command", strings.Join(report.Command, " ")},
		{"description", report.Description.File}, {"digest", report.Description.Digest}, {"revision", report.Description.Revision},
		{"conclusion", report.Conclusion}, {"exit", strconv.Itoa(report.Exit)},
	}
}

// failureType says whether a requirement was broken, or only the scenario did
// not come to its end.
func failureType(result ReportedResult) string {
	for _, finding := range result.Findings {
		if finding.Verdict == Fail && strings.HasPrefix(finding.ID, "client.") {
			return "requirement"
		}
	}
	return "scenario"
}

// headline says in one line why a call has its verdict.
func headline(result ReportedResult) string {
	for _, finding := range result.Findings {
		if finding.Verdict == result.Verdict {
			return fmt.Sprintf("%s: want %s, got %s", finding.ID, finding.Want, finding.Got)
		}
	}
	for _, one := range result.Unjudged {
		return one.ID + ": " + one.Reason
	}
	return result.Note
}

// reportedText says all that was found of a call in plain text.
func reportedText(report Report, result ReportedResult) string {
	var text strings.Builder
	for _, finding := range result.Findings {
		fmt.Fprintf(&text, "%s %s\n", finding.Verdict, finding.ID)
		for _, requirement := range report.Requirements {
			if requirement.ID == finding.ID {
				fmt.Fprintf(&text, "  %s\n  %q\n  %s\n", requirement.Statement, requirement.Quote, requirement.Source)
			}
		}
		fmt.Fprintf(&text, "  want: %s\n  got:  %s\n", finding.Want, finding.Got)
	}
	for _, one := range result.Unjudged {
		fmt.Fprintf(&text, "skip %s: %s\n", one.ID, one.Reason)
	}
	return text.String()
}
