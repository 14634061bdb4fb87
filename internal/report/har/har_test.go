package har

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// troubled is a run with a busy server, a network that breaks, an answer that is
// cut short, and odd addresses.
func troubled() report.Report {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sent := report.Message{Method: "POST", URL: "http://x.example/v1/a%zz:retry?alt=json&k=a%20b&broken=%zz&empty", Credential: "token for maps",
		Header: map[string][]string{"Content-Type": {"application/json"}, "Cookie": {"a=b; c=d"}}, Body: `{"a":1}`, BodyBytes: 7}
	busy := report.Message{Status: 503, Header: map[string][]string{"Retry-After": {"1"}}, Body: "busy", BodyBytes: 4}
	moved := report.Message{Status: 302, Header: map[string][]string{"Location": {"https://other.example/"}, "B": {"2", "1"}, "A": {"0"},
		"Set-Cookie": {"SID=dpconform-redacted; Path=/; Expires=Fri, 02 Jan 2026 03:04:05 GMT; HttpOnly; Secure", "=broken"}}, Body: "beginn…", BodyBytes: 9000}
	reset := report.FaultOf{Kind: "reset", Detail: "the connection was reset"}
	cut := report.FaultOf{Kind: "truncated", Detail: "the body broke off"}
	return report.Report{
		Tool: report.Tool{Name: "dpconform", Version: "1"}, Started: at, Exit: 1, Conclusion: "does not conform",
		Target: report.Target{Endpoint: "http://x.example", Source: "network"},
		Counts: report.Counts{Checks: map[result.Verdict]int{result.Fail: 1}, Requirements: map[result.Verdict]int{result.Fail: 1}},
		Checks: []report.Check{{ID: "path/a", Requirements: []string{"retry.path.a"}, Verdict: result.Fail,
			Findings: []report.Finding{{Requirement: "retry.path.a", Verdict: result.Fail, Want: "200", Got: "302", Exchange: 1, Place: result.InStatus}}}},
		Exchanges: []report.Exchange{
			{Number: 1, Check: "path/a", Purpose: "retry a", Job: "a", JobState: "FAILED", Retry: true, OffsetMicroseconds: 1_500_000, Request: sent,
				Response: &moved, Microseconds: 2500, Earlier: []report.Attempt{{Response: &busy, Microseconds: 1000}, {Fault: &reset}}},
			{Number: 2, Check: "path/b", Request: report.Message{Method: "GET", URL: "https://x.example/", Credential: "no token"}, Fault: &reset},
			{Number: 3, Check: "path/b", OffsetMicroseconds: 10, Request: report.Message{Method: "GET", URL: "https://x.example/?"},
				Response: &report.Message{Status: 200, Body: "{", BodyBytes: 1}, Fault: &cut},
		},
	}
}

func written(t *testing.T, found report.Report) (text string, log map[string]any) {
	t.Helper()
	var out strings.Builder
	if err := Write(&out, found); err != nil {
		t.Fatal(err)
	}
	var document map[string]map[string]any
	if err := json.Unmarshal([]byte(out.String()), &document); err != nil {
		t.Fatal(err)
	}
	return out.String(), document["log"]
}

// TestEveryAttemptIsAnEntry holds entries to what the specification demands of
// them, with members by name, so that the writer's own types do not matter.
func TestEveryAttemptIsAnEntry(t *testing.T) {
	_, log := written(t, troubled())
	if log["version"] != "1.2" || log["creator"].(map[string]any)["name"] != "dpconform" {
		t.Errorf("%v", log)
	}
	before, entries := "", log["entries"].([]any)
	if len(entries) != 5 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, one := range entries {
		entry := one.(map[string]any)
		for object, members := range map[string]string{"request": "method url httpVersion cookies headers queryString headersSize bodySize",
			"response": "status statusText httpVersion cookies headers content redirectURL headersSize bodySize", "timings": "send wait receive"} {
			for member := range strings.FieldsSeq(members) {
				if value, has := entry[object].(map[string]any)[member]; !has || value == nil {
					t.Errorf("%s lacks %s: %v", object, member, entry)
				}
			}
		}
		sum := 0.0
		for name, value := range entry["timings"].(map[string]any) {
			if value.(float64) >= 0 {
				sum += value.(float64)
			} else if name == "send" || name == "wait" || name == "receive" {
				t.Errorf("%s is %v", name, value)
			}
		}
		if sum != entry["time"] {
			t.Errorf("a time of %v is the sum of %v", entry["time"], entry["timings"])
		}
		began := entry["startedDateTime"].(string)
		if _, err := time.Parse(time.RFC3339Nano, began); err != nil || began < before {
			t.Errorf("%s after %s: %v", began, before, err)
		}
		before = began
	}
}

func TestAnEntrySaysWhatHappened(t *testing.T) {
	text, log := written(t, troubled())
	entry := func(i int) map[string]any { return log["entries"].([]any)[i].(map[string]any) }
	for i, want := range []struct {
		number, attempt, status float64
		began, fault            string
	}{
		{2, 1, 0, "2026-01-02T03:04:05.000000Z", "reset: the connection was reset"},
		{3, 1, 200, "2026-01-02T03:04:05.000010Z", "truncated: the body broke off"},
		{1, 1, 503, "2026-01-02T03:04:06.500000Z", ""},
		{1, 2, 0, "2026-01-02T03:04:06.501000Z", "reset: the connection was reset"},
		{1, 3, 302, "2026-01-02T03:04:06.501000Z", ""},
	} {
		got := entry(i)
		response := got["response"].(map[string]any)
		fault, _ := response["_error"].(string)
		if got["_exchange"] != want.number || got["_attempt"] != want.attempt || response["status"] != want.status || got["startedDateTime"] != want.began || fault != want.fault {
			t.Errorf("entry %d: %v", i, got)
		}
	}
	for _, part := range []string{
		`"name": "k",`, `"value": "a b"`, `"value": "%zz"`, `"name": "empty",`, `"mimeType": "application/json"`, `"text": "{\"a\":1}"`,
		`"redirectURL": "https://other.example/"`, `"comment": "the beginning alone"`, `"size": 9000`,
		`"httpVersion": "HTTP/1.1"`, `"value": "Bearer $TOKEN"`, `"comment": "token for maps"`, `"_jobState": "FAILED"`, `"got": "302"`, `"mimeType": "x-unknown"`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("it lacks %s", part)
		}
	}
	// Three attempts carry the token, and the finding is of the last one.
	if strings.Count(text, "Bearer $TOKEN") != 3 || strings.Count(text, `"_findings"`) != 1 {
		t.Errorf("%d tokens, %d findings", strings.Count(text, "Bearer $TOKEN"), strings.Count(text, `"_findings"`))
	}
}
