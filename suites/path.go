package suites

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// foreignPath is a path that must not reach the method with the job's own id.
type foreignPath struct {
	name        string
	title       string
	requirement string
	// path makes it from the description's path and a job's id, escaped.
	path func(template spec.PathTemplate, id string) string
	// needsPattern says that it can be judged only where the description says
	// what an id looks like.
	needsPattern bool
}

// foreignPaths lists the paths that a server must tell from the method's own:
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
func foreignPaths() []foreignPath {
	return []foreignPath{
		{"two-segments", "two segments, the job's id first", "retry.path.one-segment",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "/x") }, true},
		{"two-segments-last", "two segments, the job's id last", "retry.path.one-segment",
			func(t spec.PathTemplate, id string) string { return t.Raw("x/" + id) }, true},
		{"empty-id", "an empty id", "retry.path.empty-id",
			func(t spec.PathTemplate, _ string) string { return t.Raw("") }, true},
		{"no-id", "the collection alone with the verb", "retry.path.id-required",
			func(t spec.PathTemplate, _ string) string { return strings.TrimSuffix(t.Prefix, "/") + t.Suffix }, false},
		{"other-collection", "another collection", "retry.path.collection",
			func(t spec.PathTemplate, id string) string { return t.Base() + "portabilityArchive/" + id + t.Suffix }, false},
		{"longer-collection", "a collection whose name only begins alike", "retry.path.collection",
			func(t spec.PathTemplate, id string) string { return t.Base() + t.Collection() + "x/" + id + t.Suffix }, false},
		{"no-verb", "no verb", "retry.path.verb",
			func(t spec.PathTemplate, id string) string { return t.Prefix + id }, false},
		{"longer-verb", "a verb that only begins alike", "retry.path.verb",
			func(t spec.PathTemplate, id string) string { return t.Raw(id) + "x" }, false},
		{"other-verb", "a verb that the API does not have", "retry.path.verb",
			func(t spec.PathTemplate, id string) string { return t.Prefix + id + ":dpconformUnknown" }, false},
		{"verb-case", "the verb in another case", "retry.path.case",
			func(t spec.PathTemplate, id string) string { return t.Prefix + id + strings.ToUpper(t.Suffix) }, false},
		{"collection-case", "the collection in another case", "retry.path.case",
			func(t spec.PathTemplate, id string) string {
				return t.Base() + strings.ToLower(t.Collection()) + "/" + id + t.Suffix
			}, false},
		{"id-case", "an id that differs from the job's in case alone", "retry.path.case",
			func(t spec.PathTemplate, id string) string { return t.Raw(otherCase(id)) }, false},
		{"encoded-space", "an id that differs from the job's by a space at the end", "retry.path.transcoding",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "%20") }, false},
		{"encoded-question-mark", "an unknown id that begins with the job's and %3F", "retry.path.transcoding",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "%3Fx") }, false},
		{"longer-id-dot", "an unknown id that begins with the job's and a dot", "retry.path.transcoding",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + ".x") }, false},
		{"longer-id-tilde", "an unknown id that begins with the job's and a tilde", "retry.path.transcoding",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "~x") }, false},
		{"longer-id-underscore", "an unknown id that begins with the job's and an underscore", "retry.path.transcoding",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "_x") }, false},
		{"longer-id-hyphen", "an unknown id that begins with the job's and a hyphen", "retry.path.transcoding",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "-x") }, false},
		{"colon-in-id", "an unknown id that begins with the job's and a colon", "retry.path.colon-in-id",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + ":x") }, false},
		{"colon-before-id", "an unknown id that ends with a colon and the job's", "retry.path.colon-in-id",
			func(t spec.PathTemplate, id string) string { return t.Raw("x:" + id) }, false},
		{"encoded-slash", "an unknown id that begins with the job's and %2F", "retry.path.encoded-slash",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "%2Fx") }, false},
		{"encoded-slash-last", "an unknown id that ends with %2F and the job's", "retry.path.encoded-slash",
			func(t spec.PathTemplate, id string) string { return t.Raw("x%2F" + id) }, false},
		{"encoded-slash-lower", "an unknown id that begins with the job's and %2f", "retry.path.encoded-slash",
			func(t spec.PathTemplate, id string) string { return t.Raw(id + "%2fx") }, false},
		{"encoded-colon-lower", "an encoded colon before the verb, in lower case", "retry.path.encoded-colon",
			func(t spec.PathTemplate, id string) string {
				return t.Prefix + id + strings.Replace(t.Suffix, ":", "%3a", 1)
			}, false},
		{"encoded-colon", "an encoded colon before the verb", "retry.path.encoded-colon",
			func(t spec.PathTemplate, id string) string {
				return t.Prefix + id + strings.Replace(t.Suffix, ":", "%3A", 1)
			}, false},
		{"decoded-twice", "the job's id encoded twice", "retry.path.decoded-once",
			func(t spec.PathTemplate, id string) string {
				return t.Raw(strings.ReplaceAll(encodeAll(id), "%", "%25"))
			}, false},
		{"encoded-separator", "an encoded slash between collection and id", "retry.path.encoded-separator",
			func(t spec.PathTemplate, id string) string {
				return strings.TrimSuffix(t.Prefix, "/") + "%2F" + id + t.Suffix
			}, false},
		{"slash-verb", "a slash for the colon before the verb", "retry.path.slash-verb",
			func(t spec.PathTemplate, id string) string {
				return t.Prefix + id + strings.Replace(t.Suffix, ":", "/", 1)
			}, false},
		{"trailing-slash", "a slash behind the verb", "retry.path.trailing-slash",
			func(t spec.PathTemplate, id string) string { return t.Raw(id) + "/" }, false},
	}
}

// foreignMethods are the HTTP methods that must not retry a job.
var foreignMethods = []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"}

func pathChecks(contract *spec.Contract) []Check {
	template := contract.Retry.Path
	checks := []Check{{
		ID: "path/method-and-verb", Aspect: "path", Title: "the documented method and path",
		Requirements: []string{"retry.path.method-and-verb"},
		Sends:        fmt.Sprintf("%s %s for a job that failed, no body", contract.Retry.Method, template),
		phase:        starting, judge: methodAndVerb,
	}}
	for _, foreign := range foreignPaths() {
		checks = append(checks, Check{
			ID: "path/" + foreign.name, Aspect: "path", Title: foreign.title,
			Requirements: []string{foreign.requirement},
			Sends:        contract.Retry.Method + " " + foreign.path(template, "ID"),
			phase:        refusing, judge: func(j *judgement) { judgeForeignPath(j, foreign) },
		})
	}
	for _, method := range foreignMethods {
		checks = append(checks, Check{
			ID: "path/http-method-" + strings.ToLower(method), Aspect: "path", Title: method + " for " + contract.Retry.Method,
			Requirements: []string{"retry.path.http-method"},
			Sends:        method + " " + template.Raw("ID"),
			phase:        refusing, judge: func(j *judgement) { judgeForeignMethod(j, method) },
		})
	}
	return append(checks,
		Check{
			ID: "path/encoded-unreserved", Aspect: "path", Title: "the job's id with every unreserved character encoded",
			Requirements: []string{"retry.path.encoded-unreserved"},
			Sends:        contract.Retry.Method + " " + template.Raw("%49%44") + ", beside the same with the id as it is",
			phase:        starting, judge: encodedUnreserved,
		},
		Check{
			ID: "path/encoded-unreserved-lower", Aspect: "path", Title: "the same with the hexadecimal digits in lower case",
			Requirements: []string{"retry.path.encoded-unreserved"},
			Sends:        contract.Retry.Method + " " + template.Raw("%6a%6b") + ", beside the same with the id as it is",
			phase:        starting, judge: encodedUnreservedLower,
		},
		Check{
			ID: "path/system-parameters", Aspect: "path", Title: "the query that generated clients send",
			Requirements: []string{"retry.path.system-parameters"},
			Sends:        contract.Retry.Method + " " + template.Raw("ID") + systemQuery(contract) + ", beside the same without the query",
			phase:        starting, judge: systemParameters,
		},
		Check{
			ID: "path/unknown-parameter", Aspect: "path", Title: "a query parameter that nobody knows",
			Requirements: []string{"retry.path.unknown-parameter"},
			Sends:        contract.Retry.Method + " " + template.Raw("ID") + "?dpconformUnknown=1",
			phase:        refusing, judge: unknownParameter,
		})
}

func methodAndVerb(j *judgement) {
	if first, found := j.firstRetry(); found {
		j.expect("retry.path.method-and-verb", first.answer)
	}
}

// judgeForeignPath sends a path that is not the method's, with a job that a
// careless server would retry.
func judgeForeignPath(j *judgement, foreign foreignPath) {
	if foreign.needsPattern && j.Contract.IDPattern == nil {
		j.Skip("the description gives no pattern for "+j.Contract.Retry.Path.Parameter+", so it does not say what an id looks like",
			"--spec FILE with a pattern")
		return
	}
	credential, about, found := j.refusalSubject()
	if !found {
		return
	}
	request := j.retryOf(about.id, credential)
	request.Purpose = foreign.title
	request.Path = foreign.path(j.Contract.Retry.Path, url.PathEscape(about.id))
	request.FrontEnd = true
	if request.Path == j.Contract.Retry.Path.Expand(about.id) {
		j.Skip("the id of the job reads the same in another case", "a job whose id has letters")
		return
	}
	j.startsNothing(foreign.requirement, j.send(request), about, credential)
}

func judgeForeignMethod(j *judgement, method string) {
	credential, about, found := j.refusalSubject()
	if !found {
		return
	}
	request := j.retryOf(about.id, credential)
	request.Purpose, request.Method, request.FrontEnd = method+" for "+request.Method, method, true
	j.startsNothing("retry.path.http-method", j.send(request), about, credential)
}

// unknownParameter is judged on a job as it is: the refusal of the parameter
// must not be the refusal of the job.
func unknownParameter(j *judgement) {
	credential, about, found := j.refusalSubject()
	if !found {
		return
	}
	request := j.retryOf(about.id, credential)
	request.Purpose = "a query parameter that nobody knows"
	request.Path += "?dpconformUnknown=1"
	exchange := j.send(request)
	if about.standIn && j.isJobRefusal(exchange) {
		j.skipStandIn()
		return
	}
	j.expect("retry.path.unknown-parameter", exchange)
}

// refusalSubject gives what every request needs that must start nothing.
func (j *judgement) refusalSubject() (target.Credential, subject, bool) {
	credential, found := j.credential()
	if !found {
		return credential, subject{}, false
	}
	about, found := j.untouched(credential)
	return credential, about, found
}

// startsNothing judges an answer to a path that is not the method's. The
// refusal of the job's state shows that the path reached the job all the same.
func (j *judgement) startsNothing(id string, exchange *target.Exchange, about subject, credential target.Credential) {
	requirement, _ := j.Contract.Requirement(id)
	if about.standIn && exchange.Answered() && j.isJobRefusal(exchange) {
		j.Fail(id, exchange, requirement.Expect.String()+", as for a path that is not the method's",
			describe(exchange)+", the refusal of the job: the path reached it")
		return
	}
	if j.expect(id, exchange) {
		j.keepsState(id, about, credential)
	}
}

// isJobRefusal reports whether an answer refuses the state of a job.
func (j *judgement) isJobRefusal(exchange *target.Exchange) bool {
	refusal, found := j.Contract.Requirement("retry.semantics.refusal-status")
	return found && exchange.Answered() && len(refusal.Expect.Code) > 0 && refusal.Expect.AllowsCode(readFailure(exchange).Status)
}

func (j *judgement) skipStandIn() {
	j.Skip("the job was refused for its state, so that nothing shows of the rest", flagFor(j.Contract.RetryableStates)+
		", with --allow-retry where the target is not on this machine")
}

func encodedUnreserved(j *judgement) {
	j.meansTheSame("retry.path.encoded-unreserved", "the id with its unreserved characters encoded",
		func(id string) string { return j.Contract.Retry.Path.Raw(encodeAll(id)) })
}

// encodedUnreservedLower is apart: RFC 3986, 2.1, makes the case of the digits
// mean nothing, and a table of escapes may know only one.
func encodedUnreservedLower(j *judgement) {
	j.meansTheSame("retry.path.encoded-unreserved", "the id encoded with lower-case digits",
		func(id string) string { return j.Contract.Retry.Path.Raw(lowerEscapes(encodeAll(id))) })
}

func systemParameters(j *judgement) {
	if len(j.Contract.SystemParameters) == 0 {
		j.Skip("the description names no system parameters", "--spec FILE with x-system-parameters")
		return
	}
	j.meansTheSame("retry.path.system-parameters", "the query that generated clients send",
		func(id string) string { return j.Contract.Retry.Path.Expand(id) + systemQuery(j.Contract) })
}

// meansTheSame judges that another way to write a path is answered like the
// plain one. A job that is refused for its state shows it at no cost; where
// there is none, a failed job is retried.
func (j *judgement) meansTheSame(id, purpose string, path func(id string) string) {
	credential, found := j.credential()
	if !found {
		return
	}
	about, found := j.standIn()
	if !found {
		left, missing := j.failedJobs(1)
		if missing != nil {
			j.Skip("it needs a job that the server knows", flagFor(j.Contract.RefusedStates()[:1])+" or "+missing.Flag)
			return
		}
		exchange := j.retryOnce(left[0], nil, func(job string) target.Request {
			request := j.retryOf(job, credential)
			request.Purpose, request.Path = purpose, path(job)
			return request
		})
		if want := fmt.Sprint(j.Contract.Retry.Success); exchange != nil && j.answered(id, exchange, want) && !exchange.Started() {
			j.Fail(id, exchange, want, describe(exchange))
		}
		return
	}
	plain := j.send(j.retryOf(about.id, credential))
	request := j.retryOf(about.id, credential)
	request.Purpose, request.Path = purpose, path(about.id)
	other := j.send(request)
	want := describe(plain) + ", as for the plain path"
	if j.answered(id, plain, "an answer") && j.answered(id, other, want) && describe(other) != describe(plain) {
		j.Fail(id, other, want, describe(other))
	}
}

func systemQuery(contract *spec.Contract) string {
	parts := make([]string, len(contract.SystemParameters))
	for i, parameter := range contract.SystemParameters {
		parts[i] = url.QueryEscape(parameter.Name) + "=" + url.QueryEscape(parameter.Example)
	}
	return "?" + strings.Join(parts, "&")
}

// encodeAll percent-encodes the unreserved characters of an id: [-_.~0-9a-zA-Z]
// of http.proto. Others are encoded where a path needs it.
func encodeAll(id string) string {
	var text strings.Builder
	for _, octet := range []byte(id) {
		if isUnreserved(octet) {
			fmt.Fprintf(&text, "%%%02X", octet)
		} else {
			text.WriteString(url.PathEscape(string(octet)))
		}
	}
	return text.String()
}

// lowerEscapes writes percent escapes with lower-case digits.
func lowerEscapes(text string) string {
	return percentEscape.ReplaceAllStringFunc(text, strings.ToLower)
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// otherCase swaps the case of the letters of an escaped id. Escapes stay: their
// case means nothing.
func otherCase(id string) string {
	var text strings.Builder
	for i := 0; i < len(id); i++ {
		if id[i] == '%' && i+2 < len(id) {
			text.WriteString(id[i : i+3])
			i += 2
			continue
		}
		text.WriteByte(swapCase(id[i]))
	}
	return text.String()
}

func swapCase(octet byte) byte {
	if octet >= 'a' && octet <= 'z' || octet >= 'A' && octet <= 'Z' {
		return octet ^ 0x20
	}
	return octet
}

func isUnreserved(octet byte) bool {
	return octet >= '0' && octet <= '9' || octet >= 'a' && octet <= 'z' || octet >= 'A' && octet <= 'Z' ||
		strings.IndexByte("-_.~", octet) >= 0
}
