package report

import (
	_ "embed"
	"encoding/json"
	"io"
)

//go:embed report.schema.json
var schema []byte

// Schema is the JSON Schema of the JSON form (draft 2020-12).
func Schema() []byte { return schema }

// WriteJSON writes the report in its JSON form, indented.
func WriteJSON(out io.Writer, report Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}
