package cli

import "github.com/dpconform/dpconform/clienttest"

// showScenarios shows the scenarios of a run one after the other, and what the
// commands print above them.
func (p *progress) showScenarios(run *clienttest.RunOptions) {
	if run.Show != nil {
		run.Show = p.writer(run.Show)
	}
	next := func(done int) {
		if done < len(run.Scenarios) {
			p.begin(run.Scenarios[done].Name)
		}
	}
	done := 0
	next(done)
	run.Observe = func(name string, failed bool) {
		p.show(name, failed)
		done++
		next(done)
	}
}
