package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/markdown"
	"github.com/dpconform/dpconform/report"
)

// example is what was exchanged for one check, and one of it in full.
type example struct {
	Check string
	// Lines are all exchanges of the check in short.
	Lines []string
	// Number is that of the one in full, from 1.
	Number int
	Text   string
	// Borrowed says that the check sends nothing of its own and looks at this
	// among others.
	Borrowed bool
}

// exampleOf chooses an exchange of the run of the shipped cassettes for a
// requirement; false where there is none.
func (f facts) exampleOf(id string) (example, bool) {
	for _, check := range f.checksOf(id) {
		own := f.exchangesOf(check.ID)
		if len(own) == 0 {
			continue
		}
		shown := example{Check: check.ID, Number: telling(own) + 1}
		for _, exchange := range own {
			shown.Lines = append(shown.Lines, shortly(exchange))
		}
		shown.Text = inFull(own[shown.Number-1])
		return shown, true
	}
	for _, check := range f.checksOf(id) {
		for _, exchange := range f.run.Exchanges {
			if looksAt(check.Aspect, exchange) {
				return example{Check: check.ID, Number: 1, Text: inFull(exchange), Borrowed: true}, true
			}
		}
	}
	return example{}, false
}

// exchangesOf are the exchanges of a check in the run.
func (f facts) exchangesOf(id string) []report.Exchange {
	index := slices.IndexFunc(f.run.Checks, func(check report.Check) bool { return check.ID == id })
	if index < 0 {
		return nil
	}
	var own []report.Exchange
	for _, exchange := range f.run.Exchanges {
		if slices.Contains(f.run.Checks[index].Exchanges, exchange.Number) {
			own = append(own, exchange)
		}
	}
	return own
}

// telling is the exchange that a check is about: the last that might retry a
// job, or else the last of all.
func telling(own []report.Exchange) int {
	for i := len(own) - 1; i >= 0; i-- {
		if own[i].Retry {
			return i
		}
	}
	return len(own) - 1
}

// looksAt reports whether an exchange is an example for the checks that look at
// the exchanges of others: a refusal for those of errors, a granted retry for
// the rest.
func looksAt(aspect string, exchange report.Exchange) bool {
	if !exchange.Retry || exchange.Response == nil {
		return false
	}
	if aspect == "errors" {
		return exchange.Response.Status >= http.StatusBadRequest
	}
	return exchange.Response.Status == http.StatusOK
}

// shortly says an exchange in one line.
func shortly(exchange report.Exchange) string {
	answer := "no answer"
	if exchange.Response != nil {
		answer = fmt.Sprint(exchange.Response.Status)
	}
	return fmt.Sprintf("%s → %s", markdown.Code(exchange.Request.Method+" "+pathOf(exchange.Request.URL)), answer)
}

// pathOf is what stands in the request line.
func pathOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimPrefix(address, parsed.Scheme+"://"+parsed.Host)
}

// longestValue is the length in bytes from which the value of a header field is
// cut.
const longestValue = 160

// inFull writes request and answer as they are on the wire, as a block of code.
func inFull(exchange report.Exchange) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s HTTP/1.1\n", exchange.Request.Method, pathOf(exchange.Request.URL))
	if credential := exchange.Request.Credential; credential != "" {
		fmt.Fprintf(&out, "Authorization: Bearer (%s)\n", credential)
	}
	writeMessage(&out, *messageOf(exchange.Request))
	if exchange.Response != nil {
		fmt.Fprintf(&out, "\nHTTP/1.1 %d %s\n", exchange.Response.Status, http.StatusText(exchange.Response.Status))
		writeMessage(&out, *exchange.Response)
	}
	return markdown.Block("http", out.String())
}

// messageOf adds the length that a POST without a body says.
func messageOf(request report.Message) *report.Message {
	if request.BodyBytes > 0 || !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, request.Method) {
		return &request
	}
	header := map[string][]string{"Content-Length": {"0"}}
	for name, values := range request.Header {
		header[name] = values
	}
	request.Header = header
	return &request
}

func writeMessage(out *strings.Builder, message report.Message) {
	var names []string
	for name := range message.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range message.Header[name] {
			fmt.Fprintf(out, "%s: %s\n", name, markdown.Cut(value, longestValue))
		}
	}
	if message.Body != "" {
		fmt.Fprintf(out, "\n%s\n", strings.TrimRight(message.Body, "\n"))
	}
}
