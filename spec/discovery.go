package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// discoveryDescription is what is read of a document of Google's API discovery
// service: https://developers.google.com/discovery/v1/reference/apis
type discoveryDescription struct {
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
	Request     *schemaReference          `json:"request"`
	Response    *schemaReference          `json:"response"`
	Scopes      []string                  `json:"scopes"`
}

type schemaReference struct {
	Ref string `json:"$ref"`
}

// The ids of the methods end in these.
const (
	retryMethod     = "archiveJobs.retry"
	readStateMethod = "archiveJobs.getPortabilityArchiveState"
)

func readDiscovery(source Description) (*Surface, error) {
	var document discoveryDescription
	if err := json.Unmarshal(source.Text, &document); err != nil {
		return nil, jsonError(source.Name, source.Text, err)
	}
	reader := &discoveryReader{name: source.Name, document: document, schemas: schemaBudget}
	return reader.read()
}

// notInDiscovery are the topics that a discovery document has no member for.
var notInDiscovery = []Topic{ErrorsTopic, ConstraintsTopic, BodyTopic, MediaTypesTopic, CodesTopic, HeadersTopic, RetryableStatesTopic}

type discoveryReader struct {
	name     string
	document discoveryDescription
	// schemas is how many schemas may still be unfolded.
	schemas int
}

func (r *discoveryReader) fail(format string, arguments ...any) error {
	return &SourceError{Name: r.name, Message: fmt.Sprintf(format, arguments...)}
}

func (r *discoveryReader) read() (*Surface, error) {
	retry, found := findMethod(r.document.Resources, retryMethod)
	if !found {
		return nil, r.fail("looked for the method %s under resources, and did not find it", retryMethod)
	}
	surface := &Surface{
		Provenance:       Provenance{Kind: DiscoverySource, Revision: r.document.Revision, Date: dateOfRevision(r.document.Revision)},
		Says:             slices.DeleteFunc(Topics(), func(topic Topic) bool { return slices.Contains(notInDiscovery, topic) }),
		Endpoint:         strings.TrimSuffix(r.document.RootURL, "/"),
		SystemParameters: slices.Sorted(maps.Keys(r.document.Parameters)), AllSystemParameters: true,
		Descriptions: map[string]string{},
	}
	var err error
	if surface.Retry, err = r.call(retry); err != nil {
		return nil, err
	}
	if err := r.scopes(surface, retry); err != nil {
		return nil, err
	}
	if state, found := findMethod(r.document.Resources, readStateMethod); found {
		if surface.ReadState, err = r.call(state); err != nil {
			return nil, err
		}
		surface.readStates()
	}
	surface.describe("method", oneLine(retry.Description))
	for _, parameter := range retry.Parameters {
		if parameter["location"] == "path" {
			surface.describe("parameter in the path", oneLine(parameter["description"]))
		}
	}
	surface.describeAnswer()
	surface.Prose = r.prose(retry, surface)
	return surface, nil
}

// findMethod finds the method whose id ends in a name.
func findMethod(resources map[string]discoveryResource, name string) (discoveryMethod, bool) {
	for _, key := range slices.Sorted(maps.Keys(resources)) {
		resource := resources[key]
		for _, method := range slices.Sorted(maps.Keys(resource.Methods)) {
			if strings.HasSuffix("."+resource.Methods[method].ID, "."+name) {
				return resource.Methods[method], true
			}
		}
		if method, found := findMethod(resource.Resources, name); found {
			return method, true
		}
	}
	return discoveryMethod{}, false
}

// call reads one method.
func (r *discoveryReader) call(method discoveryMethod) (Call, error) {
	if method.HTTPMethod == "" || method.Path == "" {
		return Call{}, r.fail("looked for httpMethod and path of %s, and did not find both", method.ID)
	}
	pattern := ""
	for name, parameter := range method.Parameters {
		if parameter["location"] == "path" && strings.Contains(method.Path, "{+"+name+"}") {
			pattern = textOf(parameter["pattern"])
		}
	}
	rule := method.Path
	if pattern == "" && method.FlatPath != "" && strings.Contains(method.Path, "{+") {
		// Without the pattern of the name, this alone says where the id stands.
		rule = method.FlatPath
	}
	path, id, err := parseRule(strings.TrimPrefix(r.document.ServicePath, "/")+rule, pattern)
	if err != nil {
		return Call{}, r.fail("%s: %s", method.ID, err)
	}
	call := Call{Method: strings.ToUpper(method.HTTPMethod), Path: path, IDPattern: id, Deprecated: method.Deprecated, Scopes: method.Scopes}
	call.Parameters = parametersOf(method)
	if call.Request, err = r.message(method.ID, method.Request); err != nil {
		return Call{}, err
	}
	answer, err := r.message(method.ID, method.Response)
	if err != nil {
		return Call{}, err
	}
	if answer != nil {
		// A discovery document gives no status: a method that works answers 200.
		call.Answers = map[string]map[string]any{"200": answer}
	}
	return call, nil
}

// parametersOf lists the parameters of a method beside those of its path.
func parametersOf(method discoveryMethod) []Parameter {
	var found []Parameter
	for _, name := range slices.Sorted(maps.Keys(method.Parameters)) {
		members := method.Parameters[name]
		if location := textOf(members["location"]); location != "path" {
			found = append(found, Parameter{Name: name, In: location, Required: members["required"] == true, Form: formOf(members)})
		}
	}
	return found
}

func (r *discoveryReader) message(method string, reference *schemaReference) (map[string]any, error) {
	if reference == nil {
		return nil, nil
	}
	schema, found := r.document.Schemas[reference.Ref]
	if !found {
		return nil, r.fail("looked for the schema %q of %s, and did not find it", reference.Ref, method)
	}
	unfolded, ok := r.unfold(schema, []string{reference.Ref}).(map[string]any)
	if r.schemas < 0 || !ok {
		return nil, r.fail("the schema %q of %s unfolds to more than %d parts", reference.Ref, method, schemaBudget)
	}
	return unfolded, nil
}

// unfold makes JSON Schema of a schema of discovery: it follows references, and
// leaves out a message inside itself.
func (r *discoveryReader) unfold(value any, inside []string) any {
	if r.schemas--; r.schemas < 0 {
		return nil
	}
	switch value := value.(type) {
	case []any:
		list := make([]any, 0, len(value))
		for _, element := range value {
			list = append(list, r.unfold(element, inside))
		}
		return list
	case map[string]any:
		if name, isReference := value["$ref"].(string); isReference {
			if slices.Contains(inside, name) || r.document.Schemas[name] == nil {
				return map[string]any{}
			}
			return r.unfold(r.document.Schemas[name], append(slices.Clone(inside), name))
		}
		return r.unfoldMembers(value, inside)
	}
	return value
}

// discoveryKeys are the members of a schema of discovery that JSON Schema does
// not have, or has with another meaning.
var discoveryKeys = []string{"id", "required", "enumDeprecated", "annotations", "readOnly"}

func (r *discoveryReader) unfoldMembers(schema map[string]any, inside []string) any {
	unfolded := map[string]any{}
	for key, member := range schema {
		switch {
		case key == "properties":
			// Names of members are not keywords.
			properties := map[string]any{}
			members, _ := member.(map[string]any)
			for name, property := range members {
				properties[name] = r.unfold(property, inside)
			}
			unfolded[key] = properties
		case slices.Contains(discoveryKeys, key):
		case key == "enumDescriptions":
			unfolded[enumDescriptions] = member
		case key == "format" && member == "google-datetime":
			// RFC 3339 on the wire, as date-time is.
			unfolded[key] = "date-time"
		default:
			unfolded[key] = r.unfold(member, inside)
		}
	}
	return unfolded
}

// scopes reads the scopes of the method with their descriptions.
func (r *discoveryReader) scopes(surface *Surface, method discoveryMethod) error {
	for _, name := range method.Scopes {
		declared, found := r.document.Auth.OAuth2.Scopes[name]
		if !found {
			return r.fail("looked for the scope %s of %s under auth.oauth2.scopes, and did not find it", name, method.ID)
		}
		if slices.ContainsFunc(surface.Scopes, func(scope Scope) bool { return scope.Name == name }) {
			return r.fail("the scope %s stands twice at %s", name, method.ID)
		}
		surface.Scopes = append(surface.Scopes, Scope{name, declared.Description})
	}
	return nil
}

// prose collects what the document says where the page says the same.
func (r *discoveryReader) prose(retry discoveryMethod, surface *Surface) Prose {
	texts := []string{retry.Description}
	for _, parameter := range retry.Parameters {
		texts = append(texts, oneLine(parameter["description"]))
	}
	texts = append(texts, describedTexts(surface.Retry.Answers["200"])...)
	var prose Prose
	for _, text := range texts {
		prose.Sentences = append(prose.Sentences, splitSentences(text)...)
	}
	return prose
}

// dateOfRevision reads a revision such as 20260719.
func dateOfRevision(revision string) string {
	day, err := time.Parse("20060102", revision)
	if err != nil {
		return ""
	}
	return day.Format(time.DateOnly)
}
