package recorder

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
)

// byCassette sorts exchanges into cassettes, in an order that is the same for
// the same server: that of their numbers, whatever the order of the answers.
func byCassette(exchanges []*exchange, redactor *redact.Redactor) map[string][]*exchange {
	sorted := slices.Clone(exchanges)
	slices.SortStableFunc(sorted, func(a, b *exchange) int { return cmp.Compare(a.place.Number, b.place.Number) })
	for _, group := range together(sorted) {
		settle(group, redactor)
	}
	cassettes := map[string][]*exchange{}
	for _, kept := range sorted {
		cassettes[kept.cassette] = append(cassettes[kept.cassette], kept)
	}
	return cassettes
}

// together finds the groups of exchanges that were sent at the same time:
// neighbours of one check.
func together(sorted []*exchange) [][]*exchange {
	var groups [][]*exchange
	var last *exchange
	for _, kept := range sorted {
		switch {
		case !kept.place.Together:
		case last != nil && last.place.Together && last.place.Check == kept.place.Check && last.cassette == kept.cassette:
			groups[len(groups)-1] = append(groups[len(groups)-1], kept)
		default:
			groups = append(groups, []*exchange{kept})
		}
		last = kept
	}
	return groups
}

// settle sorts the answers to equal requests of a group among them: which of
// them got which answer was chance.
func settle(group []*exchange, redactor *redact.Redactor) {
	equal := map[string][]*exchange{}
	for _, kept := range group {
		key := keyOf(harmlessRequest(redactor, kept.request))
		equal[key] = append(equal[key], kept)
	}
	for _, members := range equal {
		if sentAgain(members) {
			continue
		}
		answers := make([]cassette.Response, len(members))
		for i, kept := range members {
			answers[i] = kept.response
		}
		slices.SortStableFunc(answers, compareAnswers)
		for i, kept := range members {
			kept.response = answers[i]
		}
	}
}

// sentAgain reports whether one of the exchanges was sent more than once: the
// answers to its attempts have an order of their own.
func sentAgain(members []*exchange) bool {
	numbers := map[int]bool{}
	for _, kept := range members {
		numbers[kept.place.Number] = true
	}
	return len(numbers) < len(members)
}

// compareAnswers orders by status, then body, then header; maps are printed in
// the order of their keys.
func compareAnswers(a, b cassette.Response) int {
	return cmp.Or(
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Body, b.Body),
		cmp.Compare(fmt.Sprint(a.Headers), fmt.Sprint(b.Headers)),
	)
}
