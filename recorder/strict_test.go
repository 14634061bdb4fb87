package recorder

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

func TestReplayIsStrict(t *testing.T) {
	folder := t.TempDir()
	server := recordPaths(t, folder, hello, "path/a", "/v1/x", "path/b", "/v1/y", "body/a", "/v1/z")
	replay := openReplay(t, folder)
	judged := newTarget(t, server.URL, replay, replay.Provenance().Tokens.Template)
	again := "; record again: dpconform record --cassettes " + folder
	cases := []struct {
		check   string
		request target.Request
		want    string
	}{
		{"path/a", target.Request{Method: "GET", Path: "/v1/x"}, ""},
		{"path/a", target.Request{Method: "GET", Path: "/v1/x"}, "not recorded: GET /v1/x in cassette " + folder + "/path.yaml (it is asked more often than it was recorded)" + again},
		{"path/a", target.Request{Method: "GET", Path: "/v1/n"}, "not recorded: GET /v1/n in cassette " + folder + "/path.yaml" + again},
		{"path/a", target.Request{Method: "POST", Path: "/v1/y"}, "not recorded: POST /v1/y in cassette " + folder + "/path.yaml" + again},
		{"path/a", target.Request{Method: "GET", Path: "/v1/y", Credential: credential(t, judged, scope)}, "not recorded: GET /v1/y in cassette " + folder + "/path.yaml (it is recorded with another token)" + again},
		{"path/a", target.Request{Method: "GET", Path: "/v1/y", Body: []byte("{}")}, "not recorded: GET /v1/y in cassette " + folder + "/path.yaml (it is recorded with another body)" + again},
		{"path/a", target.Request{Method: "GET", Path: "/v1/y", Header: http.Header{"Content-Type": {"text/plain"}}}, "not recorded: GET /v1/y in cassette " + folder + "/path.yaml (it is recorded with another Content-Type)" + again},
		{"body/a", target.Request{Method: "GET", Path: "/v1/y"}, "not recorded: GET /v1/y in cassette " + folder + "/body.yaml" + again},
		{"errors/a", target.Request{Method: "GET", Path: "/v1/y?key=" + strings.Repeat("s", 20)}, "not recorded: GET /v1/y?key=dpconform-redacted in cassette " + folder + "/errors.yaml (the recording has no such cassette)" + again},
	}
	for _, test := range cases {
		exchange := judged.Send(context.Background(), test.check, test.request)
		switch {
		case test.want == "" && exchange.Fault != nil:
			t.Error(exchange.Fault)
		case test.want != "" && exchange.Fault == nil:
			t.Errorf("answered, instead of %q", test.want)
		case test.want != "" && (exchange.Fault.Kind != target.Unrecorded || exchange.Fault.Detail != test.want):
			t.Errorf("got  %q of kind %q\nwant %q", exchange.Fault.Detail, exchange.Fault.Kind, test.want)
		}
	}
	want := folder + "/body.yaml: interaction 1: GET /v1/z\n" + folder + "/path.yaml: interaction 2: GET /v1/y"
	if got := strings.Join(replay.Unused(), "\n"); got != want {
		t.Errorf("unused:\n%s\nwant:\n%s", got, want)
	}
}

func TestReplayIsOfItsEndpointOnly(t *testing.T) {
	folder := t.TempDir()
	server := recordPaths(t, folder, hello, "path/a", "/v1/x")
	exchange := newTarget(t, "http://elsewhere.example", openReplay(t, folder), "").Send(context.Background(), "path/a", target.Request{Method: "GET", Path: "/v1/x"})
	if exchange.Fault == nil {
		t.Fatal("answered for another host")
	}
	mustContain(t, exchange.Fault.Detail, "the recording is of "+server.URL+", not of http://elsewhere.example")
}

func TestAScopeThatIsNewIsNotTakenForTheUnknownToken(t *testing.T) {
	folder := t.TempDir()
	server := serve(t, hello)
	recording := newRecording(t, folder, server.URL)
	newTarget(t, server.URL, recording, "").Send(context.Background(), "authorization/unknown",
		target.Request{Method: "POST", Path: "/v1/x", Credential: target.UnknownCredential("nobody-gave-this")})
	if err := recording.Save(); err != nil {
		t.Fatal(err)
	}
	replay := openReplay(t, folder)
	judged := newTarget(t, server.URL, replay, replay.Provenance().Tokens.Template)
	request := target.Request{Method: "POST", Path: "/v1/x", Credential: credential(t, judged, scope)}
	if exchange := judged.Send(context.Background(), "authorization/unknown", request); exchange.Fault == nil {
		t.Error("the new scope was answered like an unknown token")
	}
	request.Credential = target.UnknownCredential("nobody-gave-that-either")
	if exchange := judged.Send(context.Background(), "authorization/unknown", request); exchange.Fault != nil {
		t.Error(exchange.Fault)
	}
	if labels := strings.Join(replay.Labels(), " "); labels != redact.Unlabelled {
		t.Errorf("labels: %s", labels)
	}
}

func TestADoneContextEndsAReplay(t *testing.T) {
	folder := t.TempDir()
	server := recordPaths(t, folder, hello, "path/a", "/")
	request := newRequest(t, "path/a", "GET", server.URL+"/")
	ctx, cancel := context.WithCancel(request.Context())
	cancel()
	if _, err := openReplay(t, folder).RoundTrip(request.WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// recorded gives the files of a small recording, to be spoiled.
func recorded(t *testing.T) fstest.MapFS {
	t.Helper()
	folder := t.TempDir()
	recordPaths(t, folder, hello, "path/a", "/v1/x", "path/b", "/v1/y", "body/a", "/v1/z")
	files := fstest.MapFS{}
	for name, text := range filesIn(t, folder) {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func edit(name, old, new string) func(fstest.MapFS) {
	return func(files fstest.MapFS) {
		text := string(files[name].Data)
		if !strings.Contains(text, old) {
			panic(name + " lacks " + old)
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

func TestASpoiledRecordingIsRefused(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(fstest.MapFS)
		want  string
	}{
		{"no provenance", func(files fstest.MapFS) { delete(files, ProvenanceFile) }, "rec/provenance.yaml: is missing, so there is no recording here"},
		{"empty provenance", func(files fstest.MapFS) { files[ProvenanceFile] = &fstest.MapFile{} }, "rec/provenance.yaml: is not the provenance of a recording: format is missing"},
		{"no cassette", func(files fstest.MapFS) { delete(files, "body.yaml") }, "rec/body.yaml: is missing, and provenance.yaml names it"},
		{"a stranger", func(files fstest.MapFS) { files["other.yaml"] = &fstest.MapFile{} }, "rec/other.yaml: does not belong to the recording: provenance.yaml does not name it; move it away, and if it was recorded"},
		{"edited", edit("path.yaml", "/v1/x", "/v1/w"), "rec/path.yaml: was changed after it was recorded: its sha256 is not the one in provenance.yaml"},
		{"broken", edit("path.yaml", "- request:", "- request"), "rec/path.yaml:5: is broken or cut short: mapping values are not allowed in this context"},
		{"of another type", edit("path.yaml", "code: 200", "code: often"), "rec/path.yaml:21: is broken or cut short: cannot unmarshal !!str `often` into int"},
		{"of another version", edit("path.yaml", "version: 1", "version: 2"), "rec/path.yaml: is broken or cut short: not a cassette of version 1"},
		{"cut inside an interaction", cut("path.yaml", "    response:"), "rec/path.yaml: is broken or cut short: interaction 2 is not whole"},
		{"cut between interactions", cut("path.yaml", "    - request:"), "rec/path.yaml: is cut short: it holds 1 of 2 interactions"},
		{"emptied", func(files fstest.MapFS) { files["path.yaml"] = &fstest.MapFile{} }, "rec/path.yaml: is cut short: it holds 0 of 2 interactions"},
		{"a newer form", edit(ProvenanceFile, "format: 1", "format: 2"), "rec/provenance.yaml: has format 2, and this dpconform reads format 1; use a newer dpconform, or record again"},
		{"an unknown key", edit(ProvenanceFile, "seed: 7", "sead: 7"), "rec/provenance.yaml:12: is broken or cut short: unknown key sead"},
		{"no YAML", edit(ProvenanceFile, "seed: 7", "seed: [7"), "rec/provenance.yaml:1"},
		{"no Google", edit(ProvenanceFile, "is_google: false", "is_google: true"), "rec/provenance.yaml: is_google is true, which http://127.0.0.1:"},
		{"another kind", edit(ProvenanceFile, "kind: emulator", "kind: dream"), `rec/provenance.yaml: recorded_from.kind is "dream", neither "emulator" nor "server"`},
		{"another count", edit(ProvenanceFile, "interactions: 2", "interactions: 1"), "rec/provenance.yaml: was changed after it was recorded: path.yaml holds 2 interactions, not 1"},
		{"outside the folder", edit(ProvenanceFile, "file: path.yaml", "file: ../path.yaml"), `rec/provenance.yaml: cassettes: "../path" cannot be the name of a cassette`},
		{"another description", edit(ProvenanceFile, testDigest, strings.Replace(testDigest, "1", "2", 1)), "rec/provenance.yaml: was recorded for another description: archivejobs-retry.openapi.yaml (sha256:211111111111), not sha256:111111111111"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			files := recorded(t)
			test.spoil(files)
			_, err := OpenReplay(files, ReplayOptions{Folder: "rec", ContractDigest: testDigest})
			var fault *CassetteError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v", err)
			}
			mustContain(t, err.Error(), test.want, "record again: dpconform record --cassettes rec")
			if !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %s", err)
			}
		})
	}
}

func TestTheCommandNamesTheFolderAsAShellTakesIt(t *testing.T) {
	for folder, want := range map[string]string{"": "DIR", "my cassettes": "'my cassettes'", "it's": `'it'\''s'`, "a/b": "a/b"} {
		_, err := OpenReplay(fstest.MapFS{}, ReplayOptions{Folder: folder})
		if err == nil || !strings.HasSuffix(err.Error(), "--cassettes "+want) {
			t.Errorf("%q: %v", folder, err)
		}
	}
}

func TestAFolderThatIsNoneIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	writeFile(t, path, "")
	_, err := OpenReplay(os.DirFS(path), ReplayOptions{Folder: path})
	var fault *CassetteError
	if !errors.As(err, &fault) {
		t.Fatalf("got %v", err)
	}
}
