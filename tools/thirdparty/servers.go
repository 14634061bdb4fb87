package main

import (
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

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/spec"
)

const (
	folder             = "tools/thirdparty"
	shippedDescription = "spec/archivejobs-retry.openapi.yaml"
	gatewayDescription = folder + "/grpc-gateway.openapi.yaml"
)

// server is a server of somebody else.
type server struct {
	name string
	// description is the file that it is tested against.
	description string
	// about says in a few sentences what the server can know.
	about string
	// explained says why requirements fail, where that is not in about.
	explained map[string]string

	// install installs it in a folder, and returns its version.
	install func(ctx context.Context, work string) (version string, err error)
	// start returns its programs, which serve at an endpoint.
	start func(work string) (endpoint string, programs []program, err error)
	// ready is a path that responds with 200 once it serves; without one, any
	// response will do.
	ready string
	// arguments are those of dpconform run that the server needs.
	arguments func(ctx context.Context, endpoint string) ([]string, error)
}

// program is one command, with what it needs in its environment.
type program struct {
	command     []string
	environment string
}

// errUnavailable is why a server that cannot be had is skipped.
var errUnavailable = errors.New("unavailable")

var servers = []server{
	{
		name: "Prism", description: shippedDescription,
		install: npm("@stoplight/prism-cli"),
		start: func(string) (string, []program, error) {
			port, err := freePort()
			return "http://127.0.0.1:" + port, []program{{command: []string{executable("prism"), "mock", "--host", "127.0.0.1", "--port", port,
				"--seed", "1", shippedDescription}}}, err
		},
		arguments: jobsOfTheEmulator,
		about: `Prism enforces what the description says of a single request: paths and HTTP methods, the media type and the fields of
the body, that there is a token, and the schema of each response. It has no jobs and no state, and does not look at the
scopes of a token: it starts a job whatever the id and the token, and responds with the examples of the description.
An id that is not UTF-8 (` + "`%FF`" + `) ends the whole program, which is started again each time.`,
	},
	{
		name: "Mockoon", description: shippedDescription,
		install: npm("@mockoon/cli"),
		start: func(string) (string, []program, error) {
			port, err := freePort()
			return "http://127.0.0.1:" + port, []program{{command: []string{executable("mockoon-cli"), "start", "--data", shippedDescription,
				"--hostname", "127.0.0.1", "--port", port, "--faker-seed", "1", "--disable-log-to-file", "--disable-admin-api", "--disable-external-refs"},
				// Otherwise the state that it draws differs from run to run, and so would the page.
				environment: "NODE_OPTIONS=--require ./" + folder + "/seeded-random.cjs"}}, err
		},
		arguments: jobsOfTheEmulator,
		about: "Mockoon imports the description but cannot serve the method: it treats the verb of `{archiveJob}:retry` as a second\n" +
			"parameter, finds no such route, and responds to nearly every call with a 404 page. So it refuses everything that must be\n" +
			"refused, and grants nothing. It does serve the method that reads a job's state, with a random state in each response. Failures\n" +
			"about a state come from that: they do not mean that a call had an effect.",
	},
	{
		name: "grpc-gateway", description: gatewayDescription,
		install: installGateway,
		start:   startGateway,
		ready:   "/healthz",
		arguments: func(ctx context.Context, endpoint string) ([]string, error) {
			ids, err := createABitOfEverything(ctx, endpoint)
			return []string{"--job", strings.Join(ids, ",")}, err
		},
		about: "grpc-gateway serves gRPC methods over HTTP and JSON, with the same google.api.http rules as Google's APIs. Its example servers\n" +
			"have a custom method, `POST /v1/example/a_bit_of_everything/{uuid}:custom`, with no scopes and no states. [Its\n" +
			"description](../tools/thirdparty/grpc-gateway.openapi.yaml) is written from the proto file and names shared requirement\n" +
			"sets. The rule has no body, so no body is tested.",
		explained: map[string]string{
			"path.encoded-colon": "The gateway decodes the path before it looks for the verb, so `ID%3Acustom` becomes `ID:custom`;\n" +
				"  `runtime.WithUnescapingMode` changes that.",
			"path.encoded-separator": "For the same reason an encoded slash separates the collection from the id.",
			"errors.json": "The body is a google.rpc.Status itself, `{\"code\": 5, \"message\": …}`, which AIP-193 has in the member\n" +
				"  `error`; `runtime.WithErrorHandler` changes that.",
			"path.strange-id":        "`%FF` is not UTF-8: gRPC cannot carry it, and the gateway responds with 500.",
			"errors.no-server-error": "It is the same 500.",
			"semantics.unknown-job":  "The status is 404, but without `error` there is no `error.status` that says NOT_FOUND.",
		},
	},
}

// npm installs the packages of the lock file.
func npm(name string) func(context.Context, string) (string, error) {
	return func(ctx context.Context, _ string) (string, error) {
		if _, err := exec.LookPath("npm"); err != nil {
			return "", fmt.Errorf("%w: there is no npm", errUnavailable)
		}
		manifest := filepath.Join(folder, "node_modules", filepath.FromSlash(name), "package.json")
		text, err := os.ReadFile(manifest)
		if errors.Is(err, os.ErrNotExist) {
			command := exec.CommandContext(ctx, "npm", "ci", "--no-progress", "--loglevel=error")
			command.Dir = folder
			if printed, err := command.CombinedOutput(); err != nil {
				return "", fmt.Errorf("%w: npm ci in %s: %w: %s", errUnavailable, folder, err, lastLine(printed))
			}
			text, err = os.ReadFile(manifest)
		}
		if err != nil {
			return "", err
		}
		var installed struct{ Version string }
		err = json.Unmarshal(text, &installed)
		return installed.Version, err
	}
}

func executable(name string) string { return filepath.Join(folder, "node_modules", ".bin", name) }

// jobsOfTheEmulator gives the ids and the tokens that dpconform emulate has.
func jobsOfTheEmulator(context.Context, string) ([]string, error) {
	arguments := []string{"--token-template", platform.TokenTemplate}
	for state, ids := range emulator.DefaultJobs(spec.MustLoadEmbedded()) {
		arguments = append(arguments, "--job", state+"="+strings.Join(ids, ","))
	}
	return arguments, nil
}

const (
	gatewayVersion  = "v2.33.0"
	gatewayModule   = "github.com/grpc-ecosystem/grpc-gateway/v2/examples/internal/cmd/"
	gatewayPrograms = "example-grpc-server example-gateway-server"
	// gatewayAddress is the only one that the gateway listens on.
	gatewayAddress = ":8080"
)

func installGateway(ctx context.Context, work string) (string, error) {
	arguments := []string{"install"}
	for _, name := range strings.Fields(gatewayPrograms) {
		arguments = append(arguments, gatewayModule+name+"@"+gatewayVersion)
	}
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Env = append(os.Environ(), "GOBIN="+work)
	if printed, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: go install: %w: %s", errUnavailable, err, lastLine(printed))
	}
	listener, err := net.Listen("tcp", gatewayAddress)
	if err != nil {
		return "", fmt.Errorf("%w: it listens on port 8080 alone: %w", errUnavailable, err)
	}
	return strings.TrimPrefix(gatewayVersion, "v"), listener.Close()
}

func startGateway(work string) (string, []program, error) {
	port, err := freePort()
	backend := "127.0.0.1:" + port
	names := strings.Fields(gatewayPrograms)
	return "http://127.0.0.1" + gatewayAddress, []program{
		{command: []string{filepath.Join(work, names[0]), "-addr", backend}},
		{command: []string{filepath.Join(work, names[1]), "-endpoint", backend}},
	}, err
}

// createABitOfEverything creates what the method can be called on.
func createABitOfEverything(ctx context.Context, endpoint string) ([]string, error) {
	var ids []string
	for range 4 {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/v1/example/a_bit_of_everything", strings.NewReader("{}"))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		var created struct{ UUID string }
		err = errors.Join(json.NewDecoder(response.Body).Decode(&created), response.Body.Close())
		if err != nil || created.UUID == "" {
			return nil, fmt.Errorf("creating one: %s without a uuid: %w", response.Status, err)
		}
		ids = append(ids, created.UUID)
	}
	return ids, nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

func lastLine(printed []byte) string {
	lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
	return lines[len(lines)-1]
}
