// Package drift compares what two sources say of a method: what was
// added, removed or changed, whom that breaks, and which requirements it touches.
package drift

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/spec"
)

// Kind is what happened.
type Kind string

// The kinds of change.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Class says whom a change breaks.
type Class string

// The classes of change, most severe first.
const (
	// Breaking: a caller that was right is wrong now, in the sense of AIP-180.
	Breaking Class = "breaking"
	// Compatible: a caller may do more, or gets more, than before.
	Compatible Class = "compatible"
	// Documentation: only words have changed.
	Documentation Class = "documentation"
)

// Classes lists every class, most severe first.
func Classes() []Class { return []Class{Breaking, Compatible, Documentation} }

// AtLeast reports whether c is as severe as other, or more.
func (c Class) AtLeast(other Class) bool {
	index := slices.Index(Classes(), c)
	return index >= 0 && index <= slices.Index(Classes(), other)
}

// Change is one difference between two sources.
type Change struct {
	Kind  Kind         `json:"kind"`
	Class Class        `json:"class"`
	Topic source.Topic `json:"topic"`
	// What is the thing that changed: a scope, a state, a member.
	What string `json:"what"`
	// Old and New are what the two sources say; one of them is empty where something
	// was added or removed.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Requirements are the ids of the requirements that the change touches.
	Requirements []string `json:"requirements"`
	// Direction is where the change goes in time; empty where the sources do not say
	// which of them is older.
	Direction Direction `json:"direction,omitempty"`
	// Sentence describes the change to a person.
	Sentence string `json:"sentence"`
}

// Direction is where a change goes in time.
type Direction string

// The directions of a change: to what a newer source says, or back to what an
// older one said.
const (
	Forward Direction = "forward"
	Back    Direction = "back"
)

// Silence is a topic that was not compared, and why.
type Silence struct {
	Topic  source.Topic `json:"topic"`
	Reason string       `json:"reason"`
}

// Comparison is what two sources differ in.
type Comparison struct {
	// Method is the operation id of the method that is compared.
	Method  string            `json:"method"`
	From    source.Provenance `json:"from"`
	Against source.Provenance `json:"against"`
	// Changes are in the order of their topics, the most severe of each first.
	Changes     []Change  `json:"changes"`
	NotCompared []Silence `json:"not_compared"`
	// Older says that the second source is older than the first, by the days that
	// both give: while a revision is rolled out, some servers still give the one
	// before.
	Older bool `json:"older"`
	// AllowOlder takes an older source like any other.
	AllowOlder bool `json:"-"`
	// InOverlay says that the changes are written as an overlay too.
	InOverlay bool `json:"-"`
}

// Count returns the number of changes of a class.
func (c Comparison) Count(class Class) int {
	count := 0
	for _, change := range c.Changes {
		if change.Class == class {
			count++
		}
	}
	return count
}

// Drifts reports whether any change is of a class or more severe. None is that
// goes back to an older source.
func (c Comparison) Drifts(class Class) bool {
	return (!c.Older || c.AllowOlder) && slices.ContainsFunc(c.Changes, func(change Change) bool { return change.Class.AtLeast(class) })
}

// touched says which requirements are about a topic: when the fact changes, so
// does what they demand. A test compares the ids with the catalogue.
var touched = map[source.Topic][]string{
	source.MethodTopic: {"path.template", "path.collection", "path.verb", "path.http-method",
		"path.http-method-status", "path.id-required"},
	source.IDTopic: {"path.one-segment", "path.empty-id", "path.transcoding", "path.encoded-slash",
		"path.colon-in-id"},
	source.RequestTopic:    {"body.empty", "body.empty-message", "body.not-empty", "body.unknown-field"},
	source.BodyTopic:       {"body.empty", "body.empty-message"},
	source.ParametersTopic: {"path.system-parameters", "path.unknown-parameter"},
	source.MediaTypesTopic: {"body.media-type", "body.media-type-parameter", "response.media-type", "errors.json"},
	source.HeadersTopic:    {"authorization.challenge", "authorization.bearer-challenge"},
	source.CodesTopic:      {"errors.code", "errors.status"},
	source.AcceptedStatesTopic: {"semantics.accepted-state", "semantics.refused-state", "semantics.refusal-status",
		"semantics.given-state"},
	source.ResponseTopic: {"response.schema", "response.documented-fields", "response.id-present"},
	source.ErrorsTopic:   {"errors.json", "errors.code", "errors.status", "errors.message"},
	source.ScopesTopic:   {"authorization.scope", "authorization.scope-among-others", "authorization.required"},
	source.StateMethodTopic: {"response.new-job-readable", "response.new-job-state",
		"semantics.refusal-keeps-state", "semantics.old-job-keeps-state"},
	source.StatesTopic: {"semantics.refused-state", "semantics.refusal-status", "semantics.given-state",
		"response.new-job-state"},
	source.SystemParametersTopic: {"path.system-parameters", "path.unknown-parameter"},
}

// ids lists the requirements of a catalogue that satisfy a condition.
func ids(catalogue []spec.Requirement, is func(spec.Requirement) bool) []string {
	found := []string{}
	for _, requirement := range catalogue {
		if is(requirement) {
			found = append(found, requirement.ID)
		}
	}
	return found
}

// quoting lists the requirements that rest on a sentence.
func quoting(catalogue []spec.Requirement, sentence string) []string {
	return ids(catalogue, func(r spec.Requirement) bool { return strings.Contains(r.Quote, sentence) })
}
