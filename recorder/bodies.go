package recorder

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// readBody reads the body of a request and closes it, as a RoundTripper must.
func readBody(request *http.Request) ([]byte, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(request.Body)
	return body, errors.Join(err, request.Body.Close())
}

// withBody is a copy of a request that can still be sent: a RoundTripper may
// not change the request that it is given.
func withBody(request *http.Request, body []byte) *http.Request {
	copied := request.Clone(request.Context())
	if request.Body == nil || request.Body == http.NoBody {
		return copied
	}
	copied.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	copied.Body, _ = copied.GetBody()
	return copied
}

// continued is a body of which the beginning was read already.
type continued struct {
	io.Reader
	io.Closer
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
