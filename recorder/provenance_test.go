package recorder

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const wantProvenance = `# Written by dpconform record. A replay compares each cassette with its sha256.
format: 1
recorded_from:
  kind: emulator
  endpoint: http://127.0.0.1:8080
is_google: false
date: 2026-11-24T12:00:00Z
dpconform: 0.1.0
description:
  name: archivejobs-retry.openapi.yaml
  digest: ` + testDigest + `
seed: 7
limit: 10s
loopback: true
allow_retry: false
tokens:
  template: dpconform-redacted:{short}
  join: +
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
	provenance := testProvenance("http://127.0.0.1:8080").completed()
	provenance.Cassettes = []CassetteFile{{File: "path.yaml", Interactions: 2, SHA256: testDigest}}
	data, err := provenance.encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != wantProvenance {
		t.Errorf("got\n%s\nwant\n%s", data, wantProvenance)
	}
	again, fault := decodeProvenance("", data)
	if fault != nil {
		t.Fatal(fault)
	}
	if !reflect.DeepEqual(again, provenance) {
		t.Errorf("got  %+v\nwant %+v", again, provenance)
	}
}

func TestDescribe(t *testing.T) {
	emulator := testProvenance("http://127.0.0.1:8080").completed()
	emulator.Cassettes = []CassetteFile{{Interactions: 300}, {Interactions: 12}}
	server := testProvenance("http://127.0.0.1:9000")
	server.RecordedFrom.Kind = FromServer
	google := testProvenance("https://dataportability.googleapis.com")
	google.RecordedFrom.Kind = FromServer
	const of = "description archivejobs-retry.openapi.yaml (sha256:111111111111), seed 7, "
	for _, test := range []struct {
		provenance Provenance
		want       string
	}{
		{emulator, "recorded 2026-11-24 from the reference emulator of dpconform 0.1.0 — not an answer of Google's\n" + of + "312 interactions in 2 cassettes"},
		{server.completed(), "recorded 2026-11-24 from the server at http://127.0.0.1:9000 by dpconform 0.1.0 — not an answer of Google's\n" + of + "0 interactions in 0 cassettes"},
		{google.completed(), "recorded 2026-11-24 from Google's own https://dataportability.googleapis.com by dpconform 0.1.0\n" + of + "0 interactions in 0 cassettes"},
	} {
		if got := strings.Join(test.provenance.Describe(), "\n"); got != test.want {
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		}
	}
}

func TestOnlyGoogleIsGoogle(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://dataportability.googleapis.com": true, "https://DataPortability.GoogleAPIs.com:443/v1": true, "https://googleapis.com.": true,
		"https://evilgoogleapis.com": false, "https://googleapis.com.example": false, "http://127.0.0.1/googleapis.com": false,
	} {
		if got := testProvenance(endpoint).completed().IsGoogle; got != want {
			t.Errorf("%s: %t", endpoint, got)
		}
	}
}

func TestARecordingNeedsAProvenance(t *testing.T) {
	for want, spoil := range map[string]func(*Provenance){
		"recorded_from.kind":                    func(p *Provenance) { p.RecordedFrom.Kind = "" },
		"recorded_from.endpoint":                func(p *Provenance) { p.RecordedFrom.Endpoint = "example.com" },
		"description.digest is missing":         func(p *Provenance) { p.Description.Digest = "" },
		`recorded_from.kind is "emulator", whi`: func(p *Provenance) { p.RecordedFrom.Endpoint = "https://x.googleapis.com" },
	} {
		provenance := testProvenance("http://127.0.0.1:1")
		spoil(&provenance)
		_, err := NewRecording(RecordingOptions{Folder: t.TempDir(), Provenance: provenance})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestTheDateIsNowWhereNoneIsGiven(t *testing.T) {
	provenance := testProvenance("http://127.0.0.1:1")
	provenance.Date = time.Time{}
	if got := time.Since(provenance.completed().Date); got < 0 || got > time.Minute {
		t.Errorf("%s ago", got)
	}
}
