package config

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/program"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// jobCommandFlag is the flag of a command that makes jobs.
const jobCommandFlag = "job-command"

// statePlace is the place in the command for the state of the job.
const statePlace = "{state}"

// makeJob is what --job-command does; nil where it is not given.
func (s *Settings) makeJob(sources *Sources, method *spec.Method) (func(context.Context, string) (string, error), error) {
	if s.JobCommand == "" {
		return nil, nil
	}
	line, err := program.ParseLine("job command", s.JobCommand, statePlace)
	if err != nil {
		return nil, text.Located(sources.Origin(jobCommandFlag), err)
	}
	switch named := strings.Contains(s.JobCommand, statePlace); {
	case named && len(method.States) == 0:
		return nil, sources.mistake(jobCommandFlag, "leave {state} out", "jobs of %s have no states", method.Operation.ID)
	case !named && len(method.States) > 0:
		return nil, sources.mistake(jobCommandFlag, "put {state} where the state belongs", "it has no {state}, so it would make the same job for every state")
	}
	return func(ctx context.Context, state string) (string, error) {
		printed, err := line.Output(ctx, state)
		if err != nil {
			return "", err
		}
		if complaint, fix := wrongID(printed); complaint != "" {
			return "", line.Wrong(complaint, fix)
		}
		if strings.Contains(printed, "/") {
			return "", line.Wrong("printed an id with a slash", "it must print the bare id, without "+method.Operation.Path.Collection()+"/")
		}
		return printed, nil
	}, nil
}

// wrongID says what is wrong with a printed id, and how to fix it; nothing for what
// may be one. It does not show what was printed, which may be a secret.
func wrongID(printed string) (complaint, fix string) {
	const alone = "it must print the id of a job alone"
	switch {
	case strings.ContainsAny(printed[:1], "{["):
		return "printed JSON", "it must print the id alone"
	case !utf8.ValidString(printed):
		return "printed an id that is not UTF-8", alone
	case strings.ContainsAny(printed, "\"'`"):
		return "printed an id with a quote", "it must print the id without quotes"
	case len(strings.Fields(printed)) > 1:
		return "printed several words", alone
	case strings.ContainsFunc(printed, func(r rune) bool { return !text.Visible(r) }):
		return "printed an id with control characters, such as those of colours", alone
	case strings.ContainsAny(printed, "{}[]<>"):
		return "printed an id with a bracket", alone
	}
	return "", ""
}
