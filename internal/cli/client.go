package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// clientOptions are the flags of the command.
type clientOptions struct {
	settings config.Settings
	// run is what is run; its scenarios are those selected.
	run clientrun.RunOptions
	// known are all scenarios, selected or not.
	known  []*scenario.Scenario
	names  []string
	files  []string
	list   bool
	print  string
	listen string
	remote bool
	// upstream is the address of a server of the user's, showOutput prints what the
	// command prints.
	upstream   string
	showOutput bool
}

func newClientCommand(terminal *terminal) *cobra.Command {
	var options clientOptions
	command := &cobra.Command{
		Use:   "client [flags] -- COMMAND [ARGUMENT...]",
		Short: "Test a client: its requests, and how it handles responses",
		Long: `client starts a server and runs your command, which calls the method once. It
does so for each scenario, such as a refusal, a reset connection or a redirect.
It checks every request, every retry, and the outcome that the client reports.

Placeholders in the command are replaced. The same values are in the
environment, as DPCONFORM_ENDPOINT and so on:

  {endpoint}       the address of the server
  {job}            the id of the job to call the method for
  {warm-job}       the id for a first call with the same HTTP client, in
                   scenarios about a reused connection; empty in all others
  {token}          the access token
  {fresh-token}    a new access token, for the call after a 401
  {token-url}      the URL at which a client exchanges its refresh token
  {refresh-token}  that refresh token
  {scenario}       the name of the scenario
  {outcome}        the file to write the outcome to
  {ca-cert}        the certificate authority to trust, in scenarios with TLS

The command reports what its library returned in a line of JSON,
anywhere on standard output or in the file {outcome}:

  {"job":"ID","FIELD":"NEW ID"}
  {"job":"ID","ok":true}
  {"job":"ID","error":{"code":429,"status":"NAME","message":"TEXT"}}

The first is for a method whose response names a new job in the member FIELD,
the second for one whose response names none.

With --listen, dpconform serves until you stop it, and shows the requests so far
on a page.

With --upstream, your server responds, and {token} is the value of
DPCONFORM_TOKEN; if that is not set, the client has to use one of its own. The
job is that of --client-job. A client can still select a scenario by a job id
such as scenario-forbidden-1: dpconform then responds itself, whatever the
token.

Without --level, a broken MUST of a documented or platform requirement fails,
and so does everything that the scenario demands. With documented or platform,
requirements of a weaker level only warn. With inferred, every broken
requirement fails.

Exit: 0 conforms, 1 does not, 2 wrong usage, or the command cannot be started,
3 inconclusive (nothing failed, but something could not be tested; scenarios
skipped because the client reuses no connection or does not speak HTTP/2 do not
count), 4 the server of --upstream cannot be reached, 130 interrupted. Ctrl-C
ends --listen, which then exits with the result so far.`,
		Example: `  dpconform client -- ./client.sh
  dpconform client --method NAME -- ./client.sh
  dpconform client --scenario rate-limited -- node client.mjs {endpoint} {job}
  dpconform client --together -- go test ./...
  dpconform client --listen 127.0.0.1:8090
  dpconform client --list
  dpconform client --print-scenario rate-limited > mine.yaml
  dpconform client --scenarios mine.yaml -- ./client.sh`,
		RunE: func(command *cobra.Command, arguments []string) error {
			return runClient(command, terminal, &options, arguments)
		},
	}
	flags := command.Flags()
	settings, run := &options.settings, &options.run
	settings.AddConfigFlag(flags)
	settings.AddDescriptionFlags(flags)
	flags.StringArrayVar(&options.names, "scenario", nil, "run only the scenario `NAME`. Repeatable")
	flags.StringArrayVar(&options.files, "scenarios", nil, "add your own scenarios in `PATH`, a YAML file or a folder. One with the name of a shipped scenario replaces it. Repeatable")
	flags.BoolVar(&options.list, "list", false, "list the scenarios, and what the client must do in each")
	flags.StringVar(&options.print, "print-scenario", "", "print the scenario `NAME` as YAML, to start your own from")
	flags.BoolVar(&run.Together, "together", false, "run the command once for all scenarios. It selects the scenario of each call by job id, header or path")
	flags.StringVar(&run.Job, "client-job", "", "`ID` of the job that the client calls the method for, if this id is fixed in the client. Needed with --upstream")
	flags.DurationVar(&run.Limit, "timeout", 30*time.Second, "maximum `DURATION` of the command in each scenario, such as 10s. Then it is ended with its child processes")
	flags.BoolVar(&run.ExitReports, "exit-outcome", false, "if the command prints no outcome, treat exit code 0 as success, for a method that returns no new id")
	flags.BoolVar(&run.WireOnly, "wire-only", false, "test only the requests, not what the client reports")
	flags.StringVar(&options.upstream, "upstream", "", "test the requests and forward them to the server `URL`")
	flags.StringVar(&options.listen, "listen", "", "serve at `ADDRESS` until stopped, for clients that you start by hand")
	flags.BoolVar(&options.remote, "listen-remote", false, "allow --listen on an address that other machines can reach")
	flags.BoolVar(&options.showOutput, "show-output", false, "print the output of the command, on standard error")
	flags.StringVar(&settings.Level, "level", "", "weakest `LEVEL` that fails the run: documented, platform or inferred. The text above says what fails without it")
	settings.AddReportFlag(flags)
	settings.AddVerboseFlag(flags)
	settings.AddKnownFailuresFlags(flags)
	return command
}

func runClient(command *cobra.Command, terminal *terminal, options *clientOptions, arguments []string) error {
	began, run := time.Now(), &options.run
	sources, method, err := prepare(command, terminal, &options.settings)
	if err != nil {
		return err
	}
	run.Rules.Method = scenario.Narrow(method)
	if err := options.selectScenarios(sources, method); err != nil {
		return err
	}
	if done, err := options.show(terminal, sources); done || err != nil {
		return err
	}
	if len(run.Rules.Method.ClientRequirements) == 0 {
		return text.Mistake(sources.Origin("spec"), "the description has no requirements for clients", "add the set client to its x-requirement-sets")
	}
	if run.Job != "" && !clientrun.Fits(method, run.Job) {
		return text.Mistake(sources.Origin("client-job"), fmt.Sprintf("%q does not match the pattern of ids, %s", run.Job, method.IDPattern), "give an id that does")
	}
	if err := options.checkUpstream(command.Context(), sources, arguments); err != nil {
		return err
	}
	terminal.hide(func() []string { return run.Secrets })
	if options.settings.Level != "" || sources.Given("level") {
		if run.Rules.Level, err = options.settings.StrictLevel(sources); err != nil {
			return err
		}
	}
	nameable := func() ([]string, []result.NotApplicable) {
		return clientrun.CheckIDs(run.Known, run.Job), run.NotApplicable
	}
	outputs, err := newOutputs(sources, &options.settings, clientrun.Requirements(method), nameable, began)
	if err != nil {
		return err
	}
	if options.listen != "" {
		if len(arguments) > 0 {
			return text.Mistake(sources.Origin("listen"), "it cannot be combined with a command", "use only one of the two")
		}
		return options.watch(command.Context(), terminal, outputs)
	}
	if err := options.check(command, sources, arguments); err != nil {
		return err
	}
	run.Command, run.All = arguments, len(options.names) > 0
	if run.Upstream != nil {
		token := "the token of " + tokenVariable
		if run.Token = os.Getenv(tokenVariable); run.Token == "" {
			token = "the client's own token, since " + tokenVariable + " is not set"
		}
		fmt.Fprintf(terminal.err, "dpconform: requests are forwarded to %s, with %s\n", run.Upstream, token)
	}
	line := terminal.progress(command.Context(), len(run.Scenarios))
	defer line.end()
	if options.showOutput {
		run.Show = line.writer(terminal.err)
	}
	line.observe(run)
	found, err := clientrun.Run(command.Context(), *run)
	line.end()
	var start *clientrun.StartError
	switch {
	case errors.As(err, &start):
		err = text.Mistake("", err.Error(), "give the client program and its arguments after --")
		fallthrough
	case err != nil && !found.Interrupted:
		return outputs.leftBehind(err)
	}
	return outputs.write(terminal, found)
}

// observe shows the scenarios of a run one after the other.
func (p *progress) observe(run *clientrun.RunOptions) {
	next := func(done int) {
		if done < len(run.Scenarios) {
			p.begin(run.Scenarios[done].Name)
		}
	}
	done := 0
	next(done)
	run.Observe = func(name string, failed bool) {
		p.show(name, failed)
		done++
		next(done)
	}
}

// write prints and writes what was found of a client, and returns the exit code.
func (o outputs) write(terminal *terminal, outcomes clientrun.Outcomes) error {
	found := outcomes.Report(version, o.known)
	if writesToOutput(o.files) {
		terminal = terminal.onStandardError()
	}
	console := report.Console{Program: programName(), Printer: text.Printer{Out: terminal.out, Width: terminal.width()}, Verbose: terminal.verbose}
	console.Header(found, len(found.Requirements), false)
	return o.conclude(terminal, console, found)
}

// watch serves clients that are started by hand until the context ends, then
// reports what arrived.
func (o *clientOptions) watch(ctx context.Context, terminal *terminal, outputs outputs) error {
	// Only this machine is let in, unless it is asked for.
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return text.Mistake(outputs.sources.Origin("listen"), fmt.Sprintf("%q is not an address", redact.Address(o.listen)), "give HOST:PORT such as 127.0.0.1:8090")
	}
	address, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !address.IsLoopback()) && !o.remote {
		return text.Mistake(outputs.sources.Origin("listen"), "other machines may reach "+redact.Address(o.listen), "listen on 127.0.0.1, or give --listen-remote too")
	}
	watch, err := clientrun.NewWatch(o.listen, clientrun.WatchOptions{Options: o.run.Options, Version: version, WireOnly: o.run.WireOnly,
		Known: outputs.known, JSON: result.WriteJSON, HTML: html.Write})
	if err != nil {
		return text.Mistake(outputs.sources.Origin("listen"), listenMistake(o.listen, err), freeAddress)
	}
	fmt.Fprintf(terminal.raw, "listening on %s, where a page shows the requests so far\n", watch.Endpoint)
	if o.run.Upstream != nil {
		fmt.Fprintf(terminal.raw, "requests are forwarded to %s, with the token that the client sends\n", o.run.Upstream)
	} else {
		fmt.Fprintf(terminal.raw, "token        %s, in every call\nfresh token  %s, after a 401\n", watch.Secrets.Token, watch.Secrets.Fresh)
	}
	text.Printer{Out: terminal.raw, Width: terminal.width()}.Paragraph("jobs         ", clientrun.JobsText(o.run.Scenarios))
	fmt.Fprintln(terminal.raw, "stop it with Ctrl-C")
	<-ctx.Done()
	watch.Close()
	if err := outputs.write(terminal, watch.Outcomes()); err != nil {
		return err
	}
	// That somebody stopped it is how it ends.
	return exitCode(result.ExitConforms)
}

// tokenVariable has the token for the server of --upstream, and is where the
// command finds it.
const tokenVariable = "DPCONFORM_TOKEN"

// checkUpstream refuses what cannot be combined with a server upstream, and finds it.
func (o *clientOptions) checkUpstream(ctx context.Context, sources *config.Sources, arguments []string) error {
	if o.upstream == "" {
		return nil
	}
	asksFor := func(name string) bool {
		return slices.ContainsFunc(arguments, func(word string) bool { return strings.Contains(word, name) })
	}
	switch {
	case len(o.names) > 0:
		return text.Mistake(sources.Origin("scenario"), "it cannot be combined with --upstream, whose server responds in place of a scenario", "use only one of the two")
	case asksFor("{token}") && os.Getenv(tokenVariable) == "":
		return text.Mistake("", "with --upstream there is no token to put into the command", "set "+tokenVariable+" to one for the server upstream")
	case asksFor("{job}") && o.run.Job == "":
		return text.Mistake("", "with --upstream there is no job to put into the command", "give --client-job, the id of one that the server upstream has")
	case asksFor("{fresh-token}"):
		return text.Mistake("", "with --upstream there is no fresh token to put into the command", "leave it out")
	}
	upstream, err := clientrun.ParseUpstream(o.upstream)
	if err != nil {
		return text.Located(sources.Origin("upstream"), err)
	}
	network := target.NetworkOptions{}
	if o.run.Proxy, err = target.ProxyFromEnvironment(&http.Request{URL: upstream}); err == nil {
		err = target.Reach(ctx, upstream, network)
	}
	if err != nil {
		return &unreachableError{err}
	}
	o.run.Upstream, o.run.Secrets = upstream, network.Secrets()
	return nil
}

// selectScenarios reads the scenarios and selects those that are named.
func (o *clientOptions) selectScenarios(sources *config.Sources, method *spec.Method) error {
	all, err := scenario.Shipped(method)
	if err != nil {
		return text.Mistake(sources.Origin("spec"), "the description does not fit the scenarios: "+err.Error(), "correct the description")
	}
	for _, path := range o.files {
		if all, err = scenario.Read(method, path, all); err != nil {
			return err
		}
	}
	o.run.Known = scenario.Names(all)
	o.known = all
	o.run.Scenarios, o.run.NotApplicable = scenario.Applicable(method, all)
	if len(o.names) > 0 {
		o.run.Scenarios = nil
	}
	for _, name := range o.names {
		one, err := findScenario(sources, "scenario", name, all)
		if err != nil {
			return err
		}
		if one.Inapplicable != "" {
			return text.Mistake(sources.Origin("scenario"), fmt.Sprintf("the scenario %s does not apply to %s: %s", one.Name, method.Operation.ID, one.Inapplicable), "leave it out")
		}
		if !slices.Contains(o.run.Scenarios, one) {
			o.run.Scenarios = append(o.run.Scenarios, one)
		}
	}
	return nil
}

// findScenario finds the scenario that a flag names.
func findScenario(sources *config.Sources, flag, name string, all []*scenario.Scenario) (*scenario.Scenario, error) {
	one, known := scenario.Find(all, name)
	if !known {
		return nil, text.Mistake(sources.Origin(flag), fmt.Sprintf("unknown scenario %q", name),
			text.DidYouMeanOr(name, scenario.Names(all), "dpconform client --list prints all"))
	}
	return one, nil
}

// show does what the flags ask for that show scenarios and run none. It reports
// whether there was anything.
func (o *clientOptions) show(terminal *terminal, sources *config.Sources) (done bool, err error) {
	switch {
	case o.list:
		o.listScenarios(text.Printer{Out: terminal.out, Width: terminal.width()})
	case o.print != "":
		one, err := findScenario(sources, "print-scenario", o.print, o.known)
		if err != nil {
			return false, err
		}
		fmt.Fprint(terminal.raw, one.Text)
	default:
		return false, nil
	}
	return true, nil
}

// listScenarios prints each scenario with what a client must and must not do.
func (o *clientOptions) listScenarios(out text.Printer) {
	for _, one := range o.run.Scenarios {
		out.Printf("%s\n", report.Bold(one.Name))
		out.Paragraph("  ", one.Title)
		if one.About != "" {
			out.Paragraph("  ", one.About)
		}
		for _, id := range slices.Concat(one.Must, one.MustNot) {
			requirement, _ := o.run.Rules.Method.ClientRequirement(id)
			out.Printf("  %s\n", id)
			out.Paragraph("    ", requirement.Statement)
		}
		out.Printf("\n")
	}
	for _, one := range o.run.NotApplicable {
		if len(one.Checks) > 0 {
			out.Paragraph("", "not applicable: "+one.Reason+": "+strings.Join(one.Checks, ", "))
		}
	}
}

// check refuses what no run can be made of.
func (o *clientOptions) check(command *cobra.Command, sources *config.Sources, arguments []string) error {
	switch {
	case len(arguments) == 0:
		return text.Mistake("", "there is no client to test", "give a command after --, or --listen ADDRESS")
	case command.ArgsLenAtDash() != 0:
		return text.Mistake("", fmt.Sprintf("unexpected argument %q", arguments[0]), "put -- before the command")
	case o.run.WireOnly && o.run.ExitReports:
		return text.Mistake(sources.Origin("exit-outcome"), "with --wire-only no outcome is tested", "use only one of the two")
	case o.run.Limit <= 0:
		return text.Mistake(sources.Origin("timeout"), "it must be more than 0", "give a time such as 30s")
	}
	if method := o.run.Rules.Method; o.run.Job == "" && o.run.Upstream == nil && !clientrun.Fits(method, clientrun.JobOf(o.run.Scenarios[0], "1")) {
		return text.Mistake(sources.Origin("client-job"), "the ids of scenarios do not match the pattern of ids, "+method.IDPattern.String(), "give an id that does")
	}
	return nil
}
