package tokens

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/program"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Failure says in one line why there is no token. Whole says of one that the source
// can give no token at all, whatever the scopes.
type Failure = program.Failure

// refusal is what an OAuth server returned instead of what it was asked for,
// without its body.
type refusal struct {
	// server names the server: "the token server accounts.example".
	server string
	// status is the HTTP status; 0 where there was no usable response.
	status int
	// code is the OAuth error code (RFC 6749, 5.2), or empty.
	code string
	// detail is what else is known, in one line without secrets, or empty.
	detail string
	// clock says how far this machine's clock is off, or is empty.
	clock string
}

// String says what the server returned.
func (r refusal) String() string {
	if r.status == 0 {
		return r.server + " " + r.detail
	}
	return fmt.Sprintf("%s returned HTTP %s%s", r.server, r.brief(), r.clock)
}

// brief is "400 invalid_grant: it was revoked".
func (r refusal) brief() string {
	brief := fmt.Sprint(r.status)
	if r.code != "" {
		brief += " " + r.code
	}
	if r.detail != "" {
		brief += ": " + r.detail
	}
	return brief
}

// failure is a failure whatever the scopes, unless the refusal may be about
// them.
func (r refusal) failure(origin string) *Failure {
	switch r.code {
	case "invalid_client", "unauthorized_client":
		return &Failure{Message: r.String(), Fix: "check the client's id and secret", Whole: true}
	case "invalid_grant":
		return &Failure{Message: origin + ": " + r.String(), Whole: true}
	case "invalid_scope":
		return &Failure{Message: r.String()}
	}
	return &Failure{Message: r.String(), Whole: r.status == 0 || r.status >= http.StatusInternalServerError || r.status == http.StatusUnauthorized}
}

// errorResponse is the one of RFC 6749, 5.2, which RFC 7009 and RFC 7662 use
// too.
type errorResponse struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// readRefusal reads an error of x/oauth2, whose own texts repeat bodies. The
// secrets are those that were sent: a server may repeat them.
func readRefusal(server string, err error, secrets ...Secret) refusal {
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) && retrieve.Response != nil {
		refused := errorResponse{retrieve.ErrorCode, retrieve.ErrorDescription}
		if refused.Code == "" {
			// Not every part of the library looks for the code itself.
			_ = json.Unmarshal(retrieve.Body, &refused)
		}
		return newRefusal(server, retrieve.Response, refused, secrets...)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return refusal{server: server, detail: noResponse(err)}
	}
	return refusal{server: server, detail: "sent a response without a token (RFC 6749, 5.1)"}
}

// newRefusal reads a response that grants nothing.
func newRefusal(server string, response *http.Response, refused errorResponse, secrets ...Secret) refusal {
	found := refusal{
		server: server, status: response.StatusCode, code: redacted(refused.Code, secrets...), detail: redacted(refused.Description, secrets...),
	}
	if offset, known := ClockOffset(response.Header, time.Now()); known && ClockText(offset) != "" {
		found.clock = " (" + ClockText(offset) + ")"
	}
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		found.detail = "a redirect, which is not followed: it would carry secrets along"
	}
	return found
}

// noResponse says why there was no response.
func noResponse(err error) string {
	var timeout net.Error
	var authority x509.UnknownAuthorityError
	switch {
	case errors.Is(err, context.Canceled):
		return "was stopped, because the run was interrupted"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("did not respond within %s", responseLimit)
	case errors.As(err, &authority):
		return "cannot be reached: its certificate is signed by an unknown authority"
	}
	return "cannot be reached: " + innermost(err)
}

// innermost is the text of the error that the others wrap: they repeat
// addresses and names.
func innermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return redacted(err.Error())
}

// longestDetail is how many characters of somebody else's text are shown.
const longestDetail = 120

// redacted makes one short line of a text that a server wrote, without the
// secrets that were sent to it and without what looks like a secret.
func redacted(received string, secrets ...Secret) string {
	for _, secret := range secrets {
		if secret != "" {
			received = strings.NewReplacer(string(secret), redact.Mark, url.QueryEscape(string(secret)), redact.Mark).Replace(received)
		}
	}
	received = strings.Join(strings.Fields(text.Line(redact.NewRedactor(nil).Text(received))), " ")
	return text.Cut(received, longestDetail)
}

// few is how many scopes one line names.
const few = 3

// Names names a few scopes in short: "a, b and 3 more".
func Names(scopes []string) string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = redacted(spec.Scope{Name: scope}.Short())
	}
	if len(short) > few {
		short = append(short[:few-1:few-1], fmt.Sprintf("%d more", len(scopes)-few+1))
	}
	return text.List(short, "and")
}

// otherNames names other scopes than those that are wanted: a few by their
// names, many by their number, which then is the same for each that is wanted.
func otherNames(scopes []string) string {
	if len(scopes) > few {
		return fmt.Sprintf("%d other scopes", len(scopes))
	}
	return Names(scopes)
}

// clockTolerance is how far two clocks may be apart before it is worth a word:
// token servers reckon in minutes and more.
const clockTolerance = 5 * time.Minute

// ClockOffset is how far this machine's clock is ahead of a server's, by the
// Date of its response (RFC 9110, 6.6.1), or false where that has none.
func ClockOffset(header http.Header, now time.Time) (time.Duration, bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0, false
	}
	return now.Sub(date), true
}

// ClockText says how far this machine's clock is off, or nothing where it is
// within five minutes.
func ClockText(offset time.Duration) string {
	direction := "ahead of"
	if offset < 0 {
		offset, direction = -offset, "behind"
	}
	if offset <= clockTolerance {
		return ""
	}
	minutes := int(offset.Round(time.Minute) / time.Minute)
	const hour, day = 60, 24 * 60
	apart := fmt.Sprintf("%d min", minutes)
	switch {
	case minutes >= 2*day:
		apart = fmt.Sprintf("%d days", minutes/day)
	case minutes >= hour:
		apart = strings.TrimSuffix(fmt.Sprintf("%d h %d min", minutes/hour, minutes%hour), " 0 min")
	}
	return fmt.Sprintf("this machine's clock is %s %s the server's", apart, direction)
}
