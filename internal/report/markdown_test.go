package report

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// hostile is what a server may say to spoil a page or the log of a CI job.
const hostile = "</code></td><script>alert(1)</script> | `` | ``` \n# heading\n| a | b |\n::error::x\r\n##[error]y %0A %25 \x1b[31m [x](http://evil.example) <!-- "

// hostileRun is a run in which a server says everything of that kind.
func hostileRun(t testing.TB) Run {
	s := newScenario(t)
	sent := s.send("POST", "/v1/a:retry", hostile)
	s.add("path/example", result.Fail, "", "", finding("path", result.Fail, sent, hostile, hostile))
	s.add("body/example", result.Warn, "", "", finding("body", result.Warn, sent, hostile, hostile))
	s.add("semantics/example", result.Skip, hostile, hostile)
	s.add("errors/example", result.Error, hostile, "")
	return s.run(result.ExitFails)
}

// withKnown adds known failures of each state to a report.
func withKnown(report Report) Report {
	for i, state := range []result.KnownState{result.KnownUsed, result.KnownPassed, result.KnownNotJudged} {
		report.KnownFailures = append(report.KnownFailures, KnownFailure{Name: "known.yaml:" + string(rune('3'+i)), Entry: "check: path/" + string(state),
			File: "known.yaml", Line: 3 + i, Reason: "because " + hostile, Expires: "2027-01-31", Checks: []string{"path/" + string(state)}, State: state, NotJudged: "no job"})
	}
	return report
}

// rendered is Markdown as a browser gets it.
func rendered(t *testing.T, page string) string {
	t.Helper()
	var out bytes.Buffer
	reader := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := reader.Convert([]byte(page), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdownSaysWhatFailed(t *testing.T) {
	report := New(failing(t))
	page := written(t, report, WriteMarkdown)
	seen := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(rendered(t, page), "")
	path := requirementOf("path")
	for _, part := range []string{"archiveJobs.retry: does not conform", report.Target.Endpoint, "1.2.3-test", "exit 1", "sha256:", path.ID,
		"404 or 403", "401, and the token ", "curl -i", "path/example", "(in 3 exchanges)", "errors/example", "the proxy is away",
		"no job in state CANCELLED was given", "--job CANCELLED=ID", "a whole body"} {
		if !strings.Contains(seen, part) {
			t.Errorf("it does not say %q:\n%s", part, seen)
		}
	}
	for title, want := range map[string]bool{"Failures": true, "Warnings": true, "Skipped": true, "Errors": true, "Known failures": false, "Unexpected passes": false} {
		if got := strings.Contains(page, "### "+title+"\n"); got != want {
			t.Errorf("a section of %s: %v", title, got)
		}
	}
	if strings.Index(page, "### Failures") > strings.Index(page, "### Warnings") {
		t.Error("warnings stand before failures")
	}
	if !strings.Contains(page, "\n| all | 1 | 1 | 1 | 1 | 1 |\n") {
		t.Errorf("the counts are not there:\n%s", page)
	}
}

func TestMarkdownOfARunThatConformsIsShort(t *testing.T) {
	page := written(t, New(conforming(t)), WriteMarkdown)
	if strings.Contains(page, "###") || !strings.Contains(page, "## archiveJobs.retry: conforms\n") || !strings.Contains(page, "| all | 2 |") {
		t.Error(page)
	}
}

func TestMarkdownIsSafeWhateverAServerSays(t *testing.T) {
	for name, run := range map[string]Run{"hostile": hostileRun(t), "failing": failing(t), "unreachable": unreachable(t), "skipping": skipping(t)} {
		report := withKnown(New(run))
		report.Conclusion, report.Target.Provenance, report.Description.Revision = hostile, hostile, hostile
		report.Requirements[0].Statement, report.Requirements[0].Source = hostile, "javascript:"+hostile
		page := written(t, report, WriteMarkdown)
		seen := rendered(t, page)
		for _, never := range []string{"<script", "<!--", "evil.example\"", "<h1", "javascript:\""} {
			if strings.Contains(seen, never) {
				t.Errorf("%s has %s:\n%s", name, never, seen)
			}
		}
		if tables := strings.Count(page, "\n| ---") + strings.Count(page, "\n| ---:"); strings.Count(seen, "<table>") == 0 || strings.Count(seen, "<table>") > tables {
			t.Errorf("%s: %d tables", name, strings.Count(seen, "<table>"))
		}
		for _, line := range strings.Split(page, "\n") {
			if strings.HasPrefix(line, "|") && !strings.HasSuffix(line, "|") {
				t.Errorf("%s: a row is broken: %s", name, line)
			}
		}
		if strings.Contains(page, "\x1b") {
			t.Errorf("%s has control characters", name)
		}
	}
}

func TestMarkdownAndAnnotationsShowNoToken(t *testing.T) {
	for name, run := range everyRun(t) {
		for form, write := range map[string]func(io.Writer, Report) error{"Markdown": WriteMarkdown, "annotations": WriteAnnotations} {
			if text := written(t, New(run), write); strings.Contains(text, secret) {
				t.Errorf("%s shows a token of %s:\n%s", form, name, text)
			}
		}
	}
}

func TestASourceIsALinkOnlyWhereItIsAnAddress(t *testing.T) {
	for source, want := range map[string]string{
		"https://example/a#b":     "<https://example/a#b>",
		"http://example/":         "<http://example/>",
		"javascript:alert(1)":     "`javascript:alert(1)`",
		"https://example/ b":      "`https://example/ b`",
		"https://example/>x":      "`https://example/>x`",
		"https://example/|x":      "`https://example/\\|x`",
		"RFC 9110, section 15":    "`RFC 9110, section 15`",
		"https:///no-host":        "`https:///no-host`",
		"https://example/\nbreak": "`https://example/ break`",
	} {
		if got := linkOrCode(source); got != want {
			t.Errorf("%q is %s, want %s", source, got, want)
		}
	}
}

func TestTheCurlOfAReportedExchangeIsThatOfTheExchange(t *testing.T) {
	run := failing(t)
	report := New(run)
	for i, exchange := range run.Target.Journal() {
		if want, got := redactorFor(run.Target).Text(Curl(exchange)), CurlOf(report.Exchanges[i]); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	long := Exchange{Request: Message{Method: "POST", URL: "http://x", Credential: "no token", Body: strings.Repeat("x", longestBody) + "…", BodyBytes: 1 << 40}}
	if got := CurlOf(long); !strings.Contains(got, "--data-binary @body-of-1099511627776-bytes") || strings.Contains(got, "TOKEN") {
		t.Error(got)
	}
}
