package target

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestThePathIsSentByteForByte(t *testing.T) {
	server := &keeping{}
	judged := newTarget(t, Config{Endpoint: serveRaw(t, server.answer)})
	for _, path := range []string{
		"/v1/archiveJobs/failed-1:retry", "/v1/archiveJobs/a%3aretry", "/v1/archiveJobs/a%3Aretry", "/v1/archiveJobs/a%2Fb:retry",
		"/v1/archiveJobs/a%2fb:retry", "/v1/archiveJobs/%66%61:retry", "/v1/archiveJobs/%2561:retry", "/v1/archiveJobs/a%20b:retry",
		"/v1/archiveJobs/a:b:retry", "/v1/archiveJobs/a:retry/", "/v1/archiveJobs/:retry", "/v1/archiveJobs//retry", "//v1/a", "/v1/../a/./b",
		"/v1/%2e%2e/a", "/v1/archiveJobs/a-b_c.d~e:retry", "/v1/a;b=c,d@e!$&'()*+", "/v1/a:retry?alt=json&prettyPrint=false", "/v1/a:retry?",
		"/v1/a:retry?x=%zz&y=a+b&z=%2F", "/v1/%C3%A4:retry", "/",
	} {
		exchange := judged.Send(context.Background(), "c", Request{Method: "POST", Path: path})
		if !exchange.Answered() {
			t.Fatal(exchange.Fault)
		}
		if line, _ := server.last(t); line != "POST "+path+" HTTP/1.1" {
			t.Errorf("%s was sent as %s", path, line)
		}
		if exchange.URL != judged.Endpoint()+path {
			t.Errorf("%s: URL %s", path, exchange.URL)
		}
	}
}

func TestTheEndpointMayHaveAPath(t *testing.T) {
	server := &keeping{}
	judged := newTarget(t, Config{Endpoint: serveRaw(t, server.answer) + "/base%2Fone/"})
	judged.Send(context.Background(), "c", Request{Method: "GET", Path: "/v1/a%2Fb"})
	if line, _ := server.last(t); line != "GET /base%2Fone/v1/a%2Fb HTTP/1.1" {
		t.Errorf("sent as %s", line)
	}
}

func TestNoBodyIsALengthOfZero(t *testing.T) {
	server := &keeping{}
	judged := newTarget(t, Config{Endpoint: serveRaw(t, server.answer)})
	for _, test := range []struct {
		method, body string
		length       []string
	}{
		{"POST", "", []string{"0"}},
		{"POST", "{}", []string{"2"}},
		{"GET", "", nil},
	} {
		judged.Send(context.Background(), "c", Request{Method: test.method, Path: "/", Body: []byte(test.body)})
		line, header := server.last(t)
		if !strings.HasPrefix(line, test.method+" ") || !slices.Equal(header["Content-Length"], test.length) {
			t.Errorf("%s with %q: %s, Content-Length %q", test.method, test.body, line, header["Content-Length"])
		}
		if header["Content-Type"] != nil || header["Transfer-Encoding"] != nil {
			t.Errorf("%s with %q: header %v", test.method, test.body, header)
		}
	}
}

func TestHeadersAreTheRequestsOwn(t *testing.T) {
	server := &keeping{}
	judged := newTarget(t, Config{Endpoint: serveRaw(t, server.answer), UserAgent: "dpconform/test", Credentials: TokenTemplate{Text: "scope:{short}"}})
	credential, _ := judged.Credential("token for maps", "https://www.googleapis.com/auth/maps")
	own := http.Header{"Content-Type": {"text/plain"}, "X-Two": {"a", "b"}}
	for _, test := range []struct {
		credential    Credential
		authorization []string
	}{
		{NoCredential, nil},
		{Credential{}, nil},
		{credential, []string{"Bearer scope:maps"}},
		{UnknownCredential("nobody-gave-this"), []string{"Bearer nobody-gave-this"}},
	} {
		judged.Send(context.Background(), "c", Request{Method: "POST", Path: "/", Header: own, Credential: test.credential})
		_, header := server.last(t)
		if !slices.Equal(header["Authorization"], test.authorization) {
			t.Errorf("%s: Authorization %q", test.credential, header["Authorization"])
		}
		if header.Get("User-Agent") != "dpconform/test" || header.Get("Content-Type") != "text/plain" || !slices.Equal(header["X-Two"], []string{"a", "b"}) {
			t.Errorf("header %v", header)
		}
	}
	if len(own) != 2 {
		t.Errorf("the header of the request became %v", own)
	}
	if scopes, sent := judged.ScopesOf("scope:maps"); !sent || !slices.Equal(scopes, credential.Scopes) {
		t.Errorf("scopes %q, sent %v", scopes, sent)
	}
	if scopes, sent := judged.ScopesOf("nobody-gave-this"); !sent || scopes != nil {
		t.Errorf("the unknown token has scopes %q, sent %v", scopes, sent)
	}
	if _, sent := judged.ScopesOf("never"); sent {
		t.Error("a token that was never sent is known")
	}
	if secrets := judged.Secrets(); !slices.Equal(secrets, []string{"nobody-gave-this", "scope:maps"}) {
		t.Errorf("secrets %q", secrets)
	}
}

func TestARedirectIsAnAnswer(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var requests atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "moved")
		}))
		t.Cleanup(server.Close)
		for _, method := range []string{"GET", "POST"} {
			requests.Store(0)
			exchange := newTarget(t, Config{Endpoint: server.URL}).Send(context.Background(), "c", Request{Method: method, Path: "/a"})
			if !exchange.Answered() || exchange.Status != status || string(exchange.Body) != "moved" || exchange.Header.Get("Location") != "/elsewhere" {
				t.Errorf("%s, %d: %d %q, %v", method, status, exchange.Status, exchange.Body, exchange.Fault)
			}
			if requests.Load() != 1 {
				t.Errorf("%s, %d: %d requests came", method, status, requests.Load())
			}
		}
	}
}

func TestWhatMayStartAJobIsNotSentAgainAfterAHangUp(t *testing.T) {
	var requests atomic.Int32
	judged := newTarget(t, Config{Endpoint: serveRaw(t, func(connection *net.TCPConn) {
		if readHead(connection) != "" {
			requests.Add(1)
		}
		_ = connection.Close()
	})})
	for _, method := range []string{"GET", "POST", "DELETE"} {
		requests.Store(0)
		judged.Send(context.Background(), "c", Request{Method: method, Path: "/", Once: true})
		if requests.Load() != 1 {
			t.Errorf("%s: %d requests came", method, requests.Load())
		}
	}
}

func TestRequestsTogetherOverlapAndKeepTheirOrder(t *testing.T) {
	const together = 8
	var here atomic.Int32
	allHere := make(chan struct{})
	open := sync.OnceFunc(func() { close(allHere) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// No response before all requests are here, or one of them is given up.
		if here.Add(1) == together {
			open()
		}
		select {
		case <-allHere:
		case <-r.Context().Done():
			open()
		}
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	judged := newTarget(t, Config{Endpoint: server.URL})
	var requests []Request
	for i := range together {
		requests = append(requests, Request{Method: "POST", Path: "/" + strings.Repeat("x", i+1)})
	}
	for i, exchange := range judged.SendTogether(context.Background(), "c", requests) {
		if !exchange.Answered() || string(exchange.Body) != requests[i].Path || exchange.Number != i+1 || exchange.Request.Path != requests[i].Path {
			t.Errorf("exchange %d has number %d and %q: %v", i, exchange.Number, exchange.Body, exchange.Fault)
		}
	}
}
