package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dpconform/dpconform/suites"
)

// The elements of JUnit XML as its readers know them:
// https://github.com/testmoapp/junitxml
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitMessage `xml:"failure,omitempty"`
		Error     *junitMessage `xml:"error,omitempty"`
		Skipped   *junitMessage `xml:"skipped,omitempty"`
		SystemOut string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML, one suite for each aspect. A
// failing check has a <failure>, one that could not be judged an <error>, and a
// warning stands in <system-out>, since JUnit has no word for it. A known
// failure is <skipped>, and a <failure> where it passes.
func WriteJUnit(out io.Writer, report Report) error {
	whole := junitSuites{Name: "dpconform " + report.Description.Title, Time: seconds(time.Duration(report.Milliseconds) * time.Millisecond)}
	for _, suite := range junitSuitesOf(report) {
		whole.Tests += suite.Tests
		whole.Failures += suite.Failures
		whole.Errors += suite.Errors
		whole.Skipped += suite.Skipped
		whole.Suites = append(whole.Suites, suite)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(whole); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// junitSuitesOf makes a suite of each aspect that was judged, and one of the age
// of recorded answers where they are stale.
func junitSuitesOf(report Report) []junitSuite {
	var all []junitSuite
	for _, aspect := range suites.Aspects() {
		if suite := junitSuiteOf(aspect, report); suite.Tests > 0 {
			all = append(all, suite)
		}
	}
	if report.Stale != "" {
		all = append(all, junitSuite{Name: "cassettes", Tests: 1, Failures: 1, Time: seconds(0), Timestamp: report.Started.Format("2006-01-02T15:04:05"),
			Cases: []junitCase{{Name: "cassettes/age: the recorded answers are not too old", ClassName: "dpconform.cassettes", Time: seconds(0),
				Failure: &junitMessage{report.Stale, "age", report.Stale}}}})
	}
	return all
}

func junitSuiteOf(aspect string, report Report) junitSuite {
	suite := junitSuite{
		Name: aspect, Timestamp: report.Started.Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"target", report.Target.Endpoint}, {"provenance", report.Target.Provenance},
			{"description", report.Description.File}, {"digest", report.Description.Digest},
		},
	}
	var took time.Duration
	for _, check := range report.Checks {
		if check.Aspect != aspect {
			continue
		}
		spent := time.Duration(check.Microseconds) * time.Microsecond
		took += spent
		one := junitCase{Name: check.ID + ": " + check.Title, ClassName: "dpconform." + aspect, Time: seconds(spent)}
		suite.Tests++
		switch check.Verdict {
		case suites.Fail:
			suite.Failures++
			one.Failure = &junitMessage{junitHeadline(check, suites.Fail), "requirement", findingsText(report, check)}
		case suites.UnexpectedPass:
			suite.Failures++
			one.Failure = &junitMessage{check.Reason, "known failure", check.Reason}
		case suites.ExpectedFail:
			suite.Skipped++
			one.Skipped = &junitMessage{Message: check.Reason}
			one.SystemOut = findingsText(report, check)
		case suites.Error:
			suite.Errors++
			one.Error = &junitMessage{check.Reason, "not judged", check.Reason}
		case suites.Skip:
			suite.Skipped++
			one.Skipped = &junitMessage{Message: suites.Result{Reason: check.Reason, Flag: check.Flag}.SkipText()}
		case suites.Warn:
			one.SystemOut = findingsText(report, check)
		}
		suite.Cases = append(suite.Cases, one)
	}
	suite.Time = seconds(took)
	return suite
}

func junitHeadline(check Check, verdict suites.Verdict) string {
	for _, finding := range check.Findings {
		if finding.Verdict == verdict {
			return fmt.Sprintf("%s: want %s, got %s", finding.Requirement, finding.Want, finding.Got)
		}
	}
	return check.ID
}

// findingsText says all findings of a check in plain text.
func findingsText(report Report, check Check) string {
	var text strings.Builder
	for _, finding := range check.Findings {
		fmt.Fprintf(&text, "%s %s\n", finding.Verdict, finding.Requirement)
		if requirement, found := report.requirement(finding.Requirement); found {
			fmt.Fprintf(&text, "  %s\n  %q\n  %s\n", requirement.Statement, requirement.Quote, requirement.Source)
		}
		fmt.Fprintf(&text, "  want: %s\n  got:  %s%s\n", finding.Want, finding.Got, times(finding.Count))
		if finding.Curl != "" {
			fmt.Fprintf(&text, "  %s\n", finding.Curl)
		}
	}
	return text.String()
}

func (r Report) requirement(id string) (Requirement, bool) {
	for _, requirement := range r.Requirements {
		if requirement.ID == id {
			return requirement, true
		}
	}
	return Requirement{}, false
}

func times(count int) string {
	if count > 1 {
		return fmt.Sprintf(" (in %d exchanges)", count)
	}
	return ""
}

func seconds(duration time.Duration) string { return fmt.Sprintf("%.3f", duration.Seconds()) }
