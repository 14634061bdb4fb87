package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
)

// bodyWords are the topics of the bodies of one method, and what they are called.
type bodyWords struct {
	request, response, errors source.Topic
	ofRequest, ofResponse     string
	// suffix follows the status of a response.
	suffix string
}

// schemas compares the bodies of the requests and responses of both methods.
func (c *comparison) schemas() error {
	err := c.bodies(c.from.Method, c.against.Method, bodyWords{source.RequestTopic, source.ResponseTopic, source.ErrorsTopic,
		"body of the request", "response of the method", ""})
	if err != nil || !c.bothReadState() {
		return err
	}
	return c.bodies(c.from.ReadState, c.against.ReadState, bodyWords{source.StateMethodTopic, source.StateMethodTopic, source.StateMethodTopic,
		"body of the request for the state", "response with the state", " for the state"})
}

// body is one body on both sides.
type body struct {
	topic         source.Topic
	where         string
	request       bool
	before, after map[string]any
}

func (c *comparison) bodies(before, after source.Call, words bodyWords) error {
	c.statuses(before, after, words)
	var bodies []body
	if c.both(source.RequestTopic) {
		bodies = append(bodies, body{words.request, words.ofRequest, true, c.requestSchema(before), c.requestSchema(after)})
	}
	// Errors mostly have one schema: what changes in it is one change.
	var errors []body
	statuses := map[string][]string{}
	for _, status := range inBoth(before.Responses, after.Responses) {
		one := body{words.response, words.ofResponse, false, c.bare(before.Responses[status]), c.bare(after.Responses[status])}
		key := written(one.before) + written(one.after)
		switch {
		case successful(status):
			if words.response == source.StateMethodTopic {
				// The enum of the states is a topic of its own.
				delete(mapping(mapping(one.before["properties"])[c.from.StateField]), "enum")
				delete(mapping(mapping(one.after["properties"])[c.against.StateField]), "enum")
			}
			bodies = append(bodies, one)
		case c.both(source.ErrorsTopic):
			if statuses[key] == nil {
				one.topic, one.where = words.errors, key
				errors = append(errors, one)
			}
			statuses[key] = append(statuses[key], status)
		}
	}
	for _, one := range errors {
		of := statuses[one.where]
		one.where = "error " + text.Plural(len(of), "response") + " " + strings.Join(of, ", ") + words.suffix
		bodies = append(bodies, one)
	}
	for _, one := range bodies {
		if err := c.schema(one); err != nil {
			return err
		}
	}
	return nil
}

// statuses compares which responses a method has.
func (c *comparison) statuses(before, after source.Call, words bodyWords) {
	note := func(kind Kind, class Class, status, sentence string) {
		topic := words.response
		if !successful(status) {
			topic, class = words.errors, Compatible
		}
		if successful(status) || c.both(source.ErrorsTopic) {
			c.note(Change{Kind: kind, Class: class, Topic: topic, What: "response " + status + words.suffix, Sentence: fmt.Sprintf(sentence, status+words.suffix)})
		}
	}
	for _, status := range onlyIn(after.Responses, before.Responses) {
		note(Added, Compatible, status, "The response %s was added.")
	}
	for _, status := range onlyIn(before.Responses, after.Responses) {
		note(Removed, Breaking, status, "The response %s was removed.")
	}
}

func successful(status string) bool { return strings.HasPrefix(status, "2") }

// requestSchema is the schema of the body of a request: any object, where the
// source does not describe it.
func (c *comparison) requestSchema(call source.Call) map[string]any {
	if call.Request == nil {
		return map[string]any{"type": "object"}
	}
	return c.bare(call.Request)
}

// wordy are the keywords of a schema that constrain nothing, and structural those
// that every source gives.
var (
	wordy      = []string{"description", "title", "example", "examples", "externalDocs", "deprecated", "$comment"}
	structural = []string{"type", "format", "properties", "items", "additionalProperties"}
)

// compared reports whether a keyword is one that both sources know: otherwise it
// is not a change that one of them is silent.
func (c *comparison) compared(keyword string, value any) bool {
	_, isSchema := value.(map[string]any)
	switch {
	case slices.Contains(wordy, keyword) || strings.HasPrefix(keyword, "x-"):
		return false
	case c.both(source.ConstraintsTopic):
		return true
	case keyword == "additionalProperties":
		return isSchema
	case keyword == "enum":
		return c.both(source.StatesTopic)
	}
	return slices.Contains(structural, keyword)
}

// bare returns a schema with the keywords that are compared.
func (c *comparison) bare(schema map[string]any) map[string]any {
	result := map[string]any{}
	for keyword, value := range schema {
		if !c.compared(keyword, value) {
			continue
		}
		result[keyword] = c.bareValue(value)
		if members, is := value.(map[string]any); is && keyword == "properties" {
			// The names of members are not keywords.
			properties := map[string]any{}
			for name, member := range members {
				properties[name] = c.bareValue(member)
			}
			result[keyword] = properties
		}
	}
	return result
}

func (c *comparison) bareValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return c.bare(value)
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = c.bareValue(element)
		}
		return elements
	}
	return value
}
