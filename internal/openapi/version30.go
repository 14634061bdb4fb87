package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/text"
)

// version30 is the version that [Form.Version30] writes.
const version30 = "3.0.3"

// keywords30 are the members of a schema in OpenAPI 3.0.
var keywords30 = []string{"title", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
	"pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "enum", "type", "allOf", "oneOf",
	"anyOf", "not", "items", "properties", "additionalProperties", "description", "format", "default", "nullable", "discriminator",
	"readOnly", "writeOnly", "xml", "externalDocs", "example", "deprecated"}

// lowering rewrites OpenAPI 3.1 as 3.0, object by object. Wherever 3.0 has no word
// for a keyword, the document says less, and a note says so.
type lowering struct {
	file  string
	notes []string
}

func (l *lowering) visit(node *yaml.Node, kind string) {
	switch {
	case kind == "schema":
		l.schema(node)
	case text.MemberNode(node, "$ref") != nil && kind != "pathItem":
		// A reference has no other members in 3.0.
		node.Content = []*yaml.Node{words("$ref"), text.MemberNode(node, "$ref")}
	case kind == "document":
		set(node, "openapi", words(version30))
		remove(node, "jsonSchemaDialect")
		l.drop(node, "webhooks")
		if text.MemberNode(node, "paths") == nil {
			set(node, "paths", mapping())
		}
	case kind == "components":
		l.drop(node, "pathItems")
	case kind == "info":
		if summary := remove(node, "summary"); summary != nil && text.MemberNode(node, "description") == nil {
			set(node, "description", summary)
		}
	case kind == "license":
		if identifier := remove(node, "identifier"); identifier != nil {
			set(node, "url", words("https://spdx.org/licenses/"+identifier.Value+".html"))
		}
	case kind == "operation":
		if text.MemberNode(node, "responses") == nil {
			set(node, "responses", mapping(words("default"), mapping(words("description"), words("Any response."))))
		}
	}
}

// drop removes a member that 3.0 does not have.
func (l *lowering) drop(node *yaml.Node, name string) {
	if value := remove(node, name); value != nil {
		l.notes = append(l.notes, fmt.Sprintf("%s:%d: OpenAPI 3.0 has no %s: it is left out", l.file, value.Line, name))
	}
}

// schema rewrites one schema. Those below it are visited afterwards.
func (l *lowering) schema(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode {
		nothing := node.Value == "false"
		if *node = *mapping(); nothing {
			set(node, "not", mapping())
		}
		return
	}
	if reference := text.MemberNode(node, "$ref"); reference != nil {
		if len(node.Content) == 2 {
			return
		}
		remove(node, "$ref")
		appendTo(node, "allOf", mapping(words("$ref"), reference))
	}
	types(node)
	withoutNull(node, "anyOf")
	withoutNull(node, "oneOf")
	if value := remove(node, "const"); value != nil {
		set(node, "enum", list(value))
		if value.Tag == "!!null" {
			set(node, "nullable", boolean("true"))
		}
	}
	if examples := remove(node, "examples"); examples != nil && len(examples.Content) > 0 && text.MemberNode(node, "example") == nil {
		set(node, "example", examples.Content[0])
	}
	for exclusive, bound := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if value := text.MemberNode(node, exclusive); value != nil && value.Tag != "!!bool" {
			rename(node, exclusive, bound)
			set(node, exclusive, boolean("true"))
		}
	}
	switch encoding, media := text.MemberNode(node, "contentEncoding"), text.MemberNode(node, "contentMediaType"); {
	case encoding != nil && encoding.Value == "base64":
		remove(node, "contentEncoding")
		set(node, "format", words("byte"))
	case encoding == nil && media != nil && media.Value == "application/octet-stream":
		remove(node, "contentMediaType")
		set(node, "format", words("binary"))
	}
	if kind := text.MemberNode(node, "type"); kind != nil && kind.Value == "array" && text.MemberNode(node, "items") == nil {
		set(node, "items", mapping())
	}
	if required := text.MemberNode(node, "required"); required != nil && len(required.Content) == 0 {
		remove(node, "required")
	}
	for i := len(node.Content) - 2; i >= 0; i -= 2 {
		if name := node.Content[i].Value; !slices.Contains(keywords30, name) && !strings.HasPrefix(name, "x-") && name != "$ref" {
			l.drop(node, name)
		}
	}
}

// types gives a schema one type: 3.0 says nullable instead of null, and has anyOf
// for several others.
func types(node *yaml.Node) {
	given := text.MemberNode(node, "type")
	if given == nil {
		return
	}
	kinds := given.Content
	if given.Kind == yaml.ScalarNode {
		kinds = []*yaml.Node{given}
	}
	nullable := slices.ContainsFunc(kinds, isNullType)
	kinds = slices.DeleteFunc(slices.Clone(kinds), isNullType)
	switch len(kinds) {
	case 0:
		remove(node, "type")
		if nullable {
			set(node, "enum", list(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}))
		}
	case 1:
		set(node, "type", kinds[0])
	default:
		remove(node, "type")
		several := list()
		for _, kind := range kinds {
			several.Content = append(several.Content, mapping(words("type"), kind))
		}
		if text.MemberNode(node, "anyOf") == nil {
			set(node, "anyOf", several)
		} else {
			appendTo(node, "allOf", mapping(words("anyOf"), several))
		}
	}
	if nullable {
		set(node, "nullable", boolean("true"))
	}
}

func isNullType(kind *yaml.Node) bool { return kind.Value == "null" }

// withoutNull turns an alternative of the type null into nullable.
func withoutNull(node *yaml.Node, keyword string) {
	alternatives := text.MemberNode(node, keyword)
	if alternatives == nil {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(alternatives.Content), func(one *yaml.Node) bool {
		kind := text.MemberNode(one, "type")
		return kind != nil && isNullType(kind)
	})
	if len(kept) == len(alternatives.Content) || len(kept) == 0 {
		return
	}
	set(node, "nullable", boolean("true"))
	if len(kept) > 1 {
		alternatives.Content = kept
		return
	}
	remove(node, keyword)
	appendTo(node, "allOf", kept[0])
}

// appendTo adds a schema to a list of schemas, which is made where there is none.
func appendTo(node *yaml.Node, name string, schema *yaml.Node) {
	if all := text.MemberNode(node, name); all != nil {
		all.Content = append(all.Content, schema)
		return
	}
	set(node, name, list(schema))
}
