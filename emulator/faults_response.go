package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

func responseFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"created", "response.status", "A success has the status 201.", withStatus(successes, http.StatusCreated)},
		{"accepted", "response.status", "A success has the status 202.", withStatus(successes, http.StatusAccepted)},
		{"text-plain", "response.media-type", "The response has the media type text/plain.", withHeader(successes, "Content-Type", "text/plain; charset=UTF-8")},
		{"no-media-type", "response.media-type", "The response has no Content-Type.", withHeader(successes, "Content-Type", "")},
		{"charset-latin", "response.media-type", "The response names the charset ISO-8859-1.",
			changing(successes, func(c *call, r *response) {
				r.header.Set("Content-Type", c.operation.MediaType+"; charset=ISO-8859-1")
			})},
		{"media-type-misspelled", "response.media-type", "The header is misspelled as Content_Type.",
			changing(successes, func(_ *call, r *response) {
				r.header["Content_Type"] = r.header["Content-Type"]
				r.header["Content-Type"] = nil
			})},
		{"response-in-array", "response.schema", "The response is wrapped in an array.", withContent(successes, func(_ *call, r *response) any { return []any{r.content} })},
		{"extra-field", "response.documented-fields", "The response has an undocumented field.",
			changing(successes, func(c *call, r *response) { r.object().add("calledFor", c.id) })},
		{"id-empty", "response.id-present", "The id is an empty string.", naming(func(*call, string) any { return "" })},
		{"id-blank", "response.id-present", "The id is a space.", naming(func(*call, string) any { return " " })},
		{"id-missing", "response.id-present", "The response is an empty object.", withContent(successes, func(*call, *response) any { return &object{} })},
		{"error-in-success", "response.id-present", "A successful call returns 200 with an error object.",
			withContent(successes, failedCall)},
		{"id-is-resource-name", "response.id-bare", "The id is the resource name of the job.",
			naming(func(c *call, id string) any { return c.method.Operation.Path.Collection() + "/" + id })},
		{"id-is-url", "response.id-bare", "The id is the URL of the new job.",
			naming(func(c *call, id string) any { return c.method.Endpoint + c.method.Operation.Path.Prefix + id })},
		{"old-id-returned", "response.id-new", "The response has the id of the called job.", naming(func(c *call, _ string) any { return c.id })},
		{"id-of-another-job", "response.id-new", "The response has the id of another existing job.",
			func(b *behaviour) {
				taken := b.anotherJob()
				naming(func(*call, string) any { return taken })(b)
			}},
		{"id-reused-after-ten", "response.id-new", "The ids repeat after ten calls.",
			func(b *behaviour) {
				var given []string
				numbering(func(_ *call, _ *job, id string) string {
					if given = append(given, id); len(given) <= 10 {
						return id
					}
					return given[(len(given)-1)%10]
				})(b)
			}},
		{"every-second-id-repeated", "response.id-new", "Every second call returns the id of the previous one.",
			func(b *behaviour) {
				last := ""
				numbering(func(c *call, _ *job, id string) string {
					if c.jobs.successes%2 == 1 {
						last = id
					}
					return last
				})(b)
			}},
		{"new-job-not-kept", "response.new-job-readable", "The server does not store the new job.", func(b *behaviour) { b.keep = func(*job) {} }},
		{"new-job-readable-later", "response.new-job-readable", "The first request for the state of a new job fails.", hidingNewJobsOnce},
		{"new-job-without-state", "response.new-job-readable", "The state method returns no state for a new job.",
			changing(newJobStates, func(c *call, r *response) { r.object().remove(c.method.StateField) })},
		{"new-job-in-unknown-state", "response.new-job-state", "The new job is in an undocumented state.",
			showing(newJobStates, func(*call, string) string { return unknownState })},
		{"new-job-state-in-lower-case", "response.new-job-state", "The state of a new job is in lower case.",
			showing(newJobStates, func(_ *call, state string) string { return strings.ToLower(state) })},
		{"new-job-in-accepted-state", "response.new-job-initial-state", "The new job is in a state in which the method accepts it: {accepted}.",
			func(b *behaviour) { b.stateAfter = first(b.method.AcceptedStates) }},
	}}, {hasNewJobs, []Fault{
		{"id-is-number", "response.schema", "The id is a JSON number.", naming(func(*call, string) any { return 4711 })},
		{"id-is-object", "response.schema", "The id is an object that contains the id.", naming(func(_ *call, id string) any { return &object{{"id", id}} })},
		{"response-in-envelope", "response.schema", "The response is wrapped in another object.",
			withContent(successes, func(_ *call, r *response) any { return &object{{"response", r.content}} })},
		{"id-twice", "response.unique-names", "The response has the member with the id twice.",
			changing(successes, func(_ *call, r *response) {
				content := r.object()
				*content = append(*content, *content...)
			})},
	}}, {func(method *spec.Method) bool { return strings.ToLower(method.IDField) != method.IDField }, []Fault{
		{"id-in-snake-case", "response.schema", "The member with the id is in snake case.", changing(successes, renameToSnakeCase)},
	}}, {hasSeveralScopes, []Fault{
		{"new-job-readable-by-last-scope", "response.new-job-readable", "Only a token with the last scope can read the state of a new job.",
			readingByLastScope(func(j job) bool { return j.from != "" })},
	}}, {func(method *spec.Method) bool { return method.UnspecifiedState != "" }, []Fault{
		{"new-job-unspecified", "response.new-job-state", "The new job is in the unspecified state.",
			showing(newJobStates, func(c *call, _ string) string { return c.method.UnspecifiedState })},
	}}, {hasNoNewJobs, []Fault{
		{"further-field-twice", "response.unique-names", "The response has an undocumented field twice.",
			changing(successes, func(_ *call, r *response) {
				r.object().add("further", 1)
				r.object().add("further", 2)
			})},
		{"error-object-in-success", "response.documented-fields", "A successful response also has an error object.", withContent(successes, failedCall)},
	}}}
}

// failedCall is an error object that only a fault sends with a success.
func failedCall(*call, *response) any {
	return &object{{errorField, &object{{codeField, http.StatusInternalServerError}, {statusField, codeInternal}, {messageField, "The call failed."}}}}
}

func renameToSnakeCase(_ *call, r *response) {
	content := *r.object()
	for i, member := range content {
		var name strings.Builder
		for _, letter := range member.name {
			if lower := strings.ToLower(string(letter)); lower != string(letter) {
				name.WriteString("_" + lower)
				continue
			}
			name.WriteRune(letter)
		}
		content[i].name = name.String()
	}
}

// anotherJob gives the first of the given jobs that is not accepted.
func (b *behaviour) anotherJob() string {
	for _, id := range slices.Sorted(maps.Keys(b.jobs.byID)) {
		if !b.mayAccept(b.jobs.byID[id]) {
			return id
		}
	}
	return b.firstAccepted
}

// hidingNewJobsOnce does not find a new job when its state is asked for first.
func hidingNewJobsOnce(b *behaviour) {
	asked := map[string]bool{}
	before := b.find
	b.find = func(c *call) *job {
		found := before(c)
		if found == nil || found.from == "" || c.operation.ID != b.method.ReadState.ID || asked[found.id] {
			return found
		}
		asked[found.id] = true
		return nil
	}
}

// naming gives the member with the new job's id another value.
func naming(value func(c *call, id string) any) change {
	return changing(successes, func(c *call, r *response) { r.object().set(c.method.IDField, value(c, c.started.id)) })
}

// showing gives the member with a job's state another value.
func showing(which selector, value func(c *call, state string) string) change {
	return changing(which, func(c *call, r *response) { r.object().set(c.method.StateField, value(c, c.found.state)) })
}

// numbering gives new jobs other ids.
func numbering(number func(c *call, from *job, id string) string) change {
	return func(b *behaviour) {
		before := b.newID
		b.newID = func(c *call, from *job) string { return number(c, from, before(c, from)) }
	}
}

// readingByLastScope shows the state of some jobs for the last scope only.
func readingByLastScope(which func(job) bool) change {
	return func(b *behaviour) {
		b.stateStages = append(b.stateStages, func(c *call) *refusal {
			if !which(c.found) || slices.Contains(c.scopes, lastScope(c.method)) {
				return nil
			}
			return c.refuse(scopeMissing, "")
		})
	}
}
