package drift

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// comparison is a Comparison that is being made.
type comparison struct {
	from, against *spec.Surface
	catalogue     []spec.Requirement
	result        Comparison
}

// Compare says what the source "against" says otherwise than the source "from".
// Only what both can speak of is compared. The catalogue is that of the
// requirements that changes may touch.
func Compare(from, against *spec.Surface, catalogue []spec.Requirement) (Comparison, error) {
	c := &comparison{from: from, against: against, catalogue: catalogue}
	c.result = Comparison{From: from.Provenance, Against: against.Provenance, Changes: []Change{}, NotCompared: []Silence{}}
	c.silences()
	c.calls()
	c.scopes()
	c.states()
	c.retryableStates()
	c.codes()
	c.systemParameters()
	c.transport()
	c.descriptions()
	c.prose()
	if err := c.schemas(); err != nil {
		return Comparison{}, err
	}
	order := spec.Topics()
	slices.SortStableFunc(c.result.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Topic), slices.Index(order, b.Topic)),
			cmp.Compare(slices.Index(Classes(), a.Class), slices.Index(Classes(), b.Class)))
	})
	return c.result, nil
}

// silences notes what one source, or both, cannot speak of.
func (c *comparison) silences() {
	for _, topic := range spec.Topics() {
		switch mute, other := !c.from.Speaks(topic), !c.against.Speaks(topic); {
		case mute && other:
			c.silent(topic, "neither source says anything of it")
		case mute:
			c.silent(topic, fmt.Sprintf("the %s says nothing of it", nameOf(c.from)))
		case other:
			c.silent(topic, fmt.Sprintf("the %s says nothing of it", nameOf(c.against)))
		}
	}
}

func (c *comparison) silent(topic spec.Topic, reason string) {
	c.result.NotCompared = append(c.result.NotCompared, Silence{topic, reason})
}

func (c *comparison) both(topic spec.Topic) bool {
	return c.from.Speaks(topic) && c.against.Speaks(topic)
}

// note adds a change with the requirements of its topic.
func (c *comparison) note(change Change) {
	if change.Requirements == nil {
		change.Requirements = requirementsOf(c.catalogue, change.Topic)
	}
	c.result.Changes = append(c.result.Changes, change)
}

// differ notes a value that is not the same on both sides.
func (c *comparison) differ(topic spec.Topic, class Class, what, before, after string) {
	if !c.both(topic) || before == after {
		return
	}
	c.note(Change{Kind: Changed, Class: class, Topic: topic, What: what, Old: before, New: after,
		Sentence: fmt.Sprintf("The %s is %s, no longer %s.", what, said(after), said(before))})
}

// calls compares where the two methods are.
func (c *comparison) calls() {
	c.differ(spec.EndpointTopic, Breaking, "address of the service", c.from.Endpoint, c.against.Endpoint)
	c.differ(spec.MethodTopic, Breaking, "method and path", place(c.from.Retry), place(c.against.Retry))
	c.differ(spec.IDTopic, classOfID(c.from.Retry.IDPattern, c.against.Retry.IDPattern), "form of the id", c.from.Retry.IDPattern, c.against.Retry.IDPattern)
	c.deprecation()
	if !c.both(spec.StateMethodTopic) {
		return
	}
	before, after := c.from.ReadState, c.against.ReadState
	change := Change{Topic: spec.StateMethodTopic, What: "method that reads the state"}
	switch {
	case before.There() && !after.There():
		change.Kind, change.Class, change.Old = Removed, Breaking, place(before)
		change.Sentence = fmt.Sprintf("The method that reads a job's state, %s, is gone.", place(before))
		c.note(change)
	case after.There() && !before.There():
		change.Kind, change.Class, change.New = Added, Compatible, place(after)
		change.Sentence = fmt.Sprintf("There is a method that reads a job's state now, %s.", place(after))
		c.note(change)
	default:
		c.differ(spec.StateMethodTopic, Breaking, change.What, place(before), place(after))
		c.scopesOfState()
	}
}

// classOfForm says who is hurt where the form of a value changes: nobody where
// it asks for nothing any longer.
func classOfForm(before, after string) Class {
	if after == "" && before != "" {
		return Compatible
	}
	return Breaking
}

// anySegment is the pattern that takes every id of one segment.
const anySegment = "^[^/]+$"

// classOfID is classOfForm for the id: nobody is hurt either where any segment is
// taken instead of some.
func classOfID(before, after string) Class {
	if after == anySegment && before != "" && before != "^.+$" {
		return Compatible
	}
	return classOfForm(before, after)
}

// deprecation compares whether the method is deprecated.
func (c *comparison) deprecation() {
	before, after := c.from.Retry.Deprecated, c.against.Retry.Deprecated
	if !c.both(spec.DeprecationTopic) || before == after {
		return
	}
	sentence := "The method is deprecated now."
	if before {
		sentence = "The method is no longer deprecated."
	}
	c.note(Change{Kind: Changed, Class: Compatible, Topic: spec.DeprecationTopic, What: "deprecation of the method",
		Old: deprecation(c.from.Retry), New: deprecation(c.against.Retry), Sentence: sentence})
}

// scopesOfState compares the scopes of the method that reads the state. Changes
// that the method itself has, too, are told there.
func (c *comparison) scopesOfState() {
	before, after := set(c.from.ReadState.Scopes), set(c.against.ReadState.Scopes)
	told := append(onlyIn(set(c.against.Retry.Scopes), set(c.from.Retry.Scopes)),
		onlyIn(set(c.from.Retry.Scopes), set(c.against.Retry.Scopes))...)
	for _, name := range onlyIn(after, before) {
		if !slices.Contains(told, name) {
			c.note(Change{Kind: Added, Class: Compatible, Topic: spec.StateMethodTopic, What: name,
				Sentence: fmt.Sprintf("A token with %s is enough to read a job's state now.", spec.ShortScope(name))})
		}
	}
	for _, name := range onlyIn(before, after) {
		if !slices.Contains(told, name) {
			c.note(Change{Kind: Removed, Class: Breaking, Topic: spec.StateMethodTopic, What: name,
				Sentence: fmt.Sprintf("A token with %s alone no longer reads a job's state.", spec.ShortScope(name))})
		}
	}
}

// scopes compares the sets of scopes: any one of them is enough, so their order
// says nothing.
func (c *comparison) scopes() {
	if !c.both(spec.ScopesTopic) {
		return
	}
	before, after := scopesByName(c.from), scopesByName(c.against)
	for _, name := range onlyIn(after, before) {
		c.note(Change{Kind: Added, Class: Compatible, Topic: spec.ScopesTopic, What: name, New: after[name],
			Sentence: fmt.Sprintf("A token with %s is enough now.", spec.ShortScope(name))})
	}
	for _, name := range onlyIn(before, after) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: spec.ScopesTopic, What: name, Old: before[name],
			Sentence: fmt.Sprintf("A token with %s alone is no longer enough.", spec.ShortScope(name))})
	}
	if !c.both(spec.ScopeDescriptionsTopic) {
		return
	}
	for _, name := range inBoth(before, after) {
		if before[name] != after[name] && before[name] != "" && after[name] != "" {
			c.note(Change{Kind: Changed, Class: Documentation, Topic: spec.ScopeDescriptionsTopic, What: name, Old: before[name],
				New: after[name], Sentence: fmt.Sprintf("The description of %s has changed.", spec.ShortScope(name))})
		}
	}
}

// states compares the values of the enum.
func (c *comparison) states() {
	if !c.both(spec.StatesTopic) || !c.from.ReadState.There() || !c.against.ReadState.There() {
		return
	}
	// AIP-180: enum values may be added, where callers are told that they may.
	c.members(spec.StatesTopic, c.from.States, c.against.States,
		"A job can be in the state %s now; whether it can be retried then is for a person to say.", "No job is in the state %s any longer.")
}

// members compares two sets of which a caller may count on each member: one
// that comes is compatible, one that goes is breaking. The sentences have a
// place for its name.
func (c *comparison) members(topic spec.Topic, before, after []string, added, removed string) {
	for _, name := range onlyIn(set(after), set(before)) {
		c.note(Change{Kind: Added, Class: Compatible, Topic: topic, What: name, Sentence: fmt.Sprintf(added, name)})
	}
	for _, name := range onlyIn(set(before), set(after)) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: topic, What: name, Sentence: fmt.Sprintf(removed, name)})
	}
}

// systemParameters compares the parameters of every method. A source that lists
// only some of them does not say that others are new or gone.
func (c *comparison) systemParameters() {
	if !c.both(spec.SystemParametersTopic) {
		return
	}
	before, after := set(c.from.SystemParameters), set(c.against.SystemParameters)
	// Two descriptions are lists of the same sort: there a difference is meant.
	same := c.from.AllSystemParameters == c.against.AllSystemParameters
	untold := 0
	for _, name := range onlyIn(after, before) {
		if untold++; same || c.from.AllSystemParameters {
			untold--
			c.note(Change{Kind: Added, Class: Compatible, Topic: spec.SystemParametersTopic, What: name,
				Sentence: fmt.Sprintf("Every method takes the query parameter %s now.", name)})
		}
	}
	for _, name := range onlyIn(before, after) {
		if untold++; same || c.against.AllSystemParameters {
			untold--
			c.note(Change{Kind: Removed, Class: Breaking, Topic: spec.SystemParametersTopic, What: name,
				Sentence: fmt.Sprintf("Methods no longer take the query parameter %s.", name)})
		}
	}
	if untold > 0 {
		c.silent(spec.SystemParametersTopic, fmt.Sprintf("%d of them: one source lists only some, the other all", untold))
	}
}
