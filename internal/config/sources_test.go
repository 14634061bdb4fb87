package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	flag := []string{"--endpoint", "http://flag"}
	environment := map[string]string{"DPCONFORM_ENDPOINT": "http://environment"}
	const file = "# a comment\nendpoint: http://file\n"
	for _, test := range []struct {
		name           string
		given          given
		want, origin   string
		givenAnywhere  bool
		originIsInFile bool
	}{
		{"nothing", given{}, "", "--endpoint", false, false},
		{"file", given{file: file}, "http://file", "FILE:2:11: endpoint", true, true},
		{"environment", given{environment: environment}, "http://environment", "DPCONFORM_ENDPOINT", true, false},
		{"environment and file", given{environment: environment, file: file}, "http://environment", "DPCONFORM_ENDPOINT", true, false},
		{"flag", given{flags: flag}, "http://flag", "--endpoint", true, false},
		{"flag and file", given{flags: flag, file: file}, "http://flag", "--endpoint", true, false},
		{"flag and environment", given{flags: flag, environment: environment}, "http://flag", "--endpoint", true, false},
		{"all", given{flags: flag, environment: environment, file: file}, "http://flag", "--endpoint", true, false},
		{"an empty flag", given{flags: []string{"--endpoint="}, file: file}, "", "--endpoint", true, false},
		{"an empty variable", given{environment: map[string]string{"DPCONFORM_ENDPOINT": ""}, file: file}, "http://file", "FILE:2:11: endpoint", true, true},
	} {
		settings, sources := test.given.mustFill(t)
		origin := folderOfFile.ReplaceAllString(sources.Origin("endpoint"), "FILE")
		if settings.Endpoint != test.want || origin != test.origin || sources.Given("endpoint") != test.givenAnywhere {
			t.Errorf("%s: %q from %s, given %v", test.name, settings.Endpoint, origin, sources.Given("endpoint"))
		}
	}
}

func TestEveryKindOfFlagIsReadFromEverySource(t *testing.T) {
	want := Settings{TokenTemplate: "scope:{short}", TokenJoin: ",", AllowRetry: true, Timeout: 2 * time.Second, Seed: 7,
		Jobs: []string{"FAILED=a,b", "COMPLETE=c"}, Focus: []string{"path", "body"}}
	for name, given := range map[string]given{
		"flags": {flags: []string{"--token-template", "scope:{short}", "--token-join", ",", "--allow-retry", "--timeout", "2s", "--seed", "7",
			"--job", "FAILED=a,b", "--job", "COMPLETE=c", "--focus", "path", "--focus", "body"}},
		"environment": {environment: map[string]string{"DPCONFORM_TOKEN_TEMPLATE": "scope:{short}", "DPCONFORM_TOKEN_JOIN": ",",
			"DPCONFORM_ALLOW_RETRY": "true", "DPCONFORM_TIMEOUT": "2s", "DPCONFORM_SEED": "7",
			"DPCONFORM_JOB": "FAILED=a,b;COMPLETE=c", "DPCONFORM_FOCUS": "path; ;body;"}},
		"file": {file: "token-template: scope:{short}\ntoken-join: ','\nallow-retry: true\ntimeout: 2s\nseed: 7\n" +
			"job: {FAILED: [a, b], COMPLETE: c}\nfocus:\n- path\n- body\n"},
		"JSON": {file: `{"token-template": "scope:{short}", "token-join": ",", "allow-retry": true, "timeout": "2s", "seed": 7,
			"job": ["FAILED=a,b", "COMPLETE=c"], "focus": ["path", "body"]}`},
	} {
		settings, _ := given.mustFill(t)
		if settings.TokenTemplate != want.TokenTemplate || settings.TokenJoin != want.TokenJoin || settings.AllowRetry != want.AllowRetry ||
			settings.Timeout != want.Timeout || settings.Seed != want.Seed || !slices.Equal(settings.Jobs, want.Jobs) || !slices.Equal(settings.Focus, want.Focus) {
			t.Errorf("%s: %+v", name, settings)
		}
	}
}

func TestARepeatableFlagOfAStrongerSourceReplacesAllOfAWeakerOne(t *testing.T) {
	const file = "job: [FAILED=file]\nfocus: [path]\n"
	environment := map[string]string{"DPCONFORM_JOB": "FAILED=variable;COMPLETE=variable"}
	for _, test := range []struct {
		given given
		want  string
	}{
		{given{file: file}, "FAILED=file"},
		{given{environment: environment, file: file}, "FAILED=variable COMPLETE=variable"},
		{given{flags: []string{"--job", "FAILED=flag"}, environment: environment, file: file}, "FAILED=flag"},
	} {
		settings, _ := test.given.mustFill(t)
		if got := strings.Join(settings.Jobs, " "); got != test.want || !slices.Equal(settings.Focus, []string{"path"}) {
			t.Errorf("jobs %s, focus %q", got, settings.Focus)
		}
	}
}

func TestDefaultsStayWhereNothingIsGiven(t *testing.T) {
	settings, sources := given{}.mustFill(t)
	if settings.TokenJoin != DefaultTokenJoin || settings.Seed != DefaultSeed || settings.Timeout != 10*time.Second || settings.Level != "platform" {
		t.Errorf("%+v", settings)
	}
	if sources.Given("seed") || sources.Origin("seed") != "--seed" {
		t.Errorf("seed given %v from %s", sources.Given("seed"), sources.Origin("seed"))
	}
}

func TestTheFileMayBeNamedByAVariable(t *testing.T) {
	file := writeFile(t, "seed: 9\n")
	settings, _ := given{environment: map[string]string{"DPCONFORM_CONFIG": file}}.mustFill(t)
	if settings.Seed != 9 || settings.Config != file {
		t.Errorf("seed %d of %s", settings.Seed, settings.Config)
	}
	other, _ := given{environment: map[string]string{"DPCONFORM_CONFIG": "/gone"}, file: "seed: 8\n"}.mustFill(t)
	if other.Seed != 8 {
		t.Errorf("seed %d", other.Seed)
	}
}

func TestWrongValuesOfTheEnvironmentAreRefused(t *testing.T) {
	for _, test := range []struct{ variable, value, want string }{
		{"DPCONFORM_TIMEOUT", "soon", `DPCONFORM_TIMEOUT: invalid value "soon": want a duration such as 2s or 500ms`},
		{"DPCONFORM_SEED", "-1", `DPCONFORM_SEED: invalid value "-1": want a non-negative integer`},
		{"DPCONFORM_ALLOW_RETRY", "perhaps", `DPCONFORM_ALLOW_RETRY: invalid value "perhaps": want true or false`},
		{"DPCONFORM_TIMEOUT", "2\ns", `DPCONFORM_TIMEOUT: invalid value "2\ns": want a duration such as 2s or 500ms`},
	} {
		_, _, err := given{environment: map[string]string{test.variable: test.value}}.fill(t)
		wantUsage(t, err, test.want)
		if _, _, err := (given{flags: []string{"--timeout=1s", "--seed=1", "--allow-retry"}, environment: map[string]string{test.variable: test.value}}).fill(t); err != nil {
			t.Errorf("a variable behind a flag is read: %v", err)
		}
	}
}

func TestWhatNobodySetIsReadFromTheRealEnvironment(t *testing.T) {
	t.Setenv("DPCONFORM_SEED", "123")
	settings, flags := newFlags()
	if err := (&Sources{}).Fill(flags); err != nil || settings.Seed != 123 {
		t.Errorf("seed %d, %v", settings.Seed, err)
	}
}
