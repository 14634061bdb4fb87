package suites

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// takeShard keeps the checks of one shard. Each sending check is dealt to one;
// those that observe run in each shard over what that one exchanges, and what
// they find there is put together by Combine. Recorded answers answer a whole
// run in its order, so there every shard has all exchanges, the observing checks
// are dealt like the others, and those of other shards run unreported.
func (p *Plan) takeShard(shard Shard, replayed bool) {
	if shard.Whole() {
		p.requests = 1
		p.allRequests = 1
		return
	}
	p.shard, p.partial = shard, !replayed
	if replayed {
		dealt := deal(p.Selected, shard.Total)
		p.Selected = dealtTo(p.Selected, dealt, shard.Number)
		for id, number := range dealt {
			p.feeders[id] = number != shard.Number
		}
		return
	}
	sending := slices.DeleteFunc(slices.Clone(p.all), func(check Check) bool { return check.phase == observing })
	dealt := deal(sending, shard.Total)
	own := dealtTo(sending, dealt, shard.Number)
	p.requests, p.allRequests = requestsOf(own), requestsOf(sending)
	foreign := func(check Check) bool {
		if check.phase == observing {
			return len(own) == 0
		}
		return dealt[check.ID] != shard.Number
	}
	p.all = slices.DeleteFunc(slices.Clone(p.all), foreign)
	p.Selected = slices.DeleteFunc(slices.Clone(p.Selected), foreign)
}

// dealtTo lists the checks of one shard, in their order.
func dealtTo(checks []Check, dealt map[string]int, number int) []Check {
	return slices.DeleteFunc(slices.Clone(checks), func(check Check) bool { return dealt[check.ID] != number })
}

// deal gives each check, by its id, the number of a shard, whatever order they
// come in. Those that start jobs all go to the first: they share one retry, and
// whether ids are new shows only where all are seen. Of the others each goes to
// the shard with the fewest checks, and of those to the one with the fewest
// requests, those that send most first.
func deal(checks []Check, total int) map[string]int {
	order := slices.Clone(checks)
	slices.SortFunc(order, func(a, b Check) int {
		return cmp.Or(cmp.Compare(b.requests(), a.requests()), cmp.Compare(hashOf(a.ID), hashOf(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	dealt := map[string]int{}
	counts, requests := make([]int, total), make([]int, total)
	give := func(check Check, to int) {
		dealt[check.ID] = to + 1
		counts[to]++
		requests[to] += check.requests()
	}
	for _, check := range order {
		if check.phase == starting {
			give(check, 0)
		}
	}
	for _, check := range order {
		if check.phase == starting {
			continue
		}
		least := 0
		for i := range counts {
			if cmp.Or(cmp.Compare(counts[i], counts[least]), cmp.Compare(requests[i], requests[least])) < 0 {
				least = i
			}
		}
		give(check, least)
	}
	return dealt
}

// hashOf mixes checks of one aspect with others. It is the same on every
// machine and in every version of Go.
func hashOf(id string) uint64 {
	sum := fnv.New64a()
	sum.Write([]byte(id))
	return sum.Sum64()
}

// requests is about how many requests a check sends to a server that conforms:
// a test holds it against the emulator.
func (c Check) requests() int {
	switch {
	case c.phase == observing:
		return 0
	case c.phase == starting:
		return 5
	case c.Scope != "":
		return 1
	}
	return 3
}

func requestsOf(checks []Check) int {
	sum := 0
	for _, check := range checks {
		sum += check.requests()
	}
	return sum
}

// ShareOf is the part of a whole run's budget of requests that is the shard's,
// by what its checks are about to send; all of it for a whole run.
func (p Plan) ShareOf(budget int) int {
	if p.allRequests == 0 {
		return budget
	}
	return budget * p.requests / p.allRequests
}

// Shard is the part of the run that the plan is of.
func (p Plan) Shard() Shard { return p.shard }

// CanBeLeftOut reports whether a shard may have no result of a check that was
// planned: see leaveOut.
func (p Plan) CanBeLeftOut(check Check) bool {
	return p.partial && p.shard.Number > 1 && check.phase == observing
}
