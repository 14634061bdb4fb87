package html

import (
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// class names the colour and the mark of a verdict in page.css.
func class(verdict result.Verdict) string {
	switch verdict {
	case result.Pass, result.Fail, result.Warn, result.Skip, result.Error:
		return string(verdict)
	case result.ExpectedFail:
		return "expected"
	case result.UnexpectedPass:
		return "unexpected"
	}
	return "none"
}

func word(verdict result.Verdict) string {
	if verdict == "" {
		return "not selected"
	}
	return text.Line(text.Cut(string(verdict), 40))
}

// severity is the order in which a reader has to look at verdicts.
var severity = []result.Verdict{result.Fail, result.UnexpectedPass, result.Error, result.Warn, result.ExpectedFail, result.Skip, result.Pass}

// count is a number of things with a verdict, and its part of a bar.
type count struct {
	Verdict  result.Verdict
	Count    int
	At, Wide int
}

// countsOf puts counts in order, each with its part of a bar of 1,000 units, none
// so small that it could not be seen.
func countsOf(counts map[result.Verdict]int) []count {
	total := 0
	for _, number := range counts {
		total += number
	}
	order := slices.Clone(severity)
	for verdict := range counts {
		if !slices.Contains(order, verdict) {
			order = append(order, verdict)
		}
	}
	slices.Sort(order[len(severity):])
	var all []count
	at := 0
	for _, verdict := range order {
		if number := counts[verdict]; number > 0 {
			wide := max(8, number*1000/total)
			all = append(all, count{verdict, number, at, wide})
			at += wide
		}
	}
	return all
}

func capital(words string) string {
	for i, first := range words {
		return words[:i] + string(unicode.ToUpper(first)) + words[i+len(string(first)):]
	}
	return words
}

// took shows a time in microseconds.
func took(microseconds int64) string {
	return text.Took(time.Duration(microseconds) * time.Microsecond)
}

// withCode shows what stands between two backticks of a line as code.
func withCode(words string) template.HTML {
	var made strings.Builder
	for {
		before, rest, found := strings.Cut(words, "`")
		inside, after, closed := strings.Cut(rest, "`")
		if !found || !closed || inside == "" || strings.Contains(inside, "\n") {
			made.WriteString(template.HTMLEscapeString(words))
			return template.HTML(made.String())
		}
		made.WriteString(template.HTMLEscapeString(before) + "<code>" + template.HTMLEscapeString(inside) + "</code>")
		words = after
	}
}

// pasteable reports whether a text is flags with at most one value each, as a
// shell takes them, and no sentence about flags. A small word behind a flag is
// one of a sentence: "--consume-jobs with --job STATE=ID".
func pasteable(words string) bool {
	afterFlag := false
	for word := range strings.FieldsSeq(words) {
		isFlag := strings.HasPrefix(word, "--")
		isWord := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
		if strings.HasSuffix(word, ",") || !isFlag && (!afterFlag || isWord) {
			return false
		}
		afterFlag = isFlag
	}
	return words != ""
}
