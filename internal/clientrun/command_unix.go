//go:build unix

package clientrun

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a command into a process group of its own.
func ownGroup(process *exec.Cmd) { process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a command and all that is in its group.
func killGroup(process *exec.Cmd) error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
