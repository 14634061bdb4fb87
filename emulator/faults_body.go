package emulator

import (
	"bytes"
	"cmp"
	"fmt"
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
		{"comment-taken", "body.malformed", "A comment in an object is overlooked.",
			overlooking(func(c *call, r *refusal) bool {
				return r.kind == bodyMalformed && bytes.HasPrefix(c.body, []byte("{/*"))
			})},
		{"semicolon-ignored", "body.malformed", "A semicolon behind the message is dropped.", overlookingEnds(bodyMalformed, ";")},
		{"second-message-ignored", "body.malformed", "The body is read up to the end of the first message.", overlookingEnds(bodyMalformed, "{}{}")},
		{"null-octet-ends-body", "body.malformed", "The octet 0 ends the body.", overlookingEnds(bodyMalformed, "\x00")},
		{"null-fields-ignored", "body.unknown-field", "A field with null is taken for none.", overlookingEnds(fieldUnknown, ":null}")},
		{"empty-fields-ignored", "body.unknown-field", "A field with an empty string is taken for none.", overlookingEnds(fieldUnknown, `:""}`)},
		{"nameless-field-ignored", "body.unknown-field", "A field without a name is overlooked.", overlookingField(func(*call) string { return "" })},
		{"type-field-ignored", "body.unknown-field", "A type in the message is overlooked.", overlookingField(func(*call) string { return "@type" })},
		{"path-field-ignored", "body.path-field", "The field that the path binds is overlooked in the body.",
			overlookingField(func(c *call) string { return cmp.Or(c.operation.BoundField.Name, c.operation.Path.Parameter) })},
		{"array-ignored", "body.array", "An array is taken for an empty body.", overlookingBodies("[")},
		{"array-unwrapped", "body.array", "An array with one empty message in it is taken for the message.",
			overlooking(func(c *call, r *refusal) bool {
				return r.kind == bodyNoMessage && string(bytes.TrimSpace(c.body)) == "[{}]"
			})},
		{"string-ignored", "body.scalar", "A JSON string is taken for an empty body.", overlookingBodies(`"`)},
		{"number-ignored", "body.scalar", "A JSON number is taken for an empty body.", overlookingBodies("1")},
		{"false-ignored", "body.scalar", "The value false is taken for an empty body.", overlookingBodies("false")},
		{"oversize-body-fails", "body.oversize", "A body over the limit makes the server fail.",
			refusingAs(bodyTooLarge, http.StatusInternalServerError, codeInternal)},
		{"surrogate-crashes", "body.surrogate", "Half a surrogate pair makes the server fail.",
			failingOver(func(c *call) bool { return bytes.Contains(c.body, []byte(`\ud800`)) })},
		{"nested-arrays-crash", "body.nesting", "A thousand arrays in one another make the server fail.",
			failingOver(func(c *call) bool { return bytes.HasPrefix(c.body, bytes.Repeat([]byte("["), 1000)) })},
		{"nested-objects-crash", "body.nesting", "A thousand objects in one another make the server fail.",
			failingOver(func(c *call) bool { return bytes.Count(c.body, []byte("{")) > 1000 })},
		{"compressed-body-crashes", "body.gzip", "A compressed body makes the server fail.",
			failingOver(func(c *call) bool { return c.request.Header.Get("Content-Encoding") != "" })},
		{"charset-crashes", "body.charset", "The name of an encoding that the server does not have makes it fail.",
			failingOver(func(c *call) bool { return strings.HasSuffix(c.request.Header.Get("Content-Type"), "utf-16") })},
		{"white-space-crashes", "body.white-space", "A body of nothing but white space makes the server fail.",
			failingOver(func(c *call) bool { return len(c.body) > 0 && len(bytes.TrimSpace(c.body)) == 0 })},
		{"empty-chunks-refused", "body.empty-chunked", "A chunked body without content is refused as malformed.",
			asking(func(c *call) *refusal {
				if len(c.body) > 0 || c.request.ContentLength >= 0 {
					return nil
				}
				return c.refuse(bodyMalformed, "Unexpected end of string.")
			})},
		{"untyped-body-ignored", "body.not-empty", "A body without a media type is not looked at.", overlookingType("")},
		{"text-body-ignored", "body.not-empty", "A body that is text/plain is not looked at.", overlookingType("text/plain")},
		{"binary-body-ignored", "body.not-empty", "A body that is application/octet-stream is not looked at.", overlookingType("application/octet-stream")},
		{"media-type-ignored", "body.media-type-text", "The media type is not looked at.", overlookingAll(mediaTypeUnsupported)},
		{"form-ignored", "body.media-type", "A form is taken for an empty body.", overlookingType("application/x-www-form-urlencoded")},
		{"multipart-ignored", "body.media-type", "A form in parts is taken for an empty body.", overlookingBodies("--")},
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

// overlookingType lets every refusal of a body pass that has a media type, or none.
func overlookingType(mediaType string) change {
	return overlooking(func(c *call, r *refusal) bool {
		return slices.Contains(bodyRefusals, r.kind) && c.request.Header.Get("Content-Type") == mediaType
	})
}

// overlookingEnds lets a refusal of a body pass that ends with a text.
func overlookingEnds(kind refusalKind, end string) change {
	return overlooking(func(c *call, r *refusal) bool { return r.kind == kind && bytes.HasSuffix(c.body, []byte(end)) })
}

// overlookingField lets the refusal of a body pass that has an unknown field with a
// name.
func overlookingField(name func(*call) string) change {
	return overlooking(func(c *call, r *refusal) bool {
		return r.kind == fieldUnknown && bytes.Contains(c.body, fmt.Appendf(nil, "%q:", name(c)))
	})
}

// failingOver lets the server fail over some bodies, once it has read them.
func failingOver(which func(*call) bool) change {
	return func(b *behaviour) {
		b.refusals[internalError.kind] = internalError
		// The first stage that sees the body is the one that checks its media type.
		b.stages = slices.Insert(b.stages, len(b.stages)-3, func(c *call) *refusal {
			if which(c) {
				return c.refuse(internalError.kind, "")
			}
			return nil
		})
	}
}

// overlookingBodies lets a refusal of a body pass that begins with a text.
func overlookingBodies(beginning string) change {
	return overlooking(func(c *call, r *refusal) bool {
		return slices.Contains(bodyRefusals, r.kind) && strings.HasPrefix(string(c.body), beginning)
	})
}
