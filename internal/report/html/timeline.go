package html

import (
	"cmp"
	"github.com/dpconform/dpconform/internal/result"
	"slices"
	"strconv"
	"strings"
)

// timeline is the exchanges of a run over its time, an aspect in each row.
type timeline struct {
	Rows    []lane
	Ticks   []tick
	Length  string
	Slowest []slow
	// Recorded says that no server took this time.
	Recorded bool
}

// lane is one aspect.
type lane struct {
	Name string
	// Quick, Slow, Again and Broken are drawings: of the exchanges, of the slowest
	// of the run, of those sent again, and of those without an answer.
	Quick, Slow, Again, Broken string
	Exchanges, Repeats         int
	Middle, Longest            string
}

// tick is a mark of the time.
type tick struct {
	// At is where it is, in hundredths of the line.
	At   string
	Text string
}

// slow is one of the slowest exchanges of a run.
type slow struct {
	reference
	Purpose, Took, When string
}

// mostSlow is the number of slowest exchanges that are told by name. An exchange
// is slow where it takes at least slowFactor times as long as half of all.
const mostSlow, slowFactor = 5, 4

func (m *maker) timeline() timeline {
	if len(m.Exchanges) == 0 {
		return timeline{}
	}
	length, slowest := m.span(), m.slowest()
	made := timeline{Length: duration(length), Ticks: ticks(length), Recorded: m.Target.Source != "network"}
	lanes := map[string][]*result.Exchange{}
	for i := range m.Exchanges {
		aspect := m.aspectOfExchange(&m.Exchanges[i])
		lanes[aspect] = append(lanes[aspect], &m.Exchanges[i])
	}
	for _, aspect := range append(aspectsOf(m.Report), otherAspect) {
		if len(lanes[aspect]) > 0 {
			made.Rows = append(made.Rows, laneOf(aspect, lanes[aspect], length, slowest))
			delete(lanes, aspect)
		}
	}
	for _, one := range slowest {
		made.Slowest = append(made.Slowest, slow{reference{m.exchangeLink(one.Number), number10(one.Number)},
			glance(one.Purpose), duration(one.Microseconds), duration(one.OffsetMicroseconds)})
	}
	return made
}

// otherAspect is that of exchanges of which no check is in the report.
const otherAspect = "other"

func (m *maker) aspectOfExchange(exchange *result.Exchange) string {
	if check := m.byCheck[exchange.Check]; check != nil {
		return check.Aspect
	}
	return otherAspect
}

// span is the time from the beginning of the run to its end, in microseconds.
func (m *maker) span() int64 {
	length := max(1, m.Milliseconds*1000)
	for _, exchange := range m.Exchanges {
		length = max(length, exchange.OffsetMicroseconds+exchange.Microseconds)
	}
	return length
}

// slowest are the exchanges that took much longer than most, longest first.
func (m *maker) slowest() []*result.Exchange {
	times := make([]int64, len(m.Exchanges))
	for i, exchange := range m.Exchanges {
		times[i] = exchange.Microseconds
	}
	slices.Sort(times)
	middle := max(times[len(times)/2], 1)
	var found []*result.Exchange
	for i := range m.Exchanges {
		if m.Exchanges[i].Microseconds >= slowFactor*middle && m.byNumber[m.Exchanges[i].Number] == &m.Exchanges[i] {
			found = append(found, &m.Exchanges[i])
		}
	}
	slices.SortStableFunc(found, func(a, b *result.Exchange) int { return cmp.Compare(b.Microseconds, a.Microseconds) })
	return found[:min(len(found), mostSlow)]
}

// lineLength is the length of the time line in units of its drawing.
const lineLength = 1000

func laneOf(aspect string, exchanges []*result.Exchange, length int64, slowest []*result.Exchange) lane {
	var quick, slow, again, broken strings.Builder
	made := lane{Name: aspectName(aspect), Exchanges: len(exchanges)}
	times := make([]int64, len(exchanges))
	for i, exchange := range exchanges {
		times[i] = exchange.Microseconds
		made.Repeats += len(exchange.Earlier)
		switch {
		case exchange.Fault != nil || exchange.Response == nil:
			stroke(&broken, exchange, length)
		case len(exchange.Earlier) > 0:
			stroke(&again, exchange, length)
		case slices.Contains(slowest, exchange):
			stroke(&slow, exchange, length)
		default:
			stroke(&quick, exchange, length)
		}
	}
	slices.Sort(times)
	made.Quick, made.Slow, made.Again, made.Broken = quick.String(), slow.String(), again.String(), broken.String()
	made.Middle, made.Longest = duration(times[len(times)/2]), duration(times[len(times)-1])
	return made
}

// stroke draws an exchange: a box as wide as it took long.
func stroke(path *strings.Builder, exchange *result.Exchange, length int64) {
	const narrowest = 2
	at := min(lineLength-narrowest, place(exchange.OffsetMicroseconds, length))
	wide := min(lineLength-at, max(narrowest, place(exchange.Microseconds, length)))
	path.WriteString("M" + strconv.Itoa(at) + " 0h" + strconv.Itoa(wide) + "v10h-" + strconv.Itoa(wide) + "z")
}

func place(microseconds, length int64) int {
	return int(float64(max(0, microseconds)) / float64(length) * lineLength)
}

// ticks are some round times. None is so near to the end that its text would not
// fit.
func ticks(length int64) []tick {
	const most = 5
	step := int64(1)
	for i := 0; length/step >= most; i++ {
		step = step / []int64{1, 2, 5}[i%3] * []int64{2, 5, 10}[i%3]
	}
	var all []tick
	for at := int64(0); at <= length*8/10; at += step {
		all = append(all, tick{strconv.FormatFloat(float64(at)/float64(length)*100, 'f', 1, 64), shortDuration(at)})
	}
	return all
}

// shortDuration says a round time in microseconds.
func shortDuration(microseconds int64) string {
	switch {
	case microseconds == 0:
		return "0"
	case microseconds >= 1_000_000:
		return strconv.FormatFloat(float64(microseconds)/1e6, 'f', -1, 64) + " s"
	case microseconds >= 1000:
		return strconv.FormatFloat(float64(microseconds)/1e3, 'f', -1, 64) + " ms"
	}
	return strconv.FormatInt(microseconds, 10) + " µs"
}
