package config

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// Settings is what the commands that judge or record a target are told.
type Settings struct {
	Config        string
	Endpoint      string
	Spec          string
	Cassettes     string
	MaxAge        Age
	TokenTemplate string
	TokenJoin     string
	Tokens        []string
	TokenFile     string
	Jobs          []string
	AllowRetry    bool
	Timeout       time.Duration
	Seed          uint64

	CACert         string
	Insecure       bool
	ConnectTimeout time.Duration
	TLSTimeout     time.Duration
	HeaderTimeout  time.Duration
	MaxRequests    int
	Rate           string
	MaxPause       time.Duration
	DryRun         bool

	CredentialSettings
	OutputSettings

	LabelFilter string
	Focus       []string
	Level       string
	Reports     []string

	KnownFailures      string
	WriteKnownFailures string
}

// AddConfigFlag adds the flag that names the YAML file.
func (s *Settings) AddConfigFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.Config, ConfigFlag, "", "read these flags from a YAML `FILE`, keys named as the flags are")
}

// AddSpecFlag adds the flag that names another description.
func (s *Settings) AddSpecFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.Spec, "spec", "", "judge by the OpenAPI description in `FILE` instead of the built-in one")
}

// AddTargetFlags adds the flags that say what the target is.
func (s *Settings) AddTargetFlags(flags *pflag.FlagSet) {
	s.AddConfigFlag(flags)
	s.AddSpecFlag(flags)
	flags.StringVar(&s.Endpoint, "endpoint", "", "`URL` of the server to judge, such as http://127.0.0.1:8080; without it the cassettes are judged")
	s.AddTokenFlags(flags)
	s.AddGivenTokenFlags(flags)
	s.AddCredentialFlags(flags)
	s.AddJobFlag(flags)
	flags.BoolVar(&s.AllowRetry, "allow-retry", false, "retry FAILED jobs of a target that is not on this machine")
	flags.DurationVar(&s.Timeout, "timeout", target.DefaultLimit, "how long an answer may take, a `DURATION` such as 500ms")
	s.AddSeedFlag(flags)
	s.AddNetworkFlags(flags)
	s.AddBudgetFlags(flags)
}

// AddGivenTokenFlags adds the flags for tokens that somebody obtained.
func (s *Settings) AddGivenTokenFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.Tokens, "token", nil, "token of a scope, as `SCOPE=VALUE`; SCOPE in full or short (from dataportability. on), several joined by +, or \"unrelated\" for a token with none of the scopes; repeatable")
	flags.StringVar(&s.TokenFile, "token-file", "", "YAML or JSON `FILE` with a mapping of SCOPE, or a pattern such as youtube.*, to a token or a source of tokens")
}

// AddJobFlag adds the flag for the jobs of a target.
func (s *Settings) AddJobFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.Jobs, "job", nil, "ids of jobs in a state, as `STATE=ID[,ID...]`; repeatable")
}

// AddSeedFlag adds the flag that makes a run repeatable.
func (s *Settings) AddSeedFlag(flags *pflag.FlagSet) {
	flags.Uint64Var(&s.Seed, "seed", DefaultSeed, "number `N` that makes the ids and tokens that nobody knows")
}

// AddTokenFlags adds the flags for tokens that name their scopes.
func (s *Settings) AddTokenFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.TokenTemplate, "token-template", "", "`TEXT` that mints a token by name: {scope} stands for the scope in full, {short} for the part after /auth/")
	flags.StringVar(&s.TokenJoin, "token-join", DefaultTokenJoin, "`TEXT` between several scopes in one token of the template")
}

// AddJudgingFlags adds the flags that say what is judged and what is written.
func (s *Settings) AddJudgingFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Cassettes, "cassettes", "", "judge the cassettes in `DIR` instead of the built-in ones")
	flags.Var(&s.MaxAge, "max-age", "fail where the cassettes are older than `AGE`, such as 30d or 36h")
	flags.StringArrayVar(&s.Focus, "focus", nil, "judge one check, aspect or requirement, by its `ID`; repeatable")
	flags.StringVar(&s.LabelFilter, "label-filter", "", "judge the checks that a Ginkgo label `QUERY` selects: aspects, levels, requirement ids with && || ! ()")
	flags.StringVar(&s.Level, "level", string(spec.Platform), "weakest `LEVEL` that fails the run: documented, platform or inferred; with inferred everything fails it that otherwise warns")
	s.AddReportFlag(flags)
	flags.StringVar(&s.KnownFailures, "known-failures", "", "do not fail for what the YAML `FILE` lists, each with a reason; fail for what it lists and passes")
	flags.StringVar(&s.WriteKnownFailures, "write-known-failures", "", "write what fails into a new `FILE` of known failures, to be filled with reasons")
}

// AddReportFlag adds the flag that names the reports to be written.
func (s *Settings) AddReportFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.Reports, "report", nil, "write a report, as `FORMAT=PATH` with FORMAT json, junit, markdown, github, html, har, sarif or badge (JSON for shields.io), or as a path whose ending gives the format; - is standard output, and github needs no path; repeatable")
}

// Defaults of the flags above.
const (
	DefaultSeed      = 1
	DefaultTokenJoin = "+"
)
