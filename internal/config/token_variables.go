package config

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// tokenVariablePrefix begins the variables of the tokens of single scopes.
const tokenVariablePrefix = environmentPrefix + "TOKEN_"

// TokenVariable is the environment variable of a scope's token:
// "DPCONFORM_TOKEN_MAPS_REVIEWS".
func TokenVariable(contract *spec.Contract, scope string) string {
	name := withoutService(contract, scope)
	if scope == contract.UnrelatedScope {
		name = unrelated
	}
	return tokenVariablePrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(name))
}

// environmentSources takes the variables of single scopes. One that looks like
// it and names no scope is a *UsageError.
func environmentSources(sources *Sources, contract *spec.Contract) (tokens.List, error) {
	var found tokens.List
	var known []string
	scopes := []string{contract.UnrelatedScope}
	for _, scope := range contract.Scopes {
		scopes = append(scopes, scope.Name)
	}
	for _, scope := range scopes {
		variable := TokenVariable(contract, scope)
		known = append(known, variable)
		if value, set := sources.lookup(variable); !set || value == "" || sources.isFlagVariable(variable) {
			continue
		}
		issuer := tokens.Environment{Variable: variable, Lookup: sources.lookup}
		var group []string
		if contract.Documents(scope) {
			group = []string{scope}
		}
		found = append(found, tokens.NewSource(sources.context(), issuer, tokens.Exactly(scope), group...))
	}
	return found, unknownTokenVariable(sources, known)
}

// unknownTokenVariable finds a variable that was meant for a token and is that
// of no scope.
func unknownTokenVariable(sources *Sources, known []string) error {
	if sources.Variables == nil {
		return nil
	}
	for _, name := range slices.Sorted(slices.Values(sources.Variables())) {
		if strings.HasPrefix(name, tokenVariablePrefix) && !slices.Contains(known, name) && !sources.isFlagVariable(name) {
			return text.Mistake(name, "it names none of the description's scopes", text.DidYouMean(name, known))
		}
	}
	return nil
}
