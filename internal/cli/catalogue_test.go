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

func TestEverySentenceOfThePageLeadsToARequirementAndACheck(t *testing.T) {
	var out strings.Builder
	if err := WriteTraceability(&out, NewCatalogue(spec.MustLoadEmbedded())); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	rows := map[string][]string{}
	for line := range strings.SplitSeq(page, "\n") {
		if cells := cellsOf(line); len(cells) == 4 {
			rows[cells[0]] = cells
		}
	}
	for _, sentence := range spec.MustLoadEmbedded().Page.Sentences {
		row, found := rows[cell(sentence)]
		if !found || !strings.HasPrefix(row[1], "[`retry.") || !slices.Contains(spec.Levels(), spec.Level(row[2])) || !strings.HasPrefix(row[3], "`") {
			t.Errorf("%q has the row %q", sentence, row)
		}
	}
	for _, requirement := range spec.MustLoadEmbedded().Requirements {
		linked := "[`" + requirement.ID + "`](requirements/" + requirement.ID + ".md)"
		if !strings.Contains(page, "| "+linked+" |") || !strings.Contains(page, "- "+linked+": ") {
			t.Errorf("%s stands in no row or no list", requirement.ID)
		}
	}
	if strings.Contains(page, "| | | |") {
		t.Error("a sentence has no requirement")
	}
}

// cellsOf takes a row of a Markdown table apart.
func cellsOf(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(line, `\|`, bar)
	if !strings.HasPrefix(line, "| ") || !strings.HasSuffix(line, "|") {
		return nil
	}
	var cells []string
	for text := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.ReplaceAll(strings.TrimSpace(text), bar, `\|`))
	}
	return cells
}

func TestASentenceWithoutRequirementIsSeenOnThePage(t *testing.T) {
	changed := *spec.MustLoadEmbedded()
	changed.Page.Sentences = append(slices.Clone(spec.MustLoadEmbedded().Page.Sentences), "A sentence | that *nobody* heeds.")
	var out strings.Builder
	if err := WriteTraceability(&out, NewCatalogue(&changed)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `| A sentence \| that \*nobody\* heeds. | | | |`+"\n") {
		t.Error("the row is missing")
	}
	if err := WriteTraceability(brokenWriter{}, NewCatalogue(spec.MustLoadEmbedded())); err == nil {
		t.Error("a broken pipe is no error")
	}
}

// brokenWriter takes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
