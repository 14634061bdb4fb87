package spec

import (
	"slices"

	"github.com/pb33f/go-yaml"
)

// clientRequirementsExtension is the catalogue of what a client has to keep. A
// description may lack it.
const clientRequirementsExtension = "x-client-requirements"

// clientRequirements reads the client's side of the catalogue; every entry keeps
// its line.
func (l *loader) clientRequirements(contract *Contract) error {
	node, found := l.retryOperation.Extensions.Get(clientRequirementsExtension)
	if !found {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		return l.fail(node.Line, "%s must be a list of requirements", clientRequirementsExtension)
	}
	for _, entry := range node.Content {
		requirement, err := l.requirement(entry)
		if err != nil {
			return err
		}
		first, twice := contract.ClientRequirement(requirement.ID)
		if !twice {
			first, twice = contract.Requirement(requirement.ID)
		}
		if twice {
			return l.fail(entry.Line, "requirement %s stands twice, first in line %d", requirement.ID, first.Line)
		}
		contract.ClientRequirements = append(contract.ClientRequirements, requirement)
	}
	return nil
}

// ClientRequirement finds a requirement of the client's side by its id.
func (c *Contract) ClientRequirement(id string) (Requirement, bool) {
	index := slices.IndexFunc(c.ClientRequirements, func(r Requirement) bool { return r.ID == id })
	if index < 0 {
		return Requirement{}, false
	}
	return c.ClientRequirements[index], true
}
