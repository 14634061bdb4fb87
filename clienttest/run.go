package clienttest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// RunOptions say what is run, and how.
type RunOptions struct {
	Rules     Rules
	Scenarios []*Scenario
	// Known are the names of all scenarios that there are, selected or not; nil where
	// nobody knows of more.
	Known []string
	// Command is the words of the client program; {endpoint}, {job}, {token},
	// {fresh-token}, {scenario} and {outcome} in them are replaced.
	Command []string
	// Together runs the command once and lets it choose scenarios.
	Together bool
	// All: a command that is run once has to choose every scenario.
	All bool
	// Job is the id that the client uses, where it cannot be told one; empty makes
	// one for each scenario.
	Job string
	// Limit is how long the command may take, for one scenario.
	Limit time.Duration
	// ExitTells: exit code 0 means that the call was a success.
	ExitTells bool
	// WireOnly: what the client tells is not judged.
	WireOnly bool
	// Upstream answers where no scenario does, to a command that is run once; nil
	// means the reference server.
	Upstream *url.URL
	// Token is for the server upstream; empty where the client brings its own.
	Token string
	// Address is where the server listens; empty means a free loopback port.
	Address string
	// Show gets what the commands print; nil for nobody.
	Show io.Writer
	// Observe is called after each scenario; nil means nobody looks.
	Observe func(name string, failed bool)
}

// Run runs the command once for each scenario, each against a server of its
// own, or once for all of them. It returns a *StartError where there is nothing
// to run, and the error of the context where that ended first; what was judged
// until then is in the outcome.
func Run(ctx context.Context, options RunOptions) (Outcomes, error) {
	began := time.Now()
	run := &run{options: options, secrets: newSecrets()}
	if options.Upstream != nil && options.Token != "" {
		run.secrets.token = options.Token
	}
	found := Outcomes{Rules: options.Rules, Command: options.Command, Started: began, WireOnly: options.WireOnly, secrets: run.secrets}
	folder, err := os.MkdirTemp("", "dpconform-client-")
	if err != nil {
		return found, err
	}
	defer os.RemoveAll(folder)
	run.folder = folder
	if options.Together || options.Upstream != nil {
		found.Results, found.NotChosen, err = run.together(ctx)
	} else {
		found.Results, err = run.each(ctx)
	}
	found.Took, found.Interrupted = time.Since(began), ctx.Err() != nil
	return found, err
}

type run struct {
	options RunOptions
	secrets secrets
	folder  string
}

// secrets are the tokens of one run.
type secrets struct{ token, fresh, refresh string }

func newSecrets() secrets {
	return secrets{newSecret("token"), newSecret("fresh"), newSecret("refresh")}
}

func newSecret(name string) string {
	var random [12]byte
	// crypto/rand does not fail: https://pkg.go.dev/crypto/rand#Read
	_, _ = rand.Read(random[:])
	return "dpconform-client-" + name + "-" + hex.EncodeToString(random[:])
}

func (s secrets) tokens() []string { return []string{s.token, s.fresh} }

// labels name the tokens for a report.
func (s secrets) labels() map[string]string {
	return map[string]string{s.token: "the-token", s.fresh: "the-fresh-token", s.refresh: "the-refresh-token"}
}

func (r *run) each(ctx context.Context) ([]Result, error) {
	var results []Result
	for _, scenario := range r.options.Scenarios {
		result, err := r.one(ctx, scenario)
		if err != nil {
			return results, err
		}
		results = append(results, result)
		if r.options.Observe != nil {
			r.options.Observe(scenario.Name, result.Verdict == Fail)
		}
	}
	return results, nil
}

// one runs the command for one scenario.
func (r *run) one(ctx context.Context, scenario *Scenario) (Result, error) {
	job := r.options.Job
	if job == "" {
		job = JobOf(scenario, "1")
	}
	site, err := r.open(Options{Only: scenario, Job: job}, scenario.Secure)
	if err != nil {
		return Result{}, err
	}
	call := site.Server.Begin(scenario, job)
	command, told, err := r.command(ctx, site, scenario.Name, job)
	site.Close()
	if err != nil {
		return Result{}, err
	}
	if outcome := outcomeFor(told.outcomes, job); outcome != nil {
		call.Tell(*outcome)
	}
	return r.options.Rules.judgeCommand(call, command, judging{
		exitTells: r.options.ExitTells, wireOnly: r.options.WireOnly, distrusted: site.distrusted.Load() > 0,
		hint: told.hintFor(job), contradicted: told.contradicted[job]}), nil
}

func (r *run) open(options Options, secure bool) (*Site, error) {
	options.Rules, options.Scenarios, options.Known, options.Upstream = r.options.Rules, r.options.Scenarios, r.options.Known, r.options.Upstream
	if options.Upstream == nil {
		// Upstream the tokens are those of the client's own.
		options.Tokens, options.RefreshToken = r.secrets.tokens(), r.secrets.refresh
	}
	server, err := New(options)
	if err != nil {
		return nil, err
	}
	address := r.options.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	return Serve(server, address, secure, nil)
}

// command runs the command against a site and reads what it told.
func (r *run) command(ctx context.Context, site *Site, scenario, job string) (*CommandResult, telling, error) {
	outcomes := filepath.Join(r.folder, "outcome")
	if err := os.WriteFile(outcomes, nil, 0o600); err != nil {
		return nil, telling{}, err
	}
	values := map[string]string{"endpoint": site.Endpoint, "job": job, "scenario": scenario, "outcome": outcomes}
	if r.options.Upstream == nil {
		values["token"], values["fresh-token"] = r.secrets.token, r.secrets.fresh
		values["token-url"], values["refresh-token"] = site.Endpoint+TokenPath, r.secrets.refresh
	} else if r.options.Token != "" {
		values["token"] = r.options.Token
	}
	environment, err := r.environment(site, values)
	if err != nil {
		return nil, telling{}, err
	}
	command := Command{Words: replaced(r.options.Command, values), Environment: environment, Limit: r.options.Limit, Show: r.options.Show,
		IDField: r.options.Rules.Contract.IDField}
	result, err := command.Run(ctx)
	if err != nil {
		return nil, telling{}, err
	}
	told := result.told
	if written, err := os.Open(outcomes); err == nil {
		defer written.Close()
		lines := &outcomeLines{idField: command.IDField}
		// What cannot be read was not told.
		_, _ = io.Copy(lines, written)
		lines.end()
		told = told.then(lines.telling("the file $DPCONFORM_OUTCOME"))
	}
	return result, told, nil
}

// authorityVariables are the environment variables by which OpenSSL, Go, curl,
// Python's requests and Node find a certificate to trust.
var authorityVariables = []string{"DPCONFORM_CA_CERT", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}

func (r *run) environment(site *Site, values map[string]string) ([]string, error) {
	environment := []string{"NO_PROXY=" + withoutProxy("NO_PROXY"), "no_proxy=" + withoutProxy("no_proxy")}
	for name, value := range values {
		environment = append(environment, "DPCONFORM_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
	}
	if site.Authority == nil {
		return environment, nil
	}
	file := filepath.Join(r.folder, "authority.pem")
	if err := os.WriteFile(file, site.Authority, 0o600); err != nil {
		return nil, err
	}
	for _, name := range authorityVariables {
		environment = append(environment, name+"="+file)
	}
	return environment, nil
}

// withoutProxy adds this machine to what is reached without a proxy.
func withoutProxy(variable string) string {
	return strings.TrimPrefix(os.Getenv(variable)+",127.0.0.1,localhost,::1", ",")
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
