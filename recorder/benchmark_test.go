package recorder

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
)

// recordMany records a number of interactions in one cassette, without a
// network.
func recordMany(b *testing.B, folder string, number int) {
	b.Helper()
	const endpoint = "http://127.0.0.1:8080"
	transport := roundTripper(func(request *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Status: "200 OK", Request: request, Body: http.NoBody,
			Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}, "Vary": {"Origin", "X-Origin", "Referer"}},
		}, nil
	})
	recording, err := NewRecording(RecordingOptions{Folder: folder, Transport: transport, Provenance: testProvenance(endpoint)})
	if err != nil {
		b.Fatal(err)
	}
	template := newRequest(b, "path/a", "POST", endpoint)
	template.Header.Set("Authorization", "Bearer "+redact.Mark+":dataportability.maps.reviews")
	for i := range number {
		request := template.Clone(template.Context())
		request.URL.Path = fmt.Sprintf("/v1/archiveJobs/%d:retry", i)
		if _, err := recording.RoundTrip(request); err != nil {
			b.Fatal(err)
		}
	}
	if err := recording.Save(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReplayLinear opens a cassette and asks for all that is in it, the
// last first: the worst case of a scan. What one interaction costs must not
// grow with their number.
func BenchmarkReplayLinear(b *testing.B) {
	for _, number := range []int{100, 1_000, 5_000} {
		folder := b.TempDir()
		recordMany(b, folder, number)
		requests := make([]*http.Request, number)
		template := newRequest(b, "path/a", "POST", "http://127.0.0.1:8080")
		template.Header.Set("Authorization", "Bearer "+redact.Mark+":dataportability.maps.reviews")
		for i := range requests {
			requests[i] = template.Clone(template.Context())
			requests[i].URL.Path = fmt.Sprintf("/v1/archiveJobs/%d:retry", number-1-i)
		}
		b.Run(fmt.Sprint(number), func(b *testing.B) {
			var opening, asking time.Duration
			for b.Loop() {
				began := time.Now()
				replay, err := OpenReplay(os.DirFS(folder), ReplayOptions{})
				if err != nil {
					b.Fatal(err)
				}
				opened := time.Now()
				for _, request := range requests {
					if _, err := replay.RoundTrip(request); err != nil {
						b.Fatal(err)
					}
				}
				opening, asking = opening+opened.Sub(began), asking+time.Since(opened)
			}
			perInteraction := float64(b.N * number)
			b.ReportMetric(float64(opening.Nanoseconds())/perInteraction, "ns-open/interaction")
			b.ReportMetric(float64(asking.Nanoseconds())/perInteraction, "ns-answer/interaction")
		})
	}
}
