package clienttest

import (
	"slices"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

// TestTheLevelSaysWhatFails: a MUST and what the scenario demands fail where
// they are as strong as the level, and everything does with inferred. Without a
// level it is platform, and the scenario's demands of any level.
func TestTheLevelSaysWhatFails(t *testing.T) {
	refused := &Scenario{Name: "mine", Must: []string{outcomeError, outcomeCode, repeatBackoff}}
	for _, row := range []struct {
		id      string
		about   *Scenario
		failing []spec.Level
	}{
		{pathMethod, nil, []spec.Level{"", spec.Documented, spec.Platform, spec.Inferred}},
		{outcomeError, refused, []spec.Level{"", spec.Platform, spec.Inferred}},
		{outcomeError, nil, []spec.Level{"", spec.Platform, spec.Inferred}},
		{repeatBackoff, refused, []spec.Level{"", spec.Platform, spec.Inferred}},
		{repeatBackoff, nil, []spec.Level{spec.Inferred}},
		{outcomeCode, refused, []spec.Level{"", spec.Inferred}},
		{outcomeCode, nil, []spec.Level{spec.Inferred}},
	} {
		for _, level := range append(spec.Levels(), "") {
			j := &judgement{rules: Rules{Contract: contract, Level: level}, scenario: row.about}
			j.find(row.id, 1, "a", "b")
			want := Warn
			if slices.Contains(row.failing, level) {
				want = Fail
			}
			if got := j.findings[0]; got.Verdict != want || got.Demanded != (row.about != nil) {
				t.Errorf("%s at the level %q: %s, demanded %v, want %s", row.id, level, got.Verdict, got.Demanded, want)
			}
			documented := j.findings[0].Requirement.Level == spec.Documented
			if needed := j.needed(row.id); needed != (documented || row.about != nil && want == Fail) {
				t.Errorf("%s at the level %q: needed %v", row.id, level, needed)
			}
		}
	}
}
