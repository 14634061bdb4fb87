package spec

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/extension"
)

// setEnding marks an item of x-requirement-sets that is a file of its own.
const setEnding = ".yaml"

// aspects is the order of a catalogue: of servers, then of clients. Others come
// after them.
var aspects = []string{"http", "path", "query", "body", "response", "semantics", "authorization", "errors", "robustness", "repeat", "outcome"}

// catalogue reads the requirements: those of the sets that the operation names,
// as the description refines them, and its own.
func (l *loader) catalogue(method *Method) error {
	if err := l.sets(method); err != nil {
		return err
	}
	for _, list := range []requirementList{
		{l.operation.Extensions.GetOrZero(extension.Requirements), extension.Requirements, &method.Requirements},
		{l.operation.Extensions.GetOrZero(extension.ClientRequirements), extension.ClientRequirements, &method.ClientRequirements},
	} {
		if err := l.list(list, "", method); err != nil {
			return err
		}
		slices.SortStableFunc(*list.into, func(a, b Requirement) int { return cmp.Compare(aspectOrder(a), aspectOrder(b)) })
	}
	if len(method.Requirements) == 0 {
		node := cmp.Or(l.operation.Extensions.GetOrZero(extension.Requirements), l.operation.Extensions.GetOrZero(extension.Sets))
		return l.fail(node, "%s has no requirements: name sets in %s, or list requirements in %s", method.Operation.ID, extension.Sets, extension.Requirements)
	}
	return nil
}

func aspectOrder(requirement Requirement) int {
	if index := slices.Index(aspects, requirement.Aspect()); index >= 0 {
		return index
	}
	return len(aspects)
}

// sets reads the sets that the operation names.
func (l *loader) sets(method *Method) error {
	node, found := l.operation.Extensions.Get(extension.Sets)
	if !found {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		return l.fail(node, "%s must be a list of sets", extension.Sets)
	}
	for _, item := range node.Content {
		description, err := l.findSet(item)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(method.Sets, func(s Set) bool { return s.File == description.Name }) {
			return l.fail(item, "the set %s is already named", item.Value)
		}
		if err := (&loader{file: description.Name, origin: description.origin}).set(description, method); err != nil {
			return err
		}
	}
	return nil
}

// findSet finds a set: one that the product ships, or a file that is named
// relative to the description.
func (l *loader) findSet(item *yaml.Node) (Description, error) {
	name := item.Value
	if strings.HasSuffix(name, setEnding) {
		description, err := ReadDescription(filepath.Join(filepath.Dir(l.file), filepath.FromSlash(name)))
		if mistake, ok := errors.AsType[*Error](err); ok {
			return description, l.fail(item, "%s: the set %s: %s", extension.Sets, mistake.File, mistake.Message)
		}
		return description, err
	}
	file := path.Join(setsFolder, name+setEnding)
	if content, err := readShipped(file); err == nil && name != "" {
		return Description{Name: path.Join(shippedFolder, file), Text: content}, nil
	}
	return Description{}, l.fail(item, "%s names the set %q: want one of %s, or a file that ends in %s", extension.Sets, name, strings.Join(shippedSets(), ", "), setEnding)
}

// shippedSets lists the names of the sets that the product ships.
func shippedSets() []string {
	files, err := fs.Glob(shippedFiles, setsFolder+"/*"+setEnding)
	if err != nil {
		panic(err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), setEnding)
	}
	return files
}

// setFile is the form of a set.
type setFile struct {
	Set                string    `yaml:"set"`
	Title              string    `yaml:"title"`
	Requirements       yaml.Node `yaml:"requirements"`
	ClientRequirements yaml.Node `yaml:"client-requirements"`
}

// set reads one set into the method. The loader's file is the set's.
func (l *loader) set(description Description, method *Method) error {
	_, root, err := description.parse()
	if err != nil {
		return err
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return l.fail(nil, "a set of requirements must be a mapping with %s", strings.Join(keys(setFile{}), ", "))
	}
	var read setFile
	if err := l.read(root.Content[0], "set", &read); err != nil {
		return err
	}
	switch {
	case read.Set == "" || strings.HasSuffix(read.Set, setEnding):
		return l.fail(root.Content[0], `a set of requirements must have its name in "set"`)
	case read.Requirements.IsZero() && read.ClientRequirements.IsZero():
		return l.fail(root.Content[0], "the set %s has neither requirements nor client-requirements", read.Set)
	}
	if known := slices.IndexFunc(method.Sets, func(s Set) bool { return s.Name == read.Set }); known >= 0 {
		return l.fail(root.Content[0], "the set %s is already in %s", read.Set, method.Sets[known].File)
	}
	method.Sets = append(method.Sets, Set{Name: read.Set, Title: read.Title, File: l.file})
	return cmp.Or(
		l.list(requirementList{&read.Requirements, "requirements", &method.Requirements}, read.Set, method),
		l.list(requirementList{&read.ClientRequirements, "client-requirements", &method.ClientRequirements}, read.Set, method))
}

// requirementList is a list of requirements in a file, which may not be there, and
// the catalogue that it belongs to.
type requirementList struct {
	node *yaml.Node
	name string
	into *[]Requirement
}

// list reads a list of requirements into its catalogue. The set is empty for a
// list of the description itself.
func (l *loader) list(list requirementList, set string, method *Method) error {
	if list.node == nil || list.node.IsZero() {
		return nil
	}
	if list.node.Kind != yaml.SequenceNode {
		return l.fail(list.node, "%s must be a list of requirements", list.name)
	}
	for _, entry := range list.node.Content {
		if entry.Kind != yaml.MappingNode {
			return l.fail(entry, "a requirement must be a mapping with %s", strings.Join(keys(Requirement{}), ", "))
		}
		var err error
		switch refined := child(entry, "set"); {
		case refined == nil:
			err = l.add(entry, set, method, list.into)
		case set == "":
			err = l.refine(entry, refined, method, *list.into)
		default:
			err = l.fail(refined, "a requirement of a set cannot refine another set")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds a requirement that no other place has.
func (l *loader) add(entry *yaml.Node, set string, method *Method, into *[]Requirement) error {
	requirement := Requirement{}
	if err := l.requirement(entry, &requirement); err != nil {
		return err
	}
	requirement.Set = set
	first, known := method.Requirement(requirement.ID)
	if !known {
		first, known = method.ClientRequirement(requirement.ID)
	}
	switch {
	case known && set == "" && method.unrefined(first):
		return l.fail(entry, `requirement %s is already in the set %s, in %s:%d; "set: %s" refines it`, requirement.ID, first.Set, first.File, first.Line, first.Set)
	case known:
		return l.fail(entry, "requirement %s is already in %s:%d", requirement.ID, first.File, first.Line)
	}
	*into = append(*into, requirement)
	return nil
}

// unrefined reports whether a requirement is as its set says.
func (m *Method) unrefined(requirement Requirement) bool {
	return slices.ContainsFunc(m.Sets, func(s Set) bool { return s.Name == requirement.Set && s.File == requirement.File })
}

// refine puts what the description says of a requirement of a set in the place of
// what the set says.
func (l *loader) refine(entry, set *yaml.Node, method *Method, catalogue []Requirement) error {
	known := slices.IndexFunc(method.Sets, func(s Set) bool { return s.Name == set.Value })
	if known < 0 {
		return l.fail(set, "the set %q is not listed in %s", set.Value, extension.Sets)
	}
	id := ""
	if node := child(entry, "id"); node != nil {
		id = node.Value
	}
	index := slices.IndexFunc(catalogue, func(r Requirement) bool { return r.ID == id && r.Set == set.Value })
	if index < 0 {
		return l.fail(entry, "the set %s, in %s, has no requirement %q", set.Value, method.Sets[known].File, id)
	}
	requirement := &catalogue[index]
	if !method.unrefined(*requirement) {
		return l.fail(entry, "requirement %s is already in %s:%d", id, requirement.File, requirement.Line)
	}
	if child(entry, "expect") != nil {
		requirement.Expect = Responses{}
	}
	return l.requirement(entry, requirement)
}

// requirement reads an entry over what is known of it.
func (l *loader) requirement(entry *yaml.Node, into *Requirement) error {
	written := l.origin(entry.Line, entry.Column)
	into.File, into.Line = written.file, written.line
	if err := l.read(entry, "requirement", into); err != nil {
		return err
	}
	for _, text := range []*string{&into.Statement, &into.Quote, &into.Note, &into.Fix} {
		*text = strings.TrimSpace(*text)
	}
	if into.Draft {
		into.Statement = cmp.Or(into.Statement, into.Quote)
	}
	if err := into.validate(); err != nil {
		return l.fail(entry, "%s", err)
	}
	return nil
}
