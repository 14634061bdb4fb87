package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// startLimit is how long a server may take to answer for the first time.
	startLimit = time.Minute
	// stopLimit is how long it may take to end before it is killed.
	stopLimit = 5 * time.Second
)

// server is a mock server that can be had from npm.
type server struct {
	name string
	// npm is the name of its package, and program that of its program.
	npm, program string
	// arguments make it serve the description on a port of 127.0.0.1, and
	// environment, where it is not empty, the same way each time.
	arguments   func(port string) []string
	environment string
	// does says in a few sentences what the server knows and does not know.
	does string
}

var servers = []server{
	{
		name: "Prism", npm: "@stoplight/prism-cli", program: "prism",
		arguments: func(port string) []string {
			return []string{"mock", "--host", "127.0.0.1", "--port", port, "--seed", "1", description}
		},
		does: `Prism keeps what the description says of one request alone: paths and HTTP methods, the media type and the fields
of the body, that there must be a token, and the schema of each answer. It has no jobs and no state, and does not look at
the scopes of a token: it starts a job whatever the id and whatever the token, under the same id each time, and fills an
error with the names of types.`,
	},
	{
		name: "Mockoon", npm: "@mockoon/cli", program: "mockoon-cli",
		arguments: func(port string) []string {
			return []string{"start", "--data", description, "--hostname", "127.0.0.1", "--port", port, "--faker-seed", "1",
				"--disable-log-to-file", "--disable-admin-api", "--disable-external-refs"}
		},
		environment: "NODE_OPTIONS=--require ./" + folder + "/steady-random.cjs",
		does: "Mockoon imports the description and then cannot serve the method: it takes the verb of `{archiveJob}:retry` for a\n" +
			"second parameter, finds no such route, and answers each call with a page and 404. So it refuses whatever must be\n" +
			"refused, and grants nothing. It shows a state that it draws at random for each answer, so that a job seems to change\n" +
			"where something was refused. For this page its random numbers are seeded.",
	},
}

// version is that of the package which npm has installed.
func (s server) version() (string, error) {
	path := filepath.Join(folder, "node_modules", filepath.FromSlash(s.npm), "package.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is not installed: run npm ci in %s", s.npm, folder)
	}
	if err != nil {
		return "", err
	}
	var described struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(text, &described); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return described.Version, nil
}

// running is a server that was started.
type running struct {
	endpoint string
	command  *exec.Cmd
	log      string
	cancel   context.CancelFunc
	ended    chan struct{}
}

// start starts a server and waits until it answers. What it writes for itself
// goes into the work folder.
func (s server) start(ctx context.Context, work string) (*running, error) {
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	made := &running{endpoint: "http://127.0.0.1:" + port, log: filepath.Join(work, "log.txt"), ended: make(chan struct{})}
	log, err := os.Create(made.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	ctx, made.cancel = context.WithCancel(ctx)
	command := exec.CommandContext(ctx, filepath.Join(folder, "node_modules", ".bin", s.program), s.arguments(port)...)
	command.Stdout, command.Stderr = log, log
	command.Env = append(os.Environ(), "HOME="+work, "XDG_CONFIG_HOME="+work, "XDG_DATA_HOME="+work, "XDG_CACHE_HOME="+work,
		"NO_UPDATE_NOTIFIER=1", "DO_NOT_TRACK=1", "NO_COLOR=1")
	if s.environment != "" {
		command.Env = append(command.Env, s.environment)
	}
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopLimit
	made.command = command
	if err := command.Start(); err != nil {
		made.cancel()
		return nil, err
	}
	go func() {
		defer close(made.ended)
		_ = command.Wait()
	}()
	if err := made.wait(ctx); err != nil {
		made.stop()
		return nil, fmt.Errorf("%w\n%s", err, made.lastLines())
	}
	return made, nil
}

// freePort finds a port that nobody listens on.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// wait asks the server until it answers, whatever it says.
func (r *running) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	client := &http.Client{Timeout: 5 * time.Second}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.endpoint+"/", nil)
		if err != nil {
			return err
		}
		if answer, err := client.Do(request); err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return errors.New("interrupted")
			}
			return fmt.Errorf("no answer within %s", startLimit)
		case <-r.ended:
			return errors.New("the server ended by itself")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop ends the server and waits until it has ended.
func (r *running) stop() {
	r.cancel()
	<-r.ended
}

// lastLines is the end of what the server has printed.
func (r *running) lastLines() string {
	const shown = 20
	text, err := os.ReadFile(r.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-shown):], "\n")
}
