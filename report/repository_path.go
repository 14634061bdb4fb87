package report

import (
	"os"
	"path/filepath"
	"strings"
)

// inRepository gives the path of a file relative to the root of the repository,
// as annotations need it, with slashes. The root is GITHUB_WORKSPACE; where that
// is not set, the working folder. Nothing is given of a file that is outside.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/variables
func inRepository(file string) string {
	if file == "" {
		return ""
	}
	root := os.Getenv("GITHUB_WORKSPACE")
	if root == "" {
		root = "."
	}
	root, rootErr := filepath.Abs(root)
	whole, err := filepath.Abs(file)
	if rootErr != nil || err != nil {
		return ""
	}
	if path := below(root, whole); path != "" {
		return path
	}
	// The same folder may be named by a symbolic link.
	root, rootErr = filepath.EvalSymlinks(root)
	folder, err := filepath.EvalSymlinks(filepath.Dir(whole))
	if rootErr != nil || err != nil {
		return ""
	}
	return below(root, filepath.Join(folder, filepath.Base(whole)))
}

// below gives a path relative to a folder, or nothing where it is not in there.
func below(folder, path string) string {
	relative, err := filepath.Rel(folder, path)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return ""
	}
	return filepath.ToSlash(relative)
}
