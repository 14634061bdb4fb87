//go:build external

// Package oauthserver tests logins and tokens against an OAuth server of other
// people, oidc-provider, and the emulator behind TLS.
package oauthserver

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// surroundings are the program, the OAuth server and the emulator.
type surroundings struct {
	t *testing.T
	// program is the path of dpconform, issuer and endpoint the servers, and
	// authority the certificate that the endpoint's comes from.
	program   string
	issuer    string
	endpoint  string
	authority string
	home      string

	mutex   sync.Mutex
	printed []string
	secrets map[string]string
}

// startAll starts the servers, or skips the test where the OAuth server is not
// installed.
func startAll(t *testing.T) *surroundings {
	t.Helper()
	if _, err := os.Stat("node_modules/oidc-provider"); err != nil {
		t.Skip("skipped oidc-provider: it is not installed; make oauth installs it")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("skipped oidc-provider: there is no node")
	}
	folder := t.TempDir()
	s := &surroundings{t: t, program: filepath.Join(folder, "dpconform"), home: filepath.Join(folder, "home"), secrets: map[string]string{
		"secret of service": "the-secret-of-service", "secret of resource": "the-secret-of-resource",
	}}
	if printed, err := exec.Command("go", "build", "-o", s.program, "../../cmd/dpconform").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	s.startServer(folder)
	s.startEmulator(folder)
	return s
}

// startServer starts the OAuth server, which ends with its standard input.
func (s *surroundings) startServer(folder string) {
	method := spec.MustLoadEmbedded()
	known := append([]string{}, method.UnrelatedScopes...)
	for _, scope := range method.Scopes {
		known = append(known, scope.Name)
	}
	text, err := json.Marshal(known)
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(folder, "scopes.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		s.t.Fatal(err)
	}
	command := exec.Command("node", "server.mjs", file)
	input, err := command.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { input.Close() })
	s.issuer = s.start(command, "")
}

// startEmulator starts the emulator behind TLS. It asks the OAuth server what
// tokens are.
func (s *surroundings) startEmulator(folder string) {
	certificate, key := filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	s.authority = certificate
	makeCertificate(s.t, certificate, key)
	command := exec.Command(s.program, "emulate", "--tls-cert", certificate, "--tls-key", key,
		"--introspection-url", s.issuer+"/token/introspection", "--client-id", "resource")
	command.Env = append(os.Environ(), "DPCONFORM_CLIENT_SECRET=the-secret-of-resource")
	s.endpoint = s.start(command, "listening on ")
}

// start starts a server, which is stopped with the test, and gives what stands
// in its first line behind the prefix.
func (s *surroundings) start(command *exec.Cmd, prefix string) string {
	s.t.Helper()
	output, err := command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	line, err := lines.ReadString('\n')
	if err != nil {
		_ = command.Wait()
		s.t.Fatalf("%s did not start: %s", command.Path, &complaints)
	}
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, lines) }()
	s.t.Cleanup(func() {
		_ = command.Process.Kill()
		<-drained
		_ = command.Wait()
	})
	return strings.TrimPrefix(strings.TrimSpace(line), prefix)
}

// makeCertificate writes a certificate for this machine that is its own
// authority.
func makeCertificate(t *testing.T, certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// called is what a command line printed and its exit code.
type called struct {
	exit       int
	output     string
	complaints string
}

// command makes a command of dpconform in a home of the test's own.
func (s *surroundings) command(arguments ...string) *exec.Cmd {
	command := exec.Command(s.program, arguments...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "DPCONFORM_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, "XDG_CONFIG_HOME="+s.home, "HOME="+s.home)
	return command
}

// call runs dpconform to its end, with a client's secret where there is one.
func (s *surroundings) call(secret string, arguments ...string) called {
	s.t.Helper()
	command := s.command(arguments...)
	if secret != "" {
		command.Env = append(command.Env, "DPCONFORM_CLIENT_SECRET="+secret)
	}
	var output, complaints bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaints
	return s.ended(command.Run(), &output, &complaints)
}

func (s *surroundings) ended(err error, output, complaints *bytes.Buffer) called {
	s.t.Helper()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		s.t.Fatal(err)
	}
	got := called{output: output.String(), complaints: complaints.String()}
	if exited != nil {
		got.exit = exited.ExitCode()
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.printed = append(s.printed, got.output, got.complaints)
	return got
}

// login runs dpconform login, and a person answers in a browser. It gives the
// page that the person saw in the end.
func (s *surroundings) login(person *browser, arguments ...string) (called, string) {
	s.t.Helper()
	arguments = append([]string{"login", "--no-browser", "--issuer", s.issuer, "--endpoint", s.endpoint, "--wait", "1m"}, arguments...)
	command := s.command(arguments...)
	var output, complaints bytes.Buffer
	command.Stderr = &complaints
	pipe, err := command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	page, lines := "", bufio.NewScanner(pipe)
	for lines.Scan() {
		output.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), s.issuer+"/auth?") {
			var end string
			page, end = person.logIn(lines.Text())
			s.hideCode(end)
		}
	}
	return s.ended(command.Wait(), &output, &complaints), page
}

// hideCode remembers the code in the address that a browser came back to.
func (s *surroundings) hideCode(address string) {
	_, code, found := strings.Cut(address, "code=")
	if code, _, _ = strings.Cut(code, "&"); found {
		s.secrets["code of "+address] = code
	}
}

// logins reads the store, and remembers what is secret in it.
func (s *surroundings) logins() []tokens.Login {
	s.t.Helper()
	logins, err := tokens.NewStore(filepath.Join(s.home, "dpconform")).Logins()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, login := range logins {
		for _, secret := range []tokens.Secret{login.RefreshToken, login.AccessToken} {
			if secret != "" {
				s.secrets[login.Name()+string(secret)] = string(secret)
			}
		}
	}
	return logins
}
