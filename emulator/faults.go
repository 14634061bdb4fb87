package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one way in which a server may break one requirement.
type Fault struct {
	// Name is stable: "trailing-slash-taken".
	Name string
	// Breaks is the id of the requirement that it breaks.
	Breaks string
	// Text is one sentence for a person.
	Text string

	change func(*behaviour)
}

// UnknownFaultError says that a name is none of a fault.
type UnknownFaultError struct {
	Name string
	// Nearest is the name of a fault that was likely meant; empty where none is
	// near.
	Nearest string
}

// Error names the fault and, where there is one, the likely name.
func (e *UnknownFaultError) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("unknown fault %q", e.Name)
	}
	return fmt.Sprintf("unknown fault %q: did you mean %q?", e.Name, e.Nearest)
}

// Faults lists the table of faults, aspect by aspect.
func Faults() []Fault {
	return slices.Concat(
		pathFaults(), bodyFaults(), responseFaults(), semanticsFaults(),
		authorizationFaults(), errorFaults(), robustnessFaults(),
	)
}

// takeFaults changes the behaviour as the named faults say, in their order. It
// returns an *UnknownFaultError for a name that the table does not have.
func (b *behaviour) takeFaults(names string) error {
	if names == "" {
		return nil
	}
	table := Faults()
	for name := range strings.SplitSeq(names, ",") {
		index := slices.IndexFunc(table, func(f Fault) bool { return f.Name == name })
		if index < 0 {
			return &UnknownFaultError{name, nearestFault(name, table)}
		}
		table[index].change(b)
	}
	return nil
}

// nearestFault gives the fault whose name takes the fewest changes to get to,
// if no more than a third of the letters must change.
func nearestFault(name string, table []Fault) string {
	nearest, least := "", len(name)/3+1
	for _, fault := range table {
		if distance := editDistance(name, fault.Name); distance < least {
			nearest, least = fault.Name, distance
		}
	}
	return nearest
}

// editDistance counts the letters to insert, remove or replace (Levenshtein).
func editDistance(from, to string) int {
	row := make([]int, len(to)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(from) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(to) {
			change := diagonal
			if from[i] != to[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
