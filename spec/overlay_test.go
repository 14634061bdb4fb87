package spec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	mapsScope     = "https://www.googleapis.com/auth/dataportability.maps.vehicle_profile"
	testOverlay   = "overlay: 1.0.0\ninfo:\n  title: Test\n  version: 1.0.0\nactions:\n"
	operationPath = "$.paths['/v1/archiveJobs/{archiveJob}:retry'].post"
	addsScope     = "  - target: " + operationPath + "\n    update:\n      security:\n        - oauth2: [" + mapsScope + "]\n"
	removesScope  = "  - target: " + operationPath + ".security[?(@.oauth2[0] == 'https://www.googleapis.com/auth/dataportability.chrome.autofill')]\n    remove: true\n"
)

func overlayOf(actions string) Description {
	return Description{Name: "test.overlay.yaml", Text: []byte(testOverlay + actions)}
}

func withOverlays(t *testing.T, description Description, overlays ...Description) Description {
	t.Helper()
	for _, overlay := range overlays {
		var err error
		if description, err = description.WithOverlay(overlay); err != nil {
			t.Fatal(err)
		}
	}
	return description
}

func scopeNames(method *Method) []string {
	var names []string
	for _, scope := range method.Scopes {
		names = append(names, scope.Name)
	}
	return names
}

func TestAnOverlayAddsAndRemoves(t *testing.T) {
	t.Parallel()
	crlf := func(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), "\n", "\r\n")) }
	bom := func(text []byte) []byte { return append([]byte("\ufeff"), text...) }
	same := func(text []byte) []byte { return text }
	before := scopeNames(MustLoadEmbedded())
	want := append(slices.DeleteFunc(before, func(name string) bool { return strings.HasSuffix(name, "chrome.autofill") }), mapsScope)
	for name, forms := range map[string][2]func([]byte) []byte{
		"as it is": {same, same}, "description with CRLF": {crlf, same}, "overlay with CRLF": {same, crlf},
		"both with CRLF and BOM": {func(text []byte) []byte { return bom(crlf(text)) }, func(text []byte) []byte { return bom(crlf(text)) }},
	} {
		description, overlay := Default(), overlayOf(addsScope+removesScope)
		description.Text, overlay.Text = forms[0](description.Text), forms[1](overlay.Text)
		method, err := Load(withOverlays(t, description, overlay))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := scopeNames(method); !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
		if method.File != Default().Name || !slices.Equal(method.Overlays, []string{"test.overlay.yaml"}) {
			t.Errorf("%s: %s with %v", name, method.File, method.Overlays)
		}
	}
}

// What overlays leave alone stays as it is, and the order of several counts.
func TestSeveralOverlaysInOrder(t *testing.T) {
	t.Parallel()
	title := func(text string) Description {
		overlay := overlayOf(fmt.Sprintf("  - target: $.info\n    update: {title: %s}\n", text))
		overlay.Name = text + ".yaml"
		return overlay
	}
	method, err := Load(withOverlays(t, Default(), title("first"), title("second")))
	if err != nil {
		t.Fatal(err)
	}
	was := MustLoadEmbedded()
	if method.Title != "second" || !slices.Equal(method.Overlays, []string{"first.yaml", "second.yaml"}) {
		t.Errorf("%s with %v", method.Title, method.Overlays)
	}
	method.Title = was.Title
	if got, want := len(method.Requirements), len(was.Requirements); got != want || !slices.Equal(scopeNames(method), scopeNames(was)) {
		t.Errorf("%d requirements of %d", got, want)
	}
}

// YAML aliases, and JSON in one line, go through an overlay.
func TestAnOverlayOnAliasesAndJSON(t *testing.T) {
	t.Parallel()
	overlay := overlayOf("  - target: $.b\n    update: {added: true}\n  - target: $.list[1]\n    remove: true\n")
	for text, want := range map[string]string{
		"a: &x {k: v}\nb: &b {}\nc: *x\nd: *b\nlist: [1, 2]\n": "c: {k: v}\nd: {}\n",
		`{"a":{"k":"v"},"b":{},"c":"d","list":[1,2,3]}`:        `"list": [1, 3]`,
	} {
		got := withOverlays(t, Description{Name: "any.yaml", Text: []byte(text)}, overlay)
		if !strings.Contains(string(got.Text), want) || !strings.Contains(string(got.Text), "added: true") {
			t.Errorf("%s\nbecomes\n%s", text, got.Text)
		}
	}
}

// A mistake in what overlays made is where it was written: in the description,
// moved by overlays or not, or in an overlay.
func TestMistakesOfOverlaidDescriptions(t *testing.T) {
	t.Parallel()
	broken := Default()
	broken.Name = "edited.yaml"
	broken.Text = []byte(strings.Replace(embeddedText(), ownLevel, "          level: unheard-of\n", 1))
	_, unmoved := Load(broken)
	if unmoved == nil {
		t.Fatal("an unknown level is no error")
	}
	badScope := overlayOf("  # a comment\n  - target: " + operationPath + "\n    update:\n      security:\n        - oauth2: [a, b]\n")
	badScope.Name = "bad.overlay.yaml"
	twice := overlayOf("  - target: " + operationPath + "\n    update:\n      x-requirements:\n        - {id: path.template, level: documented, statement: It MUST be., quote: a, source: https://a.example}\n")
	twice.Name = "twice.overlay.yaml"
	requirement, _ := MustLoadEmbedded().Requirement("path.template")
	first := strconv.Itoa(requirement.Line)
	longer := overlayOf("  - target: $.info\n    update: {description: \"many\\nmore\\nlines\\nthan\\nbefore\\nthere\"}\n" + addsScope)
	without := overlayOf("  - target: $.info\n    remove: true\n")
	without.Name = "without.overlay.yaml"
	for _, test := range []struct {
		description Description
		overlays    []Description
		place       string
	}{
		{broken, []Description{longer}, unmoved.Error()},
		{broken, []Description{longer, overlayOf(removesScope)}, unmoved.Error()},
		{Default(), []Description{longer, twice}, "twice.overlay.yaml:9:11: requirement path.template is already in spec/archivejobs-retry.openapi.yaml:" + first},
		{Default(), []Description{longer, without}, "spec/archivejobs-retry.openapi.yaml:1:1: not a valid OpenAPI document: at /: "},
		{Default(), []Description{badScope}, "bad.overlay.yaml:10:11: each alternative of security must name exactly one scope"},
		{Default(), []Description{badScope, overlayOf(addsScope)}, "bad.overlay.yaml:10:11: each alternative of security must name exactly one scope"},
	} {
		_, err := Load(withOverlays(t, test.description, test.overlays...))
		var mistake *Error
		if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), test.place) {
			t.Errorf("want %s\ngot  %v", test.place, err)
		}
		if named := strings.Contains(err.Error(), " (with "+test.overlays[0].Name+" and "+test.overlays[len(test.overlays)-1].Name+" applied)"); named != (mistake.File == test.description.Name && len(test.overlays) == 2) && len(test.overlays) == 2 {
			t.Errorf("the overlays are named: %t, in %v", named, err)
		}
	}
}

func TestBrokenOverlays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		testOverlay + addsScope + "  - target: $.info['x-nothing']\n    remove: true\n": "test.overlay.yaml:10: the target $.info['x-nothing'] matches nothing in spec/",
		testOverlay + "  - target: $.info.x-a\n    remove: true\n":                      `test.overlay.yaml:6: "$.info.x-a" is not a JSONPath expression`,
		testOverlay + "  - target: $[\n    remove: true\n":                              `test.overlay.yaml:6: "$[" is not a JSONPath expression`,
		testOverlay + "  - target: $.info\n    updat: {title: a}\n":                     `test.overlay.yaml:7:5: unknown key "updat": an action has target, `,
		testOverlay + "  - target: $.info\n":                                            "test.overlay.yaml:6:5: the action for $.info does nothing",
		testOverlay + "  - target: $.info\n    remove: false\n":                         "test.overlay.yaml:6:5: the action for $.info does nothing",
		testOverlay + "  - target: $.info\n    remove: perhaps\n":                       "test.overlay.yaml:7:13: remove must be true or false",
		testOverlay + "  - update: {title: a}\n":                                        "test.overlay.yaml:6:5: the action has no target",
		testOverlay + "  - target: $.info\n    update: [a]\n":                           "test.overlay.yaml:6: the action for $.info cannot be applied: incompatible",
		testOverlay + "  - target: $.info\n    update: null\n":                          "test.overlay.yaml:6: the action for $.info cannot be applied: incompatible",
		testOverlay + "  - target: $.info\n    update: {a: 1}\n    update: {b: 1}\n":    "test.overlay.yaml:8:5: update occurs twice",
		testOverlay:                     "test.overlay.yaml:5:9: actions must be a list",
		testOverlay + "  - $.info\n":    "test.overlay.yaml:6:5: an action must be a mapping",
		"overlay: 1.0.0\nactions: []\n": "test.overlay.yaml:1:1: not an OpenAPI Overlay: it has no info",
		"openapi: 3.1.0\n":              `test.overlay.yaml:1:1: unknown key "openapi": an overlay has overlay, info,`,
		"- a\n":                         "test.overlay.yaml:1:1: an overlay must be a mapping",
		"":                              "test.overlay.yaml:1: not an OpenAPI Overlay: it is empty",
		"a: [\n":                        "test.overlay.yaml:",
		"overlay: 1.0.0\n---\na: b\n":   "test.overlay.yaml:2: a second YAML document begins here",
		strings.Replace(testOverlay, "actions:", "extends: 5\nactions:", 1) + addsScope: "test.overlay.yaml:5:10: extends must be the address of a description",
		"a: *unknown\n": "test.overlay.yaml:",
		strings.Replace(testOverlay, "1.0.0", "2.0.0", 1) + addsScope:         "test.overlay.yaml:1: not an OpenAPI Overlay: unsupported overlay version",
		strings.Replace(testOverlay, "  version: 1.0.0\n", "", 1) + addsScope: "test.overlay.yaml:1: not an OpenAPI Overlay: overlay info requires title and version",
	} {
		_, err := Default().WithOverlay(Description{Name: "test.overlay.yaml", Text: []byte(text)})
		var mistake *Error
		if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\nwant %s\ngot  %v", text, want, err)
		}
	}
}
