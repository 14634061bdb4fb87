package clientrun

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
)

// RunOptions say what is run, and how. Their Job is the id that the client uses,
// where it cannot be given one; empty makes one for each scenario. With an Upstream
// the command is run once.
type RunOptions struct {
	Options
	// Command is the words of the client program; {endpoint}, {job}, {token},
	// {fresh-token}, {scenario} and {outcome} in them are replaced.
	Command []string
	// Together runs the command once and lets it choose scenarios. All: it has to
	// choose every one.
	Together, All bool
	// Limit is how long the command may take, for one scenario.
	Limit time.Duration
	// ExitReports: exit code 0 means that the call was a success.
	ExitReports bool
	// WireOnly: what the client reports is not tested.
	WireOnly bool
	// Token is for the server upstream; empty where the client brings its own.
	Token string
	// Show gets what the commands print; nil for nobody.
	Show io.Writer
	// Observe is called after each scenario; nil means nobody looks.
	Observe func(name string, failed bool)
}

// Outcomes is all that a run found.
type Outcomes struct {
	// Interrupted: the run ended early.
	Interrupted bool

	rules Rules
	// command is what was run, and target the address where other clients were waited
	// for.
	command  []string
	target   string
	limit    time.Duration
	started  time.Time
	took     time.Duration
	wireOnly bool
	results  []Result
	// notChosen are the names of the scenarios that a command which is run once did
	// not choose, where it was to choose any.
	notChosen     []string
	notApplicable []result.NotApplicable
	secrets       Secrets
	// hidden are what no report shows beside them.
	hidden []string
}

// Run runs the command once for each scenario, each against a server of its
// own, or once for all of them. It returns a *StartError where there is nothing
// to run, and the error of the context where that ended first; what was found
// until then is in the outcomes.
func Run(ctx context.Context, options RunOptions) (Outcomes, error) {
	run := &run{options: options, secrets: NewSecrets()}
	if options.Upstream != nil && options.Token != "" {
		run.secrets.Token = options.Token
	}
	found := Outcomes{rules: options.Rules, command: options.Command, started: time.Now(), wireOnly: options.WireOnly, limit: options.Limit,
		secrets: run.secrets, hidden: options.Secrets, notApplicable: options.NotApplicable}
	folder, err := os.MkdirTemp("", "dpconform-client-")
	if err != nil {
		return found, err
	}
	defer os.RemoveAll(folder)
	run.folder = folder
	if options.Together || options.Upstream != nil {
		err = run.together(ctx, &found)
	} else {
		err = run.each(ctx, &found)
	}
	found.took, found.Interrupted = time.Since(found.started), ctx.Err() != nil
	if found.Interrupted && options.Upstream == nil {
		found.skipRest(options)
	}
	return found, err
}

// skipRest adds a skip for each scenario that an interrupted run did not come to.
func (o *Outcomes) skipRest(options RunOptions) {
	for _, one := range options.Scenarios {
		if slices.ContainsFunc(o.results, func(other Result) bool { return other.scenario == one }) {
			continue
		}
		e := &evaluation{rules: options.Rules, scenario: one}
		e.skip(result.Interrupted, "", slices.Concat(one.Must, one.MustNot)...)
		if len(e.untested) == 0 {
			e.untested = []result.Untested{{Requirement: result.ConditionCalled, Reason: result.Interrupted}}
		}
		rest := Result{scenario: one, Check: result.Check{Aspect: aspectCall, Verdict: result.Skip, Reason: result.Interrupted,
			Call: &result.Call{Steps: len(one.Steps), Untested: e.untested}}}
		rest.name()
		o.results = append(o.results, rest)
	}
}

type run struct {
	options RunOptions
	secrets Secrets
	folder  string
	// host is where servers listen; empty means 127.0.0.1.
	host string
}

// Secrets are the tokens of one run.
type Secrets struct{ Token, Fresh, refresh string }

// NewSecrets makes tokens that nobody else has.
func NewSecrets() Secrets {
	return Secrets{newSecret("token"), newSecret("fresh"), newSecret("refresh")}
}

func newSecret(name string) string {
	var random [12]byte
	// crypto/rand does not fail: https://pkg.go.dev/crypto/rand#Read
	_, _ = rand.Read(random[:])
	return "dpconform-client-" + name + "-" + hex.EncodeToString(random[:])
}

func (s Secrets) tokens() []string { return []string{s.Token, s.Fresh} }

// each runs the command once for each scenario.
func (r *run) each(ctx context.Context, found *Outcomes) error {
	for _, one := range r.options.Scenarios {
		made, err := r.one(ctx, one)
		if err != nil {
			return err
		}
		found.results = append(found.results, made)
		if r.options.Observe != nil {
			r.options.Observe(one.Name, made.Check.Verdict == result.Fail)
		}
	}
	return nil
}

func (r *run) one(ctx context.Context, chosen *scenario.Scenario) (Result, error) {
	job := cmp.Or(r.options.Job, JobOf(chosen, "1"))
	site, err := r.open(chosen, job)
	if err != nil {
		return Result{}, err
	}
	call := site.Server.Begin(chosen, job)
	ended, reported, err := r.command(ctx, site, chosen.Name, job)
	site.Close()
	if err != nil {
		return Result{}, err
	}
	if outcome := reported.of(job); outcome != nil {
		call.report(*outcome)
	}
	return r.options.Rules.evaluate(call, evidence{
		command: ended, exitReports: r.options.ExitReports, wireOnly: r.options.WireOnly, hint: reported.hintFor(job), contradiction: reported.contradictions[job]}), nil
}

// together runs the command once. The scenarios that it did not choose have no
// result, unless it had to; where no server upstream responds their names are
// noted.
func (r *run) together(ctx context.Context, found *Outcomes) error {
	job := r.options.Job
	if job == "" {
		job = "job-of-dpconform"
	}
	site, err := r.open(nil, job)
	if err != nil {
		return err
	}
	ended, reported, err := r.command(ctx, site, "", job)
	site.Close()
	if err != nil {
		return err
	}
	known := evidence{wireOnly: r.options.WireOnly, hint: reported.hint}
	if r.options.Upstream != nil && r.options.Token != "" {
		known.tokens = []string{r.options.Token}
	}
	found.results = r.options.Rules.evaluateAll(site.Server, reported, known)
	if !r.options.WireOnly {
		found.results = append(found.results, r.invented(reported, found.results)...)
	}
	for _, one := range r.options.Scenarios {
		switch {
		case slices.ContainsFunc(found.results, func(other Result) bool { return other.scenario == one }):
		case r.options.All:
			missing := Result{scenario: one}
			missing.broken(r.options.Rules, result.ConditionCalled, "a request", "none")
			found.results = append(found.results, missing)
		case r.options.Upstream == nil:
			found.notChosen = append(found.notChosen, one.Name)
		}
	}
	found.results = append(found.results, r.whole(ended, found.results))
	return nil
}

// invented makes a result for each job that the client reported an outcome of and
// never named in a request.
func (r *run) invented(reported reported, results []Result) []Result {
	var invented []Result
	for _, outcome := range reported.outcomes {
		if slices.ContainsFunc(results, func(other Result) bool { return other.job == outcome.Job }) {
			continue
		}
		got := "no request for the job, and an error reported"
		if outcome.Error == nil {
			got = "no request for the job, and a success reported"
		}
		one := Result{job: outcome.Job}
		one.broken(r.options.Rules, result.ConditionCalled, "a request for each job of which an outcome is reported", got)
		one.Check.Call.Reported = &outcome.Outcome
		invented = append(invented, one)
	}
	return invented
}

// broken makes a result of a condition alone that was not met.
func (r *Result) broken(rules Rules, condition, want, got string) {
	e := &evaluation{rules: rules}
	e.fail(condition, want, got)
	r.Check = result.Check{Aspect: aspectCall, Verdict: result.Fail, Findings: e.findings, Call: &result.Call{Job: r.job}}
	r.name()
}

// evaluateAll evaluates every call of a server. Requests that have nothing to do
// with the method are no calls.
func (r Rules) evaluateAll(server *Server, reported reported, known evidence) []Result {
	var results []Result
	calls := server.Calls()
	for _, call := range calls {
		requests, _ := call.snapshot()
		known.tokens = append(known.tokens, bearerTokens(requests)...)
	}
	for _, call := range calls {
		requests, _ := call.snapshot()
		if !slices.ContainsFunc(requests, func(one *request) bool { return one.purpose != other }) {
			continue
		}
		if outcome := reported.of(call.job); outcome != nil && call.job != "" {
			call.report(*outcome)
		}
		known.contradiction = reported.contradictions[call.job]
		results = append(results, r.evaluate(call, known))
	}
	return results
}

// whole evaluates the end of a command that chose its scenarios itself.
func (r *run) whole(ended *ended, results []Result) Result {
	e := &evaluation{rules: r.options.Rules}
	attempted := slices.ContainsFunc(results, func(one Result) bool {
		return slices.ContainsFunc(one.requests, func(one *request) bool { return one.purpose == attempt || one.purpose == malformed })
	})
	switch {
	case ended.timedOut:
		e.fail(result.ConditionTime, "the command to end within "+ended.limit.String(), noEnd)
	case ended.exit != 0 || ended.signal != "":
		e.fail(result.ConditionExit, "exit 0", ended.ending())
	}
	if !attempted {
		e.fail(result.ConditionCalled, "a request", "none; "+ended.ending())
	}
	return Result{Check: result.Check{ID: commandID, Aspect: aspectCommand, Title: "the command's exit", Findings: e.findings,
		Verdict: worst(e.findings), Call: &result.Call{}}, command: ended, tested: []string{result.ConditionExit, result.ConditionTime, result.ConditionCalled}}
}

// open serves a scenario, or all of them for a client that chooses.
func (r *run) open(only *scenario.Scenario, job string) (*Site, error) {
	options := r.options.Options
	options.Only, options.Job = only, job
	if only != nil {
		options.WarmJob = r.warmJob(only)
	}
	if options.Upstream == nil {
		// Upstream the tokens are those of the client's own.
		options.Tokens, options.RefreshToken = r.secrets.tokens(), r.secrets.refresh
	}
	server, err := New(options)
	if err != nil {
		return nil, err
	}
	return Serve(server, net.JoinHostPort(cmp.Or(r.host, "127.0.0.1"), "0"))
}

// warmJob is the id of the first call of a scenario; empty where it has none, or
// where no id of ours fits.
func (r *run) warmJob(chosen *scenario.Scenario) string {
	if job := WarmJobOf(chosen, "1"); Fits(r.options.Rules.Method, job) {
		return job
	}
	return ""
}

// command runs the command against a site and reads what it reported.
func (r *run) command(ctx context.Context, site *Site, chosen, job string) (*ended, reported, error) {
	file := filepath.Join(r.folder, "outcome")
	// The client before may have put anything in its place.
	if err := errors.Join(os.RemoveAll(file), text.WriteNew(file, 0o600, nil)); err != nil {
		return nil, reported{}, err
	}
	values := r.values(site, chosen, job)
	values["outcome"] = file
	environment, err := r.environment(site, values)
	if err != nil {
		return nil, reported{}, err
	}
	success := successMember(r.options.Rules.Method)
	one := command{words: replaced(r.options.Command, values), environment: environment, withheld: withheld(site), limit: r.options.Limit, show: r.options.Show, success: success}
	ended, err := one.run(ctx)
	if err != nil {
		return nil, reported{}, err
	}
	found := ended.reported
	// A file that is gone, or that is no client's report, reports nothing.
	if written, err := text.ReadBytes(file, text.LargestFile); err == nil {
		lines := &outcomeLines{success: success, reported: found}
		_, _ = lines.Write(written)
		found = lines.end("the file $DPCONFORM_OUTCOME")
	}
	if len(found.outcomes) == 0 && found.hint == "" {
		lines := &outcomeLines{success: success}
		_, _ = lines.Write([]byte(ended.complaints))
		if len(lines.end("").outcomes) > 0 || lines.named {
			found.hint = "it printed an outcome on standard error: print it alone on one line of standard output"
		}
	}
	return ended, found, nil
}

// values are what a client is given to make a call with, by the names of
// placeholders.
func (r *run) values(site *Site, chosen, job string) map[string]string {
	values := map[string]string{"endpoint": site.Endpoint, "job": job, "warm-job": site.Server.options.WarmJob, "scenario": chosen}
	if r.options.Upstream == nil {
		values["token"], values["fresh-token"] = r.secrets.Token, r.secrets.Fresh
		values["token-url"], values["refresh-token"] = site.Endpoint+tokenPath, r.secrets.refresh
	} else if r.options.Token != "" {
		values["token"] = r.options.Token
	}
	return values
}

// authorityVariables are the environment variables by which OpenSSL, Go, curl,
// Python's requests and Node find a certificate to trust.
var authorityVariables = []string{"DPCONFORM_CA_CERT", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}

// environment is what a command finds in its environment. It adds the file of the
// authority to the values, which is empty without TLS: there the variable is not
// set, since many a library takes an empty name for a file.
func (r *run) environment(site *Site, values map[string]string) ([]string, error) {
	var environment []string
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		// This machine is reached without a proxy.
		environment = append(environment, name+"="+strings.TrimPrefix(os.Getenv(name)+",127.0.0.1,localhost,::1", ","))
	}
	for name, value := range values {
		environment = append(environment, "DPCONFORM_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
	}
	values["ca-cert"] = ""
	if site.Authority == nil {
		return environment, nil
	}
	file := filepath.Join(r.folder, "authority.pem")
	values["ca-cert"] = file
	if err := errors.Join(os.RemoveAll(file), text.WriteNew(file, 0o600, site.Authority)); err != nil {
		return nil, err
	}
	for _, name := range slices.DeleteFunc(slices.Clone(authorityVariables), func(name string) bool { return slices.Contains(withheld(site), name) }) {
		environment = append(environment, name+"="+file)
	}
	return environment, nil
}

// withheld are the variables that a command does not get, not even its caller's:
// Python's requests validates in spite of verify=False where one names what to
// trust, and in this scenario a client trusts nothing of ours.
func withheld(site *Site) []string {
	if only := site.Server.options.Only; only != nil && only.Certificate == scenario.UnknownAuthority {
		return authorityVariables[1:]
	}
	return nil
}

func replaced(words []string, values map[string]string) []string {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	replacer := strings.NewReplacer(pairs...)
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = replacer.Replace(word)
	}
	return all
}
