package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func responseFaults() []Fault {
	return []Fault{
		{"created", "retry.response.status", "A granted retry is answered with 201.",
			answeringStatus(retryAnswers, http.StatusCreated)},
		{"accepted", "retry.response.status", "A granted retry is answered with 202.",
			answeringStatus(retryAnswers, http.StatusAccepted)},
		{"text-plain", "retry.response.media-type", "The answer is named text/plain.",
			answeringHeader(retryAnswers, "Content-Type", "text/plain; charset=UTF-8")},
		{"no-media-type", "retry.response.media-type", "The answer has no Content-Type.",
			answeringHeader(retryAnswers, "Content-Type", "")},
		{"charset-latin", "retry.response.media-type", "The answer names the charset ISO-8859-1.",
			composing(retryAnswers, func(c *call, a *answer) {
				a.header.Set("Content-Type", c.operation.MediaType+"; charset=ISO-8859-1")
			})},
		{"media-type-misspelt", "retry.response.media-type", "The header is written Content_Type.",
			composing(retryAnswers, func(_ *call, a *answer) {
				a.header["Content_Type"] = a.header["Content-Type"]
				a.header["Content-Type"] = nil
			})},
		{"id-is-number", "retry.response.schema", "The id is a JSON number.",
			naming(func(*call, string) any { return 4711 })},
		{"id-is-object", "retry.response.schema", "The id is an object with the id in it.",
			naming(func(_ *call, id string) any { return &object{{"id", id}} })},
		{"id-in-snake-case", "retry.response.schema", "The member with the id is written in snake case.",
			composing(retryAnswers, renameToSnakeCase)},
		{"answer-in-envelope", "retry.response.schema", "The answer stands in a member of another object.",
			answeringContent(retryAnswers, func(_ *call, a *answer) any { return &object{{"response", a.content}} })},
		{"answer-in-array", "retry.response.schema", "The answer stands in an array.",
			answeringContent(retryAnswers, func(_ *call, a *answer) any { return []any{a.content} })},
		{"further-field", "retry.response.documented-fields", "The answer has a field that is not documented.",
			composing(retryAnswers, func(c *call, a *answer) {
				if content, isObject := a.content.(*object); isObject {
					content.add("retriedFrom", c.id)
				}
			})},
		{"id-twice", "retry.response.unique-names", "The member with the id stands twice in the answer.",
			composing(retryAnswers, func(_ *call, a *answer) {
				if content, isObject := a.content.(*object); isObject {
					*content = append(*content, *content...)
				}
			})},
		{"id-empty", "retry.response.id-present", "The id is an empty text.",
			naming(func(*call, string) any { return "" })},
		{"id-blank", "retry.response.id-present", "The id is a blank.",
			naming(func(*call, string) any { return " " })},
		{"id-missing", "retry.response.id-present", "The answer is an empty object.",
			answeringContent(retryAnswers, func(*call, *answer) any { return &object{} })},
		{"error-in-success", "retry.response.id-present", "A granted retry is answered with 200 and an error object.",
			answeringContent(retryAnswers, func(*call, *answer) any {
				return &object{{errorField, &object{{codeField, http.StatusInternalServerError}, {statusField, codeInternal}, {messageField, "Retry failed."}}}}
			})},
		{"id-is-resource-name", "retry.response.id-bare", "The id is the resource name of the job.",
			func(b *behaviour) {
				naming(func(_ *call, id string) any { return b.contract.Retry.Path.Collection() + "/" + id })(b)
			}},
		{"id-is-address", "retry.response.id-bare", "The id is the address of the new job.",
			func(b *behaviour) {
				naming(func(_ *call, id string) any { return b.contract.Endpoint + b.contract.Retry.Path.Prefix + id })(b)
			}},
		{"old-id-given", "retry.response.id-new", "The answer names the job that was retried.",
			naming(func(c *call, _ string) any { return c.id })},
		{"id-of-another-job", "retry.response.id-new", "The answer names another job that is there already.",
			func(b *behaviour) {
				taken := b.anotherJob()
				naming(func(_ *call, _ string) any { return taken })(b)
			}},
		{"id-reused-after-ten", "retry.response.id-new", "After ten retries the ids begin anew.",
			func(b *behaviour) {
				var given []string
				numbering(func(b *behaviour, _ *job, id string) string {
					if given = append(given, id); len(given) <= 10 {
						return id
					}
					return given[(len(given)-1)%10]
				})(b)
			}},
		{"every-second-id-repeated", "retry.response.id-new", "Every second retry is given the id of the one before.",
			func(b *behaviour) {
				last := ""
				numbering(func(b *behaviour, _ *job, id string) string {
					if b.jobs.started%2 == 1 {
						last = id
					}
					return last
				})(b)
			}},
		{"new-job-not-kept", "retry.response.new-job-readable", "The new job is not kept.",
			func(b *behaviour) { b.keep = func(*job) {} }},
		{"new-job-readable-later", "retry.response.new-job-readable", "The state of a new job can be read from the second time on only.",
			hidingNewJobsOnce},
		{"new-job-readable-by-last-scope", "retry.response.new-job-readable", "The state of a new job can be read with the last scope only.",
			func(b *behaviour) {
				b.stateStages = append(b.stateStages, func(s *Server, c *call) *refusal {
					if c.subject.from == "" || slices.Contains(c.scopes, lastScope(s.contract)) {
						return nil
					}
					return s.refuse(scopeMissing, "")
				})
			}},
		{"new-job-without-state", "retry.response.new-job-readable", "The answer about a new job lacks the state.",
			func(b *behaviour) {
				composing(newJobAnswers, func(_ *call, a *answer) {
					if content, isObject := a.content.(*object); isObject {
						content.remove(b.contract.StateField)
					}
				})(b)
			}},
		{"new-job-unspecified", "retry.response.new-job-state", "The new job is in the unspecified state.",
			showing(newJobAnswers, func(b *behaviour, _ string) string { return b.contract.UnspecifiedState })},
		{"new-job-retrying", "retry.response.new-job-state", "The new job is in a state that is not documented.",
			showing(newJobAnswers, func(*behaviour, string) string { return "RETRYING" })},
		{"new-job-state-in-lower-case", "retry.response.new-job-state", "The state of a new job is written in lower case.",
			showing(newJobAnswers, func(_ *behaviour, state string) string { return strings.ToLower(state) })},
		{"new-job-failed", "retry.response.new-job-not-failed", "The new job is in the state that it was retried from.",
			func(b *behaviour) { b.newState = first(b.contract.RetryableStates) }},
	}
}

func renameToSnakeCase(_ *call, a *answer) {
	content, isObject := a.content.(*object)
	if !isObject {
		return
	}
	for i, member := range *content {
		var name strings.Builder
		for _, letter := range member.name {
			if lower := strings.ToLower(string(letter)); lower != string(letter) {
				name.WriteString("_" + lower)
				continue
			}
			name.WriteRune(letter)
		}
		(*content)[i].name = name.String()
	}
}

// anotherJob gives the first of the given jobs that cannot be retried.
func (b *behaviour) anotherJob() string {
	for _, id := range slices.Sorted(maps.Keys(b.jobs.byID)) {
		if !b.mayRetry(b.jobs.byID[id]) {
			return id
		}
	}
	return b.firstRetryable
}

// hidingNewJobsOnce does not find a new job when its state is asked for first.
func hidingNewJobsOnce(b *behaviour) {
	asked := map[string]bool{}
	before := b.find
	b.find = func(c *call) *job {
		found := before(c)
		if found == nil || found.from == "" || c.operation.ID != b.contract.ReadState.ID || asked[found.id] {
			return found
		}
		asked[found.id] = true
		return nil
	}
}
