package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Contract loads the description that the settings name, or the built-in one.
// Mistakes in it are *spec.Error.
func (s *Settings) Contract() (*spec.Contract, error) {
	description := spec.Embedded()
	if s.Spec != "" {
		read, err := spec.ReadDescription(s.Spec)
		if err != nil {
			return nil, err
		}
		description = read
	}
	return spec.Load(description)
}

// StrictLevel reads the level that fails a run.
func (s *Settings) StrictLevel(sources *Sources) (spec.Level, error) {
	level := spec.Level(s.Level)
	if !slices.Contains(spec.Levels(), level) {
		known := make([]string, 0, len(spec.Levels()))
		for _, one := range spec.Levels() {
			known = append(known, string(one))
		}
		return "", text.Mistake(sources.Origin("level"), fmt.Sprintf("unknown level %q", s.Level), text.DidYouMean(s.Level, known))
	}
	return level, nil
}

// TargetConfig reads what the settings say of a target on the network.
func (s *Settings) TargetConfig(sources *Sources, contract *spec.Contract) (target.Config, error) {
	endpoint, err := target.ParseEndpoint(s.Endpoint)
	if err != nil {
		return target.Config{}, text.Mistake(sources.Origin("endpoint"), err.Error(), "")
	}
	if s.Timeout <= 0 {
		return target.Config{}, text.Mistake(sources.Origin("timeout"), "it must be more than 0", "")
	}
	jobs, err := s.JobsByState(sources, contract)
	if err != nil {
		return target.Config{}, err
	}
	network, err := s.NetworkOptions(sources)
	if err != nil {
		return target.Config{}, err
	}
	credentials, err := s.credentials(sources, contract)
	if err != nil {
		return target.Config{}, err
	}
	config := target.Config{
		Endpoint: s.Endpoint, Network: network, Credentials: credentials, Jobs: jobs, AllowRetry: s.AllowRetry,
		Loopback: target.IsLoopback(endpoint), Limit: s.Timeout,
	}
	return config, s.budget(sources, &config)
}

// JobsByState reads the given jobs. An unknown state, an empty id, an id that
// stands twice, and a value without a state are *UsageErrors.
func (s *Settings) JobsByState(sources *Sources, contract *spec.Contract) (map[string][]string, error) {
	place := sources.Origin("job")
	jobs := map[string][]string{}
	stateOf := map[string]string{}
	for _, given := range s.Jobs {
		state, ids, found := strings.Cut(given, "=")
		if !found {
			return nil, text.Mistake(place, fmt.Sprintf("%q has no state", given), "give STATE=ID")
		}
		if !slices.Contains(contract.States, state) {
			return nil, text.Mistake(place, fmt.Sprintf("unknown state %q", state), text.DidYouMean(strings.ToUpper(state), contract.States))
		}
		for _, id := range strings.Split(ids, ",") {
			id = strings.TrimSpace(id)
			if err := checkJobID(place, state, id, stateOf); err != nil {
				return nil, err
			}
			stateOf[id] = state
			jobs[state] = append(jobs[state], id)
		}
	}
	return jobs, nil
}

func checkJobID(place, state, id string, stateOf map[string]string) error {
	switch other, twice := stateOf[id]; {
	case id == "":
		return text.Mistake(place, "an id of state "+state+" is empty", "give "+state+"=ID[,ID...]")
	case strings.Contains(id, "/"):
		return text.Mistake(place, fmt.Sprintf("the id %q has a slash", id), "give the bare id, without archiveJobs/")
	case twice:
		return text.Mistake(place, fmt.Sprintf("the id %q is given twice, as %s and as %s", id, other, state), "")
	}
	return nil
}
