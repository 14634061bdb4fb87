package proof

import (
	"fmt"
	"io"
	"strings"

	"github.com/dpconform/dpconform/client/broken"
)

// writeClients prints which finding caught which broken client, and what is not
// as it should be.
func writeClients(out io.Writer, found broken.Proof) {
	caught := 0
	for _, row := range found.Rows {
		if row.Caught {
			caught++
		}
	}
	fmt.Fprintf(out, "clients: %d of %d broken clients caught\n", caught, len(found.Rows))
	for _, row := range found.Rows {
		mark, more := "caught", ""
		switch {
		case len(row.CaughtBy) == 0:
			mark = "SURVIVED"
		case !row.Caught:
			mark = "WRONG"
		}
		if others := len(row.CaughtBy) - 1; others > 0 {
			more = fmt.Sprintf(" +%d", others)
		}
		fmt.Fprintf(out, "  %-8s %-34s %s%s\n", mark, row.Name, row.Breaks, more)
	}
	fmt.Fprintln(out)
	for _, row := range found.Rows {
		if !row.Caught {
			fmt.Fprintf(out, "NOT CAUGHT %s in %s\n  %s\n  it breaks %s, and was found: %s\n\n", row.Name, row.Scenario, row.Text, row.Breaks,
				strings.Join(row.CaughtBy, ", "))
		}
	}
	for _, alarm := range found.FalseAlarms {
		fmt.Fprintf(out, "FALSE ALARM for a client that %s, in %s\n  %s\n\n", alarm.Client, alarm.Scenario, alarm.Found)
	}
	for _, id := range found.Idle {
		fmt.Fprintf(out, "IDLE %s is broken by no client\n\n", id)
	}
	fmt.Fprintf(out, "%d calls of clients that are right: %d false alarms\n", found.Calls, len(found.FalseAlarms))
}
