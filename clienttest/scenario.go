package clienttest

import (
	"slices"
	"time"
)

// Consumption says what becomes of a client that did not call as often as a
// scenario has steps.
type Consumption string

// The consumptions.
const (
	// ConsumeAll: the scenario fails.
	ConsumeAll Consumption = "all"
	// ConsumeOrTell: it fails unless the client told the error of the last answer
	// that it got. A client may give up, but not in silence.
	ConsumeOrTell Consumption = "or-tell"
)

// Scenario is a day that a server may have, and what a client must do with it.
// ScenarioReference says by which keys a file gives each of its members.
type Scenario struct {
	// Name chooses it: lower case letters, digits and hyphens.
	Name  string
	Title string
	// About says why, for a person.
	About string
	// Job is the state of the job that is retried; empty means one that may be
	// retried. JobEnd is put behind the id.
	Job    string
	JobEnd string
	// Secure says that the scenario is served by TLS, with HTTP/2.
	Secure bool
	// Steps are what the requests of a call are answered, one after the other; the
	// last goes on.
	Steps []Step
	// Consume is ConsumeAll unless it is said.
	Consume Consumption
	// AtMost is the number of requests that a call may have; 0 means as many as
	// there are steps.
	AtMost int
	// Wait is how long a client waits at least after each UNAVAILABLE; 0 means that
	// repeats in a burst alone are wrong.
	Wait time.Duration
	// Must and MustNot list the requirements that the scenario is about: to break
	// one fails it, where Rules.Level does not let it, and without one of them
	// nothing is concluded.
	Must    []string
	MustNot []string

	// File is where the scenario was read from, and line where it names itself.
	File string
	line int
	// shipped: it is one of those that come with the program.
	shipped bool
	// text is the file as it was read.
	text string
}

// Text is the YAML that the scenario was read from.
func (s *Scenario) Text() string { return s.text }

// Step is the answer to one request. It has exactly one of Reference, Error,
// Answer, Reset, HangUp and Redirect.
type Step struct {
	// Reference: the reference server answers.
	Reference bool
	// Error: a refusal of the form of AIP-193.
	Error *StepError
	// Answer: these bytes.
	Answer *StepAnswer
	// Reset: the connection is reset when the request has been read.
	Reset bool
	// HangUp: the connection is closed in good order when the request has been
	// read, as by a server that ends.
	HangUp bool
	// Redirect: a redirect with this status to the same path at another host.
	Redirect int

	// Header is added to the answer.
	Header map[string]string
	// Delay is how long the answer is held back.
	Delay time.Duration
	// Truncate: the connection ends in the middle of the body.
	Truncate bool
	// Add are members that are added to the JSON object of the answer.
	Add map[string]any
	// WithoutID takes the new job's id out of the answer.
	WithoutID bool
}

// StepError is a refusal.
type StepError struct {
	// Code is the name of a google.rpc.Code.
	Code    string
	Message string
	// Reason is ErrorInfo.reason; empty for no details.
	Reason string
}

// StepAnswer is an answer as it is.
type StepAnswer struct {
	Status int
	Body   string
}

// most is the number of requests that a call may have.
func (s *Scenario) most() int {
	if s.AtMost > 0 {
		return s.AtMost
	}
	return len(s.Steps)
}

// demands reports whether the scenario is about a requirement.
func (s *Scenario) demands(id string) bool {
	return slices.Contains(s.Must, id) || slices.Contains(s.MustNot, id)
}

// step gives the answer to the request of this number, from 0.
func (s *Scenario) step(number int) Step { return s.Steps[min(number, len(s.Steps)-1)] }
