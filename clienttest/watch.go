package clienttest

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// OutcomesPath takes what clients tell that were started by hand: lines as
// ParseOutcomes reads them.
const OutcomesPath = "/outcomes"

// Watch serves a Server together with a page of what has arrived, for clients
// that somebody starts by hand.
type Watch struct {
	Server *Server
	// Version is that of the program.
	Version string
	// Endpoint is where the server is, and Token what a client sends there.
	Endpoint string
	// WireOnly: what a client tells is not judged.
	WireOnly bool

	secrets secrets
	started time.Time
}

// NewWatch makes a server that clients choose scenarios of, and its page.
func NewWatch(options Options, version string, wireOnly bool) (*Watch, error) {
	watch := &Watch{Version: version, WireOnly: wireOnly, secrets: newSecrets(), started: time.Now()}
	options.Tokens, options.RefreshToken = watch.secrets.tokens(), watch.secrets.refresh
	if options.Upstream != nil {
		// The tokens there are somebody else's.
		options.Tokens, options.RefreshToken = nil, ""
	}
	var err error
	watch.Server, err = New(options)
	return watch, err
}

// Token is the token that a client sends, Fresh the one after it.
func (w *Watch) Token() string { return w.secrets.token }

// Fresh is the token that is right after a 401.
func (w *Watch) Fresh() string { return w.secrets.fresh }

// ServeHTTP answers a browser with the page, and all others as the server does.
func (w *Watch) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	ours := reads && r.URL.Path == "/" || r.Method == http.MethodPost && r.URL.Path == OutcomesPath
	switch {
	case ours && !w.Server.mayRead(r):
		http.Error(out, "dpconform: this page is read at "+w.Endpoint+" alone", http.StatusForbidden)
	case reads && r.URL.Path == "/":
		w.page(out)
	case reads && r.URL.Path == "/favicon.ico":
		http.NotFound(out, r)
	case r.Method == http.MethodPost && r.URL.Path == OutcomesPath:
		w.outcomes(out, r)
	default:
		w.Server.ServeHTTP(out, r)
	}
}

// outcomes takes what a client tells.
func (w *Watch) outcomes(out http.ResponseWriter, r *http.Request) {
	idField := w.Server.options.Rules.Contract.IDField
	arrived := readArrived(r, time.Now())
	mistake := arrived.BodyProblem
	if mistake == "" {
		mistake = outcomeMistake(string(arrived.Body), idField)
	}
	if mistake != "" {
		http.Error(out, "dpconform: "+mistake+"; an outcome is a line such as "+outcomeExample(idField), http.StatusBadRequest)
		return
	}
	told := ParseOutcomes(string(arrived.Body), idField)
	known := 0
	for _, call := range w.Server.Calls() {
		if outcome := outcomeFor(told, call.Job); outcome != nil {
			call.Tell(*outcome)
			known++
		}
	}
	if known == 0 {
		http.Error(out, "dpconform: "+unknownJobs(told, w.Server.Calls()), http.StatusBadRequest)
		return
	}
	out.WriteHeader(http.StatusNoContent)
}

// Outcomes judges all that has arrived.
func (w *Watch) Outcomes() Outcomes {
	rules := w.Server.options.Rules
	return Outcomes{Rules: rules, Command: []string{"what arrives at " + w.Endpoint}, Started: w.started, Took: time.Since(w.started),
		WireOnly: w.WireOnly, Results: rules.judgeAll(w.Server, telling{}, judging{wireOnly: w.WireOnly}), secrets: w.secrets}
}

//go:embed watch.html.tmpl
var watchText string

var watchPage = template.Must(template.New("watch").Parse(watchText))

// watched is what the page shows.
type watched struct {
	Report
	Endpoint string
	// Example is an outcome as a client tells it.
	Example string
	// IDField is the member of an outcome that names the new job.
	IDField   string
	Scenarios []watchedScenario
}

// watchedScenario is a scenario that a client may choose.
type watchedScenario struct {
	Name, Title, Job string
	// Asked says that a client has chosen it.
	Asked bool
}

// page shows what has arrived, the newest first.
func (w *Watch) page(out http.ResponseWriter) {
	report := w.Outcomes().Report(w.Version)
	slices.Reverse(report.Results)
	shown := watched{Report: report, Endpoint: w.Endpoint, IDField: w.Server.options.Rules.Contract.IDField}
	shown.Example = outcomeExample(shown.IDField)
	for _, scenario := range w.Server.options.Scenarios {
		asked := slices.ContainsFunc(report.Results, func(result ReportedResult) bool { return result.Scenario == scenario.Name })
		shown.Scenarios = append(shown.Scenarios, watchedScenario{scenario.Name, scenario.Title, JobOf(scenario, "1"), asked})
	}
	header := out.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = watchPage.Execute(out, shown)
}
