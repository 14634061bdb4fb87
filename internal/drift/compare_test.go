package drift

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oasdiff/oasdiff/checker"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

func surface(t testing.TB, name, text string) *spec.Surface {
	t.Helper()
	if text == description() {
		// By this name it is not held against the schema of OpenAPI, which takes
		// longest.
		name = spec.EmbeddedName
	}
	read, err := spec.ReadSurface(spec.Description{Name: name, Text: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// compared compares two texts by the shipped catalogue.
func compared(t testing.TB, from, against string) Comparison {
	t.Helper()
	comparison, err := Compare(surface(t, "from", from), surface(t, "against", against), spec.MustLoadEmbedded().Requirements)
	if err != nil {
		t.Fatal(err)
	}
	return comparison
}

// sample is the list, or the first of it with -short. So the race detector looks
// on, which has nothing to find where one thing happens after the other, and
// under which that takes many times as long. Without it `make test` runs all.
func sample[T any](list []T) []T {
	if testing.Short() {
		return list[:min(1, len(list))]
	}
	return list
}

func description() string { return string(spec.Embedded().Text) }

// edited replaces something that must be there.
func edited(t testing.TB, text, old, changed string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q to change", old)
	}
	return strings.ReplaceAll(text, old, changed)
}

// lines gives the changes in short: "added compatible state EXPIRED".
func lines(comparison Comparison) []string {
	var short []string
	for _, change := range comparison.Changes {
		short = append(short, fmt.Sprintf("%s %s %s: %s", change.Kind, change.Class, change.Topic, spec.ShortScope(change.What)))
	}
	return short
}

func TestASourceDoesNotDriftFromItself(t *testing.T) {
	for name, text := range map[string]string{"description": description(), "page": sourcetest.Page, "Markdown": sourcetest.Markdown(t)} {
		if comparison := compared(t, text, text); len(comparison.Changes) != 0 {
			t.Errorf("%s: %v", name, lines(comparison))
		}
	}
}

// TestDescriptionAndPageAgree: in every form and language of the page, in both
// directions.
func TestDescriptionAndPageAgree(t *testing.T) {
	var scopes []string
	for _, scope := range spec.MustLoadEmbedded().Scopes {
		scopes = append(scopes, scope.Name)
	}
	pages := map[string]string{"he": sourcetest.Page, "Markdown": sourcetest.Markdown(t)}
	for _, words := range sourcetest.Languages {
		pages[words.Language] = sourcetest.Text(words, scopes...)
		pages[words.Language+" HTML"] = sourcetest.HTML(words, scopes...)
	}
	for name, page := range pages {
		if testing.Short() && name != "he" {
			continue // as sample does
		}
		for _, comparison := range []Comparison{compared(t, description(), page), compared(t, page, description())} {
			if len(comparison.Changes) != 0 {
				t.Errorf("%s: %v", name, lines(comparison))
			}
			foreign := slices.ContainsFunc(comparison.NotCompared, func(silence Silence) bool { return silence.Topic == spec.ProseTopic })
			if english := name == "he" || name == "Markdown" || strings.HasPrefix(name, "en"); foreign == english {
				t.Errorf("%s: prose compared: %t", name, !foreign)
			}
		}
	}
}

// TestEveryChangeOfADescriptionIsTold makes one change at a time.
func TestEveryChangeOfADescriptionIsTold(t *testing.T) {
	const reviews = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	for _, one := range sample([]struct{ old, changed, want string }{
		{"        - oauth2: [" + reviews + "]\n", "", "removed breaking scopes: dataportability.maps.reviews"},
		{reviews + ": Move a copy of your reviews", reviews + ": Move your reviews", "changed documentation descriptions of scopes: dataportability.maps.reviews"},
		{"url: https://dataportability.googleapis.com", "url: https://other.googleapis.com", "changed breaking endpoint: address of the service"},
		{"  /v1/archiveJobs/{archiveJob}:retry:", "  /v1/archiveJobs/{archiveJob}:again:", "changed breaking method and path: method and path"},
		{"/v1/archiveJobs/{archiveJob}/portabilityArchiveState:", "/v1/archiveJobs/{archiveJob}/state:", "changed breaking method that reads the state: method that reads the state"},
		{"pattern: ^[^/]+$", "pattern: ^[a-z]+$", "changed breaking form of the id: form of the id"},
		{"COMPLETE, FAILED, CANCELLED]", "COMPLETE, FAILED, CANCELLED, EXPIRED]", "added compatible states: EXPIRED"},
		{"COMPLETE, FAILED, CANCELLED]", "COMPLETE, FAILED]", "removed breaking states: CANCELLED"},
		{"      operationId: dataportability.archiveJobs.retry\n", "      operationId: dataportability.archiveJobs.retry\n      deprecated: true\n", "changed compatible deprecation: deprecation of the method"},
		{"        urls:\n", "        links:\n", "added compatible method that reads the state: links in the answer with the state\n" +
			"removed breaking method that reads the state: urls in the answer with the state"},
		{"          type: string\n          minLength: 1\n          description: >-\n            The archive", "          type: integer\n          description: >-\n            The archive",
			"changed breaking answer: archiveJobId in the answer of the method\nchanged breaking answer: archiveJobId in the answer of the method"},
		{"      maxProperties: 0\n", "      required: [force]\n      properties:\n        force: {type: boolean}\n",
			"added breaking request: force in the body of the request"},
		{"      maxProperties: 0\n", "      properties:\n        force: {type: boolean}\n", "added compatible request: force in the body of the request"},
		{"            message:\n              type: string", "            message:\n              type: integer", "changed breaking error answers"},
		{"          - Retrying is only executed if the initial job failed.\n", "          - Retrying is executed up to three times.\n",
			"removed documentation prose: sentence\nadded documentation prose: sentence"},
		{"            If the state is complete, this method returns", "            If it is complete, this returns", "changed documentation descriptions of members: member urls of the state"},
	}) {
		t.Run(one.want, func(t *testing.T) {
			comparison := compared(t, description(), edited(t, description(), one.old, one.changed))
			got := strings.Join(slices.DeleteFunc(lines(comparison), func(line string) bool {
				// A member that goes takes its limits along, and there is one answer for each
				// error.
				return strings.Contains(line, "min-length") || strings.HasSuffix(line, "properties")
			}), "\n")
			for _, want := range strings.Split(one.want, "\n") {
				if !strings.Contains(got, want) {
					t.Errorf("%q: got\n%s", one.changed, got)
				}
			}
		})
	}
}

func TestASentenceTouchesTheRequirementsThatQuoteIt(t *testing.T) {
	comparison := compared(t, description(), edited(t, description(), "          - Retrying is only executed if the initial job failed.\n", "          - Something else is said.\n"))
	for _, change := range comparison.Changes {
		if change.Kind == Removed && !slices.Contains(change.Requirements, "retry.semantics.only-failed") {
			t.Errorf("%s touches %v", change.Sentence, change.Requirements)
		}
	}
}

// TestTouchedRequirementsExist: the ids of the table are those of the catalogue,
// and every topic that is more than words has some.
func TestTouchedRequirementsExist(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	for topic, ids := range touched {
		for _, id := range ids {
			if _, known := contract.Requirement(id); !known {
				t.Errorf("%s touches %s, which the catalogue lacks", topic, id)
			}
		}
	}
}

func TestJudgedChecksOfOasdiffExist(t *testing.T) {
	known := map[string]bool{}
	for _, rule := range checker.GetAllRules() {
		known[rule.Id] = true
	}
	for id := range severities {
		if !known[id] {
			t.Errorf("oasdiff has no check %s", id)
		}
	}
}

// TestDriftOfGooglesSources holds the comparisons that are known.
func TestDriftOfGooglesSources(t *testing.T) {
	document := func(release string) string { return string(sourcetest.Discovery(t, release, "v1")) }
	added := func(scopes ...string) []string {
		var all []string
		for _, scope := range scopes {
			all = append(all, "added compatible scopes: dataportability."+scope)
		}
		return all
	}
	removedMessages := "removed breaking scopes: dataportability.businessmessaging.conversations"
	for _, one := range []struct {
		name          string
		from, against string
		want          []string
	}{
		{"20250212 and the page", document("v0.222.0"), sourcetest.Page, nil},
		{"the page and 20250212", sourcetest.Page, document("v0.222.0"), nil},
		{"the page and 20250715", sourcetest.Page, document("v0.243.0"), append([]string{removedMessages}, added("maps.vehicle_profile")...)},
		{"the page and 20260719", sourcetest.Page, document("v0.311.0"), append([]string{removedMessages}, added("maps.vehicle_profile",
			"nest.camera_event", "nest.camera_feature", "nest.camera_video", "nest.store", "nest.user", "pixel.device_data", "youtube.conversations")...)},
		{"20250212 and 20250715", document("v0.222.0"), document("v0.243.0"), append([]string{removedMessages}, added("maps.vehicle_profile")...)},
		{"the description and 20250212", description(), document("v0.222.0"), []string{
			"changed documentation descriptions of members: member exportTime of the state",
			"changed documentation descriptions of members: member state of the state",
			"changed documentation descriptions of members: parameter in the path"}},
	} {
		if got := lines(compared(t, one.from, one.against)); !slices.Equal(got, one.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", one.name, strings.Join(got, "\n"), strings.Join(one.want, "\n"))
		}
	}
	beta := compared(t, document("v0.311.0"), string(sourcetest.Discovery(t, "v0.311.0", "v1beta")))
	if got := lines(beta); len(got) != 2 || !strings.HasPrefix(got[0], "changed breaking method and path") {
		t.Errorf("v1 and v1beta: %v", got)
	}
}

// TestOlderDocuments compares documents that a machine happens to have.
func TestOlderDocuments(t *testing.T) {
	older, newer := string(sourcetest.Cached(t, "v0.215.0", "v1")), string(sourcetest.Cached(t, "v0.222.0", "v1"))
	forth, back := compared(t, older, newer), compared(t, newer, older)
	if forth.Count(Breaking) != 0 || forth.Count(Compatible) != 3 || forth.Count(Documentation) != 65 {
		t.Errorf("20241209 and 20250212: %s", Summary(forth))
	}
	// Two members and one scope are gone on the way back.
	if back.Count(Breaking) != 3 || back.Count(Compatible) != 0 {
		t.Errorf("20250212 and 20241209: %s, %v", Summary(back), lines(back))
	}
}

func TestClassesAreOrdered(t *testing.T) {
	comparison := Comparison{Changes: []Change{{Class: Compatible}}}
	for class, drifts := range map[Class]bool{Breaking: false, Compatible: true, Documentation: true} {
		if comparison.Drifts(class) != drifts {
			t.Errorf("%s: %t", class, !drifts)
		}
	}
	if (Comparison{}).Drifts(Documentation) {
		t.Error("nothing drifts")
	}
}
