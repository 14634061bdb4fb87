// Package ginkgosuite shows the specs inside a Ginkgo suite of one's own, with
// a server that starts when the suite does.
package ginkgosuite

import (
	"context"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

func TestMySuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "my emulator")
}

var contract = spec.MustLoadEmbedded()

var listening *httptest.Server

var _ = BeforeSuite(func() {
	server, err := emulator.New(contract, emulator.Options{})
	Expect(err).NotTo(HaveOccurred())
	listening = httptest.NewServer(server)
	DeferCleanup(listening.Close)
})

var _ = suites.Register(suites.SuiteConfig{
	Config: suites.Config{Contract: contract},
	Connect: func(context.Context) (*target.Target, error) {
		return target.New(target.Config{
			Endpoint:    listening.URL,
			Credentials: target.TokenTemplate{Text: "scope:{short}", Join: "+"},
			Jobs:        emulator.DefaultJobs(contract),
			Loopback:    true,
		})
	},
})
