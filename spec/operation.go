package spec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
)

// loader fills a Method from a model, one step for each part.
type loader struct {
	file string
	// origin is where a place in the file was written, which may be in an overlay.
	origin func(line, column int) origin
	model  *v3.Document

	// operation is the operation under test, and item the path it belongs to.
	operation *v3.Operation
	item      *v3.PathItem
	// enumNames are the names of the enum of states, with the unspecified one.
	enumNames []string
}

// fail returns an error at a node; nil means the first line.
func (l *loader) fail(at *yaml.Node, format string, arguments ...any) error {
	mistake := &Error{File: l.file, Line: 1, Message: fmt.Sprintf(format, arguments...)}
	if at != nil {
		mistake.Line, mistake.Column = at.Line, at.Column
	}
	return mistake
}

func (l *loader) endpoint(method *Method) error {
	if len(l.model.Servers) == 0 || l.model.Servers[0].URL == "" {
		return l.fail(nil, "no servers: the description does not say where the service is; add servers with the URL of the service")
	}
	method.Endpoint = strings.TrimSuffix(l.model.Servers[0].URL, "/")
	return nil
}

// operations calls do with every operation of the model until it returns an
// error.
func (l *loader) operations(do func(path, verb string, item *v3.PathItem, operation *v3.Operation) error) error {
	if l.model.Paths == nil {
		return nil
	}
	for path, item := range l.model.Paths.PathItems.FromOldest() {
		for verb, operation := range item.GetOperations().FromOldest() {
			if err := do(path, verb, item, operation); err != nil {
				return err
			}
		}
	}
	return nil
}

// underTest finds the operation under test: the one with requirements.
func (l *loader) underTest(method *Method) error {
	err := l.operations(func(path, verb string, item *v3.PathItem, operation *v3.Operation) error {
		if err := l.misspelt(operation); err != nil {
			return err
		}
		_, own := operation.Extensions.Get(extension.Requirements)
		if _, sets := operation.Extensions.Get(extension.Sets); !own && !sets {
			return nil
		}
		if l.operation != nil {
			return l.fail(operation.GoLow().KeyNode, "two operations have %s or %s: %s and %s", extension.Requirements, extension.Sets,
				method.Operation.ID, operation.OperationId)
		}
		l.operation, l.item = operation, item
		var err error
		method.Operation, err = l.describe(path, verb, operation)
		return err
	})
	if err != nil || l.operation != nil {
		return err
	}
	var paths *yaml.Node
	if l.model.Paths != nil && l.model.Paths.GoLow() != nil {
		paths = l.model.Paths.GoLow().KeyNode
	}
	return l.fail(paths, "no operation has %s or %s: they mark the method under test", extension.Requirements, extension.Sets)
}

// describe reads one operation and its successful response.
func (l *loader) describe(path, verb string, operation *v3.Operation) (Operation, error) {
	at := operation.GoLow().KeyNode
	template, err := parsePathTemplate(path)
	if err != nil {
		return Operation{}, l.fail(at, "%s", err)
	}
	described := Operation{ID: operation.OperationId, Method: strings.ToUpper(verb), Path: template}
	if described.Query, err = l.query(path, operation); err != nil {
		return described, err
	}
	if operation.RequestBody != nil {
		if first := orderedmap.First(operation.RequestBody.Content); first != nil {
			described.RequestMediaType = first.Key()
			if schema := first.Value().Schema; schema != nil {
				described.Request, err = compileSchema(schema)
			}
			if err != nil {
				return described, l.fail(at, "%s: the schema of the request: %s", operation.OperationId, firstLine(err.Error()))
			}
			if described.RequestExample, err = exampleOf(first.Value()); err != nil {
				return described, l.fail(at, "%s: the example of the request: %s", operation.OperationId, firstLine(err.Error()))
			}
		}
	}
	if operation.Responses == nil {
		return described, l.fail(at, "%s has no responses", operation.OperationId)
	}
	for code := range operation.Responses.Codes.KeysFromOldest() {
		if status, err := strconv.Atoi(code); err == nil {
			described.Statuses = append(described.Statuses, status)
		}
	}
	for code, response := range operation.Responses.Codes.FromOldest() {
		status, err := strconv.Atoi(code)
		if err != nil || status < http.StatusOK || status >= http.StatusMultipleChoices {
			continue
		}
		for mediaType, content := range response.Content.FromOldest() {
			if content.Schema == nil {
				continue
			}
			compiled, err := compileSchema(content.Schema)
			if err != nil {
				return described, l.fail(at, "%s: the schema of response %s: %s", operation.OperationId, code, firstLine(err.Error()))
			}
			described.Success, described.MediaType, described.Response = status, mediaType, compiled
			described.RequestMediaType = cmp.Or(described.RequestMediaType, mediaType)
			return described, nil
		}
	}
	return described, l.fail(at, "%s has no successful response (2xx) with a schema", operation.OperationId)
}

// query reads the parameters in the query of an operation. A required one has an
// example, since no other value is known that a server takes.
func (l *loader) query(path string, operation *v3.Operation) (query []QueryParameter, err error) {
	for _, parameter := range slices.Concat(operation.Parameters, l.model.Paths.PathItems.GetOrZero(path).Parameters) {
		known := slices.ContainsFunc(query, func(other QueryParameter) bool { return other.Name == parameter.Name })
		if parameter.In != "query" || known {
			continue
		}
		read := QueryParameter{Name: parameter.Name, Required: parameter.Required != nil && *parameter.Required}
		example := parameter.Example
		if first := orderedmap.First(parameter.Examples); example == nil && first != nil {
			example = first.Value().Value
		}
		if read.Required {
			read.Values = scalars(example)
			if len(read.Values) == 0 {
				return nil, l.fail(parameter.GoLow().Name.ValueNode, "the query parameter %s of %s is required: give it an example, which every request has", parameter.Name, operation.OperationId)
			}
		}
		query = append(query, read)
	}
	return query, nil
}

// scalars returns the texts of a scalar or of a list of scalars.
func scalars(node *yaml.Node) (texts []string) {
	all := []*yaml.Node{node}
	if node != nil && node.Kind == yaml.SequenceNode {
		all = node.Content
	}
	for _, one := range all {
		if one != nil && one.Kind == yaml.ScalarNode {
			texts = append(texts, one.Value)
		}
	}
	return texts
}

// exampleOf gives the first example of a body, as JSON; empty where there is none.
func exampleOf(body *v3.MediaType) ([]byte, error) {
	node := body.Example
	if first := orderedmap.First(body.Examples); node == nil && first != nil {
		node = first.Value().Value
	}
	if node == nil {
		return nil, nil
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// idPattern reads the pattern of the id in the path, which a description may
// not have.
func (l *loader) idPattern(method *Method) error {
	name := method.Operation.Path.Parameter
	for _, parameter := range slices.Concat(l.item.Parameters, l.operation.Parameters) {
		if parameter.Name != name || parameter.In != "path" || parameter.Schema == nil {
			continue
		}
		schema := parameter.Schema.Schema()
		if schema == nil || schema.Pattern == "" {
			return nil
		}
		pattern, err := regexp.Compile(schema.Pattern)
		if err != nil {
			return l.fail(schema.GoLow().Pattern.ValueNode, "the pattern of %s: %s", name, err)
		}
		method.IDPattern = pattern
		return nil
	}
	return l.fail(l.operation.GoLow().KeyNode, "%s does not describe its path parameter %s", method.Operation.ID, name)
}

// scopes reads the alternatives of the operation's security in their order, or of
// the document's where the operation has none of its own.
func (l *loader) scopes(method *Method) error {
	descriptions := l.scopeDescriptions()
	security, low := l.operation.Security, l.operation.GoLow().Security.Value
	if l.operation.GoLow().Security.IsEmpty() {
		security, low = l.model.Security, l.model.GoLow().Security.Value
	}
	documented := map[string]bool{}
	for index, alternative := range security {
		at := l.operation.GoLow().KeyNode
		if index < len(low) && low[index].ValueNode != nil {
			at = low[index].ValueNode
		}
		var names []string
		for _, scopes := range alternative.Requirements.FromOldest() {
			names = append(names, scopes...)
		}
		if len(names) != 1 {
			return l.fail(at, "each alternative of security must name exactly one scope; this one names %d", len(names))
		}
		if documented[names[0]] {
			return l.fail(at, "scope %s is in security twice", names[0])
		}
		documented[names[0]] = true
		method.Scopes = append(method.Scopes, Scope{names[0], descriptions[names[0]]})
	}
	return nil
}

func (l *loader) scopeDescriptions() map[string]string {
	descriptions := map[string]string{}
	if l.model.Components == nil {
		return descriptions
	}
	for _, scheme := range l.model.Components.SecuritySchemes.FromOldest() {
		if scheme.Flows == nil {
			continue
		}
		for _, flow := range []*v3.OAuthFlow{scheme.Flows.AuthorizationCode, scheme.Flows.Implicit,
			scheme.Flows.ClientCredentials, scheme.Flows.Password} {
			if flow == nil {
				continue
			}
			maps.Insert(descriptions, flow.Scopes.FromOldest())
		}
	}
	return descriptions
}

// platform reads what the platform adds to every method, and the reference page.
func (l *loader) platform(method *Method) error {
	if err := l.unrelatedScopes(method); err != nil {
		return err
	}
	var parameters []systemParameter
	for _, own := range []struct {
		name string
		into any
	}{{extension.SystemParameters, &parameters}, {extension.Codes, &method.CodeStatus}, {extension.Page, &method.Page}} {
		if _, err := l.extension(own.name, own.into); err != nil {
			return err
		}
	}
	for _, parameter := range parameters {
		method.SystemParameters = append(method.SystemParameters, parameter.Name+"="+parameter.Example)
	}
	if err := l.boundField(method); err != nil {
		return err
	}
	if method.CodeStatus == nil {
		method.CodeStatus = maps.Clone(codeStatus)
	}
	return nil
}

// boundVariable finds a variable of a google.api.http template, and its segments.
var boundVariable = text.Pattern(`\{([^{}=]+)(?:=([^{}]+))?\}`)

// boundField reads what field the path binds from Google's own form of it, which
// a description may not have.
func (l *loader) boundField(method *Method) error {
	var rule string
	node, err := l.extension(extension.Rule, &rule)
	if err != nil || node == nil {
		return err
	}
	path := method.Operation.Path
	rest, _, _ := strings.Cut(path.Suffix, ":")
	segments := strings.Split(path.Prefix+"*"+rest, "/")
	for _, found := range boundVariable().FindAllStringSubmatchIndex(rule, -1) {
		name, bound := rule[found[2]:found[3]], 1
		if found[4] >= 0 {
			bound += strings.Count(rule[found[4]:found[5]], "/")
		}
		// From the end, since the address of the server may have the first segments.
		end := len(segments) - strings.Count(rule[found[1]:], "/")
		if start := end - bound; start >= 0 && slices.Contains(segments[start:end], "*") {
			method.Operation.BoundField = name + "=" + strings.Join(segments[start:end], "/")
			return nil
		}
	}
	return l.fail(node, "%s %q binds no field to {%s} of the path %s: want a path such as v1/{name=jobs/*}:stop", extension.Rule, rule, path.Parameter, path)
}

// unrelatedScopes reads a list of scopes.
func (l *loader) unrelatedScopes(method *Method) error {
	list, err := l.extension(extension.UnrelatedScopes, &method.UnrelatedScopes)
	if err != nil {
		return err
	}
	documented, unrelated := method.Documented(), map[string]bool{}
	for i, scope := range method.UnrelatedScopes {
		switch {
		case scope == "":
			return l.fail(list.Content[i], "%s has an empty scope", extension.UnrelatedScopes)
		case documented[scope]:
			return l.fail(list.Content[i], "%s is a documented scope; %s lists only scopes that the method does not accept", scope, extension.UnrelatedScopes)
		case unrelated[scope]:
			return l.fail(list.Content[i], "%s has %s twice", extension.UnrelatedScopes, scope)
		}
		unrelated[scope] = true
	}
	return nil
}

// codeStatus are the names of google.rpc.Code, and the HTTP status that each maps
// to. Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
var codeStatus = map[string]int{
	"OK":                  http.StatusOK,
	"CANCELLED":           499, // net/http has no name for it.
	"UNKNOWN":             http.StatusInternalServerError,
	"INVALID_ARGUMENT":    http.StatusBadRequest,
	"DEADLINE_EXCEEDED":   http.StatusGatewayTimeout,
	"NOT_FOUND":           http.StatusNotFound,
	"ALREADY_EXISTS":      http.StatusConflict,
	"PERMISSION_DENIED":   http.StatusForbidden,
	"UNAUTHENTICATED":     http.StatusUnauthorized,
	"RESOURCE_EXHAUSTED":  http.StatusTooManyRequests,
	"FAILED_PRECONDITION": http.StatusBadRequest,
	"ABORTED":             http.StatusConflict,
	"OUT_OF_RANGE":        http.StatusBadRequest,
	"UNIMPLEMENTED":       http.StatusNotImplemented,
	"INTERNAL":            http.StatusInternalServerError,
	"UNAVAILABLE":         http.StatusServiceUnavailable,
	"DATA_LOSS":           http.StatusInternalServerError,
}
