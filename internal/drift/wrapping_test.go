package drift

import (
	"slices"
	"strings"
	"testing"
)

func TestWordsAreNotBrokenInside(t *testing.T) {
	long := scopePrefix + strings.Repeat("a", 80)
	for _, one := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"touches retry.path.method-and-verb, retry.body.empty", []string{"touches", "retry.path.method-and-verb,", "retry.body.empty"}},
		{"the scope " + long + " is gone", []string{"the scope", long, "is gone"}},
		{"/a/path/that/is/longer/than/thirty/columns", []string{"/a/path/that/is/longer/than/", "thirty/columns"}},
	} {
		if got := wrapped(one.text, 30); !slices.Equal(got, one.want) {
			t.Errorf("%q: got %q, want %q", one.text, got, one.want)
		}
	}
}
