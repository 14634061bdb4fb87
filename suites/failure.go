package suites

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
)

// failure is the error of an answer as AIP-193 gives it, read as far as it is
// there: https://google.aip.dev/193#http11json-representation
type failure struct {
	// Present says that the body is JSON with an `error` object.
	Present bool
	Status  string
	// members are the raw members of the `error` object.
	members map[string]json.RawMessage
}

// readFailure reads the error of an answer. What is not there stays empty.
func readFailure(exchange *target.Exchange) failure {
	var body struct {
		Error map[string]json.RawMessage `json:"error"`
	}
	if json.Unmarshal(firstValue(exchange.Body), &body) != nil || body.Error == nil {
		return failure{}
	}
	read := failure{Present: true, members: body.Error}
	_ = json.Unmarshal(body.Error["status"], &read.Status)
	return read
}

// firstValue gives the first JSON value of a body without what stands behind
// it, so that trailing bytes are the finding of one requirement and not of all.
// A body that starts with no JSON value is given back whole.
func firstValue(body []byte) []byte {
	var value json.RawMessage
	if json.NewDecoder(bytes.NewReader(body)).Decode(&value) != nil {
		return body
	}
	return value
}

// mediaType gives the media type of an answer in lower case, and its charset.
func mediaType(header http.Header) (kind, charset string) {
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "", ""
	}
	return kind, strings.ToLower(parameters["charset"])
}

// ownPage reports whether an answer may be a front end's own page instead of
// the method's: an unknown path, another HTTP method, a length or size that is
// refused before the method is reached.
func ownPage(exchange *target.Exchange) bool {
	if exchange.Request.FrontEnd {
		return true
	}
	switch exchange.Status {
	case http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusRequestHeaderFieldsTooLarge:
		return !readFailure(exchange).Present
	}
	return false
}
