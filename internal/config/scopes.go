package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

const (
	// unrelated stands for the first scope that is none of the method's.
	unrelated = "unrelated"
	// scopeJoin stands between several scopes of one given token.
	scopeJoin = "+"
	// anything stands in a pattern of scopes for any text.
	anything = "*"
)

// ScopesNamed reads names of scopes with commas between them: in full, in short,
// without the service, or patterns.
func ScopesNamed(method *spec.Method, place, names string) ([]string, error) {
	var scopes []string
	known, seen := newScopeNames(method), map[string]bool{}
	known.noToken = true
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return nil, text.Mistake(place, "a scope is empty", "separate scopes with commas: SCOPE,PRODUCT.*")
		}
		found, err := known.find(place, name)
		if err != nil {
			return nil, err
		}
		for _, scope := range found {
			if !seen[scope] {
				seen[scope] = true
				scopes = append(scopes, scope)
			}
		}
	}
	return scopes, nil
}

// scopeNames finds the scopes of a method by their names: in full, in short, or
// without the service.
type scopeNames struct {
	method *spec.Method
	named  map[string][]string
	// noToken: what stands in the place of a name is never a token, so that a message
	// may show it.
	noToken bool
}

func newScopeNames(method *spec.Method) scopeNames {
	names := scopeNames{method: method, named: map[string][]string{}}
	for _, scope := range method.Scopes {
		forms := []string{scope.Name, scope.Short(), withoutService(method, scope.Name)}
		slices.Sort(forms)
		for _, name := range slices.Compact(forms) {
			names.named[name] = append(names.named[name], scope.Name)
		}
	}
	return names
}

// find finds the scope of a name, or those of a pattern in the order of the
// description.
func (s scopeNames) find(place, name string) ([]string, error) {
	method := s.method
	if len(method.Scopes) == 0 {
		return nil, text.Mistake(place, "the description has no scopes, and this is about a token for some", "leave it out")
	}
	if name == unrelated {
		return []string{method.UnrelatedScope()}, nil
	}
	for _, scope := range method.UnrelatedScopes {
		if name == scope || name == (spec.Scope{Name: scope}).Short() {
			return []string{scope}, nil
		}
	}
	if found := s.named[name]; len(found) > 0 {
		return slices.Clone(found), nil
	}
	if strings.Contains(name, anything) {
		matches := scopePattern(method, name)
		var found []string
		for _, scope := range method.Scopes {
			if matches(scope.Name) {
				found = append(found, scope.Name)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, s.unknown(place, name)
}

// unknown suggests a scope or a pattern. It repeats a wrong name that is near none
// only where no token can stand.
func (s scopeNames) unknown(place, name string) error {
	method, first := s.method, s.method.Scopes[0]
	wrong, known := "unknown scope", []string{unrelated}
	fix := "name a scope, such as " + first.Short()
	if !s.noToken {
		fix += ", or " + unrelated
	}
	for _, scope := range method.Scopes {
		known = append(known, scope.Short())
	}
	forms := []string{spec.Scope{Name: name}.Short(), service(method) + "." + name}
	if strings.Contains(name, anything) {
		wrong, known, forms = "no scope matches the pattern", familyPatterns(method), []string{withoutService(method, name)}
		fix = fmt.Sprintf("write %s.%s for all scopes of a product", first.Family(), anything)
	}
	for _, form := range forms {
		if nearest, distance := text.Nearest(form, known); len(known) > 0 && distance <= max(2, len(form)/5) {
			return text.Mistake(place, fmt.Sprintf("unknown scope %q", name), fmt.Sprintf("did you mean %s?", nearest))
		}
	}
	if s.noToken {
		return text.Mistake(place, fmt.Sprintf("%s %q", wrong, name), fix)
	}
	return text.Mistake(place, wrong, fix)
}

// familyPatterns are the patterns of all scopes of a product, in the order of the
// description.
func familyPatterns(method *spec.Method) []string {
	var patterns []string
	for _, scope := range method.Scopes {
		if pattern := scope.Family() + "." + anything; scope.Family() != scope.Short() && !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}

// SelectableScopes lists the values of --scopes that a shell completes: the pattern
// of each product, and each scope without the service.
func SelectableScopes(method *spec.Method) []string {
	names := familyPatterns(method)
	for _, scope := range method.Scopes {
		names = append(names, withoutService(method, scope.Name))
	}
	return names
}

// service is the first part of the description's scopes: "dataportability"; empty
// where it has none.
func service(method *spec.Method) string {
	if len(method.Scopes) == 0 {
		return ""
	}
	first, _, _ := strings.Cut(method.Scopes[0].Short(), ".")
	return first
}

// withoutService is a short scope without the service: "maps.reviews".
func withoutService(method *spec.Method, scope string) string {
	return strings.TrimPrefix(spec.Scope{Name: scope}.Short(), service(method)+".")
}

// scopePattern reports for a scope whether a name, or a pattern such as
// youtube.*, is about it: in full, in short, or without the service.
func scopePattern(method *spec.Method, pattern string) func(scope string) bool {
	whole := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
	return func(scope string) bool {
		return whole.MatchString(scope) || whole.MatchString(spec.Scope{Name: scope}.Short()) || whole.MatchString(withoutService(method, scope))
	}
}
