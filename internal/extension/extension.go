// Package extension has the names of the OpenAPI extensions that dpconform defines.
package extension

// The extensions of the operation under test.
const (
	Requirements       = "x-requirements"
	ClientRequirements = "x-client-requirements"
	Sets               = "x-requirement-sets"
	Effect             = "x-effect"
	ResultingStates    = "x-resulting-states"
	AcceptedStates     = "x-accepted-states"
	UnspecifiedState   = "x-unspecified-state"
	UnrelatedScopes    = "x-unrelated-scopes"
	SystemParameters   = "x-system-parameters"
	Codes              = "x-google-rpc-codes"
	Page               = "x-reference-page"
)

// Revision is the extension of info that names the revision of what was described,
// as opposed to the version of the description.
const Revision = "x-revision"

// Rule is Google's own form of a path, which says what field of the message the path
// binds.
const Rule = "x-google-http-rule"

// OfOperation lists the extensions of the operation under test.
var OfOperation = []string{Requirements, Sets, ClientRequirements, AcceptedStates, UnspecifiedState, ResultingStates, Effect,
	UnrelatedScopes, SystemParameters, Codes, Page}

// All lists every extension.
var All = append([]string{Revision, Rule}, OfOperation...)
