package recorder

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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
		RecordedFrom: Origin{Kind: FromEmulator, Endpoint: endpoint},
		Date:         time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		Version:      "0.1.0",
		Description:  DescribedBy{Name: "archivejobs-retry.openapi.yaml", Digest: testDigest},
		Seed:         7, Limit: 10 * time.Second, Loopback: true,
		Jobs: map[string][]string{"FAILED": {"failed-2", "failed-1"}, "COMPLETE": {"complete-1"}},
	}
}

// labelOf names the tokens that testTarget mints.
func labelOf(token string) (string, bool) {
	short, found := strings.CutPrefix(token, "minted-for-")
	return redact.Mark + ":" + short, found
}

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func newRecording(t testing.TB, folder, endpoint string) *Recording {
	t.Helper()
	recording, err := NewRecording(RecordingOptions{Folder: folder, Label: labelOf, Provenance: testProvenance(endpoint)})
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

func newTarget(t testing.TB, endpoint string, transport http.RoundTripper, tokens string) *target.Target {
	t.Helper()
	judged, err := target.New(target.Config{
		Endpoint: endpoint, Transport: transport, Loopback: true, UserAgent: "dpconform-test/1",
		Credentials: target.TokenTemplate{Text: tokens, Join: "+"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return judged
}

func credential(t testing.TB, judged *target.Target, scopes ...string) target.Credential {
	t.Helper()
	given, err := judged.Credential("token", scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return given
}

func openReplay(t testing.TB, folder string) *Replay {
	t.Helper()
	replay, err := OpenReplay(os.DirFS(folder), ReplayOptions{Folder: folder, ContractDigest: testDigest})
	if err != nil {
		t.Fatal(err)
	}
	return replay
}

// recordPaths records GET requests for paths, each by the check of its name.
func recordPaths(t testing.TB, folder string, handler http.HandlerFunc, checksAndPaths ...string) *httptest.Server {
	t.Helper()
	server := serve(t, handler)
	recording := newRecording(t, folder, server.URL)
	judged := newTarget(t, server.URL, recording, "minted-for-{short}")
	for i := 0; i < len(checksAndPaths); i += 2 {
		exchange := judged.Send(context.Background(), checksAndPaths[i], target.Request{Method: "GET", Path: checksAndPaths[i+1]})
		if exchange.Fault != nil {
			t.Fatal(exchange.Fault)
		}
	}
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	return server
}

func hello(writer http.ResponseWriter, request *http.Request) {
	writer.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(writer, "{\n  \"path\": %q\n}\n", request.URL.Path)
}

// filesIn gives the contents of all files below a folder.
func filesIn(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		relative, _ := filepath.Rel(folder, path)
		files[filepath.ToSlash(relative)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// entriesOf lists everything below a folder, folders too.
func entriesOf(t testing.TB, folder string) []string {
	t.Helper()
	var entries []string
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if path != folder {
			relative, _ := filepath.Rel(folder, path)
			entries = append(entries, filepath.ToSlash(relative))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func mustBeSameFiles(t testing.TB, want, got map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s differs:\n%s\n--- instead of ---\n%s", name, got[name], want[name])
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

func mustContain(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	if strings.Contains(text, "\n") {
		t.Errorf("%q is more than one line", text)
	}
}
