package source

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// discoveryDocument is what is read of a document of Google's API discovery
// service: https://developers.google.com/discovery/v1/reference/apis
type discoveryDocument struct {
	Revision    string                     `json:"revision"`
	RootURL     string                     `json:"rootUrl"`
	ServicePath string                     `json:"servicePath"`
	Parameters  map[string]json.RawMessage `json:"parameters"`
	Auth        struct {
		OAuth2 struct {
			Scopes map[string]struct{ Description string }
		} `json:"oauth2"`
	} `json:"auth"`
	Resources map[string]discoveryResource `json:"resources"`
	Schemas   map[string]map[string]any    `json:"schemas"`
}

type discoveryResource struct {
	Methods   map[string]discoveryMethod   `json:"methods"`
	Resources map[string]discoveryResource `json:"resources"`
}

type discoveryMethod struct {
	ID          string                    `json:"id"`
	FlatPath    string                    `json:"flatPath"`
	HTTPMethod  string                    `json:"httpMethod"`
	Path        string                    `json:"path"`
	Description string                    `json:"description"`
	Deprecated  bool                      `json:"deprecated"`
	Parameters  map[string]map[string]any `json:"parameters"`
	Request     discoveryReference        `json:"request"`
	Response    discoveryReference        `json:"response"`
	Scopes      []string                  `json:"scopes"`
}

type discoveryReference struct {
	Ref string `json:"$ref"`
}

func parseDiscovery(source spec.Description, wanted *spec.Method) (*Source, error) {
	reader := &discoveryReader{name: source.Name}
	document := &reader.document
	if err := json.Unmarshal(source.Text, document); err != nil {
		return nil, jsonError(source.Name, source.Text, err)
	}
	reader.unfolder = unfolder{find: reader.schema, budget: partsBudget}
	method, found := document.find(wanted.Operation)
	if !found {
		return nil, fail(source.Name, "looked for the method %s under resources, and did not find it", ShortID(wanted.Operation.ID))
	}
	tested, err := reader.operation(method)
	if err != nil {
		return nil, err
	}
	var readState *operation
	if method, found := document.find(wanted.ReadState); found {
		state, err := reader.operation(method)
		if err != nil {
			return nil, err
		}
		readState = &state
	}
	read := &Source{
		Provenance: Provenance{Kind: Discovery, Revision: document.Revision},
		Says:       topicsWithout(ErrorsTopic, ConstraintsTopic, BodyTopic, MediaTypesTopic, CodesTopic, HeadersTopic, AcceptedStatesTopic),
		Endpoint:   strings.TrimSuffix(document.RootURL, "/"), SystemParameters: sortedKeys(document.Parameters), AllSystemParameters: true,
	}
	if day, err := time.Parse("20060102", document.Revision); err == nil {
		read.Provenance.Date = day.Format(time.DateOnly)
	}
	declared := map[string]string{}
	for name, scope := range document.Auth.OAuth2.Scopes {
		declared[name] = scope.Description
	}
	if err := read.readMethods(source.Name, tested, readState, declared); err != nil {
		return nil, err
	}
	texts := []string{method.Description}
	for _, parameter := range tested.parameters() {
		texts = append(texts, oneLine(parameter["description"]))
	}
	_, response := read.Method.Success()
	read.Prose.add(append(texts, describedTexts(response)...)...)
	return read, nil
}

// methods lists the methods of all resources, sorted by their names.
func methods(resources map[string]discoveryResource) []discoveryMethod {
	var found []discoveryMethod
	for _, key := range sortedKeys(resources) {
		resource := resources[key]
		for _, method := range sortedKeys(resource.Methods) {
			found = append(found, resource.Methods[method])
		}
		found = append(found, methods(resource.Resources)...)
	}
	return found
}

// find finds the method that a description is about.
func (d *discoveryDocument) find(wanted spec.Operation) (discoveryMethod, bool) {
	methods := methods(d.Resources)
	candidates := make([]candidate, len(methods))
	for i, method := range methods {
		candidates[i] = candidate{id: method.ID, method: method.HTTPMethod, path: strings.TrimPrefix(d.ServicePath, "/") + cmp.Or(method.FlatPath, method.Path)}
	}
	index := find(candidates, wanted)
	if index < 0 {
		return discoveryMethod{}, false
	}
	return methods[index], true
}

type discoveryReader struct {
	name     string
	document discoveryDocument
	unfolder unfolder
}

// operation puts a method into the form of OpenAPI.
func (r *discoveryReader) operation(method discoveryMethod) (operation, error) {
	if method.HTTPMethod == "" || method.Path == "" {
		return operation{}, fail(r.name, "looked for httpMethod and path of %s, and did not find both", method.ID)
	}
	rule, patterned := method.Path, false
	var parameters, security []any
	for _, name := range sortedKeys(method.Parameters) {
		members := method.Parameters[name]
		patterned = patterned || members["location"] == "path" && scalar(members["pattern"]) != "" && strings.Contains(method.Path, "{+"+name+"}")
		parameters = append(parameters, map[string]any{"name": name, "in": members["location"], "required": members["required"],
			"description": members["description"], "schema": members})
	}
	if !patterned && method.FlatPath != "" && strings.Contains(method.Path, "{+") {
		// Without the pattern of the name, this alone says where the id is.
		rule = method.FlatPath
	}
	for index, scope := range method.Scopes {
		if _, declared := r.document.Auth.OAuth2.Scopes[scope]; !declared {
			return operation{}, fail(r.name, "looked for the scope %s of %s under auth.oauth2.scopes, and did not find it", scope, method.ID)
		}
		if slices.Contains(method.Scopes[:index], scope) {
			return operation{}, fail(r.name, "%s has the scope %s twice", method.ID, scope)
		}
		security = append(security, map[string]any{"oauth2": []any{scope}})
	}
	members := map[string]any{"operationId": method.ID, "description": method.Description, "deprecated": method.Deprecated,
		"parameters": parameters, "security": security}
	request, err := r.message(method.ID, method.Request.Ref)
	if err != nil {
		return operation{}, err
	}
	if request != nil {
		members["requestBody"] = request
	}
	response, err := r.message(method.ID, method.Response.Ref)
	if err != nil {
		return operation{}, err
	}
	if response != nil {
		// A discovery document gives no status: a method that works returns 200.
		members["responses"] = map[string]any{"200": response}
	}
	return operation{path: strings.TrimPrefix(r.document.ServicePath, "/") + rule, method: method.HTTPMethod, members: members}, nil
}

// message returns the body with a schema, nil without a reference to one.
func (r *discoveryReader) message(method, reference string) (any, error) {
	if reference == "" {
		return nil, nil
	}
	if r.document.Schemas[reference] == nil {
		return nil, fail(r.name, "looked for the schema %q of %s, and did not find it", reference, method)
	}
	schema, err := r.unfolder.unfold(map[string]any{"$ref": reference}, nil, 0)
	if err != nil {
		return nil, fail(r.name, "the schema %q of %s: %s", reference, method, err)
	}
	return bodyOf(schema), nil
}

// bodyOf returns a body of JSON in the form of OpenAPI.
func bodyOf(schema any) map[string]any {
	return map[string]any{"content": map[string]any{"application/json": map[string]any{"schema": schema}}}
}

func (r *discoveryReader) schema(name string) any {
	if schema := r.document.Schemas[name]; schema != nil {
		return jsonSchema(schema)
	}
	return nil
}

// jsonSchema makes JSON Schema of a schema of discovery: it leaves out the members
// that JSON Schema does not have, or has with another meaning.
func jsonSchema(value any) any {
	schema, is := value.(map[string]any)
	if !is {
		return value
	}
	converted := map[string]any{}
	for key, member := range schema {
		switch key {
		case "id", "required", "enumDeprecated", "annotations", "readOnly":
		case "enumDescriptions":
			converted[enumDescriptions] = member
		case "properties":
			// The names of members are not keywords.
			properties := map[string]any{}
			for name, property := range mapping(member) {
				properties[name] = jsonSchema(property)
			}
			converted[key] = properties
		default:
			converted[key] = jsonSchema(member)
		}
		if key == "format" && member == "google-datetime" {
			// RFC 3339 in JSON, as date-time is.
			converted[key] = "date-time"
		}
	}
	return converted
}
