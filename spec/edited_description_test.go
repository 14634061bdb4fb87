package spec

import (
	"slices"
	"strings"
	"testing"
)

const reviewsInSecurity = "        - oauth2: [https://www.googleapis.com/auth/dataportability.maps.reviews]\n"

func TestScopesFollowTheDescription(t *testing.T) {
	text := embeddedText()
	shipped := scopeNames(MustLoadEmbedded())
	at := slices.Index(shipped, "https://www.googleapis.com/auth/dataportability.maps.reviews")
	const added = "https://www.googleapis.com/auth/dataportability.maps.added"

	more := mustLoad(t, replaced(t, text, reviewsInSecurity, "        - oauth2: ["+added+"]\n"+reviewsInSecurity))
	if want := slices.Insert(slices.Clone(shipped), at, added); !slices.Equal(scopeNames(more), want) {
		t.Errorf("a scope more gives %d", len(more.Scopes))
	}
	if !more.Documents(added) || more.Scopes[at].Description != "" {
		t.Errorf("the new scope is %+v", more.Scopes[at])
	}
	fewer := mustLoad(t, replaced(t, text, reviewsInSecurity, ""))
	if want := slices.Delete(slices.Clone(shipped), at, at+1); !slices.Equal(scopeNames(fewer), want) {
		t.Errorf("a scope less gives %d", len(fewer.Scopes))
	}
}

func TestAMissingPatternIsNoMistake(t *testing.T) {
	contract := mustLoad(t, replaced(t, embeddedText(), "        pattern: ^[^/]+$\n", ""))
	if contract.IDPattern != nil {
		t.Errorf("pattern %s", contract.IDPattern)
	}
}

func TestARequirementFollowsTheDescription(t *testing.T) {
	text := embeddedText()
	fewer := mustLoad(t, without(t, text, "        - id: retry.path.case\n", "        - id: retry.path.transcoding\n"))
	if _, there := fewer.Requirement("retry.path.case"); there || len(fewer.Requirements) != len(MustLoadEmbedded().Requirements)-1 {
		t.Errorf("%d requirements after one was taken out", len(fewer.Requirements))
	}
	weaker := mustLoad(t, replaced(t, text, "- id: retry.path.method-and-verb\n          level: documented", "- id: retry.path.method-and-verb\n          level: inferred"))
	if requirement, _ := weaker.Requirement("retry.path.method-and-verb"); requirement.Level != Inferred {
		t.Errorf("level %s", requirement.Level)
	}
}

func TestAnInferredRequirementNeedsNoQuote(t *testing.T) {
	text := without(t, embeddedText(), "          quote: 'If [HttpRule.body]", "          source:")
	contract := mustLoad(t, text)
	if requirement, _ := contract.Requirement("retry.path.unknown-parameter"); requirement.Quote != "" || requirement.Level != Inferred {
		t.Errorf("%+v", requirement)
	}
}

func TestOtherStatesAndStatusesAreRead(t *testing.T) {
	text := replaced(t, embeddedText(), "x-retryable-states: [FAILED]", "x-retryable-states: [FAILED, EXPIRED]")
	text = replaced(t, text, "FAILED, CANCELLED]", "FAILED, CANCELLED, EXPIRED]")
	text = replaced(t, text, `        "200":`, `        "202":`)
	text = replaced(t, text, "  - url: https://dataportability.googleapis.com\n", "  - url: http://127.0.0.1:1/\n")
	contract := mustLoad(t, text)
	if got := strings.Join(contract.States, " "); got != "IN_PROGRESS COMPLETE FAILED CANCELLED EXPIRED" {
		t.Errorf("states %s", got)
	}
	if got := strings.Join(contract.RefusedStates(), " "); got != "IN_PROGRESS COMPLETE CANCELLED" {
		t.Errorf("refused states %s", got)
	}
	if contract.Retry.Success != 202 || contract.ReadState.Success != 200 {
		t.Errorf("good answers %d and %d", contract.Retry.Success, contract.ReadState.Success)
	}
	if contract.Endpoint != "http://127.0.0.1:1" {
		t.Errorf("endpoint %s", contract.Endpoint)
	}
}

func TestLineEndsAndOperationsWithoutExtensionsAreNoMistake(t *testing.T) {
	text := replaced(t, embeddedText(), "      x-google-http-rule: v1/{name=archiveJobs/*/portabilityArchiveState}\n", "")
	mustLoad(t, strings.ReplaceAll(text, "\n", "\r\n"))
}
