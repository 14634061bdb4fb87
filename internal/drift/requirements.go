package drift

import (
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// touched says which requirements are about a topic: when the fact changes, so
// does what they demand. A test holds the ids against the catalogue.
var touched = map[spec.Topic][]string{
	spec.MethodTopic: {"retry.path.method-and-verb", "retry.path.collection", "retry.path.verb", "retry.path.http-method",
		"retry.path.id-required"},
	spec.IDTopic: {"retry.path.one-segment", "retry.path.empty-id", "retry.path.transcoding", "retry.path.encoded-slash",
		"retry.path.colon-in-id"},
	spec.RequestTopic:    {"retry.body.empty", "retry.body.empty-message", "retry.body.not-empty", "retry.body.unknown-field"},
	spec.BodyTopic:       {"retry.body.empty", "retry.body.empty-message"},
	spec.ParametersTopic: {"retry.path.system-parameters", "retry.path.unknown-parameter"},
	spec.MediaTypesTopic: {"retry.body.media-type", "retry.body.media-type-parameter", "retry.response.media-type", "retry.errors.json"},
	spec.HeadersTopic:    {"retry.authorization.challenge", "retry.authorization.bearer-challenge"},
	spec.CodesTopic:      {"retry.errors.code", "retry.errors.status"},
	spec.RetryableStatesTopic: {"retry.semantics.failed-is-retried", "retry.semantics.only-failed", "retry.semantics.refusal-status",
		"retry.semantics.given-state"},
	spec.AnswerTopic: {"retry.response.schema", "retry.response.documented-fields", "retry.response.id-present"},
	spec.ErrorsTopic: {"retry.errors.json", "retry.errors.code", "retry.errors.status", "retry.errors.message"},
	spec.ScopesTopic: {"retry.authorization.scope", "retry.authorization.scope-among-others", "retry.authorization.required"},
	spec.StateMethodTopic: {"retry.response.new-job-readable", "retry.response.new-job-state",
		"retry.semantics.refusal-keeps-state", "retry.semantics.failed-job-keeps-state"},
	spec.StatesTopic: {"retry.semantics.only-failed", "retry.semantics.refusal-status", "retry.semantics.given-state",
		"retry.response.new-job-state"},
	spec.SystemParametersTopic: {"retry.path.system-parameters", "retry.path.unknown-parameter"},
}

// requirementsOf lists the requirements of a catalogue that a topic touches.
func requirementsOf(catalogue []spec.Requirement, topic spec.Topic) []string {
	ids := []string{}
	for _, requirement := range catalogue {
		if slices.Contains(touched[topic], requirement.ID) {
			ids = append(ids, requirement.ID)
		}
	}
	return ids
}

// quoting lists the requirements that rest on a sentence.
func quoting(catalogue []spec.Requirement, sentence string) []string {
	ids := []string{}
	for _, requirement := range catalogue {
		if strings.Contains(requirement.Quote, sentence) {
			ids = append(ids, requirement.ID)
		}
	}
	return ids
}
