package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/suites"
)

// NewProcess makes a Runner that starts the program for each run, so that what
// is proved is the whole of it, and no run can disturb another. Further
// arguments are given to each run.
func NewProcess(program string, seed uint64, further ...string) Runner {
	return func(ctx context.Context, endpoint string, jobs map[string][]string, limit time.Duration) (Judged, error) {
		arguments := append([]string{"run", "--endpoint", endpoint, "--token-template", emulator.DefaultTokenTemplate,
			"--timeout", limit.String(), "--seed", strconv.FormatUint(seed, 10), "--report", "json=-"}, further...)
		for state, ids := range jobs {
			arguments = append(arguments, "--job", state+"="+strings.Join(ids, ","))
		}
		command := exec.CommandContext(ctx, program, arguments...)
		var output, complaints bytes.Buffer
		command.Stdout, command.Stderr = &output, &complaints
		err := command.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return Judged{}, err
		}
		return readRun(output.Bytes(), complaints.String(), command.ProcessState.ExitCode())
	}
}

// readRun takes a run apart, and refuses one that came to no verdict.
func readRun(output []byte, complaints string, exit int) (Judged, error) {
	if !slices.Contains([]int{suites.ExitConforms, suites.ExitFails, suites.ExitInconclusive}, exit) {
		return Judged{}, fmt.Errorf("exit %d: %s", exit, lastLine(complaints))
	}
	read, err := report.ReadJSON(output)
	if err != nil {
		return Judged{}, fmt.Errorf("exit %d, and no report: %w", exit, err)
	}
	return FromReport(read), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
