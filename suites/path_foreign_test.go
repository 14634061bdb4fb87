package suites

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// otherwise is a conforming server that responds to some requests in its own way,
// in place of the emulator.
func otherwise(which func(*http.Request) bool, respond http.HandlerFunc) func(*target.Config, http.Handler) {
	return func(config *target.Config, server http.Handler) {
		config.Transport = inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if which(r) {
				respond(w, r)
				return
			}
			server.ServeHTTP(w, r)
		})}
	}
}

// TestOtherWaysToRefuseAPath: frameworks and front ends refuse in their own way,
// and a server in front of which they stand conforms all the same.
func TestOtherWaysToRefuseAPath(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "refused", status) }
	}
	for name, alter := range map[string]func(*target.Config, http.Handler){
		"a path with an empty segment is redirected to the one without": otherwise(
			func(r *http.Request) bool { return strings.Contains(r.URL.Path, "//") },
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, strings.ReplaceAll(r.URL.Path, "//", "/"), http.StatusMovedPermanently)
			}),
		"another HTTP method is asked for its media type": otherwise(
			func(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPatch },
			page(http.StatusUnsupportedMediaType)),
		"a semicolon is refused in every path": otherwise(
			func(r *http.Request) bool { return strings.Contains(r.URL.EscapedPath(), ";") }, page(http.StatusBadRequest)),
		"a long path is refused": otherwise(
			func(r *http.Request) bool { return len(r.URL.Path) > 4096 }, page(http.StatusRequestURITooLong)),
		"a control character is refused in every path": otherwise(
			func(r *http.Request) bool {
				return strings.ContainsAny(r.URL.Path, "\x00\n\x1f") || !utf8.ValidString(r.URL.Path)
			}, page(http.StatusBadRequest)),
		"a method in lower case is not implemented": otherwise(
			func(r *http.Request) bool { return r.Method == "post" }, page(http.StatusNotImplemented)),
		"a parameter that the path binds is overlooked": func(config *target.Config, server http.Handler) {
			config.Transport = inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("name") || r.URL.Query().Has("archiveJob") {
					r.URL.RawQuery = ""
				}
				server.ServeHTTP(w, r)
			})}
		},
	} {
		report := tested(t, method, emulated(t, method, emulator.Options{}, alter), 1)
		for _, check := range report.Checks {
			for _, finding := range check.Findings {
				t.Errorf("%s: %s: %s", name, check.ID, finding)
			}
		}
	}
}

// TestTheQueryOfAServerWithoutJobsToUse: where no job may be used up, an unknown
// id in the path shows that the query's is taken.
func TestTheQueryOfAServerWithoutJobsToUse(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	server, err := emulator.New(method, emulator.Options{Fault: "bound-field-in-query", Jobs: map[string][]string{"COMPLETE": {"complete-1"}, "FAILED": {"failed-1"}}})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	asked, err := target.New(target.Config{Endpoint: listening.URL, Limit: patience, Jobs: map[string][]string{"COMPLETE": {"complete-1"}},
		Credentials: target.TokenTemplate{Text: platform.TokenTemplate, Join: platform.TokenJoin}})
	if err != nil {
		t.Fatal(err)
	}
	report := testedBy(t, method, asked, 1, func(check Check) bool { return strings.HasPrefix(check.ID, "path/query-") })
	for _, check := range report.Checks {
		if fails := len(check.Findings) > 0; fails != (check.ID == "path/query-field") {
			t.Errorf("%s: %v", check.ID, check.Findings)
		}
	}
}
