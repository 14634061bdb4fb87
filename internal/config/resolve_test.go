package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dpconform/dpconform/spec"
)

func TestJobsByState(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		jobs []string
		want map[string][]string
	}{
		{nil, map[string][]string{}},
		{[]string{"FAILED=a"}, map[string][]string{"FAILED": {"a"}}},
		{[]string{"FAILED=a, b ,c", "COMPLETE=d", "FAILED=e"}, map[string][]string{"FAILED": {"a", "b", "c", "e"}, "COMPLETE": {"d"}}},
		{[]string{"FAILED=a:b", "IN_PROGRESS=x=y", "CANCELLED=ä%2F"}, map[string][]string{"FAILED": {"a:b"}, "IN_PROGRESS": {"x=y"}, "CANCELLED": {"ä%2F"}}},
	} {
		jobs, err := (&Settings{Jobs: test.jobs}).JobsByState(&Sources{}, contract)
		if err != nil || len(jobs) != len(test.want) {
			t.Errorf("%q: %v, %v", test.jobs, jobs, err)
		}
		for state, ids := range test.want {
			if !slices.Equal(jobs[state], ids) {
				t.Errorf("%q: %s %q", test.jobs, state, jobs[state])
			}
		}
	}
}

func TestWrongJobsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		jobs []string
		want string
	}{
		{[]string{"FAILD=a"}, `--job: unknown state "FAILD"; did you mean FAILED?`},
		{[]string{"failed=a"}, `--job: unknown state "failed"; did you mean FAILED?`},
		{[]string{"CANCELED=a"}, `--job: unknown state "CANCELED"; did you mean CANCELLED?`},
		{[]string{"STATE_UNSPECIFIED=a"}, `--job: unknown state "STATE_UNSPECIFIED"; it must be one of IN_PROGRESS, COMPLETE, FAILED or CANCELLED`},
		{[]string{"=a"}, `--job: unknown state ""; it must be one of IN_PROGRESS, COMPLETE, FAILED or CANCELLED`},
		{[]string{"a\nb=c"}, `--job: unknown state "a\nb"; it must be one of IN_PROGRESS, COMPLETE, FAILED or CANCELLED`},
		{[]string{"FAILED"}, `--job: "FAILED" has no state; give STATE=ID`},
		{[]string{""}, `--job: "" has no state; give STATE=ID`},
		{[]string{"FAILED="}, "--job: an id of state FAILED is empty; give FAILED=ID[,ID...]"},
		{[]string{"FAILED=a,,b"}, "--job: an id of state FAILED is empty; give FAILED=ID[,ID...]"},
		{[]string{"FAILED=a,"}, "--job: an id of state FAILED is empty; give FAILED=ID[,ID...]"},
		{[]string{"FAILED= "}, "--job: an id of state FAILED is empty; give FAILED=ID[,ID...]"},
		{[]string{"FAILED=archiveJobs/a"}, `--job: the id "archiveJobs/a" has a slash; give the bare id, without archiveJobs/`},
		{[]string{"FAILED=a,b,a"}, `--job: the id "a" is given twice, as FAILED and as FAILED`},
		{[]string{"FAILED=a", "COMPLETE=b,a"}, `--job: the id "a" is given twice, as FAILED and as COMPLETE`},
	} {
		_, err := (&Settings{Jobs: test.jobs}).JobsByState(&Sources{}, contract)
		wantUsage(t, err, test.want)
	}
}

func TestAMistakeNamesTheSourceOfTheValue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		given given
		want  string
	}{
		{given{flags: []string{"--job", "NO=a"}}, `--job: unknown state "NO"; it must be one of IN_PROGRESS, COMPLETE, FAILED or CANCELLED`},
		{given{environment: map[string]string{"DPCONFORM_JOB": "NO=a"}}, `DPCONFORM_JOB: unknown state "NO"; it must be one of IN_PROGRESS, COMPLETE, FAILED or CANCELLED`},
		{given{file: "seed: 1\njob:\n  NO: a\n"}, `FILE:3: job: unknown state "NO"; it must be one of IN_PROGRESS, COMPLETE, FAILED or CANCELLED`},
	} {
		test.given.flags = append([]string{"--endpoint", "http://127.0.0.1:1"}, test.given.flags...)
		settings, sources := test.given.mustFill(t)
		_, err := settings.TargetConfig(sources, contract)
		wantUsage(t, err, test.want)
	}
}

func TestTheLevelThatFailsARun(t *testing.T) {
	t.Parallel()
	for _, level := range spec.Levels() {
		if got, err := (&Settings{Level: string(level)}).StrictLevel(&Sources{}); err != nil || got != level {
			t.Errorf("%s: %s, %v", level, got, err)
		}
	}
	for text, want := range map[string]string{
		"documentd": `--level: unknown level "documentd"; did you mean documented?`,
		"Platform":  `--level: unknown level "Platform"; did you mean platform?`,
		"":          `--level: unknown level ""; it must be one of documented, platform or inferred`,
		"all":       `--level: unknown level "all"; it must be one of documented, platform or inferred`,
	} {
		_, err := (&Settings{Level: text}).StrictLevel(&Sources{})
		wantUsage(t, err, want)
	}
}

func TestTheTargetIsWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	for endpoint, loopback := range map[string]bool{"http://127.0.0.1:1": true, "http://localhost:1/": true, "https://example.com": false} {
		settings := &Settings{Endpoint: endpoint, Timeout: 2 * time.Second, AllowRetry: true, Jobs: []string{"FAILED=a"}}
		config, err := settings.TargetConfig(&Sources{}, contract)
		if err != nil {
			t.Fatal(err)
		}
		if config.Endpoint != endpoint || config.Loopback != loopback || !config.AllowRetry || config.Limit != 2*time.Second || !slices.Equal(config.Jobs["FAILED"], []string{"a"}) {
			t.Errorf("%s: %+v", endpoint, config)
		}
	}
}

func TestWrongTargetsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		settings Settings
		want     string
	}{
		{Settings{}, `--endpoint: "" must start with http:// or https://`},
		{Settings{Endpoint: "127.0.0.1:8080", Timeout: 1}, `--endpoint: "127.0.0.1:8080" is not an address`},
		{Settings{Endpoint: "localhost:8080", Timeout: 1}, `--endpoint: "localhost:8080" must start with http:// or https://`},
		{Settings{Endpoint: "http://a:b@c", Timeout: 1}, "--endpoint: an endpoint has no user, query or fragment"},
		{Settings{Endpoint: "http://127.0.0.1:1"}, "--timeout: it must be more than 0"},
		{Settings{Endpoint: "http://127.0.0.1:1", Timeout: -time.Second}, "--timeout: it must be more than 0"},
		{Settings{Endpoint: "http://127.0.0.1:1", Timeout: 1, TokenTemplate: "secret"}, "--token-template: it names no scope; put {scope} or {short} where the scope belongs"},
		{Settings{Endpoint: "http://127.0.0.1:1", Timeout: 1, TokenTemplate: "{Short} {SCOPE}"}, "--token-template: it names no scope; put {scope} or {short} where the scope belongs"},
	} {
		_, err := test.settings.TargetConfig(&Sources{}, contract)
		wantUsage(t, err, test.want)
	}
}

func TestTheDescriptionIsTheBuiltInOneUnlessNamed(t *testing.T) {
	t.Parallel()
	shipped, err := (&Settings{}).Contract()
	if err != nil || shipped.File != spec.Embedded().Name {
		t.Fatalf("%v, %v", shipped, err)
	}
	file := filepath.Join(t.TempDir(), "copy.yaml")
	if err := os.WriteFile(file, spec.Embedded().Text, 0o600); err != nil {
		t.Fatal(err)
	}
	named, err := (&Settings{Spec: file}).Contract()
	if err != nil || named.File != file || named.Digest != shipped.Digest {
		t.Errorf("%v, %v", named, err)
	}
	for name, text := range map[string]string{"no OpenAPI": "{}", "no YAML": "a: b: c"} {
		var mistake *spec.Error
		if _, err := (&Settings{Spec: writeFile(t, text)}).Contract(); !errors.As(err, &mistake) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var mistake *spec.Error
	if _, err := (&Settings{Spec: filepath.Join(t.TempDir(), "gone")}).Contract(); !errors.As(err, &mistake) {
		t.Errorf("a file that is not there: %v", err)
	}
}
