package spec

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Level says who demands a requirement. The order is by force: Documented is
// the strongest.
type Level string

// The levels of a requirement, strongest first.
const (
	// Documented: the reference page or the discovery document says it.
	Documented Level = "documented"
	// Platform: a public standard of the platform or of HTTP says it.
	Platform Level = "platform"
	// Inferred: what a user would expect and no source demands.
	Inferred Level = "inferred"
)

// Levels lists every level, strongest first.
func Levels() []Level { return []Level{Documented, Platform, Inferred} }

// AtLeast reports whether l is as strong as other, or stronger.
func (l Level) AtLeast(other Level) bool {
	index := slices.Index(Levels(), l)
	return index >= 0 && index <= slices.Index(Levels(), other)
}

// Requirement is one sentence that a server has to keep, and where it is said.
type Requirement struct {
	// ID is stable: "retry.body.empty".
	ID    string `json:"id"`
	Level Level  `json:"level"`
	// Statement is one sentence with MUST or SHOULD.
	Statement string `json:"statement"`
	// Quote is verbatim from the source.
	Quote string `json:"quote"`
	// Source is the URL of the page and section that the quote is from.
	Source string `json:"source"`
	// Note says what the quote alone does not: alternatives, disagreement of
	// sources.
	Note string `json:"note,omitempty"`
	// Expect is the answer that the requirement allows, where it is about one.
	Expect Answers `json:"expect,omitzero"`
	// Line is where the requirement stands in the description, 1-based.
	Line int `json:"line"`
}

// Aspect is the middle part of the id: "body" of "retry.body.empty".
func (r Requirement) Aspect() string {
	parts := strings.SplitN(r.ID, ".", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// Must reports whether the statement is a MUST. A SHOULD that is not kept
// warns, whatever its level.
func (r Requirement) Must() bool { return strings.Contains(r.Statement, "MUST") }

// Answers is a set of allowed answers: HTTP statuses ("404", or a class such
// as "4xx"), and google.rpc.Code names. An empty list allows any.
type Answers struct {
	Status []string `json:"status,omitempty" yaml:"status"`
	Code   []string `json:"code,omitempty" yaml:"code"`
}

// notARefusal are the 4xx statuses that say nothing about the request itself:
// a credential or quota stood in the way, so a class "4xx" does not mean them.
var notARefusal = []int{
	http.StatusUnauthorized, http.StatusProxyAuthRequired,
	http.StatusRequestTimeout, http.StatusTooManyRequests,
}

// AllowsStatus reports whether an HTTP status is among the allowed ones. A
// class such as "4xx" leaves out 401, 407, 408 and 429, which judge the caller
// and not the request.
func (a Answers) AllowsStatus(status int) bool {
	if len(a.Status) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Status, func(allowed string) bool {
		if class, isClass := strings.CutSuffix(allowed, "xx"); isClass {
			return strconv.Itoa(status/100) == class && !slices.Contains(notARefusal, status)
		}
		return allowed == strconv.Itoa(status)
	})
}

// AllowsCode reports whether a google.rpc.Code name is among the allowed ones.
func (a Answers) AllowsCode(code string) bool {
	return len(a.Code) == 0 || slices.Contains(a.Code, code)
}

// String says the allowed answers for a reader: "404 or 403, NOT_FOUND or
// PERMISSION_DENIED".
func (a Answers) String() string {
	status := strings.Join(a.Status, " or ")
	if len(a.Code) == 0 {
		return status
	}
	return strings.TrimPrefix(status+", "+strings.Join(a.Code, " or "), ", ")
}

// validate says what is missing in a requirement, or nil.
func (r Requirement) validate() error {
	switch {
	case r.ID == "":
		return fmt.Errorf("requirement without an id")
	case r.Aspect() == "":
		return fmt.Errorf("requirement %q: the id must have the form method.aspect.name", r.ID)
	case !slices.Contains(Levels(), r.Level):
		return fmt.Errorf("requirement %s: level %q is none of %s", r.ID, r.Level, joinLevels())
	case r.Statement == "":
		return fmt.Errorf("requirement %s has no statement", r.ID)
	case !strings.Contains(r.Statement, "MUST") && !strings.Contains(r.Statement, "SHOULD"):
		return fmt.Errorf("requirement %s: its statement says neither MUST nor SHOULD", r.ID)
	case r.Quote == "" && r.Level != Inferred:
		return fmt.Errorf("requirement %s has no quote", r.ID)
	case r.Source == "":
		return fmt.Errorf("requirement %s has no source", r.ID)
	}
	return r.Expect.validate(r.ID)
}

func (a Answers) validate(id string) error {
	for _, status := range a.Status {
		number, err := strconv.Atoi(strings.Replace(status, "xx", "00", 1))
		if err != nil || number < 100 || number > 599 {
			return fmt.Errorf("requirement %s: expect: %q is not an HTTP status", id, status)
		}
	}
	return nil
}

func joinLevels() string {
	names := make([]string, 0, len(Levels()))
	for _, level := range Levels() {
		names = append(names, string(level))
	}
	return strings.Join(names, ", ")
}
