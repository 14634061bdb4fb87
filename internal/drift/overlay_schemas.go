package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
)

// scopeChanges changes which scopes are enough for both methods, and which are
// declared.
func (p *patch) scopeChanges() {
	if !p.both(source.ScopesTopic) {
		return
	}
	before, after := map[string]string{}, scopesByName(p.against)
	kept := map[string]bool{}
	p.calls(func(operation spot, old, now source.Call) {
		p.security(operation, old.Scopes, now.Scopes)
		for _, scope := range old.Scopes {
			before[scope] = ""
		}
		for _, scope := range now.Scopes {
			kept[scope] = true
			if _, described := after[scope]; !described {
				after[scope] = ""
			}
		}
	})
	for _, scope := range p.scopesOfOthers() {
		kept[scope] = true
	}
	for _, scopes := range p.declarations() {
		declared := set(namesIn(scopes.value))
		for _, scope := range onlyIn(before, after) {
			if _, is := declared[scope]; is && !kept[scope] {
				p.remove(scopes.path + selector(scope))
			}
		}
		added := &yaml.Node{Kind: yaml.MappingNode}
		for _, scope := range onlyIn(after, declared) {
			if _, was := before[scope]; !was {
				added.Content = append(added.Content, scalar(scope), scalar(after[scope]))
			}
		}
		if len(added.Content) > 0 {
			p.update(scopes, added)
		}
	}
}

// security changes the alternatives of one operation, or those of the whole
// description, where the operation has none of its own.
func (p *patch) security(operation spot, before, after []string) {
	owner := operation
	alternatives := p.at(owner, "security")
	if !alternatives.found() {
		owner = p.top()
		alternatives = p.at(owner, "security")
	}
	if !alternatives.found() {
		return
	}
	scheme := ""
	byScope := map[string]string{}
	for _, alternative := range alternatives.value.Content {
		for _, name := range namesIn(alternative) {
			for _, scope := range text.MemberNode(alternative, name).Content {
				byScope[scope.Value] = name
			}
			if scheme == "" {
				scheme = name
			}
		}
	}
	for _, scope := range sorted(missing(before, after)) {
		if byScope[scope] != "" {
			p.remove(alternatives.path + "[?(@" + selector(byScope[scope]) + "[0] == " + quoted(scope) + ")]")
		}
	}
	var added []*yaml.Node
	for _, scope := range sorted(missing(after, before)) {
		names := sequence(scalar(scope))
		names.Style = yaml.FlowStyle
		added = append(added, members(scheme, names))
	}
	if len(added) > 0 && scheme != "" {
		p.update(owner, members("security", sequence(added...)))
	}
}

// scopesOfOthers lists the scopes of the operations that the comparison is not
// about.
func (p *patch) scopesOfOthers() []string {
	var scopes []string
	paths := p.at(p.top(), "paths")
	for _, path := range namesIn(paths.value) {
		item := p.at(paths, path)
		for _, name := range namesIn(item.value) {
			operation := p.at(item, name)
			if operation.value == p.method.value || p.bothReadState() && operation.value == p.readState.value {
				continue
			}
			if alternatives := p.at(operation, "security"); alternatives.found() {
				for _, alternative := range alternatives.value.Content {
					scopes = append(scopes, flat(alternative)...)
				}
			}
		}
	}
	return scopes
}

// declarations lists the mappings of scopes to their descriptions in the flows of
// OAuth.
func (p *patch) declarations() []spot {
	var found []spot
	schemes := p.at(p.top(), "components", "securitySchemes")
	for _, scheme := range namesIn(schemes.value) {
		flows := p.at(schemes, scheme, "flows")
		for _, flow := range namesIn(flows.value) {
			if scopes := p.at(flows, flow, "scopes"); scopes.found() {
				found = append(found, scopes)
			}
		}
	}
	return found
}

func (p *patch) scopeDescriptions() {
	before, after := scopesByName(p.from), scopesByName(p.against)
	for _, scopes := range p.declarations() {
		changed := &yaml.Node{Kind: yaml.MappingNode}
		for _, scope := range inBoth(before, after) {
			if before[scope] != after[scope] && after[scope] != "" && text.MemberNode(scopes.value, scope) != nil {
				changed.Content = append(changed.Content, scalar(scope), scalar(after[scope]))
			}
		}
		if len(changed.Content) > 0 {
			p.update(scopes, changed)
		}
	}
}

// schemaOf finds the schema of a body, by the rule of package source: that of
// JSON, or of the first media type.
func (p *patch) schemaOf(body spot) spot {
	content := p.at(body, "content")
	mediaTypes := sorted(namesIn(content.value))
	if len(mediaTypes) == 0 {
		return spot{}
	}
	chosen := max(0, slices.IndexFunc(mediaTypes, func(mediaType string) bool { return strings.HasPrefix(mediaType, "application/json") }))
	return p.at(content, mediaTypes[chosen], "schema")
}

func (p *patch) bodiesOfMethod() {
	before, after := p.from.Method, p.against.Method
	if p.both(source.RequestTopic) && before.Request != nil && after.Request != nil {
		p.schemaChanges(p.schemaOf(p.at(p.method, "requestBody")), p.bare(before.Request), p.bare(after.Request), after.Request)
	}
	p.responses(p.method, before, after, "")
}

func (p *patch) bodiesOfReadState() {
	if p.bothReadState() {
		p.responses(p.readState, p.from.ReadState, p.against.ReadState, p.from.StateField)
	}
}

// responses changes the responses of a method, but for the enum of the states,
// which is a topic of its own.
func (p *patch) responses(operation spot, before, after source.Call, stateField string) {
	all := p.at(operation, "responses")
	speaks := func(status string) bool { return successful(status) || p.both(source.ErrorsTopic) }
	for _, status := range onlyIn(before.Responses, after.Responses) {
		if speaks(status) {
			p.remove(all.path + selector(status))
		}
	}
	for _, status := range onlyIn(after.Responses, before.Responses) {
		if speaks(status) {
			p.update(all, members(status, members("description", scalar(statusText(status)),
				"content", members("application/json", members("schema", encoded(after.Responses[status]))))))
		}
	}
	for _, status := range inBoth(before.Responses, after.Responses) {
		if !speaks(status) {
			continue
		}
		old, now := p.bare(before.Responses[status]), p.bare(after.Responses[status])
		if stateField != "" && successful(status) {
			delete(mapping(mapping(old["properties"])[stateField]), "enum")
			delete(mapping(mapping(now["properties"])[stateField]), "enum")
		}
		p.schemaChanges(p.schemaOf(p.at(all, status)), old, now, after.Responses[status])
	}
}

// schemaChanges changes a schema keyword by keyword. Before and after have only
// what is compared; whole is what the source has, for members that are new.
func (p *patch) schemaChanges(at spot, before, after, whole map[string]any) {
	if !at.found() {
		return
	}
	added := map[string]any{}
	for _, keyword := range onlyIn(before, after) {
		p.remove(at.path + selector(keyword))
	}
	for _, keyword := range onlyIn(after, before) {
		added[keyword] = whole[keyword]
	}
	for _, keyword := range inBoth(before, after) {
		old, now := before[keyword], after[keyword]
		oldMembers, oldIs := old.(map[string]any)
		nowMembers, nowIs := now.(map[string]any)
		oldNames, oldAre := texts(old)
		nowNames, nowAre := texts(now)
		switch {
		case fmt.Sprint(old) == fmt.Sprint(now):
		case keyword == "properties" && oldIs && nowIs:
			p.memberChanges(p.at(at, keyword), oldMembers, nowMembers, mapping(whole[keyword]))
		case oldIs && nowIs:
			p.schemaChanges(p.at(at, keyword), oldMembers, nowMembers, mapping(whole[keyword]))
		case oldAre && nowAre:
			p.names(at, keyword, oldNames, nowNames)
		default:
			// An update of a list, or to another type, would not replace it.
			p.remove(at.path + selector(keyword))
			added[keyword] = whole[keyword]
		}
	}
	if len(added) > 0 {
		p.update(at, encoded(added))
	}
}

// memberChanges changes the members of an object.
func (p *patch) memberChanges(at spot, before, after, whole map[string]any) {
	for _, name := range onlyIn(before, after) {
		p.remove(at.path + selector(name))
	}
	added := map[string]any{}
	for _, name := range onlyIn(after, before) {
		added[name] = whole[name]
	}
	if len(added) > 0 {
		p.update(at, encoded(added))
	}
	for _, name := range inBoth(before, after) {
		p.schemaChanges(p.at(at, name), mapping(before[name]), mapping(after[name]), mapping(whole[name]))
	}
}

// texts are the elements of a list of texts, and whether it is one.
func texts(value any) ([]string, bool) {
	elements, is := value.([]any)
	var found []string
	for _, element := range elements {
		one, isText := element.(string)
		found, is = append(found, one), is && isText
	}
	return found, is
}
