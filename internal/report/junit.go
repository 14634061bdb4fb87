package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// The elements of JUnit XML, as three schemas agree on them: that of Apache Ant
// (https://github.com/windyroad/JUnit-Schema), that of JUnit's own legacy reports
// (jenkins-junit.xsd) and that of Jenkins' xUnit plugin (junit-10.xsd). So the
// root has no totals, a reason stands in <skipped> and not in an attribute, and
// warnings stand in the <system-out> of their suite.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		ID         int             `xml:"id,attr"`
		Name       string          `xml:"name,attr"`
		Package    string          `xml:"package,attr"`
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
		Error     *junitMessage `xml:"error,omitempty"`
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

// WriteJUnit writes a result as JUnit XML, one suite for each aspect. A failing
// check has a <failure>, one that could not be tested an <error>, and a warning
// stands in the <system-out> of the suite, since JUnit has no word for it. A
// known failure is <skipped>, and a <failure> where it passes.
func WriteJUnit(out io.Writer, report result.Report) error {
	var all junitSuites
	for _, aspect := range report.Aspects() {
		if suite := junitSuiteOf(aspect, report); len(suite.Cases) > 0 {
			all.Suites = append(all.Suites, suite)
		}
	}
	if report.Stale != "" {
		suite := newJUnitSuite("cassettes", report)
		suite.add(junitCase{Name: "cassettes/age: the recorded responses are not too old", ClassName: "dpconform.cassettes", Time: seconds(0),
			Failure: &junitMessage{report.Stale, "age", report.Stale}})
		all.Suites = append(all.Suites, suite)
	}
	for i := range all.Suites {
		all.Suites[i].ID = i
	}
	page, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, xml.Header+text.Printable(string(page))+"\n")
	return err
}

// newJUnitSuite makes a suite without cases. The host of the run is left out: a
// report may be shared.
func newJUnitSuite(name string, report result.Report) junitSuite {
	suite := junitSuite{
		Name: name, Package: "dpconform", Hostname: "localhost", Time: seconds(0), Timestamp: report.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"target", cmp.Or(report.Target.Endpoint, targetLines(report)[0])}, {"provenance", report.Target.Provenance},
			{"description", report.Description.File}, {"digest", report.Description.Digest}, {"exit", strconv.Itoa(report.Exit)},
		},
	}
	for _, optional := range []junitProperty{{"proxy", report.Target.Proxy}, {"selected", report.Settings.Text()}, {"not selected", report.NotSelectedText()}} {
		if optional.Value != "" {
			suite.Properties = append(suite.Properties, optional)
		}
	}
	return suite
}

// add adds a case and counts it.
func (s *junitSuite) add(one junitCase) {
	s.Tests++
	switch {
	case one.Failure != nil:
		s.Failures++
	case one.Error != nil:
		s.Errors++
	case one.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, one)
}

func junitSuiteOf(aspect string, report result.Report) junitSuite {
	suite := newJUnitSuite(aspect, report)
	var took int64
	for _, check := range report.Checks {
		if check.Aspect != aspect {
			continue
		}
		took += check.Microseconds
		suite.add(junitCaseOf(report, check))
		if check.Verdict == result.Warn {
			suite.SystemOut += check.ID + "\n" + findingsText(report, check)
		}
	}
	suite.Time = seconds(took)
	return suite
}

func junitCaseOf(report result.Report, check result.Check) junitCase {
	one := junitCase{Name: check.ID + ": " + check.Title, ClassName: "dpconform." + check.Aspect, Time: seconds(check.Microseconds)}
	switch check.Verdict {
	case result.Fail:
		headline, about := check.ID, "requirement"
		for _, finding := range check.Findings {
			if finding.Verdict == result.Fail {
				headline = fmt.Sprintf("%s: want %s, got %s", finding.Requirement, finding.Want, finding.Got)
				if named, found := report.Named(finding.Requirement); found && named.Condition() {
					about = "condition"
				}
				break
			}
		}
		one.Failure = &junitMessage{headline, about, findingsText(report, check)}
	case result.UnexpectedPass:
		one.Failure = &junitMessage{check.Reason, "known failure", check.Reason}
	case result.ExpectedFail:
		one.Skipped = &junitSkipped{check.Reason + "\n" + findingsText(report, check)}
	case result.Error:
		one.Error = &junitMessage{check.Reason, "not tested", check.Reason}
	case result.Skip:
		one.Skipped = &junitSkipped{check.SkipText()}
	}
	return one
}

// findingsText gives all findings of a check in plain text.
func findingsText(report result.Report, check result.Check) string {
	var lines strings.Builder
	for _, finding := range check.Findings {
		fmt.Fprintf(&lines, "%s %s\n", finding.Verdict, finding.Requirement)
		requirement, found := report.Named(finding.Requirement)
		if found {
			fmt.Fprintf(&lines, "  %s\n", requirement.Statement)
			if requirement.Quote != "" {
				fmt.Fprintf(&lines, "  %q\n", requirement.Quote)
			}
			if requirement.Source != "" {
				fmt.Fprintf(&lines, "  %s\n", requirement.Source)
			}
		}
		fmt.Fprintf(&lines, "  want: %s\n  got:  %s%s\n", finding.Want, finding.Got, times(result.Alike{Found: result.Found{Finding: finding}, Checks: []string{check.ID}}))
		if finding.Curl != "" {
			fmt.Fprintf(&lines, "  %s\n", finding.Curl)
		}
		if fix := report.FixOf(requirement, result.Found{Finding: finding, Check: check}); fix != "" {
			fmt.Fprintf(&lines, "  fix:  %s\n", fix)
		}
	}
	return lines.String()
}

func seconds(microseconds int64) string {
	return fmt.Sprintf("%.3f", (time.Duration(microseconds) * time.Microsecond).Seconds())
}
