package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// Catalogue is what a description demands and which checks judge it.
type Catalogue struct {
	Description  result.Description  `json:"description"`
	Requirements []CatalogueEntry    `json:"requirements"`
	Checks       []CatalogueCheck    `json:"checks"`
	Page         *spec.ReferencePage `json:"reference_page"`
	// Clients is what is demanded of clients; NewCatalogue leaves it out.
	Clients []ClientEntry `json:"client_requirements,omitempty"`
}

// CatalogueEntry is a requirement with the ids of its checks.
type CatalogueEntry struct {
	spec.Requirement
	Aspect string   `json:"aspect"`
	Checks []string `json:"checks"`
}

// CatalogueCheck is a check as it can be told without running it.
type CatalogueCheck struct {
	ID           string   `json:"id"`
	Aspect       string   `json:"aspect"`
	Title        string   `json:"title"`
	Sends        string   `json:"sends"`
	Requirements []string `json:"requirements"`
}

// NewCatalogue lists what a description demands.
func NewCatalogue(contract *spec.Contract) Catalogue {
	checks := suites.Checks(contract)
	catalogue := Catalogue{
		Description: result.Description{File: contract.File, Digest: contract.Digest, Title: contract.Title,
			Revision: contract.Revision, Scopes: len(contract.Scopes), Method: contract.Retry.ID},
		Page: &contract.Page,
	}
	for _, aspect := range result.Aspects() {
		for _, check := range checks {
			if check.Aspect == aspect {
				catalogue.Checks = append(catalogue.Checks,
					CatalogueCheck{check.ID, check.Aspect, check.Title, check.Sends, check.Requirements})
			}
		}
	}
	for _, requirement := range contract.Requirements {
		entry := CatalogueEntry{requirement, requirement.Aspect(), []string{}}
		for _, check := range catalogue.Checks {
			if slices.Contains(check.Requirements, requirement.ID) {
				entry.Checks = append(entry.Checks, check.ID)
			}
		}
		catalogue.Requirements = append(catalogue.Requirements, entry)
	}
	return catalogue
}

// WriteJSON writes the catalogue for other programs.
func (c Catalogue) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(c)
}

// catalogueConsole prints a catalogue for a person.
type catalogueConsole struct{ text.Printer }

// List prints every requirement with its checks; with all, every check of many.
func (c catalogueConsole) List(catalogue Catalogue, all bool) {
	c.Paragraph("", fmt.Sprintf("%s, revision %s: %d requirements, %d checks", catalogue.Description.File, catalogue.Description.Revision,
		len(catalogue.Requirements), len(catalogue.Checks)))
	aspect := ""
	for _, entry := range catalogue.Requirements {
		if entry.Aspect != aspect {
			aspect = entry.Aspect
			c.Printf("\n%s\n", report.Bold(aspect))
		}
		c.Printf("  %s %s\n", entry.ID, report.Faint(string(entry.Level)))
		c.Paragraph("      ", entry.Statement)
		ids := report.ChecksText(entry.Checks)
		if all {
			ids = strings.Join(entry.Checks, ", ")
		}
		c.Paragraph("      judged by ", ids)
	}
}

// Explain prints all that is known of a requirement, also of clients, or a check. It reports
// whether there is one with this id.
func (c catalogueConsole) Explain(catalogue Catalogue, id string) bool {
	for _, entry := range catalogue.Requirements {
		if entry.ID == id {
			c.explainRequirement(catalogue, entry)
			return true
		}
	}
	for _, entry := range catalogue.Clients {
		if entry.ID == id {
			c.explainClients(catalogue, entry)
			return true
		}
	}
	for _, check := range catalogue.Checks {
		if check.ID == id {
			c.explainCheck(catalogue, check)
			return true
		}
	}
	return false
}

func (c catalogueConsole) explainRequirement(catalogue Catalogue, entry CatalogueEntry) {
	c.Printf("%s\n", report.Bold(entry.ID))
	c.Field("level", string(entry.Level)+": "+levelMeanings[entry.Level])
	c.Field("statement", entry.Statement)
	c.Field("quote", `"`+entry.Quote+`"`)
	c.Field("source", entry.Source)
	if entry.Note != "" {
		c.Field("note", entry.Note)
	}
	c.Field("described", fmt.Sprintf("%s:%d", catalogue.Description.File, entry.Line))
	if expected := entry.Expect.String(); expected != "" {
		c.Field("expected", expected)
	}
	shown := 0
	for _, check := range catalogue.Checks {
		if !slices.Contains(check.Requirements, entry.ID) {
			continue
		}
		if shown++; shown > shownChecks {
			continue
		}
		c.Printf("\n  judged by %s\n", check.ID)
		c.Paragraph("    sends   ", check.Sends)
		c.Paragraph("    judges  ", check.Title)
	}
	if shown > shownChecks {
		c.Printf("\n  and by %d more checks like these: dpconform list --all\n", shown-shownChecks)
	}
}

// shownChecks is the number of checks that are explained with a requirement.
const shownChecks = 6

var levelMeanings = map[spec.Level]string{
	spec.Documented: "the reference page or the discovery document says it",
	spec.Platform:   "a public standard of the platform or of HTTP says it",
	spec.Inferred:   "a user would expect it and nobody demands it",
}

// LevelMeaning says a level in words: who demands what is at it.
func LevelMeaning(level spec.Level) string { return levelMeanings[level] }

func (c catalogueConsole) explainCheck(catalogue Catalogue, check CatalogueCheck) {
	c.Printf("%s\n", report.Bold(check.ID))
	c.Field("judges", check.Title)
	c.Field("sends", check.Sends)
	for _, id := range check.Requirements {
		for _, entry := range catalogue.Requirements {
			if entry.ID != id {
				continue
			}
			c.Printf("\n  %s %s\n", entry.ID, report.Faint(string(entry.Level)))
			c.Paragraph("    ", entry.Statement)
			if expected := entry.Expect.String(); expected != "" {
				c.Paragraph("    expected  ", expected)
			}
			c.Paragraph("    ", `"`+entry.Quote+`"`)
			c.Printf("    %s\n", report.Faint(entry.Source))
		}
	}
}
