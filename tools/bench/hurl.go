package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// hurl gives a task that sends the same number of requests with Hurl, over one
// connection and without looking at the responses, or nil where it is not installed.
// Hurl knows no lower-case methods and no chunks, and takes an address apart: such
// requests are sent in the usual form.
func hurl(endpoint string, requests []sent) (do func() error, remove func(), err error) {
	program, err := exec.LookPath("hurl")
	if err != nil {
		return nil, func() {}, nil
	}
	folder, err := os.MkdirTemp("", "dpconform-bench-")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { _ = os.RemoveAll(folder) }
	var text strings.Builder
	for _, one := range requests {
		text.WriteString(hurlEntry(endpoint, one))
	}
	file := filepath.Join(folder, "run.hurl")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return nil, remove, err
	}
	return func() error {
		output, err := exec.Command(program, "--path-as-is", "--no-output", file).CombinedOutput()
		if err != nil {
			return fmt.Errorf("hurl: %w\n%.2000s", err, output)
		}
		return nil
	}, remove, nil
}

// escaped writes what has a meaning in a Hurl file with a backslash.
var escaped = strings.NewReplacer(`\`, `\\`, `#`, `\#`)

func hurlEntry(endpoint string, one sent) string {
	target := one.uri
	if _, err := url.ParseRequestURI(target); err != nil {
		target = "/"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s%s\n", strings.ToUpper(one.method), endpoint, escaped.Replace(target))
	for name, values := range one.header {
		if slices.Contains([]string{"Accept-Encoding", "Content-Length", "User-Agent", "Connection"}, name) {
			continue
		}
		for _, value := range values {
			fmt.Fprintf(&text, "%s: %s\n", name, escaped.Replace(value))
		}
	}
	if len(one.body) > 0 {
		fmt.Fprintf(&text, "base64,%s;\n", base64.StdEncoding.EncodeToString(one.body))
	}
	return text.String() + "\n"
}
