package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// Times of the progress: how often the live line is drawn, which is also the
// longest that a change of the terminal's width stays unseen; and how often a
// log gets a line.
const (
	redrawEvery = 100 * time.Millisecond
	printEvery  = 10 * time.Second
)

// progress shows a person who waits how far a command is: on a terminal by a
// line that is written over again, in a log by a line now and then, with what
// fails above it as it happens. It ends without a trace. It is safe for use by
// many goroutines.
type progress struct {
	terminal *terminal
	display  display
	now      func() time.Time
	// target is the one that is watched, or nil.
	target *target.Target
	// given hides the secrets that were known when the first text was shown.
	given     *redact.Redactor
	givenOnce sync.Once

	mutex sync.Mutex
	tally tally

	// first prints what comes before all else, once a server has responded.
	first func()

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
	p := &progress{terminal: t, display: t.display(), now: time.Now, first: func() {}}
	p.tally = newTally(total, p.now())
	t.shown.Store(p)
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
	watched := t.errColumns() > 0
	switch {
	case t.quiet:
		return nowhere{}
	case isOn(t.environment("CI")), watched && t.environment("TERM") == "dumb":
		return &lines{out: t.err, paint: t.painter()}
	case watched:
		return &liveLine{out: t.screen, paint: t.painter(), columns: t.errColumns}
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
	verdict := map[bool]result.Verdict{false: result.Pass, true: result.Fail}[failed]
	p.tested(result.Check{ID: name, Verdict: verdict})
}

// tested says that a check has ended.
func (p *progress) tested(check result.Check) {
	if check.Verdict == result.Fail {
		p.above(failedLine(check.ID, p.redacted(wantAndGot(check))), false)
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
	p.begin("reading " + p.redacted(name))
}

// redacted is a text without secrets. Making a redactor for each of many texts
// would take too long.
func (p *progress) redacted(text string) string {
	p.givenOnce.Do(func() { p.given = p.terminal.redactor() })
	if p.target != nil {
		text = p.target.Redactor().Text(text)
	}
	return p.given.Text(text)
}

func (p *progress) change(change func(*tally)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change(&p.tally)
}

// above prints a line above the progress, which stays: whole, or cut to the
// width.
func (p *progress) above(line string, whole bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.display.above(line, whole)
}

// aside lets somebody print on standard output while the progress is away.
func (p *progress) aside(print func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.display.end()
	print()
}

// end takes the progress away. It may be called again.
func (p *progress) end() {
	p.stop()
	p.terminal.shown.Store(nil)
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

// tally is how far a command is.
type tally struct {
	total, done int
	counts      map[result.Verdict]int
	// inHand is what is done now.
	inHand string
	// waits are the pauses between two attempts, by the number of the exchange.
	waits map[int]wait
	began time.Time
	// interrupted says that the command is about to end.
	interrupted bool
}

// wait is a pause until some time, and why.
type wait struct {
	until time.Time
	why   string
}

func newTally(total int, began time.Time) tally {
	return tally{total: total, began: began, counts: map[result.Verdict]int{}, waits: map[int]wait{}}
}

// ended says that one more has ended.
func (t *tally) ended(name string, verdict result.Verdict) {
	t.done++
	t.counts[verdict]++
	if t.inHand == "" || t.inHand == name {
		t.inHand = name
	}
}

// text says in one line how far it is: first what is always of interest, last
// what can be cut off.
func (t *tally) text(now time.Time) string {
	var parts []string
	if t.total > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", t.done, t.total))
	}
	parts = append(parts, seconds(now.Sub(t.began)))
	var counts []string
	for _, verdict := range report.VerdictOrder {
		if t.counts[verdict] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", t.counts[verdict], verdict))
		}
	}
	if len(counts) > 0 {
		parts = append(parts, strings.Join(counts, ", "))
	}
	if t.interrupted {
		parts = append(parts, "interrupted, waiting for the responses to requests that were sent")
	} else if waiting := t.waiting(now); waiting != "" {
		parts = append(parts, waiting)
	}
	if t.inHand != "" {
		parts = append(parts, t.inHand)
	}
	return text.Line(strings.Join(parts, "  "))
}

// waiting says how long nothing is sent, and why: the longest of all pauses.
func (t *tally) waiting(now time.Time) string {
	var longest wait
	for _, one := range t.waits {
		if one.until.After(longest.until) {
			longest = one
		}
	}
	left := longest.until.Sub(now)
	// Shorter ones come and go.
	const worthShowing = 500 * time.Millisecond
	if left < worthShowing {
		return ""
	}
	return fmt.Sprintf("waiting %s, %s", seconds(left+time.Second-1), longest.why)
}

// seconds is a time in whole seconds, from a minute on in minutes too.
func seconds(time time.Duration) string {
	whole := int(time.Seconds())
	if whole < 60 {
		return fmt.Sprintf("%d s", whole)
	}
	return fmt.Sprintf("%d min %02d s", whole/60, whole%60)
}

// failedLine is the line of something that failed.
func failedLine(name, why string) string {
	if why != "" {
		name += "  " + why
	}
	return failedMark + " " + text.Line(name)
}

// failedMark begins the line of what failed, in red.
const failedMark = "\x1b[31;1mFAIL\x1b[m"

// cut makes a text fit into so many columns, wide letters counted as two.
func cut(line string, columns int) string { return ansi.Truncate(line, max(0, columns), "…") }

// watch shows what a target does: the check in hand, the pauses, and with
// --verbose each exchange.
func (p *progress) watch(watched *target.Target) {
	p.target = watched
	watched.Watch(p)
}

// Sending says which check is in hand.
func (p *progress) Sending(exchange *target.Exchange) {
	p.change(func(tally *tally) {
		tally.inHand = exchange.Check
		delete(tally.waits, exchange.Number)
	})
}

// Waiting says how long a pause is, and why it is made.
func (p *progress) Waiting(exchange *target.Exchange, pause time.Duration, asked bool) {
	why := "before the request is sent again, after " + outcomeOf(exchange.Earlier[len(exchange.Earlier)-1])
	if asked {
		why = "the server said Retry-After"
	}
	p.change(func(tally *tally) {
		tally.waits[exchange.Number] = wait{until: p.now().Add(pause), why: why}
	})
}

// Done prints the exchange where everything is wanted.
func (p *progress) Done(exchange *target.Exchange) {
	p.change(func(tally *tally) { delete(tally.waits, exchange.Number) })
	if exchange.Complete() {
		p.first()
	}
	if p.terminal.verbose {
		p.above(p.exchangeLine(exchange), true)
	}
}

// outcomeOf is the status of an attempt, or the fault that came instead.
func outcomeOf(exchange *target.Exchange) string {
	if exchange.Fault != nil {
		return string(exchange.Fault.Kind)
	}
	return fmt.Sprint(exchange.Status)
}

// exchangeLine says an exchange in one line: number, what came of each attempt, how
// long the last one took, method and path, credential, check. Only what came from
// outside is redacted: the token scope:NAME would be found in authorization/scope/NAME.
func (p *progress) exchangeLine(exchange *target.Exchange) string {
	outcomes := make([]string, 0, len(exchange.Earlier)+1)
	for _, earlier := range exchange.Earlier {
		outcomes = append(outcomes, outcomeOf(earlier))
	}
	outcomes = append(outcomes, outcomeOf(exchange))
	path := strings.TrimPrefix(p.redacted(exchange.URL), strings.TrimSuffix(p.target.Endpoint(), "/"))
	line := fmt.Sprintf("#%-3d %s  %s  %s %s  %s  %s", exchange.Number, strings.Join(outcomes, ", then "), text.Took(exchange.Took),
		exchange.Request.Method, path, exchange.Request.Credential.Label, exchange.Check)
	if exchange.Fault != nil {
		line += "  " + p.redacted(exchange.Fault.Detail)
	}
	return text.Line(line)
}
