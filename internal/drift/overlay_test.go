package drift

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// overlayTo makes the overlay from the shipped description to a text, and looks
// whether it does what it says.
func overlayTo(t *testing.T, text string, class Class) Overlay {
	t.Helper()
	against, err := source.Parse(spec.Description{Name: "against", Text: []byte(text)}, method())
	if err != nil {
		t.Fatal(err)
	}
	made, err := NewOverlay(spec.Default(), against, method(), class, "")
	if err != nil {
		t.Fatal(err)
	}
	if made.Text == nil {
		return made
	}
	overlaid, err := spec.Default().WithOverlay(spec.Description{Name: "overlay", Text: made.Text})
	if err != nil {
		t.Fatalf("%v\n%s", err, made.Text)
	}
	read, err := source.Parse(overlaid, method())
	if err != nil {
		t.Fatal(err)
	}
	left, err := Compare(read, against, method())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := lines(left), lines(Comparison{Changes: made.Left}); !slices.Equal(got, want) {
		t.Errorf("it leaves\n%s\nand says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return made
}

// An overlay makes every change that drift finds, but for a few that it has no
// way to make.
func TestAnOverlayMakesWhatDriftFinds(t *testing.T) {
	t.Parallel()
	cannot := []source.Topic{source.ProseTopic, source.MediaTypesTopic, source.HeadersTopic}
	for _, one := range descriptionEdits() {
		t.Run(one.want, func(t *testing.T) {
			t.Parallel()
			made := overlayTo(t, edited(t, description(), one.old, one.changed), Documentation)
			for _, change := range made.Left {
				if !slices.Contains(cannot, change.Topic) {
					t.Errorf("it leaves out: %s\n%s", change.Sentence, made.Text)
				}
				if made.Text != nil && !strings.Contains(string(made.Text), "# - "+change.Sentence) {
					t.Errorf("the overlay does not say that it leaves out: %s", change.Sentence)
				}
			}
		})
	}
}

// Words are changed where documentation is wanted, and what a scope is called
// cannot break the overlay.
func TestTheClassOfAnOverlay(t *testing.T) {
	t.Parallel()
	const odd = `https://a.example/auth/it's."odd"\\[?(@)]`
	text := edited(t, description(), "        - oauth2: [https://www.googleapis.com/auth/dataportability.maps.reviews]\n", "        - oauth2: ['"+strings.ReplaceAll(odd, "'", "''")+"']\n")
	text = edited(t, text, "            https://www.googleapis.com/auth/dataportability.maps.reviews:", "            '"+strings.ReplaceAll(odd, "'", "''")+"':")
	text = edited(t, text, "      summary: Retries a failed Portability Archive job.\n", "      summary: Retries a job.\n")
	for class, left := range map[Class]int{Compatible: 1, Documentation: 0} {
		made := overlayTo(t, text, class)
		if len(made.Left) != left || len(made.Made) != 3-left {
			t.Errorf("%s: made %v, left %v", class, lines(Comparison{Changes: made.Made}), lines(Comparison{Changes: made.Left}))
		}
	}
	if made := overlayTo(t, description(), Documentation); made.Text != nil || made.Made != nil || len(made.Left) != 0 {
		t.Errorf("without a difference it is\n%s", made.Text)
	}
	// Back from the odd name.
	from := spec.Description{Name: "odd", Text: []byte(text)}
	made, err := NewOverlay(from, readShipped(), method(), Documentation, "")
	if err == nil {
		_, err = from.WithOverlay(spec.Description{Name: "overlay", Text: made.Text})
	}
	if err != nil || len(made.Left) > 0 {
		t.Errorf("%v\n%s", err, made.Text)
	}
}

// The shipped revision is what the discovery document makes of the description.
func TestTheShippedRevisionIsMadeOfTheDiscoveryDocument(t *testing.T) {
	t.Parallel()
	against, err := source.Parse(spec.Description{Name: "against", Text: []byte(sourcetest.Discovery(t, "v0.311.0", "v1"))}, method())
	if err != nil {
		t.Fatal(err)
	}
	made, err := NewOverlay(spec.Default(), against, method(), Compatible, "../archivejobs-retry.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile("../../spec/revisions/2026-07-19.overlay.yaml")
	if err != nil || string(shipped) != string(made.Text) {
		t.Errorf("%v; it would be\n%s", err, made.Text)
	}
}

// A description may have aliases of YAML: each value is changed by itself.
func TestAnOverlayOfADescriptionWithAliases(t *testing.T) {
	t.Parallel()
	from, err := spec.Embedded(spec.Shipped()[1])
	if err != nil {
		t.Fatal(err)
	}
	tested, err := spec.Load(from)
	if err != nil || !strings.Contains(string(from.Text), "security: *") {
		t.Fatalf("%v, or there is no alias", err)
	}
	path := tested.Operation.Path.String()
	text := edited(t, string(from.Text), path+":", strings.Replace(path, ":", ":now-", 1)+":")
	text = edited(t, text, "        - oauth2: ["+tested.Scopes[0].Name+"]\n", "")
	against, err := source.Parse(spec.Description{Name: "against", Text: []byte(text)}, tested)
	if err != nil {
		t.Fatal(err)
	}
	made, err := NewOverlay(from, against, tested, Compatible, "")
	if err != nil || len(made.Left) > 0 || len(made.Made) < 2 {
		t.Errorf("%v; it leaves %v\n%s", err, lines(Comparison{Changes: made.Left}), made.Text)
	}
}
