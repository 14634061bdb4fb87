package spec

import (
	"strings"
	"testing"
)

// TestStatesNeedALinkAndAcceptedStates holds that a method without one of the two
// has no states, and that what rests on them is not there either.
func TestStatesNeedALinkAndAcceptedStates(t *testing.T) {
	t.Parallel()
	for _, name := range Shipped() {
		description, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(description.Text)
		_, links, _ := strings.Cut(text, "          links:")
		links, _, _ = strings.Cut(links, `        "400"`)
		_, accepted, _ := strings.Cut(text, "      x-accepted-states:")
		accepted, _, _ = strings.Cut(accepted, "\n")
		for _, part := range []string{"          links:" + links, "      x-accepted-states:" + accepted + "\n"} {
			method := mustLoad(t, replaced(t, text, part, ""))
			if len(method.States)+len(method.AcceptedStates)+len(method.ResultingStates) > 0 || method.ReadState.ID != "" || method.UnspecifiedState != "" {
				t.Errorf("%s without %q: %v, %v, %v, %q", name, part, method.States, method.AcceptedStates, method.ResultingStates, method.ReadState.ID)
			}
		}
	}
}
