package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/platform"
)

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	t.Parallel()
	flag := []string{"--endpoint", "http://flag"}
	environment := map[string]string{"DPCONFORM_ENDPOINT": "http://environment"}
	const file = "# a comment\nendpoint: http://file\n"
	for _, test := range []struct {
		name         string
		given        given
		want, origin string
	}{
		{"nothing", given{}, "", "--endpoint"},
		{"file", given{file: file}, "http://file", "FILE:2:11: endpoint"},
		{"environment and file", given{environment: environment, file: file}, "http://environment", "DPCONFORM_ENDPOINT"},
		{"flag and file", given{flags: flag, file: file}, "http://flag", "--endpoint"},
		{"all", given{flags: flag, environment: environment, file: file}, "http://flag", "--endpoint"},
		{"an empty variable", given{environment: map[string]string{"DPCONFORM_ENDPOINT": ""}, file: file}, "http://file", "FILE:2:11: endpoint"},
	} {
		settings, sources := test.given.mustFill(t)
		origin := folderOfFile.ReplaceAllString(sources.Origin("endpoint"), "FILE")
		if settings.Endpoint != test.want || origin != test.origin || sources.Given("endpoint") != (test.name != "nothing") {
			t.Errorf("%s: %q from %s, given %v", test.name, settings.Endpoint, origin, sources.Given("endpoint"))
		}
	}
}

// TestAnEmptySelectionIsRefused: without the value, something else would be tested.
// Other empty variables give nothing.
func TestAnEmptySelectionIsRefused(t *testing.T) {
	t.Parallel()
	for origin, given := range map[string]given{
		"--endpoint":          {flags: []string{"--endpoint="}, file: "endpoint: http://file\n"},
		"--profile":           {flags: []string{"--profile", ""}},
		"--scopes":            {flags: []string{"--scopes", ""}},
		"FILE:1:11: endpoint": {file: "endpoint: ''\n"},
		"FILE:1:10: profile":  {file: "profile: ''\n"},
		"FILE:1:9: scopes":    {file: "scopes: \"\"\n"},
		"DPCONFORM_ENDPOINT":  {environment: map[string]string{"DPCONFORM_ENDPOINT": ""}},
	} {
		_, _, err := given.fill(t)
		want := origin + ": it is empty; give a value, or leave it out"
		if err == nil || folderOfFile.ReplaceAllString(err.Error(), "FILE") != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	given{environment: map[string]string{"DPCONFORM_PROFILE": "", "DPCONFORM_SCOPES": "", "DPCONFORM_JOB": ""}}.mustFill(t)
	given{flags: []string{"--endpoint", "http://flag"}, environment: map[string]string{"DPCONFORM_ENDPOINT": ""}}.mustFill(t)
}

// TestEveryTypeOfFlagIsReadFromEverySource, and lists, mappings and JSON become
// what a flag takes.
func TestEveryTypeOfFlagIsReadFromEverySource(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]given{
		"flags": {flags: []string{"--token-template", "scope:{short}", "--token-join", ",", "--allow-retry", "--timeout", "2s", "--seed", "7",
			"--job", "FAILED=a,b", "--job", "COMPLETE=c", "--focus", "path", "--focus", "body"}},
		"environment": {environment: map[string]string{"DPCONFORM_TOKEN_TEMPLATE": "scope:{short}", "DPCONFORM_TOKEN_JOIN": ",",
			"DPCONFORM_ALLOW_RETRY": "true", "DPCONFORM_TIMEOUT": "2s", "DPCONFORM_SEED": "7",
			"DPCONFORM_JOB": "FAILED=a,b;COMPLETE=c", "DPCONFORM_FOCUS": "path; ;body;"}},
		"file": {file: "token-template: scope:{short}\ntoken-join: ','\nallow-retry: true\ntimeout: 2s\nseed: 7\n" +
			"job: {FAILED: [a, b], COMPLETE: c}\nfocus:\n- path\n- body\nof-another-command: [1, 2]\n"},
		"JSON": {file: `{"token-template": "scope:{short}", "token-join": ",", "consume-jobs": true, "timeout": "2s", "seed": 7,
			"job": ["FAILED=a,b", "COMPLETE=c"], "focus": ["path", "body"]}`},
	} {
		settings, sources := given.mustFill(t)
		if settings.TokenTemplate != "scope:{short}" || settings.TokenJoin != "," || !settings.ConsumeJobs || settings.Timeout != 2*time.Second || settings.Seed != 7 ||
			!slices.Equal(settings.Jobs, []string{"FAILED=a,b", "COMPLETE=c"}) || !slices.Equal(settings.Focus, []string{"path", "body"}) || sources.Given("of-another-command") {
			t.Errorf("%s: %+v", name, settings)
		}
	}
	for file, want := range map[string]string{
		"job: FAILED=a,b\n": "FAILED=a,b", "job:\n  FAILED:\n  - a\n  - b\n": "FAILED=a,b", "job: []\n": "",
		"job: {FAILED: [1, 2.50, true, 0x1F]}\n": "FAILED=1,2.50,true,0x1F", "job: {'a+b': 'c=d='}\n": "a+b=c=d=", "job: &a [FAILED=a]\nfocus: *a\n": "FAILED=a",
	} {
		settings, _ := given{file: file}.mustFill(t)
		if got := strings.Join(settings.Jobs, " "); got != want {
			t.Errorf("%q: %s, want %s", file, got, want)
		}
	}
}

// TestAStrongerSourceReplacesAllOfAWeakerOne, also of a flag that may be
// repeated.
func TestAStrongerSourceReplacesAllOfAWeakerOne(t *testing.T) {
	t.Parallel()
	const file = "job: [FAILED=file]\nfocus: [path]\n"
	environment := map[string]string{"DPCONFORM_JOB": "FAILED=variable;COMPLETE=variable"}
	for want, given := range map[string]given{
		"FAILED=file":                       {file: file},
		"FAILED=variable COMPLETE=variable": {environment: environment, file: file},
		"FAILED=flag":                       {flags: []string{"--job", "FAILED=flag"}, environment: environment, file: file},
	} {
		settings, _ := given.mustFill(t)
		if got := strings.Join(settings.Jobs, " "); got != want || !slices.Equal(settings.Focus, []string{"path"}) {
			t.Errorf("jobs %s, focus %q", got, settings.Focus)
		}
	}
}

func TestDefaultsAndTheRealEnvironment(t *testing.T) {
	settings, sources := given{}.mustFill(t)
	if settings.TokenJoin != platform.TokenJoin || settings.Seed != DefaultSeed || settings.Timeout != 10*time.Second || settings.Level != "platform" || sources.Given("seed") {
		t.Errorf("%+v", settings)
	}
	t.Setenv("DPCONFORM_CONFIG", writeFile(t, "seed: 123\n"))
	settings, flags := newFlags()
	if err := (&Sources{Known: knownFlags(flags)}).Fill(flags); err != nil || settings.Seed != 123 {
		t.Errorf("seed %d, %v", settings.Seed, err)
	}
}

func TestAWrongValueNamesItsSource(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ variable, value, want string }{
		{"DPCONFORM_TIMEOUT", "soon", `DPCONFORM_TIMEOUT: invalid value "soon": want a duration such as 2s or 500ms`},
		{"DPCONFORM_SEED", "-1", `DPCONFORM_SEED: invalid value "-1": want a non-negative integer`},
		{"DPCONFORM_ALLOW_RETRY", "perhaps", `DPCONFORM_ALLOW_RETRY: invalid value "perhaps": want true or false`},
		{"DPCONFORM_TIMEOUT", "9999999h", `DPCONFORM_TIMEOUT: invalid value "9999999h": want a duration of at most 2562047h`},
		{"DPCONFORM_TIMEOUT", "2\ns", `DPCONFORM_TIMEOUT: invalid value "2\ns": want a duration such as 2s or 500ms`},
	} {
		_, _, err := given{environment: map[string]string{test.variable: test.value}}.fill(t)
		wantUsage(t, err, test.want)
		if _, _, err := (given{flags: []string{"--timeout=1s", "--seed=1", "--allow-retry"}, environment: map[string]string{test.variable: test.value}}).fill(t); err != nil {
			t.Errorf("a variable behind a flag is read: %v", err)
		}
	}
	for file, want := range map[string]string{
		"seed: 1\nendpont: x\n":                         `FILE:2: unknown key "endpont"; did you mean endpoint?`,
		"colour-of-the-sky: blue\n":                     `FILE:1: unknown key "colour-of-the-sky"; valid names include of-another-command, application-default and ca-cert`,
		"seed: 1\n# and\nseed: 2\n":                     "FILE:3: the key seed is already in line 1; remove one of them",
		"\n\ntimeout: 2\n":                              `FILE:3: timeout: invalid value "2": want a duration such as 2s or 500ms`,
		"max-age: old\n":                                `FILE:1: max-age: invalid value "old": want a time such as 30d or 36h`,
		"endpoint: [http://a, http://b]\n":              "FILE:1: endpoint: want one value, got a list",
		"seed: {a: 1, b: 2}\n":                          "FILE:1: seed: want one value, got a mapping",
		"seed:\n":                                       "FILE:1: seed: want a string, got nothing",
		"job:\n  FAILED:\n    a: b\n":                   "FILE:3: job: want a string or a list, got a mapping",
		"job:\n- [a]\n":                                 "FILE:2: job: want a string, got a list",
		"job: {FAILED: [[a]]}\n":                        "FILE:1: job: want a string, got a list",
		"- seed: 1\n":                                   "FILE:1: want a mapping of keys to values, got a list",
		"\nseed\n":                                      "FILE:2: want a mapping of keys to values, got \"seed\"",
		"seed: 1\ntimeout: 2s: 3\n":                     "FILE:2: invalid YAML: a colon stands where no key can be; quote a value that has a colon in it",
		"token: {unrelated: " + secret + "\n":           "FILE:2: invalid YAML: a bracket is not closed, or a comma is missing; correct the file there",
		"token: {" + secret + ": 1, " + secret + ": 2}": "FILE:1: token: the same key is already in line 1; remove one of them",
	} {
		_, _, err := given{file: file}.fill(t)
		wantUsage(t, err, want)
		wantNoSecret(t, err)
	}
	for _, file := range []string{"\n", "# nothing yet\n", "{}\n", "\ufeff\n"} {
		given{file: file}.mustFill(t)
	}
	folder := t.TempDir()
	for name, reason := range map[string]string{filepath.Join(folder, "gone.yaml"): "no such file or directory; check the path", folder: "is a directory; give a file"} {
		_, _, err := given{flags: []string{"--config", name}}.fill(t)
		wantUsage(t, err, name+": "+reason)
	}
}

func TestAnAgeIsInDaysOrAsGoWritesIt(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]time.Duration{
		"30d": 30 * 24 * time.Hour, "1d": 24 * time.Hour, "0.5d": 12 * time.Hour, "36h": 36 * time.Hour, " 90m ": 90 * time.Minute,
		"": 0, "30": 0, "d": 0, "-1d": 0, "0d": 0, "0s": 0, "-5h": 0, "1e9d": 0, "NaNd": 0, "a month": 0,
	} {
		var age Age
		err := age.Set(written)
		if (err != nil) != (want == 0) || time.Duration(age) != want {
			t.Errorf("%q is read as %s, %v", written, time.Duration(age), err)
		}
	}
	for age, want := range map[Age]string{0: "", Age(48 * time.Hour): "2d", Age(36 * time.Hour): "36h0m0s"} {
		if got := age.String(); got != want {
			t.Errorf("%d is written %q, want %q", age, got, want)
		}
	}
}

// TestAMistypedVariableIsRefused: only one that is near that of a flag; dpconform sets
// others for the commands that it starts, which may be dpconform.
func TestAMistypedVariableIsRefused(t *testing.T) {
	t.Parallel()
	fill := func(names ...string) error {
		_, flags := newFlags()
		sources := &Sources{Environment: func(string) (string, bool) { return "", false }, Variables: func() []string { return names }, Known: []string{"scenario"}}
		return sources.Fill(flags)
	}
	for name, meant := range map[string]string{"ENDPONT": "ENDPOINT", "ENDPOINTS": "ENDPOINT", "JOBS": "JOB", "TOKENS": "TOKEN", "CONSUME_JOB": "CONSUME_JOBS", "SENARIO": "SCENARIO"} {
		wantUsage(t, fill("DPCONFORM_"+name), "DPCONFORM_"+name+": it is the variable of no flag; did you mean DPCONFORM_"+meant+"?")
	}
	allowed := []string{"PATH", "ENDPONT"}
	for _, name := range []string{"ENDPOINT", "JOB", "WARM_JOB", "TOKEN", "FRESH_TOKEN", "TOKEN_URL", "REFRESH_TOKEN", "SCENARIO", "OUTCOME", "CA_CERT", "RUN",
		"DEBUG", "CLIENT_SECRET", "TOKEN_MAPS_REVIEWS", "ALLOW_RETRY", "PROGRAM", "MINE"} {
		allowed = append(allowed, "DPCONFORM_"+name)
	}
	if err := fill(allowed...); err != nil {
		t.Error(err)
	}
}
