package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/spec"
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
type Scenario struct {
	// Name chooses it: lower case letters, digits and hyphens.
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
	// About says why, for a person.
	About string `yaml:"about"`
	// Job is the state of the job that is retried; empty means one that may be
	// retried. JobEnd is put behind the id.
	Job    string `yaml:"job"`
	JobEnd string `yaml:"job-end"`
	// Secure says that the scenario is served by TLS, with HTTP/2.
	Secure bool `yaml:"secure"`
	// Steps are what the requests of a call are answered, one after the other; the
	// last goes on.
	Steps []Step `yaml:"steps"`
	// Consume is ConsumeAll unless it is said.
	Consume Consumption `yaml:"consume"`
	// AtMost is the number of requests that a call may have; 0 means as many as
	// there are steps.
	AtMost int `yaml:"at-most"`
	// Wait is how long a client waits at least after UNAVAILABLE; 0 means
	// DefaultWait.
	Wait time.Duration `yaml:"wait"`
	// Must and MustNot list the requirements that the scenario is about: to break
	// one fails it, whatever its level.
	Must    []string `yaml:"must"`
	MustNot []string `yaml:"must-not"`

	// File is where the scenario was read from.
	File string `yaml:"-"`
}

// DefaultWait is how long a client waits at least after UNAVAILABLE. No source
// says how long; a client without any wait is far below.
const DefaultWait = 50 * time.Millisecond

// Step is the answer to one request. It has exactly one of Reference, Error,
// Answer, Reset, HangUp and Redirect.
type Step struct {
	// Reference: the reference server answers.
	Reference bool `yaml:"reference"`
	// Error: a refusal of the form of AIP-193.
	Error *StepError `yaml:"error"`
	// Answer: these bytes.
	Answer *StepAnswer `yaml:"answer"`
	// Reset: the connection is reset when the request has been read.
	Reset bool `yaml:"reset"`
	// HangUp: the connection is closed in good order when the request has been
	// read, as by a server that ends.
	HangUp bool `yaml:"hang-up"`
	// Redirect: a redirect with this status to the same path at another host.
	Redirect int `yaml:"redirect"`

	// Header is added to the answer.
	Header map[string]string `yaml:"header"`
	// Delay is how long the answer is held back.
	Delay time.Duration `yaml:"delay"`
	// Truncate: the connection ends in the middle of the body.
	Truncate bool `yaml:"truncate"`
	// Add are members that are added to the JSON object of the answer.
	Add map[string]any `yaml:"add"`
	// WithoutID takes the new job's id out of the answer.
	WithoutID bool `yaml:"without-id"`
}

// StepError is a refusal.
type StepError struct {
	// Code is the name of a google.rpc.Code.
	Code    string `yaml:"code"`
	Message string `yaml:"message"`
	// Reason is ErrorInfo.reason; empty for no details.
	Reason string `yaml:"reason"`
}

// StepAnswer is an answer as it is.
type StepAnswer struct {
	Status int    `yaml:"status"`
	Body   string `yaml:"body"`
}

// most is the number of requests that a call may have.
func (s *Scenario) most() int {
	if s.AtMost > 0 {
		return s.AtMost
	}
	return len(s.Steps)
}

func (s *Scenario) wait() time.Duration {
	if s.Wait > 0 {
		return s.Wait
	}
	return DefaultWait
}

// demands reports whether the scenario is about a requirement.
func (s *Scenario) demands(id string) bool {
	return slices.Contains(s.Must, id) || slices.Contains(s.MustNot, id)
}

// step gives the answer to the request of this number, from 0.
func (s *Scenario) step(number int) Step { return s.Steps[min(number, len(s.Steps)-1)] }

// check says what is wrong with a scenario, or nil.
func (s *Scenario) check(contract *spec.Contract) error {
	switch {
	case !isName(s.Name):
		return fmt.Errorf("name: %q is none, it must be of lower case letters, digits and hyphens", s.Name)
	case s.Title == "":
		return fmt.Errorf("the scenario has no title")
	case len(s.Steps) == 0:
		return fmt.Errorf("the scenario has no steps")
	case s.Job != "" && !slices.Contains(contract.States, s.Job):
		return fmt.Errorf("job: %q is none of the states %s", s.Job, strings.Join(contract.States, ", "))
	case strings.Contains(s.JobEnd, "/"):
		return fmt.Errorf("job-end: an id has no slash")
	case s.Consume != ConsumeAll && s.Consume != ConsumeOrTell:
		return fmt.Errorf("consume: %q is neither %s nor %s", s.Consume, ConsumeAll, ConsumeOrTell)
	case s.AtMost < 0 || s.Wait < 0:
		return fmt.Errorf("at-most and wait cannot be below 0")
	case s.AtMost > 0 && s.AtMost < len(s.Steps):
		return fmt.Errorf("at-most: %d requests cannot use up %d steps", s.AtMost, len(s.Steps))
	}
	for _, id := range slices.Concat(s.Must, s.MustNot) {
		if _, found := contract.ClientRequirement(id); !found && len(contract.ClientRequirements) > 0 {
			return fmt.Errorf("the description has no requirement %s for clients", id)
		}
	}
	for i, step := range s.Steps {
		if err := step.check(contract); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func isName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && name[0] != '-' && name[len(name)-1] != '-'
}

// check says what is wrong with a step, or nil.
func (s Step) check(contract *spec.Contract) error {
	kinds := 0
	for _, given := range []bool{s.Reference, s.Error != nil, s.Answer != nil, s.Reset, s.HangUp, s.Redirect != 0} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf("it must have one of reference, error, answer, reset, hang-up and redirect")
	case s.Error != nil && contract.CodeStatus[s.Error.Code] == 0:
		return fmt.Errorf("error: %q is no google.rpc.Code of the description", s.Error.Code)
	case s.Error != nil && s.Error.Message == "":
		return fmt.Errorf("error: it has no message")
	case s.Answer != nil && (s.Answer.Status < 200 || s.Answer.Status > 599):
		return fmt.Errorf("answer: %d is no HTTP status of an answer", s.Answer.Status)
	case s.Redirect != 0 && !isRedirect(s.Redirect):
		return fmt.Errorf("redirect: %d is no HTTP status of a redirect", s.Redirect)
	case s.Delay < 0:
		return fmt.Errorf("delay: it cannot be below 0")
	case (s.Reset || s.HangUp) && (s.Truncate || len(s.Header) > 0 || s.Add != nil || s.WithoutID):
		return fmt.Errorf("reset, hang-up: there is no answer that anything could be done to")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Header)) {
		if name == "" || strings.ContainsAny(name, " :\r\n") || strings.ContainsAny(s.Header[name], "\r\n") {
			return fmt.Errorf("header: %q is none", name)
		}
	}
	return nil
}
