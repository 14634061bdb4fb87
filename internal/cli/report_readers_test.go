package cli

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"golang.org/x/net/html"
)

type verdictCounts struct{ Checks, Requirements map[result.Verdict]int }

func toldByJSON(t *testing.T, path string) told {
	var document struct {
		Exit   int
		Target struct{ Endpoint string }
		Counts verdictCounts
	}
	unmarshal(t, path, &document)
	return told{document.Exit, document.Target.Endpoint, document.Counts.Checks, document.Counts.Requirements, -1}
}

// toldByJUnit counts the cases. JUnit has one word for what fails and for what
// passes without being expected to, for skips and for known failures, and for
// passes and warnings: what the case says tells them apart.
func toldByJUnit(t *testing.T, path string) told {
	var document struct {
		Suites []struct {
			Output     string `xml:"system-out"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Cases []struct {
				Class   string `xml:"classname,attr"`
				Name    string `xml:"name,attr"`
				Failure *struct {
					Type string `xml:"type,attr"`
				} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *string   `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(writtenText(t, path)), &document); err != nil {
		t.Fatal(err)
	}
	found := told{exit: -1, checks: map[result.Verdict]int{}, exchanges: -1}
	for _, suite := range document.Suites {
		for _, property := range suite.Properties {
			switch property.Name {
			case "target":
				found.endpoint = property.Value
			case "exit":
				found.exit, _ = strconv.Atoi(property.Value)
			}
		}
		for _, one := range suite.Cases {
			id, _, _ := strings.Cut(one.Name, ":")
			verdict := result.Pass
			switch {
			case one.Class == "dpconform.cassettes":
				continue
			case one.Failure != nil && one.Failure.Type == "known failure":
				verdict = result.UnexpectedPass
			case one.Failure != nil:
				verdict = result.Fail
			case one.Error != nil:
				verdict = result.Error
			case one.Skipped != nil && strings.Contains(*one.Skipped, "\nexpected-fail "):
				verdict = result.ExpectedFail
			case one.Skipped != nil:
				verdict = result.Skip
			case strings.Contains("\n"+suite.Output, "\n"+id+"\n"):
				verdict = result.Warn
			}
			found.checks[verdict]++
		}
	}
	return found
}

func toldByMarkdown(t *testing.T, path string) told {
	found := told{exit: -1, checks: map[result.Verdict]int{}, exchanges: -1}
	var head []string
	for line := range strings.Lines(writtenText(t, path)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch cells[0] {
		case "aspect":
			head = cells
		case "all":
			for i, cell := range cells[1:] {
				found.checks[result.Verdict(head[i+1])], _ = strconv.Atoi(cell)
			}
		case "target":
			found.endpoint = regexp.MustCompile("`(http[^`]*)`").FindStringSubmatch(cells[1])[1]
		case "run":
			_, exit, _ := strings.Cut(cells[1], "exit ")
			found.exit, _ = strconv.Atoi(exit)
		}
	}
	return found
}

// toldByHTML counts the parts of the page that are about a requirement, a check
// and an exchange, by their classes.
func toldByHTML(t *testing.T, path string) told {
	page, err := html.Parse(strings.NewReader(writtenText(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	found := told{exit: -1, checks: map[result.Verdict]int{}, requirements: map[result.Verdict]int{}, exchanges: -1}
	for node := range page.Descendants() {
		if node.Type != html.ElementNode || node.Data != "details" {
			continue
		}
		at := slices.IndexFunc(node.Attr, func(one html.Attribute) bool { return one.Key == "class" })
		if at < 0 {
			continue
		}
		kind, verdict, _ := strings.Cut(node.Attr[at].Val, " ")
		verdict = strings.NewReplacer("unexpected", "unexpected-pass", "expected", "expected-fail").Replace(verdict)
		switch kind {
		case "check":
			found.checks[result.Verdict(verdict)]++
		case "requirement":
			found.requirements[result.Verdict(verdict)]++
		}
	}
	return found
}

func toldByHAR(t *testing.T, path string) told {
	var document struct {
		Log struct {
			Entries []struct{ Time float64 }
			Judged  struct {
				Endpoint string
				Exit     int
				Counts   verdictCounts
			} `json:"_dpconform"`
		}
	}
	unmarshal(t, path, &document)
	judged := document.Log.Judged
	return told{judged.Exit, judged.Endpoint, judged.Counts.Checks, judged.Counts.Requirements, len(document.Log.Entries)}
}

// toldBySARIF takes the counts, and holds them against the results and
// notifications.
func toldBySARIF(t *testing.T, path string) told {
	var document struct {
		Runs []struct {
			Results []struct {
				RuleID       string
				Level        string
				Suppressions []struct{ Kind string }
				Properties   struct{ Check string }
			}
			Invocations []struct {
				ExitCode                   int
				ToolExecutionNotifications []struct{ Level string }
			}
			Properties struct {
				Endpoint string
				verdictCounts
			}
		}
	}
	unmarshal(t, path, &document)
	run := document.Runs[0]
	checks := map[result.Verdict]map[string]bool{result.Fail: {}, result.ExpectedFail: {}}
	for _, found := range run.Results {
		switch {
		case found.Properties.Check == "":
		case len(found.Suppressions) > 0:
			checks[result.ExpectedFail][found.Properties.Check] = true
		case found.Level == "error":
			checks[result.Fail][found.Properties.Check] = true
		}
	}
	counts := run.Properties.Checks
	levels := map[string]int{}
	for _, one := range run.Invocations[0].ToolExecutionNotifications {
		levels[one.Level]++
	}
	if len(checks[result.Fail]) != counts[result.Fail] || len(checks[result.ExpectedFail]) != counts[result.ExpectedFail] ||
		levels["note"] != counts[result.Skip] || levels["error"] != counts[result.Error] {
		t.Errorf("SARIF counts %v and has results of %v and notifications %v", counts, checks, levels)
	}
	return told{run.Invocations[0].ExitCode, run.Properties.Endpoint, counts, run.Properties.Requirements, -1}
}

// toldByBadge reads the numbers: of requirements that pass, or that fail.
func toldByBadge(t *testing.T, path string) told {
	var document struct {
		Message, Color string
		IsError        bool
	}
	unmarshal(t, path, &document)
	found := told{exit: result.ExitConforms, exchanges: -1}
	switch {
	case strings.HasPrefix(document.Message, "inconclusive: "):
		found.exit = result.ExitInconclusive
	case document.IsError:
		found.exit = result.ExitFails
	}
	var number, total int
	_, err := fmt.Sscanf(strings.TrimPrefix(document.Message, "inconclusive: "), "%d of %d requirement", &number, &total)
	json := toldByJSON(t, strings.TrimSuffix(path, "badge.json")+"json")
	verdict := result.Pass
	if found.exit == result.ExitFails {
		verdict = result.Fail
	}
	if err == nil && (number != json.requirements[verdict] || total != sum(json.requirements)) {
		t.Errorf("the badge says %q of %v", document.Message, json.requirements)
	}
	if want := json.requirements[result.Fail] > 0 || found.exit != result.ExitFails; (err == nil) != want {
		t.Errorf("the badge says %q of %v", document.Message, json.requirements)
	}
	return found
}

func sum(counts map[result.Verdict]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}

// toldByAnnotations counts the commands: an error for each requirement that
// fails, and what the notice of skips says.
func toldByAnnotations(t *testing.T, path string) told {
	text := writtenText(t, path)
	failed := len(regexp.MustCompile(`(?m)^::error title=retry\.`).FindAllString(text, -1))
	skipped := 0
	if notice := regexp.MustCompile(`(?m)^::notice title=(\d+) checks? skipped`).FindStringSubmatch(text); notice != nil {
		skipped, _ = strconv.Atoi(notice[1])
	}
	json := toldByJSON(t, strings.TrimSuffix(path, "github")+"json")
	if failed != json.requirements[result.Fail] || skipped != json.checks[result.Skip] {
		t.Errorf("annotations tell of %d requirements that fail and %d skips; want %v, %v", failed, skipped, json.requirements, json.checks)
	}
	return told{exit: json.exit, exchanges: -1}
}
