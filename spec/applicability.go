package spec

import (
	"net/http"
	"slices"
	"strings"
)

// condition is something that a description must have for a requirement to mean
// anything.
type condition struct {
	// missing is the reason why a requirement does not apply without it.
	missing string
	met     func(*Method) bool
}

// The conditions.
var (
	security       = condition{"the method needs no token", func(m *Method) bool { return len(m.Scopes) > 0 }}
	unrelatedScope = condition{"no insufficient scope is described", func(m *Method) bool { return len(m.UnrelatedScopes) > 0 }}
	severalScopes  = condition{"only one scope is described", func(m *Method) bool { return len(m.Scopes) > 1 }}
	// states need a method that reads them.
	states        = condition{"no job states are described", func(m *Method) bool { return len(m.States) > 0 }}
	refusedStates = condition{"no state in which a job is refused is described", func(m *Method) bool { return len(m.RefusedStates()) > 0 }}
	stateMethod   = condition{"no method that reads a job's state is described", func(m *Method) bool { return m.ReadState.ID != "" }}
	// newID is unmet too where a call changes its job instead of starting one.
	newID           = condition{"the response has no id of a new job", func(m *Method) bool { return m.IDField != "" }}
	changes         = condition{"the description does not say that a call changes the state of its job", func(m *Method) bool { return m.Effect == Changes }}
	resultingStates = condition{"the states of a job after a call are not described", func(m *Method) bool { return len(m.ResultingStates) > 0 }}
	responseMembers = condition{"the response is an empty message", func(m *Method) bool { return len(m.Operation.Response.Members()) > 0 }}
	emptyRequest    = condition{"the request message has fields", func(m *Method) bool { return len(m.Operation.Request.Members()) == 0 }}
	// unknownIDs: without a 404, any id may be one that the server knows.
	unknownIDs = condition{"no 404 response is described", func(m *Method) bool { return slices.Contains(m.Operation.Statuses, http.StatusNotFound) }}
	idPattern  = condition{"the path has no pattern for the id", func(m *Method) bool { return m.IDPattern != nil }}
	// verb: without it, the path is that of the job, where other HTTP methods are
	// methods of their own, such as one that deletes it.
	verb    = condition{"the path has no verb", func(m *Method) bool { return m.Operation.Path.Verb() != "" }}
	version = condition{"the path has no version", func(m *Method) bool { return m.Operation.Path.Version() != "" }}
	// unacceptedIDs are of jobs that are not accepted or not known.
	unacceptedIDs    = condition{"neither a refused state nor a 404 response is described", func(m *Method) bool { return refusedStates.met(m) || unknownIDs.met(m) }}
	systemParameters = condition{"no system parameters are described", func(m *Method) bool { return len(m.SystemParameters) > 0 }}
	fieldsParameter  = condition{`no system parameter "fields" is described`, func(m *Method) bool {
		return slices.ContainsFunc(m.SystemParameters, func(p string) bool { return strings.HasPrefix(p, "fields=") })
	}}
	// fieldsInBody: what is not in the path of other methods is in the query
	// (google/api/http.proto).
	fieldsInBody = condition{"the fields are in the query", func(m *Method) bool { return !slices.Contains(withoutBody, m.Operation.Method) }}
	// notIdempotent: what other methods do twice, they do once (RFC 9110, 9.2.2).
	notIdempotent = condition{"the HTTP method is idempotent", func(m *Method) bool {
		return m.Operation.Method != http.MethodPut && !slices.Contains(withoutBody, m.Operation.Method)
	}}
	// noNewID: where the response has one, client.outcome.new-id says more.
	noNewID = condition{"the response has the id of a new job", func(m *Method) bool { return m.IDField == "" }}
)

// withoutBody are HTTP methods whose content has no meaning (RFC 9110, 9.3). All
// are idempotent.
var withoutBody = []string{http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions}

// needs lists what a requirement, or every one of an aspect, needs of a
// description.
var needs = map[string][]condition{
	"authorization":                    {security},
	"authorization.scope-among-others": {unrelatedScope},
	"authorization.unrelated-scope":    {unrelatedScope},
	"authorization.several-scopes":     {severalScopes},
	"errors.no-token-echo":             {security},

	"path.verb":               {verb},
	"path.id-required":        {verb},
	"path.encoded-colon":      {verb},
	"path.slash-verb":         {verb},
	"path.http-method":        {verb},
	"path.http-method-status": {verb},
	"path.version":            {version},
	"path.one-segment":        {idPattern},
	"path.empty-id":           {idPattern},
	"path.transcoding":        {unknownIDs},
	"path.strange-id":         {unknownIDs},
	"path.field-in-query":     {unacceptedIDs},
	"path.colon-in-id":        {unknownIDs},
	"path.encoded-slash":      {unknownIDs},
	"path.decoded-once":       {unknownIDs},
	"path.system-parameters":  {systemParameters},
	"path.fields":             {systemParameters, fieldsParameter, newID},

	"body.empty":         {emptyRequest},
	"body.empty-message": {emptyRequest},
	"body.not-empty":     {emptyRequest},
	"body.empty-chunked": {emptyRequest},

	"response.unique-names":          {responseMembers},
	"response.id-present":            {newID},
	"response.id-bare":               {newID, idPattern},
	"response.id-new":                {newID},
	"response.new-job-readable":      {newID, stateMethod},
	"response.new-job-state":         {newID, stateMethod},
	"response.new-job-initial-state": {newID, stateMethod},

	"semantics.accepted-state":        {states},
	"semantics.refused-state":         {states, refusedStates},
	"semantics.refusal-status":        {states, refusedStates},
	"semantics.refusal-keeps-state":   {states, refusedStates},
	"semantics.given-state":           {states},
	"semantics.old-job-keeps-state":   {newID, stateMethod},
	"semantics.second-call":           {newID, states},
	"semantics.changed-state":         {changes, resultingStates, states},
	"semantics.other-jobs-keep-state": {changes, states},
	"semantics.unknown-job":           {unknownIDs},
	"semantics.unknown-job-no-effect": {unknownIDs},
	"semantics.concurrent-ids":        {newID},

	"client.authorization":            {security},
	"client.path.verb":                {verb},
	"client.query.no-token":           {security},
	"client.query.parameters":         {fieldsInBody},
	"client.body.empty":               {emptyRequest},
	"client.repeat.permission-denied": {security},
	"client.repeat.unauthenticated":   {security},
	"client.repeat.unknown-effect":    {notIdempotent},
	"client.outcome.new-id":           {newID},
	"client.outcome.no-invented-id":   {newID},
	"client.outcome.success":          {noNewID},
}

// Unmet returns what a requirement needs and the description does not have, such as
// "no job states are described". It returns "" if the requirement applies.
func (m *Method) Unmet(requirement string) string {
	aspect := requirement[:max(0, strings.LastIndexByte(requirement, '.'))]
	for _, one := range slices.Concat(needs[aspect], needs[requirement]) {
		if !one.met(m) {
			return one.missing
		}
	}
	return ""
}
