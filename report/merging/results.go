package merging

import (
	"fmt"
	"slices"
	"time"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// judgedChecks turns what reports say of checks back into results, and results
// into what a report says.
type judgedChecks struct {
	contract *spec.Contract
	numbers  numbering
	known    []suites.Known
	// shown keeps how the shards show each finding.
	shown map[findingKey]report.Finding
}

// findingKey tells findings apart: those of one check that say the same are
// counted together.
type findingKey struct {
	check, requirement, want, got string
	exchange                      int
}

// results makes the results of all checks, in the order of the plan.
func (j *judgedChecks) results(selected []suites.Check, parts []Part) ([]suites.Result, error) {
	j.shown = map[findingKey]report.Finding{}
	var results []suites.Result
	for _, check := range selected {
		var own []suites.Result
		for _, part := range parts {
			for _, shown := range part.Report.Checks {
				if shown.ID != check.ID {
					continue
				}
				result, err := j.result(check, part, shown)
				if err != nil {
					return nil, err
				}
				own = append(own, result)
			}
		}
		switch len(own) {
		case 0:
			// The plans of the shards were held against their reports.
			return nil, &configuration.UsageError{Message: "no shard judged the check " + check.ID}
		case 1:
			results = append(results, own[0])
		default:
			results = append(results, suites.Combine(own))
		}
	}
	return results, nil
}

// result is what a shard says of a check, with the numbers of the whole. A pass
// that was not expected is a pass until the whole is known.
func (j *judgedChecks) result(check suites.Check, part Part, shown report.Check) (suites.Result, error) {
	result := suites.Result{Check: check, Verdict: shown.Verdict, Reason: shown.Reason, Flag: shown.Flag,
		Took: time.Duration(shown.Microseconds) * time.Microsecond}
	if shown.Verdict == suites.UnexpectedPass {
		result.Verdict, result.Reason = suites.Pass, ""
		if len(shown.Findings) > 0 {
			result.Verdict = suites.Warn
		}
	}
	for _, number := range shown.Exchanges {
		exchange, err := j.exchange(part, number)
		if err != nil {
			return result, err
		}
		result.Exchanges = append(result.Exchanges, exchange)
	}
	for _, one := range shown.Findings {
		finding, err := j.finding(part, check.ID, one)
		if err != nil {
			return result, err
		}
		result.Findings = append(result.Findings, finding)
	}
	return result, nil
}

func (j *judgedChecks) finding(part Part, check string, shown report.Finding) (suites.Finding, error) {
	requirement, found := j.contract.Requirement(shown.Requirement)
	if !found {
		return suites.Finding{}, &configuration.UsageError{Place: part.Name,
			Message: fmt.Sprintf("%s fails the requirement %q, which the description does not have", check, shown.Requirement)}
	}
	finding := suites.Finding{Requirement: requirement, Verdict: shown.Verdict, Want: shown.Want, Got: shown.Got,
		Place: shown.Place, Count: shown.Count}
	if at := slices.IndexFunc(j.known, func(one suites.Known) bool { return one.Name == shown.KnownFailure }); at >= 0 {
		finding.Known = &j.known[at]
	}
	if shown.Exchange > 0 {
		exchange, err := j.exchange(part, shown.Exchange)
		if err != nil {
			return finding, err
		}
		finding.Exchange, shown.Exchange = exchange, exchange.Number
	}
	j.shown[keyOf(check, finding)] = shown
	return finding, nil
}

// exchange stands for one of a shard's by its number in the whole.
func (j *judgedChecks) exchange(part Part, number int) (*target.Exchange, error) {
	renumbered, found := j.numbers.of[place{part.number(), number}]
	if !found {
		return nil, &configuration.UsageError{Place: part.Name, Message: fmt.Sprintf("it names the exchange %d, and has none", number),
			Mend: "give the file as it was written"}
	}
	return j.numbers.standIn(renumbered), nil
}

func keyOf(check string, finding suites.Finding) findingKey {
	key := findingKey{check: check, requirement: finding.Requirement.ID, want: finding.Want, got: finding.Got}
	if finding.Exchange != nil {
		key.exchange = finding.Exchange.Number
	}
	return key
}

// show is what the report of the whole says of a result. All texts come from
// reports, where secrets are hidden already.
func (j *judgedChecks) show(result suites.Result) report.Check {
	check := report.Check{
		ID: result.Check.ID, Aspect: result.Check.Aspect, Title: result.Check.Title, Sends: result.Check.Sends,
		Requirements: result.Check.Requirements, Verdict: result.Verdict, Reason: result.Reason, Flag: result.Flag,
		Exchanges: []int{}, Microseconds: result.Took.Microseconds(),
	}
	for _, finding := range result.Findings {
		shown := j.shown[keyOf(check.ID, finding)]
		shown.Count = finding.Count
		check.Findings = append(check.Findings, shown)
	}
	for _, exchange := range result.Exchanges {
		check.Exchanges = append(check.Exchanges, exchange.Number)
	}
	return check
}
