package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// verdicts in the order in which they are told.
var verdicts = []result.Verdict{result.Pass, result.Fail, result.Warn, result.Skip}

const introduction = `# Clients

Small programs retry one job through the client libraries that Google publishes, and through curl, and
` + "`dpconform client`" + ` judges them: what they send, and what they do with a server's good and bad days. The programs are in
[clients/](../tools/clients), each with the versions that it pins. They do what a user of the library does: hold an access token
and a refresh token, call the method once, and tell what the library told them. Whatever is asked again, followed or
refreshed is the library's doing. What is found is reported as it is.

This page is written by ` + "`make clients`" + `, which brings the libraries from npm, PyPI, Maven and the Go module proxy.

`

// pageOf writes the page.
func pageOf(contract *spec.Contract, all []judged, left []skipped) string {
	var page strings.Builder
	page.WriteString(introduction)
	versions(&page, all, left)
	var found notes
	scenarioTable(&page, all, &found)
	found.write(&page)
	wireTable(&page, all)
	differences(&page, contract, all)
	return page.String()
}

func versions(page *strings.Builder, all []judged, left []skipped) {
	page.WriteString("| client | library | version | with |\n| --- | --- | --- | --- |\n")
	for _, one := range all {
		fmt.Fprintf(page, "| [%s](../tools/clients/%s) | %s | %s | %s %s |\n", one.name, one.folder, markdown.Code(one.library), one.version,
			one.runtimeName, one.runtimeVersion)
	}
	for _, one := range left {
		fmt.Fprintf(page, "\nSkipped: %s, because %s.\n", one.name, markdown.Words(one.reason))
	}
	for _, one := range all {
		if one.remark != "" {
			fmt.Fprintf(page, "\n%s: %s\n", one.name, markdown.Words(one.remark))
		}
	}
}

// scenarioTable has a row for each scenario and a column for each client.
func scenarioTable(page *strings.Builder, all []judged, found *notes) {
	page.WriteString("\n## Scenarios\n\nA number leads to the notes below.\n\n| scenario |")
	for _, one := range all {
		fmt.Fprintf(page, " %s |", one.name)
	}
	page.WriteString("\n| --- |" + strings.Repeat(" --- |", len(all)) + "\n")
	for _, scenario := range all[0].report.Checks {
		fmt.Fprintf(page, "| %s: %s |", markdown.Code(scenario.ID), markdown.Words(scenario.Title))
		for _, one := range all {
			fmt.Fprintf(page, " %s |", one.cell(scenario.ID, found))
		}
		page.WriteString("\n")
	}
	page.WriteString("| requirements kept |")
	for _, one := range all {
		kept := 0
		for _, requirement := range one.report.Requirements {
			if requirement.Verdict == result.Pass {
				kept++
			}
		}
		fmt.Fprintf(page, " %d of %d |", kept, len(one.report.Requirements))
	}
	page.WriteString("\n")
}

// cell is what came of a client in a scenario, with the numbers of the notes.
func (j judged) cell(scenario string, found *notes) string {
	check := j.check(scenario)
	if check == nil {
		return "not run"
	}
	cell := string(check.Verdict)
	if check.Verdict == result.Fail || check.Verdict == result.Warn {
		cell = "**" + cell + "**"
	}
	for _, number := range found.of(j, *check) {
		cell += fmt.Sprintf(" [%d](#notes)", number)
	}
	return cell
}

func (j judged) check(scenario string) *result.Check {
	for i := range j.report.Checks {
		if j.report.Checks[i].ID == scenario {
			return &j.report.Checks[i]
		}
	}
	return nil
}

// wireTable shows the request of a success, for everything that a client can be
// given.
func wireTable(page *strings.Builder, all []judged) {
	page.WriteString("\n## What they send\n\nThe call that goes well, as it is on the wire. All scenarios are run with the first line of each client.\n\n")
	page.WriteString("| client | is given | sends | Content-Type | Content-Length | body | judged |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, one := range all {
		for _, request := range one.sent {
			fmt.Fprintf(page, "| %s | %s | %s | %s | %s | %s | %s |\n", one.name, one.givenText(request.given),
				markdown.Code(request.request.Method+" "+request.request.URL), headerText(request.request, "Content-Type"),
				request.lengthText(), request.bodyText(), request.verdictText())
		}
	}
	for _, one := range all {
		for _, request := range one.sent {
			if reason := one.sentReasons[request.given]; reason != "" && len(request.findings) > 0 {
				fmt.Fprintf(page, "\n%s, given %s: %s\n", one.name, one.givenText(request.given), markdown.Words(reason))
			}
		}
	}
}

// givenText says in words what a client is given.
func (p program) givenText(what given) string {
	switch {
	case what == bare:
		return "`-X POST` alone"
	case !p.google && what == nothing:
		return "an empty body"
	case !p.google:
		return "`{}`"
	case what == nothing:
		return "no message"
	}
	return "the empty message"
}

// header is the first value of a header field, empty for none.
func header(request result.Message, name string) string {
	if values := request.Header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func headerText(request result.Message, name string) string {
	if value := header(request, name); value != "" {
		return markdown.Code(value)
	}
	return "none"
}

// lengthText tells the length. A request without one that the judge has nothing
// against is framed by a Transfer-Encoding.
func (s sent) lengthText() string {
	switch {
	case header(s.request, "Content-Length") != "":
		return headerText(s.request, "Content-Length")
	case s.finds("client.body.length"):
		return "none"
	}
	return "none, chunked"
}

// bodyText shows the body. A report holds no bytes that are no text, so that of
// one in gzip the length is told which its last four bytes have (RFC 1952,
// 2.3.1): an object of two bytes is {}, and whether it is one, the judge has read.
func (s sent) bodyText() string {
	body, coding := s.request.Body, header(s.request, "Content-Encoding")
	switch {
	case body == "":
		return "none"
	case coding == "":
		return markdown.Code(strings.Trim(strconv.Quote(body), `"`))
	case coding == "gzip" && strings.HasSuffix(body, "\x02\x00\x00\x00") && !s.finds("client.body.empty"):
		return "`{}`, in gzip"
	case coding == "gzip" && strings.HasSuffix(body, "\x00\x00\x00\x00"):
		return "nothing, in gzip"
	}
	return "something, in " + markdown.Code(coding)
}

func (s sent) finds(requirement string) bool {
	for _, finding := range s.findings {
		if finding.Requirement == requirement {
			return true
		}
	}
	return false
}

// verdictText is what the judge says of the request.
func (s sent) verdictText() string {
	if len(s.findings) == 0 {
		return string(result.Pass)
	}
	var parts []string
	for _, finding := range s.findings {
		parts = append(parts, fmt.Sprintf("**%s** %s", finding.Verdict, markdown.Code(finding.Requirement)))
	}
	return strings.Join(parts, ", ")
}
