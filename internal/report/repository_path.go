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

// PathInRepository is the description's file relative to the root of the
// caller's repository, with slashes, or empty where it is not in there: the
// built-in description is in none.
func DescriptionInRepository(d Description) string { return descriptionInRepository(d) }

// BuiltIn reports whether it is the description that the product ships.
func BuiltIn(d Description) bool { return builtIn(d) }

// PathInRepository is the list's file relative to the root of the caller's
// repository, with slashes, or empty where it is not in there.
func KnownFailureInRepository(k KnownFailure) string { return inRepository(k.File) }

// Because says why the failure is expected, until when, and where it is followed
// up.
func Because(k KnownFailure) string { return because(k) }
