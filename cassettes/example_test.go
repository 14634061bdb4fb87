package cassettes_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/spec"
)

// A client gets its responses from a shipped recording.
func ExampleEmbedded() {
	files, folder := cassettes.Embedded(spec.Shipped()[0])
	replay, err := recorder.Open(files, folder)
	if err != nil {
		log.Fatal(err)
	}
	_ = http.Client{Transport: replay}
	fmt.Println(replay.Endpoint())
	// Output: http://emulator.localhost
}
