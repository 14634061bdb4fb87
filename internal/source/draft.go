package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Draft says of which method of a discovery document a description is written.
type Draft struct {
	// Method is the id of the method, or the end of it: "jobs.cancel".
	Method string
	// Values are what parameters have, by their names. A description has one parameter
	// in its path, the last one: those before it need a value, and so does what is
	// required in the query.
	Values map[string]string
	// AcceptedStates are the states of a job in which the method accepts it. The
	// document does not say; without them no states are described.
	AcceptedStates []string
}

const (
	// lineWidth is where descriptions are wrapped.
	lineWidth = 120
	// mostOnLine is how many keys and values of a small schema are on one line.
	mostOnLine = 4
)

// Write returns the description of a method of a discovery document: its path,
// schemas and scopes, the sets of requirements that apply, and one draft of a
// requirement for each sentence about the method and its required parameters. The
// notes say what a person may want to add. What cannot be described is a
// *spec.Error.
func (d Draft) Write(document spec.Description) (description []byte, notes []string, err error) {
	reader, err := readDiscovery(document)
	if err != nil {
		return nil, nil, err
	}
	method, err := reader.named(d.Method)
	if err != nil {
		return nil, nil, err
	}
	w := &draftWriter{discoveryReader: reader, draft: d, method: method}
	if method.HTTPMethod == "" || method.Path == "" {
		return nil, nil, fail(w.name, "%s has no httpMethod or no path", method.ID)
	}
	root, err := w.document()
	if err == nil && w.gone != "" {
		err = fail(w.name, "it does not have the schema %q, which %s needs", w.gone, method.ID)
	}
	if err != nil {
		return nil, nil, err
	}
	written, err := yaml.Dump(node(root), yaml.WithIndent(2), yaml.WithCompactSeqIndent(false), yaml.WithLineWidth(lineWidth),
		yaml.WithQuotePreference(yaml.QuoteLegacy))
	return written, w.notes, err
}

// readDiscovery reads a discovery document.
func readDiscovery(document spec.Description) (*discoveryReader, error) {
	trimmed, err := readText(document)
	if err != nil {
		return nil, err
	}
	reader := &discoveryReader{name: document.Name}
	if !bytes.HasPrefix(trimmed, []byte("{")) {
		return nil, fail(document.Name, "it is not a discovery document of Google, which is JSON; give https://API.googleapis.com/$discovery/rest?version=v1, or a copy of it")
	}
	if err := json.Unmarshal(trimmed, &reader.document); err != nil {
		return nil, jsonError(document.Name, trimmed, err)
	}
	if reader.document.RootURL == "" || len(reader.document.Resources)+len(reader.document.Methods) == 0 {
		return nil, fail(document.Name, "it is not a discovery document of Google: rootUrl or resources is missing; give https://API.googleapis.com/$discovery/rest?version=v1, or a copy of it")
	}
	reader.schemas = map[string]any{}
	return reader, nil
}

// named finds the method with an id, or with the only id that ends in a name.
func (r *discoveryReader) named(name string) (discoveryMethod, error) {
	var ids []string
	var ends []discoveryMethod
	for _, method := range r.document.methods() {
		if method.ID == name {
			return method, nil
		}
		if strings.HasSuffix(method.ID, "."+name) {
			ends = append(ends, method)
		}
		ids = append(ids, method.ID)
	}
	if len(ends) == 1 {
		return ends[0], nil
	}
	message := fmt.Sprintf("it has no method %q under resources", name)
	if len(ends) > 1 {
		message = fmt.Sprintf("%d methods have an id that ends in %s, such as %s and %s: give the whole id", len(ends), name, ends[0].ID, ends[1].ID)
	} else if len(ids) > 0 {
		message += "; " + text.DidYouMean(name, append(ids, endsOf(ids)...))
	}
	return discoveryMethod{}, fail(r.name, "%s", message)
}

// endsOf returns all ends of ids: of a.b.c, b.c and c.
func endsOf(ids []string) (ends []string) {
	for _, id := range ids {
		for rest, more := id, true; more; {
			if _, rest, more = strings.Cut(rest, "."); more && !slices.Contains(ends, rest) {
				ends = append(ends, rest)
			}
		}
	}
	return ends
}

// draftWriter makes the parts of a description.
type draftWriter struct {
	*discoveryReader
	draft  Draft
	method discoveryMethod
	// path is the path of the method in the form of OpenAPI, with one parameter.
	path  draftPath
	notes []string
}

func (w *draftWriter) document() (object, error) {
	if w.method.Response.Ref == "" {
		return nil, fail(w.name, "%s has no response message, and a description needs the one of a success", w.method.ID)
	}
	var err error
	if w.path, err = w.draftPath(w.method); err != nil {
		return nil, cmp.Or(w.checkValues(), err)
	}
	if err := w.checkValues(); err != nil {
		return nil, err
	}
	missing := w.missingQuery(w.method)
	if state, is := w.stateMethod(); is {
		if err := w.checkStates(state); err != nil {
			return nil, err
		}
		missing = append(missing, w.missingQuery(state)...)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fail(w.name, "the query of %s must have parameters, which every request is to send; give their values: %s",
			w.method.ID, strings.Join(slices.Compact(missing), " "))
	}
	operation, err := w.operation()
	if err != nil {
		return nil, err
	}
	paths := object{w.path.template, object{strings.ToLower(w.method.HTTPMethod), operation}}
	if state, is := w.stateMethod(); is {
		path, err := w.draftPath(state)
		if err != nil {
			return nil, err
		}
		read := object{"get", object{"operationId", state.ID, "description", oneLine(state.Description), "parameters", w.parameters(state, path),
			"responses", object{"200", object{"description", "The state of a job.", "content", content(w.reference(state.Response.Ref))}},
			"security", security(state)}}
		if path.template == w.path.template {
			paths[1] = append(paths[1].(object), read...)
		} else {
			paths = append(paths, path.template, read)
		}
	}
	document := w.discoveryReader.document
	info := object{"title", cmp.Or(document.Title, document.Name) + ", " + ShortID(w.method.ID), "version", "1.0.0", extension.Revision, document.Revision}
	root := object{commented("openapi", "Written by dpconform spec new from "+w.origin()), "3.1.0", "info", info}
	if document.DocumentationLink != "" {
		root = append(root, "externalDocs", object{"url", document.DocumentationLink})
	}
	schemas := map[string]any{}
	for name, schema := range w.schemas {
		schemas[name] = ordered(mapping(schema))
	}
	components := object{"schemas", schemas, "responses", object{errorResponse, object{"description", "The error model of AIP-193.",
		"content", content(errorModel)}}}
	if len(w.method.Scopes) > 0 {
		components = append(components, "securitySchemes", object{"oauth2", object{"type", "oauth2", "flows", object{"authorizationCode", object{
			"authorizationUrl", "https://accounts.google.com/o/oauth2/v2/auth", "tokenUrl", "https://oauth2.googleapis.com/token",
			"scopes", w.scopes()}}}})
	}
	return append(root, "servers", []any{object{"url", strings.TrimSuffix(document.RootURL, "/")}}, "paths", paths, "components", components), nil
}

// errorResponse is the name of the response of errors, and errorModel its schema.
const errorResponse = "Error"

var errorModel = object{"type", "object", "required", flow{"error"}, "properties", object{"error", object{"type", "object",
	"required", flow{"code", "message", "status"}, "properties", object{"code", object{"type", "integer"}, "message", object{"type", "string", "minLength", 1},
		"status", object{"type", "string"}, "details", object{"type", "array", "items", object{"type", "object", "required", flow{"@type"},
			"properties", object{"@type", object{"type", "string"}}}}}}}}

// content is a body of JSON.
func content(schema any) object { return object{"application/json", object{"schema", schema}} }

// operation returns the operation under test.
func (w *draftWriter) operation() (object, error) {
	operation := object{"operationId", w.method.ID, "description", oneLine(w.method.Description)}
	if w.method.Deprecated {
		operation = append(operation, "deprecated", true)
	}
	if rule := httpRule(w.method); rule != "" {
		operation = append(operation, extension.Rule, rule)
	}
	operation = append(operation, extension.Sets, flow(w.sets()))
	if parameters := w.systemParameters(); len(parameters) > 0 {
		operation = append(operation, extension.SystemParameters, parameters)
	}
	success := object{"description", "The call succeeded."}
	success = append(success, "content", content(w.reference(w.method.Response.Ref)))
	if state, is := w.stateMethod(); is {
		operation = append(operation, extension.AcceptedStates, flow(anys(w.draft.AcceptedStates)))
		if unspecified := w.unspecifiedState(state); unspecified != "" {
			operation = append(operation, extension.UnspecifiedState, unspecified)
		}
		path, err := w.draftPath(state)
		if err != nil {
			return nil, err
		}
		success = append(success, "links", object{"state", object{"operationId", state.ID,
			"parameters", object{path.parameter, "$request.path." + w.path.parameter}}})
	} else if len(w.draft.AcceptedStates) > 0 {
		return nil, fail(w.name, "no method reads the state of a job of %s: it would be a GET with the same path parameters, whose response has an enum of states; leave out --accepted-states", w.method.ID)
	} else if state, found := w.findState(); found {
		w.notes = append(w.notes, fmt.Sprintf("%s reads the state of a job; --accepted-states names the states in which %s accepts it, and adds the checks of states",
			state.ID, ShortID(w.method.ID)))
	}
	operation = append(operation, "parameters", w.parameters(w.method, w.path))
	if reference := w.method.Request.Ref; reference != "" {
		operation = append(operation, "requestBody", object{"content", content(w.reference(reference))})
	}
	responses := object{"200", success}
	for _, status := range w.statuses() {
		responses = append(responses, status, flowing(object{"$ref", "#/components/responses/" + errorResponse}))
	}
	operation = append(operation, "responses", responses)
	if len(w.method.Scopes) > 0 {
		operation = append(operation, "security", security(w.method))
		if unrelated := w.unrelatedScopes(); len(unrelated) > 0 {
			operation = append(operation, extension.UnrelatedScopes, unrelated)
		}
	}
	return append(operation, commented(extension.Requirements, "One draft for each sentence of the document. To have one tested, let it refine the requirement of a set that says the same\n"+
		"(set: NAME, id: ID), or give it a check of your own; delete what no server can break."), w.requirements()), nil
}

// statuses are those of errors. The document has none: the standard does.
func (w *draftWriter) statuses() []string {
	if len(w.method.Scopes) == 0 {
		return []string{"400", "404", "default"}
	}
	return []string{"400", "401", "403", "404", "default"}
}

// sets lists the sets of requirements that apply to the method.
func (w *draftWriter) sets() []any {
	sets := []any{"transcoding", "http", "error-model", "resource", "client"}
	if len(w.systemParameters()) > 0 {
		sets = append(sets, "system-parameters")
	}
	if reference := w.method.Request.Ref; reference != "" {
		sets = append(sets, "json-body")
		if len(mapping(w.discoveryReader.document.Schemas[reference]["properties"])) == 0 {
			sets = append(sets, "empty-message")
		}
	}
	if len(w.method.Scopes) > 0 {
		sets = append(sets, "bearer")
	}
	if len(w.draft.AcceptedStates) > 0 {
		sets = append(sets, "job-states")
	}
	return sets
}

// systemParameters lists the parameters of every method that have a default,
// which changes nothing if it is sent.
func (w *draftWriter) systemParameters() []any {
	var parameters []any
	for _, name := range sortedKeys(w.discoveryReader.document.Parameters) {
		var members struct {
			Default string `json:"default"`
		}
		if json.Unmarshal(w.discoveryReader.document.Parameters[name], &members) == nil && members.Default != "" {
			parameters = append(parameters, flowing(object{"name", name, "example", members.Default}))
		}
	}
	return parameters
}

// parameters describes those of the path and the query.
func (w *draftWriter) parameters(method discoveryMethod, path draftPath) []any {
	described := []any{path.described()}
	for _, name := range sortedKeys(method.Parameters) {
		members := method.Parameters[name]
		if members["location"] != "query" {
			continue
		}
		parameter := object{"name", name, "in", "query"}
		if members["required"] == true {
			var example any = w.draft.Values[name]
			if members["repeated"] == true {
				example = flow{example}
			}
			parameter = append(parameter, "required", true, "example", example)
		}
		if description := oneLine(members["description"]); description != "" {
			parameter = append(parameter, "description", description)
		}
		values := parameterSchema(members)
		delete(values, enumDescriptions)
		schema := ordered(values)
		if len(schema) > mostOnLine {
			described = append(described, append(parameter, "schema", schema))
			continue
		}
		described = append(described, append(parameter, "schema", flowing(schema)))
	}
	return described
}

func security(method discoveryMethod) []any {
	alternatives := []any{}
	for _, scope := range method.Scopes {
		alternatives = append(alternatives, object{"oauth2", flow{scope}})
	}
	return alternatives
}

// scopes returns the scopes of the method with their descriptions.
func (w *draftWriter) scopes() (scopes object) {
	for _, scope := range w.method.Scopes {
		scopes = append(scopes, scope, oneLine(w.discoveryReader.document.Auth.OAuth2.Scopes[scope].Description))
	}
	return scopes
}

// unrelatedScopes returns a few scopes of the API that the method does not take.
func (w *draftWriter) unrelatedScopes() []any {
	const few = 5
	var scopes []any
	for _, scope := range sortedKeys(w.discoveryReader.document.Auth.OAuth2.Scopes) {
		if len(scopes) < few && !slices.Contains(w.method.Scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// origin is the document that was read. The name of one that was fetched has no
// parameters; from the address at which Google publishes it, the version is known.
func (w *draftWriter) origin() string {
	published := strings.TrimSuffix(w.discoveryReader.document.RootURL, "/") + "/$discovery/rest"
	if w.name == published {
		return published + "?version=" + w.discoveryReader.document.Version
	}
	return w.name
}

// requirements makes a draft of every sentence about the method and the parameters
// that every request has. A label, a number or a name is no sentence.
func (w *draftWriter) requirements() []any {
	drafts := []any{}
	add := func(id, place, description string) {
		sentences, rest := splitSentences(description)
		if place == w.method.place {
			// The only sentence of a method may end without a full stop.
			sentences = append(sentences, rest)
		}
		const fewest = 3
		sentences = slices.DeleteFunc(sentences, func(words string) bool { return len(strings.Fields(words)) < fewest || strings.HasSuffix(words, ":") })
		for i, sentence := range sentences {
			drafts = append(drafts, object{"id", fmt.Sprintf("%s-%d", id, i+1), "draft", true, "level", string(spec.Documented),
				"quote", sentence, "source", fmt.Sprintf("%s (%s.description)", w.origin(), place)})
		}
	}
	_, name, _ := strings.Cut(ShortID(w.method.ID), ".")
	add("method."+name, w.method.place, w.method.Description)
	for _, name := range sortedKeys(w.method.Parameters) {
		if w.method.Parameters[name]["required"] != true {
			continue
		}
		add("parameter."+name, w.method.place+".parameters."+name, scalar(w.method.Parameters[name]["description"]))
	}
	return drafts
}
