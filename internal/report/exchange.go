package report

import (
	"strings"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// longestBody is the length in bytes from which a body is cut in a report.
const longestBody = 4 << 10

// redactorFor knows the tokens that were sent to a target, each by its scopes.
func redactorFor(sent *target.Target) *redact.Redactor {
	labels := map[string]string{}
	for _, token := range sent.Secrets() {
		scopes, _ := sent.ScopesOf(token)
		label := token // A token that nobody issued is no secret.
		if len(scopes) > 0 {
			label = names.Name(scopes...)
		}
		labels[token] = label
	}
	return redact.NewRedactor(labels)
}

// names makes the harmless names of tokens.
var names = target.TokenTemplate{Text: redact.Mark + ":{short}", Join: "+"}

func exchangeOf(exchange *target.Exchange, hide *redact.Redactor) Exchange {
	shown := Exchange{
		Number: exchange.Number, Check: exchange.Check, Purpose: exchange.Request.Purpose,
		Job: hide.Text(exchange.Request.Job), Retry: exchange.Request.Starts,
		Request: Message{
			Method: exchange.Request.Method, URL: hide.RequestTarget(exchange.URL), Credential: exchange.Request.Credential.Label,
			Header: hide.Header(exchange.Request.Header),
		},
		Microseconds: exchange.Took.Microseconds(),
	}
	shown.Request.Body, shown.Request.BodyBytes = bodyOf(exchange.Request.Body, hide)
	shown.Response, shown.Fault = answerOf(exchange, hide)
	for _, earlier := range exchange.Earlier {
		response, fault := answerOf(earlier, hide)
		shown.Earlier = append(shown.Earlier, Attempt{response, fault, earlier.Took.Microseconds()})
	}
	return shown
}

// answerOf shows what came of sending a request once.
func answerOf(exchange *target.Exchange, hide *redact.Redactor) (*Message, *FaultOf) {
	var response *Message
	if exchange.Status != 0 {
		response = &Message{Status: exchange.Status, Header: hide.Header(exchange.Header)}
		response.Body, response.BodyBytes = bodyOf(exchange.Body, hide)
	}
	if exchange.Fault == nil {
		return response, nil
	}
	return response, &FaultOf{string(exchange.Fault.Kind), hide.Text(exchange.Fault.Detail)}
}

func bodyOf(body []byte, hide *redact.Redactor) (string, int) {
	// A secret that the cut goes through must be hidden too, so more than what
	// is shown is looked at; of a very long body not all.
	const looked = 16 * longestBody
	whole := len(body) <= looked
	text := hide.Body(strings.ToValidUTF8(string(body[:min(len(body), looked)]), "\uFFFD"))
	if !whole {
		// The last secret may be cut, and not hidden.
		text = text[:max(0, len(text)-longestBody)]
	}
	if len(text) > longestBody || !whole {
		cut := min(longestBody, len(text))
		for cut > 0 && cut < len(text) && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text, len(body)
}

// ShowExchange shows an exchange with a target as a report does, without the
// tokens that were sent until then.
func ShowExchange(sent *target.Target, exchange *target.Exchange) Exchange {
	return exchangeOf(exchange, redactorFor(sent))
}
