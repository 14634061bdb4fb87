package recorder

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// ProvenanceFile is the file of a recording that says where it comes from.
const ProvenanceFile = "provenance.yaml"

// formatVersion is the version of the provenance that this program writes, and
// the newest that it reads.
const formatVersion = 1

// cassetteExtension ends the name of each cassette; go-vcr adds it.
const cassetteExtension = ".yaml"

// OriginKind is what sort of server was recorded.
type OriginKind string

// The kinds of origin.
const (
	// FromEmulator is the reference emulator of dpconform.
	FromEmulator OriginKind = "emulator"
	// FromServer is any other server.
	FromServer OriginKind = "server"
)

// Origin is the server that was recorded.
type Origin struct {
	Kind OriginKind `yaml:"kind"`
	// Endpoint is the address before the path of the description. It is the
	// only place in a recording that holds the host: the cassettes hold paths.
	Endpoint string `yaml:"endpoint"`
}

// DescribedBy is the OpenAPI description that drove the recorded run.
type DescribedBy struct {
	Name string `yaml:"name"`
	// Digest identifies its bytes: "sha256:" and 64 hexadecimal digits.
	Digest string `yaml:"digest"`
}

// TokenNames says how a scope becomes the harmless name that stands in the
// cassettes for a token of that scope, in the words of target.TokenTemplate.
type TokenNames struct {
	Template string `yaml:"template"`
	Join     string `yaml:"join"`
}

// CassetteFile is one cassette of a recording.
type CassetteFile struct {
	File string `yaml:"file"`
	// Interactions is how many requests with their answers it holds.
	Interactions int `yaml:"interactions"`
	// SHA256 identifies its bytes: "sha256:" and 64 hexadecimal digits.
	SHA256 string `yaml:"sha256"`
}

// Provenance says where a recording comes from, and everything that a replay
// needs to send the same requests again.
type Provenance struct {
	// Format is the version of this file's form.
	Format       int    `yaml:"format"`
	RecordedFrom Origin `yaml:"recorded_from"`
	// IsGoogle says that the endpoint is Google's own.
	IsGoogle bool      `yaml:"is_google"`
	Date     time.Time `yaml:"date"`
	// Version is that of the dpconform that recorded.
	Version     string      `yaml:"dpconform"`
	Description DescribedBy `yaml:"description"`
	Seed        uint64      `yaml:"seed"`
	// Limit is how long an answer was allowed to take.
	Limit      time.Duration `yaml:"limit"`
	Loopback   bool          `yaml:"loopback"`
	AllowRetry bool          `yaml:"allow_retry"`
	Tokens     TokenNames    `yaml:"tokens"`
	// Jobs lists the job ids by the state that they were given for.
	Jobs      map[string][]string `yaml:"jobs"`
	Cassettes []CassetteFile      `yaml:"cassettes"`
}

// Interactions is how many interactions the whole recording holds.
func (p Provenance) Interactions() int {
	total := 0
	for _, file := range p.Cassettes {
		total += file.Interactions
	}
	return total
}

// files lists the files of the recording, the provenance last: it makes the
// others a recording.
func (p Provenance) files() []string {
	var files []string
	for _, file := range p.Cassettes {
		files = append(files, file.File)
	}
	return append(files, ProvenanceFile)
}

// completed fills in what follows from the rest.
func (p Provenance) completed() Provenance {
	p.Format = formatVersion
	if p.Date.IsZero() {
		p.Date = time.Now()
	}
	p.Date = p.Date.UTC().Truncate(time.Second)
	p.Tokens.Template = cmp.Or(p.Tokens.Template, redact.Mark+":{short}")
	p.Tokens.Join = cmp.Or(p.Tokens.Join, "+")
	if endpoint, err := target.ParseEndpoint(p.RecordedFrom.Endpoint); err == nil {
		p.IsGoogle = isGoogle(endpoint)
	}
	p.Cassettes = nil
	return p
}

// isGoogle reports whether an endpoint is one of Google's APIs.
func isGoogle(endpoint *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(endpoint.Hostname()), ".")
	return host == "googleapis.com" || strings.HasSuffix(host, ".googleapis.com")
}

var (
	cassetteName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
	digestForm   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// checkCassetteName says why a name cannot be that of a cassette, or nil.
func checkCassetteName(name string) error {
	if !cassetteName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a cassette: letters, digits, - and _ can", name)
	}
	if strings.EqualFold(name+cassetteExtension, ProvenanceFile) {
		return fmt.Errorf("%q cannot be the name of a cassette: it is that of the provenance", name)
	}
	return nil
}

// check says what is wrong with a provenance, or nil.
func (p Provenance) check() error {
	endpoint, err := target.ParseEndpoint(p.RecordedFrom.Endpoint)
	switch {
	case p.RecordedFrom.Kind != FromEmulator && p.RecordedFrom.Kind != FromServer:
		return fmt.Errorf("recorded_from.kind is %q, neither %q nor %q", p.RecordedFrom.Kind, FromEmulator, FromServer)
	case err != nil:
		return fmt.Errorf("recorded_from.endpoint: %w", err)
	case p.IsGoogle != isGoogle(endpoint):
		return fmt.Errorf("is_google is %t, which %s contradicts", p.IsGoogle, endpoint)
	case p.IsGoogle && p.RecordedFrom.Kind == FromEmulator:
		return fmt.Errorf("recorded_from.kind is %q, which %s contradicts", FromEmulator, endpoint)
	case p.Date.IsZero():
		return errors.New("date is missing")
	case p.Description.Digest == "":
		return errors.New("description.digest is missing")
	case p.Tokens.Template == "":
		return errors.New("tokens.template is missing")
	}
	return p.checkCassettes()
}

func (p Provenance) checkCassettes() error {
	seen := map[string]bool{}
	for _, file := range p.Cassettes {
		name, found := strings.CutSuffix(file.File, cassetteExtension)
		if !found {
			return fmt.Errorf("cassettes: %q does not end in %s", file.File, cassetteExtension)
		}
		if err := checkCassetteName(name); err != nil {
			return fmt.Errorf("cassettes: %w", err)
		}
		switch {
		case seen[file.File]:
			return fmt.Errorf("cassettes: %s is there twice", file.File)
		case file.Interactions < 1:
			return fmt.Errorf("cassettes: %s has %d interactions", file.File, file.Interactions)
		case !digestForm.MatchString(file.SHA256):
			return fmt.Errorf("cassettes: the sha256 of %s is not one", file.File)
		}
		seen[file.File] = true
	}
	return nil
}

// provenanceHeading stands over each provenance, for a reader.
const provenanceHeading = "# Written by dpconform record. A replay compares each cassette with its sha256.\n"

// encode gives the provenance as it stands in its file.
func (p Provenance) encode() ([]byte, error) {
	buffer := bytes.NewBufferString(provenanceHeading)
	encoder := yaml.NewEncoder(buffer)
	encoder.SetIndent(2)
	if err := encoder.Encode(p); err != nil {
		return nil, err
	}
	return buffer.Bytes(), encoder.Close()
}

// decodeProvenance reads a provenance. Unknown keys are refused, so that a
// newer form is not half understood.
func decodeProvenance(folder folderName, data []byte) (Provenance, *CassetteError) {
	var version struct {
		Format int `yaml:"format"`
	}
	if err := decodeYAML(data, &version, false); err != nil {
		return Provenance{}, folder.broken(ProvenanceFile, err)
	}
	if version.Format > formatVersion {
		newer := folder.fault(ProvenanceFile, 0, "has format %d, and this dpconform reads format %d", version.Format, formatVersion)
		newer.Mend = "use a newer dpconform, or " + newer.Mend
		return Provenance{}, newer
	}
	if version.Format < 1 {
		return Provenance{}, folder.fault(ProvenanceFile, 0, "is not the provenance of a recording: format is missing")
	}
	var provenance Provenance
	if err := decodeYAML(data, &provenance, true); err != nil {
		return Provenance{}, folder.broken(ProvenanceFile, err)
	}
	if err := provenance.check(); err != nil {
		return Provenance{}, folder.fault(ProvenanceFile, 0, "%s", err)
	}
	return provenance, nil
}

// decodeYAML decodes one document. A panic of the decoder becomes an error: a
// file is never a reason to crash.
func decodeYAML(data []byte, into any, strict bool) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("not YAML: %v", recovered)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(strict)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// digestOf identifies the bytes of a file, in the form of spec.Contract.
func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
