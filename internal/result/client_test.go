package result

import (
	"testing"

	"github.com/dpconform/dpconform/spec"
)

func TestFailedText(t *testing.T) {
	t.Parallel()
	requirement := Broken{Requirement: Requirement{Requirement: spec.Requirement{ID: "a.b", Level: spec.Platform}}}
	uncalled := Broken{Requirement: Requirement{Requirement: spec.Requirement{ID: ConditionCalled}},
		Found: []Found{{Check: Check{ID: "success", Call: &Call{Steps: 1}}}}}
	several := uncalled
	several.Found = append(several.Found, Found{Check: Check{ID: "reset", Call: &Call{Steps: 1}}})
	whole := Broken{Requirement: uncalled.Requirement, Found: []Found{{Check: Check{ID: "command", Call: &Call{}}}}}
	for want, failed := range map[string][]Broken{
		"1 requirement failed":              {requirement},
		"no request arrived in success":     {uncalled},
		"no request arrived in 2 scenarios": {several},
		"no request arrived":                {whole},
		"2 requirements and 1 test condition failed (no request arrived in success)":      {uncalled, requirement, requirement},
		"2 test conditions failed (no request arrived in success and no request arrived)": {uncalled, whole},
	} {
		if got := FailedText(failed); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
