package bodyshape

import (
	"errors"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:            `{}`,
		`[]`:            `[]`,
		` "x" `:         `string`,
		`12e3`:          `number`,
		`null`:          `null`,
		`true`:          `boolean`,
		`{"b":1,"a":0}`: `{a: number, b: number}`,
		`{"error":{"code":400,"message":"x","status":"Y","details":[{"@type":"z"}]}}`: `{error: {code: number, details: [{@type: string}], message: string, status: string}}`,
		`[1,"a",null,{"x":1},[true]]`:                  `[null | number | string | [boolean] | {x: number}]`,
		`[{"a":1},{"a":"x","b":1},{"a":null}]`:         `[{a: null | number | string, b?: number}]`,
		`[{"a":[]},{"a":[1]}]`:                         `[{a: [number]}]`,
		`[{"a":1,"b":1},{"a":1},{"a":1,"b":1}]`:        `[{a: number, b?: number}]`,
		`{"a":1,"a":"x"}`:                              `{a: number | string}`,
		`{"":1,"a b":2,"a.b":3,"ä\n":4,"x-y":5,"?":6}`: `{"": number, "?": number, "a b": number, "a.b": number, x-y: number, "ä\n": number}`,
	} {
		shape, err := Of([]byte(text))
		if err != nil || shape.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, shape, err, want)
		}
	}
}

func TestOfWhatIsNoJSON(t *testing.T) {
	for _, text := range []string{"", " ", "<html>", `{"a":1`, `{"a":1}{}`, `{"a":}`, "nul", strings.Repeat("[", 20000) + strings.Repeat("]", 20000)} {
		if shape, err := Of([]byte(text)); !errors.Is(err, ErrNoJSON) {
			t.Errorf("%.20q: %s, %v", text, shape, err)
		}
	}
}

func TestDifferences(t *testing.T) {
	for _, test := range []struct {
		old, new string
		want     []string
	}{
		{`{"a":1}`, `{"a":2}`, nil},
		{`{"a":1,"b":"x"}`, `{"b":"y","a":-1}`, nil},
		{`{}`, `[]`, []string{"the body: object → array"}},
		{`{"error":{"code":400}}`, `{"error":{"code":"400"}}`, []string{"error.code: number → string"}},
		{`{"error":{"code":400,"status":"X"}}`, `{"error":{"code":400}}`, []string{"error.status: gone, was string"}},
		{`{}`, `{"error":{"code":400}}`, []string{"error: new, {code: number}"}},
		{`{"a":[]}`, `{"a":["x"]}`, nil},
		{`{"a":["x"]}`, `{"a":[1]}`, []string{"a[]: string → number"}},
		{`[{"a":1}]`, `[{"a":1},{}]`, []string{"[].a: in every element → in some elements"}},
		{`{"a b":1}`, `{"a b":null}`, []string{`"a b": number → null`}},
		{`{"a":1,"c":1}`, `{"b":1,"c":"x"}`, []string{"a: gone, was number", "b: new, number", "c: number → string"}},
	} {
		old, oldErr := Of([]byte(test.old))
		new, newErr := Of([]byte(test.new))
		if oldErr != nil || newErr != nil {
			t.Fatal(oldErr, newErr)
		}
		var got []string
		for _, one := range Differences(old, new) {
			got = append(got, one.String())
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s and %s: %q, want %q", test.old, test.new, got, test.want)
		}
	}
}

// FuzzOf: a shape is the same for the same text, differs from itself in
// nothing, and merging it with itself changes nothing.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{`{"error":{"code":400,"details":[{"@type":"x"},{}]}}`, `[1,"a",null,[],{}]`, `{"a":1,"a":[]}`, ``, `"`, `[[[[]]]]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		shape, err := Of(text)
		if err != nil {
			if !errors.Is(err, ErrNoJSON) || shape.String() != "" {
				t.Fatalf("%v with %s", err, shape)
			}
			return
		}
		again, _ := Of(text)
		if shape.String() == "" || shape.String() != again.String() {
			t.Fatalf("%s and %s", shape, again)
		}
		if found := Differences(shape, again); len(found) > 0 {
			t.Fatalf("%s differs from itself: %v", shape, found)
		}
		if merged := merge(shape, again); merged.String() != shape.String() {
			t.Fatalf("%s merged with itself is %s", shape, merged)
		}
	})
}
