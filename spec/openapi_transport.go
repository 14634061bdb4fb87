package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// readTransport reads what a request and an answer are beside their schemas.
func (c *Call) readTransport(operation openAPIOperation) {
	body := mappingOf(operation.members["requestBody"])
	c.BodyRequired = body["required"] == true
	c.RequestMedia = mediaTypesOf(body)
	c.AnswerMedia, c.AnswerHeaders = map[string][]string{}, map[string][]string{}
	for status, answer := range mappingOf(operation.members["responses"]) {
		c.AnswerMedia[status] = mediaTypesOf(mappingOf(answer))
		c.AnswerHeaders[status] = slices.Sorted(maps.Keys(mappingOf(mappingOf(answer)["headers"])))
	}
	// OpenAPI 3.1, 4.8.9: a parameter of the operation stands in the place of that
	// of the path with the same name and place.
	found := map[string]Parameter{}
	for _, value := range append(listOf(operation.shared["parameters"]), listOf(operation.members["parameters"])...) {
		members := mappingOf(value)
		parameter := Parameter{Name: textOf(members["name"]), In: textOf(members["in"]), Required: members["required"] == true,
			Form: formOf(mappingOf(members["schema"]))}
		if parameter.In != "path" && parameter.Name != "" {
			found[parameter.In+" "+parameter.Name] = parameter
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		c.Parameters = append(c.Parameters, found[key])
	}
}

func mediaTypesOf(body map[string]any) []string {
	return slices.Sorted(maps.Keys(mappingOf(body["content"])))
}

// wordsOfForm are the members of a schema that constrain no value.
var wordsOfForm = []string{"description", "title", "example", "examples", "deprecated", "location", "required", "enumDescriptions", "repeated"}

// formOf writes a schema without its words as JSON, whose members are sorted.
func formOf(schema map[string]any) string {
	bare := maps.Clone(schema)
	maps.DeleteFunc(bare, func(key string, _ any) bool { return slices.Contains(wordsOfForm, key) || strings.HasPrefix(key, "x-") })
	if len(bare) == 0 {
		return ""
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return fmt.Sprint(bare)
	}
	return string(text)
}

// readExtensions reads what stands in extensions; a document without one says
// nothing of its topic.
func (s *Surface) readExtensions(retry openAPIOperation) {
	s.SystemParameters = systemParametersOf(retry)
	for _, state := range listOf(retry.members[retryableStatesExtension]) {
		s.RetryableStates = append(s.RetryableStates, textOf(state))
	}
	s.Codes = map[string]string{}
	for name, status := range mappingOf(retry.members[codesExtension]) {
		s.Codes[name] = textOf(status)
	}
	for topic, extension := range map[Topic]string{SystemParametersTopic: systemParameterExtension,
		RetryableStatesTopic: retryableStatesExtension, CodesTopic: codesExtension} {
		if _, has := retry.members[extension]; !has {
			s.Says = slices.DeleteFunc(s.Says, func(one Topic) bool { return one == topic })
		}
	}
}

// describeMethod keeps the texts about the method, its path and its answer. The
// summary is what Google's documents have as the description.
func (s *Surface) describeMethod(retry openAPIOperation) {
	summary, detail := oneLine(retry.members["summary"]), oneLine(retry.members["description"])
	if summary == "" {
		summary, detail = detail, ""
	}
	s.describe("method", summary)
	s.describe("method in detail", detail)
	for _, value := range append(listOf(retry.shared["parameters"]), listOf(retry.members["parameters"])...) {
		if parameter := mappingOf(value); parameter["in"] == "path" {
			s.describe("parameter in the path", oneLine(parameter["description"]))
		}
	}
	s.describeAnswer()
}

// describeAnswer keeps the texts about the answer of the method.
func (s *Surface) describeAnswer() {
	_, answer := s.Retry.Success()
	s.describe("answer of the method", oneLine(answer["description"]))
	for name, member := range mappingOf(answer["properties"]) {
		s.describe("member "+name+" of the answer", oneLine(mappingOf(member)["description"]))
	}
}

func (s *Surface) describe(what, text string) {
	if text != "" {
		s.Descriptions[what] = text
	}
}
