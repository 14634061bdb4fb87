package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// clientOptions are the flags of the command.
type clientOptions struct {
	settings   config.Settings
	names      []string
	files      []string
	list       bool
	keys       bool
	printed    string
	together   bool
	job        string
	limit      time.Duration
	exitTells  bool
	wireOnly   bool
	upstream   string
	listen     string
	remote     bool
	showOutput bool
	// known are the names of all scenarios, selected or not.
	known []string
}

func newClientCommand(terminal *terminal) *cobra.Command {
	var options clientOptions
	command := &cobra.Command{
		Use:   "client [flags] -- COMMAND [ARGUMENT...]",
		Short: "Judge a client: what it sends, and what it does with what comes back",
		Long: `client runs a command that calls the method once, again for each scenario of a
server's good and bad days, and judges every request that arrives, every repeat,
and what the client tells of its outcome.

In the command {endpoint}, {job}, {token}, {fresh-token}, {scenario} and
{outcome} are replaced; its environment has the same as DPCONFORM_ENDPOINT and
so on. It tells what its library told it in a line of JSON, anywhere on standard
output or in the file DPCONFORM_OUTCOME:

  {"job":"ID","archiveJobId":"NEW ID"}
  {"job":"ID","error":{"code":429,"status":"NAME","message":"TEXT"}}

With --listen it serves until it is stopped, with a page of what has arrived.

With --upstream a server of yours answers, and {token} is what DPCONFORM_TOKEN
has in the environment; without it the client brings a token of its own. The job
is that of --client-job. A client may still choose scenarios itself, by a job id
such as scenario-forbidden-1; those are answered here, to whatever token.

--level says what fails; the rest warns. Without it: what the reference page or
a public standard says MUST be, and whatever the scenario demands. With
documented or platform: no more of it than what is at least so strong. With
inferred: all.

Exit: 0 conforms, 1 does not, 2 wrong usage, or the command cannot be started,
3 inconclusive (something that a scenario is about could not be judged),
4 the server of --upstream cannot be reached, 130 interrupted. Ctrl-C is how
--listen ends: its exit says what was found.`,
		Example: `  dpconform client -- ./retry.sh
  dpconform client --scenario rate-limited -- node retry.mjs {endpoint} {job}
  dpconform client --together -- go test ./...
  dpconform client --listen 127.0.0.1:8090
  dpconform client --list
  dpconform client --print-scenario rate-limited > mine.yaml
  dpconform client --scenarios mine.yaml -- ./retry.sh`,
		RunE: func(command *cobra.Command, arguments []string) error {
			return runClient(command, terminal, &options, arguments)
		},
	}
	flags := command.Flags()
	options.settings.AddSpecFlag(flags)
	flags.StringArrayVar(&options.names, "scenario", nil, "run only the scenario of this `NAME`; repeatable")
	flags.StringArrayVar(&options.files, "scenarios", nil, "add the scenario in a YAML file, or those in a folder, at `PATH`; one of a name that is there takes its place; repeatable")
	flags.BoolVar(&options.list, "list", false, "list the scenarios, and what each demands")
	flags.StringVar(&options.printed, "print-scenario", "", "print the YAML of the scenario of this `NAME`, to begin one of your own with")
	flags.BoolVar(&options.keys, "scenario-keys", false, "print what a scenario's YAML may hold, as Markdown")
	flags.BoolVar(&options.together, "together", false, "run the command once and let it choose scenarios: by job id, header or path")
	flags.StringVar(&options.job, "client-job", "", "`ID` that the client uses, where it cannot be told one")
	flags.DurationVar(&options.limit, "timeout", 30*time.Second, "how long the command may take for each scenario, a `DURATION` such as 10s; then it and what it started are ended")
	flags.BoolVar(&options.exitTells, "exit-tells", false, "the command's exit code 0 means that the call was a success")
	flags.BoolVar(&options.wireOnly, "wire-only", false, "judge what is seen on the wire alone, and not what the client tells")
	flags.StringVar(&options.upstream, "upstream", "", "hand requests on to the server at `URL`, and judge them on the way")
	flags.StringVar(&options.listen, "listen", "", "serve at `ADDRESS` until stopped, for clients that are started by hand")
	flags.BoolVar(&options.remote, "listen-remote", false, "let --listen be an address that other machines reach")
	flags.BoolVar(&options.showOutput, "show-output", false, "print what the command prints, as it comes, on standard error")
	flags.StringVar(&options.settings.Level, "level", "", "weakest `LEVEL` that fails the run: documented, platform or inferred; above says what fails without it")
	flags.StringArrayVar(&options.settings.Reports, "report", nil, "write a report, as `KIND=PATH` with KIND json or junit; - is standard output; repeatable")
	completeWith(command, "report", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace, func() []string { return []string{"json=", "junit="} })
	for _, flag := range []string{"scenario", "print-scenario"} {
		completeWith(command, flag, cobra.ShellCompDirectiveNoFileComp, func() []string {
			scenarios, _ := clienttest.Scenarios(spec.MustLoadEmbedded())
			return scenarioNames(scenarios)
		})
	}
	completeWith(command, "level", cobra.ShellCompDirectiveNoFileComp, func() []string {
		return []string{string(spec.Documented), string(spec.Platform), string(spec.Inferred)}
	})
	return command
}

func runClient(command *cobra.Command, terminal *terminal, options *clientOptions, arguments []string) error {
	sources, contract, err := prepare(command, &options.settings)
	if err != nil {
		return err
	}
	scenarios, err := options.scenarios(sources, contract)
	if err != nil {
		return err
	}
	if done, err := options.tell(terminal, sources, contract, scenarios); done || err != nil {
		return err
	}
	if err := options.checkUpstream(sources, arguments); err != nil {
		return err
	}
	upstream, err := options.upstreamURL(command.Context(), sources)
	if err != nil {
		return err
	}
	level, err := options.level(sources)
	if err != nil {
		return err
	}
	files, err := reportFiles(sources, options.settings.Reports, "json", "junit")
	if err != nil {
		return err
	}
	rules := clienttest.Rules{Contract: contract, Level: level}
	if options.listen != "" {
		if len(arguments) > 0 {
			return &text.UsageError{Place: sources.Origin("listen"), Message: "it does not go with a command",
				Fix: "leave one of the two out"}
		}
		return watchClients(command.Context(), terminal, options, sources, clienttest.Options{Rules: rules, Scenarios: scenarios, Known: options.known, Upstream: upstream}, files)
	}
	if err := options.check(command, sources, contract, arguments); err != nil {
		return err
	}
	run := clienttest.RunOptions{Rules: rules, Scenarios: scenarios, Known: options.known, Command: arguments, Together: options.together, All: len(options.names) > 0, Job: options.job,
		Limit: options.limit, ExitTells: options.exitTells, WireOnly: options.wireOnly, Upstream: upstream}
	if upstream != nil {
		run.Token = os.Getenv(tokenVariable)
		fmt.Fprintf(terminal.err, "dpconform: requests go on to %s, with %s\n", upstream, tokenText(run.Token))
	}
	if options.showOutput {
		run.Show = terminal.err
	}
	return judgeClient(command, terminal, run, files)
}

func judgeClient(command *cobra.Command, terminal *terminal, run clienttest.RunOptions, files []report.File) error {
	line := terminal.progress(command.Context(), len(run.Scenarios))
	defer line.end()
	line.showScenarios(&run)
	found, err := clienttest.Run(command.Context(), run)
	line.end()
	var start *clienttest.StartError
	switch {
	case errors.As(err, &start):
		return &text.UsageError{Place: "--", Message: err.Error(), Fix: "give the client program and its arguments behind --"}
	case err != nil && !found.Interrupted:
		return err
	}
	return reportClient(terminal, found, files)
}

// reportClient prints and writes what was found, and gives the exit code.
func reportClient(terminal *terminal, found clienttest.Outcomes, files []report.File) error {
	made := found.Report(version)
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	clienttest.Console{Out: terminal.out, Width: terminal.width()}.Result(made)
	for _, file := range files {
		write := map[string]func(io.Writer, clienttest.Report) error{"json": clienttest.WriteJSON, "junit": clienttest.WriteJUnit}[file.Format]
		if err := file.WriteWith(func(out io.Writer) error { return write(out, made) }, terminal.raw); err != nil {
			return &text.UsageError{Place: "--report", Message: fmt.Sprintf("%s was not written: %s", file.Path, err)}
		}
		terminal.wrote(file)
	}
	if exit := found.Exit(); exit != clienttest.ExitConforms {
		return exitCode(exit)
	}
	return nil
}

// tokenVariable has the token for the server of --upstream, and is where the
// command finds it.
const tokenVariable = "DPCONFORM_TOKEN"

func tokenText(token string) string {
	if token == "" {
		return "a token that the client brings along, since " + tokenVariable + " is not set"
	}
	return "the token of " + tokenVariable
}

// checkUpstream refuses what does not go with a server upstream.
func (o *clientOptions) checkUpstream(sources *config.Sources, arguments []string) error {
	if o.upstream == "" {
		return nil
	}
	if len(o.names) > 0 {
		return &text.UsageError{Place: sources.Origin("scenario"), Message: "it does not go with --upstream, whose server answers in place of a scenario",
			Fix: "leave one of the two out"}
	}
	asksFor := func(name string) bool {
		return slices.ContainsFunc(arguments, func(word string) bool { return strings.Contains(word, name) })
	}
	switch {
	case asksFor("{token}") && os.Getenv(tokenVariable) == "":
		return &text.UsageError{Place: "--", Message: "with --upstream there is no token to put into the command",
			Fix: "set " + tokenVariable + " to one for the server upstream"}
	case asksFor("{fresh-token}"):
		return &text.UsageError{Place: "--", Message: "with --upstream there is no fresh token to put into the command", Fix: "leave it out"}
	}
	return nil
}

func (o *clientOptions) upstreamURL(ctx context.Context, sources *config.Sources) (*url.URL, error) {
	if o.upstream == "" {
		return nil, nil
	}
	upstream, err := clienttest.ParseUpstream(o.upstream)
	if err != nil {
		return nil, &text.UsageError{Place: sources.Origin("upstream"), Message: err.Error()}
	}
	if err := target.Reach(ctx, upstream, target.NetworkOptions{}); err != nil {
		return nil, &unreachableError{err}
	}
	return upstream, nil
}

// scenarios reads those that are chosen.
func (o *clientOptions) scenarios(sources *config.Sources, contract *spec.Contract) ([]*clienttest.Scenario, error) {
	all, err := clienttest.Scenarios(contract)
	if err != nil {
		return nil, &text.UsageError{Place: sources.Origin("spec"), Message: "the description does not fit the scenarios: " + err.Error()}
	}
	for _, path := range o.files {
		if all, err = clienttest.ReadScenarios(contract, path, all); err != nil {
			return nil, err
		}
	}
	o.known = scenarioNames(all)
	if len(o.names) == 0 {
		return all, nil
	}
	var chosen []*clienttest.Scenario
	for _, name := range o.names {
		scenario, err := findScenario(sources, "scenario", name, all)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(chosen, scenario) {
			chosen = append(chosen, scenario)
		}
	}
	return chosen, nil
}

// findScenario finds the scenario that a flag names.
func findScenario(sources *config.Sources, flag, name string, all []*clienttest.Scenario) (*clienttest.Scenario, error) {
	scenario, known := clienttest.FindScenario(all, name)
	if !known {
		return nil, &text.UsageError{Place: sources.Origin(flag), Message: fmt.Sprintf("unknown scenario %q", name),
			Fix: text.DidYouMean(name, scenarioNames(all)) + " (dpconform client --list has all)"}
	}
	return scenario, nil
}

// level reads the level that was asked for; it is empty where none was.
func (o *clientOptions) level(sources *config.Sources) (spec.Level, error) {
	if o.settings.Level == "" && !sources.Given("level") {
		return "", nil
	}
	return o.settings.StrictLevel(sources)
}

// tell does what the flags ask for that tell of scenarios and run none. It
// reports whether there was anything.
func (o *clientOptions) tell(terminal *terminal, sources *config.Sources, contract *spec.Contract, scenarios []*clienttest.Scenario) (done bool, err error) {
	switch {
	case o.list:
		clienttest.Console{Out: terminal.out, Width: terminal.width()}.List(clienttest.Rules{Contract: contract}, scenarios)
	case o.keys:
		fmt.Fprint(terminal.raw, clienttest.ScenarioReference(contract))
	case o.printed != "":
		scenario, err := findScenario(sources, "print-scenario", o.printed, scenarios)
		if err != nil {
			return false, err
		}
		fmt.Fprint(terminal.raw, scenario.Text())
	default:
		return false, nil
	}
	return true, nil
}

func scenarioNames(scenarios []*clienttest.Scenario) []string {
	names := make([]string, len(scenarios))
	for i, scenario := range scenarios {
		names[i] = scenario.Name
	}
	return names
}

// check refuses what no run can be made of.
func (o *clientOptions) check(command *cobra.Command, sources *config.Sources, contract *spec.Contract, arguments []string) error {
	switch {
	case len(arguments) == 0:
		return &text.UsageError{Message: "there is no client to judge", Fix: "give a command behind --, or --listen ADDRESS"}
	case command.ArgsLenAtDash() != 0:
		return &text.UsageError{Message: fmt.Sprintf("client takes no %q", arguments[0]), Fix: "put -- before the command"}
	case o.limit <= 0:
		return &text.UsageError{Place: sources.Origin("timeout"), Message: "it must be more than 0", Fix: "give a time such as 30s"}
	case len(contract.ClientRequirements) == 0:
		return &text.UsageError{Place: sources.Origin("spec"), Message: "the description demands nothing of clients",
			Fix: "add x-client-requirements to it"}
	}
	return nil
}
