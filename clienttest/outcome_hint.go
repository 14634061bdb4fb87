package clienttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// mistold is the line of an output that looks most like an outcome and is none.
// Its zero value is of an output that has no such line.
type mistold struct {
	number  int
	mistake string
	// named: the line speaks of a job, and not only of an error, as many a log does.
	named bool
}

// look takes a line in that has no outcome. Of lines that look alike the first is
// kept.
func (m *mistold) look(line string, number int, idField string) {
	line = strings.TrimSpace(strings.TrimPrefix(line, byteOrderMark))
	alike, named := looksLikeOutcome(line, idField)
	if alike && (m.number == 0 || named && !m.named) {
		*m = mistold{number, lineMistake(line, idField), named}
	}
}

// lone takes a line in that begins a member job behind a line with a brace
// alone: an outcome in many lines.
func (m *mistold) lone(number int) {
	if m.number == 0 || !m.named {
		*m = mistold{number, lineMistake("{", ""), true}
	}
}

// of says it of an output; empty where there is nothing to say.
func (m mistold) of(output string) string {
	if m.number == 0 {
		return ""
	}
	return fmt.Sprintf("line %d of %s %s", m.number, output, m.mistake)
}

// looksLikeOutcome reports whether a line is a JSON object with a member of an
// outcome, in whatever case, or would begin like one; named, whether it speaks of
// a job.
func looksLikeOutcome(line, idField string) (alike, named bool) {
	if !strings.HasPrefix(line, "{") {
		return false, false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(line), &members) != nil {
		begins := beginsWithJob(line[1:])
		return begins, begins
	}
	for name := range members {
		named = named || strings.EqualFold(name, "job") || strings.EqualFold(name, idField)
		alike = alike || strings.EqualFold(name, "error")
	}
	return alike || named, named
}

func beginsWithJob(text string) bool {
	const begin = `"job`
	text = strings.TrimLeft(text, jsonWhiteSpace)
	return len(text) >= len(begin) && strings.EqualFold(text[:len(begin)], begin)
}

// contradiction is two outcomes of one job that cannot both be right.
type contradiction struct{ first, last Outcome }

// contradicts reports whether two outcomes of one job cannot both be right. Two
// words for one error can.
func (o Outcome) contradicts(other Outcome) bool {
	switch {
	case (o.NewID == nil) != (other.NewID == nil):
		return true
	case o.NewID != nil:
		return *o.NewID != *other.NewID
	}
	return o.Error != nil && other.Error != nil && o.Error.Code != 0 && other.Error.Code != 0 && o.Error.Code != other.Error.Code
}

func (c contradiction) text() string {
	return c.first.text() + ", and then " + c.last.text() + ", which counts"
}

// text says an outcome in one line.
func (o Outcome) text() string {
	if o.NewID != nil {
		return wantSuccess + nameOfID(*o.NewID, o.Job)
	}
	return "the error " + o.Error.text()
}

// telling is all that a command told.
type telling struct {
	outcomes []Outcome
	// contradicted has the job's outcomes that do not agree, by its id.
	contradicted map[string]*contradiction
	// hint says what is wrong with what looks like an outcome and is none.
	hint string
}

// then puts what was told later behind.
func (t telling) then(later telling) telling {
	both := telling{outcomes: slices.Concat(t.outcomes, later.outcomes), contradicted: map[string]*contradiction{}, hint: t.hint}
	if both.hint == "" {
		both.hint = later.hint
	}
	for _, one := range []telling{t, later} {
		for job, found := range one.contradicted {
			both.contradicted[job] = found
		}
	}
	for _, outcome := range later.outcomes {
		if before := outcomeFor(t.outcomes, outcome.Job); before != nil && outcome.contradicts(*before) {
			both.contradicted[outcome.Job] = &contradiction{*before, outcome}
		}
	}
	return both
}

// hintFor is the hint for a job of which nothing was told; where all is well with
// what was told it says of which other job that is.
func (t telling) hintFor(job string) string {
	if t.hint != "" || len(t.outcomes) == 0 {
		return t.hint
	}
	return fmt.Sprintf("it told an outcome of the job %q, and this one is %q", printable(t.outcomes[0].Job), printable(job))
}
