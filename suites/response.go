package suites

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

// responseCheck is a check of every answer that started a job, whoever sent the
// request.
func responseCheck(name, title, requirement string, judge func(*judgement, *target.Exchange)) Check {
	return Check{
		ID: "response/" + name, Aspect: "response", Title: title, Requirements: []string{requirement},
		Sends: "nothing of its own: it looks at every retry of the run that was started",
		phase: observing, judge: func(j *judgement) {
			for _, exchange := range j.startedRetries() {
				judge(j, exchange)
			}
		},
	}
}

func responseChecks() []Check {
	return []Check{
		responseCheck("status", "the status of a started retry", "retry.response.status", responseStatus),
		responseCheck("media-type", "the media type of the answer", "retry.response.media-type", responseMediaType),
		responseCheck("schema", "the answer by the schema of the description", "retry.response.schema", responseSchema),
		responseCheck("documented-fields", "fields that are not documented", "retry.response.documented-fields", documentedFields),
		responseCheck("unique-names", "names that stand twice", "retry.response.unique-names", uniqueNames),
		responseCheck("id-present", "an id that is not empty", "retry.response.id-present", idPresent),
		responseCheck("id-bare", "an id in the form of the path", "retry.response.id-bare", idBare),
		{
			ID: "response/id-new", Aspect: "response", Title: "an id that is new",
			Requirements: []string{"retry.response.id-new"},
			Sends:        "nothing of its own: it compares the ids of all retries of the run that were started",
			phase:        observing, judge: idNew,
		},
		newJobCheck("new-job-readable", "the state of the new job, read at once", "retry.response.new-job-readable", newJobReadable),
		newJobCheck("new-job-state", "a documented state of the new job", "retry.response.new-job-state", newJobState),
		newJobCheck("new-job-not-failed", "a new job that has not failed", "retry.response.new-job-not-failed", newJobNotFailed),
	}
}

func responseStatus(j *judgement, exchange *target.Exchange) {
	j.expect("retry.response.status", exchange)
}

func responseMediaType(j *judgement, exchange *target.Exchange) {
	const id = "retry.response.media-type"
	given := exchange.Header.Get("Content-Type")
	kind, charset := mediaType(exchange.Header)
	switch {
	case given == "":
		j.FailAt(result.InHeader("Content-Type"), id, exchange, j.Contract.Retry.MediaType, "no Content-Type")
	case kind != j.Contract.Retry.MediaType:
		j.FailAt(result.InHeader("Content-Type"), id, exchange, j.Contract.Retry.MediaType, given)
	case charset != "" && charset != "utf-8":
		j.FailAt(result.InHeader("Content-Type"), id, exchange, j.Contract.Retry.MediaType+" in UTF-8", given)
	}
}

func responseSchema(j *judgement, exchange *target.Exchange) {
	for _, violation := range j.Contract.Retry.Response.Violations(firstValue(exchange.Body)) {
		j.FailAt(result.InBody, "retry.response.schema", exchange, "a body that is valid by the schema", violation)
	}
}

func documentedFields(j *judgement, exchange *target.Exchange) {
	for _, name := range j.Contract.Retry.Response.Undocumented(firstValue(exchange.Body)) {
		j.FailAt(result.InMember(name), "retry.response.documented-fields", exchange, "only "+j.Contract.IDField, "also "+name)
	}
}

func uniqueNames(j *judgement, exchange *target.Exchange) {
	for _, name := range repeatedNames(firstValue(exchange.Body)) {
		j.FailAt(result.InMember(name), "retry.response.unique-names", exchange, "each name once", name+" more than once")
	}
}

// repeatedNames lists the names that stand more than once in a JSON object, at
// its top.
func repeatedNames(body []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil
	}
	var seen, repeated []string
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return repeated
		}
		text, _ := name.(string)
		if slices.Contains(seen, text) && !slices.Contains(repeated, text) {
			repeated = append(repeated, text)
		}
		seen = append(seen, text)
	}
	return repeated
}

func idPresent(j *judgement, exchange *target.Exchange) {
	if strings.TrimSpace(j.jobIDIn(exchange)) == "" {
		j.FailAt(result.InMember(j.Contract.IDField), "retry.response.id-present", exchange, "a text in "+j.Contract.IDField, "none")
	}
}

func idBare(j *judgement, exchange *target.Exchange) {
	const id = "retry.response.id-bare"
	if j.Contract.IDPattern == nil {
		j.Skip("the description gives no pattern for "+j.Contract.ReadState.Path.Parameter, "--spec FILE with a pattern")
		return
	}
	given := j.jobIDIn(exchange)
	if given != "" && !j.bare(given) {
		j.FailAt(result.InMember(j.Contract.IDField), id, exchange, "an id that matches "+j.Contract.IDPattern.String(), fmt.Sprintf("%q", given))
	}
}

// idNew compares all ids that the run was given, in the order of the requests.
func idNew(j *judgement) {
	const id = "retry.response.id-new"
	seen := map[string]*target.Exchange{}
	for _, exchange := range j.startedRetries() {
		given := j.jobIDIn(exchange)
		switch first, twice := seen[given]; {
		case given == "":
		case given == exchange.Request.Job:
			j.FailAt(result.InMember(j.Contract.IDField), id, exchange, "an id other than the failed job's", "the failed job's own")
		case j.Target.Given(given):
			j.FailAt(result.InMember(j.Contract.IDField), id, exchange, "an id that no job has", fmt.Sprintf("%q, which another job has", given))
		case twice:
			j.look(first)
			j.FailAt(result.InMember(j.Contract.IDField), id, exchange, "an id that was not given before", fmt.Sprintf("%q again", given))
		}
		seen[given] = exchange
	}
}

// newJobCheck is a check of the state of every new job.
func newJobCheck(name, title, requirement string, judge func(*judgement, *target.Exchange)) Check {
	return Check{
		ID: "response/" + name, Aspect: "response", Title: title, Requirements: []string{requirement},
		Sends: "the state method for each new job of the run, unless it was read already",
		phase: observing, judge: func(j *judgement) {
			credential, found := j.credential()
			if !found {
				return
			}
			for _, id := range j.newJobs() {
				judge(j, j.newJobState(id, credential))
			}
		},
	}
}

// newJobs lists the ids of all new jobs that can be asked for, sorted: which of
// several retries at the same time got which id is chance, and a recording
// should not show it.
func (j *judgement) newJobs() []string {
	var ids []string
	for _, exchange := range j.startedRetries() {
		if id := j.jobIDIn(exchange); j.bare(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func newJobReadable(j *judgement, state *target.Exchange) {
	if j.expect("retry.response.new-job-readable", state) && j.stateIn(state) == "" {
		j.FailAt(result.InMember(j.Contract.StateField), "retry.response.new-job-readable", state, "a text in "+j.Contract.StateField, "none")
	}
}

func newJobState(j *judgement, state *target.Exchange) {
	if got := j.stateIn(state); got != "" && !slices.Contains(j.Contract.States, got) {
		j.FailAt(result.InMember(j.Contract.StateField), "retry.response.new-job-state", state, "one of "+strings.Join(j.Contract.States, ", "), got)
	}
}

func newJobNotFailed(j *judgement, state *target.Exchange) {
	if got := j.stateIn(state); slices.Contains(j.Contract.RetryableStates, got) {
		j.FailAt(result.InMember(j.Contract.StateField), "retry.response.new-job-not-failed", state, "any state but "+strings.Join(j.Contract.RetryableStates, ", "), got)
	}
}
