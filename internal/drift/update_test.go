package drift

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

func updated(t testing.TB, text string, source string) Update {
	t.Helper()
	update, err := UpdateDescription(spec.Description{Name: "my.openapi.yaml", Text: []byte(text)}, surface(t, "source", source))
	if err != nil {
		t.Fatal(err)
	}
	return update
}

func TestADescriptionIsUpdatedFromThePage(t *testing.T) {
	page := edited(t, sourcetest.Page, "https://www.googleapis.com/auth/dataportability.chrome.history", "https://www.googleapis.com/auth/dataportability.chrome.past")
	page = edited(t, page, "2025-07-25", "2026-08-01")
	page = edited(t, page, "googleapis.com/v1/", "googleapis.com/v2/")
	update := updated(t, description(), page)
	contract, err := spec.Load(update.After)
	if err != nil {
		t.Fatal(err)
	}
	if contract.Revision != "2026-08-01" || contract.Page.Updated != "2026-08-01" || contract.Retry.Path.Prefix != "/v2/archiveJobs/" || len(contract.Scopes) != 66 ||
		!contract.Documents("https://www.googleapis.com/auth/dataportability.chrome.past") {
		t.Errorf("%s, %s, %s, %d scopes", contract.Revision, contract.Page.Updated, contract.Retry.Path, len(contract.Scopes))
	}
	if len(contract.Requirements) != len(spec.MustLoadEmbedded().Requirements) || !strings.Contains(string(update.After.Text), "# Any one of these scopes is enough.") {
		t.Error("the catalogue or a comment is gone")
	}
	if !slices.ContainsFunc(update.Notes, func(note string) bool { return strings.Contains(note, "description of https://") }) {
		t.Errorf("notes %v", update.Notes)
	}
	checkAgain(t, update, page)
}

// checkAgain holds that a second update changes nothing, and that what was
// applied is no drift.
func checkAgain(t *testing.T, update Update, source string) {
	t.Helper()
	again := updated(t, string(update.After.Text), source)
	if string(again.After.Text) != string(update.After.Text) || len(again.Applied) != 0 {
		t.Errorf("the second time it changes %v", again.Applied)
	}
	left := compared(t, string(update.After.Text), source)
	if len(left.Changes) != len(update.Left) {
		t.Errorf("left %d, and there is still %v", len(update.Left), lines(left))
	}
}

func TestADescriptionIsUpdatedFromDiscovery(t *testing.T) {
	for _, release := range []string{"v0.311.0", "v0.243.0"} {
		source := string(sourcetest.Discovery(t, release, "v1"))
		update := updated(t, description(), source)
		read := surface(t, release, source)
		contract, err := spec.Load(update.After)
		if err != nil || len(contract.Scopes) != len(read.Scopes) || contract.Revision != read.Provenance.Date || contract.Page.Updated != "2025-07-25" {
			t.Errorf("%s: %v, %d scopes, %s", release, err, len(contract.Scopes), contract.Revision)
		}
		for _, scope := range contract.Scopes {
			if scope.Description == "" {
				t.Errorf("%s has no description", scope.Name)
			}
		}
		checkAgain(t, update, source)
	}
}

// TestADescriptionIsUpdatedFromAnother: states, members, descriptions, address,
// pattern and path at once.
func TestADescriptionIsUpdatedFromAnother(t *testing.T) {
	other := description()
	for _, edit := range [][2]string{
		{"COMPLETE, FAILED, CANCELLED]", "COMPLETE, FAILED, EXPIRED]"},
		{"        urls:\n", "        note: {type: string}\n        urls:\n"},
		{"Move a copy of your reviews and posts on Maps", `"Move 'all': your reviews"`},
		{"url: https://dataportability.googleapis.com", "url: https://other.example"},
		{"pattern: ^[^/]+$", "pattern: ^[a-z0-9]+$"},
		{"  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:", "  /v3/archiveJobs/{archiveJob}/portabilityArchiveState:"},
		{"version: \"2025-07-25\"", "version: \"2027-01-01\""},
	} {
		other = edited(t, other, edit[0], edit[1])
	}
	update := updated(t, description(), other)
	if len(update.Left) != 0 || len(update.Applied) < 6 {
		t.Errorf("applied %d, left %+v", len(update.Applied), update.Left)
	}
	checkAgain(t, update, other)
}

func TestWhatAPersonMustDecideIsLeft(t *testing.T) {
	for _, one := range sample([]struct{ old, changed string }{
		{"x-retryable-states: [FAILED]", "x-retryable-states: []"},
		{"      maxProperties: 0\n", "      properties:\n        force: {type: boolean}\n"},
		{"        urls:\n", "        links:\n"},
		{"          - Retrying is only executed if the initial job failed.\n", "          - Something else is said.\n"},
	}) {
		source := edited(t, description(), one.old, one.changed)
		if one.changed == "x-retryable-states: []" {
			source = edited(t, source, "COMPLETE, FAILED, CANCELLED]", "COMPLETE, CANCELLED]")
		}
		update := updated(t, description(), source)
		if len(update.Left) == 0 {
			t.Errorf("%q: nothing is left", one.changed)
		}
		checkAgain(t, update, source)
	}
}

func TestADescriptionThatCannotBeEditedIsAnError(t *testing.T) {
	for _, text := range []string{"", "openapi: 3.1.0", sourcetest.Page} {
		_, err := UpdateDescription(spec.Description{Name: "my.openapi.yaml", Text: []byte(text)}, surface(t, "source", sourcetest.Page))
		if err == nil || !strings.Contains(err.Error(), "my.openapi.yaml") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// TestWhatIsLeftAloneKeepsTheDay: a newer source of which nothing is edited.
func TestWhatIsLeftAloneKeepsTheDay(t *testing.T) {
	source := edited(t, edited(t, description(), "x-retryable-states: [FAILED]", "x-retryable-states: [FAILED, CANCELLED]"),
		"version: \"2025-07-25\"", "version: \"2027-01-01\"")
	if update := updated(t, description(), source); len(update.Left) != 1 || string(update.After.Text) != description() {
		t.Errorf("left %v, and the text is another: %t", update.Left, string(update.After.Text) != description())
	}
}

// TestADescriptionInAnotherStyleIsNotEdited: with the words of the mistake.
func TestADescriptionInAnotherStyleIsNotEdited(t *testing.T) {
	var value any
	if err := yaml.Unmarshal([]byte(description()), &value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	_, err = UpdateDescription(spec.Description{Name: "my.json", Text: text}, surface(t, "source", sourcetest.Page))
	var mistake *spec.DescriptionError
	if !errors.As(err, &mistake) || !strings.Contains(err.Error(), "my.json") {
		t.Errorf("%v", err)
	}
}
