package diff

import (
	"encoding/json"
)

// otherDocuments are what else dpconform writes as JSON, each with the members
// that it alone has.
var otherDocuments = []struct {
	name    string
	members []string
}{
	{"a report of dpconform client", []string{"wire_only", "results"}},
	{"a report of dpconform diff", []string{"regression", "fails"}},
	{"a report of dpconform drift", []string{"drifts", "changes"}},
	{"a report of dpconform prove", []string{"faults", "idle_checks"}},
	{"a report of dpconform doctor", []string{"endpoint", "scopes", "jobs"}},
	{"the catalogue of dpconform list", []string{"requirements", "checks", "reference_page"}},
	{"the numbers of a badge", []string{"schemaVersion", "message"}},
	{"an HTTP archive", []string{"log"}},
	{"a SARIF log", []string{"runs", "version"}},
}

// otherDocument says what a text is that is no report of a run, or nothing where
// it is not known.
func otherDocument(text []byte) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return ""
	}
	for _, other := range otherDocuments {
		all := true
		for _, member := range other.members {
			_, has := members[member]
			all = all && has
		}
		if all {
			return other.name
		}
	}
	return ""
}
