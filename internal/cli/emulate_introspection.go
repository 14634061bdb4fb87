package cli

import (
	"context"
	"sync"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/tokens"
)

// introspectionMemory is how long the emulator believes an answer about a
// token: long enough for a run not to ask for every request, and short enough
// to see a revocation.
const introspectionMemory = 2 * time.Second

// introspection asks an authorization server about tokens.
type introspection struct {
	ctx       context.Context
	inspector tokens.Inspector

	mutex sync.Mutex
	known map[string]introspected
}

type introspected struct {
	until  time.Time
	scopes []string
	valid  bool
}

// newIntrospection asks whom the settings name, or gives nil.
func newIntrospection(ctx context.Context, sources *config.Sources, settings *config.Settings) (func(string) ([]string, bool), error) {
	if settings.IntrospectionURL == "" {
		return nil, nil
	}
	// The command has no flags for these.
	settings.ConnectTimeout, settings.TLSTimeout = target.DefaultConnectLimit, target.DefaultConnectLimit
	inspector, err := settings.Inspector(sources)
	if err != nil {
		return nil, err
	}
	asks := &introspection{ctx: ctx, inspector: inspector, known: map[string]introspected{}}
	return asks.scopes, nil
}

// scopes gives the scopes of a token. A server that gives no answer makes no
// token valid.
func (i *introspection) scopes(token string) ([]string, bool) {
	i.mutex.Lock()
	one, known := i.known[token]
	i.mutex.Unlock()
	if known && time.Now().Before(one.until) {
		return one.scopes, one.valid
	}
	information, err := i.inspector.Inspect(i.ctx, token)
	if err != nil {
		return nil, false
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.known[token] = introspected{time.Now().Add(introspectionMemory), information.Scopes, information.Active}
	return information.Scopes, information.Active
}
