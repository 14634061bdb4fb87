package config

import (
	"context"
	"strings"

	"github.com/dpconform/dpconform/internal/program"
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
		return nil, sources.mistake(jobCommandFlag, "", "%s", err)
	}
	switch named := strings.Contains(s.JobCommand, statePlace); {
	case named && len(method.States) == 0:
		return nil, sources.mistake(jobCommandFlag, "leave {state} out", "jobs of %s have no states", method.Operation.ID)
	case !named && len(method.States) > 0:
		return nil, sources.mistake(jobCommandFlag, "put {state} where the state belongs", "it names no state, so that it would make the same job for all of them")
	}
	return func(ctx context.Context, state string) (string, error) {
		printed, err := line.Output(ctx, state)
		switch {
		case err != nil:
			return "", err
		case len(strings.Fields(printed)) > 1:
			return "", line.Wrong("printed several words", "it must print the id of a job alone")
		case strings.Contains(printed, "/"):
			return "", line.Wrong("printed an id with a slash", "it must print the bare id, without "+method.Operation.Path.Collection()+"/")
		}
		return printed, nil
	}, nil
}
