package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/drift"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// overlayFlag is the name of the flag that names the overlay to write.
const overlayFlag = "overlay"

// driftFormats are the formats of a report of drift; diff has those and github.
var driftFormats = []string{"text", "json", "markdown"}

// driftFlags are the flags of drift.
type driftFlags struct {
	from, against, failOn string
	// overlay is the file that an overlay is written to; the settings name the
	// description to compare with, and overlays that are applied to it.
	overlay    string
	allowOlder bool
	settings   config.Settings
	reports    []string
}

func newDriftCommand(terminal *terminal) *cobra.Command {
	var flags driftFlags
	command := &cobra.Command{
		Use:   "drift --against SOURCE",
		Short: "Compare two sources that describe the method",
		Long: `drift compares two sources that describe the method, such as the built-in
description and Google's discovery document. It prints what was added, removed
or changed, whether that is breaking, and which requirements are affected.

A SOURCE is a file, an http or https address, or - for standard input. Its
format is detected: a Google discovery document, the reference page (as HTML,
as the text that a browser shows, or as Markdown, in any language; also a copy
of it by a mirror, a web archive or a translator), or an OpenAPI document.

A change is breaking (a correct caller stops working, for example because a
scope was removed), compatible (something was added, such as a scope), or
documentation (only wording changed). Facts that one of the sources does not
contain are listed, and not compared.

--overlay writes an OpenAPI Overlay 1.0 that makes the changes of the class of
--fail-on, or more severe, in the description. Other commands apply it with a
flag of the same name; drift itself applies overlays with --from-overlay. What
an overlay cannot express is listed, here and in the file.

If the dates show that the source of --against is older than that of --from, the
differences are reported but do not count as drift, because old and new
documents alternate during a rollout. --allow-older counts them, and lets
--overlay write them.

Exit: 0 no drift, 1 drift at least as severe as --fail-on, 2 wrong usage, or a
source in an unknown format, 4 a source that cannot be fetched.`,
		Example: `  dpconform drift --against \
      'https://SERVICE.googleapis.com/$discovery/rest?version=v1'
  dpconform drift --against page.html --fail-on breaking
  dpconform drift --from old.json --against new.json --report markdown=-
  dpconform drift --against discovery.json --overlay new.overlay.yaml
  dpconform run --overlay new.overlay.yaml --endpoint http://127.0.0.1:8080`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return runDrift(command, terminal, &flags) },
	}
	command.Flags().StringVar(&flags.against, "against", "", "the `SOURCE` that may have changed")
	command.Flags().StringVar(&flags.from, "from", "", "the `SOURCE` to compare with. The default is the built-in description")
	flags.settings.AddMethodFlags(command.Flags())
	command.Flags().StringArrayVar(&flags.settings.Overlays, "from-overlay", nil, "apply the OpenAPI Overlay in `FILE` to the source of --from. Repeatable, in order")
	command.Flags().StringVar(&flags.overlay, overlayFlag, "", "write the changes as an OpenAPI Overlay to a new `FILE`. - is standard output")
	// Elsewhere the variable names overlays to apply.
	if err := command.Flags().SetAnnotation(overlayFlag, config.CommandLineOnly, nil); err != nil {
		panic(err)
	}
	command.Flags().StringVar(&flags.failOn, "fail-on", string(drift.Compatible),
		"the least severe `CLASS` of change that gives exit 1: breaking, compatible or documentation")
	command.Flags().BoolVar(&flags.allowOlder, "allow-older", false, "count the changes of an older source as drift, and let --overlay write them")
	command.Flags().StringArrayVar(&flags.reports, "report", nil,
		"write a report, as `FORMAT=PATH` with FORMAT text, json or markdown. The path - is standard output. Repeatable")
	return command
}

func runDrift(command *cobra.Command, terminal *terminal, flags *driftFlags) error {
	sources, err := sourcesOf(command)
	if err != nil {
		return err
	}
	failOn, err := config.OneOf(sources, "fail-on", "class", flags.failOn, drift.Classes())
	if err != nil {
		return err
	}
	if flags.against == "" {
		return text.Mistake("", "--against is required", "give --against SOURCE, a file or a URL")
	}
	if flags.from == source.StandardInput && flags.against == source.StandardInput {
		return text.Mistake("--from, --against", "both are standard input", "give a file for one of them")
	}
	files, err := parseReports(sources, flags.reports, driftFormats...)
	if err != nil {
		return err
	}
	if err := refuseInputs(sources, files, "one of the sources that are compared", flags.from, flags.against); err != nil {
		return err
	}
	if flags.overlay != "" && flags.overlay != report.StandardOutput {
		if err := text.CheckNewFile("--"+overlayFlag, flags.overlay); err != nil {
			return err
		}
	}
	line := terminal.progress(command.Context(), 0)
	defer line.end()
	compared, between, err := compareSources(command, sources, flags, line)
	line.end()
	if err != nil {
		return err
	}
	compared.AllowOlder, compared.InOverlay = flags.allowOlder, flags.overlay != ""
	if flags.overlay != "" && compared.Older && !flags.allowOlder {
		return text.Mistake("--"+overlayFlag, fmt.Sprintf("%s, of %s, is older than %s, of %s", compared.Against.Name, compared.Against.Date, compared.From.Name, compared.From.Date),
			"give --allow-older to revert to it")
	}
	if writesToOutput(files) || flags.overlay == report.StandardOutput {
		terminal = terminal.onStandardError()
	}
	writeText := func(out io.Writer, columns int) { drift.WriteText(out, columns, compared) }
	err = writeComparison(terminal, files, writeText, map[string]func(io.Writer) error{
		"json":     func(out io.Writer) error { return drift.WriteJSON(out, compared, version, failOn) },
		"markdown": func(out io.Writer) error { return drift.WriteMarkdown(out, compared) },
	})
	if err != nil {
		return err
	}
	for _, file := range files {
		terminal.wrote(file)
	}
	if flags.overlay != "" {
		if err := between.writeOverlay(terminal, flags.overlay, failOn); err != nil {
			return err
		}
	}
	if compared.Drifts(failOn) {
		return exitCode(result.ExitFails)
	}
	return nil
}

// compareSources reads the two sources and compares what they say of a method:
// that of the first, where that is a description with requirements.
func compareSources(command *cobra.Command, sources *config.Sources, flags *driftFlags, line *progress) (drift.Comparison, sourcePair, error) {
	var pair sourcePair
	var err error
	if pair.description, err = readFirst(command, sources, flags, line); err != nil {
		return drift.Comparison{}, pair, err
	}
	if pair.method, err = spec.Load(pair.description); err != nil {
		if pair.method, err = (&config.Settings{MethodName: flags.settings.MethodName}).Method(sources); err != nil {
			return drift.Comparison{}, pair, err
		}
	}
	from, err := source.Parse(pair.description, pair.method)
	if err != nil {
		return drift.Comparison{}, pair, err
	}
	if flags.overlay != "" && from.Provenance.Kind != source.Description {
		return drift.Comparison{}, pair, text.Mistake("--"+overlayFlag, "an overlay changes an OpenAPI description, and "+flags.from+" is none", "remove --from, or give a description")
	}
	from.Provenance.Name = result.Description{File: from.Provenance.Name, Overlays: pair.description.Overlays}.FileText()
	after, err := readSource(command, flags.against, line)
	if err != nil {
		return drift.Comparison{}, pair, err
	}
	if pair.against, err = source.Parse(after, pair.method); err != nil {
		return drift.Comparison{}, pair, err
	}
	compared, err := drift.Compare(from, pair.against, pair.method)
	return compared, pair, err
}

// sourcePair is what was compared, of which an overlay can be made.
type sourcePair struct {
	description spec.Description
	against     *source.Source
	method      *spec.Method
}

// writeOverlay writes the overlay that makes the changes of a class, and says
// which it leaves out.
func (p sourcePair) writeOverlay(terminal *terminal, file string, class drift.Class) error {
	extends := ""
	if _, err := os.Stat(p.description.Name); err == nil && file != report.StandardOutput {
		if path, err := filepath.Rel(filepath.Dir(file), p.description.Name); err == nil {
			extends = filepath.ToSlash(path)
		}
	}
	made, err := drift.NewOverlay(p.description, p.against, p.method, class, extends)
	if err != nil {
		return err
	}
	for _, change := range made.Left {
		if change.Class.AtLeast(class) {
			fmt.Fprintln(terminal.out, text.Paragraph("not in the overlay: ", text.Line(change.Sentence), terminal.width()))
		}
	}
	switch {
	case made.Text == nil:
		fmt.Fprintf(terminal.out, "there is nothing for an overlay to change: %s was not written\n", file)
		return nil
	case file == report.StandardOutput:
		_, err := terminal.raw.Write(made.Text)
		return err
	}
	if err := writeNewFile("--"+overlayFlag, file, made.Text); err != nil {
		return err
	}
	fmt.Fprintf(terminal.out, "wrote %s to %s; to test a server with it: dpconform run --overlay %[2]s --endpoint URL\n", text.Counted(len(made.Made), "change"), file)
	return nil
}

// readFirst reads the source to compare with: a built-in description unless one is
// named.
func readFirst(command *cobra.Command, sources *config.Sources, flags *driftFlags, line *progress) (spec.Description, error) {
	if flags.from == "" {
		return flags.settings.Description(sources)
	}
	if flags.settings.Revision != "" {
		return spec.Description{}, text.Mistake(sources.Origin(config.RevisionFlag), "it selects a revision of a built-in description, and cannot be combined with "+sources.Origin("from"), "use only one of the two")
	}
	read, err := readSource(command, flags.from, line)
	if err != nil {
		return read, err
	}
	return flags.settings.WithOverlays(read)
}

// readSource reads a source; an address that does not respond has an exit code of
// its own.
func readSource(command *cobra.Command, name string, line *progress) (spec.Description, error) {
	line.reading(name)
	reader := source.Reader{Input: command.InOrStdin(), UserAgent: "dpconform/" + version}
	read, err := reader.Read(command.Context(), name)
	if _, ok := errors.AsType[*source.UnreachableError](err); ok {
		err = &unreachableError{err}
	}
	return read, err
}
