package target

import "slices"

// jobs hands out the jobs of a target so that no check spoils another's.
type jobs struct {
	byState map[string][]string
	// others are jobs that the user named and that are not for this run.
	others  []string
	started map[string]bool
}

// inState lists the jobs that were given as being in a state.
func (j *jobs) inState(state string) []string { return j.byState[state] }

// unstarted lists the given jobs of a state from which no retry has started.
func (j *jobs) unstarted(state string) []string {
	var left []string
	for _, id := range j.byState[state] {
		if !j.started[id] {
			left = append(left, id)
		}
	}
	return left
}

func (j *jobs) given(id string) bool {
	for _, ids := range j.byState {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return slices.Contains(j.others, id)
}
