package recorder_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/recorder"
)

// served responds to every request with one body.
type served string

func (s served) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(s)))}, nil
}

// TestEveryOptionHasItsEffect: an interrupted recording has to be resumed or discarded, and the
// saved one has the names of tokens, the values of members, and no secret.
func TestEveryOptionHasItsEffect(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	options := recorder.Options{
		Endpoint: "http://jobs.example", Transport: served(`{"state": "OPEN", "owner": "somebody", "place": "OPEN s3cret-9x"}`),
		TokenName: func(token string) string { return "name-of-" + token[:3] }, Members: []string{"state", "place"}, Secrets: []string{"s3cret-9x"},
	}
	record := func(change func(*recorder.Options)) (*recorder.Recording, error) {
		changed := options
		change(&changed)
		recording, err := recorder.Record(folder, changed)
		if err != nil {
			return nil, err
		}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://jobs.example/jobs/one", http.NoBody)
		request.Header.Set("Authorization", "Bearer abcdefgh")
		response, err := recording.RoundTrip(request)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			err = response.Body.Close()
		}
		return recording, err
	}
	first, err := record(func(*recorder.Options) {})
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	if _, err := record(func(*recorder.Options) {}); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("an interrupted recording is overlooked: %v", err)
	}
	resumed, err := record(func(o *recorder.Options) { o.Resume, o.Transport = true, served("not asked again") })
	if err != nil {
		t.Fatal(err)
	}
	resumed.Close()
	again, err := record(func(o *recorder.Options) { o.Discard = true })
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Save(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "other.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]bool{"name-of-abc": true, "abcdefgh": false, `"OPEN"`: true, "somebody": false, "s3cret-9x": false} {
		if strings.Contains(string(text), part) != want {
			t.Errorf("%s in the cassette: %t\n%s", part, !want, text)
		}
	}
}
