package suites_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega/types"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// takers are the exported functions that take a method. Each returns how much it
// found, or what it says of a method that it cannot work with.
var takers = map[string]func(*testing.T, *spec.Method) (int, error){
	"suites.Checks":        func(_ *testing.T, m *spec.Method) (int, error) { return len(suites.Checks(m)), nil },
	"suites.NotApplicable": func(_ *testing.T, m *spec.Method) (int, error) { return len(suites.NotApplicable(m)), nil },
	"suites.HaveJobID":     matched(suites.HaveJobID),
	"suites.HaveState": matched(func(m *spec.Method) types.GomegaMatcher {
		return suites.HaveState(m)
	}),
	"suites.MatchErrorModel":     matched(suites.MatchErrorModel),
	"suites.MatchResponseSchema": matched(suites.MatchResponseSchema),
	"emulator.Faults":            func(_ *testing.T, m *spec.Method) (int, error) { return len(emulator.Faults(m)), nil },
	"emulator.DefaultJobs":       func(_ *testing.T, m *spec.Method) (int, error) { return len(emulator.DefaultJobs(m, m)), nil },
	"emulator.New": func(_ *testing.T, m *spec.Method) (int, error) {
		_, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{Methods: []*spec.Method{m}})
		if _, alone := emulator.New(m, emulator.Options{}); alone == nil || alone.Error() != err.Error() {
			return 0, nil
		}
		return 0, err
	},
	"clienttest.NewServerFor": func(t *testing.T, m *spec.Method) (int, error) {
		ended := make(chan error)
		go func() {
			defer close(ended)
			clienttest.NewServerFor(endedTest{t, ended}, m)
		}()
		return 0, <-ended
	},
}

func matched(matcher func(*spec.Method) types.GomegaMatcher) func(*testing.T, *spec.Method) (int, error) {
	return func(_ *testing.T, m *spec.Method) (int, error) {
		matches, err := matcher(m).Match(&http.Response{StatusCode: http.StatusOK, Body: http.NoBody})
		if matches {
			return 1, err
		}
		return 0, err
	}
}

// endedTest is a test that reports how it was ended.
type endedTest struct {
	testing.TB
	ended chan<- error
}

func (e endedTest) Fatal(words ...any) {
	e.ended <- fmt.Errorf("%s", fmt.Sprint(words...))
	runtime.Goexit()
}

// TestAMissingMethod: without a method, or with an empty one, a function returns
// one clear error, or nothing; one of this package takes the default method.
func TestAMissingMethod(t *testing.T) {
	t.Parallel()
	const fix = "with spec.Load"
	for name, take := range takers {
		ours := strings.HasPrefix(name, "suites.")
		want, wantErr := take(t, nil)
		if whole, err := take(t, spec.MustLoadEmbedded()); ours && (want != whole || (wantErr == nil) != (err == nil)) {
			t.Errorf("%s of no method: %d, %v, and of the default one %d, %v", name, want, wantErr, whole, err)
		}
		if !ours && wantErr == nil && want > 0 {
			t.Errorf("%s found %d of no method", name, want)
		}
		_, err := take(t, &spec.Method{})
		if lists := slices.Contains([]string{"suites.Checks", "suites.NotApplicable", "emulator.Faults", "emulator.DefaultJobs"}, name); lists == (err != nil) || err != nil && !strings.Contains(err.Error(), fix) {
			t.Errorf("%s of an empty method: %v", name, err)
		}
	}

	declared := declarations(t, regexp.MustCompile(`(?m)^func ([A-Z]\w*)\([^)]*\*spec\.Method`))
	if known := slices.Sorted(maps.Keys(takers)); !slices.Equal(declared, known) {
		t.Errorf("functions that take a method: %v, tested: %v", declared, known)
	}
}
