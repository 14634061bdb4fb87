package cli

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
)

// sharedFolder is where tests keep what they share.
var sharedFolder string

// commandVariable makes the test program the command itself.
const commandVariable = "DPCONFORM_TEST_COMMAND"

// TestMain gives all tests a configuration folder in which nobody has logged in.
// More run at the same time than by default, since a run waits for a server more
// than it computes. Ginkgo refuses to run where the flag is set, so its value is.
func TestMain(m *testing.M) {
	if os.Getenv(commandVariable) != "" {
		os.Exit(Main())
	}
	home, err := os.MkdirTemp("", "dpconform")
	if err != nil {
		panic(err)
	}
	for _, variable := range homeVariables {
		_ = os.Setenv(variable, home)
	}
	sharedFolder = home
	// The limit of the program is for one command at a time.
	debug.SetMemoryLimit(1 << 30)
	// Runs wait for changes that a server makes late.
	_ = flag.Lookup("test.parallel").Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0)))
	code := m.Run()
	_ = os.RemoveAll(home)
	os.Exit(code)
}

// inProcess runs a command line in a process of its own with variables: net/http
// reads those of a proxy once only.
func inProcess(t *testing.T, variables []string, arguments ...string) called {
	t.Helper()
	var out, complaints bytes.Buffer
	command := exec.CommandContext(t.Context(), os.Args[0], arguments...)
	command.Env = append(os.Environ(), append(variables, commandVariable+"=1", "HOME="+t.TempDir())...)
	command.Stdout, command.Stderr = &out, &complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return called{exit: command.ProcessState.ExitCode(), output: out.String(), complaints: complaints.String()}
}

// wantUnreachable checks that a command was given up: exit 4, one line on standard
// error with these parts, and nothing else printed.
func (c called) wantUnreachable(t testing.TB, says ...string) {
	t.Helper()
	if c.exit != result.ExitUnreachable || strings.Count(c.complaints, "\n") != 1 || !strings.HasPrefix(c.complaints, "dpconform: ") || c.output+c.raw != "" {
		t.Errorf("exit %d, and not one line alone: %q, %q", c.exit, c.complaints, c.output+c.raw)
	}
	for _, part := range says {
		if !strings.Contains(c.complaints, part) {
			t.Errorf("%q does not say %q", c.complaints, part)
		}
	}
}

// TestWhatIsNotTheServersIsSaidInOneLine: run, record and doctor give the same
// diagnosis of an endpoint that cannot be tested, and test nothing.
func TestWhatIsNotTheServersIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	onlyHTTP2 := httptest.NewUnstartedServer(http.NotFoundHandler())
	onlyHTTP2.Config.Protocols = new(http.Protocols)
	onlyHTTP2.Config.Protocols.SetUnencryptedHTTP2(true)
	onlyHTTP2.Start()
	t.Cleanup(onlyHTTP2.Close)
	plain := listen(t, http.NotFoundHandler())
	withoutStatus := listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(connection, "Content-Type: text/plain\r\n\r\nhello")
			_ = connection.Close()
		}
	}))
	disabled := listen(t, disabledAfter(0, http.NotFoundHandler()))
	for name, test := range map[string]struct{ endpoint, says string }{
		"http to TLS":           {"http" + strings.TrimPrefix(secure.URL, "https"), "it speaks TLS; give --endpoint " + secure.URL},
		"https to plain HTTP":   {"https" + strings.TrimPrefix(plain, "http"), "it speaks HTTP without TLS; give --endpoint " + plain},
		"no status line":        {withoutStatus, `it speaks something that is not HTTP and begins with "Content-"; give the address of an HTTP server, whose responses begin with`},
		"HTTP/2 alone":          {onlyHTTP2.URL, "it speaks HTTP/2 without TLS (h2c)"},
		"a project without API": {disabled, "SERVICE_DISABLED: The API is disabled in project 12.; see " + enableLink},
	} {
		flags := []string{"--endpoint", test.endpoint, "--token-template", "t:{short}", "--job", "FAILED=a"}
		call(t, append([]string{"run", "--report", "json=" + filepath.Join(t.TempDir(), "a.json")}, flags...)...).wantUnreachable(t, test.says)
		folder := filepath.Join(t.TempDir(), "cassettes")
		call(t, append([]string{"record", "--cassettes", folder}, flags...)...).wantUnreachable(t, test.says)
		if found := examined(t, flags...); found.Exit != result.ExitUnreachable || found.Endpoint.Reached || !strings.Contains(found.Endpoint.Reason, test.says) {
			t.Errorf("%s: the doctor says %+v", name, found.Endpoint)
		}
	}
}

const enableLink = "https://console.example/enable?project=12"

// disabledAfter passes so many requests with a token on, and refuses the project of
// the others, as Google's front end does.
func disabledAfter(passed int32, behind http.Handler) http.Handler {
	var sent atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" || sent.Add(1) <= passed {
			behind.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"error": {"code": 403, "message": "The API is disabled in project 12.", "status": "PERMISSION_DENIED", "details": [
			{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com"},
			{"@type": "type.googleapis.com/google.rpc.Help", "links": [{"description": "Google developers console", "url": %q}]}]}}`, enableLink)
	})
}

// TestASetupThatBreaksInMidRunIsTheCallers, whatever failed until then: the
// conclusion gives the message and the link.
func TestASetupThatBreaksInMidRunIsTheCallers(t *testing.T) {
	t.Parallel()
	for fault, passed := range map[string]int32{"": 1, "last-scope-refused": 150} {
		flags := flagsFor(t, disabledAfter(passed, mustEmulate(t, emulator.Options{Fault: fault})), nil)
		folder := t.TempDir()
		got := call(t, append([]string{"run", "--report", "json=" + folder + "/a.json", "--report", "html=" + folder + "/a.html"}, flags...)...)
		const why = "the caller's project is not set up for this API: SERVICE_DISABLED: The API is disabled in project 12.; see " + enableLink
		got.want(t, result.ExitUnreachable, "not tested to the end: "+why)
		if found := readReport(t, folder+"/a.json"); found.Ended != why || !strings.Contains(readFile(t, folder+"/a.html"), enableLink) || strings.Contains(got.output, "--max-duration") {
			t.Errorf("%q, %s", found.Ended, got.output)
		}
		call(t, append([]string{"record", "--cassettes", folder + "/cassettes"}, flags...)...).wantUnreachable(t, "not recorded: the caller's project is not set up", enableLink)
	}
}

// proxyFor passes requests for service.test on to a server, and gives the address
// of the proxy with a user.
func proxyFor(t *testing.T, endpoint string, refuse func(http.ResponseWriter) bool) (address string, variables []string) {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	passing := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.URL.RawPath, r.Out.URL.Path, r.Out.URL.Opaque = "", "", r.In.URL.EscapedPath()
		r.Out.Header.Del("Proxy-Authorization")
		r.Out.Method = strings.ToUpper(r.In.Method) // As Squid does.
	}, ModifyResponse: func(r *http.Response) error { r.Header.Set("Via", "1.1 proxy (user:secret-pass)"); return nil }}
	address = listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user := r.Header.Get("Proxy-Authorization"); user != "Basic "+base64.StdEncoding.EncodeToString([]byte("user:secret-pass")) {
			t.Errorf("the proxy was asked as %q", user)
		}
		if refuse == nil || !refuse(w) {
			passing.ServeHTTP(w, r)
		}
	}))
	return address, []string{"HTTP_PROXY=" + strings.Replace(address, "http://", "http://user:secret-pass@", 1), "http_proxy=", "NO_PROXY=", "no_proxy="}
}

// TestReportsNameTheProxy that a run went through, without its password, and a
// proxy that refuses is not the server.
func TestReportsNameTheProxy(t *testing.T) {
	t.Parallel()
	flags := emulated(t, emulator.Options{})
	address, variables := proxyFor(t, flags[1], nil)
	flags[1] = "http://service.test"
	reports, paths := everyFormat(t.TempDir(), "a")
	got := inProcess(t, variables, append(append([]string{"run", "--rate", "0", "--focus", "body.unknown-field"}, reports...), flags...)...)
	if !strings.Contains(got.output, "through the proxy "+address) || strings.Contains(got.all(), "secret-pass") {
		t.Errorf("%s%s", got.output, got.complaints)
	}
	for format, path := range paths {
		if strings.Contains(readFile(t, path), "secret-pass") {
			t.Errorf("%s: the password of the proxy is shown", format)
		}
		names := slices.Contains([]string{"json", "html", "markdown", "junit", "sarif", "har"}, format)
		if names && !strings.Contains(readFile(t, path), address) {
			t.Errorf("%s does not name the proxy", format)
		}
	}
	found := readReport(t, paths["json"])
	if found.Target.Proxy != address || found.Counts.Checks[result.Fail] > 0 || found.Counts.Checks[result.Pass] == 0 {
		t.Errorf("%q, %v", found.Target.Proxy, found.Counts.Checks)
	}
	for _, status := range []int{http.StatusProxyAuthRequired, http.StatusForbidden, http.StatusInternalServerError, http.StatusBadGateway} {
		_, variables := proxyFor(t, flags[1], func(w http.ResponseWriter) bool {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>no</html>")
			return true
		})
		says := fmt.Sprintf("responded %d %s instead of the target (\"no\"); ", status, http.StatusText(status))
		if status != http.StatusBadGateway { // It is sent again after a while.
			inProcess(t, variables, append([]string{"run"}, flags...)...).wantUnreachable(t, says)
		}
		inProcess(t, variables, append([]string{"doctor"}, flags...)...).want(t, result.ExitUnreachable, "not reached: the proxy http://"+strings.Split(variables[0], "@")[1], says)
	}
}

// TestClientsOfAServerBehindAProxy reach it, and no report has the proxy's password. The
// client is this program.
func TestClientsOfAServerBehindAProxy(t *testing.T) {
	t.Parallel()
	flags := emulated(t, emulator.Options{})
	_, variables := proxyFor(t, flags[1], nil)
	reports, paths := everyFormat(t.TempDir(), "a")
	run := append([]string{"run", "--focus", "body", "--rate", "0", "--endpoint", "{endpoint}"}, flags[2:]...)
	got := inProcess(t, variables, append(append(append([]string{"client", "--upstream", "http://service.test", "--show-output"}, reports...), "--"), append([]string{os.Args[0]}, run...)...)...)
	if !strings.Contains(got.complaints, "conforms") || strings.Contains(got.all(), "secret-pass") {
		t.Errorf("%s%s", got.output, got.complaints)
	}
	for format, path := range paths {
		if text := readFile(t, path); strings.Contains(text, "secret-pass") || format == "json" && !strings.Contains(text, "1.1 proxy (") {
			t.Errorf("%s: the password of the proxy is shown, or not what it passed on: %s", format, text)
		}
	}
}

// TestWhatAProxyMakesItselfIsNotTested, in a run and in a recording.
func TestWhatAProxyMakesItselfIsNotTested(t *testing.T) {
	t.Parallel()
	flags := emulated(t, emulator.Options{})
	_, variables := proxyFor(t, flags[1], nil)
	flags[1] = "http://service.test"
	folder, report := filepath.Join(t.TempDir(), "cassettes"), filepath.Join(t.TempDir(), "a.json")
	inProcess(t, variables, append([]string{"run", "--rate", "0", "--consume-jobs", "--report", "json=" + report}, flags...)...).want(t, result.ExitConforms)
	for _, check := range readReport(t, report).Checks {
		hidden := slices.Contains([]string{"path/http-method-case", "robustness/persistent-connection", "robustness/shared-connection", "robustness/answered", "robustness/whole", "robustness/syntax", "robustness/field-once", "robustness/framing"}, check.ID)
		if hidden != (check.Verdict == result.Skip && strings.HasPrefix(check.Reason, "a proxy is in between")) {
			t.Errorf("%s: %s %s", check.ID, check.Verdict, check.Reason)
		}
	}
	inProcess(t, variables, append([]string{"record", "--rate", "0", "--consume-jobs", "--spec", slimmed(), "--cassettes", folder}, flags...)...).want(t, result.ExitConforms)
	call(t, "run", "--spec", slimmed(), "--cassettes", folder).want(t, result.ExitConforms, "a proxy is in between")
	inProcess(t, variables, "record", "--spec", slimmed(), "--cassettes", filepath.Join(t.TempDir(), "own")).want(t, result.ExitConforms)
}

// TestAProxyThatFailsLaterIsNotTheServer: what was tested until then stands.
func TestAProxyThatFailsLaterIsNotTheServer(t *testing.T) {
	t.Parallel()
	flags := emulated(t, emulator.Options{})
	var requests atomic.Int32
	_, variables := proxyFor(t, flags[1], func(w http.ResponseWriter) bool {
		if requests.Add(1) <= 40 {
			return false
		}
		w.Header().Set("X-Squid-Error", "ERR_ACCESS_DENIED 0")
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	flags[1] = "http://service.test"
	got := inProcess(t, variables, append([]string{"run", "--rate", "0"}, flags...)...)
	got.want(t, result.ExitUnreachable, "responded 403 Forbidden instead of the target")
	if strings.Contains(got.output, "FAIL ") {
		t.Error(got.output)
	}
}

// gateway lets nobody through to the emulator without its header, and repeats the
// value in what it refuses and passes on.
func gateway(t *testing.T, value string) http.Handler {
	t.Helper()
	behind := mustEmulate(t, emulator.Options{Seed: 1})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", r.Header.Get("X-Gateway"))
		if r.Header.Get("X-Gateway") != value || r.Header.Get("X-Goog-User-Project") != "mine" {
			http.Error(w, "you sent "+r.Header.Get("X-Gateway"), http.StatusForbidden)
			return
		}
		behind.ServeHTTP(w, r)
	})
}

// TestAHeaderForAGateway is on every request, and its value in nothing that is
// written.
func TestAHeaderForAGateway(t *testing.T) {
	t.Parallel()
	const value = "k-s3cr3t-0123456789"
	flags := append(flagsFor(t, gateway(t, value), nil), "--header", "X-Gateway: "+value, "--quota-project", "mine")
	folder := t.TempDir()
	reports, paths := everyFormat(folder, "a")
	got := call(t, append(append([]string{"run", "--verbose", "--spec", slimmed()}, reports...), flags...)...)
	got.want(t, result.ExitConforms)
	cassettes := filepath.Join(folder, "cassettes")
	recorded := call(t, append([]string{"record", "--spec", slimmed(), "--cassettes", cassettes}, flags...)...)
	recorded.want(t, result.ExitConforms)
	call(t, "run", "--spec", slimmed(), "--cassettes", cassettes).want(t, result.ExitConforms)
	wrong := call(t, append([]string{"run", "--header", "X-Gateway:"}, flags...)...)
	for name, text := range filesOf(t, cassettes) {
		paths[name] = filepath.Join(cassettes, name)
		if strings.Contains(text, "X-Gateway") || strings.Contains(text, "X-Goog-User-Project") {
			t.Errorf("%s: what is for the gateway is recorded", name)
		}
	}
	for name, path := range paths {
		if strings.Contains(readFile(t, path), value) {
			t.Errorf("%s holds the value of the header", name)
		}
	}
	if strings.Contains(got.all()+recorded.all()+wrong.all(), value) || wrong.exit != result.ExitUsage {
		t.Errorf("exit %d: the value of the header is printed: %s", wrong.exit, wrong.complaints)
	}
	// What is sent is shown, by a variable of a shell for the value.
	const shown = "X-Gateway: $HEADER_X_GATEWAY"
	call(t, append([]string{"run", "--dry-run", "--focus", "body.empty"}, flags...)...).want(t, result.ExitConforms, "each with X-Gateway: $HEADER_X_GATEWAY, X-Goog-User-Project: mine")
	call(t, append([]string{"doctor"}, flags...)...).want(t, result.ExitConforms, "sends "+shown+", X-Goog-User-Project: mine with every request")
	broken := append(flagsFor(t, http.NotFoundHandler(), nil), "--header", "X-Gateway: "+value, "--quota-project", "mine", "--report", "har="+folder+"/broken.har")
	got = call(t, append([]string{"run", "--focus", "body.empty"}, broken...)...)
	got.want(t, result.ExitFails, `-H "`+shown+`" -H "X-Goog-User-Project: mine"`)
	if har := readFile(t, folder+"/broken.har"); strings.Contains(got.all()+har, value) || !strings.Contains(har, "$HEADER_X_GATEWAY") {
		t.Error("the page does not name the header, or holds its value")
	}
	// A refusal that repeats the value is redacted too.
	refusing := append(flagsFor(t, gateway(t, "another"), nil), "--header", "X-Gateway: "+value, "--report", "json="+folder+"/refused.json")
	if got := call(t, append([]string{"run", "--focus", "body.unknown-field"}, refusing...)...); strings.Contains(got.all()+readFile(t, folder+"/refused.json"), value) {
		t.Error("the value of the header is in a report")
	}
}

// TestAClientCertificate is shown to a server that requires one, and what is
// wrong with its files is said in one line.
func TestAClientCertificate(t *testing.T) {
	t.Parallel()
	certificate, key := ownCertificate(t)
	_, otherKey := ownCertificate(t)
	server := httptest.NewUnstartedServer(mustEmulate(t, emulator.Options{}))
	server.TLS, server.Config.ErrorLog = &tls.Config{ClientAuth: tls.RequireAnyClientCert}, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	authority := writeFile(t, "authority.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	flags := []string{"--endpoint", server.URL, "--ca-cert", authority, "--token-template", platform.TokenTemplate}
	const says = "requires a client certificate: give --client-cert FILE and --client-key FILE"
	call(t, append([]string{"run"}, flags...)...).wantUnreachable(t, says)
	if found := examined(t, flags...); found.Exit != result.ExitUnreachable || !strings.Contains(found.Endpoint.Reason, says) {
		t.Errorf("%+v", found.Endpoint)
	}
	if found := examined(t, append(flags, "--client-cert", certificate, "--client-key", key)...); !found.Endpoint.Reached {
		t.Errorf("%+v", found.Endpoint)
	}
	run := "run --endpoint " + server.URL + " "
	refused(t, run+"--client-cert "+certificate, "--client-cert: a certificate without its key; give --client-key FILE")
	refused(t, run+"--client-key "+key, "--client-key: a key without its certificate; give --client-cert FILE")
	refused(t, run+"--client-cert "+certificate+" --client-key "+otherKey, "--client-cert: ", "are not a certificate with its key; ")
	refused(t, run+"--client-cert "+key+" --client-key "+key, "--client-cert: ", "are not a certificate with its key; ")
	refused(t, run+"--client-cert no-such-file --client-key "+key, "--client-cert: no-such-file: no such file")
	refused(t, run+"--client-cert /dev/zero --client-key "+key, "--client-cert: /dev/zero: ")
}
