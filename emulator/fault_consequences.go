package emulator

import "slices"

// The requirements that go together: where a fault touches what they have in
// common, they fail beside the one that it breaks.

// grantedRetry lists what needs a failed job to be retried and the answer to
// come whole with the documented status.
var grantedRetry = []string{
	"retry.path.method-and-verb", "retry.body.empty", "retry.body.empty-message", "retry.body.media-type-parameter",
	"retry.semantics.failed-is-retried", "retry.semantics.each-failed-job", "retry.semantics.concurrent-jobs",
}

// unansweredRetry lists what needs any answer to a retry that was granted.
var unansweredRetry = slices.Concat(grantedRetry, []string{"retry.semantics.concurrent-ids"})

// wrongScopes lists what is refused as 403 PERMISSION_DENIED.
var wrongScopes = []string{
	"retry.authorization.unrelated-scope", "retry.authorization.sibling-scope", "retry.authorization.scope-prefix",
	"retry.authorization.scope-suffix", "retry.authorization.scope-case",
}

// refusalCodes lists what is refused with one code and no other.
var refusalCodes = slices.Concat(wrongScopes, []string{
	"retry.authorization.no-token", "retry.authorization.unknown-token", "retry.body.unknown-field",
	"retry.semantics.refusal-status", "retry.semantics.unknown-job",
})

// unknownIDs lists what asks for an id that no job has.
var unknownIDs = []string{
	"retry.path.case", "retry.path.transcoding", "retry.path.colon-in-id", "retry.path.encoded-slash",
	"retry.path.decoded-once", "retry.semantics.unknown-job",
}

// pastAuthorization lists what takes the refusal of a job for a sign that the
// caller was let pass.
var pastAuthorization = []string{"retry.authorization.scope", "retry.authorization.scope-among-others"}

// refusedJobs lists what needs an answer to the retry of a job that did not
// fail.
var refusedJobs = slices.Concat(pastAuthorization, []string{
	"retry.semantics.refusal-status", "retry.path.encoded-unreserved", "retry.path.system-parameters",
})

// spoiledJob lists what fails where the first of the failed jobs is no longer
// in the state that it was given as.
var spoiledJob = slices.Concat(grantedRetry, []string{"retry.semantics.given-state"})

// startedBody is what every body breaks that starts a job.
var startedBody = []string{"retry.body.not-empty"}

// startedCaller is what every caller breaks who may not start a job and does.
var startedCaller = []string{"retry.authorization.required"}

// unreadableID is what an answer breaks whose id cannot be read.
var unreadableID = []string{"retry.response.id-present"}

// withoutInfo is what details break that are no details.
var withoutInfo = []string{"retry.errors.error-info"}
