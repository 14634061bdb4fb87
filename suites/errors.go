package suites

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

// errorCheck is a check of every refusal of the method in the whole run.
func errorCheck(name, title, requirement string, judge func(*judgement, *target.Exchange, failure)) Check {
	return Check{
		ID: "errors/" + name, Aspect: "errors", Title: title, Requirements: []string{requirement},
		Sends: "nothing of its own: it looks at every refusal of the run that is the method's",
		phase: observing, judge: func(j *judgement) {
			refusals := 0
			for _, exchange := range j.journal() {
				if !exchange.Answered() || exchange.Status < http.StatusBadRequest || ownPage(exchange) {
					continue
				}
				refusals++
				judge(j, exchange, j.session.failureOf(exchange))
			}
			if refusals == 0 {
				j.Skip("nothing was refused in this run", "--token-template or --token, and --job STATE=ID")
			}
		},
	}
}

// answerCheck is a check of every answer in the whole run.
func answerCheck(aspect, name, title, requirement string, judge func(*judgement, *target.Exchange)) Check {
	return Check{
		ID: aspect + "/" + name, Aspect: aspect, Title: title, Requirements: []string{requirement},
		Sends: "nothing of its own: it looks at every exchange of the run",
		phase: observing, judge: func(j *judgement) {
			journal := j.journal()
			for _, exchange := range journal {
				judge(j, exchange)
			}
			if len(journal) == 0 {
				j.Skip("nothing was sent in this run", "fewer filters")
			}
		},
	}
}

// journal lists the exchanges of the run that say something of the server.
func (j *judgement) journal() []*target.Exchange {
	return slices.DeleteFunc(j.Target.Journal(), func(exchange *target.Exchange) bool { return j.session.excused[exchange] })
}

func errorChecks() []Check {
	return []Check{
		errorCheck("json", "refusals are JSON with an error object", "retry.errors.json", errorJSON),
		errorCheck("code", "error.code is the HTTP status", "retry.errors.code", errorCode),
		errorCheck("status", "error.status is a code that fits the HTTP status", "retry.errors.status", errorStatus),
		errorCheck("message", "error.message is a text", "retry.errors.message", errorMessage),
		errorCheck("details", "error.details are typed", "retry.errors.details", errorDetails),
		errorCheck("error-info", "error.details have one ErrorInfo", "retry.errors.error-info", errorInfo),
		answerCheck("errors", "no-internals", "no stack trace is shown", "retry.errors.no-internals", noInternals),
		{
			ID: "errors/no-token-echo", Aspect: "errors", Title: "no token is repeated",
			Requirements: []string{"retry.errors.no-token-echo"},
			Sends:        "nothing of its own: it looks at every exchange of the run",
			phase:        observing, judge: noTokenEcho,
		},
		answerCheck("errors", "no-server-error", "nothing makes the server fail", "retry.errors.no-server-error", noServerError),
	}
}

func errorJSON(j *judgement, exchange *target.Exchange, read failure) {
	kind, charset := mediaType(exchange.Header)
	switch {
	case !read.Present:
		j.FailAt(result.InBody, "retry.errors.json", exchange, "a JSON object with a member error", "none, with the status "+describe(exchange))
	case kind != j.Contract.Retry.MediaType:
		j.FailAt(result.InHeader("Content-Type"), "retry.errors.json", exchange, "the media type "+j.Contract.Retry.MediaType, fmt.Sprintf("%q", exchange.Header.Get("Content-Type")))
	case charset != "" && charset != "utf-8":
		j.FailAt(result.InHeader("Content-Type"), "retry.errors.json", exchange, "UTF-8", fmt.Sprintf("%q", exchange.Header.Get("Content-Type")))
	}
}

func errorCode(j *judgement, exchange *target.Exchange, read failure) {
	var code json.Number
	if !read.Present {
		return
	}
	raw := read.members["code"]
	if json.Unmarshal(raw, &code) != nil || len(raw) == 0 || raw[0] == '"' || code.String() != fmt.Sprint(exchange.Status) {
		j.FailAt(result.InMember("error", "code"), "retry.errors.code", exchange, fmt.Sprint(exchange.Status), orNone(raw))
	}
}

func orNone(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "none"
	}
	return string(raw)
}

func errorStatus(j *judgement, exchange *target.Exchange, read failure) {
	if !read.Present {
		return
	}
	mapped, known := j.Contract.CodeStatus[read.Status]
	switch {
	case !known || mapped < http.StatusBadRequest:
		j.FailAt(result.InMember("error", "status"), "retry.errors.status", exchange, "a name of google.rpc.Code for an error", orNone(read.members["status"]))
	case mapped != exchange.Status && j.hasCode(exchange.Status):
		j.FailAt(result.InMember("error", "status"), "retry.errors.status", exchange, fmt.Sprintf("a code that maps to %d", exchange.Status),
			fmt.Sprintf("%s, which maps to %d", read.Status, mapped))
	}
}

// hasCode reports whether any google.rpc.Code maps to an HTTP status.
func (j *judgement) hasCode(status int) bool {
	for _, mapped := range j.Contract.CodeStatus {
		if mapped == status {
			return true
		}
	}
	return false
}

func errorMessage(j *judgement, exchange *target.Exchange, read failure) {
	var message string
	if read.Present && (json.Unmarshal(read.members["message"], &message) != nil || strings.TrimSpace(message) == "") {
		j.FailAt(result.InMember("error", "message"), "retry.errors.message", exchange, "a text that is not empty", orNone(read.members["message"]))
	}
}

// detail is one entry of error.details: a packed google.protobuf.Any.
type detail struct {
	Type string `json:"@type"`
}

func errorDetails(j *judgement, exchange *target.Exchange, read failure) {
	raw, present := read.members["details"]
	if !present {
		return
	}
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil || bytes.Equal(raw, []byte("null")) {
		j.FailAt(result.InMember("error", "details"), "retry.errors.details", exchange, "a list", string(raw))
		return
	}
	for i, entry := range entries {
		var typed detail
		if json.Unmarshal(entry, &typed) != nil || typed.Type == "" {
			j.FailAt(result.InMember("error", "details", strconv.Itoa(i)), "retry.errors.details", exchange, "an object with an @type in each place", string(entry))
		}
	}
}

// errorInfoType ends the type of the detail that every error should have:
// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
const errorInfoType = "google.rpc.ErrorInfo"

func errorInfo(j *judgement, exchange *target.Exchange, read failure) {
	if !read.Present {
		return
	}
	var details []detail
	_ = json.Unmarshal(read.members["details"], &details)
	count := 0
	for _, entry := range details {
		if strings.HasSuffix(entry.Type, errorInfoType) {
			count++
		}
	}
	if count != 1 {
		j.FailAt(result.InMember("error", "details"), "retry.errors.error-info", exchange, "one ErrorInfo", fmt.Sprintf("%d", count))
	}
}

// stackTrace is what a runtime prints of a call stack.
type stackTrace struct {
	// hints are texts one of which stands in every match: most answers have
	// none, and need no look.
	hints   []string
	pattern *regexp.Regexp
}

var stackTraces = []stackTrace{
	{[]string{"Traceback"}, regexp.MustCompile(`Traceback \(most recent call last\)`)},
	{[]string{"goroutine "}, regexp.MustCompile(`goroutine \d+ \[`)},
	{[]string{`File "`}, regexp.MustCompile(`(?m)^\s*File ".*", line \d+`)},
	{[]string{"at "}, regexp.MustCompile(`\bat [\w.$<>]+\([\w.]+:\d+\)`)},
	{[]string{"js:", "ts:"}, regexp.MustCompile(`\bat (async )?([\w.$<>\[\] ]+ \()?(file://)?/?[\w./\\-]+\.[cm]?[jt]s:\d+:\d+\)?`)},
	{[]string{".go:", ".py:", ".rb:", ".php:", ".java:", ".rs:", ".cs:"}, regexp.MustCompile(`/[\w./-]+\.(go|py|rb|php|java|rs|cs):\d+`)},
	{[]string{"Exception in thread"}, regexp.MustCompile(`Exception in thread "`)},
}

// find gives the trace in a text, or nothing.
func (s stackTrace) find(text string) string {
	if !slices.ContainsFunc(s.hints, func(hint string) bool { return strings.Contains(text, hint) }) {
		return ""
	}
	return s.pattern.FindString(text)
}

// looked is the length in bytes of the part of an answer in which a stack trace
// is looked for: no trace begins later.
const looked = 64 << 10

func noInternals(j *judgement, exchange *target.Exchange) {
	text := unescapedText(exchange.Body[:min(len(exchange.Body), looked)])
	for _, trace := range stackTraces {
		if found := trace.find(text); found != "" {
			j.FailAt(result.InBody, "retry.errors.no-internals", exchange, "no stack trace", fmt.Sprintf("%q", found))
			return
		}
	}
}

// unescapedText gives a body with its line breaks and slashes as they are meant,
// so that a trace inside a JSON text is seen.
func unescapedText(body []byte) string {
	if !bytes.Contains(body, []byte(`\`)) {
		return string(body)
	}
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\/`, "/", `\"`, `"`).Replace(string(body))
}

// shortestSecret is the length under which a token may stand in an answer by
// chance.
const shortestSecret = 8

func noTokenEcho(j *judgement) {
	secrets := j.Target.Secrets()
	for _, exchange := range j.Target.Journal() {
		if slices.ContainsFunc(secrets, func(secret string) bool {
			return len(secret) >= shortestSecret && slices.ContainsFunc(attemptsOf(exchange), func(attempt *target.Exchange) bool {
				return bytes.Contains(attempt.Body, []byte(secret))
			})
		}) {
			j.FailAt(result.InBody, "retry.errors.no-token-echo", exchange, "no token in the answer", "the token of a request")
		}
	}
}

// attemptsOf lists an exchange and the attempts before it.
func attemptsOf(exchange *target.Exchange) []*target.Exchange {
	return append([]*target.Exchange{exchange}, exchange.Earlier...)
}

// noServerError lets 501 pass where the HTTP method is foreign: RFC 9110, 9.1.
func noServerError(j *judgement, exchange *target.Exchange) {
	foreign := exchange.Status == http.StatusNotImplemented && exchange.Request.Method != j.Contract.Retry.Method &&
		exchange.Request.FrontEnd
	if exchange.Answered() && exchange.Status >= http.StatusInternalServerError && !foreign {
		j.Fail("retry.errors.no-server-error", exchange, "no 5xx", describe(exchange)+" to: "+exchange.Request.Purpose)
	}
}
