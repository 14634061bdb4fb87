package configuration

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/target"
)

// unrelated stands for a scope that is none of the description's.
const unrelated = "unrelated"

// scopeJoin stands between several scopes of one given token.
const scopeJoin = "+"

// credentials puts all sources of tokens in order: given ones first, then the
// template.
func (s *Settings) credentials(sources *Sources, contract *spec.Contract) (target.Credentials, error) {
	given, err := s.givenTokens(sources, contract)
	if err != nil {
		return nil, err
	}
	order := target.FirstOf{given}
	if s.TokenTemplate != "" {
		if !strings.Contains(s.TokenTemplate, "{scope}") && !strings.Contains(s.TokenTemplate, "{short}") {
			return nil, &UsageError{sources.Origin("token-template"), "it names no scope", "put {scope} or {short} where the scope belongs"}
		}
		order = append(order, target.TokenTemplate{Text: s.TokenTemplate, Join: s.TokenJoin})
	}
	return order, nil
}

// ScopesByToken gives the given tokens with the scopes they carry.
func (s *Settings) ScopesByToken(sources *Sources, contract *spec.Contract) (map[string][]string, error) {
	given, err := s.givenTokens(sources, contract)
	if err != nil {
		return nil, err
	}
	return given.ByToken(), nil
}

func (s *Settings) givenTokens(sources *Sources, contract *spec.Contract) (target.GivenTokens, error) {
	given := target.GivenTokens{}
	for _, pair := range s.Tokens {
		name, token, found := strings.Cut(pair, "=")
		// What stands there instead may be the token itself: it is not shown.
		if !found || token == "" {
			return nil, &UsageError{sources.Origin("token"), "a token without its scope, or a scope without a token", "give SCOPE=VALUE"}
		}
		if err := addToken(given, contract, sources.Origin("token"), name, token); err != nil {
			return nil, err
		}
	}
	if err := s.readTokenFile(given, contract); err != nil {
		return nil, err
	}
	return given, nil
}

func (s *Settings) readTokenFile(given target.GivenTokens, contract *spec.Contract) error {
	if s.TokenFile == "" {
		return nil
	}
	root, err := ReadYAML(s.TokenFile)
	if err != nil {
		return err
	}
	if root == nil || root.Kind != yaml.MappingNode || len(root.Content) == 0 {
		return &UsageError{s.TokenFile, "it holds no tokens", "write one line `SCOPE: TOKEN` for each scope"}
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, token := root.Content[i], root.Content[i+1]
		place := fmt.Sprintf("%s:%d", s.TokenFile, name.Line)
		if err := addToken(given, contract, place, name.Value, scalarText(token)); err != nil {
			return err
		}
	}
	return nil
}

// scalarText is the text of a YAML scalar; empty for anything else.
func scalarText(node *yaml.Node) string {
	if node.Kind != yaml.ScalarNode || node.Tag == nullTag {
		return ""
	}
	return node.Value
}

// addToken keeps a token under the scopes that it is said to carry.
func addToken(given target.GivenTokens, contract *spec.Contract, place, names, token string) error {
	var scopes []string
	for _, name := range strings.Split(names, scopeJoin) {
		scope, err := scopeNamed(contract, place, name)
		if err != nil {
			return err
		}
		scopes = append(scopes, scope)
	}
	// From here on the names are those of scopes, and can be shown.
	switch _, twice := given.Token(scopes...); {
	case token == "":
		return &UsageError{place, names + " has no token", "write `SCOPE: TOKEN`"}
	case strings.ContainsAny(token, " \t\r\n"):
		return &UsageError{place, "the token of " + names + " has white space in it", "a token is one word, without Bearer"}
	case twice:
		return &UsageError{place, names + " has a token already", "give one token for each set of scopes"}
	}
	given.Add(token, scopes...)
	return nil
}

// scopeNamed finds a scope by its full name or its part after "/auth/".
func scopeNamed(contract *spec.Contract, place, name string) (string, error) {
	if name == unrelated || name == contract.UnrelatedScope {
		return contract.UnrelatedScope, nil
	}
	index := slices.IndexFunc(contract.Scopes, func(scope spec.Scope) bool { return scope.Name == name || scope.Short() == name })
	if index >= 0 {
		return contract.Scopes[index].Name, nil
	}
	return "", unknownScope(contract, place, name)
}

// unknownScope suggests a scope, and repeats the wrong name only where it is
// near one: what stands in its place may be the token.
func unknownScope(contract *spec.Contract, place, name string) error {
	known := []string{unrelated}
	service, _, _ := strings.Cut(contract.Scopes[0].Short(), ".")
	for _, scope := range contract.Scopes {
		known = append(known, scope.Short())
	}
	for _, form := range []string{spec.ShortScope(name), service + "." + name} {
		if nearest, distance := Nearest(form, known); distance <= max(2, len(form)/5) {
			return &UsageError{place, fmt.Sprintf("unknown scope %q", name), fmt.Sprintf("did you mean %s?", nearest)}
		}
	}
	return &UsageError{place, "a name that is none of the description's scopes",
		fmt.Sprintf("name a scope, such as %s, or %s", contract.Scopes[0].Short(), unrelated)}
}
