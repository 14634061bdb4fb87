package spec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi"
	highoverlay "github.com/pb33f/libopenapi/datamodel/high/overlay"
	"github.com/pb33f/libopenapi/overlay"

	"github.com/dpconform/dpconform/internal/text"
)

// WithOverlay applies an OpenAPI Overlay 1.x document to the description:
// https://spec.openapis.org/overlay/v1.0.0.html. The result keeps the name of the
// description, and Overlays lists the overlay. Its revision is the overlay's version
// if that is a later date.
//
// An action that changes nothing is an error, so that an outdated overlay is
// noticed. Every error is an [*Error] with its location in the overlay.
func (d Description) WithOverlay(file Description) (Description, error) {
	content, actions, err := readActions(file)
	if err != nil {
		return Description{}, err
	}
	document, err := libopenapi.NewOverlayDocument(content)
	if err != nil {
		return Description{}, &Error{File: file.Name, Line: 1, Message: "not an OpenAPI Overlay: " + firstLine(err.Error())}
	}
	_, root, err := d.parse()
	if err != nil {
		return Description{}, err
	}
	var trace trace
	// An overlay changes values, of which one is not another.
	if err := text.ExpandYAML(&root, mostNodes); err != nil {
		return Description{}, &Error{File: d.Name, Message: err.Error()}
	}
	trace.mark(&root, d.origin)
	for i, action := range document.Actions {
		if action.Update != nil {
			if err := text.ExpandYAML(action.Update, mostNodes-len(trace)); err != nil {
				return Description{}, &Error{file.Name, actions[i].Line, 0, err.Error()}
			}
			trace.mark(action.Update, file.origin)
		}
	}
	setRevision(&root, document.Info.Version)
	written, err := yaml.Marshal(&root)
	if err != nil {
		return Description{}, &Error{File: d.Name, Message: "cannot be written as YAML: " + firstLine(err.Error())}
	}
	result, err := overlay.Apply(written, document)
	if err != nil {
		return Description{}, refusedAction(file.Name, document.Actions, actions, err)
	}
	if len(result.Warnings) > 0 {
		warning := result.Warnings[0]
		message := fmt.Sprintf("the action has no effect: %s", warning.Message)
		if warning.Message == nothingMatched {
			message = fmt.Sprintf("the target %s matches nothing in %s; correct the target, or remove the action", warning.Target, d.Name)
		}
		return Description{}, &Error{file.Name, actions[slices.Index(document.Actions, warning.Action)].Line, 0, message}
	}
	overlaid := Description{Name: d.Name, Overlays: append(slices.Clone(d.Overlays), file.Name)}
	overlaid.Text, overlaid.origins, err = trace.unmark(result.Bytes)
	if err != nil {
		return Description{}, &Error{File: file.Name, Line: 1, Message: "its result for " + d.Name + " is not valid: " + firstLine(err.Error())}
	}
	return overlaid, nil
}

// nothingMatched is how libopenapi says that a target matches nothing.
const nothingMatched = "target matched zero nodes"

// refusedAction says which action libopenapi refuses, and why.
func refusedAction(file string, known []*highoverlay.Action, actions []*yaml.Node, err error) error {
	mistake := &Error{File: file, Line: 1, Message: "not an OpenAPI Overlay: " + firstLine(err.Error())}
	var refused *overlay.OverlayError
	if errors.As(err, &refused) && refused.Action != nil {
		mistake.Line = actions[slices.Index(known, refused.Action)].Line
		mistake.Message = fmt.Sprintf("the action for %s cannot be applied: %s", refused.Action.Target, firstLine(refused.Cause.Error()))
		if errors.Is(err, overlay.ErrInvalidJSONPath) {
			mistake.Message = fmt.Sprintf("%q is not a JSONPath expression (RFC 9535); other names than letters, digits and _ are in brackets: ['x-name']",
				refused.Action.Target)
		}
	}
	return mistake
}

// readActions returns the text of an overlay, and its actions, each of which has a
// target and does something. libopenapi ignores keys that it does not know.
func readActions(file Description) (content []byte, actions []*yaml.Node, err error) {
	reader := &loader{file: file.Name}
	content, root, err := file.parse()
	if err != nil {
		return nil, nil, err
	}
	if len(root.Content) == 0 {
		return nil, nil, &Error{file.Name, 1, 0, "not an OpenAPI Overlay: it is empty"}
	}
	members, err := reader.members(root.Content[0], "an overlay", "overlay", "info", "extends", "actions")
	if err != nil {
		return nil, nil, err
	}
	for _, key := range []string{"overlay", "info", "actions"} {
		if members[key] == nil {
			return nil, nil, reader.fail(root.Content[0], "not an OpenAPI Overlay: it has no %s", key)
		}
	}
	if _, err := reader.members(members["info"], "info", "title", "version", "description"); err != nil {
		return nil, nil, err
	}
	if extends := members["extends"]; extends != nil && (extends.Tag != "!!str" || extends.Value == "") {
		return nil, nil, reader.fail(extends, "extends must be the address of a description")
	}
	list := members["actions"]
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, nil, reader.fail(list, "actions must be a list of at least one action")
	}
	for _, action := range list.Content {
		members, err := reader.members(action, "an action", "target", "description", "update", "remove", "copy")
		if err != nil {
			return nil, nil, err
		}
		target, remove := members["target"], members["remove"]
		switch {
		case target == nil || target.Kind != yaml.ScalarNode || target.Value == "":
			return nil, nil, reader.fail(action, "the action has no target: it must be a JSONPath expression")
		case remove != nil && remove.Tag != "!!bool":
			return nil, nil, reader.fail(remove, "remove must be true or false")
		case members["update"] == nil && members["copy"] == nil && (remove == nil || remove.Value == "false"):
			return nil, nil, reader.fail(action, "the action for %s does nothing: it must have update, or remove: true", target.Value)
		}
	}
	return content, list.Content, nil
}

// members returns the members of a mapping. A key that is there twice, or that is
// neither known nor an extension, is an error.
func (l *loader) members(node *yaml.Node, what string, known ...string) (map[string]*yaml.Node, error) {
	if node.Kind != yaml.MappingNode {
		return nil, l.fail(node, "%s must be a mapping with %s", what, strings.Join(known, ", "))
	}
	members := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		switch {
		case members[key.Value] != nil:
			return nil, l.fail(key, "%s occurs twice", key.Value)
		case !slices.Contains(known, key.Value) && !strings.HasPrefix(key.Value, "x-"):
			return nil, l.fail(key, "unknown key %q: %s has %s", key.Value, what, strings.Join(known, ", "))
		}
		members[key.Value] = node.Content[i+1]
	}
	return members, nil
}

// origin is where a node of a description was written.
type origin struct {
	file         string
	line, column int
}

// origin returns where a place in the text was written: in the description's
// own file or in that of an overlay.
func (d Description) origin(line, column int) origin {
	if exact, found := d.origins[[2]int{line, column}]; found {
		return exact
	}
	for above := line; above > 0 && d.origins != nil; above-- {
		if first, found := d.origins[[2]int{above, 0}]; found {
			return origin{first.file, first.line, 0}
		}
	}
	return origin{d.Name, line, column}
}

// located moves an error about an overlaid text to where the mistake was
// written. What an overlay took away is missed in the description, so an error
// there names the overlays.
func (d Description) located(err error) error {
	var mistake *Error
	if !errors.As(err, &mistake) || mistake.File != d.Name || d.origins == nil {
		return err
	}
	from, message := origin{file: d.Name}, mistake.Message
	if mistake.Line > 0 {
		from = d.origin(mistake.Line, mistake.Column)
	}
	if from.file == d.Name {
		message += " (with " + strings.Join(d.Overlays, " and ") + " applied)"
	}
	return &Error{from.file, from.line, from.column, message}
}

// trace carries the origins of nodes through an overlay in anchors, since
// libopenapi takes a text and returns another.
type trace []origin

// anchorPrefix begins the anchors of a trace.
const anchorPrefix = "origin"

// mostNodes bounds a document whose aliases are followed; the shipped
// descriptions have some 5,000 nodes.
const mostNodes = 500_000

// mark gives a node, and every node below it, an anchor.
func (t *trace) mark(root *yaml.Node, at func(line, column int) origin) {
	walk(root, func(node *yaml.Node) {
		if node.Kind != yaml.DocumentNode {
			node.Anchor = anchorPrefix + strconv.Itoa(len(*t))
			*t = append(*t, at(node.Line, node.Column))
		}
	})
}

// unmark takes the anchors out of a text again, and returns the text with the
// origins of its nodes by line and column. The first node of a line is also at
// column 0.
func (t *trace) unmark(marked []byte) (text []byte, origins map[[2]int]origin, err error) {
	var root yaml.Node
	if err := yaml.Unmarshal(marked, &root); err != nil {
		return nil, nil, err
	}
	var order []int
	walk(&root, func(node *yaml.Node) {
		index, err := strconv.Atoi(strings.TrimPrefix(node.Anchor, anchorPrefix))
		if err != nil {
			index = -1
		}
		order = append(order, index)
		node.Anchor = ""
	})
	if text, err = yaml.Dump(&root, yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1)); err != nil {
		return nil, nil, err
	}
	root = yaml.Node{}
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, nil, err
	}
	origins = map[[2]int]origin{}
	walk(&root, func(node *yaml.Node) {
		index := order[0]
		order = order[1:]
		if index < 0 || index >= len(*t) {
			return
		}
		for _, column := range []int{0, node.Column} {
			if at := [2]int{node.Line, column}; origins[at].line == 0 {
				origins[at] = (*t)[index]
			}
		}
	})
	return text, origins, nil
}

// walk visits a node and those below it in the order of the text.
func walk(node *yaml.Node, visit func(*yaml.Node)) {
	visit(node)
	for _, inner := range node.Content {
		walk(inner, visit)
	}
}
