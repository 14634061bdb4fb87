package client

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The elements of JUnit XML as its readers know them:
// https://github.com/testmoapp/junitxml
type (
	junitSuite struct {
		XMLName   xml.Name    `xml:"testsuite"`
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitMessage `xml:"failure,omitempty"`
		Skipped   *junitMessage `xml:"skipped,omitempty"`
		SystemOut string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML, one case for each call. A warning
// stands in <system-out>, since JUnit has no word for it.
func WriteJUnit(out io.Writer, report Report) error {
	suite := junitSuite{Name: "dpconform client", Time: fmt.Sprintf("%.3f", float64(report.Milliseconds)/1000),
		Timestamp: report.Started.Format("2006-01-02T15:04:05")}
	for _, result := range report.Results {
		one := junitCase{Name: result.Name, ClassName: "dpconform.client", Time: fmt.Sprintf("%.3f", float64(result.Microseconds)/1e6)}
		suite.Tests++
		switch text := reportedText(report, result); result.Verdict {
		case Fail:
			suite.Failures++
			one.Failure = &junitMessage{headline(result), text}
		case Skip:
			suite.Skipped++
			one.Skipped = &junitMessage{headline(result), text}
		default:
			one.SystemOut = text
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
