package cli

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/source"
)

// Times of the progress: how often the live line is looked at, which is also the
// longest that a change of the terminal's width stays unseen; and how often a
// log is told that a run goes on.
const (
	redrawEvery = 100 * time.Millisecond
	tellEvery   = 10 * time.Second
)

// progress tells a person who waits how far a command is: on a terminal by a
// line that is written over again, in a log by a line now and then, with what
// fails above it as it happens. It ends without a trace. It is safe for use by
// many goroutines.
type progress struct {
	terminal *terminal
	display  display
	now      func() time.Time

	mutex sync.Mutex
	tally tally

	stop func()
}

// display is where progress shows.
type display interface {
	// show replaces the line that is shown, where there is one.
	show(tally tally, now time.Time)
	// above prints a line that stays: whole, or cut to the width.
	above(text string, whole bool)
	// end takes the line away.
	end()
}

// progress begins to show how far a command is that has so many things to do; 0
// for one that cannot be divided. The context is that of the command: where it
// ends, the line says what is still waited for.
func (t *terminal) progress(ctx context.Context, total int) *progress {
	p := &progress{terminal: t, display: t.display(), now: time.Now}
	p.tally = newTally(total, p.now())
	t.showing.begin(p)
	if _, silent := p.display.(nowhere); silent {
		p.stop = func() {}
		return p
	}
	ticks, stopped, done := time.NewTicker(redrawEvery), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				p.tick(ctx)
			case <-stopped:
				return
			}
		}
	}()
	p.stop = sync.OnceFunc(func() {
		close(stopped)
		<-done
	})
	return p
}

// display chooses where progress shows: nowhere with --quiet, and where nobody
// watches; line by line in CI and on a terminal without a cursor.
func (t *terminal) display() display {
	watched := t.columnsForProgress() > 0
	switch {
	case t.quiet:
		return nowhere{}
	case isOn(t.variable("CI")), watched && t.variable("TERM") == "dumb":
		return &lines{out: t.err, paint: t.painter()}
	case watched:
		return &liveLine{out: t.err, paint: t.painter(), columns: t.columnsForProgress}
	case t.verbose:
		return &lines{out: t.err, paint: t.painter(), silent: true}
	}
	return nowhere{}
}

// tick shows what has changed.
func (p *progress) tick(ctx context.Context) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.tally.interrupted = ctx.Err() != nil
	p.display.show(p.tally, p.now())
}

// show says that something of a name has just ended.
func (p *progress) show(name string, failed bool) {
	verdict := result.Pass
	if failed {
		verdict = result.Fail
		p.above(failedLine(name, ""), false)
	}
	p.change(func(tally *tally) { tally.ended(name, verdict) })
}

// tested says that a check has ended.
func (p *progress) tested(check result.Check) {
	if check.Verdict == result.Fail {
		p.above(failedLine(check.ID, p.terminal.redacted(wantAndGot(check))), false)
	}
	p.change(func(tally *tally) { tally.ended(check.ID, check.Verdict) })
}

// begin says what is done now.
func (p *progress) begin(name string) { p.change(func(tally *tally) { tally.inHand = name }) }

// reading says which source is read now. Standard input may be a person who
// writes, and is not to be disturbed.
func (p *progress) reading(name string) {
	if name == source.StandardInput {
		p.end()
		return
	}
	p.begin("reading " + p.terminal.redacted(name))
}

func (p *progress) change(change func(*tally)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change(&p.tally)
}

// above prints a line above the progress, which stays: whole, or cut to the
// width.
func (p *progress) above(text string, whole bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.display.above(text, whole)
}

// end takes the progress away. It may be called again.
func (p *progress) end() {
	p.stop()
	p.terminal.showing.begin(nil)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.display.end()
	p.display = nowhere{}
}

// writer lets somebody else print whole lines above the progress.
func (p *progress) writer(out io.Writer) io.Writer { return &writerAbove{progress: p, out: out} }

// wantAndGot says the first finding of a failed check.
func wantAndGot(check result.Check) string {
	for _, finding := range check.Findings {
		if finding.Verdict == result.Fail {
			return fmt.Sprintf("want %s, got %s", finding.Want, finding.Got)
		}
	}
	return check.Reason
}

// showing is the progress that is on the screen, so that whatever ends the
// program can take it away. It may be nil.
type showing struct {
	mutex    sync.Mutex
	progress *progress
}

func (s *showing) begin(p *progress) {
	if s == nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.progress = p
}

func (s *showing) end() {
	if s == nil {
		return
	}
	s.mutex.Lock()
	p := s.progress
	s.mutex.Unlock()
	if p != nil {
		p.end()
	}
}
