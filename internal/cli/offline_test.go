package cli

import (
	"context"
	"io"
	"testing"
)

// quiet is a terminal that nobody looks at.
func quiet() *terminal {
	return &terminal{out: io.Discard, raw: io.Discard, err: io.Discard, columns: func() int { return 0 }}
}

// BenchmarkOfflineRun is the whole offline run without the start of a process.
func BenchmarkOfflineRun(b *testing.B) {
	for b.Loop() {
		if exit := execute(context.Background(), quiet(), []string{"run"}); exit != 0 {
			b.Fatalf("exit %d", exit)
		}
	}
}
