package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// StandardInput is the source that means standard input.
const StandardInput = "-"

// howToGive is the fix for a source that cannot be read.
const howToGive = "; give a file that can be read, an address of http or https, or - for standard input"

// Bounds of a fetch.
const (
	fetchLimit   = 30 * time.Second
	maxRedirects = 5
)

// UnreachableError says that an address did not give the source.
type UnreachableError struct {
	Address string
	Reason  string
}

// Error names the address without its query, which may hold a key.
func (e *UnreachableError) Error() string {
	return e.Address + ": " + e.Reason + "; check the address and the network, or give a file"
}

// Reader reads sources.
type Reader struct {
	// Input is standard input.
	Input io.Reader
	// UserAgent names the program to a server.
	UserAgent string
}

// Read reads the text of a source: a file, an address of http or https, or - for
// standard input. A file that cannot be read or is too long is a
// *spec.Error, an address that does not respond an *UnreachableError.
func (r Reader) Read(ctx context.Context, name string) (spec.Description, error) {
	switch {
	case name == StandardInput:
		content, err := io.ReadAll(io.LimitReader(r.Input, MaximumLength+1))
		return described("standard input", content, err)
	case strings.Contains(name, "://"):
		return r.fetch(ctx, name)
	}
	content, err := text.ReadFile(name, MaximumLength)
	return described(name, content, err)
}

// described is a source whose content was read, as text.Decode returns it.
func described(name string, content []byte, err error) (spec.Description, error) {
	if err == nil {
		content, err = text.Decode(content)
	}
	var mistake *text.SyntaxError
	switch {
	case errors.As(err, &mistake):
		return spec.Description{}, &spec.Error{File: name, Line: mistake.Line, Message: mistake.Message}
	case err != nil:
		return spec.Description{}, &spec.Error{File: name, Message: text.Reason(err) + howToGive}
	}
	return spec.Description{Name: name, Text: content}, nil
}

// fetch gets a source from an address. It sends no credential and keeps none.
func (r Reader) fetch(ctx context.Context, name string) (spec.Description, error) {
	address, err := url.Parse(name)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return spec.Description{}, &spec.Error{File: redact.Address(name), Message: "it is not an address of http or https; give a file, an address, or -"}
	}
	shown := redact.Address(name)
	if address.User != nil {
		return spec.Description{}, &spec.Error{File: shown, Message: "the address has a credential in it, and none is sent; remove it"}
	}
	fail := func(reason string) (spec.Description, error) {
		return spec.Description{}, &UnreachableError{shown, reason}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return fail(redact.ErrorText(err))
	}
	request.Header.Set("User-Agent", r.UserAgent)
	request.Header.Set("Accept", "application/json, text/html, text/markdown, text/plain, */*")
	client := &http.Client{CheckRedirect: followSafely}
	response, err := client.Do(request)
	if err != nil {
		return fail(fetchFailure(ctx, err, target.FaultBeforeResponse(ctx, err, 0)))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fail(fmt.Sprintf("the server responds with %d, not 200", response.StatusCode))
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, MaximumLength+1))
	if err != nil {
		return fail(fetchFailure(ctx, err, target.FaultInBody(ctx, err, len(content), response.ContentLength)))
	}
	return described(shown, content, nil)
}

// followSafely follows a redirect to https, or to the same host by the same
// scheme.
func followSafely(next *http.Request, before []*http.Request) error {
	last := before[len(before)-1].URL
	switch {
	case len(before) > maxRedirects:
		return &redirectError{fmt.Sprintf("more than %d redirects", maxRedirects)}
	case next.URL.User != nil:
		return &redirectError{"a redirect to an address with a credential"}
	case next.URL.Scheme == "https" || next.URL.Scheme == last.Scheme && next.URL.Host == last.Host:
		next.Header.Del("Referer")
		return nil
	}
	return &redirectError{fmt.Sprintf("a redirect to %s://%s, which is neither https nor the same host", next.URL.Scheme, next.URL.Host)}
}

// fetchFailure says why in one line, without the address, which may hold a key
// in its query: as a run says it of its target, but for what is our own.
func fetchFailure(ctx context.Context, err error, fault *target.Fault) string {
	var refused *redirectError
	switch {
	case errors.As(err, &refused):
		return refused.reason
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Sprintf("no complete response within %s", fetchLimit)
	}
	return text.Line(redact.ErrorText(fault))
}

// redirectError says why a redirect is not followed.
type redirectError struct{ reason string }

// Error gives the reason.
func (e *redirectError) Error() string { return e.reason }
