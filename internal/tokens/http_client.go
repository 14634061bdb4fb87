package tokens

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/target"
)

// answerLimit is how long a server of OAuth may take for an answer.
const answerLimit = 30 * time.Second

// largestAnswer is the size in bytes of the largest answer that is read.
const largestAnswer = 1 << 20

// NewHTTPClient makes a client for servers of OAuth. It follows no redirect:
// secrets go to the server that they are meant for and to nobody else. A nil
// transport is that of net/http.
func NewHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: answerLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CheckAddress says what is wrong with the address of a server that secrets are
// sent to, or gives nil. It must be https, unless it is on this machine.
func CheckAddress(text string) error {
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "":
		return fmt.Errorf("it is no address that starts with https://")
	case address.User != nil:
		return fmt.Errorf("an address here has no user in it")
	case address.Fragment != "":
		return fmt.Errorf("an address here has no fragment (RFC 6749, 3.2)")
	case address.Scheme == "http" && !target.IsLoopback(address):
		return fmt.Errorf("%s is not encrypted, and secrets would go there: give an https address", hostOf(text))
	}
	return nil
}

// hostOf gives the host of an address, for a message.
func hostOf(text string) string {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return "without a host"
	}
	return address.Host
}

// readJSON reads an answer as a JSON object and leaves the rest of it.
func readJSON(response *http.Response, into any) error {
	defer response.Body.Close()
	return json.NewDecoder(io.LimitReader(response.Body, largestAnswer)).Decode(into)
}

// formType is the content type of a form.
const formType = "application/x-www-form-urlencoded"

// errorAnswer is the answer of RFC 6749, 5.2, which RFC 7009 and RFC 7662 use
// too.
type errorAnswer struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func newForm(values url.Values) io.Reader { return strings.NewReader(values.Encode()) }
