package tokens

import "slices"

// Coverage says for which sets of scopes there is a token.
type Coverage func(scopes []string) bool

// Everything covers every set of scopes.
func Everything([]string) bool { return true }

// Exactly covers one set of scopes, in whatever order.
func Exactly(scopes ...string) Coverage {
	set := setOf(scopes)
	return func(asked []string) bool { return setOf(asked) == set }
}

// Within covers every set of which each scope is one of these.
func Within(scopes ...string) Coverage {
	return func(asked []string) bool {
		return len(asked) > 0 && !slices.ContainsFunc(asked, func(scope string) bool { return !slices.Contains(scopes, scope) })
	}
}
