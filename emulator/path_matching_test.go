package emulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/archiveJobs/a:retry":                         "a",
		"/v1/archiveJobs/a-b_c.d~e:retry":                 "a-b_c.d~e",
		"/v1/archiveJobs/a:b:retry":                       "a:b",
		"/v1/archiveJobs/a%3Ab:retry":                     "a:b",
		"/v1/archiveJobs/a%2Fb:retry":                     "a%2Fb",
		"/v1/archiveJobs/a%2fb:retry":                     "a%2fb",
		"/v1/archiveJobs/%61:retry":                       "a",
		"/v1/archiveJobs/a%20b:retry":                     "a b",
		"/v1/archiveJobs/%2561:retry":                     "%61",
		"/v1/archiveJobs/%C3%A4:retry":                    "ä",
		"/v1/archiveJobs/a%:retry":                        "a%",
		"/v1/archiveJobs/a%6:retry":                       "a%6",
		"/v1/archiveJobs/a%zz:retry":                      "a%zz",
		"/v1/archiveJobs/::retry":                         ":",
		"/v1/archiveJobs/:retry":                          "",
		"/v1/archiveJobs:retry":                           "",
		"/v1/archiveJobs/a/b:retry":                       "",
		"/v1/archiveJobs/a/:retry":                        "",
		"/v1/archiveJobs//a:retry":                        "",
		"//v1/archiveJobs/a:retry":                        "",
		"v1/archiveJobs/a:retry":                          "",
		"/v1/archiveJobs%2Fa:retry":                       "",
		"/v1/archiveJobs/a%3Aretry":                       "",
		"/v1/archiveJobs/a/retry":                         "",
		"/v1/archiveJobs/a:retry/":                        "",
		"/v1/archiveJobs/a:RETRY":                         "",
		"/v1/archiveJobs/a:retryx":                        "",
		"/v1/archiveJobs/a:":                              "",
		"/v1/archiveJobs/a":                               "",
		"/v1/archivejobs/a:retry":                         "",
		"/v1/archiveJobsx/a:retry":                        "",
		"/v1beta/archiveJobs/a:retry":                     "",
		"/v1/archiveJobs/a/portabilityArchiveState:retry": "",
		"*": "",
		"":  "",
	} {
		pattern, err := newPathPattern(shipped().Retry.Path)
		if err != nil {
			t.Fatal(err)
		}
		if id, matches := pattern.match(path); id != want || matches != (want != "") {
			t.Errorf("%s: id %q, %v; want %q", path, id, matches, want)
		}
	}
}

func TestAVerbInTheSegmentOfTheIDIsNoTemplate(t *testing.T) {
	template, err := spec.ParsePathTemplate("/v1/archiveJobs/{archiveJob}-retry")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newPathPattern(template); err == nil || !strings.Contains(err.Error(), "-retry") {
		t.Errorf("error %v", err)
	}
}

func TestUnknownPathsGetTheFrontEndsPage(t *testing.T) {
	server := newServer(t, Options{})
	for _, path := range []string{"/", "/v1/archiveJobs/failed-1/retry", "/v1/archiveJobs/failed-1:retry/", "/v1/archiveJobs/%3Cb%3E/x:retry"} {
		recorder := request{path: path}.send(t, server)
		page := recorder.Body.String()
		if recorder.Code != http.StatusNotFound || recorder.Header().Get("Content-Type") != "text/html; charset=UTF-8" ||
			recorder.Header().Get("Referrer-Policy") != "no-referrer" || !strings.Contains(page, "404") || strings.Contains(page, "<b>") {
			t.Errorf("%s: %d %v\n%s", path, recorder.Code, recorder.Header(), page)
		}
	}
	if got := stateOf(t, server, "failed-1"); got != "FAILED" {
		t.Errorf("state %s after unknown paths", got)
	}
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	server := newServer(t, Options{})
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "BREW"} {
		recorder := request{method: method, path: "/v1/archiveJobs/failed-1:retry"}.send(t, server)
		if recorder.Code != http.StatusMethodNotAllowed || recorder.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d, Allow %q", method, recorder.Code, recorder.Header().Get("Allow"))
		}
		if empty := recorder.Body.Len() == 0; empty != (method == "HEAD") {
			t.Errorf("%s: a body of %d bytes", method, recorder.Body.Len())
		}
	}
	recorder := request{path: "/v1/archiveJobs/failed-1/portabilityArchiveState"}.send(t, server)
	if recorder.Code != http.StatusMethodNotAllowed || recorder.Header().Get("Allow") != "GET" {
		t.Errorf("POST to the state: %d, Allow %q", recorder.Code, recorder.Header().Get("Allow"))
	}
}

func TestAnEncodedIDIsTheSameJob(t *testing.T) {
	server := newServer(t, Options{})
	startedID(t, request{path: "/v1/archiveJobs/%66%61%69%6C%65%64%2D%31:retry"}.send(t, server))
	twice := request{path: "/v1/archiveJobs/%2566ailed-1:retry"}.send(t, server)
	wantError(t, twice, http.StatusNotFound, "NOT_FOUND")
}

func TestQueryParameters(t *testing.T) {
	server := newServer(t, Options{})
	for _, query := range []string{
		"alt=json&prettyPrint=false", "", "&", "%24.xgafv=1&callback=cb&fields=a&key=k&quotaUser=q&uploadType=u&upload_protocol=raw",
		"access_token=x&oauth_token=y", "alt=json&alt=json", "key=%zz",
	} {
		recorder := request{path: "/v1/archiveJobs/complete-1:retry?" + query}.send(t, server)
		wantError(t, recorder, http.StatusBadRequest, "FAILED_PRECONDITION")
	}
	for query, name := range map[string]string{"foo=1": "foo", "alt=json&b%61r": "bar", "Alt=json": "Alt", "name=archiveJobs/failed-1": "name", "=x": "", "%zz=1": "%zz"} {
		recorder := request{path: "/v1/archiveJobs/complete-1:retry?" + query}.send(t, server)
		body := wantError(t, recorder, http.StatusBadRequest, "INVALID_ARGUMENT")
		if want := `Unknown name "` + name + `": Cannot bind query parameter.`; !strings.Contains(body.Error.Message, want) {
			t.Errorf("%s: message %q", query, body.Error.Message)
		}
	}
}
