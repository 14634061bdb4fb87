package recorder_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/recorder"
)

// A client is recorded with a server once, and tested without it from then on.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(writer, "hello to %s", request.URL.Path)
	}))
	folder, err := os.MkdirTemp("", "recording")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	recording, err := recorder.Record(folder, recorder.Options{Endpoint: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	get(recording, server.URL+"/jobs?access_token=secret")
	if err := recording.Save(); err != nil {
		log.Fatal(err)
	}
	server.Close()

	replay, err := recorder.Open(os.DirFS(folder), folder)
	if err != nil {
		log.Fatal(err)
	}
	get(replay, server.URL+"/jobs?access_token=another")
	fmt.Println("unused:", len(replay.Unused()))
	// Output:
	// hello to /jobs
	// hello to /jobs
	// unused: 0
}

func get(transport http.RoundTripper, address string) {
	response, err := (&http.Client{Transport: transport}).Get(address)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
}

// The recordings that come with dpconform say where they are from.
func ExampleOpen() {
	replay, err := recorder.Open(cassettes.Embedded("archiveJobs.retry"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(replay.Endpoint(), strings.HasSuffix(replay.Provenance(), "not Google's responses"))
	// Output: http://emulator.localhost true
}
