package drift

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"

	"github.com/dpconform/dpconform/spec"
)

// The two methods in the documents that are given to oasdiff. Where they are is
// compared elsewhere, so their paths are the same on both sides.
const (
	retryPath = "/retry"
	statePath = "/state"
	mediaType = "application/json"
)

// The answers in the words of a change.
const (
	answerOfMethod  = "answer of the method"
	answerWithState = "answer with the state"
)

// severities are the checks of oasdiff that are judged otherwise here. AIP-180:
// enum values may be added, where callers are told that they may; and a member of
// an answer must not go, though proto3 marks none as required.
var severities = map[string]checker.Level{
	"response-property-enum-value-added":  checker.INFO,
	"response-mediatype-enum-value-added": checker.INFO,
	"response-optional-property-removed":  checker.ERR,
}

// schemas lets oasdiff compare the bodies and answers.
func (c *comparison) schemas() error {
	before, err := c.document(c.from)
	if err != nil {
		return err
	}
	after, err := c.document(c.against)
	if err != nil {
		return err
	}
	found, operations, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before, after)
	if err != nil {
		return fmt.Errorf("the schemas of the two sources cannot be compared: %w", err)
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(severities))
	words := checker.NewDefaultLocalizer()
	for _, change := range checker.CheckBackwardCompatibilityUntilLevel(config, found, operations, checker.INFO) {
		c.note(c.schemaChange(change, words))
	}
	return nil
}

// schemaChange puts a change of oasdiff into words of ours.
func (c *comparison) schemaChange(found checker.Change, words checker.Localizer) Change {
	change := Change{Kind: Changed, Class: Breaking, Topic: spec.AnswerTopic, What: answerOfMethod}
	switch id := found.GetId(); {
	case strings.HasSuffix(id, "-added"), strings.HasPrefix(id, "new-"):
		change.Kind = Added
	case strings.HasSuffix(id, "-removed"):
		change.Kind = Removed
	}
	if found.GetLevel() == checker.INFO {
		change.Class = Compatible
	}
	switch {
	case found.GetPath() == statePath:
		change.Topic, change.What = spec.StateMethodTopic, answerWithState
	case strings.Contains(found.GetId(), "request"):
		change.Topic, change.What = spec.RequestTopic, "body of the request"
	case slices.ContainsFunc(found.GetArgs(), isError):
		change.Topic, change.What = spec.ErrorsTopic, "answer with an error"
	}
	text := strings.ReplaceAll(found.GetUncolorizedText(words), "`", "")
	change.Sentence = fmt.Sprintf("%s, in the %s.", capitalized(strings.TrimSuffix(text, ".")), change.What)
	if arguments := found.GetArgs(); len(arguments) > 0 && memberName.MatchString(fmt.Sprint(arguments[0])) &&
		arguments[0] != mediaType {
		change.What = fmt.Sprintf("%v in the %s", arguments[0], change.What)
	}
	return change
}

// capitalized begins a sentence with a text.
func capitalized(text string) string {
	if text == "" {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// memberIn is how a change of schema calls a member.
func memberIn(name string, topic spec.Topic) string {
	if topic == spec.StateMethodTopic {
		return name + " in the " + answerWithState
	}
	return name + " in the " + answerOfMethod
}

// memberName is the path of a member as oasdiff has it; its other arguments are
// statuses, numbers and media types.
var memberName = regexp.MustCompile(`^[A-Za-z_@][\w@]*(?:/[\w@]+)*/?$`)

func isStatus(text string) bool { return len(text) == 3 && strings.Trim(text, "0123456789") == "" }

// isError reports whether an argument of oasdiff is the status of an error.
func isError(argument any) bool {
	text := fmt.Sprint(argument)
	return isStatus(text) && text[0] != '2'
}

// document makes an OpenAPI document of what both sources can speak of.
func (c *comparison) document(surface *spec.Surface) (*load.SpecInfo, error) {
	paths := map[string]any{retryPath: map[string]any{"post": c.operation(surface.Retry, "")}}
	if c.both(spec.StateMethodTopic) && c.from.ReadState.There() && c.against.ReadState.There() {
		paths[statePath] = map[string]any{"post": c.operation(surface.ReadState, surface.StateField)}
	}
	text, err := json.Marshal(map[string]any{
		"openapi": "3.1.0", "info": map[string]any{"title": "surface", "version": "1"}, "paths": paths,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", surface.Provenance.Name, err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, &spec.SourceError{Name: surface.Provenance.Name, Message: "its schemas are not understood: " + firstLine(err.Error())}
	}
	return &load.SpecInfo{Url: surface.Provenance.Name, Spec: document}, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// operation describes a call by its bodies alone. The enum of the states, in the
// member of that name, is compared as a topic of its own.
func (c *comparison) operation(call spec.Call, states string) map[string]any {
	answers := map[string]any{}
	for status, schema := range call.Answers {
		topic := spec.AnswerTopic
		if !strings.HasPrefix(status, "2") {
			topic = spec.ErrorsTopic
		}
		if !c.both(topic) {
			continue
		}
		bare := c.bare(schema)
		if properties, has := bare["properties"].(map[string]any); has && states != "" {
			if member, has := properties[states].(map[string]any); has {
				delete(member, "enum")
			}
		}
		answers[status] = map[string]any{"description": "an answer", "content": content(bare)}
	}
	operation := map[string]any{"responses": answers}
	if c.both(spec.RequestTopic) {
		request := call.Request
		if request == nil {
			request = map[string]any{"type": "object"}
		}
		operation["requestBody"] = map[string]any{"content": content(c.bare(request))}
	}
	return operation
}

func content(schema map[string]any) map[string]any {
	return map[string]any{mediaType: map[string]any{"schema": schema}}
}

// wordy are the keywords of a schema that constrain nothing.
var wordy = []string{"description", "title", "example", "examples", "externalDocs", "deprecated", "$comment"}

// structural are the keywords that every source gives.
var structural = []string{"type", "format", "properties", "items", "additionalProperties"}

// compared reports whether a keyword is one that both sources know: then it is a
// change that one of them is silent.
func (c *comparison) compared(keyword string, value any) bool {
	_, isSchema := value.(map[string]any)
	switch {
	case slices.Contains(wordy, keyword) || strings.HasPrefix(keyword, "x-"):
		return false
	case c.both(spec.ConstraintsTopic):
		return true
	case keyword == "additionalProperties":
		return isSchema
	case keyword == "enum":
		return c.both(spec.StatesTopic)
	}
	return slices.Contains(structural, keyword)
}

// bare gives a schema with the keywords that are compared.
func (c *comparison) bare(schema map[string]any) map[string]any {
	result := map[string]any{}
	for keyword, value := range schema {
		if !c.compared(keyword, value) {
			continue
		}
		members, isMapping := value.(map[string]any)
		if keyword != "properties" || !isMapping {
			result[keyword] = c.bareValue(value)
			continue
		}
		// The names of members are not keywords.
		properties := map[string]any{}
		for name, member := range members {
			properties[name] = c.bareValue(member)
		}
		result[keyword] = properties
	}
	return result
}

func (c *comparison) bareValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return c.bare(value)
	case []any:
		list := make([]any, 0, len(value))
		for _, element := range value {
			list = append(list, c.bareValue(element))
		}
		return list
	}
	return value
}
