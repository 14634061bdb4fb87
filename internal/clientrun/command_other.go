//go:build !unix

package clientrun

import (
	"os"
	"os/exec"
)

// endAll leaves a command as it is: there are no process groups here, and the
// context ends the command alone.
func endAll(*exec.Cmd, mark) {}

func killGroup(*exec.Cmd) {}

func signalOf(*os.ProcessState) string { return "" }
