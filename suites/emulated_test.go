package suites

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// patience is a limit that no response of a conforming emulator comes near, on
// however slow a machine.
const patience = time.Minute

// emulated starts the reference emulator and makes a target of it.
func emulated(t testing.TB, method *spec.Method, options emulator.Options, change ...func(*target.Config, http.Handler)) *target.Target {
	t.Helper()
	server, err := emulator.New(method, options)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	jobs := options.Jobs
	if jobs == nil {
		jobs = emulator.DefaultJobs(method)
	}
	config := target.Config{
		Endpoint: listening.URL, Jobs: jobs, Loopback: true, Limit: patience,
		Credentials: target.TokenTemplate{Text: platform.TokenTemplate, Join: platform.TokenJoin},
		Pause:       noPause,
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
	response := recorded.Result()
	response.Request = request
	return response, nil
}

// tested runs all checks over a target, without Ginkgo, so that tests can do it
// side by side.
func tested(t testing.TB, method *spec.Method, server *target.Target, seed uint64) result.Report {
	t.Helper()
	return testedBy(t, method, server, seed, func(Check) bool { return true })
}

// testedBy is tested for some of the checks.
func testedBy(t testing.TB, method *spec.Method, server *target.Target, seed uint64, selected func(Check) bool, known ...result.KnownFailure) result.Report {
	t.Helper()
	session, err := newSession(Config{Method: method, Endpoint: server.Endpoint(), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	ctx := result.NewContext(target.NewContext(context.Background(), server), known)
	run := result.Run{Requirements: method.Requirements, NotApplicable: notApplicable(method), Known: known}
	for _, check := range session.checks {
		run.Catalogue = append(run.Catalogue, check.result())
		if selected(check) {
			run.Checks = append(run.Checks, session.run(ctx, check))
		}
	}
	var report result.Report
	report.Conclude(run)
	return report
}

func verdictsByRequirement(outcome result.Report) map[string]result.Requirement {
	verdicts := map[string]result.Requirement{}
	for _, requirement := range outcome.Requirements {
		verdicts[requirement.ID] = requirement
	}
	return verdicts
}
