package suites_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// patience is a limit that no answer of a conforming emulator comes near, on
// however slow a machine.
const patience = time.Minute

// emulated starts the reference emulator and makes a target of it.
func emulated(t testing.TB, contract *spec.Contract, options emulator.Options, change ...func(*target.Config, http.Handler)) *target.Target {
	t.Helper()
	server, err := emulator.New(contract, options)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	jobs := options.Jobs
	if jobs == nil {
		jobs = emulator.DefaultJobs(contract)
	}
	config := target.Config{
		Endpoint: listening.URL, Jobs: jobs, Loopback: true, Limit: patience,
		Credentials: target.TokenTemplate{Text: emulator.DefaultTokenTemplate, Join: emulator.DefaultTokenJoin},
	}
	for _, alter := range change {
		alter(&config, server)
	}
	made, err := target.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// inProcess makes every request a call of the handler, for the many runs that
// are not about connections.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	recorded := httptest.NewRecorder()
	arriving := request.Clone(request.Context())
	arriving.RequestURI = request.URL.RequestURI()
	p.handler.ServeHTTP(recorded, arriving)
	return recorded.Result(), nil
}

// judged runs all checks one after the other, without Ginkgo, so that tests can
// do it side by side.
func judged(config suites.Config) suites.Outcome {
	session := suites.NewSession(config)
	checks := suites.Checks(session.Contract())
	var results []suites.Result
	for _, check := range checks {
		results = append(results, session.Judge(context.Background(), check))
	}
	return suites.Conclude(session.Contract(), checks, results)
}

func verdictsByRequirement(outcome suites.Outcome) map[string]suites.RequirementResult {
	verdicts := map[string]suites.RequirementResult{}
	for _, result := range outcome.Requirements {
		verdicts[result.Requirement.ID] = result
	}
	return verdicts
}
