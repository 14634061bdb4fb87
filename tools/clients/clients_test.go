package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// fakeReport is the variable that makes this test binary stand in for dpconform:
// it writes the report in the file of that name, and ends as the report says.
const fakeReport = "CLIENTS_TEST_REPORT"

func TestMain(m *testing.M) {
	if path := os.Getenv(fakeReport); path != "" {
		os.Exit(standIn(path, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func standIn(path string, arguments []string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	var found result.Report
	if err := json.Unmarshal(text, &found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	for _, argument := range arguments {
		if output, given := strings.CutPrefix(argument, "json="); given && os.WriteFile(output, text, 0o600) != nil {
			return 4
		}
	}
	return found.Exit
}

// reported is a report of one success, and of one redirect with findings.
func reported(findings ...result.Finding) result.Report {
	id := "b"
	call := result.Call{Reported: &result.Outcome{Job: "a", NewID: &id}}
	request := result.Message{Method: "POST", URL: "/v1/archiveJobs/a:retry?alt=json", Body: "{}\n",
		Header: map[string][]string{"Content-Type": {"application/json"}, "Content-Length": {"3"}}}
	verdict, exit := result.Pass, result.ExitConforms
	if len(findings) > 0 {
		verdict, exit = result.Fail, result.ExitFails
	}
	counts := map[result.Verdict]int{result.Pass: 1}
	counts[verdict]++
	return result.Report{
		FormatVersion: result.FormatVersion, Exit: exit, Counts: result.Counts{Checks: counts},
		Requirements: []result.Requirement{{Verdict: result.Pass}, {Verdict: result.Skip}},
		Exchanges:    []result.Exchange{{Number: 1, Request: request}},
		Checks: []result.Check{
			{ID: "success", Title: "all is well", Verdict: result.Pass, Call: &call, Exchanges: []int{1}},
			{ID: "redirect", Title: "to a|b", Verdict: verdict, Call: &result.Call{Reported: call.Reported}, Findings: findings},
		},
	}
}

// fake is a program that is there, and judged by the stand-in.
func fake(t *testing.T, name string) program {
	t.Helper()
	return program{name: name, folder: ".", library: "a-library", google: true, tools: []string{"go"},
		words: []string{"{folder}/retry"}, pinned: pin{"main.go", `package (\w+)`}, runtime: []string{"go", "version"}, runtimeName: "Go",
		runs: []given{message, nothing}}
}

// judgeFakes judges programs by the stand-in, which finds what the report says.
func judgeFakes(t *testing.T, report result.Report, page string, partial bool, programs ...program) (printed string, err error) {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(fakeReport, path)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = judgeAll(context.Background(), &out, settings{dpconform: self, page: page, root: ".", programs: programs, limit: time.Minute, partial: partial})
	return out.String(), err
}

// TestSkips: what cannot be run or brought is skipped by name, and the page keeps
// what it has unless the opposite is wanted.
func TestSkips(t *testing.T) {
	toolless, unbrought := fake(t, "Java"), fake(t, "Node.js")
	toolless.folder, toolless.tools = "java", []string{"go", "no-such-tool"}
	unbrought.folder, unbrought.brought = "node", [][]string{{"go", "version"}, {"go", "no-such-command"}}
	const before = "the results of all clients\n"
	for _, partial := range []bool{false, true} {
		page := filepath.Join(t.TempDir(), "clients.md")
		if err := os.WriteFile(page, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		printed, err := judgeFakes(t, reported(), page, partial, fake(t, "Go"), toolless, unbrought)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"skipped java: there is no no-such-tool\n", "skipped node: could not be installed (go: Run 'go help' for usage.)\n",
			"2 pass; exit 0\n"} {
			if !strings.Contains(printed, want) {
				t.Errorf("it does not print %q:\n%s", want, printed)
			}
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if kept := string(text) == before; kept == partial {
			t.Errorf("partial %v, and the page is kept: %v", partial, kept)
		}
		if partial && !strings.Contains(string(text), "\nSkipped: Java, because there is no no-such-tool.\n") {
			t.Errorf("the page does not name what was skipped:\n%s", text)
		}
	}
}

// TestNothingThere: without any client there is no page, whatever is wanted.
func TestNothingThere(t *testing.T) {
	page := filepath.Join(t.TempDir(), "clients.md")
	toolless := fake(t, "Java")
	toolless.tools = []string{"no-such-tool"}
	if _, err := judgeFakes(t, reported(), page, true, toolless); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(page); !os.IsNotExist(err) {
		t.Errorf("there is a page: %v", err)
	}
}

// TestAProgramAtALoss: a program that crashes, hangs, tells nothing or sends
// nothing is an error that names it, and no finding of its library.
func TestAProgramAtALoss(t *testing.T) {
	crashed := reported(result.Finding{Requirement: clientrun.ConditionExit, Verdict: result.Fail, Got: "the command ended with exit 1"})
	crashed.Checks[1].Call.Command = &result.Command{Exit: 1, Complaints: "Cannot find module"}
	hung := reported(result.Finding{Requirement: clientrun.ConditionTime, Verdict: result.Fail, Got: "it was ended"})
	silent := reported()
	silent.Checks[1].Call.Reported = nil
	mute := reported()
	mute.Checks[0].Exchanges = nil
	newer := reported()
	newer.FormatVersion++
	for name, test := range map[string]struct {
		report result.Report
		want   string
	}{
		"crashed": {crashed, "java: in the scenario redirect: the command ended with exit 1\nCannot find module"},
		"hung":    {hung, "java: in the scenario redirect: it was ended"},
		"silent":  {silent, "java: in the scenario redirect the program told nothing"},
		"mute":    {mute, "java: given message, the program sent nothing"},
		"newer":   {newer, "java: its report has the format 2, and not 1"},
	} {
		t.Run(name, func(t *testing.T) {
			page := filepath.Join(t.TempDir(), "clients.md")
			one := fake(t, "Java")
			one.folder, one.pinned.file = "java", "../main.go"
			_, err := judgeFakes(t, test.report, page, true, one)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("want %q, got %v", test.want, err)
			}
			if _, err := os.Stat(page); !os.IsNotExist(err) {
				t.Errorf("there is a page: %v", err)
			}
		})
	}
}

// TestThePage: versions, the table with its notes, the requests, and what is
// different, as the reports have it.
func TestThePage(t *testing.T) {
	finding := result.Finding{Requirement: "client.authorization.other-host", Verdict: result.Fail, Want: "no token", Got: "a *token*"}
	first, second := fake(t, "Go"), fake(t, "Python")
	first.reasons = map[string]string{"redirect": "its transport does it."}
	second.remark = "a <remark>."
	page := filepath.Join(t.TempDir(), "clients.md")
	if _, err := judgeFakes(t, reported(finding), page, false, first, second); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| [Python](../tools/clients/.) | `a-library` | main | Go 1.",
		"\nPython: a &lt;remark&gt;.\n",
		"| scenario | Go | Python |\n| --- | --- | --- |\n| `success`: all is well | pass | pass |\n",
		"| `redirect`: to a\\|b | **fail** [1](#notes) | **fail** [1](#notes) |\n",
		"| requirements kept | 1 of 2 | 1 of 2 |\n",
		"\n1. `client.authorization.other-host`: want no token, got a \\*token\\*. Go: its transport does it.\n\n",
		"| Go | the empty message | `POST /v1/archiveJobs/a:retry?alt=json` | `application/json` | `3` | `{}\\n` | pass |\n",
		"All of Google's clients judged here (Go and Python) send",
		"Without the message they send: Go `{}\\n` and Python `{}\\n`.",
		"- `client.body.empty`, of a client, documented: ",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "**The path.**") {
		t.Error("the page tells of a difference that was not seen")
	}
}

// TestTheRequest: what is said of a request that has no body, or one that is no
// text.
func TestTheRequest(t *testing.T) {
	lengthless := []result.Finding{{Requirement: "client.body.length", Verdict: result.Warn}}
	gzip := map[string][]string{"Content-Encoding": {"gzip"}}
	for _, test := range []struct {
		sent                  sent
		length, body, verdict string
	}{
		{sent{request: result.Message{Header: map[string][]string{"Content-Length": {"0"}}}}, "`0`", "none", "pass"},
		{sent{findings: lengthless}, "none", "none", "**warn** `client.body.length`"},
		{sent{request: result.Message{Header: gzip, Body: "\x1f�\b�C���\x02\x00\x00\x00"}}, "none, chunked", "`{}`, in gzip", "pass"},
		{sent{request: result.Message{Header: gzip, Body: "\x1f�\b�\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"}}, "none, chunked", "nothing, in gzip", "pass"},
		{sent{request: result.Message{Header: gzip, Body: "\x1f�"}}, "none, chunked", "something, in `gzip`", "pass"},
	} {
		if length, body, verdict := test.sent.lengthText(), test.sent.bodyText(), test.sent.verdictText(); length != test.length ||
			body != test.body || verdict != test.verdict {
			t.Errorf("%q: want %s | %s | %s, got %s | %s | %s", test.sent.request.Body, test.length, test.body, test.verdict, length, body, verdict)
		}
	}
}

// TestThePath: the difference is told with the names of those that show it.
func TestThePath(t *testing.T) {
	of := func(name string, verdict result.Verdict) judged {
		return judged{program: program{name: name, google: true},
			report: result.Report{Checks: []result.Check{{ID: "special-characters", Verdict: verdict}}}}
	}
	var page strings.Builder
	differences(&page, spec.MustLoadEmbedded(), []judged{of("Go", result.Pass), of("Java", result.Fail), of("Python", result.Fail)})
	for _, want := range []string{"Java and Python expand that", "With Go they are escaped"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.String())
		}
	}
}
