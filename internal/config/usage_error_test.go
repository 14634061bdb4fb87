package config

import "testing"

func TestAUsageErrorIsOneLine(t *testing.T) {
	for want, usage := range map[string]*UsageError{
		"--job: it is empty; give STATE=ID": {"--job", "it is empty", "give STATE=ID"},
		"--job: it is empty":                {"--job", "it is empty", ""},
		"it is empty; see --help":           {"", "it is empty", "see --help"},
		"it is empty":                       {"", "it is empty", ""},
	} {
		if usage.Error() != want {
			t.Errorf("got %q, want %q", usage, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"FAILED", "COMPLETE", "IN_PROGRESS", "CANCELLED"}
	for _, test := range []struct {
		name     string
		known    []string
		best     string
		distance int
	}{
		{"FAILED", known, "FAILED", 0},
		{"FAILD", known, "FAILED", 1},
		{"CANCELED", known, "CANCELLED", 1},
		{"", known, "FAILED", 6},
		{"ab", []string{"ac", "ad"}, "ac", 1},
		{"äb", []string{"ab"}, "ab", 1},
		{"x", nil, "", -1},
	} {
		if best, distance := Nearest(test.name, test.known); best != test.best || distance != test.distance {
			t.Errorf("%q: %q at %d", test.name, best, distance)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	states := []string{"FAILED", "COMPLETE", "IN_PROGRESS"}
	many := []string{"aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd", "eeeeeeeeee", "ffffffffff", "gggggggggg", "hhhhhhhhhh", "iiiiiiiiii"}
	for _, test := range []struct {
		name  string
		known []string
		want  string
	}{
		{"FAILD", states, "did you mean FAILED?"},
		{"COMPLETED", states, "did you mean COMPLETE?"},
		{"XX", states, "it must be one of FAILED, COMPLETE or IN_PROGRESS"},
		{"XXXXXXXXXXXX", states, "it must be one of FAILED, COMPLETE or IN_PROGRESS"},
		{"xx", []string{"json"}, "it must be one of json"},
		{"xxxx", []string{"json", "junit"}, "it must be one of json or junit"},
		{"aaaaaaaxxx", many, "did you mean aaaaaaaaaa?"},
		{"hhhhhxxxxx", many, "the nearest is hhhhhhhhhh"},
	} {
		if got := DidYouMean(test.name, test.known); got != test.want {
			t.Errorf("%q: %s, want %s", test.name, got, test.want)
		}
	}
}
