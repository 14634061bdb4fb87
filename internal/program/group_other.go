//go:build !unix

package program

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup ends the command alone: there are no process groups here.
func killGroup(command *exec.Cmd) error { return command.Process.Kill() }
