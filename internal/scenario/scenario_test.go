package scenario

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

var method = spec.MustLoadEmbedded()

func shipped(t testing.TB) []*Scenario {
	t.Helper()
	all, err := Shipped(method)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheShippedScenarios(t *testing.T) {
	names := Names(shipped(t))
	for _, scenario := range shipped(t) {
		if scenario.About == "" || len(scenario.Must) == 0 {
			t.Errorf("%s does not say what it is about, or what a client must do", scenario.Name)
		}
	}
	for _, name := range []string{"success", "refused-state", "token-expired", "forbidden", "not-found", "rate-limited", "unavailable",
		"overloaded", "special-characters", "reset", "hang-up", "slow", "truncated", "unknown-fields", "missing-id", "redirect", "http2"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no scenario %s", name)
		}
	}
}

func TestMistakesInAScenario(t *testing.T) {
	const head = "name: mine\ntitle: my day\n"
	step := func(text string) string { return head + "steps:\n  - " + text + "\n" }
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "mine.yaml:1: the file is empty; dpconform client --print-scenario success shows one to begin with"},
		{"two", head + "steps: [{reset: true}]\n---\nname: b\n", "mine.yaml:4: a second YAML document begins here, and only one is read; remove one, or put it into a file of its own"},
		{"no YAML", "name: [", "mine.yaml:2:1: invalid YAML: a value is missing, or a bracket is not closed"},
		{"binary", "\x7fELF\x00\x01", "mine.yaml:1: it is not text in UTF-8: it has a NUL byte"},
		{"a list", "- name: mine\n", "mine.yaml:1:1: want a mapping of keys to values, got a list"},
		{"unknown key", head + "stps: []\n", `mine.yaml:3:1: unknown key "stps"; did you mean steps?`},
		{"unknown key of a step", head + "steps:\n  - reset: true\n    dely: 3s\n", `mine.yaml:5:5: step 1: unknown key "dely"; did you mean delay?`},
		{"unknown key of an error", step("error: {cod: NOT_FOUND}"), `mine.yaml:4:13: step 1: error: unknown key "cod"; did you mean code?`},
		{"unknown key of a response", step("response:\n      state: 200"), `mine.yaml:5:7: step 1: response: unknown key "state"; did you mean status?`},
		{"a key twice", head + "title: b\n", "mine.yaml:3:1: the key title is already in line 2; remove one of them"},
		{"a key without a value", head + "steps:\n", "mine.yaml:3:7: steps: it has no value; give a list of steps"},
		{"a text for steps", head + "steps: reset\n", `mine.yaml:3:8: steps: want a list of steps, got "reset"; begin each step with a hyphen`},
		{"a list for a step", head + "steps:\n  - [reset]\n", "mine.yaml:4:5: step 1: want a mapping of keys to values, got a list"},
		{"false", step("reset: false"), "mine.yaml:4:12: step 1: reset: false says nothing; leave it out"},
		{"no number", head + "at-most: many\n", `mine.yaml:3:10: at-most: want an integer from 1 to 199, got "many"`},
		{"no name", "title: x\nsteps: [{reset: true}]\n", "mine.yaml:1:1: it has no name; add it"},
		{"a wrong name", "name: My day\n", `mine.yaml:1:7: name: invalid name "My day"; write lower case letters, digits, and hyphens between them`},
		{"no title", "name: mine\nsteps: [{reset: true}]\n", "mine.yaml:1:1: it has no title; add it"},
		{"an empty title", "name: mine\ntitle: ' '\n", "mine.yaml:2:8: title: it is not one line of text; say in one line what the server does"},
		{"no steps", head, "mine.yaml:1:1: it has no steps; add it"},
		{"an empty list of steps", head + "steps: []\n", "mine.yaml:3:8: steps: the scenario has no steps; add one, such as - reference: true"},
		{"a step of nothing", head + "steps:\n  - delay: 2s\n", "mine.yaml:4:5: step 1: it has no response; add one of reference, error, response, reset, hang-up, redirect or redirect-here"},
		{"a step of two", step("reset: true\n    reference: true"), "mine.yaml:5:16: step 1: reference: the step has both reference and reset; leave one out"},
		{"unknown code", step("error: {code: NOT_FOND, message: m}"), `mine.yaml:4:19: step 1: error: code: unknown google.rpc.Code "NOT_FOND"; did you mean NOT_FOUND?`},
		{"the code of a success", step("error: {code: OK, message: m}"), `mine.yaml:4:19: step 1: error: code: unknown google.rpc.Code "OK"; want ABORTED, ALREADY_EXISTS, CANCELLED, DATA_LOSS, DEADLINE_EXCEEDED, FAILED_PRECONDITION, INTERNAL, INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAUTHENTICATED, UNAVAILABLE, UNIMPLEMENTED or UNKNOWN`},
		{"no code", step("error: {message: m}"), "mine.yaml:4:12: step 1: error: it has no code; add it"},
		{"no message", step("error: {code: NOT_FOUND}"), "mine.yaml:4:12: step 1: error: it has no message; add it"},
		{"an empty message", step("error: {code: NOT_FOUND, message: ''}"), "mine.yaml:4:39: step 1: error: message: it is empty; write what the client has to show"},
		{"no status", step("response: {body: x}"), "mine.yaml:4:15: step 1: response: it has no status; add it"},
		{"a body where none may be", step("response: {status: 204, body: x}"), "mine.yaml:4:35: step 1: response: body: a response 204 has none; leave it out"},
		{"no redirect", step("redirect: 200"), `mine.yaml:4:15: step 1: redirect: want an integer from 300 to 399, got "200"`},
		{"a redirect to nowhere", step("redirect: 304"), "mine.yaml:4:15: step 1: redirect: invalid redirect status \"304\"; use 301, 302, 303, 307 or 308"},
		{"a header that splits", step("reference: true\n    header: {A: \"b\\nc: d\"}"), `mine.yaml:5:17: step 1: header: A cannot have the value "b c: d"; remove line breaks and control characters`},
		{"a name of a header that is none", step("reference: true\n    header: {\"A b\": c}"), `mine.yaml:5:14: step 1: header: "A b" is not the name of a header field`},
		{"a header twice", step("reference: true\n    header: {A: b, a: c}"), "mine.yaml:5:20: step 1: header: A is given twice; remove one of them"},
		{"a header of the server", step("reference: true\n    header: {content-length: 3}"), "mine.yaml:5:14: step 1: header: Content-Length is set by the server itself; remove it"},
		{"a list of headers", step("reference: true\n    header: [A]"), `mine.yaml:5:13: step 1: header: want a mapping of names to strings, got a list; write header: {Retry-After: "1"}`},
		{"a header without a response", step("reset: true\n    header: {A: b}"), "mine.yaml:5:13: step 1: header: with reset there is no response to change; leave it out"},
		{"members for an error", step("error: {code: NOT_FOUND, message: m}\n    add: {a: b}"), "mine.yaml:5:10: step 1: add: it changes a success, and error is not one; leave it out"},
		{"no body to cut", step("response: {status: 200}\n    truncate: true"), "mine.yaml:5:15: step 1: truncate: there is no body to cut; leave it out"},
		{"what no JSON holds", step("reference: true\n    add: {a: {1: {[b]: c}}}"), "mine.yaml:5:10: step 1: add: JSON cannot hold it; use texts as keys, and no .inf or .nan"},
		{"a number that no JSON holds", step("reference: true\n    add: {a: .inf}"), "mine.yaml:5:10: step 1: add: JSON cannot hold it; use texts as keys, and no .inf or .nan"},
		{"unknown requirement", head + "must:\n  - client.outcome.erorr\n", `mine.yaml:4:5: must: the description has no requirement "client.outcome.erorr" of clients; did you mean client.outcome.error?`},
		{"a text for requirements", head + "must: client.outcome.error\n", `mine.yaml:3:7: must: want a list of requirements, got "client.outcome.error"; write [client.outcome.error]`},
		{"a requirement twice", head + "must: [client.outcome.error, client.outcome.error]\n", "mine.yaml:3:30: must: client.outcome.error is already in line 3; remove one of them"},
		{"must and must not", step("reset: true") + "must: [client.outcome.error]\nmust-not:\n  - client.repeat.backoff\n  - client.outcome.error\n", "mine.yaml:8:5: must-not: client.outcome.error is in must as well; leave it in one of the two"},
		{"unknown state", head + "job: COMPLETED\n", `mine.yaml:3:6: job: unknown state "COMPLETED"; did you mean COMPLETE?`},
		{"unknown consumption", head + "consume: some\n", `mine.yaml:3:10: consume: unknown consumption "some"; want all or or-report`},
		{"an id of two segments", head + "job-end: a/b\n", "mine.yaml:3:10: job-end: invalid end of an id \"a/b\"; remove the slash: an id is one segment of a path"},
		{"fewer than steps", head + "at-most: 1\nsteps: [{reset: true}, {reset: true}]\n", "mine.yaml:3:10: at-most: 1 is less than the 2 steps; give at least as many as there are steps"},
		{"an unknown certificate", head + "certificate: expird\n", `mine.yaml:3:14: certificate: unknown reason "expird"; did you mean expired?`},
		{"an unknown warming", head + "warm: often\n", `mine.yaml:3:7: warm: unknown warming "often"; want too, only or never`},
		{"a first response without a first call", head + "first: {reference: true}\nsteps: [{reference: true}]\n", "mine.yaml:3:8: first: the scenario has no first call; add warm: only"},
		{"no interim response", step("reference: true\n    interim: 101"), "mine.yaml:5:14: step 1: interim: invalid status of an interim response \"101\"; use 100, 102 or 103"},
		{"a chunk extension that splits", step("reference: true\n    chunk-extension: \"a b\""), `mine.yaml:5:22: step 1: chunk-extension: invalid chunk extension "a b"; write a name, or a name, = and a value`},
		{"cut and in parts", step("reference: true\n    truncate: true\n    split: true"), "mine.yaml:6:12: step 1: split: with truncate the response has no end that it could change; leave it out"},
		{"an alias to what it is in", head + "steps: &a [*a]\n", "mine.yaml:3:12: its values are nested more than 100 deep"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Parse(method, "mine.yaml", []byte(row.text))
			var mistake *text.UsageError
			if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

func TestParseAllKeys(t *testing.T) {
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
		got, err := Parse(method, "mine.yaml", []byte(before+text))
		if err != nil {
			t.Errorf("%q: %v", before, err)
			continue
		}
		if got.Name != "mine" || got.Title != "my day" || got.Job != "COMPLETE" || !got.Secure || got.AtMost != 3 || got.Wait != 2*time.Second ||
			got.Consume != ConsumeAll || len(got.Steps) != 3 || got.Steps[0].Delay != 3*time.Second || !got.Steps[0].Reference ||
			got.Steps[0].Header["Retry-After"] != "1" || got.Steps[0].Add["a"] == nil || got.Steps[2].Error.Reason != "R" ||
			!slices.Equal(got.Must, []string{"client.outcome.error"}) || got.Text != before+text {
			t.Errorf("%q: %+v", before, got)
		}
	}
}

// write writes the files of a folder for one test.
func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestRead(t *testing.T) {
	const mine = "# a\nname: mine\ntitle: one\nsteps: [{reset: true}]\n"
	replacing := write(t, map[string]string{"a.yaml": "name: success\ntitle: mine\nsteps: [{reference: true}]\n"})
	for _, path := range []string{replacing, filepath.Join(replacing, "a.yaml")} {
		all, err := Read(method, path, shipped(t))
		if err != nil || len(all) != len(shipped(t)) || all[0].Title != "mine" {
			t.Errorf("%s: %v, %d scenarios", path, err, len(all))
		}
	}
	twice := write(t, map[string]string{"a.yaml": mine, "b.yml": mine, "c.txt": "passed over"})
	large := filepath.Join(write(t, map[string]string{"large": strings.Repeat(" ", largestFile+1)}), "large")
	for path, want := range map[string]string{
		twice: filepath.Join(twice, "b.yml") + ":2: name: there is a scenario mine in " + filepath.Join(twice, "a.yaml") + ":2 already; give one of them another name",
		large: large + ": it is longer than 1 MiB", filepath.Join(replacing, "none"): filepath.Join(replacing, "none") + ": ",
		write(t, nil): "",
	} {
		if _, err := Read(method, path, shipped(t)); err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s\ngot  %v\nwant %s", path, err, want)
		}
	}
}

// TestShippedScenariosNameRequirements: what a description does not have is left
// out of a shipped scenario, and a misspelled id would be too.
func TestShippedScenariosNameRequirements(t *testing.T) {
	for _, scenario := range shipped(t) {
		if _, err := Parse(method, scenario.file, []byte(scenario.Text)); err != nil {
			t.Error(err)
		}
	}
}

// without is the method of a description that does not have everything.
func without(change func(*spec.Method)) *spec.Method {
	changed := *method
	change(&changed)
	return &changed
}

func TestWhatMakesNoSenseIsNotSelected(t *testing.T) {
	noStates := without(func(m *spec.Method) { m.States, m.AcceptedStates, m.Operation.Statuses = nil, nil, []int{200} })
	badRequest := without(func(m *spec.Method) { m.States, m.AcceptedStates, m.Operation.Statuses = nil, nil, []int{200, 400} })
	noID := without(func(m *spec.Method) { m.IDField = "" })
	noSecurity := without(func(m *spec.Method) { m.Scopes = nil })
	poor := without(func(m *spec.Method) {
		requirement, _ := method.ClientRequirement("client.outcome.error")
		m.ClientRequirements = []spec.Requirement{requirement}
	})
	digits := without(func(m *spec.Method) { m.IDPattern = regexp.MustCompile(`^[a-z0-9-]+$`) })
	for name, row := range map[string]struct {
		method *spec.Method
		want   string
	}{
		"all":         {method, ""},
		"no states":   {noStates, "no job states are described: refused-state"},
		"400":         {badRequest, ""},
		"no new id":   {noID, "the response has no id of a new job: missing-id"},
		"no security": {noSecurity, "the method needs no token: token-expired, token-expired-warm, forbidden"},
		"a pattern":   {digits, "ids have the pattern ^[a-z0-9-]+$: special-characters"},
		"one requirement": {poor, "none of their requirements in the description: success, special-characters, " +
			"reset, reset-warm, hang-up, hang-up-warm, slow, truncated, truncated-warm, unknown-fields, missing-id, http2, " +
			"untrusted-authority, wrong-host, expired-certificate, length-required, connection-close, " +
			"interim-response, split-response, chunk-extensions, stream-reset, stream-reset-warm, goaway, goaway-hang-up"},
	} {
		all, err := Shipped(row.method)
		if err != nil {
			t.Fatal(err)
		}
		applicable, others := Applicable(row.method, all)
		var lines []string
		count := len(applicable)
		for _, one := range others {
			lines, count = append(lines, one.Reason+": "+strings.Join(one.Checks, ", ")), count+len(one.Checks)
		}
		if got := strings.Join(lines, "\n"); got != row.want || count != len(all) {
			t.Errorf("%s: of %d scenarios %d are applicable\ngot  %s\nwant %s", name, len(all), len(applicable), got, row.want)
		}
		narrowed := Narrow(row.method)
		for _, one := range applicable {
			for _, id := range slices.Concat(one.Must, one.MustNot) {
				if _, has := narrowed.ClientRequirement(id); !has {
					t.Errorf("%s: %s is about %s, which cannot be tested", name, one.Name, id)
				}
			}
		}
	}
}

// TestTheStateThatIsRefused: a scenario names it without knowing the method.
func TestTheStateThatIsRefused(t *testing.T) {
	const text = "name: mine\ntitle: b\njob: refused\nmust: [client.outcome.new-id, client.outcome.success]\nsteps: [{reference: true}]\n"
	changes := without(func(m *spec.Method) {
		m.AcceptedStates, m.ResultingStates, m.IDField = []string{"IN_PROGRESS"}, []string{"CANCELLED"}, ""
		m.ClientRequirements = append(slices.Clone(m.ClientRequirements), spec.Requirement{ID: "client.outcome.success"})
	})
	for _, row := range []struct {
		method     *spec.Method
		state, top string
	}{{method, "CANCELLED", "client.outcome.new-id"}, {changes, "FAILED", "client.outcome.success"}} {
		one, err := Parse(row.method, "mine.yaml", []byte(text))
		if err != nil || one.Job != row.state || !slices.Equal(one.Must, []string{row.top}) {
			t.Errorf("%+v, %v", one, err)
		}
	}
}

// TestWarmForms: a scenario has both forms where a step ends the connection.
func TestWarmForms(t *testing.T) {
	for _, row := range []struct {
		text string
		want []string
	}{
		{"steps: [{reference: true}]", []string{"mine"}},
		{"steps: [{hang-up: true}]", []string{"mine", "mine-warm first"}},
		{"steps: [{reset: true}]\nwarm: never", []string{"mine"}},
		{"steps: [{reference: true}]\nwarm: too", []string{"mine", "mine-warm first"}},
		{"steps: [{reference: true}]\nwarm: only\nfirst: {reference: true, close: true}", []string{"mine first"}},
	} {
		path := filepath.Join(write(t, map[string]string{"a.yaml": "name: mine\ntitle: b\n" + row.text + "\n"}), "a.yaml")
		all, err := Read(method, path, nil)
		var got []string
		for _, one := range all {
			if one.First != nil {
				got = append(got, one.Name+" first")
			} else {
				got = append(got, one.Name)
			}
		}
		if err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, %v", row.text, got, err)
		}
	}
	// A scenario of the user's replaces both forms of a shipped one.
	path := filepath.Join(write(t, map[string]string{"a.yaml": "name: reset\ntitle: b\nsteps: [{reference: true}]\n"}), "a.yaml")
	all, err := Read(method, path, shipped(t))
	if err != nil || slices.Contains(Names(all), "reset-warm") || len(all) != len(shipped(t))-1 {
		t.Errorf("%v, %v", Names(all), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, scenario := range shipped(f) {
		f.Add([]byte(scenario.Text))
	}
	for _, text := range []string{"steps: &a [*a]\n", "\ufeffname: a\n", "a: &a {b: *a}\n", "<<: {name: a}\n", "name: !!binary aa==\n",
		"name: a\ntitle: b\nsteps: [{reference: true, add: &a {b: *a}}]\n", "name: a\ntitle: b\nsteps: [{reference: true, add: {? [a] : b}}]\n"} {
		f.Add([]byte(text))
	}
	place := regexp.MustCompile(`^f\.yaml(:[1-9]\d*){0,2}: `)
	f.Fuzz(func(t *testing.T, text []byte) {
		scenario, err := Parse(method, "f.yaml", text)
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
