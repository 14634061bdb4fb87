//go:build !unix

package client

import (
	"os"
	"os/exec"
)

// endGroup leaves a command as it is: there are no process groups here, and the
// context ends the command alone.
func endGroup(*exec.Cmd) {}

func killGroup(*exec.Cmd) {}

func signalOf(*os.ProcessState) string { return "" }
