package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/recording"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// testedServer is what a run tests: a server, or the cassettes of one.
type testedServer struct {
	target      *target.Target
	source      string
	provenance  string
	consumeJobs bool
	seed        uint64
	replay      *recording.Replay
	folder      string
	// stale says that the cassettes are older than they may be, or is empty.
	stale string
	// old says that they are older than most, where nobody said how old they may
	// be; or is empty.
	old string
}

// Where responses come from, as a report says it.
const (
	fromNetwork   = "network"
	fromCassettes = "cassettes"
)

// networkFlags are of use only with a server.
var networkFlags = []string{
	"token-template", "token", "token-file", "job", "job-command", "consume-jobs", "timeout", "seed", "token-join", "dry-run",
	"ca-cert", "client-cert", "client-key", "header", "quota-project", "insecure", "connect-timeout", "tls-timeout", "header-timeout", "max-requests", "rate", "max-pause",
	"token-command", "token-url", "application-default", "tokeninfo-url", "introspection-url",
	config.ProfileFlag, config.ScopesFlag, config.NoAuthFlag,
}

// findServer connects to the server that the settings name, or opens the
// cassettes. It leaves what the profile leaves out out of the selection.
func (p *plan) findServer(ctx context.Context, builtIn opening) (*testedServer, error) {
	sources, settings := p.sources, p.settings
	if settings.Endpoint == "" {
		return openCassettes(sources, settings, p.method, builtIn)
	}
	if settings.MaxAge != 0 {
		return nil, text.Mistake(sources.Origin("max-age"), "it limits the age of cassettes, but "+sources.Origin("endpoint")+" names a server", "use only one of the two")
	}
	if settings.Cassettes != "" {
		return nil, text.Mistake(sources.Origin("cassettes"), "it cannot be combined with "+sources.Origin("endpoint"),
			"use only one of the two; recordings need no tokens and no jobs either")
	}
	config, err := p.target()
	if err == nil {
		config, err = reached(ctx, config)
	}
	if err == nil && p.selected.plans() {
		usable := config
		usable.Credentials = namedCredentials{config.Credentials, true}
		p.selected, _, _, err = p.selected.planned(ctx, usable, settings.Seed)
	}
	if err != nil {
		return nil, err
	}
	server, err := target.New(config)
	return &testedServer{target: server, source: fromNetwork, consumeJobs: settings.ConsumeJobs && !config.ReadOnly, seed: settings.Seed}, err
}

// targetConfig is the target that the settings describe, by the name of this
// program.
func targetConfig(sources *config.Sources, settings *config.Settings, method *spec.Method) (target.Config, error) {
	config, err := settings.TargetConfig(sources, method)
	config.UserAgent = "dpconform/" + version
	return config, err
}

// reachableTarget is the target that the settings describe, which can be reached.
func reachableTarget(ctx context.Context, sources *config.Sources, settings *config.Settings, method *spec.Method) (target.Config, error) {
	config, err := targetConfig(sources, settings, method)
	if err != nil {
		return config, err
	}
	return reached(ctx, config)
}

// reached connects to a target once, and lets its requests take that way.
func reached(ctx context.Context, config target.Config) (target.Config, error) {
	endpoint, err := target.ParseEndpoint(config.Endpoint)
	if err != nil {
		return config, err
	}
	if err := target.Reach(ctx, endpoint, config.Network); err != nil {
		if overtime := overtimeOf(ctx); overtime != nil {
			err = overtime
		}
		return config, &unreachableError{err}
	}
	config.Transport = target.NewNetwork(endpoint, config.Network)
	return config, nil
}

// openCassettes makes a target that responds from a recording, with the jobs,
// tokens and seed that it was recorded with.
func openCassettes(sources *config.Sources, settings *config.Settings, method *spec.Method, builtIn opening) (*testedServer, error) {
	for _, flag := range networkFlags {
		if sources.Given(flag) {
			// A mistake in its value would be the next one.
			likeServer := *settings
			likeServer.Endpoint = "http://localhost"
			if _, err := likeServer.TargetConfig(sources, method); err != nil {
				return nil, err
			}
			return nil, text.Mistake(sources.Origin(flag), "it needs a server to test, not a recording", "give --endpoint URL, or remove the flag")
		}
	}
	replay, folder, err := openReplay(sources, settings, method, builtIn)
	if err != nil {
		return nil, err
	}
	recorded := replay.Provenance()
	server, err := newReplayedTarget(replay, method)
	if err != nil {
		return nil, err
	}
	stale, old := ageOf(recorded, settings)
	return &testedServer{
		target: server, source: fromCassettes, provenance: recorded.Describe(time.Now()),
		consumeJobs: recorded.ConsumeJobs, seed: recorded.Seed, replay: replay, folder: folder,
		stale: stale, old: old,
	}, nil
}

// opening gives the built-in cassettes of the method that is run, once they are
// read.
type opening func() (*recording.Replay, error)

// openBuiltIn begins to read them, if a run is to use them: that takes as long as
// to load the description, and needs another processor.
func openBuiltIn(settings *config.Settings) opening {
	if settings.Endpoint != "" || settings.Cassettes != "" || settings.Spec != "" || settings.DryRun {
		return nil
	}
	files, folder := cassettes.Embedded(cmp.Or(settings.MethodName, spec.Shipped()[0]))
	if files == nil {
		return nil
	}
	open := sync.OnceValues(func() (*recording.Replay, error) { return recording.Open(files, folder) })
	go func() { _, _ = open() }()
	return open
}

// openReplay opens the cassettes of a folder, or the built-in ones, and says how
// a person calls their folder.
func openReplay(sources *config.Sources, settings *config.Settings, method *spec.Method, builtIn opening) (*recording.Replay, string, error) {
	files, folder := cassettes.Embedded(method.Operation.ID)
	switch {
	case settings.Cassettes != "":
		if information, err := os.Stat(settings.Cassettes); err != nil || !information.IsDir() {
			return nil, "", text.Mistake(sources.Origin("cassettes"), "there is no folder "+settings.Cassettes, "record it: "+recordCommand(settings))
		}
		files, folder = os.DirFS(settings.Cassettes), settings.Cassettes
	case files == nil:
		return nil, "", text.Mistake(sources.Origin("endpoint"), "it is missing, and no cassettes of "+method.Operation.ID+" are built in",
			"give --endpoint URL, or record some: "+recordCommand(settings))
	}
	if builtIn == nil {
		builtIn = func() (*recording.Replay, error) { return recording.Open(files, folder) }
	}
	replay, err := builtIn()
	if err != nil {
		return nil, folder, err
	}
	if recorded := replay.Provenance(); recorded.Digest != method.Digest {
		fix := "give --endpoint URL, or record again with this description: " + recordCommand(settings)
		if name := shippedWithDigest(recorded.Digest); name != "" && settings.Spec == "" && settings.Revision == "" && len(settings.Overlays) == 0 {
			fix = "give --" + config.MethodFlag + " " + name
		}
		return nil, folder, &recording.Error{File: path.Join(folder, recording.ProvenanceFile),
			Message: fmt.Sprintf("was recorded for another description: %s, not %s", describedBy(recorded.Description, recorded.Digest),
				describedBy(result.NewDescription(method).FileText(), method.Digest)),
			Fix: fix}
	}
	return replay, folder, nil
}

// shippedWithDigest is the method whose built-in description has a digest; empty
// where none has.
func shippedWithDigest(digest string) string {
	methods, err := shippedMethods()
	if err != nil {
		return ""
	}
	index := slices.IndexFunc(methods, func(m *spec.Method) bool { return m.Digest == digest })
	if index < 0 {
		return ""
	}
	return spec.Shipped()[index]
}

// describedBy names a description with enough of its digest to compare.
func describedBy(name, digest string) string {
	return fmt.Sprintf("%s (%s)", name, digest[:min(len(digest), len("sha256:")+12)])
}

// recordCommand is the command that makes cassettes for the description of a
// run. Those that the program carries cannot be made anew, but others beside
// them.
func recordCommand(settings *config.Settings) string {
	command := "dpconform record" + settings.DescriptionFlags()
	if settings.Cassettes == "" {
		return command + " --cassettes my-cassettes, and give --cassettes my-cassettes here"
	}
	return command + " --cassettes " + settings.Cassettes
}

// complaint says how a recording and the run did not fit together, or nil. A run
// of the whole suite uses all of it.
func (s *testedServer) complaint(whole bool) error {
	if s.replay == nil {
		return nil
	}
	for _, exchange := range s.target.Journal() {
		if exchange.Fault != nil && exchange.Fault.Kind == target.Unrecorded {
			return fmt.Errorf("%s", exchange.Fault.Detail)
		}
	}
	if unused := s.replay.Unused(); whole && len(unused) > 0 {
		return fmt.Errorf("%s: no request used %s, the first is %s; record again: dpconform record --cassettes %s",
			s.folder, text.Counted(len(unused), "interaction"), unused[0], s.folder)
	}
	return nil
}

// clocksApart is how far the clocks of two machines may be apart.
const clocksApart = 24 * time.Hour

// oldAge is from when on a run from cassettes warns of their age.
const oldAge = 90 * 24 * time.Hour

// ageOf says that a recording is older than it may be, or, where nobody said how old
// it may be, that it is old; or nothing. That of the reference emulator says nothing of
// a server that may have changed.
func ageOf(recorded recording.Provenance, settings *config.Settings) (stale, old string) {
	age, date, again := time.Since(recorded.Date), recorded.Date.UTC().Format(time.DateOnly), recordCommand(settings)
	limited, inFuture := settings.MaxAge != 0, age < -clocksApart
	switch {
	case limited && inFuture:
		stale = fmt.Sprintf("the cassettes are dated %s, in the future, and --max-age is %s; record again: %s", date, settings.MaxAge, again)
	case limited && age > time.Duration(settings.MaxAge):
		stale = fmt.Sprintf("the cassettes are %s old, and --max-age is %s; record again: %s", inDays(age), settings.MaxAge, again)
	case !limited && inFuture:
		old = fmt.Sprintf("the cassettes have the date %s, which is in the future, so their age is unknown; record again: %s", date, again)
	case !limited && !recorded.Emulator && age > oldAge:
		old = fmt.Sprintf("the cassettes are %s old, and the server may have changed; record again: %s, or set --max-age", inDays(age), again)
	}
	return stale, old
}

// inDays writes an age for a reader.
func inDays(age time.Duration) string {
	if days := int(age / (24 * time.Hour)); days > 0 {
		return text.Counted(days, "day")
	}
	return age.Truncate(time.Second).String()
}

// recordedResponses responds as a server did once: a replay, or a recording with
// pseudonyms.
type recordedResponses interface {
	http.RoundTripper
	Provenance() recording.Provenance
	TokenNames() []string
}

// newReplayedTarget makes a target of recorded responses, with the jobs and
// tokens that it was recorded with.
func newReplayedTarget(responses recordedResponses, method *spec.Method) (*target.Target, error) {
	recorded := responses.Provenance()
	return target.New(target.Config{
		Endpoint: recorded.Endpoint, Transport: responses, Jobs: recorded.Jobs, Loopback: recorded.Loopback, BehindProxy: recorded.BehindProxy,
		ConsumeJobs: recorded.ConsumeJobs, Limit: recorded.Limit, Credentials: recordedCredentials{responses, method}, Pause: noPause, InOrder: true,
		Members: method.MemberNames(),
	})
}

// noPause is how long recorded responses need between two attempts.
func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// recordedCredentials gives the names of the tokens that a recording
// was made with, and none that it was made without.
type recordedCredentials struct {
	responses recordedResponses
	method    *spec.Method
}

// Token finds the name of a token in the recording.
func (c recordedCredentials) Token(scopes ...string) (oauth2.TokenSource, bool) {
	template := c.template()
	if !slices.Contains(c.responses.TokenNames(), template.Name(scopes...)) {
		return nil, false
	}
	return template.Token(scopes...)
}

// AnyToken finds the name of a token that carries several documented scopes.
func (c recordedCredentials) AnyToken() ([]string, oauth2.TokenSource, bool) {
	template := c.template()
	before, behind, _ := strings.Cut(template.Text, "{short}")
	for _, name := range c.responses.TokenNames() {
		middle, isName := strings.CutPrefix(name, before)
		middle, ends := strings.CutSuffix(middle, behind)
		scopes, documented := c.scopesOf(strings.Split(middle, template.Join))
		if isName && ends && documented && len(scopes) > 1 {
			source, found := template.Token(scopes...)
			return scopes, source, found
		}
	}
	return nil, nil, false
}

// scopesOf gives the documented scopes with these short names, or false where
// one of them is none.
func (c recordedCredentials) scopesOf(short []string) ([]string, bool) {
	var scopes []string
	for _, name := range short {
		index := slices.IndexFunc(c.method.Scopes, func(scope spec.Scope) bool { return scope.Short() == name })
		if index < 0 {
			return nil, false
		}
		scopes = append(scopes, c.method.Scopes[index].Name)
	}
	return scopes, true
}

func (c recordedCredentials) template() target.TokenTemplate {
	recorded := c.responses.Provenance()
	return target.TokenTemplate{Text: recorded.TokenTemplate, Join: recorded.TokenJoin}
}
