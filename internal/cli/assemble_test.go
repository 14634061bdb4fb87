package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// echo repeats the token of each request wherever it can, in a body that is cut
// in the middle of it.
func echo(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error_description=%q", token))
	w.Header().Set("X-Echo", token)
	for i := range 1000 {
		if r.URL.Path != "/big" {
			break
		}
		w.Header().Set(fmt.Sprint("X-Field-", i), token)
	}
	w.WriteHeader(http.StatusForbidden)
	if r.URL.Path == "/big" {
		_, _ = io.WriteString(w, strings.Repeat("x", longestBody-8)+token+strings.Repeat("ä", longestBody))
		return
	}
	_, _ = fmt.Fprintf(w, `{"error": {"code": 403, "message": "no such token: %s"}}`, token)
}

func TestAReportIsAssembledWithoutSecrets(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-t0ken"
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	method := spec.MustLoadEmbedded()
	sent, err := target.New(target.Config{Endpoint: server.URL, Credentials: target.TokenTemplate{Text: secret + ":{short}", Join: "+"}, Limit: time.Minute,
		Jobs: map[string][]string{"FAILED": {"a", "b"}, "COMPLETE": {"c"}}, Loopback: true, UserAgent: "dpconform/test"})
	if err != nil {
		t.Fatal(err)
	}
	credential, err := sent.Credential(method.Scopes[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	send := func(path, body string) *target.Exchange {
		return sent.Send(context.Background(), "path/example", target.Request{Purpose: "an example", Method: "POST", Path: path, Body: []byte(body), Credential: credential, Job: "c"})
	}
	small, big := send("/v1/a:retry", "{}"), send("/big", strings.Repeat("y", 3*longestBody))
	requirement := method.Requirements[0]
	found := finished{
		started: time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("east", 3600)), took: 1234 * time.Millisecond, method: method, level: spec.Platform,
		testedServer: &testedServer{target: sent, source: fromNetwork, seed: 7},
		outcome: result.Run{Requirements: method.Requirements[:1], Checks: []result.Check{{ID: "path/example", Aspect: "path", Requirements: []string{requirement.ID},
			Verdict: result.Fail, Exchanges: []int{small.Number, big.Number}, Findings: []result.Finding{
				{Requirement: requirement.ID, Verdict: result.Fail, Want: "404", Got: "403", Exchange: small.Number, Count: 1}}}}},
	}.report()
	var text strings.Builder
	if err := result.WriteJSON(&text, found); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), secret) || !strings.Contains(string(small.Body), secret) {
		t.Errorf("the secret is shown, or was not sent: %s", text.String())
	}
	if !strings.Contains(found.Exchanges[0].Response.Body, `"code": 403, "message": "no such token: `) {
		t.Errorf("the rest is not readable: %+v", found.Exchanges[0].Response)
	}
	request, response := found.Exchanges[1].Request, found.Exchanges[1].Response
	if request.BodyBytes != 3*longestBody || request.Body != strings.Repeat("y", longestBody)+"…" || response.BodyBytes != len(big.Body) ||
		len(response.Body) > longestBody+len("…") || strings.Contains(response.Body, secret[:8]) || strings.Contains(response.Body, "\ufffd") {
		t.Errorf("a body of %d bytes is shown as …%s", response.BodyBytes, response.Body[longestBody-40:])
	}
	har, page := formatted(t, report.WriteHAR, found), formatted(t, html.Write, found)
	if cut := response.HeaderCut; !strings.Contains(cut, " fields kept, ") || found.Exchanges[0].Response.HeaderCut != "" ||
		len(response.Header) > 200 || !strings.Contains(har, cut) || !strings.Contains(page, cut) {
		t.Errorf("%d fields, %q", len(response.Header), cut)
	}
	if got := found.Checks[0].Findings[0]; got.Exchange != 1 || got.Curl != found.Exchanges[0].Request.Curl() || !strings.Contains(got.Curl, "$TOKEN") {
		t.Errorf("%+v", got)
	}
	if found.Started.Format(time.RFC3339Nano) != "2026-01-02T02:04:05.678Z" || found.Milliseconds != 1234 || found.Conclusion != "does not conform" ||
		found.Target.Jobs["FAILED"] != 2 || found.Exchanges[0].JobState != "COMPLETE" || result.Contradiction(found) != "" {
		t.Errorf("%+v", found.Target)
	}
}

// formatted is a report in a format.
func formatted(t *testing.T, write func(io.Writer, result.Report) error, found result.Report) string {
	t.Helper()
	var out strings.Builder
	if err := write(&out, found); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Of a long body only what fills a report is redacted: a page of megabytes in each
// of hundreds of responses would cost more than the run.
func TestOfALongBodyNoMoreIsRedactedThanIsShown(t *testing.T) {
	t.Parallel()
	redacted := 0
	count := func(shrunk int) func(string) string {
		redacted = 0
		return func(text string) string {
			redacted += len(text)
			return text[:len(text)/shrunk]
		}
	}
	long := []byte(strings.Repeat("<p>a</p>", 500_000))
	if got := bodyOf(long, len(long), count(1)); got != string(long[:longestBody])+"…" || redacted > 2*longestBody {
		t.Errorf("%d bytes are shown, %d were redacted", len(got), redacted)
	}
	if got := bodyOf(long, len(long), count(6)); len(got) != longestBody+len("…") || redacted > 2*searchedBody {
		t.Errorf("%d bytes are shown, %d were redacted", len(got), redacted)
	}
	if got := bodyOf(long, len(long), count(1000)); got != "…" || redacted > 2*searchedBody {
		t.Errorf("%d bytes are shown, %d were redacted", len(got), redacted)
	}
	if got := bodyOf(long[:3*longestBody], 3*longestBody, count(6)); got != string(long[:longestBody/2]) {
		t.Errorf("of a whole body %d bytes are shown", len(got))
	}
}

// Nobody sees the headers and bodies of a run without findings and reports, and
// whoever gets a report sees them all.
func TestHeadersAndBodiesAreRedactedForThoseWhoSeeThem(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	sent, err := target.New(target.Config{Endpoint: server.URL, Limit: time.Minute, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	exchange := sent.Send(context.Background(), "path/example", target.Request{Method: "POST", Path: "/v1/a", Body: []byte("{}"), Header: http.Header{"X-A": {"b"}}})
	method := spec.MustLoadEmbedded()
	check := result.Check{ID: "path/example", Verdict: result.Pass, Exchanges: []int{exchange.Number}}
	failed := check
	failed.Verdict, failed.Findings = result.Fail, []result.Finding{{Requirement: method.Requirements[0].ID, Verdict: result.Fail, Exchange: exchange.Number, Count: 1}}
	for _, one := range []struct {
		name          string
		check         result.Check
		inFull, shown bool
	}{{"neither", check, false, false}, {"a report", check, true, true}, {"a finding", failed, false, true}} {
		found := finished{testedServer: &testedServer{target: sent}, method: method, inFull: one.inFull,
			outcome: result.Run{Requirements: method.Requirements, Checks: []result.Check{one.check}}}.report().Exchanges[0]
		shown := []bool{found.Request.Header != nil, found.Request.Body != "", found.Response.Header != nil, found.Response.Body != ""}
		if slices.Contains(shown, !one.shown) || found.Response.Status != exchange.Status || found.Request.URL == "" || found.Response.BodyBytes == 0 {
			t.Errorf("%s: %v, %+v", one.name, shown, found)
		}
	}
}
