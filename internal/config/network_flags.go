package config

import (
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// remoteRate is how many requests a target that is not on this machine is sent
// in a second unless the user says otherwise.
const remoteRate = 10

// AddNetworkFlags adds the flags that say how a target is reached.
func (s *Settings) AddNetworkFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.CACert, "ca-cert", "", "PEM `FILE` with authorities that the target's certificate may come from, beside the system's")
	flags.BoolVar(&s.Insecure, "insecure", false, "take any certificate; only of a target on this machine")
	flags.DurationVar(&s.ConnectTimeout, "connect-timeout", target.DefaultConnectLimit, "how long a connection may take, a `DURATION`")
	flags.DurationVar(&s.TLSTimeout, "tls-timeout", target.DefaultConnectLimit, "how long its TLS handshake may take, a `DURATION`")
	flags.DurationVar(&s.HeaderTimeout, "header-timeout", 0, "how long the head of an answer may take, a `DURATION`; unless given, as long as the whole answer")
}

// AddBudgetFlags adds the flags that say how much a target is asked.
func (s *Settings) AddBudgetFlags(flags *pflag.FlagSet) {
	flags.IntVar(&s.MaxRequests, "max-requests", 0, "send no more than `N` requests; 0 for any number")
	flags.StringVar(&s.Rate, "rate", "", fmt.Sprintf("requests in a second, or a minute, as `N[/s|/m]`; 0 for any number, which is what a target on this machine gets; others get %d/s", remoteRate))
	flags.DurationVar(&s.MaxPause, "max-pause", target.DefaultMaxPause, "longest `DURATION` that a server may ask to be left alone, by Retry-After, before a request is sent again")
}

// NetworkOptions reads how the target is reached; a time that nobody gave is the
// target's default. A file that cannot be read or
// holds no certificate, --insecure for a target elsewhere, and a time that is
// not more than 0 are *UsageErrors.
func (s *Settings) NetworkOptions(sources *Sources) (target.NetworkOptions, error) {
	options := target.NetworkOptions{
		Insecure: s.Insecure, ConnectLimit: s.ConnectTimeout, HandshakeLimit: s.TLSTimeout, HeaderLimit: s.HeaderTimeout,
	}
	for flag, limit := range map[string]time.Duration{"connect-timeout": s.ConnectTimeout, "tls-timeout": s.TLSTimeout} {
		if limit < 0 || limit == 0 && sources.Given(flag) {
			return options, text.Mistake(sources.Origin(flag), "it must be more than 0", "")
		}
	}
	if s.HeaderTimeout < 0 {
		return options, text.Mistake(sources.Origin("header-timeout"), "it must not be less than 0", "")
	}
	if endpoint, err := target.ParseEndpoint(s.Endpoint); s.Insecure && err == nil && !target.IsLoopback(endpoint) {
		return options, text.Mistake(sources.Origin("insecure"), endpoint.Host+" is not on this machine, so its certificate is looked at",
			"name its authority: --ca-cert FILE")
	}
	authorities, err := s.authorities(sources)
	options.Authorities = authorities
	return options, err
}

func (s *Settings) authorities(sources *Sources) (*x509.CertPool, error) {
	if s.CACert == "" {
		return nil, nil
	}
	value, err := os.ReadFile(s.CACert)
	if err != nil {
		return nil, text.Mistake(sources.Origin("ca-cert"), s.CACert+": "+text.Reason(err), "")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(value) {
		return nil, text.Mistake(sources.Origin("ca-cert"), s.CACert+" holds no certificate", "give a PEM file, which begins with -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}

// budget fills in how much the target may be asked.
func (s *Settings) budget(sources *Sources, config *target.Config) error {
	if s.MaxRequests < 0 {
		return text.Mistake(sources.Origin("max-requests"), "it must not be less than 0", "")
	}
	if s.MaxPause < 0 || s.MaxPause == 0 && sources.Given("max-pause") {
		return text.Mistake(sources.Origin("max-pause"), "it must be more than 0", "")
	}
	perSecond, err := perSecond(s.Rate, config.Loopback)
	if err != nil {
		return text.Mistake(sources.Origin("rate"), err.Error(), "give a number such as 5, 5/s or 100/m")
	}
	config.MaxRequests, config.Rate, config.MaxPause = s.MaxRequests, perSecond, s.MaxPause
	return nil
}

// perSecond reads a rate; nothing means the default of the target.
func perSecond(text string, loopback bool) (float64, error) {
	switch {
	case text == "" && loopback:
		return 0, nil
	case text == "":
		return remoteRate, nil
	}
	number, unit, _ := strings.Cut(text, "/")
	rate, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || rate < 0 || rate > 1e6 || rate != rate {
		return 0, fmt.Errorf("%q is no rate", text)
	}
	switch strings.TrimSpace(unit) {
	case "", "s":
		return rate, nil
	case "m":
		return rate / time.Minute.Seconds(), nil
	}
	return 0, fmt.Errorf("%q is no rate", text)
}
