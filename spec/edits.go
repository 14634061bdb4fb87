package spec

import (
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
)

// AddScope adds a scope where it belongs by its name, to the security of both
// methods and with its description to the flows of OAuth 2.0.
func (e *Editor) AddScope(scope Scope) error {
	if !scopeForm.MatchString(scope.Name) {
		return e.fail(nil, "%q has not the form of a scope", scope.Name)
	}
	return e.atomically(func() error {
		for list := 0; ; list++ {
			document, err := e.open()
			if err != nil {
				return err
			}
			lists := document.securities()
			if list >= len(lists) {
				break
			}
			if err := e.addAlternative(lists[list], scope.Name); err != nil {
				return err
			}
		}
		for flow := 0; ; flow++ {
			document, err := e.open()
			if err != nil {
				return err
			}
			flows := document.flows()
			if flow >= len(flows) {
				return nil
			}
			if err := e.addMember(flows[flow], scope.Name, scope.Name+": "+scalar(scope.Description)); err != nil {
				return err
			}
		}
	})
}

// atomically undoes what an edit has done before it failed.
func (e *Editor) atomically(edit func() error) error {
	before := slices.Clone(e.lines)
	if err := edit(); err != nil {
		e.lines = before
		return err
	}
	return nil
}

// scopeOf is the scalar with the scope of an alternative of security.
func scopeOf(alternative *yaml.Node) *yaml.Node {
	if alternative.Kind != yaml.MappingNode || len(alternative.Content) != 2 || len(alternative.Content[1].Content) != 1 {
		return nil
	}
	return alternative.Content[1].Content[0]
}

// addAlternative writes an alternative as its neighbour is written.
func (e *Editor) addAlternative(list *yaml.Node, scope string) error {
	if list.Style&yaml.FlowStyle != 0 || len(list.Content) == 0 {
		return e.fail(list, "the security is not a list with one alternative a line")
	}
	names := make([]string, len(list.Content))
	for i, alternative := range list.Content {
		name := scopeOf(alternative)
		if name == nil {
			return e.fail(alternative, "the alternative of security does not name one scope")
		}
		names[i] = name.Value
	}
	if slices.Contains(names, scope) {
		return nil
	}
	at := placeOf(names, scope)
	model := list.Content[max(0, at-1)]
	lines := e.block(model)
	written := slices.Clone(e.lines[lines.first : lines.last+1])
	changed := 0
	for i, line := range written {
		// A comment at the end of the model's line is about the model.
		line, _, _ = strings.Cut(line, " #")
		changed += strings.Count(line, scopeOf(model).Value)
		written[i] = strings.TrimRight(strings.Replace(line, scopeOf(model).Value, scope, 1), " ")
	}
	if changed != 1 {
		return e.fail(model, "the scope %s is not written on one line", scopeOf(model).Value)
	}
	if at == 0 {
		e.insert(lines.first-1, written...)
	} else {
		e.insert(lines.last, written...)
	}
	return nil
}

// placeOf is where a name belongs: in its order where the list is sorted, else
// at the end.
func placeOf(names []string, name string) int {
	if !slices.IsSorted(names) {
		return len(names)
	}
	at, _ := slices.BinarySearch(names, name)
	return at
}

// addMember writes a member where it belongs by its name.
func (e *Editor) addMember(mapping *yaml.Node, name string, lines ...string) error {
	if mapping.Style&yaml.FlowStyle != 0 || len(mapping.Content) == 0 {
		return e.fail(mapping, "the mapping is not written with one member a line")
	}
	var names []string
	for i := 0; i < len(mapping.Content); i += 2 {
		names = append(names, mapping.Content[i].Value)
	}
	if slices.Contains(names, name) {
		return nil
	}
	at := placeOf(names, name)
	model := mapping.Content[2*max(0, at-1)]
	indent := strings.Repeat(" ", model.Column-1)
	if strings.TrimSpace(string([]rune(e.lines[model.Line-1])[:model.Column-1])) != "" {
		return e.fail(model, "the first member stands on the line of something else")
	}
	written := make([]string, len(lines))
	for i, line := range lines {
		written[i] = indent + line
	}
	if at == 0 {
		e.insert(model.Line-2, written...)
	} else {
		e.insert(e.block(model, mapping.Content[2*(at-1)+1]).last, written...)
	}
	return nil
}

// RemoveScope takes a scope out of the security of both methods and out of the
// flows of OAuth 2.0.
func (e *Editor) RemoveScope(name string) error {
	return e.atomically(func() error {
		document, err := e.open()
		if err != nil {
			return err
		}
		var gone []span
		for _, list := range document.securities() {
			for _, alternative := range list.Content {
				if scope := scopeOf(alternative); scope != nil && scope.Value == name {
					gone = append(gone, e.block(alternative))
				}
			}
			if list.Style&yaml.FlowStyle != 0 {
				return e.fail(list, "the security is not a list with one alternative a line")
			}
		}
		for _, flow := range document.flows() {
			for i := 0; i+1 < len(flow.Content); i += 2 {
				if flow.Content[i].Value == name {
					gone = append(gone, e.block(flow.Content[i], flow.Content[i+1]))
				}
			}
			if flow.Style&yaml.FlowStyle != 0 {
				return e.fail(flow, "the scopes are not written with one member a line")
			}
		}
		slices.SortFunc(gone, func(a, b span) int { return b.first - a.first })
		for _, lines := range gone {
			e.remove(lines)
		}
		return nil
	})
}

// DescribeScope changes the description of a scope.
func (e *Editor) DescribeScope(scope Scope) error {
	return e.atomically(func() error {
		document, err := e.open()
		if err != nil {
			return err
		}
		for _, flow := range document.flows() {
			if text := child(flow, scope.Name); text != nil {
				if err := e.replaceScalar(text, scope.Description); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// AddState adds a state to the end of the enum.
func (e *Editor) AddState(state string) error {
	if !stateForm.MatchString(state) {
		return e.fail(nil, "%q has not the form of a state", state)
	}
	document, err := e.open()
	if err != nil {
		return err
	}
	enum := document.states()
	if enum == nil || len(enum.Content) == 0 {
		return e.fail(enum, "there is no enum of states")
	}
	last := enum.Content[len(enum.Content)-1]
	before, raw, after, ok := e.cut(last)
	switch {
	case !ok:
		return e.fail(last, "the state is not written on one line")
	case enum.Style&yaml.FlowStyle != 0:
		e.lines[last.Line-1] = before + raw + ", " + scalar(state) + after
	default:
		e.insert(last.Line-1, before+scalar(state))
	}
	return nil
}

// RemoveState takes a state out of the enum.
func (e *Editor) RemoveState(state string) error {
	document, err := e.open()
	if err != nil {
		return err
	}
	enum := document.states()
	if enum == nil {
		return e.fail(nil, "there is no enum of states")
	}
	index := slices.IndexFunc(enum.Content, func(node *yaml.Node) bool { return node.Value == state })
	if index < 0 || len(enum.Content) < 2 {
		return e.fail(enum, "the state %s is not in the enum, or alone in it", state)
	}
	node := enum.Content[index]
	before, _, after, ok := e.cut(node)
	switch {
	case !ok:
		return e.fail(node, "the state is not written on one line")
	case enum.Style&yaml.FlowStyle == 0:
		e.remove(span{node.Line - 1, node.Line - 1})
	case index > 0 && strings.HasSuffix(strings.TrimRight(before, " "), ","):
		e.lines[node.Line-1] = strings.TrimSuffix(strings.TrimRight(before, " "), ",") + after
	default:
		e.lines[node.Line-1] = before + strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(after, " "), ","), " ")
	}
	return nil
}
