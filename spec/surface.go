package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Surface is what one source says of the method: a description, Google's
// discovery document, or the reference page. A source says less than a Contract
// needs; Says lists what it can speak of, so that silence is not taken for a
// change.
type Surface struct {
	Provenance Provenance
	// Says lists the topics that this kind of source can speak of.
	Says []Topic

	// Endpoint is the address of the service, without a slash at its end.
	Endpoint string
	// Retry is the method itself; ReadState the one that reads a job's state,
	// which has no path where the source knows none.
	Retry     Call
	ReadState Call
	// Scopes lists the OAuth scopes in the source's order.
	Scopes []Scope
	// StateField is the member of the state's answer that carries the state, and
	// States its values, the enum's zero value included.
	StateField string
	States     []string
	// Descriptions are one-line texts by what they describe, such as "state
	// FAILED" or "member urls of the state".
	Descriptions map[string]string
	// SystemParameters are the query parameters of every method, sorted. A source
	// that gives only some of them does not say that the others are gone:
	// AllSystemParameters tells.
	SystemParameters    []string
	AllSystemParameters bool
	// RetryableStates are the states that a job may be retried from.
	RetryableStates []string
	// Codes are the HTTP statuses of the names of google.rpc.Code.
	Codes map[string]string
	// Prose is what the source says in words.
	Prose Prose
}

// Call is one method as a source describes it.
type Call struct {
	// Method is the HTTP method, in capitals.
	Method string
	Path   PathTemplate
	// IDPattern is the regular expression of the id in the path.
	IDPattern string
	// Deprecated says that the source calls the method deprecated.
	Deprecated bool
	// Scopes are the names of the scopes that the call takes, in the source's
	// order.
	Scopes []string
	// Request is the JSON Schema of the body, nil where there is none. Answers
	// holds the schemas of the answers by status. References are resolved.
	Request map[string]any
	Answers map[string]map[string]any
	// BodyRequired says that a request without a body is refused.
	BodyRequired bool
	// RequestMedia are the media types of the body, AnswerMedia those of the
	// answers by status; sorted.
	RequestMedia []string
	AnswerMedia  map[string][]string
	// AnswerHeaders are the names of the headers of the answers by status, sorted.
	AnswerHeaders map[string][]string
	// Parameters are those of the query, the header and the cookies, beside the
	// system parameters.
	Parameters []Parameter
}

// Parameter is one parameter of a call beside those of its path.
type Parameter struct {
	Name string
	// In is where it stands: query, header or cookie.
	In       string
	Required bool
	// Form is what its values must be, as the JSON of its schema.
	Form string
}

// There reports whether the source describes the call.
func (c Call) There() bool { return c.Method != "" }

// Prose is the text of a source, sentence by sentence.
type Prose struct {
	Sentences []string
	// Whole says that these are all sentences of the reference page; otherwise
	// they are some that the page has, too.
	Whole bool
	// Summary says that the page's summary of itself is among them.
	Summary bool
}

// Topic is something that a source can speak of, or not.
type Topic string

// The topics of a surface.
const (
	EndpointTopic          Topic = "endpoint"
	MethodTopic            Topic = "method and path"
	IDTopic                Topic = "form of the id"
	RequestTopic           Topic = "request"
	BodyTopic              Topic = "need of a body"
	ParametersTopic        Topic = "parameters"
	MediaTypesTopic        Topic = "media types"
	AnswerTopic            Topic = "answer"
	ConstraintsTopic       Topic = "constraints of members"
	ErrorsTopic            Topic = "error answers"
	CodesTopic             Topic = "codes of errors"
	HeadersTopic           Topic = "headers of answers"
	ScopesTopic            Topic = "scopes"
	ScopeDescriptionsTopic Topic = "descriptions of scopes"
	StateMethodTopic       Topic = "method that reads the state"
	StatesTopic            Topic = "states"
	RetryableStatesTopic   Topic = "states that can be retried"
	SystemParametersTopic  Topic = "system parameters"
	DeprecationTopic       Topic = "deprecation"
	DescriptionsTopic      Topic = "descriptions of members"
	ProseTopic             Topic = "prose"
)

// Topics lists every topic, in the order in which a report speaks of them.
func Topics() []Topic {
	return []Topic{EndpointTopic, MethodTopic, IDTopic, RequestTopic, BodyTopic, ParametersTopic, MediaTypesTopic, AnswerTopic,
		ConstraintsTopic, ErrorsTopic, CodesTopic, HeadersTopic, ScopesTopic,
		ScopeDescriptionsTopic, StateMethodTopic, StatesTopic, RetryableStatesTopic, SystemParametersTopic, DeprecationTopic, DescriptionsTopic, ProseTopic}
}

// Speaks reports whether the source can say anything of a topic.
func (s *Surface) Speaks(topic Topic) bool { return slices.Contains(s.Says, topic) }

// SourceKind is what sort of document a surface was read from.
type SourceKind string

// The kinds of source.
const (
	DescriptionSource SourceKind = "openapi"
	DiscoverySource   SourceKind = "discovery"
	PageSource        SourceKind = "reference page"
)

// Provenance says where a surface comes from.
type Provenance struct {
	Kind SourceKind `json:"kind"`
	// Name is the file or address.
	Name string `json:"name"`
	// Revision is the source's own word for its version, or empty.
	Revision string `json:"revision"`
	// Date is the day that the source gives for itself, as 2006-01-02, or empty.
	Date string `json:"date"`
	// Digest identifies the bytes: "sha256:" and 64 hexadecimal digits.
	Digest string `json:"digest"`
}

// SourceError says why a source is not understood: what was looked for, and
// that it was not found. Line is 1-based, 0 where no line is to blame.
type SourceError struct {
	Name    string
	Line    int
	Message string
}

// Error gives "name:line: message". Control characters, which a source may have
// anywhere, are shown and not obeyed.
func (e *SourceError) Error() string {
	text := fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Message)
	if e.Line == 0 {
		text = fmt.Sprintf("%s: %s", e.Name, e.Message)
	}
	return strings.Map(func(character rune) rune {
		if unicode.IsControl(character) {
			return unicode.ReplacementChar
		}
		return character
	}, text)
}

// validate refuses a surface without what every source of the method has: an
// empty surface would look like a method that lost everything.
func (s *Surface) validate() error {
	switch {
	case s.Endpoint == "":
		return s.missing("the address of the service")
	case s.Retry.Method == "" || s.Retry.Path.Prefix == "":
		return s.missing("the HTTP method and path of archiveJobs.retry")
	case len(s.Scopes) == 0:
		return s.missing("an OAuth scope of archiveJobs.retry")
	case len(s.Retry.Answers) == 0:
		return s.missing("the answer of archiveJobs.retry")
	}
	return nil
}

func (s *Surface) missing(what string) error {
	return &SourceError{Name: s.Provenance.Name, Message: fmt.Sprintf("looked for %s, and did not find it", what)}
}
