package source

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// parseOpenAPI reads an OpenAPI document, with or without requirements.
func parseOpenAPI(source spec.Description, method *spec.Method) (*Source, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(source.Text, &root); err != nil {
		return nil, cmp.Or(source.Validate(), err)
	}
	// These are bounded; what follows references after them is not.
	budget := partsBudget
	value, err := plain(&root, &budget, 0)
	if err != nil {
		return nil, fail(source.Name, "%s", err)
	}
	unfolder := &unfolder{find: func(reference string) any { return follow(value, reference) }, budget: partsBudget}
	whole, err := unfolder.unfold(value, nil, 0)
	if err != nil {
		return nil, fail(source.Name, "%s", err)
	}
	if err := source.Validate(); err != nil {
		return nil, err
	}
	operations := operations(whole)
	tested, found := findOperation(operations, method.Operation)
	if !found {
		return nil, fail(source.Name, "looked for an operation with the operationId %s, with x-requirements, or with the path %s, and did not find it",
			ShortID(method.Operation.ID), method.Operation.Path)
	}
	read := &Source{Says: Topics(), Provenance: Provenance{Kind: Description, Revision: cmp.Or(scalar(at(whole, "info", extension.Revision)), scalar(at(whole, "info", "version")))}}
	for _, server := range list(at(whole, "servers")) {
		read.Endpoint = strings.TrimSuffix(scalar(at(server, "url")), "/")
		break
	}
	read.Provenance.Date = cmp.Or(text.Day(read.Provenance.Revision), text.Day(scalar(at(tested.members, extension.Page, "updated"))))
	if err := read.readMethods(source.Name, tested, linkedOperation(operations, tested, method.ReadState), declaredScopes(whole)); err != nil {
		return nil, err
	}
	read.readExtensions(tested)
	read.Prose = openAPIProse(tested, read)
	return read, nil
}

// operation is an operation in the form of OpenAPI, which the other formats are
// put into.
type operation struct {
	path, method string
	members      map[string]any
	// shared are the members of its path.
	shared map[string]any
}

func (o operation) id() string { return scalar(o.members["operationId"]) }

// parameters lists those of the path and of the operation. OpenAPI 3.1, 4.8.9: one
// of the operation replaces that of the path with the same name and place.
func (o operation) parameters() []map[string]any {
	byName := map[string]map[string]any{}
	for _, parameter := range slices.Concat(list(o.shared["parameters"]), list(o.members["parameters"])) {
		members := mapping(parameter)
		byName[scalar(members["in"])+" "+scalar(members["name"])] = members
	}
	var found []map[string]any
	for _, key := range sortedKeys(byName) {
		found = append(found, byName[key])
	}
	return found
}

func operations(document any) []operation {
	var found []operation
	paths := mapping(at(document, "paths"))
	for _, path := range sortedKeys(paths) {
		item := mapping(paths[path])
		for _, method := range []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"} {
			if members, is := item[method].(map[string]any); is {
				if _, own := members["security"]; !own {
					members["security"] = at(document, "security")
				}
				found = append(found, operation{path, method, members, item})
			}
		}
	}
	return found
}

// findOperation finds the operation that a description is about.
func findOperation(operations []operation, wanted spec.Operation) (operation, bool) {
	candidates := make([]candidate, len(operations))
	for i, one := range operations {
		candidates[i] = candidate{one.id(), one.method, one.path, one.members[extension.Requirements] != nil || one.members[extension.Sets] != nil}
	}
	index := find(candidates, wanted)
	if index < 0 {
		return operation{}, false
	}
	return operations[index], true
}

// linkedOperation finds the method that reads a job's state: the one that the
// successful response links to, else the one that the description has.
func linkedOperation(operations []operation, tested operation, wanted spec.Operation) *operation {
	for _, response := range mapping(tested.members["responses"]) {
		for _, link := range mapping(at(response, "links")) {
			if id := scalar(at(link, "operationId")); id != "" {
				wanted = spec.Operation{ID: id}
			}
		}
	}
	others := slices.DeleteFunc(slices.Clone(operations), func(o operation) bool { return o.path == tested.path && o.method == tested.method })
	if found, is := findOperation(others, wanted); is {
		return &found
	}
	return nil
}

// readMethods reads the two methods. The names of declared scopes have a
// description each; a scope that is not declared is an error, unless none is.
func (s *Source) readMethods(name string, tested operation, readState *operation, declared map[string]string) error {
	var err error
	if s.Method, err = readCall(name, tested); err != nil {
		return err
	}
	for _, scope := range s.Method.Scopes {
		description, found := declared[scope]
		if !found && len(declared) > 0 {
			return fail(name, "looked for the scope %s among the declared scopes, and did not find it", scope)
		}
		s.Scopes = append(s.Scopes, spec.Scope{Name: scope, Description: description})
	}
	s.Descriptions = map[string]string{}
	s.describe(tested)
	if readState == nil {
		return nil
	}
	if s.ReadState, err = readCall(name, *readState); err != nil {
		return err
	}
	s.readStates()
	return nil
}

func readCall(name string, o operation) (Call, error) {
	pattern := ""
	call := Call{Method: strings.ToUpper(o.method), Key: o.path, Deprecated: o.members["deprecated"] == true,
		Responses: map[string]map[string]any{}, ResponseMedia: map[string][]string{}, ResponseHeaders: map[string][]string{}}
	for _, members := range o.parameters() {
		schema := mapping(members["schema"])
		if members["in"] == "path" {
			pattern = scalar(schema["pattern"])
		} else if scalar(members["name"]) != "" {
			call.Parameters = append(call.Parameters, Parameter{scalar(members["name"]), scalar(members["in"]), members["required"] == true, form(schema)})
		}
	}
	var err error
	if call.Path, call.IDPattern, err = parseRule(o.path, pattern); err != nil {
		return Call{}, fail(name, "%s", err)
	}
	if call.Scopes, err = alternatives(name, o); err != nil {
		return Call{}, err
	}
	body := mapping(o.members["requestBody"])
	call.Request, call.RequestMedia, call.BodyRequired = schemaOf(body), sortedKeys(mapping(body["content"])), body["required"] == true
	for status, response := range mapping(o.members["responses"]) {
		call.ResponseMedia[status] = sortedKeys(mapping(at(response, "content")))
		call.ResponseHeaders[status] = sortedKeys(mapping(at(response, "headers")))
		if schema := schemaOf(response); schema != nil && status != "" {
			call.Responses[status] = schema
		}
	}
	return call, nil
}

// schemaOf returns the schema of a body that is JSON, or of its first media type.
func schemaOf(body any) map[string]any {
	content := mapping(at(body, "content"))
	mediaTypes := sortedKeys(content)
	if len(mediaTypes) == 0 {
		return nil
	}
	chosen := max(0, slices.IndexFunc(mediaTypes, func(mediaType string) bool { return strings.HasPrefix(mediaType, "application/json") }))
	return mapping(at(content[mediaTypes[chosen]], "schema"))
}

// alternatives reads the alternatives of security, each of which names one scope.
func alternatives(name string, o operation) ([]string, error) {
	var found []string
	for _, alternative := range list(o.members["security"]) {
		var names []string
		for _, scopes := range mapping(alternative) {
			for _, scope := range list(scopes) {
				names = append(names, scalar(scope))
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		if len(names) != 1 {
			return nil, fail(name, "each alternative of the security of %s must name exactly one scope; one names %d", o.path, len(names))
		}
		if !slices.Contains(found, names[0]) {
			found = append(found, names[0])
		}
	}
	return found, nil
}

func declaredScopes(document any) map[string]string {
	declared := map[string]string{}
	for _, scheme := range mapping(at(document, "components", "securitySchemes")) {
		for _, flow := range mapping(at(scheme, "flows")) {
			for scope, description := range mapping(at(flow, "scopes")) {
				declared[scope] = oneLine(description)
			}
		}
	}
	return declared
}

// describe keeps the texts about the method, its path and its response. The
// summary is what Google's documents have as the description.
func (s *Source) describe(tested operation) {
	keep := func(what, description string) {
		if description != "" {
			s.Descriptions[what] = description
		}
	}
	summary, detail := oneLine(tested.members["summary"]), oneLine(tested.members["description"])
	if summary == "" {
		summary, detail = detail, ""
	}
	keep("method", summary)
	keep("method in detail", detail)
	for _, parameter := range tested.parameters() {
		if parameter["in"] == "path" {
			keep("parameter in the path", oneLine(parameter["description"]))
		}
	}
	_, response := s.Method.Success()
	keep("response of the method", oneLine(response["description"]))
	for name, member := range mapping(response["properties"]) {
		keep("member "+name+" of the response", oneLine(at(member, "description")))
	}
}

// enumDescriptions is the member of a schema with one text for each value of its
// enum, as discovery documents have it.
const enumDescriptions = "x-enum-descriptions"

// readStates finds the states in the response of the method that reads them: the
// member with an enum.
func (s *Source) readStates() {
	_, response := s.ReadState.Success()
	properties := mapping(response["properties"])
	for _, name := range sortedKeys(properties) {
		member := mapping(properties[name])
		if description := oneLine(member["description"]); description != "" {
			s.Descriptions["member "+name+" of the state"] = description
		}
		values, texts := list(member["enum"]), list(member[enumDescriptions])
		if len(values) == 0 || s.StateField != "" {
			continue
		}
		s.StateField = name
		for i, value := range values {
			state, _ := value.(string)
			s.States = append(s.States, state)
			if i < len(texts) {
				s.Descriptions["state "+state] = oneLine(texts[i])
			}
		}
	}
}

// readExtensions reads what is in extensions; a document without one says nothing
// of its topic.
func (s *Source) readExtensions(tested operation) {
	for _, parameter := range list(tested.members[extension.SystemParameters]) {
		s.SystemParameters = append(s.SystemParameters, scalar(at(parameter, "name")))
	}
	// $alt is another name of alt, which sources list alone:
	// https://cloud.google.com/apis/docs/system-parameters
	listed := slices.Clone(s.SystemParameters)
	s.SystemParameters = slices.DeleteFunc(s.SystemParameters, func(name string) bool {
		bare, is := strings.CutPrefix(name, "$")
		return is && slices.Contains(listed, bare)
	})
	slices.Sort(s.SystemParameters)
	for _, state := range list(tested.members[extension.AcceptedStates]) {
		s.AcceptedStates = append(s.AcceptedStates, scalar(state))
	}
	s.Codes = map[string]string{}
	for name, status := range mapping(tested.members[extension.Codes]) {
		s.Codes[name] = scalar(status)
	}
	for topic, name := range map[Topic]string{SystemParametersTopic: extension.SystemParameters,
		AcceptedStatesTopic: extension.AcceptedStates, CodesTopic: extension.Codes} {
		if _, has := tested.members[name]; !has {
			s.Says = slices.DeleteFunc(s.Says, func(one Topic) bool { return one == topic })
		}
	}
}
