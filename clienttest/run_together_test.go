package clienttest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/jsonschema/v6"
)

// TestWhatWasNotChosenIsSaid runs a client that chooses two of three.
func TestWhatWasNotChosenIsSaid(t *testing.T) {
	t.Parallel()
	options := runOf(t, "chooses", "success", "not-found", "reset", "http2")
	options.Together = true
	found := runAll(t, options)
	report := found.Report("1")
	if found.Exit() != ExitInconclusive || !slices.Equal(report.NotChosen, []string{"reset", "http2"}) {
		t.Errorf("exit %d, not chosen %v", found.Exit(), report.NotChosen)
	}
	var out, text strings.Builder
	Console{&out, 80}.Result(report)
	plain := escapes.ReplaceAllString(out.String(), "")
	for _, want := range []string{"\nnot chosen: reset, http2\n", "\ninconclusive: nothing failed, and not every scenario was chosen\n", "\n2 calls: 2 pass; "} {
		if !strings.Contains(plain, want) {
			t.Errorf("there is no %q in:\n%s", want, plain)
		}
	}
	if err := WriteJSON(&text, report); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiledSchema(t).Validate(value); err != nil {
		t.Error(err)
	}
	value.(map[string]any)["not_chosen"] = []any{}
	if compiledSchema(t).Validate(value) == nil {
		t.Error("the schema takes a list of none")
	}
}

// TestAScenarioThatWasNotSelected chooses one that there is.
func TestAScenarioThatWasNotSelected(t *testing.T) {
	t.Parallel()
	options := runOf(t, "chooses", "success", "forbidden")
	options.Together, options.All, options.Known = true, true, []string{"success", "forbidden", "not-found"}
	found := runAll(t, options)
	index := slices.IndexFunc(found.Results, func(r Result) bool { return r.misspelled != nil })
	if index < 0 || len(found.Results[index].Findings) == 0 {
		t.Fatalf("%v", resultsOf(found))
	}
	if got := found.Results[index].Findings[0].Got; got != `there is a scenario "not-found", and it was not selected by --scenario` {
		t.Errorf("it says %s", got)
	}
	opened := site(t, Options{Scenarios: shippedScenarios(t)[:1], Known: []string{"not-found", "not-failed"}, Tokens: []string{givenToken}})
	for _, path := range []string{"/v1/archiveJobs/scenario-not-failed:retry", "/scenarios/not-failed/v1/archiveJobs/x:retry"} {
		if status, text := post(t, opened.Endpoint+path, bearer()); status != http.StatusNotFound || !strings.Contains(text, "was not selected") {
			t.Errorf("%s: %d, %s", path, status, text)
		}
	}
}

// TestTokensInQueriesUpstream sends the token in a parameter of its own name,
// where only the header says which it is, or the environment.
func TestTokensInQueriesUpstream(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"archiveJobId":"new"}`))
	}))
	defer upstream.Close()
	address, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	options := runOf(t, "token-in-query")
	options.Upstream, options.Job, options.WireOnly = address, "job-1", true
	for token, want := range map[string]int{"": 1, "a-token-of-the-environment": 1} {
		options.Token = token
		found, err := Run(context.Background(), options)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, result := range found.Results {
			for _, finding := range result.Findings {
				if finding.ID == queryNoToken {
					count += finding.Count
				}
			}
		}
		if count != want {
			t.Errorf("token %q: found %d times, want %d: %v", token, count, want, resultsOf(found))
		}
	}
}

// TestATokenOfAnotherRequestIsKnown: the one that has it in the header need not be
// the one that has it in the query.
func TestATokenOfAnotherRequestIsKnown(t *testing.T) {
	for _, row := range []struct {
		name   string
		tokens []string
		token  string
		want   []string
	}{
		{"by the environment or another call", []string{"token-of-mine"}, "token-of-mine", []string{queryNoToken, authorizationToken}},
		{"within more", []string{"token-of-mine"}, "Bearer%20token-of-mine", []string{queryNoToken, authorizationToken}},
		{"of nobody", nil, "token-of-mine", []string{authorizationToken}},
		{"too short to be one within more", []string{"abc"}, "abcd", []string{authorizationToken}},
	} {
		call := &Call{Job: "job-1", Upstream: true}
		call.add(arrivedAs(func(a *Arrived) { a.Target += "?key=" + row.token; a.Header.Del("Authorization") }))
		result := (Rules{Contract: contract}).judgeCommand(call, nil, judging{wireOnly: true, tokens: row.tokens})
		if got := idsOf(result.Findings); !slices.Equal(got, row.want) {
			t.Errorf("%s: found %v, want %v", row.name, got, row.want)
		}
	}
}
