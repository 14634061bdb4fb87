package target

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// respondWith is a transport with one response to everything.
type respondWith func() (http.Header, []byte)

func (r respondWith) RoundTrip(*http.Request) (*http.Response, error) {
	header, body := r()
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// keptBy counts the bytes that a run keeps of its responses.
func keptBy(t *Target) (bodies, headers int) {
	for _, exchange := range t.Journal() {
		bodies += len(exchange.Body) + len(exchange.packed)
		for name, values := range exchange.Header {
			for _, value := range values {
				headers += len(name) + len(value)
			}
		}
	}
	return bodies, headers
}

func TestTheBodiesOfARunAreKeptWithinBounds(t *testing.T) {
	t.Parallel()
	random := rand.NewChaCha8([32]byte{})
	noise, spaces := make([]byte, 2<<20), append(bytes.Repeat([]byte(" "), largestResponse-2), "{}"...)
	_, _ = random.Read(noise)
	body := spaces
	sent, err := New(Config{Endpoint: "http://127.0.0.1:1", Transport: respondWith(func() (http.Header, []byte) { return http.Header{}, body })})
	if err != nil {
		t.Fatal(err)
	}
	send := func() *Exchange { return sent.Send(t.Context(), "a/b", Request{Method: "GET", Path: "/"}) }
	long := 100
	if testing.Short() {
		long = 5
	}
	for range long {
		if exchange := send(); !exchange.Complete() || exchange.BodyBytes != len(spaces) || !bytes.Equal(exchange.WholeBody()[len(spaces)-2:], []byte("{}")) {
			t.Fatalf("%d bytes, %v", exchange.BodyBytes, exchange.Fault)
		}
	}
	body = noise
	refused := 0
	for range 20 {
		exchange := send()
		switch {
		case exchange.Complete() && bytes.Equal(exchange.WholeBody(), noise):
		case exchange.Fault != nil && exchange.Fault.Kind == Endless && strings.Contains(exchange.Fault.Detail, "of 2097152 bytes") && exchange.BodyBytes == len(noise):
			refused++
		default:
			t.Fatalf("%d bytes, %v", exchange.BodyBytes, exchange.Fault)
		}
	}
	if bodies, _ := keptBy(sent); bodies > keptByRun || refused == 0 || refused > 15 {
		t.Errorf("%d bytes are kept, and %d bodies were not", bodies, refused)
	}
	body = []byte(`{"a":1}`)
	if exchange := send(); !exchange.Complete() || string(exchange.WholeBody()) != `{"a":1}` {
		t.Errorf("a short body after many long ones: %q, %v", exchange.Body, exchange.Fault)
	}
}

func TestOfALongHeaderIsKeptWhatChecksRead(t *testing.T) {
	t.Parallel()
	many := func(name string) http.Header {
		header := http.Header{"Content-Type": {"application/json"}}
		for i := range 20000 {
			header.Add(strings.ReplaceAll(name, "#", fmt.Sprint(i)), "value")
		}
		return header
	}
	for name, row := range map[string]struct {
		header http.Header
		cut    string
	}{
		"short":           {http.Header{"Content-Type": {"application/json"}, "X-A": {strings.Repeat("x", keptValue)}}, ""},
		"one long value":  {http.Header{"Content-Type": {"application/json"}, "A": {strings.Repeat("x", 900<<10)}}, "2 of 2 fields kept, 900 KiB in all"},
		"many fields":     {many("A-#"), " of 20001 fields kept, "},
		"many values":     {many("A"), " of 20001 fields kept, "},
		"many challenges": {many("Www-Authenticate"), " of 20001 fields kept, "},
		"a long challenge": {http.Header{"Content-Type": {"application/json"}, "Www-Authenticate": {"Bearer " + strings.Repeat("x", 2*keptHeader)}},
			"2 of 2 fields kept, 32 KiB in all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, err := New(Config{Endpoint: "http://127.0.0.1:1", Transport: respondWith(func() (http.Header, []byte) { return row.header.Clone(), nil })})
			if err != nil {
				t.Fatal(err)
			}
			exchange := sent.Send(t.Context(), "a/b", Request{Method: "GET", Path: "/"})
			_, kept := keptBy(sent)
			if kept > keptHeader || exchange.Header.Get("Content-Type") != "application/json" || exchange.Header.Get(HeaderCutHeader) != "" ||
				!strings.Contains(exchange.HeaderCut, row.cut) || (row.cut == "") != (exchange.HeaderCut == "") {
				t.Errorf("%d bytes of %d fields, %q", kept, len(exchange.Header), exchange.HeaderCut)
			}
			// Whoever is behind a recording gets the same.
			again := boundHeader(row.header)
			if twice := boundHeader(again); len(twice) != len(again) || twice.Get(HeaderCutHeader) != exchange.HeaderCut {
				t.Errorf("%q became %q", exchange.HeaderCut, twice.Get(HeaderCutHeader))
			}
		})
	}
}
