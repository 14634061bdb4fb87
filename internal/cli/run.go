package cli

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newRunCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	command := &cobra.Command{
		Use:   "run",
		Short: "Test a server, or recorded responses, requirement by requirement",
		Long: `run tests the responses of a server against the requirements of the method.
Without --endpoint it tests the built-in cassettes (recorded responses).

Every flag can also be a key of the YAML file of --config, or an environment
variable: DPCONFORM_TOKEN_TEMPLATE for --token-template. Flags override
variables, and variables override the file. Several values of one variable are
separated by semicolons, those of DPCONFORM_HEADER by line breaks.

Exit: 0 conforms, 1 does not, 2 wrong usage, 3 inconclusive (something
documented was not tested), 4 not completed (network, token or --max-duration).`,
		Example: `  dpconform run
  dpconform run --endpoint http://127.0.0.1:8080 \
      --token-template 'scope:{short}' --job STATE=ID,ID --job OTHER-STATE=ID
  dpconform run --config dpconform.yaml --focus body --report html=report.html`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return run(command, terminal, &settings)
		},
	}
	settings.AddTargetFlags(command.Flags())
	settings.AddRunFlags(command.Flags())
	settings.AddQuietFlag(command.Flags())
	settings.AddVerboseRunFlag(command.Flags())
	command.Flags().BoolVar(&settings.DryRun, "dry-run", false, "print every request and its purpose, and send none")
	return command
}

func run(command *cobra.Command, terminal *terminal, settings *config.Settings) error {
	began := time.Now()
	sources, err := fill(command, terminal, settings)
	if err != nil {
		return err
	}
	if settings.Endpoint == "" && settings.Cassettes == "" && !sources.Given(config.ConfigFlag) {
		if _, err := os.Stat(initConfig); err == nil {
			terminal.warn(initConfig + " is not used; give --config " + initConfig)
		}
	}
	builtIn := openBuiltIn(settings)
	method, err := describe(command, sources, settings)
	if err != nil {
		return err
	}
	plan, err := newPlan(sources, settings, method, began)
	if err != nil {
		return err
	}
	if settings.DryRun {
		return plan.dryRun(command.Context(), terminal)
	}
	ctx, stop, err := settings.Limited(command.Context(), sources)
	if err != nil {
		return err
	}
	defer stop()
	server, err := plan.findServer(ctx, builtIn)
	if err != nil {
		return plan.leftBehind(err)
	}
	terminal.hide(server.target.Secrets)
	if server.old != "" {
		terminal.warn(server.old)
	}
	if writesToOutput(plan.files) {
		terminal = terminal.onStandardError()
	}
	console := report.Console{Program: programName(), Printer: text.Printer{Out: terminal.out, Width: terminal.width()}, Quiet: terminal.quiet, Verbose: terminal.verbose}
	whole := finished{testedServer: server, started: began, method: method, level: plan.level, settings: *settings, inFull: len(plan.files) > 0}
	all, selected := plan.selected.requirements(method)
	whole.requirements = all
	whole.outcome, err = runShown(ctx, terminal, suiteRun{
		method: method, target: server.target, level: plan.level, seed: server.seed, known: plan.known, selected: plan.selected,
	}, func() {
		console.Header(whole.beginning(), selected, false)
	})
	whole.outcome.Stale = server.stale
	if err == nil {
		whole.outcome = plan.selected.afterwards(whole.outcome)
	}
	if err == nil && !whole.outcome.Interrupted {
		err = server.complaint(len(whole.outcome.Checks) == len(whole.outcome.Catalogue))
	}
	if err != nil {
		return plan.leftBehind(err)
	}
	whole.took = time.Since(began)
	console.Width = terminal.width()
	return plan.conclude(terminal, console, whole.report())
}

// plan is what the flags ask of a run: the run itself, its rehearsal and doctor begin
// with it.
type plan struct {
	outputs
	method   *spec.Method
	selected selection
	level    spec.Level
}

func newPlan(sources *config.Sources, settings *config.Settings, method *spec.Method, began time.Time) (*plan, error) {
	selected, err := selectChecks(sources, settings, method)
	if err != nil {
		return nil, err
	}
	level, err := settings.StrictLevel(sources)
	if err != nil {
		return nil, err
	}
	outputs, err := newOutputs(sources, settings, method.Requirements, nameableChecks(method), began)
	return &plan{outputs, method, selected, level}, err
}

// target is the server that the flags name, with the jobs that the profile leaves it.
func (p *plan) target() (target.Config, error) {
	config, err := targetConfig(p.sources, p.settings, p.method)
	if err != nil {
		return config, err
	}
	return p.selected.restrict(p.sources, config)
}

// outputs are what is wanted of the result of a run or of a client's test, and the
// failures that are known of it.
type outputs struct {
	sources  *config.Sources
	settings *config.Settings
	files    []report.File
	known    result.KnownFailures
}

// newOutputs reads the flags about reports, and the known failures of requirements and
// of the checks that they can name.
func newOutputs(sources *config.Sources, settings *config.Settings, requirements []spec.Requirement,
	nameable func() (checks []string, not []result.NotApplicable), began time.Time) (o outputs, err error) {
	o.sources, o.settings = sources, settings
	if o.files, err = parseReports(sources, settings.Reports, report.Names()...); err == nil {
		o.known, err = readKnownFailures(sources, settings, requirements, nameable, began, o.files)
	}
	return o, err
}

// conclude writes the reports of what was found, prints it, and gives its exit
// code.
func (o outputs) conclude(terminal *terminal, console report.Console, found result.Report) error {
	err := writeReports(terminal, found, o.files)
	if err == nil {
		console.Written = o.files
	}
	console.Result(found)
	if err == nil && found.Exit != result.ExitInterrupted && found.Ended == "" {
		err = writeKnownFailures(terminal, o.sources, o.settings, found)
	}
	if err == nil && found.Exit != result.ExitConforms {
		err = exitCode(found.Exit)
	}
	return err
}

// runShown runs the suite and shows how far it is, below a header. The error is
// an *unreachableError where no request had a response and none was the
// server's to give: nothing was tested then.
func runShown(ctx context.Context, terminal *terminal, suite suiteRun, header func()) (result.Run, error) {
	line := terminal.progress(ctx, suite.total())
	defer line.end()
	line.first = sync.OnceFunc(func() { line.aside(header) })
	line.watch(suite.target)
	observe := suite.observe
	suite.observe = func(check result.Check) {
		line.tested(check)
		if observe != nil {
			observe(check)
		}
	}
	run, err := suite.run(ctx)
	if fault := suite.target.Unusable(); err == nil && fault != nil && ctx.Err() == nil {
		return run, &unreachableError{fault}
	}
	if fault := suite.target.NotSetUp(); fault != nil && run.Ended == "" {
		run.Ended = fault.Detail
	}
	line.first()
	return run, err
}
