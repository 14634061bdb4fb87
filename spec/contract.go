// Package spec reads the OpenAPI description of archiveJobs.retry, with the
// requirement catalogue inside it, into one typed Contract.
package spec

import (
	"regexp"
	"slices"
	"strings"
)

// Contract is everything that the description says and the suite needs. It is
// read only, and safe for use by many goroutines.
type Contract struct {
	// File is where the description was read from.
	File string
	// Digest identifies the bytes of the description.
	Digest string
	// Title and Revision are the description's own.
	Title    string
	Revision string
	// Endpoint is the address of the real service.
	Endpoint string

	// Retry is the method that is judged; ReadState the one that shows what it
	// did.
	Retry     Operation
	ReadState Operation

	// IDPattern is what the description says an id in the path looks like; nil
	// where it says nothing.
	IDPattern *regexp.Regexp
	// IDField is the member of the answer that carries the new job's id.
	IDField string
	// StateField is the member of the state's answer that carries the state.
	StateField string

	// States lists every documented state that a job can be in.
	States []string
	// RetryableStates lists the states from which a job may be retried.
	RetryableStates []string
	// UnspecifiedState is the enum's zero value, which no job is in.
	UnspecifiedState string

	// Scopes lists the OAuth scopes in the document's order, any one of which
	// is enough.
	Scopes []Scope
	// UnrelatedScope is a real scope that this method does not take.
	UnrelatedScope string
	// SystemParameters are the query parameters that every method takes, with
	// an example value each.
	SystemParameters []SystemParameter

	// CodeStatus maps each google.rpc.Code name to its HTTP status.
	CodeStatus map[string]int

	// Requirements is the catalogue, in the document's order.
	Requirements []Requirement
	// ClientRequirements is what a client of the method has to keep, in the
	// document's order; empty where the description says nothing of clients.
	ClientRequirements []Requirement
	// Page is the reference page that the documented requirements come from.
	Page ReferencePage
}

// Operation is one method of the description.
type Operation struct {
	// ID is the operationId.
	ID string
	// Method is the HTTP method, in capitals.
	Method string
	Path   PathTemplate
	// Success is the status of a good answer, and Answer its schema.
	Success int
	Answer  *Schema
	// MediaType is the media type of a good answer.
	MediaType string
	// RequestMediaType is the media type of a body that is sent: that of the good
	// answer, where the description has no other.
	RequestMediaType string
	// Line is where the operation stands in the description, 1-based.
	Line int
}

// Scope is one OAuth scope of the description.
type Scope struct {
	// Name is the full scope, a URL.
	Name string `json:"name"`
	// Description is one line for a person.
	Description string `json:"description"`
}

// scopePrefixEnd ends the part of a Google scope that all of them share.
const scopePrefixEnd = "/auth/"

// ShortScope is the part of a scope after "/auth/", or the whole of it where
// it has no such part.
func ShortScope(scope string) string {
	if _, short, found := strings.Cut(scope, scopePrefixEnd); found {
		return short
	}
	return scope
}

// Short is the part after "/auth/": "dataportability.maps.reviews".
func (s Scope) Short() string { return ShortScope(s.Name) }

// Family is the product that the scope belongs to: "maps".
func (s Scope) Family() string {
	parts := strings.Split(s.Short(), ".")
	if len(parts) < 2 {
		return s.Short()
	}
	return parts[1]
}

// SystemParameter is a query parameter of the platform.
type SystemParameter struct {
	Name    string `yaml:"name"`
	Example string `yaml:"example"`
}

// ReferencePage is what a documented requirement is traced back to.
type ReferencePage struct {
	URL       string   `yaml:"url" json:"url"`
	Updated   string   `yaml:"updated" json:"updated"`
	Licence   string   `yaml:"licence" json:"licence"`
	Sentences []string `yaml:"sentences" json:"sentences"`
}

// Requirement finds a requirement by its id.
func (c *Contract) Requirement(id string) (Requirement, bool) {
	index := slices.IndexFunc(c.Requirements, func(r Requirement) bool { return r.ID == id })
	if index < 0 {
		return Requirement{}, false
	}
	return c.Requirements[index], true
}

// Documents reports whether a scope is one of the description's.
func (c *Contract) Documents(scope string) bool {
	return slices.ContainsFunc(c.Scopes, func(s Scope) bool { return s.Name == scope })
}

// RefusedStates lists the documented states from which a job is not retried.
func (c *Contract) RefusedStates() []string {
	var refused []string
	for _, state := range c.States {
		if !slices.Contains(c.RetryableStates, state) {
			refused = append(refused, state)
		}
	}
	return refused
}
