package diff

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

func TestWhichAnswersDiffer(t *testing.T) {
	with := func(name, value string) response {
		return response{400, map[string]string{"Content-Type": "application/json", name: value}, "{}"}
	}
	for _, test := range []struct {
		name     string
		old, new response
		want     []string
	}{
		{"the same", refusal(400), refusal(400), nil},
		{"status", refusal(400), refusal(404), []string{"status: 400 → 404"}},
		{"a value", response{200, nil, `{"id":"a"}`}, response{200, nil, `{"id":"b"}`}, nil},
		{"a type", response{200, nil, `{"id":"a"}`}, response{200, nil, `{"id":1}`}, []string{"body at id: string → number"}},
		{"a member", response{200, nil, `{"id":"a"}`}, response{200, nil, `{"id":"a","x":[]}`}, []string{"body at x: new, array"}},
		{"no JSON", response{200, nil, `{}`}, response{200, nil, `<html>`}, []string{"body: {} → no JSON"}},
		{"nothing", response{200, nil, `{}`}, response{200, nil, ``}, []string{"body: {} → empty"}},
		{"a body that is cut", response{200, nil, `{}`}, response{200, nil, `{"a":"x…`}, nil},
		{"media type", with("Content-Type", "application/json; charset=UTF-8"), with("Content-Type", "application/json;charset=utf-8"), nil},
		{"other charset", with("Content-Type", "application/json; charset=UTF-8"), with("Content-Type", "application/json; charset=latin1"),
			[]string{"Content-Type: application/json; charset=utf-8 → application/json; charset=latin1"}},
		{"no media type", with("X", "y"), response{400, nil, "{}"}, []string{"Content-Type: gone, was application/json"}},
		{"a header in another case", with("WWW-Authenticate", "Bearer"), with("Www-Authenticate", "Bearer"), nil},
		{"a challenge", with("Www-Authenticate", "Bearer"), with("Www-Authenticate", "Basic"), []string{"WWW-Authenticate: Bearer → Basic"}},
		{"a new challenge", with("X", "y"), with("Www-Authenticate", "Basic"), []string{"WWW-Authenticate: new, Basic"}},
		{"allowed methods", with("Allow", "GET, POST"), with("Allow", "POST,GET"), nil},
		{"fewer methods", with("Allow", "GET, POST"), with("Allow", "POST"), []string{"Allow: GET, POST → POST"}},
		{"time to wait", with("Retry-After", "1"), with("Retry-After", "30"), nil},
		{"a day to wait for", with("Retry-After", "1"), with("Retry-After", "Fri, 02 Jan 2026 03:04:05 GMT"), []string{"Retry-After: a number of seconds → a date"}},
		{"another place", with("Location", "/a"), with("Location", "/b"), []string{"Location: {job} → /b"}},
		{"headers of no meaning", with("Server", "a"), with("Server", "b"), nil},
	} {
		found := compare(judgedOnce(result.Pass, test.old), judgedOnce(result.Pass, test.new))
		var got []string
		for _, change := range found.Responses {
			for _, difference := range change.Differences {
				got = append(got, difference.String())
			}
		}
		if test.name == "another place" {
			test.want = []string{"Location: /{job} → /b"}
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if found.Regresses() || found.Compared != 1 || found.NotCompared != 0 {
			t.Errorf("%s: %+v", test.name, found)
		}
	}
}

func TestTheTargetAndTheJobAreNoDifference(t *testing.T) {
	at := func(endpoint, job string) *run {
		r := newRun().requirement("retry.path.one", spec.Documented, result.Pass)
		r.Target.Endpoint = endpoint
		host := strings.TrimPrefix(endpoint, "https://")
		r.exchange("path/one", "retry "+job, job, "token for x", response{301, map[string]string{
			"Location": endpoint + "/v1/archiveJobs/" + job + "/", "Www-Authenticate": `Bearer realm="` + host + `"`}, ""})
		return r.check("path/one", "retry.path.one", result.Pass)
	}
	found := compare(at("https://a.example", "failed-1"), at("https://b.example:8080", "0815"))
	if found.Compared != 1 || len(found.Responses) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestAFaultIsAnAnswerToo(t *testing.T) {
	broken := judgedOnce(result.Pass, refusal(400))
	broken.Exchanges[0].Response, broken.Exchanges[0].Fault = nil, &result.FaultOf{Kind: "hang-up", Detail: "closed"}
	cut := judgedOnce(result.Pass, refusal(400))
	cut.Exchanges[0].Fault = &result.FaultOf{Kind: "truncated", Detail: "ended"}
	for want, new := range map[string]*run{"400 → hang-up": broken, "400 → 400 and truncated": cut} {
		found := compare(judgedOnce(result.Pass, refusal(400)), new)
		if len(found.Responses) != 1 || !strings.Contains(found.Responses[0].Differences[0].String(), want) {
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
	of := func(all ...sent) *run {
		r := newRun().requirement("retry.path.one", spec.Documented, result.Pass)
		for _, one := range all {
			r.exchange("path/one", one.purpose, one.job, one.credential, refusal(one.status))
		}
		return r.check("path/one", "retry.path.one", result.Pass)
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
			got = append(got, strings.TrimPrefix(change.Differences[0].String(), "status: "))
		}
		if found.Compared != test.compared || found.NotCompared != test.alone || strings.Join(got, "\n") != strings.Join(test.changed, "\n") {
			t.Errorf("%s: %d compared, %d alone, %q", test.name, found.Compared, found.NotCompared, got)
		}
	}
}

func TestOfTwoChecksEachHasItsOwnExchanges(t *testing.T) {
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

func TestAnObservingCheckPointsAtTheExchangesOfOthers(t *testing.T) {
	of := func(verdict result.Verdict, status int, findings ...result.Finding) *run {
		r := newRun().requirement("retry.errors.code", spec.Documented, verdict)
		r.exchange("path/one", "read a", "a", "t", refusal(400))
		r.exchange("path/one", "retry a", "a", "t", refusal(status))
		return r.check("errors/code", "retry.errors.code", verdict, findings...)
	}
	found := compare(of(result.Pass, 400), of(result.Fail, 500, result.Finding{Requirement: "retry.errors.code", Verdict: result.Fail, Exchange: 2, Count: 1}))
	shown := found.Checks[0].Evidence[0]
	if shown.Old.Response == nil || shown.Old.Response.Exchange != 2 || shown.Old.Response.Status != 400 || shown.New.Response.Status != 500 {
		t.Errorf("%+v %+v", shown.Old, shown.New)
	}
}
