//go:build unix

package client

import (
	"os"
	"os/exec"
	"syscall"
)

// endGroup puts a command into a process group of its own, and ends the whole
// group when the context ends.
func endGroup(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
}

// killGroup ends what a command left behind.
func killGroup(process *exec.Cmd) { _ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }

// signalOf names the signal that ended a command; empty for none.
func signalOf(state *os.ProcessState) string {
	if status, known := state.Sys().(syscall.WaitStatus); known && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
