package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/spec"
)

// comparison is a Comparison that is being made.
type comparison struct {
	from, against *source.Source
	catalogue     []spec.Requirement
	result        Comparison
}

// Compare returns what the source "against" says of a method otherwise than
// the source "from". Only what both can speak of is compared. Changes touch
// requirements of the method.
func Compare(from, against *source.Source, method *spec.Method) (Comparison, error) {
	c := &comparison{from: from, against: against, catalogue: method.Requirements}
	c.result = Comparison{Method: method.Operation.ID, From: from.Provenance, Against: against.Provenance, Changes: []Change{}, NotCompared: []Silence{}}
	c.silences()
	c.methods()
	c.scopes()
	c.states()
	c.codes()
	c.systemParameters()
	c.transport(from.Method, against.Method, "of the method")
	if c.bothReadState() {
		c.transport(from.ReadState, against.ReadState, "of the method that reads the state")
	}
	c.descriptions()
	c.prose()
	if err := c.schemas(); err != nil {
		return Comparison{}, err
	}
	order := source.Topics()
	slices.SortStableFunc(c.result.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Topic), slices.Index(order, b.Topic)),
			cmp.Compare(slices.Index(Classes(), a.Class), slices.Index(Classes(), b.Class)))
	})
	c.directions()
	return c.result, nil
}

// directions says of each change where it goes in time.
func (c *comparison) directions() {
	from, against := c.result.From.Date, c.result.Against.Date
	if from == "" || against == "" || from == against {
		return
	}
	direction := Forward
	if c.result.Older = against < from; c.result.Older {
		direction = Back
	}
	for i := range c.result.Changes {
		c.result.Changes[i].Direction = direction
	}
}

// silences notes what one source, or both, cannot speak of.
func (c *comparison) silences() {
	for _, topic := range source.Topics() {
		switch silent, other := !c.from.Speaks(topic), !c.against.Speaks(topic); {
		case silent && other:
			c.silent(topic, "neither source contains them")
		case silent:
			c.silent(topic, fmt.Sprintf("the %s does not contain them", kindName(c.from.Provenance.Kind)))
		case other:
			c.silent(topic, fmt.Sprintf("the %s does not contain them", kindName(c.against.Provenance.Kind)))
		}
	}
}

func (c *comparison) silent(topic source.Topic, reason string) {
	c.result.NotCompared = append(c.result.NotCompared, Silence{topic, reason})
}

func (c *comparison) both(topic source.Topic) bool {
	return c.from.Speaks(topic) && c.against.Speaks(topic)
}

// bothReadState reports whether both sources describe the method that reads a
// job's state.
func (c *comparison) bothReadState() bool {
	return c.both(source.StateMethodTopic) && c.from.ReadState.Known() && c.against.ReadState.Known()
}

// note adds a change, unless one of the sources says nothing of its topic. It
// touches the requirements of the topic, if it names no others.
func (c *comparison) note(change Change) {
	if !c.both(change.Topic) {
		return
	}
	if change.Requirements == nil {
		change.Requirements = ids(c.catalogue, func(r spec.Requirement) bool { return slices.Contains(touched[change.Topic], r.ID) })
	}
	c.result.Changes = append(c.result.Changes, change)
}

// differ notes a value that is not the same on both sides.
func (c *comparison) differ(topic source.Topic, class Class, what, before, after string) {
	if before != after {
		c.note(Change{Kind: Changed, Class: class, Topic: topic, What: what, Old: before, New: after,
			Sentence: "The " + what + becomes(before, after)})
	}
}

// entries compares what the sources list by name, each with a value or "". A
// caller may count on each: one that comes is compatible, one that goes is
// breaking. The sentences have a place for the name.
func (c *comparison) entries(topic source.Topic, before, after map[string]string, suffix, added, removed string) {
	for _, name := range onlyIn(after, before) {
		c.note(Change{Kind: Added, Class: Compatible, Topic: topic, What: name + suffix, New: after[name], Sentence: fmt.Sprintf(added, spec.Scope{Name: name}.Short())})
	}
	for _, name := range onlyIn(before, after) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: topic, What: name + suffix, Old: before[name], Sentence: fmt.Sprintf(removed, spec.Scope{Name: name}.Short())})
	}
}

// methods compares where the two methods are.
func (c *comparison) methods() {
	c.differ(source.EndpointTopic, Breaking, "address of the service", c.from.Endpoint, c.against.Endpoint)
	c.differ(source.MethodTopic, Breaking, "request line", place(c.from.Method), place(c.against.Method))
	before, after := c.from.Method.IDPattern, c.against.Method.IDPattern
	class := classOfForm(before, after)
	if after == "^[^/]+$" && before != "" && before != "^.+$" {
		// Any segment is allowed now, and only some before.
		class = Compatible
	}
	c.differ(source.IDTopic, class, "id format", before, after)
	if before, after := c.from.Method.Deprecated, c.against.Method.Deprecated; before != after {
		words := map[bool]string{false: "not deprecated", true: "deprecated"}
		sentence := map[bool]string{false: "The method is no longer deprecated.", true: "The method is deprecated now."}[after]
		c.note(Change{Kind: Changed, Class: Compatible, Topic: source.DeprecationTopic, What: "deprecation of the method",
			Old: words[before], New: words[after], Sentence: sentence})
	}
	c.readState(c.from.ReadState, c.against.ReadState)
}

// readState compares the method that reads a job's state. Changes of scopes that
// the method itself has, too, are reported there.
func (c *comparison) readState(before, after source.Call) {
	const what = "method that reads the state"
	switch {
	case before.Known() && !after.Known():
		c.note(Change{Kind: Removed, Class: Breaking, Topic: source.StateMethodTopic, What: what, Old: place(before),
			Sentence: fmt.Sprintf("The method that reads a job's state, %s, was removed.", place(before))})
	case after.Known() && !before.Known():
		c.note(Change{Kind: Added, Class: Compatible, Topic: source.StateMethodTopic, What: what, New: place(after),
			Sentence: fmt.Sprintf("There is now a method that reads a job's state: %s.", place(after))})
	default:
		c.differ(source.StateMethodTopic, Breaking, what, place(before), place(after))
		method, againstMethod := c.from.Method.Scopes, c.against.Method.Scopes
		added := missing(missing(after.Scopes, before.Scopes), missing(againstMethod, method))
		removed := missing(missing(before.Scopes, after.Scopes), missing(method, againstMethod))
		c.entries(source.StateMethodTopic, set(removed), set(added), "", "A token with %s is now sufficient to read a job's state.",
			"A token with %s alone is no longer sufficient to read a job's state.")
	}
}

// scopes compares the sets of scopes: any one of them is enough, so their order
// says nothing.
func (c *comparison) scopes() {
	before, after := scopesByName(c.from), scopesByName(c.against)
	c.entries(source.ScopesTopic, before, after, "", "A token with %s is now sufficient.", "A token with %s alone is no longer sufficient.")
	for _, name := range inBoth(before, after) {
		if before[name] != after[name] && before[name] != "" && after[name] != "" {
			c.note(Change{Kind: Changed, Class: Documentation, Topic: source.ScopeDescriptionsTopic, What: name, Old: before[name],
				New: after[name], Sentence: fmt.Sprintf("The description of %s has changed.", spec.Scope{Name: name}.Short())})
		}
	}
}

// states compares the states of a job and those in which it is accepted. AIP-180: enum
// values may be added, where callers must expect it.
func (c *comparison) states() {
	if c.from.ReadState.Known() && c.against.ReadState.Known() {
		c.entries(source.StatesTopic, set(c.from.States), set(c.against.States), "",
			"A job can now be in the state %s; check whether the method accepts it in that state.", "The state %s was removed.")
	}
	c.entries(source.AcceptedStatesTopic, set(c.from.AcceptedStates), set(c.against.AcceptedStates), "",
		"A job in the state %s is now accepted.", "A job in the state %s is no longer accepted.")
}

// codes compares the HTTP statuses of the names of errors.
func (c *comparison) codes() {
	c.entries(source.CodesTopic, c.from.Codes, c.against.Codes, "", "The error code %s was added.", "The error code %s was removed.")
	for _, name := range inBoth(c.from.Codes, c.against.Codes) {
		c.differ(source.CodesTopic, Breaking, "status of "+name, c.from.Codes[name], c.against.Codes[name])
	}
}

// systemParameters compares the parameters of every method. A source that lists
// only some of them does not say that others are new or gone, unless both do:
// then a difference is meant.
func (c *comparison) systemParameters() {
	before, after := c.from.SystemParameters, c.against.SystemParameters
	var some []string
	switch {
	case c.against.AllSystemParameters && !c.from.AllSystemParameters:
		some = missing(after, before)
	case c.from.AllSystemParameters && !c.against.AllSystemParameters:
		some = missing(before, after)
	}
	c.entries(source.SystemParametersTopic, set(missing(before, some)), set(missing(after, some)), "",
		"Every method now accepts the query parameter %s.", "Methods no longer accept the query parameter %s.")
	if len(some) > 0 && c.both(source.SystemParametersTopic) {
		c.silent(source.SystemParametersTopic, fmt.Sprintf("%d of them: one source lists only some, the other all", len(some)))
	}
}

// transport compares what the requests and responses of a method are beside their
// schemas.
func (c *comparison) transport(before, after source.Call, whose string) {
	if before.BodyRequired != after.BodyRequired {
		change := Change{Kind: Changed, Class: Breaking, Topic: source.BodyTopic, What: "body of the request " + whose, Old: "optional",
			New: "required", Sentence: fmt.Sprintf("A request %s must now have a body.", whose)}
		if before.BodyRequired {
			change.Class, change.Old, change.New = Compatible, change.New, change.Old
			change.Sentence = fmt.Sprintf("A request %s no longer needs a body.", whose)
		}
		c.note(change)
	}
	c.parameters(before, after, whose)
	c.mediaTypes("request "+whose, before.RequestMedia, after.RequestMedia)
	for _, status := range inBoth(before.ResponseMedia, after.ResponseMedia) {
		what := fmt.Sprintf("response %s %s", status, whose)
		c.mediaTypes(what, before.ResponseMedia[status], after.ResponseMedia[status])
		c.entries(source.HeadersTopic, set(before.ResponseHeaders[status]), set(after.ResponseHeaders[status]), " of the "+what,
			"The "+what+" now has the header %s.", "The "+what+" no longer has the header %s.")
	}
}

// mediaTypes compares the media types of one body. It is breaking where one is
// gone that a caller may use.
func (c *comparison) mediaTypes(what string, before, after []string) {
	class := Compatible
	if len(missing(before, after)) > 0 {
		class = Breaking
	}
	c.differ(source.MediaTypesTopic, class, "media type of the "+what, strings.Join(before, ", "), strings.Join(after, ", "))
}

// parameters compares the parameters of the query, the header and the cookies.
func (c *comparison) parameters(before, after source.Call, whose string) {
	old, now := parametersByName(before), parametersByName(after)
	for _, name := range onlyIn(now, old) {
		change := Change{Kind: Added, Class: Compatible, Topic: source.ParametersTopic, What: name + " " + whose, New: need(now[name]),
			Sentence: fmt.Sprintf("The optional %s %s was added.", name, whose)}
		if now[name].Required {
			change.Class, change.Sentence = Breaking, fmt.Sprintf("The required %s %s was added.", name, whose)
		}
		c.note(change)
	}
	for _, name := range onlyIn(old, now) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: source.ParametersTopic, What: name + " " + whose, Old: need(old[name]),
			Sentence: fmt.Sprintf("The %s %s was removed.", name, whose)})
	}
	for _, name := range inBoth(old, now) {
		what, class := name+" "+whose, Breaking
		if old[name].Required {
			class = Compatible
		}
		c.differ(source.ParametersTopic, class, what, need(old[name]), need(now[name]))
		c.differ(source.ParametersTopic, classOfForm(old[name].Form, now[name].Form), "form of the "+what, old[name].Form, now[name].Form)
	}
}

// classOfForm says whom a change of the form of a value breaks: nobody, if any form is
// allowed now.
func classOfForm(before, after string) Class {
	if after == "" && before != "" {
		return Compatible
	}
	return Breaking
}

// missing lists the elements of one list that another does not have.
func missing(one, other []string) []string {
	return slices.DeleteFunc(slices.Clone(one), func(element string) bool { return slices.Contains(other, element) })
}

// set returns the names of a list as keys.
func set(names []string) map[string]string {
	members := map[string]string{}
	for _, name := range names {
		members[name] = ""
	}
	return members
}

// onlyIn lists the keys of a that b does not have, sorted.
func onlyIn[V any](a, b map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(key string) bool { _, has := b[key]; return has })
}

// inBoth lists the keys of a that b has, too, sorted.
func inBoth[V any](a, b map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(key string) bool { _, has := b[key]; return !has })
}

// scopesByName returns the descriptions of a source's scopes.
func scopesByName(read *source.Source) map[string]string {
	scopes := map[string]string{}
	for _, scope := range read.Scopes {
		scopes[scope.Name] = scope.Description
	}
	return scopes
}

func parametersByName(call source.Call) map[string]source.Parameter {
	found := map[string]source.Parameter{}
	for _, parameter := range call.Parameters {
		found[parameter.In+" parameter "+parameter.Name] = parameter
	}
	return found
}

func need(parameter source.Parameter) string {
	if parameter.Required {
		return "required"
	}
	return "optional"
}

// place is a method with its path: "POST /v1/jobs/{id}:stop".
func place(call source.Call) string {
	if !call.Known() {
		return ""
	}
	return call.Method + " " + call.Path.String()
}

// becomes ends a sentence about a value that has changed.
func becomes(before, after string) string {
	switch {
	case before == "":
		return " is " + after + "; none was given before."
	case after == "":
		return " is no longer given; it was " + before + "."
	}
	return " is " + after + ", no longer " + before + "."
}
