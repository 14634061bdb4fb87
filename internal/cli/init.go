package cli

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The users that init writes a file for.
const (
	forConsumer = "consumer"
	forEmulator = "emulator"
	forClient   = "client"
)

var initUsers = []string{forConsumer, forEmulator, forClient}

// The files that init writes.
const (
	initConfig   = "dpconform.yaml"
	initWorkflow = ".github/workflows/dpconform.yml"
)

//go:embed init.tmpl
var initTemplates string

func newInitCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var user string
	var workflow bool
	command := &cobra.Command{
		Use:   "init",
		Short: "Write a configuration file, and a workflow for GitHub",
		Long: `init writes a dpconform.yaml with comments. --for selects whom it is for: a
consumer of the API, the author of an emulator or server, or the author of a
client. With --workflow it also writes a GitHub Actions workflow that uses the
file. It never overwrites a file.`,
		Example: `  dpconform init
  dpconform init --for consumer --workflow
  dpconform init --for client`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			sources, method, err := prepare(command, terminal, &settings)
			if err != nil {
				return err
			}
			if _, err := config.OneOf(sources, "for", "value", user, initUsers); err != nil {
				return err
			}
			if user == forConsumer && settings.Revision == "" {
				// The live service follows the newest.
				description, err := settings.Description(sources)
				if err != nil {
					return err
				}
				for _, newest := range description.Revisions() {
					settings.Revision = newest
				}
			}
			start := beginning{user: user, method: method, MethodName: settings.MethodName, Revision: settings.Revision}
			return start.write(terminal, workflow)
		},
	}
	settings.AddMethodFlags(command.Flags())
	command.Flags().StringVar(&user, "for", forEmulator, "`USER` that the file is for: consumer, emulator or client")
	command.Flags().BoolVar(&workflow, "workflow", false, "also write a workflow for GitHub, "+initWorkflow)
	return command
}

// beginning is what init writes for a user.
type beginning struct {
	user   string
	method *spec.Method
	// MethodName is the method that was chosen, or empty.
	MethodName string
	// Revision is the revision to test, or empty for the description's own.
	Revision string
}

func (b beginning) write(terminal *terminal, workflow bool) error {
	files := []struct{ name, template string }{{initConfig, b.user}, {initWorkflow, b.user + " workflow"}}
	if !workflow {
		files = files[:1]
	}
	for _, file := range files {
		if _, err := os.Lstat(file.name); err == nil {
			return text.Mistake(file.name, "it already exists, and is not overwritten", "move it away, or edit it")
		}
	}
	templates := template.Must(template.New("").Parse(initTemplates))
	for i, file := range files {
		if err := b.writeFile(templates, file.name, file.template); err != nil {
			// All or nothing: init refuses to run again where one file is there.
			for _, written := range files[:i] {
				_ = os.Remove(written.name)
			}
			return err
		}
	}
	for _, file := range files {
		fmt.Fprintf(terminal.out, "wrote %s\n", file.name)
	}
	if workflow {
		fmt.Fprintf(terminal.out, "%s uses a release of dpconform, which is not published yet: a comment in it says what to write until then\n", initWorkflow)
	}
	fmt.Fprintf(terminal.out, "next: %s\n", b.Command())
	return nil
}

// writeFile makes a file of a template, and the folders that lead to it.
func (b beginning) writeFile(templates *template.Template, name, content string) error {
	var made strings.Builder
	if err := templates.ExecuteTemplate(&made, content, b); err != nil {
		return err
	}
	err := os.MkdirAll(filepath.Dir(name), 0o777)
	if err == nil {
		err = text.WriteNew(name, 0o666, []byte(strings.TrimLeft(made.String(), "\n")))
	}
	if err != nil {
		return text.Mistake(name, "it was not written: "+text.Reason(err), "make the folder writable")
	}
	return nil
}

// Command is the command that uses the file, with what it cannot hold.
func (b beginning) Command() string {
	switch b.user {
	case forClient:
		return "dpconform client --config " + initConfig + " -- ./my-client '{endpoint}' '{job}' '{token}'"
	case forConsumer:
		return b.TokenVariable() + "=TOKEN dpconform run --config " + initConfig + " --job " + b.JobForm()
	}
	return "dpconform run --config " + initConfig
}

// TokenVariable is the variable of the token of the first scope.
func (b beginning) TokenVariable() string {
	if len(b.method.Scopes) == 0 {
		return "DPCONFORM_TOKEN"
	}
	return config.TokenVariable(b.method, b.method.Scopes[0].Name)
}

// JobForm is how a job is given that a consumer may have: one that is refused for
// its state.
func (b beginning) JobForm() string {
	if refused := b.method.RefusedStates(); len(refused) > 0 {
		return refused[min(1, len(refused)-1)] + "=ID"
	}
	return "ID"
}

// JobYAML is JobForm as a value of the configuration.
func (b beginning) JobYAML() string {
	if state, id, found := strings.Cut(b.JobForm(), "="); found {
		return "{" + state + ": [" + id + "]}"
	}
	return "[" + b.JobForm() + "]"
}

// Endpoint is the address of the description's own server.
func (b beginning) Endpoint() string { return b.method.Endpoint }

// Accepted says in which states the method accepts a job.
func (b beginning) Accepted() string { return text.List(b.method.AcceptedStates, "or") }

// HasScopes and HasStates say what the method has.
func (b beginning) HasScopes() bool { return len(b.method.Scopes) > 0 }

// HasStates reports whether jobs have states.
func (b beginning) HasStates() bool { return len(b.method.States) > 0 }

// HasNewID reports whether the response names a new job, which no exit code does.
func (b beginning) HasNewID() bool { return b.method.IDField != "" }

// initJobs are the ids of a state.
type initJobs struct{ State, IDs string }

// Jobs are ids that the reference emulator has, too: enough for every check.
func (b beginning) Jobs() []initJobs {
	const others = 1
	var jobs []initJobs
	ids := emulator.DefaultJobs(b.method)
	for _, state := range append(slices.Clone(b.method.States), "") {
		few := others
		if state == "" || slices.Contains(b.method.AcceptedStates, state) {
			few = jobsForAllChecks
		}
		if len(ids[state]) > 0 {
			wrapped := strings.Join(text.Wrap(strings.Join(ids[state][:min(few, len(ids[state]))], ", "), helpColumns-4), "\n    ")
			jobs = append(jobs, initJobs{state, wrapped})
		}
	}
	return jobs
}
