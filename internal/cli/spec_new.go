package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newSpecNewCommand(terminal *terminal) *cobra.Command {
	var draft source.Draft
	var from, output string
	var values []string
	command := &cobra.Command{
		Use:   "new --from DISCOVERY --method ID",
		Short: "Write a description of a method of a discovery document",
		Long: `new reads a Google discovery document, and writes the OpenAPI description of one
of its methods: path, schemas, scopes, the requirement sets that apply, and a
draft requirement for each sentence about the method and its required
parameters. No check tests a draft; a run counts them.

DISCOVERY is a file, an http or https address, or - for standard input. ID is
a method's id, or the end of one.

The path of a description has one parameter, the last one. Give a value for each
parameter before it, and for each required parameter of the query; every request
then sends these values.

Discovery documents do not say in which states of a job a method accepts it.
With --accepted-states, the description also has the method that reads the
state, and the checks of states apply.

Exit: 0 written, 2 wrong usage, or a document in an unknown format, 4 a document
that cannot be fetched.`,
		Example: `  dpconform spec new --method operations.cancel --output cancel.openapi.yaml \
      --from 'https://speech.googleapis.com/$discovery/rest?version=v1'
  dpconform spec new --from run.json --method projects.locations.jobs.run \
      --value projectsId=my-project --value locationsId=europe-west1
  dpconform run --spec cancel.openapi.yaml --dry-run \
      --endpoint http://127.0.0.1:8080 --job job-1`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			switch {
			case from == "":
				return text.Mistake("--from", "no document is given", "give --from DISCOVERY")
			case draft.Method == "":
				return text.Mistake("--method", "no method is given", "give --method ID, as the document has it")
			}
			draft.Values = map[string]string{}
			for _, value := range values {
				name, value, both := strings.Cut(value, "=")
				if !both || name == "" {
					return text.Mistake("--value", fmt.Sprintf("invalid value %q", name), "give NAME=VALUE")
				}
				if _, twice := draft.Values[name]; twice {
					return text.Mistake("--value", name+" is given twice", "give it once")
				}
				draft.Values[name] = value
			}
			return writeDraft(command, terminal, draft, from, output)
		},
	}
	command.Flags().StringVar(&from, "from", "", "the `DISCOVERY` document")
	command.Flags().StringVar(&draft.Method, "method", "", "the `ID` of the method, such as operations.cancel, or its end")
	command.Flags().StringVar(&output, "output", "", "write the description to a new `FILE`, not to standard output")
	command.Flags().StringArrayVar(&values, "value", nil, "give a parameter of the path before the last one, or a required one of the query, as `NAME=VALUE`. Repeatable")
	command.Flags().StringSliceVar(&draft.AcceptedStates, "accepted-states", nil, "the `STATES` of a job in which the method accepts it, separated by commas")
	return command
}

// writeDraft writes a description that a run can load.
func writeDraft(command *cobra.Command, terminal *terminal, draft source.Draft, from, output string) error {
	line := terminal.progress(command.Context(), 0)
	defer line.end()
	document, err := readSource(command, from, line)
	line.end()
	if err != nil {
		return err
	}
	written, notes, err := draft.Write(document)
	if err != nil {
		return err
	}
	method, err := spec.Load(spec.Description{Name: cmp.Or(output, "the new description"), Text: written})
	if err != nil {
		return err
	}
	if output == "" {
		if _, err := terminal.raw.Write(written); err != nil {
			return err
		}
		terminal = terminal.onStandardError()
	} else if err := writeNewFile("--output", output, written); err != nil {
		return err
	}
	drafts := 0
	for _, requirement := range method.Requirements {
		if requirement.Draft {
			drafts++
		}
	}
	if output != "" {
		fmt.Fprintf(terminal.out, "%s: %s, %s, %s\n", output, method.Operation.ID, text.Counted(len(method.Scopes), "scope"), text.Counted(drafts, "draft"))
	}
	for _, note := range notes {
		fmt.Fprintf(terminal.out, "%s\n", text.Paragraph("note: ", note, terminal.width()))
	}
	return nil
}
