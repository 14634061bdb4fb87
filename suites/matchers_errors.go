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

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// MatchErrorModel matches an error response that follows AIP-193
// (https://google.aip.dev/193): JSON in UTF-8 with an error object. Its code is the
// HTTP status, its status is a google.rpc.Code that maps to the HTTP status, its
// message is not empty, and its details are typed and contain one ErrorInfo.
func MatchErrorModel(method *spec.Method) types.GomegaMatcher {
	method = orShipped(method)
	parts := []types.GomegaMatcher{beJSONError(method), haveErrorCode(), haveErrorStatus(method),
		haveErrorMessage(), haveTypedDetails(), haveOneErrorInfo()}
	return following(method, &matcher{"an error as AIP-193 describes it", func(r *response) (string, result.Place, bool) {
		for _, part := range parts {
			if ok, seen := explain(part, r); !ok {
				return seen.got + ", instead of " + seen.want, seen.place, false
			}
		}
		return r.String(), result.InBody, true
	}})
}

func beJSONError(method *spec.Method) types.GomegaMatcher {
	return gomega.And(haveErrorObject(), HaveMediaType(method.Operation.MediaType))
}

func haveErrorObject() types.GomegaMatcher {
	return &matcher{"a JSON body with an error object", func(r *response) (string, result.Place, bool) {
		if r.error().present {
			return "an error object", result.InBody, true
		}
		return fmt.Sprintf("%d with %s and no error object", r.status, r.bodyText()), result.InBody, false
	}}
}

// inError makes a matcher of one member of the error object. It also matches
// where there is no such object, which is a failure of its own.
func inError(member, want string, ok func(r *response, raw json.RawMessage) bool) *matcher {
	return &matcher{want, func(r *response) (string, result.Place, bool) {
		raw, found := r.error().members[member]
		got, place := "no error."+member, result.InMember("error", member)
		switch {
		case !r.error().present || ok(r, raw):
			// Only a negated matcher shows what matched, and none of these is negated.
			return "error." + member, place, true
		case found:
			got = "error." + member + " " + oneLine(raw)
		}
		return got, place, false
	}}
}

// besideStatus shows the HTTP status with what a matcher found.
func besideStatus(of *matcher) *matcher {
	return &matcher{of.want, func(r *response) (string, result.Place, bool) {
		got, place, ok := of.examine(r)
		if ok {
			return got, place, true
		}
		return fmt.Sprintf("%s in a response with status %d", got, r.status), place, false
	}}
}

func haveErrorCode() types.GomegaMatcher {
	return besideStatus(inError("code", "the HTTP status, as a number, in error.code", func(r *response, raw json.RawMessage) bool {
		return string(raw) == strconv.Itoa(r.status)
	}))
}

func haveErrorMessage() types.GomegaMatcher {
	return inError("message", "a non-empty string in error.message", func(_ *response, raw json.RawMessage) bool {
		var message string
		return json.Unmarshal(raw, &message) == nil && strings.TrimSpace(message) != ""
	})
}

// haveErrorStatus wants the name of an error, and one that maps to the HTTP
// status unless none does.
func haveErrorStatus(method *spec.Method) types.GomegaMatcher {
	return besideStatus(inError("status", "a google.rpc.Code that maps to the HTTP status in error.status", func(r *response, _ json.RawMessage) bool {
		mapped, anyMaps := method.CodeStatus[r.error().status], false
		for _, status := range method.CodeStatus {
			anyMaps = anyMaps || status == r.status
		}
		return mapped >= http.StatusBadRequest && (mapped == r.status || !anyMaps)
	}))
}

// detail is one entry of error.details: a packed google.protobuf.Any.
type detail struct {
	Type string `json:"@type"`
}

func haveTypedDetails() types.GomegaMatcher {
	return &matcher{"a list of objects with an @type in error.details", func(r *response) (string, result.Place, bool) {
		raw, found := r.error().members["details"]
		place := result.InMember("error", "details")
		if !found {
			return "no error.details", place, true
		}
		if r.error().typed {
			return "typed error.details", place, true
		}
		var entries []json.RawMessage
		if json.Unmarshal(raw, &entries) != nil || bytes.Equal(raw, []byte("null")) {
			return "error.details " + oneLine(raw), place, false
		}
		for i, entry := range entries {
			var typed detail
			if json.Unmarshal(entry, &typed) != nil || typed.Type == "" {
				return fmt.Sprintf("error.details[%d] %s", i, oneLine(entry)), result.InMember("error", "details", strconv.Itoa(i)), false
			}
		}
		return "typed error.details", place, true
	}}
}

// errorInfoType ends the type of the detail that every error should have:
// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
const errorInfoType = "google.rpc.ErrorInfo"

func haveOneErrorInfo() types.GomegaMatcher {
	return &matcher{"one ErrorInfo in error.details", func(r *response) (string, result.Place, bool) {
		count := 0
		for _, entry := range r.error().details {
			if strings.HasSuffix(entry.Type, errorInfoType) {
				count++
			}
		}
		got := "no ErrorInfo in error.details"
		if count > 0 {
			got = fmt.Sprintf("%d ErrorInfo in error.details", count)
		}
		return got, result.InMember("error", "details"), count == 1 || !r.error().present
	}}
}

// stackTrace is what a runtime prints of a call stack.
type stackTrace struct {
	// hints are texts one of which stands in every match: most responses have
	// none, and need no search.
	hints   []string
	pattern func() *regexp.Regexp
}

var stackTraces = []stackTrace{
	{[]string{"Traceback"}, text.Pattern(`Traceback \(most recent call last\)`)},
	{[]string{"goroutine "}, text.Pattern(`goroutine \d+ \[`)},
	{[]string{`File "`}, text.Pattern(`(?m)^\s*File ".*", line \d+`)},
	{[]string{"at "}, text.Pattern(`\bat [\w.$<>]+\([\w.]+:\d+\)`)},
	{[]string{"js:", "ts:"}, text.Pattern(`\bat (async )?([\w.$<>\[\] ]+ \()?(file://)?/?[\w./\\-]+\.[cm]?[jt]s:\d+:\d+\)?`)},
	{[]string{".go:", ".py:", ".rb:", ".php:", ".java:", ".rs:", ".cs:"}, text.Pattern(`/[\w./-]+\.(go|py|rb|php|java|rs|cs):\d+`)},
	{[]string{"Exception in thread"}, text.Pattern(`Exception in thread "`)},
}

func showNoStackTrace() types.GomegaMatcher {
	return &matcher{"no stack trace", func(r *response) (string, result.Place, bool) {
		text := unescapedText(r.beginning())
		for _, trace := range stackTraces {
			if !slices.ContainsFunc(trace.hints, func(hint string) bool { return strings.Contains(text, hint) }) {
				continue
			}
			if found := trace.pattern().FindString(text); found != "" {
				return fmt.Sprintf("%q", found), result.InBody, false
			}
		}
		return "no stack trace", result.InBody, true
	}}
}

// unescapedText is a body with its line breaks and slashes as they are meant, so
// that a trace inside a JSON text is seen.
func unescapedText(body []byte) string {
	if !bytes.Contains(body, []byte(`\`)) {
		return string(body)
	}
	return traceEscapes.Replace(string(body))
}

var traceEscapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\/`, "/", `\"`, `"`)
