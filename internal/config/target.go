package config

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// StrictLevel reads the level that fails a run.
func (s *Settings) StrictLevel(sources *Sources) (spec.Level, error) {
	return OneOf(sources, "level", "level", s.Level, spec.Levels())
}

// Contradiction is a *text.UsageError where both little and all output is
// wanted, or nil.
func (s *Settings) Contradiction(sources *Sources) error {
	if !s.Quiet || !s.Verbose {
		return nil
	}
	return sources.exclusive("quiet", "verbose")
}

// Limited gives a context that ends after the longest time that a run may take,
// and lets tokens be obtained and the target wait no longer than that.
func (s *Settings) Limited(ctx context.Context, sources *Sources) (limited context.Context, stop func(), err error) {
	if s.MaxDuration <= 0 {
		return ctx, nil, sources.mistake("max-duration", "give a time such as 30m", "it must be more than 0")
	}
	limited, sources.deadline, stop = target.NewDeadline(ctx, s.MaxDuration)
	sources.Context = limited
	return limited, stop, nil
}

// TargetConfig reads what the settings say of a target on the network.
func (s *Settings) TargetConfig(sources *Sources, method *spec.Method) (target.Config, error) {
	endpoint, err := target.ParseEndpoint(s.Endpoint)
	if err != nil {
		return target.Config{}, text.Located(sources.Origin(endpointFlag), err)
	}
	if err := sources.positive("timeout", s.Timeout); err != nil {
		return target.Config{}, err
	}
	jobs, err := s.JobsByState(sources, method)
	if err != nil {
		return target.Config{}, err
	}
	makeJob, err := s.makeJob(sources, method)
	if err != nil {
		return target.Config{}, err
	}
	network, err := s.NetworkOptions(sources)
	if err != nil {
		return target.Config{}, err
	}
	var credentials target.Credentials
	if s.NoAuth {
		err = s.tokensWithNoAuth(sources)
	} else {
		credentials, err = s.credentials(sources, method)
	}
	if err != nil {
		return target.Config{}, err
	}
	config := target.Config{
		Endpoint: s.Endpoint, Network: network, Credentials: credentials, Jobs: jobs, MakeJob: makeJob, ConsumeJobs: s.ConsumeJobs,
		Loopback: target.IsLoopback(endpoint), Limit: s.Timeout, MaxRequests: s.MaxRequests, MaxPause: s.MaxPause,
		Pause: sources.Pause, Deadline: sources.deadline, Members: method.MemberNames(),
	}
	if s.MaxRequests < 0 {
		return config, sources.mistake("max-requests", "give 0 for no limit, or a number such as 4", "it must not be less than 0")
	}
	if err := sources.positive("max-pause", s.MaxPause); err != nil {
		return config, err
	}
	var valid bool
	if config.Rate, valid = perSecond(s.Rate, config.Loopback); !valid {
		return config, sources.mistake("rate", "give a number such as 5, 5/s or 100/m", "%q is not a rate", s.Rate)
	}
	return config, nil
}

// perSecond reads a rate; nothing means the default of the target.
func perSecond(given string, loopback bool) (rate float64, valid bool) {
	switch {
	case given == "" && loopback:
		return 0, true
	case given == "":
		return remoteRate, true
	}
	number, unit, _ := strings.Cut(given, "/")
	rate, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	valid = err == nil && rate >= 0 && rate <= 1e6
	switch strings.TrimSpace(unit) {
	case "", "s":
		return rate, valid
	case "m":
		return rate / time.Minute.Seconds(), valid
	}
	return 0, false
}

// JobsByState reads the given jobs.
func (s *Settings) JobsByState(sources *Sources, method *spec.Method) (map[string][]string, error) {
	jobs, stateOf := map[string][]string{}, map[string]string{}
	mistake := func(fix, format string, arguments ...any) (map[string][]string, error) {
		return nil, sources.mistake("job", fix, format, arguments...)
	}
	for _, given := range s.Jobs {
		state, ids, found := strings.Cut(given, "=")
		switch stateless := len(method.States) == 0; {
		case stateless && found:
			return mistake("give ID[,ID...]", "%q names a state, and jobs of %s have none", given, method.Operation.ID)
		case stateless:
			state, ids = "", given
		case !found:
			return mistake("give STATE=ID", "%q has no state", given)
		case !slices.Contains(method.States, state):
			return mistake(text.DidYouMean(state, method.States), "unknown state %q", state)
		}
		for id := range strings.SplitSeq(ids, ",") {
			id = strings.TrimSpace(id)
			switch other, twice := stateOf[id]; {
			case id == "" && state == "":
				return mistake("give ID[,ID...]", "an id is empty")
			case id == "":
				return mistake("give "+state+"=ID[,ID...]", "an id of state %s is empty", state)
			case strings.Contains(id, "/"):
				return mistake("give the bare id, without "+method.Operation.Path.Collection()+"/", "the id %q has a slash", id)
			case strings.ContainsFunc(id, hidden):
				return mistake("type it anew", "the id %+q has a character that cannot be seen", id)
			case twice:
				return mistake("remove one", "the id %q is given twice%s", id, asStates(other, state))
			}
			stateOf[id] = state
			jobs[state] = append(jobs[state], id)
		}
	}
	return jobs, nil
}

// hidden reports whether a character cannot be seen, or is none: copied from a page, an
// id may bring some along.
func hidden(character rune) bool { return character == utf8.RuneError || !text.Visible(character) }

// asStates says as what a job is given twice; nothing where it has no state.
func asStates(one, other string) string {
	if one == "" || one == other {
		return ""
	}
	return ", as " + one + " and as " + other
}

// NetworkOptions reads how the target is reached; a time that nobody gave is the
// target's default.
func (s *Settings) NetworkOptions(sources *Sources) (target.NetworkOptions, error) {
	options := target.NetworkOptions{
		Insecure: s.Insecure, ConnectLimit: s.ConnectTimeout, HandshakeLimit: s.TLSTimeout, HeaderLimit: s.HeaderTimeout,
	}
	if err := cmp.Or(sources.positive("connect-timeout", s.ConnectTimeout), sources.positive("tls-timeout", s.TLSTimeout)); err != nil {
		return options, err
	}
	if s.HeaderTimeout < 0 {
		return options, sources.mistake("header-timeout", "give 0 for no limit, or a time such as 10s", "it must not be less than 0")
	}
	if endpoint, err := target.ParseEndpoint(s.Endpoint); s.Insecure && err == nil && !target.IsLoopback(endpoint) {
		return options, sources.mistake("insecure", "give --ca-cert FILE", "it works only on this machine, and %s is not on it", endpoint.Host)
	}
	var err error
	if options.Header, err = s.requestHeader(sources); err != nil {
		return options, err
	}
	if options.Certificate, err = sources.KeyPair("client-cert", s.ClientCert, "client-key", s.ClientKey); err != nil || s.CACert == "" {
		return options, err
	}
	certificates, err := sources.readPEM("ca-cert", s.CACert)
	if err != nil {
		return options, err
	}
	if options.Authorities, err = x509.SystemCertPool(); err != nil {
		options.Authorities = x509.NewCertPool()
	}
	if !options.Authorities.AppendCertsFromPEM(certificates) {
		return options, sources.mistake("ca-cert", "give a PEM file, which begins with -----BEGIN CERTIFICATE-----", "%s holds no certificate", s.CACert)
	}
	return options, nil
}

// OAuthClient gives the client that asks OAuth servers. It goes the way of the
// target's own requests, with the same authorities. But it checks the
// certificate of every server that is not on this machine, whatever is allowed
// for the target: its tokens and secrets are real.
func (s *Settings) OAuthClient(sources *Sources) (*http.Client, error) {
	options, err := s.NetworkOptions(sources)
	if err != nil {
		return nil, err
	}
	// What is for the target is for nobody else.
	options.Header, options.Certificate = nil, nil
	encrypted := &url.URL{Scheme: "https"}
	here := target.NewNetwork(encrypted, options)
	if !options.Insecure {
		return tokens.NewHTTPClient(here), nil
	}
	options.Insecure = false
	return tokens.NewHTTPClient(strictElsewhere{here, target.NewNetwork(encrypted, options)}), nil
}

type strictElsewhere struct{ here, elsewhere http.RoundTripper }

// RoundTrip sends a request.
func (s strictElsewhere) RoundTrip(request *http.Request) (*http.Response, error) {
	if target.IsLoopback(request.URL) {
		return s.here.RoundTrip(request)
	}
	return s.elsewhere.RoundTrip(request)
}

// refuseOpenEndpoint refuses tokens of a person or an account for an endpoint
// that is not encrypted.
func (s *Settings) refuseOpenEndpoint(place, what string) error {
	endpoint, err := target.ParseEndpoint(s.Endpoint)
	if err != nil || endpoint.Scheme == "https" || target.IsLoopback(endpoint) {
		return nil
	}
	return text.Mistake(place, fmt.Sprintf("%s are not sent to %s, which is not encrypted", what, endpoint), "give an endpoint with https://")
}

// IsGoogle reports whether an endpoint is one of Google's APIs, over TLS.
func IsGoogle(endpoint string) bool {
	address, err := target.ParseEndpoint(endpoint)
	return err == nil && address.Scheme == "https" && target.IsGoogle(address)
}
