// Command bench compares, in one run, what dpconform takes with what the same
// exchanges take without it: offline, from the shipped cassettes, and over
// loopback, against the reference emulator.
//
// It also compares the start of dpconform with that of a program that links only
// the libraries it is built on, and runs over descriptions of 500 and of 2,000
// scopes.
//
// Times are medians over rounds in which the tasks take turns. Quote the ratios:
// machines differ and drift. Some ratios have a target, and the line says whether it
// is met:
//
//   - The whole offline run takes less than 3.33 times the bare loop over the
//     cassettes: 40 ms where the loop takes 12.
//
//   - Over loopback an exchange takes less than Hurl needs for one.
//
//   - The start takes less than 1.5 times that of the libraries alone: missed, by what
//     the JSON Schema library takes.
//
//   - A run of 2,000 scopes takes less than 5 times that of 500.
//
//     go run ./tools/bench bin/dpconform
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/spec"
)

const rounds = 11

type task struct {
	name  string
	do    func() error
	times []time.Duration
	// waited is how long of the last time nothing was done on purpose, or nil.
	waited *time.Duration
}

// waiting finds that in the last line of a run.
var waiting = regexp.MustCompile(`with pauses of ([0-9.]+) s`)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bench DPCONFORM")
		os.Exit(2)
	}
	for _, part := range []func(program string) error{compare, start, scopes} {
		if err := part(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

func compare(program string) error {
	served := &loopback{}
	server := httptest.NewServer(served)
	defer server.Close()
	var waited time.Duration
	run := func(arguments ...string) error {
		output, err := exec.Command(program, arguments...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, output)
		}
		// A run waits once for what a server may do in the background.
		waited = 0
		if found := waiting.FindSubmatch(output); found != nil {
			waited, err = time.ParseDuration(string(found[1]) + "s")
		}
		return err
	}
	online := []string{"run", "--endpoint", server.URL, "--token-template", platform.TokenTemplate}
	for state, ids := range emulator.DefaultJobs(spec.MustLoadEmbedded()) {
		online = append(online, "--job", state+"="+strings.Join(ids, ","))
	}
	// What a run sends is captured once, for the bare client to send the same.
	if err := served.reset(true); err != nil {
		return err
	}
	if err := run(online...); err != nil {
		return err
	}
	exchanges := served.seen
	onFreshJobs := func(do func() error) func() error {
		return func() error {
			if err := served.reset(false); err != nil {
				return err
			}
			return do()
		}
	}
	tasks := []*task{
		{name: "start (dpconform version)", do: func() error { return run("version") }},
		{name: "whole offline run (dpconform run)", do: func() error { return run("run") }},
		{name: "bare loop over the cassettes", do: bareLoop},
		{name: "run over loopback, but for its wait", do: onFreshJobs(func() error { return run(online...) }), waited: &waited},
		{name: "bare client over loopback", do: onFreshJobs(func() error { return bareClient(server.URL, exchanges) })},
		{name: "offline run with every report", do: func() error { return everyReport(run) }},
	}
	withHurl, remove, err := hurl(server.URL, exchanges)
	if remove != nil {
		defer remove()
	}
	if err != nil {
		return err
	}
	if withHurl != nil {
		tasks = append(tasks, &task{name: "Hurl over loopback", do: onFreshJobs(withHurl)})
	}
	if err := takeTurns(tasks, rounds); err != nil {
		return err
	}
	fmt.Printf("%d exchanges, medians of %d rounds\n\n", len(exchanges), rounds)
	printTimes(tasks)
	start := tasks[0].median()
	each := func(t *task) float64 { return milliseconds(t.median()) / float64(len(exchanges)) }
	fmt.Println()
	printRatio("whole offline run, to the bare loop", tasks[1].median(), tasks[2].median(), mostOfLoop)
	printRatio("offline run less its start, to the bare loop", tasks[1].median()-start, tasks[2].median(), 0)
	printRatio("loopback run less its start, to the bare client", tasks[3].median()-start, tasks[4].median(), 0)
	printRatio("every report, to a run without one", tasks[5].median(), tasks[1].median(), 0)
	if withHurl == nil {
		fmt.Println("  loopback run, to Hurl with as many requests      skipped: Hurl is not installed (cargo install hurl)")
		return nil
	}
	printRatio("loopback run, to Hurl with as many requests", tasks[3].median(), tasks[6].median(), 1)
	fmt.Printf("  for each exchange: %.3f ms offline, %.3f ms over loopback, %.3f ms with Hurl\n", each(tasks[1]), each(tasks[3]), each(tasks[6]))
	return nil
}

// The targets of ratios, below which they are to be.
const (
	mostOfLoop      = 40.0 / 12
	mostOfLibraries = 1.5
	mostOfScopes    = 5
)

// printRatio prints one ratio, and whether its target is met, if it has one.
func printRatio(name string, a, b time.Duration, target float64) {
	value := float64(a) / float64(b)
	met := ""
	if target > 0 {
		met = fmt.Sprintf("target: under %.3g, met", target)
		if value >= target {
			met = fmt.Sprintf("target: under %.3g, MISSED", target)
		}
	}
	fmt.Println(strings.TrimRight(fmt.Sprintf("  %-48s %6.2f x   %s", name, value, met), " "))
}

// takeTurns runs the tasks round by round. The first round warms up.
func takeTurns(tasks []*task, rounds int) error {
	for round := range rounds + 1 {
		for _, one := range tasks {
			began := time.Now()
			if err := one.do(); err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			took := time.Since(began)
			if one.waited != nil {
				took -= *one.waited
			}
			if round > 0 {
				one.times = append(one.times, took)
			}
		}
	}
	return nil
}

func printTimes(tasks []*task) {
	for _, one := range tasks {
		fmt.Printf("  %-36s %8.1f ms   (%.1f to %.1f)\n", one.name, milliseconds(one.median()),
			milliseconds(slices.Min(one.times)), milliseconds(slices.Max(one.times)))
	}
}

func (t *task) median() time.Duration { return slices.Sorted(slices.Values(t.times))[len(t.times)/2] }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// everyReport runs the suite offline and writes each file format.
func everyReport(run func(...string) error) error {
	folder, err := os.MkdirTemp("", "dpconform-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	arguments := []string{"run"}
	for _, format := range []string{"json", "junit", "markdown", "html", "har", "sarif"} {
		arguments = append(arguments, "--report", format+"="+filepath.Join(folder, format))
	}
	return run(arguments...)
}

// bareLoop reads the shipped cassettes of the method that is run, as go-vcr does,
// and looks up each of their interactions once.
func bareLoop() error {
	files, err := filepath.Glob(filepath.Join("cassettes", spec.Shipped()[0], "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if filepath.Base(file) == "provenance.yaml" {
			continue
		}
		loaded, err := cassette.Load(strings.TrimSuffix(file, ".yaml"))
		if err != nil {
			return err
		}
		for _, one := range loaded.Interactions {
			request, err := http.NewRequest(one.Request.Method, one.Request.URL, strings.NewReader(one.Request.Body))
			if err != nil {
				return err
			}
			if _, err := loaded.GetInteraction(request); err != nil {
				return fmt.Errorf("%s: %s %s: %w", file, request.Method, request.URL, err)
			}
		}
	}
	return nil
}

// sent is a request as it arrived.
type sent struct {
	method, uri string
	header      http.Header
	body        []byte
}

// loopback is the reference emulator, with fresh jobs for each round because a
// round uses jobs up. It can capture what it is sent.
type loopback struct {
	mutex   sync.Mutex
	current http.Handler
	capture bool
	seen    []sent
}

func (l *loopback) reset(capture bool) error {
	fresh, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{})
	l.current, l.capture = fresh, capture
	return err
}

func (l *loopback) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	if l.capture {
		body, _ := io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(body))
		l.mutex.Lock()
		l.seen = append(l.seen, sent{request.Method, request.RequestURI, request.Header.Clone(), body})
		l.mutex.Unlock()
	}
	l.current.ServeHTTP(writer, request)
}

// bareClient sends the same requests over one connection, as a run does but for
// what has an effect.
func bareClient(endpoint string, requests []sent) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for _, one := range requests {
		request, err := http.NewRequest(one.method, endpoint+one.uri, bytes.NewReader(one.body))
		if err != nil {
			return err
		}
		request.Header = one.header
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
	}
	return nil
}
