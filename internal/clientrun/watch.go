package clientrun

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
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

	options WatchOptions
	server  *Server
	site    *Site
	control *control
	started time.Time
}

// WatchOptions say what a Watch serves, and what its reports are made with.
type WatchOptions struct {
	Options
	// Version is that of the program.
	Version string
	// WireOnly: what a client reports is not tested.
	WireOnly bool
	// Known are the failures that somebody accepted.
	Known result.KnownFailures
	// JSON and HTML write a report.
	JSON, HTML func(io.Writer, result.Report) error
}

// NewWatch listens at an address for clients that choose scenarios.
func NewWatch(address string, options WatchOptions) (*Watch, error) {
	watch := &Watch{options: options, started: time.Now()}
	watch.control = newControl(watch, address)
	if options.Upstream == nil {
		watch.Secrets = watch.control.run.secrets
		options.Tokens, options.RefreshToken = watch.Secrets.tokens(), watch.Secrets.refresh
	}
	var err error
	if watch.server, err = New(options.Options); err != nil {
		return nil, err
	}
	if watch.site, err = serve(watch.server, address, watch); err != nil {
		return nil, err
	}
	watch.Endpoint = watch.site.Endpoint
	return watch, nil
}

// Close ends the site, and all calls that were started.
func (w *Watch) Close() {
	w.site.Close()
	w.control.close()
}

// ServeHTTP responds to a browser with the page, to who controls it as the
// description of the interface says, and to all others as the server does.
func (w *Watch) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	page := reads && r.URL.Path == "/"
	switch controls := controls(r); {
	case (page || controls) && !w.server.mayRead(r):
		refuse(out, http.StatusForbidden, "this page is read at "+w.Endpoint+" alone")
	case page:
		w.page(out)
	case reads && r.URL.Path == "/favicon.ico":
		http.NotFound(out, r)
	case controls:
		w.control.ServeHTTP(out, r)
	default:
		w.server.ServeHTTP(out, r)
	}
}

// outcomes takes what a client reports, and says what is wrong with it.
func (w *Watch) outcomes(r *http.Request) (mistake string) {
	arrived := readRequest(r, time.Now(), &w.server.bodies)
	defer w.server.bodies.giveBack(arrived)
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
	results := rules.evaluateAll(w.server, reported{}, evidence{wireOnly: w.options.WireOnly, posted: outcomesPath})
	return w.outcomesOf(append(results, w.control.results()...))
}

func (w *Watch) outcomesOf(results []Result) Outcomes {
	return Outcomes{rules: w.server.options.Rules, target: w.Endpoint, started: w.started, took: time.Since(w.started),
		wireOnly: w.options.WireOnly, results: results, secrets: w.control.run.secrets, hidden: w.options.Secrets, notApplicable: w.server.options.NotApplicable}
}

//go:embed watch.html.tmpl
var watchText string

var watchPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("watch").Funcs(template.FuncMap{"counted": text.Counted}).Parse(watchText))
})

// watched is what the page shows.
type watched struct {
	result.Report
	Endpoint string
	// Calls are the checks, the newest first.
	Calls     []watchedCall
	Scenarios []watchedScenario
}

// watchedCall is a check with its exchanges, and the requirement or the condition of each
// finding.
type watchedCall struct {
	result.Check
	Arrived []result.Exchange
	Broken  []result.Requirement
	// NotTested are the requirements that could not be tested. What to give names the
	// job and the whole address.
	NotTested []result.Unjudged
}

// watchedScenario is a scenario that a client may choose.
type watchedScenario struct {
	Name, Title, Job string
	// Chosen: a client has chosen it.
	Chosen bool
}

func (w *Watch) page(out http.ResponseWriter) {
	report := w.Outcomes().Report(w.options.Version, w.options.Known)
	shown := watched{Report: report, Endpoint: w.Endpoint}
	for _, check := range slices.Backward(report.Checks) {
		call := watchedCall{Check: check}
		own := strings.NewReplacer(`"job":"ID"`, fmt.Sprintf(`"job":%q`, cmp.Or(check.Call.Job, "ID")), "POST /", "POST "+w.Endpoint+"/")
		for _, same := range text.Grouped(check.Call.Untested, func(one result.Untested) [2]string { return [2]string{one.Reason, one.Flag} }) {
			group := result.Unjudged{Reason: same[0].Reason, Flag: own.Replace(same[0].Flag)}
			for _, one := range same {
				group.Requirements = append(group.Requirements, one.Requirement)
			}
			call.NotTested = append(call.NotTested, group)
		}
		for _, number := range check.Exchanges {
			call.Arrived = append(call.Arrived, report.Exchanges[number-1])
		}
		for _, finding := range check.Findings {
			broken, _ := report.Named(finding.Requirement)
			call.Broken = append(call.Broken, broken)
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

// JobsText says which job ids choose scenarios.
func JobsText(scenarios []*scenario.Scenario) string {
	names := scenario.Names(scenarios)
	for i, one := range scenarios {
		if one.JobEnd != "" {
			names[i] += fmt.Sprintf(" (%q)", JobOf(one, "1"))
		}
	}
	return jobPrefix + "NAME-1, where NAME is the scenario: " + strings.Join(names, ", ")
}
