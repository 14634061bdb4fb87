package html

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

func TestMemberOf(t *testing.T) {
	const text = `{"a": 1, "error": {"code": 404, "details": [{"x": "y"}, 7], "a/b~c": null}, "last": true}`
	cases := []struct{ name, text, pointer, want string }{
		{"member", text, "/a", `"a": 1`},
		{"member of a member", text, "/error/code", `"code": 404`},
		{"item of a list", text, "/error/details/1", `7`},
		{"member of an item", text, "/error/details/0/x", `"x": "y"`},
		{"escaped name", text, "/error/a~1b~0c", `"a/b~c": null`},
		{"last", text, "/last", `"last": true`},
		{"missing, so what should have it", text, "/error/details/0/z", `{"x": "y"}`},
		{"below a number", text, "/a/b", `"a": 1`},
		{"missing at the top", text, "/z", text},
		{"the whole", text, "", text},
		{"no JSON", "<html>", "/error", "<html>"},
		{"nothing", "", "/error", ""},
		{"cut within", `{"error": {"code": 40`, "/error/code", `"code": 40`},
		{"cut before", `{"other": {"code": 40`, "/error/code", `{"other": {"code": 40`},
		{"cut value", `{"error": {"message": "so`, "/error", `"error": {"message": "so`},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			found := memberOf(test.text, test.pointer)
			if got := test.text[found.from:found.to]; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzMemberOf(f *testing.F) {
	f.Add(`{"error": {"details": [1, {"a": "b"}]}}`, "/error/details/1/a")
	f.Add(`[`, "/0")
	f.Fuzz(func(t *testing.T, text, pointer string) {
		if found := memberOf(text, pointer); found.from < 0 || found.to > len(text) || found.from > found.to {
			t.Fatalf("%v of %d bytes", found, len(text))
		}
	})
}

func TestAnswerMarksThePlace(t *testing.T) {
	response := &report.Message{Status: 404, Header: map[string][]string{"content-type": {"text/html"}, "A": {"b"}}, Body: "{\"error\": {\"code\": 5}}\n"}
	cases := []struct {
		name   string
		from   report.Exchange
		places []result.Place
		want   string
	}{
		{"status", report.Exchange{Response: response}, []result.Place{result.InStatus}, "[404 Not Found]\nA: b\ncontent-type: text/html\n\n{\"error\": {\"code\": 5}}"},
		{"header", report.Exchange{Response: response}, []result.Place{result.InHeader("Content-Type")}, "404 Not Found\nA: b\n[content-type: text/html]\n\n{\"error\": {\"code\": 5}}"},
		{"missing header", report.Exchange{Response: response}, []result.Place{result.InHeader("Vary")}, "404 Not Found\nA: b\ncontent-type: text/html\n[Vary: (not in the answer)]\n\n{\"error\": {\"code\": 5}}"},
		{"two members", report.Exchange{Response: response}, []result.Place{"body /error/code", "body /error"}, "404 Not Found\nA: b\ncontent-type: text/html\n\n{[\"error\": {\"code\": 5}]}"},
		{"no body", report.Exchange{Response: &report.Message{Status: 200}}, []result.Place{result.InBody}, "200 OK\n\n[(no body)]"},
		{"fault", report.Exchange{Fault: &report.FaultOf{Kind: "reset", Detail: "by peer"}}, []result.Place{result.InFault}, "[reset: by peer]"},
		{"cut answer", report.Exchange{Response: &report.Message{Status: 999}, Fault: &report.FaultOf{Kind: "cut", Detail: "short"}}, nil, "999\n\ncut: short"},
		{"nothing", report.Exchange{}, nil, "no answer"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			var got strings.Builder
			for _, part := range answer(&test.from, test.places, 1000) {
				if part.Marked {
					part.Text = "[" + part.Text + "]"
				}
				got.WriteString(part.Text)
			}
			if got.String() != test.want {
				t.Errorf("got  %q\nwant %q", got.String(), test.want)
			}
		})
	}
}

func TestAnchorsAreTheNamesWhereTheyCanBe(t *testing.T) {
	given := newAnchors()
	for _, one := range [][2]string{{"retry.body.empty", "retry.body.empty"}, {"retry.body.empty", "retry.body.empty--2"}, {"path/a b\x00", "path/a-b-"},
		{"", "unnamed"}, {"facts", "facts--2"}, {"ä", "-"}} {
		if got := given.next(one[0]); got != one[1] {
			t.Errorf("%q became %q, want %q", one[0], got, one[1])
		}
	}
}

func TestNoReportCanTakeAnIDOfThePage(t *testing.T) {
	_, document := written(t, sample(10))
	for _, element := range elements(document) {
		id := attributeOf(element, "id")
		if id != "" && element.Data != "details" && !strings.HasPrefix(id, "aspect-") && !slices.Contains(fixedAnchors, id) {
			t.Errorf("the id %s is not kept", id)
		}
	}
}

func TestOnlyAddressesOfTheWebAreLinks(t *testing.T) {
	for _, good := range []string{"https://pages.example/a#b", "http://a.example", "https://protobuf.dev/x/?a=b&c=%20"} {
		if webAddress(good) != good {
			t.Errorf("%s is no link", good)
		}
	}
	for _, bad := range []string{"", "javascript:alert(1)", "JavaScript://x/%0aalert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "page.html", "https:", "https://a.example/\"x",
		"https://a.example/ x", "https://a.example/\n", "https://a.example/\u202e", "https://" + strings.Repeat("a", 5000), "vbscript:x", " https://a.example"} {
		if got := webAddress(bad); got != "" {
			t.Errorf("%q is the link %q", bad, got)
		}
	}
}

func TestDuration(t *testing.T) {
	for microseconds, want := range map[int64]string{0: "0.0 ms", 300: "0.3 ms", 12_345: "12 ms", 1_234_000: "1.2 s", 61_000_000: "1 min 1 s", -5: "0.0 ms"} {
		if got := duration(microseconds); got != want {
			t.Errorf("%d µs are %q, want %q", microseconds, got, want)
		}
	}
}

func TestBarsAreFull(t *testing.T) {
	for _, of := range []tally{{result.Pass: 1}, {result.Pass: 9999, result.Fail: 1}, {result.Pass: 1, result.Fail: 1, result.Skip: 1}, {"odd": 2, result.Warn: 5}} {
		at := 0
		for _, part := range of.counts() {
			if part.At != at || part.Wide < 1 {
				t.Errorf("%v: a part from %d, %d long, where %d is free", of, part.At, part.Wide, at)
			}
			at += part.Wide
		}
		if at != barLength {
			t.Errorf("%v: the bar is %d long", of, at)
		}
	}
}

func TestDiagramTellsWhatCameOfRetries(t *testing.T) {
	from := sample(1)
	from.Checks[0].Aspect = "semantics"
	from.Exchanges[0].JobState, from.Exchanges[1].JobState = "FAILED", "CANCELLED"
	from.Exchanges[0].Retry, from.Exchanges[1].Retry = true, true
	var said []string
	for _, row := range newMaker(from).diagram().Rows {
		said = append(said, row.Name+" "+row.Word+": "+row.Outcome)
	}
	want := "IN_PROGRESS not tried: not tried; COMPLETE not tried: not tried; FAILED pass: 1 granted (200); CANCELLED pass: 1 refused (400)"
	if got := strings.Join(said, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestColoursContrast holds text to a contrast of 4.5 to what it stands on.
// Source: https://www.w3.org/TR/WCAG22/#contrast-minimum
func TestColoursContrast(t *testing.T) {
	blocks := regexp.MustCompile(`:root\{([^}]*)\}`).FindAllStringSubmatch(textOf("page.css"), -1)
	if len(blocks) != 3 {
		t.Fatalf("there are %d palettes, not one for light, dark and print", len(blocks))
	}
	for i, block := range blocks {
		colours := map[string]string{}
		for _, pair := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]+)`).FindAllStringSubmatch(block[1], -1) {
			colours[pair[1]] = pair[2]
		}
		for _, text := range []string{"ink", "soft", "link", "pass", "fail", "warn", "skip", "error", "expected", "unexpected", "none"} {
			grounds := []string{"paper", "card"}
			if colours[text+"-tint"] != "" {
				grounds = append(grounds, text+"-tint")
			}
			if text == "ink" || text == "soft" || text == "link" {
				grounds = append(grounds, "code", "fail-tint", "warn-tint", "expected-tint", "unexpected-tint")
			}
			for _, ground := range grounds {
				if got := contrast(t, colours[text], colours[ground]); got < 4.5 {
					t.Errorf("palette %d: %s on %s has a contrast of %.2f", i, text, ground, got)
				}
			}
		}
		if got := contrast(t, colours["mark-ink"], colours["mark"]); got < 4.5 {
			t.Errorf("palette %d: marked text has a contrast of %.2f", i, got)
		}
	}
}

// contrast is that of two colours. Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func contrast(t *testing.T, a, b string) float64 {
	first, second := luminance(t, a), luminance(t, b)
	return (max(first, second) + 0.05) / (min(first, second) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	digits := strings.TrimPrefix(colour, "#")
	if len(digits) == 3 {
		digits = digits[:1] + digits[:1] + digits[1:2] + digits[1:2] + digits[2:] + digits[2:]
	}
	total := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		part := float64(value) / 255
		if part <= 0.04045 {
			total += weight * part / 12.92
		} else {
			total += weight * math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return total
}
