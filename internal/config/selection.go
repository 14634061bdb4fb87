package config

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Profile names a selection of checks. The empty one selects all.
type Profile string

// The profiles.
const (
	// Emulator selects every check.
	Emulator Profile = "emulator"
	// Live selects the checks that need no more jobs to use up than are given.
	Live Profile = "live"
	// Consumer selects the checks that use up no job and miss no input.
	Consumer Profile = "consumer"
)

var profiles = []Profile{Consumer, Emulator, Live}

// Profiles lists the names of the profiles.
func Profiles() []string { return NamesOf(profiles) }

// The flags that select checks by what there is for them.
const (
	ProfileFlag = "profile"
	ScopesFlag  = "scopes"
	NoAuthFlag  = "no-auth"
)

// AddSelectionFlags adds the flags that say which checks are run.
func (s *Settings) AddSelectionFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Profile, ProfileFlag, "", "select checks by `NAME`: "+text.List(Profiles(), "or")+". See dpconform profiles")
	flags.StringVar(&s.Scopes, ScopesFlag, "", "test only these `SCOPES`, separated by commas. Each is in full, short, or a pattern such as PRODUCT.*")
	flags.BoolVar(&s.NoAuth, NoAuthFlag, false, "send no token and test no authorization. For a server that requires none")
	flags.StringArrayVar(&s.Focus, "focus", nil, "run one check, aspect or requirement, by its `ID`. Repeatable")
	flags.StringVar(&s.LabelFilter, "label-filter", "", "run the checks that a label `QUERY` selects. It has Ginkgo's syntax: aspects, levels and requirement ids with && || ! ()")
}

// SelectedProfile reads the profile.
func (s *Settings) SelectedProfile(sources *Sources) (Profile, error) {
	if s.Profile == "" {
		return "", nil
	}
	return OneOf(sources, ProfileFlag, "profile", s.Profile, profiles)
}

// SelectedMethod gives the method with the scopes that are tested, and without
// security for a server that has none.
func (s *Settings) SelectedMethod(sources *Sources, method *spec.Method) (*spec.Method, error) {
	switch {
	case s.NoAuth && s.Scopes != "":
		return nil, sources.exclusive(NoAuthFlag, ScopesFlag)
	case s.NoAuth:
		return method.WithoutSecurity(), nil
	case s.Scopes == "":
		return method, nil
	}
	names, err := ScopesNamed(method, sources.Origin(ScopesFlag), s.Scopes)
	if err != nil {
		return nil, err
	}
	selected := method.WithScopes(names)
	if len(selected.Scopes) == 0 {
		return nil, sources.mistake(ScopesFlag, "name one of the description's scopes, such as "+method.Scopes[0].Short(), "%q selects no scope of the description", strings.TrimSpace(s.Scopes))
	}
	return selected, nil
}

// tokenFlags are the flags that supply tokens.
var tokenFlags = []string{"token", "token-file", "token-template", "token-command", "token-url", "application-default"}

// tokensWithNoAuth refuses a token for a server that gets none.
func (s *Settings) tokensWithNoAuth(sources *Sources) error {
	for _, flag := range tokenFlags {
		if sources.Given(flag) {
			return sources.exclusive(NoAuthFlag, flag)
		}
	}
	return nil
}
