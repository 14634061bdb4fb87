package report

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// object is a JSON object whose members are written in the order of their names.
type object = map[string]any

// What a report does not know of an exchange, as HAR says it.
const (
	unknownSize     = -1
	unknownProtocol = "unknown"
	// unknownType is what browsers write where a response has no Content-Type.
	unknownType = "x-unknown"
)

// WriteHAR writes every exchange of a result, and every attempt before its
// response, as an entry of an HTTP archive, in the order in which they began.
// What HAR has no word for is in members that begin with an underscore.
// Source: http://www.softwareishard.com/blog/har-12-spec/
func WriteHAR(out io.Writer, report result.Report) error {
	checks := map[string]result.Check{}
	for _, check := range report.Checks {
		checks[check.ID] = check
	}
	type entry struct {
		began  time.Time
		object object
	}
	var timed []entry
	for _, exchange := range report.Exchanges {
		// Where the first attempt began is known, and of the others that it was not
		// before the end of the one before: the pauses between are not in the report.
		began := report.Started.Add(time.Duration(exchange.OffsetMicroseconds) * time.Microsecond)
		attempts := append(slices.Clone(exchange.Earlier), exchange.Last())
		for i, attempt := range attempts {
			timed = append(timed, entry{began, harEntry(exchange, checks[exchange.Check], attempts, i, began)})
			began = began.Add(time.Duration(attempt.Microseconds) * time.Microsecond)
		}
	}
	slices.SortStableFunc(timed, func(a, b entry) int { return a.began.Compare(b.began) })
	entries := []object{}
	for _, one := range timed {
		entries = append(entries, one.object)
	}
	target, proxy := cmp.Or(report.Target.Endpoint, targetLines(report)[0]), report.Target.Proxy
	tested := object{"endpoint": report.Target.Endpoint, "source": report.Target.Source, "exit": report.Exit, "conclusion": report.Conclusion, "counts": report.Counts}
	if report.Target.Provenance != "" {
		tested["provenance"] = report.Target.Provenance
	}
	if proxy != "" {
		target += " through the proxy " + proxy
		tested["proxy"] = proxy
	}
	if report.Client != nil {
		tested["client"] = report.Client
	}
	return text.WriteJSON(out, object{"log": object{
		"version": "1.2", "creator": object{"name": report.Tool.Name, "version": report.Tool.Version}, "entries": entries,
		"comment":    "exchanges of " + report.Title() + " with " + target + ", without secrets: " + report.Conclusion,
		"_dpconform": tested,
	}})
}

// absolute is a request with a whole URL, which that of a client arrives without.
func absolute(exchange result.Exchange) result.Message {
	request := exchange.Request
	if exchange.Arrival != nil && strings.HasPrefix(request.URL, "/") {
		request.URL = "http://" + strings.Join(append(exchange.Arrival.Host[:min(len(exchange.Arrival.Host), 1)], request.URL), "")
	}
	return request
}

// harEntry is one attempt at a request and what came of it.
func harEntry(exchange result.Exchange, check result.Check, attempts []result.Attempt, at int, began time.Time) object {
	attempt := attempts[at]
	took := float64(attempt.Microseconds) / 1000
	made := object{
		"startedDateTime": began.UTC().Format("2006-01-02T15:04:05.000000Z"), "time": took,
		"request": harRequest(absolute(exchange)), "response": harResponse(attempt), "cache": object{},
		// Only the whole is known, from the connection to the last byte: it stands as
		// waiting. -1 says not known, which send, wait and receive may not be.
		"timings":   object{"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": took, "receive": 0},
		"_exchange": exchange.Number, "_attempt": at + 1, "_attempts": len(attempts), "_check": exchange.Check, "_purpose": exchange.Purpose,
		"_requirements": append([]string{}, check.Requirements...),
	}
	set := func(name string, value string) {
		if value != "" {
			made[name] = value
		}
	}
	set("_verdict", string(check.Verdict))
	set("_credential", exchange.Request.Credential)
	set("_job", exchange.Job)
	set("_jobState", exchange.JobState)
	if exchange.Retry {
		made["_retry"] = true
	}
	if attempt.Fault != nil {
		made["_fault"] = attempt.Fault
	}
	if at > 0 {
		made["comment"] = "sent again after a pause: it began at this time or later"
	}
	if at == len(attempts)-1 {
		var findings []object
		for _, one := range check.Findings {
			if one.Exchange == exchange.Number {
				finding := object{"requirement": one.Requirement, "verdict": one.Verdict, "want": one.Want, "got": one.Got}
				if one.Place != "" {
					finding["place"] = one.Place
				}
				findings = append(findings, finding)
			}
		}
		if findings != nil {
			made["_findings"] = findings
		}
	}
	return made
}

// harRequest shows a request. A token is $TOKEN, as in a curl line. Cookies are
// in the header fields only, without their values.
func harRequest(message result.Message) object {
	headers := harHeaders(message.Header)
	if message.Credential != "" && message.Credential != result.NoCredential {
		name, value, spelt := strings.Cut(message.Authorization, ": ")
		if !spelt {
			name, value = "Authorization", "Bearer $TOKEN"
		}
		headers = append(headers, object{"name": name, "value": value, "comment": message.Credential})
	}
	for _, field := range message.Added {
		name, value, _ := strings.Cut(field, ": ")
		headers = append(headers, object{"name": name, "value": value})
	}
	protocol := unknownProtocol // Over TLS it is negotiated.
	if strings.HasPrefix(message.URL, "http://") {
		protocol = "HTTP/1.1"
	}
	made := object{
		"method": message.Method, "url": message.URL, "httpVersion": protocol, "cookies": []object{}, "headers": headers,
		"queryString": harQuery(message.URL), "headersSize": unknownSize, "bodySize": message.BodyBytes,
	}
	if message.BodyBytes > 0 {
		data := harBody(message, http.Header(message.Header).Get("Content-Type"))
		data["params"] = []object{}
		made["postData"] = data
	}
	return made
}

// harResponse shows what came of an attempt: like browsers, a status of 0 where
// nothing did.
func harResponse(attempt result.Attempt) object {
	made := object{
		"status": 0, "statusText": "", "httpVersion": unknownProtocol, "cookies": []object{}, "headers": []object{},
		"content": object{"size": 0, "mimeType": unknownType, "text": ""}, "redirectURL": "", "headersSize": unknownSize, "bodySize": unknownSize,
	}
	if attempt.Fault != nil {
		made["_error"] = attempt.Fault.Kind + ": " + attempt.Fault.Detail
	}
	if message := attempt.Response; message != nil {
		header := http.Header(message.Header)
		content := harBody(*message, cmp.Or(header.Get("Content-Type"), unknownType))
		content["size"] = message.BodyBytes
		if message.HeaderCut != "" {
			made["comment"] = "of a long header: " + message.HeaderCut
		}
		made["status"], made["statusText"] = message.Status, http.StatusText(message.Status)
		made["headers"], made["redirectURL"], made["content"] = harHeaders(message.Header), header.Get("Location"), content
	}
	return made
}

// harBody is a body, and whether only its beginning is there.
func harBody(message result.Message, mimeType string) object {
	body := object{"mimeType": mimeType, "text": message.Body}
	if message.BodyBytes > len(message.Body) && strings.HasSuffix(message.Body, "…") {
		body["comment"] = "the beginning only"
	}
	return body
}

// harHeaders lists header fields by name, one entry for each value.
func harHeaders(header map[string][]string) []object {
	pairs := []object{}
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range header[name] {
			pairs = append(pairs, object{"name": name, "value": value})
		}
	}
	return pairs
}

// harQuery lists the parameters of an address in their order. Checks send broken
// escapes too; those are shown as they are.
func harQuery(address string) []object {
	pairs := []object{}
	address, _, _ = strings.Cut(address, "#")
	_, query, _ := strings.Cut(address, "?")
	if query == "" {
		return pairs
	}
	plain := func(part string) string {
		if unescaped, err := url.QueryUnescape(part); err == nil {
			return unescaped
		}
		return part
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, object{"name": plain(name), "value": plain(value)})
	}
	return pairs
}
