package clienttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// outcomeExample is what an outcome looks like.
func outcomeExample(idField string) string {
	return fmt.Sprintf(`{"job":"scenario-success-1",%q:"NEW ID"}`, idField)
}

// outcomeMistake says why a text has no outcome in it; it is empty where it has
// one.
func outcomeMistake(text, idField string) string {
	if strings.TrimSpace(text) == "" {
		return "the body is empty"
	}
	if len(ParseOutcomes(text, idField)) > 0 {
		return ""
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(strings.TrimPrefix(line, byteOrderMark)); line == "" {
			continue
		}
		if mistake := lineMistake(line, idField); mistake != "" {
			return fmt.Sprintf("line %d %s", number, mistake)
		}
	}
	return "it has no outcome"
}

// lineMistake says why a line is no outcome.
func lineMistake(line, idField string) string {
	var members map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal([]byte(line), &members); {
	case errors.As(err, &syntax):
		return fmt.Sprintf("is no JSON, at its byte %d: %s (an outcome stands in one line)", syntax.Offset, syntax)
	case err != nil || members == nil:
		return "is JSON, and no object"
	}
	var text string
	job, named := members["job"]
	switch {
	case !named:
		for _, other := range slices.Sorted(maps.Keys(members)) {
			if strings.EqualFold(other, "job") {
				return fmt.Sprintf(`has no member "job", but %q`, other)
			}
		}
		return `has no member "job"`
	case json.Unmarshal(job, &text) != nil:
		return fmt.Sprintf(`has the job %s, which must be a text`, printable(string(job)))
	case members[idField] != nil:
		return fmt.Sprintf(`has the %s %s, which must be a text`, idField, printable(string(members[idField])))
	}
	return fmt.Sprintf(`has neither %q nor "error"`, idField)
}

// unknownJobs says that outcomes are of jobs that no request named.
func unknownJobs(told []Outcome, calls []*Call) string {
	jobs := func(each func(func(string))) string {
		const few = 5
		var names []string
		each(func(name string) {
			if len(names) < few && name != "" {
				names = append(names, printable(name))
			}
		})
		return strings.Join(names, ", ")
	}
	text := "no request of the job " + jobs(func(yield func(string)) {
		for _, outcome := range told {
			yield(outcome.Job)
		}
	}) + " has arrived"
	arrived := jobs(func(yield func(string)) {
		for _, call := range calls {
			yield(call.Job)
		}
	})
	if arrived == "" {
		return text + "; nor of any other"
	}
	return text + "; there is " + arrived
}
