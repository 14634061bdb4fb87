package cli

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
)

// Package net/http writes the names of header fields anew, so that a handler does
// not see how a client wrote them. A fault of the emulator compares the name
// Authorization exactly. What follows gives the emulator that name as it was sent,
// over a connection without TLS.

const authorization = "Authorization"

// namesListener accepts connections that note the name.
type namesListener struct{ net.Listener }

func (l namesListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if plain, isPlain := connection.(*net.TCPConn); isPlain {
		return &namesConnection{TCPConn: plain}, err
	}
	return connection, err
}

type namesConnection struct {
	*net.TCPConn
	// name is how the latest request wrote it.
	name atomic.Pointer[string]
}

func (c *namesConnection) Read(into []byte) (int, error) {
	read, err := c.TCPConn.Read(into)
	for line := range bytes.Lines(into[:read]) {
		if name, _, isField := bytes.Cut(line, []byte(":")); isField && bytes.EqualFold(name, []byte(authorization)) {
			written := string(name)
			c.name.Store(&written)
		}
	}
	return read, err
}

type connectionKey struct{}

func keepConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// asWritten gives the field of the token its name as it was sent.
func asWritten(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection, noted := r.Context().Value(connectionKey{}).(*namesConnection)
		if values := r.Header[authorization]; noted && len(values) > 0 {
			if name := connection.name.Load(); name != nil && *name != authorization {
				r.Header = r.Header.Clone()
				delete(r.Header, authorization)
				r.Header[*name] = values
			}
		}
		handler.ServeHTTP(w, r)
	})
}
