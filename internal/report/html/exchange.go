package html

import (
	"github.com/dpconform/dpconform/internal/result"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

// exchange is a request and what came of it.
type exchange struct {
	Number     int
	Anchor     string
	Link       template.URL
	Purpose    string
	Line       string
	Status     string
	Class      string
	Took       string
	Credential string
	Request    string
	Answer     []segment
	// Bytes is the length of the answer's body.
	Bytes   string
	Curl    string
	Earlier []attempt
	Open    bool
}

// attempt is what came of sending the request before.
type attempt struct{ Status, Took, Answer string }

// budget bounds what the exchanges add to the page: bodies are cut shorter where
// there are many.
type budget struct {
	// evidence and passing are the longest bodies, in bytes, of exchanges that
	// show a finding and of the others.
	evidence, passing int
	// curl says that every exchange has its command; those of findings always do.
	curl bool
}

// The bytes that bodies may have in all, those of findings and the others, and
// the number of exchanges from which those alone have commands.
const (
	evidenceBytes = 1 << 20
	passingBytes  = 3 << 17
	withCurl      = 600
)

func (m *maker) budgetOf() budget {
	var evidence, passing []int
	for _, exchange := range m.Exchanges {
		lengths := &passing
		if len(m.evidence[exchange.Number]) > 0 {
			lengths = &evidence
		}
		*lengths = append(*lengths, len(exchange.Request.Body))
		if exchange.Response != nil {
			*lengths = append(*lengths, len(exchange.Response.Body))
		}
	}
	return budget{longestOf(evidence, evidenceBytes), longestOf(passing, passingBytes), len(m.Exchanges) <= withCurl}
}

// longestOf is the length to which texts must be cut for all to fit into a
// number of bytes.
func longestOf(lengths []int, bytes int) int {
	for longest := 16 << 10; longest > 64; longest -= longest / 4 {
		total := 0
		for _, length := range lengths {
			total += min(length, longest)
		}
		if total <= bytes {
			return longest
		}
	}
	return 64
}

func (m *maker) exchange(from *result.Exchange) exchange {
	places := m.evidence[from.Number]
	longest := m.budget.passing
	if len(places) > 0 {
		longest = m.budget.evidence
	}
	made := exchange{
		Number: from.Number, Anchor: m.exchanges[from.Number], Link: m.exchangeLink(from.Number), Purpose: glance(from.Purpose),
		Line: requestLine(from.Request), Status: statusText(from.Response, from.Fault), Class: statusClass(from.Response, from.Fault),
		Credential: clean(from.Request.Credential), Request: requestText(from.Request, longest), Answer: answer(from, places, longest),
		Open: len(places) > 0,
	}
	if from.Microseconds > 0 {
		made.Took = duration(from.Microseconds)
	}
	if from.Response != nil && from.Response.BodyBytes > 0 {
		made.Bytes = counted(from.Response.BodyBytes, "byte")
	}
	if m.budget.curl || len(places) > 0 {
		made.Curl = clean(from.Request.Curl())
	}
	for _, earlier := range from.Earlier {
		text := strings.Builder{}
		for _, part := range answer(&result.Exchange{Response: earlier.Response, Fault: earlier.Fault}, nil, min(longest, 512)) {
			text.WriteString(part.Text)
		}
		made.Earlier = append(made.Earlier, attempt{statusText(earlier.Response, earlier.Fault), duration(earlier.Microseconds), text.String()})
	}
	return made
}

// requestLine is the method and the path, for a line.
func requestLine(request result.Message) string {
	path := request.URL
	if _, behind, found := strings.Cut(path, "://"); found {
		path = behind[max(0, strings.Index(behind, "/")):]
	}
	return glance(request.Method + " " + path)
}

// requestText is the request as it is sent, with the name of the token instead
// of the token.
func requestText(request result.Message, longest int) string {
	var text strings.Builder
	text.WriteString(clean(request.Method + " " + request.URL))
	for _, line := range headerLines(request.Header) {
		text.WriteString("\n" + line.text)
	}
	if request.Body != "" {
		text.WriteString("\n\n" + shorten(request.Body, longest))
	}
	return text.String()
}

// headerLine is a field of a header as a line.
type headerLine struct{ name, text string }

// mostFields is the number of lines of a header that are shown.
const mostFields = 60

func headerLines(header map[string][]string) []headerLine {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	var lines []headerLine
	for _, name := range names {
		for _, value := range header[name] {
			if len(lines) == mostFields {
				return append(lines, headerLine{"", "… and more"})
			}
			lines = append(lines, headerLine{http.CanonicalHeaderKey(name), oneLine(name + ": " + value)})
		}
	}
	return lines
}

// oneLine keeps a text in its line.
func oneLine(text string) string { return strings.ReplaceAll(clean(text), "\n", "\uFFFD") }

// statusText is what came of a request, for a line.
func statusText(response *result.Message, fault *result.FaultOf) string {
	return shorten(outcomeOf(response, fault), 24)
}

// statusClass tells answers that do something, that refuse, and none apart.
func statusClass(response *result.Message, fault *result.FaultOf) string {
	switch {
	case fault != nil || response == nil:
		return "none"
	case response.Status/100 == 2:
		return "good"
	case response.Status/100 == 5:
		return "broken"
	}
	return "refused"
}

// statusLine is the beginning of an answer.
func statusLine(response *result.Message) string {
	return strings.TrimRight(number10(response.Status)+" "+http.StatusText(response.Status), " ")
}
