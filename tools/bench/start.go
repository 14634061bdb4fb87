package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// startRounds are many, since each takes milliseconds.
const startRounds = 41

// start compares the start of dpconform, without arguments and for its version,
// with that of a program that links only the libraries it is built on.
//
// The target is missed by what the JSON Schema library takes, which compiles the
// meta-schemas of all drafts when it is initialized; all else is within the target.
// No other library can replace it (milliseconds of initialization):
//
//	pb33f/jsonschema v6.0.3, in use       2.8   passes all mandatory tests of JSON-Schema-Test-Suite
//	santhosh-tekuri/jsonschema v6.0.3     2.8   the same code; 2.2 for v5, without a release since 2023
//	google/jsonschema-go v0.4.3           0.2   stops at the first violation; cannot read draft 4 (OpenAPI 3.0)
//	kaptinlin/jsonschema v0.9.5           0.05  fails 17 mandatory tests; accepts every value for a $ref that
//	                                            is broken or circular, and a type with a spelling mistake
//	xeipuuv/gojsonschema, qri-io          0.3   not 2020-12; without a release since 2019 and 2021
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
	schemas := &task{name: "initialization of the JSON Schema library"}
	for range rounds {
		took, err := initialization(program)
		if err != nil {
			return err
		}
		schemas.times = append(schemas.times, took)
	}
	printRatio("without arguments less the JSON Schema library", tasks[1].median()-schemas.median(), tasks[0].median(), mostOfLibraries)
	return nil
}

// initialized finds in the runtime's trace how long the JSON Schema library took.
var initialized = regexp.MustCompile(`(?m)^init github\.com/pb33f/jsonschema/\S+ @\S+ ms, (\S+) ms clock`)

// initialization is how long the JSON Schema library takes at one start.
func initialization(program string) (time.Duration, error) {
	command := exec.Command(program, "version")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	output, err := command.CombinedOutput()
	if err != nil {
		return 0, err
	}
	found := initialized.FindSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("%s does not initialize the JSON Schema library; compare its whole start alone", program)
	}
	return time.ParseDuration(string(found[1]) + "ms")
}

func running(program string, arguments ...string) func() error {
	return func() error { return exec.Command(program, arguments...).Run() }
}
