package scenario

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Parse reads one scenario. Every mistake is a *text.UsageError with its place.
func Parse(method *spec.Method, file string, content []byte) (*Scenario, error) {
	return parse(method, file, content, false)
}

// parse is Parse; a shipped scenario may list what the description does not have.
func parse(method *spec.Method, file string, content []byte, shipped bool) (*Scenario, error) {
	root, err := text.ParseYAML(file, content)
	if err != nil {
		return nil, err
	}
	if root.IsEmpty() {
		return nil, text.Mistake(file+":1", "the file is empty", "dpconform client --print-scenario success shows one to begin with")
	}
	one := &Scenario{Consume: ConsumeAll, file: file, Text: string(content), shipped: shipped}
	read, err := readMembers(root, scenarioKeys(method), one, "name", "title", "steps")
	if err != nil {
		return nil, err
	}
	if one.AtMost > 0 && one.AtMost < len(one.Steps) {
		return nil, read.At("at-most").Mistake("give at least as many as there are steps", "%d is less than the %d steps", one.AtMost, len(one.Steps))
	}
	if one.First != nil && !one.warm() {
		return nil, read.At("first").Mistake("add warm: only", "the scenario has no first call")
	}
	for i, id := range one.MustNot {
		if slices.Contains(one.Must, id) {
			items, _ := read.At("must-not").Items()
			return nil, items[i].Mistake("leave it in one of the two", "%s is in must as well", id)
		}
	}
	known := len(method.ClientRequirements) > 0
	one.about = len(one.Must) + len(one.MustNot)
	for _, ids := range []*[]string{&one.Must, &one.MustNot} {
		*ids = slices.DeleteFunc(*ids, func(id string) bool {
			_, demanded := method.ClientRequirement(id)
			return known && !demanded || method.Unmet(id) != ""
		})
	}
	one.Inapplicable = one.inapplicable(method, known)
	return one, nil
}

// key is one key of a mapping: what is said of it to a reader, and how its value
// is read.
type key[T any] struct {
	name         string
	takes, about string
	read         func(value text.YAML, to *T) error
}

// into reads a value into a field.
func into[T, V any](read func(text.YAML) (V, error), field func(*T) *V) func(text.YAML, *T) error {
	return func(value text.YAML, to *T) (err error) {
		*field(to), err = read(value)
		return err
	}
}

// readMembers reads a mapping of known keys, some of which are required.
func readMembers[T any](value text.YAML, keys []key[T], to *T, required ...string) (text.Mapping, error) {
	names := make([]string, len(keys))
	for i, one := range keys {
		names[i] = one.name
	}
	read, err := value.Members(names...)
	if err != nil {
		return read, err
	}
	for _, member := range read.Entries {
		one := keys[slices.Index(names, member.Name)]
		if member.Value.IsNull() {
			return read, member.Value.Mistake("give "+one.takes, "it has no value")
		}
		if err := one.read(member.Value, to); err != nil {
			return read, err
		}
	}
	for _, name := range required {
		if !read.Has(name) {
			return read, read.Mistake("add it", "it has no %s", name)
		}
	}
	return read, nil
}

func steps(value text.YAML, method *spec.Method) ([]Step, error) {
	items, err := value.Items()
	switch {
	case err != nil:
		return nil, value.Mistake("begin each step with a hyphen", "want a list of steps, got %s", value)
	case len(items) == 0:
		return nil, value.Mistake("add one, such as - reference: true", "the scenario has no steps")
	case len(items) > MostRequests:
		return nil, value.Mistake("remove some", "a scenario has at most %d steps", MostRequests)
	}
	all := make([]Step, len(items))
	for i, item := range items {
		one, err := step(item.Named(fmt.Sprintf("step %d", i+1)), method)
		if err != nil {
			return nil, err
		}
		all[i] = *one
	}
	return all, nil
}

func step(value text.YAML, method *spec.Method) (*Step, error) {
	var one Step
	read, err := readMembers(value, stepKeys(method), &one)
	if err == nil {
		err = checkStep(read, one, method)
	}
	return &one, err
}

// oneOf reads one of a few words.
func oneOf[T ~string](what string, value text.YAML, known ...T) (T, error) {
	words := make([]string, len(known))
	for i, one := range known {
		words[i] = string(one)
	}
	word, err := value.OneOf(what, words)
	return T(word), err
}

// valid reads a value that has to pass a test.
func valid[V any](what string, read func(text.YAML) (V, error), passes func(V) bool, fix string) func(text.YAML) (V, error) {
	return func(value text.YAML) (V, error) {
		is, err := read(value)
		if err == nil && !passes(is) {
			err = value.Mistake(fix, "invalid %s %s", what, value)
		}
		return is, err
	}
}

var (
	name = valid("name", text.YAML.Text, func(name string) bool { return scenarioName().MatchString(name) },
		"write lower case letters, digits, and hyphens between them")
	jobEnd = valid("end of an id", text.YAML.Text, func(end string) bool { return !strings.Contains(end, "/") },
		"remove the slash: an id is one segment of a path")
	redirect = valid("redirect status", whole(300, 399), func(status int) bool { return status < 304 && status > 300 || status == 307 || status == 308 },
		"use 301, 302, 303, 307 or 308")
	interim = valid("status of an interim response", whole(100, 103), func(status int) bool { return status != http.StatusSwitchingProtocols },
		"use 100, 102 or 103")
	// A name, and a value behind an equals sign (RFC 9112, 7.1.1).
	chunkExtension = valid("chunk extension", text.YAML.Text, func(extension string) bool {
		name, given, _ := strings.Cut(extension, "=")
		return httpguts.ValidHeaderFieldName(name) && (given == "" || httpguts.ValidHeaderFieldName(given))
	}, "write a name, or a name, = and a value, of letters and digits")
	scenarioName = text.Pattern(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
)

// checkStep checks members that are right by themselves together.
func checkStep(read text.Mapping, step Step, method *spec.Method) error {
	var responses, given []string
	for _, one := range stepKeys(method)[:responseKeys] {
		responses = append(responses, one.name)
		if read.Has(one.name) {
			given = append(given, one.name)
		}
	}
	refuse := func(wrong bool, message string, names ...string) error {
		for _, name := range names {
			if wrong && read.Has(name) {
				return read.At(name).Mistake("leave it out", "%s", message)
			}
		}
		return nil
	}
	const nothing = "false says nothing"
	err := cmp.Or(refuse(!step.Reference, nothing, "reference"), refuse(!step.Reset, nothing, "reset"), refuse(!step.HangUp, nothing, "hang-up"))
	switch {
	case err != nil:
		return err
	case len(given) == 0:
		return read.Mistake("add one of "+text.List(responses, "or"), "it has no response")
	case len(given) > 1:
		later := read.At(given[1])
		if first := read.At(given[0]); first.Line() > later.Line() {
			later = first
		}
		return later.Mistake("leave one out", "the step has both %s and %s", given[0], given[1])
	}
	return cmp.Or(
		refuse(step.Reset || step.HangUp, "with "+given[0]+" there is no response to change", "header", "truncate", "add", "without-id",
			"retry-after-date", "interim", "split", "chunk-extension", "close"),
		refuse(!step.Reference && step.Response == nil, "it changes a success, and "+given[0]+" is not one", "add", "without-id"),
		refuse(step.Truncate && (step.Split || step.ChunkExtension != "" || step.Close), "with truncate the response has no end that it could change", "split", "chunk-extension", "close"),
		refuse(step.Redirect != 0 || step.RedirectHere != 0 || step.Response != nil && len(step.Response.Body) < 2, "there is no body to cut", "truncate", "split", "chunk-extension"),
	)
}

func refusal(value text.YAML, method *spec.Method) (*Error, error) {
	var refused Error
	read, err := readMembers(value, errorKeys(method), &refused, "code", "message")
	if err == nil && refused.Message == "" {
		err = read.At("message").Mistake("write what the client has to show", "it is empty")
	}
	return &refused, err
}

func asIs(value text.YAML) (*Response, error) {
	var whole Response
	read, err := readMembers(value, responseMembers(), &whole, "status")
	if err == nil && whole.Body != "" && (whole.Status == http.StatusNoContent || whole.Status == http.StatusNotModified) {
		err = read.At("body").Mistake("leave it out", "a response %d has none", whole.Status)
	}
	return &whole, err
}

func title(value text.YAML) (string, error) {
	title, err := value.Text()
	title = strings.TrimSpace(title)
	if err == nil && (title == "" || strings.Contains(title, "\n")) {
		err = value.Mistake("say in one line what the server does", "it is not one line of text")
	}
	return title, err
}

func consumption(value text.YAML) (Consumption, error) {
	return oneOf("consumption", value, ConsumeAll, ConsumeOrReport)
}

// ownFields are the header fields that the server makes by itself.
var ownFields = []string{"Content-Length", "Transfer-Encoding", "Connection", "Trailer"}

func header(value text.YAML) (map[string]string, error) {
	members, err := value.AnyMembers()
	if err != nil && !value.IsMapping() {
		return nil, value.Mistake(`write header: {Retry-After: "1"}`, "want a mapping of names to strings, got %s", value)
	}
	fields := map[string]string{}
	for _, member := range members {
		content, err := member.Value.Text()
		if err != nil {
			return nil, err
		}
		canonical := http.CanonicalHeaderKey(member.Name)
		_, twice := fields[canonical]
		switch {
		case !httpguts.ValidHeaderFieldName(member.Name):
			return nil, member.Key.Mistake("correct the name", "%s is not the name of a header field", member.Key)
		case !httpguts.ValidHeaderFieldValue(content):
			return nil, member.Value.Mistake("remove line breaks and control characters", "%s cannot have the value %s", canonical, member.Value)
		case twice:
			return nil, member.Key.Mistake("remove one of them", "%s is given twice", canonical)
		case slices.Contains(ownFields, canonical):
			return nil, member.Key.Mistake("remove it", "%s is set by the server itself", canonical)
		}
		fields[canonical] = content
	}
	return fields, err
}

func added(value text.YAML) (map[string]any, error) {
	if !value.IsMapping() {
		return nil, value.Mistake("write add: {newField: 1}", "want a mapping, got %s", value)
	}
	var members map[string]any
	err := value.Decode(&members)
	if err == nil {
		_, err = json.Marshal(members)
	}
	if err != nil {
		return nil, value.Mistake("use texts as keys, and no .inf or .nan", "JSON cannot hold it")
	}
	return members, nil
}

// refused is the state of a job in which the method refuses it, whichever that is.
const refused = "refused"

// state reads a state of a job. With several that are refused it is the last one
// in which no successful call leaves its job.
func state(value text.YAML, method *spec.Method, to *Scenario) (err error) {
	to.Job, err = value.OneOf("state", append(slices.Clone(method.States), refused))
	if err != nil || to.Job != refused {
		return err
	}
	to.Job, to.refused = "", true
	for _, one := range method.RefusedStates() {
		if to.Job == "" || !slices.Contains(method.ResultingStates, one) {
			to.Job = one
		}
	}
	return nil
}

// requirements reads ids of requirements. Those that no scenario can be about for
// the method are right; an id that nobody knows is not, unless the scenario is
// shipped.
func requirements(value text.YAML, method *spec.Method, shipped bool) ([]string, error) {
	items, err := value.Items()
	if err != nil {
		return nil, value.Mistake("write [client.outcome.error]", "want a list of requirements, got %s", value)
	}
	known := make([]string, len(method.ClientRequirements))
	for i, requirement := range method.ClientRequirements {
		known[i] = requirement.ID
	}
	var ids []string
	for _, item := range items {
		id, err := item.Text()
		switch {
		case err != nil:
			return nil, err
		case !slices.Contains(known, id) && len(known) > 0 && !shipped && method.Unmet(id) == "":
			fix := text.DidYouMeanOr(id, known, fmt.Sprintf("dpconform list --client prints all %d", len(known)))
			return nil, item.Mistake(fix, "the description has no requirement %s of clients", item)
		case slices.Contains(ids, id):
			return nil, item.Mistake("remove one of them", "%s is already in line %d", id, items[slices.Index(ids, id)].Line())
		}
		ids = append(ids, id)
	}
	return ids, nil
}
