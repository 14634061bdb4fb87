package spec

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// lineOf gives the 1-based line in which a passage begins.
func lineOf(t testing.TB, text, passage string) int {
	t.Helper()
	before, _, found := strings.Cut(text, passage)
	if !found {
		t.Fatalf("the description lacks %q", passage)
	}
	return strings.Count(before, "\n") + 1
}

const (
	firstID          = "retry.path.method-and-verb"
	firstRequirement = "        - id: " + firstID + "\n"
	firstLevel       = "          level: documented\n"
	firstQuote       = "          quote: POST https://dataportability.googleapis.com/v1/{name=archiveJobs/*}:retry\n"
	firstSource      = "          source: https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/retry#body.HTTP_TEMPLATE\n"
	autofillScope    = "        - oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]\n"
	retryPath        = "  /v1/archiveJobs/{archiveJob}:retry:\n"
	statePath        = "  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:\n"
	retryOperation   = "    post:\n"
	stateOperation   = "    get:\n"
)

// broken is one edit that makes the description wrong.
type broken struct {
	name     string
	old, new string
	// place is what the error points to in the edited text; empty: line 1.
	place string
	// says are parts of the message.
	says []string
}

// run makes the edit and holds the error against what is wanted.
func (b broken) run(t *testing.T) {
	t.Run(b.name, func(t *testing.T) {
		text := replaced(t, embeddedText(), b.old, b.new)
		line := 1
		if b.place != "" {
			line = lineOf(t, text, b.place)
		}
		wantMistake(t, text, line, b.says...)
	})
}

// wantMistake loads a text that must be refused in a line, in words.
func wantMistake(t *testing.T, text string, line int, says ...string) {
	t.Helper()
	contract, err := loadEdited(text)
	var mistake *DescriptionError
	if !errors.As(err, &mistake) || contract != nil {
		t.Fatalf("contract %v, error %v", contract, err)
	}
	if mistake.File != "edited.openapi.yaml" || mistake.Line != line {
		t.Errorf("%s: want line %d", err, line)
	}
	for _, part := range says {
		if !strings.Contains(mistake.Message, part) {
			t.Errorf("%q does not say %q", mistake.Message, part)
		}
	}
	if strings.Contains(mistake.Message, "\n") {
		t.Errorf("%q has more than one line", mistake.Message)
	}
}

func TestABrokenRequirementIsRefusedWithItsLine(t *testing.T) {
	for _, test := range []broken{
		{"without source", firstSource, "", firstRequirement, []string{firstID, "has no source"}},
		{"with an empty source", firstSource, "          source: ''\n", firstRequirement, []string{firstID, "has no source"}},
		{"without quote", firstQuote, "", firstRequirement, []string{firstID, "has no quote"}},
		{"without statement", "          statement: A POST to the path with one id and the verb `:retry` MUST reach the method.\n", "",
			firstRequirement, []string{firstID, "has no statement"}},
		{"neither MUST nor SHOULD", "`:retry` MUST reach the method.", "`:retry` reaches the method.",
			firstRequirement, []string{firstID, "neither MUST nor SHOULD"}},
		{"without id", firstRequirement + firstLevel, "        - level: documented\n", "        - level: documented\n", []string{"without an id"}},
		{"an id without aspect", "- id: " + firstID, "- id: retry.path", "        - id: retry.path\n", []string{`"retry.path"`, "method.aspect.name"}},
		{"an unknown level", firstLevel, "          level: documentd\n", firstRequirement,
			[]string{firstID, `"documentd"`, "documented, platform, inferred"}},
		{"an unknown key", firstLevel, "          levl: documented\n", "          levl:",
			[]string{`"levl"`, "id, level, statement, quote, source"}},
		{"a level of another type", firstLevel, "          level: [documented]\n", "          level: [documented]", []string{"requirement"}},
		{"a text instead", firstRequirement, "        - something\n" + firstRequirement, "        - something\n", []string{"must be a mapping"}},
		{"a status that is none", `expect: {status: ["200"]}`, `expect: {status: [OK]}`, firstRequirement, []string{firstID, `"OK"`}},
		{"an expectation of another type", `expect: {status: ["200"]}`, `expect: {status: 5}`, "          expect: {status: 5}", []string{"requirement"}},
		{"no list", "      x-requirements:\n", "      x-requirements: all\n      x-other:\n", "      x-requirements: all", []string{"x-requirements", "list"}},
		{"an empty list", "      x-requirements:\n", "      x-requirements: []\n      x-other:\n", "      x-requirements: []", []string{"x-requirements", "list"}},
	} {
		test.run(t)
	}
}

func TestARequirementThatStandsTwiceIsRefusedWithBothLines(t *testing.T) {
	const secondID = "retry.path.one-segment"
	line := lineOf(t, embeddedText(), "- id: "+secondID+"\n")
	text := replaced(t, embeddedText(), "- id: "+secondID+"\n", "- id: "+firstID+"\n")
	wantMistake(t, text, line, firstID, "stands twice", fmt.Sprintf("line %d", lineOf(t, text, firstRequirement)))
}

func TestABrokenOperationIsRefusedWithItsLine(t *testing.T) {
	for _, test := range []broken{
		{"no requirements", "      x-requirements:", "      x-other:", "paths:\n", []string{"x-requirements", "lacks archiveJobs.retry"}},
		{"requirements twice", stateOperation, stateOperation + "      x-requirements: []\n", stateOperation,
			[]string{"two operations", "dataportability.archiveJobs.retry and dataportability.archiveJobs.getPortabilityArchiveState"}},
		{"a broken pattern", "pattern: ^[^/]+$", "pattern: ^[^/+$", "        pattern: ^[^/+$", []string{"the pattern of archiveJob", "missing closing ]"}},
		{"a pattern that Go does not read", "pattern: ^[^/]+$", "pattern: ^(?!x)", "        pattern: ^(?!x)", []string{"the pattern of archiveJob"}},
		{"another parameter", retryPath, "  /v1/archiveJobs/{job}:retry:\n", retryOperation, []string{"does not describe its path parameter job"}},
		{"two parameters", retryPath, "  /v1/{a}/{archiveJob}:retry:\n", retryOperation, []string{"/v1/{a}/{archiveJob}:retry", "more than one {parameter}"}},
		{"no parameter", retryPath, "  /v1/archiveJobs:retry:\n", retryOperation, []string{"/v1/archiveJobs:retry", "no {parameter}"}},
		{"no good answer", `        "200":`, `        "302":`, retryOperation, []string{"archiveJobs.retry has no good answer (2xx)"}},
		{"a good answer without schema", `              schema:
                $ref: "#/components/schemas/RetryPortabilityArchiveResponse"
`, "              example: {}\n", retryOperation, []string{"archiveJobs.retry has no good answer (2xx) with a schema"}},
		{"another link", "archiveJob: $response.body#/archiveJobId", "archiveJob: $request.path.archiveJob", retryOperation,
			[]string{"answer 200 of dataportability.archiveJobs.retry", "no link from $response.body#/"}},
		{"no states", "      enum: [STATE", "      x-enum: [STATE", stateOperation, []string{"getPortabilityArchiveState", "no member with an enum"}},
	} {
		test.run(t)
	}
}

func TestAnOperationThatIsGoneIsMissed(t *testing.T) {
	text := without(t, embeddedText(), retryPath, statePath)
	wantMistake(t, text, lineOf(t, text, "paths:\n"), "x-requirements", "lacks archiveJobs.retry")
	text = without(t, embeddedText(), statePath, "components:\n")
	wantMistake(t, text, lineOf(t, text, retryOperation), `"dataportability.archiveJobs.getPortabilityArchiveState", which the description lacks`)
	text = without(t, embeddedText(), "          links:\n", `        "400":`)
	wantMistake(t, text, lineOf(t, text, retryOperation), "no link from $response.body#/")
	wantMistake(t, without(t, embeddedText(), "paths:\n", "components:\n"), 1, "x-requirements", "lacks archiveJobs.retry")
}

func TestBrokenScopesAreRefusedWithTheirLine(t *testing.T) {
	const twice = "        - oauth2: [https://www.googleapis.com/auth/dataportability.alerts.subscriptions]\n"
	line := lineOf(t, embeddedText(), autofillScope)
	for name, test := range map[string]struct {
		alternative string
		says        string
	}{
		"twice":     {twice, "scope https://www.googleapis.com/auth/dataportability.alerts.subscriptions stands twice"},
		"two":       {"        - oauth2: [a.b, c.d]\n", "exactly one scope; this one names 2"},
		"none":      {"        - oauth2: []\n", "exactly one scope; this one names 0"},
		"no scheme": {"        - {}\n", "exactly one scope; this one names 0"},
	} {
		t.Run(name, func(t *testing.T) {
			wantMistake(t, replaced(t, embeddedText(), autofillScope, test.alternative), line, test.says)
		})
	}
	text := without(t, embeddedText(), "      security:\n", "      x-reference-page:\n")
	wantMistake(t, text, lineOf(t, text, retryOperation), "names no OAuth scope")
}
