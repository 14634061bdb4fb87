package picture

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func edges(pairs ...string) []Edge {
	var all []Edge
	for _, pair := range pairs {
		from, to, _ := strings.Cut(pair, ">")
		all = append(all, Edge{from, to})
	}
	return all
}

func graphOf(pairs ...string) Graph {
	graph := Graph{Title: "A <title>", Description: "what it shows", Edges: edges(pairs...), Groups: []string{"one"}}
	seen := map[string]bool{}
	for _, edge := range graph.Edges {
		for _, name := range []string{edge.From, edge.To} {
			if !seen[name] {
				seen[name] = true
				graph.Nodes = append(graph.Nodes, Node{name, "one"})
			}
		}
	}
	return graph
}

func laidOut(t *testing.T, graph Graph) *layout {
	t.Helper()
	made, err := newLayout(graph)
	if err != nil {
		t.Fatal(err)
	}
	made.order()
	made.place()
	return made
}

func TestLayersLeadDown(t *testing.T) {
	layers, err := layersOf(graphOf("a>b", "b>c", "a>c", "d>c", "c>e", "d>f"))
	if err != nil {
		t.Fatal(err)
	}
	for _, edge := range graphOf("a>b", "b>c", "a>c", "d>c", "c>e", "d>f").Edges {
		if layers[edge.From] >= layers[edge.To] {
			t.Errorf("%s is in layer %d, %s in %d", edge.From, layers[edge.From], edge.To, layers[edge.To])
		}
	}
}

func TestCycleIsRefused(t *testing.T) {
	var cycle *CycleError
	if _, err := SVG(graphOf("a>b", "b>c", "c>a")); !errors.As(err, &cycle) {
		t.Errorf("got %v", err)
	}
}

func TestNoCrossingsWhereNoneAreNeeded(t *testing.T) {
	made := laidOut(t, graphOf("top>a", "top>b", "top>c", "a>z", "b>y", "c>x", "z>end", "x>end"))
	if got := made.cost().crossings; got != 0 {
		t.Errorf("%d crossings", got)
	}
}

// TestOneCrossing holds the count against a graph that has one in every order.
func TestOneCrossing(t *testing.T) {
	made := laidOut(t, graphOf("a>x", "a>y", "b>x", "b>y"))
	if got := made.cost().crossings; got != 1 {
		t.Errorf("%d crossings, want 1", got)
	}
}

func TestBoxesDoNotOverlap(t *testing.T) {
	made := laidOut(t, graphOf("top>a-long-name", "top>b", "top>another-long-name", "b>under", "a-long-name>under", "top>under", "b>c", "b>d", "b>e"))
	for _, layer := range made.layers {
		for i := 1; i < len(layer); i++ {
			left, right := layer[i-1], layer[i]
			if between := right.x - right.width()/2 - left.x - left.width()/2; between < gapOfLines-1 {
				t.Errorf("%s and %s are %v apart", left.name, right.name, between)
			}
		}
	}
}

func TestSVG(t *testing.T) {
	graph := graphOf("top>a", "top>b", "a>c", "b>c", "top>d", "d>c")
	first, err := SVG(graph)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := SVG(graph)
	if first != second {
		t.Error("the same graph gives another picture")
	}
	decoder := xml.NewDecoder(strings.NewReader(first))
	boxes := 0
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, isStart := token.(xml.StartElement); isStart && start.Name.Local == "g" {
			for _, attribute := range start.Attr {
				if strings.HasPrefix(attribute.Value, "box ") {
					boxes++
				}
			}
		}
	}
	if boxes != len(graph.Nodes) {
		t.Errorf("%d boxes for %d nodes", boxes, len(graph.Nodes))
	}
	for _, part := range []string{"<title id=\"title\">A &lt;title&gt;</title>", "<desc id=\"description\">what it shows</desc>", "prefers-color-scheme:dark"} {
		if !strings.Contains(first, part) {
			t.Errorf("the picture has no %s", part)
		}
	}
}
