// Package doctor says, before a run, whether all that it needs is there: the
// endpoint, this machine's clock, a token for each scope, and jobs in the states
// that they are said to be in. It sends nothing with an effect.
package doctor

import (
	"context"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// Options says what is looked at.
type Options struct {
	Contract *spec.Contract
	// Target is the configuration of the run. Where its Credentials are
	// *credentials.Verified, each token is looked at by those who know it.
	Target target.Config
	// Now gives the time of this machine; nil means time.Now.
	Now func() time.Time
	// Observe hears of each thing that was looked at; it may be nil.
	Observe func(name string, wrong bool)
}

// Findings are what the doctor found.
type Findings struct {
	Endpoint Endpoint `json:"endpoint"`
	Scopes   []Scope  `json:"scopes"`
	Jobs     []Job    `json:"jobs"`
	// Exit is the exit code: 0 where all is there, 3 where something is missing
	// or wrong, 4 where the endpoint cannot be reached.
	Exit int `json:"exit"`
}

// Examine looks at everything. The error is the context's, or says that the
// endpoint of the options is none.
func Examine(ctx context.Context, options Options) (Findings, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Observe == nil {
		options.Observe = func(string, bool) {}
	}
	server, err := target.New(options.Target)
	if err != nil {
		return Findings{}, err
	}
	findings := Findings{Scopes: []Scope{}, Jobs: []Job{}}
	findings.Endpoint = examineEndpoint(ctx, options)
	options.Observe("endpoint", !findings.Endpoint.Reached)
	findings.Scopes = examineScopes(ctx, options)
	findings.Jobs = examineJobs(ctx, options, server, findings)
	findings.Exit = findings.exit()
	return findings, ctx.Err()
}

func (f Findings) exit() int {
	if !f.Endpoint.Reached {
		return result.ExitUnreachable
	}
	wrong := f.Endpoint.ClockText != ""
	for _, scope := range f.Scopes {
		wrong = wrong || scope.State != There
	}
	for _, job := range f.Jobs {
		wrong = wrong || !job.Agrees
	}
	if wrong {
		return result.ExitInconclusive
	}
	return result.ExitConforms
}
