package har

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/target"
)

type (
	request struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []pair    `json:"cookies"`
		Headers     []pair    `json:"headers"`
		QueryString []pair    `json:"queryString"`
		PostData    *postData `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	response struct {
		Status      int     `json:"status"`
		StatusText  string  `json:"statusText"`
		HTTPVersion string  `json:"httpVersion"`
		Cookies     []pair  `json:"cookies"`
		Headers     []pair  `json:"headers"`
		Content     content `json:"content"`
		RedirectURL string  `json:"redirectURL"`
		HeadersSize int     `json:"headersSize"`
		BodySize    int     `json:"bodySize"`
		// Error says what came instead of a whole answer, as browsers do.
		Error string `json:"_error,omitempty"`
	}
	pair struct {
		Name    string `json:"name"`
		Value   string `json:"value"`
		Comment string `json:"comment,omitempty"`
	}
	postData struct {
		MimeType string `json:"mimeType"`
		Params   []pair `json:"params"`
		Text     string `json:"text"`
		Comment  string `json:"comment,omitempty"`
	}
	content struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
		Comment  string `json:"comment,omitempty"`
	}
)

// What a report does not say.
const (
	unknownSize     = -1
	unknownProtocol = "unknown"
	// unknownType is what browsers write where an answer has no Content-Type.
	unknownType = "x-unknown"
)

// requestOf shows a request. A token is $TOKEN, as in a curl line. Cookies stand
// in the header fields alone, without their values, and in no list: it would hold
// nothing but names, and who looks for secrets takes all in it for one.
func requestOf(message report.Message) request {
	shown := request{
		Method: message.Method, URL: message.URL, HTTPVersion: protocolOf(message.URL), Cookies: []pair{},
		Headers: headersOf(message.Header), QueryString: queryOf(message.URL), HeadersSize: unknownSize, BodySize: message.BodyBytes,
	}
	if message.Credential != "" && message.Credential != target.NoCredential.Label {
		shown.Headers = append(shown.Headers, pair{"Authorization", "Bearer $TOKEN", message.Credential})
	}
	if message.BodyBytes > 0 {
		shown.PostData = &postData{http.Header(message.Header).Get("Content-Type"), []pair{}, message.Body, cutText(message)}
	}
	return shown
}

// protocolOf is the version that a request is made with. It is negotiated where
// there is TLS, and HTTP/1.1 where there is none.
func protocolOf(address string) string {
	if strings.HasPrefix(address, "http://") {
		return "HTTP/1.1"
	}
	return unknownProtocol
}

// responseOf shows what came of an attempt: a status of 0 where it was nothing,
// as browsers do.
func responseOf(attempt report.Attempt) response {
	shown := response{
		HTTPVersion: unknownProtocol, Cookies: []pair{}, Headers: []pair{}, Content: content{MimeType: unknownType},
		HeadersSize: unknownSize, BodySize: unknownSize,
	}
	if attempt.Fault != nil {
		shown.Error = attempt.Fault.Kind + ": " + attempt.Fault.Detail
	}
	message := attempt.Response
	if message == nil {
		return shown
	}
	header := http.Header(message.Header)
	shown.Status, shown.StatusText = message.Status, http.StatusText(message.Status)
	shown.Headers, shown.RedirectURL = headersOf(message.Header), header.Get("Location")
	shown.Content = content{message.BodyBytes, header.Get("Content-Type"), message.Body, cutText(*message)}
	if shown.Content.MimeType == "" {
		shown.Content.MimeType = unknownType
	}
	return shown
}

// cutText says that a body is not there in whole.
func cutText(message report.Message) string {
	if message.BodyBytes > len(message.Body) && strings.HasSuffix(message.Body, "…") {
		return "the beginning alone"
	}
	return ""
}

// headersOf lists header fields by name, each value for itself.
func headersOf(header map[string][]string) []pair {
	pairs := []pair{}
	for name, values := range header {
		for _, value := range values {
			pairs = append(pairs, pair{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.Name, b.Name) })
	return pairs
}

// queryOf lists the parameters of an address in their order. Checks send broken
// escapes too; those are shown as they are.
func queryOf(address string) []pair {
	pairs := []pair{}
	address, _, _ = strings.Cut(address, "#")
	_, query, found := strings.Cut(address, "?")
	if !found || query == "" {
		return pairs
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{Name: unescaped(name), Value: unescaped(value)})
	}
	return pairs
}

func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
