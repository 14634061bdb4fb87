package diff

import (
	_ "embed"
	"encoding/json"
	"io"

	"github.com/dpconform/dpconform/internal/result"
)

//go:embed comparison.schema.json
var schema []byte

// Schema is the JSON Schema of the JSON form (draft 2020-12).
func Schema() []byte { return schema }

// FormatVersion is the version of the JSON form. It grows when a member changes
// its meaning or goes away; members may be added without.
const FormatVersion = 1

// Document is the JSON form of a comparison. It is described by
// comparison.schema.json.
type Document struct {
	Format int         `json:"format_version"`
	Tool   result.Tool `json:"tool"`
	// FailOn is what counted as a failure, and Fails whether there was one.
	FailOn FailOn `json:"fail_on"`
	Fails  bool   `json:"fails"`
	// Regression reports whether anything became worse, and Changed whether
	// anything is other than it was.
	Regression bool   `json:"regression"`
	Changed    bool   `json:"changed"`
	Summary    string `json:"summary"`
	Counts     Counts `json:"counts"`
	Comparison
}

// WriteJSON writes a comparison in its JSON form, indented.
func WriteJSON(out io.Writer, comparison Comparison, version string, failOn FailOn) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(Document{
		Format: FormatVersion, Tool: result.Tool{Name: "dpconform", Version: version}, FailOn: failOn, Fails: comparison.Fails(failOn),
		Regression: comparison.Regresses(), Changed: comparison.Changes(), Summary: Summary(comparison), Counts: comparison.Counts(),
		Comparison: comparison,
	})
}
