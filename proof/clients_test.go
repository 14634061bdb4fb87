package proof

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/client/broken"
)

func TestTheClientsOfAProof(t *testing.T) {
	right := broken.Proof{Calls: 5, Rows: []broken.Row{{Name: "get", Breaks: "client.path.method", CaughtBy: []string{"client.path.method"}, Caught: true}}}
	survived, blamed, idle := right, right, right
	survived.Rows = []broken.Row{{Name: "get", Text: "It is a GET.", Breaks: "client.path.method", Scenario: "success"}}
	blamed.FalseAlarms = []broken.Alarm{{Client: "asks once", Scenario: "slow", Found: "something"}}
	idle.Idle = []string{"client.path.verb"}
	for _, row := range []struct {
		name    string
		clients broken.Proof
		holds   bool
		want    string
	}{
		{"right", right, true, "clients: 1 of 1 broken clients caught\n  caught   get"},
		{"survived", survived, false, "NOT CAUGHT get in success"},
		{"blamed", blamed, false, "FALSE ALARM for a client that asks once, in slow"},
		{"idle", idle, false, "IDLE client.path.verb is broken by no client"},
	} {
		found := Proof{Clients: &row.clients}
		var text, page strings.Builder
		WriteText(&text, found)
		if err := WriteHTML(&page, found); err != nil {
			t.Fatal(err)
		}
		if found.Holds() != row.holds || !strings.Contains(text.String(), row.want) || !strings.Contains(page.String(), `id="clients"`) {
			t.Errorf("%s: holds %v\n%s", row.name, found.Holds(), &text)
		}
	}
}
