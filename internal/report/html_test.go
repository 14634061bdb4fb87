package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	page "github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// pageOf is the HTML page of a report, as text and as a browser reads it.
func pageOf(t testing.TB, from result.Report) (string, []*html.Node) {
	t.Helper()
	words := written(t, from, page.Write)
	document, err := html.Parse(strings.NewReader(words))
	if err != nil {
		t.Fatal(err)
	}
	var elements []*html.Node
	for below := range document.Descendants() {
		if below.Type == html.ElementNode {
			elements = append(elements, below)
		}
	}
	return words, elements
}

func attribute(node *html.Node, name string) string {
	for _, one := range node.Attr {
		if one.Key == name {
			return one.Val
		}
	}
	return ""
}

func textBelow(node *html.Node) string {
	var words strings.Builder
	for below := range node.Descendants() {
		if below.Type == html.TextNode {
			words.WriteString(below.Data + " ")
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}

// ownElements are those that the page has, and nothing else may be in it.
var ownElements = strings.Fields(`html head meta title style body svg rect a header div p b span time h1 h2 h3 h4
	code strong ul ol li main section table thead tbody tr th td details summary blockquote pre dl dt dd i mark footer script`)

// holdRules checks that nothing of a report became more than text, that ids are
// there once, and that links lead somewhere.
func holdRules(t *testing.T, words string, elements []*html.Node) {
	t.Helper()
	ids := map[string]bool{}
	for _, element := range elements {
		if id := attribute(element, "id"); id != "" {
			if ids[id] {
				t.Errorf("the id %q is there twice", id)
			}
			ids[id] = true
		}
	}
	level := 0
	for _, element := range elements {
		if !slices.Contains(ownElements, element.Data) {
			t.Errorf("there is an element %s", element.Data)
		}
		for _, one := range element.Attr {
			anchor, within := strings.CutPrefix(one.Val, "#")
			switch {
			case strings.HasPrefix(one.Key, "on"), slices.Contains([]string{"style", "src", "srcset", "action"}, one.Key):
				t.Errorf("<%s> has the attribute %s", element.Data, one.Key)
			case one.Key == "href" && within && !ids[anchor], one.Key == "aria-labelledby" && !ids[one.Val]:
				t.Errorf("%s leads to %q, which is not there", one.Key, one.Val)
			case one.Key == "href" && !within && !strings.HasPrefix(one.Val, "https://") && !strings.HasPrefix(one.Val, "http://"):
				t.Errorf("a link leads to %q", one.Val)
			}
		}
		if len(element.Data) == 2 && element.Data[0] == 'h' && element.Data[1] <= '6' {
			if next := int(element.Data[1] - '0'); next > level+1 {
				t.Errorf("%s %q follows h%d", element.Data, textBelow(element), level)
			} else {
				level = next
			}
		}
	}
	for _, character := range words {
		if character != '\n' && character != '\t' && (unicode.IsControl(character) || unicode.Is(unicode.Cf, character)) {
			t.Fatalf("the page holds the character %U", character)
		}
	}
}

func TestEveryPageKeepsTheRulesAndShowsEverythingOnce(t *testing.T) {
	t.Parallel()
	all := reports()
	all["empty"] = result.Report{}
	twice := failing()
	twice.Checks[0].ID, twice.Requirements = "", append(twice.Requirements, twice.Requirements[0])
	twice.Exchanges[4].Check, twice.Exchanges[4].Number, twice.Checks[4].Exchanges = "nobody", 9999, []int{9999, 1, 77}
	all["twice"] = twice
	for name, from := range all {
		words, elements := pageOf(t, from)
		holdRules(t, words, elements)
		exchanges, classes := map[string]int{}, map[string]int{}
		for _, element := range elements {
			if class, _, _ := strings.Cut(attribute(element, "class"), " "); element.Data == "details" {
				classes[class]++
				if class == "exchange" {
					exchanges[textBelow(element.FirstChild.FirstChild)]++
				}
			}
		}
		if classes["requirement"] != len(from.Requirements) || classes["check"] != len(from.Checks) {
			t.Errorf("%s: %d requirements and %d checks are shown of %d and %d", name, classes["requirement"], classes["check"], len(from.Requirements), len(from.Checks))
		}
		for _, exchange := range from.Exchanges {
			if got := exchanges[fmt.Sprint(exchange.Number)]; got != 1 {
				t.Errorf("%s: exchange %d is there %d times", name, exchange.Number, got)
			}
		}
	}
}

func TestThePageAnswersInOrder(t *testing.T) {
	t.Parallel()
	from := withKnown(failing())
	from.Target.Provenance = "recorded from an emulator"
	words, elements := pageOf(t, from)
	var body string
	for _, element := range elements {
		if element.Data == "body" {
			body = textBelow(element)
		}
		class := attribute(element, "class")
		_, open := "", slices.ContainsFunc(element.Attr, func(one html.Attribute) bool { return one.Key == "open" })
		if strings.HasPrefix(class, "requirement ") && open != (class == "requirement fail") || strings.HasPrefix(class, "check ") && open != strings.Contains(class, "fail") && open != strings.Contains(class, "warn") {
			t.Errorf("%s is open: %v", class, open)
		}
	}
	at := 0
	for _, part := range []string{"things.retry at http://127.0.0.1:8080", "Does not conform", "1 of 4 requirements failed; 1 of 5 checks failed.", "Recorded responses, not a live server. Recorded from an emulator",
		"4 requirements", "5 checks", "1 requirement failed", "x.path.one documented", "want 404 or 403 got 401, and more", "curl -i", "dpconform explain x.path.one",
		"Unexpected passes", "Errors", "the proxy is away", "Skipped: missing input", "--job CANCELLED=ID", "Warnings", "Known failures", "Requirements", "so *it* is", "fail: 1 of 2 checks",
		"Shown in the member /error/code", "Scopes", "Job states", "FAILED 2 jobs given; accepted", "Timing", "The run", "api/mine.yaml"} {
		next := strings.Index(body[at:], strings.Join(strings.Fields(part), " "))
		if next < 0 {
			t.Fatalf("%q is not behind %q", part, body[max(0, at-80):at])
		}
		at += next
	}
	for _, part := range []string{`<mark>&#34;code&#34;: 401</mark>`, "<code>one</code>", "<title>Does not conform – things.retry at http://127.0.0.1:8080</title>", `href="https://issues.example/1"`} {
		if !strings.Contains(words, part) {
			t.Errorf("there is no %s", part)
		}
	}
	if words, _ := pageOf(t, ofClient()); strings.Contains(words, `id="scopes"`) || strings.Contains(words, `id="states"`) || !strings.Contains(words, "client of things.retry at node client.js") ||
		!strings.Contains(words, "documented, platform; without --level, also everything that a scenario demands") {
		t.Error("the page of a client speaks of a server")
	}
}

// failingOften has ten requirements that failed, as many as asked for explained by
// causes.
func failingOften(explained int, causes ...result.Cause) result.Report {
	var checks []result.Check
	for i := range 10 {
		id := fmt.Sprintf("path.rule-%d", i)
		checks = append(checks, check(fmt.Sprintf("path/rule-%d", i), result.Fail, "", "", finding(id, result.Fail, i+1, "404", "200")))
	}
	made := report(result.ExitFails, "does not conform", checks...)
	made.Requirements = nil
	for i, one := range made.Checks {
		broken := requirement("x.path.rule", spec.Platform, fmt.Sprintf("The rule %d MUST hold.", i))
		broken.ID, broken.Verdict, broken.Checks = one.Findings[0].Requirement, result.Fail, []string{one.ID}
		made.Requirements = append(made.Requirements, broken)
	}
	for i := range causes {
		for at := range explained {
			causes[i].Requirements, causes[i].Checks = append(causes[i].Requirements, made.Requirements[at].ID), append(causes[i].Checks, made.Checks[at].ID)
			made.Checks[at].Findings[0].Cause = causes[i].ID
		}
	}
	made.Causes = causes
	return made
}

// TestFailuresAreFoldedBehindTheMostSevere holds a page of many failures to a few
// screens: the most severe are shown, the rest are one line that unfolds.
func TestFailuresAreFoldedBehindTheMostSevere(t *testing.T) {
	t.Parallel()
	cause := result.Cause{ID: "one", Summary: "it reads no path", Fix: "read it", Exchange: 1, Count: 10}
	for name, example := range map[string]struct {
		from  result.Report
		shown int
		label string
	}{
		"no cause":      {failingOften(0), 4, "and 6 more requirements"},
		"one cause":     {failingOften(10, cause), 1, "and 9 more requirements, explained by the cause"},
		"a part of it":  {failingOften(7, cause), 2, "and 8 more requirements, 6 of them explained by the cause"},
		"several":       {failingOften(10, cause, cause), 1, "and 9 more requirements, explained by the causes"},
		"few":           {failing(), 1, ""},
		"of no failure": {skipping(), 0, ""},
	} {
		for i := range example.from.Requirements {
			example.from.Requirements[i].Fix = "Follow it."
		}
		words, elements := pageOf(t, example.from)
		shown, label := 0, ""
		for _, element := range elements {
			if attribute(element, "aria-labelledby") != "failures" {
				continue
			}
			for below := range element.ChildNodes() {
				if below.Data == "ol" {
					for one := range below.ChildNodes() {
						if one.Data == "li" {
							shown++
						}
					}
				}
				if below.Data == "details" {
					label = textBelow(below.FirstChild)
				}
			}
		}
		if shown != example.shown || label != example.label {
			t.Errorf("%s: %d are shown, and %q", name, shown, label)
		}
		_, failures, _ := strings.Cut(words, `id="failures"`)
		failures, _, _ = strings.Cut(failures, "</section>")
		explained := 0
		if len(example.from.Causes) > 0 {
			explained = len(example.from.Causes[0].Requirements)
		}
		if said := strings.Count(failures, "<b>Explained by the cause"); said != explained || strings.Count(failures, "Follow it.")+said != strings.Count(failures, "<h3") {
			t.Errorf("%s: %d failures are explained by a cause", name, said)
		}
	}
}

// TestAFailureIsHeadedByItsSentence also checks what stands beside it: links to
// the rows that failed, the command above the response, long fields clamped.
func TestAFailureIsHeadedByItsSentence(t *testing.T) {
	t.Parallel()
	from := failing()
	from.Exchanges[1].Response.Header["X-Long"] = []string{strings.Repeat("long ", 100)}
	words, elements := pageOf(t, from)
	headings, long := "", ""
	for _, element := range elements {
		switch {
		case element.Data == "h3":
			headings += textBelow(element) + "\n"
		case attribute(element, "class") == "long":
			long += textBelow(element)
		}
	}
	if !strings.Contains(headings, "A path MUST be one.") || !strings.HasPrefix(long, "X-Long: long long") {
		t.Errorf("headings %q, clamped %q", headings, long)
	}
	for _, part := range []string{`in <a href="#path/example">path/example</a>`, "the same command with <code>--focus x.path.one</code>", "description of 2026-01-01"} {
		if !strings.Contains(words, part) {
			t.Errorf("there is no %s", part)
		}
	}
	if exchange := words[strings.Index(words, `id="exchange-2"`):]; strings.Index(exchange, "curl ") > strings.Index(exchange, "<p>Request") {
		t.Error("the command stands below the response")
	}
	from = failingOften(0)
	for i := range from.Checks {
		from.Checks[i].Findings[0].Requirement = "path.rule-0"
	}
	if words, _ := pageOf(t, from); !strings.Contains(words, `<a href="#path.rule-0">and 7 more checks</a>`) {
		t.Error("the rest of the checks is no link")
	}
}

func TestThePageIsClosedToOtherStylesAndScripts(t *testing.T) {
	t.Parallel()
	_, elements := pageOf(t, hostileReport())
	policy, found := "", map[string][]string{}
	for _, element := range elements {
		if attribute(element, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(element, "content")
		}
		if element.Data == "style" || element.Data == "script" {
			found[element.Data] = append(found[element.Data], element.FirstChild.Data)
		}
	}
	for _, name := range []string{"style", "script"} {
		if len(found[name]) != 1 || strings.Contains(found[name][0], "://") || strings.Contains(found[name][0], "url(") || strings.Contains(found[name][0], "@import") {
			t.Fatalf("%s: %q", name, found[name])
		}
		sum := sha256.Sum256([]byte(found[name][0]))
		if !strings.Contains(policy, name+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
			t.Errorf("%s is not in the policy %s", name, policy)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") {
		t.Error(policy)
	}
}

func TestALargeReportIsAShortPage(t *testing.T) {
	t.Parallel()
	var checks []result.Check
	for i := range 1000 {
		checks = append(checks, check(fmt.Sprintf("path/check-%d", i), result.Pass, "", ""))
	}
	long := report(result.ExitConforms, "conforms", checks...)
	if words, _ := pageOf(t, long); len(words) >= 3_000_000 {
		t.Errorf("the page of 1,000 checks has %d bytes", len(words))
	}
	huge := strings.Repeat("<\u202e\x00&", 10<<20/8)
	for i := range long.Exchanges {
		long.Exchanges[i].Response.Body, long.Exchanges[i].Request.Body = huge, huge
	}
	long.Checks[7] = check("path/check-7", result.Fail, huge, "", finding("x.path.one", result.Fail, 8, huge, huge))
	if words, _ := pageOf(t, long); len(words) > 8<<20 {
		t.Errorf("the page of long bodies has %d bytes", len(words))
	}
}

func TestAnyNumberOfScopesAndStates(t *testing.T) {
	t.Parallel()
	for _, number := range []int{0, 1, 8, 67, 500} {
		from := conforming()
		for i := range number {
			from.Scopes = append(from.Scopes, result.Scope{Short: fmt.Sprintf("family%d.thing%d", i%9, i), Family: fmt.Sprintf("family%d", i%9)})
			from.States = append(from.States, result.State{Name: fmt.Sprintf("STATE_%d", i), Retryable: i%3 == 1})
		}
		_, elements := pageOf(t, from)
		cells, states := 0, 0
		for _, element := range elements {
			class := attribute(element, "class")
			if strings.HasPrefix(class, "cell ") {
				cells++
				if !strings.HasSuffix(attribute(element, "aria-label"), ": not selected") {
					t.Errorf("a cell says %q", attribute(element, "aria-label"))
				}
			}
			if element.Data == "code" && class == "state" {
				states++
			}
		}
		if cells != number || states != number {
			t.Errorf("%d cells and %d states for %d", cells, states, number)
		}
	}
}

// FuzzFormats holds pages of any report that can be read to the rules, and no
// format may fail on one.
func FuzzFormats(f *testing.F) {
	for _, from := range reports() {
		f.Add([]byte(written(f, from, result.WriteJSON)))
	}
	f.Fuzz(func(t *testing.T, words []byte) {
		from, err := result.ReadJSON(words)
		if err != nil || result.Contradiction(from) != "" {
			return
		}
		for _, format := range Formats() {
			var out bytes.Buffer
			if err := format.Write(&out, from); err != nil {
				t.Fatalf("%s: %v", format.Name, err)
			}
		}
		page, elements := pageOf(t, from)
		holdRules(t, page, elements)
	})
}
