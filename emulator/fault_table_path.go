package emulator

import (
	"net/http"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

func pathFaults() []Fault {
	return []Fault{
		{"method-not-served", "retry.path.method-and-verb", "The path of the method is unknown to the server.",
			readingPath(func(t spec.PathTemplate, path string) string {
				return strings.Replace(path, t.Suffix, t.Suffix+"NotServed", 1)
			})},
		{"put-for-post", "retry.path.method-and-verb", "The method is served under PUT instead of its own HTTP method.",
			rewriting(swapMethods)},
		{"retry-redirected", "retry.path.method-and-verb", "A granted retry is answered with a redirection to the path with a slash.",
			composing(retryAnswers, func(c *call, a *answer) {
				a.status = http.StatusPermanentRedirect
				a.header.Set("Location", c.line.path+"/")
			})},
		{"second-segment-dropped", "retry.path.one-segment", "Of two segments in the place of the id, the first is taken.",
			readingID(func(id string) string { first, _, _ := strings.Cut(id, "/"); return first })},
		{"first-segment-dropped", "retry.path.one-segment", "Of two segments in the place of the id, the last is taken.",
			readingID(func(id string) string { return id[strings.LastIndex(id, "/")+1:] })},
		{"empty-id-taken", "retry.path.empty-id", "An empty id retries the first job that may be retried.",
			rewriting(func(b *behaviour, line *requestLine) {
				if line.path == b.contract.Retry.Path.Raw("") {
					line.path = b.contract.Retry.Path.Expand(b.firstRetryable)
				}
			})},
		{"id-not-required", "retry.path.id-required", "The verb behind the collection retries the first job that may be retried.",
			rewriting(func(b *behaviour, line *requestLine) {
				template := b.contract.Retry.Path
				if line.path == strings.TrimSuffix(template.Prefix, "/")+template.Suffix {
					line.path = template.Expand(b.firstRetryable)
				}
			})},
		{"any-collection-taken", "retry.path.collection", "The name of the collection is not looked at.",
			readingCollection(func(_, _ string) bool { return true })},
		{"longer-collection-taken", "retry.path.collection", "A collection is taken whose name only begins like the right one.",
			readingCollection(strings.HasPrefix)},
		{"verb-not-required", "retry.path.verb", "A path without the verb retries the job.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if id, found := strings.CutPrefix(path, t.Prefix); found && !strings.ContainsAny(id, ":/") {
					return t.Raw(id)
				}
				return path
			})},
		{"any-verb-taken", "retry.path.verb", "Any verb retries the job.",
			readingVerb(func(string, string) bool { return true })},
		{"longer-verb-taken", "retry.path.verb", "A verb is taken that only begins like the right one.",
			readingVerb(strings.HasPrefix)},
		{"get-taken", "retry.path.http-method", "GET retries the job.", takingMethod(http.MethodGet)},
		{"put-taken", "retry.path.http-method", "PUT retries the job.", takingMethod(http.MethodPut)},
		{"patch-taken", "retry.path.http-method", "PATCH retries the job.", takingMethod(http.MethodPatch)},
		{"delete-taken", "retry.path.http-method", "DELETE retries the job.", takingMethod(http.MethodDelete)},
		{"head-taken", "retry.path.http-method", "HEAD retries the job.",
			takingMethod(http.MethodHead)},
		{"other-method-is-bad-request", "retry.path.http-method", "Another HTTP method is answered with 400.",
			answeringStatus(otherMethodPages, http.StatusBadRequest)},
		{"verb-case-ignored", "retry.path.case", "The verb is taken in any case.",
			readingVerb(strings.EqualFold)},
		{"collection-case-ignored", "retry.path.case", "The collection is taken in any case.",
			readingCollection(strings.EqualFold)},
		{"id-cut-at-dot", "retry.path.transcoding", "What follows a dot in the id is taken for a format and dropped.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, "."); return before })},
		{"id-cut-at-tilde", "retry.path.transcoding", "What follows a tilde in the id is dropped.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, "~"); return before })},
		{"id-cut-at-underscore", "retry.path.transcoding", "What follows an underscore in the id is dropped.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, "_"); return before })},
		{"id-trimmed", "retry.path.transcoding", "An encoded space at the end of the id is dropped.",
			readingID(func(id string) string { return strings.TrimSuffix(id, "%20") })},
		{"id-cut-at-question-mark", "retry.path.transcoding", "An encoded question mark ends the id.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, "%3F"); return before })},
		{"id-case-ignored", "retry.path.case", "The id is taken in lower case.",
			readingID(strings.ToLower)},
		{"tilde-crashes", "retry.path.transcoding", "An id with a tilde makes the server fail.",
			crashingOn("~")},
		{"id-cut-at-colon", "retry.path.colon-in-id", "The first colon ends the id.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, ":"); return before })},
		{"id-begins-behind-colon", "retry.path.colon-in-id", "The id begins behind its last colon.",
			readingID(func(id string) string { return id[strings.LastIndex(id, ":")+1:] })},
		{"colon-crashes", "retry.path.colon-in-id", "An id with a colon makes the server fail.",
			crashingOn(":")},
		{"escapes-not-decoded", "retry.path.encoded-unreserved", "The id is taken with its percent escapes.",
			readingID(func(id string) string { return strings.ReplaceAll(id, "%", "%25") })},
		{"escapes-in-capitals-not-decoded", "retry.path.encoded-unreserved", "Escapes with hexadecimal digits in capitals are not decoded.",
			readingID(keepCapitalEscapes)},
		{"escapes-in-small-letters-not-decoded", "retry.path.encoded-unreserved", "Escapes with hexadecimal digits in small letters are not decoded.",
			readingID(keepSmallEscapes)},
		{"small-encoded-slash-ends-id", "retry.path.encoded-slash", "An encoded slash in small letters ends the id.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, "%2f"); return before })},
		{"encoded-slash-ends-id", "retry.path.encoded-slash", "An encoded slash ends the id.",
			readingID(func(id string) string { before, _, _ := strings.Cut(id, "%2F"); return before })},
		{"encoded-slash-begins-id", "retry.path.encoded-slash", "The id begins behind an encoded slash.",
			readingID(func(id string) string {
				pieces := strings.Split(id, "%2F")
				return pieces[len(pieces)-1]
			})},
		{"encoded-colon-starts-verb", "retry.path.encoded-colon", "The path is decoded before the verb is looked for.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if id, found := strings.CutSuffix(path, strings.Replace(t.Suffix, ":", "%3A", 1)); found {
					return id + t.Suffix
				}
				return path
			})},
		{"small-encoded-colon-starts-verb", "retry.path.encoded-colon", "An encoded colon in small letters starts the verb.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if id, found := strings.CutSuffix(path, strings.Replace(t.Suffix, ":", "%3a", 1)); found {
					return id + t.Suffix
				}
				return path
			})},
		{"decoded-twice", "retry.path.decoded-once", "The id is decoded twice.",
			readingID(func(id string) string { return strings.ReplaceAll(id, "%25", "%") })},
		{"encoded-slash-separates", "retry.path.encoded-separator", "The path is decoded before its segments are told apart.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.ReplaceAll(path, "%2F", "/") })},
		{"query-refused", "retry.path.system-parameters", "Any query is refused.",
			asking(func(s *Server, c *call) *refusal {
				if c.line.query == "" {
					return nil
				}
				return s.refuse(parameterUnknown, c.line.query)
			})},
		{"query-read-as-path", "retry.path.system-parameters", "The query is taken for a part of the verb.",
			rewriting(func(_ *behaviour, line *requestLine) {
				if line.query != "" {
					line.path += "?" + line.query
				}
			})},
		{"last-system-parameter-refused", "retry.path.system-parameters", "The last of the system parameters of the description is refused.",
			asking(refuseLastSystemParameter)},
		{"unknown-parameter-ignored", "retry.path.unknown-parameter", "A query parameter that nobody knows is overlooked.",
			overlookingAll(parameterUnknown)},
		{"slash-for-colon-taken", "retry.path.slash-verb", "A slash before the verb is as good as a colon.",
			readingPath(func(t spec.PathTemplate, path string) string {
				if id, found := strings.CutSuffix(path, "/"+t.Verb()); found {
					return id + t.Suffix
				}
				return path
			})},
		{"trailing-slash-taken", "retry.path.trailing-slash", "A slash behind the verb is overlooked.",
			readingPath(func(_ spec.PathTemplate, path string) string { return strings.TrimSuffix(path, "/") })},
	}
}

func swapMethods(b *behaviour, line *requestLine) {
	if !strings.HasSuffix(line.path, b.contract.Retry.Path.Suffix) {
		return
	}
	switch line.method {
	case b.contract.Retry.Method:
		line.method = http.MethodPut
	case http.MethodPut:
		line.method = b.contract.Retry.Method
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
	return askingWith(internalError, func(s *Server, c *call) *refusal {
		if !strings.Contains(c.id, text) {
			return nil
		}
		return s.refuse(internalError.kind, "")
	})
}

// keepCapitalEscapes guards the escapes with a capital in them from decoding.
func keepCapitalEscapes(id string) string { return keepEscapes(id, strings.ToLower) }

// keepSmallEscapes guards the escapes with a small letter in them.
func keepSmallEscapes(id string) string { return keepEscapes(id, strings.ToUpper) }

// keepEscapes guards the escapes that are not in the given case from decoding.
func keepEscapes(id string, inCase func(string) string) string {
	var kept strings.Builder
	for i := range len(id) {
		kept.WriteByte(id[i])
		if _, escaped := escapeAt(id, i); escaped && id[i+1:i+3] != inCase(id[i+1:i+3]) {
			kept.WriteString("25")
		}
	}
	return kept.String()
}

func refuseLastSystemParameter(s *Server, c *call) *refusal {
	known := s.contract.SystemParameters
	if len(known) == 0 {
		return nil
	}
	last := known[len(known)-1].Name
	for _, parameter := range queryParameters(c.line.query) {
		if parameter.name == last {
			return s.refuse(parameterUnknown, last)
		}
	}
	return nil
}
