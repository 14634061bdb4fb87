//go:build unix

package clientrun

import (
	"os"
	"os/exec"
	"syscall"
)

// endAll puts a command into a process group of its own, and ends the whole
// group, and what bears its mark, when the context ends.
func endAll(process *exec.Cmd, mark mark) {
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error {
		err := syscall.Kill(-process.Process.Pid, syscall.SIGKILL)
		mark.kill()
		return err
	}
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
