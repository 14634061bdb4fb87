package clientrun

import (
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// TestTheMistakesOfNearlyEveryScenario are causes, and what follows from them is neither
// found again nor a cause of its own.
func TestTheMistakesOfNearlyEveryScenario(t *testing.T) {
	t.Parallel()
	scenarios := []string{"success", "not-found", "unavailable", "unknown-fields"}
	for name, row := range map[string]struct {
		program   string
		scenarios []string
		want      []string
	}{
		"a wrong path": {"wrong-verb", scenarios, []string{
			"the same mistake in all 4 scenarios: want a path that ends in :retry, got /v1/archiveJobs/scenario-success-1:retrys; a real server refuses it with 404: client.path.verb"}},
		"an escaped colon": {"escaped-colon", scenarios, []string{
			"the colon before the verb is escaped, as %3A, in all 4 scenarios; a real server refuses it with 404: client.path.verb"}},
		"repeated": {"wrong-verb-twice", []string{"success", "unavailable", "connection-close"}, []string{
			"the same mistake in all 3 scenarios: want a path that ends in :retry, got /v1/archiveJobs/scenario-success-1:retrys; a real server refuses it with 404: client.path.verb"}},
		"no outcome": {"token-in-query", scenarios, []string{
			"the same mistake in all 4 scenarios: want the token only in the Authorization header, got the token in the parameter t; a real server refuses it with 400: client.query.no-token",
			"the client reports no outcome: neither a line of JSON nor an exit code says what came of its calls: scenario.steps"}},
		"no call": {"idle", scenarios, []string{"no request arrived in any of 4 scenarios; the command exited with 0: scenario.called"}},
		"repeats": {"repeats", []string{"refused-state", "forbidden", "not-found", "token-expired", "internal-error"}, []string{
			"the client repeats a call after nearly every failure, whatever it is: client.repeat.unknown-effect client.repeat.failed-precondition client.repeat.not-found " +
				"client.repeat.permission-denied client.repeat.unauthenticated client.repeat.bounded"}},
		"a bare error": {"bare-error", scenarios, []string{
			"the errors that the client reports do not have the code, status and message of the server's error: client.outcome.code client.outcome.status client.outcome.message"}},
		"too few":       {"wrong-verb", scenarios[:2], nil},
		"no two alike":  {"warm", scenarios, nil},
		"one by itself": {"crashes-after", []string{"success", "not-found", "forbidden"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report := runAll(t, runOf(t, row.program, row.scenarios...))
			var got []string
			for _, cause := range report.Causes {
				got = append(got, cause.Summary+": "+strings.Join(cause.Requirements, " "))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q", got)
			}
			if broken := report.Broken(result.Fail); name == "repeated" && len(broken)+len(report.Broken(result.Warn)) != 1 {
				t.Errorf("%+v", broken)
			}
		})
	}
}

// TestTheCauseOfACrash: no two languages put it in the same line.
func TestTheCauseOfACrash(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ complaints, want string }{
		"nothing":  {"", ""},
		"one line": {"it went wrong\n", "it went wrong"},
		"Node.js": {"/app/retry.js:3\nthrow new Error(\"boom\")\n^\n\nError: boom\n    at Object.<anonymous> (/app/retry.js:3:7)\n    at Module._compile (node:internal)\n\nNode.js v20.20.2\n",
			"Error: boom / at Object.<anonymous> (/app/retry.js:3:7) / at Module._compile (node:internal)"},
		"Python": {"Traceback (most recent call last):\n  File \"retry.py\", line 1, in <module>\n    call()\nValueError: boom\n", "ValueError: boom"},
		"Java": {"Exception in thread \"main\" java.lang.IllegalStateException: boom\n\tat Retry.call(Retry.java:7)\n\tat Retry.main(Retry.java:3)\n",
			"Exception in thread \"main\" java.lang.IllegalStateException: boom / at Retry.call(Retry.java:7) / at Retry.main(Retry.java:3)"},
		"Node.js with a cause": {"Error: no settings\n    at f (/app/retry.js:2:7)\n    at g (/app/retry.js:3:7) {\n  [cause]: Error: ENOENT\n      at f (/app/retry.js:2:40)\n      at g\n      at h\n}\n\nNode.js v20.20.2\n",
			"Error: no settings / … / [cause]: Error: ENOENT / … / at g / at h"},
		"Java with a cause": {"Exception in thread \"main\" java.lang.RuntimeException: failed\n\tat K.main(K.java:1)\nCaused by: java.lang.IllegalStateException: no credentials\n\tat K.g(K.java:2)\n\tat K.f(K.java:3)\n\t... 1 more\n",
			"Exception in thread \"main\" java.lang.RuntimeException: failed / … / Caused by: java.lang.IllegalStateException: no credentials / … / at K.f(K.java:3) / ... 1 more"},
		"Rust": {"\nthread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
			"thread 'main' panicked at src/main.rs:2:5: / boom / note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"},
		"Ruby": {"retry.rb:2:in `call': boom (RuntimeError)\n\tfrom retry.rb:4:in `<main>'\n\tfrom a\n\tfrom b\n", "retry.rb:2:in `call': boom (RuntimeError) / … / from a / from b"},
		"PHP": {"PHP Fatal error:  Uncaught Exception: boom in /app/retry.php:2\nStack trace:\n#0 /app/retry.php(4): call()\n#1 {main}\n  thrown in /app/retry.php on line 2\n",
			"PHP Fatal error:  Uncaught Exception: boom in /app/retry.php:2 / … / #1 {main} / thrown in /app/retry.php on line 2"},
		"Go":           {"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:4 +0x25\nexit status 2\n", "panic: boom / … / /app/main.go:4 +0x25 / exit status 2"},
		"no error":     {"starting\nworking\nstopping\nbye\n", "stopping / bye"},
		"two of three": {"starting\nerror: boom\n", "error: boom"},
	} {
		if got := cause(row.complaints); got != row.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, row.want)
		}
	}
}
