package drift

import (
	"bytes"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/spec"
)

func TestWhatToDoNextIsSaid(t *testing.T) {
	const discovery = "https://dataportability.googleapis.com/$discovery/rest?version=v1"
	for _, one := range []struct{ from, against, want string }{
		{"", "new.json", "  dpconform spec print > my.openapi.yaml\n  dpconform spec update --spec my.openapi.yaml --from new.json\n"},
		{"my own.yaml", "new.json", "  dpconform spec update --spec 'my own.yaml' --from new.json\n"},
		{"-", "it's.json", `  dpconform spec update --spec FILE --from 'it'\''s.json'` + "\n"},
		{"", discovery, "--spec my.openapi.yaml \\\n      --from '" + discovery + "'\n"},
		{"", "https://x.example/rest?key=secret", "--from SOURCE\n"},
	} {
		var out bytes.Buffer
		comparison := Comparison{From: spec.Provenance{Kind: spec.DescriptionSource}, Changes: []Change{{Class: Breaking, Topic: spec.ScopesTopic}}}
		Text{Out: &out, Width: 80, Next: Next{one.from, one.against}}.Write(comparison)
		if !strings.HasSuffix(out.String(), one.want) || strings.Contains(out.String(), "secret") {
			t.Errorf("%s: %s", one.against, out.String())
		}
		out.Reset()
		Text{Out: &out, Width: 80, Next: Next{one.from, one.against}}.Write(Comparison{})
		if !strings.HasSuffix(out.String(), "no drift\n") {
			t.Errorf("without drift: %s", out.String())
		}
	}
}
