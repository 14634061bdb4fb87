package clienttest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// trustOf is the configuration of a client that trusts the server of a task.
func trustOf(task task) *tls.Config {
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(task.authority)
	return &tls.Config{RootCAs: authorities, NextProtos: []string{http2.NextProtoTLS}}
}

// oneConnectionOfHTTP2 makes a client that makes both calls on one connection, and
// the second again on another one where it is to, and where there was no response.
func oneConnectionOfHTTP2(again bool) func() client {
	return func() client {
		made := right()
		made.whole = func(task task) reply {
			transport := &http.Transport{TLSClientConfig: trustOf(task), Protocols: new(http.Protocols)}
			transport.Protocols.SetHTTP2(true)
			call := func(one *http.ClientConn, job string) reply {
				request, err := http.NewRequest(task.method.Operation.Method, task.endpoint+task.method.Operation.Path.Expand(job), http.NoBody)
				if err != nil {
					return reply{err: err}
				}
				request.Header.Set("Authorization", "Bearer "+task.token)
				return read(one.RoundTrip(request))
			}
			open := func() (*http.ClientConn, error) {
				return transport.NewClientConn(context.Background(), "https", strings.TrimPrefix(task.endpoint, "https://"))
			}
			one, err := open()
			if err != nil {
				return reply{err: err}
			}
			defer one.Close()
			got := call(one, task.warm)
			if got.err != nil {
				return got
			}
			got = call(one, task.job)
			if got.err == nil || !again || !strings.Contains(got.err.Error(), "GOAWAY") {
				return got
			}
			other, err := open()
			if err != nil {
				return reply{err: err}
			}
			defer other.Close()
			return call(other, task.job)
		}
		return made
	}
}

// streamsBehindGoAway makes a client that makes both calls on one connection,
// although GOAWAY comes before the end of the first response.
func streamsBehindGoAway() func() client {
	return func() client {
		made := right()
		made.whole = func(task task) reply {
			address := strings.TrimPrefix(task.endpoint, "https://")
			connection, err := tls.Dial("tcp", address, trustOf(task))
			if err != nil {
				return reply{err: err}
			}
			defer connection.Close()
			framer, goneAway := http2.NewFramer(connection, connection), false
			_, _ = connection.Write([]byte(http2.ClientPreface))
			_ = framer.WriteSettings()
			var fields bytes.Buffer
			encoder := hpack.NewEncoder(&fields)
			for i, job := range []string{task.warm, task.job} {
				if job == task.job && !goneAway {
					return reply{err: errors.New("GOAWAY did not come before the end of the response")}
				}
				fields.Reset()
				for _, field := range [][2]string{{":method", task.method.Operation.Method}, {":scheme", "https"}, {":authority", address},
					{":path", task.method.Operation.Path.Expand(job)}, {"authorization", "Bearer " + task.token}} {
					_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
				}
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: fields.Bytes(), EndStream: true, EndHeaders: true})
				for ended := false; !ended; {
					frame, err := framer.ReadFrame()
					if err != nil {
						return reply{err: err}
					}
					switch one := frame.(type) {
					case *http2.GoAwayFrame:
						goneAway = true
					case *http2.RSTStreamFrame:
						return reply{err: errors.New(one.ErrCode.String())}
					case *http2.DataFrame:
						ended = one.StreamEnded()
					}
				}
			}
			return reply{err: errors.New("the second response was not read")}
		}
		return made
	}
}
