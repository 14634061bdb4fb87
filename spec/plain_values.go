package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// mappingOf, listOf and textOf read a plain value, and give nothing where it is
// of another sort: documents come from others.
func mappingOf(value any) map[string]any {
	mapping, _ := value.(map[string]any)
	return mapping
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return slices.Clip(list)
}

func textOf(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case time.Time:
		return value.Format(time.DateOnly)
	}
	return fmt.Sprint(value)
}

// schemaOf gives the schema of a body that is JSON, or of its first media type.
func schemaOf(body any) map[string]any {
	content := mappingOf(mappingOf(body)["content"])
	mediaTypes := slices.Sorted(maps.Keys(content))
	if len(mediaTypes) == 0 {
		return nil
	}
	chosen := mediaTypes[0]
	for _, mediaType := range mediaTypes {
		if strings.HasPrefix(mediaType, "application/json") {
			chosen = mediaType
			break
		}
	}
	return mappingOf(mappingOf(content[chosen])["schema"])
}

func endpointOf(document map[string]any) string {
	for _, server := range listOf(document["servers"]) {
		return strings.TrimSuffix(textOf(mappingOf(server)["url"]), "/")
	}
	return ""
}

func systemParametersOf(retry openAPIOperation) []string {
	var names []string
	for _, parameter := range listOf(retry.members[systemParameterExtension]) {
		names = append(names, textOf(mappingOf(parameter)["name"]))
	}
	slices.Sort(names)
	return names
}

// isDay reports whether a text is a day such as 2025-07-25.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
