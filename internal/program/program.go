// Package program runs the programs that a person names, and ends them together
// with what they started.
package program

import (
	"context"
	"os/exec"
	"time"
)

// Command is the command of these words in a process group of its own. The end of
// the context ends the group. Whoever waited for it calls End.
func Command(ctx context.Context, words []string) *exec.Cmd {
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	ownGroup(command)
	command.Cancel = func() error { return killGroup(command) }
	// What left the group may hold the output open for longer than the command lives.
	command.WaitDelay = time.Second
	return command
}

// End ends what a command has left behind in its group. It does nothing for one
// that was not started.
func End(command *exec.Cmd) {
	if command.Process != nil {
		// There may be nothing left.
		_ = killGroup(command)
	}
}
