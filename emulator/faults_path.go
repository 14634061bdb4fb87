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
		{"method-not-served", "path.template", "The path of the method is unknown to the server.",
			readingPath(func(t spec.PathTemplate, path string) string {
				return strings.Replace(path, t.Suffix, t.Suffix+"NotServed", 1)
			})},
		{"success-redirected", "path.template", "A success gets a redirection to the path with a slash.",
			changing(successes, func(c *call, r *response) {
				r.status = http.StatusPermanentRedirect
				r.header.Set("Location", c.line.path+"/")
			})},
		{"second-segment-dropped", "path.one-segment", "Of two segments in the place of the id, the first is taken.", cuttingID("/")},
		{"first-segment-dropped", "path.one-segment", "Of two segments in the place of the id, the last is taken.", beginningBehind("/")},
		{"empty-id-taken", "path.empty-id", "An empty id stands for the first job that is accepted.",
			rewriting(func(b *behaviour, line *requestLine) {
				if line.path == b.method.Operation.Path.Raw("") {
					line.path = b.method.Operation.Path.Expand(b.firstAccepted)
				}
			})},
		{"id-not-required", "path.id-required", "The verb behind the collection stands for the first job that is accepted.",
			rewriting(func(b *behaviour, line *requestLine) {
				template := b.method.Operation.Path
				if line.path == strings.TrimSuffix(template.Prefix, "/")+template.Suffix {
					line.path = template.Expand(b.firstAccepted)
				}
			})},
		{"any-collection-taken", "path.collection", "The name of the collection is not looked at.", readingCollection(func(_, _ string) bool { return true })},
		{"longer-collection-taken", "path.collection", "A collection is taken whose name only begins like the right one.", readingCollection(strings.HasPrefix)},
		{"shorter-collection-taken", "path.collection", "A collection is taken whose name is the beginning of the right one.",
			readingCollection(func(given, right string) bool { return given != "" && strings.HasPrefix(right, given) })},
		{"collection-taken-by-its-end", "path.collection", "A collection is taken whose name only ends like the right one.", readingCollection(strings.HasSuffix)},
		{"empty-collection-taken", "path.collection", "An empty name stands for the collection.",
			readingCollection(func(given, _ string) bool { return given == "" })},
		{"collection-not-required", "path.collection", "A path without the collection reaches the method.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if rest, found := strings.CutPrefix(path, t.Base()); found && !strings.Contains(rest, "/") {
					return t.Prefix + rest
				}
				return path
			})},
		{"only-last-segment-read", "path.collection", "Only the last segment of the path is looked at.",
			readingPath(func(t spec.PathTemplate, path string) string {
				return t.Prefix + path[strings.LastIndexByte(path, '/')+1:]
			})},
		{"only-collection-read", "path.collection", "Whatever stands before the collection is overlooked.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if at := strings.LastIndex(path, "/"+t.Collection()+"/"); at > 0 && path[:at+1] != t.Base() {
					return t.Base() + path[at+1:]
				}
				return path
			})},
		{"unrelated-collection-taken", "path.collection", "The collection of another service is taken, too.",
			readingCollection(func(given, _ string) bool { return given == "operations" })},
		{"prefix-dropped", "path.collection", "Whatever stands before the version is overlooked.",
			readingPath(func(t spec.PathTemplate, path string) string {
				// A second slash is no segment.
				if at := strings.LastIndex(path, t.Prefix); at > 1 {
					return path[at:]
				}
				return path
			})},
		{"parent-dropped", "path.collection", "A collection and an id before the collection are overlooked.",
			readingPath(func(t spec.PathTemplate, path string) string {
				rest, found := strings.CutPrefix(path, t.Base())
				if parts := strings.SplitN(rest, "/", 3); found && len(parts) == 3 {
					return t.Base() + parts[2]
				}
				return path
			})},
		{"any-version-taken", "path.version", "The version is not looked at.", readingVersion(func(given, _ string) bool { return given != "" })},
		{"longer-version-taken", "path.version", "A version is taken that only begins like the right one.", readingVersion(strings.HasPrefix)},
		{"alpha-version-taken", "path.version", "The alpha of the version is taken, too.",
			readingVersion(func(given, right string) bool { return given == right+"alpha" })},
		{"version-after-next-taken", "path.version", "The version after the next is taken, too.",
			readingVersion(func(given, right string) bool {
				major := 0
				_, err := fmt.Sscanf(right, "v%d", &major)
				return err == nil && given == fmt.Sprintf("v%d", major+2)
			})},
		{"version-case-ignored", "path.case", "The version is taken in any case.", readingVersion(strings.EqualFold)},
		{"version-not-required", "path.version", "A path without the version reaches the method.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if strings.HasPrefix(path, "/"+t.Version()+"/") {
					return path
				}
				return "/" + t.Version() + path
			})},
		{"method-case-ignored", "path.method-case", "The HTTP method is taken in any case.",
			rewriting(func(b *behaviour, line *requestLine) {
				if strings.EqualFold(line.method, b.method.Operation.Method) {
					line.method = b.method.Operation.Method
				}
			})},
		{"verb-not-required", "path.verb", "A path without the verb reaches the method.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if id, found := strings.CutPrefix(path, t.Prefix); found && !strings.ContainsAny(id, ":/") {
					return t.Raw(id)
				}
				return path
			})},
		{"any-verb-taken", "path.verb", "Any verb reaches the method.", readingVerb(func(string, string) bool { return true })},
		{"longer-verb-taken", "path.verb", "A verb is taken that only begins like the right one.", readingVerb(strings.HasPrefix)},
		{"verb-taken-by-its-end", "path.verb", "A verb is taken that only ends like the right one.",
			readingVerb(func(given, right string) bool { return strings.HasSuffix(given, strings.TrimPrefix(right, ":")) })},
		{"other-name-of-verb-taken", "path.verb", "Another name for the verb is taken, too.",
			readingVerb(func(given, _ string) bool { return given == ":abort" })},
		{"comma-behind-verb-dropped", "path.verb", "A comma behind the verb is dropped.", droppingEnd(",")},
		{"format-behind-verb-dropped", "path.verb", "A format behind the verb is dropped.", droppingEnd(".json")},
		{"other-method-is-bad-request", "path.http-method", "Another HTTP method gets 400.", withStatus(otherMethodPages, http.StatusBadRequest)},
		{"collection-case-ignored", "path.case", "The collection is taken in any case.", readingCollection(strings.EqualFold)},
		{"id-cut-at-dot", "path.transcoding", "What follows a dot in the id is taken for a format and dropped.", cuttingID(".")},
		{"id-cut-at-tilde", "path.transcoding", "What follows a tilde in the id is dropped.", cuttingID("~")},
		{"id-cut-at-underscore", "path.transcoding", "What follows an underscore in the id is dropped.", cuttingID("_")},
		{"id-cut-at-semicolon", "path.transcoding", "What follows a semicolon in the id is taken for a parameter and dropped.", cuttingID(";")},
		{"id-cut-at-comma", "path.transcoding", "What follows a comma in the id is dropped.", cuttingID(",")},
		{"id-cut-at-sign", "path.transcoding", "What follows the sign @ in the id is dropped.", cuttingID("@")},
		{"id-cut-at-hash", "path.transcoding", "An encoded number sign ends the id.", cuttingID("%23")},
		{"dot-at-end-dropped", "path.transcoding", "A dot at the end of the id is dropped.", trimmingID(".")},
		{"plus-at-end-dropped", "path.transcoding", "A plus at the end of the id is taken for a space and dropped.", trimmingID("+")},
		{"space-without-width-dropped", "path.transcoding", "A space without width at the end of the id is dropped.", trimmingID("%E2%80%8B")},
		{"star-taken", "path.transcoding", "The id * stands for the first job that is accepted.", takingWildcard("*")},
		{"hyphen-taken", "path.transcoding", "The id - stands for the first job that is accepted.", takingWildcard("-")},
		{"first-character-not-compared", "path.transcoding", "The first character of an id is not compared.",
			finding(func(asked, known string) bool { return len(asked) == len(known) && asked[1:] == known[1:] })},
		{"last-character-not-compared", "path.transcoding", "The last character of an id is not compared.",
			finding(func(asked, known string) bool {
				return len(asked) == len(known) && asked[:len(asked)-1] == known[:len(known)-1]
			})},
		{"null-octet-ends-id", "path.strange-id", "The octet 0 ends the id.", cuttingID("%00")},
		{"line-feed-dropped", "path.strange-id", "A line feed at the end of the id is dropped.", trimmingID("%0A")},
		{"control-character-crashes", "path.strange-id", "An id with a control character makes the server fail.",
			crashingOnID(func(id string) bool { return strings.ContainsFunc(id, unicode.IsControl) })},
		{"octet-crashes", "path.strange-id", "An id that is not UTF-8 makes the server fail.",
			crashingOnID(func(id string) bool { return !utf8.ValidString(id) })},
		{"long-id-crashes", "path.strange-id", "An id of more than 1000 characters makes the server fail.",
			crashingOnID(func(id string) bool { return len(id) > 1000 })},
		{"path-parameter-in-query", "path.field-in-query", "A query parameter with the name of the path's overrides it.",
			readingField(func(o spec.Operation) spec.BoundField { return spec.BoundField{Name: o.Path.Parameter, Pattern: "*"} })},
		{"bound-field-in-query", "path.field-in-query", "A query parameter with the name of the field that the path binds overrides it.",
			readingField(func(o spec.Operation) spec.BoundField { return o.BoundField })},
		{"id-trimmed", "path.transcoding", "An encoded space at the end of the id is dropped.", trimmingID("%20")},
		{"id-cut-at-question-mark", "path.transcoding", "An encoded question mark ends the id.", cuttingID("%3F")},
		{"tilde-crashes", "path.transcoding", "An id with a tilde makes the server fail.", crashingOn("~")},
		{"id-cut-at-colon", "path.colon-in-id", "The first colon ends the id.", cuttingID(":")},
		{"id-begins-behind-colon", "path.colon-in-id", "The id begins behind its last colon.", beginningBehind(":")},
		{"escapes-not-decoded", "path.encoded-unreserved", "The id is taken with its percent escapes.",
			readingID(func(id string) string { return strings.ReplaceAll(id, "%", "%25") })},
		{"escapes-in-capitals-not-decoded", "path.encoded-unreserved", "Escapes with hexadecimal digits in capitals are not decoded.",
			keepingEscapes(strings.ToLower)},
		{"escapes-in-small-letters-not-decoded", "path.encoded-unreserved", "Escapes with hexadecimal digits in small letters are not decoded.",
			keepingEscapes(strings.ToUpper)},
		{"small-encoded-slash-ends-id", "path.encoded-slash", "An encoded slash in small letters ends the id.", cuttingID("%2f")},
		{"encoded-slash-ends-id", "path.encoded-slash", "An encoded slash ends the id.", cuttingID("%2F")},
		{"encoded-slash-begins-id", "path.encoded-slash", "The id begins behind an encoded slash.", beginningBehind("%2F")},
		{"encoded-colon-starts-verb", "path.encoded-colon", "The path is decoded before the verb is looked for.", takingForColon("%3A")},
		{"small-encoded-colon-starts-verb", "path.encoded-colon", "An encoded colon in small letters starts the verb.", takingForColon("%3a")},
		{"decoded-twice", "path.decoded-once", "The id is decoded twice.", readingID(func(id string) string { return strings.ReplaceAll(id, "%25", "%") })},
		{"encoded-slash-separates", "path.encoded-separator", "The path is decoded before it is split into segments.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.ReplaceAll(path, "%2F", "/") })},
		{"unknown-parameter-ignored", "path.unknown-parameter", "A query parameter that nobody knows is overlooked.", overlookingAll(parameterUnknown)},
		{"slash-for-colon-taken", "path.slash-verb", "A slash before the verb is as good as a colon.", takingForColon("/")},
		{"trailing-slash-taken", "path.trailing-slash", "A slash behind the verb is overlooked.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.TrimSuffix(path, "/") })},
		{"matrix-parameter-dropped", "path.matrix-parameter", "What follows a semicolon at the end of the path is dropped.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if before, _, found := strings.Cut(path, t.Suffix+";"); found && t.Suffix != "" {
					return before + t.Suffix
				}
				return path
			})},
		{"matrix-parameters-dropped", "path.matrix-parameter", "What follows a semicolon in the collection is dropped.",
			readingCollection(func(given, right string) bool { return strings.HasPrefix(given, right+";") })},
		{"double-slash-taken", "path.double-slash", "Slashes next to each other are one.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.ReplaceAll(path, "//", "/") })},
		{"leading-slashes-dropped", "path.double-slash", "Slashes at the beginning of the path are one.",
			readingPath(func(_ spec.PathTemplate, path string) string { return "/" + strings.TrimLeft(path, "/") })},
		{"query-refused", "path.system-parameters", "Any query is refused.",
			asking(func(c *call) *refusal {
				if c.line.query == "" {
					return nil
				}
				return c.refuse(parameterUnknown, c.line.query)
			})},
		{"query-read-as-path", "path.system-parameters", "The query is taken for a part of the verb.",
			rewriting(func(_ *behaviour, line *requestLine) {
				if line.query != "" {
					line.path += "?" + line.query
				}
			})},
		{"quota-user-refused", "path.system-parameters", "The system parameter quotaUser is refused.",
			refusingParameters(func(name string) bool { return name == "quotaUser" })},
		{"system-parameters-with-dollar-refused", "path.system-parameters", "A system parameter with a $ before its name is refused.",
			refusingParameters(func(name string) bool { return strings.HasPrefix(name, "$") && name != "$.xgafv" })},
		{"compact-success-is-text", "path.system-parameters", "A success with prettyPrint=false is named text/plain.",
			withHeader(withParameter("prettyPrint"), "Content-Type", "text/plain; charset=UTF-8")},
		{"fields-empty-response", "path.fields", "A success with fields has none of them.",
			withContent(withParameter("fields"), func(*call, *response) any { return &object{} })},
		{"last-system-parameter-refused", "path.system-parameters", "The last of the system parameters of the description is refused.",
			func(b *behaviour) {
				last := b.method.SystemParameters[len(b.method.SystemParameters)-1].Name
				refusingParameters(func(name string) bool { return name == last })(b)
			}},
	}}, {hasVerb, []Fault{
		{"colon-crashes", "path.colon-in-id", "An id with a colon makes the server fail.", crashingOn(":")},
		{"verb-case-ignored", "path.case", "The verb is taken in any case.", readingVerb(strings.EqualFold)},
	}}, {hasCompoundCollection, []Fault{
		{"collection-with-underscore-taken", "path.collection", "An underscore in the collection is overlooked.", readingCollection(apartFrom("_"))},
		{"collection-with-hyphen-taken", "path.collection", "A hyphen in the collection is overlooked.", readingCollection(apartFrom("-"))},
	}}, {hasUnknownIDs, []Fault{
		{"id-case-ignored", "path.case", "The id is taken in lower case.", readingID(strings.ToLower)},
	}}, {hasNewJobs, []Fault{
		{"id-compared-in-part", "path.transcoding", "Only the first 32 characters of an id are compared.",
			finding(func(asked, known string) bool {
				return len(asked) > 32 && len(known) > 32 && asked[:32] == known[:32]
			})},
	}}, {hasOtherMethodThan(http.MethodPut), []Fault{
		{"put-for-post", "path.template", "The method is served under PUT instead of its own HTTP method.", rewriting(swapMethods)},
	}}}
	for _, other := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead} {
		groups = append(groups, faultGroup{hasOtherMethodThan(other), []Fault{
			{strings.ToLower(other) + "-taken", "path.http-method", other + " reaches the method.", takingMethod(other)},
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
func readingField(bound func(spec.Operation) spec.BoundField) change {
	return rewriting(func(b *behaviour, line *requestLine) {
		field := bound(b.method.Operation)
		if field.Name == "" {
			return
		}
		before, after, _ := strings.Cut(field.Pattern, "*")
		for _, parameter := range queryParameters(line.query) {
			id, hasPrefix := strings.CutPrefix(parameter.value, before)
			id, hasSuffix := strings.CutSuffix(id, after)
			if parameter.name == field.Name && hasPrefix && hasSuffix {
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
	return askingWith(internalError, func(c *call) *refusal {
		if !which(c.id) {
			return nil
		}
		return c.refuse(internalError.kind, "")
	})
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
