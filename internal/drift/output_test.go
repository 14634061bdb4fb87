package drift

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/pb33f/jsonschema/v6"

	"github.com/dpconform/dpconform/internal/source"
	"github.com/dpconform/dpconform/internal/sourcetest"
)

//go:embed drift.schema.json
var schema []byte

// hostile is a comparison with what a hostile author might put into a source.
func hostile() Comparison {
	evil := "a\x1b[2Jb\u202ec|d`e<img src=x onerror=alert(1)>[f](javascript:g) @everyone\nh"
	return Comparison{
		From:    source.Provenance{Kind: source.Page, Name: evil, Revision: evil, Date: "2025-07-25", Digest: "sha256:" + strings.Repeat("0", 64)},
		Against: source.Provenance{Kind: source.Discovery, Name: "b.json", Digest: "sha256:" + strings.Repeat("1", 64)},
		Changes: []Change{
			{Kind: Added, Class: Compatible, Topic: source.StatesTopic, What: evil, New: evil, Requirements: []string{"body.empty"}, Sentence: evil},
			{Kind: Changed, Class: Documentation, Topic: source.DescriptionsTopic, What: "member", Old: evil, New: evil, Requirements: []string{}, Sentence: evil},
		},
		NotCompared: []Silence{{source.ProseTopic, "the reference page says nothing of it"}},
	}
}

func printed(comparison Comparison, width int) string {
	var out bytes.Buffer
	WriteText(&colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, width, comparison)
	return out.String()
}

func TestTextFitsItsWidthAndObeysNothing(t *testing.T) {
	comparison := compared(t, sourcetest.Page, strings.ReplaceAll(sourcetest.Page, "youtube.clips", "youtube.clips_and_something_that_is_long"))
	for _, width := range []int{80, 110} {
		for _, shown := range []string{printed(comparison, width), printed(hostile(), width)} {
			for line := range strings.SplitSeq(shown, "\n") {
				if ansi.StringWidth(line) > width {
					t.Errorf("%d columns: %q", width, line)
				}
			}
			if strings.ContainsAny(shown, "\x1b\u202e") {
				t.Errorf("a terminal would obey %q", shown)
			}
		}
	}
	shown := printed(comparison, 80)
	for _, want := range []string{"reference page, revision 2025-07-25", "- breaking", "+ compatible", "touches authorization.scope",
		"not compared: ", "drift: 1 breaking, 1 compatible\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the text has no %q:\n%s", want, shown)
		}
	}
	if shown := printed(compared(t, sourcetest.Page, sourcetest.Page), 80); !strings.HasSuffix(shown, "\nno drift\n") {
		t.Error(shown)
	}
	if shown := printed(compared(t, description(), strings.ReplaceAll(sourcetest.Page, "youtube.clips", "youtube.cuts")), 80); !strings.Contains(shown, "\nnext: add --overlay") {
		t.Error(shown)
	}
}

func TestJSONKeepsItsSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("drift.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("drift.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, comparison := range []Comparison{hostile(), compared(t, description(), sourcetest.Page),
		compared(t, sourcetest.Page, strings.ReplaceAll(sourcetest.Page, "youtube.clips", "youtube.other"))} {
		var out bytes.Buffer
		if err := WriteJSON(&out, comparison, "0.0.0", Compatible); err != nil {
			t.Fatal(err)
		}
		written, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(written); err != nil {
			t.Errorf("%s\n%s", err, out.String())
		}
		var read Comparison
		if err := json.Unmarshal(out.Bytes(), &read); err != nil || len(read.Changes) != len(comparison.Changes) {
			t.Errorf("%v: %d changes", err, len(read.Changes))
		}
	}
	// The topics of the schema are those of the product.
	for _, topic := range source.Topics() {
		if !strings.Contains(string(schema), `"`+string(topic)+`"`) {
			t.Errorf("the schema has no topic %s", topic)
		}
	}
}

// inCode finds what Markdown shows as it is.
var inCode = regexp.MustCompile("`[^`]*`")

func TestMarkdownTakesNothingForMarkdown(t *testing.T) {
	var out bytes.Buffer
	if err := WriteMarkdown(&out, hostile()); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, never := range []string{"\x1b", "\u202e", "<img", "[f]", "@everyone"} {
		for line := range strings.SplitSeq(page, "\n") {
			// What is in code is shown as it is.
			outside := inCode.ReplaceAllString(strings.ReplaceAll(line, "\\`", ""), "")
			if strings.Contains(outside, never) {
				t.Errorf("%q is in %q", never, line)
			}
		}
	}
	if !strings.Contains(page, "<br>was: ") || !strings.Contains(page, "<br>now: ") {
		t.Error("the texts before and after are missing")
	}
	if strings.Contains(page, "\n### breaking") || !strings.Contains(page, "\n### compatible") || !strings.Contains(page, "| from | ") {
		t.Error(page)
	}
}
