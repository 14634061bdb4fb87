package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
)

// writtenForms lists how a secret may stand in an output.
func writtenForms(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "JSON": strings.Trim(string(quoted), `"`),
		"HTML": html.EscapeString(secret),
	}
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

// theft is a host that must not be asked for anything.
type theft struct {
	requests atomic.Int32
	address  string
}

func newTheft(t *testing.T) *theft {
	other := &theft{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { other.requests.Add(1) }))
	t.Cleanup(server.Close)
	other.address = server.URL
	return other
}

// scene is a leaky server, a host that it sends to, and all that was written.
type scene struct {
	secrets planted
	leaky   *leakyServer
	other   *theft
	address string
	folder  string
	outputs map[string]string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{secrets: plantSecrets(t), other: newTheft(t), folder: t.TempDir(), outputs: map[string]string{}}
	s.leaky = &leakyServer{secrets: s.secrets, otherHost: s.other.address, echoed: map[string]bool{}}
	s.address = listen(t, s.leaky)
	return s
}

// call runs a command line and keeps what it printed.
func (s *scene) call(t *testing.T, name string, arguments ...string) called {
	t.Helper()
	got := call(t, arguments...)
	s.outputs["console of "+name] = got.output
	s.outputs["standard output of "+name] = got.raw
	s.outputs["complaints of "+name] = got.complaints
	return got
}

// judged are the flags that send every token and ask for everything.
func (s *scene) judged(t *testing.T) []string {
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
// sent and what is answered, and looks for each in every byte of every output.
func TestNoPlantedSecretIsShownOrWritten(t *testing.T) {
	noRace(t)
	s := newScene(t)
	s.run(t)
	s.converted(t)
	s.record(t)
	s.configured(t)
	s.wrongUsage(t)
	s.crash(t)
	addFiles(t, s.folder, s.outputs)
	for _, leak := range leaksIn(s.outputs, s.secrets) {
		t.Error(leak)
	}
	if requests := s.other.requests.Load(); requests != 0 {
		t.Errorf("the host that redirects lead to was asked %d times", requests)
	}
	s.checkThatItWasPlanted(t)
}

// run judges the server with everything that run can write.
func (s *scene) run(t *testing.T) {
	arguments := append([]string{"run", "--verbose", "--write-known-failures", s.file("known.yaml"), "--level", "inferred",
		"--token", "dataportability.alerts.subscriptions=" + s.secrets["token of a flag"],
		"--token", "dataportability.alerts.subscriptions+unrelated=" + s.secrets["token of two scopes"]}, s.judged(t)...)
	arguments = append(arguments, s.everyKind("report")...)
	if got := s.call(t, "run", arguments...); got.exit != 1 {
		t.Errorf("run: exit %d: %s", got.exit, got.complaints)
	}
	s.call(t, "run with a template", "run", "--endpoint", s.address, "--token-template", s.secrets["token of a template"]+":{short}",
		"--job", "FAILED=failed-1,failed-2", "--report", "json=-", "--verbose")
	s.call(t, "dry run", append([]string{"run", "--dry-run", "--token", "dataportability.maps.reviews+unrelated=" + s.secrets["token of a flag"]}, s.judged(t)...)...)
	s.call(t, "doctor", "doctor", "--endpoint", s.address, "--token", "dataportability.maps.reviews="+s.secrets["token of a flag"])
}

// everyKind asks for a report of every kind, in files of a name.
func (s *scene) everyKind(name string) []string {
	var flags []string
	for _, kind := range report.Names() {
		path := s.file(name + "." + kind)
		if kind == "badge" {
			path += ".json"
		}
		flags = append(flags, "--report", kind+"="+path)
	}
	return flags
}

// converted makes every kind once more, of the JSON report.
func (s *scene) converted(t *testing.T) {
	if got := s.call(t, "report", append([]string{"report", s.file("report.json")}, s.everyKind("later")...)...); got.exit != 0 {
		t.Errorf("report: exit %d: %s", got.exit, got.complaints)
	}
	s.call(t, "report on the console", "report", s.file("report.json"))
}

// record keeps the server's answers as cassettes, and judges those.
func (s *scene) record(t *testing.T) {
	cassettes := s.file("cassettes")
	got := s.call(t, "record", append([]string{"record", "--cassettes", cassettes, "--token", "dataportability.alerts.subscriptions=" + s.secrets["token of a flag"]}, s.judged(t)...)...)
	if got.exit != 0 {
		t.Errorf("record: exit %d: %s", got.exit, got.complaints)
	}
	arguments := []string{"run", "--cassettes", cassettes}
	arguments = append(arguments, s.everyKind("replayed")...)
	if got := s.call(t, "replay", arguments...); got.exit != 1 {
		t.Errorf("replay: exit %d: %s", got.exit, got.complaints)
	}
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
			"--job", "FAILED=failed-1", "--focus", "authorization", "--report", "json="+s.file("refused"+filepath.Base(path)+".json"))
	}
	t.Setenv("DPCONFORM_CLIENT_SECRET", "")
}

// wrongUsage makes every mistake that has a secret in it.
func (s *scene) wrongUsage(t *testing.T) {
	token := s.secrets["token of a flag"]
	for name, one := range map[string]struct {
		exit      int
		arguments []string
	}{
		"token alone":        {2, []string{"run", "--endpoint", s.address, "--token", token}},
		"unknown scope":      {2, []string{"run", "--endpoint", s.address, "--token", "maps=" + token}},
		"swapped":            {2, []string{"run", "--endpoint", s.address, "--token", token + "=dataportability.maps.reviews"}},
		"white space":        {2, []string{"run", "--endpoint", s.address, "--token", "dataportability.maps.reviews=Bearer " + token}},
		"stray":              {2, []string{"run", "--endpoint", s.address, "--token", "dataportability.maps.reviews", token}},
		"no such flag":       {2, []string{"run", "--tokens=" + token}},
		"token as a command": {2, []string{token, "--token", "x=" + token}},
		"password":           {2, []string{"run", "--endpoint", "http://me:" + s.secrets["password of an endpoint"] + "@127.0.0.1"}},
		"broken address":     {2, []string{"run", "--endpoint", "://me:" + s.secrets["password of an endpoint"] + "@127.0.0.1"}},
		"key":                {2, []string{"run", "--endpoint", "http://127.0.0.1?key=" + s.secrets["key of an endpoint"]}},
		"broken key":         {2, []string{"run", "--endpoint", "127.0.0.1?key=" + s.secrets["key of an endpoint"]}},
		"token file":         {2, []string{"run", "--endpoint", s.address, "--token-file", writeFile(t, "a.yaml", s.secrets["token of a file"]+": dataportability.maps.reviews\n")}},
		"broken token file":  {2, []string{"run", "--endpoint", s.address, "--token-file", writeFile(t, "b.yaml", "dataportability.maps.reviews: ["+s.secrets["token of a file"]+"\n")}},
		"wrong token file":   {2, []string{"run", "--endpoint", s.address, "--token-file", writeFile(t, "c.yaml", "maps: "+s.secrets["token of a file"]+"\n")}},
		"configuration":      {2, []string{"run", "--config", writeFile(t, "d.yaml", "tokn: maps="+s.secrets["token of the configuration"]+"\n")}},
		"unreachable":        {4, []string{"run", "--endpoint", "http://127.0.0.1:1", "--token", "dataportability.maps.reviews=" + token}},
	} {
		if got := s.call(t, name, one.arguments...); got.exit != one.exit || got.complaints == "" {
			t.Errorf("%s: exit %d: %s", name, got.exit, got.complaints)
		}
	}
}

// crash lets a command panic with a secret in the reason.
func (s *scene) crash(t *testing.T) {
	for _, debug := range []string{"", "1"} {
		t.Setenv(debugVariable, debug)
		var complaints bytes.Buffer
		broken := &terminal{out: io.Discard, raw: io.Discard, err: &complaints, columns: func() int {
			panic("cannot show " + s.secrets["token of a flag"] + " and Bearer " + s.secrets["token behind a scheme"] + "\nsecond line")
		}}
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

// checkThatItWasPlanted holds the test to its own claims: what no server sent
// and nobody wrote cannot leak.
func (s *scene) checkThatItWasPlanted(t *testing.T) {
	if len(s.secrets) < 20 || s.leaky.redirects < 10 {
		t.Errorf("%d kinds, %d redirects", len(s.secrets), s.leaky.redirects)
	}
	for _, kind := range []string{"token of a flag", "token of two scopes", "token of a file", "token of the environment", "token of the configuration",
		"token of a template", "client secret of the environment"} {
		if !s.leaky.echoed[kind] {
			t.Errorf("the %s was never sent", kind)
		}
	}
	for _, name := range []string{"report.json", "report.junit", "known.yaml", "cassettes/provenance.yaml", "cassettes/authorization.yaml", "replayed.json"} {
		if text := s.outputs[s.file(name)]; len(text) < 100 {
			t.Errorf("%s has %d bytes", name, len(text))
		}
	}
	for _, marked := range []string{"dpconform-redacted:dataportability.maps.reviews", `\"urls\":[\"dpconform-redacted\",\"dpconform-redacted\"]`, "SID=dpconform-redacted; HttpOnly",
		"/steal#access_token=dpconform-redacted", "X-Goog-Api-Key", "<access_token>dpconform-redacted</access_token>"} {
		if !strings.Contains(s.outputs[s.file("report.json")], marked) {
			t.Errorf("the report lacks %s", marked)
		}
	}
}

// The search itself must be able to find: every secret, in every form.
func TestThePlantedSecretsCanBeFound(t *testing.T) {
	secrets := plantSecrets(t)
	for kind, secret := range secrets {
		for form, text := range map[string]string{
			"plain": secret, "in JSON": `{"a": "` + secret + `"}`, "base64": base64.StdEncoding.EncodeToString([]byte(secret)),
			"base64 behind a name": base64.StdEncoding.EncodeToString([]byte("me:" + secret)), "base64 behind another": base64.StdEncoding.EncodeToString([]byte("user:" + secret + "!")),
		} {
			if leaks := leaksIn(map[string]string{"an output": "before " + text + " behind"}, planted{kind: secret}); len(leaks) == 0 {
				t.Errorf("the %s is not found %s", kind, form)
			}
		}
	}
	for form := range uint32(5) {
		if _, body := secrets.leak(form, "Bearer x"); len(leaksIn(map[string]string{"an answer": body}, secrets)) == 0 {
			t.Errorf("answer %d holds no secret", form)
		}
	}
	if leaks := leaksIn(map[string]string{"an output": "dpconform-redacted"}, secrets); len(leaks) != 0 {
		t.Error(leaks)
	}
}

func addFiles(t *testing.T, folder string, outputs map[string]string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		outputs[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
