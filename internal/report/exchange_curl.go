package report

import (
	"net/http"

	"github.com/dpconform/dpconform/internal/target"
)

// Curl gives a command that sends the request of a reported exchange again, as
// the command of a finding does.
func CurlOf(e Exchange) string {
	request := target.Request{Method: e.Request.Method, Header: http.Header(e.Request.Header), Body: []byte(e.Request.Body),
		Credential: target.NoCredential}
	if e.Request.Credential != "" && e.Request.Credential != target.NoCredential.Label {
		request.Credential = target.UnknownCredential("")
		request.Credential.Label = e.Request.Credential
	}
	return curlLine(e.Request.URL, request, max(e.Request.BodyBytes, len(request.Body)))
}
