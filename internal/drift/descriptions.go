package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// descriptions compares the texts about members and states that both have.
func (c *comparison) descriptions() {
	if !c.both(spec.DescriptionsTopic) {
		return
	}
	for _, what := range inBoth(c.from.Descriptions, c.against.Descriptions) {
		before, after := c.from.Descriptions[what], c.against.Descriptions[what]
		if before != after && before != "" && after != "" {
			c.note(Change{Kind: Changed, Class: Documentation, Topic: spec.DescriptionsTopic, What: what, Old: before, New: after,
				Sentence: fmt.Sprintf("The description of the %s has changed.", what)})
		}
	}
	if c.from.Provenance.Kind != c.against.Provenance.Kind {
		// One kind of source has texts that another has not.
		return
	}
	for _, what := range onlyIn(c.from.Descriptions, c.against.Descriptions) {
		if describes(c.against, what) {
			c.note(Change{Kind: Removed, Class: Documentation, Topic: spec.DescriptionsTopic, What: what, Old: c.from.Descriptions[what],
				Sentence: fmt.Sprintf("The %s has no description any longer.", what)})
		}
	}
	for _, what := range onlyIn(c.against.Descriptions, c.from.Descriptions) {
		if describes(c.from, what) {
			c.note(Change{Kind: Added, Class: Documentation, Topic: spec.DescriptionsTopic, What: what, New: c.against.Descriptions[what],
				Sentence: fmt.Sprintf("The %s has a description now.", what)})
		}
	}
}

// describes reports whether a source has the thing that a text is about: one that
// came or went took its text along, and is told elsewhere.
func describes(surface *spec.Surface, what string) bool {
	if state, is := strings.CutPrefix(what, "state "); is {
		return slices.Contains(surface.States, state)
	}
	member, is := strings.CutPrefix(what, "member ")
	if !is {
		return true
	}
	call := surface.Retry
	name, ofAnswer := strings.CutSuffix(member, " of the answer")
	if !ofAnswer {
		name, call = strings.TrimSuffix(member, " of the state"), surface.ReadState
	}
	_, answer := call.Success()
	members, _ := answer["properties"].(map[string]any)
	_, has := members[name]
	return has
}
