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

	"github.com/dpconform/dpconform/spec"
)

// schema lets libopenapi find the changes between two schemas without references,
// and classifies them: libopenapi does not know a request from a response.
func (c *comparison) schema(one body) error {
	if !c.both(one.topic) {
		return nil
	}
	before, err := build(one.before, c.from.Provenance.Name)
	if err != nil {
		return err
	}
	after, err := build(one.after, c.against.Provenance.Name)
	if err != nil {
		return err
	}
	walk := &schemaWalk{body: one}
	walk.schema(model.CompareSchemas(before, after), one.before, one.after, "")
	slices.SortFunc(walk.found, func(a, b Change) int { return strings.Compare(a.What+a.Sentence, b.What+b.Sentence) })
	for _, change := range walk.found {
		c.note(change)
	}
	return nil
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
		w.note(Removed, Breaking, path, "", "", "The member "+path+" of the ", " was removed.")
	case w.request && required:
		w.note(Added, Breaking, path, "", "", "The ", " now has the required member "+path+".")
	default:
		w.note(Added, Compatible, path, "", "", "The ", " now has the member "+path+".")
	}
}

// value notes a value of an enum that came or went. AIP-180: values may be added to
// a response, where callers must expect it.
func (w *schemaWalk) value(name string, added, first, last bool, path string) {
	effect := map[bool]effect{false: tightened, true: loosened}[added != (first || last)]
	switch {
	case added && !w.request:
		w.note(Added, Compatible, path, "", name, "The value "+name+of(path), " was added.")
	case added:
		w.note(Added, w.class(effect), path, "", name, "The value "+name+of(path), " was added.")
	default:
		w.note(Removed, w.class(effect), path, name, "", "The value "+name+of(path), " was removed.")
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
