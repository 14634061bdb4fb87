package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
)

// byHand is a progress whose time and looks a test decides.
type byHand struct {
	*progress
	time time.Time
}

// progressOn begins a progress of so many things on a display.
func progressOn(t testing.TB, shownOn display, total int) *byHand {
	t.Helper()
	hand := &byHand{time: time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)}
	hand.progress = &progress{terminal: quiet(), display: shownOn, now: func() time.Time { return hand.time }, first: func() {}, stop: func() {}}
	hand.tally = newTally(total, hand.time)
	return hand
}

// pass lets time go by and looks.
func (b *byHand) pass(duration time.Duration) {
	b.time = b.time.Add(duration)
	b.tick(context.Background())
}

// liveOn is a live line on a screen, without colours.
func liveOn(screen *fakeScreen) *liveLine {
	return &liveLine{out: screen, paint: ansi.Strip, columns: screen.columns}
}

// resultOf is what came of a check.
func resultOf(id string, verdict result.Verdict, want, got string) result.Check {
	made := result.Check{ID: id, Verdict: verdict}
	if verdict == result.Fail {
		made.Findings = []result.Finding{{Requirement: "body.example", Verdict: verdict, Want: want, Got: got}}
	}
	return made
}

// exchangeOf is an exchange of a check whose attempts so far had these statuses.
func exchangeOf(number int, check string, earlier ...int) *target.Exchange {
	made := &target.Exchange{Number: number, Check: check}
	for _, status := range earlier {
		made.Earlier = append(made.Earlier, &target.Exchange{Number: number, Check: check, Status: status})
	}
	return made
}

func TestTheLiveLineSaysHowFarARunIs(t *testing.T) {
	t.Parallel()
	screen := newFakeScreen(t, 80)
	line := progressOn(t, liveOn(screen), 169)
	line.tested(resultOf("path/one", result.Pass, "", ""))
	line.tested(resultOf("path/two", result.Skip, "", ""))
	line.Sending(exchangeOf(3, "path/three"))
	line.pass(2 * time.Second)
	wantRows(t, screen, "  2/169  2 s  1 pass, 1 skip  path/three")
	line.Waiting(exchangeOf(3, "path/three", 429), 12*time.Second, true)
	line.pass(time.Second)
	wantRows(t, screen, cut("  2/169  3 s  1 pass, 1 skip  waiting 11 s, the server said Retry-After  path/three", 79))
	line.Sending(exchangeOf(3, "path/three"))
	line.Waiting(exchangeOf(3, "path/three", 429, 503), 70*time.Second, false)
	line.pass(0)
	wantRows(t, screen, cut("  2/169  3 s  1 pass, 1 skip  waiting 1 min 10 s, before the request is sent again, after 503  path/three", 79))
	line.Done(exchangeOf(3, "path/three"))
	line.pass(time.Minute)
	wantRows(t, screen, "  2/169  1 min 03 s  1 pass, 1 skip  path/three")
	interrupted, interrupt := context.WithCancel(context.Background())
	interrupt()
	line.tick(interrupted)
	wantRows(t, screen, cut("  2/169  1 min 03 s  1 pass, 1 skip  interrupted, waiting for the responses to requests that were sent  path/three", 79))
	line.end()
	wantRows(t, screen, "")
}

func TestWhatFailsStandsAboveTheLiveLine(t *testing.T) {
	t.Parallel()
	screen := newFakeScreen(t, 80)
	line := progressOn(t, liveOn(screen), 3)
	line.tested(resultOf("path/one", result.Fail, "404", "200"))
	wantRows(t, screen, "FAIL path/one  want 404, got 200", "")
	line.pass(time.Second)
	line.tested(resultOf("path/two", result.Fail, "400", "a\n\x1b[2Jtext \u202eof "+strings.Repeat("many words ", 20)))
	rows := screen.rows()
	if len(rows) != 3 || !strings.HasPrefix(rows[1], "FAIL path/two  want 400, got a \\x1b[2Jtext \\u202eof many") || !strings.HasSuffix(rows[1], "…") {
		t.Errorf("%q", rows)
	}
	line.pass(0)
	line.end()
	if rows := screen.rows(); len(rows) != 3 || rows[2] != "" {
		t.Errorf("it left %q", rows)
	}
	line.end()
	line.above("nobody sees this", true)
	if rows := screen.rows(); len(rows) != 3 {
		t.Errorf("after its end it prints %q", rows)
	}
}

// TestTheLiveLineKeepsToOneRow: whatever the width is and becomes, and however
// wide letters are.
func TestTheLiveLineKeepsToOneRow(t *testing.T) {
	t.Parallel()
	for _, widths := range [][]int{{1}, {2}, {200, 80, 24}, {80, 200}, {200, 10, 200}} {
		screen := newFakeScreen(t, widths[0])
		line := progressOn(t, liveOn(screen), 169)
		line.above("a", true)
		line.begin("authorization/scope/" + strings.Repeat("長い名前", 90) + "👩‍👩‍👧")
		for i, width := range widths {
			screen.resize(width)
			line.pass(time.Duration(1-min(i, 1)) * time.Second)
			rows := screen.rows()
			if last := ansi.StringWidth(rows[len(rows)-1]); len(rows) != 2 || rows[0] != "a" || last > width-1 || last < width-3 {
				t.Errorf("%v, at %d columns: %q", widths, width, rows)
			}
		}
		line.end()
		wantRows(t, screen, "a", "")
	}
}

func TestTheLiveLineDoesNotFlicker(t *testing.T) {
	t.Parallel()
	screen := newFakeScreen(t, 80)
	line := progressOn(t, liveOn(screen), 1000)
	for i := range 500 {
		line.tested(resultOf(fmt.Sprint("check/", i), result.Pass, "", ""))
	}
	if screen.writes != 0 {
		t.Errorf("%d writes between two looks", screen.writes)
	}
	line.pass(redrawEvery)
	line.pass(redrawEvery)
	if screen.writes != 1 {
		t.Errorf("%d writes for one change", screen.writes)
	}
	line.tested(resultOf("check/last", result.Fail, "this", "that"))
	if screen.writes != 2 {
		t.Errorf("%d writes for one line above it", screen.writes-1)
	}
}

func TestOthersPrintAboveTheLiveLine(t *testing.T) {
	t.Parallel()
	screen := newFakeScreen(t, 80)
	line := progressOn(t, liveOn(screen), 2)
	line.pass(time.Second)
	out := line.writer(io.Discard)
	for _, part := range []string{"a line", " in two parts\nand", " the next\nand an end"} {
		_, _ = io.WriteString(out, part)
	}
	wantRows(t, screen, "a line in two parts", "and the next", "  0/2  1 s")
	line.end()
	wantRows(t, screen, "a line in two parts", "and the next", "and an end")
}

func TestALogGetsALineNowAndThen(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	line := progressOn(t, &lines{out: &log, paint: ansi.Strip}, 169)
	line.tested(resultOf("path/one", result.Pass, "", ""))
	line.pass(printEvery - 1)
	if log.Len() > 0 {
		t.Errorf("too early: %q", log.String())
	}
	line.tested(resultOf("path/two", result.Fail, "404", "200"))
	for range 30 {
		line.pass(time.Second)
	}
	line.end()
	want := "FAIL path/two  want 404, got 200\n" +
		"  2/169  10 s  1 pass, 1 fail  path/one\n  2/169  20 s  1 pass, 1 fail  path/one\n  2/169  30 s  1 pass, 1 fail  path/one\n"
	if log.String() != want {
		t.Errorf("%q", log.String())
	}
}

func TestWhereProgressShows(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		columns         int
		variable, value string
		quiet, verbose  bool
		want            display
	}{
		{80, "", "", false, false, &liveLine{}},
		{80, "CI", "false", false, false, &liveLine{}},
		{0, "", "", false, false, nowhere{}},
		{0, "", "", false, true, &lines{silent: true}},
		{0, "CI", "true", false, false, &lines{}},
		{80, "CI", "1", false, false, &lines{}},
		{80, "TERM", "dumb", false, false, &lines{}},
		{0, "TERM", "dumb", false, false, nowhere{}},
		{80, "", "", true, false, nowhere{}},
		{0, "CI", "true", true, false, nowhere{}},
	} {
		on := quiet()
		on.errColumns, on.quiet, on.verbose = func() int { return one.columns }, one.quiet, one.verbose
		on.environment = func(name string) string {
			if name == one.variable {
				return one.value
			}
			return ""
		}
		got := on.display()
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", one.want) {
			t.Errorf("%+v: %T", one, got)
		}
		if log, is := got.(*lines); is && log.silent != one.want.(*lines).silent {
			t.Errorf("%+v: silent %v", one, log.silent)
		}
	}
}

// TestARunOnATerminalLeavesNoTrace shows many checks that end at the same time.
func TestARunOnATerminalLeavesNoTrace(t *testing.T) {
	t.Parallel()
	screen := newFakeScreen(t, 80)
	on := quiet()
	on.err, on.screen, on.errColumns = screen, screen, screen.columns
	line := on.progress(context.Background(), 40)
	var together sync.WaitGroup
	for i := range 40 {
		together.Go(func() {
			verdict := result.Pass
			if i%10 == 0 {
				verdict = result.Fail
			}
			line.tested(resultOf(fmt.Sprint("check/", i), verdict, "this", "that"))
		})
	}
	together.Wait()
	line.tick(context.Background())
	if rows := screen.rows(); !strings.HasPrefix(rows[len(rows)-1], "  40/40") {
		t.Errorf("%q", rows)
	}
	on.complain("it breaks")
	rows := screen.rows()
	slices.Sort(rows[:4])
	want := []string{"FAIL check/0  want this, got that", "FAIL check/10  want this, got that", "FAIL check/20  want this, got that",
		"FAIL check/30  want this, got that", "dpconform: it breaks", ""}
	if !slices.Equal(rows, want) {
		t.Errorf("%q", rows)
	}
	line.end()
}

func wantRows(t *testing.T, screen *fakeScreen, want ...string) {
	t.Helper()
	if rows := screen.rows(); !slices.Equal(rows, want) {
		t.Errorf("the screen shows\n%q, not\n%q", rows, want)
	}
}
