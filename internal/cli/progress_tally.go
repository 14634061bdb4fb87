package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dpconform/dpconform/internal/result"
)

// tally is how far a command is.
type tally struct {
	total, done int
	counts      map[result.Verdict]int
	// inHand is what is done now.
	inHand string
	// waits are the pauses between two attempts, by the number of the exchange.
	waits map[int]wait
	began time.Time
	// interrupted says that the command is about to end.
	interrupted bool
}

// wait is a pause until some time, and why.
type wait struct {
	until time.Time
	why   string
}

func newTally(total int, began time.Time) tally {
	return tally{total: total, began: began, counts: map[result.Verdict]int{}, waits: map[int]wait{}}
}

// ended says that one more has ended.
func (t *tally) ended(name string, verdict result.Verdict) {
	t.done++
	t.counts[verdict]++
	if t.inHand == "" || t.inHand == name {
		t.inHand = name
	}
}

// counted are the verdicts in the order in which they are counted.
var counted = []result.Verdict{result.Pass, result.Fail, result.UnexpectedPass, result.Warn, result.ExpectedFail, result.Skip, result.Error}

// text says in one line how far it is: first what is always of interest, last
// what can be cut off.
func (t *tally) text(now time.Time) string {
	var parts []string
	if t.total > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", t.done, t.total))
	}
	parts = append(parts, seconds(now.Sub(t.began)))
	var counts []string
	for _, verdict := range counted {
		if t.counts[verdict] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", t.counts[verdict], verdict))
		}
	}
	if len(counts) > 0 {
		parts = append(parts, strings.Join(counts, ", "))
	}
	if t.interrupted {
		parts = append(parts, "interrupted, waiting for answers that are on their way")
	} else if text := t.waiting(now); text != "" {
		parts = append(parts, text)
	}
	if t.inHand != "" {
		parts = append(parts, t.inHand)
	}
	return shown(strings.Join(parts, "  "))
}

// waiting says how long nothing is sent, and why: the longest of all pauses.
func (t *tally) waiting(now time.Time) string {
	var longest wait
	for _, one := range t.waits {
		if one.until.After(longest.until) {
			longest = one
		}
	}
	left := longest.until.Sub(now)
	// Shorter ones come and go.
	const worthTelling = 500 * time.Millisecond
	if left < worthTelling {
		return ""
	}
	return fmt.Sprintf("waiting %s, %s", seconds(left+time.Second-1), longest.why)
}

// seconds is a time in whole seconds, from a minute on in minutes too.
func seconds(time time.Duration) string {
	whole := int(time.Seconds())
	if whole < 60 {
		return fmt.Sprintf("%d s", whole)
	}
	return fmt.Sprintf("%d min %02d s", whole/60, whole%60)
}

// failedLine is the line of something that failed.
func failedLine(name, why string) string {
	if why != "" {
		name += "  " + why
	}
	return failedMark + " " + shown(name)
}

// failedMark begins the line of what failed, in red.
const failedMark = "\x1b[31;1mFAIL\x1b[m"

// shown is a text in one line, without anything that moves a cursor.
func shown(text string) string {
	return strings.Map(func(letter rune) rune {
		switch {
		case letter == '\n', letter == '\t':
			return ' '
		case letter < ' ', letter >= 0x7f && letter < 0xa0, isDirection(letter):
			return '\uFFFD'
		}
		return letter
	}, text)
}

// isDirection reports whether a letter turns the direction of writing, or ends a
// line in its own way.
func isDirection(letter rune) bool {
	return letter >= 0x202a && letter <= 0x202e || letter >= 0x2066 && letter <= 0x2069 || letter == 0x2028 || letter == 0x2029
}

// cut makes a text fit into so many columns, wide letters counted as two.
func cut(text string, columns int) string { return ansi.Truncate(text, max(0, columns), "…") }
