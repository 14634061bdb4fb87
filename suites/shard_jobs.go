package suites

import (
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// jobsOfStarting is the number of failed jobs that the checks use up which start
// jobs: one that several share, one for each body that is taken, several one
// after the other, several at the same time, and one at the same time.
const jobsOfStarting = 1 + 3 + severalJobs + together + 1

// JobsForAll is the number of failed jobs with which the shards together judge
// everything of a server that conforms.
func (s Shard) JobsForAll() int { return jobsOfStarting + max(1, s.Total) - 1 }

// DealJobs divides the given jobs so that shards that run at the same time keep
// out of each other's way: no two get the same job that can be retried. Each
// shard gets one, the first of them as many more as the checks that start jobs
// use up, and what is left is dealt round. Jobs that cannot be retried are for
// all. The ids of the jobs that are others' come back too.
func (s Shard) DealJobs(contract *spec.Contract, given map[string][]string) (own map[string][]string, others []string) {
	if s.Whole() {
		return given, nil
	}
	own = map[string][]string{}
	position := 0
	for _, state := range contract.States {
		for _, id := range given[state] {
			if !slices.Contains(contract.RetryableStates, state) {
				own[state] = append(own[state], id)
				continue
			}
			if s.ownerOf(position) == s.Number {
				own[state] = append(own[state], id)
			} else {
				others = append(others, id)
			}
			position++
		}
	}
	return own, others
}

// ownerOf is the number of the shard that gets the job at a position of all that
// can be retried, counted from 0.
func (s Shard) ownerOf(position int) int {
	left := position - s.JobsForAll()
	switch {
	case position < s.Total:
		return position + 1
	case left < 0:
		return 1
	}
	// The first shard has spare ones last: it has most.
	return (left+1)%s.Total + 1
}
