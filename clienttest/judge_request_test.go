package clienttest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"testing"
)

const (
	givenToken = "a-token-that-was-given"
	goodTarget = "/v1/archiveJobs/job-1:retry"
)

func zipped(text string) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return out.Bytes()
}

// arrivedAs makes a request that is right but for one change.
func arrivedAs(change func(*Arrived)) *Arrived {
	arrived := &Arrived{Number: 1, Kind: Attempt, Method: http.MethodPost, Target: goodTarget, Protocol: "HTTP/1.1", Framed: true,
		Header: http.Header{"Authorization": {"Bearer " + givenToken}}}
	change(arrived)
	return arrived
}

func target(text string) func(*Arrived) { return func(a *Arrived) { a.Target = text } }

func body(text, mediaType string) func(*Arrived) {
	return func(a *Arrived) {
		a.Body = []byte(text)
		if mediaType != "" {
			a.Header.Set("Content-Type", mediaType)
		}
	}
}

func TestOneRequest(t *testing.T) {
	for _, row := range []struct {
		name   string
		job    string
		change func(*Arrived)
		want   []string
	}{
		{"right", "job-1", func(*Arrived) {}, nil},
		{"get", "job-1", func(a *Arrived) { a.Method = http.MethodGet }, []string{pathMethod}},
		{"lower case method", "job-1", func(a *Arrived) { a.Method = "post" }, []string{pathMethod}},
		{"other collection", "job-1", target("/v1/jobs/job-1:retry"), []string{pathCollection}},
		{"other case", "job-1", target("/v1/archivejobs/job-1:retry"), []string{pathCollection}},
		{"no version", "job-1", target("/archiveJobs/job-1:retry"), []string{pathCollection}},
		{"doubled slash", "job-1", target("//v1/archiveJobs/job-1:retry"), []string{pathCollection}},
		{"public wrong client", "job-1", target("/portabilityArchive/job-1:retry"), []string{pathCollection}},
		{"escaped colon", "job-1", target("/v1/archiveJobs/job-1%3Aretry"), []string{pathVerb}},
		{"escaped colon in lower case", "job-1", target("/v1/archiveJobs/job-1%3aretry"), []string{pathVerb}},
		{"no verb", "job-1", target("/v1/archiveJobs/job-1"), []string{pathVerb}},
		{"verb in capitals", "job-1", target("/v1/archiveJobs/job-1:Retry"), []string{pathVerb}},
		{"two segments", "job-1", target("/v1/archiveJobs/a/job-1:retry"), []string{pathOneSegment}},
		{"empty id", "job-1", target("/v1/archiveJobs/:retry"), []string{pathOneSegment}},
		{"no id", "job-1", target("/v1/archiveJobs:retry"), []string{pathOneSegment}},
		{"other id", "job-2", func(*Arrived) {}, []string{pathID}},
		{"id that nobody knows", "", func(*Arrived) {}, nil},
		{"colon in the id as it is", "a:b", target("/v1/archiveJobs/a:b:retry"), nil},
		{"colon in the id escaped", "a:b", target("/v1/archiveJobs/a%3Ab:retry"), nil},
		{"escaped slash in the id", "a/b", target("/v1/archiveJobs/a%2fb:retry"), nil},
		{"escaped twice", "a b", target("/v1/archiveJobs/a%2520b:retry"), []string{pathID}},
		{"plus for a space", "a b", target("/v1/archiveJobs/a+b:retry"), []string{pathID}},
		{"letter as it is", "ü", target("/v1/archiveJobs/ü:retry"), []string{pathEscaping}},
		{"half an escape", "a%2", target("/v1/archiveJobs/a%2:retry"), []string{pathEscaping, pathID}},
		{"platform's parameters", "job-1", target(goodTarget + "?alt=json&prettyPrint=false&%24.xgafv=2&key=AIza"), nil},
		{"enumerations as numbers", "job-1", target(goodTarget + "?%24alt=json%3Benum-encoding%3Dint"), nil},
		{"enumerations as numbers, as it is", "job-1", target(goodTarget + "?alt=json;enum-encoding=int"), nil},
		{"enumerations as letters", "job-1", target(goodTarget + "?alt=json;enum-encoding=text"), []string{queryValues}},
		{"foreign parameter", "job-1", target(goodTarget + "?name=x"), []string{queryParameters}},
		{"empty parameter", "job-1", target(goodTarget + "?&="), []string{queryParameters}},
		{"token in the query too", "job-1", target(goodTarget + "?access_token=" + givenToken), []string{queryNoToken, authorizationOneMethod}},
		{"token under another name", "job-1", target(goodTarget + "?key=" + givenToken), []string{queryNoToken}},
		{"token in the query", "job-1", func(a *Arrived) {
			a.Target += "?oauth_token=" + givenToken
			a.Header.Del("Authorization")
		}, []string{queryNoToken}},
		{"no token", "job-1", func(a *Arrived) { a.Header.Del("Authorization") }, []string{authorizationToken}},
		{"empty header", "job-1", func(a *Arrived) { a.Header.Set("Authorization", "") }, []string{authorizationBearer}},
		{"scheme alone", "job-1", func(a *Arrived) { a.Header.Set("Authorization", "Bearer ") }, []string{authorizationBearer}},
		{"lower case scheme", "job-1", func(a *Arrived) { a.Header.Set("Authorization", "bearer "+givenToken) }, nil},
		{"basic", "job-1", func(a *Arrived) { a.Header.Set("Authorization", "Basic YTpi") }, []string{authorizationBearer}},
		{"twice", "job-1", func(a *Arrived) { a.Header.Add("Authorization", "Bearer other") }, []string{authorizationOneMethod}},
		{"other token", "job-1", func(a *Arrived) { a.Header.Set("Authorization", "Bearer other") }, []string{authorizationScope}},
		{"empty message", "job-1", body("{}\n", "application/json"), nil},
		{"empty message with charset", "job-1", body(" { } ", "application/json; charset=UTF-8"), nil},
		{"empty message compressed", "job-1", func(a *Arrived) {
			a.Body = zipped("{}")
			a.Header.Set("Content-Encoding", "gzip")
			a.Header.Set("Content-Type", "application/json")
		}, nil},
		{"type without a body", "job-1", func(a *Arrived) { a.Header.Set("Content-Type", "application/json") }, nil},
		{"null", "job-1", body("null\n", "application/json"), []string{bodyNoNull}},
		{"field", "job-1", body(`{"name":"x"}`, "application/json"), []string{bodyEmpty}},
		{"array", "job-1", body(`[]`, "application/json"), []string{bodyEmpty}},
		{"no JSON", "job-1", body(`name=x`, "application/json"), []string{bodyEmpty}},
		{"white space", "job-1", body(" \n", "application/json"), nil},
		{"other coding", "job-1", func(a *Arrived) {
			body("{}", "application/json")(a)
			a.Header.Set("Content-Encoding", "br")
		}, []string{bodyEmpty}},
		{"broken off", "job-1", func(a *Arrived) { a.BodyProblem = "it broke off"; a.Header.Set("Content-Type", "application/json") }, []string{bodyEmpty}},
		{"no type", "job-1", body("{}", ""), []string{bodyMediaTypeNamed}},
		{"other type", "job-1", body("{}", "text/plain"), []string{bodyMediaType}},
		{"type that is none", "job-1", body("{}", ";"), []string{bodyMediaType}},
		{"no length", "job-1", func(a *Arrived) { a.Framed = false }, []string{bodyLength}},
		{"method override", "job-1", func(a *Arrived) { a.Header.Set("X-HTTP-Method-Override", "GET") }, []string{pathMethod}},
		{"method override that changes nothing", "job-1", func(a *Arrived) { a.Header.Set("X-HTTP-Method-Override", "POST") }, nil},
		{"what Google's clients send", "job-1", func(a *Arrived) {
			a.Target += "?alt=json&prettyPrint=false&$.xgafv=2"
			a.Header.Set("X-Goog-Api-Client", "gl-go/1.26 gdcl/0.311.0")
			a.Header.Set("User-Agent", "google-api-go-client/0.5")
		}, nil},
		{"other value", "job-1", target(goodTarget + "?%24alt=foo"), []string{queryValues}},
		{"no boolean", "job-1", target(goodTarget + "?prettyPrint=maybe"), []string{queryValues}},
		{"parameter twice", "job-1", target(goodTarget + "?alt=json&$alt=json"), []string{queryOnce}},
		{"own parameter twice", "job-1", target(goodTarget + "?a=1&a=1"), []string{queryParameters}},
		{"token with a dollar", "job-1", target(goodTarget + "?$access_token=x"), []string{queryNoToken, authorizationOneMethod}},
		{"token in a cookie too", "job-1", func(a *Arrived) { a.Header.Set("Cookie", "a=b; t="+givenToken) }, []string{authorizationOneMethod}},
		{"token in Referer too", "job-1", func(a *Arrived) { a.Header.Set("Referer", "http://x/?t="+givenToken) }, []string{authorizationOneMethod}},
		{"token in a field alone", "job-1", func(a *Arrived) {
			a.Header.Del("Authorization")
			a.Header.Set("X-Api-Token", givenToken)
		}, []string{authorizationBearer}},
		{"whole address", "job-1", func(a *Arrived) { a.Authority = "me:secret@x" }, []string{httpTarget}},
		{"other host", "job-1", func(a *Arrived) { a.ForeignHost = true }, []string{httpHost}},
		{"two types", "job-1", func(a *Arrived) { a.Header["Content-Type"] = []string{"application/json", "text/plain"} }, []string{httpFieldOnce}},
		{"length and chunks", "job-1", func(a *Arrived) {
			a.Wire = readWire([]byte("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), true)
		}, []string{bodyFraming}},
		{"same length twice", "job-1", func(a *Arrived) {
			a.Wire = readWire([]byte("POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"), true)
		}, []string{httpFieldOnce}},
		{"read of the state", "job-1", func(a *Arrived) {
			a.Kind, a.Method, a.Target = StateRead, http.MethodGet, "/v1/archiveJobs/x/portabilityArchiveState"
		}, nil},
		{"elsewhere with a token", "job-1", func(a *Arrived) { a.Kind = Elsewhere }, []string{authorizationOtherHost}},
		{"elsewhere without", "job-1", func(a *Arrived) { a.Kind = Elsewhere; a.Header.Del("Authorization") }, nil},
		{"something else", "job-1", func(a *Arrived) { a.Kind, a.Target = Other, "/" }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			j := &judgement{rules: Rules{Contract: contract}}
			judgeRequest(j, &Call{Job: row.job, Tokens: []string{givenToken}}, arrivedAs(row.change))
			if got := idsOf(j.findings); !slices.Equal(got, append([]string{}, row.want...)) {
				t.Errorf("found %v, want %v: %+v", got, row.want, j.findings)
			}
		})
	}
}

func TestWhatTheDescriptionDoesNotDemandIsNotJudged(t *testing.T) {
	silent := *contract
	silent.ClientRequirements = nil
	j := &judgement{rules: Rules{Contract: &silent}}
	judgeRequest(j, &Call{}, arrivedAs(func(a *Arrived) { a.Method, a.Target = "GET", "/" }))
	if len(j.findings) > 0 || len(j.judged) > 0 {
		t.Errorf("%v, %v", j.findings, j.judged)
	}
}

func FuzzJudgeRequest(f *testing.F) {
	f.Add("POST", goodTarget, "Bearer x", "application/json", "gzip", []byte("{}"))
	f.Add("", "//%3a?a=%zz&access_token=", "Basic", ";", "", []byte("null"))
	f.Fuzz(func(t *testing.T, method, target, authorization, mediaType, coding string, body []byte) {
		j := &judgement{rules: Rules{Contract: contract}}
		judgeRequest(j, &Call{Job: "job-1", Tokens: []string{givenToken}}, &Arrived{Number: 1, Kind: Attempt, Method: method, Target: target, Body: body,
			Header: http.Header{"Authorization": {authorization}, "Content-Type": {mediaType}, "Content-Encoding": {coding}}})
		clean := method == http.MethodPost && target == goodTarget && authorization == "Bearer "+givenToken && len(body) == 0
		if clean != (len(idsOf(j.findings)) == 0) && clean {
			t.Errorf("found %v", j.findings)
		}
		for _, finding := range j.findings {
			if printable(finding.Got) != finding.Got && len(finding.Got) < longestShown {
				t.Errorf("%s: %q may move a cursor", finding.ID, finding.Got)
			}
		}
	})
}
