// Package html writes a result as one page for a browser: a single file that
// needs no network and no script. It is made from the result alone, so the same
// page can be made from its JSON form at any time.
//
// Whatever a report says is taken for the text of somebody else: html/template
// escapes it, control characters are shown and not obeyed, and only web addresses
// become links.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

//go:embed page.gohtml
var pageTemplate string

//go:embed page.css
var style string

// script unfolds what a link leads to, in browsers that do not by themselves, and
// gives each command a button that copies it. Without it the page lacks nothing
// else.
const script = `for(const e of document.querySelectorAll("pre.copy")){const b=document.createElement("button");b.type="button";b.textContent="Copy";b.onclick=async()=>{const t=e.firstChild.data;try{await navigator.clipboard.writeText(t);b.textContent="Copied"}catch{getSelection().selectAllChildren(e);b.textContent="Selected"}setTimeout(()=>b.textContent="Copy",2e3)};e.append(b)}function unfold(){for(let e=document.getElementById(decodeURIComponent(location.hash.slice(1)));e;e=e.parentElement)if(e.localName=="details")e.open=true}addEventListener("hashchange",unfold);unfold()`

// templates are parsed at the first page: most commands make none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs((&page{}).functions()).Parse(pageTemplate))
})

// Write writes the page of a report. It writes nothing before the whole page is
// made.
func Write(out io.Writer, report result.Report) error {
	made := newPage(report)
	tmpl, err := templates().Clone()
	if err != nil {
		return err
	}
	var buffer bytes.Buffer
	if err := tmpl.Funcs(made.functions()).Execute(&buffer, made); err != nil {
		return err
	}
	_, err = io.WriteString(out, text.Printable(buffer.String()))
	return err
}

// page is what the template shows, with the places of everything on it.
type page struct {
	result.Report
	taken map[string]bool
	// requirements, checks and exchanges are the ids on the page, by the names in
	// the report. They are safe in a link as they are.
	requirements, checks map[string]template.URL
	exchanges            map[int]template.URL
	byID                 map[string]*result.Check
	byNumber             map[int]*result.Exchange
	// home is the requirement that shows a check; under is the check that shows an
	// exchange.
	home     map[string]string
	under    map[int]string
	sent     map[string][]int
	evidence map[int][]result.Place
	budget   budget
}

func newPage(report result.Report) *page {
	p := &page{
		Report: report, taken: map[string]bool{}, requirements: map[string]template.URL{}, checks: map[string]template.URL{}, exchanges: map[int]template.URL{},
		byID: map[string]*result.Check{}, byNumber: map[int]*result.Exchange{}, home: map[string]string{}, under: map[int]string{}, sent: map[string][]int{},
		evidence: map[int][]result.Place{},
	}
	for _, name := range []string{"top", "main", "failures", "warnings", "errors", "unexpected", "scopes", "states", "requirements", "not-judged", "skipped", "untested", "known", "timing", "facts"} {
		p.taken[name] = true
	}
	for _, requirement := range report.Requirements {
		if p.requirements[requirement.ID] == "" {
			p.requirements[requirement.ID] = p.anchor(requirement.ID)
		}
	}
	for i := range report.Exchanges {
		if exchange := &report.Exchanges[i]; p.byNumber[exchange.Number] == nil {
			p.byNumber[exchange.Number], p.exchanges[exchange.Number] = exchange, p.anchor("exchange-"+strconv.Itoa(exchange.Number))
			p.sent[exchange.Check] = append(p.sent[exchange.Check], exchange.Number)
		}
	}
	for i := range report.Checks {
		p.placeCheck(&report.Checks[i])
	}
	for _, exchange := range report.Exchanges {
		if p.byID[exchange.Check] != nil {
			p.under[exchange.Number] = exchange.Check
		}
	}
	p.budget = p.newBudget()
	return p
}

// placeCheck puts a check under the requirement that it found broken, or else
// the first that it is about.
func (p *page) placeCheck(check *result.Check) {
	if p.byID[check.ID] != nil {
		return
	}
	p.byID[check.ID], p.checks[check.ID] = check, p.anchor(check.ID)
	var about []string
	for _, finding := range check.Findings {
		about = append(about, finding.Requirement)
		p.evidence[finding.Exchange] = append(p.evidence[finding.Exchange], finding.Place)
	}
	for _, id := range append(about, check.Requirements...) {
		if p.home[check.ID] == "" && p.requirements[id] != "" {
			p.home[check.ID] = id
		}
	}
	for _, number := range p.numbers(check) {
		if p.under[number] == "" {
			p.under[number] = check.ID
		}
	}
}

// anchor gives an id that is like a name, and that nothing else on the page has.
func (p *page) anchor(name string) template.URL {
	wanted := strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._/-", r)) {
			return r
		}
		return '-'
	}, name[:min(len(name), 160)])
	if wanted == "" {
		wanted = "unnamed"
	}
	free := wanted
	for i := 2; p.taken[free]; i++ {
		free = wanted + "--" + strconv.Itoa(i)
	}
	p.taken[free] = true
	return template.URL(free)
}

// functions are those of the template.
func (p *page) functions() template.FuncMap {
	return template.FuncMap{
		"requirementID": func(id string) template.URL { return p.requirements[id] },
		"checkID":       func(id string) template.URL { return p.checks[id] },
		"exchangeID":    func(number int) template.URL { return p.exchanges[number] },
		"failed":        result.FailedText,
		"class":         class,
		"word":          word,
		"counts":        countsOf,
		"capital":       capital,
		"cut":           func(words string) string { return text.Cut(words, 4<<10) },
		"glance":        func(words string) string { return text.Line(text.Cut(words, 160)) },
		"counted":       text.Counted,
		"took":          took,
		"place":         placeText,
		"address":       text.WebAddress,
		"code":          withCode,
		"pasteable":     pasteable,
		"named":         p.named,
		"noun":          p.noun,
		"again":         p.again,
		"explained":     p.ExplainedText,
		"explains":      p.Explains,
		"curlFor":       p.CurlFor,
		"more":          p.more,
		"listed":        p.listed,
		"checksIn":      checksIn,
		"failing":       failingRows,
		"names":         func(ids []string) references { return references{IDs: ids, Anchors: p.checks} },
		"demands":       func(ids []string) references { return references{IDs: ids, Anchors: p.requirements} },
	}
}

// references are names of checks, of which those on the page are links. Words
// stand instead of them where many checks have one name; More are not named.
type references struct {
	IDs     []string
	Anchors map[string]template.URL
	Words   string
	More    int
}

// named names the first few of many checks.
func (p *page) named(ids []string) references {
	const few = 4
	if words := p.Names(ids); words != result.ChecksText(ids) && words != strings.Join(ids, ", ") {
		return references{Words: words}
	}
	if len(ids) > few {
		return references{IDs: ids[:few-1], Anchors: p.checks, More: len(ids) - few + 1}
	}
	return references{IDs: ids, Anchors: p.checks}
}

// group is the requirements of one aspect. Counts are those of its checks; of a
// client, whose checks have no aspect, those of its requirements.
type group struct {
	Name         string
	Checks       int
	Counts       map[result.Verdict]int
	Requirements []requirement
}

// requirement is a requirement with all that the run says of it.
type requirement struct {
	result.Requirement
	Anchor template.URL
	Open   bool
	// Outcome says how many of its checks say so; InPart that some did not test it.
	Outcome string
	InPart  bool
	// Home are the checks that it shows: those with a finding of it or, if there are
	// none, all. Rest are those without one, and Others stand elsewhere.
	Home, Rest []check
	Others     []*result.Check
}

// check is a check with the exchanges that it shows.
type check struct {
	*result.Check
	Anchor    template.URL
	Open      bool
	Exchanges []exchange
	// Elsewhere are exchanges that stand under another check.
	Elsewhere []int
}

// openChecks is the number of checks of a failing requirement that are unfolded.
const openChecks = 2

// Groups lists the requirements by their aspects. What fails is unfolded.
func (p *page) Groups() []group {
	homes := map[string][]*result.Check{}
	for i := range p.Checks {
		if one := &p.Checks[i]; p.byID[one.ID] == one {
			homes[p.home[one.ID]] = append(homes[p.home[one.ID]], one)
		}
	}
	at, groups := map[string]int{}, []group{}
	for _, aspect := range p.Aspects() {
		at[aspect] = len(groups)
		one := group{Name: capital(result.AspectTitle(aspect)), Counts: p.CountsOf(aspect).Checks}
		for _, count := range one.Counts {
			one.Checks += count
		}
		if p.Client != nil {
			// A call tests many aspects.
			one.Counts, one.Checks = p.CountsOf(aspect).Requirements, 0
		}
		groups = append(groups, one)
	}
	seen := map[string]bool{}
	for _, from := range p.Requirements {
		made := requirement{Requirement: from, Anchor: p.requirements[from.ID], Open: from.Verdict == result.Fail}
		made.Outcome, made.InPart = p.outcome(from)
		if seen[from.ID] {
			// Only a report that was edited has one twice.
			made.Anchor = p.anchor(from.ID)
		} else {
			for _, home := range homes[from.ID] {
				one := p.check(home)
				if !slices.ContainsFunc(one.Findings, func(found result.Finding) bool { return found.Requirement == from.ID }) {
					made.Rest = append(made.Rest, one)
					continue
				}
				one.Open = len(made.Home) < openChecks
				made.Home = append(made.Home, one)
			}
			if len(made.Home) == 0 {
				made.Home, made.Rest = made.Rest, nil
			}
			for _, id := range from.Checks {
				if one := p.byID[id]; one != nil && p.home[id] != from.ID {
					made.Others = append(made.Others, one)
				}
			}
		}
		seen[from.ID] = true
		to := &groups[at[from.Aspect]]
		to.Requirements = append(to.Requirements, made)
	}
	return slices.DeleteFunc(groups, func(one group) bool { return len(one.Requirements) == 0 })
}

// OtherChecks are those that are about no requirement of the report.
func (p *page) OtherChecks() []check {
	var others []check
	for i := range p.Checks {
		if one := &p.Checks[i]; p.byID[one.ID] == one && p.home[one.ID] == "" {
			others = append(others, p.check(one))
		}
	}
	return others
}

// OtherExchanges are those that no check shows.
func (p *page) OtherExchanges() []exchange {
	var others []exchange
	for i := range p.Exchanges {
		if one := &p.Exchanges[i]; p.byNumber[one.Number] == one && p.byID[p.under[one.Number]] == nil {
			others = append(others, p.exchange(one))
		}
	}
	return others
}

func (p *page) check(from *result.Check) check {
	made := check{Check: from, Anchor: p.checks[from.ID]}
	for _, number := range p.numbers(from) {
		if p.under[number] == from.ID {
			made.Exchanges = append(made.Exchanges, p.exchange(p.byNumber[number]))
		} else {
			made.Elsewhere = append(made.Elsewhere, number)
		}
	}
	return made
}

// numbers are the exchanges of the report that a check looked at, sent, or found
// something in, each once.
func (p *page) numbers(check *result.Check) []int {
	numbers := slices.Clone(check.Exchanges)
	for _, finding := range check.Findings {
		numbers = append(numbers, finding.Exchange)
	}
	numbers = append(numbers, p.sent[check.ID]...)
	seen := map[int]bool{}
	return slices.DeleteFunc(numbers, func(number int) bool {
		twice := seen[number] || p.byNumber[number] == nil
		seen[number] = true
		return twice
	})
}

// outcome says a verdict by the number of checks that give it: "1 of 12 checks:
// fail". A requirement passes in part where some checks did not test it.
func (p *page) outcome(requirement result.Requirement) (words string, inPart bool) {
	said, total := map[result.Verdict]int{}, 0
	for _, id := range requirement.Checks {
		if check := p.byID[id]; check != nil {
			said[about(check, requirement)]++
			total++
		}
	}
	inPart = requirement.Verdict == result.Pass && (requirement.Reason != "" || said[result.Skip] > 0)
	words = word(requirement.Verdict)
	if of := said[requirement.Verdict]; of > 0 && of < total {
		words = fmt.Sprintf("%s: %d of %s", words, of, text.Counted(total, p.noun()))
	} else if of > 0 {
		words = fmt.Sprintf("%s: %s", words, text.Counted(total, p.noun()))
	}
	if requirement.Verdict != result.Skip && said[result.Skip] > 0 {
		words += fmt.Sprintf(", %d not tested", said[result.Skip])
	}
	return words, inPart
}

// about is what a check says of a requirement.
func about(check *result.Check, requirement result.Requirement) result.Verdict {
	verdict, _ := check.About(requirement.ID)
	if verdict == result.Pass && check.Verdict == result.UnexpectedPass && requirement.Verdict == result.UnexpectedPass {
		return result.UnexpectedPass
	}
	return verdict
}

// Security is the Content-Security-Policy. Style and script are named by their
// digests, so that one that came in with a report would not be obeyed.
// Source: https://www.w3.org/TR/CSP3/#framework-directives
func (p *page) Security() string {
	digest := func(words string) string {
		sum := sha256.Sum256([]byte(words))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + digest(text.Printable(style)) + "; script-src " + digest(script) + "; img-src data:; base-uri 'none'; form-action 'none'"
}

// Style and Script are the elements of the page that are not from a report.
func (p *page) Style() template.HTML { return template.HTML("<style>" + style + "</style>") }

// Script is the script element.
func (p *page) Script() template.HTML { return template.HTML("<script>" + script + "</script>") }
