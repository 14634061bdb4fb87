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
		{"empty-body-refused", "body.empty", "The server refuses a request without a body as malformed.",
			refusingCalls(bodyMalformed, "Unexpected end of string.", func(c *call) bool { return len(c.body) == 0 })},
		{"empty-body-needs-length", "body.empty", "The server refuses a request without a body with 411.",
			asking(func(c *call) *refusal {
				if len(c.body) > 0 {
					return nil
				}
				refusal := c.refuse(bodyMalformed, "A length is required.")
				refusal.status = http.StatusLengthRequired
				return refusal
			})},
		{"empty-object-refused", "body.empty-message", "The server refuses an empty JSON object, and accepts only no body at all.",
			refusingCalls(bodyNoMessage, "", func(c *call) bool { return len(c.body) > 0 })},
		{"newline-after-object-refused", "body.empty-message", "The server refuses an empty JSON object that is surrounded by white space.",
			refusingCalls(bodyMalformed, "Unexpected token.", func(c *call) bool { return len(bytes.TrimSpace(c.body)) < len(c.body) })},
		{"charset-refused", "body.media-type-parameter", "The server refuses a media type with a parameter.",
			asking(func(c *call) *refusal {
				if named := c.request.Header.Get("Content-Type"); strings.Contains(named, ";") {
					return c.refuse(mediaTypeUnsupported, named)
				}
				return nil
			})},
		{"body-ignored", "body.not-empty", "The server ignores the body.", overlookingAll(bodyRefusals...)},
		{"unknown-field-ignored", "body.unknown-field", "The server ignores an unknown field in the body.", overlookingAll(fieldUnknown)},
		{"unknown-field-is-precondition", "body.unknown-field", "The server refuses an unknown field with the right HTTP status and the wrong error.status.",
			refusingWith(fieldUnknown, codeFailedPrecondition)},
		{"unknown-field-unprocessable", "body.unknown-field", "The server refuses an unknown field with 422.",
			refusingAs(fieldUnknown, http.StatusUnprocessableEntity, codeInvalidArgument)},
		{"malformed-body-ignored", "body.malformed", "The server treats a body that is not JSON as empty.", overlookingAll(bodyMalformed)},
		{"unclosed-object-accepted", "body.malformed", "The server treats an object without its closing brace as empty.",
			overlookingBodies("{", bodyMalformed)},
		{"comment-accepted", "body.malformed", "The server ignores a comment in an object.",
			overlookingBodies("{/*", bodyMalformed)},
		{"semicolon-ignored", "body.malformed", "The server drops a semicolon after the message.", overlookingEnds(bodyMalformed, ";")},
		{"second-message-ignored", "body.malformed", "The server reads the body only up to the end of the first message.", overlookingEnds(bodyMalformed, "{}{}")},
		{"null-octet-ends-body", "body.malformed", "The server ignores the body after a NUL byte.", overlookingEnds(bodyMalformed, "\x00")},
		{"null-fields-ignored", "body.unknown-field", "The server ignores an unknown field whose value is null.", overlookingEnds(fieldUnknown, ":null}")},
		{"empty-fields-ignored", "body.unknown-field", "The server ignores an unknown field whose value is an empty string.", overlookingEnds(fieldUnknown, `:""}`)},
		{"nameless-field-ignored", "body.unknown-field", "The server ignores a field without a name.", overlookingField(func(*call) string { return "" })},
		{"type-field-ignored", "body.unknown-field", "The server ignores the field @type in the message.", overlookingField(func(*call) string { return "@type" })},
		{"path-field-ignored", "body.path-field", "The server ignores the field of the path in the body.",
			overlookingField(func(c *call) string {
				name, _, _ := strings.Cut(cmp.Or(c.operation.BoundField, c.operation.Path.Parameter), "=")
				return name
			})},
		{"array-ignored", "body.array", "The server treats an array as an empty body.", overlookingBodies("[", bodyRefusals...)},
		{"array-unwrapped", "body.array", "The server accepts an array that contains one empty message.",
			overlooking(func(c *call, r *refusal) bool {
				return r.kind == bodyNoMessage && string(bytes.TrimSpace(c.body)) == "[{}]"
			})},
		{"string-ignored", "body.scalar", "The server treats a JSON string as an empty body.", overlookingBodies(`"`, bodyRefusals...)},
		{"number-ignored", "body.scalar", "The server treats a JSON number as an empty body.", overlookingBodies("1", bodyRefusals...)},
		{"false-ignored", "body.scalar", "The server treats the value false as an empty body.", overlookingBodies("false", bodyRefusals...)},
		{"oversize-body-fails", "body.oversize", "A body over the limit makes the server fail.",
			refusingAs(bodyTooLarge, http.StatusInternalServerError, codeInternal)},
		{"surrogate-crashes", "body.surrogate", "A lone surrogate makes the server fail.",
			failingOver(func(c *call) bool { return bytes.Contains(c.body, []byte(`\ud800`)) })},
		{"nested-arrays-crash", "body.nesting", "A thousand nested arrays make the server fail.",
			failingOver(func(c *call) bool { return bytes.HasPrefix(c.body, bytes.Repeat([]byte("["), 1000)) })},
		{"nested-objects-crash", "body.nesting", "A thousand nested objects make the server fail.",
			failingOver(func(c *call) bool { return bytes.Count(c.body, []byte("{")) > 1000 })},
		{"compressed-body-crashes", "body.gzip", "A compressed body makes the server fail.",
			failingOver(func(c *call) bool { return c.request.Header.Get("Content-Encoding") != "" })},
		{"charset-crashes", "body.charset", "A charset that the server does not support makes it fail.",
			failingOver(func(c *call) bool { return strings.HasSuffix(c.request.Header.Get("Content-Type"), "utf-16") })},
		{"white-space-crashes", "body.white-space", "A body with only white space makes the server fail.",
			failingOver(func(c *call) bool { return len(c.body) > 0 && len(bytes.TrimSpace(c.body)) == 0 })},
		{"empty-chunks-refused", "body.empty-chunked", "The server refuses an empty chunked body as malformed.",
			refusingCalls(bodyMalformed, "Unexpected end of string.", func(c *call) bool { return len(c.body) == 0 && c.request.ContentLength < 0 })},
		{"untyped-body-ignored", "body.not-empty", "The server ignores a body without a media type.", overlookingType("")},
		{"text-body-ignored", "body.not-empty", "The server ignores a body that is text/plain.", overlookingType("text/plain")},
		{"binary-body-ignored", "body.not-empty", "The server ignores a body that is application/octet-stream.", overlookingType("application/octet-stream")},
		{"media-type-ignored", "body.media-type-text", "The server ignores the media type.", overlookingAll(mediaTypeUnsupported)},
		{"form-ignored", "body.media-type", "The server treats a form as an empty body.", overlookingType("application/x-www-form-urlencoded")},
		{"multipart-ignored", "body.media-type", "The server treats a multipart form as an empty body.", overlookingBodies("--", bodyRefusals...)},
		{"xml-ignored", "body.media-type", "The server treats an XML body as empty.", overlookingBodies("<", bodyRefusals...)},
	}}, {hasStates, []Fault{
		{"refused-body-changes-job", "body.not-empty", "The server refuses a call with an unknown field, but changes the job anyway.",
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

// overlookingBodies lets a refusal of a body pass that begins with a text, for one of
// the reasons.
func overlookingBodies(beginning string, reasons ...refusalKind) change {
	return overlooking(func(c *call, r *refusal) bool {
		return slices.Contains(reasons, r.kind) && strings.HasPrefix(string(c.body), beginning)
	})
}
