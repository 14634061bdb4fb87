package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestWrongUsageOfClient(t *testing.T) {
	t.Setenv(tokenVariable, "")
	folder := t.TempDir()
	wrong := filepath.Join(folder, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("name: a\ntitle: b\nstps: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		arguments []string
		exit      int
		want      string
	}{
		{[]string{"client"}, 2, "there is no client to test; give a command behind --, or --listen ADDRESS"},
		{[]string{"client", "curl"}, 2, `client takes no "curl"; put -- before the command`},
		{[]string{"client", "curl", "--", "x"}, 2, `client takes no "curl"; put -- before the command`},
		{[]string{"client", "--scenario", "sucess", "--", "x"}, 2, `--scenario: unknown scenario "sucess"; did you mean success? (dpconform client --list has all)`},
		{[]string{"client", "--scenarios", wrong, "--", "x"}, 2, wrong + `:3:1: unknown key "stps"; did you mean steps?`},
		{[]string{"client", "--scenarios", filepath.Join(folder, "none"), "--", "x"}, 2, filepath.Join(folder, "none") + ": no such file or directory; give a file of YAML, or a folder of them"},
		{[]string{"client", "--print-scenario", "hangup"}, 2, `--print-scenario: unknown scenario "hangup"; did you mean hang-up? (dpconform client --list has all)`},
		{[]string{"client", "--level", "", "--", "x"}, 2, `--level: unknown level ""; it must be one of documented, platform or inferred`},
		{[]string{"client", "--timeout", "0s", "--", "x"}, 2, "--timeout: it must be more than 0; give a time such as 30s"},
		{[]string{"client", "--level", "high", "--", "x"}, 2, `--level: unknown level "high"; it must be one of documented, platform or inferred`},
		{[]string{"client", "--report", "pdf=x", "--", "x"}, 2, `--report: unknown report format "pdf"; it must be one of json, junit, markdown, github, html, har, sarif or badge`},
		{[]string{"client", "--upstream", "ftp://x", "--", "x"}, 2, "--upstream: it is no address such as https://dataportability.googleapis.com"},
		{[]string{"client", "--upstream", "http://127.0.0.1:1", "--scenario", "success", "--", "x"}, 2,
			"--scenario: it does not go with --upstream, whose server responds in place of a scenario; leave one of the two out"},
		{[]string{"client", "--upstream", "http://127.0.0.1:1", "--", "x", "--token={token}"}, 2,
			"--: with --upstream there is no token to put into the command; set DPCONFORM_TOKEN to one for the server upstream"},
		{[]string{"client", "--upstream", "http://127.0.0.1:1", "--", "x"}, 4, "http://127.0.0.1:1 cannot be reached: connection refused"},
		{[]string{"client", "--listen", "8090"}, 2, `--listen: "8090" is no address; give HOST:PORT such as 127.0.0.1:8090`},
		{[]string{"client", "--listen", "0.0.0.0:0"}, 2, "--listen: other machines may reach 0.0.0.0:0; listen on 127.0.0.1, or give --listen-remote too"},
		{[]string{"client", "--listen", ":0"}, 2, "--listen: other machines may reach :0; listen on 127.0.0.1, or give --listen-remote too"},
		{[]string{"client", "--listen", "127.0.0.1:0", "--", "x"}, 2, "--listen: it does not go with a command; leave one of the two out"},
		{[]string{"client", "--", "./there-is-none"}, 2, "--: ./there-is-none cannot be started: no such file or directory; give the client program and its arguments behind --"},
	} {
		got := call(t, row.arguments...)
		if got.exit != row.exit || got.complaints != "dpconform: "+row.want+"\n" || got.output != "" {
			t.Errorf("%v\ngot  %d %q\nwant %d %q", row.arguments, got.exit, got.complaints, row.exit, row.want)
		}
	}
}

func TestAClientThatNeverCalls(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.json")
	got := call(t, "client", "--scenario", "success", "--report", "json="+report, "--", os.Args[0], "-test.run", "^$")
	if got.exit != result.ExitFails || !strings.Contains(got.output, "no request arrived, the command ended with exit 0") {
		t.Errorf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
	if text, err := os.ReadFile(report); err != nil || !strings.Contains(string(text), `"requirement": "scenario.called"`) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestListOfScenarios(t *testing.T) {
	got := call(t, "client", "--list")
	for _, want := range []string{"rate-limited\n  429 with Retry-After\n", "client.repeat.retry-after"} {
		if got.exit != 0 || !strings.Contains(got.output, want) {
			t.Errorf("exit %d, and nothing of %q\n%s", got.exit, want, got.output)
		}
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
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var raw, out, complaints sharedText
	on := &terminal{out: &plainWriterTo{&out}, raw: &raw, err: &complaints, columns: func() int { return 0 }}
	ended := make(chan int, 1)
	go func() { ended <- execute(ctx, on, []string{"client", "--listen", "127.0.0.1:0", "--wire-only"}) }()
	endpoint, token := raw.behind(t, "listening on "), raw.behind(t, "\ntoken ")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		endpoint+spec.MustLoadEmbedded().Retry.Path.Expand("scenario-forbidden-1"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	for _, one := range []*http.Request{request, mustGet(t, endpoint+"/")} {
		response, err := http.DefaultClient.Do(one)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if one.Method == http.MethodGet && (!strings.Contains(string(text), "scenario-forbidden-1") || strings.Contains(string(text), token)) {
			t.Errorf("the page does not show the call, or has the token:\n%s", text)
		}
	}
	stop()
	if exit := <-ended; exit != 0 || !strings.Contains(out.String(), "pass  forbidden") || strings.Contains(out.String(), token) {
		t.Errorf("exit %d\n%s%s", exit, &out, &complaints)
	}
}

func mustGet(t *testing.T, address string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// plainWriterTo takes escape sequences out.
type plainWriterTo struct{ out io.Writer }

func (p *plainWriterTo) Write(text []byte) (int, error) {
	if _, err := p.out.Write(escapeSequence.ReplaceAll(text, nil)); err != nil {
		return 0, err
	}
	return len(text), nil
}

func TestExplainOfAClientsRequirement(t *testing.T) {
	got := call(t, "explain", "client.repeat.retry-after")
	for _, want := range []string{"platform: a public standard", "Servers send the", "https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3",
		"tested in rate-limited"} {
		if got.exit != 0 || !strings.Contains(got.output, want) {
			t.Errorf("exit %d, and nothing of %q\n%s%s", got.exit, want, got.output, got.complaints)
		}
	}
	if got := call(t, "explain", "client.repeat.retry-aftr"); got.exit != 2 || !strings.Contains(got.complaints, "did you mean client.repeat.retry-after?") {
		t.Errorf("exit %d\n%s", got.exit, got.complaints)
	}
}

func TestTheListHasTheRequirementsOfClients(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	whole, alone := call(t, "list"), call(t, "list", "--client")
	for _, requirement := range contract.ClientRequirements {
		for _, got := range []string{whole.output, alone.output} {
			if !strings.Contains(got, "  "+requirement.ID+" ") {
				t.Errorf("%s is not listed", requirement.ID)
			}
		}
	}
	if !strings.Contains(whole.output, contract.Requirements[0].ID) || strings.Contains(alone.output, contract.Requirements[0].ID) {
		t.Error("the list of clients is not alone, or the whole one is not whole")
	}
	if got := call(t, "list", "--json"); !strings.Contains(got.raw, `"client_requirements": [`) {
		t.Error("the JSON has no requirements of clients")
	}
}

func TestAPrintedScenarioIsAScenario(t *testing.T) {
	printed := call(t, "client", "--print-scenario", "rate-limited")
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(printed.raw, "name: rate-limited", "name: mine", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "client", "--scenarios", file, "--list"); got.exit != 0 || !strings.Contains(got.output, "\nmine\n  429 with Retry-After\n") {
		t.Errorf("exit %d\n%s%s", got.exit, got.output, got.complaints)
	}
	if got := call(t, "client", "--scenario-keys"); got.exit != 0 || !strings.HasPrefix(got.raw, "# Scenarios of your own\n") {
		t.Errorf("exit %d\n%s", got.exit, got.raw)
	}
}
