package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

func TestList(t *testing.T) {
	t.Parallel()
	method := embedded()
	whole, clients := call(t, "list").output, call(t, "list", "--client").output
	for _, requirement := range method.Requirements {
		if !strings.Contains(whole, "  "+requirement.ID+" ") || strings.Contains(clients, "  "+requirement.ID+" ") {
			t.Errorf("%s is not listed, or is listed as one of clients", requirement.ID)
		}
	}
	for _, requirement := range method.ClientRequirements {
		if !strings.Contains(whole, "  "+requirement.ID+" ") || !strings.Contains(clients, "  "+requirement.ID+" ") {
			t.Errorf("%s is not listed", requirement.ID)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	call(t, "explain", "body.empty").want(t, 0, "documented: required by the reference page", "The request body must be empty.", "body/empty")
	call(t, "explain", "body/empty").want(t, 0, "body.empty", "sends")
	call(t, "explain", "path").want(t, 0, "path.one-segment documented", "tested by path/two-segments")
	refused(t, "explain robustnes", `unknown requirement, check or aspect "robustnes"; did you mean robustness?`)
	refused(t, "explain auth", `unknown requirement, check or aspect "auth"; did you mean authorization?`)
	for _, condition := range result.Conditions() {
		if condition.Fix == "" {
			t.Errorf("%s has no fix", condition.ID)
		}
		call(t, "explain", condition.ID).want(t, 0, condition.Statement, condition.Fix)
	}
	call(t, "explain", "client.repeat.retry-after").want(t, 0, "platform: required by a public standard", "Servers send the",
		"https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3", "scenarios about it: rate-limited")
	call(t, "explain", "client.outcome.new-id").want(t, 0, `{"job":"ID","archiveJobId":"NEW ID"} after a success`)
}

func TestListAsJSON(t *testing.T) {
	t.Parallel()
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
		Clients []struct{ ID string } `json:"client_requirements"`
	}
	unmarshal(t, call(t, "list", "--json").raw, &read)
	method := embedded()
	if read.Description.Digest != method.Digest || len(read.Requirements) != len(method.Requirements) || len(read.Checks) == 0 ||
		len(read.Clients) != len(method.ClientRequirements) || !slices.Equal(read.Page.Sentences, method.Page.Sentences) {
		t.Fatalf("%+v", read)
	}
	for i, requirement := range method.Requirements {
		if got := read.Requirements[i]; got.ID != requirement.ID || got.Quote != requirement.Quote || got.Line != requirement.Line || got.Aspect != requirement.Aspect() || len(got.Checks) == 0 {
			t.Errorf("%s: %+v", requirement.ID, got)
		}
	}
}

// TestWhatDoesNotApplyIsExplained: to a description without security, in every
// place where somebody may ask for it.
func TestWhatDoesNotApplyIsExplained(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../../suites/testdata/orders.openapi.yaml")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, "      security: ") || strings.Contains(line, "x-unrelated-scope") {
			text = strings.Replace(text, line+"\n", "", 1)
		}
	}
	text = strings.Replace(text, "      x-requirement-sets:", "      x-requirements: [{id: orders.polite, level: documented, statement: A response MUST be polite., quote: Be polite., "+
		"source: https://orders.example.com, draft: true}]\n      x-requirement-sets:", 1)
	file := writeFile(t, "orders.openapi.yaml", text)
	call(t, "list", "--spec", file).want(t, 0, "checks that do not apply", "the method needs no token: authorization/", "not tested: the method needs no token", "not tested: it is a draft")
	call(t, "explain", "authorization/no-token", "--spec", file).want(t, 0, "does not apply to orders.confirm: the method needs no token")
	call(t, "explain", "authorization.no-token", "--spec", file).want(t, 0, "MUST be refused as 401", "not tested: the method needs no token")
	call(t, "explain", "orders.polite", "--spec", file).want(t, 0, "not tested: it is a draft")
	for _, focus := range []string{"authorization", "authorization/no-token", "authorization.no-token"} {
		refused(t, "run --endpoint http://127.0.0.1:1 --spec "+file+" --focus "+focus, "--focus: "+focus+" does not apply to orders.confirm: the method needs no token")
	}
	nothing := writeFile(t, "nothing.openapi.yaml", strings.Replace(text, "[transcoding, system-parameters, empty-message, json-body, http, new-job, changed-job, job-states, resource, bearer, error-model]", "[bearer]", 1))
	refused(t, "run --endpoint http://127.0.0.1:1 --spec "+nothing, nothing+": no check tests a requirement of orders.confirm; name requirement sets")
}

// TestAMethodWithoutStatesOrSecurity: every command takes its jobs, and sends no
// token.
func TestAMethodWithoutStatesOrSecurity(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../../suites/testdata/orders.openapi.yaml")
	for line := range strings.SplitSeq(text, "\n") {
		for _, part := range []string{"      security: ", "x-unrelated-scope", "links:", "x-effect", "x-accepted-states"} {
			if strings.Contains(line, part) {
				text = strings.Replace(text, line+"\n", "", 1)
			}
		}
	}
	file := writeFile(t, "orders.openapi.yaml", text)
	arguments := emulatedRevision(t, "--spec", file)[1:]
	call(t, append([]string{"run"}, arguments...)...).want(t, 0, "the method needs no token: ", "no job states are described: ", "conforms", "exit 0")
	call(t, append([]string{"doctor"}, arguments...)...).want(t, 0, "none needed", "17 given, without states", "ready: the run has every input")
	if planned := call(t, append([]string{"run", "--dry-run"}, arguments...)...).output; !strings.Contains(planned, "each with whatever effect the method has, on ") {
		t.Errorf("%.500s", planned)
	}
	folder := t.TempDir()
	call(t, "record", "--spec", file, "--cassettes", folder).want(t, 0, "conforms")
	call(t, "run", "--spec", file, "--cassettes", folder).want(t, 0, "conforms")
}
