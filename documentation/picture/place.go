package picture

import "math"

// Lengths, in pixels.
const (
	letterWidth = 7.4
	boxPadding  = 13
	boxHeight   = 32
	layerHeight = 88
	// gap is between two boxes, gapOfLines where one of two spots is a line.
	gap        = 26
	gapOfLines = 18
	margin     = 24
)

// width is how much room a spot takes from left to right.
func (s *spot) width() float64 {
	if s.passes {
		return 2
	}
	return math.Round(float64(len(s.name))*letterWidth + 2*boxPadding)
}

// place gives every spot its coordinates: as near to its neighbours as the order
// and the gaps allow. It gives the width and height of all.
func (l *layout) place() (width, height float64) {
	for i, layer := range l.layers {
		x := 0.0
		for j, one := range layer {
			if j > 0 {
				x += apart(layer[j-1], one)
			}
			one.x, one.y = x, margin+boxHeight/2+float64(i)*layerHeight
		}
		shift := x / 2
		for _, one := range layer {
			one.x -= shift
		}
	}
	for range 200 {
		for i := range l.layers {
			l.draw(l.layers[i])
		}
		for i := len(l.layers) - 1; i >= 0; i-- {
			l.draw(l.layers[i])
		}
	}
	left, right := math.Inf(1), math.Inf(-1)
	l.each(func(one *spot) {
		left, right = min(left, one.x-one.width()/2), max(right, one.x+one.width()/2)
	})
	l.each(func(one *spot) { one.x = math.Round(one.x - left + margin) })
	return math.Round(right - left + 2*margin), 2*margin + boxHeight + float64(len(l.layers)-1)*layerHeight
}

func (l *layout) each(do func(*spot)) {
	for _, layer := range l.layers {
		for _, one := range layer {
			do(one)
		}
	}
}

// apart is how far the middles of two spots beside each other are at least.
func apart(left, right *spot) float64 {
	between := float64(gap)
	if left.passes || right.passes {
		between = gapOfLines
	}
	return left.width()/2 + between + right.width()/2
}

// draw moves the spots of a layer to where their neighbours draw them, without
// changing the order: the sum of the squared distances to there is the least
// that the gaps allow. Spots that would overlap form a block that moves as one
// (pool adjacent violators).
func (l *layout) draw(layer []*spot) {
	type block struct {
		spots       []*spot
		sum, weight float64
	}
	offset := 0.0
	var blocks []block
	offsets := make([]float64, len(layer))
	for i, one := range layer {
		if i > 0 {
			offset += apart(layer[i-1], one)
		}
		offsets[i] = offset
		wanted, weight := one.wanted()
		blocks = append(blocks, block{[]*spot{one}, (wanted - offset) * weight, weight})
		for len(blocks) > 1 {
			last, before := blocks[len(blocks)-1], blocks[len(blocks)-2]
			if before.sum/before.weight <= last.sum/last.weight {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{append(before.spots, last.spots...), before.sum + last.sum, before.weight + last.weight})
		}
	}
	number := 0
	for _, one := range blocks {
		for _, member := range one.spots {
			member.x = one.sum/one.weight + offsets[number]
			number++
		}
	}
}

// wanted is where the neighbours draw a spot, and how strongly. Points of one
// edge draw each other most, so that it becomes straight.
func (s *spot) wanted() (x, weight float64) {
	sum := 0.0
	for _, neighbours := range [][]*spot{s.above, s.below} {
		for _, other := range neighbours {
			strength := 1.0
			switch {
			case s.passes && other.passes:
				strength = 8
			case s.passes || other.passes:
				strength = 2
			}
			sum += other.x * strength
			weight += strength
		}
	}
	if weight == 0 {
		return s.x, 0.01
	}
	return sum / weight, weight
}
