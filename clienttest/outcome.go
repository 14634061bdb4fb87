package clienttest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Outcome is what a client tells that its library told it.
type Outcome struct {
	// Job is the id of the job that was retried.
	Job string `json:"job"`
	// NewID is the id that the library gave after a success; nil where the call
	// was no success.
	NewID *string `json:"new_id,omitempty"`
	// Error is what the library gave in its place.
	Error *ToldError `json:"error,omitempty"`
}

// ToldError is an error as a library shows it. Members that it does not show
// are zero.
type ToldError struct {
	// Code is the HTTP status.
	Code int `json:"code,omitempty"`
	// Status is the name of a google.rpc.Code.
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`

	// odd is what stood in the place of members that had another type than they
	// should have.
	odd toldOddly
}

// toldOddly is what a client told in the place of a member, as JSON, where it
// was of another type than it should be. Members that were right are empty.
type toldOddly struct{ Code, Status, Message string }

// Succeeded makes the outcome of a call that gave an id.
func Succeeded(job, newID string) Outcome { return Outcome{Job: job, NewID: &newID} }

// Failed makes the outcome of a call that gave an error.
func Failed(job string, told ToldError) Outcome { return Outcome{Job: job, Error: &told} }

// ParseOutcomes finds the outcomes in the output of a command: each is a JSON
// object at the beginning of a line, or behind another one, that has the member
// job, and either error or the member that names a new job in the answers of the
// method. All else is passed over.
func ParseOutcomes(output, idField string) []Outcome {
	var outcomes []Outcome
	for line := range strings.Lines(output) {
		decoder := json.NewDecoder(strings.NewReader(strings.TrimPrefix(line, byteOrderMark)))
		for {
			var members map[string]json.RawMessage
			if decoder.Decode(&members) != nil {
				break
			}
			if outcome, told := readOutcome(members, idField); told {
				outcomes = append(outcomes, outcome)
			}
		}
	}
	return outcomes
}

// byteOrderMark is what some programs write before a text in UTF-8.
const byteOrderMark = "\ufeff"

func readOutcome(members map[string]json.RawMessage, idField string) (Outcome, bool) {
	var outcome Outcome
	if _, named := members["job"]; !named || json.Unmarshal(members["job"], &outcome.Job) != nil {
		return Outcome{}, false
	}
	if told, failed := members["error"]; failed && string(told) != "null" {
		outcome.Error = readToldError(told)
		return outcome, true
	}
	id, succeeded := members[idField]
	if !succeeded || json.Unmarshal(id, &outcome.NewID) != nil {
		return Outcome{}, false
	}
	if outcome.NewID == nil {
		outcome.NewID = new(string)
	}
	return outcome, true
}

// readToldError reads an error that may be an object or a mere text. A member
// of another type than it should have counts as not told, and is kept as it
// stood.
func readToldError(told json.RawMessage) *ToldError {
	var members map[string]json.RawMessage
	var read ToldError
	if json.Unmarshal(told, &members) != nil {
		if json.Unmarshal(told, &read.Message) != nil {
			read.Message = string(told)
		}
		return &read
	}
	read.odd = toldOddly{
		Code: readMember(members["code"], &read.Code), Status: readMember(members["status"], &read.Status),
		Message: readMember(members["message"], &read.Message),
	}
	return &read
}

// readMember reads a member, or gives it as it stands where it is of another
// type.
func readMember(text json.RawMessage, into any) (odd string) {
	if len(text) == 0 || string(text) == "null" || json.Unmarshal(text, into) == nil {
		return ""
	}
	return string(text)
}

// shown says what a member is, or what stood in its place, behind "got".
func (e ToldError) shown(member string) string {
	value, odd, wanted := "", "", "a text"
	switch member {
	case "code":
		if e.Code != 0 {
			value = strconv.Itoa(e.Code)
		}
		odd, wanted = e.odd.Code, "a number"
	case "status":
		value, odd = e.Status, e.odd.Status
	case "message":
		value, odd = e.Message, e.odd.Message
	}
	switch {
	case odd != "":
		return printable(odd) + `: the member "` + member + `" of the outcome must be ` + wanted
	case value == "":
		return "nothing"
	}
	return printable(value)
}

// outcomeFor finds what was told of a job; the last counts.
func outcomeFor(outcomes []Outcome, job string) *Outcome {
	for i := len(outcomes) - 1; i >= 0; i-- {
		if outcomes[i].Job == job {
			return &outcomes[i]
		}
	}
	return nil
}
