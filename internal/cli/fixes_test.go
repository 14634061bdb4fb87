package cli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
)

// stateAs makes a server that has the state of a job in another form.
func stateAs(form func(state string) any, outer string) func(http.Handler) http.Handler {
	return around(func(w http.ResponseWriter, recorded *httptest.ResponseRecorder) {
		var body map[string]any
		if json.Unmarshal(recorded.Body.Bytes(), &body) == nil && body["state"] != nil {
			body["state"] = form(body["state"].(string))
			var sent any = body
			if outer != "" {
				sent = map[string]any{outer: body}
			}
			encoded, _ := json.Marshal(sent)
			recorded.Body = bytes.NewBuffer(encoded)
			recorded.Header().Del("Content-Length")
		}
		answer(w, recorded, recorded.Body.Bytes())
	})
}

// TestAStateInAnotherFormHasItsFix: what the job or the token is has nothing to do with
// it, and what could not be read did not change.
func TestAStateInAnotherFormHasItsFix(t *testing.T) {
	t.Parallel()
	same := func(state string) any { return state }
	for name, one := range map[string]struct {
		form             func(string) any
		outer            string
		says, doctorSays string
		unread           bool
	}{
		"a number":       {func(state string) any { return len(state) }, "", "fix Return state by its name, as a string such as ", "state as a number, want its name as a string", true},
		"an object":      {func(state string) any { return []any{state} }, "", "fix Return state as a string, not as an array.", "state as an array, want", true},
		"another object": {same, "job", "fix Return state at the top of the response, not inside job.", "state inside another object, want", true},
		"another case":   {func(state string) any { return strings.ToLower(state) }, "", "fix Return the name of the state as the description has it: FAILED.", "undocumented state", false},
		"a prefix":       {func(state string) any { return "STATE_" + state }, "", "fix Return the name of the state as the description has it: FAILED.", "undocumented state", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arguments := flagsFor(t, stateAs(one.form, one.outer)(mustEmulate(t, emulator.Options{})), nil)
			report, output := reported(t, append([]string{"run", "--focus", "semantics.second-call", "--focus", "response.new-job-readable", "--focus", "semantics/given-failed"}, arguments...)...)
			output = strings.Join(strings.Fields(output), " ")
			if !strings.Contains(output, one.says) || strings.Contains(output, "First check what you gave") || len(report.Causes) > 0 {
				t.Errorf("it does not say %q, %+v:\n%s", one.says, report.Causes, output)
			}
			if one.unread && (strings.Contains(output, "Commit the new job") || strings.Contains(output, result.NoLonger) || !strings.Contains(output, "the state of the job could not be read")) {
				t.Errorf("the job is blamed:\n%s", output)
			}
			if got := call(t, append([]string{"doctor"}, arguments...)...); !strings.Contains(got.words(), one.doctorSays) || !strings.Contains(got.words(), "checks not foreseen: no job shows a documented state") {
				t.Errorf("doctor does not say %q:\n%s", one.doctorSays, got.output)
			}
		})
	}
}

// TestATokenWithoutASchemeIsNoMatterOfScopes: the token has them.
func TestATokenWithoutASchemeIsNoMatterOfScopes(t *testing.T) {
	t.Parallel()
	report, output := reported(t, append([]string{"run", "--focus", "authorization"}, flagsFor(t, changing(func(r *http.Request) {
		// strings.TrimPrefix, whatever comes of it.
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		r.Header.Del("Authorization")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	})(mustEmulate(t, emulator.Options{})), nil)...)...)
	var failed []string
	for _, broken := range report.Broken(result.Fail) {
		failed = append(failed, broken.Requirement.ID)
	}
	if !slices.Equal(failed, []string{"authorization.scheme", "authorization.scheme-case"}) || !strings.Contains(output, "strings.TrimPrefix returns") {
		t.Errorf("%v\n%s", failed, output)
	}
}

// TestARefusedCallerTestsNothing: what must be refused was, but for its caller.
func TestARefusedCallerTestsNothing(t *testing.T) {
	t.Parallel()
	forbidden := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// The documented scopes are all in one token, or not enough.
			if token := r.Header.Get("Authorization"); token != "" && strings.Count(token, "dataportability.") < 10 {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}`))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	report, output := reported(t, append([]string{"run"}, flagsFor(t, forbidden(mustEmulate(t, emulator.Options{})), nil)...)...)
	if len(report.Causes) != 1 || report.Causes[0].ID != "caller-refused" || !strings.HasPrefix(report.Causes[0].Fix, "Accept a token with any one") {
		t.Fatalf("%+v\n%s", report.Causes, output)
	}
	for _, check := range report.Checks {
		if check.Aspect == "body" && check.Verdict == result.Pass || check.ID == "body/malformed" && !slices.Contains(report.Causes[0].Skipped, check.ID) {
			t.Errorf("%s: %s", check.ID, check.Verdict)
		}
	}
}

// TestAJobThatWasGivenInAnotherStateIsNamed: the flag that it belongs to is the fix.
func TestAJobThatWasGivenInAnotherStateIsNamed(t *testing.T) {
	t.Parallel()
	endpoint := emulated(t, emulator.Options{})[:2]
	_, output := reported(t, append([]string{"run", "--token-template", platform.TokenTemplate, "--job", "FAILED=complete-1", "--focus", "semantics"}, endpoint...)...)
	output = strings.Join(strings.Fields(output), " ")
	for _, part := range []string{"fix If complete-1 is COMPLETE, give it as --job COMPLETE=complete-1. Otherwise", "job: the given job is not FAILED: complete-1 is COMPLETE give --job FAILED=ID",
		"no job was given as COMPLETE, but complete-1, which was given as FAILED, is COMPLETE give --job COMPLETE=complete-1",
		"8 unused FAILED jobs: the given job is not FAILED: complete-1 is COMPLETE give"} {
		if !strings.Contains(output, part) {
			t.Errorf("it does not say %q:\n%s", part, output)
		}
	}
}

// TestAJobThatItsCallChangedIsNamed: which job left its state, and for which one.
func TestAJobThatItsCallChangedIsNamed(t *testing.T) {
	t.Parallel()
	_, output := reported(t, append([]string{"run", "--focus", "semantics.second-call"}, emulated(t, emulator.Options{Fault: "success-changes-old-job"})...)...)
	if !strings.Contains(output, "after its first call, failed-1 is no longer FAILED but IN_PROGRESS") {
		t.Error(output)
	}
}
