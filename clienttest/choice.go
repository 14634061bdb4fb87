package clienttest

import (
	"hash/fnv"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/emulator"
)

// Where a client chooses a scenario beside the header: the beginning of a job
// id, and of a path.
const (
	scenarioJobPrefix = "scenario-"
	scenarioPath      = "/scenarios/"
)

// JobOf gives a job id that chooses a scenario; the end tells two calls apart.
func JobOf(scenario *Scenario, end string) string {
	return scenarioJobPrefix + scenario.Name + "-" + end + scenario.JobEnd
}

// choose finds the scenario that a request is for, and takes a prefix that
// chose it off the path; nil where it chose none. Misspelled is a name that it
// gave and that no scenario has.
func (s *Server) choose(arrived *Arrived) (chosen *Scenario, misspelled *misspelling) {
	named := arrived.Header.Get(ScenarioHeader)
	if rest, prefixed := strings.CutPrefix(arrived.Target, scenarioPath); prefixed {
		name, target, _ := strings.Cut(rest, "/")
		arrived.Target, named = "/"+target, name
	}
	if s.options.Only != nil {
		return s.options.Only, nil
	}
	if scenario, known := FindScenario(s.options.Scenarios, named); known {
		return scenario, nil
	}
	if named != "" {
		return nil, s.misspelling(named)
	}
	return s.scenarioOfJob(arrived.path())
}

// scenarioOfJob finds the scenario that a job id in a path chooses, wherever in
// the path it stands: a client may have written the path wrong.
func (s *Server) scenarioOfJob(path string) (chosen *Scenario, misspelled *misspelling) {
	_, rest, found := strings.Cut(path, scenarioJobPrefix)
	if !found {
		return nil, nil
	}
	for _, scenario := range s.options.Scenarios {
		if beginsWithName(rest, scenario.Name) && (chosen == nil || len(scenario.Name) > len(chosen.Name)) {
			chosen = scenario
		}
	}
	if chosen != nil {
		return chosen, nil
	}
	for _, name := range s.options.Known {
		if beginsWithName(rest, name) {
			return nil, s.misspelling(name)
		}
	}
	if end := strings.IndexAny(rest, ":/?%"); end >= 0 {
		rest = rest[:end]
	}
	// Most likely what stands behind the last hyphen tells two calls apart.
	if hyphen := strings.LastIndexByte(rest, '-'); hyphen > 0 {
		rest = rest[:hyphen]
	}
	return nil, s.misspelling(rest)
}

// beginsWithName reports whether a text is the name of a scenario, or begins with
// it and ends it there.
func beginsWithName(text, name string) bool {
	behind, begins := strings.CutPrefix(text, name)
	return begins && (behind == "" || strings.IndexByte("-:/%", behind[0]) >= 0)
}

// jobIn finds the job's id in a path. Where the path is none of the method's it
// is not known, and what stands in its place tells calls apart all the same.
func (s *Server) jobIn(arrived *Arrived) (job string, known bool) {
	path := arrived.path()
	for _, operation := range []struct{ prefix, suffix string }{
		{s.options.Rules.Contract.Retry.Path.Prefix, s.options.Rules.Contract.Retry.Path.Suffix},
		{s.options.Rules.Contract.ReadState.Path.Prefix, s.options.Rules.Contract.ReadState.Path.Suffix},
	} {
		rest, begins := strings.CutPrefix(path, operation.prefix)
		id, ends := strings.CutSuffix(rest, operation.suffix)
		if !begins || !ends || id == "" || strings.Contains(id, "/") {
			continue
		}
		if decoded, err := url.PathUnescape(id); err == nil {
			return decoded, true
		}
	}
	_, rest, found := strings.Cut(path, scenarioJobPrefix)
	if !found {
		return "", false
	}
	if end := strings.IndexAny(rest, ":/?%"); end >= 0 {
		rest = rest[:end]
	}
	return scenarioJobPrefix + rest, false
}

// standInToken is given to the reference server in the place of a token for the
// server upstream.
const standInToken = "dpconform-client-token-for-upstream"

// reference makes the reference server of a call: it has the one job, in the
// state that the scenario says. Without a scenario it has the usual ones too.
func (s *Server) reference(scenario *Scenario, job string) (*emulator.Server, error) {
	contract := s.options.Rules.Contract
	options := emulator.Options{Jobs: map[string][]string{}, Tokens: map[string][]string{}}
	state := ""
	if len(contract.RetryableStates) > 0 {
		state = contract.RetryableStates[0]
	}
	if scenario == nil {
		options.Jobs = emulator.DefaultJobs(contract)
	} else if scenario.Job != "" {
		state = scenario.Job
	}
	if job != "" && state != "" {
		for other, jobs := range options.Jobs {
			options.Jobs[other] = slices.DeleteFunc(slices.Clone(jobs), func(one string) bool { return one == job })
		}
		options.Jobs[state] = append([]string{job}, options.Jobs[state]...)
	}
	tokens := s.options.Tokens
	if s.options.Upstream != nil {
		tokens = []string{standInToken}
	}
	for _, token := range tokens {
		if len(contract.Scopes) > 0 {
			options.Tokens[token] = []string{contract.Scopes[0].Name}
		}
	}
	// Each call has new ids of its own.
	sum := fnv.New64a()
	if scenario != nil {
		_, _ = sum.Write([]byte(scenario.Name + "/" + job))
	}
	options.Seed = sum.Sum64()
	return emulator.New(contract, options)
}
