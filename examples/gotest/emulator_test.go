// Package gotest shows the suite inside go test: put your own server in the
// place of the reference emulator.
package gotest

import (
	"net/http/httptest"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

func TestConformance(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	server, err := emulator.New(contract, emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	defer listening.Close()

	judged, err := target.New(target.Config{
		Endpoint:    listening.URL,
		Credentials: target.TokenTemplate{Text: "scope:{short}", Join: "+"},
		Jobs:        emulator.DefaultJobs(contract),
		Loopback:    true,
	})
	if err != nil {
		t.Fatal(err)
	}
	suites.Test(t, suites.Config{Target: judged})
}
