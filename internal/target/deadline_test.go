package target

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestADeadlineEndsARun: at once where a wait would be longer than what is left,
// and what was waited until then is counted.
func TestADeadlineEndsARun(t *testing.T) {
	t.Parallel()
	busy := steps{status(429, "Retry-After", "30"), status(200)}
	for name, test := range map[string]struct {
		config Config
		steps  steps
		fault  FaultKind
		waited time.Duration
		over   bool
	}{
		"time enough":       {Config{}, busy, "", 30 * time.Second, false},
		"a pause too long":  {Config{}, steps{status(429, "Retry-After", "59")}, Withheld, 0, true},
		"the second pause":  {Config{}, steps{status(429, "Retry-After", "30")}, Withheld, 30 * time.Second, true},
		"a rate too low":    {Config{Rate: 1.0 / 120}, steps{status(200)}, "", 0, true},
		"a rate":            {Config{Rate: 0.1}, steps{status(200)}, "", 10 * time.Second, false},
		"a silent response": {Config{Limit: time.Hour}, steps{silent("")}, Withheld, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, deadline, stop := NewDeadline(t.Context(), 45*time.Second)
			defer stop()
			test.config.Transport, test.config.Pause, test.config.Deadline, test.config.Loopback = &script{steps: test.steps}, pause, deadline, true
			server := newTarget(t, test.config)
			began := time.Now()
			exchange := server.Send(ctx, "c", Request{Method: "GET", Path: "/"})
			second := server.Send(ctx, "c", Request{Method: "GET", Path: "/"})
			if kindOf(exchange) != test.fault || server.Waited() != test.waited || (ctx.Err() != nil) != test.over || (kindOf(second) == Withheld) != test.over {
				t.Errorf("%s: %v, then %v; waited %s; %v", name, exchange.Fault, second.Fault, server.Waited(), ctx.Err())
			}
			var overtime *OvertimeError
			if test.over && (!errors.As(context.Cause(ctx), &overtime) || overtime.Error() != "the run was ended by --max-duration 45s") {
				t.Errorf("%s: the cause is %v", name, context.Cause(ctx))
			}
			if took := time.Since(began); took > 45*time.Second || name == "a pause too long" && took > time.Second {
				t.Errorf("%s: it took %s", name, took)
			}
		})
	}
}

// TestWaitsAtTheSameTimeCountOnce, as a person who waits counts them.
func TestWaitsAtTheSameTimeCountOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newTarget(t, Config{Pause: pause, Loopback: true, Transport: &script{steps: steps{
			status(429, "Retry-After", "20"), status(429, "Retry-After", "20"), status(429, "Retry-After", "20"), status(200)}}})
		server.SendTogether(t.Context(), "c", []Request{{Method: "GET", Path: "/"}, {Method: "GET", Path: "/"}, {Method: "GET", Path: "/"}})
		if server.Waited() != 20*time.Second {
			t.Errorf("waited %s", server.Waited())
		}
	})
}
