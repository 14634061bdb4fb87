package diff

import (
	"slices"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestKindOfEveryPairOfVerdicts(t *testing.T) {
	verdicts := []result.Verdict{"", result.Pass, result.Fail, result.Warn, result.Skip, result.Error, result.ExpectedFail, result.UnexpectedPass}
	const (
		same = Kind("")
		fail = NewlyFailing
		erro = NewlyErroring
		skip = NewlySkipped
		othr = ChangedVerdict
		good = NewlyPassing
		newl = Appeared
	)
	// A row for each old verdict, a column for each new one but the missing.
	for old, row := range map[result.Verdict][]Kind{
		"":                    {newl, fail, newl, newl, erro, newl, fail},
		result.Pass:           {same, fail, othr, skip, erro, othr, fail},
		result.Fail:           {good, StillFailing, othr, skip, erro, othr, othr},
		result.Warn:           {good, fail, same, skip, erro, othr, fail},
		result.Skip:           {good, fail, othr, same, erro, othr, fail},
		result.Error:          {good, fail, othr, othr, same, othr, fail},
		result.ExpectedFail:   {good, fail, othr, skip, erro, same, fail},
		result.UnexpectedPass: {good, othr, othr, skip, erro, othr, StillFailing},
	} {
		for i, want := range row {
			got, changed := kindOf(old, verdicts[i+1])
			if got != want || changed != (want != same) {
				t.Errorf("%q to %q: %q, want %q", old, verdicts[i+1], got, want)
			}
		}
		if old != "" {
			if got, _ := kindOf(old, ""); got != Gone {
				t.Errorf("%q to nothing: %q", old, got)
			}
		}
	}
}

func TestWhatIsARegression(t *testing.T) {
	for _, test := range []struct {
		kind                        Kind
		old                         result.Verdict
		documented, sameDescription bool
		want                        bool
	}{
		{NewlyFailing, result.Pass, false, true, true},
		{NewlyFailing, "", false, false, true},
		{NewlyErroring, result.Skip, false, true, true},
		{NewlySkipped, result.Pass, true, true, true},
		{NewlySkipped, result.Pass, false, true, false},
		{Gone, result.Pass, true, true, true},
		{Gone, result.Skip, true, true, false},
		{Gone, result.Pass, true, false, false},
		{Gone, result.Pass, false, true, false},
		{StillFailing, result.Fail, true, true, false},
		{ChangedVerdict, result.Pass, true, true, false},
		{NewlyPassing, result.Fail, true, true, false},
		{Appeared, "", true, true, false},
	} {
		if got := regresses(test.kind, test.old, test.documented, test.sameDescription); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestANewFailureHasTheEvidenceOfBoth(t *testing.T) {
	found := compare(judgedOnce(result.Pass, refusal(400)), judgedOnce(result.Fail, refusal(403)))
	wantSummary(t, found, "regression: 1 check newly failing")
	if len(found.Checks) != 1 || len(found.Requirements) != 1 || len(found.Responses) != 0 || !found.Regresses() || !found.Changes() {
		t.Fatalf("%+v", found)
	}
	change := found.Checks[0]
	if change.ID != "path/one" || change.Kind != NewlyFailing || !change.Regression || change.Old != result.Pass || change.New != result.Fail {
		t.Errorf("%+v", change)
	}
	shown := change.Evidence[0]
	if shown.Requirement != "retry.path.one" || shown.Level != spec.Documented || shown.Statement == "" {
		t.Errorf("%+v", shown)
	}
	if old := shown.Old; old.Verdict != result.Pass || old.Want != "" || old.Response.Exchange != 1 || old.Response.Status != 400 ||
		old.Response.Shape != "{error: {code: number, message: string}}" || old.Response.Header["Content-Type"] != "application/json" || old.Response.Curl == "" {
		t.Errorf("old %+v %+v", old, old.Response)
	}
	if new := shown.New; new.Verdict != result.Fail || new.Want != "400" || new.Got != "403" || new.Response.Status != 403 {
		t.Errorf("new %+v", new)
	}
	if requirement := found.Requirements[0]; requirement.ID != "retry.path.one" || !requirement.Regression || !slices.Equal(requirement.Checks, []string{"path/one"}) {
		t.Errorf("%+v", requirement)
	}
	back := compare(judgedOnce(result.Fail, refusal(403)), judgedOnce(result.Pass, refusal(400)))
	wantSummary(t, back, "changed, no regression: 1 check newly passing")
	if shown := back.Checks[0].Evidence[0]; shown.Old.Got != "403" || shown.New.Response.Status != 400 {
		t.Errorf("%+v", shown)
	}
}

func TestFailOn(t *testing.T) {
	passes, failing := judgedOnce(result.Pass, refusal(400)), judgedOnce(result.Fail, refusal(403))
	responses := judgedOnce(result.Pass, refusal(404))
	for _, test := range []struct {
		name                       string
		found                      Comparison
		regression, changed, never bool
	}{
		{"nothing", compare(passes, passes), false, false, false},
		{"still failing", compare(failing, failing), false, false, false},
		{"a regression", compare(passes, failing), true, true, false},
		{"for the better", compare(failing, passes), false, true, false},
		{"an response alone", compare(passes, responses), false, true, false},
	} {
		for on, want := range map[FailOn]bool{OnRegression: test.regression, OnChanged: test.changed, OnNothing: test.never} {
			if got := test.found.Fails(on); got != want {
				t.Errorf("%s: fails on %s is %v", test.name, on, got)
			}
		}
	}
}

func TestWhatIsNoLongerJudgedSaysWhy(t *testing.T) {
	after := judgedOnce(result.Skip, refusal(400))
	after.Exchanges, after.Checks[0].Exchanges = []result.Exchange{}, []int{}
	after.Checks[0].Reason, after.Checks[0].Flag = "no job was given", "--job FAILED=ID"
	found := compare(judgedOnce(result.Pass, refusal(400)), after)
	wantSummary(t, found, "regression: 1 check no longer judged")
	shown := found.Checks[0].Evidence[0]
	if shown.New.Reason != "no job was given" || shown.New.Flag != "--job FAILED=ID" || shown.New.Response != nil || shown.Old.Response == nil {
		t.Errorf("%+v %+v", shown.Old, shown.New)
	}
	inferred := func(verdict result.Verdict) *run {
		return newRun().requirement("retry.path.one", spec.Inferred, verdict).check("path/one", "retry.path.one", verdict)
	}
	if found := compare(inferred(result.Pass), inferred(result.Skip)); found.Regresses() || !found.Changes() {
		t.Errorf("%s", Summary(found))
	}
}

func TestARequirementMayChangeBesideItsCheck(t *testing.T) {
	both := func(second result.Verdict, findings ...result.Finding) *run {
		r := newRun().requirement("retry.path.one", spec.Documented, result.Fail).requirement("retry.path.two", spec.Platform, second)
		r.check("path/one", "retry.path.one", result.Fail, findings...)
		r.Checks[0].Requirements = []string{"retry.path.one", "retry.path.two"}
		return r
	}
	one := result.Finding{Requirement: "retry.path.one", Verdict: result.Fail, Want: "a", Got: "b", Count: 1}
	two := result.Finding{Requirement: "retry.path.two", Verdict: result.Fail, Want: "c", Got: "d", Count: 1}
	found := compare(both(result.Skip, one), both(result.Fail, one, two))
	wantSummary(t, found, "regression: 1 check still failing")
	if found.Requirements[0].ID != "retry.path.two" || !found.Requirements[0].Regression {
		t.Errorf("%+v", found.Requirements)
	}
	if sections := found.sections(); len(sections) != 2 || sections[1].requirement != "retry.path.two" {
		t.Errorf("%+v", sections)
	}
	if shown := found.Checks[0].Evidence[1]; shown.Old.Verdict != result.Skip || shown.Old.Reason == "" || shown.New.Got != "d" {
		t.Errorf("%+v %+v", shown.Old, shown.New)
	}
}

func TestWhatCameAndWent(t *testing.T) {
	with := func(scopes ...string) *run {
		r := newRun().requirement("retry.authorization.scope", spec.Documented, result.Pass)
		r.Description.Scopes = len(scopes)
		for _, scope := range scopes {
			r.check(scopeRow+scope, "retry.authorization.scope", result.Pass)
		}
		return r
	}
	after := with("a", "c", "d")
	after.Description.Digest = "sha256:1"
	after.requirement("retry.path.new", spec.Platform, result.Fail)
	found := compare(with("a", "b"), after)
	wantSummary(t, found, "regression: 1 check gone, 2 checks new")
	if !slices.Equal(found.Scopes.Appeared, []string{"c", "d"}) || !slices.Equal(found.Scopes.Gone, []string{"b"}) {
		t.Errorf("%+v", found.Scopes)
	}
	if gone := found.Checks[0]; gone.ID != scopeRow+"b" || gone.Regression || gone.Evidence[0].New != nil || gone.Evidence[0].Old == nil {
		t.Errorf("%+v", gone)
	}
	if appeared := found.Checks[1]; appeared.Kind != Appeared || appeared.Evidence[0].Old != nil {
		t.Errorf("%+v", appeared)
	}
	if found := compare(with("a", "b"), with("a")); !found.Regresses() {
		t.Error("with the same description, a documented check that is gone is no regression")
	}
	selected := with("a")
	selected.Description.Scopes, selected.Settings.Focus = 2, []string{scopeRow + "a"}
	if found := compare(with("a", "b"), selected); len(found.Scopes.Gone) > 0 {
		t.Errorf("of a selection: %+v", found.Scopes)
	}
}

func TestCaveats(t *testing.T) {
	for topic, spoil := range map[string]func(*run){
		"target":         func(r *run) { r.Target.Endpoint = "http://new.example" },
		"description":    func(r *run) { r.Description.Digest = "sha256:1" },
		"level":          func(r *run) { r.Settings.Level = spec.Inferred },
		"selection":      func(r *run) { r.Settings.LabelFilter = "path" },
		"jobs":           func(r *run) { r.Target.Jobs = map[string]int{"FAILED": 2, "COMPLETE": 1} },
		"permission":     func(r *run) { r.Settings.AllowRetry = true },
		"known failures": func(r *run) { r.KnownFailures = []result.KnownFailure{{Entry: "check: path/one"}} },
		"version":        func(r *run) { r.Tool.Version = "2" },
		"end":            func(r *run) { r.Exit, r.Conclusion = result.ExitInterrupted, "interrupted" },
		"order":          func(r *run) { r.Started = r.Started.AddDate(0, 0, -1) },
	} {
		old, new := judgedOnce(result.Pass, refusal(400)), judgedOnce(result.Pass, refusal(400))
		spoil(new)
		found := compare(old, new)
		if len(found.Caveats) != 1 || found.Caveats[0].Topic != topic || found.Caveats[0].Old == found.Caveats[0].New {
			t.Errorf("%s: %v", topic, found.Caveats)
		}
		if found.Changes() || found.Regresses() {
			t.Errorf("%s is a change of verdicts", topic)
		}
	}
	unlike := judgedOnce(result.Pass, refusal(400))
	unlike.Settings.Seed, unlike.Milliseconds, unlike.Settings.LimitSeconds = 99, 1, 20
	if found := compare(judgedOnce(result.Pass, refusal(400)), unlike); len(found.Caveats) != 0 {
		t.Errorf("%v", found.Caveats)
	}
}
