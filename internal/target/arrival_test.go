package target

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
)

// TestWhatNetHTTPRepairsIsKept sends several requests over one connection, over
// TLS without HTTP/2, and each over its own.
func TestWhatNetHTTPRepairsIsKept(t *testing.T) {
	t.Parallel()
	const chunks = "2\r\n{}\r\n0\r\n\r\n"
	rows := []struct {
		name, response, problem string
		lengths, codings        []string
	}{
		{"sound", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "", []string{"2"}, nil},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, "", nil, nil},
		{"a length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}", "", []string{"2", "2"}, nil},
		{"both", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, "", []string{"2"}, []string{"chunked"}},
		{"behind interim responses", "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "", []string{"2", "2"}, nil},
		{"line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "3 lines that end with LF only", []string{"2"}, nil},
		{"a folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", "a line that is no field", []string{"2"}, nil},
		{"sound again", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "", []string{"2"}, nil},
	}
	sequence := func(connection net.Conn, next func() string) {
		from := bufio.NewReader(connection)
		for request, err := http.ReadRequest(from); err == nil; request, err = http.ReadRequest(from) {
			if _, err := io.WriteString(connection, next()); err != nil || request.Close {
				break
			}
		}
		_ = connection.Close()
	}
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	trusted := NetworkOptions{Authorities: x509.NewCertPool()}
	trusted.Authorities.AddCert(certified.Certificate())
	for _, secure := range []bool{false, true} {
		var sent atomic.Int32
		connections := make(chan bool, len(rows))
		endpoint := serveRaw(t, func(plain *net.TCPConn) {
			connections <- true
			var connection net.Conn = plain
			if secure {
				connection = tls.Server(plain, &tls.Config{Certificates: certified.TLS.Certificates})
			}
			sequence(connection, func() string { return rows[sent.Add(1)-1].response })
		})
		if secure {
			endpoint = "https" + endpoint[len("http"):]
		}
		server := newTarget(t, Config{Endpoint: endpoint, Network: trusted})
		for _, row := range rows {
			exchange := sendTo(server, Request{})
			if string(exchange.Body) != "{}" || exchange.HeadProblem != row.problem || exchange.Header.Get(HeadProblemHeader) != "" ||
				!slices.Equal(exchange.Header["Content-Length"], row.lengths) || !slices.Equal(exchange.Header["Transfer-Encoding"], row.codings) {
				t.Errorf("TLS %v, %s: %q %q %v %v", secure, row.name, exchange.Body, exchange.HeadProblem, exchange.Header, exchange.Fault)
			}
		}
		if secure && len(connections) > 1 {
			t.Errorf("%d connections", len(connections))
		}
	}
}
