package drift

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi/datamodel/low/base"
	"github.com/pb33f/libopenapi/what-changed/model"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/spec"
)

// schemas compares the bodies of requests and responses.
func (c *comparison) schemas() error {
	err := c.bodies(c.from.Retry, c.against.Retry, bodyWords{source.RequestTopic, source.ResponseTopic, source.ErrorsTopic,
		"body of the request", "response of the method", ""})
	if err != nil || !c.bothReadState() {
		return err
	}
	return c.bodies(c.from.ReadState, c.against.ReadState, bodyWords{source.StateMethodTopic, source.StateMethodTopic, source.StateMethodTopic,
		"body of the request for the state", "response with the state", " for the state"})
}

// bodyWords are the topics of the bodies of one method, and what they are called.
type bodyWords struct {
	request, response, errors source.Topic
	ofRequest, ofResponse     string
	// suffix follows the status of an error.
	suffix string
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
	var bodies []*body
	if c.both(source.RequestTopic) {
		bodies = append(bodies, &body{words.request, words.ofRequest, true, c.requestSchema(before), c.requestSchema(after)})
	}
	errors := map[string]*body{}
	for _, status := range inBoth(before.Responses, after.Responses) {
		found := &body{words.response, words.ofResponse, false, c.bare(before.Responses[status]), c.bare(after.Responses[status])}
		if successful(status) {
			if words.response == source.StateMethodTopic {
				// The enum of the states is a topic of its own.
				delete(mapping(mapping(found.before["properties"])[c.from.StateField]), "enum")
				delete(mapping(mapping(found.after["properties"])[c.against.StateField]), "enum")
			}
			bodies = append(bodies, found)
			continue
		}
		// Errors mostly have one schema: what changes in it is one change.
		key := written(found.before) + written(found.after)
		switch same := errors[key]; {
		case !c.both(source.ErrorsTopic):
		case same != nil:
			same.where = strings.Replace(same.where, "error response ", "error responses ", 1) + ", " + status
		default:
			found.topic, found.where = words.errors, "error response "+status
			errors[key] = found
			bodies = append(bodies, found)
		}
	}
	for _, one := range bodies {
		if one.topic == words.errors && one.where != words.ofRequest && one.where != words.ofResponse {
			one.where += words.suffix
		}
		if err := c.schema(*one); err != nil {
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
		note(Added, Compatible, status, "There is a response %s now.")
	}
	for _, status := range onlyIn(before.Responses, after.Responses) {
		note(Removed, Breaking, status, "There is no response %s any longer.")
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

// schema lets libopenapi find the changes between two schemas without references,
// and classifies them: libopenapi does not know a request from a response.
func (c *comparison) schema(pair body) error {
	if !c.both(pair.topic) {
		return nil
	}
	before, err := build(pair.before, c.from.Provenance.Name)
	if err != nil {
		return err
	}
	after, err := build(pair.after, c.against.Provenance.Name)
	if err != nil {
		return err
	}
	walk := &schemaWalk{body: pair}
	walk.schema(model.CompareSchemas(before, after), pair.before, pair.after, "")
	slices.SortFunc(walk.found, func(a, b Change) int { return strings.Compare(a.What+a.Sentence, b.What+b.Sentence) })
	for _, change := range walk.found {
		c.note(change)
	}
	return nil
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

// build makes of a schema what libopenapi compares.
func build(schema map[string]any, name string) (*base.SchemaProxy, error) {
	var node yaml.Node
	err := node.Encode(schema)
	proxy := &base.SchemaProxy{}
	if err == nil {
		err = proxy.Build(context.Background(), nil, &node, nil)
	}
	if err == nil && proxy.Schema() == nil {
		err = proxy.GetBuildError()
	}
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return nil, &spec.Error{File: name, Message: "its schemas are not understood: " + line}
	}
	return proxy, nil
}

// effect is what a change does to the set of values that a schema allows.
type effect int

const (
	neutral effect = iota
	tightened
	loosened
	replaced
)

// class says whom an effect breaks: in a request those whose values are refused
// now, in a response those that rely on what is no longer promised.
func (w *schemaWalk) class(effect effect) Class {
	if effect == replaced || w.request && effect == tightened || !w.request && effect == loosened {
		return Breaking
	}
	return Compatible
}

// schemaWalk collects the changes between two schemas.
type schemaWalk struct {
	body
	found []Change
}

// note adds a change of the value at a path. The sentence names the body between
// its two parts.
func (w *schemaWalk) note(kind Kind, class Class, path, before, after, head, tail string) {
	what := w.where
	if path != "" {
		what = path + " in the " + w.where
	}
	w.found = append(w.found, Change{Kind: kind, Class: class, Topic: w.topic, What: what, Old: before, New: after, Sentence: head + w.where + tail})
}

// of continues a sentence with the value at a path, up to the body it is in.
func of(path string) string {
	if path == "" {
		return " of the "
	}
	return " of " + path + " in the "
}

// schema goes through the changes of one schema and of those inside it.
func (w *schemaWalk) schema(changes *model.SchemaChanges, before, after map[string]any, path string) {
	if changes == nil {
		return
	}
	if changes.PropertyChanges != nil {
		for _, change := range changes.Changes {
			w.change(change, before, after, path)
		}
	}
	for name, nested := range changes.SchemaPropertyChanges {
		w.schema(nested, mapping(mapping(before["properties"])[name]), mapping(mapping(after["properties"])[name]), join(path, name))
	}
	w.schema(changes.ItemsChanges, mapping(before["items"]), mapping(after["items"]), join(path, "items"))
	w.schema(changes.AdditionalPropertiesChanges, mapping(before["additionalProperties"]), mapping(after["additionalProperties"]), join(path, "*"))
	// What changes inside alternatives and conditions may break anyone.
	inside := slices.Concat(changes.AllOfChanges, changes.AnyOfChanges, changes.OneOfChanges, changes.PrefixItemsChanges,
		[]*model.SchemaChanges{changes.NotChanges, changes.IfChanges, changes.ThenChanges, changes.ElseChanges, changes.PropertyNamesChanges,
			changes.ContainsChanges, changes.UnevaluatedItemsChanges, changes.UnevaluatedPropertiesChanges, changes.ContentSchemaChanges},
		slices.Collect(maps.Values(changes.DependentSchemasChanges)), slices.Collect(maps.Values(changes.PatternPropertiesChanges)))
	for _, nested := range inside {
		for _, change := range nested.GetAllChanges() {
			w.keyword(change.Property+" of an alternative", replaced, path, change.Original, change.New)
		}
	}
	for _, change := range changes.DependentRequiredChanges {
		w.keyword(change.Property, replaced, path, change.Original, change.New)
	}
}

// change notes one change that libopenapi has found in a schema.
func (w *schemaWalk) change(change *model.Change, before, after map[string]any, path string) {
	added := change.ChangeType == model.ObjectAdded || change.ChangeType == model.PropertyAdded
	name := change.Original + change.New
	switch keyword := change.Property; keyword {
	case "properties":
		w.member(name, added, slices.Contains(list(after["required"]), any(name)), path)
	case "required":
		_, was := mapping(before["properties"])[name]
		_, is := mapping(after["properties"])[name]
		switch {
		case was != is:
			// The member itself came or went.
		case added:
			w.note(Changed, w.class(tightened), join(path, name), "optional", "required", "The member "+join(path, name)+" of the ", " is required now.")
		default:
			w.note(Changed, w.class(loosened), join(path, name), "required", "optional", "The member "+join(path, name)+" of the ", " is optional now.")
		}
	case "enum":
		w.value(name, added, before["enum"] == nil, after["enum"] == nil, path)
	case "oneOf", "anyOf", "allOf":
		w.keyword(keyword, effectOfAlternative(keyword, added, len(list(before[keyword])), len(list(after[keyword]))), path,
			fmt.Sprintf("%d schemas", len(list(before[keyword]))), fmt.Sprintf("%d schemas", len(list(after[keyword]))))
	default:
		w.keyword(keyword, effectOf(keyword, before[keyword], after[keyword]), path, written(before[keyword]), written(after[keyword]))
	}
}

// member notes a member that came or went. AIP-180: a member of a response must not
// go, though proto3 marks none as required.
func (w *schemaWalk) member(name string, added, required bool, path string) {
	path = join(path, name)
	switch {
	case !added:
		w.note(Removed, Breaking, path, "", "", "The member "+path+" of the ", " is gone.")
	case w.request && required:
		w.note(Added, Breaking, path, "", "", "The ", " has a member "+path+" now, and it is required.")
	default:
		w.note(Added, Compatible, path, "", "", "The ", " has a member "+path+" now.")
	}
}

// value notes a value of an enum that came or went. AIP-180: values may be added to
// a response, where callers are told that they may.
func (w *schemaWalk) value(name string, added, first, last bool, path string) {
	effect := map[bool]effect{false: tightened, true: loosened}[added != (first || last)]
	switch {
	case added && !w.request:
		w.note(Added, Compatible, path, "", name, "There is a value "+name+of(path), " now.")
	case added:
		w.note(Added, w.class(effect), path, "", name, "There is a value "+name+of(path), " now.")
	default:
		w.note(Removed, w.class(effect), path, name, "", "There is no value "+name+of(path), " any longer.")
	}
}

// keyword notes a keyword whose value has changed.
func (w *schemaWalk) keyword(keyword string, effect effect, path, before, after string) {
	w.note(Changed, w.class(effect), path, before, after, "The "+keyword+of(path), becomes(before, after))
}

// effectOfAlternative returns what one more or one fewer schema does: of allOf every
// one must be kept, of the others one is enough.
func effectOfAlternative(keyword string, added bool, before, after int) effect {
	restricts := keyword == "allOf" || before == 0 || after == 0
	if added == restricts {
		return tightened
	}
	return loosened
}

// effectOf returns what a keyword does that came, went or has another value.
func effectOf(keyword string, before, after any) effect {
	switch keyword {
	case "default", "readOnly", "writeOnly":
		return neutral
	case "type":
		return effectOfTypes(types(before), types(after))
	case "nullable":
		return map[bool]effect{false: tightened, true: loosened}[after == true]
	case "additionalProperties", "unevaluatedProperties", "unevaluatedItems":
		return compareRanks(openness(before), openness(after))
	}
	if before == nil || before == false {
		return tightened
	}
	if after == nil || after == false {
		return loosened
	}
	old, isNumber := number(before)
	now, isStill := number(after)
	bound := strings.TrimPrefix(strings.ToLower(keyword), "exclusive")
	switch {
	case isNumber && isStill && strings.HasPrefix(bound, "min"):
		return compareRanks(old, now)
	case isNumber && isStill && strings.HasPrefix(bound, "max"):
		return compareRanks(now, old)
	}
	return replaced
}

// compareRanks returns the effect of a value that is stricter the higher it is.
func compareRanks(before, after float64) effect {
	switch {
	case before < after:
		return tightened
	case before > after:
		return loosened
	}
	return replaced
}

func openness(value any) float64 {
	if value == nil || value == true {
		return 0
	}
	if value == false {
		return 2
	}
	return 1
}

func effectOfTypes(before, after []string) effect {
	within := func(one, other []string) bool {
		for _, name := range one {
			if !slices.Contains(other, name) && (name != "integer" || !slices.Contains(other, "number")) {
				return false
			}
		}
		return true
	}
	switch {
	case len(before) == 0 || len(after) > 0 && within(after, before):
		return tightened
	case len(after) == 0 || within(before, after):
		return loosened
	}
	return replaced
}

func types(value any) []string {
	if name, is := value.(string); is {
		return []string{name}
	}
	var names []string
	for _, name := range list(value) {
		names = append(names, fmt.Sprint(name))
	}
	return names
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

// written returns a value as JSON, a text as it is, and nothing for nothing.
func written(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func join(path, name string) string { return strings.TrimPrefix(path+"/"+name, "/") }

func mapping(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}
