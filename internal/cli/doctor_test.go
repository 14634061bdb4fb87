package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// examined calls the doctor and reads what it found.
func examined(t *testing.T, arguments ...string) doctorFindings {
	t.Helper()
	got := call(t, append([]string{"doctor", "--json"}, arguments...)...)
	var found doctorFindings
	unmarshal(t, got.raw, &found)
	if found.Exit != got.exit {
		t.Errorf("exit %d, and %d in the findings", got.exit, found.Exit)
	}
	return found
}

func TestDoctorFindsAllThere(t *testing.T) {
	t.Parallel()
	all := emulated(t, emulator.Options{})
	found := examined(t, all...)
	if found.Exit != 0 || !found.Endpoint.Reached || found.Endpoint.Protocol != "HTTP/1.1" || found.Endpoint.TLS != "" || found.Endpoint.ClockText != "" {
		t.Errorf("%d, %+v", found.Exit, found.Endpoint)
	}
	for _, scope := range found.Scopes {
		if scope.State != tokenThere || scope.From != "the token template" {
			t.Errorf("%+v", scope)
		}
	}
	for _, job := range found.Jobs {
		if !job.Agrees || job.State != job.Given {
			t.Errorf("%+v", job)
		}
	}
	checks, scopes := len(suites.Checks(embedded())), len(embedded().Scopes)
	call(t, append([]string{"doctor"}, all...)...).want(t, 0, "reached over HTTP/1.1 without TLS", fmt.Sprintf("for %d of %d scopes, and %d of %[3]d unrelated scopes", scopes, scopes, len(embedded().UnrelatedScopes)),
		fmt.Sprintf("%d from the token template", scopes+len(embedded().UnrelatedScopes)), fmt.Sprintf("a run can test %d of %d", checks, checks), "ready: the run has every input")
}

// TestDoctorChangesNothing: it sends GET alone.
func TestDoctorChangesNothing(t *testing.T) {
	t.Parallel()
	var methods []string
	endpoint := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods = append(methods, r.Method)
		w.WriteHeader(http.StatusNotFound)
	}))
	found := examined(t, "--endpoint", endpoint, "--token-template", "scope:{short}", "--job", "FAILED=a,b")
	if len(methods) != 3 || strings.Trim(strings.Join(methods, " "), "GET ") != "" {
		t.Errorf("%q", methods)
	}
	if found.Exit != result.ExitInconclusive || found.Jobs[0].Reason != "not found (404)" {
		t.Errorf("%+v", found.Jobs)
	}
}

// TestDoctorNamesTheCause: what keeps every request from the method is named as in a
// run, and what a run would skip is not foreseen then.
func TestDoctorNamesTheCause(t *testing.T) {
	t.Parallel()
	const notForeseen, stateless = "not foreseen: fix the cause above first", "if the endpoint and the jobs are right"
	all := emulated(t, emulator.Options{})
	jobs := all[len(all)-2:]
	tokens, file := []string{"--token-template", "scope:{short}"}, listen(t, http.NotFoundHandler())
	without := func(status int) string { return listen(t, byMethod(http.StatusOK, status)(nil)) }
	for name, test := range map[string]struct {
		flags []string
		id    string
		words []string
	}{
		"wrong token template": {slices.Concat([]string{"--endpoint", all[1], "--token-template", "tok:{short}"}, jobs), "caller-refused",
			[]string{"cause tokens are refused with 401", "fix Give tokens that the server accepts, with --token or --token-template", notForeseen}},
		"one job": {[]string{"--endpoint", all[1], "--token-template", "tok:{short}", "--job", "FAILED=failed-1"}, "caller-refused",
			[]string{"in 1 of 1 responses", "state unknown, the server responded with 401 Unauthorized: failed-1 (FAILED)"}},
		"no job":  {[]string{"--endpoint", all[1], "--token-template", "tok:{short}"}, "caller-refused", []string{notForeseen}},
		"no auth": {slices.Concat([]string{"--endpoint", all[1], "--no-auth"}, jobs), "caller-refused", []string{"--no-auth sends none", "Remove --no-auth"}},
		"wrong prefix": {slices.Concat([]string{"--endpoint", file + "/api"}, tokens, jobs), "no-state-method",
			[]string{"every response is 404: the server does not serve GET " + file + "/api/v1/archiveJobs/", ", which returns the state of a job; or the path prefix of --endpoint is wrong", "Check the address and the path prefix of --endpoint. If they are right,", stateless}},
		"no state method": {slices.Concat([]string{"--endpoint", without(405)}, tokens, jobs), "no-state-method",
			[]string{"every response is 405", "serve the method that returns the state of a job; without it, a run can still test the method itself", stateless}},
		"no GET at all": {slices.Concat([]string{"--endpoint", without(501)}, tokens, jobs), "no-state-method", []string{"every response is 501", stateless}},
		"wrong ids": {slices.Concat([]string{"--endpoint", all[1]}, tokens, []string{"--job", "FAILED=a,b"}), "no-state-method",
			[]string{"2 jobs not found (404): a (FAILED), b (FAILED)", "; or it knows none of the given jobs; or the path", "Check the ids in --job and the path prefix of --endpoint. If they are right,", stateless}},
		"some wrong ids": {slices.Concat([]string{"--endpoint", all[1]}, tokens, []string{"--job", "FAILED=a", "--job", "COMPLETE=complete-1"}), "", []string{"checks a run can test"}},
		"no tokens": {slices.Concat([]string{"--endpoint", all[1]}, jobs), "",
			[]string{"for 0 of 66 scopes, and 0 of 7 unrelated scopes", "7 unrelated scopes: no token; add --token unrelated=VALUE, a token with none of the documented scopes", "checks a run can test"}},
	} {
		got := call(t, append([]string{"doctor"}, test.flags...)...)
		ready := "not ready: see above"
		if test.id == result.NoStateMethod {
			ready = "not known to be ready: the states of the jobs cannot be read"
		}
		got.want(t, result.ExitInconclusive, append(test.words, ready)...)
		if strings.Contains(got.output, "in this run") || strings.Contains(got.output, "what failed") {
			t.Errorf("%s: it speaks of a run that did not happen: %s", name, got.output)
		}
		if found := examined(t, test.flags...); found.Cause == nil && test.id != "" || found.Cause != nil && found.Cause.ID != test.id {
			t.Errorf("%s: %+v", name, found.Cause)
		}
	}
}

// TestHowManyJobsAreEnough: so many as the pages say suffice for every check of
// each shipped method, and with one less a check of one of them is skipped.
func TestHowManyJobsAreEnough(t *testing.T) {
	t.Parallel()
	const few = "ready: the run would be conclusive; 1 check would be skipped"
	skipping := 0
	for _, name := range spec.Shipped() {
		method := shipped(t, name)
		server, err := emulator.New(method, emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		doctor := func(jobs int) called {
			flags := []string{"doctor", "--method", name, "--endpoint", listen(t, server), "--token-template", platform.TokenTemplate}
			for state, ids := range emulator.DefaultJobs(method) {
				flags = append(flags, "--job", state+"="+strings.Join(ids[:min(jobs, len(ids))], ","))
			}
			return call(t, flags...)
		}
		doctor(jobsForAllChecks).want(t, result.ExitConforms, "ready: the run has every input that it needs")
		if strings.Contains(doctor(jobsForAllChecks-1).output, few) {
			skipping++
		}
	}
	if skipping == 0 {
		t.Error("fewer jobs are enough")
	}
	for file, phrase := range map[string]string{"configuration.md": "accepts, %d for all checks", "guide-emulator.md": "| %d jobs that the method accepts"} {
		if !strings.Contains(readFile(t, filepath.Join("../../docs", file)), fmt.Sprintf(phrase, jobsForAllChecks)) {
			t.Errorf("%s gives another number than %d", file, jobsForAllChecks)
		}
	}
}

// TestDoctorForeseesTheRun: with the same flags, a run skips what the doctor
// said, and ends with the same exit code.
func TestDoctorForeseesTheRun(t *testing.T) {
	t.Parallel()
	endpoint := listen(t, mustEmulate(t, emulator.Options{}))
	gaps := knownFailures(t, "check: '*', expect: skip, reason: one token and one job is all there is")
	// Fewer checks of what needs the same as others.
	few := slices.Clip([]string{"--label-filter", "authorization || semantics || path.template || body.empty"})
	for _, flags := range [][]string{
		{"--token-template", "scope:{short}", "--job", "COMPLETE=complete-1", "--job", "FAILED=failed-1"},
		append(few, "--token", "maps.reviews=scope:dataportability.maps.reviews", "--job", "FAILED=failed-11,failed-12"),
		append(few, "--token-template", "scope:{short}", "--job", "FAILED=failed-13,mistyped"),
		append(few, "--token-template", "scope:{short}"),
		append(few, "--token", "unrelated=scope:userinfo.email"),
		{"--profile", "consumer", "--token", "maps.reviews=scope:dataportability.maps.reviews", "--job", "COMPLETE=complete-1", "--job", "FAILED=failed-1"},
		append(few, "--profile", "consumer", "--token-template", "scope:{short}", "--job", "IN_PROGRESS=in-progress-1", "--job", "CANCELLED=cancelled-1"),
		append(few, "--profile", "consumer", "--token-template", "scope:{short}", "--job", "COMPLETE=failed-11,complete-1"),
		append(few, "--level", "documented", "--token-template", "scope:{short}", "--job", "COMPLETE=in-progress-1"),
		{"--profile", "emulator", "--scopes", "maps.*", "--token-template", "scope:{short}", "--job", "COMPLETE=complete-1"},
		{"--profile", "live", "--token-template", "scope:{short}", "--job", "COMPLETE=complete-1", "--job", "FAILED=failed-2,failed-3"},
		append(few, "--profile", "live", "--token", "maps.reviews=scope:dataportability.maps.reviews", "--job", "FAILED=failed-4"),
		{"--focus", "body", "--token", "maps.reviews=scope:dataportability.maps.reviews", "--job", "COMPLETE=complete-1"},
		append(few, "--known-failures", gaps, "--token", "maps.reviews=scope:dataportability.maps.reviews", "--job", "COMPLETE=complete-1"),
	} {
		flags = append(flags, "--endpoint", endpoint)
		found, path := examined(t, flags...), filepath.Join(t.TempDir(), "report.json")
		run := call(t, append([]string{"run", "--report", "json=" + path}, flags...)...)
		said := map[string]string{}
		for _, skip := range found.Skipped {
			said[skip.Check] = skip.Reason
		}
		report := readReport(t, path)
		if !reflect.DeepEqual(found.NotSelected, report.NotSelected) || found.Checks != len(report.Checks) {
			t.Errorf("%q: %d checks without %v, and the doctor said %d without %v", flags, len(report.Checks), report.NotSelected, found.Checks, found.NotSelected)
		}
		for _, check := range report.Checks {
			if reason, skips := said[check.ID]; skips != (check.Verdict == result.Skip) || reason != check.Reason {
				t.Errorf("%q: %s is %s (%s), and the doctor said %q", flags, check.ID, check.Verdict, check.Reason, reason)
			}
		}
		if found.Exit != run.exit && (found.Exit != result.ExitInconclusive || run.exit != result.ExitFails) {
			t.Errorf("%q: exit %d, and %d of the doctor", flags, run.exit, found.Exit)
		}
	}
}

// TestDoctorNamesWhatIsWrong: in text, with all that is equal said once, and
// within 80 columns.
func TestDoctorNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no /bin/sh")
	}
	mint := filepath.Join(t.TempDir(), "mint")
	if err := os.WriteFile(mint, []byte("#!/bin/sh\ncase $1 in *.maps.*) ;; *) echo scope:$1;; esac\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	all := emulated(t, emulator.Options{Clock: func() time.Time { return time.Now().Add(-time.Hour) }})
	tokens := writeFile(t, "tokens.yaml", "unrelated: {environment: DPCONFORM_NOT_SET}\n")
	arguments := []string{"doctor", "--endpoint", all[1], "--token-command", mint + " {short}", "--token-file", tokens, "--job", "COMPLETE=failed-1,complete-1", "--job", "FAILED=unknown-1"}
	got := callOn(t, t.Context(), 80, &bytes.Buffer{}, arguments...)
	got.want(t, result.ExitInconclusive,
		"wrong: this machine's clock is 1 h ahead of the server's", "for 56 of 66 scopes, and 6 of 7 unrelated scopes", "62 from the command "+mint,
		"10 unusable: the command "+mint+": the token command printed nothing ("+mint+" {short})",
		"1 unusable: the variable DPCONFORM_NOT_SET has no token; put the token into it",
		"maps 10", "1 of 3 in the given state", "not COMPLETE: failed-1 is FAILED",
		"not found (404): unknown-1 (FAILED)", "not ready: see above")
	for line := range strings.Lines(got.output) {
		// A path is one word, however long.
		if columns := len([]rune(strings.TrimRight(line, "\n"))); columns > 80 && !strings.Contains(line, "/") {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
	if lines := strings.Count(got.output, "\n"); lines > 50 {
		t.Errorf("%d lines:\n%s", lines, got.output)
	}
}

// TestDoctorNamesASharedToken: a token with several scopes was read, and what it
// cannot show.
func TestDoctorNamesASharedToken(t *testing.T) {
	t.Parallel()
	all := emulated(t, emulator.Options{})
	tokens := writeFile(t, "tokens.yaml", "\"maps.*\": scope:dataportability.maps.reviews\n")
	arguments := []string{"doctor", "--endpoint", all[1], "--token-file", tokens, "--job", "COMPLETE=complete-1"}
	call(t, arguments...).want(t, result.ExitInconclusive, "10 scopes: only a token with several scopes ("+tokens+":1:1), which cannot show that this one is sufficient; add --token SCOPE=VALUE")
	call(t, append(arguments, "--profile", "consumer")...).want(t, result.ExitConforms, "10 scopes: a token with several scopes, which is enough with --profile consumer",
		"no token, and none is needed with --profile consumer")
}

func TestDoctorOfNobody(t *testing.T) {
	t.Parallel()
	flags := []string{"--endpoint", nobody, "--token-template", "{short}", "--job", "FAILED=a"}
	call(t, append([]string{"doctor"}, flags...)...).want(t, result.ExitUnreachable, ", not reached: connection refused", "the endpoint cannot be reached")
	found := examined(t, flags...)
	if found.Exit != result.ExitUnreachable || found.Endpoint.Reached || found.Endpoint.Reason == "" || found.Jobs[0].Reason != "the endpoint was not reached" {
		t.Errorf("%+v", found)
	}
}

// TestDoctorWithALogin: the tokens of a login are narrowed, and used for its
// endpoint alone.
func TestDoctorWithALogin(t *testing.T) {
	store, server := ownHome(t), newAuthority(t)
	endpoint := listen(t, mustEmulate(t, emulator.Options{}))
	if got := server.login(t, "--issuer", server.address, "--endpoint", endpoint, "--scopes", "*"); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	wantLogins(t, store, 1)
	found := examined(t, "--endpoint", endpoint, "--job", "FAILED=failed-1")
	for _, scope := range found.Scopes {
		if there := scope.State == tokenThere && strings.HasPrefix(scope.From, "login 1 of "); there == scope.Unrelated {
			t.Errorf("%+v", scope)
		}
	}
	if !found.Jobs[0].Agrees {
		t.Errorf("%+v", found.Jobs[0])
	}
	other := examined(t, "--endpoint", listen(t, mustEmulate(t, emulator.Options{})))
	for _, scope := range other.Scopes {
		if scope.State != tokenMissing {
			t.Errorf("another endpoint got a token: %+v", scope)
		}
	}
}

// TestATokenOfAnotherScopeIsASkip: where somebody knows what a token carries,
// one that was given for another scope spoils no verdict.
func TestATokenOfAnotherScopeIsASkip(t *testing.T) {
	t.Parallel()
	const devices = "https://www.googleapis.com/auth/dataportability.play.devices"
	information := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"scope": devices, "expires_in": "600"})
	}))
	all := emulated(t, emulator.Options{Tokens: map[string][]string{"a-token-of-devices": {devices}}})
	path := filepath.Join(t.TempDir(), "report.json")
	arguments := []string{"run", "--endpoint", all[1], "--tokeninfo-url", information, "--focus", "authorization", "--report", "json=" + path,
		"--token", "dataportability.maps.reviews=a-token-of-devices", "--token", "dataportability.play.devices=a-token-of-devices"}
	if got := call(t, arguments...); got.exit != result.ExitInconclusive {
		t.Errorf("exit %d: %s%s", got.exit, got.output, got.complaints)
	}
	reasons := map[string]string{}
	for _, check := range readReport(t, path).Checks {
		reasons[check.ID] = string(check.Verdict) + " " + check.Reason
	}
	want := "skip the token has dataportability.play.devices instead, according to the tokeninfo of " + strings.TrimPrefix(information, "http://")
	if got := reasons["authorization/scope/dataportability.maps.reviews"]; !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := reasons["authorization/scope/dataportability.play.devices"]; got != "pass " {
		t.Error(got)
	}
}

// TestTheDoctorAgreesWithARunThatAResponseIsBroken: the server is reached.
func TestTheDoctorAgreesWithARunThatAResponseIsBroken(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{"HTTP/1.1200 OK": "the status line has no status of three digits", "HTTP/2.0 200 OK": "the status line does not begin with HTTP/1.1"} {
		address := listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(connection, line+"\r\nContent-Length: 2\r\n\r\n{}")
				_ = connection.Close()
			}
		}))
		flags := []string{"--endpoint", address, "--token", embedded().Scopes[0].Name + "=t-0123456789", "--job", "FAILED=failed-1"}
		call(t, append([]string{"doctor"}, flags...)...).want(t, result.ExitInconclusive, "reached, but its response is broken: "+says)
		call(t, append([]string{"run", "--focus", "body"}, flags...)...).want(t, result.ExitFails, "responses are not valid HTTP: "+says)
	}
}
