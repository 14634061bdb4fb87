package merging_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/dpconform/dpconform/report"
)

// equal fails where two reports do not say the same. Which of the failed jobs a
// request is about, and the ids of new and unknown ones, differ from run to run.
func equal(t *testing.T, whole, merged report.Report) {
	t.Helper()
	if whole.Exit != merged.Exit || whole.Conclusion != merged.Conclusion {
		t.Errorf("exit %d (%s), in shards %d (%s)", whole.Exit, whole.Conclusion, merged.Exit, merged.Conclusion)
	}
	if one, other := fmt.Sprint(whole.Counts), fmt.Sprint(merged.Counts); one != other {
		t.Errorf("counts %s, in shards %s", one, other)
	}
	compare(t, "target", []string{fmt.Sprint(whole.Target, whole.States)}, []string{fmt.Sprint(merged.Target, merged.States)})
	compare(t, "scope", textsOf(whole.Scopes), textsOf(merged.Scopes))
	compare(t, "requirement", textsOf(whole.Requirements), textsOf(merged.Requirements))
	compare(t, "known failure", textsOf(whole.KnownFailures), textsOf(merged.KnownFailures))
	compare(t, "check", checkTexts(whole), checkTexts(merged))
	compare(t, "exchange", exchangeTexts(whole), exchangeTexts(merged))
}

func textsOf[T any](list []T) []string {
	var texts []string
	for _, one := range list {
		texts = append(texts, fmt.Sprintf("%+v", one))
	}
	return texts
}

func checkTexts(of report.Report) []string {
	var texts []string
	for _, check := range of.Checks {
		// In which order new jobs are asked for is chance: that of their ids.
		check.Microseconds, check.Exchanges = 0, slices.Sorted(slices.Values(check.Exchanges))
		for i := range check.Findings {
			check.Findings[i].Curl = ""
		}
		texts = append(texts, fmt.Sprintf("%+v", check))
	}
	return texts
}

func exchangeTexts(of report.Report) []string {
	var texts []string
	for _, exchange := range of.Exchanges {
		answer := "none"
		if exchange.Response != nil {
			answer = fmt.Sprint(exchange.Response.Status, exchange.Response.Body)
		}
		texts = append(texts, fmt.Sprint(exchange.Number, " ", exchange.Check, " ", exchange.Purpose, " ", exchange.JobState, " ",
			exchange.Request.Method, " ", exchange.Request.URL, " ", answer))
	}
	return texts
}

// chance matches the ids that differ from run to run, escaped ones too.
var chance = regexp.MustCompile(`(?i)failed-\d+|(%25|%)66(%25|%)61[%0-9a-f]+|dpconform-unknown-[0-9a-f]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func compare(t *testing.T, kind string, whole, merged []string) {
	t.Helper()
	same := func(text string) string { return chance.ReplaceAllString(text, "ID") }
	if len(whole) != len(merged) {
		t.Errorf("%d times %s, in shards %d", len(whole), kind, len(merged))
	}
	odd := 0
	for i := range min(len(whole), len(merged)) {
		if one, other := same(whole[i]), same(merged[i]); one != other && odd < 5 {
			odd++
			t.Errorf("%s\n    whole  %s\n    shards %s", kind, one, other)
		}
	}
}
