package spec

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// loader fills a Contract from a model, one step for each part.
type loader struct {
	file  string
	model *v3.Document

	retryOperation *v3.Operation
	retryItem      *v3.PathItem
}

func (l *loader) fail(line int, format string, arguments ...any) error {
	return &DescriptionError{l.file, line, fmt.Sprintf(format, arguments...)}
}

func (l *loader) endpoint(contract *Contract) error {
	if len(l.model.Servers) == 0 || l.model.Servers[0].URL == "" {
		return l.fail(1, "no servers: the description does not say where the service is")
	}
	contract.Endpoint = strings.TrimSuffix(l.model.Servers[0].URL, "/")
	return nil
}

// retry finds the operation that is judged: the one with the catalogue.
func (l *loader) retry(contract *Contract) error {
	var found []Operation
	for path, item := range l.pathItems() {
		for method, operation := range item.GetOperations().FromOldest() {
			if _, has := operation.Extensions.Get(requirementsExtension); !has {
				continue
			}
			described, err := l.operation(path, method, operation)
			if err != nil {
				return err
			}
			l.retryOperation, l.retryItem = operation, item
			found = append(found, described)
		}
	}
	switch len(found) {
	case 0:
		return l.fail(l.pathsLine(), "no operation carries %s: the description lacks archiveJobs.retry", requirementsExtension)
	case 1:
		contract.Retry = found[0]
		return nil
	default:
		return l.fail(found[1].Line, "%s stands on two operations, %s and %s", requirementsExtension, found[0].ID, found[1].ID)
	}
}

func (l *loader) pathItems() func(func(string, *v3.PathItem) bool) {
	if l.model.Paths == nil {
		return func(func(string, *v3.PathItem) bool) {}
	}
	return l.model.Paths.PathItems.FromOldest()
}

func (l *loader) pathsLine() int {
	if l.model.Paths == nil || l.model.Paths.GoLow() == nil || l.model.Paths.GoLow().KeyNode == nil {
		return 1
	}
	return l.model.Paths.GoLow().KeyNode.Line
}

// operation reads one operation and its good answer.
func (l *loader) operation(path, method string, operation *v3.Operation) (Operation, error) {
	line := operation.GoLow().KeyNode.Line
	template, err := ParsePathTemplate(path)
	if err != nil {
		return Operation{}, l.fail(line, "%s", err)
	}
	described := Operation{ID: operation.OperationId, Method: strings.ToUpper(method), Path: template, Line: line}
	if operation.RequestBody != nil {
		for mediaType := range operation.RequestBody.Content.KeysFromOldest() {
			described.RequestMediaType = mediaType
			break
		}
	}
	if operation.Responses == nil {
		return described, l.fail(line, "%s has no responses", operation.OperationId)
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
			schema, err := content.Schema.BuildSchema()
			if err != nil {
				return described, l.fail(line, "%s: the schema of answer %s: %s", operation.OperationId, code, firstLine(err.Error()))
			}
			compiled, err := compileSchema(schema)
			if err != nil {
				return described, l.fail(line, "%s: the schema of answer %s: %s", operation.OperationId, code, firstLine(err.Error()))
			}
			described.Success, described.MediaType, described.Answer = status, mediaType, compiled
			described.RequestMediaType = cmp.Or(described.RequestMediaType, mediaType)
			return described, nil
		}
	}
	return described, l.fail(line, "%s has no good answer (2xx) with a schema", operation.OperationId)
}

// parameter reads the pattern of the id in the path. It may be missing: then
// the checks that need it say so.
func (l *loader) parameter(contract *Contract) error {
	name := contract.Retry.Path.Parameter
	for _, parameter := range append(slices.Clone(l.retryItem.Parameters), l.retryOperation.Parameters...) {
		if parameter.Name != name || parameter.In != "path" || parameter.Schema == nil {
			continue
		}
		schema := parameter.Schema.Schema()
		if schema == nil || schema.Pattern == "" {
			return nil
		}
		pattern, err := regexp.Compile(schema.Pattern)
		if err != nil {
			return l.fail(schema.GoLow().Pattern.ValueNode.Line, "the pattern of %s: %s", name, err)
		}
		contract.IDPattern = pattern
		return nil
	}
	return l.fail(contract.Retry.Line, "%s does not describe its path parameter %s", contract.Retry.ID, name)
}

// link follows the OpenAPI link of the good answer to the method that reads the
// state of the new job. Its runtime expression names the member with the id.
func (l *loader) link(contract *Contract) error {
	response := l.retryOperation.Responses.Codes.GetOrZero(strconv.Itoa(contract.Retry.Success))
	for _, link := range response.Links.FromOldest() {
		for _, expression := range link.Parameters.FromOldest() {
			field, found := strings.CutPrefix(expression, "$response.body#/")
			if !found {
				continue
			}
			contract.IDField = field
			return l.readState(contract, link.OperationId)
		}
	}
	return l.fail(contract.Retry.Line, "answer %d of %s has no link from $response.body#/… to the method that reads a job's state",
		contract.Retry.Success, contract.Retry.ID)
}

func (l *loader) readState(contract *Contract, operationID string) error {
	for path, item := range l.pathItems() {
		for method, operation := range item.GetOperations().FromOldest() {
			if operation.OperationId != operationID {
				continue
			}
			described, err := l.operation(path, method, operation)
			contract.ReadState = described
			return err
		}
	}
	return l.fail(contract.Retry.Line, "the link of %s names operation %q, which the description lacks", contract.Retry.ID, operationID)
}

// states reads the enum of the state's answer.
func (l *loader) states(contract *Contract) error {
	if err := l.decode(l.retryOperation.Extensions, retryableStatesExtension, contract.Retry.Line, &contract.RetryableStates); err != nil {
		return err
	}
	if err := l.decode(l.retryOperation.Extensions, unspecifiedStateExtension, contract.Retry.Line, &contract.UnspecifiedState); err != nil {
		return err
	}
	contract.StateField, contract.States = l.stateEnum(contract)
	if len(contract.States) == 0 {
		return l.fail(contract.ReadState.Line, "the answer of %s has no member with an enum of states", contract.ReadState.ID)
	}
	contract.States = slices.DeleteFunc(contract.States, func(state string) bool { return state == contract.UnspecifiedState })
	for _, state := range contract.RetryableStates {
		if !slices.Contains(contract.States, state) {
			return l.fail(l.extensionLine(retryableStatesExtension), "%s names %q, which is none of the states %s",
				retryableStatesExtension, state, strings.Join(contract.States, ", "))
		}
	}
	return nil
}

func (l *loader) stateEnum(contract *Contract) (string, []string) {
	item := l.model.Paths.PathItems.GetOrZero(contract.ReadState.Path.String())
	operation := item.GetOperations().GetOrZero(strings.ToLower(contract.ReadState.Method))
	response := operation.Responses.Codes.GetOrZero(strconv.Itoa(contract.ReadState.Success))
	schema := response.Content.GetOrZero(contract.ReadState.MediaType).Schema.Schema()
	for name, property := range schema.Properties.FromOldest() {
		if member := property.Schema(); member != nil && len(member.Enum) > 0 {
			var states []string
			for _, node := range member.Enum {
				states = append(states, node.Value)
			}
			return name, states
		}
	}
	return "", nil
}

// scopes reads the alternatives of the operation's security in their order.
func (l *loader) scopes(contract *Contract) error {
	descriptions := l.scopeDescriptions()
	for index, alternative := range l.retryOperation.Security {
		line := contract.Retry.Line
		if low := l.retryOperation.GoLow().Security.Value; index < len(low) && low[index].ValueNode != nil {
			line = low[index].ValueNode.Line
		}
		var names []string
		for _, scopes := range alternative.Requirements.FromOldest() {
			names = append(names, scopes...)
		}
		if len(names) != 1 {
			return l.fail(line, "each alternative of security must name exactly one scope; this one names %d", len(names))
		}
		if contract.Documents(names[0]) {
			return l.fail(line, "scope %s stands twice in security", names[0])
		}
		contract.Scopes = append(contract.Scopes, Scope{names[0], descriptions[names[0]]})
	}
	if len(contract.Scopes) == 0 {
		return l.fail(contract.Retry.Line, "%s names no OAuth scope in its security", contract.Retry.ID)
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
			for name, description := range flow.Scopes.FromOldest() {
				descriptions[name] = description
			}
		}
	}
	return descriptions
}

// platform reads what the platform adds to every method.
func (l *loader) platform(contract *Contract) error {
	extensions := l.retryOperation.Extensions
	if err := l.decode(extensions, unrelatedScopeExtension, contract.Retry.Line, &contract.UnrelatedScope); err != nil {
		return err
	}
	if contract.Documents(contract.UnrelatedScope) {
		return l.fail(l.extensionLine(unrelatedScopeExtension), "%s is one of the documented scopes", unrelatedScopeExtension)
	}
	if err := l.decode(extensions, systemParameterExtension, contract.Retry.Line, &contract.SystemParameters); err != nil {
		return err
	}
	return l.decode(extensions, codesExtension, contract.Retry.Line, &contract.CodeStatus)
}

func (l *loader) page(contract *Contract) error {
	return l.decode(l.retryOperation.Extensions, pageExtension, contract.Retry.Line, &contract.Page)
}

// extensionLine is where an extension of the operation stands.
func (l *loader) extensionLine(name string) int {
	if node, found := l.retryOperation.Extensions.Get(name); found {
		return node.Line
	}
	return l.retryOperation.GoLow().KeyNode.Line
}

// extensions is what decode needs of an ordered map.
type extensions interface {
	Get(string) (*yaml.Node, bool)
}

// decode reads an extension that must be there.
func (l *loader) decode(from extensions, name string, line int, into any) error {
	node, found := from.Get(name)
	if !found {
		return l.fail(line, "the operation with %s lacks %s", requirementsExtension, name)
	}
	if err := node.Decode(into); err != nil {
		_, message := splitYAMLError(err)
		return l.fail(node.Line, "%s: %s", name, message)
	}
	return nil
}
