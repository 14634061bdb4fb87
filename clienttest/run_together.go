package clienttest

import (
	"context"
	"slices"
)

// together runs the command once. The scenarios that it did not choose have no
// result, unless it had to; where no server upstream answers their names are
// given.
func (r *run) together(ctx context.Context) (results []Result, notChosen []string, err error) {
	job := r.options.Job
	if job == "" {
		job = "failed-of-dpconform"
	}
	site, err := r.open(Options{Job: job}, false)
	if err != nil {
		return nil, nil, err
	}
	command, told, err := r.command(ctx, site, "", job)
	site.Close()
	if err != nil {
		return nil, nil, err
	}
	how := judging{wireOnly: r.options.WireOnly, hint: told.hint}
	if r.options.Upstream != nil && r.options.Token != "" {
		how.tokens = []string{r.options.Token}
	}
	results = r.options.Rules.judgeAll(site.Server, told, how)
	if !r.options.WireOnly {
		results = append(results, r.invented(told.outcomes, results)...)
	}
	if r.options.All {
		results = append(results, r.missing(results)...)
	} else if r.options.Upstream == nil {
		for _, scenario := range r.unchosen(results) {
			notChosen = append(notChosen, scenario.Name)
		}
	}
	return append(results, r.wholeCommand(command, results)), notChosen, nil
}

// unchosen are the scenarios without a result.
func (r *run) unchosen(results []Result) []*Scenario {
	return slices.DeleteFunc(slices.Clone(r.options.Scenarios), func(scenario *Scenario) bool {
		return slices.ContainsFunc(results, func(result Result) bool { return result.Scenario == scenario })
	})
}

// invented makes a result for each job that the client told an outcome of and
// never named in a request.
func (r *run) invented(told []Outcome, results []Result) []Result {
	var invented []Result
	for i, outcome := range told {
		known := slices.ContainsFunc(results, func(result Result) bool { return result.Job == outcome.Job })
		if known || slices.ContainsFunc(told[:i], func(other Outcome) bool { return other.Job == outcome.Job }) {
			continue
		}
		j := &judgement{rules: r.options.Rules}
		got := "no request for the job, and an error told"
		if outcome.NewID != nil {
			got = "no request for the job, and a success told"
		}
		j.fail(ConditionCalled, "a request for each job of which an outcome is told", got)
		invented = append(invented, Result{Job: outcome.Job, Told: &outcome, Verdict: Fail, Findings: j.findings})
	}
	return invented
}

// missing makes a result for each scenario that had to be chosen and was not.
func (r *run) missing(results []Result) []Result {
	var missing []Result
	for _, scenario := range r.unchosen(results) {
		j := &judgement{rules: r.options.Rules, scenario: scenario}
		j.fail(ConditionCalled, "a request", "no request arrived")
		missing = append(missing, Result{Scenario: scenario, Verdict: Fail, Findings: j.findings})
	}
	return missing
}

// judgeAll judges every call of a server. Requests that have nothing to do with
// the method are no calls.
func (r Rules) judgeAll(server *Server, told telling, how judging) []Result {
	var results []Result
	calls := server.Calls()
	for _, call := range calls {
		how.tokens = append(how.tokens, bearerTokens(call.Requests())...)
	}
	for _, call := range calls {
		if !slices.ContainsFunc(call.Requests(), func(request *Arrived) bool { return request.Kind != Other }) {
			continue
		}
		if outcome := outcomeFor(told.outcomes, call.Job); outcome != nil && call.Job != "" {
			call.Tell(*outcome)
		}
		how.contradicted = told.contradicted[call.Job]
		results = append(results, r.judgeCommand(call, nil, how))
	}
	return results
}

// wholeCommand judges the end of a command that chose its scenarios itself.
func (r *run) wholeCommand(command *CommandResult, results []Result) Result {
	j := &judgement{rules: r.options.Rules}
	attempted := slices.ContainsFunc(results, func(result Result) bool {
		return slices.ContainsFunc(result.Requests, func(request *Arrived) bool { return request.Kind == Attempt || request.Kind == Malformed })
	})
	switch {
	case command.TimedOut:
		j.fail(ConditionTime, "an end within "+command.Limit.String(), "no end: the command was stopped; --timeout gives it longer")
	case command.Exit != 0 || command.Signal != "":
		j.fail(ConditionExit, "exit 0", command.ending())
	}
	if !attempted {
		j.fail(ConditionCalled, "a request", "no request arrived, "+command.ending())
	}
	result := Result{Command: command, Findings: j.findings, Verdict: Pass}
	if len(j.findings) > 0 {
		result.Verdict = Fail
	}
	return result
}
