package source

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// discoveryDocument is what is read of a document of Google's API discovery
// service: https://developers.google.com/discovery/v1/reference/apis
type discoveryDocument struct {
	Name              string                     `json:"name"`
	Version           string                     `json:"version"`
	Title             string                     `json:"title"`
	Revision          string                     `json:"revision"`
	DocumentationLink string                     `json:"documentationLink"`
	RootURL           string                     `json:"rootUrl"`
	ServicePath       string                     `json:"servicePath"`
	Parameters        map[string]json.RawMessage `json:"parameters"`
	Auth              struct {
		OAuth2 struct {
			Scopes map[string]struct{ Description string }
		} `json:"oauth2"`
	} `json:"auth"`
	// Methods are those of no resource.
	Methods   map[string]discoveryMethod   `json:"methods"`
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

	// place is where the method is in the document: resources.jobs.methods.cancel.
	place string
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
	reader.schemas, reader.unfolder = map[string]any{}, unfolder{find: reader.schema, budget: partsBudget}
	method, found := document.find(wanted.Operation)
	if !found {
		return nil, fail(source.Name, "looked for the method %s under resources, and did not find it", ShortID(wanted.Operation.ID))
	}
	tested, err := reader.operation(method, wanted.Operation.Path)
	if err != nil {
		return nil, err
	}
	var readState *operation
	if method, found := document.find(wanted.ReadState); found {
		state, err := reader.operation(method, wanted.ReadState.Path)
		if err != nil {
			return nil, err
		}
		readState = &state
	}
	read := &Source{
		Provenance: Provenance{Kind: Discovery, Revision: document.Revision, Date: text.Day(document.Revision)},
		Says: slices.DeleteFunc(Topics(), func(topic Topic) bool {
			return slices.Contains([]Topic{ErrorsTopic, ConstraintsTopic, BodyTopic, MediaTypesTopic, CodesTopic, HeadersTopic, AcceptedStatesTopic}, topic)
		}),
		Endpoint: strings.TrimSuffix(document.RootURL, "/"), SystemParameters: sortedKeys(document.Parameters), AllSystemParameters: true,
	}
	declared := map[string]string{}
	for name, scope := range document.Auth.OAuth2.Scopes {
		declared[name] = scope.Description
	}
	if err := read.readMethods(source.Name, tested, readState, declared); err != nil {
		return nil, err
	}
	read.Prose.add(proseOf(tested, read)...)
	return read, nil
}

// methods lists the methods of the document, sorted by the names of their
// resources.
func (d *discoveryDocument) methods() []discoveryMethod {
	return discoveryResource{d.Methods, d.Resources}.methods("")
}

func (r discoveryResource) methods(place string) []discoveryMethod {
	var found []discoveryMethod
	for _, name := range sortedKeys(r.Methods) {
		method := r.Methods[name]
		method.place = place + "methods." + name
		found = append(found, method)
	}
	for _, name := range sortedKeys(r.Resources) {
		found = append(found, r.Resources[name].methods(place+"resources."+name+".")...)
	}
	return found
}

// find finds the method that a description is about.
func (d *discoveryDocument) find(wanted spec.Operation) (discoveryMethod, bool) {
	methods := d.methods()
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
	// schemas are those that methods refer to, by their names.
	schemas  map[string]any
	unfolder unfolder
	// gone is a schema that another one refers to, and the document does not have.
	gone string
}

// operation puts a method into the form of OpenAPI. Where its path has several
// parameters, those that have a value in the wanted path get that.
func (r *discoveryReader) operation(method discoveryMethod, wanted spec.PathTemplate) (operation, error) {
	if method.HTTPMethod == "" || method.Path == "" {
		return operation{}, fail(r.name, "looked for httpMethod and path of %s, and did not find both", method.ID)
	}
	rule, patterned := method.Path, false
	var parameters, security []any
	for _, name := range sortedKeys(method.Parameters) {
		members := method.Parameters[name]
		patterned = patterned || members["location"] == "path" && scalar(members["pattern"]) != "" && strings.Contains(method.Path, "{+"+name+"}")
		parameters = append(parameters, map[string]any{"name": name, "in": members["location"], "required": members["required"],
			"description": members["description"], "schema": parameterSchema(members)})
	}
	if !patterned && method.FlatPath != "" && strings.Contains(method.Path, "{+") {
		// Without the pattern of the name, this alone says where the id is.
		rule = method.FlatPath
	}
	rule = strings.TrimPrefix(r.document.ServicePath, "/") + rule
	if filled, values := r.filled(method, wanted); len(values) > 0 {
		rule = filled
		pattern, description := r.lastParameter(method, strings.Trim(pathVariable().FindString(rule), "{+}"))
		parameters = append(slices.DeleteFunc(parameters, func(parameter any) bool { return at(parameter, "in") == "path" }),
			map[string]any{"in": "path", "description": description, "schema": map[string]any{"pattern": pattern}})
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
	response, err := r.message(method.ID, method.Response.Ref)
	if err != nil {
		return operation{}, err
	}
	request, err := r.message(method.ID, method.Request.Ref)
	if err != nil {
		return operation{}, err
	}
	if request != nil {
		members["requestBody"] = request
	}
	if response != nil {
		// A discovery document gives no status: a method that works returns 200.
		members["responses"] = map[string]any{"200": response}
	}
	return operation{path: rule, method: method.HTTPMethod, members: members}, nil
}

// message returns the body with a schema, nil without a reference to one.
func (r *discoveryReader) message(method, reference string) (any, error) {
	if reference == "" {
		return nil, nil
	}
	if r.document.Schemas[reference] == nil {
		return nil, fail(r.name, "looked for the schema %q of %s, and did not find it", reference, method)
	}
	r.add(reference, nil)
	schema, err := r.unfolder.unfold(map[string]any{"$ref": schemaPrefix + reference}, nil, 0)
	if err != nil {
		return nil, fail(r.name, "the schema %q of %s: %s", reference, method, err)
	}
	return bodyOf(schema), nil
}

// bodyOf returns a body of JSON in the form of OpenAPI.
func bodyOf(schema any) map[string]any {
	return map[string]any{"content": map[string]any{"application/json": map[string]any{"schema": schema}}}
}

// schemaPrefix is where a description has its schemas.
const schemaPrefix = "#/components/schemas/"

// schema finds a schema among those that were added.
func (r *discoveryReader) schema(reference string) any {
	return r.schemas[strings.TrimPrefix(reference, schemaPrefix)]
}

// add adds a schema and those it refers to, as a description has them. The list
// inside holds those that are being added: one that leads into itself ends there,
// as any value.
func (r *discoveryReader) add(name string, inside []string) {
	if _, added := r.schemas[name]; added {
		return
	}
	schema := r.document.Schemas[name]
	if schema == nil {
		r.gone = name
		return
	}
	r.schemas[name] = nil
	r.schemas[name] = r.resolve(jsonSchema(schema), append(slices.Clone(inside), name))
}

// resolve makes the references in a schema those of a description. It goes by the
// order of names, so that what ends where is always the same.
func (r *discoveryReader) resolve(value any, inside []string) any {
	members, is := value.(map[string]any)
	if !is {
		return value
	}
	if reference, is := members["$ref"].(string); is {
		if slices.Contains(inside, reference) {
			return map[string]any{"description": reference + ", which is described around this."}
		}
		r.add(reference, inside)
		return map[string]any{"$ref": schemaPrefix + reference}
	}
	resolved := map[string]any{}
	for _, key := range sortedKeys(members) {
		resolved[key] = r.resolve(members[key], inside)
	}
	return resolved
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
		case "id", "required", "enumDeprecated", "annotations", "readOnly", "location", "repeated", "variant", "default":
		case "minimum", "maximum":
			// The document has numbers as texts.
			if number, err := strconv.ParseFloat(scalar(member), 64); err == nil {
				converted[key] = number
			}
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
	if converted["type"] == "any" {
		delete(converted, "type")
	}
	return converted
}

// parameterSchema is the schema of a parameter of a method.
func parameterSchema(members map[string]any) map[string]any {
	schema := mapping(jsonSchema(members))
	delete(schema, "description")
	if members["repeated"] == true {
		return map[string]any{"type": "array", "items": schema}
	}
	return schema
}
