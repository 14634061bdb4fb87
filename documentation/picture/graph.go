// Package picture draws a graph without cycles as an SVG picture: in layers from
// the top down, with few crossings. The same graph gives the same picture.
package picture

import (
	"cmp"
	"fmt"
	"slices"
)

// Node is a box.
type Node struct {
	// ID is what edges call it, and what stands in the box.
	ID string
	// Group chooses its colour.
	Group string
}

// Edge is an arrow from one node to another.
type Edge struct{ From, To string }

// Graph is what is drawn.
type Graph struct {
	// Title and Description are read to those who do not see the picture.
	Title       string
	Description string
	Nodes       []Node
	Edges       []Edge
	// Groups are the keys of the colours, in the order of the legend; at most as
	// many as there are colours.
	Groups []string
}

// CycleError says that arrows lead around in a circle.
type CycleError struct{ Through string }

// Error names a node of the circle.
func (e *CycleError) Error() string {
	return fmt.Sprintf("arrows lead from %s back to it", e.Through)
}

// spot is a node in its layer, or a point at which an edge passes a layer.
type spot struct {
	name  string
	group string
	// passes says that it is a point of an edge and no node.
	passes bool
	layer  int
	// above and below are the spots that it is joined with in the layers beside.
	above, below []*spot
	// place is its number in the layer, from the left.
	place int
	// x and y are its middle, in pixels.
	x, y float64
}

// layout is a graph whose nodes and edges have their places.
type layout struct {
	layers [][]*spot
	// chains are the spots of each edge, from its beginning to its end.
	chains [][]*spot
}

// layersOf gives every node the layer below all that lead to it; the nodes that
// lead nowhere are at the bottom. It returns a *CycleError where there is none.
func layersOf(graph Graph) (map[string]int, error) {
	heights := map[string]int{}
	const working = -1
	var height func(string) (int, error)
	height = func(name string) (int, error) {
		if found, known := heights[name]; known {
			if found == working {
				return 0, &CycleError{name}
			}
			return found, nil
		}
		heights[name] = working
		most := 0
		for _, edge := range graph.Edges {
			if edge.From != name {
				continue
			}
			below, err := height(edge.To)
			if err != nil {
				return 0, err
			}
			most = max(most, below+1)
		}
		heights[name] = most
		return most, nil
	}
	top := 0
	for _, node := range graph.Nodes {
		found, err := height(node.ID)
		if err != nil {
			return nil, err
		}
		top = max(top, found)
	}
	layers := map[string]int{}
	for name, found := range heights {
		layers[name] = top - found
	}
	shorten(graph, layers)
	return layers, nil
}

// shorten moves nodes to other layers as long as that makes the edges shorter.
// A node stays below all that lead to it and above all that it leads to.
func shorten(graph Graph, layers map[string]int) {
	bottom := 0
	for _, layer := range layers {
		bottom = max(bottom, layer)
	}
	for moved := true; moved; {
		moved = false
		for _, node := range graph.Nodes {
			highest, lowest, incoming, outgoing := 0, bottom, 0, 0
			for _, edge := range graph.Edges {
				switch node.ID {
				case edge.To:
					incoming++
					highest = max(highest, layers[edge.From]+1)
				case edge.From:
					outgoing++
					lowest = min(lowest, layers[edge.To]-1)
				}
			}
			best := layers[node.ID]
			if incoming > outgoing {
				best = highest
			} else if outgoing > incoming {
				best = lowest
			}
			if best != layers[node.ID] {
				layers[node.ID], moved = best, true
			}
		}
	}
}

// newLayout puts nodes into layers, and a point into every layer that an edge
// passes.
func newLayout(graph Graph) (*layout, error) {
	layers, err := layersOf(graph)
	if err != nil {
		return nil, err
	}
	made := &layout{}
	byName := map[string]*spot{}
	add := func(one *spot) *spot {
		for len(made.layers) <= one.layer {
			made.layers = append(made.layers, nil)
		}
		made.layers[one.layer] = append(made.layers[one.layer], one)
		return one
	}
	nodes := slices.SortedFunc(slices.Values(graph.Nodes), func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	for _, node := range nodes {
		byName[node.ID] = add(&spot{name: node.ID, group: node.Group, layer: layers[node.ID]})
	}
	edges := slices.SortedFunc(slices.Values(graph.Edges), func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, edge := range edges {
		from, to := byName[edge.From], byName[edge.To]
		chain := []*spot{from}
		for layer := from.layer + 1; layer < to.layer; layer++ {
			chain = append(chain, add(&spot{name: edge.From + " to " + edge.To, group: from.group, passes: true, layer: layer}))
		}
		chain = append(chain, to)
		for i := range len(chain) - 1 {
			chain[i].below = append(chain[i].below, chain[i+1])
			chain[i+1].above = append(chain[i+1].above, chain[i])
		}
		made.chains = append(made.chains, chain)
	}
	return made, nil
}
