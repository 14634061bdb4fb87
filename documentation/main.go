// Command documentation writes the generated pages of docs/: a page for each
// requirement, the lists of requirements and scenarios, and the architecture. It
// takes them from the description, the checks, the tables of faults, a run of
// the shipped cassettes, and the imports of the source.
//
//	go run ./documentation bin/dpconform docs
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: documentation PATH-OF-DPCONFORM FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := document(ctx, ".", os.Args[1], os.Args[2])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "documentation:", err)
		os.Exit(1)
	}
}

// document writes all pages about the module at root into a folder.
func document(ctx context.Context, root, program, folder string) error {
	facts, err := gather(ctx, root, program)
	if err != nil {
		return err
	}
	pages, err := facts.pages()
	if err != nil {
		return err
	}
	return write(folder, pages)
}
