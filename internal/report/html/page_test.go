package html

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// written is the page of a report, as text and as a browser reads it.
func written(t testing.TB, from report.Report) (string, *html.Node) {
	t.Helper()
	var page bytes.Buffer
	if err := Write(&page, from); err != nil {
		t.Fatal(err)
	}
	document, err := html.Parse(bytes.NewReader(page.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return page.String(), document
}

// elements lists the elements below a node, in order.
func elements(node *html.Node) []*html.Node {
	var all []*html.Node
	for below := range node.Descendants() {
		if below.Type == html.ElementNode {
			all = append(all, below)
		}
	}
	return all
}

func attributeOf(node *html.Node, name string) string {
	for _, attribute := range node.Attr {
		if attribute.Key == name {
			return attribute.Val
		}
	}
	return ""
}

func textBelow(node *html.Node) string {
	var text strings.Builder
	for below := range node.Descendants() {
		if below.Type == html.TextNode {
			text.WriteString(below.Data)
		}
	}
	return text.String()
}

// reports are the samples that every rule of the page is held against.
func reports() map[string]report.Report {
	failing, empty := sample(30), report.Report{}
	fail(&failing, 12, result.InStatus)
	skipped := sample(20)
	for i := range 5 {
		skipped.Checks[i].Verdict, skipped.Checks[i].Reason, skipped.Checks[i].Flag = result.Skip, "no job was given", "--job COMPLETE=ID"
	}
	skipped.Exit, skipped.Conclusion, skipped.Counts = result.ExitInconclusive, "inconclusive: nothing failed", countsOf(skipped)
	known := sample(20)
	known.KnownFailures = []report.KnownFailure{
		{Name: "known.yaml:2", Entry: "check: a", Reason: "why", Issue: "https://issues.example/1", State: result.KnownUsed, Checks: []string{known.Checks[0].ID}},
		{Name: "known.yaml:3", Entry: "check: b", Reason: "why", Issue: "javascript:alert(1)", State: result.KnownPassed, Checks: []string{"nowhere"}}}
	return map[string]report.Report{"passing": sample(30), "failing": failing, "skipped": skipped, "known": known, "empty": empty, "hostile": hostile()}
}

// fail lets a check fail at a place of its second exchange.
func fail(of *report.Report, number int, place result.Place) {
	check := &of.Checks[number]
	check.Verdict = result.Fail
	check.Findings = append(check.Findings, report.Finding{Requirement: check.Requirements[0], Verdict: result.Fail, Want: "the wanted thing", Got: "the gotten thing",
		Exchange: check.Exchanges[1], Count: 1, Place: place, Curl: "curl -i http://127.0.0.1:8080/"})
	for i := range of.Requirements {
		if of.Requirements[i].ID == check.Requirements[0] {
			of.Requirements[i].Verdict = result.Fail
		}
	}
	of.Exit, of.Conclusion, of.Counts = result.ExitFails, "does not conform", countsOf(*of)
}

func TestEveryPageKeepsTheRules(t *testing.T) {
	for name, from := range reports() {
		t.Run(name, func(t *testing.T) {
			_, document := written(t, from)
			all := elements(document)
			ids := idsOf(t, all)
			for _, element := range all {
				holdElement(t, element, ids)
			}
			holdHeadings(t, all)
		})
	}
}

func idsOf(t *testing.T, all []*html.Node) map[string]bool {
	ids := map[string]bool{}
	for _, element := range all {
		id := attributeOf(element, "id")
		if ids[id] && id != "" {
			t.Errorf("the id %q is there twice", id)
		}
		ids[id] = true
	}
	return ids
}

// ownElements are those that the page has, and nothing else may be in it.
var ownElements = strings.Fields(`html head meta title link style body svg defs symbol circle path rect use g text line a header div p b span time h1 h2 h3 h4
	code strong ul ol li nav main section table thead tbody tr th td details summary blockquote pre dl dt dd i mark label input button footer script`)

func holdElement(t *testing.T, element *html.Node, ids map[string]bool) {
	if !slices.Contains(ownElements, element.Data) {
		t.Errorf("there is an element %s", element.Data)
	}
	for _, attribute := range element.Attr {
		switch {
		case strings.HasPrefix(attribute.Key, "on"), attribute.Key == "style", attribute.Key == "src", attribute.Key == "srcset", attribute.Key == "action":
			t.Errorf("<%s> has the attribute %s", element.Data, attribute.Key)
		case attribute.Key == "href":
			holdLink(t, element, attribute.Val, ids)
		case strings.HasPrefix(attribute.Key, "aria-") && (strings.HasSuffix(attribute.Key, "by")), attribute.Key == "for":
			if !ids[attribute.Val] {
				t.Errorf("%s names %q, which is not there", attribute.Key, attribute.Val)
			}
		}
	}
}

func holdLink(t *testing.T, element *html.Node, to string, ids map[string]bool) {
	anchor, within := strings.CutPrefix(to, "#")
	switch {
	case within && !ids[anchor]:
		t.Errorf("a link leads to %q, which is not there", to)
	case within, element.Data == "link" && strings.HasPrefix(to, "data:image/svg+xml,"):
	case element.Data == "a" && (strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "http://")):
	default:
		t.Errorf("<%s> leads to %q", element.Data, to)
	}
}

func holdHeadings(t *testing.T, all []*html.Node) {
	last := 0
	for _, element := range all {
		if len(element.Data) != 2 || element.Data[0] != 'h' || element.Data == "hr" {
			continue
		}
		level := int(element.Data[1] - '0')
		if level > last+1 || level == 1 && last != 0 {
			t.Errorf("h%d %q follows h%d", level, textBelow(element), last)
		}
		last = level
	}
}

func TestPageIsShutForOtherStylesAndScripts(t *testing.T) {
	_, document := written(t, hostile())
	policy, styles, scripts := "", []string{}, []string{}
	for _, element := range elements(document) {
		switch {
		case attributeOf(element, "http-equiv") == "Content-Security-Policy":
			policy = attributeOf(element, "content")
		case element.Data == "style":
			styles = append(styles, textBelow(element))
		case element.Data == "script":
			scripts = append(scripts, textBelow(element))
		}
	}
	if len(styles) != 1 || len(scripts) != 1 {
		t.Fatalf("there are %d styles and %d scripts", len(styles), len(scripts))
	}
	for _, part := range []string{"default-src 'none';", "style-src " + digestOf(styles[0]) + ";", "script-src " + digestOf(scripts[0]) + ";"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy %q lacks %q", policy, part)
		}
	}
	for _, text := range []string{styles[0], scripts[0]} {
		if strings.Contains(text, "://") || strings.Contains(text, "@import") || strings.Contains(text, "url(") {
			t.Error("style or script name something outside of the page")
		}
	}
}

func TestEveryExchangeStandsOnThePageOnce(t *testing.T) {
	for name, from := range reports() {
		_, document := written(t, from)
		numbers := map[string]int{}
		for _, element := range elements(document) {
			if element.Data == "details" && attributeOf(element, "class") == "exchange" {
				numbers[textBelow(element.FirstChild.FirstChild)]++
			}
		}
		for _, exchange := range from.Exchanges {
			if got := numbers[fmt.Sprint(exchange.Number)]; got != 1 {
				t.Errorf("%s: exchange %d is there %d times", name, exchange.Number, got)
			}
		}
	}
}

func TestEveryRequirementAndCheckStandsOnThePage(t *testing.T) {
	for name, from := range reports() {
		_, document := written(t, from)
		found := map[string]int{}
		for _, element := range elements(document) {
			if class, _, _ := strings.Cut(attributeOf(element, "class"), " "); element.Data == "details" {
				found[class]++
			}
		}
		if found["requirement"] != len(from.Requirements) || found["check"] != len(from.Checks) {
			t.Errorf("%s: %d requirements and %d checks are shown of %d and %d", name, found["requirement"], found["check"], len(from.Requirements), len(from.Checks))
		}
	}
}

func TestTitleAndTopSayTheVerdict(t *testing.T) {
	recorded := sample(10)
	recorded.Target.Source, recorded.Target.Provenance = "cassettes", "recorded from something — not an answer of Google's"
	page, document := written(t, recorded)
	if !strings.Contains(page, "<title>Conforms – Some API, some.method at http://127.0.0.1:8080</title>") {
		t.Error("the title does not say the verdict")
	}
	for _, element := range elements(document) {
		if element.Data == "header" && !strings.Contains(textBelow(element), "not an answer of Google's") {
			t.Error("the top does not say whose answers were judged")
		}
	}
	sharded := reports()["sharded"]
	sharded.Conclusion = "shard 2/8: conforms"
	if page, _ := written(t, sharded); !strings.Contains(page, "<title>Conforms –") || !strings.Contains(page, "This is shard 2 of 8.") {
		t.Error("the page of a shard does not say its verdict and its number")
	}
}

func TestCountsAreThoseOfTheReport(t *testing.T) {
	from := reports()["failing"]
	_, document := written(t, from)
	for _, element := range elements(document) {
		if attributeOf(element, "class") != "total" {
			continue
		}
		text := strings.Join(strings.Fields(textBelow(element)), " ")
		if text != "3 requirements1 fail2 pass" && text != "30 checks1 fail29 pass" {
			t.Errorf("a total says %q", text)
		}
	}
}

func TestPageOfTheJSONFormIsTheSame(t *testing.T) {
	from := reports()["failing"]
	var text bytes.Buffer
	if err := report.WriteJSON(&text, from); err != nil {
		t.Fatal(err)
	}
	again, err := result.ReadJSON(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	first, _ := written(t, from)
	second, _ := written(t, again)
	if first != second {
		t.Error("the page differs")
	}
}
