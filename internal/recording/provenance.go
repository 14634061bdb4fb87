package recording

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	yaml4 "go.yaml.in/yaml/v4"
	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// ProvenanceFile is the name of the file in a recording that contains its
// [Provenance].
const ProvenanceFile = "provenance.yaml"

// formatVersion is the version of the provenance that this program reads and
// writes. Version 1 stored URLs without their host.
const formatVersion = 2

// cassetteExtension ends the file name of each cassette; go-vcr adds it to the
// name that it is given.
const cassetteExtension = ".yaml"

// Provenance says where a recording comes from, and contains what a run needs to
// send the same requests again. Only Endpoint is required.
type Provenance struct {
	// Format is the version of the file format. Record fills it in.
	Format int `yaml:"format"`
	// Endpoint is the base URL of the recorded server. A client uses it as its base
	// URL in a replay, because the URLs in the cassettes are absolute.
	Endpoint string `yaml:"endpoint"`
	// Emulator is true if the server is the reference emulator of dpconform.
	Emulator bool `yaml:"is_emulator"`
	// Google is true if the endpoint is one of Google's APIs. Record fills it in.
	Google bool `yaml:"is_google"`
	// Date is the time of the recording in UTC, to the second; the zero value means
	// now.
	Date time.Time `yaml:"date"`
	// Version is the version of dpconform that made the recording.
	Version string `yaml:"dpconform"`
	// Description is the name of the OpenAPI description that the requests follow, and
	// Digest its hash.
	Description string `yaml:"description"`
	Digest      string `yaml:"description_digest"`
	// Seed is the seed of the run, and Limit the time limit for one response.
	Seed  uint64        `yaml:"seed"`
	Limit time.Duration `yaml:"limit"`
	// Loopback is true if the server ran on the same machine. ConsumeJobs is true if
	// the run was permitted to use up jobs on a remote server.
	Loopback    bool `yaml:"loopback"`
	ConsumeJobs bool `yaml:"allow_retry"`
	// BehindProxy is true if a proxy forwarded the requests, and may have changed
	// them.
	BehindProxy bool `yaml:"behind_proxy,omitempty"`
	// TokenTemplate and TokenJoin are the form of the names that replace tokens in the
	// cassettes: the scopes of the token, as in "dpconform-redacted:{short}", joined by "+".
	TokenTemplate string `yaml:"token_template"`
	TokenJoin     string `yaml:"token_join"`
	// Jobs lists the given job ids by their state.
	Jobs map[string][]string `yaml:"jobs"`
	// Cassettes lists the files of the recording. Save fills it in.
	Cassettes []Cassette `yaml:"cassettes"`
}

// Cassette is one file of a recording. go-vcr can load it.
type Cassette struct {
	// File is the name of the file in the folder of the recording.
	File string `yaml:"file"`
	// Interactions is the number of requests in the file, each with its response.
	Interactions int `yaml:"interactions"`
	// SHA256 is the hash of the content: "sha256:" and 64 hexadecimal digits.
	SHA256 string `yaml:"sha256"`
}

// Describe returns one line that says what was recorded, when and by which version.
// A recording that is a day old or older also has its age in days.
func (p Provenance) Describe(now time.Time) string {
	ago := ""
	if days := int(now.Sub(p.Date) / (24 * time.Hour)); days > 0 {
		ago = ", " + text.Counted(days, "day") + " ago,"
	}
	program := strings.TrimSpace("dpconform " + p.Version)
	origin := fmt.Sprintf("the server at %s by %s — not Google's responses", p.Endpoint, program)
	switch {
	case p.Google:
		origin = fmt.Sprintf("Google's own %s by %s", p.Endpoint, program)
	case p.Emulator:
		origin = fmt.Sprintf("the reference emulator of %s — not Google's responses", program)
	}
	return fmt.Sprintf("recorded %s%s from %s", p.Date.UTC().Format(time.DateOnly), ago, origin)
}

// completed fills in what follows from the rest.
func (p Provenance) completed() Provenance {
	p.Format = formatVersion
	if p.Date.IsZero() {
		p.Date = time.Now()
	}
	p.Date = p.Date.UTC().Truncate(time.Second)
	p.TokenTemplate = cmp.Or(p.TokenTemplate, redact.Mark+":{short}")
	p.TokenJoin = cmp.Or(p.TokenJoin, "+")
	if endpoint, err := target.ParseEndpoint(p.Endpoint); err == nil {
		p.Google = target.IsGoogle(endpoint)
	}
	p.Cassettes = nil
	return p
}

// settings are what two halves of an interrupted recording must have in common,
// each with its key in the file.
func (p Provenance) settings() map[string]string {
	return map[string]string{
		"endpoint": p.Endpoint, "dpconform": p.Version, "description_digest": p.Digest, "seed": fmt.Sprint(p.Seed), "limit": p.Limit.String(),
		"loopback": fmt.Sprint(p.Loopback), "allow_retry": fmt.Sprint(p.ConsumeJobs), "jobs": fmt.Sprint(p.Jobs),
		"behind_proxy": fmt.Sprint(p.BehindProxy),
	}
}

var (
	cassetteFile = text.Pattern(`^[A-Za-z0-9][A-Za-z0-9_-]*\` + cassetteExtension + `$`)
	digestForm   = text.Pattern(`^sha256:[0-9a-f]{64}$`)
)

// check says what is wrong with a provenance, or nil.
func (p Provenance) check() error {
	endpoint, err := target.ParseEndpoint(p.Endpoint)
	switch {
	case err != nil:
		return fmt.Errorf("endpoint: %w", err)
	case p.Google != target.IsGoogle(endpoint):
		return fmt.Errorf("is_google is %t, which %s contradicts", p.Google, endpoint)
	case p.Google && p.Emulator:
		return fmt.Errorf("is_emulator is true, which %s contradicts", endpoint)
	case p.Date.IsZero():
		return errors.New("date is missing")
	}
	seen := map[string]bool{ProvenanceFile: true}
	for _, one := range p.Cassettes {
		switch {
		case !cassetteFile().MatchString(one.File):
			return fmt.Errorf("cassettes: %q cannot be the name of a cassette", one.File)
		case seen[one.File]:
			return fmt.Errorf("cassettes: %s is there twice, or is not a cassette", one.File)
		case one.Interactions < 1:
			return fmt.Errorf("cassettes: %s has %d interactions", one.File, one.Interactions)
		case !digestForm().MatchString(one.SHA256):
			return fmt.Errorf("cassettes: the sha256 of %s is malformed", one.File)
		}
		seen[one.File] = true
	}
	return nil
}

// encode gives the provenance as it stands in its file.
func (p Provenance) encode() ([]byte, error) {
	data, err := yaml4.Dump(p, yaml4.WithV3Defaults(), yaml4.WithIndent(2), yaml4.WithLineWidth(-1))
	return append([]byte("# Written by dpconform record. A replay compares each cassette with its sha256.\n"), data...), err
}

// decodeProvenance reads a provenance. Unknown keys are refused, so that a
// newer format is not half understood.
func decodeProvenance(in folderName, data []byte) (Provenance, error) {
	var version struct {
		Format int `yaml:"format"`
	}
	if err := decodeYAML(data, &version, false); err != nil {
		return Provenance{}, in.broken(ProvenanceFile, err)
	}
	if version.Format < 1 {
		return Provenance{}, in.fault(ProvenanceFile, 0, "is not the provenance of a recording: format is missing")
	}
	if version.Format != formatVersion {
		other := in.fault(ProvenanceFile, 0, "has format %d, and this dpconform reads format %d", version.Format, formatVersion)
		if version.Format > formatVersion {
			other.Fix = "use a newer dpconform, or " + other.Fix
		}
		return Provenance{}, other
	}
	var provenance Provenance
	if err := decodeYAML(data, &provenance, true); err != nil {
		var noTime *time.ParseError
		if errors.As(err, &noTime) {
			before, _, _ := strings.Cut("\n"+string(data), "\ndate:")
			return Provenance{}, in.fault(ProvenanceFile, strings.Count(before, "\n")+1, "date is %q, and must be a time such as 2026-01-02T15:04:05Z", text.Cut(noTime.Value, 40))
		}
		return Provenance{}, in.broken(ProvenanceFile, err)
	}
	if len(provenance.Cassettes) == 0 {
		return Provenance{}, in.fault(ProvenanceFile, 0, "is cut short: it names no cassette")
	}
	if err := provenance.check(); err != nil {
		return Provenance{}, in.fault(ProvenanceFile, 0, "%s", err)
	}
	return provenance, nil
}

// decodeYAML decodes one document as go-vcr does. A panic of the decoder becomes
// an error: a file is never a reason to crash.
func decodeYAML(data []byte, into any, strict bool) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("not YAML: %v", recovered)
		}
	}()
	// From a slice, yaml.v3 reads faster than from a reader, but takes every key.
	if !strict {
		return yaml.Unmarshal(data, into)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func digestOf(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// Error is a mistake in a recording, with its location and its fix.
type Error struct {
	// File is the path of the file, below the folder that the caller named.
	File string
	// Line starts at 1; 0 means the whole file.
	Line int
	// Message says what is wrong, and Fix what to do about it.
	Message, Fix string
}

// Error returns one line: "file:line: message; fix".
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return text.Mistake(place, e.Message, e.Fix).Error()
}

// folderName is the folder of a recording as the caller named it.
type folderName string

func (f folderName) file(name string) string { return path.Join(string(f), name) }

// fault is an error whose fix is to record again.
func (f folderName) fault(file string, line int, format string, values ...any) *Error {
	return &Error{File: f.file(file), Line: line, Message: fmt.Sprintf(format, values...), Fix: f.recordAgain()}
}

// unknownKey finds the key that a type does not have.
var unknownKey = text.Pattern(`field (\S+) not found in type \S+`)

// broken says where a file is not what it should be; one that a full disk or a
// kill cut off is broken, too.
func (f folderName) broken(file string, err error) *Error {
	mistake := text.LocateYAML(err)
	return f.fault(file, mistake.Line, "is broken or cut short: %s", unknownKey().ReplaceAllString(text.SyntaxReason(mistake.Message), "unknown key $1"))
}

// recordAgain is the command that records the folder anew, with the folder as
// one word of a command line.
func (f folderName) recordAgain() string {
	argument := cmp.Or(string(f), "DIR")
	if strings.ContainsAny(argument, " \t\n'\"\\$&;|<>()*?[]#~`!") {
		argument = "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
	}
	return "record again: dpconform record --cassettes " + argument
}
