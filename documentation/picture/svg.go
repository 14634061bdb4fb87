package picture

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// colours are those of the groups, in their order: for a light ground and for a
// dark one. Text on the tint of each has a contrast of more than 7 to 1.
var colours = []struct{ line, tint, darkLine, darkTint string }{
	{"#334155", "#e2e8f0", "#cbd5e1", "#334155"},
	{"#1d4ed8", "#dbeafe", "#93c5fd", "#1e3a8a"},
	{"#047857", "#d1fae5", "#6ee7b7", "#064e3b"},
	{"#b45309", "#fef3c7", "#fcd34d", "#78350f"},
	{"#7e22ce", "#f3e8ff", "#d8b4fe", "#581c87"},
	{"#be123c", "#ffe4e6", "#fda4af", "#881337"},
	{"#57534e", "#f5f5f4", "#d6d3d1", "#44403c"},
}

// leastWidth leaves room for the legend, in pixels.
const leastWidth = 640

// SVG draws a graph. It returns a *CycleError for one with a cycle.
func SVG(graph Graph) (string, error) {
	made, err := newLayout(graph)
	if err != nil {
		return "", err
	}
	made.order()
	width, height := made.place()
	if width < leastWidth {
		shift := math.Round((leastWidth - width) / 2)
		made.each(func(one *spot) { one.x += shift })
		width = leastWidth
	}
	legend, legendHeight := legendOf(graph.Groups, height, width)
	height += legendHeight

	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%v" height="%v" viewBox="0 0 %v %v" role="img" aria-labelledby="title description">
<title id="title">%s</title>
<desc id="description">%s</desc>
`, width, height, width, height, html.EscapeString(graph.Title), html.EscapeString(graph.Description))
	out.WriteString(styleOf(graph.Groups))
	fmt.Fprintf(&out, "<rect class=\"ground\" width=\"%v\" height=\"%v\" rx=\"8\"/>\n", width, height)
	for _, chain := range made.drawn() {
		out.WriteString(lineOf(graph.Groups, chain))
	}
	made.each(func(one *spot) {
		if one.passes {
			return
		}
		fmt.Fprintf(&out, "<g class=\"box %s\"><rect x=\"%v\" y=\"%v\" width=\"%v\" height=\"%v\" rx=\"6\"/><text x=\"%v\" y=\"%v\">%s</text></g>\n",
			classOf(graph.Groups, one.group), one.x-one.width()/2, one.y-boxHeight/2, one.width(), boxHeight, one.x, one.y+4.5, html.EscapeString(one.name))
	})
	out.WriteString(legend)
	out.WriteString("</svg>\n")
	return out.String(), nil
}

func classOf(groups []string, group string) string {
	return fmt.Sprintf("group-%d", max(0, slices.Index(groups, group)))
}

func styleOf(groups []string) string {
	var light, dark strings.Builder
	for i := range groups {
		colour := colours[i%len(colours)]
		for _, one := range []struct {
			out        *strings.Builder
			line, tint string
		}{{&light, colour.line, colour.tint}, {&dark, colour.darkLine, colour.darkTint}} {
			fmt.Fprintf(one.out, ".group-%d rect{stroke:%s;fill:%s}path.group-%d{stroke:%s}path.head.group-%d{fill:%s}\n",
				i, one.line, one.tint, i, one.line, i, one.line)
		}
	}
	return `<style>
text{font:13px ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif;text-anchor:middle;fill:#0f172a}
.key text{text-anchor:start;font-size:12px}
.ground{fill:#fff}
.box rect,.key rect{stroke-width:1.25}
.line{fill:none;stroke-width:1.4;stroke-opacity:.75}
.head{stroke:none}
` + light.String() + `@media(prefers-color-scheme:dark){
text{fill:#f8fafc}
.ground{fill:#0d1117}
` + dark.String() + `}
</style>
`
}

// legendOf draws what the colours mean, in rows below the picture.
func legendOf(groups []string, top, width float64) (drawn string, height float64) {
	var out strings.Builder
	x, y := float64(margin), top+4
	for _, group := range groups {
		needed := 21 + math.Round(float64(len(group))*6.4)
		if x > margin && x+needed > width-margin {
			x, y = margin, y+24
		}
		fmt.Fprintf(&out, "<g class=\"key %s\"><rect x=\"%v\" y=\"%v\" width=\"14\" height=\"14\" rx=\"3\"/><text x=\"%v\" y=\"%v\">%s</text></g>\n",
			classOf(groups, group), x, y, x+21, y+11.5, html.EscapeString(group))
		x += needed + 20
	}
	return out.String(), y + 14 + margin - top
}

// drawnLine is an edge with the places at which it leaves and arrives.
type drawnLine struct {
	chain   []*spot
	leaves  float64
	arrives float64
}

// drawn spreads the ends of the edges along the boxes, in the order of where
// they lead to, so that no two lie on each other.
func (l *layout) drawn() []drawnLine {
	lines := make([]drawnLine, len(l.chains))
	leaving, arriving := map[*spot][]int{}, map[*spot][]int{}
	for i, chain := range l.chains {
		lines[i].chain = chain
		leaving[chain[0]] = append(leaving[chain[0]], i)
		last := chain[len(chain)-1]
		arriving[last] = append(arriving[last], i)
	}
	l.each(func(one *spot) {
		spread(one, leaving[one], func(i int) float64 { return l.chains[i][1].x }, func(i int, x float64) { lines[i].leaves = x })
		spread(one, arriving[one], func(i int) float64 { return l.chains[i][len(l.chains[i])-2].x }, func(i int, x float64) { lines[i].arrives = x })
	})
	return lines
}

// spread gives every edge of a box its own place along the side.
func spread(box *spot, edges []int, towards func(int) float64, set func(int, float64)) {
	slices.SortStableFunc(edges, func(a, b int) int { return cmp.Compare(towards(a), towards(b)) })
	const furthest = 16
	step := 0.0
	if len(edges) > 1 {
		step = min(furthest, (box.width()-20)/float64(len(edges)-1))
	}
	for number, edge := range edges {
		set(edge, box.x+step*(float64(number)-float64(len(edges)-1)/2))
	}
}

// lineOf draws an edge: a smooth line from point to point, upright where it
// leaves and arrives.
func lineOf(groups []string, line drawnLine) string {
	class := classOf(groups, line.chain[0].group)
	const headLength, headWidth = 7.0, 3.6
	points := line.points(headLength)
	var path strings.Builder
	fmt.Fprintf(&path, "M%.1f %.1f", points[0].x, points[0].y)
	for i := range len(points) - 1 {
		from, to := points[i], points[i+1]
		reach := (to.y - from.y) * 0.42
		fmt.Fprintf(&path, "C%.1f %.1f %.1f %.1f %.1f %.1f", from.x+reach*slopeAt(points, i), from.y+reach,
			to.x-reach*slopeAt(points, i+1), to.y-reach, to.x, to.y)
	}
	end := points[len(points)-1]
	return fmt.Sprintf("<path class=\"line %s\" d=\"%s\"/><path class=\"head %s\" d=\"M%.1f %.1fl%.1f %.1fh%.1fz\"/>\n",
		class, path.String(), class, end.x, end.y+headLength, -headWidth, -headLength, 2*headWidth)
}

type point struct{ x, y float64 }

// points are those that an edge goes through; the last is where its head begins.
func (l drawnLine) points(headLength float64) []point {
	var points []point
	for _, one := range l.chain {
		points = append(points, point{one.x, one.y})
	}
	last := len(points) - 1
	points[0] = point{l.leaves, points[0].y + boxHeight/2}
	points[last] = point{l.arrives, points[last].y - boxHeight/2 - headLength}
	return points
}

// slopeAt is how far the line leads to the side, for each pixel down, at a point:
// the harmonic mean of the ways before and behind it, so that it never swings
// beyond them, and nothing where it turns back or ends.
func slopeAt(points []point, i int) float64 {
	if i == 0 || i == len(points)-1 {
		return 0
	}
	before := (points[i].x - points[i-1].x) / (points[i].y - points[i-1].y)
	behind := (points[i+1].x - points[i].x) / (points[i+1].y - points[i].y)
	if before*behind <= 0 {
		return 0
	}
	// A steeper line would cut the corners of the boxes beside it.
	const most = 0.6
	return max(-most, min(most, 2*before*behind/(before+behind)))
}
