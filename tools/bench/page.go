package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/report/html"
	"github.com/dpconform/dpconform/internal/result"
)

// longChecks is the number of checks of the report of which a page is made.
const longChecks = 1000

// showPage prints how long the page of a report of many checks takes and how big
// it becomes. The report is that of the shipped recording, again and again.
func showPage(program string) error {
	long, err := longReport(program)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	timed, err := inTurn(rounds, []task{{"the HTML page", func() error {
		page.Reset()
		return html.Write(&page, long)
	}}})
	if err != nil {
		return err
	}
	fmt.Printf("\n  HTML of %d checks and %d exchanges: %.1f ms (%.1f to %.1f), %.2f MB   (aim: under 100 ms and 3 MB)\n", len(long.Checks), len(long.Exchanges),
		milliseconds(timed[0].median()), milliseconds(timed[0].least()), milliseconds(timed[0].most()), float64(page.Len())/1e6)
	return nil
}

// longReport has the checks of a whole offline run as often as it takes, each
// time under other names.
func longReport(program string) (report.Report, error) {
	one, err := offlineReport(program)
	if err != nil {
		return report.Report{}, err
	}
	long := one
	long.Requirements, long.Checks, long.Exchanges = nil, nil, nil
	for round := 0; len(long.Checks) < longChecks; round++ {
		addRound(&long, one, round)
	}
	return long, nil
}

func offlineReport(program string) (report.Report, error) {
	folder, err := os.MkdirTemp("", "dpconform-benchmarks-")
	if err != nil {
		return report.Report{}, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "report.json")
	if err := runProgram(program, "run", "--report", "json="+file); err != nil {
		return report.Report{}, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return report.Report{}, err
	}
	return result.ReadJSON(text)
}

// addRound adds what one run found, as far as there is room.
func addRound(long *report.Report, one report.Report, round int) {
	renamed := func(name string) string { return fmt.Sprintf("%s.%d", name, round) }
	rename := func(names []string) []string {
		others := slices.Clone(names)
		for i, name := range others {
			others[i] = renamed(name)
		}
		return others
	}
	began := time.Duration(one.Milliseconds*int64(round)) * time.Millisecond
	for _, requirement := range one.Requirements {
		requirement.ID, requirement.Checks = renamed(requirement.ID), rename(requirement.Checks)
		long.Requirements = append(long.Requirements, requirement)
	}
	for _, check := range one.Checks[:min(len(one.Checks), longChecks-len(long.Checks))] {
		check.ID, check.Requirements, check.Exchanges = renamed(check.ID), rename(check.Requirements), slices.Clone(check.Exchanges)
		for i := range check.Exchanges {
			check.Exchanges[i] += round * len(one.Exchanges)
		}
		long.Checks = append(long.Checks, check)
	}
	for _, exchange := range one.Exchanges {
		exchange.Number += round * len(one.Exchanges)
		exchange.Check, exchange.OffsetMicroseconds = renamed(exchange.Check), exchange.OffsetMicroseconds+began.Microseconds()
		long.Exchanges = append(long.Exchanges, exchange)
	}
}
