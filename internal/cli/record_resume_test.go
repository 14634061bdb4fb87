package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// asProgram is the variable that makes of the test program dpconform itself, to
// be killed.
const asProgram = "DPCONFORM_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main())
	}
}

// bookkeeper is a server that counts the jobs that it starts, and can do
// something when a request comes.
type bookkeeper struct {
	address string

	mutex   sync.Mutex
	server  http.Handler
	came    int
	started map[string]int
	at      func(number int)
}

// keepBooks serves an emulator that is made anew by renew, on one address.
func keepBooks(t *testing.T) (*bookkeeper, []string) {
	t.Helper()
	books := &bookkeeper{}
	books.renew(t)
	books.address = listen(t, books)
	arguments := emulated(t, emulator.Options{})
	arguments[1] = books.address
	return books, arguments
}

func (b *bookkeeper) renew(t *testing.T) {
	t.Helper()
	server, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.server, b.came, b.started, b.at = server, 0, map[string]int{}, nil
}

// when sets what is done as soon as so many requests have come.
func (b *bookkeeper) when(number int, do func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.at = func(came int) {
		if came == number {
			do()
		}
	}
}

func (b *bookkeeper) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	b.mutex.Lock()
	b.came++
	number, at, server := b.came, b.at, b.server
	b.mutex.Unlock()
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, request)
	if answer.Code == http.StatusOK && request.Method == http.MethodPost {
		b.mutex.Lock()
		b.started[request.URL.Path]++
		b.mutex.Unlock()
	}
	// What it does, it has done before anybody knows of it.
	if at != nil {
		at(number)
	}
	for name, values := range answer.Header() {
		writer.Header()[name] = values
	}
	writer.WriteHeader(answer.Code)
	_, _ = writer.Write(answer.Body.Bytes())
}

// noMoreThan fails where a job was started more often than in another run.
func (b *bookkeeper) noMoreThan(t *testing.T, want map[string]int) {
	t.Helper()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for path, count := range b.started {
		if count > want[path] {
			t.Errorf("%s was started %d times, and %d times without an interruption", path, count, want[path])
		}
	}
}

func recordArguments(folder string, arguments []string, more ...string) []string {
	return append(append([]string{"record", "--cassettes", folder}, arguments...), more...)
}

// filesOf gives the files of a folder, those for what is interrupted too.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	addFiles(t, folder, files)
	relative := map[string]string{}
	for path, text := range files {
		name, err := filepath.Rel(folder, path)
		if err != nil {
			t.Fatal(err)
		}
		relative[name] = text
	}
	return relative
}

func assertSameFiles(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name := range got {
		if _, known := want[name]; !known {
			t.Errorf("there is %s", name)
		}
	}
	for name, text := range want {
		if difference := firstDifference(text, got[name]); difference != "" {
			t.Errorf("%s differs: %s", name, difference)
		}
	}
}

// uninterrupted records once without an interruption.
func uninterrupted(t *testing.T, books *bookkeeper, arguments []string) (files map[string]string, started map[string]int, requests int) {
	t.Helper()
	folder := t.TempDir()
	if got := call(t, recordArguments(folder, arguments)...); got.exit != 0 {
		t.Fatalf("exit %d: %s", got.exit, got.complaints)
	}
	return filesOf(t, folder), books.started, books.came
}

// TestAResumedRecordingIsTheSame interrupts a recording at many moments, as
// Ctrl-C does, and goes on.
func TestAResumedRecordingIsTheSame(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	books, arguments := keepBooks(t)
	want, started, requests := uninterrupted(t, books, arguments)
	for _, moment := range sample([]int{requests - 45, 150, 1, requests - 60, requests - 38, requests - 2}) {
		t.Run(fmt.Sprint(moment), func(t *testing.T) {
			books.renew(t)
			folder := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			books.when(moment, cancel)
			got := callUntil(t, ctx, recordArguments(folder, arguments)...)
			if got.exit != result.ExitInterrupted || strings.Count(got.complaints, "\n") != 1 || !strings.Contains(got.complaints, "interrupted; ") {
				t.Fatalf("exit %d: %s", got.exit, got.complaints)
			}
			if _, err := os.Stat(filepath.Join(folder, "provenance.yaml")); err == nil {
				t.Fatal("it was saved")
			}
			goOn := "--resume"
			if _, err := os.Stat(filepath.Join(folder, ".recording-partial")); err != nil {
				goOn = "--discard"
			}
			if got := call(t, recordArguments(folder, arguments, goOn)...); got.exit != 0 {
				t.Fatalf("exit %d: %s", got.exit, got.complaints)
			}
			assertSameFiles(t, want, filesOf(t, folder))
			books.noMoreThan(t, started)
		})
	}
}

// TestAKilledRecordingGoesOn kills the program when a request has done its work
// and nobody has heard of it. A request that may have started a job is never
// sent again; the recording says that nobody knows.
func TestAKilledRecordingGoesOn(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	books, arguments := keepBooks(t)
	want, started, requests := uninterrupted(t, books, arguments)
	for _, moment := range sample([]int{requests - 45, 100, requests - 50, requests - 38, requests - 10}) {
		t.Run(fmt.Sprint(moment), func(t *testing.T) {
			books.renew(t)
			folder := t.TempDir()
			killWhen(t, books, moment, recordArguments(folder, arguments)...)

			refused := call(t, recordArguments(folder, arguments)...)
			if refused.exit != result.ExitUsage {
				t.Errorf("exit %d without --resume: %s%s", refused.exit, refused.output, refused.complaints)
			}
			assertOneLine(t, refused, []string{folder, "a recording was interrupted here after", "--resume", "--discard"})

			if got := call(t, recordArguments(folder, arguments, "--resume")...); got.exit != 0 {
				t.Fatalf("exit %d: %s", got.exit, got.complaints)
			}
			books.noMoreThan(t, started)
			files := filesOf(t, folder)
			all := ""
			for _, text := range files {
				all += text
			}
			if !strings.Contains(all, target.UnknownOutcome) {
				assertSameFiles(t, want, files)
			} else if moment < 200 {
				t.Error("a request that starts nothing was not sent again")
			}
			if got := call(t, "run", "--cassettes", folder); got.complaints != "" {
				t.Errorf("its replay: %s", got.complaints)
			}
		})
	}
}

// killWhen runs dpconform and kills it as soon as so many requests have come.
func killWhen(t *testing.T, books *bookkeeper, moment int, arguments ...string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, arguments...)
	command.Env = append(os.Environ(), asProgram+"=1")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	started := make(chan struct{})
	books.when(moment, func() {
		<-started
		if err := command.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if command.Wait() == nil {
		t.Errorf("it ended by itself: %s", output.String())
	}
}
