package source

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// draftPath is a path with one parameter.
type draftPath struct {
	// template is the path as OpenAPI writes it.
	template string
	// parameter is the name of the parameter; pattern and description are empty where
	// the document has none.
	parameter, pattern, description string
}

// described is the parameter as OpenAPI describes it.
func (p draftPath) described() object {
	parameter := object{"name", p.parameter, "in", "path", "required", true}
	if p.description != "" {
		parameter = append(parameter, "description", p.description)
	}
	schema := object{"type", "string"}
	if p.pattern != "" {
		schema = append(schema, "pattern", p.pattern)
	}
	return append(parameter, "schema", schema)
}

var (
	// wildParameter is a parameter of a path that takes several segments.
	wildParameter = text.Pattern(`\{\+([^{}]+)\}`)
	// oneParameter is a path with a collection before its only parameter, and what
	// may follow.
	oneParameter = text.Pattern(`^/(?:[^{}/]+/)+\{[^{}]+\}(?:[:/][^{}]*)?$`)
	// segment is the value of a parameter of a path.
	segment = text.Pattern(`^[A-Za-z0-9._~@-]+$`)
)

// draftPath returns the path of a method. The last parameter stays; the draft has
// values for those before it.
func (w *draftWriter) draftPath(method discoveryMethod) (draftPath, error) {
	rule := w.flat(method)
	variables := variables(rule)
	if len(variables) == 0 {
		return draftPath{}, fail(w.name, "the path of %s, %s, has no parameter, so it names no job: only a method with one can be tested", method.ID, rule)
	}
	last := variables[len(variables)-1]
	var missing []string
	for _, name := range variables[:len(variables)-1] {
		value, given := w.draft.Values[name]
		if !given {
			missing = append(missing, "--value "+name+"=VALUE")
			continue
		}
		if !segment().MatchString(value) {
			return draftPath{}, fail(w.name, "--value %s=%s: it must be one segment of a path", name, value)
		}
		rule = strings.Replace(rule, "{"+name+"}", value, 1)
	}
	if len(missing) > 0 {
		return draftPath{}, fail(w.name, "the path of %s, %s, has %d parameters, and a description has one, the last; give the others: %s",
			method.ID, rule, len(variables), strings.Join(append(missing, w.missingQuery(method)...), " "))
	}
	if !oneParameter().MatchString(rule) {
		return draftPath{}, fail(w.name, "the path of %s, %s, has no collection before its parameter, or more than that in one segment: it cannot be tested", method.ID, rule)
	}
	path := draftPath{template: rule, parameter: last}
	path.pattern, path.description = w.lastParameter(method, last)
	if _, err := regexp.Compile(path.pattern); err != nil {
		path.pattern = ""
	}
	return path, nil
}

// fixedSegments are those of the name of a resource, with * for each that varies.
var fixedSegments = text.Pattern(`^(?:[A-Za-z][A-Za-z0-9_-]*|\*)(?:/(?:[A-Za-z][A-Za-z0-9_-]*|\*))*$`)

// httpRule is Google's own form of the path, with the segments of each parameter
// that takes several: "v1/{name=jobs/*}:stop". It is empty where there is none, or
// its segments are not known.
func httpRule(method discoveryMethod) string {
	if !wildParameter().MatchString(method.Path) {
		return ""
	}
	unknown := false
	rule := wildParameter().ReplaceAllStringFunc(method.Path, func(variable string) string {
		name := strings.Trim(variable, "{+}")
		segments := strings.ReplaceAll(strings.Trim(scalar(method.Parameters[name]["pattern"]), "^$"), "[^/]+", "*")
		unknown = unknown || !fixedSegments().MatchString(segments) || !strings.Contains(segments, "*")
		return "{" + name + "=" + segments + "}"
	})
	if unknown {
		return ""
	}
	return rule
}

// requiredQuery lists the parameters in the query that every request of a method
// has.
func requiredQuery(method discoveryMethod) (names []string) {
	for _, name := range sortedKeys(method.Parameters) {
		if members := method.Parameters[name]; members["location"] == "query" && members["required"] == true {
			names = append(names, name)
		}
	}
	return names
}

// missingQuery lists the flags that give what a query must have.
func (w *draftWriter) missingQuery(method discoveryMethod) (flags []string) {
	for _, name := range requiredQuery(method) {
		if w.draft.Values[name] == "" {
			flags = append(flags, "--value "+name+"=VALUE")
		}
	}
	return flags
}

// checkValues refuses a value for what is not a parameter that needs one.
func (w *draftWriter) checkValues() error {
	path := variables(w.flat(w.method))
	known := append(slices.Clone(path), requiredQuery(w.method)...)
	if state, is := w.stateMethod(); is {
		known = append(known, requiredQuery(state)...)
	}
	for _, name := range sortedKeys(w.draft.Values) {
		switch {
		case !slices.Contains(known, name) && len(known) > 0:
			return fail(w.name, "--value %s: neither the path of %s nor what its query must have has such a parameter; %s", name, w.method.ID, text.DidYouMean(name, known))
		case len(path) > 0 && name == path[len(path)-1]:
			return fail(w.name, "--value %s: it is the last parameter of the path of %s, which names the job and stays", name, w.method.ID)
		}
	}
	return nil
}

// variables lists the names of the parameters of a path.
func variables(path string) (names []string) {
	for _, variable := range pathVariable().FindAllString(path, -1) {
		names = append(names, strings.Trim(variable, "{+}"))
	}
	return names
}

// flat returns the path of a method with a parameter for each segment that has no
// fixed name.
func (r *discoveryReader) flat(method discoveryMethod) string {
	path := method.FlatPath
	if path == "" {
		path = wildParameter().ReplaceAllStringFunc(method.Path, func(variable string) string {
			name := strings.Trim(variable, "{+}")
			parts := resourcePattern().FindStringSubmatch(scalar(method.Parameters[name]["pattern"]))
			if parts == nil {
				return "{" + name + "}"
			}
			return parts[1] + "{" + name + "}" + parts[3]
		})
	}
	return "/" + strings.TrimPrefix(r.document.ServicePath, "/") + strings.TrimPrefix(wildParameter().ReplaceAllString(path, "{$1}"), "/")
}

// filled returns the path of a method with the values that a description has for
// its parameters before the last one. There are none where the two paths differ in
// more than that.
func (r *discoveryReader) filled(method discoveryMethod, wanted spec.PathTemplate) (path string, values map[string]string) {
	path, values = r.flat(method), map[string]string{}
	from, to := strings.Split(path, "/"), strings.Split(wanted.String(), "/")
	names := variables(path)
	for i, segment := range from {
		switch {
		case len(from) != len(to) || len(names) == 0:
			return path, nil
		case segment == to[i] || strings.HasPrefix(segment, "{"+names[len(names)-1]+"}"):
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}"):
			values[strings.Trim(segment, "{}")] = to[i]
			path = strings.Replace(path, segment, to[i], 1)
		default:
			return path, nil
		}
	}
	return path, values
}

// lastParameter returns the pattern and the description of the last parameter of
// a flat path. One that takes several segments has those of the last of them.
func (r *discoveryReader) lastParameter(method discoveryMethod, name string) (pattern, description string) {
	members, own := method.Parameters[name]
	pattern = scalar(members["pattern"])
	if wild := wildParameter().FindAllStringSubmatch(method.Path, -1); len(wild) > 0 && (!own || wild[len(wild)-1][1] == name) {
		members = method.Parameters[wild[len(wild)-1][1]]
		pattern = lastSegment(scalar(members["pattern"]))
	}
	return pattern, oneLine(members["description"])
}

// lastSegment returns the pattern of the last wildcard in the pattern of a
// resource name, such as "^folders/[^/]+/jobs/[^/]+$", or nothing.
func lastSegment(pattern string) string {
	const one = "[^/]+"
	steps := strings.Split(strings.ReplaceAll(strings.Trim(pattern, "^$"), one, "*"), "/")
	for _, step := range slices.Backward(steps) {
		switch step {
		case "*":
			return oneSegment
		case ".*", ".+":
			return "^" + step + "$"
		}
	}
	return ""
}

// findState finds the method that reads the state of the same job: a GET whose
// response has an enum called state or status, and no other before it.
func (w *draftWriter) findState() (discoveryMethod, bool) {
	job, _, _ := strings.Cut(shape(w.path.template), ":")
	job = job[:strings.Index(job, "{}")+len("{}")]
	var found discoveryMethod
	for _, method := range w.discoveryReader.document.methods() {
		if method.HTTPMethod != "GET" || method.ID == w.method.ID || w.stateField(method) == "" {
			continue
		}
		path, err := w.draftPath(method)
		switch {
		case err != nil:
		case shape(path.template) == job:
			return method, true
		case strings.HasPrefix(shape(path.template), job+"/") && found.ID == "":
			found = method
		}
	}
	return found, found.ID != ""
}

// stateMethod is the method that reads the state of a job, where the draft says
// something of states.
func (w *draftWriter) stateMethod() (discoveryMethod, bool) {
	if len(w.draft.AcceptedStates) == 0 {
		return discoveryMethod{}, false
	}
	return w.findState()
}

// namesState is what the member is called that has the state.
var namesState = text.Pattern(`(?i)(?:^|[a-z])(?:state|status)$`)

// stateField returns the member with the state in the response of a method.
func (w *draftWriter) stateField(method discoveryMethod) string {
	properties := mapping(w.discoveryReader.document.Schemas[method.Response.Ref]["properties"])
	for _, name := range sortedKeys(properties) {
		if len(list(mapping(properties[name])["enum"])) > 0 {
			if namesState().MatchString(name) {
				return name
			}
			return ""
		}
	}
	return ""
}

// states lists the states that the response of a method may have.
func (w *draftWriter) states(method discoveryMethod) (states []string) {
	properties := mapping(w.discoveryReader.document.Schemas[method.Response.Ref]["properties"])
	for _, state := range list(mapping(properties[w.stateField(method)])["enum"]) {
		states = append(states, fmt.Sprint(state))
	}
	return states
}

// unspecifiedState returns the state that no job is in: AIP-126 has it first.
func (w *draftWriter) unspecifiedState(method discoveryMethod) string {
	if states := w.states(method); len(states) > 0 && strings.HasSuffix(states[0], "UNSPECIFIED") {
		return states[0]
	}
	return ""
}

// checkStates refuses an accepted state that no job can be in.
func (w *draftWriter) checkStates(method discoveryMethod) error {
	states := w.states(method)
	for _, state := range w.draft.AcceptedStates {
		if !slices.Contains(states, state) {
			return fail(w.name, "--accepted-states: %q is no state of %s; %s", state, method.ID, text.DidYouMean(state, states))
		}
	}
	return nil
}
