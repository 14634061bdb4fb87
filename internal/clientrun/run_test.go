package clientrun

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/jsonschema/v6"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/wire"
)

func runOf(t *testing.T, program string, names ...string) RunOptions {
	t.Helper()
	return RunOptions{Options: Options{Rules: rules, Scenarios: named(t, names...)}, Command: commandOf(t, program), Limit: time.Minute}
}

func runAll(t *testing.T, options RunOptions) (Outcomes, result.Report) {
	t.Helper()
	found, err := Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return found, found.Report("1", nil)
}

// linesOf says what was found in one line a check.
func linesOf(report result.Report) []string {
	var lines []string
	for _, check := range report.Checks {
		lines = append(lines, strings.TrimSpace(check.ID+" "+string(check.Verdict)+" "+strings.Join(idsOf(check.Findings), " ")))
	}
	return lines
}

func TestCommands(t *testing.T) {
	t.Parallel()
	together := func(o *RunOptions) { o.Together = true }
	exitReports := func(o *RunOptions) { o.ExitReports = true }
	for _, row := range []struct {
		name, program string
		scenarios     []string
		change        func(*RunOptions)
		want          []string
		exit          int
	}{
		{"outcome in the output", "right", []string{"success", "reset", "redirect", "http2"}, nil,
			[]string{"success pass", "reset pass", "redirect pass", "http2 pass"}, result.ExitConforms},
		{"outcome in the file", "writes-outcome", []string{"success", "forbidden"}, nil, []string{"success pass", "forbidden pass"}, result.ExitConforms},
		{"a fresh token", "refreshing", []string{"token-expired"}, nil, []string{"token-expired pass"}, result.ExitConforms},
		{"nothing reported", "quiet", []string{"success", "not-found"}, nil, []string{"success skip", "not-found skip"}, result.ExitInconclusive},
		{"nothing reported, and not asked for", "quiet", []string{"success", "not-found", "unavailable"}, func(o *RunOptions) { o.WireOnly = true },
			[]string{"success pass", "not-found pass", "unavailable pass"}, result.ExitConforms},
		{"gives up silently", "quiet", []string{"unavailable"}, nil, []string{"unavailable fail " + result.ConditionSteps}, result.ExitFails},
		{"exit code reports", "quiet", []string{"not-found"}, exitReports, []string{"not-found fail " + outcomeError}, result.ExitFails},
		{"exit code reports an error", "one-shot", []string{"token-expired", "unavailable"}, exitReports,
			[]string{"token-expired skip", "unavailable skip"}, result.ExitInconclusive},
		{"exit code alone", "one-shot", []string{"token-expired", "unavailable"}, nil, []string{"token-expired skip", "unavailable skip"}, result.ExitInconclusive},
		{"success reported for an error", "invents", []string{"unavailable"}, nil, []string{"unavailable fail " + outcomeError + " " + result.ConditionSteps}, result.ExitFails},
		{"crash after the call", "crashes-after", []string{"success"}, nil, []string{"success fail " + result.ConditionExit + " " + outcomeNewID}, result.ExitFails},
		{"exit of a failure", "failing", []string{"not-found"}, nil, []string{"not-found pass"}, result.ExitConforms},
		{"crash", "failing", []string{"success"}, nil, []string{"success fail " + result.ConditionExit}, result.ExitFails},
		{"never calls", "idle", []string{"success"}, nil, []string{"success fail " + result.ConditionCalled}, result.ExitFails},
		{"hangs", "hanging", []string{"success"}, func(o *RunOptions) { o.Limit = 200 * time.Millisecond },
			[]string{"success fail " + result.ConditionTime + " " + result.ConditionCalled}, result.ExitFails},
		{"an id that the client brings along", "right", []string{"success"}, func(o *RunOptions) { o.Job = "mine-1" }, []string{"success pass"}, result.ExitConforms},
		{"two outcomes", "reports-twice", []string{"success"}, nil, []string{"success warn " + result.ConditionOneOutcome}, result.ExitConforms},
		{"together", "chooses", []string{"success", "not-found"}, together, []string{"success pass", "not-found pass"}, result.ExitConforms},
		{"together, and not all", "chooses", []string{"success", "not-found", "reset"}, func(o *RunOptions) { o.Together, o.All = true, true },
			[]string{"success pass", "not-found pass", "reset fail " + result.ConditionCalled}, result.ExitFails},
		{"together, and none", "idle", []string{"success"}, together, []string{"command fail " + result.ConditionCalled}, result.ExitFails},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			options := runOf(t, row.program, row.scenarios...)
			if row.change != nil {
				row.change(&options)
			}
			_, report := runAll(t, options)
			if got := linesOf(report); !slices.Equal(got, row.want) || report.Exit != row.exit {
				t.Errorf("got  %v, exit %d\nwant %v, exit %d", got, report.Exit, row.want, row.exit)
			}
		})
	}
}

// TestWhatARefusedClientLeavesUntested: the report says which mistake hides what the
// scenarios are about, and does not blame it for what they are not about.
func TestWhatARefusedClientLeavesUntested(t *testing.T) {
	t.Parallel()
	_, report := runAll(t, runOf(t, "wrong-verb", "success"))
	for id, want := range map[string]string{outcomeNewID: "no request can test this before " + pathVerb + " is fixed", "client.path.redirect": noScenario} {
		if requirement, _ := report.Requirement(id); requirement.Reason != want {
			t.Errorf("%+v", requirement)
		}
	}
}

// TestASuccessWithoutAnIDHasALine: what a client reports that has no id to report.
func TestASuccessWithoutAnIDHasALine(t *testing.T) {
	t.Parallel()
	const line = `a line {"job":"ID","archiveJobId":""} after a success without an id, or `
	_, report := runAll(t, runOf(t, "quiet", "missing-id"))
	if check := report.Checks[0]; check.Verdict != result.Skip || !strings.HasPrefix(check.Call.Untested[0].Flag, line) ||
		report.Conclusion != "inconclusive: nothing failed, but 1 required scenario could not be tested: missing-id" {
		t.Errorf("%+v\n%s", check, report.Conclusion)
	}
	if _, report := runAll(t, runOf(t, "crashes-loudly", "missing-id")); report.Checks[0].Verdict != result.Pass {
		t.Errorf("an exit code that shows an error does not show that no id was reported: %+v", report.Checks[0])
	}
}

// TestReasonsOfConnections: what a scenario does not test of a client, and why.
func TestReasonsOfConnections(t *testing.T) {
	t.Parallel()
	const trust = "the client closed each connection during or after the TLS handshake, and sent no request: it has to trust the authority in the file that $DPCONFORM_CA_CERT names"
	for _, row := range []struct {
		program, scenario, want string
		exit                    int
	}{
		{"right", "reset-warm", "reset-warm skip: the client made no first call for the job $DPCONFORM_WARM_JOB on the same connection", result.ExitConforms},
		{"warm-elsewhere", "reset-warm", "reset-warm skip: the client opened another connection for its second call", result.ExitConforms},
		{"repeats", "reset-warm", "reset-warm fail: ", result.ExitFails},
		{"repeats", "stream-reset", "stream-reset fail: ", result.ExitFails},
		{"repeats-over-1.1", "goaway-hang-up", "goaway-hang-up fail: ", result.ExitFails},
		{"repeats-over-1.1", "reset", "reset fail: ", result.ExitFails},
		{"warm", "reset-warm", "reset-warm pass: ", result.ExitConforms},
		{"warm", "reset", "reset pass: ", result.ExitConforms},
		{"right", "connection-close", "connection-close skip: the client made no first call", result.ExitConforms},
		{"warm", "connection-close", "connection-close pass: ", result.ExitConforms},
		{"looks-at-the-name", "wrong-host", "wrong-host pass: ", result.ExitConforms},
		{"looks-at-the-name", "http2", "http2 skip: " + trust, result.ExitInconclusive},
		{"invents", "http2", "http2 fail: ", result.ExitFails},
		{"invents", "goaway", "goaway fail: ", result.ExitFails},
		{"invents", "stream-reset", "stream-reset fail: ", result.ExitFails},
		{"without-tls", "http2", "http2 fail: ", result.ExitFails},
		{"without-tls", "wrong-host", "wrong-host fail: ", result.ExitFails},
		{"right", "untrusted-authority", "untrusted-authority pass: ", result.ExitConforms},
		{"idle", "wrong-host", "wrong-host fail: ", result.ExitFails},
	} {
		t.Run(row.program+" "+row.scenario, func(t *testing.T) {
			t.Parallel()
			_, report := runAll(t, runOf(t, row.program, row.scenario))
			check := report.Checks[0]
			if got := check.ID + " " + string(check.Verdict) + ": " + check.Reason; !strings.HasPrefix(got, row.want) || report.Exit != row.exit {
				t.Errorf("%s, exit %d\nwant %s, exit %d\n%+v", got, report.Exit, row.want, row.exit, check.Findings)
			}
		})
	}
}

// TestGoAwayNeedsTLS: a client that chooses its scenarios may speak HTTP/2 in clear
// text, where other calls share the connection.
func TestGoAwayNeedsTLS(t *testing.T) {
	t.Parallel()
	opened := site(t, Options{Scenarios: named(t, "goaway")})
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	request, err := http.NewRequest(http.MethodPost, opened.Endpoint+method.Operation.Path.Expand("scenario-goaway-1"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	check := rules.EvaluateWire(opened.Server.Calls()[0]).Check
	const want = "the scenario was served without TLS, so GOAWAY was not sent; it is sent without --together and --listen"
	if response.ProtoMajor != 2 || check.Reason != want {
		t.Errorf("%s: %s %s", response.Proto, check.Verdict, check.Reason)
	}
}

func TestWhatWasReportedWhereNothingArrived(t *testing.T) {
	t.Parallel()
	_, report := runAll(t, runOf(t, "gives-up", "success"))
	const want = "none; the command exited with 0 and reported the error \"no configuration\""
	if findings := report.Checks[0].Findings; len(findings) == 0 || findings[0].Got != want {
		t.Errorf("%+v", findings)
	}
}

// TestACrashShowsItsCause wherever it is the reason.
func TestACrashShowsItsCause(t *testing.T) {
	t.Parallel()
	const want = "the command exited with 3: Error: boom"
	_, report := runAll(t, runOf(t, "crashes-loudly", "success", "unavailable", "not-found"))
	for _, check := range report.Checks {
		for _, finding := range check.Findings {
			if !strings.HasSuffix(finding.Got, want) {
				t.Errorf("%s: %+v", check.ID, finding)
			}
		}
		for _, one := range check.Call.Untested {
			if one.Reason != onlyExit+"; "+want {
				t.Errorf("%s: %+v", check.ID, one)
			}
		}
		if len(check.Findings)+len(check.Call.Untested) == 0 {
			t.Errorf("%s: nothing was found", check.ID)
		}
	}
}

// TestAnotherTokenIsNoRepeat, and is tested as such.
func TestAnotherTokenIsNoRepeat(t *testing.T) {
	t.Parallel()
	_, report := runAll(t, runOf(t, "refreshing", "token-expired"))
	if check := report.Checks[0]; check.Verdict != result.Pass || !slices.Contains(check.Requirements, repeatUnauthenticated) {
		t.Errorf("%+v", check)
	}
}

// TestTheFirstCallIsNamed where the second one never came.
func TestTheFirstCallIsNamed(t *testing.T) {
	t.Parallel()
	_, report := runAll(t, runOf(t, "first-alone", "goaway"))
	const want = "none after the first call, for the job scenario-goaway-first-1"
	if findings := report.Checks[0].Findings; len(findings) == 0 || !strings.HasPrefix(findings[0].Got, want) {
		t.Errorf("%+v", findings)
	}
}

// TestAnIdHasItsNameInJSON: that of the method's response.
func TestAnIdHasItsNameInJSON(t *testing.T) {
	t.Parallel()
	_, report := runAll(t, runOf(t, "right", "success"))
	written, err := json.Marshal(report.Checks[0].Call.Reported)
	var read result.Outcome
	if err := errors.Join(err, json.Unmarshal(written, &read)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(written), `,"`+method.IDField+`":"`) || read.NewID == nil || *read.NewID != *report.Checks[0].Call.Reported.NewID {
		t.Errorf("%s, %+v", written, read)
	}
}

// TestAFindingIsListedOnce: that each scenario has a job of its own makes no difference.
func TestAFindingIsListedOnce(t *testing.T) {
	t.Parallel()
	_, report := runAll(t, runOf(t, "wrong-verb", "success", "not-found", "slow"))
	listed := false
	for _, group := range report.Broken(result.Fail) {
		if alike := group.Alike(); group.Requirement.ID == pathVerb {
			listed = len(alike) == 1 && report.Names(alike[0].Checks) == "success, not-found, slow"
		}
	}
	if !listed {
		t.Errorf("%+v", report.Broken(result.Fail))
	}
}

// TestOutcomesThatNobodyCanRead says why nothing is known.
func TestOutcomesThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{
		"reports-broken-line": "line 2 of its output is not JSON, at its byte 7: ",
		"reports-broken-file": "line 1 of the file $DPCONFORM_OUTCOME is not JSON, at its byte 7: ",
		"reports-of-another":  `it reported an outcome of the job "another", and this one is "scenario-success-1"`,
	} {
		_, report := runAll(t, runOf(t, program, "success"))
		untested := report.Checks[0].Call.Untested
		if report.Exit != result.ExitInconclusive || len(untested) == 0 || !strings.HasPrefix(untested[0].Reason, notReported+"; "+want) {
			t.Errorf("%s: exit %d, %+v", program, report.Exit, untested)
		}
	}
}

func TestWhatWasNotChosen(t *testing.T) {
	t.Parallel()
	options := runOf(t, "chooses", "success", "not-found", "reset", "http2")
	options.Together = true
	if _, report := runAll(t, options); report.Exit != result.ExitInconclusive || !slices.Equal(report.Client.NotChosen, []string{"reset", "http2"}) ||
		report.Conclusion != "inconclusive: nothing failed, but not every scenario was chosen" {
		t.Errorf("exit %d, not chosen %v: %s", report.Exit, report.Client.NotChosen, report.Conclusion)
	}
	options = runOf(t, "chooses", "success", "forbidden")
	options.Together, options.All, options.Known = true, true, []string{"success", "forbidden", "not-found"}
	if _, report := runAll(t, options); !slices.Contains(linesOf(report), "job scenario-not-found-7 fail "+result.ConditionKnown) {
		t.Errorf("%v", linesOf(report))
	}
}

func TestACommandInFrontOfAServerUpstream(t *testing.T) {
	t.Parallel()
	var tokens []string
	upstream := upstreamOf(t, compressing(&tokens))
	for _, row := range []struct {
		program, token string
		want           []string
		exit           int
	}{
		{"right", "a-token-of-mine", []string{"job mine-1 pass"}, result.ExitConforms},
		{"quiet", "a-token-of-mine", []string{"job mine-1 skip"}, result.ExitInconclusive},
		{"chooses", "a-token-of-mine", []string{"success pass", "not-found pass"}, result.ExitConforms},
		{"token-in-query", "", []string{"job mine-1 fail " + queryNoToken}, result.ExitFails},
		{"token-in-query", "a-token-of-mine", []string{"job mine-1 fail " + queryNoToken}, result.ExitFails},
	} {
		options := runOf(t, row.program)
		options.Scenarios, options.Upstream, options.Job, options.Token = shipped(t), upstream, "mine-1", row.token
		options.WireOnly = row.program == "token-in-query"
		_, report := runAll(t, options)
		if got := linesOf(report); !slices.Equal(got, row.want) || report.Exit != row.exit {
			t.Errorf("%s: %v, exit %d: %+v", row.program, got, report.Exit, report.Checks)
		}
		var out strings.Builder
		if err := result.WriteJSON(&out, report); err != nil || row.token != "" && strings.Contains(out.String(), row.token) {
			t.Errorf("%v, or the report has the token", err)
		}
	}
	if !slices.Equal(tokens[:2], []string{"Bearer a-token-of-mine", "Bearer a-token-of-mine"}) {
		t.Errorf("upstream saw %q", tokens)
	}
}

func TestACommandThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"./there-is-none", "there-is-none-in-the-path", t.TempDir()} {
		_, err := Run(t.Context(), RunOptions{Options: Options{Rules: rules, Scenarios: shipped(t)}, Command: []string{command}, Limit: time.Minute})
		var start *StartError
		if !errors.As(err, &start) || !strings.HasPrefix(err.Error(), command+" cannot be started: ") {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestAnInterruptedRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	found, err := Run(ctx, runOf(t, "hanging", "success", "reset"))
	report := found.Report("1", nil)
	if got := linesOf(report); !errors.Is(err, context.Canceled) || !slices.Equal(got, []string{"success skip", "reset skip"}) || report.Exit != result.ExitInterrupted {
		t.Fatalf("%v, %v, exit %d", err, got, report.Exit)
	}
	if last := report.Checks[1]; last.Reason != result.Interrupted || last.Title == "" || len(last.Requirements) == 0 {
		t.Errorf("%+v", last)
	}
	if contradiction := result.Contradiction(report); contradiction != "" {
		t.Error(contradiction)
	}
}

// TestEveryFormatOfAClientsReport: each is written, as its schema says, names
// what failed, and has no token.
func TestEveryFormatOfAClientsReport(t *testing.T) {
	t.Parallel()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(result.Schema())))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.schema.json", value); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{"nothing": "", "failing": "failing", "passing": "loud", "inconclusive": "quiet", "silent": "idle"} {
		found := Outcomes{rules: rules, started: time.Now(), target: "http://127.0.0.1:1"}
		if program != "" {
			found, _ = runAll(t, runOf(t, program, "success", "unavailable", "reset", "redirect"))
		}
		made := found.Report("1", nil)
		if contradiction := result.Contradiction(made); contradiction != "" {
			t.Errorf("%s: %s", name, contradiction)
		}
		if want := len(rules.Method.ClientRequirements); len(made.Requirements) != want {
			t.Errorf("%s: %d requirements, want %d: a condition is none", name, len(made.Requirements), want)
		}
		for _, format := range report.Names() {
			var out strings.Builder
			if err := (report.File{Format: format, Path: report.StandardOutput}).Write(made, &out); err != nil {
				t.Fatalf("%s as %s: %v", name, format, err)
			}
			text := out.String()
			for _, secret := range append(found.secrets.tokens(), found.secrets.refresh) {
				if secret != "" && strings.Contains(text, secret) {
					t.Errorf("%s as %s has a token", name, format)
				}
			}
			if name == "silent" && format != "badge" && format != "har" && !strings.Contains(text, result.ConditionCalled) {
				t.Errorf("%s as %s does not say what failed:\n%s", name, format, text)
			}
			if name == "silent" && (strings.Contains(text, "documented)") || strings.Contains(text, `"startLine"`)) {
				t.Errorf("%s as %s takes a condition for a requirement:\n%s", name, format, text)
			}
			if format != "json" {
				continue
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestKnownFailuresOfAClient expects a failure that comes, and one that does not.
func TestKnownFailuresOfAClient(t *testing.T) {
	t.Parallel()
	found, _ := runAll(t, runOf(t, "crashes-after", "success"))
	for entry, want := range map[string]int{
		"check: success":              result.ExitConforms,
		"requirement: client.path.id": result.ExitFails,
	} {
		known := result.KnownFailures{{Name: "known.yaml:2", Entry: entry, File: filepath.Join("known.yaml"), Line: 2, Reason: "it is old"}}
		report := found.Report("1", known)
		if report.Exit != want || len(report.KnownFailures) != 1 {
			t.Errorf("%s: exit %d, %s, %+v", entry, report.Exit, report.Conclusion, report.KnownFailures)
		}
	}
}

// TestAKnownConditionOfAClient: what is accepted is no failure, and still no
// requirement.
func TestAKnownConditionOfAClient(t *testing.T) {
	t.Parallel()
	found, _ := runAll(t, runOf(t, "idle", "success"))
	report := found.Report("1", result.KnownFailures{{Name: "known.yaml:2", Entry: "requirement: " + result.ConditionCalled, File: "known.yaml", Line: 2, Reason: "it is old"}})
	if report.Exit != result.ExitConforms || report.Conclusion != "conforms but for known failures" || report.KnownFailures[0].State != result.KnownUsed {
		t.Errorf("exit %d, %s, %+v", report.Exit, report.Conclusion, report.KnownFailures)
	}
	if _, there := report.Requirement(result.ConditionCalled); there || report.Counts.Requirements[result.ExpectedFail] != 0 {
		t.Errorf("the condition is a requirement: %v", report.Counts.Requirements)
	}
}

func TestABodyThatIsNoText(t *testing.T) {
	t.Parallel()
	hide := redact.NewRedactor(map[string]string{givenToken: redact.Unlabelled})
	for _, row := range []struct {
		name   string
		change func(*request)
		base64 string
	}{
		{"text", body("{}", "application/json"), ""},
		{"bytes", body("\xff\x00", ""), "/wA="},
		{"bytes with a token", body("\xff"+givenToken, ""), ""},
		{"a token in gzip", func(a *request) { a.body = zipped(givenToken); a.header.Set("Content-Encoding", "gzip") }, ""},
	} {
		one := requestWith(row.change)
		one.head = wire.Read([]byte("POST http://me:hidden@x/?access_token="+givenToken+" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"), true)
		one.authority = "me:hidden@x"
		shown := Outcomes{}.exchange(1, "success", "job-1", one, hide)
		if shown.Arrival.BodyBase64 != row.base64 || shown.Request.BodyBytes != len(one.body) {
			t.Errorf("%s: %q, %d bytes", row.name, shown.Arrival.BodyBase64, shown.Request.BodyBytes)
		}
		if shown.Arrival.TransferEncoding[0] != "chunked" || shown.Arrival.Host[0] != "x" ||
			strings.Contains(shown.Arrival.Line, givenToken) || strings.Contains(shown.Arrival.Line, "hidden") {
			t.Errorf("%s: %+v", row.name, shown.Arrival)
		}
	}
}

// TestTheGuideNamesWhatACommandReceives: a variable that the guide does not name is of no use.
func TestTheGuideNamesWhatACommandReceives(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/guide-client.md")
	if err != nil {
		t.Fatal(err)
	}
	run := &run{options: runOf(t, "right", "goaway"), secrets: NewSecrets(), folder: t.TempDir()}
	opened, err := run.open(run.options.Scenarios[0], "job-1")
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	environment, err := run.environment(opened, run.values(opened, "goaway", "job-1"))
	if err != nil || len(environment) < 15 {
		t.Fatalf("%v, %v", environment, err)
	}
	for _, one := range append(environment, mark("").variable()) {
		if name, _, _ := strings.Cut(one, "="); !strings.Contains(string(guide), "`"+name+"`") {
			t.Errorf("docs/guide-client.md does not name %s", name)
		}
	}
}
