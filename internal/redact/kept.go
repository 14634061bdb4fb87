package redact

import (
	"strconv"
	"strings"
)

// What is kept of an exchange is named here; of everything else the name, the type
// and the size stay. A list of what is secret would never be whole: each gateway
// has headers of its own.

// setOf makes names comparable: they count in any case.
func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		set[strings.ToLower(name)] = true
	}
	return set
}

// keptHeaders are the fields of HTTP that describe a message, a connection or a
// server (RFC 9110, 9111, 9112, the Fetch standard), those that checks look at,
// and those in which Google's clients name themselves.
var keptHeaders = setOf(`Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Age Allow Cache-Control Connection
	Content-Encoding Content-Language Content-Length Content-Range Content-Type Date Expect Expires Host Keep-Alive Last-Modified
	Max-Forwards Pragma Proxy-Connection Proxy-Status Range Retry-After Server Te Trailer Transfer-Encoding Upgrade User-Agent Vary Via Warning
	Access-Control-Allow-Credentials Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Allow-Origin
	Access-Control-Expose-Headers Access-Control-Max-Age Access-Control-Request-Headers Access-Control-Request-Method Alt-Svc
	Deprecation Referrer-Policy Strict-Transport-Security Sunset X-Content-Type-Options X-Frame-Options X-Powered-By X-Xss-Protection
	X-Http-Method X-Http-Method-Override X-Method-Override X-Goog-Api-Client X-Goog-Api-Version X-Goog-Request-Params X-Goog-User-Project
	X-Squid-Error`)

// keptMembers are the members of bodies that say what went wrong: those of
// google.rpc.Status and its details (https://google.aip.dev/193 and
// google/rpc/error_details.proto), of OAuth's errors (RFC 6749, 5.2), of problem
// details (RFC 9457), and of the error bodies of common frameworks. Those of a
// description's own schemas come with the redactor.
var keptMembers = setOf(`error code status message details @type errors reason domain location locationType
	metadata service serviceTitle method consumer activationUrl containerInfo permission resource project_id job_id previous_job_ids
	timestamp_after_24hrs quota_limit quota_limit_value quota_metric quota_location quota_unit quotaMetric quotaId quotaValue quotaDimensions
	fieldViolations field description localizedMessage violations subject type links url locale retryDelay detail resourceType resourceName
	error_description error_uri scope token_type expires_in grant_type title instance statusCode status_code errorCode error_code msg loc
	timestamp path`)

// keptElements are those of HTML that hold text for a person.
var keptElements = setOf(`html head title body header main section article footer h1 h2 h3 h4 h5 h6 p div span center ul ol li dl dt dd
	table tbody tr td th b i em strong small ins code pre blockquote font br hr a`)

// keptParameters are Google's system parameters
// (https://cloud.google.com/apis/docs/system-parameters) that are no credentials,
// the project that a link to the console names, and what an OAuth or a signed URL says beside its secrets.
var keptParameters = setOf(`project alt $alt fields $fields prettyPrint $prettyPrint pp $.xgafv callback $callback quotaUser $quotaUser uploadType
	upload_protocol pageSize page_size grant_type response_type token_type scope error error_description client_assertion_type
	subject_token_type actor_token_type requested_token_type X-Goog-Algorithm X-Goog-Date X-Goog-Expires X-Goog-SignedHeaders`)

// keptAttributes are those of cookies (RFC 6265).
var keptAttributes = setOf(`path domain expires max-age secure httponly samesite partitioned priority`)

// keptChallenges are the parameters of a challenge that is no secret (RFC 6750,
// section 3; RFC 9728; RFC 7616).
var keptChallenges = setOf(`realm error error_description error_uri scope charset resource_metadata algorithm qop stale max_age`)

// ownPrefix begins the names that checks make up.
const ownPrefix = "dpconform"

// keeps reports whether a member of a body or a parameter keeps its value.
func (r *Redactor) keeps(set map[string]bool, name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, ownPrefix) && !strings.HasPrefix(name, Mark) || set[name] {
		return true
	}
	// Whoever has one of the URLs in the state of a job downloads the data of a
	// person, whatever its schema says of it.
	return r.members[name] && name != "urls" && !isSecretName(name)
}

var (
	mark = lazy(`^` + Mark + `(?: \((?:[a-z]+, )?[0-9]+ bytes?(?:, with [^()\s]+)?\))?$`)
	// random is a piece of a name that a program made up.
	random = lazy(`[A-Za-z][0-9]|[0-9][A-Za-z]`)
)

// WithoutNotes leaves of each value that is not kept only that it is not.
func WithoutNotes(text string) string {
	if !strings.Contains(text, Mark+" (") {
		return text
	}
	return markNote().ReplaceAllString(text, Mark)
}

var markNote = lazy(Mark + ` \([^()]*\)`)

// hidden stands for a value that is not kept: its type, its size, and the first of
// the known tokens in it, so that a recording still shows that a server repeats
// them.
func (r *Redactor) hidden(kind, value string) string {
	if value == "" || strings.HasPrefix(value, Mark) && mark().MatchString(value) {
		return value
	}
	note := strconv.Itoa(len(value)) + " bytes"
	if len(value) == 1 {
		note = "1 byte"
	}
	if kind != "" {
		note = kind + ", " + note
	}
	if tokens := r.tokensIn(value); len(tokens) > 0 {
		note += ", with " + tokens[0].with
	}
	return Mark + " (" + note + ")"
}

// briefly is hidden for where a note has no place: URLs, forms and cookies.
func (r *Redactor) briefly(value string) string {
	if tokens := r.tokensIn(value); len(tokens) > 0 {
		return tokens[0].with
	}
	if value == "" || strings.HasPrefix(value, Mark+":") {
		return value
	}
	return Mark
}

// Name takes secrets out of the name of a header, cookie, member or parameter. It
// may itself be a token, known or not.
func (r *Redactor) Name(name string) string {
	after := r.Text(name)
	// One or two numbers are in many names, such as X-Content-Sha256.
	const several = 4
	if after == name && len(name) >= shortestParameterSecret && !strings.HasPrefix(name, ownPrefix) && len(random().FindAllString(name, several)) == several {
		return Mark
	}
	return after
}
