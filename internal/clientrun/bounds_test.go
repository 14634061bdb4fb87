package clientrun

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryResponseWriterTakesInterimResponses: the status is the first that is
// not interim (RFC 9110, 15.2). A writer that is not in the table fails it.
func TestEveryResponseWriterTakesInterimResponses(t *testing.T) {
	t.Parallel()
	kept := &keptResponse{header: http.Header{}}
	writers := map[string]struct {
		writer http.ResponseWriter
		status *int
	}{"internal/clientrun/respond.go": {kept, &kept.status}}
	for file, one := range writers {
		for _, status := range []int{http.StatusContinue, http.StatusEarlyHints, http.StatusForbidden, http.StatusOK} {
			one.writer.WriteHeader(status)
		}
		if *one.status != http.StatusForbidden {
			t.Errorf("%s: status %d", file, *one.status)
		}
	}
	root := os.DirFS("../..")
	written := regexp.MustCompile(`(?m)^func \(.*\) WriteHeader\(`)
	var found []string
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		content, err := fs.ReadFile(root, file)
		if written.Match(content) {
			found = append(found, file)
		}
		return err
	})
	if want := slices.Sorted(maps.Keys(writers)); err != nil || !slices.Equal(found, want) {
		t.Errorf("response writers are in %v, tested are those in %v; %v", found, want, err)
	}
}

func TestAnInterimResponseUpstreamIsNotTheResponse(t *testing.T) {
	t.Parallel()
	upstream := upstreamOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.WriteHeader(http.StatusForbidden)
	})
	opened := site(t, Options{Upstream: upstream})
	if status, text := post(t, opened.Endpoint+goodTarget, bearer(), nil); status != http.StatusForbidden {
		t.Errorf("%d %s", status, text)
	}
}

func TestAnEndlessResponseUpstreamIsABadGateway(t *testing.T) {
	t.Parallel()
	upstream := upstreamOf(t, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
				return
			}
		}
	})
	opened := site(t, Options{Upstream: upstream})
	status, text := post(t, opened.Endpoint+goodTarget, bearer(), nil)
	if status != http.StatusBadGateway || text != "dpconform: the response of the server upstream is longer than 1 MiB\n" {
		t.Errorf("%d %.200s", status, text)
	}
	if kept := opened.Server.kept.Load(); kept > bodyLimit {
		t.Errorf("%d bytes are kept", kept)
	}
}

func TestAServerKeepsRequestsWithinBounds(t *testing.T) {
	t.Parallel()
	server, err := New(Options{Rules: rules, Scenarios: shipped(t)})
	if err != nil {
		t.Fatal(err)
	}
	send := func(job string, body int) {
		request, err := http.NewRequest(http.MethodPost, "/v1/archiveJobs/"+job+":retry", io.LimitReader(zeros{}, int64(body)))
		if err != nil {
			t.Fatal(err)
		}
		request.RequestURI = request.URL.Path
		server.ServeHTTP(&keptResponse{header: http.Header{}}, request)
	}
	for range 20 {
		send("scenario-success-0", bodyLimit)
	}
	if kept := server.kept.Load(); kept > keptOfCall+bodyLimit+64<<10 {
		t.Errorf("%d bytes of one call are kept", kept)
	}
	for i := range 60 {
		send(fmt.Sprintf("scenario-success-%d", i+1), bodyLimit)
	}
	if kept, calls := server.kept.Load(), server.Calls(); kept > keptOfCalls+2*bodyLimit || len(calls) < 20 || len(server.byKey) != len(calls) {
		t.Errorf("%d bytes of %d calls are kept", kept, len(calls))
	}
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

// TestLargeBodiesAtTheSameTimeAreBounded in their sum: those beyond it are cut, small
// ones are not, and a body that was served makes way for the next.
func TestLargeBodiesAtTheSameTimeAreBounded(t *testing.T) {
	t.Parallel()
	var shared bodies
	read := func(size int) *request {
		sent := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", size)))
		return readRequest(sent, time.Now(), &shared)
	}
	const most = bodiesLimit / bodyLimit
	var served []*request
	for range most {
		served = append(served, read(bodyLimit))
	}
	for _, one := range served {
		if len(one.body) != bodyLimit || one.bodyProblem != "" {
			t.Fatalf("%d bytes, %q", len(one.body), one.bodyProblem)
		}
	}
	if one := read(bodyLimit); len(one.body) != smallBody || !strings.Contains(one.bodyProblem, "too many such bodies") || cap(one.body) > 4*smallBody {
		t.Errorf("%d bytes, %q", len(one.body), one.bodyProblem)
	}
	if one := read(smallBody); len(one.body) != smallBody || one.bodyProblem != "" {
		t.Errorf("%d bytes, %q", len(one.body), one.bodyProblem)
	}
	shared.giveBack(served[0])
	if one := read(bodyLimit + 1); len(one.body) != bodyLimit || one.bodyProblem != "it is longer than 1 MiB" {
		t.Errorf("%d bytes, %q", len(one.body), one.bodyProblem)
	}
	opened := site(t, Options{})
	post(t, opened.Endpoint+goodTarget, bearer(), []byte(strings.Repeat(" ", 2*smallBody)))
	for opened.Server.bodies.taken.Load() != 0 {
		runtime.Gosched() // The handler returns after its response.
	}
}
