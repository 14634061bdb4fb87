package redact

import (
	"strconv"
	"strings"
)

// dumped is a text that another one lists byte by byte: Go prints a []byte so, Node
// puts a Buffer so into JSON, and a page for debugging shows a dump.
type dumped struct {
	text []byte
	// from and to say where in the other text each byte stands, and what shows it.
	from, to []int
}

func (d *dumped) add(value byte, from, to int) {
	d.text = append(d.text, value)
	d.from, d.to = append(d.from, from), append(d.to, to)
}

// dumpsIn finds what a text in small letters lists byte by byte.
func dumpsIn(lower string) []dumped {
	found := hexDump(lower)
	var numbers dumped
	for at := 0; at < len(lower); {
		value, end := byteAt(lower, at)
		if end > at {
			numbers.add(value, at, end)
			at = end
		}
		// One comma, blanks and line breaks stand between two of them.
		next := at
		for next < len(lower) && strings.IndexByte(", \t\r\n", lower[next]) >= 0 {
			next++
		}
		if end > 0 && next > at && next < len(lower) && isDigit(lower[next]) {
			at = next
			continue
		}
		if len(numbers.from) >= shortestSecret {
			found, numbers = append(found, numbers), dumped{}
		}
		numbers = dumped{numbers.text[:0], numbers.from[:0], numbers.to[:0]}
		at = max(next, at+1)
		for at < len(lower) && !isDigit(lower[at]) {
			at++
		}
	}
	if len(numbers.from) >= shortestSecret {
		found = append(found, numbers)
	}
	return found
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// byteAt reads a number up to 255, such as 83 or 0x53; end is 0 where there is none.
func byteAt(lower string, at int) (value byte, end int) {
	base, first := 10, at
	if strings.HasPrefix(lower[at:], "0x") {
		base, first = 16, at+len("0x")
	}
	number := 0
	for end = first; end < len(lower) && isLetterOrDigit(rune(lower[end])); end++ {
		digit := strings.IndexByte("0123456789abcdef"[:base], lower[end])
		if number = number*base + digit; digit < 0 || number > 255 || end-first == len("255") {
			return 0, 0
		}
	}
	if end == first {
		return 0, 0
	}
	return byte(number), end
}

// dumpLine is a line of hexdump -C, xxd, Go's hex.Dump or Netty: the number of its
// first byte, and up to 16 bytes. What follows shows the same bytes as text.
var dumpLine = lazy(`(?m)^[ \t|]*(?:0x)?[0-9a-f]{4,16}[:|]?[ \t]+((?:(?:[0-9a-f]{2}){1,2}[ \t]{1,3}){1,16})`)

// hexDump reads the bytes of a dump, if a text has one.
func hexDump(lower string) []dumped {
	if !strings.Contains(lower, "0000") {
		return nil
	}
	var dump dumped
	for _, line := range dumpLine().FindAllStringSubmatchIndex(lower, -1) {
		to := len(lower)
		if end := strings.IndexByte(lower[line[1]:], '\n'); end >= 0 {
			to = line[1] + end
		}
		for at := line[2]; at+1 < line[3]; at++ {
			if value, err := strconv.ParseUint(lower[at:at+2], 16, 8); err == nil {
				dump.add(byte(value), at, to)
				at++
			}
		}
	}
	if len(dump.from) < shortestSecret {
		return nil
	}
	return []dumped{dump}
}
