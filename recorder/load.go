package recorder

import (
	"bytes"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

// loadTries is how often a recording is read that is replaced meanwhile.
const loadTries = 3

// load reads a whole recording. One that is replaced while it is read is read
// again.
func load(fsys fs.FS, folder folderName) (provenance Provenance, cassettes []*cassette.Cassette, err error) {
	for range loadTries {
		before, _ := readProvenance(fsys)
		provenance, cassettes, err = loadOnce(fsys, folder)
		if err == nil {
			break
		}
		if after, _ := readProvenance(fsys); bytes.Equal(after, before) {
			break
		}
	}
	return provenance, cassettes, err
}

// inCommitted is the path of a file of a recording that is committed and not
// all in place yet.
func inCommitted(file string) string { return committedName + "/" + file }

// readProvenance reads the provenance that is in force.
func readProvenance(fsys fs.FS) (data []byte, committed bool) {
	if data, err := fs.ReadFile(fsys, inCommitted(ProvenanceFile)); err == nil {
		return data, true
	}
	data, _ = fs.ReadFile(fsys, ProvenanceFile)
	return data, false
}

// overlay shows a committed recording as if all its files were in place.
type overlay struct{ fs.FS }

// ReadFile reads a file where it is now: it may be moved at any time.
func (o overlay) ReadFile(file string) ([]byte, error) {
	data, err := fs.ReadFile(o.FS, inCommitted(file))
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ReadFile(o.FS, file)
	}
	return data, err
}

// loadOnce reads the provenance and the cassettes that it names, in its order.
// It refuses a folder that holds any other cassette.
func loadOnce(fsys fs.FS, folder folderName) (Provenance, []*cassette.Cassette, error) {
	_, committed := readProvenance(fsys)
	if committed {
		fsys = overlay{fsys}
	}
	data, err := fs.ReadFile(fsys, ProvenanceFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Provenance{}, nil, folder.fault(ProvenanceFile, 0, "is missing, so there is no recording here")
	case err != nil:
		return Provenance{}, nil, folder.unreadable(ProvenanceFile, err)
	}
	provenance, fault := decodeProvenance(folder, data)
	if fault != nil {
		return Provenance{}, nil, fault
	}
	// Beside a committed recording there may be cassettes of the one before.
	if !committed {
		if fault := refuseStrangers(fsys, folder, provenance); fault != nil {
			return Provenance{}, nil, fault
		}
	}
	cassettes, fault := loadCassettes(fsys, folder, provenance.Cassettes)
	if fault != nil {
		return Provenance{}, nil, fault
	}
	return provenance, cassettes, nil
}

// refuseStrangers refuses a cassette that the provenance does not name: nobody
// knows where it comes from.
func refuseStrangers(fsys fs.FS, folder folderName, provenance Provenance) *CassetteError {
	found, err := fs.Glob(fsys, "*"+cassetteExtension)
	if err != nil {
		return folder.unreadable("", err)
	}
	for _, name := range found {
		known := slices.ContainsFunc(provenance.Cassettes, func(file CassetteFile) bool { return file.File == name })
		if !known && name != ProvenanceFile {
			return stranger(folder, name)
		}
	}
	return nil
}

func stranger(folder folderName, name string) *CassetteError {
	fault := folder.fault(name, 0, "does not belong to the recording: %s does not name it", ProvenanceFile)
	fault.Mend = "move it away, and if it was recorded, " + fault.Mend
	return fault
}

// loadCassettes reads cassettes side by side. The first fault in the order of
// the provenance is the one that is told.
func loadCassettes(fsys fs.FS, folder folderName, files []CassetteFile) ([]*cassette.Cassette, *CassetteError) {
	cassettes := make([]*cassette.Cassette, len(files))
	faults := make([]*CassetteError, len(files))
	var reading sync.WaitGroup
	for i, file := range files {
		reading.Go(func() { cassettes[i], faults[i] = loadCassette(fsys, folder, file) })
	}
	reading.Wait()
	for _, fault := range faults {
		if fault != nil {
			return nil, fault
		}
	}
	return cassettes, nil
}

func loadCassette(fsys fs.FS, folder folderName, file CassetteFile) (*cassette.Cassette, *CassetteError) {
	data, err := fs.ReadFile(fsys, file.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, folder.fault(file.File, 0, "is missing, and %s names it", ProvenanceFile)
	case err != nil:
		return nil, folder.unreadable(file.File, err)
	}
	tape, err := decodeCassette(file.File, data)
	switch {
	case err != nil:
		return nil, folder.broken(file.File, err)
	case len(tape.Interactions) < file.Interactions:
		return nil, folder.fault(file.File, 0, "is cut short: it holds %d of %s", len(tape.Interactions), count(file.Interactions, "interaction"))
	case digestOf(data) != file.SHA256:
		return nil, folder.fault(file.File, 0, "was changed after it was recorded: its sha256 is not the one in %s", ProvenanceFile)
	case len(tape.Interactions) != file.Interactions:
		return nil, folder.fault(ProvenanceFile, 0, "was changed after it was recorded: %s holds %s, not %d", file.File,
			count(len(tape.Interactions), "interaction"), file.Interactions)
	}
	return tape, nil
}

// decodeCassette reads a cassette with go-vcr's own types. Its Load would read
// from a disk only.
func decodeCassette(file string, data []byte) (*cassette.Cassette, error) {
	tape := cassette.New(strings.TrimSuffix(file, cassetteExtension))
	supported := tape.Version
	if err := decodeYAML(data, tape, false); err != nil {
		return nil, err
	}
	if tape.Version != supported {
		return nil, errors.New("not a cassette of version " + strconv.Itoa(supported))
	}
	for i, interaction := range tape.Interactions {
		if interaction == nil || interaction.Request.Method == "" ||
			interaction.Response.Code == 0 && recordedFault(interaction.Response) == nil {
			return nil, errors.New("interaction " + strconv.Itoa(i+1) + " is not whole")
		}
	}
	return tape, nil
}

// yamlLine finds the line in the words of yaml.v3: "yaml: line 3: could not
// find expected ':'" and "yaml: unmarshal errors:\n  line 3: cannot unmarshal".
var yamlLine = regexp.MustCompile(`line (\d+): ([^\n]*)`)

// unknownKey finds the key in yaml.v3's words for one that a type lacks.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)

// broken says where a file is not what it should be. A file that a full disk or
// a kill cut off is one, too.
func (f folderName) broken(file string, err error) *CassetteError {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if parts := yamlLine.FindStringSubmatch(message); parts != nil {
		line, _ = strconv.Atoi(parts[1])
		message = parts[2]
	}
	message = unknownKey.ReplaceAllString(message, "unknown key $1")
	return f.fault(file, line, "is broken or cut short: %s", message)
}
