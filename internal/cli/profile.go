package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

func newProfilesCommand(terminal *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles, which select checks for one kind of user",
		Long: `A profile selects the checks for one kind of user. profiles lists the values of
--profile, and what each needs. Checks that a profile leaves out are reported as
not selected, with the reason. They do not count as skipped.`,
		Example: `  dpconform profiles
  dpconform run --profile consumer --endpoint URL \
      --token SCOPE=VALUE --job STATE=ID`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			printer := text.Printer{Out: terminal.out, Width: terminal.width()}
			for _, name := range config.Profiles() {
				printer.Paragraph(fmt.Sprintf("%-10s", name), profileTexts[config.Profile(name)])
			}
			return nil
		},
	}
}

// jobsForAllChecks is the number of jobs in a state in which the method accepts them
// that suffices for all checks of each shipped method, if the server conforms.
const jobsForAllChecks = 17

// profileTexts say what the profiles select, and what they need.
var profileTexts = map[config.Profile]string{
	config.Consumer: "For users of an API that somebody else runs. It needs a token with one scope, and one job that the method refuses because of its state. " +
		"It sends nothing that has an effect, and leaves out every check for which an input is missing, so a run is never inconclusive.",
	config.Emulator: "For authors of a server. It selects every check, like a run without a profile. Checks whose inputs are missing are skipped. " +
		fmt.Sprintf("It needs a token of each scope and a job in each state, and jobs to use up: %d suffice for all checks.", jobsForAllChecks),
	config.Live: "For a remote server whose jobs may be used up. It needs the same inputs as emulator, but leaves out the checks that need more jobs " +
		"than you gave. On a remote server, jobs are used up only with --consume-jobs.",
}

// The reasons why a profile leaves a check out.
const (
	usesUpJobs     = "would use up a job"
	needsMoreJobs  = "needs more jobs to use up"
	needsTokens    = "needs tokens for other scopes"
	needsOtherJobs = "needs jobs in other states"
)

// reason says why the profile leaves out what a run would skip, or is empty where
// it does not.
func (s selection) reason(check result.Check, reason, flag string) string {
	usesUp := result.UsesUpJobs(s.method.AcceptedStates, flag)
	switch {
	case s.profile == config.Live && usesUp:
		return needsMoreJobs
	case s.profile != config.Consumer:
		return ""
	case usesUp:
		return usesUpJobs
	case strings.Contains(flag, "--token"), flag == "" && check.Aspect == "authorization":
		return needsTokens
	case strings.Contains(flag, "--job"):
		return needsOtherJobs
	}
	return reason
}

// restrict leaves the target of a consumer the jobs of which a call has no effect.
// It returns a *text.UsageError where not even these are there, or no token.
func (s selection) restrict(sources *config.Sources, config target.Config) (target.Config, error) {
	if !s.isConsumer() {
		return config, nil
	}
	refused := s.method.RefusedStates()
	jobs := map[string][]string{}
	for state, ids := range config.Jobs {
		if slices.Contains(refused, state) {
			jobs[state] = ids
		} else {
			config.Spared = append(config.Spared, ids...)
		}
	}
	config.Jobs, config.ReadOnly, config.MakeJob = jobs, true, nil
	if len(refused) > 0 && len(jobs) == 0 {
		return config, text.Mistake(sources.Origin("job"), "the profile consumer needs a job that is "+text.List(refused, "or"), "give --job STATE=ID")
	}
	if len(s.method.Scopes) > 0 && !s.hasToken(config.Credentials) {
		return config, text.Mistake(sources.Origin("token"), "the profile consumer needs a token of one of "+text.Counted(len(s.method.Scopes), "scope"),
			"give --token "+s.method.Scopes[0].Short()+"=VALUE, or another source of tokens")
	}
	return config, nil
}

func (s selection) isConsumer() bool { return s.profile == config.Consumer }

// plans reports whether the profile leaves out what would be skipped.
func (s selection) plans() bool { return s.isConsumer() || s.profile == config.Live }

// hasToken reports whether there is a source for one of the scopes, or for several
// together. It asks for no token.
func (s selection) hasToken(credentials target.Credentials) bool {
	if credentials == nil {
		return false
	}
	if _, _, found := credentials.AnyToken(); found {
		return true
	}
	return slices.ContainsFunc(s.method.Scopes, func(scope spec.Scope) bool {
		_, found := credentials.Token(scope.Name)
		return found
	})
}

// planned rehearses the run, and leaves out what the profile does without. It
// returns what the rest comes to, and what took the place of the target. Where
// nothing is left, the error is a *text.UsageError. Where a consumer's token is
// unavailable, it is an *unreachableError: what the token is for is not left out,
// since that would pass unnoticed.
func (s selection) planned(ctx context.Context, config target.Config, seed uint64) (selection, result.Run, *target.Target, error) {
	if s.isConsumer() {
		if err := s.unavailableToken(config.Credentials); err != nil {
			return s, result.Run{}, nil, err
		}
	}
	run, server, err := rehearse(ctx, config, seed, s)
	if err != nil {
		return s, run, server, err
	}
	rest, run := s.withoutSkipped(run, s.reason)
	if len(rest.checks) == 0 {
		fix := "give what they need, or select other checks"
		var reasons []string
		for _, group := range rest.left {
			reasons = append(reasons, group.Reason)
		}
		if slices.Equal(reasons, []string{usesUpJobs}) {
			fix = "use another profile, or select other checks"
		}
		err = text.Mistake(s.profileFrom, fmt.Sprintf("the profile %s excludes every check that the other flags select (%s)", s.profile, text.List(reasons, "and")),
			fix)
	}
	return rest, run, server, err
}

// afterwards leaves out what the run has shown to need an input that the profile
// does without: what a server refuses first, only its responses show.
func (s selection) afterwards(run result.Run) result.Run {
	if run.Interrupted || !s.plans() {
		return run
	}
	_, run = s.withoutSkipped(run, func(check result.Check, reason, flag string) string {
		if flag == "" {
			return ""
		}
		return s.reason(check, reason, flag)
	})
	return run
}

// withoutSkipped leaves out the skipped checks for which there is a reason, and the
// requirements of which no other check sees anything.
func (s selection) withoutSkipped(run result.Run, why func(check result.Check, reason, flag string) string) (selection, result.Run) {
	left := map[string]string{}
	run.Checks = slices.DeleteFunc(slices.Clone(run.Checks), func(check result.Check) bool {
		if check.Verdict == result.Skip {
			left[check.ID] = why(check, check.Reason, check.Flag)
		}
		return left[check.ID] != ""
	})
	s = s.without(func(check suites.Check) (suites.Check, string) {
		if reason := left[check.ID]; reason != "" {
			return suites.Check{}, reason
		}
		return check, ""
	})
	run.NotSelected = s.left
	var report result.Report
	report.Conclude(run)
	for _, requirement := range report.Requirements {
		if requirement.Verdict != result.Skip {
			continue
		}
		for _, check := range run.Checks {
			at := slices.IndexFunc(check.Untested, func(one result.Untested) bool { return one.Requirement == requirement.ID })
			if at < 0 {
				continue
			}
			if reason := why(check, check.Untested[at].Reason, check.Untested[at].Flag); reason != "" {
				s.left = result.LeaveOut(s.left, reason, "", requirement.ID)
				break
			}
		}
	}
	run.NotSelected = s.left
	return s, run
}

// unavailableToken asks for the token of each scope, and says which should be there
// and is not.
func (s selection) unavailableToken(credentials target.Credentials) error {
	for _, scope := range s.method.Scopes {
		source, found := credentials.Token(scope.Name)
		if !found {
			continue
		}
		if _, err := source.Token(); err != nil {
			return &unreachableError{fmt.Errorf("no token of %s: %w; --scopes selects the scopes that have one", scope.Short(), err)}
		}
	}
	return nil
}
