package suites

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

const (
	ofSuccesses = "no request of its own: it examines every successful call of the run"
	ofNewJobs   = "the state method for each new job of the run, unless it has been read"
)

func responseChecks(method *spec.Method) []Check {
	status, _ := method.Requirement("response.status")
	return slices.Concat(
		observe(ofSuccesses, (*judgement).successes,
			expectation{"response/status", "the status of a success", "response.status", meet(status)},
			expectation{"response/media-type", "the media type of the response", "response.media-type", HaveMediaType(method.Operation.MediaType)},
			expectation{"response/schema", "the response matches the schema of the description", "response.schema", MatchResponseSchema(method)}),
		observe(ofSuccesses, (*judgement).successesWithObject,
			expectation{"response/documented-fields", "no undocumented members", "response.documented-fields", haveDocumentedFields(method)},
			expectation{"response/unique-names", "no duplicate member names", "response.unique-names", haveUniqueNames()}),
		observe(ofSuccesses, (*judgement).successes,
			expectation{"response/id-present", "an id that is not empty", "response.id-present", haveIDText(method)}),
		observe(ofSuccesses, (*judgement).successesWithID,
			expectation{"response/id-bare", "an id that fits into the path", "response.id-bare", HaveJobID(method)}),
		[]Check{{
			ID: "response/id-new", Title: "an id that is new",
			Requirements: []string{"response.id-new"},
			Sends:        "no request of its own: it compares the ids of all successful calls of the run",
			phase:        observing, run: idNew,
		}, {
			ID: "response/new-job-readable", Title: "the state of the new job, read at once",
			Requirements: []string{"response.new-job-readable"},
			Sends:        ofNewJobs,
			phase:        observing, run: newJobReadable,
		}},
		observe(ofNewJobs, (*judgement).newJobsWithState,
			expectation{"response/new-job-state", "a documented state of the new job", "response.new-job-state",
				HaveState(method, method.States...)},
			expectation{"response/new-job-initial-state", "a new job that is not " + text.List(method.AcceptedStates, "or"), "response.new-job-initial-state",
				gomega.Not(HaveState(method, method.AcceptedStates...))}))
}

// haveDocumentedFields wants only members that the schema names.
func haveDocumentedFields(method *spec.Method) types.GomegaMatcher {
	return &matcher{"only documented members", func(r *response) (string, result.Place, bool) {
		return memberNames("also", method.Operation.Response.Undocumented(firstValue(r.body())))
	}}
}

func haveUniqueNames() types.GomegaMatcher {
	return &matcher{"each name once", func(r *response) (string, result.Place, bool) {
		return memberNames("more than once", repeatedNames(firstValue(r.body())))
	}}
}

// memberNames is what a matcher found that wants no such names.
func memberNames(how string, names []string) (string, result.Place, bool) {
	if len(names) == 0 {
		return "none " + how, result.InBody, true
	}
	var printed []string
	for _, name := range names {
		printed = append(printed, visible.Name(name))
	}
	return how + " " + strings.Join(printed, ", "), result.InMember(printed[0]), false
}

// repeatedNames lists the names that stand more than once in a JSON object, at
// its top.
func repeatedNames(body []byte) []string {
	var repeated []string
	seen := map[string]int{}
	for name := range text.Members(body) {
		if seen[name]++; seen[name] == 2 {
			repeated = append(repeated, name)
		}
	}
	return repeated
}

// haveIDText is the part of HaveJobID that says nothing of the id's form.
func haveIDText(method *spec.Method) types.GomegaMatcher {
	return inMember(method.IDField, "a text in "+method.IDField, func(id string) bool { return strings.TrimSpace(id) != "" })
}

// successesWithObject lists the successes whose body is a JSON object.
func (j *judgement) successesWithObject() []*target.Exchange {
	return j.having(j.successes(), "no success has a JSON object", "response.schema", func(r *response) bool {
		value := firstValue(r.body())
		return bytes.HasPrefix(value, []byte("{")) && json.Valid(value)
	})
}

// successesWithID lists the successes whose response carries an id.
func (j *judgement) successesWithID() []*target.Exchange {
	return j.having(j.successes(), "no call returned the id of a new job", "response.id-present", func(r *response) bool {
		return strings.TrimSpace(r.textMember(j.Method.IDField)) != ""
	})
}

// idNew compares all ids that the run was given, in the order of the requests.
func idNew(j *judgement) {
	first := map[string]*target.Exchange{}
	for exchange := range j.untilEnd(j.successesWithID()) {
		given := j.jobIDIn(exchange)
		if first[given] != nil {
			j.look(first[given])
		}
		j.compare("response.id-new", j.responseTo(exchange), j.haveNewID(first))
		first[given] = exchange
	}
}

// haveNewID wants an id that no job of the run had before.
func (j *judgement) haveNewID(earlier map[string]*target.Exchange) types.GomegaMatcher {
	place := result.InMember(j.Method.IDField)
	return &matcher{"an id that no other job has", func(r *response) (string, result.Place, bool) {
		id := r.textMember(j.Method.IDField)
		switch {
		case id == r.exchange.Request.Job:
			return "the id of the job that was given", place, false
		case j.Target.Given(id):
			return fmt.Sprintf("%q, which another job has", id), place, false
		case earlier[id] != nil:
			return fmt.Sprintf("%q, which was returned before", id), place, false
		}
		return fmt.Sprintf("%q", id), place, true
	}}
}

// newJobStates reads the state of every new job, in the order of the calls: the ids do
// not decide it, since a recording replaces them by aliases. But which of several calls
// at the same time got which id is chance, so those are sorted.
func (j *judgement) newJobStates() []*target.Exchange {
	credential, found := j.credential()
	if !found {
		return nil
	}
	var ids []string
	together := 0
	fitting := func(r *response) bool { return fitsPath(j.Method, r.textMember(j.Method.IDField)) }
	for _, exchange := range j.having(j.successesWithID(), "no call returned an id that fits into the path", "response.id-bare", fitting) {
		if id := j.jobIDIn(exchange); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		if exchange.Together {
			slices.Sort(ids[together:])
		} else {
			together = len(ids)
		}
	}
	var states []*target.Exchange
	for _, id := range ids {
		states = append(states, j.newJobState(id, credential))
	}
	return states
}

func (j *judgement) newJobsWithState() []*target.Exchange {
	return j.having(j.newJobStates(), "no new job's state could be read", "response.new-job-readable", func(r *response) bool {
		return r.exchange.Complete() && r.stateBy(j.Method) != ""
	})
}

func newJobReadable(j *judgement) {
	const id = "response.new-job-readable"
	for exchange := range j.untilEnd(j.newJobStates()) {
		if j.meets(id, exchange) {
			j.expect(id, exchange, HaveState(j.Method))
		}
	}
}
