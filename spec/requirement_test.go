package spec

import (
	"strings"
	"testing"
)

func TestLevelsAreOrderedByForce(t *testing.T) {
	for _, test := range []struct {
		level, other Level
		want         bool
	}{
		{Documented, Documented, true}, {Documented, Platform, true}, {Documented, Inferred, true},
		{Platform, Documented, false}, {Platform, Platform, true}, {Platform, Inferred, true},
		{Inferred, Documented, false}, {Inferred, Platform, false}, {Inferred, Inferred, true},
	} {
		if got := test.level.AtLeast(test.other); got != test.want {
			t.Errorf("%s at least %s: %v", test.level, test.other, got)
		}
	}
}

func TestAllowedStatuses(t *testing.T) {
	for _, test := range []struct {
		allowed  []string
		statuses []int
		want     bool
	}{
		{nil, []int{100, 200, 401, 500, 0}, true},
		{[]string{"404"}, []int{404}, true},
		{[]string{"404"}, []int{400, 403, 40, 4040, 0}, false},
		{[]string{"404", "403"}, []int{404, 403}, true},
		{[]string{"4xx"}, []int{400, 403, 404, 405, 411, 413, 415, 499}, true},
		{[]string{"4xx"}, []int{401, 407, 408, 429}, false},
		{[]string{"4xx"}, []int{200, 302, 500, 399, 4, 40, 4000}, false},
		{[]string{"4xx", "401"}, []int{401, 400}, true},
		{[]string{"4xx", "401"}, []int{407, 429}, false},
		{[]string{"401"}, []int{401}, true},
		{[]string{"2xx"}, []int{200, 204, 299}, true},
		{[]string{"2xx"}, []int{199, 300}, false},
		{[]string{"5xx"}, []int{500, 501, 503}, true},
	} {
		for _, status := range test.statuses {
			if got := (Responses{Status: test.allowed}).AllowsStatus(status); got != test.want {
				t.Errorf("%v allows %d: %v", test.allowed, status, got)
			}
		}
	}
}

func TestAllowedCodes(t *testing.T) {
	for _, test := range []struct {
		allowed []string
		code    string
		want    bool
	}{
		{nil, "NOT_FOUND", true},
		{nil, "", true},
		{[]string{"NOT_FOUND", "PERMISSION_DENIED"}, "PERMISSION_DENIED", true},
		{[]string{"NOT_FOUND"}, "INTERNAL", false},
		{[]string{"NOT_FOUND"}, "not_found", false},
		{[]string{"NOT_FOUND"}, "", false},
	} {
		if got := (Responses{Code: test.allowed}).AllowsCode(test.code); got != test.want {
			t.Errorf("%v allows %q: %v", test.allowed, test.code, got)
		}
	}
}

func TestResponsesReadAsASentence(t *testing.T) {
	for want, responses := range map[string]Responses{
		"":                            {},
		"200":                         {Status: []string{"200"}},
		"404 or 403":                  {Status: []string{"404", "403"}},
		"with error.status NOT_FOUND": {Code: []string{"NOT_FOUND"}},
		"400 with error.status FAILED or ABORTED": {Status: []string{"400"}, Code: []string{"FAILED", "ABORTED"}},
		"4xx or 501 with error.status NOT_FOUND":  {Status: []string{"4xx", "501"}, Code: []string{"NOT_FOUND"}},
		"404, 403 or 400 with error.status A, B":  {Status: []string{"404", "403", "400"}, Code: []string{"A, B"}},
	} {
		if got := responses.String(); got != want {
			t.Errorf("%+v: %q, want %q", responses, got, want)
		}
	}
}

func TestMustAndAspect(t *testing.T) {
	for _, test := range []struct {
		requirement Requirement
		must        bool
		aspect      string
	}{
		{Requirement{ID: "body.empty", Statement: "It MUST be."}, true, "body"},
		{Requirement{ID: "body.empty.more", Statement: "It MUST NOT be."}, true, "body"},
		{Requirement{ID: "path.x", Statement: "It SHOULD be."}, false, "path"},
		{Requirement{ID: "path", Statement: "It must be."}, false, ""},
		{Requirement{}, false, ""},
	} {
		if test.requirement.Must() != test.must || test.requirement.Aspect() != test.aspect {
			t.Errorf("%+v: must %v, aspect %q", test.requirement, test.requirement.Must(), test.requirement.Aspect())
		}
	}
}

func TestExpectedStatusesAreStatuses(t *testing.T) {
	for status, right := range map[string]bool{
		"200": true, "599": true, "1xx": true, "4xx": true, "5xx": true,
		"": false, "xx": false, "20": false, "600": false, "6xx": false, "99": false, "OK": false, "40x": false, "4XX": false, "x4xx": false, "-200": false,
	} {
		err := Responses{Status: []string{status}}.validate("path.x")
		if (err == nil) != right {
			t.Errorf("%q: %v", status, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "path.x") || !strings.Contains(err.Error(), `"`+status+`"`)) {
			t.Errorf("%q: the error names it not: %v", status, err)
		}
	}
}
