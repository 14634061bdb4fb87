package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// refusalKind is a reason for which the method refuses a request.
type refusalKind int

// The reasons, in the order of the stages that find them.
const (
	credentialMissing refusalKind = iota + 1
	credentialUnknown
	credentialExpired
	scopeMissing
	parameterUnknown
	parameterMissing
	bodyTooLarge
	codingUnsupported
	mediaTypeUnsupported
	bodyMalformed
	fieldUnknown
	bodyNoMessage
	jobUnknown
	stateRefused
	// The following are a fault's own.
	serverFailed
	callsLimited
	callOverlapping
)

// bodyRefusals are the reasons that lie in the body.
var bodyRefusals = []refusalKind{
	bodyTooLarge, codingUnsupported, mediaTypeUnsupported, bodyMalformed, fieldUnknown, bodyNoMessage,
}

// The names of google.rpc.Code that the method refuses with. Which HTTP status
// each has is the description's to say.
const (
	codeInvalidArgument    = "INVALID_ARGUMENT"
	codeFailedPrecondition = "FAILED_PRECONDITION"
	codeNotFound           = "NOT_FOUND"
	codePermissionDenied   = "PERMISSION_DENIED"
	codeUnauthenticated    = "UNAUTHENTICATED"
)

// refusal is why and how a request is refused.
type refusal struct {
	kind refusalKind
	code string
	// status is the HTTP status where it is not the one of the code.
	status int
	// message may have a place for the detail of the request.
	message string
	// reason is ErrorInfo.reason: https://google.aip.dev/193#errorinfo
	reason string
	// violation says that the message stands in a BadRequest, too.
	violation bool
	// challenge is the WWW-Authenticate header; empty for none.
	challenge string
}

// detailPlace is where a message takes up what is particular to a request.
const detailPlace = "{detail}"

// bearerChallenge is how Google's front end asks for a token (RFC 6750, 3).
const bearerChallenge = `Bearer realm="https://accounts.google.com/"`

const expectedCredential = "Expected OAuth 2 access token, login cookie or other valid authentication credential. " +
	"See https://developers.google.com/identity/sign-in/web/devconsole-project."

// refusalTable has the response for each reason.
type refusalTable map[refusalKind]refusal

// conformingRefusals words the refusals as Google's front end does where public
// reports show it. AIP-193 wants one ErrorInfo in each; the reasons of those
// that Google sends without one are made up here.
func conformingRefusals(method *spec.Method) refusalTable {
	table := refusalTable{
		credentialMissing: {code: codeUnauthenticated, reason: "CREDENTIALS_MISSING", challenge: bearerChallenge,
			message: "Request is missing required authentication credential. " + expectedCredential},
		credentialUnknown: {code: codeUnauthenticated, reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED",
			challenge: bearerChallenge + `, error="invalid_token"`,
			message:   "Request had invalid authentication credentials. " + expectedCredential},
		credentialExpired: {code: codeUnauthenticated, reason: "ACCESS_TOKEN_EXPIRED",
			challenge: bearerChallenge + `, error="invalid_token"`,
			message:   "Request had invalid authentication credentials. " + expectedCredential},
		scopeMissing: {code: codePermissionDenied, reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
			challenge: bearerChallenge + `, error="insufficient_scope"` + scopeParameter(method),
			message:   "Request had insufficient authentication scopes."},
		parameterUnknown: {code: codeInvalidArgument, reason: "QUERY_PARAMETER_UNKNOWN", violation: true,
			message: `Invalid JSON payload received. Unknown name "{detail}": Cannot bind query parameter. Field '{detail}' could not be found in request message.`},
		parameterMissing: {code: codeInvalidArgument, reason: "QUERY_PARAMETER_MISSING", violation: true,
			message: "Required parameter: {detail}"},
		bodyTooLarge: {code: codeInvalidArgument, reason: "REQUEST_TOO_LARGE", status: http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("Request payload size exceeds the limit: %d bytes.", bodyLimit)},
		codingUnsupported: {code: codeInvalidArgument, reason: "CONTENT_ENCODING_UNSUPPORTED", status: http.StatusUnsupportedMediaType,
			message: `Unsupported content encoding "{detail}".`},
		mediaTypeUnsupported: {code: codeInvalidArgument, reason: "CONTENT_TYPE_UNSUPPORTED", status: http.StatusUnsupportedMediaType,
			message: `Unsupported content type "{detail}".`},
		bodyMalformed: {code: codeInvalidArgument, reason: "REQUEST_MALFORMED",
			message: "Invalid JSON payload received. {detail}"},
		fieldUnknown: {code: codeInvalidArgument, reason: "FIELD_UNKNOWN", violation: true,
			message: `Invalid JSON payload received. Unknown name "{detail}": Cannot find field.`},
		bodyNoMessage: {code: codeInvalidArgument, reason: "ROOT_NO_MESSAGE", violation: true,
			message: `Invalid JSON payload received. Unknown name "": Root element must be a message.`},
		jobUnknown: {code: codeNotFound, reason: "JOB_NOT_FOUND",
			message: "Requested entity was not found."},
		stateRefused: {code: codeFailedPrecondition, reason: "JOB_STATE_NOT_ACCEPTED",
			message: "Precondition check failed: the job is {detail}, and is only accepted if it is " +
				strings.Join(method.AcceptedStates, " or ") + "."},
	}
	for kind, entry := range table {
		entry.kind = kind
		table[kind] = entry
	}
	return table
}

// checkCodes returns an error where the description says of a code that is
// needed no HTTP status that a server can send.
func (t refusalTable) checkCodes(method *spec.Method) error {
	for _, kind := range slices.Sorted(maps.Keys(t)) {
		if status := method.CodeStatus[t[kind].code]; status < http.StatusBadRequest || status > 599 {
			return fmt.Errorf("the description gives no HTTP status of an error to the code %s", t[kind].code)
		}
	}
	return nil
}

// refuse makes a refusal; the detail is what is particular to the request.
func (c *call) refuse(kind refusalKind, detail string) *refusal {
	refusal := c.behaviour.refusals[kind]
	refusal.message = strings.ReplaceAll(refusal.message, detailPlace, strings.ToValidUTF8(detail, "?"))
	return &refusal
}

// The types of error details:
// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
const (
	typeField      = "@type"
	errorInfoType  = "type.googleapis.com/google.rpc.ErrorInfo"
	badRequestType = "type.googleapis.com/google.rpc.BadRequest"
)

// platformDomain is the ErrorInfo.domain of errors that the platform itself
// finds, before the service is asked.
const platformDomain = "googleapis.com"

// The members of an error object:
// https://google.aip.dev/193#http11json-representation
const (
	errorField   = "error"
	codeField    = "code"
	messageField = "message"
	statusField  = "status"
	detailsField = "details"
)

// refusalResponse has the error model of AIP-193.
func (c *call) refusalResponse(r *refusal) *response {
	status := r.status
	if status == 0 {
		status = c.method.CodeStatus[r.code]
	}
	failure := &object{
		{codeField, status}, {messageField, r.message}, {statusField, r.code}, {detailsField, c.details(r)},
	}
	response := newResponse(refused, status, c.operation.MediaType, &object{{errorField, failure}})
	response.reason, response.failure = r.kind, failure
	if r.challenge != "" {
		response.header.Set(challengeHeader, r.challenge)
	}
	return response
}

// details gives exactly one ErrorInfo, and a BadRequest before it where a part
// of the request is at fault.
func (c *call) details(r *refusal) []any {
	domain := platformDomain
	if r.kind == jobUnknown || r.kind == stateRefused {
		domain = c.service
	}
	details := []any{&object{
		{typeField, errorInfoType}, {"reason", r.reason}, {"domain", domain},
		{"metadata", &object{{"service", c.service}, {"method", c.operation.ID}}},
	}}
	if r.violation {
		violations := []any{&object{{"description", r.message}}}
		details = slices.Insert(details, 0, any(&object{{typeField, badRequestType}, {"fieldViolations", violations}}))
	}
	return details
}

// longestScopes bounds the scope parameter, which is optional (RFC 6750, 3):
// many clients and proxies take no longer header.
const longestScopes = 8 << 10

// scopeParameter lists the scopes that are enough, for a challenge.
func scopeParameter(method *spec.Method) string {
	names := make([]string, len(method.Scopes))
	for i, scope := range method.Scopes {
		names[i] = scope.Name
	}
	if all := strings.Join(names, " "); len(all) <= longestScopes {
		return fmt.Sprintf(", scope=%q", all)
	}
	return ""
}
