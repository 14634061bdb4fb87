package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dpconform/dpconform/spec"
)

func pathFaults() []faultGroup {
	groups := []faultGroup{{always, []Fault{
		{"method-not-served", "path.template", "The server does not serve the path of the method.",
			readingPath(func(t spec.PathTemplate, path string) string {
				return strings.Replace(path, t.Suffix, t.Suffix+"NotServed", 1)
			})},
		{"success-redirected", "path.template", "The server redirects a successful call to the path with a trailing slash.",
			changing(successes, func(c *call, r *response) {
				r.status = http.StatusPermanentRedirect
				r.header.Set("Location", c.line.path+"/")
			})},
		{"second-segment-dropped", "path.one-segment", "If there are two segments in place of the id, the server uses the first.", cuttingID("/")},
		{"first-segment-dropped", "path.one-segment", "If there are two segments in place of the id, the server uses the last.", beginningBehind("/")},
		{"empty-id-accepted", "path.empty-id", "The server treats an empty id as that of the first accepted job.",
			rewriting(func(b *behaviour, line *requestLine) {
				if line.path == b.method.Operation.Path.Raw("") {
					line.path = b.method.Operation.Path.Expand(b.firstAccepted)
				}
			})},
		{"id-not-required", "path.id-required", "The server uses the first accepted job if the path has no id.",
			rewriting(func(b *behaviour, line *requestLine) {
				template := b.method.Operation.Path
				if line.path == strings.TrimSuffix(template.Prefix, "/")+template.Suffix {
					line.path = template.Expand(b.firstAccepted)
				}
			})},
		{"any-collection-accepted", "path.collection", "The server ignores the name of the collection.", readingCollection(func(_, _ string) bool { return true })},
		{"longer-collection-accepted", "path.collection", "The server accepts a collection whose name only starts with the right one.", readingCollection(strings.HasPrefix)},
		{"shorter-collection-accepted", "path.collection", "The server accepts a collection whose name is a prefix of the right one.",
			readingCollection(func(given, right string) bool { return given != "" && strings.HasPrefix(right, given) })},
		{"collection-suffix-accepted", "path.collection", "The server accepts a collection whose name only ends with the right one.", readingCollection(strings.HasSuffix)},
		{"empty-collection-accepted", "path.collection", "The server accepts an empty collection name.",
			readingCollection(func(given, _ string) bool { return given == "" })},
		{"collection-not-required", "path.collection", "The server accepts a path without the collection.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if rest, found := strings.CutPrefix(path, t.Base()); found && !strings.Contains(rest, "/") {
					return t.Prefix + rest
				}
				return path
			})},
		{"only-last-segment-read", "path.collection", "The server reads only the last segment of the path.",
			readingPath(func(t spec.PathTemplate, path string) string {
				return t.Prefix + path[strings.LastIndexByte(path, '/')+1:]
			})},
		{"only-collection-read", "path.collection", "The server ignores everything before the collection.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if at := strings.LastIndex(path, "/"+t.Collection()+"/"); at > 0 && path[:at+1] != t.Base() {
					return t.Base() + path[at+1:]
				}
				return path
			})},
		{"unrelated-collection-accepted", "path.collection", "The server also accepts the collection of another service.",
			readingCollection(func(given, _ string) bool { return given == "operations" })},
		{"prefix-dropped", "path.collection", "The server ignores everything before the version.",
			readingPath(func(t spec.PathTemplate, path string) string {
				// A second slash is no segment.
				if at := strings.LastIndex(path, t.Prefix); at > 1 {
					return path[at:]
				}
				return path
			})},
		{"parent-dropped", "path.collection", "The server ignores a parent collection and id before the collection.",
			readingPath(func(t spec.PathTemplate, path string) string {
				rest, found := strings.CutPrefix(path, t.Base())
				if parts := strings.SplitN(rest, "/", 3); found && len(parts) == 3 {
					return t.Base() + parts[2]
				}
				return path
			})},
		{"any-version-accepted", "path.version", "The server ignores the API version.", readingVersion(func(given, _ string) bool { return given != "" })},
		{"longer-version-accepted", "path.version", "The server accepts a version that only starts with the right one.", readingVersion(strings.HasPrefix)},
		{"alpha-version-accepted", "path.version", "The server also accepts the alpha version.",
			readingVersion(func(given, right string) bool { return given == right+"alpha" })},
		{"version-after-next-accepted", "path.version", "The server also accepts the version after the next one.",
			readingVersion(func(given, right string) bool {
				major := 0
				_, err := fmt.Sscanf(right, "v%d", &major)
				return err == nil && given == fmt.Sprintf("v%d", major+2)
			})},
		{"version-case-ignored", "path.case", "The server compares the version case-insensitively.", readingVersion(strings.EqualFold)},
		{"version-not-required", "path.version", "The server accepts a path without the version.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if strings.HasPrefix(path, "/"+t.Version()+"/") {
					return path
				}
				return "/" + t.Version() + path
			})},
		{"method-case-ignored", "path.method-case", "The server compares the HTTP method case-insensitively.",
			rewriting(func(b *behaviour, line *requestLine) {
				if strings.EqualFold(line.method, b.method.Operation.Method) {
					line.method = b.method.Operation.Method
				}
			})},
		{"verb-not-required", "path.verb", "The server accepts a path without the verb.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if id, found := strings.CutPrefix(path, t.Prefix); found && !strings.ContainsAny(id, ":/") {
					return t.Raw(id)
				}
				return path
			})},
		{"any-verb-accepted", "path.verb", "The server accepts any verb.", readingVerb(func(string, string) bool { return true })},
		{"longer-verb-accepted", "path.verb", "The server accepts a verb that only starts with the right one.", readingVerb(strings.HasPrefix)},
		{"verb-suffix-accepted", "path.verb", "The server accepts a verb that only ends with the right one.",
			readingVerb(func(given, right string) bool { return strings.HasSuffix(given, strings.TrimPrefix(right, ":")) })},
		{"other-verb-name-accepted", "path.verb", "The server also accepts another name for the verb.",
			readingVerb(func(given, _ string) bool { return given == ":abort" })},
		{"comma-after-verb-dropped", "path.verb", "The server drops a comma after the verb.", droppingEnd(",")},
		{"format-after-verb-dropped", "path.verb", "The server drops a format, such as .json, after the verb.", droppingEnd(".json")},
		{"other-method-is-bad-request", "path.http-method-status", "The server responds to another HTTP method with 400.", withStatus(otherMethodPages, http.StatusBadRequest)},
		{"collection-case-ignored", "path.case", "The server compares the collection case-insensitively.", readingCollection(strings.EqualFold)},
		{"id-cut-at-dot", "path.transcoding", "The server treats the text after a dot in the id as a format, and drops it.", cuttingID(".")},
		{"id-cut-at-tilde", "path.transcoding", "The server truncates the id at a tilde.", cuttingID("~")},
		{"id-cut-at-underscore", "path.transcoding", "The server truncates the id at an underscore.", cuttingID("_")},
		{"id-cut-at-semicolon", "path.transcoding", "The server treats the text after a semicolon in the id as a parameter, and drops it.", cuttingID(";")},
		{"id-cut-at-comma", "path.transcoding", "The server truncates the id at a comma.", cuttingID(",")},
		{"id-cut-at-sign", "path.transcoding", "The server truncates the id at an @.", cuttingID("@")},
		{"id-cut-at-hash", "path.transcoding", "The server truncates the id at an encoded #.", cuttingID("%23")},
		{"dot-at-end-dropped", "path.transcoding", "The server drops a dot at the end of the id.", trimmingID(".")},
		{"plus-at-end-dropped", "path.transcoding", "The server treats a + at the end of the id as a space, and drops it.", trimmingID("+")},
		{"zero-width-space-dropped", "path.transcoding", "The server drops a zero-width space at the end of the id.", trimmingID("%E2%80%8B")},
		{"star-accepted", "path.transcoding", "The server treats the id * as that of the first accepted job.", takingWildcard("*")},
		{"hyphen-accepted", "path.transcoding", "The server treats the id - as that of the first accepted job.", takingWildcard("-")},
		{"first-character-not-compared", "path.transcoding", "The server does not compare the first character of an id.",
			finding(func(asked, known string) bool { return len(asked) == len(known) && asked[1:] == known[1:] })},
		{"last-character-not-compared", "path.transcoding", "The server does not compare the last character of an id.",
			finding(func(asked, known string) bool {
				return len(asked) == len(known) && asked[:len(asked)-1] == known[:len(known)-1]
			})},
		{"null-octet-ends-id", "path.strange-id", "The server truncates the id at a NUL byte.", cuttingID("%00")},
		{"line-feed-dropped", "path.strange-id", "The server drops a line feed at the end of the id.", trimmingID("%0A")},
		{"control-character-crashes", "path.strange-id", "An id with a control character makes the server fail.",
			crashingOnID(func(id string) bool { return strings.ContainsFunc(id, unicode.IsControl) })},
		{"octet-crashes", "path.strange-id", "An id that is not UTF-8 makes the server fail.",
			crashingOnID(func(id string) bool { return !utf8.ValidString(id) })},
		{"long-id-crashes", "path.strange-id", "An id of more than 1000 characters makes the server fail.",
			crashingOnID(func(id string) bool { return len(id) > 1000 })},
		{"path-parameter-in-query", "path.field-in-query", "A query parameter with the name of the path parameter overrides it.",
			readingField(func(o spec.Operation) string { return o.Path.Parameter + "=*" })},
		{"id-trimmed", "path.transcoding", "The server drops an encoded space at the end of the id.", trimmingID("%20")},
		{"id-cut-at-question-mark", "path.transcoding", "The server truncates the id at an encoded question mark.", cuttingID("%3F")},
		{"tilde-crashes", "path.transcoding", "An id with a tilde makes the server fail.", crashingOn("~")},
		{"id-cut-at-colon", "path.colon-in-id", "The server truncates the id at its first colon.", cuttingID(":")},
		{"id-starts-after-colon", "path.colon-in-id", "The server drops the id up to its last colon.", beginningBehind(":")},
		{"escapes-not-decoded", "path.encoded-unreserved", "The server does not percent-decode the id.",
			readingID(func(id string) string { return strings.ReplaceAll(id, "%", "%25") })},
		{"uppercase-escapes-not-decoded", "path.encoded-unreserved", "The server does not decode percent escapes with upper-case digits.",
			keepingEscapes(strings.ToLower)},
		{"lowercase-escapes-not-decoded", "path.encoded-unreserved", "The server does not decode percent escapes with lower-case digits.",
			keepingEscapes(strings.ToUpper)},
		{"lowercase-encoded-slash-ends-id", "path.encoded-slash", "The server truncates the id at a %2f in lower case.", cuttingID("%2f")},
		{"encoded-slash-ends-id", "path.encoded-slash", "The server truncates the id at an encoded slash.", cuttingID("%2F")},
		{"encoded-slash-starts-id", "path.encoded-slash", "The server drops the id up to an encoded slash.", beginningBehind("%2F")},
		{"encoded-colon-starts-verb", "path.encoded-colon", "The server decodes the path before it looks for the verb.", takingForColon("%3A")},
		{"lowercase-encoded-colon-starts-verb", "path.encoded-colon", "The server treats a lower-case %3a as the colon before the verb.", takingForColon("%3a")},
		{"decoded-twice", "path.decoded-once", "The server decodes the id twice.", readingID(func(id string) string { return strings.ReplaceAll(id, "%25", "%") })},
		{"encoded-slash-separates", "path.encoded-separator", "The server decodes the path before it splits it into segments.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.ReplaceAll(path, "%2F", "/") })},
		{"unknown-parameter-ignored", "path.unknown-parameter", "The server ignores an unknown query parameter.", overlookingAll(parameterUnknown)},
		{"slash-for-colon-accepted", "path.slash-verb", "The server accepts a slash in place of the colon before the verb.", takingForColon("/")},
		{"trailing-slash-accepted", "path.trailing-slash", "The server ignores a slash after the verb.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.TrimSuffix(path, "/") })},
		{"matrix-parameter-dropped", "path.matrix-parameter", "The server drops a matrix parameter at the end of the path.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if before, _, found := strings.Cut(path, t.Suffix+";"); found && t.Suffix != "" {
					return before + t.Suffix
				}
				return path
			})},
		{"matrix-parameters-dropped", "path.matrix-parameter", "The server drops a matrix parameter in the collection.",
			readingCollection(func(given, right string) bool { return strings.HasPrefix(given, right+";") })},
		{"double-slash-accepted", "path.double-slash", "The server merges adjacent slashes.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.ReplaceAll(path, "//", "/") })},
		{"leading-slashes-dropped", "path.double-slash", "The server merges slashes at the beginning of the path.",
			readingPath(func(_ spec.PathTemplate, path string) string { return "/" + strings.TrimLeft(path, "/") })},
		{"query-refused", "path.system-parameters", "The server refuses every query.",
			asking(func(c *call) *refusal {
				if c.line.query == "" {
					return nil
				}
				return c.refuse(parameterUnknown, c.line.query)
			})},
		{"query-read-as-path", "path.system-parameters", "The server treats the query as a part of the verb.",
			rewriting(func(_ *behaviour, line *requestLine) {
				if line.query != "" {
					line.path += "?" + line.query
				}
			})},
		{"quota-user-refused", "path.system-parameters", "The server refuses the system parameter quotaUser.",
			refusingParameters(func(name string) bool { return name == "quotaUser" })},
		{"system-parameters-with-dollar-refused", "path.system-parameters", "The server refuses system parameters whose name starts with $.",
			refusingParameters(func(name string) bool { return strings.HasPrefix(name, "$") && name != "$.xgafv" })},
		{"compact-success-is-text", "path.system-parameters", "A success with prettyPrint=false has the media type text/plain.",
			withHeader(withParameter("prettyPrint"), "Content-Type", "text/plain; charset=UTF-8")},
		{"fields-empty-response", "path.fields", "A success with the parameter fields returns no fields.",
			withContent(withParameter("fields"), func(*call, *response) any { return &object{} })},
		{"last-system-parameter-refused", "path.system-parameters", "The server refuses the last system parameter of the description.",
			func(b *behaviour) {
				last, _, _ := strings.Cut(b.method.SystemParameters[len(b.method.SystemParameters)-1], "=")
				refusingParameters(func(name string) bool { return name == last })(b)
			}},
	}}, {hasVerb, []Fault{
		{"colon-crashes", "path.colon-in-id", "An id with a colon makes the server fail.", crashingOn(":")},
		{"verb-case-ignored", "path.case", "The server compares the verb case-insensitively.", readingVerb(strings.EqualFold)},
	}}, {hasCompoundCollection, []Fault{
		{"collection-with-underscore-accepted", "path.collection", "The server ignores an underscore in the collection.", readingCollection(apartFrom("_"))},
		{"collection-with-hyphen-accepted", "path.collection", "The server ignores a hyphen in the collection.", readingCollection(apartFrom("-"))},
	}}, {hasBoundField, []Fault{
		{"bound-field-in-query", "path.field-in-query", "A query parameter with the name of the field in the path overrides it.",
			readingField(func(o spec.Operation) string { return o.BoundField })},
	}}, {hasUnknownIDs, []Fault{
		{"id-case-ignored", "path.case", "The server converts the id to lower case.", readingID(strings.ToLower)},
	}}, {hasNewJobs, []Fault{
		{"id-compared-in-part", "path.transcoding", "The server compares only the first 32 characters of an id.",
			finding(func(asked, known string) bool {
				return len(asked) > 32 && len(known) > 32 && asked[:32] == known[:32]
			})},
	}}, {hasOtherMethodThan(http.MethodPut), []Fault{
		{"put-for-post", "path.template", "The server serves the method with PUT instead of its own HTTP method.", rewriting(swapMethods)},
	}}}
	for _, other := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead} {
		groups = append(groups, faultGroup{hasOtherMethodThan(other), []Fault{
			{strings.ToLower(other) + "-accepted", "path.http-method", other + " reaches the method.", takingMethod(other)},
		}})
	}
	return groups
}

func swapMethods(b *behaviour, line *requestLine) {
	if !strings.HasSuffix(line.path, b.method.Operation.Path.Suffix) {
		return
	}
	switch line.method {
	case b.method.Operation.Method:
		line.method = http.MethodPut
	case http.MethodPut:
		line.method = b.method.Operation.Method
	}
}

// readingCollection takes another collection for the right one where they are
// close enough.
func readingCollection(close func(given, right string) bool) change {
	return readingPath(func(t spec.PathTemplate, path string) string {
		rest, found := strings.CutPrefix(path, t.Base())
		given, id, isLonger := strings.Cut(rest, "/")
		if !found || !isLonger || !close(given, t.Collection()) {
			return path
		}
		return t.Prefix + id
	})
}

// readingVersion takes another version for the right one where they are close
// enough.
func readingVersion(close func(given, right string) bool) change {
	return readingPath(func(t spec.PathTemplate, path string) string {
		before, after, _ := strings.Cut(t.Prefix, t.Version())
		rest, found := strings.CutPrefix(path, before)
		given, _, _ := strings.Cut(rest, "/")
		id, alike := strings.CutPrefix(rest, given+after)
		if !found || !alike || !close(given, t.Version()) {
			return path
		}
		return t.Prefix + id
	})
}

// readingField lets a query parameter override the id in the path.
func readingField(bound func(spec.Operation) string) change {
	return rewriting(func(b *behaviour, line *requestLine) {
		name, pattern, _ := strings.Cut(bound(b.method.Operation), "=")
		before, after, _ := strings.Cut(pattern, "*")
		for _, parameter := range queryParameters(line.query) {
			id, hasPrefix := strings.CutPrefix(parameter.value, before)
			id, hasSuffix := strings.CutSuffix(id, after)
			if parameter.name == name && hasPrefix && hasSuffix {
				line.path, line.query = b.method.Operation.Path.Expand(id), ""
			}
		}
	})
}

// finding takes a job for another one whose id is close enough, where none has
// the very id.
func finding(close func(asked, known string) bool) change {
	return func(b *behaviour) {
		before := b.find
		b.find = func(c *call) *job {
			if found := before(c); found != nil {
				return found
			}
			for _, id := range slices.Sorted(maps.Keys(b.jobs.byID)) {
				if close(c.id, id) {
					return b.jobs.byID[id]
				}
			}
			return nil
		}
	}
}

// readingVerb takes another verb for the right one where they are close enough.
func readingVerb(close func(given, right string) bool) change {
	return readingPath(func(t spec.PathTemplate, path string) string {
		rest, given := cutVerb(path)
		if given == "" || !close(given, t.Suffix) {
			return path
		}
		return rest + t.Suffix
	})
}

// crashingOn fails with a server error where the id has a text in it.
func crashingOn(text string) change {
	return crashingOnID(func(id string) bool { return strings.Contains(id, text) })
}

// crashingOnID fails with a server error on some ids.
func crashingOnID(which func(id string) bool) change {
	return refusingOwn(internalError, func(c *call) bool { return which(c.id) })
}

// keepingEscapes guards the escapes that are not in the given case from decoding.
func keepingEscapes(inCase func(string) string) change {
	return readingID(func(id string) string {
		var kept strings.Builder
		for i := range len(id) {
			kept.WriteByte(id[i])
			if _, escaped := escapeAt(id, i); escaped && id[i+1:i+3] != inCase(id[i+1:i+3]) {
				kept.WriteString("25")
			}
		}
		return kept.String()
	})
}

// refusingParameters refuses some of the platform's parameters.
func refusingParameters(which func(name string) bool) change {
	return asking(func(c *call) *refusal {
		for _, parameter := range queryParameters(c.line.query) {
			if which(parameter.name) {
				return c.refuse(parameterUnknown, parameter.name)
			}
		}
		return nil
	})
}

// withParameter selects the successes with a query parameter.
func withParameter(name string) selector {
	return func(c *call, r *response) bool {
		return r.kind == succeeded && slices.ContainsFunc(queryParameters(c.line.query), func(p queryParameter) bool { return p.name == name })
	}
}

// rewriting reads the request line in another way.
func rewriting(rewrite func(*behaviour, *requestLine)) change {
	return func(b *behaviour) {
		before := b.readLine
		b.readLine = func(line *requestLine) {
			before(line)
			rewrite(b, line)
		}
	}
}

// readingPath reads the path in another way.
func readingPath(read func(template spec.PathTemplate, path string) string) change {
	return rewriting(func(b *behaviour, line *requestLine) { line.path = read(b.method.Operation.Path, line.path) })
}

// readingID reads what stands in the place of the id in another way.
func readingID(read func(escaped string) string) change {
	return readingPath(func(template spec.PathTemplate, path string) string {
		rest, hasPrefix := strings.CutPrefix(path, template.Prefix)
		escaped, hasSuffix := strings.CutSuffix(rest, template.Suffix)
		if !hasPrefix || !hasSuffix {
			return path
		}
		return template.Raw(read(escaped))
	})
}

// takingMethod takes another HTTP method for the right one.
func takingMethod(method string) change {
	return rewriting(func(b *behaviour, line *requestLine) {
		if line.method == method && strings.HasSuffix(line.path, b.method.Operation.Path.Suffix) {
			line.method = b.method.Operation.Method
		}
	})
}

// cuttingID drops what follows a text in the id, and the text.
func cuttingID(end string) change {
	return readingID(func(id string) string { before, _, _ := strings.Cut(id, end); return before })
}

// trimmingID drops a text at the end of the id.
func trimmingID(end string) change {
	return readingID(func(id string) string { return strings.TrimSuffix(id, end) })
}

// takingWildcard takes an id for that of the first job that is accepted.
func takingWildcard(id string) change {
	return rewriting(func(b *behaviour, line *requestLine) {
		if template := b.method.Operation.Path; line.path == template.Raw(id) {
			line.path = template.Expand(b.firstAccepted)
		}
	})
}

// droppingEnd drops a text behind the verb.
func droppingEnd(end string) change {
	return readingVerb(func(given, right string) bool { return given == right+end })
}

// apartFrom compares names without their case and a separator.
func apartFrom(separator string) func(given, right string) bool {
	return func(given, right string) bool {
		return strings.Contains(given, separator) && strings.EqualFold(strings.ReplaceAll(given, separator, ""), right)
	}
}

// beginningBehind drops the id up to the last of a text.
func beginningBehind(text string) change {
	return readingID(func(id string) string {
		pieces := strings.Split(id, text)
		return pieces[len(pieces)-1]
	})
}

// takingForColon takes a text for the colon before the verb.
func takingForColon(text string) change {
	return readingPath(func(t spec.PathTemplate, path string) string {
		if rest, found := strings.CutSuffix(path, strings.Replace(t.Suffix, ":", text, 1)); found {
			return rest + t.Suffix
		}
		return path
	})
}
