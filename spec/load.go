package spec

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// The extensions of the description, each read in one place below.
const (
	requirementsExtension     = "x-requirements"
	retryableStatesExtension  = "x-retryable-states"
	unspecifiedStateExtension = "x-unspecified-state"
	unrelatedScopeExtension   = "x-unrelated-scope"
	systemParameterExtension  = "x-system-parameters"
	codesExtension            = "x-google-rpc-codes"
	pageExtension             = "x-reference-page"
)

// Load understands a description. Every mistake in it is a *DescriptionError
// with the line where it stands.
func Load(description Description) (*Contract, error) {
	model, err := buildModel(description)
	if err != nil {
		return nil, err
	}
	loader := &loader{file: description.Name, model: model}
	contract := &Contract{
		File:     description.Name,
		Digest:   description.Digest(),
		Title:    model.Info.Title,
		Revision: model.Info.Version,
	}
	for _, step := range []func(*Contract) error{
		loader.endpoint, loader.retry, loader.parameter, loader.link, loader.states,
		loader.scopes, loader.platform, loader.page, loader.requirements,
	} {
		if err := step(contract); err != nil {
			return nil, err
		}
	}
	return contract, nil
}

// MustLoadEmbedded loads the description that the product ships; tests of this
// package show that it is sound.
func MustLoadEmbedded() *Contract {
	contract, err := Load(Embedded())
	if err != nil {
		panic(err)
	}
	return contract
}

func buildModel(description Description) (*v3.Document, error) {
	fail := func(line int, format string, arguments ...any) (*v3.Document, error) {
		return nil, &DescriptionError{description.Name, line, fmt.Sprintf(format, arguments...)}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(description.Text, &root); err != nil {
		line, message := splitYAMLError(err)
		return fail(line, "not readable as YAML: %s", message)
	}
	document, err := libopenapi.NewDocumentWithConfiguration(description.Text, &datamodel.DocumentConfiguration{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return fail(1, "not an OpenAPI 3 document: %s", firstLine(err.Error()))
	}
	if !strings.HasPrefix(document.GetVersion(), "3.") {
		return fail(1, "not an OpenAPI 3 document: its version is %q", document.GetVersion())
	}
	model, err := document.BuildV3Model()
	if err != nil {
		return fail(0, "not a sound OpenAPI document: %s", firstLine(err.Error()))
	}
	// The model swallows mistakes of structure. The shipped description is
	// validated by a test instead: compiling the schema of OpenAPI takes longer
	// than the rest of the load.
	if description.Name != EmbeddedName {
		if err := validateDocument(description.Name, document, &root); err != nil {
			return nil, err
		}
	}
	return &model.Model, nil
}

// validateDocument holds a document against the JSON Schema of OpenAPI itself.
func validateDocument(file string, document libopenapi.Document, root *yaml.Node) error {
	valid, problems := schema_validation.ValidateOpenAPIDocument(document)
	if valid {
		return nil
	}
	first := &DescriptionError{File: file, Message: "not a valid OpenAPI document"}
	var candidates []*DescriptionError
	for _, problem := range problems {
		if len(problem.SchemaValidationErrors) == 0 {
			candidates = append(candidates, &DescriptionError{file, max(problem.SpecLine, 1),
				"not a valid OpenAPI document: " + firstLine(problem.Message+": "+problem.Reason)})
		}
		for _, violation := range problem.SchemaValidationErrors {
			candidates = append(candidates, &DescriptionError{
				File: file, Line: lineOfPath(root, violation.InstancePath),
				Message: fmt.Sprintf("not a valid OpenAPI document: at %s: %s",
					"/"+strings.Join(violation.InstancePath, "/"), firstLine(violation.Reason)),
			})
		}
	}
	// The deepest place is the nearest to the mistake, and the validator's own
	// order changes from run to run.
	slices.SortFunc(candidates, func(a, b *DescriptionError) int {
		if a.Line != b.Line {
			return b.Line - a.Line
		}
		return strings.Compare(a.Message, b.Message)
	})
	if len(candidates) > 0 {
		first = candidates[0]
	}
	return first
}

// lineOfPath follows a JSON path as far as it goes and gives the line reached.
func lineOfPath(node *yaml.Node, path []string) int {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range path {
		// RFC 6901, 3: the steps of a JSON pointer are escaped.
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		next := child(node, step)
		if next == nil {
			break
		}
		node, line = next, next.Line
	}
	return line
}

func child(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.SequenceNode {
		if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index]
		}
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}

// The YAML reader says where in one of two ways: "line 3: …", or "… at
// L1.C10-L3.C1: …".
var (
	yamlLine = regexp.MustCompile(`line (\d+)(?:: |, )?`)
	yamlSpan = regexp.MustCompile(`^go-yaml load error.* at (?:L\d+\.C\d+-)?L(\d+)\.C\d+(?:-C\d+)?: `)
)

// splitYAMLError takes the line out of a message of the YAML reader.
func splitYAMLError(err error) (int, string) {
	text := strings.TrimPrefix(firstLine(err.Error()), "yaml: ")
	for _, form := range []*regexp.Regexp{yamlSpan, yamlLine} {
		if match := form.FindStringSubmatch(text); match != nil {
			line, _ := strconv.Atoi(match[1])
			return line, strings.Replace(text, match[0], "", 1)
		}
	}
	return 0, text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

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

// requirements reads the catalogue; every entry keeps its line.
func (l *loader) requirements(contract *Contract) error {
	node, _ := l.retryOperation.Extensions.Get(requirementsExtension)
	if node.Kind != yaml.SequenceNode || len(node.Content) == 0 {
		return l.fail(node.Line, "%s must be a list of requirements", requirementsExtension)
	}
	for _, entry := range node.Content {
		requirement, err := l.requirement(entry)
		if err != nil {
			return err
		}
		if first, twice := contract.Requirement(requirement.ID); twice {
			return l.fail(entry.Line, "requirement %s stands twice, first in line %d", requirement.ID, first.Line)
		}
		contract.Requirements = append(contract.Requirements, requirement)
	}
	return nil
}

// requirementKeys are the members of a requirement in the description.
var requirementKeys = []string{"id", "level", "statement", "quote", "source", "note", "expect"}

func (l *loader) requirement(entry *yaml.Node) (Requirement, error) {
	if entry.Kind != yaml.MappingNode {
		return Requirement{}, l.fail(entry.Line, "a requirement must be a mapping with %s", strings.Join(requirementKeys, ", "))
	}
	for i := 0; i < len(entry.Content); i += 2 {
		if key := entry.Content[i]; !slices.Contains(requirementKeys, key.Value) {
			return Requirement{}, l.fail(key.Line, "a requirement has no %q; it has %s", key.Value, strings.Join(requirementKeys, ", "))
		}
	}
	if expect := child(entry, "expect"); expect != nil {
		for i := 0; expect.Kind == yaml.MappingNode && i < len(expect.Content); i += 2 {
			if key := expect.Content[i]; key.Value != "status" && key.Value != "code" {
				return Requirement{}, l.fail(key.Line, "expect has no %q; it has status, code", key.Value)
			}
		}
	}
	var text struct {
		ID, Statement, Quote, Source, Note string
		Level                              Level
		Expect                             Answers
	}
	if err := entry.Decode(&text); err != nil {
		line, message := splitYAMLError(err)
		return Requirement{}, l.fail(max(line, entry.Line), "requirement: %s", message)
	}
	requirement := Requirement{
		ID: text.ID, Level: text.Level, Statement: strings.TrimSpace(text.Statement), Quote: strings.TrimSpace(text.Quote),
		Source: text.Source, Note: strings.TrimSpace(text.Note), Expect: text.Expect, Line: entry.Line,
	}
	if err := requirement.validate(); err != nil {
		return requirement, l.fail(entry.Line, "%s", err)
	}
	return requirement, nil
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
