package cli

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// consumed runs the suite with a profile over an emulator that is taken for a
// server on another machine.
func consumed(t *testing.T, method *spec.Method, fault string, settings config.Settings) (result.Report, *target.Target) {
	t.Helper()
	server, err := emulator.New(method, emulator.Options{Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	settings.Endpoint, settings.Timeout, settings.Seed = listen(t, server), target.DefaultLimit, 1
	sources := &config.Sources{}
	selected, err := selectChecks(sources, &settings, method)
	if err != nil {
		t.Fatal(err)
	}
	config, err := targetConfig(sources, &settings, method)
	if err == nil {
		config.Loopback, config.Rate, config.Pause = false, 0, noPause
		config, err = selected.restrict(sources, config)
	}
	if err == nil {
		usable := config
		usable.Credentials = namedCredentials{config.Credentials, true}
		selected, _, _, err = selected.planned(t.Context(), usable, settings.Seed)
	}
	if err != nil {
		t.Fatal(err)
	}
	asked, err := target.New(config)
	if err != nil {
		t.Fatal(err)
	}
	run, err := suiteRun{method: method, target: asked, level: spec.Platform, seed: settings.Seed, selected: selected}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var report result.Report
	report.Conclude(selected.afterwards(run))
	return report, asked
}

// TestAConsumerPasses: with one token, or several, and one job that is refused, on a
// server on another machine. Nothing has an effect, and no other job is touched.
func TestAConsumerPasses(t *testing.T) {
	t.Parallel()
	for _, name := range spec.Shipped() {
		method := shipped(t, name)
		accepted, tokens := emulator.DefaultJobs(method)[method.AcceptedStates[0]][0], []string{}
		for _, scope := range method.Scopes[:2] {
			tokens = append(tokens, scope.Short()+"=scope:"+scope.Short())
			settings := config.Settings{Profile: "consumer", Tokens: slices.Clone(tokens), Jobs: []string{"COMPLETE=complete-1", method.AcceptedStates[0] + "=" + accepted}}
			report, asked := consumed(t, method, "", settings)
			if report.Exit != result.ExitConforms || report.Counts.Checks[result.Skip] > 0 || len(report.NotSelected) < 3 {
				t.Errorf("%s: exit %d, %v, %+v", name, report.Exit, report.Counts.Checks, report.NotSelected)
			}
			for _, exchange := range asked.Journal() {
				if exchange.Request.Call && exchange.Succeeded() || exchange.Request.Job == accepted || strings.Contains(exchange.URL, "/"+accepted+":") {
					t.Errorf("%s: %s %s: %d", name, exchange.Request.Method, exchange.URL, exchange.Status)
				}
			}
		}
	}
}

// TestAConsumerSeesChanges: with one token and one job.
func TestAConsumerSeesChanges(t *testing.T) {
	t.Parallel()
	method := embedded()
	last := method.Scopes[len(method.Scopes)-1].Short()
	settings := config.Settings{Profile: "consumer", LabelFilter: "authorization || semantics || path.template || body", Tokens: []string{last + "=scope:" + last}}
	for fault, want := range map[string]int{
		"last-scope-refused": result.ExitFails, "no-token-accepted": result.ExitFails, "method-not-served": result.ExitFails,
		// It refuses the state of the job before it looks at the body.
		"body-ignored": result.ExitConforms,
	} {
		settings.Jobs = []string{"COMPLETE=complete-1"}
		report, _ := consumed(t, method, fault, settings)
		if report.Exit != want {
			t.Errorf("%s: exit %d, want %d: %v", fault, report.Exit, want, report.Counts.Checks)
		}
	}
	for _, jobs := range []string{"cancelled-1", "failed-1", "complete-1,failed-1", "failed-1,complete-1"} {
		settings.Jobs = []string{"COMPLETE=" + jobs}
		moved, asked := consumed(t, method, "", settings)
		// Of each state, one job is compared.
		if want := jobs == "complete-1,failed-1"; (moved.Exit == result.ExitConforms) != want || moved.Exit == result.ExitInconclusive {
			t.Errorf("%s: exit %d of a job that has moved: %v", jobs, moved.Exit, moved.Counts.Checks)
		}
		for _, exchange := range asked.Journal() {
			if exchange.Request.Call && exchange.Succeeded() {
				t.Errorf("%s: %s had an effect", jobs, exchange.URL)
			}
		}
	}
}

// TestALiveRunIsBoundedByItsJobs: what needs more jobs than are given is not selected,
// and what misses another input is a skip.
func TestALiveRunIsBoundedByItsJobs(t *testing.T) {
	t.Parallel()
	settings := config.Settings{Profile: "live", TokenTemplate: "scope:{short}", TokenJoin: "+", ConsumeJobs: true,
		Jobs: []string{"FAILED=failed-1,failed-2", "COMPLETE=complete-1", "IN_PROGRESS=in-progress-1", "CANCELLED=cancelled-1"}}
	report, asked := consumed(t, embedded(), "", settings)
	used := 0
	for _, exchange := range asked.Journal() {
		if exchange.Request.Call && exchange.Succeeded() {
			used++
		}
	}
	if report.Exit != result.ExitConforms || used != 2 || len(report.NotSelected) != 1 || report.NotSelected[0].Reason != needsMoreJobs {
		t.Errorf("exit %d, %d jobs used up, %v, %+v", report.Exit, used, report.Counts.Checks, report.NotSelected)
	}
	settings.Jobs = settings.Jobs[:2]
	if report, _ = consumed(t, embedded(), "", settings); report.Exit != result.ExitInconclusive {
		t.Errorf("exit %d without a job in each state", report.Exit)
	}
}

// TestSelectionMistakes: one line each, and nothing is sent.
func TestSelectionMistakes(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"run --endpoint " + nobody + " --profile consumr":                                        "--profile: unknown profile \"consumr\"; did you mean consumer?",
		"run --endpoint " + nobody + " --profile consumer --token maps.reviews=x":                "--job: the profile consumer needs a job that is ",
		"doctor --endpoint " + nobody + " --profile consumer --job COMPLETE=a":                   "--token: the profile consumer needs a token of one of 66 scopes",
		"run --endpoint " + nobody + " --profile consumer --job FAILED=a --token maps.reviews=x": "--job: the profile consumer needs a job that is ",
		"run --endpoint " + nobody + " --no-auth --token maps.reviews=x":                         "--no-auth: it cannot be combined with --token",
		"run --endpoint " + nobody + " --no-auth --scopes maps.*":                                "--no-auth: it cannot be combined with --scopes",
		"run --endpoint " + nobody + " --scopes nothing.*":                                       "--scopes: no scope matches the pattern \"nothing.*\"; write alerts.* for all scopes of a product",
		"run --endpoint " + nobody + " --scopes unrelated":                                       "--scopes: \"unrelated\" selects no scope of the description",
		"run --endpoint " + nobody + " --no-auth --focus authorization":                          "--no-auth: it excludes every check",
		"run --profile emulator": "--profile: it needs a server to test, not a recording",
		// A token of another scope is none of the selected ones.
		"run --endpoint " + nobody + " --profile consumer --job COMPLETE=a --scopes maps.* --token play.devices=x": "needs a token of one of 10 scopes",
	} {
		refused(t, line, says)
	}
}

// TestAProfileThatLeavesNothing: what the flags select is not replaced by all
// checks, which would use up jobs.
func TestAProfileThatLeavesNothing(t *testing.T) {
	t.Parallel()
	server, err := emulator.New(embedded(), emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	endpoint := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == embedded().Operation.Method {
			calls.Add(1)
		}
		server.ServeHTTP(w, r)
	}))
	for _, command := range []string{"run", "run --dry-run", "doctor"} {
		for selected, says := range map[string]string{
			"--profile live --focus semantics/concurrent-jobs --job FAILED=failed-1": "the profile live excludes every check that the other flags select (needs more jobs to use up); give ",
			"--profile consumer --focus response --job COMPLETE=complete-1":          "the profile consumer excludes every check that the other flags select (would use up a job); use another profile, or ",
			"--profile consumer --label-filter response --job COMPLETE=complete-1":   "the profile consumer excludes every check",
		} {
			refused(t, command+" --endpoint "+endpoint+" --token-template scope:{short} "+selected, "--profile: ", says)
		}
	}
	if calls.Load() > 0 {
		t.Errorf("%d calls", calls.Load())
	}
}

// TestAnUnavailableTokenOfAConsumerIsReported: it must not be left out unnoticed.
func TestAnUnavailableTokenOfAConsumerIsReported(t *testing.T) {
	t.Parallel()
	tokens := writeFile(t, "tokens.yaml", "maps.reviews: scope:dataportability.maps.reviews\nplay.devices: {environment: DPCONFORM_NOT_SET}\n")
	flags := []string{"--endpoint", listen(t, mustEmulate(t, emulator.Options{})), "--profile", "consumer", "--token-file", tokens, "--job", "COMPLETE=complete-1"}
	const says = "no token of dataportability.play.devices: the variable DPCONFORM_NOT_SET has no token"
	if got := call(t, append([]string{"run"}, flags...)...); got.exit != result.ExitUnreachable || !strings.Contains(got.complaints, says) {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
	call(t, append([]string{"doctor"}, flags...)...).want(t, result.ExitUnreachable, says)
	flags = append(flags, "--scopes", "maps.reviews")
	call(t, append([]string{"run"}, flags...)...).want(t, result.ExitConforms, "profile consumer, scopes maps.reviews", "--scopes: ")
}

// TestNotSelectedInEveryFormat: with counts and reasons, and not as skips. The flags
// come from a file and the environment.
func TestNotSelectedInEveryFormat(t *testing.T) {
	file := writeFile(t, "dpconform.yaml", "profile: consumer\nscopes: maps.*,youtube.music\nendpoint: "+listen(t, mustEmulate(t, emulator.Options{}))+"\n")
	t.Setenv("DPCONFORM_TOKEN_MAPS_REVIEWS", "scope:dataportability.maps.reviews")
	t.Setenv("DPCONFORM_JOB", "COMPLETE=complete-1")
	flags, paths := everyFormat(t.TempDir(), "report")
	got := call(t, append([]string{"run", "--config", file}, flags...)...)
	got.want(t, result.ExitConforms, "selected     profile consumer, scopes maps.*,youtube.music", "not selected ")
	report := readReport(t, paths["json"])
	if report.Settings.Profile != "consumer" || report.Settings.Scopes != "maps.*,youtube.music" || report.Counts.Checks[result.Skip] > 0 {
		t.Errorf("%+v, %v", report.Settings, report.Counts)
	}
	text := report.NotSelectedText()
	for _, reason := range []string{"--scopes: 55 checks", usesUpJobs + ": ", needsTokens + ": ", needsOtherJobs + ": "} {
		if !strings.Contains(text, reason) {
			t.Errorf("%q does not say %q", text, reason)
		}
	}
	for _, format := range []string{"markdown", "html", "junit"} {
		page := readFile(t, paths[format])
		if !strings.Contains(strings.ToLower(page), "not selected") || !strings.Contains(page, needsOtherJobs) || !strings.Contains(page, "profile consumer") {
			t.Errorf("%s does not say what is not selected", format)
		}
		if strings.Contains(page, "<skipped>") {
			t.Errorf("%s has skips", format)
		}
	}
	unselected := 0
	for _, scope := range report.Scopes {
		if scope.Reason == "not selected: --scopes" {
			unselected++
		}
	}
	if unselected != 55 {
		t.Errorf("%d rows of the scope grid say that they are not selected", unselected)
	}
}

// TestNoAuth: a run without a token of a server that asks for none, which a run with
// tokens suggests.
func TestNoAuth(t *testing.T) {
	t.Parallel()
	flags := emulated(t, emulator.Options{Fault: "no-authorization"})
	without := slices.Concat(flags[:2], flags[4:])
	call(t, append([]string{"run", "--focus", "authorization"}, flags...)...).want(t, result.ExitFails, "the server does not check tokens: it refused none of the ", "--no-auth")
	path := filepath.Join(t.TempDir(), "report.json")
	flags = slices.Concat(without, []string{"--no-auth"})
	// The first run has used its jobs up.
	flags[1] = emulated(t, emulator.Options{Fault: "no-authorization"})[1]
	call(t, slices.Concat([]string{"run", "--report", path}, flags)...).want(t, result.ExitConforms, "no authorization", "--no-auth: ")
	for _, exchange := range readReport(t, path).Exchanges {
		if strings.HasPrefix(exchange.Request.Credential, "token") || len(exchange.Request.Header["Authorization"]) > 0 {
			t.Errorf("exchange %d has %q", exchange.Number, exchange.Request.Credential)
		}
	}
	call(t, append([]string{"doctor"}, flags...)...).want(t, result.ExitConforms, "none needed", "not selected: --no-auth")
	flags[1] = emulated(t, emulator.Options{})[1]
	call(t, append([]string{"run", "--focus", "semantics", "--focus", "path.template"}, flags...)...).want(t, result.ExitFails, "the server requires a token, but --no-auth sends none", "Remove --no-auth")
}

// TestProfilesAreListed: each with what it needs.
func TestProfilesAreListed(t *testing.T) {
	t.Parallel()
	call(t, "profiles").want(t, 0, config.Profiles()...)
	for _, name := range config.Profiles() {
		if !strings.Contains(profileTexts[config.Profile(name)], " needs ") {
			t.Errorf("%s does not say what it needs", name)
		}
	}
}

// shipped loads a description that the product ships.
func shipped(t *testing.T, name string) *spec.Method {
	t.Helper()
	description, err := spec.Embedded(name)
	if err != nil {
		t.Fatal(err)
	}
	method, err := spec.Load(description)
	if err != nil {
		t.Fatal(err)
	}
	return method
}
