// Package spec loads the OpenAPI description of one API method, together with its
// catalogue of requirements, as a typed [Method].
//
// A description is an OpenAPI 3.1 document. The operation under test is the one with
// the extension x-requirement-sets, which names shared sets of requirements, or
// x-requirements, which lists requirements of its own.
//
// [Embedded] returns a description that is shipped with dpconform, and
// [ReadDescription] reads one from a file. [Description.WithOverlay] and
// [Description.WithRevision] change a description before [Load] parses it.
package spec

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// Method is everything that the checks need to know from a description. It must not
// be changed, and is safe for concurrent use.
type Method struct {
	// File is the file that the description was read from, and Overlays are the files
	// of the overlays that were applied to it.
	File     string
	Overlays []string
	// Digest is a hash of the description's meaning: "sha256:" and 64 hexadecimal
	// digits. Comments, wording and the order of keys do not change it.
	Digest string
	// Title is info.title of the document. Revision is its x-revision, or else
	// info.version.
	Title    string
	Revision string
	// Endpoint is the base URL of the live service.
	Endpoint string

	// Operation is the operation under test. ReadState is the operation that reads the
	// state of a job, which shows what a call did; its ID is empty if the description
	// has none.
	Operation Operation
	ReadState Operation
	// Effect is what a successful call does to jobs.
	Effect Effect

	// IDPattern is the documented pattern of an id in the path; nil if there is none.
	IDPattern *regexp.Regexp
	// IDField is the member of a successful response that contains the id of the new
	// job; empty if a call starts none.
	IDField string
	// StateField is the member of ReadState's response that contains the state.
	StateField string

	// States lists the documented states of a job; empty if no operation of the
	// description reads them.
	States []string
	// AcceptedStates lists the states in which the method accepts a job; empty if it
	// accepts every job.
	AcceptedStates []string
	// ResultingStates lists the states that a job may be in after a successful call,
	// if the effect is [Changes]; empty if the description names none.
	ResultingStates []string
	// UnspecifiedState is the zero value of the enum of states, which no job is in; it
	// may be empty.
	UnspecifiedState string

	// Scopes lists the OAuth scopes in the order of the description. A token with any
	// one of them is sufficient. If it is empty, the method needs no authorization.
	Scopes []Scope
	// unselected are the names of documented scopes that are not in Scopes.
	unselected []string
	// UnrelatedScopes lists scopes that exist, but do not authorize this method.
	UnrelatedScopes []string
	// SystemParameters are the query parameters that every method of the platform
	// accepts, each with an example value, unescaped: "alt=json".
	SystemParameters []string

	// CodeStatus maps each google.rpc.Code name to its HTTP status.
	CodeStatus map[string]int

	// Sets are the sets of requirements that the description names, in its order.
	Sets []Set
	// Requirements is the catalogue for servers, ordered by aspect: requirements of
	// the sets come before the description's own.
	Requirements []Requirement
	// ClientRequirements is the catalogue for clients that call the method; it may be
	// empty.
	ClientRequirements []Requirement
	// Page is the reference page that documented requirements are quoted from; it may
	// be zero.
	Page ReferencePage
}

// Effect is what a successful call of a method does to jobs.
type Effect string

// The effects. A method whose description names none has no effect that can be
// observed.
const (
	// Starts: a call starts a new job, and does not change the job that it names.
	Starts Effect = "starts"
	// Changes: a call changes the state of the job that it names.
	Changes Effect = "changes"
)

// MemberNames lists the names of all members of bodies, at any depth, and of all
// query parameters in the description, sorted.
func (m *Method) MemberNames() []string {
	var names []string
	for _, operation := range []Operation{m.Operation, m.ReadState} {
		names = slices.Concat(names, operation.Request.names(), operation.Response.names())
		for _, parameter := range operation.Query {
			names = append(names, parameter.Name)
		}
	}
	for _, parameter := range m.SystemParameters {
		name, _, _ := strings.Cut(parameter, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Operation is one method of the description.
type Operation struct {
	// ID is the operationId.
	ID string
	// Method is the HTTP method, in capitals.
	Method string
	Path   PathTemplate
	// BoundField is the field of the request message that the google.api.http template
	// of the path binds, with its pattern, where * stands for the id: "name=jobs/*".
	// It is empty if the description does not give it.
	BoundField string
	// Success is the status of a successful response, and Response its schema.
	Success  int
	Response *Schema
	// MediaType is the media type of a successful response.
	MediaType string
	// RequestMediaType is the media type of a request body; MediaType if the
	// description has no other.
	RequestMediaType string
	// Request is the schema of a request body; nil if the description has none.
	Request *Schema
	// RequestExample is the description's example of a request body, as JSON; it may
	// be empty.
	RequestExample []byte
	// Statuses lists the documented HTTP statuses of a response.
	Statuses []int
	// Query lists the query parameters of the operation.
	Query []QueryParameter
}

// QueryParameter is a query parameter of one operation.
type QueryParameter struct {
	Name     string
	Required bool
	// Values is what every request sends if the parameter is required: the
	// description's example.
	Values []string
}

// RequiredQuery returns the escaped query that every request of the operation needs,
// or "".
func (o Operation) RequiredQuery() string {
	query := url.Values{}
	for _, parameter := range o.Query {
		if parameter.Required {
			query[parameter.Name] = parameter.Values
		}
	}
	return query.Encode()
}

// Scope is one OAuth scope of the description.
type Scope struct {
	// Name is the full scope, a URL.
	Name string `json:"name"`
	// Description is one line of text.
	Description string `json:"description"`
}

// scopePrefixEnd ends the part of a Google scope that all of them share.
const scopePrefixEnd = "/auth/"

// Short returns the part of the name after "/auth/", such as "photos.readonly", or
// the whole name if it has no such part.
func (s Scope) Short() string {
	if _, short, found := strings.Cut(s.Name, scopePrefixEnd); found {
		return short
	}
	return s.Name
}

// Family returns the product that the scope belongs to: the second part of its short
// name.
func (s Scope) Family() string {
	parts := strings.Split(s.Short(), ".")
	if len(parts) < 2 {
		return s.Short()
	}
	return parts[1]
}

// Set is a file of requirements that descriptions share.
type Set struct {
	Name string `json:"name"`
	// Title is one line of text.
	Title string `json:"title"`
	File  string `json:"file"`
}

// ReferencePage is the documentation page that documented requirements are quoted
// from.
type ReferencePage struct {
	URL       string   `yaml:"url" json:"url"`
	Updated   string   `yaml:"updated" json:"updated"`
	Licence   string   `yaml:"licence" json:"licence"`
	Sentences []string `yaml:"sentences" json:"sentences"`
}

// Requirement finds a requirement for servers by its id.
func (m *Method) Requirement(id string) (Requirement, bool) {
	return find(m.Requirements, id)
}

// ClientRequirement finds a requirement for clients by its id.
func (m *Method) ClientRequirement(id string) (Requirement, bool) {
	return find(m.ClientRequirements, id)
}

func find(requirements []Requirement, id string) (Requirement, bool) {
	index := slices.IndexFunc(requirements, func(r Requirement) bool { return r.ID == id })
	if index < 0 {
		return Requirement{}, false
	}
	return requirements[index], true
}

// Documents reports whether the description lists a scope for the method. To look up
// many scopes, use [Method.Documented].
func (m *Method) Documents(scope string) bool {
	return slices.ContainsFunc(m.Scopes, func(s Scope) bool { return s.Name == scope }) || slices.Contains(m.unselected, scope)
}

// Documented returns the set of scopes that the description lists for the method.
func (m *Method) Documented() map[string]bool {
	documented := make(map[string]bool, len(m.Scopes))
	for _, scope := range m.Scopes {
		documented[scope.Name] = true
	}
	for _, scope := range m.unselected {
		documented[scope] = true
	}
	return documented
}

// WithScopes returns the method for a run that uses only these scopes. All others
// still count as documented.
func (m *Method) WithScopes(names []string) *Method {
	selected := *m
	selected.Scopes = nil
	for _, scope := range m.Scopes {
		if slices.Contains(names, scope.Name) {
			selected.Scopes = append(selected.Scopes, scope)
		} else {
			selected.unselected = append(slices.Clip(selected.unselected), scope.Name)
		}
	}
	return &selected
}

// WithoutSecurity returns the method for a server that asks for no authorization.
func (m *Method) WithoutSecurity() *Method {
	open := *m
	open.Scopes, open.UnrelatedScopes = nil, nil
	return &open
}

// UnrelatedScope returns the first of UnrelatedScopes, or "".
func (m *Method) UnrelatedScope() string {
	if len(m.UnrelatedScopes) == 0 {
		return ""
	}
	return m.UnrelatedScopes[0]
}

// RefusedStates lists the documented states in which the method must refuse a job;
// empty if it accepts every job.
func (m *Method) RefusedStates() []string {
	if len(m.AcceptedStates) == 0 {
		return nil
	}
	var refused []string
	for _, state := range m.States {
		if !slices.Contains(m.AcceptedStates, state) {
			refused = append(refused, state)
		}
	}
	return refused
}

// PathTemplate is an OpenAPI path with one parameter, split at the parameter:
// "/v1/jobs/{job}:stop" has the prefix "/v1/jobs/", the parameter "job" and the
// suffix ":stop".
type PathTemplate struct {
	Prefix    string
	Parameter string
	Suffix    string
}

// parsePathTemplate returns an error unless the path has exactly one parameter
// and a collection before it.
func parsePathTemplate(path string) (PathTemplate, error) {
	prefix, rest, found := strings.Cut(path, "{")
	parameter, suffix, closed := strings.Cut(rest, "}")
	switch {
	case !found || !closed || parameter == "":
		return PathTemplate{}, fmt.Errorf("path %q has no {parameter}", path)
	case strings.ContainsAny(suffix, "{}"):
		return PathTemplate{}, fmt.Errorf("path %q has more than one {parameter}", path)
	case !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") || len(strings.Trim(prefix, "/")) == 0:
		return PathTemplate{}, fmt.Errorf("path %q has no collection before its parameter", path)
	}
	return PathTemplate{Prefix: prefix, Parameter: parameter, Suffix: suffix}, nil
}

// String returns the path as OpenAPI writes it.
func (t PathTemplate) String() string {
	return t.Prefix + "{" + t.Parameter + "}" + t.Suffix
}

// Expand returns the path for an id, which it escapes as one segment.
func (t PathTemplate) Expand(id string) string {
	return t.Raw(url.PathEscape(id))
}

// Raw returns the path with a text in place of the parameter, unescaped.
func (t PathTemplate) Raw(segment string) string {
	return t.Prefix + segment + t.Suffix
}

// Verb returns the custom verb after the last colon of the suffix ("stop"), or ""
// (https://google.aip.dev/136).
func (t PathTemplate) Verb() string {
	_, verb, _ := strings.Cut(t.Suffix, ":")
	return verb
}

// versionSegment finds the segment of a version, such as "v1" or "v1beta1".
var versionSegment = text.Pattern(`/(v[0-9]+[0-9a-z]*)/`)

// Version returns the API version, the segment before the collection ("v1"), or ""
// (https://google.aip.dev/185).
func (t PathTemplate) Version() string {
	if found := versionSegment().FindStringSubmatch(t.Base()); found != nil {
		return found[1]
	}
	return ""
}

// Collection returns the last literal segment before the parameter ("jobs").
func (t PathTemplate) Collection() string {
	segments := strings.Split(strings.TrimSuffix(t.Prefix, "/"), "/")
	return segments[len(segments)-1]
}

// Base returns the part before the collection, with its slash ("/v1/").
func (t PathTemplate) Base() string {
	return strings.TrimSuffix(t.Prefix, t.Collection()+"/")
}
