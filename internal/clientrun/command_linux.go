package clientrun

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// kill ends every process that has the mark in its environment, such as one
// that began a session of its own, and those that it starts meanwhile. A process
// that was given another environment is not found.
func (m mark) kill() {
	const rounds = 10
	for range rounds {
		marked := m.processes()
		if len(marked) == 0 {
			return
		}
		for _, id := range marked {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
	}
}

// processes lists those that have the mark: proc(5), /proc/pid/environ. One
// that has ended, and waits for its parent, has none.
func (m mark) processes() []int {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	var marked []int
	for _, file := range files {
		environment, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for variable := range bytes.SplitSeq(environment, []byte{0}) {
			if string(variable) != m.variable() {
				continue
			}
			if id, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && id != os.Getpid() {
				marked = append(marked, id)
			}
		}
	}
	return marked
}
