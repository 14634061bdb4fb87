package spec

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// digest identifies what a description means: what a run sends, and what it
// expects. Its words, comments and the order of what has no order, such as keys and
// requirements, do not change it. The order of scopes, states and system parameters
// does: a run goes through them in that order, and sends the first of them alone
// where one is enough.
func digest(method *Method) error {
	type requirement struct {
		ID     string
		Level  Level
		Must   bool
		Draft  bool
		Expect Responses
	}
	canonical := struct {
		Endpoint             string
		Operation, ReadState any
		Effect               Effect
		IDPattern            string
		IDField, StateField  string
		States, Accepted     []string
		Resulting            []string
		Unspecified          string
		Scopes               []string
		UnrelatedScopes      []string
		SystemParameters     []canonicalParameter
		Codes                map[string]int
		Requirements         []requirement
	}{
		Endpoint: method.Endpoint, Operation: method.Operation.canonical(), ReadState: method.ReadState.canonical(), Effect: method.Effect,
		IDField: method.IDField, StateField: method.StateField,
		States: method.States, Accepted: method.AcceptedStates, Resulting: method.ResultingStates,
		Unspecified: method.UnspecifiedState, UnrelatedScopes: method.UnrelatedScopes, Codes: method.CodeStatus,
	}
	if method.IDPattern != nil {
		canonical.IDPattern = method.IDPattern.String()
	}
	for _, parameter := range method.SystemParameters {
		name, example, _ := strings.Cut(parameter, "=")
		canonical.SystemParameters = append(canonical.SystemParameters, canonicalParameter{name, example})
	}
	for _, scope := range method.Scopes {
		canonical.Scopes = append(canonical.Scopes, scope.Name)
	}
	all := slices.Concat(method.Requirements, method.ClientRequirements)
	slices.SortFunc(all, func(a, b Requirement) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range all {
		canonical.Requirements = append(canonical.Requirements, requirement{r.ID, r.Level, r.Must(), r.Draft, Responses{sorted(r.Expect.Status), sorted(r.Expect.Code)}})
	}
	text, err := json.Marshal(canonical)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	method.Digest = "sha256:" + hex.EncodeToString(sum[:])
	return nil
}

// canonicalParameter is a system parameter in the text that is hashed.
type canonicalParameter struct{ Name, Example string }

func (o Operation) canonical() any {
	var bound struct{ Name, Pattern string }
	bound.Name, bound.Pattern, _ = strings.Cut(o.BoundField, "=")
	return struct {
		ID, Method, Path            string
		BoundField                  struct{ Name, Pattern string }
		Success                     int
		MediaType, RequestMediaType string
		Statuses                    []int
		Query                       string
		Request, Response           any
	}{o.ID, o.Method, o.Path.String(), bound, o.Success, o.MediaType, o.RequestMediaType, slices.Sorted(slices.Values(o.Statuses)), o.RequiredQuery(), o.Request.canonical(), o.Response.canonical()}
}

// canonical returns what the schema demands, without its annotations.
func (s *Schema) canonical() any {
	var schema any
	if s == nil || json.Unmarshal(s.text, &schema) != nil {
		return nil
	}
	return demands(schema)
}

// annotations are the keywords of JSON Schema and OpenAPI that demand nothing.
var annotations = []string{"title", "description", "example", "examples", "default", "deprecated", "externalDocs", "xml", "$comment", "readOnly", "writeOnly"}

// named are the keywords whose value has names of its own, with a schema each.
var named = []string{"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}

// demands removes the annotations from a schema, and sorts its lists: the names
// of types and members, the allowed values and the composed schemas have no order.
func demands(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = demands(item)
		}
		slices.SortFunc(list, func(a, b any) int { return bytes.Compare(marshalled(a), marshalled(b)) })
		return list
	case map[string]any:
		kept := map[string]any{}
		for keyword, of := range value {
			switch {
			case slices.Contains(annotations, keyword) || strings.HasPrefix(keyword, "x-"):
			case keyword == "const" || keyword == "prefixItems":
				kept[keyword] = of
			case slices.Contains(named, keyword):
				schemas := map[string]any{}
				members, _ := of.(map[string]any)
				for name, member := range members {
					schemas[name] = demands(member)
				}
				kept[keyword] = schemas
			default:
				kept[keyword] = demands(of)
			}
		}
		return kept
	}
	return value
}

func marshalled(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // It was read from JSON.
	}
	return text
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
