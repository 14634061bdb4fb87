package spec

import (
	"slices"
	"strings"
	"testing"
)

func TestTheCatalogueCoversEverySentenceOfThePage(t *testing.T) {
	contract := MustLoadEmbedded()
	if len(contract.Page.Sentences) == 0 {
		t.Fatal("no sentences")
	}
	for _, sentence := range contract.Page.Sentences {
		if !slices.ContainsFunc(contract.Requirements, func(r Requirement) bool { return r.Quote == sentence }) {
			t.Errorf("no requirement quotes %q", sentence)
		}
	}
}

func TestEveryRequirementOfThePageQuotesOneOfItsSentences(t *testing.T) {
	contract := MustLoadEmbedded()
	ofThePage := 0
	for _, requirement := range contract.Requirements {
		if !strings.HasPrefix(requirement.Source, contract.Page.URL) {
			continue
		}
		ofThePage++
		if !slices.Contains(contract.Page.Sentences, requirement.Quote) {
			t.Errorf("%s quotes %q, which is no sentence of the page", requirement.ID, requirement.Quote)
		}
		if requirement.Level != Documented {
			t.Errorf("%s is from the page and has level %s", requirement.ID, requirement.Level)
		}
	}
	if ofThePage == 0 {
		t.Error("no requirement is from the page")
	}
}

// discoveryDocument is the other source that documents the method.
const discoveryDocument = "https://dataportability.googleapis.com/$discovery/rest"

func TestNothingIsDocumentedWithoutThePageOrTheDiscoveryDocument(t *testing.T) {
	contract := MustLoadEmbedded()
	for _, requirement := range contract.Requirements {
		if requirement.Level == Documented && !strings.HasPrefix(requirement.Source, contract.Page.URL) &&
			!strings.HasPrefix(requirement.Source, discoveryDocument) {
			t.Errorf("%s is documented by %s", requirement.ID, requirement.Source)
		}
	}
}

func TestEveryRequirementIsWhole(t *testing.T) {
	contract := MustLoadEmbedded()
	const fewest = 40
	if len(contract.Requirements) < fewest {
		t.Errorf("%d requirements", len(contract.Requirements))
	}
	aspects := []string{"path", "body", "response", "semantics", "authorization", "errors", "robustness"}
	lines := strings.Split(embeddedText(), "\n")
	for _, requirement := range contract.Requirements {
		if !slices.Contains(aspects, requirement.Aspect()) {
			t.Errorf("%s: aspect %q", requirement.ID, requirement.Aspect())
		}
		if requirement.Quote == "" || !strings.HasPrefix(requirement.Source, "https://") {
			t.Errorf("%s: quote %q, source %q", requirement.ID, requirement.Quote, requirement.Source)
		}
		if strings.Contains(requirement.Statement, "\n") || !strings.HasSuffix(requirement.Statement, ".") {
			t.Errorf("%s: the statement is no sentence: %q", requirement.ID, requirement.Statement)
		}
		if line := lines[requirement.Line-1]; !strings.Contains(line, "- id: "+requirement.ID) {
			t.Errorf("%s does not stand in line %d: %s", requirement.ID, requirement.Line, line)
		}
		if found, known := contract.Requirement(requirement.ID); !known || found.Line != requirement.Line {
			t.Errorf("%s is not found by its id", requirement.ID)
		}
	}
	if _, known := contract.Requirement("retry.path.gone"); known {
		t.Error("a requirement that is not there was found")
	}
}

func TestExpectedCodesFitTheExpectedStatuses(t *testing.T) {
	contract := MustLoadEmbedded()
	for _, requirement := range contract.Requirements {
		for _, code := range requirement.Expect.Code {
			status, known := contract.CodeStatus[code]
			if !known || !requirement.Expect.AllowsStatus(status) {
				t.Errorf("%s expects code %s, status %d, and statuses %v", requirement.ID, code, status, requirement.Expect.Status)
			}
		}
	}
}
