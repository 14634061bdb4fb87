package cli

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// heard keeps the first line of each request that came.
type heard struct {
	handler http.Handler
	// before is called with the number of each request, from 1 on.
	before func(number int)

	mutex sync.Mutex
	lines []string
}

func (h *heard) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	h.mutex.Lock()
	h.lines = append(h.lines, request.Method+" "+request.RequestURI)
	number := len(h.lines)
	h.mutex.Unlock()
	if h.before != nil {
		h.before(number)
	}
	h.handler.ServeHTTP(writer, request)
}

// listening serves the reference emulator behind an ear, and gives the flags
// that judge it.
func listening(t *testing.T) (*heard, []string) {
	t.Helper()
	contract := spec.MustLoadEmbedded()
	server, err := emulator.New(contract, emulator.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ear := &heard{handler: server}
	arguments := emulated(t, emulator.Options{})
	arguments[1] = listen(t, ear)
	return ear, arguments
}

// planned finds the requests in what a dry run prints.
var planned = regexp.MustCompile(`(?m)^ *\d+  ([A-Z]+ /\S*)$`)

// TestADryRunIsWhatTheRunSends: a dry run sends nothing, and the run then sends
// what it has printed. Requests that go out together may come in any order.
func TestADryRunIsWhatTheRunSends(t *testing.T) {
	ear, arguments := listening(t)
	dry := call(t, append([]string{"run", "--dry-run"}, arguments...)...)
	if dry.exit != 0 || len(ear.lines) != 0 {
		t.Fatalf("exit %d, %d requests came: %s", dry.exit, len(ear.lines), dry.complaints)
	}
	var wanted []string
	for _, match := range planned.FindAllStringSubmatch(dry.raw, -1) {
		wanted = append(wanted, match[1])
	}
	if got := call(t, append([]string{"run"}, arguments...)...); got.exit != result.ExitConforms {
		t.Fatalf("exit %d\n%s", got.exit, got.output)
	}
	if !strings.Contains(dry.raw, fmt.Sprintf("%d requests would go to %s; nothing was sent", len(ear.lines), arguments[1])) {
		t.Errorf("%d requests came, and the dry run says\n%s", len(ear.lines), dry.raw[max(0, len(dry.raw)-1000):])
	}
	slices.Sort(wanted)
	slices.Sort(ear.lines)
	if !slices.Equal(wanted, ear.lines) {
		t.Errorf("printed were %d requests, %d came, and they differ", len(wanted), len(ear.lines))
	}
	if !strings.Contains(dry.raw, "STARTS A JOB") || !strings.Contains(dry.raw, "would start a job: failed-1") {
		t.Error("the dry run does not say what starts a job")
	}
}

func TestADryRunElsewhereStartsNothingUnlessAllowed(t *testing.T) {
	arguments := []string{"run", "--dry-run", "--endpoint", "https://api.example", "--token-template", "{scope}", "--job", "FAILED=a,b", "--job", "COMPLETE=c"}
	refused := call(t, arguments...)
	allowed := call(t, append(arguments, "--allow-retry")...)
	if refused.exit != 0 || strings.Contains(refused.raw, "STARTS") || !strings.Contains(refused.raw, "for want of --allow-retry") {
		t.Errorf("exit %d\n%s", refused.exit, refused.raw)
	}
	if allowed.exit != 0 || !strings.Contains(allowed.raw, "STARTS A JOB") || strings.Contains(allowed.raw, "times)") {
		t.Errorf("exit %d\n%s", allowed.exit, allowed.raw)
	}
	budget := call(t, append(arguments, "--max-requests", "7")...)
	if !strings.Contains(budget.raw, "7 requests would go to") || !strings.Contains(budget.raw, "withheld by --max-requests") {
		t.Errorf("with a budget:\n%s", budget.raw)
	}
}

// TestAnInterruptedRunWritesItsReports: what was judged is in all reports, and
// nothing is sent any more.
func TestAnInterruptedRunWritesItsReports(t *testing.T) {
	ear, arguments := listening(t)
	ctx, interrupt := context.WithCancel(context.Background())
	const last = 90
	ear.before = func(number int) {
		if number == last {
			interrupt()
		}
	}
	folder := t.TempDir()
	got := callUntil(t, ctx, append([]string{"run", "--report", "json=" + folder + "/a.json", "--report", "junit=" + folder + "/a.xml",
		"--write-known-failures", folder + "/known.yaml"}, arguments...)...)
	if got.exit != result.ExitInterrupted || !strings.Contains(got.output, "interrupted") || got.complaints != "" {
		t.Fatalf("exit %d, %q\n%s", got.exit, got.complaints, got.output)
	}
	found := readReport(t, filepath.Join(folder, "a.json"))
	if found.Exit != result.ExitInterrupted || found.Counts.Checks[result.Pass] < 20 || found.Counts.Checks[result.Skip] < 20 || found.Counts.Checks[result.Fail] > 0 {
		t.Errorf("exit %d, %v", found.Exit, found.Counts.Checks)
	}
	assertValidReport(t, filepath.Join(folder, "a.json"))
	if text, err := os.ReadFile(filepath.Join(folder, "a.xml")); err != nil || !strings.Contains(string(text), "the run was interrupted") {
		t.Errorf("JUnit: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "known.yaml")); err == nil {
		t.Error("known failures were written")
	}
	if len(ear.lines) > last {
		t.Errorf("%d requests came, the last one should have been %d", len(ear.lines), last)
	}
}

func TestABudgetIsNotExceeded(t *testing.T) {
	ear, arguments := listening(t)
	got := call(t, append([]string{"run", "--max-requests", "100"}, arguments...)...)
	if got.exit != result.ExitInconclusive || len(ear.lines) != 100 {
		t.Errorf("exit %d, %d requests came", got.exit, len(ear.lines))
	}
	text := strings.Join(strings.Fields(got.output), " ")
	if !strings.Contains(text, "the budget of 100 requests is used up") || !strings.Contains(text, "give --max-requests") {
		t.Errorf("the output does not say why:\n%s", got.output)
	}
}

// TestABusyServerIsSentTheSameAgain: the report tells of it.
func TestABusyServerIsSentTheSameAgain(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	server, err := emulator.New(contract, emulator.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	count := 0
	busy := http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		mutex.Lock()
		count++
		refuse := count%40 == 0
		mutex.Unlock()
		if refuse {
			http.Error(writer, "busy", http.StatusTooManyRequests)
			return
		}
		server.ServeHTTP(writer, request)
	})
	arguments := emulated(t, emulator.Options{})
	arguments[1] = listen(t, busy)
	path := filepath.Join(t.TempDir(), "a.json")
	got := call(t, append([]string{"run", "--report", "json=" + path}, arguments...)...)
	if got.exit != result.ExitConforms || !strings.Contains(got.output, "requests sent again: 8 after 429") {
		t.Errorf("exit %d\n%s", got.exit, got.output)
	}
	assertValidReport(t, path)
	again := 0
	for _, exchange := range readReport(t, path).Exchanges {
		again += len(exchange.Earlier)
	}
	if again != 8 {
		t.Errorf("the report has %d earlier attempts", again)
	}
}
