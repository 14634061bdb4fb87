package config

import (
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The flags that name a description.
const (
	specFlag     = "spec"
	MethodFlag   = "method"
	RevisionFlag = "revision"
	overlayFlag  = "overlay"
)

// AddDescriptionFlags adds the flags that name the description: a built-in one or
// a file, another revision of it, and overlays.
func (s *Settings) AddDescriptionFlags(flags *pflag.FlagSet) {
	s.AddMethodFlags(flags)
	flags.StringVar(&s.Spec, specFlag, "", "use your own OpenAPI description in `FILE`")
	flags.StringArrayVar(&s.Overlays, overlayFlag, nil, "apply the OpenAPI Overlay in `FILE` to the description. Repeatable, in order")
}

// AddMethodFlags adds the flags that name a built-in description.
func (s *Settings) AddMethodFlags(flags *pflag.FlagSet) {
	shipped := spec.Shipped()
	flags.StringVar(&s.MethodName, MethodFlag, "", "use the built-in method `NAME`. NAME is "+text.List(shipped, "or")+" (default "+shipped[0]+")")
	flags.StringVar(&s.Revision, RevisionFlag, "", "use the revision `NAME` of the built-in description, such as "+exampleRevision())
}

// exampleRevision is a revision of a built-in description. Each command with the flag
// asks for it.
var exampleRevision = sync.OnceValue(func() string { return spec.Default().Revisions()[0] })

// Description reads the description that the settings name, and applies the
// overlays. Mistakes in a file are *spec.Error.
func (s *Settings) Description(sources *Sources) (spec.Description, error) {
	var description spec.Description
	var err error
	switch {
	case s.Spec != "" && s.MethodName != "":
		return description, sources.exclusive(MethodFlag, specFlag)
	case s.Spec != "" && s.Revision != "":
		return description, sources.mistake(RevisionFlag, "give the overlay to it: --"+overlayFlag+" FILE", "it selects a revision of a built-in description, and cannot be combined with %s", sources.Origin(specFlag))
	case s.Spec != "":
		description, err = spec.ReadDescription(s.Spec)
	default:
		if description, err = spec.Embedded(s.MethodName); err != nil {
			return description, sources.mistake(MethodFlag, text.DidYouMean(s.MethodName, spec.Shipped()), "unknown built-in method %q", s.MethodName)
		}
		if s.Revision != "" {
			description, err = s.revisionOf(sources, description)
		}
	}
	if err != nil {
		return description, err
	}
	return s.WithOverlays(description)
}

// WithOverlays applies the overlays that the settings name to a description.
func (s *Settings) WithOverlays(description spec.Description) (spec.Description, error) {
	for _, file := range s.Overlays {
		overlay, err := spec.ReadDescription(file)
		if err == nil {
			description, err = description.WithOverlay(overlay)
		}
		if err != nil {
			return description, err
		}
	}
	return description, nil
}

// revisionOf accepts the description's own revision, too: a flag with it overrides
// the revision of a configuration file.
func (s *Settings) revisionOf(sources *Sources, description spec.Description) (spec.Description, error) {
	if method, err := spec.Load(description); err != nil || method.Revision == s.Revision {
		return description, err
	}
	known := description.Revisions()
	switch {
	case len(known) == 0:
		return description, sources.mistake(RevisionFlag, "leave it out", "no other revision of %s is built in", description.Name)
	case !slices.Contains(known, s.Revision):
		return description, sources.mistake(RevisionFlag, text.DidYouMean(s.Revision, known), "no revision %q of %s is built in", s.Revision, description.Name)
	}
	return description.WithRevision(s.Revision)
}

// Method loads the description that the settings name.
func (s *Settings) Method(sources *Sources) (*spec.Method, error) {
	description, err := s.Description(sources)
	if err != nil {
		return nil, err
	}
	return spec.Load(description)
}

// DescriptionFlags are the flags of a command line that name the description,
// each with a space before it; empty for the default one.
func (s *Settings) DescriptionFlags() string {
	var words strings.Builder
	add := func(flag, value string) {
		if value != "" {
			words.WriteString(" --" + flag + " " + value)
		}
	}
	add(specFlag, s.Spec)
	add(MethodFlag, s.MethodName)
	add(RevisionFlag, s.Revision)
	for _, overlay := range s.Overlays {
		add(overlayFlag, overlay)
	}
	return words.String()
}
