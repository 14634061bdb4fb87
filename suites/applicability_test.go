package suites

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// edit replaces a part of the description of orders.
type edit struct{ old, new string }

// What a description may do without, and what it may have instead.
var (
	noSecurity = []edit{{"      security: [{oauth: [https://orders.example.com/auth/orders.write]}, {oauth: [https://orders.example.com/auth/orders]}]\n", ""},
		{"      x-unrelated-scopes: [https://orders.example.com/auth/profile]\n", ""}}
	noLink = edit{"          links: {state: {operationId: orders.get, parameters: {order: $response.body#/shipment}}}\n", ""}
	// linkOfPath is a link to the method that reads the state of the called job.
	linkOfPath    = edit{"$response.body#/shipment", "$request.path.order"}
	emptyResponse = edit{"required: [shipment], properties: {shipment: {type: string, minLength: 1}}, ", ""}
	noEffect      = edit{"      x-effect: starts\n", ""}
	noStates      = []edit{noLink, noEffect, emptyResponse, {"      x-accepted-states: [OPEN]\n", ""}}
	changesJob    = []edit{linkOfPath, emptyResponse, {"x-effect: starts", "x-effect: changes\n      x-resulting-states: [SHIPPED]"}}
	requestFields = edit{"{type: object, maxProperties: 0}", "{type: object, required: [note], properties: {note: {type: string}}}, example: {note: please}"}
	no404         = edit{"        \"404\": {description: There is no such order.}\n", ""}
	noVerb        = edit{"/v1/orders/{order}:confirm:", "/v1/orders/{order}/confirmation:"}
)

// sets are the sets that the description names.
const sets = "[transcoding, system-parameters, empty-message, json-body, http, new-job, changed-job, job-states, resource, bearer, error-model]"

// described loads the description of orders with edits.
func described(t *testing.T, edits ...edit) *spec.Method {
	t.Helper()
	method, err := spec.Load(spec.Description{Name: "orders.openapi.yaml", Text: edited(t, edits...)})
	if err != nil {
		t.Fatal(err)
	}
	return method
}

func edited(t *testing.T, edits ...edit) []byte {
	t.Helper()
	file, err := os.ReadFile("testdata/orders.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	for _, one := range edits {
		if !strings.Contains(text, one.old) {
			t.Fatalf("the description has no %q", one.old)
		}
		text = strings.Replace(text, one.old, one.new, 1)
	}
	return []byte(text)
}

// TestWhatADescriptionLacksIsNotSelected: everything that applies is tested and
// passes, without a skip, and a server with a fault fails.
func TestWhatADescriptionLacksIsNotSelected(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name  string
		edits []edit
		// reasons are why checks do not apply, each with one of them.
		reasons map[string]string
		// applies are checks that do.
		applies []string
		// fault breaks the requirement.
		fault, breaks string
	}{
		{"everything", nil, map[string]string{"the description does not say that a call changes the state of its job": "semantics/changed-state"},
			[]string{"authorization/no-token", "semantics/shipped-is-refused", "response/new-job-state"}, "id-missing", "response.id-present"},
		{"no security", noSecurity, map[string]string{"the method needs no token": "authorization/no-token"},
			[]string{"semantics/shipped-is-refused", "path/no-verb", "response/id-new"}, "wrong-state-conflict", "semantics.refusal-status"},
		{"no states", noStates, map[string]string{"no job states are described": "semantics/accepted-state", "the response has no id of a new job": "response/id-present",
			"the response is an empty message": "response/unique-names"},
			[]string{"authorization/before-job", "semantics/concurrent-jobs", "semantics/unknown-job", "path/encoded-unreserved"}, "trailing-slash-accepted", "path.trailing-slash"},
		{"no states and no security", slices.Concat(noStates, noSecurity), map[string]string{"no job states are described": "semantics/accepted-state", "the method needs no token": "authorization/no-token"},
			[]string{"path/two-segments", "semantics/each-job"}, "unknown-job-accepted", "semantics.unknown-job-no-effect"},
		{"a call that changes its job", changesJob, map[string]string{"the response has no id of a new job": "response/id-new"},
			[]string{"semantics/changed-state", "semantics/other-job", "semantics/shipped-is-refused", "response/schema"}, "state-unchanged", "semantics.changed-state"},
		{"a call that changes another job too", changesJob, nil, nil, "other-job-changed", "semantics.other-jobs-keep-state"},
		{"an effect that nothing is known of", []edit{linkOfPath, noEffect, emptyResponse},
			map[string]string{"the description does not say that a call changes the state of its job": "semantics/other-job", "the response has no id of a new job": "semantics/concurrent-one-job"},
			[]string{"semantics/accepted-state", "semantics/given-open"}, "wrong-state-conflict", "semantics.refusal-status"},
		{"a request with fields", []edit{requestFields}, map[string]string{"the request message has fields": "body/empty"},
			[]string{"body/unknown-field", "body/media-type-parameter", "semantics/accepted-state"}, "trailing-slash-accepted", "path.trailing-slash"},
		{"no 404", []edit{no404}, map[string]string{"no 404 response is described": "path/id-case"},
			[]string{"path/verb-case", "path/two-segments"}, "trailing-slash-accepted", "path.trailing-slash"},
		{"no verb", []edit{noVerb}, map[string]string{"the path has no verb": "path/http-method-delete"},
			[]string{"path/colon-in-id", "path/trailing-slash"}, "trailing-slash-accepted", "path.trailing-slash"},
		{"two sets", []edit{{sets, "[transcoding, http]"}}, map[string]string{result.NoRequirement: "body/malformed"},
			[]string{"path/template", "response/schema", "robustness/answered"}, "trailing-slash-accepted", "path.trailing-slash"},
		{"a method like that of an example server", slices.Concat(noStates, noSecurity, []edit{requestFields, no404, {sets, "[transcoding, http, json-body]"}}),
			map[string]string{"no 404 response is described": "path/encoded-slash"}, []string{"path/encoded-unreserved", "body/array"}, "trailing-slash-accepted", "path.trailing-slash"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			method := described(t, one.edits...)
			groups, ids := notApplicable(method), idsOf(Checks(method))
			for reason, check := range one.reasons {
				if !slices.ContainsFunc(groups, func(group result.NotApplicable) bool {
					return group.Reason == reason && slices.Contains(group.Checks, check)
				}) {
					t.Errorf("%s is not among what does not apply for %q: %v", check, reason, groups)
				}
				if slices.Contains(ids, check) {
					t.Errorf("%s is selected", check)
				}
			}
			for _, check := range one.applies {
				if !slices.Contains(ids, check) {
					t.Errorf("%s is not selected", check)
				}
			}
			outcome := tested(t, method, emulated(t, method, emulator.Options{}), 1)
			for _, check := range outcome.Checks {
				if check.Verdict != result.Pass {
					t.Errorf("%s: %s %s %s", check.ID, check.Verdict, check.Reason, check.Findings)
				}
			}
			if outcome.Exit != result.ExitConforms || len(outcome.Untested) > 0 {
				t.Errorf("exit %d; untested %q", outcome.Exit, outcome.Untested)
			}
			broken := tested(t, method, emulated(t, method, emulator.Options{Fault: one.fault}), 1)
			if got := verdictsByRequirement(broken)[one.breaks].Verdict; got != result.Fail && got != result.Warn {
				t.Errorf("%s with the fault %s: %s", one.breaks, one.fault, got)
			}
		})
	}
}

func idsOf(checks []Check) []string {
	ids := make([]string, len(checks))
	for i, check := range checks {
		ids[i] = check.ID
	}
	return ids
}

// TestNothingIsSentThatADescriptionLacks: without security no token, and without a
// method that reads states nothing but calls.
func TestNothingIsSentThatADescriptionLacks(t *testing.T) {
	t.Parallel()
	method := described(t, slices.Concat(noStates, noSecurity)...)
	server := emulated(t, method, emulator.Options{Jobs: map[string][]string{"": {"only"}}}, atADistance(true))
	outcome := tested(t, method, server, 1)
	if outcome.Exit != result.ExitConforms || outcome.Counts.Checks[result.Skip] > 0 {
		t.Errorf("exit %d; %v", outcome.Exit, outcome.Unjudged(result.Skip))
	}
	for _, exchange := range server.Journal() {
		if exchange.Request.Credential.Present() || exchange.Request.Path == "/v1/orders/only" && exchange.Request.Method == http.MethodGet {
			t.Errorf("exchange %d: %s %s with %s", exchange.Number, exchange.Request.Method, exchange.Request.Path, exchange.Request.Credential.Label)
		}
	}
}

// TestACallOfUnknownEffectNeedsPermission: at a distance, where nobody knows what a
// success does, none comes about without permission, and the run says so.
func TestACallOfUnknownEffectNeedsPermission(t *testing.T) {
	t.Parallel()
	method := described(t, noStates...)
	server := emulated(t, method, emulator.Options{Jobs: map[string][]string{"": {"only"}}}, atADistance(false))
	outcome := tested(t, method, server, 1)
	if started := startsByJob(server); len(started) > 0 || outcome.Exit != result.ExitInconclusive {
		t.Errorf("%v, exit %d", started, outcome.Exit)
	}
	if template := outcome.Unjudged(result.Skip); !slices.ContainsFunc(template, func(group result.Unjudged) bool {
		return slices.Contains(group.Checks, "path/template") && group.Flag == "--consume-jobs"
	}) {
		t.Errorf("%+v", template)
	}
}

// TestAJobThatEndedByItselfIsStale: its refusal costs the server nothing. Another
// given job takes its place; where none is left, the skip names it.
func TestAJobThatEndedByItselfIsStale(t *testing.T) {
	t.Parallel()
	method := shippedMethods(t)[1]
	accepted, other := method.AcceptedStates[0], method.RefusedStates()[0]
	for _, left := range []int{0, 12} {
		given, real := []string{"ended-1"}, map[string][]string{other: {"ended-1", "other-1", "other-2"}}
		for i := range left {
			given = append(given, fmt.Sprintf("open-%d", i))
			real[accepted] = append(real[accepted], given[len(given)-1])
		}
		server := emulated(t, method, emulator.Options{Jobs: real}, func(config *target.Config, _ http.Handler) {
			config.Jobs = map[string][]string{accepted: given, other: {"other-1", "other-2"}}
		})
		outcome := tested(t, method, server, 1)
		for _, check := range outcome.Checks {
			if check.Verdict == result.Fail && !strings.HasPrefix(check.ID, "semantics/given-") {
				t.Errorf("%d left: %s: %v", left, check.ID, check.Findings)
			}
			if check.ID == "path/template" && left == 0 && (check.Verdict != result.Skip || !strings.Contains(check.Reason, "ended-1 is "+other)) {
				t.Errorf("%s: %s", check.Verdict, check.Reason)
			}
			if check.ID == "path/template" && left > 0 && check.Verdict != result.Pass {
				t.Errorf("%s: %s", check.Verdict, check.Reason)
			}
		}
	}
}

// TestOneCallChangesAJobOnce: at a distance, a job whose state a call changes is
// used once at most, and never without permission.
func TestOneCallChangesAJobOnce(t *testing.T) {
	t.Parallel()
	method := described(t, changesJob...)
	for _, allowed := range []bool{false, true} {
		server := emulated(t, method, emulator.Options{}, atADistance(allowed))
		outcome := tested(t, method, server, 1)
		for job, count := range startsByJob(server) {
			if count > 1 || !allowed {
				t.Errorf("allowed %t: %d calls for %s succeeded", allowed, count, job)
			}
		}
		if want := map[bool]result.Verdict{false: result.Skip, true: result.Pass}[allowed]; verdictsByRequirement(outcome)["semantics.changed-state"].Verdict != want {
			t.Errorf("allowed %t: %v", allowed, verdictsByRequirement(outcome)["semantics.changed-state"])
		}
	}
}

// TestADescriptionWithoutATestedRequirementIsAMistake: a run of no checks would
// say that any server conforms.
func TestADescriptionWithoutATestedRequirementIsAMistake(t *testing.T) {
	t.Parallel()
	own := "[http]\n      x-requirements: [{id: orders.polite, level: inferred, statement: A response SHOULD be polite., source: https://orders.example.com}]"
	for name, one := range map[string]struct {
		edits []edit
		want  string
	}{
		"own requirement": {[]edit{{sets, strings.TrimPrefix(own, "[http]")}, {"      x-requirement-sets: \n", ""}}, "no check tests a requirement of orders.confirm"},
		"nothing applies": {append([]edit{{sets, "[bearer]"}}, noSecurity...), "no check tests a requirement of orders.confirm"},
	} {
		method := described(t, one.edits...)
		if _, err := newSession(Config{Method: method, Endpoint: "http://127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), one.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want one line with %q, got %v", name, one.want, err)
		}
	}
	method := described(t, edit{sets, own})
	outcome := tested(t, method, emulated(t, method, emulator.Options{}), 1)
	if !slices.Equal(outcome.Untested, []string{"orders.polite"}) || outcome.Exit != result.ExitInconclusive {
		t.Errorf("untested %q, exit %d", outcome.Untested, outcome.Exit)
	}
}

// TestKnownFailureOfWhatDoesNotApply: it can never fail, and the error says why.
func TestKnownFailureOfWhatDoesNotApply(t *testing.T) {
	t.Parallel()
	method := described(t, noSecurity...)
	for entry, want := range map[string]string{
		"check: authorization/no-token":       `check "authorization/no-token" does not apply to this method: the method needs no token`,
		"check: authorization/*":              `check "authorization/*" does not apply to this method: the method needs no token`,
		"requirement: authorization.no-token": `requirement "authorization.no-token" does not apply to this method: the method needs no token`,
		"requirement: authorisation.no-token": "unknown requirement",
	} {
		file := filepath.Join(t.TempDir(), "known.yaml")
		if err := os.WriteFile(file, []byte("known-failures:\n  - "+entry+"\n    reason: the gateway is old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := newSession(Config{Method: method, Endpoint: "http://127.0.0.1:1", KnownFailures: file})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want one line with %q, got %v", entry, want, err)
		}
	}
}
