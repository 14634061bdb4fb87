package cli

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
)

// called is what a command line printed and its exit code.
type called struct {
	exit       int
	output     string
	raw        string
	complaints string
}

// call runs a command line as a person would, on no terminal.
func call(t testing.TB, arguments ...string) called {
	t.Helper()
	return callUntil(t, context.Background(), arguments...)
}

// callUntil is call with an end that somebody may bring about before its time.
func callUntil(t testing.TB, ctx context.Context, arguments ...string) called {
	t.Helper()
	var out, raw, complaints bytes.Buffer
	on := &terminal{out: &plainWriter{&out}, raw: &raw, err: &complaints, columns: func() int { return 0 }}
	exit := execute(ctx, on, arguments)
	return called{exit: exit, output: out.String(), raw: raw.String(), complaints: complaints.String()}
}

// plainWriter takes escape sequences out, as the real terminal's writer does
// where nobody sees colours.
type plainWriter struct{ out *bytes.Buffer }

var escapeSequence = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

func (p *plainWriter) Write(text []byte) (int, error) {
	p.out.Write(escapeSequence.ReplaceAll(text, nil))
	return len(text), nil
}

// emulated serves the reference emulator and gives the flags that judge it.
func emulated(t testing.TB, options emulator.Options) []string {
	t.Helper()
	contract := spec.MustLoadEmbedded()
	server, err := emulator.New(contract, options)
	if err != nil {
		t.Fatal(err)
	}
	jobs := options.Jobs
	if jobs == nil {
		jobs = emulator.DefaultJobs(contract)
	}
	arguments := []string{"--endpoint", listen(t, server), "--token-template", emulator.DefaultTokenTemplate}
	for _, state := range contract.States {
		arguments = append(arguments, "--job", state+"="+strings.Join(jobs[state], ","))
	}
	return arguments
}

// listen serves a handler until the test ends and gives its address.
func listen(t testing.TB, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// writeFile writes a file into a folder of the test.
func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := t.TempDir() + "/" + name
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample is the list, or the first of it with -short. So the race detector looks
// on, under which a run takes many times as long: what it may find it finds in
// one run of a kind as well as in ten. Without it `make test` runs all.
func sample[T any](list []T) []T {
	if testing.Short() {
		return list[:min(1, len(list))]
	}
	return list
}

// noRace skips a test with -short, because all that it does side by side is done
// by another, too. What it asserts, `make test` asserts without -short.
func noRace(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("nothing new for the race detector; it runs without -short")
	}
}
