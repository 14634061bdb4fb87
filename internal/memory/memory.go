// Package memory bounds the memory of a program that imports it. It imports next to
// nothing, so that it is initialized before the packages whose initialization takes
// memory: a collection of what they leave would make each start longer.
package memory

import (
	"os"
	"runtime/debug"
)

// A soft limit lets the garbage of large responses be collected before it adds up,
// and that of an ordinary run, which stays far below it, seldom: collecting that
// took a fifth of the processor time. With a limit of 128 MB, a run of 8,000 scopes
// takes twice the processor time.
const (
	softLimit = 192 << 20
	// growth is by how many percent of what is in use the memory grows before
	// garbage is collected. With less, an offline run collects while it still reads
	// its cassettes; with more, new pages cost what the collection saves.
	growth = 600
)

func init() {
	// Whoever sets one of these knows better.
	if os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" {
		debug.SetMemoryLimit(softLimit)
		debug.SetGCPercent(growth)
	}
}
