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
func embeddedText() string { return string(Default().Text) }

// replaced returns the text with one passage changed; the passage must be there.
func replaced(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the description has no %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

// loadEdited loads a text under a name of its own, so that it is validated.
func loadEdited(text string) (*Method, error) {
	return Load(Description{Name: "edited.openapi.yaml", Text: []byte(text)})
}

// mustLoad loads an edited text that must be sound.
func mustLoad(t testing.TB, text string) *Method {
	t.Helper()
	method, err := loadEdited(text)
	if err != nil {
		t.Fatal(err)
	}
	return method
}

func TestTheContractHasWhatTheDescriptionSays(t *testing.T) {
	t.Parallel()
	// Under this name it is validated against the JSON Schema of OpenAPI as well.
	method := mustLoad(t, embeddedText())
	if shipped := MustLoadEmbedded(); shipped.File != Default().Name || shipped.Digest != method.Digest || method.File != "edited.openapi.yaml" {
		t.Errorf("file %s, digests %s and %s", shipped.File, shipped.Digest, method.Digest)
	}
	for what, pair := range map[string][2]string{
		"endpoint":          {method.Endpoint, "https://dataportability.googleapis.com"},
		"retry":             {method.Operation.Method + " " + method.Operation.Path.String(), "POST /v1/archiveJobs/{archiveJob}:retry"},
		"retry id":          {method.Operation.ID, "dataportability.archiveJobs.retry"},
		"media type":        {method.Operation.MediaType, "application/json"},
		"state":             {method.ReadState.Method + " " + method.ReadState.Path.String(), "GET /v1/archiveJobs/{archiveJob}/portabilityArchiveState"},
		"version":           {method.Operation.Path.Version(), "v1"},
		"bound field":       {method.Operation.BoundField, "name=archiveJobs/*"},
		"id field":          {method.IDField, "archiveJobId"},
		"state field":       {method.StateField, "state"},
		"states":            {strings.Join(method.States, " "), "IN_PROGRESS COMPLETE FAILED CANCELLED"},
		"retryable states":  {strings.Join(method.AcceptedStates, " "), "FAILED"},
		"refused states":    {strings.Join(method.RefusedStates(), " "), "IN_PROGRESS COMPLETE CANCELLED"},
		"unspecified state": {method.UnspecifiedState, "STATE_UNSPECIFIED"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if method.Operation.Success != 200 || method.ReadState.Success != 200 {
		t.Errorf("successful responses %d and %d", method.Operation.Success, method.ReadState.Success)
	}
	if len(method.CodeStatus) != 17 || method.CodeStatus["FAILED_PRECONDITION"] != 400 {
		t.Errorf("codes %v", method.CodeStatus)
	}
	for id, matches := range map[string]bool{"a": true, "a:b": true, "": false, "a/b": false} {
		if method.IDPattern.MatchString(id) != matches {
			t.Errorf("pattern %s on %q", method.IDPattern, id)
		}
	}
}

// TestTheFieldThatThePathBinds: Google's own form of the path names it, in one
// variable or in several, with what the path of the description has in the place of
// their wildcards.
func TestTheFieldThatThePathBinds(t *testing.T) {
	t.Parallel()
	const path, rule = "/v1/archiveJobs/{archiveJob}:retry:", "v1/{name=archiveJobs/*}:retry"
	for _, test := range []struct{ path, rule, field string }{
		{path, rule, "name=archiveJobs/*"},
		{path, "v1/archiveJobs/{archive_job}:retry", "archive_job=*"},
		{path, "/{name=v1/archiveJobs/*}:retry", "name=v1/archiveJobs/*"},
		{"/v1/projects/one/archiveJobs/{archiveJob}:retry:", "v1/{parent=projects/*}/archiveJobs/{job.id=*}:retry", "job.id=*"},
		{"/v1/projects/one/archiveJobs/{archiveJob}:retry:", "v1/{name=projects/*/archiveJobs/*}:retry", "name=projects/one/archiveJobs/*"},
		{"/archiveJobs/{archiveJob}/retry:", "v1/{name=archiveJobs/*}/retry", "name=archiveJobs/*"},
	} {
		text := replaced(t, embeddedText(), path, test.path)
		method := mustLoad(t, replaced(t, text, "x-google-http-rule: "+rule, "x-google-http-rule: "+test.rule))
		if field := method.Operation.BoundField; field != test.field {
			t.Errorf("%s and %s bind %q, want %q", test.path, test.rule, field, test.field)
		}
	}
}

func TestEveryScopeHasOneLineForAPerson(t *testing.T) {
	t.Parallel()
	method := MustLoadEmbedded()
	const scopesOfThePage = 66
	name := regexp.MustCompile(`^https://www\.googleapis\.com/auth/dataportability\.[a-z_]+(\.[a-z_]+)+$`)
	names := map[string]bool{method.UnrelatedScope(): true}
	for _, scope := range method.Scopes {
		names[scope.Name] = true
		if !name.MatchString(scope.Name) {
			t.Errorf("scope %q", scope.Name)
		}
		if scope.Description == "" || scope.Description != strings.TrimSpace(scope.Description) || strings.Contains(scope.Description, "\n") {
			t.Errorf("%s: description %q", scope.Short(), scope.Description)
		}
	}
	if len(method.Scopes) != scopesOfThePage || len(names) != scopesOfThePage+1 {
		t.Errorf("%d scopes, %d different ones with the unrelated one", len(method.Scopes), len(names))
	}
}

func TestShortScopesAndFamilies(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	file := filepath.Join(t.TempDir(), "copy.yaml")
	if err := os.WriteFile(file, Default().Text, 0o600); err != nil {
		t.Fatal(err)
	}
	description, err := ReadDescription(file)
	if err != nil || description.Name != file || string(description.Text) != string(Default().Text) {
		t.Errorf("read %s: %v", description.Name, err)
	}
	for _, unreadable := range []string{filepath.Join(t.TempDir(), "gone.yaml"), t.TempDir()} {
		var mistake *Error
		if _, err := ReadDescription(unreadable); !errors.As(err, &mistake) || mistake.File != unreadable || mistake.Line != 0 {
			t.Errorf("%s: %v", unreadable, err)
		} else if strings.Count(err.Error(), unreadable) != 1 {
			t.Errorf("the file is named more than once: %v", err)
		}
	}
}

func TestAnErrorIsWhatEditorsJumpTo(t *testing.T) {
	t.Parallel()
	for want, mistake := range map[string]*Error{
		"a.yaml:7:3: wrong; correct the file, or give another": {File: "a.yaml", Line: 7, Column: 3, Message: "wrong"},
		"a.yaml:7: wrong; correct the file, or give another":   {File: "a.yaml", Line: 7, Message: "wrong"},
		"a.yaml: wrong; correct the file, or give another":     {File: "a.yaml", Message: "wrong"},
	} {
		if mistake.Error() != want {
			t.Errorf("got %q, want %q", mistake, want)
		}
	}
}

func TestPathTemplates(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct{ base, collection, verb, expanded string }{
		"/v1/archiveJobs/{archiveJob}:retry":                   {"/v1/", "archiveJobs", "retry", "/v1/archiveJobs/a%2Fb%3F%C3%A4:c:retry"},
		"/v1/archiveJobs/{archiveJob}/portabilityArchiveState": {"/v1/", "archiveJobs", "", "/v1/archiveJobs/a%2Fb%3F%C3%A4:c/portabilityArchiveState"},
		"/jobs/{id}":              {"/", "jobs", "", "/jobs/a%2Fb%3F%C3%A4:c"},
		"/v1/x/jobs/{id}/a:start": {"/v1/x/", "jobs", "start", "/v1/x/jobs/a%2Fb%3F%C3%A4:c/a:start"},
		"/jobs/jobs/{id}:x":       {"/jobs/", "jobs", "x", "/jobs/jobs/a%2Fb%3F%C3%A4:c:x"},
	} {
		template, err := parsePathTemplate(path)
		if err != nil || template.String() != path || template.Expand("a/b?ä:c") != want.expanded || template.Raw("{"+template.Parameter+"}") != path ||
			template.Base() != want.base || template.Collection() != want.collection || template.Verb() != want.verb {
			t.Errorf("%s: %+v, base %q, collection %q, verb %q, %s, %v", path, template, template.Base(), template.Collection(), template.Verb(), template.Expand("a/b?ä:c"), err)
		}
	}
	for reason, paths := range map[string][]string{
		"has no {parameter}":                     {"", "/v1/archiveJobs:retry", "/v1/archiveJobs/{}", "/v1/archiveJobs/{id", "/v1/archiveJobs/id}"},
		"has more than one {parameter}":          {"/v1/{a}/{b}", "/v1/{a}}"},
		"has no collection before its parameter": {"/{id}", "//{id}", "{id}", "v1/jobs/{id}", "/v1/jobs-{id}"},
	} {
		for _, path := range paths {
			if _, err := parsePathTemplate(path); err == nil || !strings.Contains(err.Error(), reason) || !strings.Contains(err.Error(), `"`+path+`"`) {
				t.Errorf("%q: %v", path, err)
			}
		}
	}
}

// shippedMethods loads every shipped description.
func shippedMethods(t testing.TB) []*Method {
	t.Helper()
	var methods []*Method
	for _, name := range Shipped() {
		description, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := Load(description)
		if err != nil {
			t.Fatal(err)
		}
		methods = append(methods, method)
	}
	return methods
}

func TestEveryRequirementHasAFix(t *testing.T) {
	t.Parallel()
	for _, method := range shippedMethods(t) {
		for _, requirement := range slices.Concat(method.Requirements, method.ClientRequirements) {
			if requirement.Fix == "" && !requirement.Draft {
				t.Errorf("%s: %s says nothing of what an author has to change", method.File, requirement.ID)
			}
		}
	}
}

func TestTheCatalogueCoversEverySentenceOfThePage(t *testing.T) {
	t.Parallel()
	const discoveryDocument = "https://dataportability.googleapis.com/$discovery/rest"
	for _, method := range shippedMethods(t) {
		quoted := map[string]bool{}
		for _, requirement := range method.Requirements {
			fromPage := strings.HasPrefix(requirement.Source, method.Page.URL)
			switch {
			case fromPage && requirement.Level != Documented:
				t.Errorf("%s: %s is from the page and has level %s", method.File, requirement.ID, requirement.Level)
			case fromPage && !slices.Contains(method.Page.Sentences, requirement.Quote):
				t.Errorf("%s: %s quotes %q, which is no sentence of the page", method.File, requirement.ID, requirement.Quote)
			case !fromPage && requirement.Level == Documented && !strings.HasPrefix(requirement.Source, discoveryDocument):
				t.Errorf("%s: %s is documented by %s", method.File, requirement.ID, requirement.Source)
			}
			quoted[requirement.Quote] = quoted[requirement.Quote] || fromPage
		}
		for _, sentence := range method.Page.Sentences {
			// A pointer to another page demands nothing.
			if !quoted[sentence] && !strings.HasPrefix(sentence, "For more information, see ") {
				t.Errorf("%s: no requirement quotes %q", method.File, sentence)
			}
		}
	}
}

func TestEveryRequirementIsWhole(t *testing.T) {
	t.Parallel()
	servers := []string{"path", "body", "response", "semantics", "authorization", "errors", "robustness"}
	for _, method := range shippedMethods(t) {
		for _, requirement := range slices.Concat(method.Requirements, method.ClientRequirements) {
			found, known := method.Requirement(requirement.ID)
			if strings.HasPrefix(requirement.ID, "client.") {
				found, known = method.ClientRequirement(requirement.ID)
			} else if !slices.Contains(servers, requirement.Aspect()) || requirement.Quote == "" {
				t.Errorf("%s: aspect %q, quote %q", requirement.ID, requirement.Aspect(), requirement.Quote)
			}
			if !known || found.Line != requirement.Line {
				t.Errorf("%s is not found by its id", requirement.ID)
			}
			if !strings.HasPrefix(requirement.Source, "https://") || strings.Contains(requirement.Statement, "\n") || !strings.HasSuffix(requirement.Statement, ".") {
				t.Errorf("%s: source %q, statement %q", requirement.ID, requirement.Source, requirement.Statement)
			}
			text, err := os.ReadFile(strings.TrimPrefix(requirement.File, "spec/"))
			if err != nil {
				t.Fatal(err)
			}
			if line := strings.Split(string(text), "\n")[requirement.Line-1]; !strings.Contains(line, "id: "+requirement.ID) {
				t.Errorf("%s is not in %s:%d: %s", requirement.ID, requirement.File, requirement.Line, line)
			}
			for _, code := range requirement.Expect.Code {
				if status, known := method.CodeStatus[code]; !known || !requirement.Expect.AllowsStatus(status) {
					t.Errorf("%s expects code %s, status %d, and statuses %v", requirement.ID, code, status, requirement.Expect.Status)
				}
			}
		}
		if _, known := method.Requirement("path.gone"); known || len(method.Requirements) == 0 || len(method.ClientRequirements) == 0 {
			t.Errorf("%s: an unknown requirement was found, or there are none", method.File)
		}
	}
}

// BenchmarkLoad loads a description that is not one of the shipped, which are kept.
func BenchmarkLoad(b *testing.B) {
	description := Description{Name: "own.yaml", Text: Default().Text}
	for b.Loop() {
		if _, err := Load(description); err != nil {
			b.Fatal(err)
		}
	}
}

// A required query parameter is in every request, with its example.
func TestTheRequiredQuery(t *testing.T) {
	t.Parallel()
	method := mustLoad(t, replaced(t, embeddedText(), retryPath+"    parameters:\n", retryPath+`    parameters:
      - {name: text, in: query, required: true, example: a&b, schema: {type: string}}
      - {name: part, in: query, required: true, examples: {some: {value: [x, 1]}}, schema: {type: array}}
      - {name: view, in: query, example: FULL, schema: {type: string}}
`))
	if got := method.Operation.RequiredQuery(); got != "part=x&part=1&text=a%26b" || len(method.Operation.Query) != 3 || method.ReadState.RequiredQuery() != "" {
		t.Errorf("%q, %+v", got, method.Operation.Query)
	}
	if method.Digest == mustLoad(t, embeddedText()).Digest {
		t.Error("the digest is that of the method without it")
	}
}
