package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// unrelated stands for a scope that is none of the description's.
const unrelated = "unrelated"

// scopeJoin stands between several scopes of one given token.
const scopeJoin = "+"

// anything stands in a pattern of scopes for any text.
const anything = "*"

// scopeNamed finds a scope by its full name, by its part after "/auth/", or by
// that without the service.
func scopeNamed(contract *spec.Contract, place, name string) (string, error) {
	if name == unrelated || name == contract.UnrelatedScope {
		return contract.UnrelatedScope, nil
	}
	index := slices.IndexFunc(contract.Scopes, func(scope spec.Scope) bool {
		return scope.Name == name || scope.Short() == name || withoutService(contract, scope.Name) == name
	})
	if index >= 0 {
		return contract.Scopes[index].Name, nil
	}
	return "", unknownScope(contract, place, name)
}

// unknownScope suggests a scope, and repeats the wrong name only where it is
// near one: what stands in its place may be the token.
func unknownScope(contract *spec.Contract, place, name string) error {
	known := []string{unrelated}
	for _, scope := range contract.Scopes {
		known = append(known, scope.Short())
	}
	for _, form := range []string{spec.ShortScope(name), service(contract) + "." + name} {
		if nearest, distance := text.Nearest(form, known); distance <= max(2, len(form)/5) {
			return text.Mistake(place, fmt.Sprintf("unknown scope %q", name), fmt.Sprintf("did you mean %s?", nearest))
		}
	}
	return text.Mistake(place, "a name that is none of the description's scopes",
		fmt.Sprintf("name a scope, such as %s, or %s", contract.Scopes[0].Short(), unrelated))
}

// service is the first part of the description's scopes: "dataportability".
func service(contract *spec.Contract) string {
	first, _, _ := strings.Cut(contract.Scopes[0].Short(), ".")
	return first
}

// withoutService is a short scope without the service: "maps.reviews".
func withoutService(contract *spec.Contract, scope string) string {
	return strings.TrimPrefix(spec.ShortScope(scope), service(contract)+".")
}

// scopePattern tells the scopes that a pattern such as youtube.* is about, in
// full, in short, or without the service.
func scopePattern(contract *spec.Contract, pattern string) func(scope string) bool {
	parts := strings.Split(pattern, anything)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	whole := regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
	return func(scope string) bool {
		return whole.MatchString(scope) || whole.MatchString(spec.ShortScope(scope)) || whole.MatchString(withoutService(contract, scope))
	}
}

// documentedBy gives the description's scopes that a pattern is about, in its
// order.
func documentedBy(contract *spec.Contract, pattern string) []string {
	matches := scopePattern(contract, pattern)
	var found []string
	for _, scope := range contract.Scopes {
		if matches(scope.Name) {
			found = append(found, scope.Name)
		}
	}
	return found
}

// ScopesNamed reads names of scopes with commas between them: in full, in short,
// without the service, or patterns. A name that is no scope and a pattern that
// no scope fits are *UsageErrors.
func ScopesNamed(contract *spec.Contract, place, text string) ([]string, error) {
	var scopes []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		found, err := scopesOfName(contract, place, name)
		if err != nil {
			return nil, err
		}
		for _, scope := range found {
			if !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
	}
	return scopes, nil
}

func scopesOfName(contract *spec.Contract, place, name string) ([]string, error) {
	if strings.Contains(name, anything) {
		if found := documentedBy(contract, name); len(found) > 0 {
			return found, nil
		}
		return nil, noScopeFits(contract, place)
	}
	if name == "" {
		return nil, text.Mistake(place, "a scope is empty", "name scopes with commas between them: maps.reviews,youtube.*")
	}
	scope, err := scopeNamed(contract, place, name)
	return []string{scope}, err
}

// noScopeFits does not repeat the pattern: it may be a token with a star in it.
func noScopeFits(contract *spec.Contract, place string) error {
	return text.Mistake(place, "a pattern that none of the description's scopes fits",
		fmt.Sprintf("write %s.* for all scopes of a product", contract.Scopes[0].Family()))
}
