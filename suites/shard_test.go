package suites_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

func TestAShardIsReadFromItsText(t *testing.T) {
	for text, want := range map[string]suites.Shard{"1/1": {Number: 1, Total: 1}, "2/8": {Number: 2, Total: 8}, "1000/1000": {Number: 1000, Total: 1000}} {
		got, err := suites.ParseShard(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"": `"" is no shard`, "2": `"2" is no shard`, "a/8": `"a/8" is no shard`, "2/b": `"2/b" is no shard`, "1/2/3": `"1/2/3" is no shard`,
		"0/8": "there is no shard 0 of 8: they are counted from 1", "9/8": "there is no shard 9 of 8: they are counted from 1",
		"-1/8": "there is no shard -1 of 8: they are counted from 1", "1/0": "0 is no number of shards: 1 to 1000",
		"1/1001": "1001 is no number of shards: 1 to 1000", "1/99999999999999999999": `"1/99999999999999999999" is no shard`,
	} {
		if shard, err := suites.ParseShard(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, %v; want %s", text, shard, err, want)
		}
	}
}

func FuzzParseShard(f *testing.F) {
	for _, text := range []string{"", "1/1", "2/8", "0/8", "/", "8/", "/8", "+1/8", "1/8 ", "1e1/8", "-1/-1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shard, err := suites.ParseShard(text)
		if err != nil {
			return
		}
		again, err := suites.ParseShard(shard.String())
		if err != nil || again != shard || shard.Number < 1 || shard.Number > shard.Total {
			t.Errorf("%q: %v, and again %v, %v", text, shard, again, err)
		}
	})
}

// plansOf makes the plans of all shards of a selection.
func plansOf(t *testing.T, contract *spec.Contract, selection suites.Selection, total int) []suites.Plan {
	t.Helper()
	var plans []suites.Plan
	for number := 1; number <= total; number++ {
		selection.Shard = suites.Shard{Number: number, Total: total}
		plan, err := suites.NewPlan(contract, selection)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, plan)
	}
	return plans
}

// TestEachCheckIsDealtToOneShard: nothing is judged twice, nothing is left out,
// and no shard has more than one check more than another.
func TestEachCheckIsDealtToOneShard(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for _, selection := range []suites.Selection{
		{}, {Replayed: true}, {Focus: []string{"path", "authorization"}}, {LabelFilter: "documented"}, {LabelFilter: "documented", Replayed: true},
		{Focus: []string{"errors"}}, {Focus: []string{"path/two-segments"}},
	} {
		// Where observing checks are selected, those that feed them are dealt too,
		// selected or not.
		countsFeeders := selection.LabelFilter != "" && !selection.Replayed
		whole, err := suites.NewPlan(contract, selection)
		if err != nil {
			t.Fatal(err)
		}
		for _, total := range []int{1, 2, 3, 8, 11} {
			t.Run(fmt.Sprintf("%v in %d", selection, total), func(t *testing.T) {
				times := map[string]int{}
				var sizes []int
				for _, plan := range plansOf(t, contract, selection, total) {
					size := 0
					for _, check := range plan.Selected {
						if suites.Observes(check) && !selection.Replayed {
							times[check.ID] = 1
							continue
						}
						times[check.ID]++
						size++
					}
					sizes = append(sizes, size)
				}
				for _, check := range whole.Selected {
					if times[check.ID] != 1 {
						t.Errorf("%s is in %d shards", check.ID, times[check.ID])
					}
				}
				if len(times) != len(whole.Selected) {
					t.Errorf("%d checks in all shards, %d in the whole", len(times), len(whole.Selected))
				}
				if !countsFeeders && slices.Max(sizes)-slices.Min(sizes) > 1 {
					t.Errorf("checks by shard: %v", sizes)
				}
			})
		}
	}
}

// TestDealingIsTheSameEachTime: what a check is dealt to hangs on the ids alone.
func TestDealingIsTheSameEachTime(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	shuffled := *contract
	shuffled.Scopes = slices.Clone(contract.Scopes)
	slices.Reverse(shuffled.Scopes)
	for number, plan := range plansOf(t, contract, suites.Selection{}, 8) {
		again := plansOf(t, &shuffled, suites.Selection{}, 8)[number]
		if first, second := idsOf(plan.Selected), idsOf(again.Selected); !slices.Equal(first, second) {
			t.Errorf("shard %d: %v, and then %v", number+1, first, second)
		}
	}
}

func idsOf(checks []suites.Check) []string {
	var ids []string
	for _, check := range checks {
		ids = append(ids, check.ID)
	}
	slices.Sort(ids)
	return ids
}

// TestJobsAreDealtOnce: no two shards may retry the same job.
func TestJobsAreDealtOnce(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for _, test := range []struct {
		failed, total int
		want          []int
	}{
		{0, 3, []int{0, 0, 0}}, {1, 3, []int{1, 0, 0}}, {3, 3, []int{1, 1, 1}}, {4, 3, []int{2, 1, 1}}, {18, 3, []int{16, 1, 1}},
		{19, 3, []int{16, 2, 1}}, {20, 3, []int{16, 2, 2}}, {21, 3, []int{17, 2, 2}}, {23, 8, []int{16, 1, 1, 1, 1, 1, 1, 1}},
		{24, 8, []int{16, 2, 1, 1, 1, 1, 1, 1}}, {20, 1, []int{20}},
	} {
		given := map[string][]string{"COMPLETE": {"c-1", "c-2"}}
		for number := range test.failed {
			given["FAILED"] = append(given["FAILED"], fmt.Sprint("f-", number))
		}
		owner := map[string]int{}
		var sizes []int
		for number := 1; number <= test.total; number++ {
			own, others := suites.Shard{Number: number, Total: test.total}.DealJobs(contract, given)
			sizes = append(sizes, len(own["FAILED"]))
			if len(own["FAILED"])+len(others) != test.failed || !slices.Equal(own["COMPLETE"], given["COMPLETE"]) {
				t.Errorf("%d jobs, shard %d of %d: own %v, others' %v", test.failed, number, test.total, own, others)
			}
			for _, id := range own["FAILED"] {
				if owner[id] > 0 {
					t.Errorf("%s is dealt to shards %d and %d", id, owner[id], number)
				}
				owner[id] = number
			}
		}
		if !slices.Equal(sizes, test.want) {
			t.Errorf("%d jobs for %d shards: %v, want %v", test.failed, test.total, sizes, test.want)
		}
	}
}

// TestBudgetsAreSharedOut: the shards together may send no more than the whole.
func TestBudgetsAreSharedOut(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for _, budget := range []int{8, 100, 400} {
		sum := 0
		for _, plan := range plansOf(t, contract, suites.Selection{}, 8) {
			sum += plan.ShareOf(budget)
		}
		if sum > budget || sum < budget-8 {
			t.Errorf("of %d requests, %d are shared out", budget, sum)
		}
	}
}
