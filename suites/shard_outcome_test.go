package suites_test

import (
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// TestCombineAddsUpAsOneRunWould: the worst counts, the same findings are counted
// together, and a skip is one only where nobody had anything to look at.
func TestCombineAddsUpAsOneRunWould(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	requirement := contract.Requirements[0]
	check := suites.Checks(contract)[0]
	finding := func(number int, got string, count int, verdict suites.Verdict) suites.Finding {
		return suites.Finding{Requirement: requirement, Verdict: verdict, Want: "a", Got: got, Count: count, Exchange: exchanges[number]}
	}
	result := func(verdict suites.Verdict, reason string, findings ...suites.Finding) suites.Result {
		one := suites.Result{Check: check, Verdict: verdict, Reason: reason, Findings: findings, Took: time.Second}
		for _, found := range findings {
			one.Exchanges = append(one.Exchanges, found.Exchange)
		}
		return one
	}
	for _, test := range []struct {
		name      string
		parts     []suites.Result
		verdict   suites.Verdict
		reason    string
		got       []string
		counts    []int
		exchanges []int
	}{
		{"all pass", []suites.Result{result(suites.Pass, ""), result(suites.Pass, "")}, suites.Pass, "", nil, nil, nil},
		{"one has nothing to look at", []suites.Result{result(suites.Skip, "nothing"), result(suites.Pass, "")}, suites.Pass, "", nil, nil, nil},
		{"nobody has", []suites.Result{result(suites.Skip, "nothing"), result(suites.Skip, "nothing too")}, suites.Skip, "nothing", nil, nil, nil},
		{"one was interrupted", []suites.Result{result(suites.Pass, ""), result(suites.Skip, "the run was interrupted")}, suites.Skip, "the run was interrupted", nil, nil, nil},
		{"one fails", []suites.Result{result(suites.Pass, ""), result(suites.Fail, "", finding(2, "x", 3, suites.Fail))}, suites.Fail, "", []string{"x"}, []int{3}, []int{2}},
		{"one warns and one breaks", []suites.Result{result(suites.Warn, "", finding(1, "x", 1, suites.Warn)), result(suites.Error, "reset")}, suites.Error, "reset",
			[]string{"x"}, []int{1}, []int{1}},
		{"one fails and one breaks", []suites.Result{result(suites.Error, "reset"), result(suites.Fail, "", finding(1, "x", 1, suites.Fail))}, suites.Fail, "",
			[]string{"x"}, []int{1}, []int{1}},
		{"the same in both", []suites.Result{result(suites.Fail, "", finding(4, "x", 2, suites.Fail), finding(5, "y", 1, suites.Fail)),
			result(suites.Fail, "", finding(2, "x", 3, suites.Fail))}, suites.Fail, "", []string{"x", "y"}, []int{5, 1}, []int{2, 5}},
		{"in the order of the exchanges", []suites.Result{result(suites.Warn, "", finding(5, "x", 1, suites.Warn)), result(suites.Fail, "", finding(3, "y", 1, suites.Fail))},
			suites.Fail, "", []string{"y", "x"}, []int{1, 1}, []int{3, 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			whole := suites.Combine(test.parts)
			if whole.Verdict != test.verdict || whole.Reason != test.reason || whole.Took != 2*time.Second || whole.Check.ID != check.ID {
				t.Errorf("%s %q %s after %s", whole.Check.ID, whole.Verdict, whole.Reason, whole.Took)
			}
			if len(whole.Findings) != len(test.got) || len(whole.Exchanges) != len(test.exchanges) {
				t.Fatalf("%+v", whole)
			}
			for i, found := range whole.Findings {
				if found.Got != test.got[i] || found.Count != test.counts[i] {
					t.Errorf("finding %d: %s, %d times", i, found.Got, found.Count)
				}
			}
			for i, exchange := range whole.Exchanges {
				if exchange.Number != test.exchanges[i] {
					t.Errorf("exchange %d: %d", i, exchange.Number)
				}
			}
		})
	}
}

// exchanges are some of a run, by their numbers.
var exchanges = func() map[int]*target.Exchange {
	all := map[int]*target.Exchange{}
	for number := 1; number <= 5; number++ {
		all[number] = &target.Exchange{Number: number, Check: "another/check"}
	}
	return all
}()

// TestTheEstimateOfRequestsHolds: by it checks are dealt and budgets shared.
func TestTheEstimateOfRequestsHolds(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	const budget = 100000
	for number, plan := range plansOf(t, contract, suites.Selection{}, 4) {
		shard := suites.Shard{Number: number + 1, Total: 4}
		server := emulated(t, contract, emulator.Options{})
		if _, err := suites.Run(t.Context(), suites.Config{Contract: contract, Target: server, Seed: 1}, suites.Selection{Shard: shard}); err != nil {
			t.Fatal(err)
		}
		// A whole run sends some 316.
		sent, share := len(server.Journal()), plan.ShareOf(budget)*316/budget
		if sent < share*8/10 || sent > share*12/10 {
			t.Errorf("shard %s sent %d requests, about %d were to be expected", shard, sent, share)
		}
	}
}
