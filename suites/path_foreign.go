package suites

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// foreignPath is a path that must not reach the method with the job's own id.
type foreignPath struct {
	name, title, requirement string
	// path is made of the parts of the method's path, as partOf names them; several
	// paths that show the same have " or " between them.
	path string
	// like is a requirement that needs of a description what this path needs beside
	// its own; empty for none.
	like string
}

// foreignPaths lists the paths that a server must tell from the method's own:
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
var foreignPaths = []foreignPath{
	{"two-segments", "two segments, the job's id first", "path.one-segment", "{collection}/{id}/x{verb}", ""},
	{"two-segments-last", "two segments, the job's id last", "path.one-segment", "{collection}/x/{id}{verb}", ""},
	{"empty-id", "an empty id", "path.empty-id", "{collection}/{verb}", ""},
	{"no-id", "the collection and the verb, without an id", "path.id-required", "{collection}{verb}", ""},
	{"other-collection", "another collection", "path.collection", "{base}dpconformUnknown/{id}{verb}", ""},
	{"unrelated-collection", "the collection of another service", "path.collection", "{base}operations/{id}{verb}", ""},
	{"longer-collection", "a collection whose name only starts with the right one", "path.collection", "{collection}x/{id}{verb}", ""},
	{"longer-collection-last", "a collection whose name only ends with the right one", "path.collection", "{base}x{name}/{id}{verb}", ""},
	{"shorter-collection", "a collection without the last letter of its name", "path.collection", "{base}{shorter name}/{id}{verb}", ""},
	{"empty-collection", "a collection with an empty name", "path.collection", "{base}/{id}{verb}", ""},
	{"no-collection", "no collection", "path.collection", "{base}{id}{verb}", ""},
	{"nested-collection", "the collection within another", "path.collection", "{base}dpconformUnknown/{name}/{id}{verb}", ""},
	{"snake-case-collection", "the collection with an underscore or a hyphen between its words", "path.collection", "{base}{name with _}/{id}{verb} or {base}{name with -}/{id}{verb}", ""},
	{"collection-with-parent", "the collection below a parent resource", "path.collection", "{base}dpconformUnknown/x/{name}/{id}{verb}", ""},
	{"prefix", "a segment before the path", "path.collection", "/dpconformUnknown{collection}/{id}{verb}", ""},
	{"next-version", "the next version of the API, and the one after it", "path.version", "{base in next version}{name}/{id}{verb} or {base in version after next}{name}/{id}{verb}", ""},
	{"longer-version", "a version that only starts with the right one", "path.version", "{base in beta version}{name}/{id}{verb} or {base in alpha version}{name}/{id}{verb}", ""},
	{"no-version", "no version", "path.version", "{base without version}{name}/{id}{verb}", ""},
	{"no-verb", "no verb", "path.verb", "{collection}/{id}", ""},
	{"longer-verb", "a verb that only starts with the right one", "path.verb", "{collection}/{id}{verb}x or {collection}/{id}{verb}, or {collection}/{id}{verb}.json", ""},
	{"longer-verb-last", "a verb that only ends with the right one", "path.verb", "{collection}/{id}{verb after :x}", ""},
	{"unrelated-verb", "another name for the verb", "path.verb", "{collection}/{id}:rerun or {collection}/{id}:abort", ""},
	{"other-verb", "an unknown verb", "path.verb", "{collection}/{id}:dpconformUnknown", ""},
	{"verb-case", "the verb in another case", "path.case", "{collection}/{id}{VERB}", "path.verb"},
	{"collection-case", "the collection in another case", "path.case", "{base}{other-case collection}/{id}{verb}", ""},
	{"version-case", "the version in another case", "path.case", "{base in other-case version}{name}/{id}{verb}", "path.version"},
	{"id-case", "an id that differs from the job's only in case", "path.case", "{collection}/{other-case id}{verb}", "path.transcoding"},
	{"encoded-space", "an id that differs from the job's by a space at the end", "path.transcoding", "{collection}/{id}%20{verb}", ""},
	{"character-at-end", "an id that differs from the job's by a dot, a plus or a zero-width space at the end", "path.transcoding", "{collection}/{id}.{verb} or {collection}/{id}+{verb} or {collection}/{id}%E2%80%8B{verb}", ""},
	{"longer-id-delimiter", "an unknown id that begins with the job's and a comma, @ or %23", "path.transcoding", "{collection}/{id},x{verb} or {collection}/{id}@x{verb} or {collection}/{id}%23x{verb}", ""},
	{"encoded-question-mark", "an unknown id that begins with the job's and %3F", "path.transcoding", "{collection}/{id}%3Fx{verb}", ""},
	{"longer-id-semicolon", "an unknown id that begins with the job's and a semicolon", "path.transcoding", "{collection}/{id};x=1{verb}", ""},
	{"longer-id-dot", "an unknown id that begins with the job's and a dot", "path.transcoding", "{collection}/{id}.x{verb}", ""},
	{"longer-id-tilde", "an unknown id that begins with the job's and a tilde", "path.transcoding", "{collection}/{id}~x{verb}", ""},
	{"longer-id-underscore", "an unknown id that begins with the job's and an underscore", "path.transcoding", "{collection}/{id}_x{verb}", ""},
	{"longer-id-hyphen", "an unknown id that begins with the job's and a hyphen", "path.transcoding", "{collection}/{id}-x{verb}", ""},
	{"colon-in-id", "an unknown id that begins with the job's and a colon", "path.colon-in-id", "{collection}/{id}:x{verb}", ""},
	{"colon-before-id", "an unknown id that ends with a colon and the job's", "path.colon-in-id", "{collection}/x:{id}{verb}", ""},
	{"encoded-slash", "an unknown id that begins with the job's and %2F", "path.encoded-slash", "{collection}/{id}%2Fx{verb}", ""},
	{"encoded-slash-last", "an unknown id that ends with %2F and the job's", "path.encoded-slash", "{collection}/x%2F{id}{verb}", ""},
	{"encoded-slash-lower", "an unknown id that begins with the job's and %2f", "path.encoded-slash", "{collection}/{id}%2fx{verb}", ""},
	{"encoded-colon-lower", "an encoded colon before the verb, in lower case", "path.encoded-colon", "{collection}/{id}{verb after %3a}", ""},
	{"encoded-colon", "an encoded colon before the verb", "path.encoded-colon", "{collection}/{id}{verb after %3A}", ""},
	{"decoded-twice", "the job's id encoded twice", "path.decoded-once", "{collection}/{id encoded twice}{verb}", ""},
	{"encoded-separator", "an encoded slash between collection and id", "path.encoded-separator", "{collection}%2F{id}{verb}", ""},
	{"slash-verb", "a slash in place of the colon before the verb", "path.slash-verb", "{collection}/{id}{verb after /}", ""},
	{"trailing-slash", "a slash after the verb", "path.trailing-slash", "{collection}/{id}{verb}/", ""},
	{"double-slash", "a second slash before the collection", "path.double-slash", "{base}/{name}/{id}{verb}", ""},
	{"double-slash-first", "a second slash at the beginning", "path.double-slash", "/{base}{name}/{id}{verb}", ""},
	{"double-slash-last", "a second slash before the id", "path.double-slash", "{collection}//{id}{verb}", ""},
	{"matrix-parameter", "a matrix parameter after the verb", "path.matrix-parameter", "{collection}/{id}{verb};x=1", "path.verb"},
	{"matrix-parameter-empty", "a semicolon after the verb", "path.matrix-parameter", "{collection}/{id}{verb};", "path.verb"},
	{"matrix-parameter-first", "a matrix parameter after the collection", "path.matrix-parameter", "{collection};x=1/{id}{verb}", ""},
	{"null-octet", "an unknown id that ends with a NUL byte", "path.strange-id", "{collection}/{id}%00{verb}", ""},
	{"line-feed", "an unknown id that ends with a line feed", "path.strange-id", "{collection}/{id}%0A{verb}", ""},
	{"control-character", "an unknown id with a control character in it", "path.strange-id", "{collection}/{id}%1Fx{verb}", ""},
	{"not-utf-8", "an unknown id that is not UTF-8", "path.strange-id", "{collection}/{id}%FF{verb}", ""},
	{"long-id", "an unknown id of more than 7000 characters", "path.strange-id", "{collection}/{id}" + longEnd + "{verb}", ""},
}

// longEnd makes an id long, and its path no longer than the 8000 octets that a
// server should support (RFC 9110, 4.1), so that it reaches the method.
var longEnd = "-" + strings.Repeat("x", 7000)

// paths makes the paths for a job's id, which is escaped already, without the
// method's own.
func (p foreignPath) paths(template spec.PathTemplate, id string) []string {
	var paths []string
	for parts := range strings.SplitSeq(p.path, " or ") {
		if madeOf(parts, template, "ID") != template.Raw("ID") {
			paths = append(paths, madeOf(parts, template, id))
		}
	}
	return paths
}

// pathPart finds the name of a part in braces.
var pathPart = text.Pattern(`\{[^}]*\}`)

// madeOf is a path with the parts of the method's in it.
func madeOf(parts string, template spec.PathTemplate, id string) string {
	return pathPart().ReplaceAllStringFunc(parts, func(name string) string { return partOf(template, strings.Trim(name, "{}"), id) })
}

// partOf is what a name in braces stands for in a path.
func partOf(template spec.PathTemplate, name, id string) string {
	if separator, after := strings.CutPrefix(name, "verb after "); after {
		return strings.Replace(template.Suffix, ":", separator, 1)
	}
	if separator, with := strings.CutPrefix(name, "name with "); with {
		return inSnakeCase(template.Collection(), separator)
	}
	switch name {
	case "base":
		return template.Base()
	case "base in next version":
		return inVersion(template, nextVersion)
	case "base in version after next":
		return inVersion(template, func(version string) string { return nextVersion(nextVersion(version)) })
	case "base in beta version":
		return inVersion(template, func(version string) string { return version + "beta" })
	case "base in alpha version":
		return inVersion(template, func(version string) string { return version + "alpha" })
	case "base in other-case version":
		return inVersion(template, otherCaseOf)
	case "base without version":
		return inVersion(template, func(string) string { return "" })
	case "collection":
		return template.Base() + template.Collection()
	case "name":
		return template.Collection()
	case "shorter name":
		return template.Collection()[:len(template.Collection())-1]
	case "other-case collection":
		return otherCaseOf(template.Collection())
	case "id":
		return id
	case "other-case id":
		return otherCase(id)
	case "id encoded twice":
		return strings.ReplaceAll(encodeAll(id), "%", "%25")
	case "verb":
		return template.Suffix
	case "VERB":
		return strings.ToUpper(template.Suffix)
	}
	panic("foreign paths: no part is named " + name)
}

// inVersion is the base of a path with another version in it, or without one.
func inVersion(template spec.PathTemplate, other func(version string) string) string {
	base := strings.Replace(template.Base(), "/"+template.Version()+"/", "/"+other(template.Version())+"/", 1)
	return strings.Replace(base, "//", "/", 1)
}

// nextVersion is the major version behind one such as "v1" or "v1beta1".
func nextVersion(version string) string {
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	numbers := append(strings.FieldsFunc(version, notDigit), "")
	major, _ := strconv.Atoi(numbers[0])
	return fmt.Sprintf("v%d", major+1)
}

// inSnakeCase writes a name in camel case in lower case, with a separator between
// its words.
func inSnakeCase(name, separator string) string {
	var snake strings.Builder
	for i, letter := range name {
		if i > 0 && unicode.IsUpper(letter) {
			snake.WriteString(separator)
		}
		snake.WriteRune(unicode.ToLower(letter))
	}
	return snake.String()
}

// shown is the paths for a reader.
func (p foreignPath) shown(template spec.PathTemplate) string {
	return strings.Replace(text.List(p.paths(template, "ID"), "and"), longEnd, "-xxx…", 1)
}

// lacks says why a path is not tested.
func (p foreignPath) lacks(method *spec.Method) string {
	template := method.Operation.Path
	lacks := cmp.Or(method.Unmet(p.requirement), method.Unmet(p.like))
	if lacks == "" && len(p.paths(template, "ID")) == 0 {
		return "the path is used by no other method"
	}
	return lacks
}

// otherCaseOf is a text in lower case or, where it is that already, in capitals.
func otherCaseOf(text string) string {
	if lower := strings.ToLower(text); lower != text {
		return lower
	}
	return strings.ToUpper(text)
}

// refusePath sends paths that are not the method's, with a job that a careless
// server would take from them.
func refusePath(j *judgement, foreign foreignPath) {
	template := j.Method.Operation.Path
	var changes []func(*target.Request)
	for i := range foreign.paths(template, "ID") {
		changes = append(changes, func(request *target.Request) {
			request.Path = foreign.paths(template, url.PathEscape(request.Job))[i]
		})
	}
	j.missJob(foreign.requirement, foreign.title, changes...)
}

// missJob sends requests that are not the method's, and expects that they do not
// reach the job. The refusal of the job's state shows that one did.
func (j *judgement) missJob(id, purpose string, changes ...func(*target.Request)) {
	credential, job, found := j.toRefuse()
	if !found {
		return
	}
	own := j.callOf(job.id, credential)
	for _, change := range changes {
		request := own
		request.Purpose, request.FrontEnd = purpose, true
		if change(&request); request.Method == own.Method && request.Path == own.Path {
			j.Skip("the job's id has no letters", "a job whose id has letters")
			return
		}
		if !j.misses(id, request, job) {
			return
		}
	}
	j.keepsState(id, job, credential)
}

// misses sends a request that must not reach its job, and reports whether it did
// not. Where the job is one that is not accepted, the refusal of its state shows
// that it did. The same words as for the plain call may be those of any refusal.
func (j *judgement) misses(id string, request target.Request, job jobUnderTest) bool {
	exchange := j.send(request)
	if job.refusedAnyway && j.refusesState(exchange) {
		requirement, _ := j.Method.Requirement(id)
		j.Fail(id, exchange, requirement.Expect.String()+" for the request itself",
			describe(exchange)+", which is about the job: the request was accepted")
		return false
	}
	// RFC 9110, 15.4: a redirection does nothing by itself, and several frameworks
	// redirect a path with an empty segment to the one without.
	cleaned := strings.Contains(request.Path, "//") && exchange.Complete() && exchange.Status/100 == 3
	if missed := cleaned || j.meets(id, exchange); !missed || !j.likePlain(job, exchange) {
		return missed
	}
	j.doubt(id, j.provesNothing(job, exchange))
	return false
}
