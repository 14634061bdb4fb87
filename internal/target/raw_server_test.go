package target

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// patient is a limit that no response in these tests comes near.
const patient = time.Minute

// serveRaw serves connections on this machine with a function, each in a
// goroutine of its own, and gives the endpoint. At the end of the test every
// connection is closed.
func serveRaw(t *testing.T, answer func(*net.TCPConn)) string {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	var mutex sync.Mutex
	var open []*net.TCPConn
	serving.Go(func() {
		for {
			connection, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			mutex.Lock()
			open = append(open, connection)
			mutex.Unlock()
			serving.Go(func() { answer(connection) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mutex.Lock()
		for _, connection := range open {
			connection.Close()
		}
		mutex.Unlock()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// readHead reads a request up to the empty line, and no byte more.
func readHead(connection net.Conn) string {
	var head strings.Builder
	one := make([]byte, 1)
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		if _, err := connection.Read(one); err != nil {
			break
		}
		head.Write(one)
	}
	return head.String()
}

// saying responds to each request with the same bytes and closes.
func saying(answer string) func(*net.TCPConn) {
	return func(connection *net.TCPConn) {
		readHead(connection)
		_, _ = io.WriteString(connection, answer)
		_ = connection.Close()
	}
}

// keeping is a raw server that responds 200 and keeps every request's head.
type keeping struct {
	mutex sync.Mutex
	heads []string
}

func (k *keeping) answer(connection *net.TCPConn) {
	head := readHead(connection)
	k.mutex.Lock()
	k.heads = append(k.heads, head)
	k.mutex.Unlock()
	_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	_ = connection.Close()
}

// last gives the head of the last request, taken apart.
func (k *keeping) last(t *testing.T) (line string, header http.Header) {
	t.Helper()
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if len(k.heads) == 0 {
		t.Fatal("no request came")
	}
	head := k.heads[len(k.heads)-1]
	line, _, _ = strings.Cut(head, "\r\n")
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, head)
	}
	return line, request.Header
}

// newTarget makes a target that is patient unless the test says otherwise.
func newTarget(t *testing.T, config Config) *Target {
	t.Helper()
	if config.Limit == 0 {
		config.Limit = patient
	}
	if config.Pause == nil {
		config.Pause = unhurried
	}
	judged, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return judged
}

// newLocalTarget makes a target on this machine, where there is no network to
// blame.
func newLocalTarget(t *testing.T, config Config) *Target {
	t.Helper()
	config.Loopback = true
	return newTarget(t, config)
}

// unhurried waits for nothing.
func unhurried(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// closedPort gives an endpoint on this machine that nobody listens at.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}
