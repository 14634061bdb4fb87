package recorder

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/target"
)

func shaped(check, job, path string, status int, body string, header ...string) *target.Exchange {
	exchange := &target.Exchange{
		Check: check, Request: target.Request{Method: "POST", Path: path, Job: job}, Status: status, Body: []byte(body), Header: http.Header{},
	}
	for i := 0; i < len(header); i += 2 {
		exchange.Header.Set(header[i], header[i+1])
	}
	return exchange
}

func TestOnlyTheShapeIsCompared(t *testing.T) {
	jobs := func(ids ...string) map[string][]string { return map[string][]string{"FAILED": ids} }
	const path = "/v1/archiveJobs/"
	refusal := `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"x","details":[{"@type":"t/A"},{"@type":"t/B","more":[1]}]}}`
	for _, one := range []struct {
		name    string
		was, is []*target.Exchange
		want    string
	}{
		{"ids and values",
			[]*target.Exchange{shaped("path/a", "one", path+"one:retry", 200, `{"id":"first","n":1,"list":["a","b"]}`, "Date", "x", "Location", "/one")},
			[]*target.Exchange{shaped("path/a", "three", path+"three:retry", 200, `{"id":"second","n":2.5,"list":["c"]}`, "Date", "y", "Location", "/three")}, ""},
		{"the status", []*target.Exchange{shaped("path/a", "one", path+"one", 400, "")}, []*target.Exchange{shaped("path/a", "three", path+"three", 404, "")},
			"path/a|POST /v1/archiveJobs/failed-job|status: 404, was 400"},
		{"a type, a name, and no words of what is in it",
			[]*target.Exchange{shaped("path/a", "", "/", 200, `{"id":"x","old":{"deep":{"deeper":1}},"list":[1]}`)},
			[]*target.Exchange{shaped("path/a", "", "/", 200, `{"id":7,"new":null,"list":[1,"x"]}`)},
			"path/a|POST /|body id: number, was text|path/a|POST /|body list[]: number or text, was number|path/a|POST /|body new: null, was none|path/a|POST /|body old: none, was object"},
		{"the code of an error and the types of its details", []*target.Exchange{shaped("path/a", "", "/", 400, refusal)},
			[]*target.Exchange{shaped("path/a", "", "/", 400, strings.NewReplacer("INVALID_ARGUMENT", "OUT_OF_RANGE", "t/B", "t/C", `"x"`, `"y"`).Replace(refusal))},
			"path/a|POST /|body error.details[].@type: t/A or t/C, was t/A or t/B|path/a|POST /|body error.status: OUT_OF_RANGE, was INVALID_ARGUMENT"},
		{"headers that a client reads",
			[]*target.Exchange{shaped("path/a", "", "/", 401, "", "Content-Type", "application/json; charset=UTF-8", "Www-Authenticate", `Bearer realm="a", error="invalid_token"`, "X-Id", "1")},
			[]*target.Exchange{shaped("path/a", "", "/", 401, "", "Content-Type", "application/json; charset=utf-8", "Www-Authenticate", `Bearer realm="b"`, "X-Id", "2", "Retry-After", "9")},
			`path/a|POST /|header Retry-After: present, was none|path/a|POST /|header Www-Authenticate: Bearer realm, was Bearer realm error="invalid_token"`},
		{"requests", []*target.Exchange{shaped("path/a", "", "/", 200, "{}"), shaped("path/b", "", "/", 200, "{}"), shaped("path/b", "", "/", 200, "{}")},
			[]*target.Exchange{shaped("path/b", "", "/", 200, "{}"), shaped("path/c", "", "/", 200, "{}")},
			"path/a|POST /|was sent, and is not any more|path/b|POST /|was sent, and is not any more|path/c|POST /|is sent now, and was not"},
		{"no JSON", []*target.Exchange{shaped("path/a", "", "/", 200, "{}")}, []*target.Exchange{shaped("path/a", "", "/", 200, "<p>")},
			"path/a|POST /|body: no JSON, was object"},
		{"no answer", []*target.Exchange{shaped("path/a", "", "/", 200, "{}")},
			[]*target.Exchange{{Check: "path/a", Request: target.Request{Method: "POST", Path: "/"}, Fault: &target.Fault{Kind: target.HangUp}}},
			"path/a|POST /|status: no answer: hang-up, was 200|path/a|POST /|body: none, was object"},
	} {
		t.Run(one.name, func(t *testing.T) {
			var got []string
			for _, change := range CompareShapes(Exchanged{one.was, jobs("one", "two"), nil}, Exchanged{one.is, jobs("three"), nil}) {
				got = append(got, change.Check, change.Request, change.Text())
			}
			if text := strings.Join(got, "|"); text != one.want {
				t.Errorf("got\n%s\nwant\n%s", text, one.want)
			}
		})
	}
}
