// Package drift compares what two sources say of archiveJobs.retry: it says
// what was added, removed or changed, who is hurt by it, and which requirements
// it touches.
package drift

import (
	"slices"

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

// Class says who is hurt by a change.
type Class string

// The classes of change, worst first.
const (
	// Breaking: a caller that was right is wrong now, in the sense of AIP-180.
	Breaking Class = "breaking"
	// Compatible: a caller may do more, or gets more, than before.
	Compatible Class = "compatible"
	// Documentation: only words have changed.
	Documentation Class = "documentation"
)

// Classes lists every class, worst first.
func Classes() []Class { return []Class{Breaking, Compatible, Documentation} }

// AtLeast reports whether c is as bad as other, or worse.
func (c Class) AtLeast(other Class) bool {
	index := slices.Index(Classes(), c)
	return index >= 0 && index <= slices.Index(Classes(), other)
}

// Change is one difference between two sources.
type Change struct {
	Kind  Kind       `json:"kind"`
	Class Class      `json:"class"`
	Topic spec.Topic `json:"topic"`
	// What is the thing that changed: a scope, a state, a member.
	What string `json:"what"`
	// Old and New are what the two sources say; one of them is empty where
	// something was added or removed.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Requirements are the ids of the requirements that the change touches.
	Requirements []string `json:"requirements"`
	// Sentence says the change to a person.
	Sentence string `json:"sentence"`
}

// Silence is a topic that was not compared, and why.
type Silence struct {
	Topic  spec.Topic `json:"topic"`
	Reason string     `json:"reason"`
}

// Comparison is what two sources differ in.
type Comparison struct {
	From    spec.Provenance `json:"from"`
	Against spec.Provenance `json:"against"`
	// Changes are in the order of their topics, the worst of each first.
	Changes     []Change  `json:"changes"`
	NotCompared []Silence `json:"not_compared"`
}

// Count gives the number of changes of a class.
func (c Comparison) Count(class Class) int {
	count := 0
	for _, change := range c.Changes {
		if change.Class == class {
			count++
		}
	}
	return count
}

// Drifts reports whether any change is of a class or worse.
func (c Comparison) Drifts(class Class) bool {
	return slices.ContainsFunc(c.Changes, func(change Change) bool { return change.Class.AtLeast(class) })
}
