package diff

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// edited is a report with a text where each kind of place for one is.
func edited(text string) result.Report {
	message := &result.Message{URL: "https://h/" + text, Body: text, Added: []string{text}, Header: map[string][]string{"X-Session-Id": {"hidden-7Zq"}, "Set-Cookie": {"a=hidden-7Zq"}, "Server": {text}}}
	return result.Report{FormatVersion: result.FormatVersion, Target: result.Target{Endpoint: "https://me:hidden-7Zq@h/?key=hidden-7Zq", Proxy: "http://hidden-7Zq@h"},
		Description: result.Description{Digest: "d"}, Settings: result.Settings{Level: "documented"}, Requirements: []result.Requirement{}, Ended: text,
		Checks:    []result.Check{{ID: "a", Reason: text, Findings: []result.Finding{{Got: text, Curl: text}}}},
		Exchanges: []result.Exchange{{Purpose: text, Request: *message, Response: message, Fault: &result.FaultOf{Detail: text}}}}
}

func read(t *testing.T, report result.Report) string {
	t.Helper()
	written, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	found, err := ReadReport("-", bytes.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	return string(again)
}

// TestAnEditedReportShowsNoSecret of a form that is known, and of no field that is not
// kept. What has none stays as it is.
func TestAnEditedReportShowsNoSecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ghp_hidden7ZqA1b2C3d4", "Authorization: Bearer hidden-7ZqB1b2C3", "https://u:hidden-7Zq@h/", `{"access_token":"hidden-7ZqE"}`, "ya29.hidden-7Zq", "access_token=dpconform-redacted:ghp_hidden7ZqA1b2C3d4"} {
		if got := read(t, edited(text)); strings.Contains(strings.ReplaceAll(got, "-", ""), "hidden7Zq") {
			t.Errorf("%s: %s", text, got)
		}
	}
	plain := edited("the response has 2 bytes")
	plain.Target = result.Target{Endpoint: "http://[::1]:8080/v1", Proxy: "http://proxy:3128"}
	plain.Exchanges[0].Response.Header = map[string][]string{"Server": {"a"}, "X-Session-Id": {"dpconform-redacted (10 bytes)"}, "Authorization": {"Bearer dpconform-redacted:maps.reviews"}}
	plain.Exchanges[0].Request.Header, plain.Exchanges[0].Request.URL = nil, "/v1?access_token=dpconform-redacted:maps.reviews&key=dpconform-redacted"
	want, err := json.Marshal(plain)
	if got := read(t, plain); err != nil || got != string(want) {
		t.Errorf("%s\nwant\n%s, %v", got, want, err)
	}
}
