package html

import (
	"html"
	"html/template"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
)

// verdict is how a verdict is shown: by a word, a colour, and a mark of its own
// shape, so that nobody needs the colour.
type verdict struct {
	// Class names colour and mark in page.css and in the template of marks.
	Class string
	Word  string
	// Mark is a drawing without words. Said is the same drawing for where the word
	// does not stand beside it.
	Mark, Said template.HTML
}

// order is that of what a reader has to look at first.
var order = []result.Verdict{result.Fail, result.UnexpectedPass, result.Error, result.Warn, result.ExpectedFail, result.Skip, result.Pass}

var classes = map[result.Verdict]string{
	result.Pass: "pass", result.Fail: "fail", result.Warn: "warn", result.Skip: "skip", result.Error: "error",
	result.ExpectedFail: "expected", result.UnexpectedPass: "unexpected",
}

// notSelected is shown of what the run left aside.
const notSelected = "not selected"

// shown makes a verdict fit to be shown. An unknown one, of a report of a later
// version, keeps its word.
func shown(of result.Verdict) verdict {
	if known, there := shownVerdicts[of]; there {
		return known
	}
	return drawn("none", clean(string(of)))
}

var shownVerdicts = func() map[result.Verdict]verdict {
	all := map[result.Verdict]verdict{"": drawn("none", notSelected)}
	for of, class := range classes {
		all[of] = drawn(class, string(of))
	}
	return all
}()

func drawn(class, word string) verdict {
	drawing := `"><use href="#g-` + class + `"/></svg>`
	return verdict{class, word, template.HTML(`<svg class="m ` + class + `" aria-hidden="true` + drawing),
		template.HTML(`<svg class="m ` + class + `" role="img" aria-label="` + html.EscapeString(word) + drawing)}
}

// ofExit is the verdict that an exit code is like.
func ofExit(exit int) verdict {
	switch exit {
	case result.ExitConforms:
		return shown(result.Pass)
	case result.ExitFails:
		return shown(result.Fail)
	case result.ExitInconclusive:
		return shown(result.Skip)
	}
	return shown(result.Error)
}

// heavier is the one of two verdicts that a reader has to look at first.
func heavier(a, b result.Verdict) result.Verdict {
	place := func(of result.Verdict) int {
		if at := slices.Index(order, of); at >= 0 {
			return at
		}
		return len(order)
	}
	if place(b) < place(a) {
		return b
	}
	return a
}

// tally counts verdicts.
type tally map[result.Verdict]int

func (t tally) total() int {
	total := 0
	for _, count := range t {
		total += count
	}
	return total
}

// count is a number of things with a verdict.
type count struct {
	verdict
	Count int
	// InPart is how many of them were judged in part only.
	InPart int
	// At and Wide place it in a bar of barLength.
	At, Wide int
}

// barLength is the length of a bar in units of its drawing.
const barLength = 1000

// counts puts a tally in order and gives each verdict its part of a bar, none
// so small that it could not be seen.
func (t tally) counts() []count {
	const least = 8
	var all []count
	for _, of := range append(slices.Clone(order), unknownVerdicts(t)...) {
		if t[of] > 0 {
			all = append(all, count{verdict: shown(of), Count: t[of], Wide: max(least, t[of]*barLength/t.total())})
		}
	}
	over, widest := -barLength, 0
	for i := range all {
		over += all[i].Wide
		if all[i].Wide > all[widest].Wide {
			widest = i
		}
	}
	at := 0
	for i := range all {
		if i == widest {
			all[i].Wide -= over
		}
		all[i].At = at
		at += all[i].Wide
	}
	return all
}

func unknownVerdicts(t tally) []result.Verdict {
	var unknown []result.Verdict
	for of := range t {
		if !slices.Contains(order, of) {
			unknown = append(unknown, of)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// aspectsOf lists the aspects of a report: those of the suite in its order, and
// then whatever else there is.
func aspectsOf(from result.Report) []string {
	aspects := result.Aspects()
	for _, check := range from.Checks {
		if !slices.Contains(aspects, check.Aspect) {
			aspects = append(aspects, check.Aspect)
		}
	}
	for _, requirement := range from.Requirements {
		if !slices.Contains(aspects, requirement.Aspect) {
			aspects = append(aspects, requirement.Aspect)
		}
	}
	return aspects
}
