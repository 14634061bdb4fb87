package result

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// The causes that lie in the given jobs.

// unknownJob: neither the method nor what reads states finds a given job.
func (e evidence) unknownJob() diagnosis {
	read, called, found := map[string]bool{}, map[string]bool{}, map[string]bool{}
	documented := e.asDocumented()
	plain := func(exchange *Exchange) bool {
		return exchange.JobState != "" && strings.HasPrefix(exchange.Request.Credential, "token ") && exchange.Request.Authorization == "" &&
			(!exchange.Retry || documented(exchange))
	}
	for _, exchange := range e.shown(plain) {
		switch status := exchange.status(); {
		case status == http.StatusMethodNotAllowed, status == http.StatusUnauthorized, status == http.StatusForbidden:
			// Nothing was looked up.
		case status != http.StatusNotFound:
			found[exchange.Job] = true
		case exchange.Retry:
			called[exchange.Job] = true
		default:
			read[exchange.Job] = true
		}
	}
	missed := func(exchange *Exchange) bool {
		return exchange.JobState != "" && read[exchange.Job] && called[exchange.Job] && !found[exchange.Job]
	}
	return diagnosis{id: "unknown-job", least: 2, shows: func(exchange *Exchange) bool { return missed(exchange) && exchange.status() == http.StatusNotFound },
		say: func(first *Exchange, count int) (summary, fix string) {
			summary = fmt.Sprintf("the server does not know the job %s, which --job gives as %s", text.Line(text.Cut(first.Job, 60)), first.JobState)
			if jobs := text.Grouped(e.shown(missed), func(exchange *Exchange) string { return exchange.Job }); len(jobs) > 1 {
				summary = fmt.Sprintf("the server does not know %d of the given jobs, such as %s", len(jobs), text.Line(text.Cut(first.Job, 60)))
			}
			return fmt.Sprintf("%s: %d responses are 404", summary, count), "check the ids in --job, and that the tokens are of the user who owns the jobs"
		}}
}

// shownState is the state of a given job in a response that reads it; empty for other
// exchanges.
func (e evidence) shownState(exchange *Exchange) string {
	if exchange.Retry || exchange.JobState == "" || !exchange.succeeded() {
		return ""
	}
	for _, value := range members(exchange) {
		var name string
		if json.Unmarshal(value, &name) == nil && slices.ContainsFunc(e.States, func(state State) bool { return state.Name == name }) {
			return name
		}
	}
	return ""
}

// UsedUp lists the given jobs for which a call of this run succeeded, unless what came
// after such a success shows that the server still accepts its job; known reports whether
// it shows that the server no longer does.
func (r *Report) UsedUp() (jobs []string, known bool) {
	if r.Client != nil || r.Target.Source == "cassettes" || r.Settings.JobCommand {
		return nil, false
	}
	e, accepted := r.evidence(), r.AcceptedStates()
	succeeded, after, refused, again := map[string]bool{}, map[string]string{}, false, false
	for _, one := range e.responses {
		if !slices.Contains(accepted, one.JobState) {
			continue
		}
		request, used := one.Request.Curl(), slices.Contains(jobs, one.Job)
		switch state := e.shownState(one); {
		case one.Retry && one.succeeded():
			if again = again || used; !used {
				jobs = append(jobs, one.Job)
			}
			succeeded[request] = true
		case used && state != "":
			after[one.Job] = state
		case succeeded[request]:
			refused = refused || one.status() == http.StatusBadRequest || one.status() == http.StatusConflict
		}
	}
	for _, state := range after {
		if !slices.Contains(accepted, state) {
			return jobs, true
		}
	}
	if len(after) > 0 || again && !refused {
		return nil, false
	}
	return jobs, refused
}

// One of them stands in the reason of a check that was skipped because given jobs
// changed their state during the run, or were in another one from its beginning.
const (
	NoLonger = " no longer "
	AreNot   = " given jobs are not "
)

// GiveJobs is the fix for given jobs that are not in a state in which the method accepts
// them.
func GiveJobs(accepted []string) string {
	return "give jobs that are " + text.List(accepted, "or") +
		". If an earlier run used these up, restart the server if that restores them, or give --job-command, which makes a job when it is needed"
}

// JobsChanged is the id of the cause that given jobs are not in a state in which the method
// accepts them.
const JobsChanged = "jobs-changed"

// jobsChanged: jobs leave by themselves the state in which the method accepts them, or
// were not in it when the run began.
func (e evidence) jobsChanged() diagnosis {
	type job struct {
		// called says that a call may have changed it, and touched that another request
		// was about it since it was read in the given state.
		called, touched, alone bool
		was, changed           string
	}
	jobs, first, given, total, left := map[string]*job{}, map[int]bool{}, e.AcceptedStates(), 0, false
	for _, state := range e.States {
		if state.Retryable {
			total += state.Jobs
		}
	}
	for _, one := range e.responses {
		if !slices.Contains(given, one.JobState) {
			continue
		}
		known := jobs[one.Job]
		if known == nil {
			known = &job{}
			jobs[one.Job] = known
		}
		switch state := e.shownState(one); {
		case state == "":
			known.touched = true
			known.called = known.called || one.Retry && one.status()/100 != 4 && one.status() != http.StatusNotImplemented
		case state == one.JobState:
			known.was, known.touched = state, false
		case !known.called && known.changed == "":
			known.changed, known.alone = state, !known.touched
			left = left || known.was != ""
			first[one.Number] = true
		}
	}
	changed, alone, states := 0, 0, []string{}
	for _, known := range jobs {
		if known.changed == "" {
			continue
		}
		states = append(states, known.changed)
		if changed++; known.alone {
			alone++
		}
	}
	// One alone may come from a call for another job.
	if alone < 2 {
		return diagnosis{}
	}
	slices.Sort(states)
	return diagnosis{id: JobsChanged, shows: func(exchange *Exchange) bool { return first[exchange.Number] }, explains: func(_ Finding, exchange *Exchange) bool {
		known, state := jobs[exchange.Job], e.shownState(exchange)
		return known != nil && known.changed != "" && state != "" && state != exchange.JobState
	}, skips: func(check Check) bool {
		return strings.Contains(check.Reason, NoLonger) || strings.Contains(check.Reason, AreNot)
	},
		say: func(*Exchange, int) (summary, fix string) {
			which := fmt.Sprintf("%d of the %d given jobs", changed, total)
			if changed == total {
				which = fmt.Sprintf("all %d given jobs", total)
			}
			accepted, shown := text.List(given, "or"), text.List(slices.Compact(states), "or")
			if !left {
				return fmt.Sprintf("%s were already %s, not %s, when the run began", which, shown, accepted), GiveJobs(given)
			}
			return fmt.Sprintf("%s that were %s became %s during the run, without a successful call", which, accepted, shown),
				"find out what else changes jobs, such as a scheduler or another client, and stop it for the run; or give --job-command, which makes a job when it is needed"
		}}
}
