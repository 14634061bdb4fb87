package broken

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// attemptRaw writes a request without a library, for what no library would send.
func (p program) attemptRaw(task task) reply {
	text, err := p.raw(task)
	if err != nil {
		return reply{err: err}
	}
	connection, err := net.Dial("tcp", strings.TrimPrefix(task.endpoint, "http://"))
	if err != nil {
		return reply{err: err}
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, text); err != nil {
		return reply{err: err}
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return reply{err: err}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return reply{status: answer.StatusCode, header: answer.Header, body: body, err: err}
}

// withoutLength is a POST without a Content-Length.
func withoutLength(task task) (string, error) {
	return "POST " + right().target(task) + " HTTP/1.1\r\nHost: dpconform\r\nAuthorization: Bearer " + task.token + "\r\n\r\n", nil
}

// doubledSlash is a POST to a path that begins with two slashes.
func doubledSlash(task task) (string, error) {
	return "POST /" + right().target(task) + " HTTP/1.1\r\nHost: dpconform\r\nAuthorization: Bearer " + task.token +
		"\r\nContent-Length: 0\r\n\r\n", nil
}
