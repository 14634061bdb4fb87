package spec

import (
	"strings"
	"testing"
)

func TestClientRequirementsOfTheShippedDescription(t *testing.T) {
	contract := MustLoadEmbedded()
	if len(contract.ClientRequirements) == 0 {
		t.Fatal("the description says nothing of clients")
	}
	for _, requirement := range contract.ClientRequirements {
		if !strings.HasPrefix(requirement.ID, "client.") || requirement.Line == 0 {
			t.Errorf("%s in line %d", requirement.ID, requirement.Line)
		}
		if found, known := contract.ClientRequirement(requirement.ID); !known || found.Line != requirement.Line {
			t.Errorf("%s is not found by its id", requirement.ID)
		}
	}
	if _, known := contract.ClientRequirement("client.path.nothing"); known {
		t.Error("an id that nobody wrote is known")
	}
}

func TestADescriptionMayBeSilentOfClients(t *testing.T) {
	shipped := string(Embedded().Text)
	start := strings.Index(shipped, "      "+clientRequirementsExtension+":")
	end := start + strings.Index(shipped[start:], "\n  /v1/")
	contract, err := Load(Description{Name: EmbeddedName, Text: []byte(shipped[:start] + shipped[end:])})
	if err != nil || len(contract.ClientRequirements) != 0 {
		t.Errorf("%d requirements, %v", len(contract.ClientRequirements), err)
	}
}

func TestBrokenClientRequirements(t *testing.T) {
	shipped := string(Embedded().Text)
	for _, row := range []struct{ name, old, new, want string }{
		{"no list", "x-client-requirements:\n        # ---- http\n", "x-client-requirements: 5\n      x-nothing:\n", "must be a list of requirements"},
		{"twice", "- id: client.path.collection", "- id: client.path.method", "requirement client.path.method stands twice"},
		{"id of the server's side", "- id: client.path.collection", "- id: retry.body.empty", "requirement retry.body.empty stands twice"},
		{"unknown member", "- id: client.path.collection", "- ib: client.path.collection", `a requirement has no "ib"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			broken := strings.Replace(shipped, row.old, row.new, 1)
			if broken == shipped {
				t.Fatal("nothing was changed")
			}
			_, err := Load(Description{Name: EmbeddedName, Text: []byte(broken)})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
