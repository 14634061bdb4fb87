package merging

import (
	"cmp"
	"slices"

	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// numbering gives the exchanges of all shards the numbers that they would have
// in one run: in the order of the checks.
type numbering struct {
	exchanges []report.Exchange
	// of gives the new number by the shard's and the old one.
	of map[place]int
	// standIns are one for each number, since results tell exchanges apart by
	// their addresses.
	standIns []*target.Exchange
}

// standIn stands for an exchange of the whole in a result.
func (n numbering) standIn(number int) *target.Exchange { return n.standIns[number-1] }

// place is an exchange in the report of a shard.
type place struct{ shard, number int }

func renumber(contract *spec.Contract, parts []Part) numbering {
	type numbered struct {
		at       place
		turn     int
		exchange report.Exchange
	}
	turns := map[string]int{}
	for turn, check := range suites.Checks(contract) {
		turns[check.ID] = turn
	}
	var all []numbered
	first := began(parts)
	made := numbering{exchanges: []report.Exchange{}, of: map[place]int{}}
	for _, part := range parts {
		late := part.Report.Started.Sub(first).Microseconds()
		for _, exchange := range part.Report.Exchanges {
			at := place{part.number(), exchange.Number}
			if replayed := part.Report.Target.Source == fromCassettes; replayed && part.number() > 1 {
				continue // Every shard replays all of them.
			} else if !replayed {
				exchange.Shard, exchange.OffsetMicroseconds = part.number(), exchange.OffsetMicroseconds+late
			}
			all = append(all, numbered{at, turns[exchange.Check], exchange})
		}
	}
	slices.SortStableFunc(all, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.at.shard, b.at.shard), cmp.Compare(a.at.number, b.at.number))
	})
	for i, one := range all {
		for _, part := range parts {
			if part.number() == one.at.shard || part.Report.Target.Source == fromCassettes {
				made.of[place{part.number(), one.at.number}] = i + 1
			}
		}
		one.exchange.Number = i + 1
		made.exchanges = append(made.exchanges, one.exchange)
		made.standIns = append(made.standIns, &target.Exchange{Number: i + 1, Check: one.exchange.Check})
	}
	return made
}
