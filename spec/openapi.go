package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
)

// readOpenAPI reads an OpenAPI document, with or without a catalogue.
func readOpenAPI(source Description) (*Surface, error) {
	reader := &openAPIReader{name: source.Name}
	var root yaml.Node
	if err := yaml.Unmarshal(source.Text, &root); err != nil {
		line, message := splitYAMLError(err)
		return nil, &DescriptionError{source.Name, line, "not readable as YAML: " + message}
	}
	// Before anybody else follows the references of the document.
	reader.unfolder = &unfolder{root: &root, budget: schemaBudget}
	whole, err := reader.unfolder.unfold(&root, nil, 0)
	if err != nil {
		return nil, &DescriptionError{source.Name, 0, err.Error()}
	}
	if _, err := buildModel(source); err != nil {
		return nil, err
	}
	document, isMapping := whole.(map[string]any)
	if !isMapping {
		return nil, reader.fail("not an OpenAPI document")
	}
	return reader.read(document)
}

type openAPIReader struct {
	name     string
	unfolder *unfolder
}

func (r *openAPIReader) fail(format string, arguments ...any) error {
	return &DescriptionError{File: r.name, Message: fmt.Sprintf(format, arguments...)}
}

// openAPIOperation is an operation with the place where it stands.
type openAPIOperation struct {
	path, method string
	members      map[string]any
	// shared are the members of its path.
	shared map[string]any
}

func (r *openAPIReader) read(document map[string]any) (*Surface, error) {
	operations := operationsOf(document)
	retry, err := r.retry(operations)
	if err != nil {
		return nil, err
	}
	surface := &Surface{Says: slices.Clone(Topics()), Descriptions: map[string]string{}, Endpoint: endpointOf(document)}
	if surface.Retry, err = r.call(document, retry); err != nil {
		return nil, err
	}
	if err := r.scopes(surface, document); err != nil {
		return nil, err
	}
	if state, found := findStateOperation(operations, retry); found {
		if surface.ReadState, err = r.call(document, state); err != nil {
			return nil, err
		}
		surface.readStates()
	}
	surface.readExtensions(retry)
	surface.describeMethod(retry)
	surface.Provenance = provenanceOf(document, retry)
	surface.Prose = proseOf(retry, surface)
	return surface, nil
}

// methodsOfPath are the members of a path that are operations.
var methodsOfPath = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func operationsOf(document map[string]any) []openAPIOperation {
	var operations []openAPIOperation
	paths := mappingOf(document["paths"])
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := mappingOf(paths[path])
		for _, method := range methodsOfPath {
			if members, is := item[method].(map[string]any); is {
				operations = append(operations, openAPIOperation{path, method, members, item})
			}
		}
	}
	return operations
}

// retry finds the method: the one with a catalogue, else the one with the id or
// the verb.
func (r *openAPIReader) retry(operations []openAPIOperation) (openAPIOperation, error) {
	for _, is := range []func(openAPIOperation) bool{
		func(o openAPIOperation) bool { return o.members[requirementsExtension] != nil },
		func(o openAPIOperation) bool { return strings.HasSuffix("."+o.id(), "."+retryMethod) },
		func(o openAPIOperation) bool { return strings.HasSuffix(o.path, ":retry") },
	} {
		if index := slices.IndexFunc(operations, is); index >= 0 {
			return operations[index], nil
		}
	}
	return openAPIOperation{}, r.fail("looked for an operation with %s, with the operationId %s, or with the verb :retry, and did not find it",
		requirementsExtension, retryMethod)
}

func (o openAPIOperation) id() string { return textOf(o.members["operationId"]) }

// findStateOperation finds the method that reads a job's state: the one that the
// good answer links to, else the one with the id.
func findStateOperation(operations []openAPIOperation, retry openAPIOperation) (openAPIOperation, bool) {
	linked := readStateMethod
	for _, answer := range mappingOf(retry.members["responses"]) {
		for _, link := range mappingOf(mappingOf(answer)["links"]) {
			if id := textOf(mappingOf(link)["operationId"]); id != "" {
				linked = id
			}
		}
	}
	index := slices.IndexFunc(operations, func(o openAPIOperation) bool { return strings.HasSuffix("."+o.id(), "."+linked) })
	if index < 0 {
		return openAPIOperation{}, false
	}
	return operations[index], true
}

// call reads one operation.
func (r *openAPIReader) call(document map[string]any, operation openAPIOperation) (Call, error) {
	pattern := ""
	for _, parameter := range append(listOf(operation.shared["parameters"]), listOf(operation.members["parameters"])...) {
		if members := mappingOf(parameter); members["in"] == "path" {
			pattern = textOf(mappingOf(members["schema"])["pattern"])
		}
	}
	path, id, err := parseRule(operation.path, pattern)
	if err != nil {
		return Call{}, r.fail("%s", err)
	}
	scopes, err := r.alternatives(document, operation)
	if err != nil {
		return Call{}, err
	}
	call := Call{Method: strings.ToUpper(operation.method), Path: path, IDPattern: id, Scopes: scopes,
		Deprecated: operation.members["deprecated"] == true, Answers: map[string]map[string]any{}}
	call.Request = schemaOf(operation.members["requestBody"])
	call.readTransport(operation)
	for status, answer := range mappingOf(operation.members["responses"]) {
		if schema := schemaOf(answer); schema != nil {
			call.Answers[status] = schema
		}
	}
	return call, nil
}

// scopes reads the scopes of the method with their descriptions.
func (r *openAPIReader) scopes(surface *Surface, document map[string]any) error {
	declared := declaredScopes(document)
	for _, name := range surface.Retry.Scopes {
		text, found := declared[name]
		if !found && len(declared) > 0 {
			return r.fail("looked for the scope %s under securitySchemes, and did not find it", name)
		}
		surface.Scopes = append(surface.Scopes, Scope{name, text})
	}
	return nil
}

// alternatives reads the alternatives of security, each of which names one
// scope.
func (r *openAPIReader) alternatives(document map[string]any, operation openAPIOperation) ([]string, error) {
	security, own := operation.members["security"]
	if !own {
		security = document["security"]
	}
	var found []string
	for _, alternative := range listOf(security) {
		var names []string
		for _, scopes := range mappingOf(alternative) {
			for _, scope := range listOf(scopes) {
				names = append(names, textOf(scope))
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		if len(names) != 1 {
			return nil, r.fail("each alternative of the security of %s must name exactly one scope; one names %d", operation.path, len(names))
		}
		if !slices.Contains(found, names[0]) {
			found = append(found, names[0])
		}
	}
	return found, nil
}

func declaredScopes(document map[string]any) map[string]string {
	declared := map[string]string{}
	for _, scheme := range mappingOf(mappingOf(document["components"])["securitySchemes"]) {
		for _, flow := range mappingOf(mappingOf(scheme)["flows"]) {
			for scope, text := range mappingOf(mappingOf(flow)["scopes"]) {
				declared[scope] = oneLine(text)
			}
		}
	}
	return declared
}

// proseOf takes the sentences of the reference page that a description lists,
// else what it says itself.
func proseOf(retry openAPIOperation, surface *Surface) Prose {
	page := mappingOf(retry.members[pageExtension])
	var prose Prose
	for _, sentence := range listOf(page["sentences"]) {
		prose.Sentences = append(prose.Sentences, splitSentences(oneLine(sentence))...)
	}
	if len(prose.Sentences) > 0 {
		prose.Whole, prose.Summary = true, true
		return prose
	}
	_, answer := surface.Retry.Success()
	for _, text := range append([]string{oneLine(retry.members["description"])}, describedTexts(answer)...) {
		prose.Sentences = append(prose.Sentences, splitSentences(text)...)
	}
	return prose
}

func provenanceOf(document map[string]any, retry openAPIOperation) Provenance {
	provenance := Provenance{Kind: DescriptionSource, Revision: textOf(mappingOf(document["info"])["version"])}
	for _, day := range []string{textOf(mappingOf(retry.members[pageExtension])["updated"]), provenance.Revision} {
		if isDay(day) {
			provenance.Date = day
		}
	}
	return provenance
}
