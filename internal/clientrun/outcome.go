package clientrun

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// outcome is what a client reported that its library returned.
type outcome struct {
	result.Outcome
	// odd has, by their names, the members of the error that were of another type
	// than they should be, as JSON.
	odd map[string]string
}

// succeeded is the outcome of a call that returned an id, or nothing where the
// method names no new job; failed is that of one that returned an error.
func succeeded(method *spec.Method, job, newID string) outcome {
	if method.IDField == "" {
		return outcome{Outcome: result.Outcome{Job: job, OK: true}}
	}
	return outcome{Outcome: result.Outcome{Job: job, NewID: &newID, IDField: method.IDField}}
}
func failed(job string, e result.ClientError) outcome {
	return outcome{Outcome: result.Outcome{Job: job, Error: &e}}
}

// okMember says in an outcome that the call succeeded, where the method names no
// new job.
const okMember = "ok"

// successMember is the member of an outcome that says that the call succeeded.
func successMember(method *spec.Method) string { return cmp.Or(method.IDField, okMember) }

// outcomeLine shows how a client reports a success.
func outcomeLine(method *spec.Method, job string) string {
	value := `"NEW ID"`
	if method.IDField == "" {
		value = "true"
	}
	return fmt.Sprintf(`{"job":%q,%q:%s}`, job, successMember(method), value)
}

// orError ends the forms of an outcome.
const orError = ", or " + result.ErrorLine + " after an error"

// OutcomeForms shows how a client reports the outcome of a call.
func OutcomeForms(method *spec.Method) string {
	return outcomeLine(method, "ID") + " after a success" + orError
}

// byteOrderMark is what some programs write before a text in UTF-8.
const byteOrderMark = "\ufeff"

// parseOutcomes finds the outcomes in a line: each is a JSON object at its
// beginning, or behind another one, that has the member job, and either error or
// the member that says that the call succeeded. All else is passed over.
func parseOutcomes(line, success string) []outcome {
	var found []outcome
	decoder := json.NewDecoder(strings.NewReader(line))
	for {
		var members map[string]json.RawMessage
		if decoder.Decode(&members) != nil {
			return found
		}
		if one, is := readOutcome(members, success); is {
			found = append(found, one)
		}
	}
}

func readOutcome(members map[string]json.RawMessage, success string) (outcome, bool) {
	var read outcome
	if job := members["job"]; job == nil || json.Unmarshal(job, &read.Job) != nil {
		return read, false
	}
	if hasBoth(members, success) {
		return read, false
	}
	if text, is := members["error"]; is && string(text) != "null" {
		read.readError(text)
		return read, true
	}
	if success == okMember {
		read.OK = string(members[okMember]) == "true"
		return read, read.OK
	}
	if id := members[success]; id == nil || json.Unmarshal(id, &read.NewID) != nil {
		return read, false
	}
	if read.NewID == nil {
		read.NewID = new(string)
	}
	read.IDField = success
	return read, true
}

// bothMembers says what is wrong with an outcome that hasBoth: a success and an error.
const bothMembers = `has both %q and "error": report one of them`

func hasBoth(members map[string]json.RawMessage, success string) bool {
	return !slices.Contains([]string{"", "null", `""`, "false"}, string(members[success])) &&
		!slices.Contains([]string{"", "null"}, string(members["error"]))
}

// readError reads an error that may be an object or a mere text. A member of
// another type than it should have counts as not reported.
func (o *outcome) readError(text json.RawMessage) {
	var members map[string]json.RawMessage
	o.Error, o.odd = &result.ClientError{}, map[string]string{}
	if json.Unmarshal(text, &members) != nil {
		if json.Unmarshal(text, &o.Error.Message) != nil {
			o.Error.Message = string(text)
		}
		return
	}
	for name, into := range map[string]any{"code": &o.Error.Code, "status": &o.Error.Status, "message": &o.Error.Message} {
		if text := members[name]; len(text) > 0 && string(text) != "null" && json.Unmarshal(text, into) != nil {
			o.odd[name] = string(text)
		}
	}
}

// shown shows a member of the error, or what was in its place.
func (o outcome) shown(member, value, want string) string {
	switch {
	case o.odd[member] != "":
		return printable(o.odd[member]) + `: the member "` + member + `" of the outcome must be ` + want
	case value == "":
		return "nothing"
	}
	return printable(value)
}

// text shows an outcome in one line.
func (o outcome) text() string {
	switch {
	case o.Error != nil:
		return "the error " + o.errorText()
	case o.NewID == nil:
		return "a success"
	case *o.NewID == "":
		return "a success without an id"
	}
	return "a success with the id " + shownID(*o.NewID, o.Job)
}

// code is the code of the error; empty for none.
func (o outcome) code() string {
	if o.Error.Code == 0 {
		return ""
	}
	return strconv.Itoa(o.Error.Code)
}

func (o outcome) errorText() string {
	var parts []string
	for _, part := range []string{o.code(), o.odd["code"], o.Error.Status} {
		if part != "" {
			parts = append(parts, printable(part))
		}
	}
	if o.Error.Message != "" {
		parts = append(parts, `"`+printable(o.Error.Message)+`"`)
	}
	if len(parts) == 0 {
		return "without code, status and message"
	}
	return strings.Join(parts, " ")
}

func shownID(id, job string) string {
	switch id {
	case "":
		return `""`
	case job:
		return printable(id) + ", which is the old job's"
	}
	return printable(id)
}

// contradicts reports whether two outcomes of one job cannot both be right. Two
// descriptions of one error can.
func (o outcome) contradicts(other outcome) bool {
	switch {
	case (o.Error == nil) != (other.Error == nil):
		return true
	case o.Error == nil:
		return o.NewID != nil && other.NewID != nil && *o.NewID != *other.NewID
	}
	return o.Error.Code != 0 && other.Error.Code != 0 && o.Error.Code != other.Error.Code
}

// reported is all that a command reported.
type reported struct {
	// outcomes has the last one of each job.
	outcomes []outcome
	// contradictions say which outcomes of a job do not agree, by its id.
	contradictions map[string]string
	// hint says what is wrong with a line that looks like an outcome and is none.
	hint string
}

// of finds the outcome of a job; nil for none.
func (r *reported) of(job string) *outcome {
	for i := range r.outcomes {
		if r.outcomes[i].Job == job {
			return &r.outcomes[i]
		}
	}
	return nil
}

// add takes an outcome in: the last one of a job counts.
func (r *reported) add(one outcome) {
	before := r.of(one.Job)
	if before == nil {
		if len(r.outcomes) < keptOutcomes {
			r.outcomes = append(r.outcomes, one)
		}
		return
	}
	if one.contradicts(*before) {
		if r.contradictions == nil {
			r.contradictions = map[string]string{}
		}
		r.contradictions[one.Job] = before.text() + ", and then " + one.text() + ", which counts"
	}
	*before = one
}

// hintFor says why nothing is known of a job.
func (r *reported) hintFor(job string) string {
	if r.hint != "" || len(r.outcomes) == 0 {
		return r.hint
	}
	return fmt.Sprintf("it reported an outcome of the job %q, and this one is %q", printable(r.outcomes[0].Job), printable(job))
}

// How much of what a client reports is kept: of one line in bytes, and of
// outcomes of different jobs in number.
const (
	longestLine  = 1 << 20
	keptOutcomes = 1000
)

// outcomeLines finds outcomes in what is written to it, wherever they are, and
// keeps nothing else. It is safe for concurrent use.
type outcomeLines struct {
	// success is the member that says that a call succeeded.
	success string

	mutex sync.Mutex
	line  bytes.Buffer
	// number is that of the line, from 1. tooLong: the rest of it is passed over.
	number  int
	tooLong bool
	// passed counts the lines that were too long.
	passed   int
	reported reported
	// brace: the line before was a brace alone. likely is the number of the first
	// line that looks like an outcome and is none, 0 for none, and mistake what is
	// wrong with it; named says that it names a job, and is not merely an error such
	// as a log has.
	brace   bool
	likely  int
	named   bool
	mistake string
}

// Write takes in a part of the output. It never fails.
func (o *outcomeLines) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for part := range bytes.Lines(text) {
		line, ended := bytes.CutSuffix(part, []byte("\n"))
		switch {
		case o.tooLong:
		case o.line.Len()+len(line) > longestLine:
			o.tooLong = true
			o.passed++
			o.line.Reset()
		default:
			o.line.Write(line)
		}
		if ended {
			o.endLine()
		}
	}
	return len(text), nil
}

func (o *outcomeLines) endLine() {
	o.number++
	line := strings.TrimSpace(strings.TrimPrefix(o.line.String(), byteOrderMark))
	outcomes := parseOutcomes(line, o.success)
	for _, one := range outcomes {
		o.reported.add(one)
	}
	if len(outcomes) == 0 {
		number, shown, whole := o.number, line, line
		if o.brace && !strings.HasPrefix(line, "{") {
			// An outcome in many lines is none.
			number, shown, whole = number-1, "{", "{"+line
		}
		alike, named := resemblesOutcome(whole, o.success)
		behind := strings.IndexByte(line, '{')
		switch behindText := behind > 0 && len(parseOutcomes(line[behind:], o.success)) > 0; {
		case o.likely > 0 && o.named:
		case behindText:
			o.likely, o.named, o.mistake = number, true, "has an outcome after other text: print the outcome alone on one line"
		case alike && (o.likely == 0 || named):
			o.likely, o.named, o.mistake = number, named, lineMistake(shown, o.success)
		}
	}
	o.brace = line == "{"
	o.tooLong = false
	o.line.Reset()
}

// end takes the last line for whole, and returns what was found in an output of
// this name.
func (o *outcomeLines) end(output string) reported {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.endLine()
	if o.likely > 0 && o.reported.hint == "" {
		o.reported.hint = fmt.Sprintf("line %d of %s %s", o.likely, output, o.mistake)
	}
	return o.reported
}

// resemblesOutcome reports whether a line is a JSON object with a member of an
// outcome, in whatever case, or would begin like one; named, whether it names a
// job.
func resemblesOutcome(line, success string) (alike, named bool) {
	const start = `"job`
	var members map[string]json.RawMessage
	if rest, object := strings.CutPrefix(line, "{"); object && json.Unmarshal([]byte(line), &members) != nil {
		rest = strings.TrimLeft(rest, jsonWhiteSpace)
		starts := len(rest) >= len(start) && strings.EqualFold(rest[:len(start)], start)
		return starts, starts
	}
	for name := range members {
		named = named || strings.EqualFold(name, "job") || strings.EqualFold(name, success)
		alike = alike || strings.EqualFold(name, "error")
	}
	return alike || named, named
}

// lineMistake says why a line that resembles an outcome is none.
func lineMistake(line, success string) string {
	var members map[string]json.RawMessage
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal([]byte(line), &members), &syntax) {
		return fmt.Sprintf("is not JSON, at its byte %d: %s (an outcome must be in one line)", syntax.Offset, syntax)
	}
	const textWanted = "has the %s %s, which must be a text"
	var job string
	switch {
	case members["job"] == nil:
		for _, other := range slices.Sorted(maps.Keys(members)) {
			if strings.EqualFold(other, "job") {
				return fmt.Sprintf(`has no member "job", but %q`, other)
			}
		}
		return `has no member "job"`
	case json.Unmarshal(members["job"], &job) != nil:
		return fmt.Sprintf(textWanted, "job", printable(string(members["job"])))
	case hasBoth(members, success):
		return fmt.Sprintf(bothMembers, success)
	case members[success] != nil && success == okMember:
		return fmt.Sprintf(`has the ok %s, which must be true; an error is reported as "error"`, printable(string(members[success])))
	case members[success] != nil:
		return fmt.Sprintf(textWanted, success, printable(string(members[success])))
	}
	return fmt.Sprintf(`has neither %q nor "error"`, success)
}
