package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/proof"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/suites"
)

func newProveCommand(terminal *terminal) *cobra.Command {
	var settings configuration.Settings
	var faults, reports []string
	var pairs, workers int
	command := &cobra.Command{
		Use:   "prove",
		Short: "Prove the suite: every seeded fault must be caught",
		Long: `prove judges the reference emulator as it is, and once more for each fault that
it knows, each in a process of its own. It prints which requirement caught which
fault, what survived, what cried wolf, and which checks catch nothing.

Exit: 0 the proof holds, 1 it does not (a survivor, a false alarm, an idle
check, a fault caught for the wrong reason), 2 wrong usage.`,
		Example: `  dpconform prove
  dpconform prove --report html=proof.html --report json=proof.json
  dpconform prove --fault unknown-field-ignored --fault get-taken
  dpconform prove --pairs 50 --seed 7`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			sources, contract, err := prepare(command, &settings)
			if err != nil {
				return err
			}
			if err := terminal.heed(sources, settings.OutputSettings); err != nil {
				return err
			}
			if pairs < 0 || workers < 1 {
				return &configuration.UsageError{Place: "--pairs, --workers", Message: "they are numbers of 0 or more, and of 1 or more"}
			}
			chosen, err := chooseFaults(faults)
			if err != nil {
				return err
			}
			files, err := reportFiles(sources, reports, "json", "html")
			if err != nil {
				return err
			}
			runner, err := ownProcess(&settings)
			if err != nil {
				return err
			}
			options := proof.Options{Contract: contract, Faults: chosen, Pairs: pairs, Seed: settings.Seed, Workers: workers, Run: runner,
				Clients: chosen == nil && len(contract.ClientRequirements) > 0}
			return prove(command, terminal, options, files)
		},
	}
	flags := command.Flags()
	settings.AddSpecFlag(flags)
	settings.AddSeedFlag(flags)
	settings.AddQuietFlag(flags)
	flags.StringArrayVar(&faults, "fault", nil, "seed only the fault of this `NAME`; repeatable")
	flags.IntVar(&pairs, "pairs", 0, "seed also `N` pairs of faults, drawn by the seed")
	flags.IntVar(&workers, "workers", runtime.NumCPU(), "number `N` of runs at the same time")
	flags.StringArrayVar(&reports, "report", nil, "write the kill matrix, as `KIND=PATH` with KIND json or html; - is standard output; repeatable")
	completeWith(command, "fault", cobra.ShellCompDirectiveNoFileComp, faultNames)
	return command
}

func faultNames() []string {
	var names []string
	for _, fault := range emulator.Faults() {
		names = append(names, fault.Name)
	}
	return names
}

// chooseFaults finds the named faults; no name means all.
func chooseFaults(names []string) ([]emulator.Fault, error) {
	var chosen []emulator.Fault
	table := emulator.Faults()
	for _, name := range names {
		index := slices.IndexFunc(table, func(fault emulator.Fault) bool { return fault.Name == name })
		if index < 0 {
			return nil, &configuration.UsageError{Place: "--fault", Message: fmt.Sprintf("unknown fault %q", name),
				Mend: configuration.DidYouMean(name, faultNames())}
		}
		chosen = append(chosen, table[index])
	}
	return chosen, nil
}

// ownProcess starts this very program for each run.
func ownProcess(settings *configuration.Settings) (proof.Runner, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var further []string
	if settings.Spec != "" {
		further = []string{"--spec", settings.Spec}
	}
	return proof.NewProcess(program, settings.Seed, further...), nil
}

func prove(command *cobra.Command, terminal *terminal, options proof.Options, files []report.File) error {
	total := len(options.Faults)
	if options.Faults == nil {
		total = len(emulator.Faults())
	}
	line := terminal.progress(command.Context(), total+options.Pairs)
	defer line.end()
	line.begin("the emulator as it is")
	left := total + options.Pairs
	options.Observe = func(name string, failed bool) {
		line.show(name, failed)
		if left--; left == 0 && options.Clients {
			name = "the clients"
		}
		line.begin(name)
	}
	found, err := proof.Prove(command.Context(), options)
	line.end()
	if err != nil {
		return err
	}
	found.Version = version
	if writesToOutput(files) {
		terminal = terminal.onStandardError()
	}
	proof.WriteText(terminal.out, found)
	for _, file := range files {
		if err := file.WriteWith(proofWriters[file.Kind](found), terminal.raw); err != nil {
			return &configuration.UsageError{Place: "--report", Message: fmt.Sprintf("%s was not written: %s", file.Path, err)}
		}
		terminal.wrote(file)
	}
	if !found.Holds() {
		return exitCode(suites.ExitFails)
	}
	return nil
}

// proofWriters write a proof, by the kind of its report.
var proofWriters = map[string]func(proof.Proof) func(io.Writer) error{
	"json": func(found proof.Proof) func(io.Writer) error {
		return func(out io.Writer) error { return proof.WriteJSON(out, found) }
	},
	"html": func(found proof.Proof) func(io.Writer) error {
		return func(out io.Writer) error { return proof.WriteHTML(out, found) }
	},
}
