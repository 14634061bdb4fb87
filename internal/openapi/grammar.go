package openapi

import (
	"strings"

	"github.com/pb33f/go-yaml"
)

// grammar says which members of an object of OpenAPI are objects themselves. A
// name with [] is a list of them, one with {} a map in which the keys are names,
// and the member * stands for every other. What is not here is data, such as an
// example, in which a key never means what it would mean elsewhere.
var grammar = map[string]map[string]string{
	"document": {"info": "info", "servers": "server[]", "paths": "paths", "webhooks": "pathItem{}", "components": "components",
		"tags": "tag[]", "externalDocs": "leaf"},
	"info":   {"contact": "leaf", "license": "license"},
	"server": {"variables": "leaf{}"},
	"tag":    {"externalDocs": "leaf"},
	"components": {"schemas": "schema{}", "responses": "response{}", "parameters": "parameter{}", "examples": "leaf{}",
		"requestBodies": "requestBody{}", "headers": "parameter{}", "securitySchemes": "securityScheme{}", "links": "link{}",
		"callbacks": "paths{}", "pathItems": "pathItem{}"},
	"paths": {"*": "pathItem"},
	"pathItem": {"servers": "server[]", "parameters": "parameter[]", "get": "operation", "put": "operation", "post": "operation",
		"delete": "operation", "options": "operation", "head": "operation", "patch": "operation", "trace": "operation"},
	"operation": {"externalDocs": "leaf", "parameters": "parameter[]", "requestBody": "requestBody", "responses": "responses",
		"callbacks": "paths{}", "servers": "server[]"},
	"parameter":      {"schema": "schema", "examples": "leaf{}", "content": "mediaType{}"},
	"requestBody":    {"content": "mediaType{}"},
	"mediaType":      {"schema": "schema", "examples": "leaf{}", "encoding": "encoding{}"},
	"encoding":       {"headers": "parameter{}"},
	"responses":      {"*": "response"},
	"response":       {"headers": "parameter{}", "content": "mediaType{}", "links": "link{}"},
	"link":           {"server": "server"},
	"securityScheme": {"flows": "flows"},
	"flows":          {"*": "leaf"},
	"schema": {"allOf": "schema[]", "anyOf": "schema[]", "oneOf": "schema[]", "prefixItems": "schema[]",
		"properties": "schema{}", "patternProperties": "schema{}", "dependentSchemas": "schema{}", "$defs": "schema{}",
		"items": "schema", "not": "schema", "additionalProperties": "schema", "contains": "schema", "propertyNames": "schema",
		"if": "schema", "then": "schema", "else": "schema", "unevaluatedItems": "schema", "unevaluatedProperties": "schema",
		"contentSchema": "schema", "discriminator": "leaf", "xml": "leaf", "externalDocs": "leaf"},
}

// walk calls visit with each object of OpenAPI below a node, and with the node
// itself first. visit may change the node.
func walk(node *yaml.Node, kind string, visit func(node *yaml.Node, kind string)) {
	if one, is := strings.CutSuffix(kind, "[]"); is && node.Kind == yaml.SequenceNode {
		for _, item := range node.Content {
			walk(item, one, visit)
		}
		return
	}
	if one, is := strings.CutSuffix(kind, "{}"); is && node.Kind == yaml.MappingNode {
		for i := 1; i < len(node.Content); i += 2 {
			walk(node.Content[i], one, visit)
		}
		return
	}
	visit(node, kind)
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		below, known := grammar[kind][name]
		if !known && !strings.HasPrefix(name, "x-") {
			below = grammar[kind]["*"]
		}
		// Only here may a schema be true or false in every version.
		if name == "additionalProperties" && node.Content[i+1].Kind == yaml.ScalarNode {
			below = ""
		}
		if below != "" {
			walk(node.Content[i+1], below, visit)
		}
	}
}

// remove removes a key and returns the value that it had, or nil.
func remove(node *yaml.Node, name string) *yaml.Node {
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			value := node.Content[i+1]
			node.Content = append(node.Content[:i], node.Content[i+2:]...)
			return value
		}
	}
	return nil
}

// rename gives a key another name, in its place.
func rename(node *yaml.Node, name, to string) {
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			node.Content[i].Value = to
		}
	}
}

// set sets the value of a key, in its place or at the end.
func set(node *yaml.Node, name string, value *yaml.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			node.Content[i+1] = value
			return
		}
	}
	node.Content = append(node.Content, words(name), value)
}

func words(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func boolean(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: value}
}

func list(values ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: values}
}

// mapping returns a mapping of keys and values, in turn.
func mapping(members ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: members}
}
