package suites_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// hostVariable makes the test binary another program: a Ginkgo suite that hosts
// the checks, or a go test that has them. Ginkgo has one suite in a process.
const hostVariable = "DPCONFORM_TEST_HOST"

func TestMain(m *testing.M) {
	build, isHost := hosts[os.Getenv(hostVariable)]
	if !isHost {
		// The kill matrix leaves much garbage and keeps little.
		debug.SetGCPercent(400)
		// Runs wait for changes that a server makes late.
		_ = flag.Lookup("test.parallel").Value.Set(strconv.Itoa(3 * runtime.GOMAXPROCS(0)))
		os.Exit(m.Run())
	}
	flag.Parse()
	build()
	var failed failed
	ginkgo.RunSpecs(&failed, "host")
	if failed {
		os.Exit(1)
	}
}

type failed bool

func (f *failed) Fail() { *f = true }

// served starts the emulator, for as long as the process lives.
func served(fault string) string {
	server, err := emulator.New(spec.MustLoadEmbedded(), emulator.Options{Fault: fault})
	if err != nil {
		panic(err)
	}
	return httptest.NewServer(server).URL
}

func conforming() suites.Config {
	return suites.Config{Endpoint: served(""), Tokens: suites.TokenTemplate("scope:{short}"), Jobs: emulator.DefaultJobs(spec.MustLoadEmbedded())}
}

func faulty(fault string) suites.Config {
	config := conforming()
	config.Endpoint = served(fault)
	return config
}

// hosts are suites of others, by name.
var hosts = map[string]func(){
	"mixed": func() {
		gomega.RegisterFailHandler(ginkgo.Fail)
		ginkgo.It("host passes", func() {})
		suites.Register(conforming())
		ginkgo.It("host fails", func() { gomega.Expect(1).To(gomega.Equal(2)) })
		ginkgo.Describe("nested", func() { suites.Register(conforming()) })
		ginkgo.It("host panics", func() { panic("of the host") })
	},
	"lazy": func() {
		config, endpoint := conforming(), ""
		ginkgo.BeforeSuite(func() { endpoint = served("") })
		config.Endpoint, config.Connect = "", func(context.Context) (string, error) { return endpoint, nil }
		suites.Register(config)
	},
	"unconnected": func() {
		config := conforming()
		config.Endpoint, config.Connect = "", func(context.Context) (string, error) { return "", errors.New("it does not start") }
		suites.Register(config)
	},
	"faulty": func() {
		config := faulty("token-in-message")
		config.Level = spec.Inferred
		suites.Register(config)
	},
	"warning":      func() { suites.Register(faulty("trailing-slash-accepted")) },
	"without jobs": func() { config := conforming(); config.Jobs = nil; suites.Register(config) },
	"known": func() {
		config := faulty("array-unwrapped")
		config.KnownFailures = knownFile()
		suites.Register(config)
	},
	"known passes":    func() { config := conforming(); config.KnownFailures = knownFile(); suites.Register(config) },
	"without a value": func() { ginkgo.It("host passes", func() {}); suites.Register(suites.Config{}) },
	"ordered": func() {
		ginkgo.Describe("steps", ginkgo.Ordered, func() {
			ginkgo.It("host passes", func() {})
			suites.Register(conforming())
		})
	},
}

// knownFile is a list of one known failure.
func knownFile() string {
	file := filepath.Join(os.TempDir(), "dpconform-known-"+filepath.Base(os.Args[0])+".yaml")
	if err := os.WriteFile(file, []byte("known-failures:\n  - check: body/array-of-message\n    reason: a gateway\n"), 0o600); err != nil {
		panic(err)
	}
	return file
}

// hosted runs a host and gives its report, what it printed, and the JSON and
// JUnit files that Ginkgo wrote.
func hosted(t *testing.T, host string, arguments ...string) (report types.Report, printed, files string) {
	t.Helper()
	folder := t.TempDir()
	file, junit := filepath.Join(folder, "report.json"), filepath.Join(folder, "report.xml")
	command := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--ginkgo.json-report=" + file, "--ginkgo.junit-report=" + junit, "--ginkgo.no-color"}, arguments...)...)
	command.Env = append(os.Environ(), hostVariable+"="+host, "TMPDIR="+folder)
	output, _ := command.CombinedOutput()
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var reports []types.Report
	if err := json.Unmarshal(written, &reports); err != nil || len(reports) != 1 {
		t.Fatalf("%v in\n%s", err, written)
	}
	xml, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	return reports[0], string(output), string(written) + string(xml)
}

// states counts the specs of a report by state, and gives those that did not
// pass.
func states(report types.Report) (counts map[types.SpecState]int, others map[string]types.SpecReport) {
	counts, others = map[types.SpecState]int{}, map[string]types.SpecReport{}
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType != types.NodeTypeIt {
			continue
		}
		counts[spec.State]++
		if spec.State != types.SpecStatePassed {
			others[spec.LeafNodeText] = spec
		}
	}
	return counts, others
}

// TestAHostKeepsItsOwnSpecs: what the host's specs do, and a second Register,
// change nothing for the checks, and the checks nothing for them.
func TestAHostKeepsItsOwnSpecs(t *testing.T) {
	t.Parallel()
	report, output, _ := hosted(t, "mixed")
	counts, others := states(report)
	if want := 2*len(suites.Checks(spec.MustLoadEmbedded())) + 1; counts[types.SpecStatePassed] != want || len(others) != 2 {
		t.Fatalf("%v, want %d passed\n%s", counts, want, output)
	}
	if others["host fails"].State != types.SpecStateFailed || others["host panics"].State != types.SpecStatePanicked {
		t.Errorf("%v", counts)
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	all := len(suites.Checks(spec.MustLoadEmbedded()))
	for host, want := range map[string]struct {
		arguments []string
		passed    int
		// failing begins the text of the one spec that fails, and message is in its
		// message.
		failing, message string
		skipped          string
	}{
		"lazy":            {passed: all},
		"unconnected":     {arguments: []string{"--ginkgo.focus=body/empty: "}, failing: "body/empty", message: "not tested: suites.Config: Connect: it does not start"},
		"faulty":          {arguments: []string{"--ginkgo.label-filter=errors.no-token-echo", "--ginkgo.flake-attempts=3"}, failing: "errors/no-token-echo", message: "want: "},
		"warning":         {passed: all},
		"without jobs":    {passed: -1, skipped: "Config.Jobs FAILED=ID"},
		"known":           {passed: -1, skipped: "known failure: a gateway"},
		"known passes":    {passed: all, failing: "known failures", message: "remove the entry"},
		"ordered":         {passed: 1, failing: "can test the server", message: "call it at the top level"},
		"without a value": {passed: 1, failing: "can test the server", message: "suites.Config: Endpoint is missing"},
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			report, output, files := hosted(t, host, want.arguments...)
			counts, others := states(report)
			failing := slices.DeleteFunc(report.SpecReports, func(spec types.SpecReport) bool { return !spec.Failed() })
			if want.passed >= 0 && counts[types.SpecStatePassed] != want.passed || len(failing) > 0 != (want.failing != "") {
				t.Fatalf("%v, want %d passed\n%s", counts, want.passed, output)
			}
			if want.failing != "" && (len(failing) != 1 || !strings.HasPrefix(failing[0].LeafNodeText, want.failing) || !strings.Contains(failing[0].Failure.Message, want.message) || failing[0].NumAttempts != 1) {
				t.Errorf("%d failed; after %d attempts %q: %s", len(failing), failing[0].NumAttempts, failing[0].LeafNodeText, failing[0].Failure.Message)
			}
			for _, spec := range report.SpecReports {
				// Every spec that is not the host's own has the location of its registration.
				if own := strings.HasPrefix(spec.LeafNodeText, "host "); spec.LeafNodeType == types.NodeTypeIt && strings.Contains(spec.LeafNodeLocation.ContentsOfLine(), "suites.Register(") == own {
					t.Errorf("%s is located at %s", spec.LeafNodeText, spec.LeafNodeLocation)
				}
				if spec.Failed() && (!strings.HasSuffix(spec.Failure.Message, "registered at "+spec.LeafNodeLocation.String()) || spec.Failure.FailureNodeLocation != spec.LeafNodeLocation) {
					t.Errorf("the failure of %s does not name %s: %s", spec.LeafNodeText, spec.LeafNodeLocation, spec.Failure.Message)
				}
			}
			skipped := func(spec types.SpecReport) bool {
				return spec.State == types.SpecStateSkipped && strings.Contains(spec.Failure.Message, want.skipped)
			}
			if found := false; want.skipped != "" {
				for _, spec := range others {
					found = found || skipped(spec)
				}
				if !found {
					t.Errorf("nothing is skipped for %q", want.skipped)
				}
			}
			// The tokens are scope:SHORT; their aliases begin otherwise.
			if strings.Contains(output+files, "scope:dataportability") {
				t.Error("a token is in the output or the reports")
			}
		})
	}
}

// TestTestedServer is what a server's own test looks like; the tests below run
// it again, otherwise.
func TestTestedServer(t *testing.T) {
	t.Parallel()
	switch os.Getenv("DPCONFORM_TEST_CONFIG") {
	case "":
		suites.Test(t, conforming())
	case "faulty":
		suites.Test(t, faulty("unknown-field-ignored"))
	case "empty":
		suites.Test(t, suites.Config{})
	case "nil transport":
		suites.Test(t, suites.Config{Endpoint: served(""), Transport: (*nothing)(nil)})
	case "unknown state":
		suites.Test(t, suites.Config{Endpoint: served(""), Jobs: map[string][]string{"FAILD": {"failed-1"}}})
	case "without jobs":
		config := conforming()
		config.Jobs = nil
		suites.Test(t, config)
	case "known":
		config := faulty("array-unwrapped")
		config.KnownFailures = knownFile()
		suites.Test(t, config)
	}
}

func TestTest(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		config, run, count string
		passed, failed     int
		contains           string
	}{
		"twice":         {count: "2", run: "/body/empty$", passed: 2},
		"an aspect":     {run: "/robustness", passed: 9},
		"faulty":        {config: "faulty", run: "/body/unknown-field$", failed: 1, contains: "want: 400"},
		"empty":         {config: "empty", failed: 0, contains: "suites.Config: Endpoint is missing: give the address"},
		"nil transport": {config: "nil transport", contains: "suites.Config: Transport or Tokens holds a nil pointer"},
		"unknown state": {config: "unknown state", contains: `suites.Config: Jobs: unknown state "FAILD": did you mean FAILED?`},
		"without jobs":  {config: "without jobs", run: "/body/empty$", contains: "Config.Jobs FAILED=ID"},
		"known":         {config: "known", run: "/body/array-of-message$", contains: "known failure: a gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if one.count == "" {
				one.count = "1"
			}
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestTestedServer$"+one.run, "-test.count="+one.count)
			command.Env = append(os.Environ(), "DPCONFORM_TEST_CONFIG="+one.config, "TMPDIR="+t.TempDir())
			printed, _ := command.CombinedOutput()
			output := string(printed)
			passed, failed := strings.Count(output, "--- PASS: TestTestedServer/"), strings.Count(output, "--- FAIL: TestTestedServer/")
			if passed != one.passed || failed != one.failed || !strings.Contains(output, one.contains) {
				t.Errorf("%d passed, %d failed\n%s", passed, failed, output)
			}
			if strings.Contains(output, "panic") {
				t.Error(output)
			}
		})
	}
}

// nothing is a transport that nobody made.
type nothing struct{}

func (*nothing) RoundTrip(*http.Request) (*http.Response, error) { panic("there is nothing") }
