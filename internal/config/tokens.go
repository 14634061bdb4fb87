package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// tokenEntry is a token, or a source of tokens, for scopes.
type tokenEntry struct {
	// place is where it was given.
	place string
	// key is the name of its scopes, as it was given.
	key string
	// scopes are the ones that it is for: of a pattern, those of the description
	// that fit.
	scopes  []string
	pattern bool
	// token is the token; empty where there is a source instead.
	token  string
	source *sourceDescription
}

// credentials puts all sources of tokens in order: given ones, the environment,
// the command, logins, client credentials, those of the machine, and the
// template last.
func (s *Settings) credentials(sources *Sources, contract *spec.Contract) (target.Credentials, error) {
	entries, err := s.tokenEntries(sources, contract)
	if err != nil {
		return nil, err
	}
	order, err := s.entrySources(sources, contract, entries)
	if err != nil {
		return nil, err
	}
	for _, more := range []func(*Sources, *spec.Contract) (tokens.List, error){
		environmentSources, s.commandSource, s.loginSources, s.clientSource, s.machineSource, s.templateSource,
	} {
		found, err := more(sources, contract)
		if err != nil {
			return nil, err
		}
		order = append(order, found...)
	}
	return s.verified(sources, contract, order)
}

// templateSource mints tokens by name.
func (s *Settings) templateSource(sources *Sources, _ *spec.Contract) (tokens.List, error) {
	if s.TokenTemplate == "" {
		return nil, nil
	}
	if !strings.Contains(s.TokenTemplate, "{scope}") && !strings.Contains(s.TokenTemplate, "{short}") {
		return nil, text.Mistake(sources.Origin("token-template"), "it names no scope", "put {scope} or {short} where the scope belongs")
	}
	return tokens.List{tokens.Minted{TokenTemplate: target.TokenTemplate{Text: s.TokenTemplate, Join: s.TokenJoin}}}, nil
}

// ScopesByToken gives the given tokens with the scopes they carry. A source of
// tokens among them is a *UsageError: it gives tokens, and knows none.
func (s *Settings) ScopesByToken(sources *Sources, contract *spec.Contract) (map[string][]string, error) {
	entries, err := s.tokenEntries(sources, contract)
	if err != nil {
		return nil, err
	}
	given := target.GivenTokens{}
	for _, entry := range entries {
		if entry.source != nil {
			return nil, text.Mistake(entry.place, entry.key+" has a source of tokens, and an emulator needs the tokens themselves", "write `SCOPE: TOKEN`")
		}
		given.Add(entry.token, entry.scopes...)
	}
	return given.ByToken(), nil
}

// tokenEntries reads the given tokens and sources.
func (s *Settings) tokenEntries(sources *Sources, contract *spec.Contract) ([]tokenEntry, error) {
	var entries []tokenEntry
	for _, pair := range s.Tokens {
		name, token, found := strings.Cut(pair, "=")
		// What stands there instead may be the token itself: it is not shown.
		if !found || token == "" {
			return nil, text.Mistake(sources.Origin("token"), "a token without its scope, or a scope without a token", "give SCOPE=VALUE")
		}
		entry, err := newTokenEntry(contract, sources.Origin("token"), name)
		if err != nil {
			return nil, err
		}
		entry.token = token
		if entries, err = addEntry(entries, entry); err != nil {
			return nil, err
		}
	}
	return s.readTokenFile(contract, entries)
}

// newTokenEntry reads the name of an entry: scopes with + between them, or a
// pattern.
func newTokenEntry(contract *spec.Contract, place, key string) (tokenEntry, error) {
	entry := tokenEntry{place: place, key: key}
	if strings.Contains(key, anything) {
		entry.pattern, entry.scopes = true, documentedBy(contract, key)
		if len(entry.scopes) == 0 {
			return entry, noScopeFits(contract, place)
		}
		return entry, nil
	}
	for _, name := range strings.Split(key, scopeJoin) {
		scope, err := scopeNamed(contract, place, name)
		if err != nil {
			return entry, err
		}
		entry.scopes = append(entry.scopes, scope)
	}
	return entry, nil
}

// addEntry checks an entry and appends it. Its name is that of scopes, and can
// be shown.
func addEntry(entries []tokenEntry, entry tokenEntry) ([]tokenEntry, error) {
	switch {
	case entry.source == nil && entry.token == "":
		return nil, text.Mistake(entry.place, entry.key+" has no token", "write `SCOPE: TOKEN`")
	case strings.ContainsAny(entry.token, " \t\r\n"):
		return nil, text.Mistake(entry.place, "the token of "+entry.key+" has white space in it", "a token is one word, without Bearer")
	case slices.ContainsFunc(entries, entry.isAgain):
		return nil, text.Mistake(entry.place, entry.key+" has a token already", "give one token for each set of scopes")
	}
	return append(entries, entry), nil
}

// isAgain reports whether another entry is for the same scopes.
func (e tokenEntry) isAgain(other tokenEntry) bool {
	if e.pattern || other.pattern {
		return e.pattern == other.pattern && e.key == other.key
	}
	return tokens.Exactly(e.scopes...)(other.scopes)
}

// covers says for which scopes the entry is there. A token under a pattern
// carries all that the pattern is about; a source gives one for each of them.
func (e tokenEntry) covers(contract *spec.Contract) tokens.Coverage {
	if !e.pattern || e.source == nil {
		return tokens.Exactly(e.scopes...)
	}
	matches := scopePattern(contract, e.key)
	return func(scopes []string) bool {
		return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(scope string) bool { return !matches(scope) })
	}
}

// group is the set of documented scopes that one token of the entry carries.
func (e tokenEntry) group(contract *spec.Contract) []string {
	narrows := e.source != nil && e.pattern
	if narrows || slices.ContainsFunc(e.scopes, func(scope string) bool { return !contract.Documents(scope) }) {
		return nil
	}
	return e.scopes
}

// entrySources makes a source of each entry, those for named scopes before
// patterns.
func (s *Settings) entrySources(sources *Sources, contract *spec.Contract, entries []tokenEntry) (tokens.List, error) {
	var exact, patterns tokens.List
	for _, entry := range entries {
		issuer, err := s.issuerOf(sources, contract, entry)
		if err != nil {
			return nil, err
		}
		source := tokens.NewSource(sources.context(), issuer, entry.covers(contract), entry.group(contract)...)
		if entry.pattern {
			patterns = append(patterns, source)
		} else {
			exact = append(exact, source)
		}
	}
	return append(exact, patterns...), nil
}

func (s *Settings) issuerOf(sources *Sources, contract *spec.Contract, entry tokenEntry) (tokens.Issuer, error) {
	if entry.source == nil {
		return tokens.Fixed{Value: tokens.Secret(entry.token), From: entry.place}, nil
	}
	return entry.source.issuer(s, sources, contract, entry)
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
