package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// exchangeLine says an exchange in one line, without secrets, as a report shows
// it: number, what came of each attempt, how long the last one took, method and
// path, credential, check.
func exchangeLine(sent *target.Target, exchange *target.Exchange) string {
	shownExchange := reportedExchange(exchange, sent.Redactor())
	outcomes := make([]string, 0, len(exchange.Earlier)+1)
	for _, earlier := range exchange.Earlier {
		outcomes = append(outcomes, outcomeOf(earlier))
	}
	outcomes = append(outcomes, outcomeOf(exchange))
	path := strings.TrimPrefix(shownExchange.Request.URL, strings.TrimSuffix(sent.Endpoint(), "/"))
	text := fmt.Sprintf("#%-3d %s  %s  %s %s  %s  %s", exchange.Number, strings.Join(outcomes, ", then "), milliseconds(exchange.Took),
		exchange.Request.Method, path, shownExchange.Request.Credential, exchange.Check)
	if shownExchange.Fault != nil {
		text += "  " + shownExchange.Fault.Detail
	}
	return shown(text)
}

func milliseconds(took time.Duration) string {
	if took < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(took.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", took.Milliseconds())
}
