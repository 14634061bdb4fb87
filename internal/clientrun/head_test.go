package clientrun

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/wire"
)

func headsOf(text string, step int) (heads []string, rest string) {
	scanner := newHeadScanner()
	defer scanner.stop()
	for part := range slices.Chunk([]byte(text), step) {
		scanner.scan(part)
	}
	for _, head := range scanner.heads {
		heads = append(heads, wire.Read(head, true).Line)
	}
	return heads, string(scanner.head)
}

func TestHeadsAreFoundAmongBodies(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
		rest       string
	}{
		{"none", "", nil, ""},
		{"one", "A / HTTP/1.1\r\nHost: x\r\n\r\n", []string{"A / HTTP/1.1"}, ""},
		{"bare line feeds", "A / HTTP/1.1\nHost: x\n\n", []string{"A / HTTP/1.1"}, ""},
		{"no end", "A / HTTP/1.1\r\nHost: x\r\n", nil, "A / HTTP/1.1\r\nHost: x\r\n"},
		{"two, one behind the other", "A / HTTP/1.1\r\n\r\nB / HTTP/1.1\r\n\r\n", []string{"A / HTTP/1.1", "B / HTTP/1.1"}, ""},
		{"an empty line behind a body", "A / HTTP/1.1\r\nContent-Length: 1\r\n\r\nX\r\nB / HTTP/1.1\r\n\r\n", []string{"A / HTTP/1.1", "B / HTTP/1.1"}, ""},
		{"a body of a length", "A / HTTP/1.1\r\nContent-Length: 6\r\n\r\nX\r\n\r\nYB / HTTP/1.1\r\n\r\n", []string{"A / HTTP/1.1", "B / HTTP/1.1"}, ""},
		{"a body in chunks", "A / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n\r\n\r\nX\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\nB / HTTP/1.1\r\n\r\n",
			[]string{"A / HTTP/1.1", "B / HTTP/1.1"}, ""},
		{"chunks and a length", "A / HTTP/1.1\r\nContent-Length: 90\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nB / HTTP/1.1\r\n\r\n",
			[]string{"A / HTTP/1.1", "B / HTTP/1.1"}, ""},
		{"a length that is none", "A / HTTP/1.1\r\nContent-Length: -1\r\n\r\nB / HTTP/1.1\r\n\r\n", []string{"A / HTTP/1.1"}, ""},
		{"a chunk that is none", "A / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nB / HTTP/1.1\r\n\r\n", []string{"A / HTTP/1.1"}, ""},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00", nil, ""},
	} {
		for _, step := range []int{1, 3, 1000} {
			heads, rest := headsOf(row.text, step)
			if !slices.Equal(heads, row.want) || rest != row.rest {
				t.Errorf("%s: found %q and %q, want %q and %q", row.name, heads, rest, row.want, row.rest)
			}
		}
	}
}

func TestWhatIsKeptOfAHeadIsBounded(t *testing.T) {
	scanner := newHeadScanner()
	defer scanner.stop()
	scanner.scan([]byte("A / HTTP/1.1\r\nX: "))
	for range 4 {
		scanner.scan(bytes.Repeat([]byte("x"), wire.Limit))
	}
	if len(scanner.head) > wire.Limit {
		t.Errorf("%d bytes are kept", len(scanner.head))
	}
}

func FuzzHead(f *testing.F) {
	f.Add([]byte("A / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\nB"), 3)
	f.Add([]byte("\x16\x03\x01"), 1)
	f.Add([]byte("A  HTTP/1.1\r\n :\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n"), 2)
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		whole, rest := headsOf(string(text), max(1, len(text)))
		parts, remains := headsOf(string(text), max(1, step))
		if !slices.Equal(whole, parts) || rest != remains {
			t.Errorf("found %q and %q at once, and %q and %q in steps of %d", whole, rest, parts, remains, step)
		}
		one := malformedRequest(wire.Read(text, true), 400, time.Now())
		e := &evaluation{rules: rules}
		e.checkRequest(&Call{job: "job-1", tokens: []string{givenToken}}, one)
		if len(e.findings) == 0 {
			t.Errorf("nothing is said of %q", text)
		}
	})
}

// sendRaw sends bytes and returns what comes back until the end.
func sendRaw(t *testing.T, endpoint, text string) string {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, strings.ReplaceAll(text, "HOST", strings.TrimPrefix(endpoint, "http://"))); err != nil {
		t.Fatal(err)
	}
	_ = connection.(*net.TCPConn).CloseWrite()
	response, _ := io.ReadAll(connection)
	return string(response)
}

func TestMalformedHTTPIsKept(t *testing.T) {
	const good = "POST /v1/archiveJobs/job-1:retry HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer " + givenToken + "\r\n"
	for _, row := range []struct {
		name, text, id, got string
	}{
		{"garbage", "hello " + givenToken + "\r\n\r\n", httpSyntax, `the line "hello `},
		{"a token that is cut", "POST /v1/archiveJobs/job-1 " + strings.Repeat("x ", 12) + givenToken + strings.Repeat(" x", 160) + " " + givenToken + "\r\n\r\n", httpSyntax, "the line "},
		{"nothing but an end", "\r\n\r\n", httpSyntax, `the line ""`},
		{"a line without a protocol", "POST /v1/archiveJobs/job-1:retry\r\n\r\n", httpSyntax, "the line "},
		{"another protocol", strings.Replace(good, "HTTP/1.1", "HTTP/3.0", 1) + "\r\n", httpSyntax, "HTTP/3.0"},
		{"no field", strings.Replace(good, "Host:", "Host", 1) + "\r\n", httpSyntax, "a malformed field"},
		{"a field in two lines", good + "X: a\r\n b\r\n\r\n", httpSyntax, ""},
		{"a line feed alone", strings.ReplaceAll(good, "\r\n", "\n") + "Content-Length: 0\n\n", httpSyntax, ""},
		{"a line feed alone at the end", good + "Content-Length: 0\r\n\n", httpSyntax, ""},
		{"a head without an end", good, httpSyntax, "an incomplete head"},
		{"TLS", "\x16\x03\x01\x00\x05hello", httpSyntax, "a TLS handshake"},
		{"no host", strings.Replace(good, "Host: HOST\r\n", "", 1) + "\r\n", httpHost, "no Host"},
		{"two hosts", good + "Host: other\r\n\r\n", httpHost, "2: "},
		{"two lengths", good + "Content-Length: 0\r\nContent-Length: 2\r\n\r\n{}", bodyFraming, "Content-Length: 0 and 2"},
		{"a length below 0", good + "Content-Length: -1\r\n\r\n", bodyFraming, "Content-Length: -1"},
		{"a length that is none", good + "Content-Length: zero\r\n\r\n", bodyFraming, "Content-Length: zero"},
		{"another coding", good + "Transfer-Encoding: gzip\r\n\r\n", bodyFraming, "Transfer-Encoding: gzip"},
		{"half an escape", strings.Replace(good, "job-1", "%zz", 1) + "Content-Length: 0\r\n\r\n", pathEscaping, `"%"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			one := named(t, "success")[0]
			opened := site(t, Options{Only: one, Job: "job-1", Tokens: []string{givenToken}})
			call := opened.Server.Begin(one, "job-1")
			sendRaw(t, opened.Endpoint, row.text)
			opened.Close()
			found := rules.Evaluate(call)
			got := map[string]string{}
			for _, finding := range found.Check.Findings {
				got[finding.Requirement] = finding.Got
			}
			if is, caught := got[row.id]; !caught || !strings.Contains(is, row.got) || found.Check.Verdict != result.Fail {
				t.Fatalf("found %+v", found.Check.Findings)
			}
			if row.got == "" {
				// net/http takes it.
				return
			}
			if called := got[result.ConditionCalled]; !strings.Contains(called, "none that is valid HTTP") {
				t.Errorf("it says %q", called)
			}
			var out strings.Builder
			report := Outcomes{rules: rules, results: []Result{found}}.Report("1", nil)
			if err := result.WriteJSON(&out, report); err != nil || strings.Contains(out.String(), givenToken[:7]) {
				t.Errorf("%v, or the token is in the report:\n%s", err, &out)
			}
		})
	}
}

func TestARightConnectionHasNoFindings(t *testing.T) {
	opened := site(t, Options{Tokens: []string{givenToken}, Job: "job-1"})
	const good = "POST /v1/archiveJobs/job-1:retry HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer " + givenToken + "\r\n"
	// A connection without a request, and two requests one behind the other.
	sendRaw(t, opened.Endpoint, "")
	sendRaw(t, opened.Endpoint, good+"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n2\r\n{}\r\n0\r\n\r\n"+
		good+"Content-Length: 0\r\nConnection: close\r\n\r\n")
	calls := opened.Server.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	requests := calls[0].requests
	if len(requests) != 2 || requests[0].head == nil || requests[1].head == nil {
		t.Fatalf("%d requests", len(requests))
	}
	if got := requests[0].values("Transfer-Encoding"); !slices.Equal(got, []string{"chunked"}) {
		t.Errorf("Transfer-Encoding %q", got)
	}
	if found := rules.EvaluateWire(calls[0]); len(found.Check.Findings) > 0 {
		t.Errorf("found %+v", found.Check.Findings)
	}
}
