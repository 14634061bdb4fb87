package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// pageOfTwo is a page with a client that is not right in one scenario, for one
// reason, and one that is right.
func pageOfTwo(t *testing.T, change func(wrong, right *judged)) string {
	t.Helper()
	finding := result.Finding{Requirement: "client.authorization.other-host", Verdict: result.Fail, Want: "no token", Got: "a token"}
	of := func(name, version string, report result.Report) judged {
		return judged{program: fake(t, name), version: version, runtimeVersion: "1.26.8", report: report,
			sent: []sent{{given: message, request: report.Exchanges[0].Request}}}
	}
	wrong, right := of("Go", "v1.2.3", reported(finding)), of("curl", "7.8.9", reported())
	right.runtimeName, right.runtimeVersion = "curl", "7.8.9"
	change(&wrong, &right)
	return pageOf(spec.MustLoadEmbedded(), []judged{wrong, right}, nil)
}

// TestThePageIsHeldAgainstTheClients: another verdict, requirement, request or
// library is told; another runtime or another number of a note is not.
func TestThePageIsHeldAgainstTheClients(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.md")
	if err := os.WriteFile(path, []byte(pageOfTwo(t, func(_, _ *judged) {})), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(wrong, right *judged)
		want   string
	}{
		"the same": {func(_, _ *judged) {}, ""},
		"another runtime": {func(wrong, right *judged) {
			wrong.runtimeVersion, right.version, right.runtimeVersion = "1.27", "8.1", "8.1"
		}, ""},
		"other words": {func(wrong, _ *judged) { wrong.report.Checks[1].Findings[0].Got = "a token, after 2.1s" }, ""},
		"a verdict":   {func(_, right *judged) { right.report.Checks[0].Verdict = result.Warn }, "curl, `success`: %s says pass, and it is warn"},
		"a requirement": {func(wrong, _ *judged) { wrong.report.Checks[1].Findings[0].Requirement = "client.path.verb" },
			"Go, `redirect`: %s says fail client.authorization.other-host, and it is fail client.path.verb"},
		"a request": {func(wrong, _ *judged) { wrong.sent[0].request.Body = "null" }, "Go, given the empty message: %s says `POST "},
		"a library": {func(wrong, _ *judged) { wrong.version = "v1.2.4" }, "Go, version: %s says `a-library` v1.2.3, and it is `a-library` v1.2.4"},
		"a scenario": {func(wrong, right *judged) {
			wrong.report.Checks, right.report.Checks = wrong.report.Checks[:1], right.report.Checks[:1]
		}, "Go, `redirect`: %s says fail client.authorization.other-host, and it is nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := checkPage(&out, path, pageOfTwo(t, test.change))
			if test.want == "" {
				if err != nil || out.String() != path+" says what Go and curl do\n" {
					t.Errorf("%v: %s", err, out.String())
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), path+" is not what the clients do: ") ||
				!strings.Contains(out.String(), strings.ReplaceAll(test.want, "%s", path)) {
				t.Errorf("want %q, got %v:\n%s", test.want, err, out.String())
			}
		})
	}
}

// TestAClientThatIsNotThereIsNotCompared: the page may tell of more clients.
func TestAClientThatIsNotThereIsNotCompared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.md")
	both := pageOfTwo(t, func(_, _ *judged) {})
	if err := os.WriteFile(path, []byte(both), 0o600); err != nil {
		t.Fatal(err)
	}
	alone := judged{program: fake(t, "Go"), version: "v1.2.3", report: reported(result.Finding{Requirement: "client.authorization.other-host"}),
		sent: []sent{{given: message, request: reported().Exchanges[0].Request}}}
	var out bytes.Buffer
	if err := checkPage(&out, path, pageOf(spec.MustLoadEmbedded(), []judged{alone}, nil)); err != nil {
		t.Errorf("%v: %s", err, out.String())
	}
	if len(readPage(both)) < 8 {
		t.Errorf("little was read: %v", readPage(both))
	}
}

// TestTheShippedPageIsRead: all that the comparison needs is found in it.
func TestTheShippedPageIsRead(t *testing.T) {
	found := readPage(read(t, "..", "..", "docs", "clients.md"))
	for _, one := range programs {
		for _, row := range []string{"`success`", "requirements kept", "given " + one.givenText(one.runs[0])} {
			if found[subject{one.name, row}] == "" {
				t.Errorf("nothing is told of %s, %s", one.name, row)
			}
		}
		if (found[subject{one.name, "version"}] == "") == one.google {
			t.Errorf("the version of %s: %q", one.name, found[subject{one.name, "version"}])
		}
	}
}
