package spec

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/extension"
	"github.com/dpconform/dpconform/internal/text"
)

const (
	// revisionsFolder is where the overlays to other revisions of the shipped
	// descriptions are. Each says by extends which description it is of.
	revisionsFolder = "revisions"
	overlayEnding   = ".overlay.yaml"
)

// revisionFiles returns the overlays to the revisions of a description by their
// names, and the names in order.
func (d Description) revisionFiles() (names []string, files map[string]Description) {
	files = map[string]Description{}
	entries, err := shippedFiles.ReadDir(revisionsFolder)
	if err != nil || !d.isShipped() {
		return nil, files
	}
	for _, entry := range entries {
		file := path.Join(revisionsFolder, entry.Name())
		overlay := Description{Name: path.Join(shippedFolder, file), Text: mustReadShipped(file)}
		if path.Join(shippedFolder, revisionsFolder, extended(overlay.Text)) == d.Name {
			name := strings.TrimSuffix(entry.Name(), overlayEnding)
			names = append(names, name)
			files[name] = overlay
		}
	}
	return names, files
}

// extended is the file that a shipped overlay says it extends, in a line of its
// own: every help text names a revision, and reading the whole as YAML takes
// longer than all the rest of it.
func extended(overlay []byte) string {
	for line := range strings.Lines(string(overlay)) {
		if file, found := strings.CutPrefix(line, "extends:"); found {
			return strings.TrimSpace(file)
		}
	}
	return ""
}

// Revisions lists the other revisions of a shipped description, such as
// "2026-07-19", for use with [Description.WithRevision]. Other descriptions have
// none.
func (d Description) Revisions() []string {
	names, _ := d.revisionFiles()
	return names
}

// WithRevision returns another revision of a shipped description. The error for an
// unknown revision lists the known ones.
func (d Description) WithRevision(name string) (Description, error) {
	names, files := d.revisionFiles()
	overlay, found := files[name]
	switch {
	case !found && len(names) == 0:
		return Description{}, fmt.Errorf("no revisions of %s are built in", cmp.Or(d.Name, "this description"))
	case !found:
		return Description{}, fmt.Errorf("no revision %q of %s is built in, only %s", name, d.Name, strings.Join(names, ", "))
	}
	return d.WithOverlay(overlay)
}

// setRevision dates a description by the version of an overlay to it, where that is
// a day and the description is older or has no revision. An action of the overlay
// may set another.
func setRevision(root *yaml.Node, version string) {
	day := text.Day(version)
	if day == "" || len(root.Content) == 0 {
		return
	}
	info := text.MemberNode(root.Content[0], "info")
	written := text.MemberNode(info, extension.Revision)
	switch {
	case info == nil || info.Kind != yaml.MappingNode:
		return
	case written == nil:
		written = &yaml.Node{}
		info.Content = append(info.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: extension.Revision}, written)
	case text.Day(written.Value) == "" || text.Day(written.Value) >= day:
		return
	}
	written.Kind, written.Tag, written.Style, written.Value = yaml.ScalarNode, "!!str", yaml.DoubleQuotedStyle, day
}
