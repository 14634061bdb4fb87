package cli

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

func TestEveryRequirementOfTheCatalogueHasACheckAndTheOtherWayRound(t *testing.T) {
	catalogue := NewCatalogue(spec.MustLoadEmbedded())
	if len(catalogue.Requirements) != len(spec.MustLoadEmbedded().Requirements) || len(catalogue.Checks) == 0 {
		t.Fatalf("%d requirements, %d checks", len(catalogue.Requirements), len(catalogue.Checks))
	}
	for _, entry := range catalogue.Requirements {
		if len(entry.Checks) == 0 {
			t.Errorf("no check judges %s", entry.ID)
		}
		for _, id := range entry.Checks {
			if !slices.ContainsFunc(catalogue.Checks, func(check CatalogueCheck) bool {
				return check.ID == id && slices.Contains(check.Requirements, entry.ID)
			}) {
				t.Errorf("%s names the check %s, which is not there", entry.ID, id)
			}
		}
	}
	for _, check := range catalogue.Checks {
		if len(check.Requirements) == 0 || check.Title == "" || check.Sends == "" || !strings.HasPrefix(check.ID, check.Aspect+"/") {
			t.Errorf("check %+v", check)
		}
		for _, id := range check.Requirements {
			if _, described := spec.MustLoadEmbedded().Requirement(id); !described {
				t.Errorf("%s judges %s, which the description lacks", check.ID, id)
			}
		}
	}
}

func TestTheCatalogueAsJSON(t *testing.T) {
	var out strings.Builder
	if err := NewCatalogue(spec.MustLoadEmbedded()).WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Description struct{ Digest string }
		Checks      []struct{ ID string }
		Page        struct{ Sentences []string } `json:"reference_page"`
		// Members of an embedded struct stand beside the others.
		Requirements []struct {
			ID, Level, Statement, Quote, Source, Aspect string
			Line                                        int
			Checks                                      []string
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &read); err != nil {
		t.Fatal(err)
	}
	if read.Description.Digest != spec.MustLoadEmbedded().Digest || len(read.Requirements) != len(spec.MustLoadEmbedded().Requirements) || !slices.Equal(read.Page.Sentences, spec.MustLoadEmbedded().Page.Sentences) {
		t.Errorf("%s, %d requirements, %d sentences", read.Description.Digest, len(read.Requirements), len(read.Page.Sentences))
	}
	for i, requirement := range spec.MustLoadEmbedded().Requirements {
		if got := read.Requirements[i]; got.ID != requirement.ID || got.Quote != requirement.Quote || got.Line != requirement.Line || got.Aspect != requirement.Aspect() || len(got.Checks) == 0 {
			t.Errorf("%s: %+v", requirement.ID, got)
		}
	}
}

// TestTheRequirementsPage: each sentence of the reference page leads to a
// requirement, and each requirement says who demands it and what tests it.
func TestTheRequirementsPage(t *testing.T) {
	contract := *spec.MustLoadEmbedded()
	page := requirementsPage(t, &contract)
	sections := map[string]string{}
	for section := range strings.SplitSeq(page, "\n### ") {
		id, text, _ := strings.Cut(section, "\n")
		sections[id] = text
	}
	for _, requirement := range slices.Concat(contract.Requirements, contract.ClientRequirements) {
		text := sections[requirement.ID]
		for _, want := range []string{"(" + string(requirement.Level) + ")", "](" + strings.Fields(requirement.Source)[0] + ")", "\nTested "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not have %q: %s", requirement.ID, want, text)
			}
		}
	}
	_, table, found := strings.Cut(page, "| --- | --- |\n")
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if !found || len(rows) != len(contract.Page.Sentences) {
		t.Fatalf("%d rows for %d sentences", len(rows), len(contract.Page.Sentences))
	}
	for _, row := range rows {
		if !strings.Contains(row, "](#") {
			t.Errorf("no requirement: %s", row)
		}
	}

	contract.Page.Sentences = append(slices.Clone(contract.Page.Sentences), "A sentence | that *nobody* respects.")
	if !strings.Contains(requirementsPage(t, &contract), `| A sentence \| that \*nobody\* respects. |  |`+"\n") {
		t.Error("a sentence without a requirement is missing")
	}
	if err := writeRequirementsPage(brokenWriter{}, wholeCatalogue(&contract)); err == nil {
		t.Error("a broken pipe is no error")
	}
}

func requirementsPage(t *testing.T, contract *spec.Contract) string {
	t.Helper()
	var out strings.Builder
	if err := writeRequirementsPage(&out, wholeCatalogue(contract)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// brokenWriter takes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
