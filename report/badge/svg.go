package badge

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/dpconform/dpconform/report"
)

// Lengths in pixels.
const (
	height   = 20
	fontSize = 11
	margin   = 6 // Left and right of a text.
	baseline = 14
)

// behindLabel is the colour behind the label: apart from the white and the
// nearly black of pages.
const behindLabel = "#4a525b"

// WriteSVG draws the badge. Every letter has its place by the widths of Verdana,
// so that it looks alike with any font; it needs no network.
func WriteSVG(out io.Writer, found report.Report) error {
	text, colour := message(found)
	left, right := boxWidth(label), boxWidth(text)
	var drawn strings.Builder
	fmt.Fprintf(&drawn, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%[3]s">`+"\n",
		left+right, height, escaped(label+": "+text))
	fmt.Fprintf(&drawn, "  <title>%s</title>\n  <desc>%s</desc>\n", escaped(label+": "+text), escaped(description(found)))
	fmt.Fprintf(&drawn, `  <clipPath id="corners"><rect width="%d" height="%d" rx="3"/></clipPath>`+"\n", left+right, height)
	fmt.Fprintf(&drawn, `  <g clip-path="url(#corners)"><rect width="%d" height="%d" fill="%s"/>`, left, height, behindLabel)
	fmt.Fprintf(&drawn, `<rect x="%d" width="%d" height="%d" fill="%s"/></g>`+"\n", left, right, height, colour.drawn)
	fmt.Fprintf(&drawn, `  <g fill="#fff" font-family="Verdana,Geneva,'DejaVu Sans',sans-serif" font-size="%d" aria-hidden="true">`+"\n", fontSize)
	for _, one := range []struct {
		x    int
		text string
	}{{0, label}, {left, text}} {
		fmt.Fprintf(&drawn, `    <text x="%d" y="%d" textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s</text>`+"\n",
			one.x+margin, baseline, textWidth(one.text), escaped(one.text))
	}
	drawn.WriteString("  </g>\n</svg>\n")
	_, err := io.WriteString(out, drawn.String())
	return err
}

func boxWidth(text string) int { return int(textWidth(text)+0.5) + 2*margin }

// textWidth is the width of a text in pixels.
func textWidth(text string) float64 {
	units := 0
	for _, letter := range text {
		width, known := widths[letter]
		if !known {
			width = unknownWidth
		}
		units += width
	}
	return float64(units) * fontSize / unitsPerEm
}

// The widths of the letters of Verdana that occur in a badge, in units of which
// so many are the height of the font.
const (
	unitsPerEm   = 2048
	unknownWidth = 1302
)

var widths = map[rune]int{
	' ': 720, ',': 745, '.': 745, ':': 930, '/': 930, 'J': 931,
	'a': 1230, 'b': 1276, 'c': 1067, 'd': 1276, 'e': 1220, 'f': 720, 'g': 1276, 'h': 1296, 'i': 562, 'j': 705,
	'k': 1212, 'l': 562, 'm': 1992, 'n': 1296, 'o': 1243, 'p': 1276, 'q': 1276, 'r': 874, 's': 1067, 't': 807,
	'u': 1296, 'v': 1212, 'w': 1676, 'x': 1212, 'y': 1212, 'z': 1076,
	'0': 1302, '1': 1302, '2': 1302, '3': 1302, '4': 1302, '5': 1302, '6': 1302, '7': 1302, '8': 1302, '9': 1302,
}

func escaped(text string) string {
	var safe strings.Builder
	_ = xml.EscapeText(&safe, []byte(text)) // A strings.Builder refuses nothing.
	return safe.String()
}
