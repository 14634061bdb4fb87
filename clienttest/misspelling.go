package clienttest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/text"
)

// ConditionKnown: the scenario that a client chooses is one that there is.
const ConditionKnown = "scenario.known"

// misspelling is the name of a scenario that there is not, and the one that is
// meant most likely; empty where none is near.
type misspelling struct {
	name, meant string
	// unselected: there is one of the name, and it is not among those that a client
	// may choose.
	unselected bool
}

func (s *Server) misspelling(name string) *misspelling {
	names := slices.Clone(s.options.Known)
	for _, scenario := range s.options.Scenarios {
		names = append(names, scenario.Name)
	}
	if slices.Contains(names, name) {
		return &misspelling{name: name, unselected: true}
	}
	meant, distance := text.Nearest(name, names)
	if distance > max(2, len(name)/3) {
		meant = ""
	}
	return &misspelling{name: name, meant: meant}
}

// text says it in one line.
func (m *misspelling) text() string {
	if m.unselected {
		return fmt.Sprintf("there is a scenario %q, and it was not selected by --scenario", printable(m.name))
	}
	text := fmt.Sprintf("there is no scenario %q", printable(m.name))
	if m.meant == "" {
		return text + "; dpconform client --list has all"
	}
	return text + fmt.Sprintf("; did you mean %q?", m.meant)
}

// answerMisspelled refuses a request that chose a scenario that there is not.
func (s *Server) answerMisspelled(w http.ResponseWriter, r *http.Request, arrived *Arrived, misspelled *misspelling) {
	arrived.Kind, arrived.Misspelled = Attempt, misspelled
	call := s.callOf(nil, arrived)
	call.add(arrived)
	exchange := &exchange{server: s, call: call, arrived: arrived, w: w, r: r}
	exchange.send(errorAnswer(s.options.Rules.Contract, StepError{Code: "NOT_FOUND", Message: "dpconform: " + misspelled.text()}), Step{})
}
