package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"strings"
)

// component is a component of a CycloneDX 1.6 document.
// Source: https://cyclonedx.org/docs/1.6/json/
type component struct {
	Type       string     `json:"type"`
	Reference  string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PackageURL string     `json:"purl"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// bill is the SBOM of a program, in CycloneDX: what the Go toolchain wrote into it
// of the modules that it is built from.
func (r release) bill(program string, binary []byte) ([]byte, error) {
	read, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	goModule := func(path, version string) component {
		address := fmt.Sprintf("pkg:golang/%s@%s", path, version)
		return component{Type: "library", Reference: address, Name: path, Version: version, PackageURL: address}
	}
	itself := goModule(read.Main.Path, "v"+r.version)
	itself.Type, itself.Hashes = "application", []hash{{"SHA-256", fmt.Sprintf("%x", sha256.Sum256(binary))}}
	for _, one := range read.Settings {
		if one.Key == "GOOS" || one.Key == "GOARCH" {
			itself.Properties = append(itself.Properties, property{"cdx:go:build:" + one.Key, one.Value})
		}
	}
	components := []component{goModule("std", strings.TrimPrefix(read.GoVersion, "go"))}
	for _, one := range read.Deps {
		if one.Replace != nil {
			one = one.Replace
		}
		made := goModule(one.Path, one.Version)
		if one.Sum != "" {
			made.Properties = []property{{"cdx:go:sum", one.Sum}}
		}
		components = append(components, made)
	}
	references := make([]string, len(components))
	for i, one := range components {
		references[i] = one.Reference
	}
	written, err := json.MarshalIndent(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata":     map[string]any{"component": itself},
		"components":   components,
		"dependencies": []any{map[string]any{"ref": itself.Reference, "dependsOn": references}},
	}, "", "  ")
	return append(written, '\n'), err
}
