package clientrun

import (
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// withoutID is a method that returns an empty message.
func withoutID() *spec.Method {
	changed := *method
	changed.IDField, changed.Operation.Response = "", method.Operation.Request
	changed.ClientRequirements = slices.DeleteFunc(slices.Clone(method.ClientRequirements), func(one spec.Requirement) bool { return one.ID == outcomeSuccess })
	changed.ClientRequirements = append(changed.ClientRequirements, spec.Requirement{ID: outcomeSuccess, Level: spec.Platform, Statement: "It MUST be a success."})
	return scenario.Narrow(&changed)
}

func TestOutcomesOfAMethodThatReturnsNoID(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		`{"job":"j","ok":true}`:                                     "a success",
		"x\n" + `{"job":"j","ok":true,"error":null}` + "\n":         "a success",
		`{"job":"j","ok":true,"error":{"code":500}}`:                `line 1 of its output has both "ok" and "error": report one of them`,
		`{"job":"j","ok":false,"error":{"code":500}}`:               "the error 500",
		`{"job":"j","ok":true}` + "\n" + `{"job":"j","error":"oh"}`: "the error \"oh\"; a success, and then the error \"oh\", which counts",
		`{"job":"j","ok":false}`:                                    `line 1 of its output has the ok false, which must be true; an error is reported as "error"`,
		`{"job":"j"}`:                                               `line 1 of its output has neither "ok" nor "error"`,
		lineOfJ:                                                     `line 1 of its output has neither "ok" nor "error"`,
		`{}`:                                                        "",
	} {
		lines := &outcomeLines{success: successMember(withoutID())}
		_, _ = lines.Write([]byte(output))
		found := lines.end("its output")
		got := found.hint
		if one := found.of("j"); one != nil {
			got = one.text()
		}
		if contradiction := found.contradictions["j"]; contradiction != "" {
			got += "; " + contradiction
		}
		if got != want {
			t.Errorf("%q\ngot  %s\nwant %s", output, got, want)
		}
	}
}

func TestWhatAClientReportsOfAMethodThatReturnsNoID(t *testing.T) {
	t.Parallel()
	empty := responded(200, "", nil)
	empty.body = []byte("{}\n")
	more := empty
	more.body = []byte(`{"more":1}`)
	refused := responded(404, "NOT_FOUND", nil)
	ok, broken := succeeded(withoutID(), "j", ""), failed("j", result.ClientError{Code: 404, Status: "NOT_FOUND", Message: "m"})
	for _, row := range []struct {
		name                 string
		response             response
		seen                 view
		finding, test, skips string
	}{
		{"ok", empty, view{outcome: &ok}, "", outcomeSuccess, ""},
		{"ok beside more", more, view{outcome: &ok}, "", outcomeUnknownFields + " " + outcomeSuccess, ""},
		{"exit 0", empty, view{succeededByExit: true}, "", outcomeSuccess, ""},
		{"nothing", empty, view{}, "", "", outcomeSuccess},
		{"an error", empty, view{outcome: &broken}, outcomeSuccess, outcomeSuccess, ""},
		{"an error for more", more, view{outcome: &broken}, outcomeUnknownFields, outcomeUnknownFields, ""},
		{"an exit", empty, view{failedByExit: true}, outcomeSuccess, outcomeSuccess, ""},
		{"ok for an error", refused, view{outcome: &ok}, outcomeError, outcomeError, ""},
	} {
		e := &evaluation{rules: Rules{Method: withoutID()}}
		e.checkOutcome(requestWith(func(a *request) { a.response = row.response }), row.seen)
		var findings, skips []string
		for _, one := range e.findings {
			findings = append(findings, one.Requirement)
		}
		for _, one := range e.untested {
			skips = append(skips, one.Requirement)
			if !strings.Contains(one.Flag, `{"job":"ID","ok":true}`) || !strings.Contains(one.Flag, "--exit-outcome") {
				t.Errorf("%s: %s", row.name, one.Flag)
			}
		}
		if got := strings.Join(findings, " "); got != row.finding || strings.Join(skips, " ") != row.skips || strings.Join(e.tested, " ") != row.test {
			t.Errorf("%s: finds %q, tests %v, skips %v", row.name, got, e.tested, skips)
		}
	}
}

func TestAScenarioThatDoesNotApply(t *testing.T) {
	t.Parallel()
	_, others := scenario.Applicable(withoutID(), shippedFor(t, withoutID()))
	server, err := New(Options{Rules: rules, Scenarios: named(t, "refused-state"), NotApplicable: others})
	if err != nil {
		t.Fatal(err)
	}
	arrived := &request{header: choosing("missing-id"), target: "/x"}
	server.choose(arrived)
	if arrived.unknown != `the scenario "missing-id" does not apply to the method: the response has no id of a new job` {
		t.Error(arrived.unknown)
	}
}

func TestAReportSaysThatACallSucceededWithoutAnID(t *testing.T) {
	t.Parallel()
	ok := succeeded(withoutID(), "j", "")
	one := Result{Check: result.Check{Verdict: result.Pass, Call: &result.Call{Reported: &ok.Outcome}}}
	shown := one.redacted(Outcomes{}.redactor(), 0, nil).Call.Reported
	if shown == nil || *shown != ok.Outcome {
		t.Errorf("%+v", shown)
	}
}

func shippedFor(t *testing.T, method *spec.Method) []*scenario.Scenario {
	t.Helper()
	all, err := scenario.Shipped(method)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
