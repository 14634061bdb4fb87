package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Overlay is an OpenAPI Overlay that lets a description say what another source
// says of its method: https://spec.openapis.org/overlay/v1.0.0.html
type Overlay struct {
	// Text is the overlay as YAML; it is empty where it would make no change.
	Text []byte
	// Made are the changes that it makes, and Left those that it does not.
	Made, Left []Change
}

// NewOverlay writes the overlay that makes the changes of a class, or more
// severe, in a description. Extends is the description's address in the overlay,
// or empty.
//
// The changes of each topic are tried: those that do not bring the description
// nearer to the source are left out, so that an overlay makes what drift found and
// nothing else.
func NewOverlay(description spec.Description, against *source.Source, method *spec.Method, class Class, extends string) (Overlay, error) {
	whole, err := newPatch(description, against, method)
	if err != nil {
		return Overlay{}, err
	}
	now, actions := whole, []*yaml.Node(nil)
	for _, step := range steps {
		if !slices.ContainsFunc(now.result.Changes, func(change Change) bool {
			return change.Class.AtLeast(class) && slices.Contains(step.topics, change.Topic)
		}) {
			continue
		}
		step.make(now)
		if len(now.actions) == 0 {
			continue
		}
		if next, nearer := now.tried(description, slices.Concat(actions, now.actions), against, method); nearer {
			actions, now = slices.Concat(actions, now.actions), next
		}
		now.actions = nil
	}
	made := Overlay{Left: now.result.Changes}
	for _, change := range whole.result.Changes {
		if !contains(made.Left, change) {
			made.Made = append(made.Made, change)
		}
	}
	if len(actions) > 0 {
		made.Text, err = document(overlayDocument(method, against.Provenance, extends, actions), made.Left)
	}
	return made, err
}

// tried applies actions to the description, and reports whether it then differs
// from the source in fewer ways than before, and in no new one.
func (p *patch) tried(description spec.Description, actions []*yaml.Node, against *source.Source, method *spec.Method) (*patch, bool) {
	made, err := document(overlayDocument(method, against.Provenance, "", actions), nil)
	if err != nil {
		return nil, false
	}
	overlaid, err := description.WithOverlay(spec.Description{Name: "overlay", Text: made})
	if err != nil {
		return nil, false
	}
	next, err := newPatch(overlaid, against, method)
	if err != nil || len(next.result.Changes) >= len(p.result.Changes) {
		return nil, false
	}
	return next, !slices.ContainsFunc(next.result.Changes, func(change Change) bool { return !contains(p.result.Changes, change) })
}

// contains reports whether a list has a change of the same thing.
func contains(changes []Change, wanted Change) bool {
	return slices.ContainsFunc(changes, func(change Change) bool { return change.Topic == wanted.Topic && change.Sentence == wanted.Sentence })
}

// overlayDocument is the overlay with actions.
func overlayDocument(method *spec.Method, of source.Provenance, extends string, actions []*yaml.Node) *yaml.Node {
	what := kindName(of.Kind)
	if of.Revision != "" {
		what += ", revision " + of.Revision
	}
	root := members("overlay", scalar("1.0.0"), "info", members(
		"title", scalar(fmt.Sprintf("%s as in the %s", source.ShortID(method.Operation.ID), what)),
		"version", scalar(cmp.Or(of.Revision, of.Date, "1"))))
	if extends != "" {
		root.Content = append(root.Content, scalar("extends"), scalar(extends))
	}
	root.Content = append(root.Content, scalar("actions"), &yaml.Node{Kind: yaml.SequenceNode, Content: actions})
	return root
}

// document writes an overlay, with what it leaves out as a comment.
func document(root *yaml.Node, left []Change) ([]byte, error) {
	var header strings.Builder
	if len(left) > 0 {
		header.WriteString("# Written by dpconform drift. Changes that are not in this overlay:\n")
	}
	for _, change := range left {
		header.WriteString("# - " + text.Line(change.Sentence) + "\n")
	}
	body, err := yaml.Dump(root, yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	return append([]byte(header.String()), body...), err
}

// patch is a description on its way to what a source says, and the actions of an
// overlay that take it there.
type patch struct {
	comparison
	root *yaml.Node
	// method and readState are the two operations, without a value where the
	// description does not have them.
	method, readState spot
	actions           []*yaml.Node
}

// mostNodes bounds a description; what is parsed has far fewer.
const mostNodes = 1_000_000

// newPatch compares a description with a source.
func newPatch(description spec.Description, against *source.Source, method *spec.Method) (*patch, error) {
	from, err := source.Parse(description, method)
	if err != nil {
		return nil, err
	}
	compared, err := Compare(from, against, method)
	if err != nil {
		return nil, err
	}
	_, root, err := text.ParseNode(description.Text)
	if err != nil {
		return nil, err
	}
	if err := text.ExpandYAML(&root, mostNodes); err != nil {
		return nil, err
	}
	made := &patch{comparison: comparison{from: from, against: against, catalogue: method.Requirements, result: compared}, root: root.Content[0]}
	top := spot{"$", made.root}
	made.method = made.at(top, "paths", from.Method.Key, strings.ToLower(from.Method.Method))
	if from.ReadState.Known() {
		made.readState = made.at(top, "paths", from.ReadState.Key, strings.ToLower(from.ReadState.Method))
	}
	return made, nil
}

// spot is a value of a description, and the JSONPath that leads there.
type spot struct {
	path  string
	value *yaml.Node
}

func (p spot) found() bool { return p.value != nil }

// at follows the names of members from a value, and the references on the way.
func (p *patch) at(from spot, names ...string) spot {
	from = p.referred(from)
	for _, name := range names {
		from = p.referred(spot{from.path + selector(name), text.MemberNode(from.value, name)})
	}
	return from
}

// referred follows references to other parts of the description.
func (p *patch) referred(from spot) spot {
	// A chain of references that is longer leads into itself.
	for range 20 {
		reference := text.MemberNode(from.value, "$ref")
		if reference == nil {
			return from
		}
		pointer, local := strings.CutPrefix(reference.Value, "#/")
		if !local {
			break
		}
		from = spot{"$", p.root}
		for step := range strings.SplitSeq(pointer, "/") {
			step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
			from = spot{from.path + selector(step), text.MemberNode(from.value, step)}
		}
	}
	return spot{}
}

// namesIn lists the names of the members of a mapping, in the order of the text.
func namesIn(node *yaml.Node) []string {
	var names []string
	if node != nil && node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			names = append(names, node.Content[i].Value)
		}
	}
	return names
}

// update merges members into a value of the description.
func (p *patch) update(at spot, value *yaml.Node) {
	if at.found() {
		p.act(members("target", scalar(at.path), "update", value))
	}
}

// remove takes a value out of the description.
func (p *patch) remove(path string) {
	p.act(members("target", scalar(path), "remove", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}))
}

// act adds an action. What several parts of the description refer to is changed
// once.
func (p *patch) act(action *yaml.Node) {
	same := func(other *yaml.Node) bool { return fmt.Sprint(flat(action)) == fmt.Sprint(flat(other)) }
	if !slices.ContainsFunc(p.actions, same) {
		p.actions = append(p.actions, action)
	}
}

// flat lists the scalars of a node.
func flat(node *yaml.Node) []string {
	values := []string{node.Value}
	for _, inner := range node.Content {
		values = append(values, flat(inner)...)
	}
	return values
}

// plainName is a name that JSONPath (RFC 9535) takes behind a dot.
func plainName(name string) bool {
	for i, character := range name {
		letter := character == '_' || 'a' <= character && character <= 'z' || 'A' <= character && character <= 'Z'
		if !letter && (i == 0 || character < '0' || character > '9') {
			return false
		}
	}
	return name != ""
}

// selector is how JSONPath names a member.
func selector(name string) string {
	if plainName(name) {
		return "." + name
	}
	return "[" + quoted(name) + "]"
}

// quoted is a string in a JSONPath.
func quoted(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(value) + "'"
}

// members makes a mapping of names and values in turn.
func members(pairs ...any) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for i, one := range pairs {
		if i%2 == 0 {
			one = scalar(one.(string))
		}
		node.Content = append(node.Content, one.(*yaml.Node))
	}
	return node
}

// scalar is a text, in quotes where it would be read as another type.
func scalar(value string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(value)
	return node
}

// sequence is a list of values.
func sequence(values ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: values}
}

// encoded is a plain value; the members of mappings are sorted.
func encoded(value any) *yaml.Node {
	node := &yaml.Node{}
	// Plain values can be encoded.
	_ = node.Encode(value)
	return node
}
