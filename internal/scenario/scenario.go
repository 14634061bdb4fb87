// Package scenario has the conditions that a server may meet a client with, such
// as a 503 or a reset connection, and what the client must do then. Each is a YAML
// file.
package scenario

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Consumption says what becomes of a client that makes fewer requests than a
// scenario has steps.
type Consumption string

// The consumptions.
const (
	// ConsumeAll: the scenario fails.
	ConsumeAll Consumption = "all"
	// ConsumeOrReport: it fails unless the client reported the error of the last
	// response. A client may give up, but not silently.
	ConsumeOrReport Consumption = "or-report"
)

// Certificate says what is wrong with the certificate of a secure scenario.
type Certificate string

// The certificates that a client has to reject.
const (
	UnknownAuthority Certificate = "unknown-authority"
	WrongHost        Certificate = "wrong-host"
	Expired          Certificate = "expired"
)

// Warming says whether a scenario exists cold, warm, or both. In a warm one the
// client first makes a call that succeeds, and makes the call of the scenario on
// the same connection.
type Warming string

// The warmings. The default is WarmToo where a step ends the connection, and
// WarmNever elsewhere.
const (
	WarmToo   Warming = "too"
	WarmOnly  Warming = "only"
	WarmNever Warming = "never"
)

// warmEnd is what the name of a warm variant ends with, and warmTitle its title.
const (
	warmEnd   = "-warm"
	warmTitle = ", on a reused connection"
)

// Scenario is a list of responses, and what a client must do with them.
// Reference documents the keys that a file gives its members by.
type Scenario struct {
	Name  string
	Title string
	About string
	// Job is the state of the job that the call is about; empty means one in which
	// the method accepts it. JobEnd is appended to the id.
	Job    string
	JobEnd string
	// Secure serves the scenario by TLS, with HTTP/2. Certificate says why its
	// certificate must be rejected; empty where it must be trusted.
	Secure      bool
	Certificate Certificate
	// Warm says whether the scenario exists with a first call as well.
	Warm Warming
	// First is the response to a first call, of another job, that the client makes
	// on the same connection; nil in a scenario without one.
	First *Step
	// Steps are the responses to the requests of a call, in order; the last one
	// repeats.
	Steps   []Step
	Consume Consumption
	// AtMost is the number of requests that a call may have; 0 means as many as
	// there are steps.
	AtMost int
	// Wait is the least pause after each UNAVAILABLE; 0 means that only bursts are
	// wrong.
	Wait time.Duration
	// Must and MustNot list the requirements that the scenario is about: breaking
	// one fails it whatever its level, and a run that could not test one is
	// inconclusive.
	Must    []string
	MustNot []string
	// Inapplicable says why the scenario makes no sense for the method; empty where
	// it does.
	Inapplicable string

	// Text is the YAML that the scenario was read from.
	Text string
	file string
	// line is where the file names the scenario.
	line    int
	shipped bool
	// refused: the job is in whichever state the method refuses it in.
	refused bool
	// about counts the requirements that the file lists, in the description or not.
	about int
}

// Step is the response to one request. It has exactly one of Reference, Error,
// Response, Reset, HangUp, Redirect and RedirectHere.
type Step struct {
	// Reference: the reference server responds.
	Reference bool
	// Error: a refusal in the form of AIP-193.
	Error    *Error
	Response *Response
	// Reset: the connection is reset when the request has been read. HangUp: it is
	// closed in good order, as by a server that stops.
	Reset  bool
	HangUp bool
	// Redirect: a redirect with this status to the same path at another host.
	// RedirectHere: one to another path of the same host, where the reference server
	// responds.
	Redirect     int
	RedirectHere int

	Header map[string]string
	// Delay is how long the response is held back.
	Delay time.Duration
	// RetryAfterDate is how long after the response the date in its Retry-After is,
	// rounded up to a second; 0 for no such field.
	RetryAfterDate time.Duration
	// Truncate: the connection ends in the middle of the body.
	Truncate bool
	// Split: the response is sent in two parts with a pause between them.
	Split bool
	// ChunkExtension is that of each chunk of the body; empty for a body with a
	// length.
	ChunkExtension string
	// Interim is the status of a response that comes before the one of the step; 0
	// for none.
	Interim int
	// Close: the response says Connection: close. By HTTP/2, GOAWAY comes behind its
	// head.
	Close bool
	// LengthRequired: a request without a length is refused with 411.
	LengthRequired bool
	// Add has members that are added to the JSON object of a success.
	Add map[string]any
	// WithoutID removes the new job's id from a success.
	WithoutID bool
}

// Error is a refusal.
type Error struct {
	// Code is the name of a google.rpc.Code.
	Code    string
	Message string
	// Reason is ErrorInfo.reason; empty for no details.
	Reason string
}

// Response is a response as it is.
type Response struct {
	Status int
	Body   string
}

// Most is the number of requests that a call may have.
func (s *Scenario) Most() int {
	if s.AtMost > 0 {
		return s.AtMost
	}
	return len(s.Steps)
}

// Demands reports whether the scenario is about a requirement.
func (s *Scenario) Demands(id string) bool {
	return slices.Contains(s.Must, id) || slices.Contains(s.MustNot, id)
}

// Step is the response to the request of this number, from 0.
func (s *Scenario) Step(number int) Step { return s.Steps[min(number, len(s.Steps)-1)] }

//go:embed shipped/*.yaml
var files embed.FS

// Shipped returns the scenarios of the program in the order of their file names.
// What they list and the description does not demand is left out.
func Shipped(method *spec.Method) ([]*Scenario, error) {
	names, err := fs.Glob(files, "shipped/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*Scenario
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err == nil {
			// Git may have changed the line ends before it was embedded.
			content, err = text.Decode(content)
		}
		if err != nil {
			return nil, err
		}
		one, err := parse(method, name, content, true)
		if err != nil {
			return nil, err
		}
		all = append(all, one.variants()...)
	}
	return all, nil
}

// warm reports whether the scenario has a warm form.
func (s *Scenario) warm() bool {
	ends := func(step Step) bool { return step.Reset || step.HangUp || step.Truncate }
	return s.Warm == WarmOnly || s.Warm == WarmToo || s.Warm == "" && slices.ContainsFunc(s.Steps, ends)
}

// variants are the cold and the warm form of a scenario, those that it has.
func (s *Scenario) variants() []*Scenario {
	if !s.warm() {
		return []*Scenario{s}
	}
	warm := *s
	if warm.First == nil {
		warm.First = &Step{Reference: true}
	}
	if s.Warm == WarmOnly {
		return []*Scenario{&warm}
	}
	warm.Name, warm.Title = s.Name+warmEnd, s.Title+warmTitle
	s.First = nil
	return []*Scenario{s, &warm}
}

// Read adds the scenario of a file, or those of all *.yaml and *.yml in a folder,
// to others; one with the name of a shipped scenario replaces it. Mistakes are
// *text.UsageErrors with file and line.
func Read(method *spec.Method, path string, others []*Scenario) ([]*Scenario, error) {
	names, err := scenarioFiles(path)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(others)
	for _, name := range names {
		content, err := readFile(name)
		if err != nil {
			return nil, err
		}
		one, err := Parse(method, name, content)
		if err != nil {
			return nil, err
		}
		// Neither form of the shipped scenario of this name stays.
		all = slices.DeleteFunc(all, func(other *Scenario) bool { return other.shipped && other.Name == one.Name+warmEnd })
		for _, variant := range one.variants() {
			index := slices.IndexFunc(all, func(other *Scenario) bool { return other.Name == variant.Name })
			switch {
			case index < 0:
				all = append(all, variant)
			case all[index].shipped:
				all[index] = variant
			default:
				return nil, text.Mistake(fmt.Sprintf("%s:%d", name, one.line),
					fmt.Sprintf("name: there is a scenario %s in %s:%d already", variant.Name, all[index].file, all[index].line),
					"give one of them another name")
			}
		}
	}
	return all, nil
}

func scenarioFiles(path string) ([]string, error) {
	information, err := os.Stat(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	if !information.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	var names []string
	for _, entry := range entries {
		if end := filepath.Ext(entry.Name()); !entry.IsDir() && (end == ".yaml" || end == ".yml") {
			names = append(names, filepath.Join(path, entry.Name()))
		}
	}
	if len(names) == 0 {
		return nil, text.Mistake(path, "the folder has no *.yaml",
			"dpconform client --print-scenario success > "+filepath.Join(path, "mine.yaml")+" is one to begin with")
	}
	return names, nil
}

// largestFile is the largest file of a scenario in bytes.
const largestFile = 1 << 20

func readFile(path string) ([]byte, error) {
	content, err := text.ReadFile(path, largestFile)
	if err != nil {
		return nil, fileError(path, err)
	}
	return content, nil
}

func fileError(path string, err error) error {
	return text.Mistake(path, text.Reason(err), "give a file of YAML, or a folder of them")
}

// Find finds a scenario by its name.
func Find(all []*Scenario, name string) (*Scenario, bool) {
	return text.Find(all, func(one *Scenario) bool { return one.Name == name })
}

// Names lists the names of scenarios.
func Names(all []*Scenario) []string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return names
}
