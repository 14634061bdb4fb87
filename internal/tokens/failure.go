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
	"unicode"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/redact"
)

// Failure says in one line why there is no token. It carries no secret.
type Failure struct {
	// Message says what failed and where.
	Message string
	// Mend says what to do, or is empty.
	Mend string
	// Whole says that the source can give no token at all, whatever the scopes.
	Whole bool
}

// Error is one line.
func (f *Failure) Error() string {
	if f.Mend == "" {
		return f.Message
	}
	return f.Message + "; " + f.Mend
}

// IsFailure reports whether an error says in one harmless line why there is no
// token.
func IsFailure(err error) bool {
	var failure *Failure
	return errors.As(err, &failure)
}

// refusal is what a server of OAuth answered instead of what it was asked for,
// without its body.
type refusal struct {
	// server names the server: "the token server accounts.example".
	server string
	// status is the HTTP status; 0 where no answer came.
	status int
	// code is the OAuth error code (RFC 6749, 5.2), or empty.
	code string
	// detail is what else is known, in one harmless line, or empty.
	detail string
	// clock says how far this machine's clock is off, or is empty.
	clock string
}

// text says what the server answered.
func (r refusal) text() string {
	if r.status == 0 {
		return r.server + " " + r.detail
	}
	return fmt.Sprintf("%s answered HTTP %s", r.server, r.brief())
}

// brief is "400 invalid_grant: it was revoked".
func (r refusal) brief() string {
	text := fmt.Sprint(r.status)
	if r.code != "" {
		text += " " + r.code
	}
	if r.detail != "" {
		text += ": " + r.detail
	}
	return text
}

// failure makes a failure of a refusal.
func (r refusal) failure(mend string, whole bool) *Failure {
	return &Failure{Message: r.text() + r.clock, Mend: mend, Whole: whole}
}

// readRefusal says what an error of a token server tells. The secrets are those
// that were sent: a server may repeat them.
func readRefusal(server string, err error, secrets ...Secret) refusal {
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) && retrieve.Response != nil {
		answer := errorAnswer{retrieve.ErrorCode, retrieve.ErrorDescription}
		if answer.Code == "" {
			// Not every part of the library looks for the code itself.
			_ = json.Unmarshal(retrieve.Body, &answer)
		}
		return answeredRefusal(server, retrieve.Response, answer.Code, answer.Description, secrets...)
	}
	var asked *url.Error
	if errors.As(err, &asked) {
		return refusal{server: server, detail: unansweredText(err)}
	}
	// Other errors of the library repeat parts of the body.
	return refusal{server: server, detail: "gave an answer that is no token answer (RFC 6749, 5.1)"}
}

// answeredRefusal says what an answer that grants nothing tells.
func answeredRefusal(server string, response *http.Response, code, description string, secrets ...Secret) refusal {
	found := refusal{
		server: server, status: response.StatusCode, code: harmless(code, secrets...), detail: harmless(description, secrets...),
		clock: clockText(response.Header, time.Now()),
	}
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		found.detail = "a redirect, which is not followed: it would carry secrets along"
	}
	return found
}

// unansweredText says why no answer came.
func unansweredText(err error) string {
	var timeout net.Error
	var authority x509.UnknownAuthorityError
	switch {
	case errors.Is(err, context.Canceled):
		return "was not waited for: the run was interrupted"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("gave no answer within %s", answerLimit)
	case errors.As(err, &authority):
		return "cannot be reached: its certificate is signed by an unknown authority"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return "cannot be reached: " + harmless(err.Error())
}

// longestDetail is how many characters of somebody else's text are shown.
const longestDetail = 120

// harmless makes one short line of a text that a server wrote, without the
// secrets that were sent to it and without what looks like a secret.
func harmless(text string, secrets ...Secret) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, string(secret), redact.Mark)
			text = strings.ReplaceAll(text, url.QueryEscape(string(secret)), redact.Mark)
		}
	}
	text = redact.NewRedactor(nil).Text(text)
	text = strings.Map(func(character rune) rune {
		if unicode.IsControl(character) || character == unicode.ReplacementChar || unicode.Is(unicode.Cf, character) {
			return ' '
		}
		return character
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if characters := []rune(text); len(characters) > longestDetail {
		return string(characters[:longestDetail]) + "…"
	}
	return text
}

// clockTolerance is how far two clocks may be apart before it is worth a word.
// Answers of token servers are about times of minutes and more.
const clockTolerance = 5 * time.Minute

// ClockOffset says how far this machine's clock is ahead of a server's, by the
// Date of its answer (RFC 9110, 6.6.1), or false where the answer has none.
func ClockOffset(header http.Header, now time.Time) (time.Duration, bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0, false
	}
	return now.Sub(date), true
}

// ClockText says in words how far this machine's clock is off, or nothing where
// it is within five minutes.
func ClockText(offset time.Duration) string {
	direction := "ahead of"
	if offset < 0 {
		offset, direction = -offset, "behind"
	}
	if offset <= clockTolerance {
		return ""
	}
	return fmt.Sprintf("this machine's clock is %s %s the server's", durationWords(offset), direction)
}

func clockText(header http.Header, now time.Time) string {
	offset, known := ClockOffset(header, now)
	if text := ClockText(offset); known && text != "" {
		return " (" + text + ")"
	}
	return ""
}

// durationWords is "2 h 5 min".
func durationWords(duration time.Duration) string {
	minutes := int(duration.Round(time.Minute) / time.Minute)
	const hour, day = 60, 24 * 60
	switch {
	case minutes >= 2*day:
		return fmt.Sprintf("%d days", minutes/day)
	case minutes >= hour && minutes%hour > 0:
		return fmt.Sprintf("%d h %d min", minutes/hour, minutes%hour)
	case minutes >= hour:
		return fmt.Sprintf("%d h", minutes/hour)
	}
	return fmt.Sprintf("%d min", minutes)
}
