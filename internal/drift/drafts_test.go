package drift

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// needed finds the values that the path of a method needs, in the error that
// asks for them.
var needed = regexp.MustCompile(`--value ([A-Za-z0-9_]+)=VALUE`)

// TestThePageOfAMethodWithAnEmptyResponse: a page shows no message then.
func TestThePageOfAMethodWithAnEmptyResponse(t *testing.T) {
	t.Parallel()
	description, err := spec.Embedded("archiveJobs.cancel")
	if err != nil {
		t.Fatal(err)
	}
	method, err := spec.Load(description)
	if err != nil {
		t.Fatal(err)
	}
	described, err := source.Parse(description, method)
	if err != nil {
		t.Fatal(err)
	}
	var scopes []string
	for _, scope := range method.Scopes {
		scopes = append(scopes, scope.Name)
	}
	compare := func(page string) (Comparison, error) {
		read, err := source.Parse(spec.Description{Name: "page", Text: []byte(page)}, method)
		if err != nil {
			return Comparison{}, err
		}
		return Compare(described, read, method)
	}
	for _, words := range sourcetest.Languages {
		for _, page := range []string{sourcetest.Text(words, scopes...), sourcetest.HTML(words, scopes...)} {
			page = strings.NewReplacer(":retry", ":cancel", "archiveJobs.retry", "archiveJobs.cancel", `"archiveJobId": string`, "",
				`"<a href="#x">archiveJobId</a>": string`, "").Replace(page)
			compared, err := compare(page)
			if err != nil || compared.Drifts(Compatible) {
				t.Errorf("%s: %v, %v", words.Language, lines(compared), err)
			}
			later, err := compare(strings.Replace(page, scopes[0], scopes[0]+"_new", 1))
			if err != nil || later.Count(Breaking) != 1 || later.Count(Compatible) != 1 {
				t.Errorf("%s: %v, %v", words.Language, lines(later), err)
			}
		}
	}
	if _, err := compare(sourcetest.Text(sourcetest.Languages[0], scopes...)); err == nil || !strings.Contains(err.Error(), "the page of another method") {
		t.Errorf("the page of another method: %v", err)
	}
}

// TestDraftsSayWhatTheirDocumentSays: the description that is written of a method
// loads, is short, and does not drift from the document it is made of.
func TestDraftsSayWhatTheirDocumentSays(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ api, version, method, refused string }{
		{"dataportability", "v1", "archiveJobs.cancel", ""},
		{"dataportability", "v1", "archiveJobs.retry", ""},
		{"dataportability", "v1", "archiveJobs.getPortabilityArchiveState", ""},
		{"speech", "v1", "operations.get", ""},
		{"storage", "v1", "buckets.get", ""},
		{"youtube", "v3", "tests.insert", "names no job"},
		{"run", "v2", "projects.locations.jobs.run", ""},
		{"drive", "v3", "files.copy", ""},
		{"cloudkms", "v1", "cryptoKeyVersions.asymmetricSign", ""},
		{"displayvideo", "v3", "advertisers.get", ""},
		{"androidpublisher", "v3", "subscriptions.cancel", "no response message"},
		{"bigquery", "v2", "jobs.cancel", ""},
		{"bigquery", "v2", "routines.get", ""},
		{"compute", "v1", "instances.reset", ""},
	} {
		t.Run(one.api+" "+one.method, func(t *testing.T) {
			t.Parallel()
			document := spec.Description{Name: one.api, Text: []byte(sourcetest.OtherDiscovery(t, "v0.311.0", one.api, one.version))}
			draft := source.Draft{Method: one.method, Values: map[string]string{}}
			written, _, err := draft.Write(document)
			if err != nil {
				for _, name := range needed.FindAllStringSubmatch(err.Error(), -1) {
					draft.Values[name[1]] = "a-value"
				}
				written, _, err = draft.Write(document)
			}
			if one.refused != "" {
				if err == nil || !strings.Contains(err.Error(), one.refused) {
					t.Errorf("want an error that says %q, got %v", one.refused, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			method, err := spec.Load(spec.Description{Name: "drafted.yaml", Text: written})
			if err != nil {
				t.Fatal(err)
			}
			operation, _, _ := strings.Cut(string(written), "\ncomponents:")
			if lines := strings.Count(operation, "\n") - strings.Count(operation, "- oauth2: ["); lines > 200 {
				t.Errorf("%d lines", lines)
			}
			var read [2]*source.Source
			for i, description := range []spec.Description{{Name: "drafted.yaml", Text: written}, document} {
				if read[i], err = source.Parse(description, method); err != nil {
					t.Fatal(err)
				}
			}
			compared, err := Compare(read[0], read[1], method)
			if err != nil || len(compared.Changes) > 0 {
				t.Errorf("%v, %v", lines(compared), err)
			}
		})
	}
}
