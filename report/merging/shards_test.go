package merging_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/jsonschema/v6"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/report/merging"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// contract is loaded once for the many runs.
var contract = spec.MustLoadEmbedded()

// version is that of the reports of these tests.
const version = "1.2.3"

// spare is the number of failed jobs: so many that a shard whose server wrongly
// starts some has others left.
const spare = 80

// inProcess makes every request a call of the handler.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	recorded := httptest.NewRecorder()
	arriving := request.Clone(request.Context())
	arriving.RequestURI = request.URL.RequestURI()
	p.handler.ServeHTTP(recorded, arriving)
	return recorded.Result(), nil
}

func emulated(t *testing.T, fault string) http.Handler {
	t.Helper()
	server, err := emulator.New(contract, emulator.Options{Fault: fault, Jobs: jobs(), Delay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func jobs() map[string][]string {
	given := emulator.DefaultJobs(contract)
	given["FAILED"] = nil
	for number := range spare {
		given["FAILED"] = append(given["FAILED"], fmt.Sprint("failed-", number+1))
	}
	return given
}

// judge runs what is selected against a server and reports it.
func judge(t *testing.T, server http.Handler, selection suites.Selection, known ...suites.Known) report.Report {
	t.Helper()
	return judgeWithin(t, t.Context(), server, selection, known...)
}

func judgeWithin(t *testing.T, ctx context.Context, server http.Handler, selection suites.Selection, known ...suites.Known) report.Report {
	t.Helper()
	own, others := selection.Shard.DealJobs(contract, jobs())
	judged, err := target.New(target.Config{
		Endpoint: "http://127.0.0.1:8080", Transport: inProcess{server}, Jobs: own, OthersJobs: others, Loopback: true, Limit: time.Minute,
		Credentials: target.TokenTemplate{Text: emulator.DefaultTokenTemplate, Join: emulator.DefaultTokenJoin},
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	outcome, err := suites.Run(ctx, suites.Config{Contract: contract, Target: judged, Seed: 1, Known: known}, selection)
	if err != nil {
		t.Fatal(err)
	}
	return report.New(report.Run{Version: version, Started: began, Took: time.Since(began), Contract: contract, Target: judged,
		Source: "network", Level: spec.Platform, Seed: 1, Selection: selection, Outcome: outcome, KnownFailures: described(known)})
}

// described says known failures as a list of them does.
func described(known []suites.Known) []report.KnownFailure {
	var list []report.KnownFailure
	for line, one := range known {
		list = append(list, report.KnownFailure{Name: one.Name, Reason: one.Reason, Entry: one.Reason, File: "known.yaml", Line: line + 1})
	}
	return list
}

// shards judges each shard of a selection, the last one first.
func shards(t *testing.T, total int, serve func() http.Handler, selection suites.Selection, known ...suites.Known) []merging.Part {
	t.Helper()
	var parts []merging.Part
	for number := total; number > 0; number-- {
		selection.Shard = suites.Shard{Number: number, Total: total}
		parts = append(parts, merging.Part{Name: fmt.Sprint(number, ".json"), Report: judge(t, serve(), selection, known...)})
	}
	return parts
}

func merge(t *testing.T, parts []merging.Part) report.Report {
	t.Helper()
	whole, warnings, err := merging.Merge(contract, version, parts)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, warnings %q", err, warnings)
	}
	return whole
}

// changing are the faults of servers where one request changes what another
// sees, so that each order of the requests shows other consequences; and of those
// where it is chance which of several requests at the same time is hit, so that
// no two runs find the same.
var changing = []string{
	"refused-body-starts-job", "refused-caller-starts-job", "refusal-changes-state", "refusal-forgets-job",
	"id-reused-after-ten", "every-second-id-repeated", "concurrent-retries-refused",
}

// TestShardsTogetherEqualTheWhole: the same checks, verdicts, findings, evidence
// and requirements, of servers that conform and that do not, each shard with a
// server of its own and all with the same one.
func TestShardsTogetherEqualTheWhole(t *testing.T) {
	sampled := 25
	if testing.Short() {
		sampled = 200 // As the race detector looks on.
	}
	equal(t, judge(t, emulated(t, ""), suites.Selection{}), merge(t, shards(t, 8, func() http.Handler { return emulated(t, "") }, suites.Selection{})))
	for i, fault := range emulator.Faults() {
		// What holds or breaks connections needs some, which a test of commands has.
		if strings.HasPrefix(fault.Breaks, "retry.robustness.") || i%sampled != 0 || slices.Contains(changing, fault.Name) {
			continue
		}
		t.Run(fault.Name, func(t *testing.T) {
			whole := judge(t, emulated(t, fault.Name), suites.Selection{})
			own := shards(t, 8, func() http.Handler { return emulated(t, fault.Name) }, suites.Selection{})
			equal(t, whole, merge(t, own))
			shared := emulated(t, fault.Name)
			equal(t, whole, merge(t, shards(t, 5, func() http.Handler { return shared }, suites.Selection{})))
		})
	}
}

// TestShardsOfAServerThatChangesFindItsFault: the requirement that is broken, and
// the exit code, are those of the whole run.
func TestShardsOfAServerThatChangesFindItsFault(t *testing.T) {
	for _, name := range changing {
		if testing.Short() && name != changing[0] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			shared := emulated(t, name)
			merged := merge(t, shards(t, 8, func() http.Handler { return shared }, suites.Selection{}))
			whole := judge(t, emulated(t, name), suites.Selection{})
			at := slices.IndexFunc(emulator.Faults(), func(fault emulator.Fault) bool { return fault.Name == name })
			broken := emulator.Faults()[at].Breaks
			if one, other := verdictOf(whole, broken), verdictOf(merged, broken); one != other || (one != suites.Fail && one != suites.Warn) || whole.Exit != merged.Exit {
				t.Errorf("%s: %s and exit %d, in shards %s and exit %d", broken, one, whole.Exit, other, merged.Exit)
			}
		})
	}
}

func verdictOf(of report.Report, requirement string) suites.Verdict {
	for _, one := range of.Requirements {
		if one.ID == requirement {
			return one.Verdict
		}
	}
	return ""
}

func TestShardsOfAFocusTogetherEqualIt(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing new for the race detector; it runs without -short")
	}
	for _, selection := range []suites.Selection{
		{Focus: []string{"body"}}, {Focus: []string{"errors"}}, {Focus: []string{"response/id-new", "path/two-segments"}},
		{LabelFilter: "documented"}, {Focus: []string{"path/two-segments"}},
	} {
		t.Run(fmt.Sprint(selection), func(t *testing.T) {
			const fault = "unknown-field-ignored"
			whole := judge(t, emulated(t, fault), selection)
			equal(t, whole, merge(t, shards(t, 4, func() http.Handler { return emulated(t, fault) }, selection)))
		})
	}
}

// TestTheMergedReportSaysWhoCameFromWhere: nothing stays of the shards in the merged
// report but who came from where.
func TestTheMergedReportSaysWhoCameFromWhere(t *testing.T) {
	server := emulated(t, "")
	parts := shards(t, 3, func() http.Handler { return server }, suites.Selection{})
	whole := merge(t, parts)
	if whole.Settings.Shard != nil || len(whole.Shards) != 3 {
		t.Fatalf("shard %v, shards %v", whole.Settings.Shard, whole.Shards)
	}
	for _, exchange := range whole.Exchanges {
		from := whole.Shards[exchange.Shard-1]
		if from.Number != exchange.Shard || !slices.Contains(from.Checks, exchange.Check) {
			t.Errorf("exchange %d of %s comes from shard %d, which has no such check", exchange.Number, exchange.Check, exchange.Shard)
		}
	}
	for i, exchange := range whole.Exchanges {
		if exchange.Number != i+1 || exchange.OffsetMicroseconds < 0 {
			t.Errorf("exchange %d has the number %d, after %d µs", i+1, exchange.Number, exchange.OffsetMicroseconds)
		}
	}
}

// TestBothKindsOfReportAreValid: that of a shard and that of all, by the schema.
func TestBothKindsOfReportAreValid(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	server := emulated(t, "unknown-field-ignored")
	parts := shards(t, 2, func() http.Handler { return server }, suites.Selection{Focus: []string{"body"}})
	for name, one := range map[string]report.Report{"shard": parts[0].Report, "whole": merge(t, parts)} {
		var text bytes.Buffer
		if err := report.WriteJSON(&text, one); err != nil {
			t.Fatal(err)
		}
		again, err := report.ReadJSON(text.Bytes())
		if err != nil || len(again.Shards) != len(one.Shards) || (again.Settings.Shard == nil) != (one.Settings.Shard == nil) {
			t.Errorf("%s is not read back: %v", name, err)
		}
		value, err := jsonschema.UnmarshalJSON(&text)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
