package suites

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

func robustnessChecks() []Check {
	return []Check{
		answerCheck("robustness", "in-time", "every answer is whole within the limit", "retry.robustness.in-time",
			faultCheck("retry.robustness.in-time", "a whole answer in time", target.Slow)),
		answerCheck("robustness", "answered", "every request is answered", "retry.robustness.answered",
			faultCheck("retry.robustness.answered", "an HTTP answer", target.HangUp, target.Reset, target.Malformed)),
		answerCheck("robustness", "whole", "every body is whole", "retry.robustness.whole",
			faultCheck("retry.robustness.whole", "a body as long as it is announced", target.Truncated, target.BrokenChunks, target.Endless)),
		answerCheck("robustness", "one-value", "every JSON answer is one JSON value", "retry.robustness.one-value", oneValue),
	}
}

// faultCheck judges that no exchange ended in one of the kinds of fault.
func faultCheck(id, want string, kinds ...target.FaultKind) func(*judgement, *target.Exchange) {
	return func(j *judgement, exchange *target.Exchange) {
		if exchange.Fault != nil && slices.Contains(kinds, exchange.Fault.Kind) {
			j.Fail(id, exchange, want, exchange.Fault.Detail)
		}
	}
}

// oneValue judges the text of a JSON answer: RFC 8259, 2 and 8.1.
func oneValue(j *judgement, exchange *target.Exchange) {
	const id = "retry.robustness.one-value"
	kind, _ := mediaType(exchange.Header)
	if !exchange.Answered() || kind != j.Contract.Retry.MediaType || ownPage(exchange) || exchange.Status == http.StatusNoContent {
		return
	}
	switch rest, err := behindFirstValue(exchange.Body); {
	case err != nil:
		j.FailAt(result.InBody, id, exchange, "one JSON value", "no JSON: "+err.Error())
	case len(rest) > 0:
		j.FailAt(result.InBody, id, exchange, "nothing behind the JSON value", fmt.Sprintf("%d bytes more", len(rest)))
	case !utf8.Valid(exchange.Body):
		j.FailAt(result.InBody, id, exchange, "UTF-8", "bytes that are not UTF-8")
	}
}

// behindFirstValue gives what stands behind the first JSON value, white space
// aside.
func behindFirstValue(body []byte) ([]byte, error) {
	reader := bytes.NewReader(body)
	decoder := json.NewDecoder(reader)
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		if err == io.EOF {
			return nil, io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return bytes.TrimSpace(body[decoder.InputOffset():]), nil
}
