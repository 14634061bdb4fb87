package cli

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/dpconform/dpconform/internal/result"
)

// debugVariable is the variable with which a crash shows where it happened.
const debugVariable = "DPCONFORM_DEBUG"

// hideTraces keeps the runtime from printing the stack of a goroutine that
// nothing here recovers: the values in it are none of a log's business.
func hideTraces() {
	if os.Getenv(debugVariable) == "" {
		debug.SetTraceback("none")
	}
}

// crash tells in one line of a panic, which is always a mistake of dpconform's
// own, and gives the exit code. What panicked may hold anything, so it goes
// through the redactor like everything else, and so does the stack.
func (t *terminal) crash(reason any) int {
	if os.Getenv(debugVariable) == "" {
		t.complain(fmt.Sprintf("internal error: %v; please report it, with what %s=1 shows of it", reason, debugVariable))
		return result.ExitUnreachable
	}
	t.complain(fmt.Sprintf("internal error: %v; please report it", reason))
	fmt.Fprint(t.err, t.harmless(string(debug.Stack())))
	return result.ExitUnreachable
}
