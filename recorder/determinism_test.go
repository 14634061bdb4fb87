package recorder

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// counting answers requests for one job in whatever order they come in, with a
// number each.
func counting() http.HandlerFunc {
	var number atomic.Int64
	return func(writer http.ResponseWriter, request *http.Request) {
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		if strings.HasSuffix(request.URL.Path, "/same") {
			current := number.Add(1)
			if current%3 == 0 {
				writer.WriteHeader(http.StatusConflict)
			}
			fmt.Fprintf(writer, `{"id": "new-%d"}`, current)
			return
		}
		hello(writer, request)
	}
}

// recordTogether makes a recording with requests at the same time, some of them
// equal.
func recordTogether(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	// The endpoint has no part in the cassettes, so two ports give the same ones.
	server := serve(t, counting())
	recording := newRecording(t, folder, server.URL)
	judged := newTarget(t, server.URL, recording, "minted-for-{short}")
	token := credential(t, judged, scope)
	var requests []target.Request
	for i := range 16 {
		path := "/jobs/same"
		if i%2 == 0 {
			path = fmt.Sprintf("/jobs/%d", i)
		}
		requests = append(requests, target.Request{Method: "POST", Path: path, Credential: token})
	}
	judged.Send(context.Background(), "path/first", requests[0])
	judged.SendTogether(context.Background(), "semantics/together", requests)
	judged.Send(context.Background(), "semantics/last", requests[1])
	judged.SendTogether(context.Background(), "semantics/again", requests)
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	files := filesIn(t, folder)
	files[ProvenanceFile] = strings.ReplaceAll(files[ProvenanceFile], server.URL, "http://endpoint")
	return files
}

func TestTwoRecordingsOfADeterministicServerAreEqual(t *testing.T) {
	first := recordTogether(t)
	if len(first) != 3 {
		t.Fatalf("not three files: %d", len(first))
	}
	for range 4 {
		mustBeSameFiles(t, first, recordTogether(t))
	}
}

func TestRequestsTogetherAreReplayedTogether(t *testing.T) {
	folder := t.TempDir()
	server := serve(t, counting())
	requests := make([]target.Request, 8)
	for i := range requests {
		requests[i] = target.Request{Method: "POST", Path: "/jobs/same"}
	}
	recording := newRecording(t, folder, server.URL)
	live := newTarget(t, server.URL, recording, "")
	live.SendTogether(context.Background(), "semantics/together", requests)
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	replay := openReplay(t, folder)
	bodies := map[string]bool{}
	for _, exchange := range newTarget(t, server.URL, replay, "").SendTogether(context.Background(), "semantics/together", requests) {
		if exchange.Fault != nil {
			t.Fatal(exchange.Fault)
		}
		bodies[string(exchange.Body)] = true
	}
	if len(bodies) != len(requests) || len(replay.Unused()) != 0 {
		t.Errorf("answers: %v, unused: %v", bodies, replay.Unused())
	}
}

func TestWhatDiffersEachTimeIsNotKept(t *testing.T) {
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x")
	stored := filesIn(t, folder)["path.yaml"]
	for _, unwanted := range []string{"Date:", "User-Agent", "127.0.0.1"} {
		if strings.Contains(stored, unwanted) {
			t.Errorf("the cassette holds %q", unwanted)
		}
	}
	if !strings.Contains(stored, "duration: 0s") {
		t.Error("the duration is not zero")
	}
}
