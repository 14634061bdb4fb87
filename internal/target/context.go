package target

import "context"

type contextKey struct{}

// NewContext hands a target to the checks that run with the context. The
// command makes its own target, whose journal it reads, and watches it.
func NewContext(ctx context.Context, target *Target) context.Context {
	return context.WithValue(ctx, contextKey{}, target)
}

// FromContext gives the target of a context, or nil.
func FromContext(ctx context.Context) *Target {
	target, _ := ctx.Value(contextKey{}).(*Target)
	return target
}
