package diff

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// response is what came of one exchange, without what changes from run to run.
type response struct {
	// Exchange is its number in its report.
	Exchange int `json:"exchange"`
	// Request is the method and the address.
	Request    string `json:"request"`
	Purpose    string `json:"purpose"`
	Credential string `json:"credential,omitempty"`
	// Status is 0 without a response; Fault is what came instead of a whole one.
	Status int    `json:"status,omitempty"`
	Fault  string `json:"fault,omitempty"`
	// Header has the compared headers of the response, as they came.
	Header map[string]string `json:"header"`
	// Shape is the form of the body, or "empty", "no JSON", "cut" for a body that
	// the report does not show whole.
	Shape string `json:"shape"`
	// Curl sends the same request, with the token as $TOKEN; empty for that of a client.
	Curl string `json:"curl"`

	check, method, job string
	// about is the job of the request, also where its purpose does not name that.
	about string
	// steady are the headers without what differs from run to run.
	steady map[string]string
	shape  shape
	// other is the counterpart in the other report, or nil.
	other *response
}

// counterpart is the same exchange in the other report, or nil.
func (r *response) counterpart() *response {
	if r == nil {
		return nil
	}
	return r.other
}

// comparedHeaders are the headers that matter to a caller. Their meaning is that
// of RFC 9110.
var comparedHeaders = []string{"Content-Type", "WWW-Authenticate", "Location", "Retry-After", "Allow"}

// responseChange is a response to the same request that differs now.
type responseChange struct {
	Check       string       `json:"check"`
	Differences []difference `json:"differences"`
	Old         *response    `json:"old"`
	New         *response    `json:"new"`
}

// difference is one thing in which two responses differ. Old or New is empty
// where one of them does not have it.
type difference struct {
	// What is "status", the name of a header, or "body".
	What string `json:"what"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	// Place is where in a JSON body.
	Place string `json:"place,omitempty"`
}

func responseOf(exchange result.Exchange, endpoint string) *response {
	made := &response{
		Exchange: exchange.Number, Request: exchange.Request.Method + " " + exchange.Request.URL, Purpose: exchange.Purpose,
		Credential: exchange.Request.Credential, Header: map[string]string{}, Shape: "empty",
		check: exchange.Check, method: exchange.Request.Method, job: jobIn(exchange), steady: map[string]string{},
	}
	made.about = cmp.Or(exchange.Job, made.job)
	if exchange.Fault != nil {
		made.Fault = exchange.Fault.Kind
	}
	if exchange.Response == nil {
		return made
	}
	made.Status = exchange.Response.Status
	for _, name := range comparedHeaders {
		var values []string
		for key, some := range exchange.Response.Header {
			if strings.EqualFold(key, name) {
				values = append(values, some...)
			}
		}
		if len(values) > 0 {
			made.Header[name] = strings.Join(values, ", ")
			made.steady[name] = steadyAddress(steadyHeader(name, strings.TrimSpace(made.Header[name])), endpoint, made.job)
		}
	}
	if body := exchange.Response.Body; body != "" {
		var isJSON bool
		if made.shape, made.Shape, isJSON = shapeOf(body); !isJSON {
			made.Shape = "no JSON"
			if strings.HasSuffix(body, "…") {
				made.Shape = "cut"
			}
		}
	}
	return made
}

// steadyAddress replaces the address of the target and, where it is a segment of
// a path, the job: both may be others in another run.
func steadyAddress(value, endpoint, job string) string {
	if address, err := url.Parse(endpoint); err == nil && address.Host != "" {
		value = strings.NewReplacer(strings.TrimSuffix(endpoint, "/"), "{endpoint}", address.Host, "{host}").Replace(value)
	}
	if job == "" {
		return value
	}
	return regexp.MustCompile(`/`+regexp.QuoteMeta(job)+`($|[/:?#])`).ReplaceAllString(value, "/{job}$1")
}

var ownAddress = text.Pattern(`\b(localhost|127\.0\.0\.1|\[::1\]):\d+`)

// steadyPorts replaces the ports of the servers that test a client, which are others
// in each run.
func (r *response) steadyPorts() {
	for name, value := range r.steady {
		r.steady[name] = ownAddress().ReplaceAllString(value, "$1:{port}")
	}
}

// steadyHeader makes two values of a header that mean the same, the same.
func steadyHeader(name, value string) string {
	switch name {
	case "Content-Type":
		if media, parameters, err := mime.ParseMediaType(value); err == nil {
			if charset, has := parameters["charset"]; has {
				parameters["charset"] = strings.ToLower(charset)
			}
			return mime.FormatMediaType(media, parameters)
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
func (r *response) status() string {
	switch {
	case r.Fault != "" && r.Status != 0:
		return fmt.Sprintf("%d and %s", r.Status, r.Fault)
	case r.Fault != "":
		return r.Fault
	case r.Status == 0:
		return "no response"
	}
	return fmt.Sprint(r.Status)
}

// differences lists in what two responses differ.
func differences(old, new *response) []difference {
	var all []difference
	if before, after := old.status(), new.status(); before != after {
		all = append(all, difference{What: "status", Old: before, New: after})
	}
	for _, name := range comparedHeaders {
		if old.steady[name] != new.steady[name] {
			all = append(all, difference{What: name, Old: old.steady[name], New: new.steady[name]})
		}
	}
	switch {
	case old.Shape == "cut" || new.Shape == "cut":
	case old.shape != nil && new.shape != nil:
		all = append(all, shapeDifferences(old.shape, new.shape)...)
	case old.Shape != new.Shape:
		all = append(all, difference{What: "body", Old: old.Shape, New: new.Shape})
	}
	return all
}

// jobDifference is that of the jobs of two requests, which may explain the others; empty
// for the same job.
func jobDifference(old, new *response) []difference {
	if old.about == new.about {
		return nil
	}
	return []difference{{What: "job", Old: cmp.Or(old.about, "none"), New: cmp.Or(new.about, "none")}}
}

// pair finds for each exchange its counterpart in the other report, and counts
// those found. The same check sends the same requests, so a counterpart has the
// same check, method and purpose. What the runs were given may differ: first those
// are paired that have the same job and credential, then those that differ in the
// job, then those that differ in both. Where one run has more of them, it is not
// certain which belong together, and they stay alone.
//
// Requests that are the same in all of this are paired by their responses: which
// of several requests at once gets the first response is chance.
func pair(old, new *index) (paired int) {
	role := func(r *response) string {
		if r.job != "" {
			return strings.TrimSuffix(r.Purpose, r.job) + "{job}"
		}
		return r.Purpose
	}
	for step, key := range []func(*response) string{
		func(r *response) string { return r.Credential + "\x00" + r.Purpose },
		func(r *response) string { return r.Credential + "\x00" + role(r) },
		role,
	} {
		before, after := alone(old.exchanges, key), alone(new.exchanges, key)
		for key, some := range after {
			if step == 0 || len(some) == len(before[key]) {
				paired += join(before[key], some, (*response).signature) + join(before[key], some, func(*response) string { return "" })
			}
		}
	}
	return paired
}

// signature is the same for responses that do not differ.
func (r *response) signature() string {
	return fmt.Sprintf("%s\x00%s\x00%q", r.status(), r.Shape, r.steady)
}

// join pairs responses of one key in their order, and counts the pairs.
func join(old, new []*response, key func(*response) string) (paired int) {
	free := map[string][]*response{}
	for _, one := range old {
		if one.other == nil {
			free[key(one)] = append(free[key(one)], one)
		}
	}
	for _, one := range new {
		if others := free[key(one)]; one.other == nil && len(others) > 0 {
			one.other, others[0].other = others[0], one
			free[key(one)], paired = others[1:], paired+1
		}
	}
	return paired
}

// alone groups the exchanges without a counterpart by check, method and a key.
func alone(all []*response, key func(*response) string) map[string][]*response {
	groups := map[string][]*response{}
	for _, one := range all {
		if one.other == nil {
			whole := strings.Join([]string{one.check, one.method, key(one)}, "\x00")
			groups[whole] = append(groups[whole], one)
		}
	}
	return groups
}

// jobIn finds the job in "call failed-1": the last word of a purpose, where it
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
func responseChanges(new *index, checks []checkChange) []responseChange {
	shown := map[*response]bool{}
	for _, check := range checks {
		for _, one := range check.Evidence {
			if check.Kind != stillFailing && one.Old != nil && one.New != nil {
				shown[one.New.Response] = true
			}
		}
	}
	all := []responseChange{}
	for _, one := range new.exchanges {
		if one.other == nil || shown[one] {
			continue
		}
		if found := differences(one.other, one); len(found) > 0 {
			all = append(all, responseChange{one.check, found, one.other, one})
		}
	}
	return all
}
