package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// startRounds are many, since each takes milliseconds.
const startRounds = 41

// start compares the start of dpconform, without arguments and for its version,
// with that of a program that links only the libraries it is built on.
func start(program string) error {
	folder, err := os.MkdirTemp("", "dpconform-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	least := filepath.Join(folder, "required")
	if output, err := exec.Command("go", "build", "-o", least, "./tools/bench/required").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	tasks := []*task{
		{name: "required libraries alone", do: running(least)},
		{name: "dpconform", do: running(program)},
		{name: "dpconform version", do: running(program, "version")},
	}
	if err := takeTurns(tasks, startRounds); err != nil {
		return err
	}
	fmt.Printf("\nstart, medians of %d rounds\n\n", startRounds)
	printTimes(tasks)
	fmt.Println()
	printRatio("without arguments, to the libraries alone", tasks[1].median(), tasks[0].median(), mostOfLibraries)
	printRatio("version, to the libraries alone", tasks[2].median(), tasks[0].median(), mostOfLibraries)
	return nil
}

func running(program string, arguments ...string) func() error {
	return func() error { return exec.Command(program, arguments...).Run() }
}
