package suites

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// condition is something that a description must have for a check to mean
// anything.
type condition struct {
	// missing says why a check does not apply where the condition is not met.
	missing string
	met     func(*spec.Method) bool
}

// The conditions.
var (
	needSecurity       = condition{"no security", func(m *spec.Method) bool { return len(m.Scopes) > 0 }}
	needUnrelatedScope = condition{"no x-unrelated-scope", func(m *spec.Method) bool { return m.UnrelatedScope != "" }}
	needStates         = condition{"no states", hasStates}
	needRefusedStates  = condition{"no state in which a job is refused", func(m *spec.Method) bool { return len(m.RefusedStates()) > 0 }}
	needStateMethod    = condition{"no method that reads a job's state", hasStateMethod}
	// needNewID is false too where a call changes its job instead of starting one.
	needNewID           = condition{"no id of a new job in the response", hasNewID}
	needChanges         = condition{`x-effect is not "changes"`, func(m *spec.Method) bool { return m.Effect == spec.Changes }}
	needResultingStates = condition{"no x-resulting-states", func(m *spec.Method) bool { return len(m.ResultingStates) > 0 }}
	needResponseMembers = condition{"the response is an empty message", func(m *spec.Method) bool { return len(m.Operation.Response.Members()) > 0 }}
	needEmptyRequest    = condition{"the request message has fields", func(m *spec.Method) bool { return !requestHasFields(m) }}
	// needNotFound: without it, any id may be one that the server knows.
	needNotFound  = condition{"no 404 response", func(m *spec.Method) bool { return slices.Contains(m.Operation.Statuses, 404) }}
	needIDPattern = condition{"no pattern of the id in the path", func(m *spec.Method) bool { return m.IDPattern != nil }}
	// needVerb: without it, the path is that of the job, where other HTTP methods are
	// methods of their own, such as one that deletes it.
	needVerb = condition{"no verb in the path", func(m *spec.Method) bool { return m.Operation.Path.Verb() != "" }}
	// needCollectionLetters: without them there is no other case.
	needCollectionLetters = condition{"no letter in the collection", func(m *spec.Method) bool {
		collection := m.Operation.Path.Collection()
		return otherCase(collection) != collection
	}}
	needSystemParameters = condition{"no x-system-parameters", func(m *spec.Method) bool { return len(m.SystemParameters) > 0 }}
)

// needs lists what a requirement, or every one of an aspect, needs of a
// description so that a check can test it.
var needs = map[string][]condition{
	"authorization":                    {needSecurity},
	"authorization.scope-among-others": {needUnrelatedScope},
	"authorization.unrelated-scope":    {needUnrelatedScope},
	"errors.no-token-echo":             {needSecurity},

	"path.verb":              {needVerb},
	"path.id-required":       {needVerb},
	"path.encoded-colon":     {needVerb},
	"path.slash-verb":        {needVerb},
	"path.http-method":       {needVerb},
	"path.one-segment":       {needIDPattern},
	"path.empty-id":          {needIDPattern},
	"path.transcoding":       {needNotFound},
	"path.colon-in-id":       {needNotFound},
	"path.encoded-slash":     {needNotFound},
	"path.decoded-once":      {needNotFound},
	"path.system-parameters": {needSystemParameters},

	"body.empty":         {needEmptyRequest},
	"body.empty-message": {needEmptyRequest},

	"response.unique-names":          {needResponseMembers},
	"response.id-present":            {needNewID},
	"response.id-bare":               {needNewID, needIDPattern},
	"response.id-new":                {needNewID},
	"response.new-job-readable":      {needNewID, needStateMethod},
	"response.new-job-state":         {needNewID, needStateMethod},
	"response.new-job-initial-state": {needNewID, needStateMethod},

	"semantics.accepted-state":        {needStates},
	"semantics.refused-state":         {needStates, needRefusedStates},
	"semantics.refusal-status":        {needStates, needRefusedStates},
	"semantics.refusal-keeps-state":   {needStates, needRefusedStates, needStateMethod},
	"semantics.given-state":           {needStates, needStateMethod},
	"semantics.old-job-keeps-state":   {needNewID, needStateMethod},
	"semantics.changed-state":         {needChanges, needResultingStates, needStateMethod},
	"semantics.unknown-job":           {needNotFound},
	"semantics.unknown-job-no-effect": {needNotFound},
	"semantics.concurrent-ids":        {needNewID},
}

func hasStates(method *spec.Method) bool { return len(method.States) > 0 }

func hasStateMethod(method *spec.Method) bool { return method.ReadState.ID != "" }

func hasNewID(method *spec.Method) bool { return method.IDField != "" }

func requestHasFields(method *spec.Method) bool {
	return len(method.Operation.Request.Members()) > 0
}

// unmet is the first condition that a description does not meet; empty where it
// meets them all.
func unmet(method *spec.Method, conditions []condition) string {
	for _, one := range conditions {
		if !one.met(method) {
			return one.missing
		}
	}
	return ""
}

// unmetBy is unmet for what a requirement needs.
func unmetBy(method *spec.Method, id string) string {
	aspect, _, _ := strings.Cut(id, ".")
	return unmet(method, slices.Concat(needs[aspect], needs[id]))
}

// noRequirement is why a check does not apply whose conditions are met.
const noRequirement = "no requirement of the description"

// applies reports whether a check applies to a method, or says why not. It
// leaves the check the requirements that it can test.
func (c *Check) applies(method *spec.Method) (reason string, applies bool) {
	if reason = unmet(method, c.needs); reason != "" {
		return reason, false
	}
	var testable []string
	for _, id := range c.names {
		missing := unmetBy(method, id)
		if _, described := testedRequirement(method, id); missing == "" && described {
			testable = append(testable, id)
		}
		if reason == "" {
			reason = missing
		}
	}
	if len(testable) > 0 {
		c.Requirements = testable
		return "", true
	}
	if reason == "" {
		reason = noRequirement
	}
	return reason, false
}

// testedRequirement finds a requirement that is no draft.
func testedRequirement(method *spec.Method, id string) (spec.Requirement, bool) {
	requirement, found := method.Requirement(id)
	return requirement, found && !requirement.Draft
}

// NotApplicable says which checks do not apply to a method, and which of its
// requirements they leave without a check, grouped by what its description does
// not have.
func NotApplicable(method *spec.Method) []result.NotApplicable {
	var groups []result.NotApplicable
	group := func(reason string) *result.NotApplicable {
		at := slices.IndexFunc(groups, func(one result.NotApplicable) bool { return one.Reason == reason })
		if at < 0 {
			at = len(groups)
			groups = append(groups, result.NotApplicable{Reason: reason, Checks: []string{}})
		}
		return &groups[at]
	}
	tested, reasons := map[string]bool{}, map[string]string{}
	for _, check := range allChecks(method) {
		reason, applies := check.applies(method)
		if applies {
			for _, id := range check.Requirements {
				tested[id] = true
			}
			continue
		}
		into := group(reason)
		into.Checks = append(into.Checks, check.ID)
		for _, id := range check.names {
			reasons[id] = reason
		}
	}
	for _, requirement := range method.Requirements {
		reason := unmetBy(method, requirement.ID)
		if reason == "" {
			reason = reasons[requirement.ID]
		}
		if reason != "" && !requirement.Draft && !tested[requirement.ID] {
			into := group(reason)
			into.Requirements = append(into.Requirements, requirement.ID)
		}
	}
	return groups
}
