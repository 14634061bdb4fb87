package suites

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// foreignMethods are the HTTP methods that must not reach a method of another one.
var foreignMethods = []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"}

func pathChecks(method *spec.Method) []Check {
	verb, template := method.Operation.Method, method.Operation.Path
	checks := []Check{{
		ID: "path/template", Title: "the documented method and path",
		Requirements: []string{"path.template"},
		Sends:        fmt.Sprintf("%s %s for %s", verb, template, acceptedJob(method)),
		phase:        consuming, run: func(j *judgement) {
			if first, found := j.firstCall(); found {
				j.meets("path.template", first.exchange)
			}
		},
	}}
	for _, foreign := range foreignPaths {
		checks = append(checks, Check{
			ID: "path/" + foreign.name, Title: foreign.title, Requirements: []string{foreign.requirement},
			Sends: verb + " " + foreign.shown(template),
			phase: refusing, run: func(j *judgement) { refusePath(j, foreign) },
			lacks: foreign.lacks(method),
		})
	}
	for _, other := range foreignMethods {
		if other == verb {
			continue
		}
		checks = append(checks, Check{
			ID: "path/http-method-" + strings.ToLower(other), Title: other + " for " + verb,
			Requirements: []string{"path.http-method", "path.http-method-status"},
			Sends:        other + " " + template.Raw("ID"),
			phase:        refusing, run: func(j *judgement) {
				j.missJob("path.http-method", other+" for "+verb, func(request *target.Request) { request.Method = other })
				// How it is refused says nothing where it is not, or where the job was found.
				for _, exchange := range j.exchanges {
					refused := exchange.Status/100 == 4 || exchange.Status == http.StatusNotImplemented
					reached := j.isJobRefusal(exchange) || slices.ContainsFunc(j.findings, func(one result.Finding) bool { return one.Exchange == exchange.Number })
					if exchange.Request.Method == other && exchange.Request.Call && exchange.Complete() && refused && !reached {
						j.meets("path.http-method-status", exchange)
					}
				}
			},
		})
	}
	checks = append(checks, foreignRequestChecks(method)...)
	return append(checks, Check{
		ID: "path/encoded-unreserved", Title: "the job's id with every unreserved character encoded",
		Requirements: []string{"path.encoded-unreserved"},
		Sends:        verb + " " + template.Raw("%49%44") + ", and once more with the id as it is",
		phase:        consuming, run: sameMeaning("path.encoded-unreserved", "the id with its unreserved characters encoded",
			func(id string) string { return template.Raw(encodeAll(id)) }),
	}, Check{
		// RFC 3986, 2.1, makes the case of the digits mean nothing, and a table of
		// escapes may know only one.
		ID: "path/encoded-unreserved-lower", Title: "the same with the hexadecimal digits in lower case",
		Requirements: []string{"path.encoded-unreserved"},
		Sends:        verb + " " + template.Raw("%6a%6b") + ", and once more with the id as it is",
		phase:        consuming, run: sameMeaning("path.encoded-unreserved", "the id encoded with lower-case digits",
			func(id string) string { return template.Raw(lowerCaseEscapes(encodeAll(id))) }),
	}, Check{
		ID: "path/system-parameters", Title: "the system parameters, all in one query",
		Requirements: []string{"path.system-parameters"},
		Sends:        verb + " " + template.Raw("ID") + systemQuery(method) + ", and once more without the query",
		phase:        consuming, run: sameMeaning("path.system-parameters", "a query with all system parameters",
			func(id string) string { return template.Expand(id) + systemQuery(method) }),
	}, Check{
		ID: "path/each-system-parameter", Title: "each system parameter in a query of its own",
		Requirements: []string{"path.system-parameters"},
		Sends:        verb + " " + template.Raw("ID") + " for " + freeJob(method) + ", once without a query, and once with each of: " + strings.Join(systemParameters(method), ", "),
		phase:        refusing, run: eachSystemParameter, lacks: lacksFreeJob(method),
	}, Check{
		ID: "path/success-with-system-parameters", Title: "a success with all system parameters",
		Requirements: []string{"path.system-parameters", "path.fields"},
		Sends:        verb + " " + template.Raw("ID") + systemQuery(method) + " for " + acceptedJob(method) + ", which no other check needs",
		phase:        closing, run: succeedWithSystemParameters,
	}, Check{
		ID: "path/unknown-parameter", Title: "an unknown query parameter",
		Requirements: []string{"path.unknown-parameter"},
		Sends:        verb + " " + template.Raw("ID") + "?dpconformUnknown=1",
		phase:        refusing, run: unknownParameter,
	})
}

// unknownParameter needs a job that the method accepts: the refusal of the
// parameter must not be the refusal of the job.
func unknownParameter(j *judgement) {
	credential, job, found := j.toRefuse()
	if !found {
		return
	}
	request := j.callOf(job.id, credential)
	request.Purpose = "an unknown query parameter"
	request.Path += "?dpconformUnknown=1"
	if exchange, shows := j.sendFor(job, request); shows {
		j.meets("path.unknown-parameter", exchange)
	}
}

// toRefuse returns what every request needs that must have no effect.
func (j *judgement) toRefuse() (target.Credential, jobUnderTest, bool) {
	credential, found := j.credential()
	if !found {
		return credential, jobUnderTest{}, false
	}
	job, found := j.jobForRefusal(credential)
	return credential, job, found
}

// isJobRefusal reports whether a response refuses the state of a job.
func (j *judgement) isJobRefusal(exchange *target.Exchange) bool {
	refusal, found := j.Method.Requirement("semantics.refusal-status")
	return found && exchange.Complete() && len(refusal.Expect.Code) > 0 && refusal.Expect.AllowsCode(j.responseTo(exchange).error().status)
}

// sendFor sends a request that must have no effect on a job, and reports whether the
// response says something of the request. Otherwise the check is skipped.
func (j *judgement) sendFor(job jobUnderTest, request target.Request) (exchange *target.Exchange, shows bool) {
	exchange = j.send(request)
	if j.refusesJob(job, exchange) {
		j.skipFor(j.provesNothing(job, exchange))
		return exchange, false
	}
	return exchange, true
}

// refusesJob reports whether the refusal of a request says nothing of the request: its
// job is refused because of its state, or gets the same response in any case.
func (j *judgement) refusesJob(job jobUnderTest, exchange *target.Exchange) bool {
	return job.refusedAnyway && j.refusesState(exchange) || j.likePlain(job, exchange)
}

// refusesState is isJobRefusal for a refusal of any form: RFC 9110, 15.5.10 and 15.5.13,
// have two statuses for what the state of a resource does not allow.
func (j *judgement) refusesState(exchange *target.Exchange) bool {
	return j.isJobRefusal(exchange) || exchange.Complete() && (exchange.Status == http.StatusConflict || exchange.Status == http.StatusPreconditionFailed)
}

// likePlain reports whether a request was refused with the same words as the call as it is
// documented, which is refused for another reason than its caller.
func (j *judgement) likePlain(job jobUnderTest, exchange *target.Exchange) bool {
	aboutRequest := spec.Responses{Status: []string{"4xx"}}
	return job.plain != nil && job.plain.Complete() && aboutRequest.AllowsStatus(job.plain.Status) && !refusesCaller(job.plain) &&
		exchange.Complete() && exchange.Status == job.plain.Status && bytes.Equal(withoutPath(job.plain), withoutPath(exchange))
}

// withoutPath is a body without what the default pages of frameworks have of a request:
// its path and the time.
func withoutPath(exchange *target.Exchange) []byte {
	path, _, _ := strings.Cut(exchange.Request.Path, "?")
	body := bytes.ReplaceAll(exchange.WholeBody(), []byte(path), []byte("PATH"))
	return timestamp().ReplaceAll(body, nil)
}

var timestamp = text.Pattern(`\d{4}-\d\d-\d\dT[\d:.]+`)

// provesNothing says why a refusal that is about its job is none of the request.
func (j *judgement) provesNothing(job jobUnderTest, exchange *target.Exchange) *result.Missing {
	which := job.id
	if job.state != "" {
		which += ", which is " + job.state + ","
	}
	reason := "a call for " + which + " is refused because of its state in any case, so the refusal proves nothing"
	if !j.refusesState(exchange) {
		j.look(job.plain)
		reason = "a plain call for " + which + " gets the same response, " + describe(exchange) + ", so the refusal proves nothing"
	}
	if exchange.Status == http.StatusNotFound {
		return &result.Missing{Reason: reason + result.FixFirst} // Another job would not help.
	}
	if _, missing := j.acceptedJobs(1); missing != nil {
		return &result.Missing{Reason: reason + "; " + missing.Reason, Flag: missing.Flag, Jobs: missing.Jobs}
	}
	return &result.Missing{Reason: reason + j.staleText(), Flag: j.changedFlag()}
}

// comparable reports whether a request has a response that another one can be compared
// with. The finding is about the other one where that has no response either. A server
// error says nothing of the request: it is a finding of its own.
func (j *judgement) comparable(id string, plain, other *target.Exchange) bool {
	switch {
	case !plain.Complete() && !other.Complete():
		return j.responded(id, other, "a response")
	case !j.responded(id, plain, "a response"):
		return false
	case plain.Status >= http.StatusInternalServerError:
		j.Skip("there is nothing to compare the response with: the plain call got "+describe(plain)+result.FixFirst, "")
		return false
	}
	return true
}

// lacksFreeJob says why a call for any job may use it up.
func lacksFreeJob(method *spec.Method) string {
	if hasStates(method) && len(method.RefusedStates()) == 0 {
		return "no state in which a job is refused"
	}
	return ""
}

// eachSystemParameter needs a job that a call does not use up.
func eachSystemParameter(j *judgement) {
	const id = "path.system-parameters"
	credential, found := j.credential()
	if !found {
		return
	}
	job, found := j.freeJob()
	if !found {
		j.Skip("needs "+freeJob(j.Method)+j.staleText(), result.JobFlag(j.Method.RefusedStates()[:min(1, len(j.Method.RefusedStates()))]))
		return
	}
	plain := j.send(j.callOf(job.id, credential))
	if !j.comparable(id, plain, plain) || !j.stillFree(job.id) {
		return
	}
	for _, parameter := range systemParameters(j.Method) {
		request := j.callOf(job.id, credential)
		request.Purpose = "the system parameter " + parameter
		request.Path += "?" + parameter
		j.expect(id, j.send(request), beLike(plain, "as without "+parameter))
	}
}

// succeedWithSystemParameters expects the success that there is without them: JSON,
// and whole.
func succeedWithSystemParameters(j *judgement) {
	credential, jobs, found := j.toCall(1)
	if !found {
		return
	}
	exchange := j.callOnce(jobs[0], nil, func(job string) target.Request {
		request := j.callOf(job, credential)
		request.Purpose, request.Path = "a success with all system parameters", request.Path+systemQuery(j.Method)
		return request
	})
	if exchange == nil || !j.expect("path.system-parameters", exchange, succeed(j.Method)) {
		return
	}
	j.expect("path.system-parameters", exchange, HaveMediaType(j.Method.Operation.MediaType))
	if hasNewID(j.Method) {
		j.expect("path.fields", exchange, haveIDText(j.Method))
	}
}

// asksForPart reports whether a request asks for some fields of the response.
func asksForPart(request target.Request) bool {
	_, query, _ := strings.Cut(request.Path, "?")
	return slices.ContainsFunc(strings.Split(query, "&"), func(parameter string) bool {
		return strings.HasPrefix(parameter, "fields=") || strings.HasPrefix(parameter, "%24fields=")
	})
}

// sameMeaning checks that another way to write a path gets the same response as
// the plain one. A job that is refused for its state shows it without being used
// up; where there is none, a job is used up that the method accepts.
func sameMeaning(id, purpose string, path func(id string) string) func(*judgement) {
	return func(j *judgement) {
		credential, found := j.credential()
		if !found {
			return
		}
		other := func(job string) target.Request {
			request := j.callOf(job, credential)
			request.Purpose, request.Path = purpose, path(job)
			return request
		}
		if job, found := j.freeJob(); found {
			plain := j.send(j.callOf(job.id, credential))
			if !j.stillFree(job.id) {
				return
			}
			written := j.send(other(job.id))
			if j.comparable(id, plain, written) {
				j.expect(id, written, beLike(plain, "as for the plain path"))
			}
			return
		}
		left, missing := j.acceptedJobs(1)
		if missing != nil {
			refused := j.Method.RefusedStates()
			flags := slices.DeleteFunc(append(result.JobFlags(refused[:min(1, len(refused))]), missing.Flag), func(flag string) bool { return flag == "" })
			j.Skip(j.noJobReason()+j.staleText(), strings.Join(flags, " or "))
			return
		}
		if exchange := j.callOnce(left[0], nil, other); exchange != nil {
			j.expect(id, exchange, succeed(j.Method))
		}
	}
}

func succeed(method *spec.Method) types.GomegaMatcher {
	return inStatus(fmt.Sprint(method.Operation.Success), (*response).succeeded)
}

// beLike matches a response that means the same to a client as another one.
func beLike(other *target.Exchange, as string) types.GomegaMatcher {
	like := responseTo(other)
	return inStatus(like.String()+", "+as, like.like)
}

// systemParameters are the system parameters of the description as they stand in a
// query.
func systemParameters(method *spec.Method) []string {
	parts := make([]string, len(method.SystemParameters))
	for i, parameter := range method.SystemParameters {
		name, example, _ := strings.Cut(parameter, "=")
		parts[i] = url.QueryEscape(name) + "=" + url.QueryEscape(example)
	}
	return parts
}

// systemQuery is a query with all system parameters, but each once: not under its
// other name with a $.
func systemQuery(method *spec.Method) string {
	parts := slices.DeleteFunc(systemParameters(method), func(part string) bool {
		name, _, _ := strings.Cut(part, "=")
		plain, other := strings.CutPrefix(name, "%24")
		return other && slices.ContainsFunc(method.SystemParameters, func(p string) bool { return strings.HasPrefix(p, plain+"=") })
	})
	return "?" + strings.Join(parts, "&")
}

// unreservedOrEscape finds the unreserved characters of http.proto,
// [-_.~0-9a-zA-Z], outside escapes, and the escapes.
var unreservedOrEscape = text.Pattern(`%[0-9A-F]{2}|[-_.~0-9a-zA-Z]`)

// encodeAll percent-encodes the unreserved characters of an id too, beside those
// that a path needs encoded.
func encodeAll(id string) string {
	return outsideEscapes(url.PathEscape(id), func(octet byte) string { return fmt.Sprintf("%%%02X", octet) })
}

// otherCase swaps the case of the letters of an escaped id, but not of its
// escapes, where case means nothing.
func otherCase(id string) string {
	return outsideEscapes(id, func(octet byte) string {
		if octet|0x20 >= 'a' && octet|0x20 <= 'z' {
			octet ^= 0x20
		}
		return string(rune(octet))
	})
}

func outsideEscapes(text string, change func(octet byte) string) string {
	return unreservedOrEscape().ReplaceAllStringFunc(text, func(found string) string {
		if len(found) > 1 {
			return found
		}
		return change(found[0])
	})
}

// lowerCaseEscapes writes percent escapes with lower-case digits.
func lowerCaseEscapes(text string) string {
	return regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(text, strings.ToLower)
}
