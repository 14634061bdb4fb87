package clienttest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// answered makes an answer that was sent at second 100.
func answered(status int, code string, header http.Header) Answer {
	answer := Answer{Delivery: Whole, Status: status, Header: header, At: time.Unix(100, 0)}
	if code != "" {
		answer.Body = errorAnswer(contract, StepError{Code: code, Message: "m"}).Body
	}
	if answer.Header == nil {
		answer.Header = http.Header{}
	}
	return answer
}

func TestWhatComesAfterAnAnswer(t *testing.T) {
	unavailable := answered(503, "UNAVAILABLE", nil)
	for _, row := range []struct {
		name   string
		before Answer
		// wait is how long after the answer the next request came.
		wait  time.Duration
		token string
		want  []string
	}{
		{"success", answered(200, "", nil), time.Minute, "", []string{repeatAfterSuccess}},
		{"reset", Answer{Delivery: ConnectionReset}, time.Minute, "", []string{repeatUnknownEffect}},
		{"truncated", Answer{Delivery: CutShort, Status: 200}, time.Minute, "", []string{repeatUnknownEffect}},
		{"not awaited", Answer{Delivery: NotAwaited, Status: 200}, time.Minute, "", []string{repeatUnknownEffect}},
		{"not yet answered", Answer{Delivery: Pending}, 0, "", []string{repeatUnknownEffect}},
		{"precondition", answered(400, "FAILED_PRECONDITION", nil), time.Minute, "", []string{repeatFailedPrecondition}},
		{"invalid argument", answered(400, "INVALID_ARGUMENT", nil), time.Minute, "", nil},
		{"not found", answered(404, "NOT_FOUND", nil), time.Minute, "", []string{repeatNotFound}},
		{"not found without an error object", answered(404, "", nil), time.Minute, "", []string{repeatNotFound}},
		{"bad request without an error object", answered(400, "", nil), time.Minute, "", nil},
		{"forbidden, same token", answered(403, "PERMISSION_DENIED", nil), time.Minute, "", []string{repeatPermissionDenied}},
		{"forbidden, other token", answered(403, "PERMISSION_DENIED", nil), 0, "other", nil},
		{"unauthenticated, same token", answered(401, "UNAUTHENTICATED", nil), time.Minute, "", []string{repeatUnauthenticated}},
		{"unauthenticated, other token", answered(401, "UNAUTHENTICATED", nil), 0, "other", nil},
		{"too early", answered(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"2"}}), 1999 * time.Millisecond, "", []string{repeatRetryAfter}},
		{"in time", answered(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"2"}}), 2 * time.Second, "", nil},
		{"before the date", answered(503, "UNAVAILABLE", http.Header{"Retry-After": {time.Unix(110, 0).UTC().Format(http.TimeFormat)}}), 9 * time.Second, "",
			[]string{repeatRetryAfter}},
		{"after the date", answered(503, "UNAVAILABLE", http.Header{"Retry-After": {time.Unix(90, 0).UTC().Format(http.TimeFormat)}}), 0, "", nil},
		{"Retry-After that is none", answered(429, "RESOURCE_EXHAUSTED", http.Header{"Retry-After": {"soon"}}), 0, "", nil},
		{"unavailable at once, and once", unavailable, 0, "", nil},
		{"redirect", answered(307, "", nil), 0, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			first := arrivedAs(func(a *Arrived) { a.Answer = row.before })
			second := arrivedAs(func(a *Arrived) {
				a.Number, a.At, a.Answer = 2, row.before.At.Add(row.wait), answered(404, "", nil)
				if row.token != "" {
					a.Header.Set("Authorization", "Bearer "+row.token)
				}
			})
			j := &judgement{rules: Rules{Contract: contract}, scenario: &Scenario{AtMost: 2, Steps: []Step{{}}}}
			judgeRepeats(j, []*Arrived{first, second})
			if got := idsOf(j.findings); !slices.Equal(got, append([]string{}, row.want...)) {
				t.Errorf("found %v, want %v", got, row.want)
			}
			once := &judgement{rules: Rules{Contract: contract}, scenario: j.scenario}
			judgeRepeats(once, []*Arrived{first})
			if len(once.findings) > 0 {
				t.Errorf("one request alone: %v", once.findings)
			}
		})
	}
}

func TestTooManyRequests(t *testing.T) {
	var attempts []*Arrived
	for i := range 3 {
		attempts = append(attempts, arrivedAs(func(a *Arrived) {
			a.Number, a.At, a.Answer = i+1, time.Unix(int64(100+i), 0), answered(503, "UNAVAILABLE", nil)
			a.Answer.At = a.At
		}))
	}
	j := &judgement{rules: Rules{Contract: contract}, scenario: &Scenario{AtMost: 2, Steps: []Step{{}}}}
	judgeRepeats(j, attempts)
	if got := idsOf(j.findings); !slices.Equal(got, []string{repeatBounded}) || j.findings[0].Request != 3 || j.findings[0].Verdict != Warn {
		t.Errorf("%+v", j.findings)
	}
}

func TestWaitsOfABusyServer(t *testing.T) {
	const unit = time.Millisecond
	for _, row := range []struct {
		name  string
		waits []time.Duration
		least time.Duration
		want  []string
	}{
		{"once at once", []time.Duration{0}, 0, nil},
		{"a short first wait", []time.Duration{unit, 20 * unit}, 0, nil},
		{"a jittered beginning", []time.Duration{20 * unit, 4 * unit, 90 * unit}, 0, nil},
		{"twice at once", []time.Duration{unit, unit}, 0, []string{repeatBackoff}},
		{"three times within 30 ms", []time.Duration{9 * unit, 9 * unit, 9 * unit}, 0, []string{repeatBackoff}},
		{"four times within 60 ms", []time.Duration{10 * unit, 10 * unit, 11 * unit, 10 * unit}, 0, []string{repeatBackoff}},
		{"four times in 60 ms", []time.Duration{15 * unit, 15 * unit, 15 * unit, 15 * unit}, 0, nil},
		{"a burst behind waits", []time.Duration{100 * unit, 200 * unit, unit, unit}, 0, []string{repeatBackoff}},
		{"as long as the scenario says", []time.Duration{100 * unit, 100 * unit}, 100 * unit, nil},
		{"shorter than the scenario says", []time.Duration{99 * unit}, 100 * unit, []string{repeatBackoff}},
	} {
		t.Run(row.name, func(t *testing.T) {
			at := time.Unix(100, 0)
			attempts := []*Arrived{arrivedAs(func(a *Arrived) { a.At, a.Answer = at, answered(503, "UNAVAILABLE", nil) })}
			for i, wait := range row.waits {
				at = at.Add(wait)
				attempts = append(attempts, arrivedAs(func(a *Arrived) {
					a.Number, a.At, a.Answer = i+2, at, answered(503, "UNAVAILABLE", nil)
					a.Answer.At = at
				}))
			}
			j := &judgement{rules: Rules{Contract: contract}, scenario: &Scenario{AtMost: 9, Steps: []Step{{}}, Wait: row.least}}
			judgeRepeats(j, attempts)
			if got := idsOf(j.findings); !slices.Equal(got, append([]string{}, row.want...)) {
				t.Errorf("found %v, want %v", got, row.want)
			}
		})
	}
}

// TestTheRuleOfBurstsIsWritten holds the numbers of the catalogue against those
// that are judged by.
func TestTheRuleOfBurstsIsWritten(t *testing.T) {
	requirement, _ := contract.ClientRequirement(repeatBackoff)
	inWords := map[int]string{2: "two waits in a row", 3: "three", 4: "four"}
	for _, one := range bursts {
		if want := inWords[one.repeats] + " that are less than " + one.waits.String() + " together"; inWords[one.repeats] == "" || !strings.Contains(requirement.Note, want) {
			t.Errorf("the note does not say %q: %s", want, requirement.Note)
		}
	}
	if count := strings.Count(requirement.Note, "less than"); count != len(bursts) {
		t.Errorf("the note has %d bursts, and the judge %d", count, len(bursts))
	}
}
