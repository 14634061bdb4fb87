// Package source reads what a source says of a method: an OpenAPI description,
// Google's discovery document, or the reference page in any language. Which
// method to look for comes from its description.
package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// MaximumLength is the greatest length of a source, in bytes. Google's discovery
// document has a quarter of a million, the reference page fewer.
const MaximumLength = 8 << 20

// Source is what one source says of the method. It says less than a
// spec.Method needs; Says lists what it can speak of, so that silence is not
// taken for a change.
type Source struct {
	Provenance Provenance
	// Says lists the topics that this format can speak of.
	Says []Topic

	// Endpoint is the address of the service, without a slash at its end.
	Endpoint string
	// Method is the method itself; ReadState reads a job's state, and is empty where
	// the source does not know it.
	Method    Call
	ReadState Call
	// Scopes lists the OAuth scopes in the source's order.
	Scopes []spec.Scope
	// StateField is the member of ReadState's response that carries the state, and
	// States its values, the enum's zero value included.
	StateField string
	States     []string
	// Descriptions are one-line texts by what they describe, such as "state
	// FAILED" or "member urls of the state".
	Descriptions map[string]string
	// SystemParameters are the query parameters of every method, sorted. Only with
	// AllSystemParameters does the source list all of them.
	SystemParameters    []string
	AllSystemParameters bool
	// AcceptedStates are the states of a job in which the method accepts it.
	AcceptedStates []string
	// Codes are the HTTP statuses of the names of google.rpc.Code.
	Codes map[string]string
	// Prose is what the source says in words.
	Prose Prose
}

// Call is one method as a source describes it.
type Call struct {
	// Method is the HTTP method, in capitals.
	Method string
	Path   spec.PathTemplate
	// Key is the path as the source writes it.
	Key string
	// IDPattern is the regular expression of the id in the path.
	IDPattern  string
	Deprecated bool
	// Scopes are the names of the scopes that the call takes, in the source's
	// order.
	Scopes []string
	// Request is the JSON Schema of the body, nil where there is none. Responses
	// holds the schemas of the responses by status. References are resolved.
	Request   map[string]any
	Responses map[string]map[string]any
	// BodyRequired says that a request without a body is refused.
	BodyRequired bool
	// RequestMedia are the media types of the body, ResponseMedia those of the
	// responses by status; sorted.
	RequestMedia  []string
	ResponseMedia map[string][]string
	// ResponseHeaders are the names of the headers of the responses by status,
	// sorted.
	ResponseHeaders map[string][]string
	// Parameters are those of the query, the header and the cookies, without the
	// system parameters.
	Parameters []Parameter
}

// Parameter is one parameter of a call that is not in its path.
type Parameter struct {
	Name string
	// In is query, header or cookie.
	In       string
	Required bool
	// Form is what its values must be, as the JSON of its schema.
	Form string
}

// Known reports whether the source describes the call.
func (c Call) Known() bool { return c.Method != "" }

// Success returns the status and the schema of a call's successful response.
func (c Call) Success() (string, map[string]any) {
	for _, status := range sortedKeys(c.Responses) {
		if status[:1] == "2" {
			return status, c.Responses[status]
		}
	}
	return "", nil
}

// Prose is the text of a source, sentence by sentence.
type Prose struct {
	Sentences []string
	// Whole says that these are all sentences of the reference page; otherwise they
	// are some that the page has, too.
	Whole bool
	// Summary says that the page's summary of itself is among them.
	Summary bool
}

// Topic is something that a source can speak of, or not.
type Topic string

// The topics of a source.
const (
	EndpointTopic          Topic = "endpoint"
	MethodTopic            Topic = "method and path"
	IDTopic                Topic = "id format"
	RequestTopic           Topic = "request"
	BodyTopic              Topic = "required body"
	ParametersTopic        Topic = "parameters"
	MediaTypesTopic        Topic = "media types"
	ResponseTopic          Topic = "response"
	ConstraintsTopic       Topic = "member constraints"
	ErrorsTopic            Topic = "error responses"
	CodesTopic             Topic = "error codes"
	HeadersTopic           Topic = "response headers"
	ScopesTopic            Topic = "scopes"
	ScopeDescriptionsTopic Topic = "scope descriptions"
	StateMethodTopic       Topic = "method that reads the state"
	StatesTopic            Topic = "states"
	AcceptedStatesTopic    Topic = "accepted states"
	SystemParametersTopic  Topic = "system parameters"
	DeprecationTopic       Topic = "deprecation"
	DescriptionsTopic      Topic = "member descriptions"
	ProseTopic             Topic = "prose"
)

// Topics lists every topic, in the order of a report.
func Topics() []Topic {
	return []Topic{EndpointTopic, MethodTopic, IDTopic, RequestTopic, BodyTopic, ParametersTopic, MediaTypesTopic, ResponseTopic,
		ConstraintsTopic, ErrorsTopic, CodesTopic, HeadersTopic, ScopesTopic, ScopeDescriptionsTopic, StateMethodTopic, StatesTopic,
		AcceptedStatesTopic, SystemParametersTopic, DeprecationTopic, DescriptionsTopic, ProseTopic}
}

// Speaks reports whether the source can say anything of a topic.
func (s *Source) Speaks(topic Topic) bool { return slices.Contains(s.Says, topic) }

// Kind is the format of a source.
type Kind string

// The formats of a source.
const (
	Description Kind = "openapi"
	Discovery   Kind = "discovery"
	Page        Kind = "reference page"
)

// Provenance says where a source comes from.
type Provenance struct {
	Kind Kind `json:"kind"`
	// Name is the file or address.
	Name string `json:"name"`
	// Revision is the source's own word for its version, or empty.
	Revision string `json:"revision"`
	// Date is the day that the source gives for itself, as 2006-01-02, or empty.
	Date string `json:"date"`
	// Digest identifies the bytes: "sha256:" and 64 hexadecimal digits.
	Digest string `json:"digest"`
	// CopiedBy is the host that saved, translated or mirrored the page, where the
	// links of the page begin with its address. They are read without that.
	CopiedBy string `json:"copied_by,omitempty"`
}

// fail returns an error that names the source.
func fail(name, format string, arguments ...any) error {
	return &spec.Error{File: name, Message: fmt.Sprintf(format, arguments...)}
}

// openAPILine is the member that every OpenAPI document has, as a line of YAML.
var openAPILine = text.Pattern(`(?m)^["']?(?:openapi|swagger)["']?[ \t]*:`)

// Parse understands what a source says of a method. It finds out the format of
// the source itself. The error for one that it does not understand is a
// *spec.Error.
func Parse(text spec.Description, method *spec.Method) (*Source, error) {
	trimmed, err := readText(text)
	if err != nil {
		return nil, err
	}
	parse := parsePage
	switch {
	case bytes.HasPrefix(trimmed, []byte("{")):
		var members map[string]json.RawMessage
		if err := json.Unmarshal(trimmed, &members); err != nil {
			return nil, jsonError(text.Name, trimmed, err)
		}
		switch {
		case members["discoveryVersion"] != nil:
			parse = parseDiscovery
		case members["openapi"] != nil || members["swagger"] != nil:
			parse = parseOpenAPI
		default:
			return nil, fail(text.Name, "neither a discovery document nor an OpenAPI document: the JSON has no member discoveryVersion or openapi; give one of them")
		}
	case !bytes.HasPrefix(trimmed, []byte("<")) && openAPILine().Match(trimmed):
		parse = parseOpenAPI
	}
	sum := sha256.Sum256(text.Text)
	text.Text = trimmed
	source, err := parse(text, method)
	if err != nil {
		return nil, err
	}
	source.Provenance.Name, source.Provenance.Digest = text.Name, "sha256:"+hex.EncodeToString(sum[:])
	// Without these it would look like a method that lost everything.
	name := ShortID(method.Operation.ID)
	for _, missing := range []struct {
		what string
		is   bool
	}{
		{"the address of the service", source.Endpoint == ""},
		{"the HTTP method and path of " + name, !source.Method.Known() || source.Method.Path.Prefix == ""},
		{"an OAuth scope of " + name, len(source.Scopes) == 0 && len(method.Scopes) > 0},
		{"the response of " + name, len(source.Method.Responses) == 0},
	} {
		if missing.is {
			return nil, fail(text.Name, "it does not have %s; check the file", missing.what)
		}
	}
	return source, nil
}

// readText returns a source in UTF-8, without spaces around it. It refuses what is
// not text, and what is too long.
func readText(source spec.Description) ([]byte, error) {
	if len(source.Text) > MaximumLength {
		return nil, fail(source.Name, "longer than %d MiB, which no source of the method is", MaximumLength>>20)
	}
	source, err := described(source.Name, source.Text, nil)
	if err != nil {
		return nil, err
	}
	content := bytes.TrimSpace(source.Text)
	switch {
	case len(content) == 0:
		return nil, fail(source.Name, "it is empty")
	case multipart().Match(content[:min(len(content), longestHeader)]):
		return nil, fail(source.Name, "it is MHTML: save the page as HTML")
	}
	return content, nil
}

// multipart is what the header of a page has that is saved together with its
// pictures, and longestHeader how far it is looked for.
var multipart = text.Pattern(`(?im)^Content-Type:\s*multipart/related`)

const longestHeader = 4096

// jsonError gives the line in which JSON is wrong.
func jsonError(name string, content []byte, err error) error {
	line := func(offset int64) int { return 1 + bytes.Count(content[:min(int(offset), len(content))], []byte("\n")) }
	mistake := &spec.Error{File: name, Message: "not readable as JSON: " + text.SyntaxReason(err.Error())}
	var syntax *json.SyntaxError
	var unfit *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		mistake.Line = line(syntax.Offset)
	case errors.As(err, &unfit):
		mistake.Line, mistake.Message = line(unfit.Offset), fmt.Sprintf("%s must not be a JSON %s", unfit.Field, unfit.Value)
	}
	return mistake
}
