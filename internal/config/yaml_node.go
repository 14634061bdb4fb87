package config

import (
	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/text"
)

// ReadYAML gives the root of a YAML file as a plain node.
func ReadYAML(name string) (*yaml.Node, error) {
	root, err := text.ReadYAML(name)
	return root.Node(), err
}

// ParseYAML gives the root of a YAML text as a plain node.
func ParseYAML(name string, content []byte) (*yaml.Node, error) {
	root, err := text.ParseYAML(name, content)
	return root.Node(), err
}
