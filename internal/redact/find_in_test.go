package redact

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A text that is read in pieces is found to hold what it holds as a whole.
func TestFindInPieces(t *testing.T) {
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "line %d\n", i)
		if i%7 == 0 {
			fmt.Fprintf(&text, "client_secret: s3cr3t-%d0a1b2c\n", i)
		}
		if i%31 == 0 {
			text.WriteString("\"urls\": [\n\"https://h/1\",\n\"https://h/2\"\n]\n")
		}
	}
	want := map[string]bool{}
	for _, one := range Find(text.String()) {
		want[fmt.Sprint(one.Line, one.Kind)] = true
	}
	for _, size := range []int{400, 777, 5000, 1 << 20} {
		got := map[string]bool{}
		err := findInPieces(strings.NewReader(text.String()), size, 150, func(one Found) {
			key := fmt.Sprint(one.Line, one.Kind)
			if got[key] {
				t.Errorf("%d: %s is told twice", size, key)
			}
			got[key] = true
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d: %v\n got %v\nwant %v", size, err, got, want)
		}
	}
}

func TestFindInOddTexts(t *testing.T) {
	broken := errors.New("broken")
	for name, one := range map[string]struct {
		reader io.Reader
		err    error
		found  int
	}{
		"empty":         {strings.NewReader(""), nil, 0},
		"binary":        {strings.NewReader("a\x00client_secret=s3cr3t-0a1b2c"), ErrBinary, 0},
		"invalid UTF-8": {strings.NewReader("\xff\xfe?client_secret=s3cr3t-0a1b2c\xff"), nil, 1},
		"one long line": {strings.NewReader(strings.Repeat("x ", 3<<20) + "client_secret=s3cr3t-0a1b2c"), nil, 1},
		"slow":          {iotest.OneByteReader(strings.NewReader("client_secret=s3cr3t-0a1b2c")), nil, 1},
		"broken":        {iotest.ErrReader(broken), broken, 0},
	} {
		found := 0
		err := FindIn(one.reader, func(Found) { found++ })
		if !errors.Is(err, one.err) || found != one.found {
			t.Errorf("%s: %v, %d found", name, err, found)
		}
	}
}
