package recording

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

func TestReplayIsStrict(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := recordPaths(t, folder, hello, "path/a", "/v1/x", "path/b", "/v1/y", "body/a", "/v1/z")
	replay := open(t, folder)
	sender := newTarget(t, server.URL, replay, replay.Provenance().TokenTemplate)
	again := "; record again: dpconform record --cassettes " + folder
	token := credential(t, sender, scope)
	for _, one := range []struct {
		check   string
		request target.Request
		want    string
	}{
		{"path/a", target.Request{Method: "GET", Path: "/v1/x"}, ""},
		{"path/a", target.Request{Method: "GET", Path: "/v1/x"}, "GET URL/v1/x in cassette DIR/path.yaml (it is sent more often than it was recorded)"},
		{"path/a", target.Request{Method: "GET", Path: "/v1/n"}, "GET URL/v1/n in cassette DIR/path.yaml"},
		{"path/a", target.Request{Method: "POST", Path: "/v1/y"}, "POST URL/v1/y in cassette DIR/path.yaml"},
		{"path/a", target.Request{Method: "GET", Path: "/v1/y", Credential: token}, "GET URL/v1/y in cassette DIR/path.yaml (it is recorded with another token)"},
		{"path/a", target.Request{Method: "GET", Path: "/v1/y", Body: []byte("{}")}, "GET URL/v1/y in cassette DIR/path.yaml (it is recorded with another body)"},
		{"path/a", target.Request{Method: "GET", Path: "/v1/y", Header: http.Header{"Content-Type": {"text/plain"}}}, "GET URL/v1/y in cassette DIR/path.yaml (it is recorded with another Content-Type)"},
		{"body/a", target.Request{Method: "GET", Path: "/v1/y"}, "GET URL/v1/y in cassette DIR/body.yaml"},
		{"errors/a", target.Request{Method: "GET", Path: "/v1/y?key=" + strings.Repeat("s", 20)}, "GET URL/v1/y?key=dpconform-redacted in cassette DIR/errors.yaml (the recording has no such cassette)"},
	} {
		fault := sender.Send(context.Background(), one.check, one.request).Fault
		want := "not recorded: " + strings.NewReplacer("URL", server.URL, "DIR", folder).Replace(one.want) + again
		switch {
		case one.want == "" && fault != nil:
			t.Error(fault)
		case one.want != "" && fault == nil:
			t.Errorf("a response, instead of %q", want)
		case one.want != "" && (fault.Kind != target.Unrecorded || fault.Detail != want):
			t.Errorf("got  %q of kind %q\nwant %q", fault.Detail, fault.Kind, want)
		}
	}
	want := folder + "/body.yaml: interaction 1: GET " + server.URL + "/v1/z\n" + folder + "/path.yaml: interaction 2: GET " + server.URL + "/v1/y"
	if got := strings.Join(replay.Unused(), "\n"); got != want {
		t.Errorf("unused:\n%s\nwant:\n%s", got, want)
	}
	request := newRequest("path/a", "GET", server.URL+"/v1/x")
	ctx, cancel := context.WithCancel(request.Context())
	cancel()
	if _, err := open(t, folder).RoundTrip(request.WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("a done context gave %v", err)
	}
	elsewhere := newTarget(t, "http://elsewhere.example", open(t, folder), "").Send(context.Background(), "path/a", target.Request{Method: "GET", Path: "/v1/x"})
	mustSay(t, elsewhere.Fault, "the recording is of "+strings.TrimPrefix(server.URL, "http://")+", not of elsewhere.example")
}

// TestARepeatedRequestGetsItsResponsesInTheirOrder, those of its own check, whatever is
// sent between.
func TestARepeatedRequestGetsItsResponsesInTheirOrder(t *testing.T) {
	t.Parallel()
	folder, sent := t.TempDir(), 0
	server := recordPaths(t, folder, func(writer http.ResponseWriter, _ *http.Request) {
		sent++
		writer.WriteHeader(400 + sent)
	}, "path/a", "/v1/x", "path/a", "/v1/y", "path/a", "/v1/x", "body/a", "/v1/x", "path/a", "/v1/x")
	for range 2 {
		sender := newTarget(t, server.URL, open(t, folder), "")
		for i, one := range []struct {
			check, path string
			status      int
		}{
			{"path/a", "/v1/x", 401}, {"body/a", "/v1/x", 404}, {"path/a", "/v1/x", 403}, {"path/a", "/v1/x", 405}, {"path/a", "/v1/y", 402},
		} {
			exchange := sender.Send(context.Background(), one.check, target.Request{Method: "GET", Path: one.path})
			if exchange.Status != one.status {
				t.Errorf("request %d: %d, %v, want %d", i+1, exchange.Status, exchange.Fault, one.status)
			}
		}
		mustSay(t, sender.Send(context.Background(), "path/a", target.Request{Method: "GET", Path: "/v1/x"}).Fault, "it is sent more often than it was recorded")
	}
}

func TestANewScopeIsNotTakenForTheUnknownToken(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, hello)
	recording := begin(t, folder, server.URL)
	request := target.Request{Method: "POST", Path: "/v1/x", Credential: target.UnknownCredential("nobody-gave-this")}
	newTarget(t, server.URL, recording, "").Send(context.Background(), "authorization/unknown", request)
	save(t, recording)
	replay := open(t, folder)
	sender := newTarget(t, server.URL, replay, replay.Provenance().TokenTemplate)
	request.Credential = credential(t, sender, scope)
	if exchange := sender.Send(context.Background(), "authorization/unknown", request); exchange.Fault == nil {
		t.Error("the new scope had the response of an unknown token")
	}
	request.Credential = target.UnknownCredential("nobody-gave-that-either")
	if exchange := sender.Send(context.Background(), "authorization/unknown", request); exchange.Fault != nil {
		t.Error(exchange.Fault)
	}
	if names := strings.Join(replay.TokenNames(), " "); names != redact.Unlabelled {
		t.Errorf("names: %s", names)
	}
}

func edit(name, old, new string) func(fstest.MapFS) {
	return func(files fstest.MapFS) {
		text := string(files[name].Data)
		if !strings.Contains(text, old) {
			panic(name + " does not have " + old)
		}
		files[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
	}
}

func cut(name, from string) func(fstest.MapFS) {
	return func(files fstest.MapFS) {
		text := string(files[name].Data)
		files[name] = &fstest.MapFile{Data: []byte(text[:strings.LastIndex(text, from)])}
	}
}

func empty(name string) func(fstest.MapFS) {
	return func(files fstest.MapFS) { files[name] = &fstest.MapFile{} }
}

func remove(name string) func(fstest.MapFS) {
	return func(files fstest.MapFS) { delete(files, name) }
}

func TestASpoiledRecordingIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x", "path/b", "/v1/y", "body/a", "/v1/z")
	whole := filesIn(t, folder)
	for _, one := range []struct {
		name  string
		spoil func(fstest.MapFS)
		want  string
	}{
		{"no provenance", remove(ProvenanceFile), "rec/provenance.yaml: is missing, so there is no recording here"},
		{"empty provenance", empty(ProvenanceFile), "rec/provenance.yaml: is not the provenance of a recording: format is missing"},
		{"no cassette", remove("body.yaml"), "rec/body.yaml: is missing, and provenance.yaml names it"},
		{"another file", empty("other.yaml"), "rec/other.yaml: does not belong to the recording: provenance.yaml does not name it; move it away, and if it was recorded"},
		{"edited", edit("path.yaml", "/v1/x", "/v1/w"), "rec/path.yaml: was changed after it was recorded: its sha256 is not the one in provenance.yaml"},
		{"broken", edit("path.yaml", "- request:", "- request"), "rec/path.yaml:5: is broken or cut short: a colon stands where no key can be"},
		{"of another type", edit("path.yaml", "code: 200", "code: often"), "rec/path.yaml:21: is broken or cut short: cannot unmarshal !!str `often` into int"},
		{"of another version", edit("path.yaml", "version: 1", "version: 2"), "rec/path.yaml: is broken or cut short: not a cassette of version 1"},
		{"without an interaction", edit("path.yaml", "    - request:", "    -\n    - request:"), "rec/path.yaml: is broken or cut short: interaction 1 is incomplete"},
		{"cut inside an interaction", cut("path.yaml", "    response:"), "rec/path.yaml: is broken or cut short: interaction 2 is incomplete"},
		{"cut between interactions", cut("path.yaml", "    - request:"), "rec/path.yaml: is cut short: it holds 1 of 2 interactions"},
		{"emptied", empty("path.yaml"), "rec/path.yaml: is cut short: it holds 0 of 2 interactions"},
		{"a newer format", edit(ProvenanceFile, "format: 2", "format: 3"), "rec/provenance.yaml: has format 3, and this dpconform reads format 2; use a newer dpconform, or record again"},
		{"an older format", edit(ProvenanceFile, "format: 2", "format: 1"), "rec/provenance.yaml: has format 1, and this dpconform reads format 2; record again"},
		{"an unknown key", edit(ProvenanceFile, "seed: 7", "sead: 7"), "rec/provenance.yaml:10: is broken or cut short: unknown key sead"},
		{"no YAML", edit(ProvenanceFile, "seed: 7", "seed: [7"), "rec/provenance.yaml:9: is broken or cut short: "},
		{"no time", func(files fstest.MapFS) {
			lines := strings.Split(string(files[ProvenanceFile].Data), "\n")
			lines[5] = "date: yesterday"
			files[ProvenanceFile] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
		}, `rec/provenance.yaml:6: date is "yesterday", and must be a time such as 2026-01-02T15:04:05Z`},
		{"no Google", edit(ProvenanceFile, "is_google: false", "is_google: true"), "rec/provenance.yaml: is_google is true, which http://127.0.0.1:"},
		{"another count", edit(ProvenanceFile, "interactions: 2", "interactions: 1"), "rec/provenance.yaml: was changed after it was recorded: path.yaml holds 2 interactions, not 1"},
		{"outside the folder", edit(ProvenanceFile, "file: path.yaml", "file: ../path.yaml"), `rec/provenance.yaml: cassettes: "../path.yaml" cannot be the name of a cassette`},
		{"the same twice", edit(ProvenanceFile, "file: path.yaml", "file: body.yaml"), "rec/provenance.yaml: cassettes: body.yaml is there twice"},
		{"no digest", edit(ProvenanceFile, "sha256: sha256:", "sha256: "), "rec/provenance.yaml: cassettes: the sha256 of body.yaml is malformed"},
	} {
		t.Run(one.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, text := range whole {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			one.spoil(files)
			_, err := Open(files, "rec")
			mustBeError(t, err, "record again: dpconform record --cassettes rec")
			if !strings.HasPrefix(err.Error(), one.want) {
				t.Errorf("got  %s\nwant %s", err, one.want)
			}
		})
	}
}

func TestTheCommandNamesTheFolderAsAShellTakesIt(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]string{"": "DIR", "my cassettes": "'my cassettes'", "it's": `'it'\''s'`, "a/b": "a/b"} {
		_, err := Open(fstest.MapFS{}, folder)
		mustBeError(t, err, "--cassettes "+want)
	}
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "")
	_, err := Open(nil, file)
	mustSay(t, err, "the file system of the recording is nil; give os.DirFS of its folder")
	_, err = Open(os.DirFS(file), file)
	mustBeError(t, err)
}

const wantProvenance = `# Written by dpconform record. A replay compares each cassette with its sha256.
format: 2
endpoint: http://127.0.0.1:8080
is_emulator: true
is_google: false
date: 2026-11-24T12:00:00Z
dpconform: 0.1.0
description: archivejobs-retry.openapi.yaml
description_digest: ` + testDigest + `
seed: 7
limit: 10s
loopback: true
allow_retry: false
token_template: dpconform-redacted:{short}
token_join: +
jobs:
  COMPLETE:
    - complete-1
  FAILED:
    - failed-2
    - failed-1
cassettes:
  - file: path.yaml
    interactions: 2
    sha256: ` + testDigest + `
`

func TestProvenanceReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	provenance := testProvenance("http://127.0.0.1:8080").completed()
	provenance.Cassettes = []Cassette{{File: "path.yaml", Interactions: 2, SHA256: testDigest}}
	data, err := provenance.encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != wantProvenance {
		t.Errorf("got\n%s\nwant\n%s", data, wantProvenance)
	}
	again, err := decodeProvenance("", data)
	if err != nil || !reflect.DeepEqual(again, provenance) {
		t.Errorf("got  %+v, %v\nwant %+v", again, err, provenance)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	at := func(endpoint string, emulator bool) Provenance {
		provenance := testProvenance(endpoint)
		provenance.Emulator = emulator
		return provenance.completed()
	}
	emulator := at("http://127.0.0.1:8080", true)
	unversioned := emulator
	unversioned.Version = ""
	for _, one := range []struct {
		provenance Provenance
		after      time.Duration
		want       string
	}{
		{unversioned, 0, "recorded 2026-11-24 from the reference emulator of dpconform — not Google's responses"},
		{emulator, -time.Hour, "recorded 2026-11-24 from the reference emulator of dpconform 0.1.0 — not Google's responses"},
		{emulator, 23 * time.Hour, "recorded 2026-11-24 from the reference emulator of dpconform 0.1.0 — not Google's responses"},
		{emulator, 24 * time.Hour, "recorded 2026-11-24, 1 day ago, from the reference emulator of dpconform 0.1.0 — not Google's responses"},
		{at("http://127.0.0.1:9000", false), 12*24*time.Hour + 5, "recorded 2026-11-24, 12 days ago, from the server at http://127.0.0.1:9000 by dpconform 0.1.0 — not Google's responses"},
		{at("https://dataportability.googleapis.com", false), 0, "recorded 2026-11-24 from Google's own https://dataportability.googleapis.com by dpconform 0.1.0"},
	} {
		if got := one.provenance.Describe(one.provenance.Date.Add(one.after)); got != one.want {
			t.Errorf("got\n%s\nwant\n%s", got, one.want)
		}
	}
	for endpoint, want := range map[string]bool{
		"https://DataPortability.GoogleAPIs.com:443/v1": true, "https://googleapis.com.": true,
		"https://evilgoogleapis.com": false, "https://googleapis.com.example": false, "http://127.0.0.1/googleapis.com": false,
	} {
		if got := at(endpoint, false).Google; got != want {
			t.Errorf("%s: %t", endpoint, got)
		}
	}
	now := Provenance{Endpoint: "http://127.0.0.1:1"}.completed().Date
	if ago := time.Since(now); ago < 0 || ago > time.Minute {
		t.Errorf("the date is %s", now)
	}
}

func TestARecordingNeedsAnEndpoint(t *testing.T) {
	t.Parallel()
	for want, endpoint := range map[string]string{"endpoint: ": "example.com", "is_emulator is true, which https://x.googleapis.com contradicts": "https://x.googleapis.com"} {
		_, err := record(t.TempDir(), endpoint)
		mustSay(t, err, want)
	}
	recording, err := Record(t.TempDir(), Options{Provenance: Provenance{Endpoint: "http://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	recording.Close()
}

// FuzzOpen: whatever stands in the files, opening them gives a recording or an
// *Error in one line, and no panic.
func FuzzOpen(f *testing.F) {
	cassetteText := "---\nversion: 1\ninteractions:\n    - request:\n        body: \"\"\n        form: {}\n        headers: {}\n        url: /v1/x\n        method: GET\n      response:\n        body: x\n        headers: {}\n        status: 200 OK\n        code: 200\n        duration: 0s\n"
	f.Add(wantProvenance, cassetteText, false)
	f.Add("", "", true)
	f.Add("format: 2\njobs: {a: &a [b], c: *a}", "interactions: [null]", true)
	f.Add("format: 999999999999999999999", "version: 1\nmu: {}\ninteractions: [{request: {method: G}, response: {code: 1}}]", true)
	f.Add("format: 2\ndate: x", "interactions: {}", true)
	f.Fuzz(func(t *testing.T, provenanceText, cassetteText string, fitting bool) {
		if fitting {
			// A provenance that fits lets the fuzzer get at what comes after it.
			provenanceText = strings.ReplaceAll(wantProvenance, "sha256: "+testDigest, "sha256: "+digestOf([]byte(cassetteText)))
		}
		files := fstest.MapFS{ProvenanceFile: {Data: []byte(provenanceText)}, "path.yaml": {Data: []byte(cassetteText)}}
		replay, err := Open(files, "DIR")
		if err == nil {
			_, _, _ = replay.Unused(), replay.TokenNames(), replay.Provenance().Describe(time.Time{})
			return
		}
		mustBeError(t, err)
	})
}
