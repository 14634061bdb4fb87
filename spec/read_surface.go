package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// MaximumSource is how long a source may be, in bytes. Google's discovery
// document has a quarter of a million, the reference page less.
const MaximumSource = 8 << 20

// openAPILine is the member that an OpenAPI document must have, as a line of
// YAML.
var openAPILine = regexp.MustCompile(`(?m)^["']?(?:openapi|swagger)["']?[ \t]*:`)

// ReadSurface understands a source, whose kind it tells by what is in it. A
// source that it does not understand is a *SourceError, or a *DescriptionError
// where it is an OpenAPI document.
func ReadSurface(source Description) (*Surface, error) {
	if err := checkText(source); err != nil {
		return nil, err
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(source.Text, []byte("\ufeff")))
	var read func(Description) (*Surface, error)
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		kind, err := kindOfJSON(source.Name, text)
		if err != nil {
			return nil, err
		}
		read = map[SourceKind]func(Description) (*Surface, error){
			DiscoverySource: readDiscovery, DescriptionSource: readOpenAPI}[kind]
	case !bytes.HasPrefix(text, []byte("<")) && openAPILine.Match(text):
		read = readOpenAPI
	default:
		read = readPage
	}
	surface, err := read(Description{Name: source.Name, Text: text})
	if err != nil {
		return nil, err
	}
	surface.Provenance.Name, surface.Provenance.Digest = source.Name, source.Digest()
	if err := surface.validate(); err != nil {
		return nil, err
	}
	return surface, nil
}

// checkText refuses what is no text of a fair size.
func checkText(source Description) error {
	fail := func(format string, arguments ...any) error {
		return &SourceError{Name: source.Name, Message: fmt.Sprintf(format, arguments...)}
	}
	switch {
	case len(source.Text) > MaximumSource:
		return fail("longer than %d MiB, which no source of the method is", MaximumSource>>20)
	case len(bytes.TrimSpace(source.Text)) == 0:
		return fail("it is empty")
	case bytes.IndexByte(source.Text, 0) >= 0:
		return fail("it has a NUL byte, so it is no text")
	case !utf8.Valid(source.Text):
		return fail("it is not UTF-8")
	}
	return nil
}

// kindOfJSON tells a discovery document from an OpenAPI document.
func kindOfJSON(name string, text []byte) (SourceKind, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return "", jsonError(name, text, err)
	}
	if _, found := members["discoveryVersion"]; found {
		return DiscoverySource, nil
	}
	for _, member := range []string{"openapi", "swagger"} {
		if _, found := members[member]; found {
			return DescriptionSource, nil
		}
	}
	return "", &SourceError{Name: name, Message: "JSON without the member discoveryVersion of a discovery document or openapi of an OpenAPI document"}
}

// jsonError says in which line JSON is wrong.
func jsonError(name string, text []byte, err error) error {
	line := 0
	switch mistake := err.(type) {
	case *json.SyntaxError:
		line = 1 + bytes.Count(text[:min(int(mistake.Offset), len(text))], []byte("\n"))
	case *json.UnmarshalTypeError:
		line = 1 + bytes.Count(text[:min(int(mistake.Offset), len(text))], []byte("\n"))
		return &SourceError{Name: name, Line: line, Message: fmt.Sprintf("%s must not be a JSON %s", mistake.Field, mistake.Value)}
	}
	message := "not readable as JSON: " + err.Error()
	if err.Error() == "unexpected end of JSON input" {
		message += "; it is cut short"
	}
	return &SourceError{Name: name, Line: line, Message: message}
}
