package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// ownCertificate writes a certificate of this machine and its key.
func ownCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "certificate.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))),
		writeFile(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
}

// emulating runs dpconform emulate until the test ends and gives its endpoint
// and all that it printed first.
func emulating(t *testing.T, arguments ...string) (endpoint, printed string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan struct{})
	var complaints bytes.Buffer
	go func() {
		defer close(ended)
		on := quiet()
		on.out, on.raw, on.err = writer, writer, &complaints
		execute(ctx, on, append([]string{"emulate"}, arguments...))
		writer.Close()
	}()
	t.Cleanup(func() { stop(); <-ended })
	text := make([]byte, 1<<14)
	for !strings.Contains(printed, "stop it with Ctrl-C") {
		read, err := reader.Read(text)
		if err != nil {
			<-ended
			t.Fatalf("it ended: %s", &complaints)
		}
		printed += string(text[:read])
	}
	endpoint, _, _ = strings.Cut(strings.TrimPrefix(printed, "listening on "), "\n")
	return endpoint, printed
}

func TestTheEmulatorServesTLS(t *testing.T) {
	t.Parallel()
	certificate, key := ownCertificate(t)
	endpoint, printed := emulating(t, "--tls-cert", certificate, "--tls-key", key)
	if !strings.HasPrefix(endpoint, "https://127.0.0.1:") || !strings.Contains(printed, "--endpoint "+endpoint+" --ca-cert "+certificate) ||
		!strings.Contains(printed, " --token 'expired=scope:expired'") {
		t.Errorf("%s", printed)
	}
	flags := []string{"--endpoint", endpoint, "--ca-cert", certificate, "--token-template", platform.TokenTemplate}
	if found := examined(t, flags...); found.Endpoint.Protocol != "HTTP/2.0" || found.Endpoint.TLS != "TLS 1.3" || found.Exit != result.ExitInconclusive {
		t.Errorf("%+v", found.Endpoint)
	}
	if got := call(t, append([]string{"run", "--focus", "authorization"}, append(flags, "--job", "COMPLETE=complete-1", "--job", "FAILED=failed-1,failed-2,failed-3")...)...); got.exit == result.ExitFails || got.exit == result.ExitUnreachable {
		t.Errorf("exit %d\n%s", got.exit, got.output)
	}
	stranger := examined(t, "--endpoint", endpoint, "--token-template", platform.TokenTemplate)
	if stranger.Exit != result.ExitUnreachable || !strings.Contains(stranger.Endpoint.Reason, "--ca-cert FILE") {
		t.Errorf("%+v", stranger.Endpoint)
	}
}

// TestTheEmulatorServesEveryBuiltInMethod: one after the other, each is tested over
// the same jobs.
func TestTheEmulatorServesEveryBuiltInMethod(t *testing.T) {
	t.Parallel()
	endpoint, printed := emulating(t)
	for _, name := range spec.Shipped() {
		description, err := spec.Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := spec.Load(description)
		if err != nil {
			t.Fatal(err)
		}
		if path := method.Operation.Path.String(); !strings.Contains(printed, path+"\n") {
			t.Errorf("%s is not served: %s", path, printed)
		}
		command := append([]string{"run", "--method", name, "--endpoint", endpoint, "--token-template", platform.TokenTemplate}, printedJobs(printed)...)
		if got := call(t, command...); got.exit != 0 {
			t.Errorf("%s: exit %d\n%s", name, got.exit, got.output)
		}
	}
	if only, printed := emulating(t, "--method", spec.Shipped()[1]); strings.Contains(printed, ":"+embedded().Operation.Path.Verb()) {
		t.Errorf("%s serves another method: %s", only, printed)
	}
}

// printedJobs takes the flags of jobs out of what emulate printed.
func printedJobs(printed string) []string {
	var flags []string
	for line := range strings.SplitSeq(printed, "\n") {
		if job, found := strings.CutPrefix(strings.TrimRight(line, " \\"), "    --job "); found {
			flags = append(flags, "--job", job)
		}
	}
	return flags
}

// plainDescription has no states, no security, and no method that reads states.
const plainDescription = `openapi: 3.1.0
info: {title: An example, version: 1.0.0}
servers: [{url: "https://api.example"}]
paths:
  /v1/things/{id}:touch:
    put:
      operationId: things.touch
      x-requirement-sets: [transcoding, system-parameters, empty-message, json-body, http, resource, error-model]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        "200": {description: It was touched., content: {application/json: {schema: {type: object}}}}
        "404": {description: There is none., content: {application/json: {schema: {type: object}}}}
`

func TestTheEmulatorServesAMethodWithoutStatesAndSecurity(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "plain.yaml", plainDescription)
	endpoint, printed := emulating(t, "--spec", file)
	if !strings.Contains(printed, "  PUT  /v1/things/{id}:touch\ntest it with") || strings.Contains(printed, "--token-template") {
		t.Errorf("%s", printed)
	}
	command := append([]string{"run", "--spec", file, "--endpoint", endpoint}, printedJobs(printed)...)
	if got := call(t, command...); got.exit != 0 {
		t.Errorf("exit %d\n%s", got.exit, got.output)
	}
	endpoint, _ = emulating(t, "--spec", file, "--fault", "unknown-job-gone")
	command[4] = endpoint
	if got := call(t, command...); got.exit != result.ExitFails || !strings.Contains(got.output, "semantics.unknown-job") {
		t.Errorf("with a fault: exit %d\n%s", got.exit, got.output)
	}
}

// TestTheFaultsOfSeveralMethods: each says which method has it where not all have,
// and what it does to each.
func TestTheFaultsOfSeveralMethods(t *testing.T) {
	t.Parallel()
	listed := call(t, "emulate", "--fault", "list").raw
	for _, want := range []string{
		"breaks path.trailing-slash\n", "breaks response.id-present, of dataportability.archiveJobs.retry\n",
		"breaks semantics.changed-state, of dataportability.archiveJobs.cancel\n",
		"A job that is FAILED is refused like any other.\n", "A job that is IN_PROGRESS is refused like any other.\n",
	} {
		if !strings.Contains(listed, want) {
			t.Errorf("no %q in\n%s", want, listed)
		}
	}
}

// TestAFaultOfAHeaderNameIsSeenOverTheNetwork: the tests of the emulator have no
// server in between, which would hide how the name was written.
func TestAFaultOfAHeaderNameIsSeenOverTheNetwork(t *testing.T) {
	t.Parallel()
	endpoint, _ := emulating(t, "--addr", "127.0.0.1:0", "--fault", "header-name-compared-exactly")
	result := call(t, "run", "--endpoint", endpoint, "--token-template", "scope:{short}", "--focus", "authorization.header-case",
		"--job", "COMPLETE=complete-1")
	if !strings.Contains(result.output, "FAIL authorization.header-case") {
		t.Errorf("%s", result.output)
	}
}

func TestWhatEmulateRefuses(t *testing.T) {
	t.Parallel()
	certificate, key := ownCertificate(t)
	_, otherKey := ownCertificate(t)
	refused(t, "emulate --tls-cert "+certificate, "--tls-cert", "give --tls-key FILE")
	refused(t, "emulate --tls-key "+key, "--tls-key", "give --tls-cert FILE")
	refused(t, "emulate --tls-cert "+certificate+" --tls-key "+otherKey, "--tls-cert", "are not a certificate with its key")
	refused(t, "emulate --tls-cert no-such-file --tls-key "+key, "--tls-cert", "no-such-file")
	refused(t, "emulate --introspection-url http://auth.example", "--introspection-url", "sent unencrypted")
	refused(t, "emulate --fault get-acceptd", "get-accepted")
	refused(t, "emulate --method "+spec.Shipped()[0]+" --fault state-unchanged", "state-unchanged", "semantics.changed-state")
}

// TestTheEmulatorAsksWhatATokenIs: once for a number of requests.
func TestTheEmulatorAsksWhatATokenIs(t *testing.T) {
	method := embedded()
	asked := 0
	server := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		user, secret, _ := r.BasicAuth()
		if user != "an-id" || secret != "a-secret-of-the-emulator" {
			t.Errorf("asked by %q", user)
		}
		if r.FormValue("token") == "known" {
			fmt.Fprintf(w, `{"active":true,"scope":%q}`, method.Scopes[0].Name)
			return
		}
		fmt.Fprint(w, `{"active":false}`)
	}))
	t.Setenv("DPCONFORM_CLIENT_SECRET", "a-secret-of-the-emulator")
	endpoint, _ := emulating(t, "--introspection-url", server, "--client-id", "an-id")
	t.Setenv("DPCONFORM_CLIENT_SECRET", "")
	short := method.Scopes[0].Short()
	found := examined(t, "--endpoint", endpoint, "--token", short+"=known", "--job", "FAILED=failed-1,failed-2")
	if found.Jobs[0].State != "FAILED" || !found.Jobs[1].Agrees || found.Scopes[0].State != tokenThere {
		t.Errorf("%+v", found.Jobs)
	}
	if found := examined(t, "--endpoint", endpoint, "--token", short+"=unknown", "--job", "FAILED=failed-1"); found.Jobs[0].Agrees {
		t.Errorf("%+v", found.Jobs)
	}
	if asked != 2 {
		t.Errorf("asked %d times for two tokens", asked)
	}
}

// TestAPartOfTheUnrelatedScopesIsReported: a token of one is enough, and a report
// says that the others were not tried.
func TestAPartOfTheUnrelatedScopesIsReported(t *testing.T) {
	t.Parallel()
	endpoint, _ := emulating(t)
	run := []string{"run", "--endpoint", endpoint, "--job", "COMPLETE=complete-1", "--focus", "authorization/unrelated-scope",
		"--token", "dataportability.maps.reviews=scope:dataportability.maps.reviews"}
	const partly = "authorization/unrelated-scope tried 1 of 7 scopes, because tokens are missing"
	call(t, append(run, "--token", "unrelated=scope:userinfo.email")...).want(t, result.ExitConforms, "not tested", partly)
	if all := call(t, append(run, "--token-template", platform.TokenTemplate)...); strings.Contains(all.words(), "tried") || all.exit != result.ExitConforms {
		t.Errorf("exit %d\n%s", all.exit, all.output)
	}
}

// TestThePrintedCommandTestsAMethodThatTheFaultBreaks, whichever method that is.
func TestThePrintedCommandTestsAMethodThatTheFaultBreaks(t *testing.T) {
	t.Parallel()
	methods, err := shippedMethods()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range emulator.Faults(methods[1]) {
		if canHave(fault.Name)(methods[0]) {
			continue
		}
		if _, printed := emulating(t, "--fault", fault.Name); !strings.Contains(printed, " --method "+spec.Shipped()[1]+" ") || strings.Contains(printed, "to test another method") {
			t.Errorf("%s: %s", fault.Name, printed)
		}
		return
	}
	t.Error("no fault is one of another method alone")
}
