package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestWhichResponsesDiffer(t *testing.T) {
	t.Parallel()
	with := func(name, value string) reply {
		return reply{400, map[string]string{"Content-Type": "application/json", name: value}, "{}"}
	}
	for _, test := range []struct {
		name     string
		old, new reply
		want     []string
	}{
		{"the same", refusal(400), refusal(400), nil},
		{"status", refusal(400), refusal(404), []string{"status: 400 → 404"}},
		{"a value", reply{200, nil, `{"id":"a"}`}, reply{200, nil, `{"id":"b"}`}, nil},
		{"a type", reply{200, nil, `{"id":"a"}`}, reply{200, nil, `{"id":1}`}, []string{"body at id: string → number"}},
		{"a member", reply{200, nil, `{"id":"a"}`}, reply{200, nil, `{"id":"a","x":[]}`}, []string{"body at x: added, array"}},
		{"no JSON", reply{200, nil, `{}`}, reply{200, nil, `<html>`}, []string{"body: {} → no JSON"}},
		{"nothing", reply{200, nil, `{}`}, reply{200, nil, ``}, []string{"body: {} → empty"}},
		{"a body that is cut", reply{200, nil, `{}`}, reply{200, nil, `{"a":"x…`}, nil},
		{"media type", with("Content-Type", "application/json; charset=UTF-8"), with("Content-Type", "application/json;charset=utf-8"), nil},
		{"other charset", with("Content-Type", "application/json; charset=UTF-8"), with("Content-Type", "application/json; charset=latin1"),
			[]string{"Content-Type: application/json; charset=utf-8 → application/json; charset=latin1"}},
		{"no media type", with("X", "y"), reply{400, nil, "{}"}, []string{"Content-Type: removed, was application/json"}},
		{"a header in another case", with("WWW-Authenticate", "Bearer"), with("Www-Authenticate", "Bearer"), nil},
		{"a challenge", with("Www-Authenticate", "Bearer"), with("Www-Authenticate", "Basic"), []string{"WWW-Authenticate: Bearer → Basic"}},
		{"a new challenge", with("X", "y"), with("Www-Authenticate", "Basic"), []string{"WWW-Authenticate: added, Basic"}},
		{"allowed methods", with("Allow", "GET, POST"), with("Allow", "POST,GET"), nil},
		{"fewer methods", with("Allow", "GET, POST"), with("Allow", "POST"), []string{"Allow: GET, POST → POST"}},
		{"time to wait", with("Retry-After", "1"), with("Retry-After", "30"), nil},
		{"a day to wait for", with("Retry-After", "1"), with("Retry-After", "Fri, 02 Jan 2026 03:04:05 GMT"), []string{"Retry-After: a number of seconds → a date"}},
		{"another place", with("Location", "/a"), with("Location", "/b"), []string{"Location: /{job} → /b"}},
		{"headers without a meaning", with("Server", "a"), with("Server", "b"), nil},
	} {
		found := compare(one(result.Pass, test.old), one(result.Pass, test.new))
		var got []string
		for _, change := range found.Responses {
			for _, difference := range change.Differences {
				got = append(got, difference.text())
			}
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if found.Regression || found.Compared != 1 || found.NotCompared != 0 {
			t.Errorf("%s: %+v", test.name, found)
		}
	}
}

func TestTheTargetAndTheJobAreNoDifference(t *testing.T) {
	t.Parallel()
	at := func(endpoint, job string) *run {
		r := newRun().requirement("path.one", spec.Documented, result.Pass)
		r.Target.Endpoint = endpoint
		host := strings.TrimPrefix(endpoint, "https://")
		r.exchange("path/one", "retry "+job, job, "token for x", reply{301, map[string]string{
			"Location": endpoint + "/v1/archiveJobs/" + job + "/", "Www-Authenticate": `Bearer realm="` + host + `"`}, ""})
		return r.check("path/one", "path.one", result.Pass)
	}
	found := compare(at("https://a.example", "failed-1"), at("https://b.example:8080", "0815"))
	if found.Compared != 1 || len(found.Responses) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestAFaultIsAResponseToo(t *testing.T) {
	t.Parallel()
	broken := one(result.Pass, refusal(400))
	broken.Exchanges[0].Response, broken.Exchanges[0].Fault = nil, &result.FaultOf{Kind: "hang-up", Detail: "closed"}
	cut := one(result.Pass, refusal(400))
	cut.Exchanges[0].Fault = &result.FaultOf{Kind: "truncated", Detail: "ended"}
	for want, new := range map[string]*run{"400 → hang-up": broken, "400 → 400 and truncated": cut} {
		found := compare(one(result.Pass, refusal(400)), new)
		if len(found.Responses) != 1 || !strings.Contains(found.Responses[0].Differences[0].text(), want) {
			t.Errorf("want %s: %+v", want, found.Responses)
		}
	}
}

// sent is one exchange of the check path/one.
type sent struct {
	purpose, job, credential string
	status                   int
}

func TestExchangesAreFoundAgain(t *testing.T) {
	t.Parallel()
	of := func(all ...sent) *run {
		r := newRun().requirement("path.one", spec.Documented, result.Pass)
		for _, one := range all {
			r.exchange("path/one", one.purpose, one.job, one.credential, refusal(one.status))
		}
		return r.check("path/one", "path.one", result.Pass)
	}
	for _, test := range []struct {
		name     string
		old, new *run
		compared int
		alone    int
		changed  []string
	}{
		{"the same", of(sent{"retry a", "a", "t", 400}, sent{"retry b", "b", "t", 404}), of(sent{"retry a", "a", "t", 400}, sent{"retry b", "b", "t", 404}), 2, 0, nil},
		{"another order", of(sent{"retry a", "a", "t", 400}, sent{"retry b", "b", "t", 404}), of(sent{"retry b", "b", "t", 404}, sent{"retry a", "a", "t", 400}), 2, 0, nil},
		{"other jobs", of(sent{"retry a", "a", "t", 400}, sent{"retry b", "b", "t", 404}), of(sent{"retry x", "x", "t", 400}, sent{"retry y", "y", "t", 403}), 2, 0, []string{"404 → 403"}},
		{"another token", of(sent{"retry a", "a", "token for x", 400}), of(sent{"retry b", "b", "token for y", 401}), 1, 0, []string{"400 → 401"}},
		{"at once", of(sent{"retry a", "a", "t", 200}, sent{"retry a", "a", "t", 409}, sent{"retry a", "a", "t", 409}),
			of(sent{"retry a", "a", "t", 409}, sent{"retry a", "a", "t", 409}, sent{"retry a", "a", "t", 200}), 3, 0, nil},
		{"at once, and one is another", of(sent{"retry a", "a", "t", 200}, sent{"retry a", "a", "t", 409}), of(sent{"retry a", "a", "t", 409}, sent{"retry a", "a", "t", 500}), 2, 0, []string{"200 → 500"}},
		{"more than before", of(sent{"retry a", "a", "t", 200}), of(sent{"retry a", "a", "t", 200}, sent{"retry b", "b", "t", 200}), 1, 1, nil},
		{"other jobs, and fewer", of(sent{"retry a", "a", "t", 200}, sent{"retry b", "b", "t", 400}), of(sent{"retry x", "x", "t", 400}), 0, 3, nil},
		{"another purpose", of(sent{"an array", "a", "t", 400}), of(sent{"a string", "a", "t", 400}), 0, 2, nil},
		{"a job named like a purpose", of(sent{"no verb", "verb", "t", 400}), of(sent{"no verb", "a", "t", 400}), 1, 0, nil},
		{"a verb and no job", of(sent{"no verb", "a", "t", 400}), of(sent{"no verb", "b", "t", 400}), 1, 0, nil},
	} {
		found := compare(test.old, test.new)
		var got []string
		for _, change := range found.Responses {
			got = append(got, strings.TrimPrefix(change.Differences[0].text(), "status: "))
		}
		if found.Compared != test.compared || found.NotCompared != test.alone || strings.Join(got, "\n") != strings.Join(test.changed, "\n") {
			t.Errorf("%s: %d compared, %d alone, %q", test.name, found.Compared, found.NotCompared, got)
		}
	}
}

func TestOfTwoChecksEachHasItsOwnExchanges(t *testing.T) {
	t.Parallel()
	of := func(first, second int) *run {
		r := newRun()
		r.exchange("path/one", "retry a", "a", "t", refusal(first))
		return r.exchange("path/two", "retry a", "a", "t", refusal(second))
	}
	found := compare(of(400, 404), of(404, 400))
	if len(found.Responses) != 2 || found.Responses[0].Check != "path/one" || found.Responses[1].Check != "path/two" {
		t.Errorf("%+v", found.Responses)
	}
}

func TestADifferenceShowsWhatDiffers(t *testing.T) {
	t.Parallel()
	const prefix = "https://www.googleapis.com/auth/"
	challenge := func(words ...string) string {
		return `Bearer realm="https://accounts.example/", error="insufficient_scope", scope="` + prefix + strings.Join(words, " "+prefix) + `"`
	}
	scopes := func(more ...string) []string {
		for i := range 40 {
			more = append(more, fmt.Sprintf("dataportability.kind%d.item", i))
		}
		return more
	}
	long := strings.Repeat("x", 300)
	for _, test := range []struct{ what, old, new, want string }{
		{"WWW-Authenticate", challenge(scopes("dataportability.x")...), challenge(scopes("dataportability.y")...), "WWW-Authenticate: without dataportability.x, with dataportability.y"},
		{"WWW-Authenticate", challenge(scopes()...), challenge("a"), "WWW-Authenticate: without dataportability.kind0.item, dataportability.kind1.item, " +
			"dataportability.kind2.item …and 37 more, with a"},
		{"WWW-Authenticate", challenge("a", "b", "c"), challenge("b", "a", "c"), "WWW-Authenticate: in a different order"},
		{"WWW-Authenticate", challenge("a", "b"), strings.ReplaceAll(challenge("a", "b", "c"), "insufficient", "no"), "WWW-Authenticate: without insufficient_scope, with no_scope, c"},
		{"WWW-Authenticate", `Bearer scope="a b"`, `Basic scope="a c"`, `WWW-Authenticate: Bearer scope="a b" → Basic scope="a c"`},
		{"Allow", "GET, POST", "GET, PUT", "Allow: GET, POST → GET, PUT"},
		{"Location", "http://x/" + long + "/old", "http://x/" + long + "/new", "Location: without old, with new"},
		{"Location", "", long, "Location: added, " + long[:longestSide] + "…"},
		{"Location", "x", "", "Location: removed, was x"},
		{"status", "400", "404", "status: 400 → 404"},
	} {
		if got := (difference{What: test.what, Old: test.old, New: test.new}).text(); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
	says := func(words []string) reply {
		return reply{403, map[string]string{"WWW-Authenticate": challenge(words...)}, `{"error":{"code":403}}`}
	}
	old, new := says(scopes("dataportability.went")), says(scopes("dataportability.came"))
	for _, verdict := range []result.Verdict{result.Pass, result.Fail} {
		comparison := compare(one(result.Pass, old), one(verdict, new))
		var page strings.Builder
		if err := WriteMarkdown(&page, comparison); err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{shownText(comparison), page.String()} {
			if !strings.Contains(shown, "WWW-Authenticate: without dataportability.went, with dataportability.came") {
				t.Errorf("%s:\n%s", verdict, shown)
			}
		}
	}
}

func TestShapeOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a": "dpconform-redacted (number, 2 bytes)"}`: "{a: number}",
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

func TestTextsWithoutAShape(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "<html>", `{"a":1`, `{"a":1}{}`, `{"a":}`, "nul", strings.Repeat("[", 20000) + strings.Repeat("]", 20000)} {
		if shape, _, ok := shapeOf(text); ok {
			t.Errorf("%.20q: %s", text, shape)
		}
	}
}

func TestShapeDifferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		old, new string
		want     []string
	}{
		{`{"a":1}`, `{"a":2}`, nil},
		{`{"a":1,"b":"x"}`, `{"b":"y","a":-1}`, nil},
		{`{}`, `[]`, []string{"body: object → array"}},
		{`{"error":{"code":400}}`, `{"error":{"code":"400"}}`, []string{"error.code: number → string"}},
		{`{"error":{"code":400,"status":"X"}}`, `{"error":{"code":400}}`, []string{"error.status: removed, was string"}},
		{`{}`, `{"error":{"code":400}}`, []string{"error: added, object"}},
		{`{"a":[]}`, `{"a":["x"]}`, nil},
		{`{"a":["x"]}`, `{"a":[1]}`, []string{"a[]: string → number"}},
		{`[{"a":1}]`, `[{"a":1},{"b":1}]`, []string{"[].b: added, number"}},
		{`{"a":{"b":1}}`, `{"a":"x"}`, []string{"a: object → string"}},
		{`{"a":{"b":1},"ab":1}`, `{"a":1,"ab":"x"}`, []string{"a: object → number", "ab: number → string"}},
		{`{"a":[{"b":[]}]}`, `{"a":[{"b":[1]}]}`, nil},
		{`{"a b":1}`, `{"a b":null}`, []string{`"a b": number → null`}},
		{`{"a":1,"c":1}`, `{"b":1,"c":"x"}`, []string{"a: removed, was number", "b: added, number", "c: number → string"}},
	} {
		old, _, oldOK := shapeOf(test.old)
		new, _, newOK := shapeOf(test.new)
		if !oldOK || !newOK {
			t.Fatal(test.old, test.new)
		}
		var got []string
		for _, one := range shapeDifferences(old, new) {
			got = append(got, strings.TrimPrefix(one.text(), "body at "))
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
