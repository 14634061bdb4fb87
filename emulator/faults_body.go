package emulator

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

func bodyFaults() []faultGroup {
	return []faultGroup{{always, []Fault{
		{"empty-body-refused", "body.empty", "A request without a body is refused as malformed.",
			asking(func(c *call) *refusal {
				if len(c.body) > 0 {
					return nil
				}
				return c.refuse(bodyMalformed, "Unexpected end of string.")
			})},
		{"empty-body-needs-length", "body.empty", "A request without a body gets 411.",
			asking(func(c *call) *refusal {
				if len(c.body) > 0 {
					return nil
				}
				refusal := c.refuse(bodyMalformed, "A length is required.")
				refusal.status = http.StatusLengthRequired
				return refusal
			})},
		{"empty-object-refused", "body.empty-message", "An empty JSON object is refused: only no body at all is taken for empty.",
			asking(func(c *call) *refusal {
				if len(c.body) == 0 {
					return nil
				}
				return c.refuse(bodyNoMessage, "")
			})},
		{"newline-behind-object-refused", "body.empty-message", "An empty JSON object is refused with white space around it.",
			asking(func(c *call) *refusal {
				if len(bytes.TrimSpace(c.body)) == len(c.body) {
					return nil
				}
				return c.refuse(bodyMalformed, "Unexpected token.")
			})},
		{"charset-refused", "body.media-type-parameter", "The media type is refused where it has a parameter.",
			asking(func(c *call) *refusal {
				if named := c.request.Header.Get("Content-Type"); strings.Contains(named, ";") {
					return c.refuse(mediaTypeUnsupported, named)
				}
				return nil
			})},
		{"body-ignored", "body.not-empty", "The body is not looked at.", overlookingAll(bodyRefusals...)},
		{"unknown-field-ignored", "body.unknown-field", "A field that the message does not have is overlooked.", overlookingAll(fieldUnknown)},
		{"unknown-field-is-precondition", "body.unknown-field", "An unknown field is refused with a code that fits the status and not the case.",
			refusingWith(fieldUnknown, codeFailedPrecondition)},
		{"unknown-field-unprocessable", "body.unknown-field", "An unknown field is refused with 422.",
			refusingAs(fieldUnknown, http.StatusUnprocessableEntity, codeInvalidArgument)},
		{"malformed-body-ignored", "body.malformed", "A body that is no JSON is taken for an empty one.", overlookingAll(bodyMalformed)},
		{"open-object-taken", "body.malformed", "An object that is not closed is taken for an empty one.",
			overlooking(func(c *call, r *refusal) bool {
				return r.kind == bodyMalformed && bytes.HasPrefix(c.body, []byte("{"))
			})},
		{"array-ignored", "body.array", "An array is taken for an empty body.", overlookingBodies("[")},
		{"array-unwrapped", "body.array", "An array with one empty message in it is taken for the message.",
			overlooking(func(c *call, r *refusal) bool {
				return r.kind == bodyNoMessage && string(bytes.TrimSpace(c.body)) == "[{}]"
			})},
		{"string-ignored", "body.scalar", "A JSON string is taken for an empty body.", overlookingBodies(`"`)},
		{"number-ignored", "body.scalar", "A JSON number is taken for an empty body.", overlookingBodies("1")},
		{"oversize-body-dropped", "body.oversize", "A body over the limit is dropped unread, and the call goes on without it.", overlookingAll(bodyTooLarge)},
		{"media-type-ignored", "body.media-type", "The media type is not looked at.", overlookingAll(mediaTypeUnsupported)},
		{"xml-ignored", "body.media-type", "A body in XML is taken for an empty one.", overlookingBodies("<")},
	}}, {hasStates, []Fault{
		{"refused-body-changes-job", "body.not-empty", "A call with an unknown field is refused, and the job changes all the same.",
			changingRefused(refusalsFor(fieldUnknown))},
	}}}
}

// overlooking lets a refusal pass.
func overlooking(which func(*call, *refusal) bool) change {
	return func(b *behaviour) {
		before := b.overlooks
		b.overlooks = func(c *call, r *refusal) bool { return before(c, r) || which(c, r) }
	}
}

// overlookingAll lets every refusal pass that has one of the reasons.
func overlookingAll(reasons ...refusalKind) change {
	return overlooking(func(_ *call, r *refusal) bool { return slices.Contains(reasons, r.kind) })
}

// overlookingBodies lets a refusal of a body pass that begins with a text.
func overlookingBodies(beginning string) change {
	return overlooking(func(c *call, r *refusal) bool {
		return slices.Contains(bodyRefusals, r.kind) && strings.HasPrefix(string(c.body), beginning)
	})
}
