package knownfailures

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// catalogue is what entries may name: the ids of a description.
type catalogue struct {
	requirements []string
	checks       []string
}

func newCatalogue(contract *spec.Contract, checks []string) catalogue {
	known := catalogue{checks: checks}
	for _, requirement := range contract.Requirements {
		known.requirements = append(known.requirements, requirement.ID)
	}
	return known
}

// answersTo says that an entry names nothing of the description.
func (c catalogue) answersTo(reader entryReader, entry Entry) error {
	key, name, ids, others := requirementKey, entry.Requirement, c.requirements, c.checks
	if entry.Check != "" {
		key, name, ids, others = checkKey, entry.Check, c.checks, c.requirements
	}
	if slices.ContainsFunc(ids, func(id string) bool { return matches(name, id) }) {
		return nil
	}
	if strings.Contains(name, anything) {
		return reader.mistake(key, fmt.Sprintf("no %s of the description matches %q", key, shortened(name)), "dpconform list --all shows them; remove the entry")
	}
	return reader.mistake(key, fmt.Sprintf("unknown %s %q", key, shortened(name)), mendOf(shortened(name), ids, others))
}

// mendOf suggests what was likely meant by a name that is none of the ids.
func mendOf(name string, ids, others []string) string {
	if slices.Contains(others, name) {
		return fmt.Sprintf("it is the id of a %s: write `%s: %s`", otherKeyOf(name), otherKeyOf(name), name)
	}
	for _, separator := range []string{"/", "."} {
		if slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, name+separator) }) {
			return fmt.Sprintf("did you mean %s?", name+separator+anything)
		}
	}
	return text.DidYouMean(name, ids)
}

// otherKeyOf gives the key for an id by its form: checks have slashes.
func otherKeyOf(id string) string {
	if strings.Contains(id, "/") {
		return checkKey
	}
	return requirementKey
}
