package spec

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// embeddedText is the description that the product ships, to be edited.
func embeddedText() string { return string(Embedded().Text) }

// replaced gives the text with one passage changed; the passage must be there.
func replaced(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the description lacks %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

// without cuts the text from one passage up to another, which stays.
func without(t testing.TB, text, from, to string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, from)
	_, after, foundEnd := strings.Cut(rest, to)
	if !found || !foundEnd {
		t.Fatalf("the description lacks %q with %q after it", from, to)
	}
	return before + to + after
}

// loadEdited loads a text under a name of its own, so that it is validated.
func loadEdited(text string) (*Contract, error) {
	return Load(Description{Name: "edited.openapi.yaml", Text: []byte(text)})
}

// mustLoad loads an edited text that must be sound.
func mustLoad(t testing.TB, text string) *Contract {
	t.Helper()
	contract, err := loadEdited(text)
	if err != nil {
		t.Fatal(err)
	}
	return contract
}

func TestTheEmbeddedDescriptionIsSoundOpenAPI(t *testing.T) {
	contract, err := Load(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	if contract.File != EmbeddedName || contract.Digest != Embedded().Digest() {
		t.Errorf("file %s, digest %s", contract.File, contract.Digest)
	}
	// Under another name it is held against the JSON Schema of OpenAPI as well.
	copied := mustLoad(t, embeddedText())
	if copied.File != "edited.openapi.yaml" || copied.Digest != contract.Digest {
		t.Errorf("file %s, digest %s", copied.File, copied.Digest)
	}
}

func TestTheContractHasWhatTheDescriptionSays(t *testing.T) {
	contract := MustLoadEmbedded()
	for what, pair := range map[string][2]string{
		"endpoint":          {contract.Endpoint, "https://dataportability.googleapis.com"},
		"retry":             {contract.Retry.Method + " " + contract.Retry.Path.String(), "POST /v1/archiveJobs/{archiveJob}:retry"},
		"retry id":          {contract.Retry.ID, "dataportability.archiveJobs.retry"},
		"media type":        {contract.Retry.MediaType, "application/json"},
		"state":             {contract.ReadState.Method + " " + contract.ReadState.Path.String(), "GET /v1/archiveJobs/{archiveJob}/portabilityArchiveState"},
		"id field":          {contract.IDField, "archiveJobId"},
		"state field":       {contract.StateField, "state"},
		"states":            {strings.Join(contract.States, " "), "IN_PROGRESS COMPLETE FAILED CANCELLED"},
		"retryable states":  {strings.Join(contract.RetryableStates, " "), "FAILED"},
		"refused states":    {strings.Join(contract.RefusedStates(), " "), "IN_PROGRESS COMPLETE CANCELLED"},
		"unspecified state": {contract.UnspecifiedState, "STATE_UNSPECIFIED"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if contract.Retry.Success != 200 || contract.ReadState.Success != 200 {
		t.Errorf("good answers %d and %d", contract.Retry.Success, contract.ReadState.Success)
	}
	if contract.Retry.Line != lineOf(t, embeddedText(), "    post:\n") {
		t.Errorf("the operation stands in line %d", contract.Retry.Line)
	}
	if len(contract.CodeStatus) != 17 || contract.CodeStatus["FAILED_PRECONDITION"] != 400 {
		t.Errorf("codes %v", contract.CodeStatus)
	}
	for id, matches := range map[string]bool{"a": true, "a:b": true, "": false, "a/b": false} {
		if contract.IDPattern.MatchString(id) != matches {
			t.Errorf("pattern %s on %q", contract.IDPattern, id)
		}
	}
}

func TestEveryScopeHasOneLineForAPerson(t *testing.T) {
	contract := MustLoadEmbedded()
	const scopesOfThePage = 66
	if len(contract.Scopes) != scopesOfThePage {
		t.Errorf("%d scopes", len(contract.Scopes))
	}
	name := regexp.MustCompile(`^https://www\.googleapis\.com/auth/dataportability\.[a-z_]+(\.[a-z_]+)+$`)
	for _, scope := range contract.Scopes {
		if !name.MatchString(scope.Name) {
			t.Errorf("scope %q", scope.Name)
		}
		if scope.Description == "" || scope.Description != strings.TrimSpace(scope.Description) || strings.Contains(scope.Description, "\n") {
			t.Errorf("%s: description %q", scope.Short(), scope.Description)
		}
	}
	names := scopeNames(contract)
	if slices.Sort(names); len(slices.Compact(names)) != scopesOfThePage {
		t.Error("a scope stands twice")
	}
	if contract.Documents(contract.UnrelatedScope) || contract.UnrelatedScope == "" {
		t.Errorf("unrelated scope %q", contract.UnrelatedScope)
	}
}

func scopeNames(contract *Contract) []string {
	var names []string
	for _, scope := range contract.Scopes {
		names = append(names, scope.Name)
	}
	return names
}

func TestShortScopesAndFamilies(t *testing.T) {
	for name, want := range map[string][2]string{
		"https://www.googleapis.com/auth/dataportability.maps.reviews":             {"dataportability.maps.reviews", "maps"},
		"https://www.googleapis.com/auth/dataportability.search_ugc.media.watched": {"dataportability.search_ugc.media.watched", "search_ugc"},
		"https://www.googleapis.com/auth/plain":                                    {"plain", "plain"},
		"openid":                                                                   {"openid", "openid"},
		"a/auth/b/auth/c":                                                          {"b/auth/c", "b/auth/c"},
	} {
		scope := Scope{Name: name}
		if scope.Short() != want[0] || scope.Family() != want[1] {
			t.Errorf("%s: short %q, family %q", name, scope.Short(), scope.Family())
		}
	}
}

func TestReadDescription(t *testing.T) {
	file := filepath.Join(t.TempDir(), "copy.yaml")
	if err := os.WriteFile(file, Embedded().Text, 0o600); err != nil {
		t.Fatal(err)
	}
	description, err := ReadDescription(file)
	if err != nil || description.Name != file || description.Digest() != Embedded().Digest() {
		t.Errorf("read %s with %s: %v", description.Name, description.Digest(), err)
	}
	for _, unreadable := range []string{filepath.Join(t.TempDir(), "gone.yaml"), t.TempDir()} {
		var mistake *DescriptionError
		if _, err := ReadDescription(unreadable); !errors.As(err, &mistake) || mistake.File != unreadable || mistake.Line != 0 {
			t.Errorf("%s: %v", unreadable, err)
		} else if strings.Count(err.Error(), unreadable) != 1 {
			t.Errorf("the file is named more than once: %v", err)
		}
	}
}

func TestTheDigestIsOfTheVeryBytes(t *testing.T) {
	first := Description{Name: "a", Text: []byte("openapi: 3.1.0\n")}
	for name, other := range map[string]struct {
		description Description
		same        bool
	}{
		"another name":    {Description{Name: "b", Text: first.Text}, true},
		"one space more":  {Description{Name: "a", Text: []byte("openapi: 3.1.0 \n")}, false},
		"nothing at all":  {Description{Name: "a"}, false},
		"other line ends": {Description{Name: "a", Text: []byte("openapi: 3.1.0\r\n")}, false},
	} {
		if same := first.Digest() == other.description.Digest(); same != other.same {
			t.Errorf("%s: %s and %s", name, first.Digest(), other.description.Digest())
		}
	}
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(first.Digest()) {
		t.Errorf("digest %s", first.Digest())
	}
}

func TestADescriptionErrorIsWhatEditorsJumpTo(t *testing.T) {
	for want, mistake := range map[string]*DescriptionError{
		"a.yaml:7: wrong": {File: "a.yaml", Line: 7, Message: "wrong"},
		"a.yaml: wrong":   {File: "a.yaml", Message: "wrong"},
	} {
		if mistake.Error() != want {
			t.Errorf("got %q, want %q", mistake, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		MustLoadEmbedded()
	}
}
