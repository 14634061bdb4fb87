package result

import (
	_ "embed"
	"io"

	"github.com/dpconform/dpconform/internal/text"
)

//go:embed report.schema.json
var schema []byte

// Schema is the JSON Schema of a report (draft 2020-12).
func Schema() []byte { return schema }

// WriteJSON writes a report in its JSON form, indented.
func WriteJSON(out io.Writer, report Report) error {
	return text.WriteJSON(out, report)
}
