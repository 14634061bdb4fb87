package emulator

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestANewJobHasAStateOfItsOwn(t *testing.T) {
	server := newServer(t, Options{})
	id := startedID(t, retry("failed-1").send(t, server))
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("id %q is no UUID", id)
	}
	if got := stateOf(t, server, id); got != "IN_PROGRESS" {
		t.Errorf("the new job is %s", got)
	}
	wantError(t, retry(id).send(t, server), http.StatusBadRequest, "FAILED_PRECONDITION")
}

func TestDefaultJobs(t *testing.T) {
	jobs := DefaultJobs(shipped())
	counts := map[string]int{}
	for state, ids := range jobs {
		counts[state] = len(ids)
	}
	want := map[string]int{"FAILED": 24, "COMPLETE": 2, "IN_PROGRESS": 2, "CANCELLED": 2}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", counts, want)
	}
	if got := jobs["IN_PROGRESS"]; !slices.Equal(got, []string{"in-progress-1", "in-progress-2"}) {
		t.Errorf("%q", got)
	}
}

// retryAll retries three jobs four times each, in an order of its own, and
// gives the ids by job.
func retryAll(t *testing.T, server *Server, order []int) map[int][]string {
	t.Helper()
	ids := map[int][]string{}
	for range 4 {
		for _, number := range order {
			ids[number] = append(ids[number], startedID(t, retry(fmt.Sprintf("failed-%d", number)).send(t, server)))
		}
	}
	return ids
}

func TestTheSameSeedGivesTheSameIDs(t *testing.T) {
	one := retryAll(t, newServer(t, Options{Seed: 7}), []int{1, 2, 3})
	other := retryAll(t, newServer(t, Options{Seed: 7}), []int{3, 1, 2})
	if fmt.Sprint(one) != fmt.Sprint(other) {
		t.Errorf("another order gives other ids:\n%v\n%v", one, other)
	}
	seen := map[string]bool{}
	for _, ids := range retryAll(t, newServer(t, Options{Seed: 8}), []int{1, 2, 3}) {
		for _, id := range ids {
			seen[id] = true
		}
	}
	for _, ids := range one {
		for _, id := range ids {
			if seen[id] {
				t.Errorf("id %s twice", id)
			}
			seen[id] = true
		}
	}
}

func TestAnIDThatIsTakenIsNotGivenAgain(t *testing.T) {
	taken := newID(7, "failed-1", 1)
	server := newServer(t, Options{Seed: 7, Jobs: map[string][]string{"FAILED": {"failed-1"}, "COMPLETE": {taken}}})
	if id := startedID(t, retry("failed-1").send(t, server)); id == taken {
		t.Errorf("the id of another job is given: %s", id)
	}
	if got := stateOf(t, server, taken); got != "COMPLETE" {
		t.Errorf("the other job is %s", got)
	}
}

func TestConcurrentRetriesGetIDsOfTheirOwn(t *testing.T) {
	const retries = 32
	given := func(id func(int) string) []string {
		server := newServer(t, Options{Seed: 7})
		ids := make([]string, retries)
		var waiting sync.WaitGroup
		for i := range retries {
			waiting.Go(func() { ids[i] = startedID(t, retry(id(i)).send(t, server)) })
		}
		waiting.Wait()
		slices.Sort(ids)
		return ids
	}
	for name, id := range map[string]func(int) string{
		"one job":      func(int) string { return "failed-1" },
		"several jobs": func(i int) string { return fmt.Sprintf("failed-%d", i%24+1) },
	} {
		first, second := given(id), given(id)
		if len(slices.Compact(slices.Clone(first))) != retries {
			t.Errorf("%s: an id twice in %q", name, first)
		}
		if !slices.Equal(first, second) {
			t.Errorf("%s: another run gives other ids", name)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"unknown state":        {Options{Jobs: map[string][]string{"LOST": {"a"}}}, `"LOST"`},
		"unspecified state":    {Options{Jobs: map[string][]string{"STATE_UNSPECIFIED": {"a"}}}, `"STATE_UNSPECIFIED"`},
		"twice":                {Options{Jobs: map[string][]string{"FAILED": {"a"}, "COMPLETE": {"a"}}}, "given twice, as COMPLETE and as FAILED"},
		"slash":                {Options{Jobs: map[string][]string{"FAILED": {"a/b"}}}, `"a/b"`},
		"empty":                {Options{Jobs: map[string][]string{"FAILED": {""}}}, `""`},
		"template":             {Options{TokenTemplate: "token"}, `"token"`},
		"template with two":    {Options{TokenTemplate: "{short}{scope}"}, "once"},
		"fault":                {Options{Fault: "trailing-slash-acepted"}, `did you mean trailing-slash-accepted?`},
		"fault far from any":   {Options{Fault: "zzzzzz"}, `unknown fault "zzzzzz"`},
		"second of two faults": {Options{Fault: "created,nothing-like-it-at-all"}, "nothing-like-it-at-all"},
	} {
		server, err := New(shipped(), test.options)
		if err == nil || server != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
