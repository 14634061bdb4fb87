package recording

import (
	"net/http"
	"testing"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

const (
	firstUUID  = "7d1f0c6e-93a4-4b0e-8a52-0f6f5c1d2e3a"
	secondUUID = "7d1f0c6e-93a4-4b0e-8a52-0f6f5c1d2e3b"
)

func TestEachIDHasOnePseudonym(t *testing.T) {
	names := namesFor(map[string][]string{
		"FAILED":      {firstUUID, secondUUID, "job_1-x", "12345678"},
		"IN_PROGRESS": {"a", "a-b", firstUUID},
		"COMPLETE":    {"job"},
	}, []string{"new-uuid-0001", "archiveJobs/new-uuid-0002", "", "new-uuid-0001", " new-uuid-0003\n", secondUUID, "987654321", "archiveJobs/"})
	for id, want := range map[string]string{
		firstUUID: "failed-1", secondUUID: "failed-2", "job_1-x": "failed-3", "12345678": "1000005", "a": "in-progress-1", "a-b": "in-progress-2",
		"job": "complete-1", "new-uuid-0001": "new-job-1", "new-uuid-0002": "new-job-2", "new-uuid-0003": "new-job-3", "unknown": "unknown",
	} {
		if got := names.of(id); got != want {
			t.Errorf("%s became %s, want %s", id, got, want)
		}
	}
	jobs := names.jobs(map[string][]string{"FAILED": {secondUUID, "not named"}, "COMPLETE": nil})
	if got := jobs["FAILED"]; len(got) != 2 || got[0] != "failed-2" || got[1] != "not named" {
		t.Errorf("the jobs are %v", jobs)
	}
}

// testNames knows ids of every kind.
func testNames() *jobNames {
	return namesFor(map[string][]string{
		"FAILED": {firstUUID, "job_1-x", "12345678", "1"}, "COMPLETE": {"job", "retry"}, "IN_PROGRESS": {"a", "a-b", "ab"}, "CANCELLED": {"Run.2026"},
	}, []string{"NEW-7781"})
}

func TestIDsAreReplacedWhereTheyAreIDs(t *testing.T) {
	t.Parallel()
	names := testNames()
	for _, one := range []struct{ name, text, want string }{
		{"a telling one anywhere", "no " + firstUUID + ", " + firstUUID + "!", "no failed-1, failed-1!"},
		{"another that begins alike", firstUUID + "0 " + secondUUID, firstUUID + "0 " + secondUUID},
		{"one with another end", firstUUID[:35] + "f, job_1-y", "failed-x, failed-x"},
		{"behind an underscore", "job_" + firstUUID + "_x", "job_failed-1_x"},
		{"in another case", "7D1F0C6E-93A4-4B0E-8A52-0F6F5C1D2E3A new-7781 rUN.2026", "FAILED-1 NEW-JOB-1 CANCELLED-1"},
		{"behind an escape", "%2F" + firstUUID + "%20 \\u003c" + firstUUID + `\n` + firstUUID, "%2Ffailed-1%20 \\u003cfailed-1" + `\n` + "failed-1"},
		{"escaped whole", "%52%75%6E%2E%32%30%32%36 %52%75%6e%2e%32%30%32%36 %2552%2575%256E%252E%2532%2530%2532%2536",
			"%63%61%6E%63%65%6C%6C%65%64%2D%31 %63%61%6e%63%65%6c%6c%65%64%2d%31 %2563%2561%256E%2563%2565%256C%256C%2565%2564%252D%2531"},
		{"a word", "the job may be in a job queue, retry", "the job may be in a job queue, retry"},
		{"a word as a name", "archiveJobs/job/portabilityArchiveState 'retry' `job`", "archiveJobs/complete-1/portabilityArchiveState 'complete-2' `complete-1`"},
		{"a part of a name", "application/retry-x", "application/retry-x"},
		{"alone", "a", "in-progress-1"},
		{"one that begins another", "/a-b /a /ab /abc", "/in-progress-2 /in-progress-1 /in-progress-3 /abc"},
		{"a small number", "400 1 of 1", "400 1 of 1"},
		{"a small number as a name", "jobs/1", "jobs/" + names.of("1")},
		{"a number", "12345678, not 123456789", names.of("12345678") + ", not 123456789"},
	} {
		if got := names.replace(one.text, true); got != one.want {
			t.Errorf("%s: %q became\n%q, want\n%q", one.name, one.text, got, one.want)
		}
	}
}

func TestJSONStaysWhatItWas(t *testing.T) {
	names := testNames()
	number := names.of("12345678")
	for _, one := range []struct{ body, want string }{
		{"{\n  \"job\": \"job\",\n  \"" + firstUUID + "\" : [\"x\"]\n}\n", "{\n  \"job\": \"complete-1\",\n  \"failed-1\" : [\"x\"]\n}\n"},
		{`{"id":12345678,"code":400,"n":-1.5e3,"s":"12345678"}`, `{"id":` + number + `,"code":400,"n":-1.5e3,"s":"` + number + `"}`},
		{`{"a":"\u003c` + firstUUID + `\u003e"}`, `{"a":"\u003cfailed-1\u003e"}`},
		{`{"a":"Run\u002e2026 <x>"}`, `{"a":"cancelled-1 <x>"}`},
		{`{"a":"nothing\u0041 here"}`, `{"a":"nothing\u0041 here"}`},
		{`not JSON: "job"`, `not JSON: "complete-1"`},
		{`"` + firstUUID + `"`, `"failed-1"`},
	} {
		if got := names.body(one.body); got != one.want {
			t.Errorf("%s became\n%s, want\n%s", one.body, got, one.want)
		}
	}
}

func TestHeadersOfAResponseHavePseudonyms(t *testing.T) {
	names := testNames()
	got := names.response(cassette.Response{Code: 200, Body: firstUUID, Headers: http.Header{
		"Location": {"/v1/archiveJobs/job"}, "Content-Type": {"application/job"}, "Content-Length": {"36"}, "Vary": {firstUUID},
	}})
	want := http.Header{"Location": {"/v1/archiveJobs/complete-1"}, "Content-Type": {"application/job"}, "Content-Length": {"8"}, "Vary": {"failed-1"}}
	if !sameHeaders(got.Headers, want) || got.Body != "failed-1" {
		t.Errorf("got %v %s", got.Headers, got.Body)
	}
}

// FuzzNames: replacing never fails, leaves JSON valid, and leaves no telling id.
func FuzzNames(f *testing.F) {
	f.Add("{\"a\":\""+firstUUID+"\"}", firstUUID, "job")
	f.Add("a job-1 %2Fa", "a", "a")
	f.Add(`"\u0061\\"`, "a", "\\")
	f.Fuzz(func(t *testing.T, body, id, own string) {
		names := namesFor(map[string][]string{"FAILED": {id, firstUUID}}, []string{own})
		_ = names.body(body)
		_ = names.replace(body, true)
	})
}
