package diff

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
)

// Response is the response of one exchange, without what changes from run to run.
type Response struct {
	// Exchange is its number in its report.
	Exchange int `json:"exchange"`
	// Request is the method and the address.
	Request    string `json:"request"`
	Purpose    string `json:"purpose"`
	Credential string `json:"credential,omitempty"`
	// Status is 0 without a response; Fault is what came instead of a whole one.
	Status int    `json:"status,omitempty"`
	Fault  string `json:"fault,omitempty"`
	// Header has those of the compared headers that the response has, as they came.
	Header map[string]string `json:"header"`
	// Shape is the form of the body, or "empty", "no JSON", "cut" for a body that
	// the report does not show whole.
	Shape string `json:"shape"`
	// Curl sends the same request, with the token as $TOKEN.
	Curl string `json:"curl"`

	// steady are the headers without what differs from run to run.
	steady map[string]string
	shape  shape
}

// comparedHeaders are the headers that matter to a caller. Their meaning is that
// of RFC 9110.
var comparedHeaders = []string{"Content-Type", "WWW-Authenticate", "Location", "Retry-After", "Allow"}

// ResponseChange is a response to the same request that differs now.
type ResponseChange struct {
	Check       string       `json:"check"`
	Differences []Difference `json:"differences"`
	Old         Response     `json:"old"`
	New         Response     `json:"new"`
}

// Difference is one thing in which two responses differ. Old or New is empty
// where one of them does not have it.
type Difference struct {
	// What is "status", the name of a header, or "body".
	What string `json:"what"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	// Place is where in a JSON body.
	Place string `json:"place,omitempty"`
}

// String gives a difference in one line.
func (d Difference) String() string {
	what := d.What
	if d.Place != "" {
		what += " at " + d.Place
	}
	switch {
	case d.Old == "":
		return what + ": new, " + d.New
	case d.New == "":
		return what + ": gone, was " + d.Old
	}
	return what + ": " + d.Old + " → " + d.New
}

func responseOf(exchange result.Exchange, endpoint string) Response {
	response := Response{
		Exchange: exchange.Number, Request: exchange.Request.Method + " " + exchange.Request.URL, Purpose: exchange.Purpose,
		Credential: exchange.Request.Credential, Header: map[string]string{}, Shape: "empty", Curl: exchange.Request.Curl(), steady: map[string]string{},
	}
	if exchange.Fault != nil {
		response.Fault = exchange.Fault.Kind
	}
	if exchange.Response == nil {
		return response
	}
	response.Status = exchange.Response.Status
	hide := steadyWords(exchange, endpoint)
	for _, name := range comparedHeaders {
		var values []string
		for key, some := range exchange.Response.Header {
			if strings.EqualFold(key, name) {
				values = append(values, some...)
			}
		}
		if len(values) > 0 {
			response.Header[name] = strings.Join(values, ", ")
			response.steady[name] = hide(steadyHeader(name, strings.TrimSpace(response.Header[name])))
		}
	}
	if body := exchange.Response.Body; body != "" {
		shape, written, isJSON := shapeOf(body)
		switch {
		case isJSON:
			response.shape, response.Shape = shape, written
		case strings.HasSuffix(body, "…"):
			response.Shape = "cut"
		default:
			response.Shape = "no JSON"
		}
	}
	return response
}

// steadyWords replaces the address of the target and, where it is a segment of a
// path, the job: both may be others in another run.
func steadyWords(exchange result.Exchange, endpoint string) func(string) string {
	var words []string
	if address, err := url.Parse(endpoint); err == nil && address.Host != "" {
		words = append(words, strings.TrimSuffix(endpoint, "/"), "{endpoint}", address.Host, "{host}")
	}
	addresses := strings.NewReplacer(words...)
	job := jobIn(exchange)
	if job == "" {
		return addresses.Replace
	}
	segment := regexp.MustCompile(`/` + regexp.QuoteMeta(job) + `($|[/:?#])`)
	return func(text string) string { return segment.ReplaceAllString(addresses.Replace(text), "/{job}$1") }
}

// steadyHeader makes two values of a header that mean the same, the same.
func steadyHeader(name, value string) string {
	switch name {
	case "Content-Type":
		if kind, parameters, err := mime.ParseMediaType(value); err == nil {
			if charset, has := parameters["charset"]; has {
				parameters["charset"] = strings.ToLower(charset)
			}
			return mime.FormatMediaType(kind, parameters)
		}
	case "Allow":
		methods := strings.FieldsFunc(value, func(character rune) bool { return character == ',' || character == ' ' })
		slices.Sort(methods)
		return strings.Join(slices.Compact(methods), ", ")
	case "Retry-After":
		// The time to wait changes from response to response.
		if strings.Trim(value, "0123456789") == "" {
			return "a number of seconds"
		}
		if _, err := http.ParseTime(value); err == nil {
			return "a date"
		}
	}
	return value
}

// status says what came in one word.
func (a Response) status() string {
	switch {
	case a.Fault != "" && a.Status != 0:
		return strconv.Itoa(a.Status) + " and " + a.Fault
	case a.Fault != "":
		return a.Fault
	case a.Status == 0:
		return "no response"
	}
	return strconv.Itoa(a.Status)
}

// differences lists in what two responses differ.
func differences(old, new Response) []Difference {
	var all []Difference
	if before, after := old.status(), new.status(); before != after {
		all = append(all, Difference{What: "status", Old: before, New: after})
	}
	for _, name := range comparedHeaders {
		if old.steady[name] != new.steady[name] {
			all = append(all, Difference{What: name, Old: old.steady[name], New: new.steady[name]})
		}
	}
	switch {
	case old.Shape == "cut" || new.Shape == "cut":
	case old.shape != nil && new.shape != nil:
		all = append(all, shapeDifferences(old.shape, new.shape)...)
	case old.Shape != new.Shape:
		all = append(all, Difference{What: "body", Old: old.Shape, New: new.Shape})
	}
	return all
}

// signature is the same for responses that do not differ.
func (a Response) signature() string {
	parts := []string{a.status(), a.Shape}
	for _, name := range comparedHeaders {
		parts = append(parts, a.steady[name])
	}
	return strings.Join(parts, "\x00")
}

// pairs are the exchanges of two reports that belong together, by their numbers.
type pairs struct {
	old, new     map[int]Response
	toNew, toOld map[int]int
}

// pair finds for each exchange its counterpart in the other report. The same
// check sends the same requests, so a counterpart has the same check, method and
// purpose. What the runs were given may differ: first those are paired that have
// the same job and credential, then those that differ in the job, then those that
// differ in both. Where one run has more of them, it is not certain which belong
// together, and they stay alone.
//
// Requests that are the same in all of this are paired by their responses: which
// of several requests at once gets the first response is chance.
func pair(before, after result.Report) pairs {
	all := pairs{responsesOf(before), responsesOf(after), map[int]int{}, map[int]int{}}
	role := func(exchange result.Exchange) string {
		if job := jobIn(exchange); job != "" {
			return strings.TrimSuffix(exchange.Purpose, job) + "{job}"
		}
		return exchange.Purpose
	}
	for step, key := range []func(result.Exchange) string{
		func(e result.Exchange) string { return e.Request.Credential + "\x00" + e.Purpose },
		func(e result.Exchange) string { return e.Request.Credential + "\x00" + role(e) },
		role,
	} {
		old, new := alone(before.Exchanges, all.toNew, key), alone(after.Exchanges, all.toOld, key)
		for key, numbers := range new {
			if step == 0 || len(numbers) == len(old[key]) {
				all.join(old[key], numbers)
			}
		}
	}
	return all
}

func responsesOf(of result.Report) map[int]Response {
	responses := map[int]Response{}
	for _, exchange := range of.Exchanges {
		if _, twice := responses[exchange.Number]; !twice {
			responses[exchange.Number] = responseOf(exchange, of.Target.Endpoint)
		}
	}
	return responses
}

// alone groups the exchanges without a counterpart by check, method and a key.
func alone(exchanges []result.Exchange, joined map[int]int, key func(result.Exchange) string) map[string][]int {
	groups, seen := map[string][]int{}, map[int]bool{}
	for _, exchange := range exchanges {
		if _, has := joined[exchange.Number]; !has && !seen[exchange.Number] {
			seen[exchange.Number] = true
			whole := strings.Join([]string{exchange.Check, exchange.Request.Method, key(exchange)}, "\x00")
			groups[whole] = append(groups[whole], exchange.Number)
		}
	}
	return groups
}

// join pairs exchanges of one key: first those with the same response, then the
// others in their order.
func (p pairs) join(old, new []int) {
	same := map[string][]int{}
	for _, number := range old {
		signature := p.old[number].signature()
		same[signature] = append(same[signature], number)
	}
	var rest []int
	for _, number := range new {
		signature := p.new[number].signature()
		if numbers := same[signature]; len(numbers) > 0 {
			p.toOld[number], p.toNew[numbers[0]] = numbers[0], number
			same[signature] = numbers[1:]
			continue
		}
		rest = append(rest, number)
	}
	for _, number := range old {
		if _, has := p.toNew[number]; !has && len(rest) > 0 {
			p.toOld[rest[0]], p.toNew[number] = number, rest[0]
			rest = rest[1:]
		}
	}
}

// jobIn finds the job in "retry failed-1": the last word of a purpose, where it
// is a segment of the path too, alone or before a verb.
func jobIn(exchange result.Exchange) string {
	word := exchange.Purpose[strings.LastIndexByte(exchange.Purpose, ' ')+1:]
	address, err := url.Parse(exchange.Request.URL)
	if err != nil || word == "" || word == exchange.Purpose {
		return ""
	}
	for segment := range strings.SplitSeq(address.Path, "/") {
		if segment == word || strings.HasPrefix(segment, word+":") {
			return word
		}
	}
	return ""
}

// responseChanges lists the responses that changed and are not evidence of a
// changed verdict, in the order of the new report.
func responseChanges(after result.Report, checks []CheckChange, pairs pairs) []ResponseChange {
	shown := map[int]bool{}
	for _, check := range checks {
		for _, one := range check.Evidence {
			if check.Kind != StillFailing && one.Old != nil && one.New != nil && one.New.Response != nil {
				shown[one.New.Response.Exchange] = true
			}
		}
	}
	all := []ResponseChange{}
	for _, exchange := range after.Exchanges {
		before, has := pairs.toOld[exchange.Number]
		if !has || shown[exchange.Number] {
			continue
		}
		shown[exchange.Number] = true
		old, new := pairs.old[before], pairs.new[exchange.Number]
		if found := differences(old, new); len(found) > 0 {
			all = append(all, ResponseChange{exchange.Check, found, old, new})
		}
	}
	return all
}
