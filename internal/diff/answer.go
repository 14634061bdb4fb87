package diff

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/bodyshape"
	"github.com/dpconform/dpconform/internal/result"
)

// Answer is what one exchange shows, without what changes from run to run.
type Answer struct {
	// Exchange is its number in its report.
	Exchange int `json:"exchange"`
	// Request is the method and the address.
	Request    string `json:"request"`
	Purpose    string `json:"purpose"`
	Credential string `json:"credential,omitempty"`
	// Status is 0 where no answer came; Fault is what came instead of a whole
	// one.
	Status int    `json:"status,omitempty"`
	Fault  string `json:"fault,omitempty"`
	// Header has those of the compared headers that the answer has, as they came.
	Header map[string]string `json:"header"`
	// Shape is the form of the body: that of bodyshape, or "empty", "no JSON",
	// "cut" for a body that the report does not show whole.
	Shape string `json:"shape"`
	// Curl sends the same request, with the token as $TOKEN.
	Curl string `json:"curl"`

	// steady are the headers without what differs from run to run.
	steady map[string]string
	shape  *bodyshape.Shape
}

// The shapes of what is no whole JSON text.
const (
	emptyShape  = "empty"
	noJSONShape = "no JSON"
	cutShape    = "cut"
)

// ComparedHeaders lists the headers of answers that matter to a caller. Their
// meaning is that of RFC 9110.
func ComparedHeaders() []string {
	return []string{"Content-Type", "WWW-Authenticate", "Location", "Retry-After", "Allow"}
}

// AnswerChange is an answer to the same request that is another one now.
type AnswerChange struct {
	Check       string       `json:"check"`
	Differences []Difference `json:"differences"`
	Old         Answer       `json:"old"`
	New         Answer       `json:"new"`
}

// Difference is one thing in which two answers differ. Old or New is empty where
// one of them lacks it.
type Difference struct {
	// What is "status", the name of a header, or "body".
	What string `json:"what"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	// Place is where in a JSON body.
	Place string `json:"place,omitempty"`
}

// String says a difference in one line.
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

// answerOf reads an exchange of a report.
func answerOf(exchange result.Exchange, endpoint string) Answer {
	answer := Answer{
		Exchange: exchange.Number, Request: exchange.Request.Method + " " + exchange.Request.URL, Purpose: exchange.Purpose,
		Credential: exchange.Request.Credential, Header: map[string]string{}, Curl: exchange.Request.Curl(), steady: map[string]string{},
	}
	if exchange.Fault != nil {
		answer.Fault = exchange.Fault.Kind
	}
	if exchange.Response == nil {
		answer.Shape = emptyShape
		return answer
	}
	answer.Status = exchange.Response.Status
	hide := steadyWords(exchange, endpoint)
	for _, name := range ComparedHeaders() {
		if values := headerValues(exchange.Response.Header, name); len(values) > 0 {
			answer.Header[name] = strings.Join(values, ", ")
			answer.steady[name] = steadyHeader(name, values, hide)
		}
	}
	answer.Shape, answer.shape = shapeOf(*exchange.Response)
	return answer
}

func shapeOf(message result.Message) (string, *bodyshape.Shape) {
	if message.Body == "" {
		return emptyShape, nil
	}
	shape, err := bodyshape.Of([]byte(message.Body))
	switch {
	case err == nil:
		return shape.String(), &shape
	case strings.HasSuffix(message.Body, "…"):
		return cutShape, nil
	}
	return noJSONShape, nil
}

// headerValues gives the values of a header by its name in any case.
func headerValues(header map[string][]string, name string) []string {
	var values []string
	for key, some := range header {
		if strings.EqualFold(key, name) {
			values = append(values, some...)
		}
	}
	return values
}

// steadyWords puts fixed words in the place of the address that was judged and,
// where it is a segment of a path, of the job: both may be others in another
// run.
func steadyWords(exchange result.Exchange, endpoint string) func(string) string {
	var words []string
	if endpoint != "" {
		words = append(words, strings.TrimSuffix(endpoint, "/"), "{endpoint}")
	}
	if address, err := url.Parse(endpoint); err == nil && address.Host != "" {
		words = append(words, address.Host, "{host}")
	}
	addresses := strings.NewReplacer(words...)
	job := jobIn(exchange)
	if job == "" {
		return addresses.Replace
	}
	segment, err := regexp.Compile(`/` + regexp.QuoteMeta(job) + `($|[/:?#])`)
	if err != nil {
		return addresses.Replace
	}
	return func(text string) string {
		return segment.ReplaceAllString(addresses.Replace(text), "/{job}$1")
	}
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// steadyHeader makes two values of a header the same that say the same.
func steadyHeader(name string, values []string, hide func(string) string) string {
	whole := strings.TrimSpace(strings.Join(values, ", "))
	switch name {
	case "Content-Type":
		if kind, parameters, err := mime.ParseMediaType(whole); err == nil {
			if charset, has := parameters["charset"]; has {
				parameters["charset"] = strings.ToLower(charset)
			}
			return mime.FormatMediaType(kind, parameters)
		}
	case "Allow":
		methods := strings.FieldsFunc(whole, func(character rune) bool { return character == ',' || character == ' ' })
		slices.Sort(methods)
		return strings.Join(slices.Compact(methods), ", ")
	case "Retry-After":
		// The time to wait is another one each time.
		if digits.MatchString(whole) {
			return "a number of seconds"
		}
		if _, err := http.ParseTime(whole); err == nil {
			return "a date"
		}
	}
	return hide(whole)
}

// status says what came in one word.
func (a Answer) status() string {
	switch {
	case a.Fault != "" && a.Status != 0:
		return strconv.Itoa(a.Status) + " and " + a.Fault
	case a.Fault != "":
		return a.Fault
	case a.Status == 0:
		return "no answer"
	}
	return strconv.Itoa(a.Status)
}

// differences lists in what two answers differ.
func differences(old, new Answer) []Difference {
	var all []Difference
	if before, after := old.status(), new.status(); before != after {
		all = append(all, Difference{What: "status", Old: before, New: after})
	}
	for _, name := range ComparedHeaders() {
		if old.steady[name] != new.steady[name] {
			all = append(all, Difference{What: name, Old: old.steady[name], New: new.steady[name]})
		}
	}
	switch {
	case old.Shape == cutShape || new.Shape == cutShape:
	case old.shape != nil && new.shape != nil:
		for _, one := range bodyshape.Differences(*old.shape, *new.shape) {
			all = append(all, Difference{What: "body", Place: one.Place, Old: one.Old, New: one.New})
		}
	case old.Shape != new.Shape:
		all = append(all, Difference{What: "body", Old: old.Shape, New: new.Shape})
	}
	return all
}

// signature is the same for answers that do not differ.
func (a Answer) signature() string {
	parts := []string{a.status(), a.Shape}
	for _, name := range ComparedHeaders() {
		parts = append(parts, a.steady[name])
	}
	return strings.Join(parts, "\x00")
}
