package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// dryRun prints every request that a run would send, in order. What a run sends
// depends on the responses, so the reference emulator takes the place of the target,
// and no token is asked for.
func (p *plan) dryRun(ctx context.Context, terminal *terminal) error {
	if p.settings.Endpoint == "" {
		return text.Mistake(p.sources.Origin("dry-run"), "without --endpoint nothing is sent, since the responses come from cassettes", "give --endpoint URL")
	}
	config, err := p.target()
	if err != nil {
		return err
	}
	config.Credentials = namedCredentials{real: config.Credentials}
	selected := p.selected
	if selected.plans() {
		if selected, _, _, err = selected.planned(ctx, config, p.settings.Seed); err != nil {
			return err
		}
	}
	outcome, server, err := rehearse(ctx, config, p.settings.Seed, selected)
	if err != nil {
		return err
	}
	requestPlan{server: server, stateless: len(p.method.States) == 0, outcome: outcome, redactor: redact.NewRedactor(nil),
		added: config.Network.AddedFields(), width: terminal.width(), pace: paceText(server, config.Rate),
		made: madeText(p.method, config.Jobs, server)}.print(terminal.out)
	return nil
}

// rehearse runs the checks against the reference emulator in place of the
// target, whose configuration it takes.
func rehearse(ctx context.Context, config target.Config, seed uint64, selected selection) (result.Run, *target.Target, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	jobs := config.Jobs
	if selected.inState != nil {
		jobs = selected.inState
	}
	if config.MakeJob != nil {
		jobs, config.MakeJob = pretendJobs(selected.method, jobs)
	}
	fallback, err := listenAsEmulator(ctx, selected.method, emulator.Options{Jobs: jobs, Seed: seed})
	if err != nil {
		return result.Run{}, nil, err
	}
	endpoint, err := target.ParseEndpoint(config.Endpoint)
	if err != nil {
		return result.Run{}, nil, err
	}
	config.Transport, config.Rate, config.Pause = plainly{fallback, endpoint}, 0, noPause
	server, err := target.New(config)
	if err != nil {
		return result.Run{}, nil, err
	}
	outcome, err := suiteRun{method: selected.method, target: server, seed: seed, selected: selected}.run(ctx)
	if err == nil {
		err = ctx.Err()
	}
	return outcome, server, err
}

// pretendJobs are the given jobs and those that a rehearsal takes for what the job
// command would make. The command is not run.
func pretendJobs(method *spec.Method, given map[string][]string) (all map[string][]string, makeJob func(context.Context, string) (string, error)) {
	const enough = 64
	all, pretended := maps.Clone(given), map[string][]string{}
	for _, state := range append(slices.Clone(method.States), "") {
		if (state == "") != (len(method.States) == 0) {
			continue
		}
		for i := range enough {
			pretended[state] = append(pretended[state], strings.ToLower(fmt.Sprintf("made-%s%d", strings.TrimPrefix(state+"-", "-"), i+1)))
		}
		all[state] = slices.Concat(given[state], pretended[state])
	}
	return all, func(_ context.Context, state string) (string, error) {
		left := pretended[state]
		if len(left) == 0 {
			return "", errors.New("the job command would be run too often")
		}
		pretended[state] = left[1:]
		return left[0], nil
	}
}

// madeText says how often a run would run the job command, or nothing.
func madeText(method *spec.Method, given map[string][]string, server *target.Target) string {
	var counts []string
	for _, state := range append(slices.Clone(method.States), "") {
		if made := len(server.Jobs(state)) - len(given[state]); made > 0 {
			counts = append(counts, strings.TrimSpace(fmt.Sprintf("%d %s", made, state)))
		}
	}
	if len(counts) == 0 {
		return ""
	}
	return "--job-command would make " + strings.Join(counts, ", ")
}

// paceText says how long the requests of a rehearsed run take at least with a limit
// for each second, or nothing without one.
func paceText(server *target.Target, rate float64) string {
	if rate <= 0 {
		return ""
	}
	sent := 0
	for _, exchange := range server.Journal() {
		if exchange.Fault == nil || exchange.Fault.Kind != target.Withheld {
			sent++
		}
	}
	least := time.Duration(float64(sent) / rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s take %s at least, since --rate allows %.3g a second", text.Counted(sent, "request"), least, rate)
}

// plainly sends requests without TLS, and without the path of their endpoint, to where the
// transport leads them.
type plainly struct {
	transport http.RoundTripper
	endpoint  *url.URL
}

func (p plainly) RoundTrip(request *http.Request) (*http.Response, error) {
	plain := request.Clone(request.Context())
	plain.URL.Scheme = "http"
	plain.URL.Path = strings.TrimPrefix(plain.URL.Path, p.endpoint.Path)
	plain.URL.RawPath = strings.TrimPrefix(plain.URL.RawPath, p.endpoint.EscapedPath())
	return p.transport.RoundTrip(plain)
}

// namedCredentials gives a token of the emulator's wherever the real ones have one.
type namedCredentials struct {
	real target.Credentials
	// asked says that the real ones are asked for theirs, and that their failure is
	// given where they have none.
	asked bool
}

// Token gives the emulator's token for the scopes.
func (n namedCredentials) Token(scopes ...string) (oauth2.TokenSource, bool) {
	if n.real == nil {
		return nil, false
	}
	source, found := n.real.Token(scopes...)
	if !found {
		return nil, false
	}
	if n.asked {
		if _, err := source.Token(); err != nil {
			return source, true
		}
	}
	return n.named(scopes)
}

// AnyToken gives the emulator's token for a group of scopes.
func (n namedCredentials) AnyToken() ([]string, oauth2.TokenSource, bool) {
	if n.real == nil {
		return nil, nil, false
	}
	scopes, _, found := n.real.AnyToken()
	if !found {
		return nil, nil, false
	}
	source, found := n.named(scopes)
	return scopes, source, found
}

func (namedCredentials) named(scopes []string) (oauth2.TokenSource, bool) {
	return target.TokenTemplate{Text: platform.TokenTemplate, Join: platform.TokenJoin}.Token(scopes...)
}

// requestPlan is what a run would send.
type requestPlan struct {
	server *target.Target
	// stateless says that jobs have no states, so that any call may have an effect.
	stateless bool
	outcome   result.Run
	redactor  *redact.Redactor
	width     int
	// pace says how long the requests take at least, or is empty.
	pace string
	// made says which jobs the job command would make, or is empty.
	made string
	// added are the fields that every request carries beside those of its check.
	added []string
}

func (p requestPlan) print(out io.Writer) {
	sent, withheld := 0, 0
	used := usedJobs{}
	for _, exchange := range p.server.Journal() {
		if exchange.Fault != nil && exchange.Fault.Kind == target.Withheld {
			withheld++
			continue
		}
		sent++
		uses := (exchange.Request.Once || p.stateless && exchange.Request.Call) && exchange.Succeeded() && exchange.Complete()
		if uses {
			used.note(exchange.Request.Job)
		}
		p.printRequest(out, sent, exchange, uses && !p.stateless)
	}
	fmt.Fprintf(out, "\n%s would go to %s; nothing was sent\n", text.Counted(sent, "request"), p.server.Endpoint())
	if len(p.added) > 0 {
		p.paragraph(out, "each with "+strings.Join(p.added, ", "))
	}
	if withheld > 0 {
		fmt.Fprintf(out, "%s more withheld by --max-requests\n", text.Counted(withheld, "request"))
	}
	if p.pace != "" {
		p.paragraph(out, p.pace)
	}
	p.paragraph(out, p.usesText(used))
	if p.made != "" {
		p.paragraph(out, p.made)
	}
	p.paragraph(out, "This assumes the responses of a conforming server. Other responses may lead to fewer requests, "+
		"or to more if requests have to be retried.")
	p.printSkipped(out)
}

// usedJobs counts the calls that succeed, and lists their jobs in order.
type usedJobs struct {
	calls int
	jobs  []string
}

func (u *usedJobs) note(job string) {
	if u.calls++; !slices.Contains(u.jobs, job) {
		u.jobs = append(u.jobs, job)
	}
}

// usesText says which jobs would be used up or, where jobs have no states, called
// with success.
func (p requestPlan) usesText(used usedJobs) string {
	switch {
	case used.calls == 0 && p.stateless:
		return "none of them is a call that succeeds"
	case used.calls == 0:
		return "none of them uses up a job"
	}
	uses := ", and use up "
	if p.stateless {
		uses = ", each with whatever effect the method has, on "
	}
	uses = text.Counted(used.calls, "call") + " would succeed" + uses + text.Counted(len(used.jobs), "job")
	if used.calls > len(used.jobs) {
		uses += " (some checks call one job more than once)"
	}
	return uses + ": " + strings.Join(used.jobs, ", ")
}

func (p requestPlan) paragraph(out io.Writer, text string) {
	fmt.Fprintln(out, ansi.Wordwrap(text, p.width, ""))
}

func (p requestPlan) printRequest(out io.Writer, number int, exchange *target.Exchange, uses bool) {
	request := exchange.Request
	fmt.Fprintf(out, "%4d  %s %s\n", number, request.Method, cutPath(p.redactor.Text(request.Target()), p.width))
	var details []string
	if label := request.Credential.Label; label != "" {
		details = append(details, label)
	}
	if kind := request.Header.Get("Content-Type"); kind != "" {
		details = append(details, kind)
	}
	if len(request.Body) > 0 {
		details = append(details, shownBody(request.Body))
	}
	if line := strings.Join(details, ", "); line != "" {
		fmt.Fprintln(out, text.Paragraph("      ", line, p.width))
	}
	reason := exchange.Check + ": " + request.Purpose
	if uses {
		reason += " — USES UP ITS JOB"
	}
	fmt.Fprintln(out, text.Paragraph("      ", reason, p.width))
}

// cutPath is the beginning of a long path, with its length.
func cutPath(path string, width int) string {
	if width -= len("   1  OPTIONS "); len(path) <= width {
		return path
	}
	length := fmt.Sprintf("… (%d bytes)", len(path))
	return path[:max(0, width-len(length))] + length
}

// shownBody is a body in a few letters.
func shownBody(body []byte) string {
	const few = 40
	if len(body) > few {
		return fmt.Sprintf("body %s… (%d bytes)", strconv.Quote(string(body[:few/2])), len(body))
	}
	return "body " + strconv.Quote(string(body))
}

// printSkipped counts the checks that send nothing because something is not
// given.
func (p requestPlan) printSkipped(out io.Writer) {
	skipped := slices.DeleteFunc(slices.Clone(p.outcome.Checks), func(check result.Check) bool { return check.Verdict != result.Skip })
	for _, group := range text.Grouped(skipped, func(check result.Check) string { return check.Flag }) {
		line := text.Counted(len(group), "check") + " would be skipped"
		switch flag := group[0].Flag; flag {
		case "":
		case result.HereFlag:
			line += ": they are run only against a server on this machine"
		default:
			them, jobs := "them", 0
			for _, check := range group {
				jobs += check.MissingJobs
			}
			if len(group) == 1 {
				them = "it"
			}
			line += "; to run " + them + ", add " + result.Give(flag, jobs)
		}
		p.paragraph(out, line)
	}
}
