package clientrun

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// How a client may choose a scenario: by a header, by the beginning of a job id,
// and by that of a path.
const (
	scenarioHeader = "Dpconform-Scenario"
	jobPrefix      = "scenario-"
	scenarioPath   = "/scenarios/"
)

// JobOf returns a job id that chooses a scenario; the end keeps two calls apart.
func JobOf(chosen *scenario.Scenario, end string) string {
	return jobPrefix + chosen.Name + "-" + end + chosen.JobEnd
}

// WarmJobOf returns the job id of the first call of a scenario that has one, with
// the same end; empty where it has none.
func WarmJobOf(chosen *scenario.Scenario, end string) string {
	if chosen.First == nil {
		return ""
	}
	return jobPrefix + chosen.Name + "-first-" + end
}

// Fits reports whether an id has the form that the description demands of ids.
func Fits(method *spec.Method, job string) bool {
	return method.IDPattern == nil || method.IDPattern.MatchString(job)
}

// choose finds the scenario that a request chooses, and takes a prefix that chose
// it off the path; nil where it chose none. A name that no scenario has is noted
// in the request.
func (s *Server) choose(arrived *request) *scenario.Scenario {
	named := arrived.header.Get(scenarioHeader)
	if rest, prefixed := strings.CutPrefix(arrived.target, scenarioPath); prefixed {
		name, target, _ := strings.Cut(rest, "/")
		arrived.target, named = "/"+target, name
	}
	switch {
	case s.isFirst(arrived):
		return nil
	case s.options.Only != nil:
		return s.options.Only
	}
	if chosen, known := scenario.Find(s.options.Scenarios, named); known {
		return chosen
	}
	if named == "" {
		var chosen *scenario.Scenario
		if chosen, named = s.scenarioOfJob(arrived.path()); chosen != nil || named == "" {
			return chosen
		}
	}
	arrived.unknown = s.unknownText(named)
	return nil
}

// scenarioOfJob finds the scenario that a job id chooses, wherever in the path it
// is: a client may have written the path wrong. Named is what it chose instead.
func (s *Server) scenarioOfJob(path string) (chosen *scenario.Scenario, named string) {
	_, rest, found := strings.Cut(path, jobPrefix)
	longest := 0
	for _, one := range s.options.Scenarios {
		if found && len(one.Name) > longest && startsWithName(rest, one.Name) {
			chosen, longest = one, len(one.Name)
		}
	}
	if chosen != nil || !found {
		return chosen, ""
	}
	if name, known := text.Find(s.options.Known, func(name string) bool { return startsWithName(rest, name) }); known {
		return nil, name
	}
	rest = beforeAny(rest, ":/?%")
	// Most likely what is behind the last hyphen keeps two calls apart.
	if hyphen := strings.LastIndexByte(rest, '-'); hyphen > 0 {
		rest = rest[:hyphen]
	}
	return nil, rest
}

// startsWithName reports whether a text is the name of a scenario, or starts with
// it.
func startsWithName(text, name string) bool {
	behind, starts := strings.CutPrefix(text, name)
	return starts && (behind == "" || strings.IndexByte("-:/%", behind[0]) >= 0)
}

func beforeAny(text, characters string) string {
	if end := strings.IndexAny(text, characters); end >= 0 {
		return text[:end]
	}
	return text
}

// jobIn finds the job's id in a path. Where the path is none of the method's it
// is not known, and what is in its place keeps calls apart all the same.
func (s *Server) jobIn(arrived *request) (job string, known bool) {
	path, method := arrived.path(), s.options.Rules.Method
	for _, operation := range []spec.Operation{method.Operation, method.ReadState} {
		if operation.ID == "" {
			continue
		}
		rest, starts := strings.CutPrefix(path, operation.Path.Prefix)
		id, ends := strings.CutSuffix(rest, operation.Path.Suffix)
		if !starts || !ends || id == "" || strings.Contains(id, "/") {
			continue
		}
		if decoded, err := url.PathUnescape(id); err == nil {
			return decoded, true
		}
	}
	_, rest, found := strings.Cut(path, jobPrefix)
	if !found {
		return "", false
	}
	return jobPrefix + beforeAny(rest, ":/?%"), false
}

// isFirst reports whether a request is of the first call of a scenario that is
// served alone.
func (s *Server) isFirst(arrived *request) bool {
	if s.options.WarmJob == "" || s.options.Only == nil || s.options.Only.First == nil {
		return false
	}
	job, _ := s.jobIn(arrived) // Its path may be wrong.
	return strings.EqualFold(job, s.options.WarmJob)
}

// unknownText says that no scenario has a name, or that the one that has it was
// not selected, and which is meant most likely.
func (s *Server) unknownText(name string) string {
	const longest = 200
	shown := text.Cut(text.Line(name), longest)
	names := append(scenario.Names(s.options.Scenarios), s.options.Known...)
	meant, distance := text.Nearest(name, names)
	switch {
	case s.inapplicable(name) != "":
		return fmt.Sprintf("the scenario %q does not apply to the method: %s", shown, s.inapplicable(name))
	case slices.Contains(names, name):
		return fmt.Sprintf("the scenario %q was not selected by --scenario", shown)
	case distance > max(2, len(name)/3):
		return fmt.Sprintf("unknown scenario %q; dpconform client --list prints all", shown)
	}
	return fmt.Sprintf("unknown scenario %q; did you mean %q?", shown, meant)
}

// inapplicable is the reason why a scenario makes no sense for the method.
func (s *Server) inapplicable(name string) string {
	group, _ := text.Find(s.options.NotApplicable, func(one result.NotApplicable) bool { return slices.Contains(one.Checks, name) })
	return group.Reason
}

// upstreamToken is what the reference server of a scenario takes where the real
// tokens are known to the server upstream alone.
const upstreamToken = "dpconform-client-token-for-upstream"

// reference makes the reference server of a call: it has the one job, in the
// state that the scenario says. Without a scenario it has the usual ones too.
func (s *Server) reference(chosen *scenario.Scenario, job string) (*emulator.Server, error) {
	method := s.options.Rules.Method
	options := emulator.Options{Jobs: map[string][]string{}, Tokens: map[string][]string{}}
	state := ""
	if len(method.AcceptedStates) > 0 {
		state = method.AcceptedStates[0]
	}
	// Each call has new ids of its own.
	sum := fnv.New64a()
	if chosen == nil {
		options.Jobs = emulator.DefaultJobs(method)
		for state, jobs := range options.Jobs {
			options.Jobs[state] = slices.DeleteFunc(jobs, func(job string) bool { return !Fits(method, job) })
		}
	} else {
		_, _ = sum.Write([]byte(chosen.Name + "/" + job))
		if chosen.Job != "" {
			state = chosen.Job
		}
	}
	options.Seed = sum.Sum64()
	if job != "" && (state != "" || len(method.States) == 0) {
		for other, jobs := range options.Jobs {
			options.Jobs[other] = slices.DeleteFunc(slices.Clone(jobs), func(one string) bool { return one == job })
		}
		options.Jobs[state] = append([]string{job}, options.Jobs[state]...)
	}
	tokens := s.options.Tokens
	if s.options.Upstream != nil {
		tokens = []string{upstreamToken}
	}
	for _, token := range tokens {
		if len(method.Scopes) > 0 {
			options.Tokens[token] = []string{method.Scopes[0].Name}
		}
	}
	return emulator.New(method, options)
}
