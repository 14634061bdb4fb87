package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

func TestWrongUsageOfClient(t *testing.T) {
	t.Setenv(tokenVariable, "")
	wrong := writeFile(t, "wrong.yaml", "name: a\ntitle: b\nstps: []\n")
	for line, want := range map[string]string{
		"client":                                "there is no client to test; give a command after --, or --listen ADDRESS",
		"client curl":                           `unexpected argument "curl"; put -- before the command`,
		"client curl -- x":                      `unexpected argument "curl"; put -- before the command`,
		"client --scenario sucess -- x":         `--scenario: unknown scenario "sucess"; did you mean success?`,
		"client --scenarios " + wrong + " -- x": wrong + `:3:1: unknown key "stps"; did you mean steps?`,
		"client --scenarios none -- x":          "none: no such file or directory; give a file of YAML, or a folder of them",
		"client --timeout 0s -- x":              "--timeout: it must be more than 0; give a time such as 30s",
		"client --level= -- x":                  `--level: unknown level ""; want documented, platform or inferred`,
		"client --report pdf=x -- x":            `--report: unknown report format "pdf"; want json, junit, markdown, github, html, har, sarif or badge`,
		"client --upstream ftp://x -- x":        "--upstream: \"ftp://x\" does not begin with http:// or https://; give one such as http://127.0.0.1:8080",
		"client --upstream http://127.0.0.1:1 --scenario success -- x": "--scenario: it cannot be combined with --upstream, whose server responds in place of a scenario; use only one of the two",
		"client --upstream http://127.0.0.1:1 -- x {job}":              "with --upstream there is no job to put into the command; give --client-job, the id of one that the server upstream has",
		"client --upstream http://127.0.0.1:1 -- x --token={token}":    "with --upstream there is no token to put into the command; set DPCONFORM_TOKEN to one for the server upstream",
		"client --listen 8090":                                          `--listen: "8090" is not an address; give HOST:PORT such as 127.0.0.1:8090`,
		"client --listen 0.0.0.0:0":                                     "--listen: other machines may reach 0.0.0.0:0; listen on 127.0.0.1, or give --listen-remote too",
		"client --listen :0":                                            "--listen: other machines may reach :0; listen on 127.0.0.1, or give --listen-remote too",
		"client --listen 127.0.0.1:0 -- x":                              "--listen: it cannot be combined with a command; use only one of the two",
		"client --method archiveJobs.cancel --scenario missing-id -- x": "--scenario: the scenario missing-id does not apply to dataportability.archiveJobs.cancel: the response has no id of a new job; leave it out",
		"client -- ./there-is-none":                                     "./there-is-none cannot be started: no such file or directory; give the client program and its arguments after --",
	} {
		refused(t, line, "dpconform: "+want+"\n")
	}
	got := call(t, "client", "--upstream", nobody, "--", "x")
	if got.exit != result.ExitUnreachable || !strings.HasSuffix(got.complaints, " cannot be reached: connection refused\n") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}

// TestDescriptionsThatNoClientFits: a description may demand nothing of clients, or
// have ids of which a scenario's are none.
func TestDescriptionsThatNoClientFits(t *testing.T) {
	t.Parallel()
	const description = `openapi: 3.1.0
info: {title: things, version: "1"}
servers: [{url: "https://api.example.com"}]
paths:
  /v1/things/{thing}:use:
    post:
      operationId: things.use
      x-requirement-sets: [SETS]
      parameters: [{name: thing, in: path, required: true, schema: {type: string, pattern: "^[0-9]+$"}}]
      responses: {"200": {description: used, content: {application/json: {schema: {type: object}}}}}
`
	digits := writeFile(t, "digits.yaml", strings.Replace(description, "SETS", "error-model, client", 1))
	silent := writeFile(t, "silent.yaml", strings.Replace(description, "SETS", "error-model", 1))
	for line, want := range map[string]string{
		"client --spec " + digits + " -- x":                 "--client-job: the ids of scenarios do not match the pattern of ids, ^[0-9]+$; give an id that does",
		"client --spec " + digits + " --client-job j -- x":  `--client-job: "j" does not match the pattern of ids, ^[0-9]+$; give an id that does`,
		"client --spec " + silent + " -- x":                 "--spec: the description has no requirements for clients; add the set client to its x-requirement-sets",
		"client --spec " + silent + " --listen 127.0.0.1:0": "--spec: the description has no requirements for clients; add the set client to its x-requirement-sets",
	} {
		refused(t, line, "dpconform: "+want+"\n")
	}
	call(t, "client", "--spec", digits, "--client-job", "7", "--", os.Args[0], "-test.run", "^$").
		want(t, result.ExitFails, "fail  success", "not applicable", "^[0-9]+$: 1 scenario")
}

func TestAClientThatNeverCalls(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "report.json")
	got := call(t, "client", "--scenario", "success", "--report", "json="+report, "--", os.Args[0], "-test.run", "^$")
	got.want(t, result.ExitFails, "none; the command exited with 0", "client.http.host and 45 more")
	call(t, "client", "--verbose", "--scenario", "success", "--", os.Args[0], "-test.run", "^$").want(t, result.ExitFails, "client.path.see-other, client.query.no-token")
	call(t, "report", "--verbose", report).want(t, 0, "client.path.see-other, client.query.no-token")
	if text := readFile(t, report); !strings.Contains(text, `"requirement": "scenario.called"`) {
		t.Error(text)
	}
}

// sharedText is a text that is written and read at the same time.
type sharedText struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (s *sharedText) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(text)
}

func (s *sharedText) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

// behind returns the word behind a text, when it has been written.
func (s *sharedText) behind(t *testing.T, text string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, rest, found := strings.Cut(s.String(), text); found && strings.Contains(rest, "\n") {
			return strings.TrimRight(strings.Fields(rest)[0], ",")
		}
	}
	t.Fatalf("%q was not written: %s", text, s)
	return ""
}

func TestListen(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	raw, ended := &sharedText{}, make(chan called, 1)
	go func() { ended <- callOn(t, ctx, 0, raw, "client", "--listen", "127.0.0.1:0", "--wire-only") }()
	endpoint, token := raw.behind(t, "listening on "), raw.behind(t, "\ntoken ")
	request := func(method, path string) string {
		request, err := http.NewRequestWithContext(t.Context(), method, endpoint+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	request(http.MethodPost, embedded().Operation.Path.Expand("scenario-forbidden-1"))
	if page := request(http.MethodGet, "/"); !strings.Contains(page, "scenario-forbidden-1") || strings.Contains(page, token) {
		t.Errorf("the page does not show the call, or has the token:\n%s", page)
	}
	stop()
	got := <-ended
	got.want(t, 0, "pass  forbidden")
	if strings.Contains(got.output+got.complaints, token) {
		t.Error("the token is shown")
	}
}

// TestScenariosOfAMethod: those that make no sense for it are listed apart, and
// are printed all the same.
func TestScenariosOfAMethod(t *testing.T) {
	t.Parallel()
	call(t, "client", "--method", "archiveJobs.cancel", "--list").want(t, 0, "\nrefused-state\n", "client.outcome.success",
		"\nnot applicable: the response has no id of a new job: missing-id\n")
	if got := call(t, "client", "--method", "archiveJobs.cancel", "--print-scenario", "missing-id"); got.exit != 0 || !strings.HasPrefix(got.raw, "name: missing-id\n") {
		t.Errorf("exit %d\n%s", got.exit, got.raw)
	}
	report := filepath.Join(t.TempDir(), "report.json")
	call(t, "client", "--method", "archiveJobs.cancel", "--scenario", "success", "--report", "json="+report, "--", os.Args[0], "-test.run", "^$")
	if not := readReport(t, report).NotApplicable; len(not) != 1 || !slices.Equal(not[0].Checks, []string{"missing-id"}) {
		t.Errorf("%+v", not)
	}
}

func TestScenariosArePrinted(t *testing.T) {
	t.Parallel()
	printed := call(t, "client", "--print-scenario", "rate-limited")
	file := writeFile(t, "mine.yaml", strings.Replace(printed.raw, "name: rate-limited", "name: mine", 1))
	call(t, "client", "--scenarios", file, "--list").want(t, 0, "\nmine\n  429 with Retry-After\n", "rate-limited\n", "client.repeat.retry-after")
	refused(t, "client --wire-only --exit-outcome -- true", "--exit-outcome: with --wire-only no outcome is tested; use only one of the two")
	refused(t, "completion tcsh", `unknown shell "tcsh"; want bash, fish, powershell or zsh`)
	refused(t, "client --print-scenario hangup", `--print-scenario: unknown scenario "hangup"; did you mean hang-up?`)
}
