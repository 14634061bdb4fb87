package clienttest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// The requirements of the body.
const (
	bodyEmpty          = "client.body.empty"
	bodyNoNull         = "client.body.no-null"
	bodyMediaType      = "client.body.media-type"
	bodyMediaTypeNamed = "client.body.media-type-named"
	bodyLength         = "client.body.length"
)

// withContent are the methods that give content a meaning (RFC 9110, 9.3; RFC
// 5789, 2).
var withContent = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

// judgeBody judges the body, its name and its length.
func judgeBody(j *judgement, request *Arrived) {
	for _, id := range []string{bodyEmpty, bodyNoNull, bodyMediaType, bodyMediaTypeNamed, bodyLength} {
		j.judge(id)
	}
	if !request.Framed && slices.Contains(withContent, request.Method) {
		j.find(bodyLength, request.Number, "Content-Length: 0 for an empty body", "neither Content-Length nor Transfer-Encoding")
	}
	if len(request.Body) == 0 && request.BodyProblem == "" {
		return
	}
	judgeMediaType(j, request)
	body, problem := decoded(request)
	if problem == "" {
		body = bytes.Trim(body, jsonWhiteSpace)
		problem = messageProblem(body)
	}
	switch {
	case problem != "":
		j.find(bodyEmpty, request.Number, "no body, or {}", printable(problem))
	case string(body) == "null":
		j.find(bodyNoNull, request.Number, "no body, or {}", "null")
	}
}

// jsonWhiteSpace is what may stand around a JSON value (RFC 8259, 2).
const jsonWhiteSpace = " \t\r\n"

func judgeMediaType(j *judgement, request *Arrived) {
	named := request.Header.Get("Content-Type")
	want := j.rules.Contract.Retry.RequestMediaType
	if named == "" {
		j.find(bodyMediaTypeNamed, request.Number, "Content-Type: "+want, "a body without a Content-Type")
		return
	}
	kind, _, err := mime.ParseMediaType(named)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || kind != want {
		j.find(bodyMediaType, request.Number, "Content-Type: "+want, "Content-Type: "+printable(named))
	}
}

// decoded takes the content coding off a body (RFC 9110, 8.4.1).
func decoded(request *Arrived) (body []byte, problem string) {
	if request.BodyProblem != "" {
		return nil, "a body that could not be read: " + request.BodyProblem
	}
	switch coding := strings.ToLower(strings.TrimSpace(request.Header.Get("Content-Encoding"))); coding {
	case "", "identity":
		return request.Body, ""
	case "gzip", "x-gzip":
		reader, err := gzip.NewReader(bytes.NewReader(request.Body))
		if err != nil {
			return nil, "a body that is not gzip, as its Content-Encoding says"
		}
		body, err := io.ReadAll(io.LimitReader(reader, bodyLimit))
		if err != nil {
			return nil, "a body that is not gzip, as its Content-Encoding says"
		}
		return body, ""
	default:
		return nil, "a body of the Content-Encoding " + coding
	}
}

// messageProblem says what is in a body beside the empty message. What stands
// in it is not shown: it may be anything.
func messageProblem(body []byte) string {
	if len(body) == 0 || string(body) == "null" {
		return ""
	}
	var members map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &members); {
	case errors.As(err, &syntax):
		return fmt.Sprintf("%d bytes that are no JSON", len(body))
	case err != nil:
		return "JSON that is no object"
	case len(members) > 0:
		names := slices.Sorted(maps.Keys(members))
		return "a message with " + strings.Join(names[:min(len(names), 5)], ", ")
	}
	return ""
}
