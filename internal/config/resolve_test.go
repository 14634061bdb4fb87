package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dpconform/dpconform/spec"
)

func TestJobsByState(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		jobs []string
		want string
	}{
		{nil, "map[]"},
		{[]string{"FAILED=a, b ,c", "COMPLETE=d", "FAILED=e"}, "map[COMPLETE:[d] FAILED:[a b c e]]"},
		{[]string{"FAILED=a:b", "IN_PROGRESS=x=y", "CANCELLED=ä%2F"}, "map[CANCELLED:[ä%2F] FAILED:[a:b] IN_PROGRESS:[x=y]]"},
	} {
		if jobs, err := (&Settings{Jobs: test.jobs}).JobsByState(&Sources{}, method); err != nil || fmt.Sprint(jobs) != test.want {
			t.Errorf("%q: %v, %v", test.jobs, jobs, err)
		}
	}
	stateless := *method
	stateless.States, stateless.AcceptedStates = nil, nil
	if jobs, err := (&Settings{Jobs: []string{"a,b", "c"}}).JobsByState(&Sources{}, &stateless); err != nil || fmt.Sprint(jobs) != "map[:[a b c]]" {
		t.Errorf("without states: %v, %v", jobs, err)
	}
	for job, want := range map[string]string{
		"FAILED=a": `--job: "FAILED=a" names a state, and jobs of dataportability.archiveJobs.retry have none; give ID[,ID...]`,
		"a,,b":     "--job: an id is empty; give ID[,ID...]",
		"a,b,a":    `--job: the id "a" is given twice; remove one`,
	} {
		_, err := (&Settings{Jobs: []string{job}}).JobsByState(&Sources{}, &stateless)
		wantUsage(t, err, want)
	}
	const noState, empty = "; want IN_PROGRESS, COMPLETE, FAILED or CANCELLED", "--job: an id of state FAILED is empty; give FAILED=ID[,ID...]"
	for job, want := range map[string]string{
		"FAILD=a":              `--job: unknown state "FAILD"; did you mean FAILED?`,
		"failed=a":             `--job: unknown state "failed"; did you mean FAILED?`,
		"STATE_UNSPECIFIED=a":  `--job: unknown state "STATE_UNSPECIFIED"` + noState,
		"=a":                   `--job: unknown state ""` + noState,
		"a\nb=c":               `--job: unknown state "a\nb"` + noState,
		"FAILED":               `--job: "FAILED" has no state; give STATE=ID`,
		"":                     `--job: "" has no state; give STATE=ID`,
		"FAILED=":              empty,
		"FAILED=a,,b":          empty,
		"FAILED=a,":            empty,
		"FAILED= ":             empty,
		"FAILED=archiveJobs/a": `--job: the id "archiveJobs/a" has a slash; give the bare id, without archiveJobs/`,
		"FAILED=a\u200bb":      `--job: the id "a\u200bb" has a character that cannot be seen; type it anew`,
		"FAILED=a\xffb":        `--job: the id "a\xffb" has a character that cannot be seen; type it anew`,
		"FAILED=a\x00":         `--job: the id "a\x00" has a character that cannot be seen; type it anew`,
		"FAILED=a,b,a":         `--job: the id "a" is given twice; remove one`,
		"COMPLETE=b,first":     `--job: the id "first" is given twice, as FAILED and as COMPLETE; remove one`,
	} {
		_, err := (&Settings{Jobs: []string{"FAILED=first", job}}).JobsByState(&Sources{}, method)
		wantUsage(t, err, want)
	}
	for origin, given := range map[string]given{
		"--job":         {flags: []string{"--job", "NO=a"}},
		"DPCONFORM_JOB": {environment: map[string]string{"DPCONFORM_JOB": "NO=a"}},
		"FILE:3: job":   {file: "seed: 1\njob:\n  NO: a\n"},
	} {
		given.flags = append(given.flags, "--endpoint", "http://127.0.0.1:1")
		settings, sources := given.mustFill(t)
		_, err := settings.TargetConfig(sources, method)
		wantUsage(t, err, origin+`: unknown state "NO"`+noState)
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
		"all":       `--level: unknown level "all"; want documented, platform or inferred`,
	} {
		_, err := (&Settings{Level: text}).StrictLevel(&Sources{})
		wantUsage(t, err, want)
	}
}

func TestTheTargetIsWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	for endpoint, loopback := range map[string]bool{"http://127.0.0.1:1": true, "http://localhost:1/": true, "https://example.com": false} {
		config, err := (&Settings{Endpoint: endpoint, Timeout: 2 * time.Second, ConsumeJobs: true, Jobs: []string{"FAILED=a"}}).TargetConfig(&Sources{}, method)
		got := fmt.Sprint(config.Endpoint, config.Loopback, config.ConsumeJobs, config.Limit, config.Jobs)
		if want := fmt.Sprint(endpoint, loopback, true, 2*time.Second, map[string][]string{"FAILED": {"a"}}); got != want || err != nil {
			t.Errorf("%s, want %s, %v", got, want, err)
		}
	}
	const noScope = "--token-template: it has neither {scope} nor {short}; put {scope} or {short} where the scope belongs"
	for _, test := range []struct {
		settings Settings
		want     string
	}{
		{Settings{}, `--endpoint: "" does not begin with http:// or https://; give one such as http://127.0.0.1:8080`},
		{Settings{Endpoint: "127.0.0.1:8080", Timeout: 1}, `--endpoint: "127.0.0.1:8080" is not an address; give one such as http://127.0.0.1:8080`},
		{Settings{Endpoint: "http://a:b@c", Timeout: 1}, "--endpoint: an endpoint must not have a user, a query or a fragment; give it without"},
		{Settings{Endpoint: "http://127.0.0.1:1", Timeout: -time.Second}, "--timeout: it must be more than 0; give a time such as 30s"},
		{Settings{Endpoint: "http://127.0.0.1:1", Timeout: 1, TokenTemplate: "secret"}, noScope},
		{Settings{Endpoint: "http://127.0.0.1:1", Timeout: 1, TokenTemplate: "{Short} {SCOPE}"}, noScope},
	} {
		_, err := test.settings.TargetConfig(&Sources{}, method)
		wantUsage(t, err, test.want)
	}
}

func TestTheDescriptionIsTheBuiltInOneUnlessNamed(t *testing.T) {
	t.Parallel()
	shipped, err := (&Settings{}).Method(&Sources{})
	if err != nil || shipped.File != spec.Default().Name {
		t.Fatalf("%v, %v", shipped, err)
	}
	file := writeFile(t, string(spec.Default().Text))
	if named, err := (&Settings{Spec: file}).Method(&Sources{}); err != nil || named.File != file || named.Digest != shipped.Digest {
		t.Errorf("%v, %v", named, err)
	}
	for _, wrong := range []string{writeFile(t, "{}"), writeFile(t, "a: b: c"), filepath.Join(t.TempDir(), "gone")} {
		var mistake *spec.Error
		if _, err := (&Settings{Spec: wrong}).Method(&Sources{}); !errors.As(err, &mistake) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
