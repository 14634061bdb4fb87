package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

const (
	testDigest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	scope      = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	sentToken  = "minted-for-dataportability.maps.reviews"
)

func testProvenance(endpoint string) Provenance {
	return Provenance{
		Endpoint: endpoint, Emulator: true, Date: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Version: "0.1.0",
		Description: "archivejobs-retry.openapi.yaml", Digest: testDigest, Seed: 7, Limit: 10 * time.Second, Loopback: true,
		Jobs: map[string][]string{"FAILED": {"failed-2", "failed-1"}, "COMPLETE": {"complete-1"}},
	}
}

// tokenName names the tokens that newTarget mints.
func tokenName(token string) string {
	if short, found := strings.CutPrefix(token, "minted-for-"); found {
		return redact.Mark + ":" + short
	}
	return ""
}

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func begin(t testing.TB, folder, endpoint string, options ...func(*Options)) *Recording {
	t.Helper()
	recording, err := record(folder, endpoint, options...)
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

func record(folder, endpoint string, options ...func(*Options)) (*Recording, error) {
	with := Options{TokenName: tokenName, Provenance: testProvenance(endpoint)}
	for _, option := range options {
		option(&with)
	}
	return Record(folder, with)
}

func newTarget(t testing.TB, endpoint string, transport http.RoundTripper, tokens string) *target.Target {
	t.Helper()
	made, err := target.New(target.Config{
		Endpoint: endpoint, Transport: transport, Loopback: true, UserAgent: "dpconform-test/1",
		Credentials: target.TokenTemplate{Text: tokens, Join: "+"},
		Pause:       func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func credential(t testing.TB, server *target.Target, scopes ...string) target.Credential {
	t.Helper()
	given, err := server.Credential(scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return given
}

func open(t testing.TB, folder string) *Replay {
	t.Helper()
	replay, err := Open(os.DirFS(folder), folder)
	if err != nil {
		t.Fatal(err)
	}
	return replay
}

func save(t testing.TB, recording *Recording) {
	t.Helper()
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
}

// recordPaths records GET requests for paths, each by the check of its name.
func recordPaths(t testing.TB, folder string, handler http.HandlerFunc, checksAndPaths ...string) *httptest.Server {
	t.Helper()
	server := serve(t, handler)
	recording := begin(t, folder, server.URL)
	sender := newTarget(t, server.URL, recording, "minted-for-{short}")
	for i := 0; i < len(checksAndPaths); i += 2 {
		exchange := sender.Send(context.Background(), checksAndPaths[i], target.Request{Method: "GET", Path: checksAndPaths[i+1]})
		if exchange.Fault != nil {
			t.Fatal(exchange.Fault)
		}
	}
	save(t, recording)
	return server
}

func hello(writer http.ResponseWriter, request *http.Request) {
	writer.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(writer, "{\n  \"path\": %q\n}\n", request.URL.Path)
}

// send sends a GET request as a check does.
func send(t testing.TB, transport http.RoundTripper, check, address string) {
	t.Helper()
	response, err := transport.RoundTrip(newRequest(check, "GET", address))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// newRequest is a request as a check sends it.
func newRequest(check, method, address string) *http.Request {
	request, err := http.NewRequestWithContext(target.WithPlace(context.Background(), target.Place{Check: check, Number: 1}), method, address, nil)
	if err != nil {
		panic(err)
	}
	return request
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// filesIn gives the contents of all files below a folder, and folders by a name
// that ends in a slash.
func filesIn(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == folder || entry.Name() == attributesFile {
			return err
		}
		relative, _ := filepath.Rel(folder, path)
		name := filepath.ToSlash(relative)
		if entry.IsDir() {
			files[name+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func mustBeSameFiles(t testing.TB, want, got map[string]string) {
	t.Helper()
	for name, text := range want {
		if now, there := got[name]; !there || now != text {
			t.Errorf("%s differs:\n%s\n--- instead of ---\n%s", name, now, text)
		}
	}
	for name := range got {
		if _, known := want[name]; !known {
			t.Errorf("%s is new", name)
		}
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mustSay checks an error that is one line.
func mustSay(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, instead of %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

func mustBeError(t testing.TB, err error, parts ...string) {
	t.Helper()
	var fault *Error
	if !errors.As(err, &fault) {
		t.Fatalf("got %v", err)
	}
	mustSay(t, err, parts...)
}
