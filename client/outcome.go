package client

import (
	"encoding/json"
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
}

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
		decoder := json.NewDecoder(strings.NewReader(line))
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
// of another type than it should have counts as not told.
func readToldError(told json.RawMessage) *ToldError {
	var members map[string]json.RawMessage
	var read ToldError
	if json.Unmarshal(told, &members) != nil {
		if json.Unmarshal(told, &read.Message) != nil {
			read.Message = string(told)
		}
		return &read
	}
	_ = json.Unmarshal(members["code"], &read.Code)
	_ = json.Unmarshal(members["status"], &read.Status)
	_ = json.Unmarshal(members["message"], &read.Message)
	return &read
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
