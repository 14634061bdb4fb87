package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dpconform/dpconform/report"
)

// page is a file of the documentation, by its path in the folder of all.
type page struct {
	path string
	text string
}

// ownFolder holds nothing but generated pages: what is left over there from
// before is removed.
const ownFolder = "requirements"

// write writes the pages into a folder. A page that is as it was is not touched,
// and each is there whole or as it was before.
func write(folder string, pages []page) error {
	for _, one := range pages {
		path := filepath.Join(folder, filepath.FromSlash(one.path))
		if text, err := os.ReadFile(path); err == nil && bytes.Equal(text, []byte(one.text)) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		file := report.File{Path: path}
		if err := file.WriteWith(textWriter(one.text), nil); err != nil {
			return err
		}
	}
	stale, err := leftOver(folder, pages)
	if err != nil {
		return err
	}
	for _, path := range stale {
		if err := os.Remove(filepath.Join(folder, filepath.FromSlash(path))); err != nil {
			return err
		}
	}
	return nil
}

// leftOver gives the files of ownFolder that are no page.
func leftOver(folder string, pages []page) ([]string, error) {
	wanted := map[string]bool{}
	for _, one := range pages {
		wanted[one.path] = true
	}
	entries, err := fs.ReadDir(os.DirFS(folder), ownFolder)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, entry := range entries {
		if path := ownFolder + "/" + entry.Name(); !wanted[path] && strings.HasSuffix(path, ".md") {
			stale = append(stale, path)
		}
	}
	return stale, nil
}
