package recorder

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzOpenReplay: whatever stands in the files, opening them gives a recording
// or a *CassetteError in one line, and no panic.
func FuzzOpenReplay(f *testing.F) {
	cassetteText := "---\nversion: 1\ninteractions:\n    - request:\n        body: \"\"\n        form: {}\n        headers: {}\n        url: /v1/x\n        method: GET\n      response:\n        body: x\n        headers: {}\n        status: 200 OK\n        code: 200\n        duration: 0s\n"
	provenance := testProvenance("http://127.0.0.1:8080").completed()
	provenance.Cassettes = []CassetteFile{{File: "path.yaml", Interactions: 1, SHA256: digestOf([]byte(cassetteText))}}
	provenanceText, err := provenance.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(provenanceText), cassetteText, false)
	f.Add("", "", true)
	f.Add("format: 1\njobs: {a: &a [b], c: *a}", "interactions: [null]", true)
	f.Add("format: 999999999999999999999", "version: 1\nmu: {}\ninteractions: [{request: {method: G}, response: {code: 1}}]", true)
	f.Add("format: 1\ndate: x", "interactions: {}", true)
	f.Fuzz(func(t *testing.T, provenanceText, cassetteText string, fitting bool) {
		if fitting {
			// A provenance that fits lets the fuzzer get at what comes after it.
			provenance.Cassettes[0].SHA256 = digestOf([]byte(cassetteText))
			data, err := provenance.encode()
			if err != nil {
				t.Fatal(err)
			}
			provenanceText = string(data)
		}
		files := fstest.MapFS{ProvenanceFile: {Data: []byte(provenanceText)}, "path.yaml": {Data: []byte(cassetteText)}}
		replay, err := OpenReplay(files, ReplayOptions{Folder: "DIR"})
		if err == nil {
			_, _, _ = replay.Unused(), replay.Labels(), replay.Provenance().Describe()
			return
		}
		var fault *CassetteError
		if !errors.As(err, &fault) {
			t.Errorf("not a *CassetteError: %v", err)
		}
		if strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("more than one line: %q", err.Error())
		}
	})
}
