package suites

import (
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// foreignRequestChecks are those of requests that are not the method's, or not for the
// job that they seem to be for, and differ in more than the path.
func foreignRequestChecks(method *spec.Method) []Check {
	verb, template := method.Operation.Method, method.Operation.Path
	lower := strings.ToLower(verb)
	checks := []Check{{
		ID: "path/http-method-case", Title: "the HTTP method in lower case",
		Requirements: []string{"path.method-case"},
		Sends:        lower + " " + template.Raw("ID"),
		phase:        refusing, run: func(j *judgement) {
			j.missJob("path.method-case", lower+" for "+verb, func(request *target.Request) { request.Method = lower })
		},
	}, {
		ID: "path/last-character", Title: "an unknown id that differs from the job's in its last character",
		Requirements: []string{"path.transcoding"},
		Sends:        verb + " " + template.Raw("IX") + " where ID is a job's",
		phase:        refusing, run: func(j *judgement) {
			j.missJob("path.transcoding", "an id with a different last character", func(request *target.Request) {
				request.Path = template.Expand(j.notGiven(target.OtherEnds(request.Job)))
			})
		},
	}, {
		ID: "path/first-character", Title: "an unknown id that differs from the job's in its first character",
		Requirements: []string{"path.transcoding"},
		Sends:        verb + " " + template.Raw("XD") + " where ID is a job's",
		phase:        refusing, run: func(j *judgement) {
			j.missJob("path.transcoding", "an id with a different first character", func(request *target.Request) {
				request.Path = template.Expand(j.notGiven(target.OtherStarts(request.Job)))
			})
		},
	}, {
		ID: "path/wildcard", Title: "a wildcard in place of the id",
		Requirements: []string{"path.transcoding"},
		Sends:        verb + " " + template.Raw("*") + " and " + template.Raw("-") + ", where calls may have an effect",
		phase:        refusing, run: missWildcards,
	}, {
		ID: "path/last-character-new", Title: "an unknown id that differs from a new job's in its last character",
		Requirements: []string{"path.transcoding"},
		Sends:        verb + " " + template.Raw("IX") + " where ID is the new job's",
		phase:        consuming, run: missNewJob,
		lacks: method.Unmet("response.id-present"),
	}}
	for _, bound := range boundFields(method) {
		checks = append(checks, Check{
			ID: "path/query-" + bound.name, Title: bound.title,
			Requirements: []string{"path.field-in-query"},
			Sends:        verb + " " + template.Raw("ID") + "?" + strings.Replace(bound.field, "*", "OTHER", 1) + ", where only OTHER is accepted or known",
			phase:        refusing, run: func(j *judgement) { overridePath(j, bound) },
			lacks: bound.lacks,
		})
	}
	return checks
}

// notGiven is the first of some ids that is none of the given ones.
func (j *judgement) notGiven(ids []string) string {
	if free := slices.IndexFunc(ids, func(other string) bool { return !j.Target.Given(other) }); free >= 0 {
		return ids[free]
	}
	return ids[0] + "x"
}

// missWildcards names no job. A server that takes a wildcard for all jobs would use
// up those that nobody gave.
func missWildcards(j *judgement) {
	if !j.Target.MayConsume() {
		j.Skip("a server that takes a wildcard for all jobs would use up jobs that were not given", j.consumeFlag())
		return
	}
	wildcard := func(id string) func(*target.Request) {
		return func(request *target.Request) { request.Path = j.Method.Operation.Path.Raw(id) }
	}
	j.missJob("path.transcoding", "a wildcard in place of the id", wildcard("*"), wildcard("-"))
}

// missNewJob looks for a job by almost the id of a new one, which is long and not
// accepted, so that nothing is used up.
func missNewJob(j *judgement) {
	const id = "path.transcoding"
	credential, found := j.credential()
	if !found {
		return
	}
	first, found := j.succeededFirst()
	if !found {
		return
	}
	started := j.jobIDIn(first.exchange)
	switch {
	case strings.TrimSpace(started) == "":
		j.Skip("the first call returned no id of a new job"+seeFirst("response.id-present"), "")
		return
	case !fitsPath(j.Method, started):
		j.Skip("the first call returned an id that does not fit into the path"+seeFirst("response.id-bare"), "")
		return
	}
	request := j.callOf(started, credential)
	request.Purpose, request.Path = "almost the id of a new job", j.Method.Operation.Path.Expand(j.notGiven(target.OtherEnds(started)))
	j.misses(id, request, jobUnderTest{id: started, refusedAnyway: true})
}

// boundField is a field that the path binds, and that the query must not.
type boundField struct {
	name, title, lacks string
	field              string
}

// boundFields are the parameter of the path, and what Google's own form of the
// path calls it.
func boundFields(method *spec.Method) []boundField {
	parameter, field := method.Operation.Path.Parameter+"=*", method.Operation.BoundField
	fields := []boundField{
		{"parameter", "another id in a query parameter with the name of the path's", "", parameter},
		{"field", "another id in a query parameter with the name of the message's field", "", field},
	}
	switch field {
	case "":
		fields[1].lacks = "no x-google-http-rule"
	case parameter:
		fields[1].lacks = "a field with the name of the path's parameter"
	}
	return fields
}

// overridePath calls the method for one job and names another one in the query.
// The path's is refused for its state, or unknown where only such a job is given:
// what is refused for its state then is the query's.
func overridePath(j *judgement, bound boundField) {
	credential, inQuery, found := j.toRefuse()
	if !found {
		return
	}
	inPath, given := j.freeJob()
	switch {
	case given && inPath.refusedAnyway && !inQuery.refusedAnyway:
	case j.Method.Unmet("semantics.unknown-job") == "":
		inPath.id = j.session.unknownID()
	default:
		j.Skip("needs a job that is accepted, and one that is not", j.anyJobFlag()+" and "+j.consumeFlag())
		return
	}
	request := j.callOf(inQuery.id, credential)
	request.Purpose = bound.title
	request.Path = j.Method.Operation.Path.Expand(inPath.id) + "?" + strings.Replace(bound.field, "*", url.QueryEscape(inQuery.id), 1)
	if j.misses("path.field-in-query", request, inQuery) {
		j.keepsState("path.field-in-query", inQuery, credential)
	}
}
