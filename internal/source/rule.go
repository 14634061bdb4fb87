package source

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Patterns of an id that stand for the wildcards of google.api.http: "*" is one
// segment, "**" any number of them.
const (
	oneSegment  = "^[^/]+$"
	anySegments = "^.+$"
)

// ruleVariable finds the variable of a path of google.api.http:
// "{name=jobs/*}", "{+name}", "{jobsId}".
var ruleVariable = text.Pattern(`\{(\+?)([A-Za-z][A-Za-z0-9_.]*)(?:=([^{}]+))?\}`)

// resourcePattern takes the pattern of a resource name apart: "^jobs/" and
// "[^/]+" and "$", with literals after the id as in "^jobs/[^/]+/state$".
var resourcePattern = text.Pattern(`^\^((?:[A-Za-z][A-Za-z0-9_-]*/)+)(.+?)((?:/[A-Za-z][A-Za-z0-9_-]*)*)\$$`)

// parseRule takes a path of google.api.http apart:
// "v1/{name=jobs/*}:stop" gives /v1/jobs/{id}:stop and the pattern of one
// segment. The resource is the pattern of the resource name that a
// discovery document has, or empty.
func parseRule(rule, resource string) (path spec.PathTemplate, pattern string, err error) {
	rule = "/" + strings.TrimPrefix(rule, "/")
	found := ruleVariable().FindAllStringSubmatchIndex(rule, -1)
	if len(found) != 1 {
		return path, "", fmt.Errorf("path %q has %d variables, not one", rule, len(found))
	}
	at := found[0]
	before, after := rule[:at[0]], rule[at[1]:]
	collection, trailing := "", ""
	if at[6] >= 0 {
		collection, trailing, pattern = splitWildcard(rule[at[6]:at[7]])
		if pattern == "" {
			return path, "", fmt.Errorf("path %q has not one wildcard", rule)
		}
	}
	if parts := resourcePattern().FindStringSubmatch(resource); parts != nil {
		pattern = "^" + parts[2] + "$"
		if rule[at[2]:at[3]] == "+" || !strings.HasSuffix(before, "/"+parts[1]) {
			collection, trailing = parts[1], parts[3]
		}
	} else if resource != "" {
		pattern = resource
	}
	// The sources call the parameter name, jobsId or job.
	path = spec.PathTemplate{Prefix: before + collection, Parameter: "id", Suffix: trailing + after}
	if !strings.HasSuffix(path.Prefix, "/") || strings.Trim(path.Prefix, "/") == "" || strings.ContainsAny(path.Prefix+path.Suffix, "{}") {
		return path, "", fmt.Errorf("path %q has no collection before its id", rule)
	}
	return path, pattern, nil
}

// splitWildcard takes "jobs/*/state" apart.
func splitWildcard(resource string) (before, after, pattern string) {
	before, after, found := strings.Cut(resource, "*")
	if !found || strings.Contains(strings.TrimPrefix(after, "*"), "*") {
		return "", "", ""
	}
	if rest, deep := strings.CutPrefix(after, "*"); deep {
		return before, rest, anySegments
	}
	return before, after, oneSegment
}
