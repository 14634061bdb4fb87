package html

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
)

// matrix is the scopes of the description by the family of their product.
type matrix struct {
	Total    int
	Families []family
	Counts   []count
	// Told are the scopes that a reader has to know by name: all that were judged
	// and did not pass.
	Told []cell
}

type family struct {
	Name  string
	Cells []cell
	// Count says how many of them passed: "15/15".
	Count string
}

// Many says that the cells need more room than those of most families.
func (f family) Many() bool { return len(f.Cells) > 4 }

// cell is one scope.
type cell struct {
	verdict
	// Name is the scope without what all share, and Leaf without its family too.
	Name, Leaf  string
	Description string
	Reason      string
	// Label is all that the cell says, in words.
	Label string
	Link  template.URL
}

func (m *maker) matrix() matrix {
	made, counts, places := matrix{Total: len(m.Scopes)}, tally{}, map[string]int{}
	passed := map[string]int{}
	for _, scope := range m.Scopes {
		counts[scope.Verdict]++
		at, there := places[scope.Family]
		if !there {
			at = len(made.Families)
			places[scope.Family] = at
			made.Families = append(made.Families, family{Name: clean(scope.Family)})
		}
		one := m.cell(scope)
		made.Families[at].Cells = append(made.Families[at].Cells, one)
		if scope.Verdict == result.Pass {
			passed[scope.Family]++
		} else if scope.Verdict != "" {
			made.Told = append(made.Told, one)
		}
		made.Families[at].Count = fmt.Sprintf("%d/%d", passed[scope.Family], len(made.Families[at].Cells))
	}
	made.Counts = counts.counts()
	return made
}

func (m *maker) cell(scope result.Scope) cell {
	one := cell{verdict: shown(scope.Verdict), Name: clean(scope.Short), Description: clean(scope.Description), Reason: clean(scope.Reason),
		Link: m.checkLink(scope.Check)}
	one.Leaf = one.Name
	if _, behind, found := strings.Cut(one.Name, "."+clean(scope.Family)+"."); found {
		one.Leaf = behind
	}
	one.Label = one.Name + ": " + one.Word
	if one.Reason != "" {
		one.Label += ", " + one.Reason
	}
	return one
}
