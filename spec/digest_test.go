package spec

import (
	"regexp"
	"strings"
	"testing"
)

// TestTheDigestIsOfTheMeaning: what a run neither sends nor expects does not
// change it, and everything else does.
func TestTheDigestIsOfTheMeaning(t *testing.T) {
	t.Parallel()
	text := ownText(t)
	first := mustLoad(t, text)
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(first.Digest) {
		t.Fatalf("digest %s", first.Digest)
	}
	edit := func(edits ...string) string { return strings.NewReplacer(edits...).Replace(text) }
	const alerts, autofill = "dataportability.alerts.subscriptions]", "dataportability.chrome.autofill]"
	for name, test := range map[string]struct {
		text string
		same bool
	}{
		"a comment":                  {"# edited\n" + edit("paths:\n", "paths: # all of them\n"), true},
		"CRLF":                       {strings.ReplaceAll(text, "\n", "\r\n"), true},
		"a byte order mark":          {"\ufeff" + text, true},
		"keys in a different order":  {edit(ownLevel+ownStatement, ownStatement+ownLevel, "      tags: [archiveJobs]\n      summary: Retries a failed Portability Archive job.\n", "      summary: Retries a failed Portability Archive job.\n      tags: [archiveJobs]\n"), true},
		"paths in a different order": {moved(t, text, "  /v1/archiveJobs/{archiveJob}:retry:\n", "  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:\n", "components:\n"), true},
		"other words":                {edit("The rest of it MUST be", "All else MUST be", "The rest of it is refused.", "All else is refused.", "example.com/page", "example.com/other"), true},
		"another title":              {edit("  title: Data", "  title: The Data"), true},
		"another description":        {edit("Response from retrying a Portability Archive.\n      type", "Response.\n      title: A response\n      type"), true},
		"another example":            {edit("7d1f4c0e-5b7a-4d0c-9d43-2f6a3d1c8b90", "other"), true},
		"another page":               {edit(`        updated: "2025-07-25"`, `        updated: "2025-07-26"`), true},
		"the default codes":          {strings.Replace(text, cut(t, "      x-google-rpc-codes:\n", "      requestBody:"), "", 1), true},

		"scopes in a different order":     {edit(alerts, autofill, autofill, alerts), false},
		"states in a different order":     {edit("[STATE_UNSPECIFIED, IN_PROGRESS, COMPLETE, FAILED, CANCELLED]", "[FAILED, STATE_UNSPECIFIED, IN_PROGRESS, COMPLETE, CANCELLED]"), false},
		"another scope":                   {edit(autofill, "dataportability.chrome.other]"), false},
		"a scope less":                    {edit(autofillScope, ""), false},
		"another state":                   {edit("FAILED, CANCELLED]", "FAILED, CANCELLED, LOST]"), false},
		"another accepted state":          {edit("x-accepted-states: [FAILED]", "x-accepted-states: [FAILED, CANCELLED]"), false},
		"no effect":                       {edit("      x-effect: starts\n", ""), false},
		"another unrelated scope":         {edit("auth/userinfo.email", "auth/userinfo.profile"), false},
		"another parameter":               {edit("{name: alt, example: json}", "{name: alt, example: media}"), false},
		"parameters in a different order": {edit("{name: alt, example: json}", "{name: prettyPrint, example: \"false\"}", "{name: prettyPrint, example: \"false\"}", "{name: alt, example: json}"), false},
		"another endpoint":                {edit("  - url: https://dataportability.googleapis.com", "  - url: https://example.com"), false},
		"another path":                    {edit("{archiveJob}:retry:", "{archiveJob}:again:"), false},
		"another pattern":                 {edit("pattern: ^[^/]+$", "pattern: ^[^/]{3,}$"), false},
		"another schema":                  {edit("          minLength: 1\n          description: >-\n            The archive job ID", "          minLength: 2\n          description: >-\n            The archive job ID"), false},
		"another code":                    {edit("        ABORTED: 409", "        ABORTED: 410"), false},
		"another level":                   {edit(ownFirstLine+ownLevel, ownFirstLine+"          level: inferred\n"), false},
		"SHOULD":                          {edit("The rest of it MUST be", "The rest of it SHOULD be"), false},
		"another expectation":             {edit(ownExpect, "          expect: {status: [4xx, 5xx]}\n"), false},
		"a requirement less":              {edit(own, ""), false},
		"a set less":                      {edit("http, new-job,", "new-job,", cut(t, "        - id: response.status\n", "        - id: response.id-present\n"), "", cut(t, "        - id: robustness.in-time\n", "      # The other side"), ""), false},
		"a draft":                         {edit(ownFirstLine, ownFirstLine+"          draft: true\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.text == text {
				t.Fatal("nothing is edited")
			}
			if got := mustLoad(t, test.text).Digest; (got == first.Digest) != test.same {
				t.Errorf("the same digest: %t", !test.same)
			}
		})
	}
}

// moved moves what is between two passages behind the second part, which ends
// before the third.
func moved(t *testing.T, text, from, to, end string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, from)
	part, rest, foundTo := strings.Cut(rest, to)
	second, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundTo || !foundEnd {
		t.Fatalf("no %q, %q, %q", from, to, end)
	}
	return before + to + second + from + part + end + after
}
