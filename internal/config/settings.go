// Package config turns flags, environment variables and a YAML file into what a
// command needs. Every mistake is a *text.UsageError: one line with the
// location and the fix.
package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Settings are the values of the flags of the commands.
type Settings struct {
	Config        string
	Endpoint      string
	Spec          string
	MethodName    string
	Revision      string
	Overlays      []string
	Cassettes     string
	MaxAge        Age
	TokenTemplate string
	TokenJoin     string
	Tokens        []string
	TokenFile     string
	Jobs          []string
	JobCommand    string
	ConsumeJobs   bool
	Timeout       time.Duration
	Seed          uint64

	CACert         string
	ClientCert     string
	ClientKey      string
	Headers        []string
	QuotaProject   string
	Insecure       bool
	ConnectTimeout time.Duration
	TLSTimeout     time.Duration
	HeaderTimeout  time.Duration
	MaxRequests    int
	Rate           string
	MaxPause       time.Duration
	MaxDuration    time.Duration
	DryRun         bool

	TokenCommand        string
	TokenURL            string
	ClientID            string
	ClientSecretFile    string
	ApplicationDefault  bool
	TokenInformationURL string
	IntrospectionURL    string

	Quiet   bool
	Verbose bool

	Profile     string
	Scopes      string
	NoAuth      bool
	LabelFilter string
	Focus       []string
	Level       string
	Reports     []string

	KnownFailures      string
	WriteKnownFailures string
}

// Defaults of the flags.
const (
	DefaultSeed     = 1
	consumeJobsFlag = "consume-jobs"
	// remoteRate is how many requests a second a target that is not on this
	// machine gets.
	remoteRate = 10
)

// AddConfigFlag adds the flag that names the YAML file.
func (s *Settings) AddConfigFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.Config, ConfigFlag, "", "read flags from a YAML `FILE`. Its keys are the names of the flags")
}

// AddTargetFlags adds the flags that say what the target is.
func (s *Settings) AddTargetFlags(flags *pflag.FlagSet) {
	s.AddConfigFlag(flags)
	s.AddDescriptionFlags(flags)
	flags.StringVar(&s.Endpoint, endpointFlag, "", "`URL` of the server to test. Without it, the cassettes are tested")
	s.AddTokenFlags(flags)
	s.AddCredentialFlags(flags)
	s.AddJobFlag(flags)
	flags.StringVar(&s.JobCommand, jobCommandFlag, "", "run `COMMAND` to make a job in {state}. Used when no job is left, or without --job. The command prints only the id")
	flags.BoolVar(&s.ConsumeJobs, consumeJobsFlag, false, "allow using up jobs of a remote target. Each is used up at most once. A target is remote if it is not on this machine")
	acceptFormerName(flags)
	flags.DurationVar(&s.Timeout, "timeout", target.DefaultLimit, "maximum `DURATION` of a response, such as 2s")
	s.AddSeedFlag(flags)
	s.AddNetworkFlags(flags)
	s.AddGatewayFlags(flags)
	s.AddBudgetFlags(flags)
}

// AddTokenFlags adds the flags for tokens that name their scopes, and for those
// that somebody obtained.
func (s *Settings) AddTokenFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.TokenTemplate, "token-template", "", "`TEXT` of the token for a scope, such as scope:{short}. {scope} stands for the scope in full, {short} for the part after /auth/")
	flags.StringVar(&s.TokenJoin, "token-join", platform.TokenJoin, "`TEXT` between several scopes in one token of --token-template")
	flags.StringArrayVar(&s.Tokens, "token", nil, "token for a scope, as `SCOPE=VALUE`. SCOPE is in full, short (maps.reviews), several joined by +, \"expired\" for an expired token, or \"unrelated\" for a token with none of the scopes. Repeatable")
	flags.StringVar(&s.TokenFile, "token-file", "", "YAML or JSON `FILE` of tokens and their sources. It maps a SCOPE, or a pattern such as PRODUCT.*, to a token or a source of tokens")
}

// AddCredentialFlags adds the flags for tokens that are obtained, and for the
// servers that know what a token carries.
func (s *Settings) AddCredentialFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.TokenCommand, "token-command", "", "run `COMMAND`, which prints the token for {scope}. {scope} stands for the scope in full, {short} for the part after /auth/")
	s.AddClientFlags(flags)
	flags.BoolVar(&s.ApplicationDefault, "application-default", false, "get tokens from Google's application default credentials")
	flags.StringVar(&s.TokenInformationURL, "tokeninfo-url", "", "`URL` of a server like Google's tokeninfo, which returns the scopes of a token. For Google's endpoints, the default is Google's own")
	s.AddIntrospectionFlag(flags)
}

// AddIntrospectionFlag adds the flag that names an introspection endpoint.
func (s *Settings) AddIntrospectionFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.IntrospectionURL, "introspection-url", "", "`URL` of a token introspection endpoint (RFC 7662), called with --client-id and its secret")
}

// The flag and the variable of a client's secret. No flag takes the secret
// itself: every process of the machine can read a command line.
const (
	clientSecretFlag     = "client-secret-file"
	clientSecretVariable = environmentPrefix + "CLIENT_SECRET"
)

// AddClientIdentityFlags adds the flags that name a client alone.
func (s *Settings) AddClientIdentityFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.ClientID, "client-id", "", "client `ID` at the token server. Give its secret in "+clientSecretVariable+" or --"+clientSecretFlag)
	flags.StringVar(&s.ClientSecretFile, clientSecretFlag, "", "`FILE` that contains only the client's secret, or Google's JSON file of a client")
}

// AddClientFlags adds the flags that name a client of a token server.
func (s *Settings) AddClientFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.TokenURL, "token-url", "", "`URL` of a token server, for the client credentials grant and for login")
	s.AddClientIdentityFlags(flags)
}

// AddJobFlag adds the flag for the jobs of a target.
func (s *Settings) AddJobFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.Jobs, "job", nil, "ids of jobs in a state, as `STATE=ID[,ID...]`. If jobs have no states, as ID[,ID...]. Repeatable")
}

// AddSeedFlag adds the flag that makes a run repeatable.
func (s *Settings) AddSeedFlag(flags *pflag.FlagSet) {
	flags.Uint64Var(&s.Seed, "seed", DefaultSeed, "number `N` that seeds random ids and tokens. The same number gives the same ones")
}

// AddNetworkFlags adds the flags that say how a target is reached.
func (s *Settings) AddNetworkFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.CACert, "ca-cert", "", "PEM `FILE` of certificate authorities to trust, in addition to the system's")
	flags.BoolVar(&s.Insecure, "insecure", false, "accept any certificate of a target on this machine")
	flags.DurationVar(&s.ConnectTimeout, "connect-timeout", target.DefaultConnectLimit, "maximum `DURATION` of connecting")
	flags.DurationVar(&s.TLSTimeout, "tls-timeout", target.DefaultConnectLimit, "maximum `DURATION` of the TLS handshake")
	flags.DurationVar(&s.HeaderTimeout, "header-timeout", 0, "maximum `DURATION` until the head of a response arrives. The default is --timeout")
}

// AddGatewayFlags adds the flags for what stands in front of a target, and lets
// nobody through without them.
func (s *Settings) AddGatewayFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.ClientCert, "client-cert", "", "PEM `FILE` of a client certificate, for a server that requires one")
	flags.StringVar(&s.ClientKey, "client-key", "", "PEM `FILE` of the private key for --client-cert")
	flags.StringArrayVar(&s.Headers, HeaderFlag, nil, "header field to send with every request, as `'NAME: VALUE'`. The value is treated as a secret. Repeatable")
	flags.StringVar(&s.QuotaProject, "quota-project", "", "`ID` of the Google project whose quota is used. The default is that of the application default credentials, if they are used")
	if err := flags.SetAnnotation(HeaderFlag, oneEachLine, nil); err != nil {
		panic(err)
	}
}

// AddBudgetFlags adds the flags that say how much a target is asked.
func (s *Settings) AddBudgetFlags(flags *pflag.FlagSet) {
	flags.IntVar(&s.MaxRequests, "max-requests", 0, "send at most `N` requests, 0 for no limit")
	flags.StringVar(&s.Rate, "rate", "", fmt.Sprintf("maximum requests per second or minute, as `N[/s|/m]`. 0 is no limit. The default is %d/s for a remote target, and no limit on this machine", remoteRate))
	flags.DurationVar(&s.MaxPause, "max-pause", target.DefaultMaxPause, "maximum `DURATION` to wait after a response with Retry-After")
	flags.DurationVar(&s.MaxDuration, "max-duration", target.DefaultMaxDuration, "end the run after this `DURATION`, with its reports. Pauses count")
}

// AddRunFlags adds the flags that say what is tested and what is written.
func (s *Settings) AddRunFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Cassettes, "cassettes", "", "test the cassettes in `DIR`, not the built-in ones")
	flags.Var(&s.MaxAge, "max-age", "fail if the cassettes are older than `AGE`, such as 30d or 36h")
	s.AddSelectionFlags(flags)
	s.AddLevelFlag(flags)
	s.AddReportFlag(flags)
	s.AddKnownFailuresFlags(flags)
}

// AddLevelFlag adds the flag that says which findings fail a run.
func (s *Settings) AddLevelFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.Level, "level", string(spec.Platform), "weakest `LEVEL` that fails the run. LEVEL is documented, platform or inferred. With inferred, every warning becomes a failure")
}

// AddKnownFailuresFlags adds the flags that name lists of known failures.
func (s *Settings) AddKnownFailuresFlags(flags *pflag.FlagSet) {
	s.AddKnownFailuresFlag(flags)
	flags.StringVar(&s.WriteKnownFailures, "write-known-failures", "", "write all failures to a new `FILE` of known failures. Add the reasons by hand")
}

// AddKnownFailuresFlag adds the flag that names the list to be read.
func (s *Settings) AddKnownFailuresFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.KnownFailures, "known-failures", "", "do not fail for failures listed in the YAML `FILE`. Each has a reason. The run fails if everything that an entry covers passes")
}

// AddReportFlag adds the flag that names the reports to be written.
func (s *Settings) AddReportFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.Reports, "report", nil, "write a report, as `FORMAT=PATH`, with FORMAT json, junit, markdown, github, html, har, sarif or badge. With a path alone, its extension selects the format. The path - is standard output, and github needs no path. Repeatable")
}

// AddQuietFlag adds the flag for as little as there is to say.
func (s *Settings) AddQuietFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&s.Quiet, "quiet", false, "print only failures, and one line with the result")
}

// AddVerboseFlag adds the flag for every failure.
func (s *Settings) AddVerboseFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&s.Verbose, "verbose", false, "print every failure in full")
}

// AddVerboseRunFlag adds the flag for everything.
func (s *Settings) AddVerboseRunFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&s.Verbose, "verbose", false, "print failures and each exchange in full. An exchange is a request with its response, printed on standard error during the run")
}

// ColorFlag is the name of the flag that says whether there are colours.
const ColorFlag = "color"

// Color says whether text has colours. The empty one is ColorAuto.
type Color string

// The values of Color: as terminal and environment say; even where the output is
// not a terminal; and no escape sequence at all.
const (
	ColorAuto   Color = "auto"
	ColorAlways Color = "always"
	ColorNever  Color = "never"
)

// Colors lists the values.
func Colors() []string { return []string{string(ColorAuto), string(ColorAlways), string(ColorNever)} }

// String is the value as a flag has it.
func (c *Color) String() string { return string(*c) }

// Set takes one of the values.
func (c *Color) Set(value string) error {
	if !slices.Contains(Colors(), value) {
		return fmt.Errorf("want %s", text.List(Colors(), "or"))
	}
	*c = Color(value)
	return nil
}

// Type names the format of the value.
func (c *Color) Type() string { return "color" }

// Age is how old something may be, as the value of a flag: in days ("30d"), or
// as Go writes durations ("36h"). It is 0 where the flag is not given.
type Age time.Duration

// Set reads an age. It must be more than 0.
func (a *Age) Set(given string) error {
	// longest is the number of days that a time.Duration holds.
	const longest = 100_000
	given = strings.TrimSpace(given)
	if days, found := strings.CutSuffix(given, "d"); found {
		count, err := strconv.ParseFloat(days, 64)
		if err != nil || !(count > 0 && count <= longest) {
			return errors.New("it is not a number of days such as 30d")
		}
		*a = Age(count * 24 * float64(time.Hour))
		return nil
	}
	duration, err := time.ParseDuration(given)
	if err != nil || duration <= 0 {
		return errors.New("it is not a time such as 30d or 36h")
	}
	*a = Age(duration)
	return nil
}

// String is the age in days where it is a whole number of them; nothing for 0.
func (a Age) String() string {
	const day = Age(24 * time.Hour)
	switch {
	case a == 0:
		return ""
	case a%day == 0:
		return strconv.Itoa(int(a/day)) + "d"
	}
	return time.Duration(a).String()
}

// Type names the format of the value.
func (a *Age) Type() string { return "AGE" }
