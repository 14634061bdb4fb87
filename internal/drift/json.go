package drift

import (
	_ "embed"
	"encoding/json"
	"io"
)

//go:embed drift.schema.json
var schema []byte

// Schema is the JSON Schema of the JSON form (draft 2020-12).
func Schema() []byte { return schema }

// formatVersion is the version of the JSON form.
const formatVersion = 1

// WriteJSON writes a comparison in its JSON form, indented.
func WriteJSON(out io.Writer, comparison Comparison, version string, failOn Class) error {
	counts := map[Class]int{}
	for _, class := range Classes() {
		counts[class] = comparison.Count(class)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		Format int `json:"format_version"`
		Tool   struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"tool"`
		FailOn Class         `json:"fail_on"`
		Drifts bool          `json:"drifts"`
		Counts map[Class]int `json:"counts"`
		Comparison
	}{
		Format: formatVersion, FailOn: failOn, Drifts: comparison.Drifts(failOn), Counts: counts, Comparison: comparison,
		Tool: struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		}{"dpconform", version},
	})
}
