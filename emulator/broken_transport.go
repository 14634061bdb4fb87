package emulator

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// hangUp closes the connection without an answer. Where the server is asked
// without a network, its caller gets the panic.
func hangUp(*behaviour, http.ResponseWriter, *call, *answer) { panic(http.ErrAbortHandler) }

// reset closes the connection so that the client gets a reset instead of an end.
func reset(_ *behaviour, w http.ResponseWriter, _ *call, _ *answer) {
	connection := takeConnection(w)
	defer connection.Close()
	if secure, isSecure := connection.(*tls.Conn); isSecure {
		connection = secure.NetConn()
	}
	if tcp, isTCP := connection.(*net.TCPConn); isTCP {
		// With no time to linger, close sends a reset.
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
}

// takeConnection takes the connection out of net/http's hands, which would not
// send anything wrong. Where there is none to be had, it hangs up.
func takeConnection(w http.ResponseWriter) net.Conn {
	hijacker, can := w.(http.Hijacker)
	if !can {
		panic(http.ErrAbortHandler)
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return connection
}

// sendingRaw writes the head of an answer with further lines in it, then bytes
// in place of the body, and closes the connection.
func sendingRaw(lines func(body []byte) string, bytesOf func(body []byte) []byte) func(*behaviour, http.ResponseWriter, *call, *answer) {
	return func(_ *behaviour, w http.ResponseWriter, _ *call, a *answer) {
		connection := takeConnection(w)
		defer connection.Close()
		var text bytes.Buffer
		fmt.Fprintf(&text, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
		_ = a.header.Write(&text)
		text.WriteString(lines(a.body) + "Connection: close\r\n\r\n")
		text.Write(bytesOf(a.body))
		_, _ = connection.Write(text.Bytes())
	}
}

// sendingText writes a text in place of an HTTP answer.
func sendingText(text string) func(*behaviour, http.ResponseWriter, *call, *answer) {
	return func(_ *behaviour, w http.ResponseWriter, _ *call, _ *answer) {
		connection := takeConnection(w)
		defer connection.Close()
		_, _ = connection.Write([]byte(text))
	}
}

func lengthLine(length int) string { return "Content-Length: " + strconv.Itoa(length) + "\r\n" }

const chunkedLine = "Transfer-Encoding: chunked\r\n"

// sendHalf announces the whole body and sends the first half of it.
func sendHalf(_ *behaviour, w http.ResponseWriter, _ *call, a *answer) {
	sendHeader(w, a, len(a.body))
	_, _ = w.Write(a.body[:len(a.body)/2])
}

// sendLate waits before the answer.
func sendLate(b *behaviour, w http.ResponseWriter, c *call, a *answer) {
	b.wait(c)
	sendAnswer(w, c, a)
}

// sendSlowly waits between the two halves of the body.
func sendSlowly(b *behaviour, w http.ResponseWriter, c *call, a *answer) {
	sendHeader(w, a, len(a.body))
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	b.wait(c)
	_, _ = w.Write(a.body[len(a.body)/2:])
}

// wait lets the delay pass, or ends when the client has gone.
func (b *behaviour) wait(c *call) {
	timer := time.NewTimer(b.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.request.Context().Done():
	}
}
