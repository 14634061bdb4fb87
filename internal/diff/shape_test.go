package diff

import (
	"strings"
	"testing"
)

func TestShapeOf(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:            `{}`,
		`[]`:            `[]`,
		` "x" `:         `string`,
		`12e3`:          `number`,
		`null`:          `null`,
		`true`:          `boolean`,
		`{"b":1,"a":0}`: `{a: number, b: number}`,
		`{"error":{"code":400,"message":"x","status":"Y","details":[{"@type":"z"}]}}`: `{error: {code: number, details: [{@type: string}], message: string, status: string}}`,
		`[1,"a",null,{"x":1},[true]]`:                  `[[boolean] | null | number | string | {x: number}]`,
		`[{"a":1},{"a":"x","b":1},{"a":null}]`:         `[{a: null} | {a: number} | {a: string, b: number}]`,
		`[{"a":[]},{"a":[1]}]`:                         `[{a: []} | {a: [number]}]`,
		`[{"a":1,"b":1},{"a":1},{"a":1,"b":1}]`:        `[{a: number, b: number} | {a: number}]`,
		`{"":1,"a b":2,"a.b":3,"ä\n":4,"x-y":5,"?":6}`: `{"": number, "?": number, "a b": number, "a.b": number, x-y: number, "ä\n": number}`,
	} {
		if _, written, ok := shapeOf(text); !ok || written != want {
			t.Errorf("%s: %s; want %s", text, written, want)
		}
	}
}

func TestShapeOfWhatIsNoJSON(t *testing.T) {
	for _, text := range []string{"", " ", "<html>", `{"a":1`, `{"a":1}{}`, `{"a":}`, "nul", strings.Repeat("[", 20000) + strings.Repeat("]", 20000)} {
		if shape, _, ok := shapeOf(text); ok {
			t.Errorf("%.20q: %s", text, shape)
		}
	}
}

func TestShapeDifferences(t *testing.T) {
	for _, test := range []struct {
		old, new string
		want     []string
	}{
		{`{"a":1}`, `{"a":2}`, nil},
		{`{"a":1,"b":"x"}`, `{"b":"y","a":-1}`, nil},
		{`{}`, `[]`, []string{"body: object → array"}},
		{`{"error":{"code":400}}`, `{"error":{"code":"400"}}`, []string{"error.code: number → string"}},
		{`{"error":{"code":400,"status":"X"}}`, `{"error":{"code":400}}`, []string{"error.status: gone, was string"}},
		{`{}`, `{"error":{"code":400}}`, []string{"error: new, object"}},
		{`{"a":[]}`, `{"a":["x"]}`, nil},
		{`{"a":["x"]}`, `{"a":[1]}`, []string{"a[]: string → number"}},
		{`[{"a":1}]`, `[{"a":1},{"b":1}]`, []string{"[].b: new, number"}},
		{`{"a":{"b":1}}`, `{"a":"x"}`, []string{"a: object → string"}},
		{`{"a":{"b":1},"ab":1}`, `{"a":1,"ab":"x"}`, []string{"a: object → number", "ab: number → string"}},
		{`{"a":[{"b":[]}]}`, `{"a":[{"b":[1]}]}`, nil},
		{`{"a b":1}`, `{"a b":null}`, []string{`"a b": number → null`}},
		{`{"a":1,"c":1}`, `{"b":1,"c":"x"}`, []string{"a: gone, was number", "b: new, number", "c: number → string"}},
	} {
		old, _, oldOK := shapeOf(test.old)
		new, _, newOK := shapeOf(test.new)
		if !oldOK || !newOK {
			t.Fatal(test.old, test.new)
		}
		var got []string
		for _, one := range shapeDifferences(old, new) {
			got = append(got, strings.TrimPrefix(one.String(), "body at "))
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s and %s: %q, want %q", test.old, test.new, got, test.want)
		}
	}
}

// FuzzShape: the shape of a text differs from itself in nothing.
func FuzzShape(f *testing.F) {
	for _, seed := range []string{`{"error":{"code":400,"details":[{"@type":"x"},{}]}}`, `[1,"a",null,[],{}]`, `{"a":1,"a":[]}`, ``, `"`, `[[[[]]]]`} {
		f.Add(seed, `{"error":[]}`)
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		shape, written, ok := shapeOf(text)
		if again, writtenAgain, _ := shapeOf(text); ok && (written == "" || written != writtenAgain || len(shapeDifferences(shape, again)) > 0) {
			t.Fatalf("%s and %s", written, writtenAgain)
		}
		if another, _, otherOK := shapeOf(other); ok && otherOK && len(shapeDifferences(shape, another)) != len(shapeDifferences(another, shape)) {
			t.Fatalf("%v and %v", shapeDifferences(shape, another), shapeDifferences(another, shape))
		}
	})
}
