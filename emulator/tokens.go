package emulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// What a token looks like that names its own scopes, unless the options say
// otherwise: "scope:dataportability.a+dataportability.b".
const (
	DefaultTokenTemplate = "scope:{short}"
	DefaultTokenJoin     = "+"
)

// The places in a token template where the scopes stand.
const (
	fullPlace  = "{scope}"
	shortPlace = "{short}"
)

// tokenReader tells which scopes a token carries.
type tokenReader struct {
	given map[string][]string
	// introspect asks somebody else; it may be nil.
	introspect func(token string) ([]string, bool)

	before, after, join string
	// short says that the template holds short scopes; then known gives the
	// full one of each that the description knows, and prefix makes the rest.
	short  bool
	known  map[string]string
	prefix string
}

// newTokenReader reads the token template. It returns an error unless the
// template has exactly one place for scopes.
func newTokenReader(contract *spec.Contract, options Options) (*tokenReader, error) {
	template := options.TokenTemplate
	if strings.Count(template, fullPlace)+strings.Count(template, shortPlace) != 1 {
		return nil, fmt.Errorf("token template %q must have %s or %s in it, once", template, fullPlace, shortPlace)
	}
	reader := &tokenReader{given: options.Tokens, introspect: options.Introspect, join: options.TokenJoin, known: map[string]string{}}
	reader.before, reader.after, reader.short = strings.Cut(template, shortPlace)
	if !reader.short {
		reader.before, reader.after, _ = strings.Cut(template, fullPlace)
	}
	for _, scope := range contract.Scopes {
		reader.known[scope.Short()] = scope.Name
		reader.prefix = strings.TrimSuffix(scope.Name, scope.Short())
	}
	reader.known[spec.ShortScope(contract.UnrelatedScope)] = contract.UnrelatedScope
	return reader, nil
}

// scopes gives the scopes that a token carries, in full, or false for a token
// that nobody issued.
func (t *tokenReader) scopes(token string) ([]string, bool) {
	if scopes, given := t.given[token]; given {
		return slices.Clone(scopes), true
	}
	if scopes, named := t.named(token); named {
		return scopes, true
	}
	if t.introspect != nil {
		return t.introspect(token)
	}
	return nil, false
}

// named gives the scopes of a token that names them itself.
func (t *tokenReader) named(token string) ([]string, bool) {
	inner, begins := strings.CutPrefix(token, t.before)
	inner, ends := strings.CutSuffix(inner, t.after)
	if !begins || !ends {
		return nil, false
	}
	scopes := strings.Split(inner, t.join)
	if slices.ContainsFunc(scopes, t.isNoScope) {
		return nil, false
	}
	if t.short {
		for i, scope := range scopes {
			scopes[i] = t.full(scope)
		}
	}
	return scopes, true
}

// isNoScope reports whether a text cannot be a scope. Where nothing else in the
// template tells a token from any other text, a scope must have the look of
// one: parts with dots between them, or an address.
func (t *tokenReader) isNoScope(text string) bool {
	return text == "" || t.before == "" && t.after == "" && !strings.ContainsAny(text, ".:")
}

// full gives the full scope of a short one. A scope that is an address of its
// own has no short form.
func (t *tokenReader) full(short string) string {
	if full, known := t.known[short]; known {
		return full
	}
	if strings.Contains(short, ":") {
		return short
	}
	return t.prefix + short
}
