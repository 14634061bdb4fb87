package suites

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// TestRequirementsAndChecksKnowEachOther: a requirement without a check would
// be a promise that nobody keeps, and a check with an unknown id a typing
// mistake.
func TestRequirementsAndChecksKnowEachOther(t *testing.T) {
	method := spec.MustLoadEmbedded()
	tested := map[string]bool{}
	seen := map[string]bool{}
	for _, check := range Checks(method) {
		if seen[check.ID] {
			t.Errorf("two checks are called %s", check.ID)
		}
		seen[check.ID] = true
		if !slices.Contains(result.Aspects(), check.Aspect) || !strings.HasPrefix(check.ID, check.Aspect+"/") {
			t.Errorf("check %s is of aspect %q", check.ID, check.Aspect)
		}
		if check.Title == "" || check.Sends == "" || len(check.Requirements) == 0 {
			t.Errorf("check %s does not say what it does", check.ID)
		}
		for _, id := range check.Requirements {
			tested[id] = true
			if _, found := method.Requirement(id); !found {
				t.Errorf("check %s names requirement %s, which the description does not have", check.ID, id)
			}
		}
	}
	for _, requirement := range method.Requirements {
		if !tested[requirement.ID] {
			t.Errorf("no check tests requirement %s", requirement.ID)
		}
	}
}

// atADistance makes a target that is not on this machine.
func atADistance(allowed bool) func(*target.Config, http.Handler) {
	return func(config *target.Config, _ http.Handler) { config.Loopback, config.ConsumeJobs = false, allowed }
}

// startsByJob counts the requests that started a job, by the job.
func startsByJob(server *target.Target) map[string]int {
	starts := map[string]int{}
	for _, exchange := range server.Journal() {
		if exchange.Succeeded() {
			starts[exchange.Request.Job]++
		}
	}
	return starts
}

func TestNothingStartsAtADistanceWithoutPermission(t *testing.T) {
	method := spec.MustLoadEmbedded()
	server := emulated(t, method, emulator.Options{}, atADistance(false))
	outcome := tested(t, method, server, 1)
	if starts := startsByJob(server); len(starts) > 0 {
		t.Errorf("jobs were started: %v", starts)
	}
	for _, exchange := range server.Journal() {
		if retries := exchange.Request.Method == method.Operation.Method; retries && slices.Contains(server.Jobs("FAILED"), exchange.Request.Job) {
			t.Errorf("exchange %d (%s) touches a failed job", exchange.Number, exchange.Request.Purpose)
		}
	}
	if outcome.Exit != result.ExitInconclusive {
		t.Errorf("exit %d, want %d", outcome.Exit, result.ExitInconclusive)
	}
	assertSkipsSayTheFlag(t, outcome, "--consume-jobs")
}

func TestNoJobIsRetriedTwiceAtADistance(t *testing.T) {
	method := spec.MustLoadEmbedded()
	server := emulated(t, method, emulator.Options{}, atADistance(true))
	outcome := tested(t, method, server, 1)
	starts := startsByJob(server)
	if len(starts) == 0 {
		t.Error("nothing was started")
	}
	for job, count := range starts {
		if count > 1 || !server.Given(job) {
			t.Errorf("job %s was started %d times", job, count)
		}
	}
	if outcome.Exit != result.ExitConforms {
		t.Errorf("exit %d, want %d", outcome.Exit, result.ExitConforms)
	}
}

// TestAJobGivenAsRefusedIsNotUsedUpAtADistance: it may have moved before the run or
// during it, or its state was mistyped. No selection of checks that needs it passes.
func TestAJobGivenAsRefusedIsNotUsedUpAtADistance(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	given := map[string][]string{method.AcceptedStates[0]: {"own-1", "own-2"}}
	for _, state := range method.RefusedStates() {
		given[state] = []string{"moved-" + stateName(state)}
	}
	for _, allowed := range []bool{false, true} {
		for _, shownFirst := range []int{0, 1, 9} {
			for _, aspect := range []string{"", "authorization", "semantics", "path"} {
				server := emulated(t, method, emulator.Options{}, atADistance(allowed), moving(t, method, given, shownFirst))
				report := testedBy(t, method, server, 1, func(check Check) bool { return aspect == "" || check.Aspect == aspect })
				// With further jobs, and ids that no job has, these are tested all the same.
				if report.Exit == result.ExitConforms && aspect != "authorization" && (aspect != "path" || !allowed) {
					t.Errorf("allowed %t, shown %d times: %q conforms", allowed, shownFirst, aspect)
				}
				for job, count := range startsByJob(server) {
					// What is shown as refused first, nobody can know to be accepted.
					if strings.HasPrefix(job, "moved-") && shownFirst == 0 || count > 1 || !strings.HasPrefix(job, "moved-") && !allowed {
						t.Errorf("allowed %t, shown %d times, %q: %s was used up %d times", allowed, shownFirst, aspect, job, count)
					}
				}
			}
		}
	}
}

// moving serves jobs that are all accepted, though the state method shows them so
// many times as they were given.
func moving(t *testing.T, method *spec.Method, given map[string][]string, shown int) func(*target.Config, http.Handler) {
	serve := func(jobs map[string][]string) http.Handler {
		server, err := emulator.New(method, emulator.Options{Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	before := serve(given)
	after := serve(map[string][]string{method.AcceptedStates[0]: slices.Concat(slices.Collect(maps.Values(given))...)})
	reads := map[string]int{}
	return func(config *target.Config, _ http.Handler) {
		config.Jobs, config.Transport = given, inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == method.ReadState.Method && reads[r.URL.Path] < shown {
				reads[r.URL.Path]++
				before.ServeHTTP(w, r)
				return
			}
			after.ServeHTTP(w, r)
		})}
	}
}

// TestOneFailedJobIsEnoughForTheMainThings: who has one failed job to lose
// learns what can be learned from one retry.
func TestOneFailedJobIsEnoughForTheMainThings(t *testing.T) {
	method := spec.MustLoadEmbedded()
	jobs := map[string][]string{"FAILED": {"only"}, "COMPLETE": {"done"}}
	server := emulated(t, method, emulator.Options{Jobs: jobs}, atADistance(true))
	outcome := tested(t, method, server, 1)
	for _, check := range outcome.Checks {
		if check.Verdict != result.Pass && check.Verdict != result.Skip {
			t.Errorf("%s: %s\n%s", check.ID, check.Verdict, check.Findings)
		}
	}
	for _, id := range []string{"semantics.accepted-state", "body.empty", "body.unknown-field", "path.one-segment",
		"response.id-new", "response.new-job-readable", "authorization.scope", "errors.code"} {
		if got := verdictsByRequirement(outcome)[id].Verdict; got != result.Pass {
			t.Errorf("%s: %s, want pass", id, got)
		}
	}
	if starts := startsByJob(server); len(starts) != 1 || starts["only"] != 1 {
		t.Errorf("started %v, want the one job once", starts)
	}
}

// TestOddIDsAreNoTrouble: an id may be a letter that stands in every response, or
// need escapes in a path.
func TestOddIDsAreNoTrouble(t *testing.T) {
	method := spec.MustLoadEmbedded()
	for name, jobs := range map[string]map[string][]string{
		"short":   {"FAILED": {"a", "1"}, "COMPLETE": {"c", "e"}, "IN_PROGRESS": {"n"}, "CANCELLED": {"s", "-"}},
		"escaped": {"FAILED": {"a b", "x+y="}, "COMPLETE": {"a:b", "\u00fc"}, "IN_PROGRESS": {"100%"}, "CANCELLED": {"q?r", "@home", "gr\u00fcn"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := emulated(t, method, emulator.Options{Jobs: jobs})
			for _, check := range tested(t, method, server, 1).Checks {
				if check.Verdict != result.Pass && check.Verdict != result.Skip {
					t.Errorf("%s: %s %s\n%s", check.ID, check.Verdict, check.Reason, check.Findings)
				}
			}
		})
	}
}

func assertSkipsSayTheFlag(t *testing.T, outcome result.Report, flag string) {
	t.Helper()
	said := false
	for _, check := range outcome.Checks {
		if check.Verdict != result.Skip {
			continue
		}
		if check.Reason == "" || !strings.Contains(check.Flag, "--") {
			t.Errorf("%s was skipped for %q and says %q would help", check.ID, check.Reason, check.Flag)
		}
		said = said || strings.Contains(check.Flag, flag)
	}
	if !said {
		t.Errorf("no skip names %s", flag)
	}
}

// TestWithoutTokensOnlyTheirAbsenceIsJudged: what needs a token is skipped with
// the flag that gives one.
func TestWithoutTokensOnlyTheirAbsenceIsJudged(t *testing.T) {
	method := spec.MustLoadEmbedded()
	server := emulated(t, method, emulator.Options{}, func(config *target.Config, _ http.Handler) { config.Credentials = nil })
	outcome := tested(t, method, server, 1)
	if outcome.Exit != result.ExitInconclusive {
		t.Errorf("exit %d, want %d", outcome.Exit, result.ExitInconclusive)
	}
	if got := verdictsByRequirement(outcome)["authorization.no-token"].Verdict; got != result.Pass {
		t.Errorf("no-token: %s, want pass", got)
	}
	assertSkipsSayTheFlag(t, outcome, "--token-template")
}

// TestSameSeedSendsTheSame: a run can be repeated.
func TestSameSeedSendsTheSame(t *testing.T) {
	method := spec.MustLoadEmbedded()
	sent := func(seed uint64) []string {
		server := emulated(t, method, emulator.Options{})
		tested(t, method, server, seed)
		var lines []string
		for _, exchange := range server.Journal() {
			lines = append(lines, exchange.Request.Method+" "+exchange.Request.Path+" "+exchange.Request.Credential.Label)
		}
		return lines
	}
	first, again, other := sent(1), sent(1), sent(2)
	if !slices.Equal(first, again) {
		t.Error("the same seed sent different requests")
	}
	if slices.Equal(first, other) {
		t.Error("another seed sent the same requests")
	}
}
