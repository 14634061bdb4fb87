package spec

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// Level says who demands a requirement. Documented is the strongest.
type Level string

// The levels of a requirement, strongest first.
const (
	// Documented: the method's reference page or discovery document demands it.
	Documented Level = "documented"
	// Platform: a public standard, of the platform or of HTTP, demands it.
	Platform Level = "platform"
	// Inferred: no source demands it, but users expect it.
	Inferred Level = "inferred"
)

// Levels returns every level, strongest first.
func Levels() []Level { return []Level{Documented, Platform, Inferred} }

// AtLeast reports whether l is as strong as other, or stronger.
func (l Level) AtLeast(other Level) bool {
	index := slices.Index(Levels(), l)
	return index >= 0 && index <= slices.Index(Levels(), other)
}

// Requirement is one sentence that a server or a client has to follow, with its
// source.
type Requirement struct {
	// ID is stable: "body.empty".
	ID    string `json:"id"`
	Level Level  `json:"level"`
	// Statement is one sentence with MUST or SHOULD. In a draft, it may be the quote.
	Statement string `json:"statement"`
	// Quote is verbatim from the source.
	Quote string `json:"quote"`
	// Source is the URL of the page and section of the quote.
	Source string `json:"source"`
	// Note adds what the quote does not say, such as alternatives, or sources that
	// disagree.
	Note string `json:"note,omitempty"`
	// Fix says what usually has to change if the requirement is broken, such as an
	// option of a framework.
	Fix string `json:"fix,omitempty"`
	// Expect lists the responses that the requirement allows, if it is about a
	// response.
	Expect Responses `json:"expect,omitzero"`
	// Set is the set that the requirement comes from, even if the description refines
	// it; empty for one of the description's own.
	Set string `json:"set,omitempty"`
	// Draft marks a requirement that is not worked out yet, and that no check tests.
	Draft bool `json:"draft,omitempty"`
	// File and Line locate the requirement in a description or a set. Line starts at
	// 1.
	File string `json:"file,omitempty" yaml:"-"`
	Line int    `json:"line" yaml:"-"`
}

// clientPrefix begins the id of a requirement for clients.
const clientPrefix = "client."

// Aspect returns the first part of the id, which groups requirements: "body" of
// "body.empty" and of "client.body.empty".
func (r Requirement) Aspect() string {
	aspect, name, found := strings.Cut(strings.TrimPrefix(r.ID, clientPrefix), ".")
	if !found || name == "" {
		return ""
	}
	return aspect
}

// Must reports whether the statement is a MUST. A SHOULD that a server breaks is a
// warning, unless the run's level is [Inferred]. For a client, it also fails in the
// scenarios that are about it.
func (r Requirement) Must() bool { return strings.Contains(r.Statement, "MUST") }

// Responses is a set of allowed responses: HTTP statuses ("404", or a class such
// as "4xx"), and google.rpc.Code names. An empty list allows any.
type Responses struct {
	Status []string `json:"status,omitempty" yaml:"status"`
	Code   []string `json:"code,omitempty" yaml:"code"`
}

// notARefusal are the 4xx statuses that say nothing about the request itself: a
// credential or a quota was missing, so the class "4xx" does not include them.
var notARefusal = []int{
	http.StatusUnauthorized, http.StatusProxyAuthRequired,
	http.StatusRequestTimeout, http.StatusTooManyRequests,
}

// AllowsStatus reports whether an HTTP status is allowed. The class "4xx" does not
// include 401, 407, 408 and 429, which are about the caller and not about the
// request.
func (r Responses) AllowsStatus(status int) bool {
	if len(r.Status) == 0 {
		return true
	}
	return slices.ContainsFunc(r.Status, func(allowed string) bool {
		if class, isClass := strings.CutSuffix(allowed, "xx"); isClass {
			return strconv.Itoa(status/100) == class && !slices.Contains(notARefusal, status)
		}
		return allowed == strconv.Itoa(status)
	})
}

// AllowsCode reports whether a google.rpc.Code name is allowed.
func (r Responses) AllowsCode(code string) bool {
	return len(r.Code) == 0 || slices.Contains(r.Code, code)
}

// String returns the allowed responses in words, such as "404 or 403 with
// error.status NOT_FOUND or PERMISSION_DENIED".
func (r Responses) String() string {
	allowed := text.List(r.Status, "or")
	if len(r.Code) > 0 {
		allowed += " with error.status " + text.List(r.Code, "or")
	}
	return strings.TrimPrefix(allowed, " ")
}

// validate returns an error for the first thing that is missing or wrong.
func (r Requirement) validate() error {
	switch {
	case r.ID == "":
		return fmt.Errorf("requirement without an id")
	case r.Aspect() == "":
		return fmt.Errorf("requirement %q: the id must have the form aspect.name", r.ID)
	case !slices.Contains(Levels(), r.Level):
		return fmt.Errorf("requirement %s: unknown level %q: want %s, %s or %s", r.ID, r.Level, Documented, Platform, Inferred)
	case r.Statement == "":
		return fmt.Errorf("requirement %s has no statement", r.ID)
	case !r.Draft && !strings.Contains(r.Statement, "MUST") && !strings.Contains(r.Statement, "SHOULD"):
		return fmt.Errorf("requirement %s: its statement says neither MUST nor SHOULD", r.ID)
	case r.Quote == "" && r.Level != Inferred:
		return fmt.Errorf("requirement %s has no quote", r.ID)
	case r.Source == "":
		return fmt.Errorf("requirement %s has no source", r.ID)
	}
	return r.Expect.validate(r.ID)
}

func (r Responses) validate(id string) error {
	for _, status := range r.Status {
		number, err := strconv.Atoi(strings.Replace(status, "xx", "00", 1))
		if err != nil || number < 100 || number > 599 {
			return fmt.Errorf("requirement %s: expect: %q is not an HTTP status", id, status)
		}
	}
	return nil
}
