//go:build !unix

package clientrun

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup ends the command alone: there are no process groups here.
func killGroup(process *exec.Cmd) error { return process.Process.Kill() }
