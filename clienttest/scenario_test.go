package clienttest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func TestTheShippedScenarios(t *testing.T) {
	var names []string
	for _, scenario := range shippedScenarios(t) {
		names = append(names, scenario.Name)
		if scenario.About == "" || len(scenario.Must) == 0 {
			t.Errorf("%s does not say what it is about, or what a client must do", scenario.Name)
		}
	}
	for _, name := range []string{"success", "not-failed", "token-expired", "forbidden", "not-found", "rate-limited", "unavailable",
		"reset", "slow", "truncated", "unknown-fields", "missing-id", "redirect", "http2"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no scenario %s", name)
		}
	}
}

func TestParseScenario(t *testing.T) {
	const head = "name: mine\ntitle: my day\n"
	step := func(content string) string { return head + "steps:\n  - " + content + "\n" }
	for _, row := range []struct{ name, content, want string }{
		{"empty", "", "mine.yaml:1: the file is empty; dpconform client --print-scenario success shows one to begin with"},
		{"a comment", "# later\n", "mine.yaml:1: the file is empty; dpconform client --print-scenario success shows one to begin with"},
		{"two", head + "steps: [{reset: true}]\n---\nname: b\n", "mine.yaml:4: a second YAML document begins here, and only one is read; put each scenario into a file of its own"},
		{"no YAML", "name: [", "mine.yaml:1: not readable as YAML: did not find expected node content"},
		{"binary", "\x7fELF\x00\x01", "mine.yaml: it is no text in UTF-8; a scenario is a file of YAML"},
		{"no UTF-8", "name: \xff\n", "mine.yaml: it is no text in UTF-8; a scenario is a file of YAML"},
		{"a list", "- name: mine\n", "mine.yaml:1: here must be a mapping of keys to values, and not a list; its keys are name, title, about, job, job-end, secure, steps, consume, at-most, wait, must, must-not"},
		{"unknown key", head + "stps: []\n", `mine.yaml:3: unknown key "stps"; did you mean steps?`},
		{"unknown key of a step", head + "steps:\n  - reset: true\n    dely: 3s\n", `mine.yaml:5: step 1: unknown key "dely"; did you mean delay?`},
		{"unknown key of an error", step("error: {cod: NOT_FOUND}"), `mine.yaml:4: step 1: error: unknown key "cod"; did you mean code?`},
		{"unknown key of an answer", step("answer:\n      state: 200"), `mine.yaml:5: step 1: answer: unknown key "state"; did you mean status?`},
		{"a key twice", head + "title: b\n", "mine.yaml:3: the key title stands already in line 2; remove one of them"},
		{"a key of a step twice", step("reset: true\n    reset: true"), "mine.yaml:5: step 1: the key reset stands already in line 4; remove one of them"},
		{"a key without a value", head + "steps:\n", "mine.yaml:3: steps: it has no value; it takes a list of steps"},
		{"a list for a name", "name: [mine]\n", "mine.yaml:1: name: it takes a text, and not a list"},
		{"a text for steps", head + "steps: reset\n", `mine.yaml:3: steps: it takes a list of steps, and not "reset"; begin each step with a hyphen`},
		{"a mapping for steps", head + "steps:\n  reset: true\n", "mine.yaml:4: steps: it takes a list of steps, and not a mapping; begin each step with a hyphen"},
		{"a list for a step", head + "steps:\n  - [reset]\n", "mine.yaml:4: step 1: here must be a mapping of keys to values, and not a list; its keys are reference, error, answer, reset, hang-up, redirect, header, delay, truncate, add, without-id"},
		{"a text for an error", step("error: NOT_FOUND"), `mine.yaml:4: step 1: error: here must be a mapping of keys to values, and not "NOT_FOUND"; its keys are code, message, reason`},
		{"no truth", step("reset: yes please"), `mine.yaml:4: step 1: reset: it takes true or false, and not "yes please"`},
		{"false", step("reset: false"), "mine.yaml:4: step 1: reset: false says nothing; leave it out"},
		{"no duration", step("reset: true\n    delay: soon"), `mine.yaml:5: step 1: delay: it takes a time such as 2s or 500ms, and not "soon"`},
		{"a duration without unit", head + "wait: 2\n", `mine.yaml:3: wait: it takes a time such as 2s or 500ms, and not "2"`},
		{"a wait below 0", head + "wait: -1s\n", "mine.yaml:3: wait: a time cannot be below 0, and -1s is"},
		{"a delay below 0", step("reset: true\n    delay: -1s"), "mine.yaml:5: step 1: delay: a time cannot be below 0, and -1s is"},
		{"no number", head + "at-most: many\n", `mine.yaml:3: at-most: it takes a whole number from 1 to 199, and not "many"`},
		{"a number below 1", head + "at-most: 0\n", `mine.yaml:3: at-most: it takes a whole number from 1 to 199, and not "0"`},
		{"no name", "title: x\nsteps: [{reset: true}]\n", "mine.yaml:1: the scenario has no name; add it"},
		{"a wrong name", "name: My day\n", `mine.yaml:1: name: "My day" is none; write lower case letters, digits, and hyphens between them`},
		{"no title", "name: mine\nsteps: [{reset: true}]\n", "mine.yaml:1: the scenario has no title; add it"},
		{"an empty title", "name: mine\ntitle: ' '\n", "mine.yaml:2: title: it is no line of text; say in one line what the server does"},
		{"no steps", head, "mine.yaml:1: the scenario has no steps; add it"},
		{"an empty list of steps", head + "steps: []\n", "mine.yaml:3: steps: the scenario has no steps; add one, such as - reference: true"},
		{"a step of nothing", head + "steps:\n  - delay: 2s\n", "mine.yaml:4: step 1: it does not say what is answered; add one of reference, error, answer, reset, hang-up, redirect"},
		{"a step of two", step("reset: true\n    reference: true"), "mine.yaml:5: step 1: it has reference and reset, and can answer only one of them; leave one out"},
		{"unknown code", step("error: {code: NOT_FOND, message: m}"), `mine.yaml:4: step 1: error: code: unknown google.rpc.Code "NOT_FOND"; did you mean NOT_FOUND?`},
		{"the code of a success", step("error: {code: OK, message: m}"), `mine.yaml:4: step 1: error: code: unknown google.rpc.Code "OK"; the nearest is`},
		{"no code", step("error: {message: m}"), "mine.yaml:4: step 1: error: it has no code; add it"},
		{"no message", step("error: {code: NOT_FOUND}"), "mine.yaml:4: step 1: error: it has no message; add it"},
		{"an empty message", step("error: {code: NOT_FOUND, message: ''}"), "mine.yaml:4: step 1: error: message: it is empty; write what the client has to show"},
		{"a status that is none", step("answer: {status: 99}"), `mine.yaml:4: step 1: answer: status: it takes a whole number from 200 to 599, and not "99"`},
		{"no status", step("answer: {body: x}"), "mine.yaml:4: step 1: answer: it has no status; add it"},
		{"a body where none may be", step("answer: {status: 204, body: x}"), "mine.yaml:4: step 1: answer: body: an answer 204 has none; leave it out"},
		{"no redirect", step("redirect: 200"), `mine.yaml:4: step 1: redirect: it takes a whole number from 300 to 399, and not "200"`},
		{"a redirect to nowhere", step("redirect: 304"), "mine.yaml:4: step 1: redirect: 304 is no status that leads elsewhere; it takes 301, 302, 303, 307 or 308"},
		{"a header that splits", step("reference: true\n    header: {A: \"b\\nc: d\"}"), `mine.yaml:5: step 1: header: A cannot have the value "b\nc: d"; take line breaks and control characters out`},
		{"a name of a header that is none", step("reference: true\n    header: {\"A b\": c}"), `mine.yaml:5: step 1: header: "A b" is no name of a header field`},
		{"a header twice", step("reference: true\n    header: {A: b, a: c}"), "mine.yaml:5: step 1: header: A stands here twice; remove one of them"},
		{"a header of the server", step("reference: true\n    header: {content-length: 3}"), "mine.yaml:5: step 1: header: Content-Length is what the server itself says; remove it"},
		{"a list of headers", step("reference: true\n    header: [A]"), `mine.yaml:5: step 1: header: it takes a mapping of names to texts, and not a list; write header: {Retry-After: "1"}`},
		{"a header without an answer", step("reset: true\n    header: {A: b}"), "mine.yaml:5: step 1: header: with reset there is no answer that anything could be done to; leave it out"},
		{"members for an error", step("error: {code: NOT_FOUND, message: m}\n    add: {a: b}"), "mine.yaml:5: step 1: add: it changes a success, and error is none; leave it out"},
		{"no body to cut", step("answer: {status: 200}\n    truncate: true"), "mine.yaml:5: step 1: truncate: there is no body to cut; leave it out"},
		{"what no JSON holds", step("reference: true\n    add: {a: {1: {[b]: c}}}"), "mine.yaml:5: step 1: add: JSON cannot hold it"},
		{"a number that no JSON holds", step("reference: true\n    add: {a: .inf}"), "mine.yaml:5: step 1: add: JSON cannot hold it; use texts as keys, no .inf or .nan, and no alias inside of what it stands for"},
		{"unknown requirement", head + "must:\n  - client.outcome.erorr\n", `mine.yaml:4: must: the description has no requirement "client.outcome.erorr" of clients; did you mean client.outcome.error? (dpconform list has all`},
		{"a text for requirements", head + "must: client.outcome.error\n", `mine.yaml:3: must: it takes a list of requirements, and not "client.outcome.error"; write [client.outcome.error]`},
		{"a requirement twice", head + "must: [client.outcome.error, client.outcome.error]\n", "mine.yaml:3: must: client.outcome.error stands already in line 3; remove one of them"},
		{"must and must not", step("reset: true") + "must: [client.outcome.error]\nmust-not:\n  - client.repeat.backoff\n  - client.outcome.error\n", "mine.yaml:8: must-not: client.outcome.error stands in must as well; leave it in one of the two"},
		{"unknown state", head + "job: COMPLETED\n", `mine.yaml:3: job: unknown state "COMPLETED"; did you mean COMPLETE?`},
		{"unknown consumption", head + "consume: some\n", `mine.yaml:3: consume: unknown consumption "some"; it must be one of all or or-tell`},
		{"an id of two segments", head + "job-end: a/b\n", "mine.yaml:3: job-end: an id is one segment of a path; take the slash out"},
		{"fewer than steps", head + "at-most: 1\nsteps: [{reset: true}, {reset: true}]\n", "mine.yaml:3: at-most: 1 request cannot use up 2 steps; give at least as many"},
		{"an alias to what it is in", head + "steps: &a [*a]\n", "mine.yaml:3: step 1: here must be a mapping of keys to values, and not a list"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ParseScenario(contract, "mine.yaml", []byte(row.content))
			var mistake *text.UsageError
			if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

func TestParseARightScenario(t *testing.T) {
	const text = `name: mine
title: my day
job: COMPLETE
secure: true
at-most: 3
wait: 2s
steps:
  - reference: true
    delay: 3s
    header: {retry-after: 1}
    add: {a: [1, {b: c}]}
  - error: &e {code: NOT_FOUND, message: m, reason: R}
  - error: *e
must: [client.outcome.error]
`
	for _, before := range []string{"", "\ufeff", "---\n", "# mine\n"} {
		got, err := ParseScenario(contract, "mine.yaml", []byte(before+text))
		if err != nil {
			t.Errorf("%q: %v", before, err)
			continue
		}
		if got.Name != "mine" || got.Title != "my day" || got.Job != "COMPLETE" || !got.Secure || got.AtMost != 3 || got.Wait != 2*time.Second ||
			got.Consume != ConsumeAll || len(got.Steps) != 3 || got.Steps[0].Delay != 3*time.Second || !got.Steps[0].Reference ||
			got.Steps[0].Header["Retry-After"] != "1" || got.Steps[0].Add["a"] == nil || got.Steps[2].Error.Reason != "R" ||
			!slices.Equal(got.Must, []string{outcomeError}) || got.Text() != before+text {
			t.Errorf("%q: %+v", before, got)
		}
	}
}

func TestReadScenarios(t *testing.T) {
	folder := t.TempDir()
	text := "name: success\ntitle: mine\nsteps: [{reset: true}]\n"
	if err := os.WriteFile(filepath.Join(folder, "a.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, filepath.Join(folder, "a.yaml")} {
		all, err := ReadScenarios(contract, path, shippedScenarios(t))
		if err != nil || len(all) != len(shippedScenarios(t)) || all[0].Title != "mine" {
			t.Errorf("%s: %v, %d scenarios", path, err, len(all))
		}
	}
	for _, path := range []string{filepath.Join(folder, "none"), t.TempDir()} {
		if _, err := ReadScenarios(contract, path, nil); err == nil || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestScenariosOfOneNameAreRefused(t *testing.T) {
	folder := t.TempDir()
	for name, title := range map[string]string{"a.yaml": "one", "b.yml": "another", "c.txt": "passed over"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("# a\nname: mine\ntitle: "+title+"\nsteps: [{reset: true}]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ReadScenarios(contract, folder, shippedScenarios(t))
	a, b := filepath.Join(folder, "a.yaml"), filepath.Join(folder, "b.yml")
	if want := b + ":2: name: there is a scenario mine in " + a + ":2 already; give one of them another name"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	large := filepath.Join(folder, "large")
	if err := os.WriteFile(large, make([]byte, largestFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadScenarios(contract, large, nil); err == nil || !strings.HasPrefix(err.Error(), large+": it is longer than 1 MiB") {
		t.Errorf("%v", err)
	}
}

func TestScenariosNeedTheirRequirements(t *testing.T) {
	poor := *contract
	poor.ClientRequirements = []spec.Requirement{contract.ClientRequirements[0]}
	if _, err := Scenarios(&poor); err == nil || !strings.Contains(err.Error(), "has no requirement") {
		t.Errorf("%v", err)
	}
}

func FuzzParseScenario(f *testing.F) {
	for _, scenario := range shippedScenarios(f) {
		f.Add([]byte(scenario.Text()))
	}
	for _, text := range []string{"steps: &a [*a]\n", "\ufeffname: a\n", "a: &a {b: *a}\n", "<<: {name: a}\n", "name: !!binary aa==\n",
		"name: a\ntitle: b\nsteps: [{reference: true, add: &a {b: *a}}]\n", "name: a\ntitle: b\nsteps: [{reference: true, add: {? [a] : b}}]\n"} {
		f.Add([]byte(text))
	}
	place := regexp.MustCompile(`^f\.yaml(:[1-9]\d*)?: `)
	f.Fuzz(func(t *testing.T, text []byte) {
		scenario, err := ParseScenario(contract, "f.yaml", text)
		if (scenario == nil) != (err != nil) {
			t.Errorf("%v and %v", scenario, err)
		}
		if err == nil {
			if _, err := json.Marshal(scenario.Steps); err != nil {
				t.Errorf("a step is taken that cannot be sent: %v", err)
			}
			return
		}
		for _, not := range []string{"\n", "!!", "client.Step", "unmarshal"} {
			if strings.Contains(strings.ReplaceAll(err.Error(), string(text), ""), not) && !strings.Contains(string(text), not) {
				t.Errorf("%q has %q", err, not)
			}
		}
		if !place.MatchString(err.Error()) {
			t.Errorf("%q names no place", err)
		}
	})
}
