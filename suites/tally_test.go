package suites_test

import (
	"sync"

	"github.com/dpconform/dpconform/suites"
)

// tally remembers which checks and requirements have caught something.
type tally struct {
	mutex sync.Mutex
	names map[string]bool
}

func newTally() *tally { return &tally{names: map[string]bool{}} }

func (t *tally) add(outcome suites.Outcome) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, result := range outcome.Results {
		for _, finding := range result.Findings {
			t.names[result.Check.ID] = true
			t.names[finding.Requirement.ID] = true
		}
	}
}

func (t *tally) has(name string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.names[name]
}
