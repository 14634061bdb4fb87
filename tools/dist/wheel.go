package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// wheel is a Python wheel of a platform: the program as a script, and the fixture
// for pytest as a plugin.
// Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
func (r release) wheel(of platform, binary []byte) (name string, packed []byte, err error) {
	plugin, err := os.ReadFile(filepath.Join(r.root, "docs/fixtures/pytest/dpconform_pytest.py"))
	if err != nil {
		return "", nil, err
	}
	license, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return "", nil, err
	}
	about, err := os.ReadFile(filepath.Join(r.root, "tools/dist/about.md"))
	if err != nil {
		return "", nil, err
	}
	base := "dpconform-" + r.version
	information := base + ".dist-info/"
	tags := ""
	for tag := range strings.SplitSeq(of.wheel, ".") {
		tags += "Tag: py3-none-" + tag + "\n"
	}
	files := []file{
		{path: "dpconform_pytest.py", content: plugin},
		{path: base + ".data/scripts/" + of.program(), content: binary, executable: true},
		{path: information + "METADATA", content: fmt.Appendf(nil, `Metadata-Version: 2.1
Name: dpconform
Version: %s
Summary: %s
License: Apache-2.0
Requires-Python: >=3.8
Description-Content-Type: text/markdown
Classifier: Framework :: Pytest
Classifier: License :: OSI Approved :: Apache Software License

%s`, r.version, summary, about)},
		{path: information + "WHEEL", content: []byte("Wheel-Version: 1.0\nGenerator: dpconform tools/dist\nRoot-Is-Purelib: false\n" + tags)},
		// pytest skips a plugin that pytest_plugins of a conftest.py names too only where
		// the entry point has the name of the module.
		{path: information + "entry_points.txt", content: []byte("[pytest11]\ndpconform_pytest = dpconform_pytest\n")},
		{path: information + "LICENSE", content: license},
	}
	var record strings.Builder
	for _, one := range files {
		sum := sha256.Sum256(one.content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", one.path, base64.RawURLEncoding.EncodeToString(sum[:]), len(one.content))
	}
	fmt.Fprintf(&record, "%sRECORD,,\n", information)
	packed, err = zipped(append(files, file{path: information + "RECORD", content: []byte(record.String())}))
	return base + "-py3-none-" + of.wheel + ".whl", packed, err
}

// summary says in one line what the program is.
const summary = "Contract tests for clients and servers of methods described by OpenAPI"
