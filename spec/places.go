package spec

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"
)

// lineOfPath follows a JSON path as far as it goes and gives the line reached.
func lineOfPath(node *yaml.Node, path []string) int {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range path {
		// RFC 6901, 3: the steps of a JSON pointer are escaped.
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		next := child(node, step)
		if next == nil {
			break
		}
		node, line = next, next.Line
	}
	return line
}

func child(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.SequenceNode {
		if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index]
		}
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}

// The YAML reader says where in one of two ways: "line 3: …", or "… at
// L1.C10-L3.C1: …".
var (
	yamlLine = regexp.MustCompile(`line (\d+)(?:: |, )?`)
	yamlSpan = regexp.MustCompile(`^go-yaml load error.* at (?:L\d+\.C\d+-)?L(\d+)\.C\d+(?:-C\d+)?: `)
)

// splitYAMLError takes the line out of a message of the YAML reader.
func splitYAMLError(err error) (int, string) {
	text := strings.TrimPrefix(firstLine(err.Error()), "yaml: ")
	for _, form := range []*regexp.Regexp{yamlSpan, yamlLine} {
		if match := form.FindStringSubmatch(text); match != nil {
			line, _ := strconv.Atoi(match[1])
			return line, strings.Replace(text, match[0], "", 1)
		}
	}
	return 0, text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
