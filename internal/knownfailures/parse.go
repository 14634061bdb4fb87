package knownfailures

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The keys of a file.
const (
	listKey        = "known-failures"
	requirementKey = "requirement"
	checkKey       = "check"
	reasonKey      = "reason"
	expiresKey     = "expires"
	issueKey       = "issue"
)

var entryKeys = []string{requirementKey, checkKey, reasonKey, expiresKey, issueKey}

// Read reads a file of known failures for a description. The moment is when the
// run began: its day, where it was taken, is held against the expiry of each
// entry. Every mistake is a *text.UsageError with its line.
func Read(file string, contract *spec.Contract, checks []string, began time.Time) (List, error) {
	root, err := config.ReadYAML(file)
	if err != nil {
		return List{}, err
	}
	return listOf(file, root, contract, checks, began)
}

// Parse is Read for the text of a file.
func Parse(file string, text []byte, contract *spec.Contract, checks []string, began time.Time) (List, error) {
	root, err := config.ParseYAML(file, text)
	if err != nil {
		return List{}, err
	}
	return listOf(file, root, contract, checks, began)
}

func listOf(file string, root *yaml.Node, contract *spec.Contract, checks []string, began time.Time) (List, error) {
	if root == nil {
		return List{}, &text.UsageError{Place: file, Message: "it is empty", Fix: "write a list under the key " + listKey}
	}
	items, err := itemsOf(file, root)
	if err != nil {
		return List{}, err
	}
	list := List{File: file}
	known := newCatalogue(contract, checks)
	for _, item := range items {
		reader := entryReader{file: file, node: resolved(item)}
		entry, err := reader.read()
		if err == nil {
			err = known.answersTo(reader, entry)
		}
		if err == nil {
			err = list.refuse(reader, entry, dayOf(began))
		}
		if err != nil {
			return List{}, err
		}
		entry.Name = list.nameOf(item)
		list.Entries = append(list.Entries, entry)
	}
	return list, nil
}

// itemsOf finds the list. One without any entry is what is left when the last
// failure is mended.
func itemsOf(file string, root *yaml.Node) ([]*yaml.Node, error) {
	members, err := membersOf(file, root, []string{listKey})
	if err != nil {
		return nil, err
	}
	value, found := members[listKey]
	switch {
	case !found:
		return nil, &text.UsageError{Place: place(file, root.Line), Message: "it has no key " + listKey, Fix: "write the list under it"}
	case isNull(value):
		return nil, nil
	case value.Kind != yaml.SequenceNode:
		return nil, &text.UsageError{Place: place(file, value.Line), Message: listKey + " must be a list of entries"}
	}
	return value.Content, nil
}

// membersOf reads a mapping that has no other keys than those known.
func membersOf(file string, node *yaml.Node, known []string) (map[string]*yaml.Node, error) {
	if node.Kind != yaml.MappingNode {
		return nil, &text.UsageError{Place: place(file, node.Line), Message: "here must be a mapping of keys to values",
			Fix: "its keys are " + enumerated(known)}
	}
	members := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolved(node.Content[i+1])
		if !slices.Contains(known, key.Value) {
			return nil, &text.UsageError{Place: place(file, key.Line), Message: fmt.Sprintf("unknown key %q", shortened(key.Value)),
				Fix: text.DidYouMean(shortened(key.Value), known)}
		}
		if _, twice := members[key.Value]; twice {
			return nil, &text.UsageError{Place: place(file, key.Line), Message: fmt.Sprintf("the key %s stands here twice", key.Value)}
		}
		members[key.Value] = value
	}
	return members, nil
}

// resolved follows an alias to what it stands for.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

// refuse says that an entry no longer holds, or stands there already.
func (l List) refuse(reader entryReader, entry Entry, today time.Time) error {
	if entry.expiredOn(today) {
		return reader.mistake(expiresKey, fmt.Sprintf("the entry %s expired on %s", shortened(entry.String()), entry.day()),
			"remove it, or give a later day")
	}
	for _, other := range l.Entries {
		if other.String() == entry.String() {
			return reader.mistake("", fmt.Sprintf("the entry %s stands already in line %d", shortened(entry.String()), other.Line), "remove one of them")
		}
	}
	return nil
}

// nameOf names an entry by its line, and by its column where the line has
// another.
func (l List) nameOf(item *yaml.Node) string {
	name := place(l.File, item.Line)
	if slices.ContainsFunc(l.Entries, func(other Entry) bool { return other.Name == name }) {
		name = fmt.Sprintf("%s:%d", name, item.Column)
	}
	return name
}
