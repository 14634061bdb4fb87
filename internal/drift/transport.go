package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// transport compares what the requests and answers of the two methods are beside
// their schemas.
func (c *comparison) transport() {
	c.transportOf(c.from.Retry, c.against.Retry, "of the method")
	if c.both(spec.StateMethodTopic) && c.from.ReadState.There() && c.against.ReadState.There() {
		c.transportOf(c.from.ReadState, c.against.ReadState, "of the method that reads the state")
	}
}

func (c *comparison) transportOf(before, after spec.Call, whose string) {
	if c.both(spec.BodyTopic) && before.BodyRequired != after.BodyRequired {
		change := Change{Kind: Changed, Class: Breaking, Topic: spec.BodyTopic, What: "body of the request " + whose, Old: "optional",
			New: "required", Sentence: fmt.Sprintf("A request %s must have a body now.", whose)}
		if before.BodyRequired {
			change.Class, change.Old, change.New = Compatible, change.New, change.Old
			change.Sentence = fmt.Sprintf("A request %s may go without a body now.", whose)
		}
		c.note(change)
	}
	if c.both(spec.ParametersTopic) {
		c.parameters(before, after, whose)
	}
	if c.both(spec.HeadersTopic) {
		for _, status := range inBoth(before.AnswerHeaders, after.AnswerHeaders) {
			c.headers(fmt.Sprintf("answer %s %s", status, whose), before.AnswerHeaders[status], after.AnswerHeaders[status])
		}
	}
	if c.both(spec.MediaTypesTopic) {
		c.mediaTypes("request "+whose, before.RequestMedia, after.RequestMedia)
		for _, status := range inBoth(before.AnswerMedia, after.AnswerMedia) {
			c.mediaTypes(fmt.Sprintf("answer %s %s", status, whose), before.AnswerMedia[status], after.AnswerMedia[status])
		}
	}
}

// headers compares the names of the headers of one answer.
func (c *comparison) headers(what string, before, after []string) {
	for _, name := range onlyIn(set(after), set(before)) {
		c.note(Change{Kind: Added, Class: Compatible, Topic: spec.HeadersTopic, What: name + " of the " + what,
			Sentence: fmt.Sprintf("The %s has the header %s now.", what, name)})
	}
	for _, name := range onlyIn(set(before), set(after)) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: spec.HeadersTopic, What: name + " of the " + what,
			Sentence: fmt.Sprintf("The %s no longer has the header %s.", what, name)})
	}
}

// mediaTypes compares the media types of one body. It is breaking where one is
// gone that a caller may use.
func (c *comparison) mediaTypes(what string, before, after []string) {
	if slices.Equal(before, after) {
		return
	}
	change := Change{Kind: Changed, Class: Compatible, Topic: spec.MediaTypesTopic, What: "media type of the " + what,
		Old: strings.Join(before, ", "), New: strings.Join(after, ", ")}
	if len(onlyIn(set(before), set(after))) > 0 {
		change.Class = Breaking
	}
	change.Sentence = fmt.Sprintf("The media type of the %s is %s, no longer %s.", what, said(change.New), said(change.Old))
	c.note(change)
}

// parameters compares the parameters of the query, the header and the cookies.
func (c *comparison) parameters(before, after spec.Call, whose string) {
	old, now := parametersByName(before), parametersByName(after)
	for _, name := range onlyIn(now, old) {
		change := Change{Kind: Added, Class: Compatible, Topic: spec.ParametersTopic, What: name + " " + whose, New: need(now[name]),
			Sentence: fmt.Sprintf("There is a %s %s now; it is optional.", name, whose)}
		if now[name].Required {
			change.Class, change.Sentence = Breaking, fmt.Sprintf("There is a %s %s now, and it is required.", name, whose)
		}
		c.note(change)
	}
	for _, name := range onlyIn(old, now) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: spec.ParametersTopic, What: name + " " + whose, Old: need(old[name]),
			Sentence: fmt.Sprintf("The %s %s is gone.", name, whose)})
	}
	for _, name := range inBoth(old, now) {
		c.parameter(name+" "+whose, old[name], now[name])
	}
}

// parameter compares one parameter that both sources have.
func (c *comparison) parameter(what string, before, after spec.Parameter) {
	if before.Required != after.Required {
		class := Breaking
		if before.Required {
			class = Compatible
		}
		c.differ(spec.ParametersTopic, class, what, need(before), need(after))
	}
	c.differ(spec.ParametersTopic, classOfForm(before.Form, after.Form), "form of the "+what, before.Form, after.Form)
}

func parametersByName(call spec.Call) map[string]spec.Parameter {
	found := map[string]spec.Parameter{}
	for _, parameter := range call.Parameters {
		found[parameter.In+" parameter "+parameter.Name] = parameter
	}
	return found
}

func need(parameter spec.Parameter) string {
	if parameter.Required {
		return "required"
	}
	return "optional"
}

// retryableStates compares the states that a job may be retried from.
func (c *comparison) retryableStates() {
	if !c.both(spec.RetryableStatesTopic) {
		return
	}
	c.members(spec.RetryableStatesTopic, c.from.RetryableStates, c.against.RetryableStates,
		"A job in the state %s can be retried now.", "A job in the state %s can no longer be retried.")
}

// codes compares the HTTP statuses of the names of errors.
func (c *comparison) codes() {
	if !c.both(spec.CodesTopic) {
		return
	}
	for _, name := range onlyIn(c.against.Codes, c.from.Codes) {
		c.note(Change{Kind: Added, Class: Compatible, Topic: spec.CodesTopic, What: name, New: c.against.Codes[name],
			Sentence: fmt.Sprintf("There is a code of errors %s now, with the status %s.", name, c.against.Codes[name])})
	}
	for _, name := range onlyIn(c.from.Codes, c.against.Codes) {
		c.note(Change{Kind: Removed, Class: Breaking, Topic: spec.CodesTopic, What: name, Old: c.from.Codes[name],
			Sentence: fmt.Sprintf("The code of errors %s is gone.", name)})
	}
	for _, name := range inBoth(c.from.Codes, c.against.Codes) {
		c.differ(spec.CodesTopic, Breaking, "status of "+name, c.from.Codes[name], c.against.Codes[name])
	}
}
