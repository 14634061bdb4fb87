package tokens

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/spec"
)

// Documented tells the scopes of the description from others: spec.Contract has
// it as the method Documents.
type Documented func(scope string) bool

// carries compares the scopes that a token carries with those that it is wanted
// for. Scopes that the description does not know, such as openid, open nothing,
// so they do no harm beside others.
func (d Documented) carries(wanted, carried []string) (missing, others []string) {
	for _, scope := range wanted {
		if !slices.Contains(carried, scope) {
			missing = append(missing, scope)
		}
	}
	for _, scope := range carried {
		if !slices.Contains(wanted, scope) && d != nil && d(scope) {
			others = append(others, scope)
		}
	}
	return missing, others
}

// answeredScopes gives the scopes of a token answer. One that names none gave
// what was asked for (RFC 6749, 5.1).
func answeredScopes(token *oauth2.Token, asked []string) []string {
	if named, _ := token.Extra("scope").(string); strings.TrimSpace(named) != "" {
		return strings.Fields(named)
	}
	return asked
}

// few is how many scopes one line names.
const few = 3

// names lists a few scopes in short: "a, b and 3 more".
func names(scopes []string) string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = harmless(spec.ShortScope(scope))
	}
	if len(short) > few {
		short = append(short[:few-1:few-1], fmt.Sprintf("%d more", len(scopes)-few+1))
	}
	if len(short) < 2 {
		return strings.Join(short, "")
	}
	return strings.Join(short[:len(short)-1], ", ") + " and " + short[len(short)-1]
}

// otherNames names other scopes than those that are wanted: a few by their
// names, many by their number, which then is the same for each that is wanted.
func otherNames(scopes []string) string {
	if len(scopes) > few {
		return fmt.Sprintf("%d other scopes", len(scopes))
	}
	return names(scopes)
}

// spaced writes scopes as a request carries them (RFC 6749, 3.3).
func spaced(scopes []string) string { return strings.Join(scopes, " ") }
