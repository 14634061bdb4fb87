package drift

import (
	"maps"
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// onlyIn lists the keys of a that b lacks, sorted.
func onlyIn[V any](a, b map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(key string) bool { _, has := b[key]; return has })
}

// inBoth lists the keys of a that b has, too, sorted.
func inBoth[V any](a, b map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(key string) bool { _, has := b[key]; return !has })
}

func set(names []string) map[string]bool {
	members := map[string]bool{}
	for _, name := range names {
		members[name] = true
	}
	return members
}

// scopesByName gives the descriptions of a source's scopes.
func scopesByName(surface *spec.Surface) map[string]string {
	scopes := map[string]string{}
	for _, scope := range surface.Scopes {
		scopes[scope.Name] = scope.Description
	}
	return scopes
}

// place is a method with its path: "POST /v1/archiveJobs/{id}:retry".
func place(call spec.Call) string {
	if !call.There() {
		return ""
	}
	path := call.Path
	path.Parameter = "id"
	return call.Method + " " + path.String()
}

func deprecation(call spec.Call) string {
	if call.Deprecated {
		return "deprecated"
	}
	return "not deprecated"
}

func said(value string) string {
	if value == "" {
		return "not said"
	}
	return value
}

// nameOf calls a source by its kind.
func nameOf(surface *spec.Surface) string { return KindName(surface.Provenance.Kind) }

// KindName is a kind of source in words.
func KindName(kind spec.SourceKind) string {
	switch kind {
	case spec.DescriptionSource:
		return "OpenAPI description"
	case spec.DiscoverySource:
		return "discovery document"
	}
	return string(kind)
}
