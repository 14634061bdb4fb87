package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os/exec"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"
	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/spec"
)

// recording is the shipped recording, as the requests of a bare loop.
type recording struct {
	contract     *spec.Contract
	provenance   recorder.Provenance
	interactions []placed
}

// placed is an interaction with the aspect that its cassette is for.
type placed struct {
	aspect string
	*cassette.Interaction
}

func readRecording(contract *spec.Contract) (*recording, error) {
	replay, err := recorder.OpenReplay(cassettes.Embedded(), recorder.ReplayOptions{ContractDigest: contract.Digest})
	if err != nil {
		return nil, err
	}
	read := &recording{contract: contract, provenance: replay.Provenance()}
	for _, file := range read.provenance.Cassettes {
		text, err := fs.ReadFile(cassettes.Embedded(), file.File)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(file.File, ".yaml")
		whole := cassette.New(name)
		if err := yaml.Unmarshal(text, whole); err != nil {
			return nil, err
		}
		for _, interaction := range whole.Interactions {
			read.interactions = append(read.interactions, placed{name, interaction})
		}
	}
	return read, nil
}

// request makes the request of an interaction, to another address and with
// another token where those are given.
func (p placed) request(endpoint string, authorization func(string) string) (*http.Request, error) {
	path := p.Request.URL
	if _, after, found := strings.Cut(path, "://"); found {
		path = after[strings.Index(after, "/"):]
	}
	request, err := http.NewRequest(p.Request.Method, endpoint+path, bytes.NewReader([]byte(p.Request.Body)))
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{}
	for name, values := range p.Request.Headers {
		for _, value := range values {
			if name == "Authorization" {
				value = authorization(value)
			}
			request.Header.Add(name, value)
		}
	}
	return request, nil
}

// bareLoop opens the recording and sends each of its requests once through an
// http.Client that answers from it: the same exchanges, nothing judged.
func (r *recording) bareLoop() error {
	replay, err := recorder.OpenReplay(cassettes.Embedded(), recorder.ReplayOptions{ContractDigest: r.contract.Digest})
	if err != nil {
		return err
	}
	client := &http.Client{Transport: replay, CheckRedirect: notFollowing}
	for _, one := range r.interactions {
		request, err := one.request(r.provenance.RecordedFrom.Endpoint, func(value string) string { return value })
		if err != nil {
			return err
		}
		place := target.Place{Check: one.aspect + "/benchmark"}
		if err := exchange(client, request.WithContext(target.WithPlace(context.Background(), place))); err != nil {
			return err
		}
	}
	return nil
}

func notFollowing(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func exchange(client *http.Client, request *http.Request) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func runProgram(program string, arguments ...string) error {
	output, err := exec.Command(program, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	return nil
}

// served is the reference emulator on loopback. It has a fresh store of jobs
// for each round, since a round uses jobs up.
type served struct {
	contract *spec.Contract
	listener net.Listener
	server   *http.Server
	handler  *swapped
}

// swapped is a handler that can be replaced between rounds.
type swapped struct{ current http.Handler }

func (s *swapped) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	s.current.ServeHTTP(writer, request)
}

func serveEmulator(contract *spec.Contract) (*served, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	handler := &swapped{}
	made := &served{contract: contract, listener: listener, handler: handler, server: &http.Server{Handler: handler}}
	go func() { _ = made.server.Serve(listener) }()
	return made, nil
}

func (s *served) close() { _ = s.server.Close() }

func (s *served) fresh() error {
	server, err := emulator.New(s.contract, emulator.Options{})
	s.handler.current = server
	return err
}

func (s *served) endpoint() string { return "http://" + s.listener.Addr().String() }

func (s *served) run(program string) error {
	if err := s.fresh(); err != nil {
		return err
	}
	arguments := []string{"run", "--endpoint", s.endpoint(), "--token-template", emulator.DefaultTokenTemplate}
	for state, ids := range emulator.DefaultJobs(s.contract) {
		arguments = append(arguments, "--job", state+"="+strings.Join(ids, ","))
	}
	return runProgram(program, arguments...)
}

// bareClient sends the requests of the recording to the emulator, each over a
// connection of its own, as a run does over plain HTTP.
func (s *served) bareClient(from *recording) error {
	if err := s.fresh(); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: notFollowing}
	for _, one := range from.interactions {
		request, err := one.request(s.endpoint(), func(value string) string {
			return strings.Replace(value, strings.TrimSuffix(from.provenance.Tokens.Template, "{short}"),
				strings.TrimSuffix(emulator.DefaultTokenTemplate, "{short}"), 1)
		})
		if err != nil {
			return err
		}
		if err := exchange(client, request); err != nil {
			return err
		}
	}
	return nil
}
