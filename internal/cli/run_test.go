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
	"sync/atomic"
	"testing"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestRun(t *testing.T) {
	t.Parallel()
	conforming := emulated(t, emulator.Options{})
	warned := append(emulated(t, emulator.Options{Fault: "trailing-slash-accepted"}), "--focus", "path.trailing-slash")
	for _, one := range []struct {
		name      string
		arguments []string
		exit      int
		says      []string
	}{
		{"the cassettes", nil, result.ExitConforms, []string{"the reference emulator", "not Google's responses", "sha256:", "conforms"}},
		{"what looks at the exchanges of all", []string{"--focus", "errors.code"}, result.ExitConforms, []string{"1 check of 1 requirement: 1 pass"}},
		{"a conforming emulator", conforming, result.ExitConforms, []string{"conforms"}},
		{"a faulty emulator", append(emulated(t, emulator.Options{Fault: "unknown-field-ignored"}), "--focus", "body.unknown-field"), result.ExitFails, []string{"FAIL body.unknown-field"}},
		{"an endpoint alone", conforming[:2], result.ExitInconclusive, []string{"--token SCOPE=VALUE or --token-template TEXT"}},
		{"no jobs", conforming[:4], result.ExitInconclusive, []string{"--job FAILED=ID"}},
		{"a warning", warned, result.ExitConforms, []string{"WARN path.trailing-slash"}},
		{"a warning with the weakest level", append(slices.Clone(warned), "--level", "inferred"), result.ExitFails, []string{"FAIL path.trailing-slash"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			got := call(t, append([]string{"run"}, one.arguments...)...)
			got.want(t, one.exit, one.says...)
			if got.complaints != "" {
				t.Error(got.complaints)
			}
		})
	}
}

// The token of a scope, scope:NAME, is in the id of the check that sends it.
func TestVerboseNamesTheCheck(t *testing.T) {
	t.Parallel()
	const check = "authorization/scope/dataportability.maps.reviews"
	got := call(t, append(emulated(t, emulator.Options{}), "run", "--verbose", "--focus", check)...)
	if !strings.Contains(got.complaints, "  "+check+"\n") {
		t.Error(got.complaints)
	}
}

// TestTheConfigurationThatIsNotUsed is not parallel: it changes the folder.
func TestTheConfigurationThatIsNotUsed(t *testing.T) {
	recorded, err := filepath.Abs("../../cassettes/archiveJobs.retry")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile(initConfig, []byte("level: platform\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"run --quiet":                         "dpconform: warning: dpconform.yaml is not used; give --config dpconform.yaml\n",
		"run --quiet --config dpconform.yaml": "", "run --quiet --cassettes " + recorded: "", "list": "",
	} {
		if got := call(t, strings.Fields(line)...); got.exit != result.ExitConforms || got.complaints != want {
			t.Errorf("%s: exit %d, %q", line, got.exit, got.complaints)
		}
	}
}

// TestARunThatNobodyResponds to says which of the reports are an earlier run's.
func TestARunOfNobody(t *testing.T) {
	t.Parallel()
	old, none := writeFile(t, "night.json", "{}"), filepath.Join(t.TempDir(), "none.xml")
	got := call(t, "run", "--endpoint", nobody, "--report", "json="+old, "--report", "junit="+none)
	if got.exit != result.ExitUnreachable || !strings.HasSuffix(got.complaints, "; no report was written, and "+old+" is from an earlier run\n") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}

func TestReportOnStandardOutput(t *testing.T) {
	t.Parallel()
	got := call(t, "run", "--focus", "body.empty", "--report", "json=-")
	var read result.Report
	unmarshal(t, got.raw, &read)
	if read.Exit != result.ExitConforms || got.output != "" || !strings.Contains(got.complaints, "conforms") {
		t.Errorf("exit %d, and the text for a person is %q and %q", read.Exit, got.output, got.complaints)
	}
}

// TestAnEditedDescriptionDrivesTheSpecs: the specs follow the document.
func TestAnEditedDescriptionDrivesTheSpecs(t *testing.T) {
	t.Parallel()
	text := string(spec.Default().Text)
	const last = "        - oauth2: [https://www.googleapis.com/auth/dataportability.youtube.unlisted_videos]\n"
	server := emulated(t, emulator.Options{})
	for _, one := range []struct {
		name, edited string
		rows, exit   int
		says         string
	}{
		{"a scope added", strings.Replace(text, last, last+strings.Replace(last, "unlisted_videos", "added", 1), 1), 1, result.ExitFails, "authorization/scope/dataportability.youtube.added"},
		{"a scope removed", strings.Replace(text, last, "", 1), -1, result.ExitConforms, "conforms"},
		{"the pattern removed", strings.Replace(text, "        pattern: ^[^/]+$\n", "", 1), 0, result.ExitConforms, "the path has no pattern for the id: 3 checks, so that 2 requirements are not tested"},
	} {
		t.Run(one.name, func(t *testing.T) {
			output := filepath.Join(t.TempDir(), "report.json")
			arguments := append([]string{"run", "--focus", "authorization.scope", "--focus", "path.template", "--spec", writeFile(t, "edited.openapi.yaml", one.edited), "--report", "json=" + output}, server...)
			call(t, arguments...).want(t, one.exit, one.says)
			rows := 0
			for _, check := range readReport(t, output).Checks {
				if strings.HasPrefix(check.ID, "authorization/scope/") {
					rows++
				}
			}
			if want := len(embedded().Scopes) + one.rows; rows != want {
				t.Errorf("%d scope rows, want %d", rows, want)
			}
		})
	}
}

// observed keeps the first line of each request that came.
type observed struct {
	handler http.Handler
	// before is called with the number of each request, from 1 on, and reports
	// whether the server is too busy for it.
	before func(number int) (busy bool)

	mutex sync.Mutex
	lines []string
}

func (o *observed) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	o.mutex.Lock()
	o.lines = append(o.lines, request.Method+" "+request.RequestURI)
	number := len(o.lines)
	o.mutex.Unlock()
	if o.before != nil && o.before(number) {
		http.Error(writer, "busy", http.StatusTooManyRequests)
		return
	}
	o.handler.ServeHTTP(writer, request)
}

// observedEmulator serves the reference emulator and gives the flags that test it.
func observedEmulator(t *testing.T) (*observed, []string) {
	t.Helper()
	server := &observed{handler: mustEmulate(t, emulator.Options{Seed: 1})}
	return server, flagsFor(t, server, nil)
}

// planned finds the requests in what a dry run prints.
var planned = regexp.MustCompile(`(?m)^ *\d+  ([A-Za-z]+ /.*)$`)

// TestADryRunIsWhatTheRunSends: a dry run sends nothing, and the run then sends
// what it has printed. Requests that go out together may come in any order.
func TestADryRunIsWhatTheRunSends(t *testing.T) {
	t.Parallel()
	server, arguments := observedEmulator(t)
	dry := call(t, append([]string{"run", "--dry-run"}, arguments...)...)
	if dry.exit != 0 || len(server.lines) != 0 {
		t.Fatalf("exit %d, %d requests came: %s", dry.exit, len(server.lines), dry.complaints)
	}
	var wanted []string
	for _, match := range planned.FindAllStringSubmatch(dry.output, -1) {
		wanted = append(wanted, match[1])
	}
	call(t, append([]string{"run"}, arguments...)...).want(t, result.ExitConforms)
	for i, line := range server.lines {
		method, path, _ := strings.Cut(line, " ")
		server.lines[i] = method + " " + cutPath(path, widthWithoutTerminal)
	}
	slices.Sort(wanted)
	slices.Sort(server.lines)
	if !slices.Equal(wanted, server.lines) {
		t.Errorf("printed were %d requests, %d came, and they differ", len(wanted), len(server.lines))
	}
	for _, part := range []string{fmt.Sprintf("%d requests would go to %s; nothing was sent", len(wanted), arguments[1]), "USES UP ITS JOB", "would succeed, and use up "} {
		if !strings.Contains(dry.output, part) {
			t.Errorf("the dry run does not say %q", part)
		}
	}
}

func TestADryRunElsewhereStartsNothingUnlessAllowed(t *testing.T) {
	t.Parallel()
	const elsewhere = "run --dry-run --endpoint https://api.example --token-template {scope} --job FAILED=a,b --job COMPLETE=c "
	for more, one := range map[string]struct{ says, never string }{
		"":                                 {"add --consume-jobs", "USES UP"},
		"--consume-jobs":                   {"USES UP ITS JOB", "times)"},
		"--consume-jobs --max-requests 7 ": {"7 requests would go to", "would be skipped; to run them, add --consume-jobs"},
	} {
		got := call(t, strings.Fields(elsewhere+more)...)
		if got.exit != 0 || !strings.Contains(got.output, one.says) || strings.Contains(got.output, one.never) {
			t.Errorf("%q: exit %d\n%s", more, got.exit, got.output)
		}
		const endpoint = "https://api.example"
		behind := call(t, strings.Fields(strings.Replace(elsewhere, endpoint, endpoint+"/a%20prefix", 1)+more)...)
		if want := strings.ReplaceAll(got.words(), "to "+endpoint, "to "+endpoint+"/a%20prefix"); behind.words() != want {
			t.Errorf("%q behind a path prefix: exit %d\n%s", more, behind.exit, behind.output)
		}
	}
}

// TestAnInterruptedRunWritesItsReports: what was tested is in all reports, and
// nothing is sent any more.
func TestAnInterruptedRunWritesItsReports(t *testing.T) {
	t.Parallel()
	server, arguments := observedEmulator(t)
	ctx, interrupt := context.WithCancel(t.Context())
	const last = 90
	server.before = func(number int) bool {
		if number == last {
			interrupt()
		}
		return false
	}
	folder := t.TempDir()
	got := callUntil(t, ctx, append([]string{"run", "--report", "json=" + folder + "/a.json", "--report", "junit=" + folder + "/a.xml",
		"--write-known-failures", folder + "/known.yaml"}, arguments...)...)
	got.want(t, result.ExitInterrupted, "interrupted")
	found := readReport(t, folder+"/a.json")
	counts := found.Counts.Checks
	if found.Exit != result.ExitInterrupted || counts[result.Pass] < 20 || counts[result.Skip] < 20 || counts[result.Pass]+counts[result.Skip] != len(found.Checks) {
		t.Errorf("exit %d, %v", found.Exit, counts)
	}
	if !strings.Contains(readFile(t, folder+"/a.xml"), "the run was interrupted") || exists(folder+"/known.yaml") || got.complaints != "" || len(server.lines) > last {
		t.Errorf("JUnit says nothing of it, known failures were written, or %d requests came; %s", len(server.lines), got.complaints)
	}
}

func TestABudgetIsNotExceeded(t *testing.T) {
	t.Parallel()
	server, arguments := observedEmulator(t)
	got := call(t, append([]string{"run", "--max-requests", "100"}, arguments...)...)
	got.want(t, result.ExitInconclusive, "the limit of 100 requests is reached", "give --max-requests")
	if len(server.lines) != 100 {
		t.Errorf("%d requests came", len(server.lines))
	}
}

// TestABusyServerIsSentTheSameAgain: the report says so.
func TestABusyServerIsSentTheSameAgain(t *testing.T) {
	t.Parallel()
	server, arguments := observedEmulator(t)
	var busy atomic.Int32
	server.before = func(number int) bool {
		if number%40 == 0 {
			busy.Add(1)
		}
		return number%40 == 0
	}
	path := filepath.Join(t.TempDir(), "a.json")
	got := call(t, append([]string{"run", "--report", "json=" + path}, arguments...)...)
	got.want(t, result.ExitConforms, fmt.Sprintf("%d requests retried after 429", busy.Load()))
	again := 0
	for _, exchange := range readReport(t, path).Exchanges {
		again += len(exchange.Earlier)
	}
	if again != int(busy.Load()) || again == 0 {
		t.Errorf("the report has %d earlier attempts, the server was busy %d times", again, busy.Load())
	}
}

// TestBadInputIsOneClearLine: exit 2, one line on standard error that gives the
// location and the fix, and nothing is tested.
func TestBadInputIsOneClearLine(t *testing.T) {
	t.Parallel()
	brokenYAML := writeFile(t, "dpconform.yaml", "endpoint: http://127.0.0.1:1\njob: [a\n")
	unknownKey := writeFile(t, "dpconform.yaml", "endpoint: http://127.0.0.1:1\ntimout: 2s\n")
	served := writeFile(t, "dpconform.yaml", "endpoint: http://127.0.0.1:1\n")
	both := writeFile(t, "dpconform.yaml", "color: never\nquiet: true\nverbose: true\n")
	tokens := writeFile(t, "tokens.yaml", "dataportability.maps.reviws: secret-token-value\n")
	for _, row := range [][]string{
		{"rum", `"rum"`, "did you mean run?"},
		{"run now", `"now"`},
		{"run --endpont x", "--endpont", "did you mean --endpoint?"},
		{"run --timeout 3", `--timeout: invalid value "3": want a duration such as 2s or 500ms`},
		{"run --consume-jobs=yes", `--consume-jobs: invalid value "yes": want true or false`},
		{"run --max-age 30", "--max-age"},
		{"run --max-age 30d --endpoint http://127.0.0.1:1", "--max-age"},
		{"run --job FALED=a --endpoint http://127.0.0.1:1", "--job", "did you mean FAILED?"},
		{"run --job FAILED=a", "--job", "--endpoint URL"},
		{"run --token dataportability.maps.reviws=secret-token-value --endpoint http://127.0.0.1:1", "--token", "did you mean dataportability.maps.reviews?"},
		{"run --token-file " + tokens + " --endpoint http://127.0.0.1:1", tokens + ":1", "did you mean dataportability.maps.reviews?"},
		{"run --endpoint localhost:1", "--endpoint", "http://"},
		{"run --focus body.emty", "--focus", "did you mean body.empty?"},
		{"run --label-filter path&&", "--label-filter"},
		{"run --label-filter pth", "--label-filter", "no check"},
		{"run --level platfrm", "--level", "did you mean platform?"},
		{"run --report json=/no/such/folder/x", "--report", "/no/such/folder"},
		{"run --report json=x --report junit=./x", "--report", "two reports have the path", "give each a path of its own"},
		{"run --cassettes . --endpoint http://127.0.0.1:1", "--cassettes: it cannot be combined with --endpoint"},
		{"run --cassettes . --config " + served, "--cassettes: it cannot be combined with " + served + ":1:11: endpoint;", "no tokens"},
		{"run --cassettes no-such-folder", "no-such-folder", "dpconform record"},
		{"run --config no-such.yaml", "no-such.yaml"},
		{"run --config " + unknownKey, unknownKey + ":2", "did you mean timeout?"},
		{"run --config " + brokenYAML, brokenYAML + ":"},
		{"run --config " + both, both + ":2:8: quiet: it cannot be combined with " + both + ":3:10: verbose"},
		{"run --quiet --verbose", "--quiet: it cannot be combined with --verbose; use only one of the two"},
		{"run --spec no-such.yaml", "no-such.yaml"},
		{"run --dry-run", "--dry-run", "--endpoint URL"},
		{"run --ca-cert no-such.pem --endpoint http://127.0.0.1:1", "--ca-cert", "no-such.pem"},
		{"run --rate 3/h --endpoint http://127.0.0.1:1", "--rate", "100/m"},
		{"list --color blue", `--color: invalid value "blue": want auto, always or never`},
		{"list --json --client", "--client and --json cannot be combined", "use only one of them"},
		{"explain body.emty", "did you mean body.empty?"},
		{"explain client.repeat.retry-aftr", "did you mean client.repeat.retry-after?"},
		{"explain", "explain takes the id"},
		{"explain reset", `"reset" is a scenario; dpconform client --print-scenario reset prints it`},
		{"run --report json", `"json" names no file; give json=FILE`},
		{"run --report no-such/x.json", "there is no folder no-such; create it, or give another path"},
		{"run --max-requests -3 --endpoint http://127.0.0.1:1", "--max-requests", "give 0 for no limit"},
		{"emulate --addr foo", "give a free HOST:PORT"},
		{"diff - -", "only one of OLD and NEW can be -"},
		{"drift --spec a.yaml", "drift has no flag --spec; give the description as --from FILE"},
		{"spec upgrade", "want new or print"},
		{"doctor", "--endpoint", "add --endpoint URL"},
	} {
		refused(t, row[0], row[1:]...)
	}
}

func TestBadDescriptionsAndCassettesAreOneClearLine(t *testing.T) {
	t.Parallel()
	text := string(spec.Default().Text)
	for edited, says := range map[string]string{
		"hello: world\n":              ":1: not an OpenAPI 3 document",
		"openapi: 3.1.0\n\tinfo: x\n": ":2:1: invalid YAML",
		strings.Replace(text, "          source: https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/retry#body.request_body\n", "          source: ''\n", 1): "requirement body.empty has no source",
	} {
		file := writeFile(t, "edited.yaml", edited)
		refused(t, "run --spec "+file, file+":", says)
	}
	for name, spoil := range map[string]func(path string) error{
		"body.yaml": os.Remove, "provenance.yaml": os.Remove,
		"path.yaml": func(path string) error { return os.Truncate(path, 1000) },
		"semantics.yaml": func(path string) error {
			rewrite(t, path, func(text string) string { return strings.Replace(text, "FAILED", "COMPLETE", 1) })
			return nil
		},
	} {
		folder := t.TempDir()
		shipped, _ := cassettes.Embedded(embedded().Operation.ID)
		if err := os.CopyFS(folder, shipped); err != nil {
			t.Fatal(err)
		}
		if err := spoil(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
		refused(t, "run --cassettes "+folder, name, "dpconform record --cassettes")
	}
	other := writeFile(t, "other.yaml", strings.Replace(text, "retry:\n", "restart:\n", 1))
	refused(t, "run --spec "+other, "provenance.yaml", "another description", "dpconform record --spec "+other+" --cassettes ")
}

// TestSelection: Ginkgo runs what the command selected, and a check that looks at
// all exchanges has them, whether or not their checks are reported.
func TestSelection(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ flags, want string }{
		{"--focus body/empty", "body/empty"},
		{"--focus body.empty --focus path --label-filter body", "body/empty body/empty-with-type"},
		{"--label-filter robustness&&!robustness.whole", "robustness/persistent-connection robustness/in-time robustness/answered robustness/syntax robustness/field-once robustness/framing robustness/one-value robustness/shared-connection"},
		{"--focus response/status", "response/status"},
	} {
		got := call(t, strings.Fields("run --report json=- "+one.flags)...)
		var found result.Report
		unmarshal(t, got.raw, &found)
		var ids []string
		for _, check := range found.Checks {
			ids = append(ids, check.ID)
		}
		if strings.Join(ids, " ") != one.want || found.Counts.Checks[result.Pass] != len(ids) {
			t.Errorf("%s: %q, %v", one.flags, ids, found.Counts.Checks)
		}
	}
}

// TestASavedReportCountsWhatTheDescriptionHas: a run of a part says of how many
// requirements, and report prints the same of its file.
func TestASavedReportCountsWhatTheDescriptionHas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	run := call(t, "run", "--focus", "body.unknown-field", "--report", "json="+path)
	all := len(readReport(t, reportOf(t, "")).Requirements)
	for _, got := range []called{run, call(t, "report", path)} {
		got.want(t, result.ExitConforms, fmt.Sprintf("scopes, %d requirements", all), "focus body.unknown-field: ")
		if strings.Contains(got.output, "not applicable") {
			t.Errorf("checks that the focus leaves out are listed:\n%s", got.output)
		}
	}
}
