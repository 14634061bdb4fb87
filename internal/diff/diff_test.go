package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// run is a report in the making.
type run struct{ result.Report }

func newRun() *run {
	return &run{result.Report{
		FormatVersion: result.FormatVersion, Tool: result.Tool{Name: "dpconform", Version: "1.2.3"},
		Started:     time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Target:      result.Target{Endpoint: "http://old.example", Source: "network", Jobs: map[string]int{"FAILED": 2}},
		Description: result.Description{File: "x.yaml", Digest: "sha256:" + strings.Repeat("0", 64), Title: "x", Revision: "2025", Scopes: 1},
		Settings:    result.Settings{Level: spec.Platform, LimitSeconds: 10}, Conclusion: "conforms",
		Requirements: []result.Requirement{}, Checks: []result.Check{}, Exchanges: []result.Exchange{},
	}}
}

func (r *run) requirement(id string, level spec.Level, verdict result.Verdict) *run {
	r.Requirements = append(r.Requirements, result.Requirement{Requirement: spec.Requirement{ID: id, Level: level, Statement: "It MUST be " + id + ".",
		Quote: "quote", Source: "https://example/" + id, Line: 7}, Aspect: "path", Verdict: verdict, Checks: []string{}})
	return r
}

// check adds a check of a requirement, with the exchanges that it has so far.
func (r *run) check(id, requirement string, verdict result.Verdict, findings ...result.Finding) *run {
	check := result.Check{ID: id, Aspect: "path", Title: "the title of " + id, Sends: "something", Requirements: []string{requirement}, Verdict: verdict,
		Findings: findings, Exchanges: []int{}}
	for _, exchange := range r.Exchanges {
		if exchange.Check == id {
			check.Exchanges = append(check.Exchanges, exchange.Number)
		}
	}
	r.Checks = append(r.Checks, check)
	return r
}

// reply is what a server says in a test.
type reply struct {
	status int
	header map[string]string
	body   string
}

// exchange adds an exchange of a check about a job.
func (r *run) exchange(check, purpose, job, credential string, came reply) *run {
	header := map[string][]string{"Date": {fmt.Sprint(len(r.Exchanges))}}
	for name, value := range came.header {
		header[name] = []string{value}
	}
	r.Exchanges = append(r.Exchanges, result.Exchange{
		Number: len(r.Exchanges) + 1, Check: check, Purpose: purpose,
		Request:  result.Message{Method: "POST", URL: r.Target.Endpoint + "/v1/archiveJobs/" + job + ":retry", Credential: credential},
		Response: &result.Message{Status: came.status, Header: header, Body: came.body, BodyBytes: len(came.body)},
	})
	return r
}

// one is a run of one check of one requirement with one exchange.
func one(verdict result.Verdict, came reply) *run {
	r := newRun().requirement("path.one", spec.Documented, verdict).exchange("path/one", "retry a", "a", "token for x", came)
	var findings []result.Finding
	switch verdict {
	case result.Fail, result.Warn, result.ExpectedFail:
		findings = []result.Finding{{Requirement: "path.one", Verdict: verdict, Want: "400", Got: fmt.Sprint(came.status), Exchange: 1, Count: 1, Curl: "curl it"}}
	}
	return r.check("path/one", "path.one", verdict, findings...)
}

// refusal is a usual response.
func refusal(status int) reply {
	return reply{status, map[string]string{"Content-Type": "application/json"}, fmt.Sprintf(`{"error":{"code":%d,"message":"no"}}`, status)}
}

func compare(old, new *run) Comparison {
	return Compare(Source{"old.json", old.Report}, Source{"new.json", new.Report})
}

func wantSummary(t *testing.T, comparison Comparison, want string) {
	t.Helper()
	if comparison.Summary != want {
		t.Errorf("%q, want %q", comparison.Summary, want)
	}
}

func TestKindOfEveryPairOfVerdicts(t *testing.T) {
	t.Parallel()
	verdicts := []result.Verdict{result.Pass, result.Fail, result.Warn, result.Skip, result.Error, result.ExpectedFail, result.UnexpectedPass, ""}
	const (
		same = kind("")
		fail = newlyFailing
		erro = newlyErroring
		skip = newlySkipped
		othr = changedVerdict
		good = newlyPassing
		newl = appeared
	)
	// A row for each old verdict, a column for each new one.
	for old, row := range map[result.Verdict][]kind{
		"":                    {newl, fail, newl, newl, erro, newl, newl, same},
		result.Pass:           {same, fail, othr, skip, erro, othr, othr, gone},
		result.Fail:           {good, stillFailing, othr, skip, erro, othr, othr, gone},
		result.Warn:           {good, fail, same, skip, erro, othr, othr, gone},
		result.Skip:           {good, fail, othr, same, erro, othr, othr, gone},
		result.Error:          {good, fail, othr, othr, same, othr, othr, gone},
		result.ExpectedFail:   {good, fail, othr, skip, erro, same, othr, gone},
		result.UnexpectedPass: {othr, fail, othr, skip, erro, othr, same, gone},
	} {
		for i, want := range row {
			if got := kindOf(old, verdicts[i]); got != want {
				t.Errorf("%q to %q: %q, want %q", old, verdicts[i], got, want)
			}
		}
	}
}

func TestWhatIsARegression(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind                              kind
		old                               result.Verdict
		documented, sameDescription, want bool
	}{
		{newlyFailing, result.Pass, false, true, true},
		{newlyFailing, "", false, false, true},
		{newlyErroring, result.Skip, false, true, true},
		{newlySkipped, result.Pass, true, true, true},
		{newlySkipped, result.Pass, false, true, false},
		{gone, result.Pass, true, true, true},
		{gone, result.Skip, true, true, false},
		{gone, result.Pass, true, false, false},
		{gone, result.Pass, false, true, false},
		{stillFailing, result.Fail, true, true, false},
		{changedVerdict, result.Pass, true, true, false},
		{newlyPassing, result.Fail, true, true, false},
		{appeared, "", true, true, false},
	} {
		if got := regresses(test.kind, test.old, test.documented, test.sameDescription); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestAVerdictHasTheEvidenceOfBoth(t *testing.T) {
	t.Parallel()
	found := compare(one(result.Pass, refusal(400)), one(result.Fail, refusal(403)))
	wantSummary(t, found, "regression: 1 requirement newly failing")
	if len(found.Checks) != 1 || len(found.Requirements) != 1 || len(found.Responses) != 0 || !found.Regression || !found.Changed {
		t.Fatalf("%+v", found)
	}
	if got, want := found.Checks[0].change, (change{"path/one", newlyFailing, true, result.Pass, result.Fail}); got != want {
		t.Errorf("%+v", got)
	}
	if requirement := found.Requirements[0]; requirement.ID != "path.one" || !requirement.Regression || !slices.Equal(requirement.Checks, []string{"path/one"}) {
		t.Errorf("%+v", requirement)
	}
	shown := found.Checks[0].Evidence[0]
	if shown.Requirement != "path.one" || shown.Level != spec.Documented || shown.Statement == "" {
		t.Errorf("%+v", shown)
	}
	if old := shown.Old; old.Verdict != result.Pass || old.Want != "" || old.Response.Exchange != 1 || old.Response.Status != 400 ||
		old.Response.Shape != "{error: {code: number, message: string}}" || old.Response.Header["Content-Type"] != "application/json" || old.Response.Curl == "" {
		t.Errorf("old %+v %+v", old, old.Response)
	}
	if new := shown.New; new.Verdict != result.Fail || new.Want != "400" || new.Got != "403" || new.Response.Status != 403 {
		t.Errorf("new %+v", new)
	}
	back := compare(one(result.Fail, refusal(403)), one(result.Pass, refusal(400)))
	wantSummary(t, back, "changed, no regression: 1 requirement newly passing")
	if shown := back.Checks[0].Evidence[0]; shown.Old.Got != "403" || shown.New.Response.Status != 400 {
		t.Errorf("%+v", shown)
	}
}

func TestAnObservingCheckPointsAtTheExchangesOfOthers(t *testing.T) {
	t.Parallel()
	of := func(verdict result.Verdict, status int, findings ...result.Finding) *run {
		r := newRun().requirement("errors.code", spec.Documented, verdict)
		r.exchange("path/one", "read a", "a", "t", refusal(400)).exchange("path/one", "retry a", "a", "t", refusal(status))
		return r.check("errors/code", "errors.code", verdict, findings...)
	}
	found := compare(of(result.Pass, 400), of(result.Fail, 500, result.Finding{Requirement: "errors.code", Verdict: result.Fail, Exchange: 2, Count: 1}))
	if shown := found.Checks[0].Evidence[0]; shown.Old.Response == nil || shown.Old.Response.Exchange != 2 || shown.Old.Response.Status != 400 || shown.New.Response.Status != 500 {
		t.Errorf("%+v %+v", shown.Old, shown.New)
	}
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	passes, failing := one(result.Pass, refusal(400)), one(result.Fail, refusal(403))
	for _, test := range []struct {
		name                string
		found               Comparison
		regression, changed bool
	}{
		{"nothing", compare(passes, passes), false, false},
		{"still failing", compare(failing, failing), false, false},
		{"a regression", compare(passes, failing), true, true},
		{"for the better", compare(failing, passes), false, true},
		{"an entry for what passes", compare(passes, one(result.UnexpectedPass, refusal(400))), false, true},
		{"a response alone", compare(passes, one(result.Pass, refusal(404))), false, true},
	} {
		if found := test.found; found.Fails(OnRegression) != test.regression || found.Fails(OnChanged) != test.changed || found.Fails(OnNothing) {
			t.Errorf("%s: %s", test.name, found.Summary)
		}
	}
}

func TestWhatIsSkippedNowSaysWhy(t *testing.T) {
	t.Parallel()
	after := one(result.Skip, refusal(400))
	after.Exchanges, after.Checks[0].Exchanges = []result.Exchange{}, []int{}
	after.Checks[0].Reason, after.Checks[0].Flag = "no job was given", "--job FAILED=ID"
	found := compare(one(result.Pass, refusal(400)), after)
	wantSummary(t, found, "regression: 1 requirement newly skipped")
	shown := found.Checks[0].Evidence[0]
	if shown.New.Reason != "no job was given" || shown.New.Flag != "--job FAILED=ID" || shown.New.Response != nil || shown.Old.Response == nil {
		t.Errorf("%+v %+v", shown.Old, shown.New)
	}
	inferred := func(verdict result.Verdict) *run {
		return newRun().requirement("path.one", spec.Inferred, verdict).check("path/one", "path.one", verdict)
	}
	if found := compare(inferred(result.Pass), inferred(result.Skip)); found.Regression || !found.Changed {
		t.Error(found.Summary)
	}
}

func TestARequirementMayChangeBesideItsCheck(t *testing.T) {
	t.Parallel()
	both := func(second result.Verdict, findings ...result.Finding) *run {
		r := newRun().requirement("path.one", spec.Documented, result.Fail).requirement("path.two", spec.Platform, second)
		r.check("path/one", "path.one", result.Fail, findings...)
		r.Checks[0].Requirements = []string{"path.one", "path.two"}
		return r
	}
	first := result.Finding{Requirement: "path.one", Verdict: result.Fail, Want: "a", Got: "b", Count: 1}
	second := result.Finding{Requirement: "path.two", Verdict: result.Fail, Want: "c", Got: "d", Count: 1}
	before := both(result.Skip, first)
	before.Checks[0].Untested = []result.Untested{{Requirement: "path.two", Reason: "no response shows it"}}
	found := compare(before, both(result.Fail, first, second))
	wantSummary(t, found, "regression: 1 requirement newly failing; no regression: 1 requirement still failing")
	if found.Requirements[0].ID != "path.two" || !found.Requirements[0].Regression {
		t.Errorf("%+v", found.Requirements)
	}
	if shown := found.Checks[0].Evidence[1]; shown.Old.Verdict != result.Skip || shown.Old.Reason == "" || shown.New.Got != "d" {
		t.Errorf("%+v %+v", shown.Old, shown.New)
	}
	if text := shownText(found); !strings.Contains(text, "NEWLY FAILING path.two (platform)") {
		t.Error(text)
	}
	// The first requirement of a check has no finding: its skip is shown all the same.
	kept := newRun().requirement("path.one", spec.Documented, result.Pass).requirement("path.two", spec.Platform, result.Warn)
	kept.check("path/one", "path.one", result.Warn, result.Finding{Requirement: "path.two", Verdict: result.Warn, Want: "c", Got: "d", Count: 1})
	skipped := newRun().requirement("path.one", spec.Documented, result.Skip).requirement("path.two", spec.Platform, result.Skip)
	skipped.check("path/one", "path.one", result.Skip)
	kept.Checks[0].Requirements, skipped.Checks[0].Requirements = []string{"path.one", "path.two"}, []string{"path.one", "path.two"}
	skipped.Checks[0].Reason, skipped.Checks[0].Flag = "no job", "--job FAILED=ID"
	found = compare(kept, skipped)
	wantSummary(t, found, "regression: 1 requirement newly skipped; no regression: 1 requirement newly skipped")
	want := "NEWLY SKIPPED path.one (documented) It MUST be path.one. path/one: the title of path/one was pass now skip: no job; give --job FAILED=ID NEWLY"
	if text := shownText(found); !strings.Contains(text, want) {
		t.Error(text)
	}
}

func TestWhatAppearedAndIsGone(t *testing.T) {
	t.Parallel()
	with := func(scopes ...string) *run {
		r := newRun().requirement("authorization.scope", spec.Documented, result.Pass)
		r.Description.Scopes = len(scopes)
		for _, scope := range scopes {
			r.check(scopeRow+scope, "authorization.scope", result.Pass)
		}
		return r
	}
	after := with("a", "c", "d").requirement("path.new", spec.Platform, result.Fail)
	after.Description.Digest = "sha256:1"
	found := compare(with("a", "b"), after)
	wantSummary(t, found, "regression: 1 requirement newly failing; no regression: 1 check gone, 2 checks new")
	if !slices.Equal(found.Scopes.Appeared, []string{"c", "d"}) || !slices.Equal(found.Scopes.Gone, []string{"b"}) {
		t.Errorf("%+v", found.Scopes)
	}
	if gone := found.Checks[0]; gone.ID != scopeRow+"b" || gone.Regression || gone.Evidence[0].New != nil || gone.Evidence[0].Old == nil {
		t.Errorf("%+v", gone)
	}
	if one := found.Checks[1]; one.Kind != appeared || one.Evidence[0].Old != nil {
		t.Errorf("%+v", one)
	}
	if !compare(with("a", "b"), with("a")).Regression {
		t.Error("with the same description, a documented check that is gone is no regression")
	}
	fewer := with("a")
	fewer.NotSelected = []result.NotApplicable{{Reason: "needs tokens for other scopes", Checks: []string{scopeRow + "b"}}}
	old := with("a", "b").requirement("path.other", spec.Platform, result.Pass).check("path/other", "path.other", result.Pass)
	found = compare(old, fewer)
	wantSummary(t, found, "regression: 1 check gone; no regression: 1 check gone")
	for _, want := range []string{"not in this report: needs tokens for other scopes", "GONE (NO REGRESSION) What is gone is a regression only if"} {
		if shown := shownText(found); !strings.Contains(shown, want) {
			t.Errorf("no %q: %s", want, shown)
		}
	}
	selected := with("a")
	selected.Description.Scopes, selected.Settings.Focus = 2, []string{scopeRow + "a"}
	if found := compare(with("a", "b"), selected); len(found.Scopes.Gone) > 0 {
		t.Errorf("of a selection: %+v", found.Scopes)
	}
}

func TestCaveats(t *testing.T) {
	t.Parallel()
	for topic, change := range map[string]func(*run){
		"target":         func(r *run) { r.Target.Endpoint = "http://new.example" },
		"description":    func(r *run) { r.Description.Digest = "sha256:1" },
		"level":          func(r *run) { r.Settings.Level = spec.Inferred },
		"selection":      func(r *run) { r.Settings.LabelFilter = "path" },
		"jobs":           func(r *run) { r.Target.Jobs = map[string]int{"FAILED": 2, "COMPLETE": 1} },
		"permission":     func(r *run) { r.Settings.ConsumeJobs = true },
		"known failures": func(r *run) { r.KnownFailures = []result.KnownFailure{{Entry: "check: path/one"}} },
		"version":        func(r *run) { r.Tool.Version = "2" },
		"end":            func(r *run) { r.Exit, r.Conclusion = result.ExitInterrupted, "interrupted" },
		"order":          func(r *run) { r.Started = r.Started.AddDate(0, 0, -1) },
		"":               func(r *run) { r.Settings.Seed, r.Milliseconds, r.Settings.LimitSeconds = 99, 1, 20 },
	} {
		new := one(result.Pass, refusal(400))
		change(new)
		found := compare(one(result.Pass, refusal(400)), new)
		var topics []string
		for _, one := range found.Caveats {
			topics = append(topics, one.Topic)
		}
		if strings.Join(topics, " ") != topic || found.Changed || found.Regression {
			t.Errorf("%s: %v, %s", topic, found.Caveats, found.Summary)
		}
	}
}
