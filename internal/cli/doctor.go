package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

func newDoctorCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Report which inputs a run would need, with read-only requests",
		Long: `doctor takes the same flags as run, and checks that a run has what it needs: the
endpoint, this machine's clock, a token for each scope (its source, expiry and
actual scopes), and the state of each job. It prints which checks a run would
skip or not select, and why. It sends only read-only requests.

Exit: 0 a run would have every input that it needs, 2 wrong usage or
configuration, 3 an input is missing or wrong, or the state of a job cannot be
read, 4 the endpoint cannot be reached, or a token that the profile consumer
needs is unavailable.`,
		Example: `  dpconform doctor --endpoint https://api.example
  dpconform doctor --config dpconform.yaml --json`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runDoctor(command, terminal, &settings, asJSON)
		},
	}
	settings.AddTargetFlags(command.Flags())
	settings.AddSelectionFlags(command.Flags())
	settings.AddLevelFlag(command.Flags())
	settings.AddKnownFailuresFlag(command.Flags())
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return command
}

func runDoctor(command *cobra.Command, terminal *terminal, settings *config.Settings, asJSON bool) error {
	sources, method, err := prepare(command, terminal, settings)
	if err != nil {
		return err
	}
	if settings.Endpoint == "" {
		return text.Mistake(sources.Origin("endpoint"), "no server given", "add --endpoint URL")
	}
	ctx, stop, err := settings.Limited(command.Context(), sources)
	if err != nil {
		return err
	}
	defer stop()
	plan, err := newPlan(sources, settings, method, time.Now())
	if err != nil {
		return err
	}
	config, err := plan.target()
	if err != nil {
		return err
	}
	selected := plan.selected
	total := 2 + len(selected.method.Scopes)
	for _, jobs := range config.Jobs {
		total += len(jobs)
	}
	line := terminal.progress(ctx, total)
	defer line.end()
	findings, err := doctor{selected.method, selected, plan.known.Gaps(), config, *settings, line.show}.examine(ctx)
	line.end()
	if overtime := overtimeOf(ctx); overtime != nil {
		return &unreachableError{overtime}
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = text.WriteJSON(terminal.raw, findings)
	} else {
		fmt.Fprintln(terminal.out)
		doctorPrinter{text.Printer{Out: terminal.out, Width: terminal.width()}}.print(findings)
	}
	if err == nil && findings.Exit != result.ExitConforms {
		return exitCode(findings.Exit)
	}
	return err
}

// doctor examines what a run would need.
type doctor struct {
	method   *spec.Method
	selected selection
	// gaps are the known failures that accept a skip.
	gaps   result.KnownFailures
	config target.Config
	// settings are what they were made from.
	settings config.Settings
	// observe hears of each thing that was looked at.
	observe func(name string, wrong bool)
}

func (d doctor) examine(ctx context.Context) (doctorFindings, error) {
	server, err := target.New(d.config)
	if err != nil {
		return doctorFindings{}, err
	}
	found := doctorFindings{Endpoint: d.endpoint(ctx), Jobs: []doctorJob{}, Skipped: []doctorSkip{}, Checks: len(d.selected.checks), accepted: d.method.AcceptedStates}
	if found.jobFlag = "--job STATE=ID"; len(d.method.States) == 0 {
		found.jobFlag = "--job ID"
	}
	d.observe("endpoint", found.Endpoint.Reason != "")
	found.Scopes, found.unrelated = d.scopes(ctx), len(d.method.UnrelatedScopes)
	found.Jobs = d.jobs(ctx, server, found)
	if fault := server.Unusable(); fault != nil && found.Endpoint.Reached {
		found.Endpoint.Reached, found.Endpoint.Reason = false, fault.Detail
	}
	complete := true
	if found.Endpoint.Reached {
		found.Cause = d.cause(server)
	}
	if found.Endpoint.Reached && (found.Cause == nil || found.stateless()) && ctx.Err() == nil {
		if complete, err = d.foresee(ctx, &found); err != nil {
			return found, err
		}
	}
	switch {
	case !found.Endpoint.Reached || found.Unavailable != "":
		found.Exit = result.ExitUnreachable
	case found.Cause != nil || !complete || found.Endpoint.Reason != "" || found.Endpoint.ClockText != "" ||
		slices.ContainsFunc(found.Jobs, func(job doctorJob) bool { return !job.Agrees }):
		found.Exit = result.ExitInconclusive
	}
	return found, ctx.Err()
}

// unknownJob is an id that no job has. Its state is asked for without a token:
// nothing comes of that.
const unknownJob = "dpconform-doctor"

func (d doctor) endpoint(ctx context.Context) doctorEndpoint {
	address, err := target.ParseEndpoint(d.config.Endpoint)
	if err != nil {
		return doctorEndpoint{URL: redact.Address(d.config.Endpoint), Reason: err.Error()}
	}
	found := doctorEndpoint{URL: address.String()}
	found.Proxy, found.Added = d.config.Network.ProxyOf(address), d.config.Network.AddedFields()
	if err := target.Reach(ctx, address, d.config.Network); err != nil {
		found.Reason = err.Error()
		return found
	}
	method, path := http.MethodGet, "/"
	if operation := d.method.ReadState; operation.ID != "" {
		method, path = operation.Method, operation.Path.Expand(unknownJob)
	}
	config, first := d.config, &firstResponse{next: target.NewNetwork(address, d.config.Network)}
	config.Transport = first
	server, err := target.New(config)
	if err != nil {
		found.Reason = "its address cannot be used"
		return found
	}
	// It has no effect, and is not waited for.
	exchange := server.Send(ctx, "doctor", target.Request{Purpose: "see whether the endpoint responds", Method: method, Path: path, Once: true, FrontEnd: true})
	response := first.response
	if exchange.Fault != nil {
		found.Reason, found.Reached = exchange.Fault.Detail, exchange.Fault.ServerOwn()
		return found
	}
	found.Reached, found.Protocol = true, response.Proto
	if response.TLS != nil {
		found.TLS = tls.VersionName(response.TLS.Version)
	}
	if offset, known := tokens.ClockOffset(response.Header, time.Now()); known {
		seconds := offset.Round(time.Second).Seconds()
		found.ClockAhead, found.ClockText = &seconds, tokens.ClockText(offset)
	}
	return found
}

// firstResponse keeps how a response came.
type firstResponse struct {
	next     http.RoundTripper
	response *http.Response
}

func (f *firstResponse) RoundTrip(request *http.Request) (response *http.Response, err error) {
	f.response, err = f.next.RoundTrip(request)
	return f.response, err
}

func (d doctor) scopes(ctx context.Context) []doctorScope {
	found := []doctorScope{}
	scopes := slices.Clone(d.method.Scopes)
	for _, name := range d.method.UnrelatedScopes {
		scopes = append(scopes, spec.Scope{Name: name})
	}
	for _, scope := range scopes {
		if ctx.Err() != nil {
			return found
		}
		one := d.scope(scope)
		found = append(found, one)
		if !one.Unrelated {
			d.observe(scope.Short(), one.State != tokenThere)
		}
	}
	// A token of one unrelated scope is enough for the check.
	if slices.ContainsFunc(found, func(one doctorScope) bool { return one.Unrelated && one.State != tokenMissing }) {
		found = slices.DeleteFunc(found, func(one doctorScope) bool { return one.Unrelated && one.State == tokenMissing })
	}
	if d.selected.profile == config.Consumer && slices.ContainsFunc(found, func(one doctorScope) bool {
		return !one.Unrelated && (one.State == tokenThere || one.shared)
	}) {
		for i := range found {
			switch one := &found[i]; {
			case one.shared:
				one.Reason = "a token with several scopes, which is enough with --profile consumer"
			case one.State == tokenMissing:
				one.Reason = "no token, and none is needed with --profile consumer"
			}
		}
	}
	return found
}

// loopback reports whether the server is on this machine, where nobody logs in.
func (d doctor) loopback() bool {
	address, err := target.ParseEndpoint(d.config.Endpoint)
	return err == nil && target.IsLoopback(address)
}

func (d doctor) scope(scope spec.Scope) doctorScope {
	found := doctorScope{Name: scope.Name, Unrelated: slices.Contains(d.method.UnrelatedScopes, scope.Name), State: tokenMissing, family: scope.Family()}
	list, _ := d.config.Credentials.(tokens.List)
	status, covered := list.Status(scope.Name)
	found.From = status.Origin
	expires := func(at time.Time) {
		if found.Until == nil && !at.IsZero() {
			at = at.UTC().Truncate(time.Second)
			found.Until = &at
		}
	}
	switch {
	case !covered && found.Unrelated:
		found.Reason = "no token; add --token unrelated=VALUE, a token with none of the documented scopes"
	case !covered && shared(list, scope.Name) != "":
		found.shared = true
		found.Reason = fmt.Sprintf("only a token with several scopes (%s), which cannot show that this one is sufficient; add --token %s=VALUE", shared(list, scope.Name), scope.Short())
	case !covered && d.loopback():
		found.Reason = "no token; add --token-template, or --token " + scope.Short() + "=VALUE"
	case !covered:
		found.Reason = fmt.Sprintf("no token; log in with dpconform login --scopes %s, or add --token", scope.Short())
	case status.Err != nil:
		found.State, found.Reason = tokenUnusable, status.Err.Error()
	case status.Unverified != nil:
		found.State, found.Reason = tokenThere, "not verified: "+status.Unverified.Error()
		expires(status.Token.Expiry)
	default:
		found.State, found.Verified, found.Carries = tokenThere, status.Verified, status.Scopes
		expires(status.Token.Expiry)
		expires(status.Expiry)
	}
	return found
}

// shared is where a token was given that has a scope among others; empty for none.
func shared(list tokens.List, scope string) string {
	for _, source := range list {
		if slices.Contains(source.Group, scope) {
			return source.Issuer.Origin
		}
	}
	return ""
}

func (d doctor) jobs(ctx context.Context, server *target.Target, found doctorFindings) []doctorJob {
	jobs := []doctorJob{}
	for _, id := range d.config.Jobs[""] {
		// Without states, there is nothing that could be wrong.
		d.observe(id, false)
		jobs = append(jobs, doctorJob{ID: id, Agrees: true})
	}
	credential, reason := d.reader(server, found)
	operation := d.method.ReadState
	read := func(id string) *target.Exchange {
		return server.Send(ctx, "doctor", target.Request{
			Purpose: "read the state of " + id, Method: operation.Method, Path: operation.Path.Expand(id), Query: operation.RequiredQuery(), Credential: credential, Job: id,
		})
	}
	if reason == "" && operation.ID != "" && !slices.ContainsFunc(d.method.States, func(state string) bool { return len(d.config.Jobs[state]) > 0 }) {
		read(unknownJob) // It shows whether the caller's project is set up.
	}
	for _, state := range d.method.States {
		for _, id := range d.config.Jobs[state] {
			job := doctorJob{ID: id, Given: state, Reason: reason}
			if reason == "" {
				exchange := read(id)
				job.State, job.Reason = d.stateIn(exchange)
				job.unread = job.State == "" && exchange.Fault == nil && exchange.Status == operation.Success
				job.unknown = exchange.Fault == nil && exchange.Status == http.StatusNotFound
			}
			job.Agrees = job.State == job.Given
			d.observe(id, !job.Agrees)
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// cause is what the responses show to keep requests from the method, or nil.
func (d doctor) cause(server *target.Target) *result.Cause {
	report := finished{testedServer: &testedServer{target: server, source: fromNetwork}, method: d.method, settings: d.settings, inFull: true}.report()
	if cause := report.NotReached(); cause.ID != "" {
		cause.Requirements, cause.Checks = []string{}, []string{}
		return &cause
	}
	return nil
}

// reader gives a credential that may read states: of the first scope that has a
// token, or of several scopes. The reason says why there is none.
func (d doctor) reader(server *target.Target, found doctorFindings) (target.Credential, string) {
	if !found.Endpoint.Reached {
		return target.Credential{}, "the endpoint was not reached"
	}
	if len(d.method.Scopes) == 0 {
		return target.NoCredential, ""
	}
	for _, scope := range found.Scopes {
		if scope.State == tokenThere && !scope.Unrelated {
			if credential, err := server.Credential(scope.Name); err == nil {
				return credential, ""
			}
		}
	}
	if credential, found := server.GroupCredential(); found {
		return credential, ""
	}
	return target.Credential{}, "no token to read its state"
}

// stateIn takes the state out of a response, or says why there is none.
func (d doctor) stateIn(exchange *target.Exchange) (state, reason string) {
	var members map[string]json.RawMessage
	switch {
	case exchange.Fault != nil:
		return "", exchange.Fault.Detail
	case exchange.Status == http.StatusNotFound:
		return "", "not found (404)"
	case exchange.Status != d.method.ReadState.Success:
		return "", fmt.Sprintf("the server responded with %d %s", exchange.Status, http.StatusText(exchange.Status))
	case json.Unmarshal(exchange.WholeBody(), &members) != nil || json.Unmarshal(members[d.method.StateField], &state) != nil || state == "":
		if form, _ := result.MemberForm(exchange.WholeBody(), d.method.StateField); form != "" {
			return "", fmt.Sprintf("the response has %s %s, want its name as a string at the top", d.method.StateField, form)
		}
		return "", "the response has no state"
	case !slices.Contains(d.method.States, state):
		return "", "it is in an undocumented state"
	}
	return state, ""
}

// foresee rehearses the run, with the jobs in the states that they are in, or as they
// were given where that could not be read, and with tokens of the emulator's for those that are there. It notes what
// the run would skip and leave out and which jobs it would make, and reports whether
// it would be conclusive and need none of the known failures to be removed.
func (d doctor) foresee(ctx context.Context, found *doctorFindings) (complete bool, err error) {
	config, selected := d.config, d.selected
	config.Jobs, selected.inState = maps.Clone(config.Jobs), map[string][]string{}
	for _, job := range found.Jobs {
		if state := cmp.Or(job.State, job.Given); !job.unknown || found.stateless() {
			selected.inState[state] = append(selected.inState[state], job.ID)
		}
	}
	config.Credentials = namedCredentials{config.Credentials, true}
	planned, run, server, err := selected.planned(ctx, config, d.settings.Seed)
	if _, ok := errors.AsType[*unreachableError](err); ok {
		found.Unavailable = err.Error()
		return false, nil
	}
	if err != nil {
		return false, err
	}
	found.Checks, found.NotSelected = len(planned.checks), planned.left
	found.Pace, found.Made = paceText(server, d.config.Rate), madeText(d.method, d.config.Jobs, server)
	var report result.Report
	run.Known = d.gaps
	report.Conclude(run)
	for _, check := range report.Checks {
		if check.Verdict == result.Skip {
			found.Skipped = append(found.Skipped, doctorSkip{check.ID, check.Reason, check.Flag, check.MissingJobs})
		}
	}
	for _, known := range report.Known(result.KnownPassed) {
		found.Known = append(found.Known, known.Message())
	}
	return report.Exit == result.ExitConforms, nil
}
