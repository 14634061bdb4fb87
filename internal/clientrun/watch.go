package clientrun

import (
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// outcomesPath takes what clients report that were started by hand: outcomes, a
// line each.
const outcomesPath = "/outcomes"

// Watch serves a Server together with a page of what has arrived, for clients
// that somebody starts by hand.
type Watch struct {
	// Endpoint is where the server is.
	Endpoint string
	// Secrets are what a client sends there; empty upstream, where the tokens are
	// those of another server.
	Secrets Secrets

	server   *Server
	site     *Site
	version  string
	wireOnly bool
	started  time.Time
}

// NewWatch listens at an address for clients that choose scenarios. The version is
// that of the program; with wireOnly, what a client reports is not tested.
func NewWatch(address string, options Options, version string, wireOnly bool) (*Watch, error) {
	watch := &Watch{version: version, wireOnly: wireOnly, started: time.Now()}
	if options.Upstream == nil {
		watch.Secrets = NewSecrets()
		options.Tokens, options.RefreshToken = watch.Secrets.tokens(), watch.Secrets.refresh
	}
	var err error
	if watch.server, err = New(options); err != nil {
		return nil, err
	}
	if watch.site, err = serve(watch.server, address, false, watch); err != nil {
		return nil, err
	}
	watch.Endpoint = watch.site.Endpoint
	return watch, nil
}

// Close ends the site.
func (w *Watch) Close() { w.site.Close() }

// ServeHTTP responds to a browser with the page, and to all others as the server
// does.
func (w *Watch) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	ours := reads && r.URL.Path == "/" || r.Method == http.MethodPost && r.URL.Path == outcomesPath
	switch {
	case ours && !w.server.mayRead(r):
		http.Error(out, "dpconform: this page is read at "+w.Endpoint+" alone", http.StatusForbidden)
	case ours && reads:
		w.page(out)
	case reads && r.URL.Path == "/favicon.ico":
		http.NotFound(out, r)
	case ours:
		if mistake := w.outcomes(r); mistake != "" {
			http.Error(out, "dpconform: "+mistake, http.StatusBadRequest)
			return
		}
		out.WriteHeader(http.StatusNoContent)
	default:
		w.server.ServeHTTP(out, r)
	}
}

// outcomes takes what a client reports, and says what is wrong with it.
func (w *Watch) outcomes(r *http.Request) (mistake string) {
	arrived := readRequest(r, time.Now())
	lines := &outcomeLines{success: successMember(w.method())}
	_, _ = lines.Write(arrived.body)
	reported := lines.end("the body")
	switch {
	case arrived.bodyProblem != "":
		return "the body: " + arrived.bodyProblem
	case len(reported.outcomes) == 0:
		return cmp.Or(reported.hint, "the body has no outcome") + "; an outcome is a line such as " + w.example()
	}
	known := false
	var jobs, arrivedJobs []string
	for _, one := range reported.outcomes {
		jobs = append(jobs, one.Job)
	}
	for _, call := range w.server.Calls() {
		arrivedJobs = append(arrivedJobs, call.job)
		if outcome := reported.of(call.job); outcome != nil {
			call.report(*outcome)
			known = true
		}
	}
	switch few := firstFew(arrivedJobs); {
	case known:
		return ""
	case few == "":
		return "no request of the job " + firstFew(jobs) + " has arrived; nor of any other"
	default:
		return "no request of the job " + firstFew(jobs) + " has arrived; there is " + few
	}
}

// firstFew lists the first few of many ids.
func firstFew(ids []string) string {
	const few = 5
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	ids = ids[:min(len(ids), few)]
	for i, id := range ids {
		ids[i] = printable(id)
	}
	return strings.Join(ids, ", ")
}

func (w *Watch) method() *spec.Method { return w.server.options.Rules.Method }

// example is an outcome as a client reports it.
func (w *Watch) example() string { return outcomeLine(w.method(), "scenario-success-1") }

// Outcomes evaluates all that has arrived.
func (w *Watch) Outcomes() Outcomes {
	rules := w.server.options.Rules
	return Outcomes{rules: rules, target: w.Endpoint, started: w.started, took: time.Since(w.started),
		wireOnly: w.wireOnly, results: rules.evaluateAll(w.server, reported{}, evidence{wireOnly: w.wireOnly}), secrets: w.Secrets,
		notApplicable: w.server.options.NotApplicable}
}

//go:embed watch.html.tmpl
var watchText string

var watchPage = sync.OnceValue(func() *template.Template { return template.Must(template.New("watch").Parse(watchText)) })

// watched is what the page shows.
type watched struct {
	result.Report
	Endpoint, Example string
	// Calls are the checks, the newest first.
	Calls     []watchedCall
	Scenarios []watchedScenario
}

// watchedCall is a check with its exchanges, and the requirement of each finding.
type watchedCall struct {
	result.Check
	Arrived []result.Exchange
	Broken  []result.Requirement
	// Example is an outcome of the call as the client reports it.
	Example string
}

// watchedScenario is a scenario that a client may choose.
type watchedScenario struct {
	Name, Title, Job string
	// Chosen: a client has chosen it.
	Chosen bool
}

func (w *Watch) page(out http.ResponseWriter) {
	report := w.Outcomes().Report(w.version, nil)
	shown := watched{Report: report, Endpoint: w.Endpoint, Example: w.example()}
	for _, check := range slices.Backward(report.Checks) {
		call := watchedCall{Check: check, Example: w.example()}
		if check.Call.Job != "" {
			call.Example = outcomeLine(w.method(), check.Call.Job)
		}
		for _, number := range check.Exchanges {
			call.Arrived = append(call.Arrived, report.Exchanges[number-1])
		}
		for _, finding := range check.Findings {
			index := slices.IndexFunc(report.Requirements, func(one result.Requirement) bool { return one.ID == finding.Requirement })
			call.Broken = append(call.Broken, report.Requirements[index])
		}
		shown.Calls = append(shown.Calls, call)
	}
	for _, one := range w.server.options.Scenarios {
		chosen := slices.ContainsFunc(report.Checks, func(check result.Check) bool { return check.ID == one.Name })
		shown.Scenarios = append(shown.Scenarios, watchedScenario{one.Name, one.Title, JobOf(one, "1"), chosen})
	}
	header := out.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = watchPage().Execute(out, shown)
}

// JobsOf lists job ids that choose scenarios, one for each.
func JobsOf(scenarios []*scenario.Scenario) []string {
	jobs := make([]string, len(scenarios))
	for i, one := range scenarios {
		jobs[i] = JobOf(one, "1")
	}
	return jobs
}
