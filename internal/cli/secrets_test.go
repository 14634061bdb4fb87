package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// writtenForms lists how a secret may stand in an output. Its letters and digits are
// the same in a query, a path, JSON and HTML.
func writtenForms(secret string) map[string]string {
	forms := map[string]string{"plain": secret}
	// Three bytes are four letters of base64, so what stands in front decides how
	// a secret looks there. The letters at its edges are its neighbours' too.
	for before := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret + "xx"))
		forms[fmt.Sprintf("base64 behind %d", before)] = encoded[4 : 4+len(secret)]
	}
	return forms
}

// leaksIn lists every secret that stands in one of the outputs, in any form.
func leaksIn(outputs map[string]string, secrets planted) []string {
	var leaks []string
	for kind, secret := range secrets {
		for form, written := range writtenForms(secret) {
			for name, text := range outputs {
				if at := strings.Index(text, written); at >= 0 {
					leaks = append(leaks, fmt.Sprintf("%s shows the %s, %s: …%s…", name, kind, form, text[max(0, at-80):min(len(text), at+80)]))
				}
			}
		}
	}
	slices.Sort(leaks)
	return leaks
}

// scene is a leaky server and all that was written of it.
type scene struct {
	secrets planted
	leaky   *leakyServer
	address string
	folder  string
	outputs map[string]string
}

// call runs a command line and keeps what it printed.
func (s *scene) call(t *testing.T, name string, arguments ...string) called {
	t.Helper()
	got := call(t, arguments...)
	s.outputs["output of "+name] = got.all()
	return got
}

// tested are the flags that send every token and ask for everything.
func (s *scene) tested(t *testing.T) []string {
	t.Helper()
	tokens := writeFile(t, "tokens.yaml", fmt.Sprintf("dataportability.maps.reviews: %s\nunrelated: un%s\n", s.secrets["token of a file"], s.secrets["token of a file"]))
	return []string{"--endpoint", s.address, "--token-file", tokens,
		"--job", "FAILED=" + strings.Join(jobIDs("failed", 16), ","), "--job", "COMPLETE=complete-1,complete-2", "--job", "IN_PROGRESS=in-progress-1"}
}

func jobIDs(name string, count int) []string {
	ids := make([]string, count)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", name, i+1)
	}
	return ids
}

func (s *scene) file(name string) string { return filepath.Join(s.folder, name) }

// TestNoPlantedSecretIsShownOrWritten plants secrets of many kinds in what is
// sent and what comes back, and looks for each in every byte of every output.
func TestNoPlantedSecretIsShownOrWritten(t *testing.T) {
	stolen := 0
	other := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen++ }))
	s := &scene{secrets: plantSecrets(), folder: t.TempDir(), outputs: map[string]string{}}
	s.leaky = &leakyServer{secrets: s.secrets, otherHost: other, echoed: map[string]bool{}}
	s.address = listen(t, s.leaky)
	s.run(t)
	s.record(t)
	s.configured(t)
	s.wrongUsage(t)
	s.crash(t)
	files := filesOf(t, s.folder)
	maps.Copy(s.outputs, files)
	for _, leak := range leaksIn(s.outputs, s.secrets) {
		t.Error(leak)
	}
	if stolen != 0 {
		t.Errorf("the host that redirects lead to got %d requests", stolen)
	}
	s.checkThatItWasPlanted(t, files)
}

// run tests the server with everything that run can write.
func (s *scene) run(t *testing.T) {
	arguments := append([]string{"run", "--verbose", "--write-known-failures", s.file("known.yaml"), "--level", "inferred",
		"--token", "dataportability.alerts.subscriptions=" + s.secrets["token of a flag"],
		"--token", "dataportability.alerts.subscriptions+unrelated=" + s.secrets["token of two scopes"]}, s.tested(t)...)
	flags, _ := everyFormat(s.folder, "report")
	s.call(t, "run", append(arguments, flags...)...).want(t, result.ExitFails)
	s.call(t, "run with a template", "run", "--endpoint", s.address, "--token-template", s.secrets["token of a template"]+":{short}",
		"--job", "FAILED=failed-1,failed-2", "--report", "json=-", "--verbose")
	s.call(t, "dry run", append([]string{"run", "--dry-run", "--token", "dataportability.maps.reviews+unrelated=" + s.secrets["token of a flag"]}, s.tested(t)...)...)
	s.call(t, "doctor", "doctor", "--endpoint", s.address, "--token", "dataportability.maps.reviews="+s.secrets["token of a flag"])
}

// record keeps the server's responses as cassettes, and tests those.
func (s *scene) record(t *testing.T) {
	folder := s.file("cassettes")
	s.call(t, "record", append([]string{"record", "--spec", slimmed(), "--cassettes", folder, "--token", "dataportability.alerts.subscriptions=" + s.secrets["token of a flag"]}, s.tested(t)...)...).want(t, 0)
	s.call(t, "replay", "run", "--spec", slimmed(), "--cassettes", folder, "--report", s.file("replayed.json")).want(t, result.ExitFails)
}

// configured gives tokens by environment, by a file, and by a token server that
// refuses and repeats what it was sent.
func (s *scene) configured(t *testing.T) {
	config := writeFile(t, "dpconform.yaml", fmt.Sprintf("endpoint: %s\ntoken:\n  - dataportability.maps.reviews=%s\njob:\n  FAILED: [failed-1]\n", s.address, s.secrets["token of the configuration"]))
	s.call(t, "run with a file", "run", "--config", config, "--report", "json="+s.file("configured.json"))
	t.Setenv("DPCONFORM_TOKEN", "dataportability.maps.reviews="+s.secrets["token of the environment"])
	s.call(t, "run with variables", "run", "--endpoint", s.address, "--job", "FAILED=failed-1", "--report", "junit="+s.file("variables.xml"))
	t.Setenv("DPCONFORM_TOKEN", "nonsense="+s.secrets["token of the environment"])
	s.call(t, "run with wrong variables", "run", "--endpoint", s.address)
	t.Setenv("DPCONFORM_TOKEN", "")
	t.Setenv("DPCONFORM_CLIENT_SECRET", s.secrets["client secret of the environment"])
	for _, path := range append(jobIDs("/token", 3), "/token-redirect") {
		s.call(t, "run with a token server "+path, "run", "--endpoint", s.address, "--token-url", s.address+path, "--client-id", "me",
			"--job", "FAILED=failed-1", "--focus", "authorization/no-token", "--focus", "body.empty", "--report", "json="+s.file("refused"+filepath.Base(path)+".json"))
	}
	t.Setenv("DPCONFORM_CLIENT_SECRET", "")
}

// wrongUsage makes every mistake that has a secret in it.
func (s *scene) wrongUsage(t *testing.T) {
	token, password, key, inFile := s.secrets["token of a flag"], s.secrets["password of an endpoint"], s.secrets["key of an endpoint"], s.secrets["token of a file"]
	run := "run --endpoint " + s.address + " "
	for i, line := range []string{
		run + "--token " + token, run + "--token maps=" + token, run + "--token " + token + "=dataportability.maps.reviews",
		run + "--token dataportability.maps.reviews " + token, "run --tokens=" + token, token + " --token x=" + token,
		"run --endpoint http://me:" + password + "@127.0.0.1", "run --endpoint ://me:" + password + "@127.0.0.1",
		"run --endpoint http://127.0.0.1?key=" + key, "run --endpoint 127.0.0.1?key=" + key,
		run + "--token-file " + writeFile(t, "a.yaml", inFile+": dataportability.maps.reviews\n"),
		run + "--token-file " + writeFile(t, "b.yaml", "dataportability.maps.reviews: ["+inFile+"\n"),
		run + "--token-file " + writeFile(t, "c.yaml", "maps: "+inFile+"\n"),
		"run --config " + writeFile(t, "d.yaml", "tokn: maps="+s.secrets["token of the configuration"]+"\n"),
	} {
		s.call(t, fmt.Sprint("mistake ", i), strings.Fields(line)...).wantOneLine(t)
	}
	for i, address := range []string{
		"http://me:pa/" + password + "@h", "http://me:pa?" + password + "@h", "http://h/%zz?k=" + key, "http://h:12x?k=" + key, "http://u:" + password + "@[::1",
		"//u:" + password + "@h/", "u:" + password + "@h", "http://" + password + "@h", "http://h#" + key, "http://h/\x01?k=" + key,
	} {
		for _, command := range []string{
			"run --endpoint", "doctor --endpoint", "record --endpoint", "client --upstream", "client --listen", "emulate --addr", "login --issuer", "login --endpoint",
			run + "--client-id x --token-url", run + "--tokeninfo-url", run + "--introspection-url", "drift", "run --spec", "run --config", "run --token-file",
			"run --known-failures", "run --cassettes", "report", "diff x", "spec new --from",
			run + "--token-file " + writeFile(t, "source.yaml", fmt.Sprintf("maps.*: {refresh-token: x, client-id: x, client-secret: x, token-url: %q}\n", address)) + " --job",
			run + "--known-failures " + writeFile(t, "known-link.yaml", fmt.Sprintf("- {check: path/empty-id, reason: x, issue: %q}\n", address)) + " --job",
		} {
			s.call(t, fmt.Sprintf("address %d of %s", i, command), append(strings.Fields(command), address)...)
		}
		for _, variable := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
			t.Setenv(variable, address)
		}
		s.call(t, fmt.Sprintf("address %d as a proxy", i), "run", "--endpoint", "https://h.invalid", "--job", "FAILED=x")
		for _, variable := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
			t.Setenv(variable, "")
		}
	}
	s.call(t, "white space", "run", "--endpoint", s.address, "--token", "dataportability.maps.reviews=Bearer "+token).wantOneLine(t)
	s.call(t, "unreachable", "run", "--endpoint", nobody, "--token", "dataportability.maps.reviews="+token).want(t, result.ExitUnreachable)
}

// crash lets a command panic with a secret in the reason.
func (s *scene) crash(t *testing.T) {
	for _, debug := range []string{"", "1"} {
		t.Setenv(debugVariable, debug)
		var complaints bytes.Buffer
		broken := quiet()
		broken.err, broken.columns = &complaints, func() int {
			panic("cannot show " + s.secrets["token of a flag"] + " and Bearer " + s.secrets["token behind a scheme"] + "\nsecond line")
		}
		exit := execute(context.Background(), broken, []string{"run", "--endpoint", s.address, "--token", "dataportability.maps.reviews=" + s.secrets["token of a flag"]})
		s.outputs["crash"+debug] = complaints.String()
		if exit != 4 || !strings.HasPrefix(complaints.String(), "dpconform: internal error: cannot show dpconform-redacted and Bearer dpconform-redacted") {
			t.Errorf("exit %d: %s", exit, complaints.String())
		}
		if lines := strings.Count(complaints.String(), "\n"); (lines > 1) != (debug != "") {
			t.Errorf("%d lines: %s", lines, complaints.String())
		}
	}
	t.Setenv(debugVariable, "")
}

// checkThatItWasPlanted checks what the test claims: what no server sent and
// nobody wrote cannot leak, and what is there is found in every form.
func (s *scene) checkThatItWasPlanted(t *testing.T, files map[string]string) {
	if len(s.secrets) < 20 || s.leaky.redirects < 10 {
		t.Errorf("%d kinds, %d redirects", len(s.secrets), s.leaky.redirects)
	}
	for _, kind := range sentKinds {
		if s.leaky.echoed[kind] == strings.HasSuffix(kind, " of an endpoint") {
			t.Errorf("the %s: sent %v", kind, s.leaky.echoed[kind])
		}
	}
	for _, name := range []string{"report.json", "report.junit", "known.yaml", "cassettes/provenance.yaml", "cassettes/authorization.yaml", "replayed.json"} {
		if len(files[name]) < 100 {
			t.Errorf("%s has %d bytes", name, len(files[name]))
		}
	}
	for _, marked := range []string{"dpconform-redacted:dataportability.maps.reviews", `\"urls\":[\"dpconform-redacted (string, 60 bytes)\",\"dpconform-redacted (string, `, "SID=dpconform-redacted; HttpOnly",
		"/steal#access_token=dpconform-redacted", "X-Goog-Api-Key", "<access_token>dpconform-redacted (string, 30 bytes)</access_token>"} {
		if !strings.Contains(files["report.json"], marked) {
			t.Errorf("the report does not have %s", marked)
		}
	}
	for kind, secret := range s.secrets {
		for _, text := range []string{secret, basic(secret), base64.StdEncoding.EncodeToString([]byte("user:" + secret + "!"))} {
			if len(leaksIn(map[string]string{"": "before " + text + " behind"}, planted{kind: secret})) == 0 {
				t.Errorf("the %s is not found in %s", kind, text)
			}
		}
	}
	for form := range uint32(leaks) {
		if _, body := s.secrets.leak(form, "Bearer x"); len(leaksIn(map[string]string{"": body}, s.secrets)) == 0 {
			t.Errorf("response %d holds no secret", form)
		}
	}
}
