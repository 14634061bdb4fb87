package picture

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// attempts is how many orders to begin with are tried.
const attempts = 300

// order puts the spots of every layer into an order with few crossings: from
// many orders to begin with, layers are sorted by the middle of the neighbours
// until that helps no more, and the best is kept. Chance is always the same.
func (l *layout) order() {
	chance := rand.New(rand.NewPCG(1, 2))
	best, least := l.places(), cost{}
	for attempt := range attempts {
		if attempt > 0 {
			for _, layer := range l.layers {
				chance.Shuffle(len(layer), func(i, j int) { layer[i], layer[j] = layer[j], layer[i] })
			}
		}
		l.number()
		l.settle()
		if found := l.cost(); attempt == 0 || found.less(least) {
			best, least = l.places(), found
		}
	}
	for i, layer := range best {
		copy(l.layers[i], layer)
	}
	l.number()
}

// settle sorts and swaps until nothing gets better.
func (l *layout) settle() {
	for range 12 {
		for i := 1; i < len(l.layers); i++ {
			sortBy(l.layers[i], func(one *spot) []*spot { return one.above })
		}
		for i := len(l.layers) - 2; i >= 0; i-- {
			sortBy(l.layers[i], func(one *spot) []*spot { return one.below })
		}
	}
	for swapped := true; swapped; {
		swapped = false
		for _, layer := range l.layers {
			for i := range len(layer) - 1 {
				if crossingsOf(layer[i+1], layer[i]) < crossingsOf(layer[i], layer[i+1]) {
					layer[i], layer[i+1] = layer[i+1], layer[i]
					layer[i].place, layer[i+1].place = i, i+1
					swapped = true
				}
			}
		}
	}
}

// sortBy sorts a layer by the mean place of the neighbours on one side. A spot
// without any stays about where it is.
func sortBy(layer []*spot, neighbours func(*spot) []*spot) {
	mean := func(one *spot) float64 {
		beside := neighbours(one)
		if len(beside) == 0 {
			return float64(one.place)
		}
		sum := 0
		for _, other := range beside {
			sum += other.place
		}
		return float64(sum) / float64(len(beside))
	}
	slices.SortStableFunc(layer, func(a, b *spot) int { return cmp.Compare(mean(a), mean(b)) })
	for i, one := range layer {
		one.place = i
	}
}

// crossingsOf counts the crossings of the edges of two spots of a layer, where
// the first is on the left.
func crossingsOf(left, right *spot) int {
	count := 0
	for _, sides := range [][2][]*spot{{left.above, right.above}, {left.below, right.below}} {
		for _, a := range sides[0] {
			for _, b := range sides[1] {
				if a.place > b.place {
					count++
				}
			}
		}
	}
	return count
}

// cost is what is wrong with an order: crossings first, then how far edges lead
// to the side.
type cost struct{ crossings, sideways int }

func (c cost) less(other cost) bool {
	return cmp.Or(cmp.Compare(c.crossings, other.crossings), cmp.Compare(c.sideways, other.sideways)) < 0
}

func (l *layout) cost() cost {
	var found cost
	for _, layer := range l.layers {
		for i, left := range layer {
			for _, right := range layer[i+1:] {
				for _, a := range left.below {
					for _, b := range right.below {
						if a.place > b.place {
							found.crossings++
						}
					}
				}
			}
			for _, other := range left.below {
				// Twice the distance between their places, each from the middle of its layer.
				away := 2*left.place - len(layer) - 2*other.place + len(l.layers[other.layer])
				found.sideways += max(away, -away)
			}
		}
	}
	return found
}

func (l *layout) number() {
	for _, layer := range l.layers {
		for i, one := range layer {
			one.place = i
		}
	}
}

func (l *layout) places() [][]*spot {
	var copied [][]*spot
	for _, layer := range l.layers {
		copied = append(copied, slices.Clone(layer))
	}
	return copied
}
