package text

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// TestReadAll reads all of what is within the limit, in however many parts.
func TestReadAll(t *testing.T) {
	t.Parallel()
	const most = 9 << 20
	for _, length := range []int{0, 1, 4 << 10, 4<<10 + 1, 5<<20 + 7, most} {
		want := bytes.Repeat([]byte("0123456"), length/7+1)[:length]
		if got, err := ReadAll(iotest.HalfReader(bytes.NewReader(want)), most); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d of %d bytes: %v", len(got), length, err)
		}
	}
	var tooLong *TooLongError
	if _, err := ReadAll(strings.NewReader(strings.Repeat("x", most+1)), most); !errors.As(err, &tooLong) || err.Error() != "longer than 9 MiB" {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := ReadAll(iotest.ErrReader(broken), most); !errors.Is(err, broken) {
		t.Error(err)
	}
}
