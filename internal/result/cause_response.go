package result

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes that lie in what the server sends.

// errorWrapper: the errors are a google.rpc.Status as it is.
func (e evidence) errorWrapper() diagnosis {
	refusals := len(e.shown(func(exchange *Exchange) bool { return exchange.status() >= 400 && members(exchange) != nil }))
	return diagnosis{id: "error-wrapper", least: max(2, (refusals+1)/2), shows: isBareStatus, explains: func(finding Finding, exchange *Exchange) bool {
		return isBareStatus(exchange) && e.lacksObject(finding, exchange)
	}, say: func(first *Exchange, count int) (summary, fix string) {
		return fmt.Sprintf(`%d of %d error bodies are a google.rpc.Status that is not wrapped in an "error" object: %s`, count, refusals,
				text.Line(text.Cut(strings.Join(strings.Fields(first.Response.Body), " "), 80))),
			`write {"error": {"code": HTTP status, "message": …, "status": "NOT_FOUND", "details": […]}}: in grpc-gateway with runtime.WithErrorHandler, ` +
				"behind Envoy's grpc_json_transcoder with a Lua filter, around Vanguard with a handler that rewrites errors"
	}}
}

// lacksObject reports whether a finding is about the missing error object alone:
// the status is right.
func (e evidence) lacksObject(finding Finding, exchange *Exchange) bool {
	requirement, _ := e.Requirement(finding.Requirement)
	code := len(requirement.Expect.Code) > 0 && requirement.Expect.AllowsStatus(exchange.status())
	return code || finding.Requirement == "errors.json"
}

// frameworkErrors: refusals that the framework writes, and not the method. Some
// servers have no others.
func (e evidence) frameworkErrors() diagnosis {
	// A status may stand for pages too that a front end is allowed to write.
	type kind struct {
		status int
		form   string
	}
	kindOf := func(exchange *Exchange) kind {
		status := exchange.status()
		if status < 400 || status >= 500 || hasErrorObject(exchange) || isBareStatus(exchange) {
			return kind{}
		}
		named := strings.HasPrefix(strings.Join(exchange.Response.Header["Content-Type"], ""), "application/json")
		if named && !json.Valid([]byte(exchange.Response.Body)) && exchange.Response.BodyBytes > 0 {
			return kind{} // It is no JSON, whoever wrote it.
		}
		form, _ := frameworkOf(exchange)
		return kind{status, form}
	}
	refused, mistakes := map[kind]bool{}, map[string]int{}
	for _, one := range e.found() {
		if one.Requirement == "errors.json" {
			found := kindOf(one.exchange)
			refused[found] = true
			mistakes[found.form] += max(one.Count, 1)
		}
	}
	counts, most := map[string]int{}, ""
	for _, exchange := range e.responses {
		if found := kindOf(exchange); found.status > 0 && refused[found] {
			if counts[found.form]++; counts[found.form] > counts[most] {
				most = found.form
			}
		}
	}
	shows := func(exchange *Exchange) bool {
		found := kindOf(exchange)
		return found.form == most && most != "" && refused[found]
	}
	explains := func(finding Finding, exchange *Exchange) bool {
		empty := finding.Requirement == "robustness.one-value" && exchange.Response.BodyBytes == 0
		return shows(exchange) && (e.lacksObject(finding, exchange) || finding.Requirement == "errors.no-internals" || empty)
	}
	// errors.json alone says as much itself, and may come from what the server does
	// with the request.
	if !slices.ContainsFunc(e.found(), func(one found) bool { return one.Requirement != "errors.json" && explains(*one.Finding, one.exchange) }) {
		return diagnosis{}
	}
	return diagnosis{id: "framework-errors", least: 2, most: mistakes[most], shows: shows, explains: explains, say: func(first *Exchange, count int) (summary, fix string) {
		_, fix = frameworkOf(first)
		if fix == "" {
			fix = e.refusalsFix(e.shown(shows), most)
		}
		return fmt.Sprintf("%d error responses %s instead of an error object, first the %d to %s", count, most, first.status(), first.Purpose), fix
	}}
}

// frameworkOf says by the form of an error who wrote it, and where its author
// changes that: by what no other framework or front end writes.
func frameworkOf(exchange *Exchange) (form, fix string) {
	object, body := members(exchange), exchange.Response.Body
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { _, has := object[name]; return !has })
	}
	switch {
	case exchange.Response.Header["Grpc-Status"] != nil && exchange.Response.BodyBytes == 0:
		return "have an empty body, with the gRPC status in a header,", "set convert_grpc_status of Envoy's grpc_json_transcoder, with google.rpc.Status and " +
			"the messages of error_details.proto in its descriptor, and wrap the body with a Lua filter"
	case has("statusCode", "message"):
		return "have the format of Fastify, NestJS or hapi", "write them in the error format of the method, in setErrorHandler and setNotFoundHandler of Fastify, in an exception filter of NestJS, " +
			"or in onPreResponse of hapi"
	case has("timestamp", "status", "error", "path"):
		return "have the format of Spring Boot", "write them in the error format of the method, in a @RestControllerAdvice that extends ResponseEntityExceptionHandler"
	case has("detail") && len(object) == 1:
		return "have the format of FastAPI or Django REST framework", "write them in the error format of the method, in exception handlers for RequestValidationError and HTTPException of FastAPI, " +
			"or in EXCEPTION_HANDLER of Django REST framework"
	case strings.Contains(body, fmt.Sprintf("<title>%d ", exchange.status())) && strings.Contains(body, "</title>\n<h1>"):
		return "are pages of Flask", "write them in the error format of the method, in app.errorhandler(HTTPException)"
	case strings.Contains(body, "<title>Error</title>") && strings.Contains(body, "<pre>"):
		return "are pages of Express", "write them in the error format of the method, in app.use((err, req, res, next) => …) behind all routes"
	case strings.HasPrefix(strings.TrimSpace(body), "[{"):
		return "are JSON arrays", `send the error object {"error": {…}} itself, not in an array`
	case exchange.Response.BodyBytes == 0:
		form = "have an empty body"
	case object != nil:
		form = "have another format"
	case strings.HasPrefix(strings.Join(exchange.Response.Header["Content-Type"], ""), "text/html"):
		form = "are HTML pages"
	default:
		form = "are text"
	}
	return form, ""
}

// refusalsFix says by what was refused where the author writes the errors, if their
// form does not say it: the router of a server knows no path, its parser no body.
func (e evidence) refusalsFix(refused []*Exchange, form string) string {
	shape := e.callShape()
	all := func(holds func(*Exchange) bool) bool {
		return !slices.ContainsFunc(refused, func(exchange *Exchange) bool { return !holds(exchange) })
	}
	switch {
	case all(func(exchange *Exchange) bool {
		return exchange.status() == http.StatusNotFound && (!exchange.Retry && exchange.JobState == "" || exchange.Retry && exchange.shape() != shape)
	}):
		return "write the 404 for unknown paths in the error format of the method too, in the fallback or not-found handler"
	case all(func(exchange *Exchange) bool { return exchange.status() == http.StatusNotFound }):
		return "write the 404 for an unknown id in the error format of the method too, where the handler does not find the job"
	case slices.ContainsFunc(refused, func(exchange *Exchange) bool {
		return exchange.status() == http.StatusUnauthorized || exchange.status() == http.StatusForbidden || exchange.status() == http.StatusNotFound
	}):
		return `write every refusal in the error format of the method, {"error": {"code": …, "message": …, "status": …}}: those of the handler and those of the framework`
	}
	fix := "write the refusals of the framework in the error format of the method, in its error handler: a body that cannot be parsed, another media type"
	if form == "are text" {
		fix += "; axum gives them with Result<Json<T>, JsonRejection>"
	}
	return fix
}

// serverFails: what a server cannot cope with ends in 5xx.
func (e evidence) serverFails() diagnosis {
	failing := map[int]bool{}
	for _, one := range e.found() {
		failing[one.exchange.status()] = one.exchange.failed()
	}
	shows := func(exchange *Exchange) bool { return failing[exchange.status()] }
	shape := e.callShape()
	before, after, _ := strings.Cut(shape, "/ID")
	aboutAnID := func(exchange *Exchange) bool {
		line, _, _ := strings.Cut(exchange.line(), "?")
		id, found := strings.CutPrefix(line, before+"/")
		return exchange.Retry && found && strings.HasSuffix(id, after) && (exchange.JobState == "" || exchange.shape() != shape)
	}
	plain := func(exchange *Exchange) bool { return aboutAnID(exchange) && exchange.shape() == shape }
	unknown := slices.ContainsFunc(e.shown(shows), plain) && !slices.ContainsFunc(e.shown(plain), func(one *Exchange) bool { return one.status() == http.StatusNotFound }) &&
		!slices.ContainsFunc(e.shown(shows), func(one *Exchange) bool { return !aboutAnID(one) })
	about := ""
	if unknown {
		about = "semantics.unknown-job"
	}
	return diagnosis{id: "server-fails", about: about, least: 3, shows: shows, say: func(first *Exchange, count int) (summary, fix string) {
		if unknown {
			return fmt.Sprintf("the server fails with %d for an unknown id, in %d requests%s", first.status(), count, first.because()),
				"check that the job exists before you use it, and respond with 404 NOT_FOUND if it does not"
		}
		return fmt.Sprintf("%d requests get 5xx. The first: %d to %s%s", count, first.status(), first.Purpose, first.because()),
			"catch the exceptions that the handler or its parser throws for bad input, and respond with 4xx; see the log of the server"
	}}
}

// isBareStatus reports whether a refusal has the members of a google.rpc.Status at
// its top.
func isBareStatus(exchange *Exchange) bool {
	object := members(exchange)
	_, hasCode := object["code"]
	_, hasMessage := object["message"]
	_, wrapped := object["error"]
	return exchange.status() >= 400 && hasCode && hasMessage && !wrapped
}

// contentLength: the announced length is not that of the body.
func (e evidence) contentLength() diagnosis {
	shows := func(exchange *Exchange) bool { return exchange.fault() == "truncated" || endsInside(exchange) }
	// What is left over stands before the next response of a connection.
	return diagnosis{id: "content-length", least: 3, shows: shows, explains: func(finding Finding, exchange *Exchange) bool {
		return shows(exchange) || finding.Requirement == PersistentConnection
	}, say: func(first *Exchange, count int) (summary, fix string) {
		announced, came := "", "the body ends in the middle of its JSON value"
		if first.Response != nil {
			announced = strings.Join(first.Response.Header["Content-Length"], ", ")
		}
		if first.Fault != nil {
			came = first.Fault.Detail
		}
		return fmt.Sprintf("the Content-Length of %d of %d responses does not match the body, as in Content-Length: %s: %s",
				count, len(e.responses), cmp.Or(announced, "none"), came),
			"leave Content-Length to the framework; count bytes and not characters, after compression and all other changes of the body"
	}}
}

// fault is the kind of an exchange's fault; empty for none. A body that breaks off
// and has no length ends without its last chunk.
func (e *Exchange) fault() string {
	switch {
	case e.Fault == nil:
		return ""
	case e.Fault.Kind == "truncated" && e.Response != nil && len(e.Response.Header["Content-Length"]) == 0:
		return "broken chunking"
	}
	return e.Fault.Kind
}

// brokenMessages: responses that an HTTP client does not take for any, or that do
// not end.
func (e evidence) brokenMessages() diagnosis {
	fixes := map[string]string{
		"malformed head": "let the HTTP library of the server write the head: HTTP/1.1 200 OK, and then each field as Name: value without control characters",
		"bad framing":    "set neither Content-Length nor Transfer-Encoding by hand: the framework knows which it needs",
		"broken chunking": "leave the chunks to the framework, or send each as its size in bytes, in hexadecimal digits, CRLF, as many bytes, CRLF, " +
			"and after the last one 0, CRLF, CRLF",
		"endless": "end the response after its body: look for a loop that keeps writing, or a stream that is never closed",
	}
	return diagnosis{id: "broken-messages", least: 3, shows: func(exchange *Exchange) bool { return fixes[exchange.fault()] != "" },
		say: func(first *Exchange, count int) (summary, fix string) {
			what := "are not valid HTTP"
			if first.fault() == "endless" {
				what = "are too long"
			}
			return fmt.Sprintf("%d of %d responses %s: %s", count, len(e.responses), what, first.Fault.Detail), fixes[first.fault()]
		}}
}

// errorsAsSuccess: the status of an error is that of a success.
func (e evidence) errorsAsSuccess() diagnosis {
	return diagnosis{id: "errors-as-success", least: 3, shows: func(exchange *Exchange) bool { return exchange.status()/100 == 2 && hasErrorObject(exchange) },
		say: func(first *Exchange, count int) (summary, fix string) {
			return fmt.Sprintf("%d errors are sent with a success status, %d, the first to %s%s", count, first.status(), first.Purpose, first.because()),
				"send each error with its own HTTP status, the number that is its error.code"
		}}
}

// successStatus is the requirement that a success has the documented status.
const successStatus = "response.status"

// otherSuccess: the calls succeed, with another status than the documented one.
func (e evidence) otherSuccess() diagnosis {
	all := e.found()
	at := slices.IndexFunc(all, func(one found) bool {
		return (one.Requirement == successStatus || one.Requirement == documentedCall) && one.exchange.succeeded()
	})
	if at < 0 {
		return diagnosis{}
	}
	want, status := all[at].Want, all[at].exchange.status()
	shows := func(exchange *Exchange) bool { return exchange.Retry && exchange.status() == status }
	return diagnosis{id: "success-status", least: 2, shows: shows,
		explains: func(finding Finding, exchange *Exchange) bool { return finding.Want == want && shows(exchange) },
		say: func(_ *Exchange, count int) (summary, fix string) {
			return fmt.Sprintf("%d calls succeed with the status %d instead of %s", count, status, want),
				"set the status of a success to " + want + "; some frameworks choose another for POST or for an empty response"
		}}
}

// endsInside reports whether a body has its announced length and ends inside its
// JSON value.
func endsInside(exchange *Exchange) bool {
	if exchange.status() == 0 || exchange.Request.Method == http.MethodHead || exchange.Response.BodyBytes == 0 || strings.HasSuffix(exchange.Response.Body, "…") ||
		!slices.Contains(exchange.Response.Header["Content-Length"], fmt.Sprint(exchange.Response.BodyBytes)) ||
		!strings.HasPrefix(strings.Join(exchange.Response.Header["Content-Type"], ""), "application/json") {
		return false
	}
	var value json.RawMessage
	return errors.Is(json.NewDecoder(strings.NewReader(exchange.Response.Body)).Decode(&value), io.ErrUnexpectedEOF)
}
