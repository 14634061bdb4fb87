package report

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dpconform/dpconform/target"
)

// longestBody is the length in bytes from which a body is cut in a report.
const longestBody = 4 << 10

// hidden stands for whatever must not be shown.
const hidden = "[hidden]"

// secretHeaders are shown by name alone.
var secretHeaders = []string{"Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization"}

// hider makes a function that replaces every given secret in a text.
func hider(secrets []string) func(string) string {
	// The longest first, so that no secret is cut by a shorter one inside it.
	secrets = slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, hidden)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

func exchangeOf(exchange *target.Exchange, hide func(string) string) Exchange {
	shown := Exchange{
		Number: exchange.Number, Check: exchange.Check, Purpose: exchange.Request.Purpose,
		Request: Message{
			Method: exchange.Request.Method, URL: hide(exchange.URL), Credential: exchange.Request.Credential.Label,
			Header: headerOf(exchange.Request.Header, hide),
		},
		Microseconds: exchange.Took.Microseconds(),
	}
	shown.Request.Body, shown.Request.BodyBytes = bodyOf(exchange.Request.Body, hide)
	if exchange.Status != 0 {
		shown.Response = &Message{Status: exchange.Status, Header: headerOf(exchange.Header, hide)}
		shown.Response.Body, shown.Response.BodyBytes = bodyOf(exchange.Body, hide)
	}
	if exchange.Fault != nil {
		shown.Fault = &FaultOf{string(exchange.Fault.Kind), hide(exchange.Fault.Detail)}
	}
	return shown
}

func headerOf(header http.Header, hide func(string) string) map[string][]string {
	shown := map[string][]string{}
	for name, values := range header {
		for _, value := range values {
			if slices.Contains(secretHeaders, http.CanonicalHeaderKey(name)) {
				value = hidden
			}
			shown[name] = append(shown[name], hide(value))
		}
	}
	return shown
}

func bodyOf(body []byte, hide func(string) string) (string, int) {
	// A secret that the cut goes through must be hidden too, so more than what
	// is shown is looked at; of a very long body not all.
	const looked = 16 * longestBody
	text := hide(strings.ToValidUTF8(string(body[:min(len(body), looked)]), "\uFFFD"))
	if len(text) > longestBody {
		cut := longestBody
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text, len(body)
}
