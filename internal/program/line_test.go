package program

import (
	"io"
	"strings"
	"testing"
)

func TestTheOutputOfACommandIsKeptWithinBounds(t *testing.T) {
	t.Parallel()
	full := 0
	output := beginning{full: func() { full++ }}
	written, err := io.Copy(&output, io.LimitReader(strings.NewReader(strings.Repeat("x", 4*LargestOutput)), 3*LargestOutput))
	if written != 3*LargestOutput || err != nil || len(output.kept) != LargestOutput || cap(output.kept) > 2*LargestOutput || full == 0 {
		t.Errorf("%d bytes kept of %d, %v", len(output.kept), written, err)
	}
}
