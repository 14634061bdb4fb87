package clienttest

import (
	"fmt"
)

// judgeEnd judges how the command ended, and whether anything came of it. A note
// says why no request could arrive.
func judgeEnd(j *judgement, command *CommandResult, attempts []*Arrived, last *Arrived, malformed int, note string) {
	if command != nil && command.TimedOut {
		j.fail(ConditionTime, "an end within "+command.Limit.String(), "no end: the command was stopped; --timeout gives it longer")
	}
	if len(attempts) == 0 && note != "" {
		return
	}
	if len(attempts) == 0 {
		got := "no request arrived"
		if malformed > 0 {
			got += " that is HTTP"
		}
		if command != nil && !command.TimedOut {
			got += ", " + command.ending()
		}
		j.fail(ConditionCalled, "a request", got)
		return
	}
	if command == nil || command.TimedOut {
		return
	}
	succeeded := last.Answer.Delivery == Whole && isSuccess(last.Answer.Status) && newID(j.rules.Contract, last.Answer) != ""
	if command.Signal != "" || succeeded && command.Exit != 0 {
		want := "exit 0, since the call succeeded"
		if command.Signal != "" {
			want = "an exit code"
		}
		j.fail(ConditionExit, want, command.ending())
	}
}

// judgeSteps judges whether the scenario came to its end. A client may stop
// before where the scenario lets it, if it told the error that it stopped at.
func judgeSteps(j *judgement, scenario *Scenario, attempts []*Arrived, last *Arrived, told told, how judging) {
	if len(attempts) == 0 || len(attempts) >= len(scenario.Steps) {
		return
	}
	got := fmt.Sprintf("%s: the client never called again", countOf(len(attempts), "request"))
	want := countOf(len(scenario.Steps), "request")
	if scenario.Consume == ConsumeOrTell {
		if told.outcome != nil && told.outcome.Error != nil || how.wireOnly {
			return
		}
		// Which error it was, the requirements of the outcome ask.
		if how.exitTells && told.failedByExit {
			return
		}
		got += fmt.Sprintf(", and did not tell the error of the last answer, %d", last.Answer.Status)
		if told.outcome == nil && told.hint != "" {
			got += "; " + told.hint
		}
		want += ", or the error told"
	}
	j.fail(ConditionSteps, want, got)
}
