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

// written makes a client that writes a request line and fields as they stand
// here; in them {target}, {host} and {token} are replaced.
func written(line string, fields ...string) func() program {
	return writtenInLines("\r\n", line, fields...)
}

// writtenInLines is written with lines that end in their own way.
func writtenInLines(end, line string, fields ...string) func() program {
	return changed(func(p *program) {
		p.raw = func(task task) (string, error) {
			replacer := strings.NewReplacer("{target}", right().target(task), "{host}", strings.TrimPrefix(task.endpoint, "http://"), "{token}", task.token)
			head := append([]string{line}, fields...)
			return replacer.Replace(strings.Join(head, end) + end + end), nil
		}
	})
}

// What a right client writes.
const (
	goodLine          = "POST {target} HTTP/1.1"
	goodHost          = "Host: {host}"
	goodAuthorization = "Authorization: Bearer {token}"
	noBody            = "Content-Length: 0"
)
