package drift

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// compared compares two texts by the shipped catalogue. Every change of it must be
// in a plain sentence, and every breaking one touch a requirement.
func compared(t testing.TB, from, against string) Comparison {
	t.Helper()
	parse := func(text string) *source.Source {
		if text == description() {
			return readShipped()
		}
		// By this name it is not validated against the schema of OpenAPI, which takes
		// longest.
		read, err := source.Parse(spec.Description{Name: spec.Default().Name, Text: []byte(text)}, method())
		if err != nil {
			t.Fatal(err)
		}
		return read
	}
	comparison, err := Compare(parse(from), parse(against), method())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range comparison.Changes {
		if change.Topic != source.ProseTopic && !sentence.MatchString(change.Sentence) || change.Class == Breaking && change.Topic != source.EndpointTopic && len(change.Requirements) == 0 {
			t.Errorf("%q touches %q", change.Sentence, change.Requirements)
		}
	}
	return comparison
}

// sentence begins with a capital letter and ends with a full stop.
var sentence = regexp.MustCompile(`^[A-Z].*\.$`)

func description() string { return string(spec.Default().Text) }

// What most tests need is read once.
var (
	method      = sync.OnceValue(spec.MustLoadEmbedded)
	readShipped = sync.OnceValue(func() *source.Source {
		read, err := source.Parse(spec.Default(), method())
		if err != nil {
			panic(err)
		}
		return read
	})
)

// edited replaces something that must be there.
func edited(t testing.TB, text, old, changed string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q to change", old)
	}
	return strings.ReplaceAll(text, old, changed)
}

// lines returns the changes in short: "added compatible state EXPIRED".
func lines(comparison Comparison) []string {
	var short []string
	for _, change := range comparison.Changes {
		short = append(short, fmt.Sprintf("%s %s %s: %s", change.Kind, change.Class, change.Topic, spec.Scope{Name: change.What}.Short()))
	}
	return short
}

// TestDescriptionAndPageAgree: in every form and language of the page, in both
// directions, and with itself.
func TestDescriptionAndPageAgree(t *testing.T) {
	t.Parallel()
	var scopes []string
	for _, scope := range method().Scopes {
		scopes = append(scopes, scope.Name)
	}
	pages := map[string]string{"he": sourcetest.Page, "Markdown": sourcetest.Markdown(t), "itself": description()}
	for _, words := range sourcetest.Languages {
		pages[words.Language] = sourcetest.Text(words, scopes...)
		pages[words.Language+" HTML"] = sourcetest.HTML(words, scopes...)
	}
	for name, page := range pages {
		for _, comparison := range []Comparison{compared(t, description(), page), compared(t, page, description()), compared(t, page, page)} {
			if len(comparison.Changes) != 0 {
				t.Errorf("%s: %v", name, lines(comparison))
			}
			foreign := slices.ContainsFunc(comparison.NotCompared, func(silence Silence) bool { return silence.Topic == source.ProseTopic })
			if english := name == "he" || name == "itself" || name == "Markdown" || strings.HasPrefix(name, "en"); foreign == english && comparison.From.Kind != comparison.Against.Kind {
				t.Errorf("%s: prose compared: %t", name, !foreign)
			}
		}
	}
	// What one source cannot say is named, and not passed over.
	comparison := compared(t, description(), sourcetest.Page)
	for _, topic := range []source.Topic{source.BodyTopic, source.ParametersTopic, source.MediaTypesTopic, source.CodesTopic, source.AcceptedStatesTopic} {
		if !slices.ContainsFunc(comparison.NotCompared, func(silence Silence) bool { return silence.Topic == topic }) {
			t.Errorf("nothing is said of %s", topic)
		}
	}
}

// descriptionEdit is one change of the description, and what drift says of it.
type descriptionEdit struct{ old, changed, want string }

// descriptionEdits make one change each.
func descriptionEdits() []descriptionEdit {
	const reviews = "https://www.googleapis.com/auth/dataportability.maps.reviews"
	const request = "        required: false\n        content:\n          application/json:"
	const summary = "      summary: Retries a failed Portability Archive job.\n"
	parameter := func(in, required string) string {
		return summary + "      parameters:\n        - {name: force, in: " + in + ", required: " + required + ", schema: {type: boolean}}\n"
	}
	return []descriptionEdit{
		{"        - oauth2: [" + reviews + "]\n", "", "removed breaking scopes: dataportability.maps.reviews"},
		{reviews + ": Move a copy of your reviews", reviews + ": Move your reviews", "changed documentation scope descriptions: dataportability.maps.reviews"},
		{"url: https://dataportability.googleapis.com", "url: https://other.googleapis.com", "changed breaking endpoint: address of the service"},
		{"  /v1/archiveJobs/{archiveJob}:retry:", "  /v1/archiveJobs/{archiveJob}:again:", "changed breaking method and path: request line"},
		{"/v1/archiveJobs/{archiveJob}/portabilityArchiveState:", "/v1/archiveJobs/{archiveJob}/state:", "changed breaking method that reads the state: method that reads the state"},
		{"pattern: ^[^/]+$", "pattern: ^[a-z]+$", "changed breaking id format: id format"},
		{"COMPLETE, FAILED, CANCELLED]", "COMPLETE, FAILED, CANCELLED, EXPIRED]", "added compatible states: EXPIRED"},
		{"COMPLETE, FAILED, CANCELLED]", "COMPLETE, FAILED]", "removed breaking states: CANCELLED"},
		{"      operationId: dataportability.archiveJobs.retry\n", "      operationId: dataportability.archiveJobs.retry\n      deprecated: true\n", "changed compatible deprecation: deprecation of the method"},
		{"        urls:\n", "        links:\n", "added compatible method that reads the state: links in the response with the state\n" +
			"removed breaking method that reads the state: urls in the response with the state"},
		{"          type: string\n          minLength: 1\n          description: >-\n            The archive", "          type: integer\n          description: >-\n            The archive",
			"changed breaking response: archiveJobId in the response of the method\nchanged breaking response: archiveJobId in the response of the method"},
		{"      maxProperties: 0\n", "      required: [force]\n      properties:\n        force: {type: boolean}\n",
			"added breaking request: force in the body of the request"},
		{"      maxProperties: 0\n", "      properties:\n        force: {type: boolean}\n", "added compatible request: force in the body of the request"},
		{"        message:\n          type: string", "        message:\n          type: integer", "changed breaking error responses"},
		{"          - Retrying is only executed if the initial job failed.\n", "          - Retrying is executed up to three times.\n",
			"removed documentation prose: sentence\nadded documentation prose: sentence"},
		{"            If the state is complete, this method returns", "            If it is complete, this returns", "changed documentation member descriptions: member urls of the state"},
		{request, strings.Replace(request, "false", "true", 1), "changed breaking required body: body of the request of the method"},
		{request, strings.Replace(request, "json", "xml", 1), "changed breaking media types: media type of the request of the method"},
		{"names the new job.\n          content:\n            application/json:", "names the new job.\n          content:\n            application/xml:",
			"changed breaking media types: media type of the response 200 of the method"},
		{summary, parameter("query", "true"), "added breaking parameters: query parameter force of the method"},
		{summary, parameter("header", "true"), "added breaking parameters: header parameter force of the method"},
		{summary, parameter("query", "false"), "added compatible parameters: query parameter force of the method"},
		{"x-accepted-states: [FAILED]", "x-accepted-states: [FAILED, CANCELLED]", "added compatible accepted states: CANCELLED"},
		{"x-accepted-states: [FAILED]", "x-accepted-states: [CANCELLED]", "removed breaking accepted states: FAILED"},
		{"        - {name: prettyPrint, example: \"false\"}\n", "", "removed breaking system parameters: prettyPrint"},
		{"        ABORTED: 409\n", "        ABORTED: 500\n", "changed breaking error codes: status of ABORTED"},
		{"The archive job ID that is initiated by", "The archive job ID that was initiated by", "changed documentation member descriptions: member archiveJobId of the response"},
		{"        Required. The Archive job ID you're retrying.", "        The Archive job ID you're retrying.", "changed documentation member descriptions: parameter in the path"},
		{"        pattern: ^[^/]+$\n", "", "changed compatible id format: id format"},
		{"      maxProperties: 0\n", "", "changed compatible request: body of the request"},
		{summary, summary + "      deprecated: true\n", "changed compatible deprecation: deprecation of the method"},
		{"          description: The timestamp that represents the end point for the data you are exporting.\n", "",
			"removed documentation member descriptions: member exportTime of the state"},
		{"            WWW-Authenticate:\n", "            X-Challenge:\n", "removed breaking response headers: WWW-Authenticate of the response 401 of the method"},
		{summary, "", "changed documentation member descriptions: method"},
		{summary, "      summary: Retries a job.\n", "changed documentation member descriptions: method"},
	}
}

func TestEveryChangeOfADescriptionIsReported(t *testing.T) {
	t.Parallel()
	for _, one := range descriptionEdits() {
		t.Run(one.want, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(lines(compared(t, description(), edited(t, description(), one.old, one.changed))), "\n")
			for want := range strings.SplitSeq(one.want, "\n") {
				if !strings.Contains(got, want) {
					t.Errorf("%q: got\n%s", one.changed, got)
				}
			}
		})
	}
}

func TestASentenceTouchesTheRequirementsThatQuoteIt(t *testing.T) {
	t.Parallel()
	comparison := compared(t, description(), edited(t, description(), "          - Retrying is only executed if the initial job failed.\n", "          - Something else is said.\n"))
	for _, change := range comparison.Changes {
		if change.Kind == Removed && !slices.Contains(change.Requirements, "semantics.refused-state") {
			t.Errorf("%s touches %v", change.Sentence, change.Requirements)
		}
	}
	// The ids of the table are those of the catalogue.
	for topic, ids := range touched {
		for _, id := range ids {
			if _, known := method().Requirement(id); !known {
				t.Errorf("%s touches %s, which is not in the catalogue", topic, id)
			}
		}
	}
}

// discovery is a discovery document of the method.
const discovery = `{"discoveryVersion": "v1", "revision": "20260102", "rootUrl": "https://x.example/", "parameters": {"alt": {}, "key": {}},
	"auth": {"oauth2": {"scopes": {"a.b": {}}}}, "resources": {"archiveJobs": {"methods": {"retry": {"id": "archiveJobs.retry", "httpMethod": "POST",
	"path": "v1/{+name}:retry", "flatPath": "v1/archiveJobs/{archiveJobsId}:retry", "scopes": ["a.b"], "parameters": {"name": {"location": "path",
	"pattern": "^archiveJobs/[^/]+$"}}, "response": {"$ref": "Response"}}}}},
	"schemas": {"Response": {"type": "object", "properties": {"archiveJobId": {"type": "string"}}}}}`

func TestDiscoveryDocumentsAreCompared(t *testing.T) {
	t.Parallel()
	forced := edited(t, discovery, `"parameters": {"name"`, `"parameters": {"force": {"type": "string", "location": "query", "required": true}, "name"`)
	open := edited(t, discovery, `, "parameters": {"name": {"location": "path",
	"pattern": "^archiveJobs/[^/]+$"}}`, "")
	for _, one := range []struct{ from, against, want string }{
		{discovery, forced, "added breaking parameters: query parameter force of the method"},
		{forced, discovery, "removed breaking parameters: query parameter force of the method"},
		{discovery, open, "changed compatible id format: id format"},
		{open, discovery, "changed breaking id format: id format"},
		{discovery, edited(t, discovery, `"key": {}`, `"fields": {}`), "added compatible system parameters: fields, removed breaking system parameters: key"},
		{discovery, edited(t, discovery, `{"type": "string"}`, `{"type": "integer"}`), "changed breaking response: archiveJobId in the response of the method"},
	} {
		got := lines(compared(t, one.from, one.against))
		slices.Sort(got)
		if strings.Join(got, ", ") != one.want {
			t.Errorf("got %q, want %q", got, one.want)
		}
	}
}

// TestDriftOfGooglesSources has the comparisons that are known.
func TestDriftOfGooglesSources(t *testing.T) {
	t.Parallel()
	type text func(testing.TB) string
	document := func(release, version string) text {
		return func(t testing.TB) string { return sourcetest.Discovery(t, release, version) }
	}
	page := text(func(testing.TB) string { return sourcetest.Page })
	added := func(scopes ...string) []string {
		all := []string{"removed breaking scopes: dataportability.businessmessaging.conversations"}
		for _, scope := range scopes {
			all = append(all, "added compatible scopes: dataportability."+scope)
		}
		return all
	}
	for name, one := range map[string]struct {
		from, against text
		want          []string
	}{
		"20250212 and the page":   {document("v0.222.0", "v1"), page, nil},
		"the page and 20250212":   {page, document("v0.222.0", "v1"), nil},
		"the page and 20250715":   {page, document("v0.243.0", "v1"), added("maps.vehicle_profile")},
		"20250212 and 20250715":   {document("v0.222.0", "v1"), document("v0.243.0", "v1"), added("maps.vehicle_profile")},
		"20250715, v1 and itself": {document("v0.243.0", "v1"), document("v0.243.0", "v1"), nil},
		"the page and 20260719": {page, document("v0.311.0", "v1"), added("maps.vehicle_profile", "nest.camera_event", "nest.camera_feature",
			"nest.camera_video", "nest.store", "nest.user", "pixel.device_data", "youtube.conversations")},
		"v1 and v1beta": {document("v0.311.0", "v1"), document("v0.311.0", "v1beta"), []string{"changed breaking method and path: request line",
			"changed breaking method that reads the state: method that reads the state"}},
		"the description and 20250212": {func(testing.TB) string { return description() }, document("v0.222.0", "v1"), []string{
			"changed documentation member descriptions: member exportTime of the state",
			"changed documentation member descriptions: member state of the state",
			"changed documentation member descriptions: parameter in the path"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lines(compared(t, one.from(t), one.against(t))); !slices.Equal(got, one.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(one.want, "\n"))
			}
		})
	}
	t.Run("20241209 and 20250212", func(t *testing.T) {
		t.Parallel()
		older, newer := sourcetest.Discovery(t, "v0.215.0", "v1"), sourcetest.Discovery(t, "v0.222.0", "v1")
		forth, back := compared(t, older, newer), compared(t, newer, older)
		// Two members and one scope came, and are gone on the way back.
		if forth.Count(Breaking) != 0 || forth.Count(Compatible) != 3 || forth.Count(Documentation) != 65 || back.Count(Breaking) != 3 || back.Count(Compatible) != 0 {
			t.Errorf("%s, and %s: %v", summary(forth), summary(back), lines(back))
		}
	})
}

func TestClassesAreOrdered(t *testing.T) {
	t.Parallel()
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
