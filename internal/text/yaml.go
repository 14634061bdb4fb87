package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi/utils"
)

// LargestYAML is the length in bytes of the largest YAML file that is read. Its values
// take fifty times as much.
const LargestYAML = 1 << 20

// The bounds of the values of a YAML file: how deep they are nested, and how many there
// are once aliases are followed.
const (
	deepestYAML = 100
	mostValues  = 200_000
)

// YAML is a value of a YAML (or JSON) file. Aliases are followed. Its methods
// return a *UsageError that names the file, the line and the column.
type YAML struct {
	file, path string
	node       *yaml.Node
}

// Member is one member of a mapping. The Key is a value too, for its place.
type Member struct {
	Name  string
	Key   YAML
	Value YAML
}

// ReadYAML reads a YAML file.
func ReadYAML(name string) (YAML, error) {
	content, err := ReadFile(name, LargestYAML)
	if err != nil {
		return YAML{}, notText(name, err)
	}
	return ParseYAML(name, content)
}

// ParseYAML reads the one document of a YAML text. The name is that of its file.
func ParseYAML(name string, content []byte) (YAML, error) {
	if len(content) > LargestYAML {
		return YAML{}, &UsageError{name, fmt.Sprintf("it is longer than %d MiB", LargestYAML>>20), "is it the right file?"}
	}
	_, document, err := ParseNode(content)
	if err != nil {
		return YAML{}, notText(name, err)
	}
	if len(document.Content) == 0 {
		return YAML{file: name}, nil
	}
	root := YAML{file: name, node: document.Content[0]}
	left := mostValues
	return root, root.bounded(0, &left)
}

// ParseNode reads the one YAML document of a text, and returns the text as Decode
// does. The document has no content if the text has none. The error is a
// *SyntaxError.
func ParseNode(content []byte) (decoded []byte, document yaml.Node, err error) {
	if content, err = Decode(content); err != nil {
		return nil, document, err
	}
	if at := bytes.IndexFunc(content, forbiddenInYAML); at >= 0 {
		character, _ := utf8.DecodeRune(content[at:])
		return nil, document, &SyntaxError{1 + bytes.Count(content[:at], []byte("\n")), 0, fmt.Sprintf("invalid YAML: it has the control character %U; remove it", character)}
	}
	var second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	if err = decoder.Decode(&document); err == nil {
		err = decoder.Decode(&second)
	}
	switch {
	case err == nil:
		return nil, document, &SyntaxError{second.Line, 0, "a second YAML document begins here, and only one is read; remove one, or put it into a file of its own"}
	case !errors.Is(err, io.EOF):
		mistake := LocateYAML(err)
		mistake.Message = "invalid YAML: " + SyntaxReason(mistake.Message)
		return nil, document, mistake
	}
	return content, document, nil
}

// MemberNode is the value of a key of a mapping; nil if there is none.
func MemberNode(mapping *yaml.Node, name string) *yaml.Node {
	for i := 0; mapping != nil && mapping.Kind == yaml.MappingNode && i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// ExpandYAML replaces the aliases in a document by copies of what they stand for, so
// that each can be changed by itself, and removes the anchors. It refuses a document
// that grows to more than so many values.
func ExpandYAML(document *yaml.Node, most int) error {
	left := most
	var expand func(*yaml.Node) bool
	expand = func(node *yaml.Node) bool {
		if left--; left < 0 {
			return false
		}
		if node.Kind == yaml.AliasNode {
			*node = *utils.CloneYAMLNode(node.Alias)
		}
		node.Anchor = ""
		return !slices.ContainsFunc(node.Content, func(inner *yaml.Node) bool { return !expand(inner) })
	}
	if !expand(document) {
		return errors.New("with its aliases followed it has too many values")
	}
	return nil
}

// forbiddenInYAML knows what no YAML file may have:
// https://yaml.org/spec/1.2.2/#51-character-set
func forbiddenInYAML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff
}

// notText says why a file cannot be read, with the place where there is one.
func notText(name string, err error) *UsageError {
	var mistake *SyntaxError
	switch {
	case !errors.As(err, &mistake):
		return &UsageError{name, Reason(err), CheckPath(err)}
	case mistake.Column > 0:
		name = fmt.Sprintf("%s:%d:%d", name, mistake.Line, mistake.Column)
	case mistake.Line > 0:
		name = fmt.Sprintf("%s:%d", name, mistake.Line)
	}
	if strings.Contains(mistake.Message, "; ") {
		return &UsageError{Place: name, Message: mistake.Message}
	}
	return &UsageError{name, mistake.Message, correctYAML}
}

// correctYAML is the fix for what a reader of YAML refuses.
const correctYAML = "correct the file there"

// yamlLine is how some errors of readers of YAML give the line.
var yamlLine = Pattern(`line (\d+)(?:: |, )?`)

// LocateYAML takes the place out of an error of a reader of YAML, and the first line
// of what it says.
func LocateYAML(err error) *SyntaxError {
	var located *yaml.LoadError
	if errors.As(err, &located) && located.Mark.Line > 0 {
		message, _, _ := strings.Cut(strings.TrimSpace(located.Message), "\n")
		return &SyntaxError{located.Mark.Line, located.Mark.Column, message}
	}
	message := strings.TrimPrefix(strings.TrimSpace(err.Error()), "yaml: ")
	message, rest, _ := strings.Cut(message, "\n")
	if message == "unmarshal errors:" {
		message, _, _ = strings.Cut(strings.TrimSpace(rest), "\n")
	}
	line := 0
	if match := yamlLine().FindStringSubmatch(message); match != nil {
		line, _ = strconv.Atoi(match[1])
		message = strings.Replace(message, match[0], "", 1)
	}
	return &SyntaxError{line, 0, message}
}

// bounded refuses values that are nested too deep or too many, an alias inside
// of what it stands for being both.
func (y YAML) bounded(depth int, left *int) error {
	*left--
	switch {
	case depth > deepestYAML:
		return y.Mistake("nest them less", "its values are nested more than %d deep", deepestYAML)
	case *left < 0:
		return y.Mistake("shorten it", "it has more than %d values", mostValues)
	}
	node := y.resolved()
	for _, inner := range node.Content {
		if err := (YAML{y.file, "", inner}).bounded(depth+1, left); err != nil {
			return err
		}
	}
	return nil
}

// resolved follows an alias to what it stands for.
func (y YAML) resolved() *yaml.Node {
	node := y.node
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// below is a value inside this one, for messages: "step 2: error".
func (y YAML) below(name string, node *yaml.Node) YAML {
	if y.path != "" && name != "" {
		name = y.path + ": " + name
	} else if name == "" {
		name = y.path
	}
	return YAML{y.file, name, node}
}

// Named gives the value a name for messages, in place of the keys that lead to
// it: "step 2".
func (y YAML) Named(name string) YAML { return YAML{y.file, name, y.node} }

// Line is where the value begins.
func (y YAML) Line() int {
	if y.node == nil {
		return 1
	}
	return y.node.Line
}

// Place is the file with the line and the column.
func (y YAML) Place() string {
	if y.node == nil {
		return y.file
	}
	return fmt.Sprintf("%s:%d:%d", y.file, y.node.Line, y.node.Column)
}

// Mistake says what is wrong with the value, and how to fix it.
func (y YAML) Mistake(fix, format string, arguments ...any) error {
	message := fmt.Sprintf(format, arguments...)
	if y.path != "" {
		message = y.path + ": " + message
	}
	return &UsageError{y.Place(), message, fix}
}

// IsEmpty reports whether there is no document at all.
func (y YAML) IsEmpty() bool { return y.node == nil }

// IsNull reports whether the value was left empty:
// https://yaml.org/spec/1.2.2/#10211-null
func (y YAML) IsNull() bool {
	return y.node == nil || y.resolved().Kind == yaml.ScalarNode && y.resolved().Tag == "!!null"
}

// IsMapping reports whether the value has members.
func (y YAML) IsMapping() bool { return y.node != nil && y.resolved().Kind == yaml.MappingNode }

// IsList reports whether the value has items.
func (y YAML) IsList() bool { return y.node != nil && y.resolved().Kind == yaml.SequenceNode }

// IsScalar reports whether the value is neither a mapping nor a list.
func (y YAML) IsScalar() bool { return !y.IsMapping() && !y.IsList() }

// String names the value for a message, and shows a short text.
func (y YAML) String() string {
	switch {
	case y.IsMapping():
		return "a mapping"
	case y.IsList():
		return "a list"
	case y.IsNull():
		return "nothing"
	}
	return fmt.Sprintf("%q", shown(y.resolved().Value))
}

// shown is what an error may show of a text of the file.
func shown(text string) string {
	const longest = 60
	return Cut(Line(text), longest)
}

// AnyMembers are the members of a mapping in their order, whatever their names.
// No message shows the names: they may be secret.
func (y YAML) AnyMembers() ([]Member, error) { return y.members(false) }

func (y YAML) members(show bool) ([]Member, error) {
	if !y.IsMapping() {
		return nil, y.Mistake("", "want a mapping of keys to values, got %s", y)
	}
	content := y.resolved().Content
	members := make([]Member, 0, len(content)/2)
	lines := make(map[string]int, len(content)/2)
	for i := 0; i+1 < len(content); i += 2 {
		key := y.below("", content[i])
		name := key.resolved()
		if name.Kind != yaml.ScalarNode {
			return nil, key.Mistake("", "want a text as a key, got %s", key)
		}
		if first, found := lines[name.Value]; found {
			repeated := "the same key"
			if show {
				repeated = "the key " + shown(name.Value)
			}
			return nil, key.Mistake("remove one of them", "%s is already in line %d", repeated, first)
		}
		lines[name.Value] = name.Line
		member := Member{name.Value, key, y.below("", content[i+1])}
		if show {
			member.Value = y.below(shown(name.Value), content[i+1])
		}
		members = append(members, member)
	}
	return members, nil
}

// Members are the members of a mapping that may have no other keys than those
// given.
func (y YAML) Members(keys ...string) (Mapping, error) {
	if !y.IsMapping() {
		const few = 12
		fix := ""
		if len(keys) <= few {
			fix = "its keys are " + List(keys, "and")
		}
		return Mapping{}, y.Mistake(fix, "want a mapping of keys to values, got %s", y)
	}
	members, err := y.members(true)
	if err != nil {
		return Mapping{}, err
	}
	for _, member := range members {
		if !slices.Contains(keys, member.Name) {
			return Mapping{}, member.Key.Mistake(DidYouMean(shown(member.Name), keys), "unknown key %q", shown(member.Name))
		}
	}
	return Mapping{y, members}, nil
}

// Mapping is a mapping whose keys are known.
type Mapping struct {
	YAML
	// Entries are its members in the order of the file.
	Entries []Member
}

// Has reports whether there is a key.
func (m Mapping) Has(name string) bool {
	return slices.ContainsFunc(m.Entries, func(member Member) bool { return member.Name == name })
}

// At is the value of a key, or the mapping itself where there is none.
func (m Mapping) At(name string) YAML {
	for _, member := range m.Entries {
		if member.Name == name {
			return member.Value
		}
	}
	return m.YAML
}

// Items are the values of a list.
func (y YAML) Items() ([]YAML, error) {
	if !y.IsList() {
		return nil, y.Mistake("", "want a list, got %s", y)
	}
	var items []YAML
	for _, node := range y.resolved().Content {
		items = append(items, y.below("", node))
	}
	return items, nil
}

// Text is a scalar as it was written.
func (y YAML) Text() (string, error) {
	if y.IsNull() || y.resolved().Kind != yaml.ScalarNode {
		return "", y.Mistake("", "want a string, got %s", y)
	}
	return y.resolved().Value, nil
}

// Texts are the scalars of a list.
func (y YAML) Texts() ([]string, error) {
	items, err := y.Items()
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], err = item.Text(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// OneOf is a text that is one of those known, which the noun names.
func (y YAML) OneOf(noun string, known []string) (string, error) {
	text, err := y.Text()
	if err == nil && !slices.Contains(known, text) {
		err = y.Mistake(DidYouMean(shown(text), known), "unknown %s %q", noun, shown(text))
	}
	return text, err
}

// Bool is true or false.
func (y YAML) Bool() (bool, error) {
	if y.IsNull() || y.resolved().Tag != "!!bool" {
		return false, y.Mistake("", "want true or false, got %s", y)
	}
	return strings.EqualFold(y.resolved().Value, "true"), nil
}

// Int is a whole number from least to most.
func (y YAML) Int(least, most int) (int, error) {
	if !y.IsNull() && y.resolved().Kind == yaml.ScalarNode {
		if number, err := strconv.Atoi(y.resolved().Value); err == nil && least <= number && number <= most {
			return number, nil
		}
	}
	return 0, y.Mistake("", "want an integer from %d to %d, got %s", least, most, y)
}

// Duration is a time that is not below 0.
func (y YAML) Duration() (time.Duration, error) {
	if !y.IsNull() && y.resolved().Kind == yaml.ScalarNode {
		if duration, err := time.ParseDuration(y.resolved().Value); err == nil && duration >= 0 {
			return duration, nil
		}
	}
	return 0, y.Mistake("", "want a duration such as 2s or 500ms, got %s", y)
}

// Decode fills a Go value as the YAML library does, for what has no keys of ours.
func (y YAML) Decode(into any) error {
	if err := y.resolved().Decode(into); err != nil {
		return y.Mistake(correctYAML, "%s", LocateYAML(err).Message)
	}
	return nil
}
