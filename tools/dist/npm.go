package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// npmScope is the scope of the packages that hold a program.
const npmScope = "@dpconform/"

// manifest is what all packages have in package.json.
func (r release) manifest(name string) map[string]any {
	return map[string]any{"name": name, "version": r.version, "description": summary, "license": "Apache-2.0"}
}

// npmPlatform is the npm package that holds the program for a platform. npm
// installs the one that fits the machine.
func (r release) npmPlatform(of platform, binary []byte) (name string, packed []byte, err error) {
	short := of.node[0] + "-" + of.node[1]
	manifest := r.manifest(npmScope + short)
	manifest["os"], manifest["cpu"] = []string{of.node[0]}, []string{of.node[1]}
	packed, err = r.npmPackage(manifest, file{path: "bin/" + of.program(), content: binary, executable: true})
	return fmt.Sprintf("dpconform-%s-%s.tgz", short, r.version), packed, err
}

// packChooser writes the npm package whose command runs the program of the
// machine's platform, and which has the fixture for node --test.
func (r release) packChooser(folder string) error {
	manifest := r.manifest("dpconform")
	optional := map[string]string{}
	for _, one := range platforms {
		optional[npmScope+one.node[0]+"-"+one.node[1]] = r.version
	}
	manifest["type"], manifest["main"], manifest["engines"] = "module", "index.js", map[string]string{"node": ">=20"}
	manifest["bin"] = map[string]string{"dpconform": "bin/dpconform.js"}
	manifest["optionalDependencies"] = optional
	var files []file
	for path, from := range map[string]string{"index.js": "tools/dist/npm/index.js", "program.js": "tools/dist/npm/program.js",
		"bin/dpconform.js": "tools/dist/npm/dpconform.js", "dpconform.mjs": "docs/fixtures/node/dpconform.mjs", "README.md": "tools/dist/about.md"} {
		content, err := os.ReadFile(filepath.Join(r.root, from))
		if err != nil {
			return err
		}
		files = append(files, file{path: path, content: content, executable: path == "bin/dpconform.js"})
	}
	packed, err := r.npmPackage(manifest, files...)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "dpconform-"+r.version+".tgz"), packed, 0o644)
}

// npmPackage packs files as npm does.
func (r release) npmPackage(manifest map[string]any, files ...file) ([]byte, error) {
	written, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, err
	}
	license, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	files = append(files, file{path: "package.json", content: append(written, '\n')}, file{path: "LICENSE", content: license})
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	for i := range files {
		files[i].path = "package/" + files[i].path
	}
	return tarGzip(files)
}
