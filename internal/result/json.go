package result

import (
	_ "embed"
	"encoding/json"
	"io"
)

//go:embed report.schema.json
var schema []byte

// Schema is the JSON Schema of a report (draft 2020-12).
func Schema() []byte { return schema }

// WriteJSON writes a report in its JSON form, indented.
func WriteJSON(out io.Writer, report Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}
