// Command benchmarks compares, in one run, what dpconform takes with what the
// same exchanges take in a bare loop: offline, from the cassettes, and over
// loopback, against the reference emulator.
//
// It prints wall times as medians, and their ratios, which are what to quote:
// machines differ and drift.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/dpconform/dpconform/spec"
)

// rounds is how often each thing is timed. The things are timed in turn, so
// that a machine that drifts does so for all of them.
const rounds = 11

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: benchmarks PATH-OF-DPCONFORM")
		os.Exit(2)
	}
	if err := compare(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func compare(program string) error {
	contract, err := spec.Load(spec.Embedded())
	if err != nil {
		return err
	}
	recorded, err := readRecording(contract)
	if err != nil {
		return err
	}
	served, err := serveEmulator(contract)
	if err != nil {
		return err
	}
	defer served.close()
	timed, err := inTurn(rounds, []task{
		{"start alone (dpconform version)", func() error { return runProgram(program, "version") }},
		{"whole offline run (dpconform run)", func() error { return runProgram(program, "run") }},
		{"bare loop over the cassettes, in process", recorded.bareLoop},
		{"run over loopback (dpconform run --endpoint)", func() error { return served.run(program) }},
		{"bare client, the same requests over loopback", func() error { return served.bareClient(recorded) }},
	})
	if err != nil {
		return err
	}
	show(timed, len(recorded.interactions))
	return showPage(program)
}

func show(timed []timing, exchanges int) {
	fmt.Printf("%d exchanges, medians of %d rounds\n\n", exchanges, rounds)
	for _, one := range timed {
		fmt.Printf("  %-46s %8.1f ms   (%.1f to %.1f)\n", one.name, milliseconds(one.median()), milliseconds(one.least()), milliseconds(one.most()))
	}
	start, offline, loop, loopback, client := timed[0].median(), timed[1].median(), timed[2].median(), timed[3].median(), timed[4].median()
	fmt.Printf("\n  offline run, its start aside, to the bare loop   %6.2f x   (aim: under 2 x plus 100 ms: %.1f ms of %.1f)\n",
		ratio(offline-start, loop), milliseconds(offline-start), milliseconds(2*loop+100*time.Millisecond))
	fmt.Printf("  loopback run, its start aside, to the bare client %5.2f x   (aim: under 2 x plus 100 ms: %.1f ms of %.1f)\n",
		ratio(loopback-start, client), milliseconds(loopback-start), milliseconds(2*client+100*time.Millisecond))
}
