package drift

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
)

// steps are what an overlay is made of. Each sees the description that those
// before it have made.
var steps = []struct {
	topics []source.Topic
	make   func(*patch)
}{
	{[]source.Topic{source.MethodTopic}, (*patch).moveMethod},
	{[]source.Topic{source.StateMethodTopic}, (*patch).moveReadState},
	{[]source.Topic{source.EndpointTopic}, (*patch).endpoint},
	{[]source.Topic{source.IDTopic}, (*patch).idPattern},
	{[]source.Topic{source.DeprecationTopic}, (*patch).deprecation},
	{[]source.Topic{source.BodyTopic}, (*patch).bodyNeeds},
	{[]source.Topic{source.ParametersTopic}, (*patch).parameterChanges},
	{[]source.Topic{source.RequestTopic, source.ResponseTopic, source.ErrorsTopic}, (*patch).bodiesOfMethod},
	{[]source.Topic{source.StateMethodTopic}, (*patch).bodiesOfReadState},
	{[]source.Topic{source.ScopesTopic, source.StateMethodTopic}, (*patch).scopeChanges},
	{[]source.Topic{source.ScopeDescriptionsTopic}, (*patch).scopeDescriptions},
	{[]source.Topic{source.StatesTopic}, (*patch).stateChanges},
	{[]source.Topic{source.AcceptedStatesTopic}, (*patch).acceptedStates},
	{[]source.Topic{source.CodesTopic}, (*patch).codeChanges},
	{[]source.Topic{source.SystemParametersTopic}, (*patch).systemParameterChanges},
	{[]source.Topic{source.DescriptionsTopic}, (*patch).descriptionChanges},
}

func (p *patch) top() spot { return spot{"$", p.root} }

func (p *patch) moveMethod() { p.move(p.method, p.from.Method, p.against.Method) }

func (p *patch) moveReadState() {
	if p.bothReadState() && place(p.from.ReadState) != place(p.against.ReadState) {
		p.move(p.readState, p.from.ReadState, p.against.ReadState)
	}
}

// move gives an operation another path or HTTP method. An overlay has no action
// that renames, so it repeats the operation.
func (p *patch) move(moving spot, before, after source.Call) {
	path := after.Path
	path.Parameter = parameterName(before.Key)
	item := p.at(p.top(), "paths", before.Key)
	operation := strings.ToLower(after.Method)
	if path.String() == before.Key {
		p.update(item, members(operation, moving.value))
	} else {
		// The other operations of the path stay where they are.
		moved := &yaml.Node{Kind: yaml.MappingNode}
		for _, name := range namesIn(item.value) {
			if !slices.Contains([]string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}, name) {
				moved.Content = append(moved.Content, scalar(name), text.MemberNode(item.value, name))
			}
		}
		moved.Content = append(moved.Content, scalar(operation), moving.value)
		p.update(p.at(p.top(), "paths"), members(path.String(), moved))
	}
	p.remove(moving.path)
}

// parameterName is the name of the parameter of a path of OpenAPI.
func parameterName(path string) string {
	_, name, _ := strings.Cut(path, "{")
	name, _, _ = strings.Cut(name, "}")
	return name
}

func (p *patch) endpoint() {
	if servers := p.at(p.top(), "servers"); servers.found() && len(servers.value.Content) > 0 {
		p.update(spot{servers.path + "[0]", servers.value.Content[0]}, members("url", scalar(p.against.Endpoint)))
	}
}

// parameterPlaces lists the parameters of a call, those of its path first.
func (p *patch) parameterPlaces(call source.Call, operation spot) []spot {
	var found []spot
	for _, owner := range []spot{p.at(p.top(), "paths", call.Key), operation} {
		list := p.at(owner, "parameters")
		if !list.found() {
			continue
		}
		for i, parameter := range list.value.Content {
			found = append(found, p.referred(spot{list.path + "[" + strconv.Itoa(i) + "]", parameter}))
		}
	}
	return found
}

func (p *patch) idPattern() {
	schema := p.at(p.pathParameter(), "schema")
	if p.against.Method.IDPattern == "" {
		p.remove(schema.path + ".pattern")
	} else {
		p.update(schema, members("pattern", scalar(p.against.Method.IDPattern)))
	}
}

// pathParameter is the parameter in the path of the method.
func (p *patch) pathParameter() spot {
	for _, parameter := range p.parameterPlaces(p.from.Method, p.method) {
		if in := text.MemberNode(parameter.value, "in"); in != nil && in.Value == "path" {
			return parameter
		}
	}
	return spot{}
}

func (p *patch) deprecation() {
	p.update(p.method, members("deprecated", encoded(p.against.Method.Deprecated)))
}

// calls calls do with both methods on both sides.
func (p *patch) calls(do func(operation spot, before, after source.Call)) {
	do(p.method, p.from.Method, p.against.Method)
	if p.bothReadState() {
		do(p.readState, p.from.ReadState, p.against.ReadState)
	}
}

func (p *patch) bodyNeeds() {
	p.calls(func(operation spot, before, after source.Call) {
		if before.BodyRequired != after.BodyRequired {
			p.update(p.at(operation, "requestBody"), members("required", encoded(after.BodyRequired)))
		}
	})
}

// parameterChanges adds optional and required parameters, and removes others.
func (p *patch) parameterChanges() {
	p.calls(func(operation spot, before, after source.Call) {
		old, now := parametersByName(before), parametersByName(after)
		for _, owner := range []spot{operation, p.at(p.top(), "paths", before.Key)} {
			list := p.at(owner, "parameters")
			for _, name := range onlyIn(old, now) {
				for _, parameter := range p.parameterPlaces(before, operation) {
					in, named := text.MemberNode(parameter.value, "in"), text.MemberNode(parameter.value, "name")
					if in != nil && named != nil && in.Value+" parameter "+named.Value == name && strings.HasPrefix(parameter.path, list.path+"[") {
						p.remove(list.path + "[?(@.in == " + quoted(in.Value) + " && @.name == " + quoted(named.Value) + ")]")
					}
				}
			}
		}
		var added []*yaml.Node
		for _, name := range onlyIn(now, old) {
			schema := &yaml.Node{}
			// It is JSON, or empty.
			_ = yaml.Unmarshal([]byte(now[name].Form), schema)
			made := members("name", scalar(now[name].Name), "in", scalar(now[name].In), "required", encoded(now[name].Required))
			if len(schema.Content) > 0 {
				made.Content = append(made.Content, scalar("schema"), schema.Content[0])
			} else {
				made.Content = append(made.Content, scalar("schema"), &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle})
			}
			added = append(added, made)
		}
		if len(added) > 0 {
			p.update(operation, members("parameters", sequence(added...)))
		}
	})
}

// acceptedStates changes the extension that lists them.
func (p *patch) acceptedStates() {
	p.names(p.method, extension.AcceptedStates, p.from.AcceptedStates, p.against.AcceptedStates)
}

// stateChanges changes the enum of the states.
func (p *patch) stateChanges() {
	field := p.at(p.responseOf(p.readState, p.from.ReadState), "properties", p.from.StateField)
	p.names(field, "enum", p.from.States, p.against.States)
}

// names changes a list of names that a value has as a member.
func (p *patch) names(owner spot, member string, before, after []string) {
	for _, name := range sorted(missing(before, after)) {
		p.remove(owner.path + selector(member) + "[?(@ == " + quoted(name) + ")]")
	}
	if added := missing(after, before); len(added) > 0 {
		p.update(owner, members(member, encoded(added)))
	}
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

func (p *patch) codeChanges() {
	codes := p.at(p.method, extension.Codes)
	before, after := p.from.Codes, p.against.Codes
	for _, name := range onlyIn(before, after) {
		p.remove(codes.path + selector(name))
	}
	for _, name := range sorted(append(onlyIn(after, before), inBoth(after, before)...)) {
		if status, err := strconv.Atoi(after[name]); err == nil && after[name] != before[name] {
			p.update(codes, members(name, encoded(status)))
		}
	}
}

// systemParameterChanges removes parameters. One that is new would need an
// example, which no source gives.
func (p *patch) systemParameterChanges() {
	for _, name := range missing(p.from.SystemParameters, p.against.SystemParameters) {
		p.remove(p.method.path + "['x-system-parameters'][?(@.name == " + quoted(name) + ")]")
	}
}

// descriptionChanges changes texts.
func (p *patch) descriptionChanges() {
	response, state := p.responseOf(p.method, p.from.Method), p.responseOf(p.readState, p.from.ReadState)
	for _, change := range p.result.Changes {
		if change.Topic != source.DescriptionsTopic {
			continue
		}
		member, ofMember := strings.CutPrefix(change.What, "member ")
		at, name := p.method, "description"
		switch {
		case change.What == "method":
			if text.MemberNode(p.method.value, "summary") != nil {
				name = "summary"
			}
		case change.What == "parameter in the path":
			at = p.pathParameter()
		case change.What == "response of the method":
			at = response
		case ofMember && strings.HasSuffix(member, " of the response"):
			at = p.at(response, "properties", strings.TrimSuffix(member, " of the response"))
		case ofMember:
			at = p.at(state, "properties", strings.TrimSuffix(member, " of the state"))
		case change.What != "method in detail":
			continue
		}
		if change.New == "" {
			p.remove(at.path + selector(name))
		} else {
			p.update(at, members(name, scalar(change.New)))
		}
	}
}

// responseOf finds the schema of the successful response of a call.
func (p *patch) responseOf(operation spot, call source.Call) spot {
	status, _ := call.Success()
	return p.schemaOf(p.at(operation, "responses", status))
}

// statusText describes a response that a source only has a schema of.
func statusText(status string) string {
	code, err := strconv.Atoi(status)
	if err != nil || http.StatusText(code) == "" {
		return "Response " + status
	}
	return http.StatusText(code)
}
