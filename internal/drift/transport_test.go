package drift

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// TestChangesBesideTheSchemasAreTold makes one change at a time.
func TestChangesBesideTheSchemasAreTold(t *testing.T) {
	request := "        required: false\n        content:\n          application/json:"
	summary := "      summary: Retries a failed Portability Archive job.\n"
	parameter := func(in, required string) string {
		return summary + "      parameters:\n        - {name: force, in: " + in + ", required: " + required + ", schema: {type: boolean}}\n"
	}
	for _, one := range sample([]struct{ old, changed, want string }{
		{request, strings.Replace(request, "false", "true", 1), "changed breaking need of a body: body of the request of the method"},
		{request, strings.Replace(request, "json", "xml", 1), "changed breaking media types: media type of the request of the method"},
		{"names the new job.\n          content:\n            application/json:", "names the new job.\n          content:\n            application/xml:",
			"changed breaking media types: media type of the answer 200 of the method"},
		{summary, parameter("query", "true"), "added breaking parameters: query parameter force of the method"},
		{summary, parameter("header", "true"), "added breaking parameters: header parameter force of the method"},
		{summary, parameter("query", "false"), "added compatible parameters: query parameter force of the method"},
		{"x-retryable-states: [FAILED]", "x-retryable-states: [FAILED, CANCELLED]", "added compatible states that can be retried: CANCELLED"},
		{"x-retryable-states: [FAILED]", "x-retryable-states: [CANCELLED]", "removed breaking states that can be retried: FAILED"},
		{"        - {name: prettyPrint, example: \"false\"}\n", "", "removed breaking system parameters: prettyPrint"},
		{"        ABORTED: 409\n", "        ABORTED: 500\n", "changed breaking codes of errors: status of ABORTED"},
		{"The archive job ID that is initiated by", "The archive job ID that was initiated by", "changed documentation descriptions of members: member archiveJobId of the answer"},
		{"        Required. The Archive job ID you're retrying.", "        The Archive job ID you're retrying.", "changed documentation descriptions of members: parameter in the path"},
		{"        pattern: ^[^/]+$\n", "", "changed compatible form of the id: form of the id"},
		{"      maxProperties: 0\n", "", "changed compatible request: body of the request"},
		{summary, summary + "      deprecated: true\n", "changed compatible deprecation: deprecation of the method"},
		{"          description: The timestamp that represents the end point for the data you are exporting.\n", "",
			"removed documentation descriptions of members: member exportTime of the state"},
		{"            WWW-Authenticate:\n", "            X-Challenge:\n", "removed breaking headers of answers: WWW-Authenticate of the answer 401 of the method"},
		{summary, "", "changed documentation descriptions of members: method"},
		{summary, "      summary: Retries a job.\n", "changed documentation descriptions of members: method"},
	}) {
		comparison := compared(t, description(), edited(t, description(), one.old, one.changed))
		if got := lines(comparison); !slices.Contains(got, one.want) {
			t.Errorf("%q: got %q, want %q", one.changed, got, one.want)
		}
		for _, change := range comparison.Changes {
			if change.Class == Breaking && len(change.Requirements) == 0 {
				t.Errorf("%q touches nothing", change.Sentence)
			}
		}
	}
}

func TestParametersAndPatternsOfDiscoveryAreCompared(t *testing.T) {
	document := string(sourcetest.Discovery(t, "v0.311.0", "v1"))
	method := strings.Index(document, "\"dataportability.archiveJobs.retry\"")
	if method < 0 {
		t.Fatal("no such method")
	}
	changed := func(old, written string) string {
		at := strings.Index(document[method:], old)
		if at < 0 {
			t.Fatalf("there is no %q", old)
		}
		return document[:method+at] + written + document[method+at+len(old):]
	}
	forced := changed("\"parameters\": {", `"parameters": {"force": {"type": "string", "location": "query", "required": true},`)
	for _, one := range []struct{ from, against, want string }{
		{document, forced, "added breaking parameters: query parameter force of the method"},
		{forced, document, "removed breaking parameters: query parameter force of the method"},
		{document, changed("\"pattern\": \"^archiveJobs/[^/]+$\",", ""), "changed compatible form of the id: form of the id"},
		{changed("\"pattern\": \"^archiveJobs/[^/]+$\",", ""), document, "changed breaking form of the id: form of the id"},
	} {
		if got := lines(compared(t, one.from, one.against)); !slices.Equal(got, []string{one.want}) {
			t.Errorf("got %q, want %q", got, one.want)
		}
	}
}

// TestWhatOneSourceCannotSayIsNotCompared: it is named, and not passed over.
func TestWhatOneSourceCannotSayIsNotCompared(t *testing.T) {
	comparison := compared(t, description(), sourcetest.Page)
	for _, topic := range []spec.Topic{spec.BodyTopic, spec.ParametersTopic, spec.MediaTypesTopic, spec.CodesTopic, spec.RetryableStatesTopic} {
		if !slices.ContainsFunc(comparison.NotCompared, func(silence Silence) bool { return silence.Topic == topic }) {
			t.Errorf("nothing is said of %s", topic)
		}
	}
}

// TestSentencesArePlain: they begin with a capital letter and end with a full
// stop, whoever has written the words.
func TestSentencesArePlain(t *testing.T) {
	for old, changed := range map[string]string{
		"          type: string\n          minLength: 1\n          description: >-\n            The archive": "          type: string\n          description: >-\n            The archive",
		"      summary: Retries a failed": "      deprecated: true\n      summary: Retries a failed",
	} {
		for _, change := range compared(t, description(), edited(t, description(), old, changed)).Changes {
			if !sentenceForm.MatchString(change.Sentence) || strings.Contains(change.Sentence, "not deprecated") || strings.Contains(change.Sentence, "has the") {
				t.Errorf("%q", change.Sentence)
			}
		}
	}
}

var sentenceForm = regexp.MustCompile(`^[A-Z].*\.$`)
