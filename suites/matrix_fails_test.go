package suites

import (
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// TestMatrixReportsMistakes seeds mistakes into checks and faults: each must be
// reported.
func TestMatrixReportsMistakes(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for _, test := range []struct {
		name string
		// checks are the ids of the real checks that run, wrong is one more.
		checks []string
		wrong  *Check
		faults []emulator.Fault
		// want are the beginnings of the problems.
		want []string
	}{{
		name:   "nothing is wrong",
		checks: []string{"path/trailing-slash"}, faults: []emulator.Fault{{Name: "trailing-slash-accepted", Breaks: "path.trailing-slash"}},
	}, {
		name:   "no check for the fault",
		checks: []string{"path/verb-case"}, faults: []emulator.Fault{{Name: "trailing-slash-accepted", Breaks: "path.trailing-slash"}},
		want: []string{"SURVIVED trailing-slash-accepted", "IDLE check path/verb-case"},
	}, {
		name:   "another requirement fails than the one that the fault is said to break",
		checks: []string{"path/trailing-slash"}, faults: []emulator.Fault{{Name: "trailing-slash-accepted", Breaks: "path.verb"}},
		want: []string{"WRONG REASON trailing-slash-accepted"},
	}, {
		name:   "a requirement that is not in the description",
		checks: []string{"path/trailing-slash"}, faults: []emulator.Fault{{Name: "trailing-slash-accepted", Breaks: "path.none"}},
		want: []string{"UNKNOWN trailing-slash-accepted"},
	}, {
		name:   "a fault that the emulator does not have",
		checks: []string{"path/trailing-slash"}, faults: []emulator.Fault{{Name: "none", Breaks: "path.verb"}},
		want: []string{"BROKEN none", "IDLE check path/trailing-slash"},
	}, {
		name: "a check that fails for every server",
		wrong: wrongCheck(func(j *judgement, exchange *target.Exchange) {
			j.FailAt(result.InHeader("Server"), "errors.message", exchange, "a header Server", "none")
		}),
		checks: []string{"path/trailing-slash"}, faults: []emulator.Fault{{Name: "trailing-slash-accepted", Breaks: "path.trailing-slash"}},
		want: []string{"FALSE ALARM for the conforming emulator", "FALSE ALARM trailing-slash-accepted", "IDLE check wrong"},
	}, {
		name: "a check that blames a good response for a bad one before it",
		wrong: wrongCheck(func(j *judgement, exchange *target.Exchange) {
			crashed := slices.ContainsFunc(j.Target.Journal(), func(e *target.Exchange) bool { return e.Status >= 500 })
			if crashed && exchange.Status < 500 {
				j.Fail("errors.message", exchange, "a server that works", "one that has failed before")
			}
		}),
		checks: []string{"body/malformed", "errors/no-server-error"},
		faults: []emulator.Fault{{Name: "malformed-body-crashes", Breaks: "errors.no-server-error"}},
		want:   []string{"FALSE ALARM malformed-body-crashes", "IDLE check wrong"},
	}, {
		name: "a check that blames another part of a bad response",
		wrong: wrongCheck(func(j *judgement, exchange *target.Exchange) {
			if strings.Contains(string(exchange.Body), `"code": "`) {
				j.FailAt(result.InMember("error", "message"), "errors.message", exchange, "a message", "none")
			}
		}),
		checks: []string{"semantics/complete-is-refused", "errors/code"},
		faults: []emulator.Fault{{Name: "code-is-text", Breaks: "errors.code"}},
		want:   []string{"FALSE ALARM code-is-text", "IDLE check semantics/complete-is-refused", "IDLE check wrong"},
	}, {
		name: "a check that panics",
		wrong: wrongCheck(func(_ *judgement, exchange *target.Exchange) {
			if exchange.Status >= 500 {
				panic("no such status")
			}
		}),
		checks: []string{"body/malformed"},
		faults: []emulator.Fault{{Name: "malformed-body-crashes", Breaks: "body.malformed"}},
		want:   []string{"BROKEN malformed-body-crashes", "IDLE check wrong"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checks := slices.DeleteFunc(Checks(method), func(check Check) bool { return !slices.Contains(test.checks, check.ID) })
			if test.wrong != nil {
				checks = append(checks, *test.wrong)
			}
			matrix := newMatrix(method, checks, test.faults)
			problems := append(matrix.problems(), matrix.idleChecks()...)
			if !slices.EqualFunc(problems, test.want, strings.HasPrefix) {
				t.Errorf("got %q, want %q", problems, test.want)
			}
		})
	}
}

// wrongCheck looks at every exchange, and is wrong about it.
func wrongCheck(look func(*judgement, *target.Exchange)) *Check {
	return &Check{
		ID: "wrong", Aspect: "errors", Title: "a check with a mistake", Requirements: []string{"errors.message"},
		Sends: ofEveryExchange,
		phase: observing, run: func(j *judgement) {
			for _, exchange := range j.everyExchange() {
				look(j, exchange)
			}
		},
	}
}
