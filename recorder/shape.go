package recorder

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
)

// Exchanged is what a run has exchanged, to be compared in shape with another.
type Exchanged struct {
	// Journal lists the exchanges in their order.
	Journal []*target.Exchange
	// Jobs lists the ids that the run was given, by state.
	Jobs map[string][]string
	// NewJobs lists the ids of the jobs that it started, in their order.
	NewJobs []string
}

// ShapeChange is one way in which two runs differ.
type ShapeChange struct {
	// Check is the id of the check that sent the request.
	Check string
	// Request is its method and path, with pseudonyms for the ids of jobs.
	Request string
	// What says what changed: "request", "status", "header Content-Type", "body"
	// or "body error.details".
	What string
	// Was and Is say what it was and is; empty where there was or is none.
	Was, Is string
}

// CompareShapes compares two runs of the suite check by check: which requests
// are sent, and of each answer its status, the headers that a client reads, and
// the types and member names of its body. Ids, dates and other values are let
// be, but for the code of an error and the types of its details.
func CompareShapes(was, is Exchanged) []ShapeChange {
	before, order := shapesOf(was)
	after, more := shapesOf(is)
	var changes []ShapeChange
	for _, request := range slices.Concat(order, more) {
		old, now := before[request], after[request]
		// Those that are in both runs are met twice.
		delete(before, request)
		delete(after, request)
		for i := range max(len(old), len(now)) {
			switch {
			case i >= len(old):
				changes = append(changes, request.change("request", "", "sent"))
			case i >= len(now):
				changes = append(changes, request.change("request", "sent", ""))
			default:
				changes = append(changes, old[i].differences(request, now[i])...)
			}
		}
	}
	return changes
}

// shapedRequest finds a request again in another run.
type shapedRequest struct{ check, line, rest string }

func (r shapedRequest) change(what, was, is string) ShapeChange {
	return ShapeChange{Check: r.check, Request: r.line, What: what, Was: was, Is: is}
}

// shape is an answer without its values.
type shape struct {
	status  string
	headers map[string]string
	body    map[string]string
}

// shapesOf lists the answers to each request, and the requests in their order.
func shapesOf(run Exchanged) (map[shapedRequest][]shape, []shapedRequest) {
	names := kindsOf(run)
	shapes := map[shapedRequest][]shape{}
	var order []shapedRequest
	for _, exchange := range run.Journal {
		request := requestShape(names, exchange)
		if _, known := shapes[request]; !known {
			order = append(order, request)
		}
		shapes[request] = append(shapes[request], answerShape(names, exchange))
	}
	return shapes, order
}

// kindsOf gives each id of a run a name that it shares with all of its kind:
// which of several jobs is taken is no matter of shape.
func kindsOf(run Exchanged) *jobNames {
	byID := map[string]string{}
	name := func(id, kind string) {
		if _, named := byID[id]; !named && id != "" {
			byID[id] = kind + "-job"
		}
	}
	for _, state := range slices.Sorted(maps.Keys(run.Jobs)) {
		for _, id := range run.Jobs[state] {
			name(id, stateWord(state))
		}
	}
	for _, value := range run.NewJobs {
		name(idIn(value), "new")
	}
	for _, exchange := range run.Journal {
		name(exchange.Request.Job, "unknown")
	}
	return newJobNames(byID)
}

func requestShape(names *jobNames, exchange *target.Exchange) shapedRequest {
	path := exchange.Request.Path
	if job := exchange.Request.Job; job != "" {
		path = names.text(path, job)
	}
	return shapedRequest{
		check: exchange.Check, line: oneLine(exchange.Request.Method + " " + path),
		rest: exchange.Request.Credential.Label + "\x00" + strings.Join(exchange.Request.Header["Content-Type"], ",") + "\x00" + shortenedBody(exchange.Request.Body),
	}
}

func answerShape(names *jobNames, exchange *target.Exchange) shape {
	if exchange.Fault != nil && exchange.Status == 0 {
		return shape{status: "no answer: " + string(exchange.Fault.Kind)}
	}
	status := fmt.Sprint(exchange.Status)
	if exchange.Fault != nil {
		status += ", " + string(exchange.Fault.Kind)
	}
	return shape{status: status, headers: headerShape(exchange.Header), body: names.bodyShape(exchange.Body)}
}

// headerShape gives the headers that a client reads, without what is in them.
func headerShape(header http.Header) map[string]string {
	found := map[string]string{}
	for name, shape := range map[string]func(string) string{
		"Content-Type": mediaTypeShape, "Www-Authenticate": challengeShape, "Allow": func(value string) string { return value },
		"Location": func(string) string { return "present" }, "Retry-After": func(string) string { return "present" },
		"Content-Encoding": strings.ToLower,
	} {
		if values := header.Values(name); len(values) > 0 {
			found[name] = shape(strings.Join(values, ", "))
		}
	}
	return found
}

func mediaTypeShape(value string) string {
	kind, parameters, err := mime.ParseMediaType(value)
	if err != nil {
		return value
	}
	if charset := parameters["charset"]; charset != "" {
		kind += "; charset=" + strings.ToLower(charset)
	}
	return kind
}

// challengeShape gives the scheme of a challenge, the names of its parameters
// and its error (RFC 6750, 3).
func challengeShape(value string) string {
	scheme, rest, _ := strings.Cut(value, " ")
	words := []string{scheme}
	for _, parameter := range strings.Split(rest, ",") {
		name, content, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if name == "error" {
			name += "=" + content
		}
		if name != "" {
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}

// bodyShape gives the type of each value of a JSON text by its path. The values
// of a list share one.
func (n *jobNames) bodyShape(body []byte) map[string]string {
	var value any
	switch {
	case len(body) == 0:
		return map[string]string{"": "empty"}
	case json.Unmarshal(body, &value) != nil:
		return map[string]string{"": "no JSON"}
	}
	types := map[string]map[string]bool{}
	n.addTypes(types, "", value)
	joined := map[string]string{}
	for path, kinds := range types {
		joined[path] = strings.Join(slices.Sorted(maps.Keys(kinds)), " or ")
	}
	return joined
}

func (n *jobNames) addTypes(types map[string]map[string]bool, path string, value any) {
	kind := ""
	switch value := value.(type) {
	case map[string]any:
		kind = "object"
		for name, member := range value {
			n.addTypes(types, strings.TrimPrefix(path+"."+n.tellingText(name), "."), member)
		}
	case []any:
		kind = "list"
		for _, element := range value {
			n.addTypes(types, path+"[]", element)
		}
	case string:
		kind = "text"
		// The code of an error and the types of its details are names, no values:
		// https://google.aip.dev/193#http11json-representation
		if path == "error.status" || strings.HasPrefix(path, "error.") && strings.HasSuffix(path, "@type") {
			kind = value
		}
	case float64:
		kind = "number"
	case bool:
		kind = "boolean"
	default:
		kind = "null"
	}
	if types[path] == nil {
		types[path] = map[string]bool{}
	}
	types[path][kind] = true
}

// differences lists how an answer differs from the one before.
func (s shape) differences(request shapedRequest, now shape) []ShapeChange {
	var changes []ShapeChange
	if s.status != now.status {
		changes = append(changes, request.change("status", s.status, now.status))
	}
	changes = append(changes, mapChanges(request, "header ", s.headers, now.headers)...)
	for _, change := range mapChanges(request, "body ", s.body, now.body) {
		// What is in something that is new or gone goes without saying.
		if above, inside := parentOf(strings.TrimPrefix(change.What, "body ")); !inside || s.body[above] != "" && now.body[above] != "" {
			changes = append(changes, change)
		}
	}
	return changes
}

// parentOf gives the path of what a value stands in: "error.details" for
// "error.details[]".
func parentOf(path string) (string, bool) {
	if list, isElement := strings.CutSuffix(path, "[]"); isElement {
		return list, list != ""
	}
	cut := strings.LastIndex(path, ".")
	if cut < 0 {
		return "", false
	}
	return path[:cut], true
}

func mapChanges(request shapedRequest, what string, was, is map[string]string) []ShapeChange {
	all := maps.Clone(was)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, is)
	var changes []ShapeChange
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if was[name] != is[name] {
			changes = append(changes, request.change(strings.TrimSpace(what+name), was[name], is[name]))
		}
	}
	return changes
}

// Text says a change in one line: "status: 404, was 400".
func (c ShapeChange) Text() string {
	switch {
	case c.What == "request" && c.Was == "":
		return "is sent now, and was not"
	case c.What == "request":
		return "was sent, and is not any more"
	}
	return oneLine(fmt.Sprintf("%s: %s, was %s", c.What, cmp.Or(c.Is, "none"), cmp.Or(c.Was, "none")))
}
