package spec

import (
	"fmt"
	"net/url"
	"strings"
)

// PathTemplate is an OpenAPI path with one parameter, taken apart:
// "/v1/archiveJobs/{archiveJob}:retry" has the prefix "/v1/archiveJobs/", the
// parameter "archiveJob" and the suffix ":retry".
type PathTemplate struct {
	Prefix    string
	Parameter string
	Suffix    string
}

// ParsePathTemplate takes an OpenAPI path apart. It returns an error unless the
// path has exactly one parameter and a collection before it.
func ParsePathTemplate(path string) (PathTemplate, error) {
	prefix, rest, found := strings.Cut(path, "{")
	parameter, suffix, closed := strings.Cut(rest, "}")
	switch {
	case !found || !closed || parameter == "":
		return PathTemplate{}, fmt.Errorf("path %q has no {parameter}", path)
	case strings.ContainsAny(suffix, "{}"):
		return PathTemplate{}, fmt.Errorf("path %q has more than one {parameter}", path)
	case !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") || len(strings.Trim(prefix, "/")) == 0:
		return PathTemplate{}, fmt.Errorf("path %q has no collection before its parameter", path)
	}
	return PathTemplate{Prefix: prefix, Parameter: parameter, Suffix: suffix}, nil
}

// String gives the path as OpenAPI writes it.
func (t PathTemplate) String() string {
	return t.Prefix + "{" + t.Parameter + "}" + t.Suffix
}

// Expand puts an id into the template, escaped as one segment.
func (t PathTemplate) Expand(id string) string {
	return t.Raw(url.PathEscape(id))
}

// Raw puts text into the place of the parameter as it is.
func (t PathTemplate) Raw(segment string) string {
	return t.Prefix + segment + t.Suffix
}

// Verb is the custom verb after the last colon of the suffix ("retry"), or the
// empty string (AIP-136).
func (t PathTemplate) Verb() string {
	_, verb, _ := strings.Cut(t.Suffix, ":")
	return verb
}

// Collection is the last literal segment before the parameter ("archiveJobs").
func (t PathTemplate) Collection() string {
	segments := strings.Split(strings.TrimSuffix(t.Prefix, "/"), "/")
	return segments[len(segments)-1]
}

// Base is what stands before the collection, with its slash ("/v1/").
func (t PathTemplate) Base() string {
	return strings.TrimSuffix(t.Prefix, t.Collection()+"/")
}
