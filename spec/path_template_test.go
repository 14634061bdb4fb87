package spec

import (
	"net/url"
	"strings"
	"testing"
)

func TestAPathIsTakenApart(t *testing.T) {
	for path, want := range map[string]struct {
		template               PathTemplate
		base, collection, verb string
	}{
		"/v1/archiveJobs/{archiveJob}:retry": {
			PathTemplate{"/v1/archiveJobs/", "archiveJob", ":retry"}, "/v1/", "archiveJobs", "retry"},
		"/v1/archiveJobs/{archiveJob}/portabilityArchiveState": {
			PathTemplate{"/v1/archiveJobs/", "archiveJob", "/portabilityArchiveState"}, "/v1/", "archiveJobs", ""},
		"/jobs/{id}":              {PathTemplate{"/jobs/", "id", ""}, "/", "jobs", ""},
		"/v1/x/jobs/{id}/a:start": {PathTemplate{"/v1/x/jobs/", "id", "/a:start"}, "/v1/x/", "jobs", "start"},
		"/jobs/jobs/{id}:x":       {PathTemplate{"/jobs/jobs/", "id", ":x"}, "/jobs/", "jobs", "x"},
	} {
		template, err := ParsePathTemplate(path)
		if err != nil || template != want.template {
			t.Errorf("%s: %+v, %v", path, template, err)
		}
		if template.Base() != want.base || template.Collection() != want.collection || template.Verb() != want.verb {
			t.Errorf("%s: base %q, collection %q, verb %q", path, template.Base(), template.Collection(), template.Verb())
		}
		if template.String() != path {
			t.Errorf("%s became %s", path, template)
		}
	}
}

func TestAPathWithoutOneParameterIsRefused(t *testing.T) {
	for path, reason := range map[string]string{
		"":                      "has no {parameter}",
		"/v1/archiveJobs:retry": "has no {parameter}",
		"/v1/archiveJobs/{}":    "has no {parameter}",
		"/v1/archiveJobs/{id":   "has no {parameter}",
		"/v1/archiveJobs/id}":   "has no {parameter}",
		"/v1/{a}/{b}":           "has more than one {parameter}",
		"/v1/{a}}":              "has more than one {parameter}",
		"/{id}":                 "has no collection before its parameter",
		"//{id}":                "has no collection before its parameter",
		"{id}":                  "has no collection before its parameter",
		"v1/jobs/{id}":          "has no collection before its parameter",
		"/v1/jobs-{id}":         "has no collection before its parameter",
	} {
		template, err := ParsePathTemplate(path)
		if err == nil {
			t.Errorf("%q gave %+v", path, template)
		} else if !strings.Contains(err.Error(), reason) || !strings.Contains(err.Error(), `"`+path+`"`) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestAnIDIsOneSegment(t *testing.T) {
	template := PathTemplate{"/v1/archiveJobs/", "archiveJob", ":retry"}
	for id, want := range map[string]string{
		"failed-1": "/v1/archiveJobs/failed-1:retry",
		"a/b":      "/v1/archiveJobs/a%2Fb:retry",
		"a b?c#d":  "/v1/archiveJobs/a%20b%3Fc%23d:retry",
		"a%2Fb":    "/v1/archiveJobs/a%252Fb:retry",
		"a:b":      "/v1/archiveJobs/a:b:retry",
		"ä":        "/v1/archiveJobs/%C3%A4:retry",
		"":         "/v1/archiveJobs/:retry",
	} {
		if got := template.Expand(id); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
	if got := template.Raw("a%2fb/c"); got != "/v1/archiveJobs/a%2fb/c:retry" {
		t.Errorf("raw: %s", got)
	}
}

func FuzzParsePathTemplate(f *testing.F) {
	for _, path := range []string{"/v1/archiveJobs/{archiveJob}:retry", "/a/{b}/c", "/{a}", "/a/{{b}", "/a}/{b}", "", "/a/{b}{c}", "/ä/{ö}:ü"} {
		f.Add(path, "an/id")
	}
	f.Fuzz(func(t *testing.T, path, id string) {
		template, err := ParsePathTemplate(path)
		if err != nil {
			return
		}
		if template.String() != path {
			t.Errorf("%q became %q", path, template)
		}
		again, err := ParsePathTemplate(template.String())
		if err != nil || again != template {
			t.Errorf("%q: %+v, then %+v, %v", path, template, again, err)
		}
		if template.Base()+template.Collection()+"/" != template.Prefix {
			t.Errorf("%q: base %q and collection %q", path, template.Base(), template.Collection())
		}
		expanded := template.Expand(id)
		segment := strings.TrimSuffix(strings.TrimPrefix(expanded, template.Prefix), template.Suffix)
		if read, err := url.PathUnescape(segment); strings.Contains(segment, "/") || err != nil || read != id {
			t.Errorf("the id %q became the segment %q", id, segment)
		}
	})
}
