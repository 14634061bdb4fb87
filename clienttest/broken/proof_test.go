package broken

import (
	"testing"

	"github.com/dpconform/dpconform/spec"
)

func TestEachBrokenClientIsCaughtAndNoRightOneIs(t *testing.T) {
	found, err := Prove(t.Context(), spec.MustLoadEmbedded(), 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range found.Rows {
		if !row.Caught {
			t.Errorf("%s breaks %s in %s: found %v, unnamed %v", row.Name, row.Breaks, row.Scenario, row.CaughtBy, row.Unnamed)
		}
	}
	for _, alarm := range found.FalseAlarms {
		t.Errorf("false alarm: a client that %s, in %s: %s", alarm.Client, alarm.Scenario, alarm.Found)
	}
	for _, id := range found.Idle {
		t.Errorf("no broken client breaks %s", id)
	}
	if !found.Holds() && !t.Failed() {
		t.Error("the proof does not hold")
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, fault := range Faults() {
		if seen[fault.Name] {
			t.Errorf("%s stands twice", fault.Name)
		}
		seen[fault.Name] = true
	}
	if len(seen) < 20 {
		t.Errorf("%d broken clients", len(seen))
	}
}
